//! What can happen to the portal.

use crate::phone::Phone;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_abi::voucher::Asked;
use senim_abi::voucher::msg::Channel;
use senim_abi::voucher::{Standing, VoucherId};
use senim_types::{Code, Height, TimeMs};
use std::fmt;

/// What became of a message on its way to a telephone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Outcome {
    /// It is there.
    Delivered,
    /// The subscriber, or the network for the subscriber, takes no messages of this service.
    Blocked,
    /// It could not be delivered: no such number, switched off too long.
    Failed,
}

/// Something that happened: what is journalled. `at` is the portal's clock in Unix ms, or the block's time.
#[derive(Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Event {
    /// A sealed list had this person.
    Listed {
        /// The pseudonym.
        voucher: VoucherId,
        /// The parent's number, if the register of mobile citizens has one.
        phone: Option<Phone>,
        /// The child's given name, if the office gave it.
        child: Option<String>,
        /// When.
        at: TimeMs,
    },
    /// It can be offered: the programme excludes nothing, or the identity service has attested who it is.
    Offerable {
        /// Whose.
        voucher: VoucherId,
    },
    /// The ledger has the offer, or the voucher waits to be activated.
    Asked {
        /// Whose.
        voucher: VoucherId,
        /// What.
        asked: Asked,
        /// When.
        at: TimeMs,
    },
    /// The ledger says that it is time to remind.
    Reminded {
        /// Whose.
        voucher: VoucherId,
        /// Of what.
        asked: Asked,
        /// When.
        at: TimeMs,
    },
    /// The ledger has an answer, from whatever channel.
    Answered {
        /// Whose.
        voucher: VoucherId,
        /// Which channel.
        channel: Channel,
        /// Yes or no.
        consents: bool,
        /// When.
        at: TimeMs,
    },
    /// The voucher ended on the ledger.
    Ended {
        /// Which.
        voucher: VoucherId,
        /// How.
        standing: Standing,
        /// When.
        at: TimeMs,
    },
    /// The ledger refused what was brought.
    Refused {
        /// Which task of [`Conversation::ledger`](super::Conversation::ledger).
        task: u64,
        /// Why.
        code: Code,
        /// When.
        at: TimeMs,
    },
    /// The ledger took what was brought.
    Brought {
        /// Which task.
        task: u64,
    },
    /// A reply came.
    Received {
        /// From which number; none for one that is no mobile number.
        from: Option<Phone>,
        /// What it says.
        text: String,
        /// When.
        at: TimeMs,
    },
    /// The SMSC took a message.
    Submitted {
        /// Which of [`Conversation::outbox`](super::Conversation::outbox).
        sms: u64,
        /// The SMSC's names of its parts.
        parts: Vec<String>,
        /// When.
        at: TimeMs,
    },
    /// The SMSC will never take a message.
    Unsendable {
        /// Which.
        sms: u64,
        /// What it means for the number.
        outcome: Outcome,
        /// When.
        at: TimeMs,
    },
    /// A delivery receipt.
    Receipt {
        /// The SMSC's name of the part.
        part: String,
        /// What became of it.
        outcome: Outcome,
        /// When.
        at: TimeMs,
    },
    /// Everything of the blocks up to this one has been taken note of.
    Followed {
        /// The block.
        height: Height,
    },
}

impl Event {
    /// Whose voucher the ledger tells about; none for what does not come from its blocks.
    pub const fn of_ledger(&self) -> Option<VoucherId> {
        match self {
            Event::Offerable { voucher }
            | Event::Asked { voucher, .. }
            | Event::Reminded { voucher, .. }
            | Event::Answered { voucher, .. }
            | Event::Ended { voucher, .. } => Some(*voucher),
            _ => None,
        }
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Names, numbers and texts are personal.
        let name = match self {
            Event::Listed { .. } => "Listed",
            Event::Offerable { .. } => "Offerable",
            Event::Asked { .. } => "Asked",
            Event::Reminded { .. } => "Reminded",
            Event::Answered { .. } => "Answered",
            Event::Ended { .. } => "Ended",
            Event::Refused { .. } => "Refused",
            Event::Brought { .. } => "Brought",
            Event::Received { .. } => "Received",
            Event::Submitted { .. } => "Submitted",
            Event::Unsendable { .. } => "Unsendable",
            Event::Receipt { .. } => "Receipt",
            Event::Followed { .. } => "Followed",
        };
        f.write_str(name)
    }
}
