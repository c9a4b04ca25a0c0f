//! What the contract tells. Kind and version stand beside the body.

use super::record::{Rules, Service, Standing, VoucherId};
use crate::treasury::ProgrammeId;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::{OrgId, TimeMs, Tiyn};

/// Version of the events' bodies.
pub const EVENT_VERSION: u8 = 1;

/// An event. Its kind is [`VoucherEvent::kind`], its body the borsh encoding of this enum.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum VoucherEvent {
    /// A programme's rules were set.
    ProgrammeSet {
        /// Which.
        programme: ProgrammeId,
        /// Whose.
        payer: OrgId,
        /// All of its rules.
        rules: Rules,
    },
    /// Who serves a place was set or ended.
    ServiceSet {
        /// Under which programme.
        programme: ProgrammeId,
        /// Where.
        place: OrgId,
        /// None: nobody.
        service: Option<Service>,
    },
    /// A voucher was issued.
    Issued {
        /// Which.
        voucher: VoucherId,
        /// Under which programme.
        programme: ProgrammeId,
        /// Where it may be used.
        place: OrgId,
        /// Its money, in tiyn.
        amount: Tiyn,
        /// When its time is over.
        until: TimeMs,
    },
    /// A voucher was used.
    Redeemed {
        /// Which.
        voucher: VoucherId,
        /// Under which programme.
        programme: ProgrammeId,
        /// Where.
        place: OrgId,
        /// Who is paid.
        provider: OrgId,
        /// Which use of the voucher, from 1.
        number: u32,
        /// The civil day, counted from 1970-01-01.
        day: u64,
        /// What it cost, in tiyn.
        price: Tiyn,
        /// What is left, in tiyn.
        left: Tiyn,
    },
    /// A voucher ended.
    Ended {
        /// Which.
        voucher: VoucherId,
        /// Under which programme.
        programme: ProgrammeId,
        /// How.
        standing: Standing,
        /// What returned to the budget line, in tiyn.
        returned: Tiyn,
    },
}

impl VoucherEvent {
    /// The number of this kind of event. Permanent.
    pub const fn kind(&self) -> u16 {
        match self {
            VoucherEvent::ProgrammeSet { .. } => 0,
            VoucherEvent::ServiceSet { .. } => 1,
            VoucherEvent::Issued { .. } => 2,
            VoucherEvent::Redeemed { .. } => 3,
            VoucherEvent::Ended { .. } => 4,
        }
    }
}
