//! Why a command did not do what it was asked to: a stable code, words, and the exit code.

use senim_types::codec::DecodeError;
use senim_types::{Code, Fault};
use serde_json::{Map, Value, json};

/// How the process ends. The numbers are an interface: scripts branch on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Refused: the request has to change.
    Refused = 1,
    /// The command line is not understood.
    Usage = 2,
    /// The node or the way to it: the same request may succeed later or elsewhere.
    Node = 3,
    /// A proof does not hold: what the node says is not what the validators signed.
    Proof = 4,
}

/// A command's failure.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The stable code.
    pub code: Code,
    /// What happened and what to do, in a sentence. Never holds a secret or personal data.
    pub message: String,
    /// How the process ends.
    pub exit: Exit,
    /// Further lines for people, below the message.
    pub lines: Vec<String>,
    /// Further fields for programs, beside code and message.
    pub fields: Map<String, Value>,
}

/// What a command gives.
pub type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// A failure with the code's own advice.
    pub fn new(code: Code) -> Failure {
        Failure::with(code, code.advice())
    }

    /// A failure with words of its own.
    pub fn with(code: Code, message: impl Into<String>) -> Failure {
        let exit = match code.fault() {
            Fault::Caller | Fault::Contract => Exit::Refused,
            Fault::Node | Fault::Peer => Exit::Node,
        };
        Failure {
            code,
            message: message.into(),
            exit,
            lines: Vec::new(),
            fields: Map::new(),
        }
    }

    /// The failure of a rule of the light client.
    pub fn proof(code: Code) -> Failure {
        Failure {
            exit: Exit::Proof,
            ..Failure::with(
                code,
                format!(
                    "The proof does not hold: {} Do not rely on this answer.",
                    code.advice()
                ),
            )
        }
    }

    /// Arguments that each are sound, but not together.
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure {
            exit: Exit::Usage,
            ..Failure::with(Code::BAD_USAGE, message)
        }
    }

    /// Adds a line for people.
    #[must_use]
    pub fn line(mut self, line: impl Into<String>) -> Failure {
        self.lines.push(line.into());
        self
    }

    /// Adds a field for programs.
    #[must_use]
    pub fn field(mut self, name: &str, value: impl Into<Value>) -> Failure {
        self.fields.insert(name.to_owned(), value.into());
        self
    }

    /// The object that programs read: at least `code` and `message`.
    pub fn to_json(&self) -> Value {
        let mut object = json!({ "code": self.code, "message": self.message });
        if let Some(object) = object.as_object_mut() {
            object.extend(self.fields.clone());
        }
        object
    }
}

impl From<Code> for Failure {
    fn from(code: Code) -> Self {
        Failure::new(code)
    }
}

impl From<DecodeError> for Failure {
    fn from(error: DecodeError) -> Self {
        Failure::new(error.code())
    }
}

/// Makes a failure of an error that knows its code and says what to do.
macro_rules! from_coded {
    ($($error:ty),* $(,)?) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Failure::with(error.code(), error.to_string())
            }
        })*
    };
}

from_coded!(
    senim_codes::gs1::Gs1Error,
    senim_codes::image::ImageError,
    senim_codes::live_qr::LiveQrError,
    senim_codes::national_id::NationalIdError,
    senim_codes::scan::ScanError,
    senim_codes::symbol::SymbolError,
);

impl From<senim_fhir::FhirRefusal> for Failure {
    fn from(refusal: senim_fhir::FhirRefusal) -> Self {
        let message = format!("{}: {}", refusal.path, refusal.code.advice());
        Failure::with(refusal.code, message)
            .field("path", refusal.path.clone())
            .field("detail", refusal.detail.clone())
    }
}
