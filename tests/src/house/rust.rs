//! Just enough of Rust's grammar to tell code from comments and strings, and tests from the rest.
//!
//! Everything here replaces what does not count by spaces and keeps newlines, so that a position in the
//! result has the line of the original.

/// A source file split into what the compiler runs and what people read.
#[derive(Debug, Clone)]
pub struct Split {
    /// The code; comments and the contents of strings and characters are spaces.
    pub code: String,
    /// The comments; everything else is spaces.
    pub comments: String,
}

/// Splits a source file. Text that is not Rust gives some answer and never panics.
pub fn split(source: &str) -> Split {
    let text: Vec<char> = source.chars().collect();
    let mut code = String::with_capacity(source.len());
    let mut comments = String::with_capacity(source.len());
    let mut at = 0;
    while at < text.len() {
        let (kind, end) = token(&text, at);
        for &letter in &text[at..end] {
            let blank = if letter == '\n' { '\n' } else { ' ' };
            code.push(if kind == Kind::Code { letter } else { blank });
            comments.push(if kind == Kind::Comment { letter } else { blank });
        }
        at = end;
    }
    Split { code, comments }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Code,
    Comment,
    Literal,
}

/// The kind and the end of the token that starts at `at`.
fn token(text: &[char], at: usize) -> (Kind, usize) {
    let next = text.get(at + 1).copied();
    match text[at] {
        '/' if next == Some('/') => (Kind::Comment, line_end(text, at)),
        '/' if next == Some('*') => (Kind::Comment, block_comment_end(text, at)),
        '"' => (Kind::Literal, string_end(text, at)),
        '\'' => char_end(text, at).map_or((Kind::Code, at + 1), |end| (Kind::Literal, end)),
        letter if is_word(letter) => {
            let end = (at..text.len())
                .find(|&i| !is_word(text[i]))
                .unwrap_or(text.len());
            let word: String = text[at..end].iter().collect();
            let raw = matches!(word.as_str(), "r" | "br" | "cr");
            match raw.then(|| raw_string_end(text, end)).flatten() {
                Some(end) => (Kind::Literal, end),
                None => (Kind::Code, end),
            }
        }
        _ => (Kind::Code, at + 1),
    }
}

fn line_end(text: &[char], at: usize) -> usize {
    (at..text.len())
        .find(|&i| text[i] == '\n')
        .unwrap_or(text.len())
}

fn block_comment_end(text: &[char], at: usize) -> usize {
    let mut depth = 0usize;
    let mut i = at;
    while i + 1 < text.len() {
        match (text[i], text[i + 1]) {
            ('/', '*') => (depth, i) = (depth + 1, i + 2),
            ('*', '/') if depth == 1 => return i + 2,
            ('*', '/') => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
    }
    text.len()
}

fn string_end(text: &[char], at: usize) -> usize {
    let mut i = at + 1;
    while i < text.len() {
        match text[i] {
            '\\' => i += 2,
            '"' => return i + 1,
            _ => i += 1,
        }
    }
    text.len()
}

/// The end of a raw string whose hashes start at `at`; nothing if this is a raw name such as `r#type`.
fn raw_string_end(text: &[char], at: usize) -> Option<usize> {
    let hashes = text[at..]
        .iter()
        .take_while(|&&letter| letter == '#')
        .count();
    let open = at + hashes;
    if text.get(open) != Some(&'"') {
        return None;
    }
    let closes = |i: usize| {
        text[i] == '"'
            && text[i + 1..]
                .iter()
                .take(hashes)
                .filter(|&&letter| letter == '#')
                .count()
                == hashes
    };
    let close = (open + 1..text.len()).find(|&i| closes(i));
    Some(close.map_or(text.len(), |i| i + 1 + hashes))
}

/// The end of a character literal; nothing if the quote starts a lifetime.
fn char_end(text: &[char], at: usize) -> Option<usize> {
    match (text.get(at + 1)?, text.get(at + 2)) {
        ('\\', _) => (at + 3..text.len())
            .find(|&i| text[i] == '\'')
            .map(|i| i + 1),
        (_, Some('\'')) => Some(at + 3),
        _ => None,
    }
}

/// Whether a letter can stand inside a name.
pub fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// Replaces every item that is compiled only for tests by spaces. Takes code without comments and
/// strings, as [`split`] gives it.
pub fn without_test_items(code: &str) -> String {
    let mut text: Vec<char> = code.chars().collect();
    let mut at = 0;
    while let Some(start) = find(&text, at, "#[cfg(") {
        let Some(attribute_end) = close(&text, start + 1) else {
            break;
        };
        let condition: String = text[start..attribute_end].iter().collect();
        at = attribute_end;
        if has_word(&condition, "test") && !condition.contains("not(test") {
            at = item_end(&text, attribute_end);
            for letter in &mut text[start..at] {
                if *letter != '\n' {
                    *letter = ' ';
                }
            }
        }
    }
    text.into_iter().collect()
}

fn find(text: &[char], from: usize, needle: &str) -> Option<usize> {
    let needle: Vec<char> = needle.chars().collect();
    (from..text.len()).find(|&i| text[i..].starts_with(&needle))
}

/// The position after the bracket that closes the one at `open`.
fn close(text: &[char], open: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (i, letter) in text.iter().enumerate().skip(open) {
        match letter {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.checked_sub(1)?,
            _ => continue,
        }
        if depth == 0 {
            return Some(i + 1);
        }
    }
    None
}

/// The end of the item that starts at `from`: its semicolon or the end of its first braces.
fn item_end(text: &[char], from: usize) -> usize {
    let mut i = from;
    while i < text.len() {
        i = match text[i] {
            ';' => return i + 1,
            '{' => return close(text, i).unwrap_or(text.len()),
            '(' | '[' => close(text, i).unwrap_or(text.len()),
            _ => i + 1,
        };
    }
    text.len()
}

/// Whether `code` has `word` as a whole word.
pub fn has_word(code: &str, word: &str) -> bool {
    word_positions(code, word).next().is_some()
}

/// Where `word` stands in `code` as a whole word: what is beside it belongs to no name. Only an end
/// of `word` that could itself be inside a name is looked at, so `.unwrap()` matches after a name.
pub fn word_positions<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let (first, last) = (
        word.chars().next().is_some_and(is_word),
        word.chars().last().is_some_and(is_word),
    );
    code.match_indices(word)
        .map(|(at, _)| at)
        .filter(move |&at| {
            let before = code[..at].chars().next_back().is_some_and(is_word);
            let after = code[at + word.len()..].chars().next().is_some_and(is_word);
            let inside_a_name = (first && before) || (last && after);
            !inside_a_name
        })
}

/// The line, from 1, of a byte position.
pub fn line_of(text: &str, position: usize) -> usize {
    text[..position].matches('\n').count() + 1
}
