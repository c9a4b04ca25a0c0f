//! From what a scanner delivers to elements.

use core::ops::RangeInclusive;

use super::{
    Gs1Error,
    ai::Ai,
    check_digit::check_digit,
    date::ReferenceYear,
    element::{Element, ElementString, SEPARATOR},
    rules,
    table::AiTable,
};

/// More than the largest symbol holds: a QR code of version 40 has 7,089 digits.
pub const INPUT_BYTES_MAX: usize = 7_200;

/// How the separator may be written where the character itself cannot be typed. Neither `␝` nor braces belong to
/// any GS1 character set, so they cannot be meant as data. The letters of `<GS>` could be, and never are: it is what
/// scanners and their software print for the character, and taken as data it would become a part of a serial number.
const SEPARATOR_SPELLINGS: [&[u8]; 3] = ["\u{241D}".as_bytes(), b"{GS}", b"<GS>"];

/// What a symbology identifier (ISO/IEC 15424) announces.
enum Content {
    ElementString,
    /// The digits of an EAN/UPC or ITF-14 symbol, so many: a GTIN alone.
    Gtin {
        digits: usize,
    },
}

/// Reads what a scanner delivers, in any of these forms:
///
/// - an element string with GS (0x1D, also written `␝`, `{GS}` or `<GS>`) after each element that has no predefined
///   length and is not the last, with or without `]d2`, `]C1`, `]e0`, `]Q3`, `]J1`, with or without a leading GS;
/// - the bracketed form for people, `(01)…(21)…`, a bracket inside a value written `\(`;
/// - a bare GTIN of 8, 12, 13 or 14 digits, with `]E0`, `]E4`, `]I1` or without.
///
/// Eight, twelve, thirteen or fourteen bare digits are a GTIN, if the check digit says so; with `]d2`
/// or a GS before them they are an element string. `]d1`, `]Q1` and `]C0` say that the symbol has no
/// FNC1: it is not GS1, and is refused.
///
/// White space around the input is dropped. Two-digit years are read against `reference`.
pub fn parse(input: &[u8], reference: ReferenceYear) -> Result<ElementString, Gs1Error> {
    if input.len() > INPUT_BYTES_MAX {
        return Err(Gs1Error::TooLong {
            bytes: input.len(),
            bytes_max: INPUT_BYTES_MAX,
        });
    }
    let input = respell_separators(input.trim_ascii());
    let elements = match announced(&input)? {
        Some((Content::ElementString, data)) => {
            split_raw(without_leading_separator(data), reference)?
        }
        Some((Content::Gtin { digits }, data)) => vec![gtin_alone(data, &[digits])?],
        None if input.starts_with(b"(") => split_bracketed(&input)?,
        None if is_bare_gtin(&input, reference) => vec![gtin_alone(&input, &GTIN_LENGTHS)?],
        None => split_raw(without_leading_separator(&input), reference)?,
    };
    ElementString::new(elements, reference)
}

fn respell_separators(input: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(input.len());
    let mut rest = input;
    while let Some((&first, after)) = rest.split_first() {
        let spelling = SEPARATOR_SPELLINGS
            .iter()
            .find_map(|spelling| rest.strip_prefix(*spelling));
        bytes.push(if spelling.is_some() { SEPARATOR } else { first });
        rest = spelling.unwrap_or(after);
    }
    bytes
}

fn announced(input: &[u8]) -> Result<Option<(Content, &[u8])>, Gs1Error> {
    let Some(identifier) = input
        .get(..3)
        .filter(|identifier| identifier.starts_with(b"]"))
    else {
        return Ok(None);
    };
    let content = match identifier {
        b"]d2" | b"]C1" | b"]e0" | b"]Q3" | b"]J1" => Content::ElementString,
        b"]E0" => Content::Gtin { digits: 13 },
        b"]E4" => Content::Gtin { digits: 8 },
        b"]I1" => Content::Gtin { digits: 14 },
        _ => {
            return Err(Gs1Error::Symbology {
                identifier: identifier.escape_ascii().to_string(),
            });
        }
    };
    Ok(Some((content, &input[3..])))
}

/// Some scanners deliver the first FNC1 as GS, some beside the symbology identifier.
fn without_leading_separator(data: &[u8]) -> &[u8] {
    data.strip_prefix(&[SEPARATOR]).unwrap_or(data)
}

/// Digits of GTIN-8, GTIN-12 (UPC-A), GTIN-13 (EAN-13), GTIN-14.
const GTIN_LENGTHS: [usize; 4] = [8, 12, 13, 14];

/// Digits of a GTIN's length are a GTIN, unless the check digit is wrong and they make an element
/// string: then its own mistake is the one to report.
fn is_bare_gtin(input: &[u8], reference: ReferenceYear) -> bool {
    if !GTIN_LENGTHS.contains(&input.len()) || !input.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let (digits, last) = input.split_at(input.len() - 1);
    last == [check_digit(digits)] || sound_elements(input, reference).is_none()
}

fn gtin_alone(digits: &[u8], lengths: &[usize]) -> Result<Element, Gs1Error> {
    let ai = Ai::GTIN;
    if !lengths.contains(&digits.len()) {
        let form = lengths
            .iter()
            .map(usize::to_string)
            .collect::<Vec<_>>()
            .join(" or ");
        return Err(Gs1Error::Length {
            ai,
            form,
            length: digits.len(),
        });
    }
    Ok(Element {
        ai,
        value: format!("{:0>14}", text(ai, digits)?),
    })
}

