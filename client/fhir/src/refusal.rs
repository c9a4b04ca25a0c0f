//! Why a message is not taken: the code, and the element it is about.

use senim_types::Code;
use serde::Serialize;

/// A message that is not taken: the reason, the element, and what was found there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{} at {path}{}", code, Detail(detail))]
pub struct FhirRefusal {
    /// The stable reason, one of the range 7000–7099.
    pub code: Code,
    /// Path of the element, such as `Bundle.entry[1].resource.dispenseRequest.quantity.value`.
    pub path: String,
    /// What was found, in words or as a code. Holds no free text of the message.
    pub detail: String,
}

struct Detail<'a>(&'a str);

impl std::fmt::Display for Detail<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.is_empty() {
            Ok(())
        } else {
            write!(f, ": {}", self.0)
        }
    }
}

impl FhirRefusal {
    pub(crate) fn new(code: Code, path: &str, detail: impl Into<String>) -> Self {
        Self {
            code,
            path: path.to_owned(),
            detail: detail.into(),
        }
    }
}

/// A coded value as it may appear in a refusal: names and free text do not pass, since a refusal
/// is printed and logged.
pub(crate) fn printable_code(value: &str) -> String {
    let is_code = |c: char| c.is_ascii_alphanumeric() || "-._:/|#+".contains(c);
    if !value.is_empty() && value.len() <= 160 && value.chars().all(is_code) {
        value.to_owned()
    } else {
        "a value that is not a code".to_owned()
    }
}
