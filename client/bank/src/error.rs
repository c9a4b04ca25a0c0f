//! What can be wrong with a file.

use mx20022_model::common::BuilderError;
use senim_types::Code;

/// Why a payment file was not made, or a bank's message not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BankError {
    /// No payment, too many, one of nothing, or an act twice.
    #[error("a payment file has 1 to 1000 payments, each of an amount and of another act")]
    Batch,
    /// Not a day.
    #[error("`{0}` is not a day of the calendar, such as 2027-02-05")]
    Day(String),
    /// More bytes than are read.
    #[error("more than {0} bytes")]
    TooLarge(usize),
    /// Not XML in UTF-8, or not the message that its namespace names.
    #[error("{0}")]
    Message(String),
    /// A message that this program does not read.
    #[error("`{0}` is none of camt.053, camt.054 and pain.002 in the versions that are read")]
    Namespace(String),
}

impl BankError {
    /// Its stable code.
    pub fn code(&self) -> Code {
        match self {
            BankError::Batch => Code::BANK_BATCH,
            BankError::Day(_) => Code::OUT_OF_RANGE,
            BankError::TooLarge(_) => Code::TOO_LARGE,
            BankError::Message(_) | BankError::Namespace(_) => Code::BANK_MESSAGE,
        }
    }
}

impl From<BuilderError> for BankError {
    fn from(error: BuilderError) -> BankError {
        BankError::Message(error.to_string())
    }
}
