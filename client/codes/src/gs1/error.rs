//! Why an element string is refused.

use senim_types::Code;
use thiserror::Error;

use super::ai::Ai;

/// Why an element string is refused. The text says what to do; values are not repeated in it, because some
/// identifiers carry personal data.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Gs1Error {
    /// Nothing was given.
    #[error("nothing to read: give the content of a GS1 symbol")]
    Empty,
    /// More than the largest symbol holds.
    #[error("{bytes} bytes are more than any symbol holds ({bytes_max}): give one element string")]
    TooLong {
        /// Bytes given.
        bytes: usize,
        /// Bytes allowed.
        bytes_max: usize,
    },
    /// A symbology identifier that does not announce GS1 data.
    #[error(
        "the symbology identifier {identifier} does not announce GS1 element strings: print the symbol with FNC1 in first position (]d2, ]C1, ]e0, ]Q3, ]J1) or scan the EAN/UPC or ITF-14 symbol"
    )]
    Symbology {
        /// Such as `]d1`.
        identifier: String,
    },
    /// No known identifier where one must start.
    #[error(
        "no application identifier is known by the digits at byte {position}: look for a missing separator (GS, 0x1D) or a wrong length before it"
    )]
    UnknownAi {
        /// Counted from zero, after prefix and leading separator.
        position: usize,
    },
    /// The bracketed form is malformed.
    #[error(
        "the brackets at byte {position} do not enclose an application identifier: write (01)…(21)…, and \\( for a bracket inside a value"
    )]
    Brackets {
        /// Counted from zero.
        position: usize,
    },
    /// A value of the wrong length.
    #[error(
        "AI ({ai}) takes {form} characters and has {length}: check the value, and the separator (GS, 0x1D) if another element follows"
    )]
    Length {
        /// The identifier.
        ai: Ai,
        /// Allowed lengths.
        form: String,
        /// Characters found.
        length: usize,
    },
    /// A value that swallowed the elements after it.
    #[error(
        "AI ({ai}) runs on into AI ({next}): put a separator (GS, 0x1D) after AI ({ai}), which has no fixed length"
    )]
    MissingSeparator {
        /// The identifier that was not ended.
        ai: Ai,
        /// The one that probably follows.
        next: Ai,
    },
    /// Nothing between two separators.
    #[error("two separators stand side by side at byte {position}: leave out one")]
    EmptyElement {
        /// Counted from zero, after prefix and leading separator.
        position: usize,
    },
    /// A character that the identifier does not take.
    #[error("AI ({ai}) takes {charset} only: check character {position} of its value")]
    CharSet {
        /// The identifier.
        ai: Ai,
        /// The set's name.
        charset: &'static str,
        /// Counted from one within the value.
        position: usize,
    },
    /// A wrong check digit or check character pair.
    #[error(
        "the check digit of AI ({ai}) does not fit its other digits: scan again or correct the number"
    )]
    CheckDigit {
        /// The identifier.
        ai: Ai,
    },
    /// A date or time that does not exist.
    #[error(
        "AI ({ai}) holds no date or time of the calendar: correct year, month, day, hour and minute"
    )]
    Date {
        /// The identifier.
        ai: Ai,
    },
    /// A value that breaks another rule of its identifier.
    #[error("the value of AI ({ai}) {rule}: correct it")]
    Content {
        /// The identifier.
        ai: Ai,
        /// The rule in words, starting with "must".
        rule: &'static str,
    },
    /// One identifier with two values.
    #[error("AI ({ai}) stands twice with different values: keep the right one")]
    RepeatedAi {
        /// The identifier.
        ai: Ai,
    },
    /// Two identifiers that exclude each other.
    #[error("AI ({ai}) and AI ({other}) exclude each other: keep one of them")]
    ExclusiveAis {
        /// The identifier that excludes.
        ai: Ai,
        /// The one beside it.
        other: Ai,
    },
    /// An identifier without what it belongs to.
    #[error("AI ({ai}) means nothing alone: add {needs}")]
    RequiredAi {
        /// The identifier.
        ai: Ai,
        /// The alternatives in words.
        needs: String,
    },
    /// Sound, but not a serialised pack.
    #[error(
        "a serialised pack needs AI ({ai}): scan the pack's own code, not that of its carton or shelf"
    )]
    NotAPack {
        /// The missing identifier.
        ai: Ai,
    },
}

impl Gs1Error {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            Gs1Error::Empty => Code::GS1_EMPTY,
            Gs1Error::TooLong { .. } => Code::GS1_TOO_LONG,
            Gs1Error::Symbology { .. } => Code::GS1_SYMBOLOGY,
            Gs1Error::UnknownAi { .. } => Code::GS1_UNKNOWN_AI,
            Gs1Error::Brackets { .. } => Code::GS1_BRACKETS,
            Gs1Error::Length { .. } => Code::GS1_LENGTH,
            Gs1Error::MissingSeparator { .. } => Code::GS1_MISSING_SEPARATOR,
            Gs1Error::EmptyElement { .. } => Code::GS1_EMPTY_ELEMENT,
            Gs1Error::CharSet { .. } => Code::GS1_CHARSET,
            Gs1Error::CheckDigit { .. } => Code::GS1_CHECK_DIGIT,
            Gs1Error::Date { .. } => Code::GS1_DATE,
            Gs1Error::Content { .. } => Code::GS1_CONTENT,
            Gs1Error::RepeatedAi { .. } => Code::GS1_REPEATED_AI,
            Gs1Error::ExclusiveAis { .. } => Code::GS1_EXCLUSIVE_AIS,
            Gs1Error::RequiredAi { .. } => Code::GS1_REQUIRED_AI,
            Gs1Error::NotAPack { .. } => Code::GS1_NOT_A_PACK,
        }
    }
}
