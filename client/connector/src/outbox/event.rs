//! What happens to a message.

use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::{Code, Hash, TimeMs};

/// Bytes of what an answer said, as far as it is kept.
const DETAIL_BYTES_MAX: usize = 300;

/// A message. Its id follows from what it tells, so that the same report comes again as the same.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Message {
    /// Its identity.
    pub id: Hash,
    /// What it is about: order is kept among messages of one subject.
    pub subject: Hash,
    /// To which of the outside systems it goes.
    pub lane: u8,
    /// What it tells, in a few words for people. No personal data.
    pub what: String,
    /// Its bytes.
    pub body: Vec<u8>,
    /// Since when it waits.
    pub since: TimeMs,
}

/// What an attempt came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The other system has it.
    Acknowledged,
    /// The other system will never take it.
    Refused {
        /// What it said.
        detail: String,
    },
    /// It may work later.
    Failed {
        /// Why.
        trouble: Trouble,
        /// What was said or seen.
        detail: String,
        /// How long the other system asks to be left alone, in ms.
        after_ms: u64,
    },
}

impl Outcome {
    /// A failure without more to say.
    pub fn failed(trouble: Trouble, detail: impl Into<String>) -> Outcome {
        Outcome::Failed {
            trouble,
            detail: detail.into(),
            after_ms: 0,
        }
    }

    /// A refusal for good.
    pub fn refused(detail: impl Into<String>) -> Outcome {
        Outcome::Refused {
            detail: detail.into(),
        }
    }
}

/// Why an attempt failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub enum Trouble {
    /// No connection.
    Unreachable,
    /// No answer in time: it may have it.
    Slow,
    /// It says that it cannot now.
    Busy,
    /// It says what no such system says.
    Nonsense,
    /// Whoever sent it ended by a mistake of its own.
    Broken,
}

impl Trouble {
    /// The stable code.
    pub const fn code(self) -> Code {
        match self {
            Trouble::Unreachable => Code::OUTSIDE_UNREACHABLE,
            Trouble::Slow => Code::OUTSIDE_SLOW,
            Trouble::Busy => Code::OUTSIDE_BUSY,
            Trouble::Nonsense => Code::OUTSIDE_NONSENSE,
            Trouble::Broken => Code::CONNECTOR_THREAD,
        }
    }

    /// Whether it says something of the system rather than of this message.
    pub const fn is_of_system(self) -> bool {
        matches!(self, Trouble::Unreachable | Trouble::Slow)
    }
}

/// Something that happened to a message.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Event {
    /// There is something to tell.
    Queued(Message),
    /// An attempt failed.
    Failed {
        /// Which message.
        id: Hash,
        /// Why.
        trouble: Trouble,
        /// What was said or seen.
        detail: String,
        /// When.
        at: TimeMs,
        /// When it is tried again.
        again_at: TimeMs,
        /// When the system is asked again at all.
        lane_again_at: TimeMs,
    },
    /// The other system has it.
    Delivered {
        /// Which message.
        id: Hash,
    },
    /// The other system will never take it: it waits for a person.
    Refused {
        /// Which message.
        id: Hash,
        /// What it said.
        detail: String,
        /// When.
        at: TimeMs,
    },
    /// A person wants it tried again, now.
    Retried {
        /// Which message.
        id: Hash,
        /// When.
        at: TimeMs,
    },
    /// A person says that it need not go.
    Dismissed {
        /// Which message.
        id: Hash,
        /// Why.
        reason: String,
        /// When.
        at: TimeMs,
    },
    /// A message as it stands, in a journal that was shortened.
    Stands(Standing),
    /// A message that was dismissed, in a journal that was shortened.
    WasDismissed {
        /// Which message.
        id: Hash,
        /// What it would have told.
        what: String,
        /// Why it need not.
        reason: String,
        /// When.
        at: TimeMs,
    },
}

/// A message with what became of it so far.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Standing {
    /// The message.
    pub message: Message,
    /// Attempts so far.
    pub attempts: u32,
    /// Not to be tried before.
    pub again_at: TimeMs,
    /// The last answer, and when.
    pub last: Option<(String, TimeMs)>,
    /// Whether it waits for a person.
    pub is_refused: bool,
}

/// At most so many bytes of what was said, in characters that a terminal shows.
pub(super) fn shortened(detail: &str) -> String {
    let mut short = String::new();
    for letter in detail.chars() {
        let shown = if letter.is_control() { ' ' } else { letter };
        if short.len() + shown.len_utf8() > DETAIL_BYTES_MAX {
            break;
        }
        short.push(shown);
    }
    short
}
