//! What a reply says.

/// A reply, read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// `2#1`: yes to the question with this number.
    Yes(u8),
    /// `2#0`: no, to the only question; `2#0#2`: no to the question with this number.
    No(Option<u8>),
    /// More than one code, and not the same.
    Several,
    /// No code.
    Unclear,
}

/// Ahead of every code: the service of the short number that it is for.
const SERVICE: &str = "2";

/// Letters that a reply can be long; what is longer is no code.
const REPLY_CHARS_MAX: usize = 160;

impl Reply {
    /// Reads a reply. Spaces, quotation marks and a full stop do not matter, nor do full-width digits; anything else
    /// beside the code does: consent is the code, and no guess.
    pub fn read(text: &str) -> Reply {
        if text.chars().count() > REPLY_CHARS_MAX {
            return Reply::Unclear;
        }
        let narrow: String = text.chars().map(narrow).collect();
        let together = narrow
            .split('#')
            .map(str::trim)
            .collect::<Vec<_>>()
            .join("#");
        let is_between = |letter: char| letter.is_whitespace() || matches!(letter, ',' | ';');
        let mut codes = together
            .split(is_between)
            .map(|word| word.trim_matches(['"', '\'', '«', '»', '“', '”', '.', '!']))
            .filter(|word| !word.is_empty())
            .map(code);
        let Some(Some(first)) = codes.next() else {
            return Reply::Unclear;
        };
        let others: Option<Vec<Reply>> = codes.collect();
        match others {
            None => Reply::Unclear,
            Some(others) if others.iter().all(|other| *other == first) => first,
            Some(_) => Reply::Several,
        }
    }
}

/// Full-width forms as the plain ones.
fn narrow(letter: char) -> char {
    match letter {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(letter as u32 - 0xfee0)
            .expect("the block of full-width forms mirrors ASCII"),
        '\u{3000}' | '\u{a0}' => ' ',
        other => other,
    }
}

fn code(word: &str) -> Option<Reply> {
    let parts: Vec<&str> = word.split('#').collect();
    match parts[..] {
        [SERVICE, "0"] => Some(Reply::No(None)),
        [SERVICE, "0", number] => digit(number).map(|number| Reply::No(Some(number))),
        [SERVICE, number] => digit(number).map(Reply::Yes),
        _ => None,
    }
}

fn digit(text: &str) -> Option<u8> {
    text.parse()
        .ok()
        .filter(|number| text.len() == 1 && (1..=9).contains(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_reply_says() {
        let rows = [
            ("2#1", Reply::Yes(1)),
            (" 2#1 ", Reply::Yes(1)),
            ("2 # 1", Reply::Yes(1)),
            ("2#1.", Reply::Yes(1)),
            ("«2#1»", Reply::Yes(1)),
            ("\"2#1\"", Reply::Yes(1)),
            ("２＃１", Reply::Yes(1)),
            ("2#1\n", Reply::Yes(1)),
            ("2#1 2#1", Reply::Yes(1)),
            ("2#9", Reply::Yes(9)),
            ("2#0", Reply::No(None)),
            ("2#0#2", Reply::No(Some(2))),
            ("2#1 2#2", Reply::Several),
            ("2#1, 2#0", Reply::Several),
            ("2#1 2#3 да", Reply::Unclear),
            ("2#1 да", Reply::Unclear),
            ("не 2#1", Reply::Unclear),
            ("2#01", Reply::Unclear),
            ("2#10", Reply::Unclear),
            ("2#+1", Reply::Unclear),
            ("2#0#0", Reply::Unclear),
            ("2#1#1", Reply::Unclear),
            ("1#1", Reply::Unclear),
            ("2", Reply::Unclear),
            ("1", Reply::Unclear),
            ("21", Reply::Unclear),
            ("2#", Reply::Unclear),
            ("#", Reply::Unclear),
            ("", Reply::Unclear),
            ("иә", Reply::Unclear),
            ("да", Reply::Unclear),
            ("2#١", Reply::Unclear),
        ];
        for (text, says) in rows {
            assert_eq!(Reply::read(text), says, "{text:?}");
        }
        let long = format!("2#1{}", " ".repeat(200));
        assert_eq!(Reply::read(&long), Reply::Unclear);
    }
}