/// A value as text; only ASCII is in any character set.
fn text(ai: Ai, value: &[u8]) -> Result<&str, Gs1Error> {
    match value.iter().position(|symbol| !symbol.is_ascii()) {
        Some(place) => Err(Gs1Error::CharSet {
            ai,
            charset: "GS1 character set 82",
            position: place + 1,
        }),
        None => Ok(core::str::from_utf8(value).expect("ASCII is UTF-8")),
    }
}

/// GS1 General Specifications 7.8: an element of predefined length ends by itself, any other one at a separator
/// or at the end of the data.
fn split_raw(data: &[u8], reference: ReferenceYear) -> Result<Vec<Element>, Gs1Error> {
    let table = AiTable::shipped();
    let mut elements = Vec::new();
    let mut rest = data;
    while !rest.is_empty() {
        let position = data.len() - rest.len();
        if rest[0] == SEPARATOR {
            return Err(Gs1Error::EmptyElement { position });
        }
        let (ai, entry) = table
            .starting(rest)
            .ok_or(Gs1Error::UnknownAi { position })?;
        rest = &rest[ai.as_str().len()..];
        let until_separator = rest
            .iter()
            .position(|&byte| byte == SEPARATOR)
            .unwrap_or(rest.len());
        let length = if entry.predefined_length {
            entry.length_max().min(until_separator)
        } else {
            until_separator
        };
        let (value, after) = rest.split_at(length);
        if value.len() > entry.length_max()
            && let Some(next) = swallowed(value, entry.length_min()..=entry.length_max(), reference)
        {
            return Err(Gs1Error::MissingSeparator { ai, next });
        }
        elements.push(Element {
            ai,
            value: text(ai, value)?.to_owned(),
        });
        // A separator after an element of predefined length is needless and harmless.
        rest = without_leading_separator(after);
    }
    Ok(elements)
}

/// The identifier that follows inside a value that is too long, if the value can be cut so that the
/// rest is made of sound elements. Of several cuts the one that explains the rest by most elements:
/// a long text is easily one element, hardly two by chance.
fn swallowed(value: &[u8], lengths: RangeInclusive<usize>, reference: ReferenceYear) -> Option<Ai> {
    let tails = lengths.filter_map(|length| value.get(length..));
    let explained = tails.filter_map(|tail| sound_elements(tail, reference));
    explained.max_by_key(Vec::len)?.first().copied()
}

/// The identifiers, if the data is nothing but sound elements. Greedy, without looking for swallowed
/// ones.
fn sound_elements(data: &[u8], reference: ReferenceYear) -> Option<Vec<Ai>> {
    let table = AiTable::shipped();
    let mut identifiers = Vec::new();
    let mut rest = data;
    while !rest.is_empty() {
        let (ai, entry) = table.starting(rest)?;
        rest = &rest[ai.as_str().len()..];
        let length = if entry.predefined_length {
            entry.length_max().min(rest.len())
        } else {
            rest.len()
        };
        let (value, after) = rest.split_at(length);
        rules::check_value(table, ai, value, reference).ok()?;
        identifiers.push(ai);
        rest = after;
    }
    Some(identifiers)
}

fn split_bracketed(input: &[u8]) -> Result<Vec<Element>, Gs1Error> {
    let table = AiTable::shipped();
    let mut elements = Vec::new();
    let mut rest = input;
    while !rest.is_empty() {
        let position = input.len() - rest.len();
        let (ai, after) = bracketed_ai(rest).ok_or(Gs1Error::Brackets { position })?;
        table.get(ai).ok_or(Gs1Error::UnknownAi { position })?;
        let (value, after) = bracketed_value(after);
        let value = text(ai, &value)?.to_owned();
        elements.push(Element { ai, value });
        rest = after;
    }
    Ok(elements)
}

fn bracketed_ai(rest: &[u8]) -> Option<(Ai, &[u8])> {
    let inside = rest.strip_prefix(b"(")?;
    let close = inside
        .iter()
        .take(Ai::LENGTH_MAX + 1)
        .position(|&byte| byte == b')')?;
    Some((Ai::from_digits(&inside[..close])?, &inside[close + 1..]))
}

/// Everything up to the next opening bracket that is not written `\(`.
fn bracketed_value(mut rest: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut value = Vec::new();
    loop {
        match rest {
            [b'\\', b'(', after @ ..] => {
                value.push(b'(');
                rest = after;
            }
            [] | [b'(', ..] => return (value, rest),
            [byte, after @ ..] => {
                value.push(*byte);
                rest = after;
            }
        }
    }
}

/// The GTIN that carries these digits (7, 11, 12 or 13) with the check digit added. For labels made by tests and
/// demonstrations.
pub fn complete_gtin(digits: &str) -> Option<String> {
    let sound = matches!(digits.len(), 7 | 11 | 12 | 13)
        && digits.bytes().all(|digit| digit.is_ascii_digit());
    sound.then(|| format!("{digits}{}", char::from(check_digit(digits.as_bytes()))))
}
