//! What the contract gives to the due-queue.

use super::tally::Served;
use super::{ProgrammeId, VoucherId};
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::{OrgId, PublicKey};

/// The input of `Entry::Due`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum DueEntry {
    /// A voucher's time is over: what is left returns to the budget line.
    Sweep {
        /// Which.
        voucher: VoucherId,
    },
    /// The time for disputes is over: the record goes.
    Forget {
        /// Which.
        voucher: VoucherId,
    },
    /// Whoever was asked for consent, or to activate, has not answered: time to remind.
    Remind {
        /// Whose.
        voucher: VoucherId,
        /// What was asked.
        asked: Asked,
    },
    /// Whoever was asked has not answered in time.
    Lapse {
        /// Whose.
        voucher: VoucherId,
        /// What was asked.
        asked: Asked,
    },
    /// The time for disputes about a day is over: its tally goes.
    ForgetTally {
        /// Of which programme.
        programme: ProgrammeId,
        /// Of which place.
        place: OrgId,
        /// Of which day.
        day: u32,
    },
    /// The time for disputes about a terminal's records is over: that they were taken is forgotten.
    ForgetTaken {
        /// Under which programme.
        programme: ProgrammeId,
        /// Of which terminal.
        terminal: PublicKey,
        /// Sequence of the first.
        first: u64,
        /// How many, at most [`OfflineRecord::BATCH_MAX`](super::OfflineRecord::BATCH_MAX).
        count: u32,
    },
    /// The time for disputes about the payer's answer is over: the record goes.
    ForgetExcess {
        /// Under which programme.
        programme: ProgrammeId,
        /// Of which terminal.
        terminal: PublicKey,
        /// Which.
        sequence: u64,
    },
    /// A suspended voucher is mature: it is usable again, unless its payer may still take it back.
    Resume {
        /// Which.
        voucher: VoucherId,
    },
    /// A day's tally is gone: what was found wrong with the day goes once no act of the month needs it.
    ForgetFinding {
        /// Of which programme.
        programme: ProgrammeId,
        /// In whose act the day stands.
        served: Served,
        /// Of which place.
        place: OrgId,
        /// Of which day.
        day: u32,
    },
    /// A terminal has not synced for long: what the ledger has of it goes.
    ForgetChain {
        /// Under which programme.
        programme: ProgrammeId,
        /// Of which terminal.
        terminal: PublicKey,
    },
}

/// What a person was asked.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[repr(u8)]
pub enum Asked {
    /// For consent.
    Consent = 0,
    /// To activate the voucher.
    Activation = 1,
}
