//! What the contract can be asked. The first byte of a message is its method.

use super::record::{Programme, Rules, Service, Status, Voucher, VoucherId};
use crate::roles::Roles;
use crate::treasury::ProgrammeId;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::{OrgId, PublicKey, TimeMs, Tiyn};

/// Messages that change something. The roles that may send them are in [`RIGHTS`].
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Execute {
    /// By the payer of the budget line: sets a programme's rules. They hold from now on for what was issued before, too.
    /// `NO_BUDGET`; `NOT_AUTHORISED` if the line is another payer's or another programme's, or not the one that backs the
    /// programme already; `OUT_OF_RANGE`.
    SetProgramme {
        /// Which.
        programme: ProgrammeId,
        /// All of its rules.
        rules: Rules,
    },
    /// By the programme's payer: sets or ends who serves a place. `PROGRAMME_UNKNOWN`, `NOT_AUTHORISED`, `OUT_OF_RANGE`.
    SetService {
        /// Under which programme.
        programme: ProgrammeId,
        /// Where, such as a school.
        place: OrgId,
        /// None ends it.
        service: Option<Service>,
    },
    /// By the programme's payer: issues a voucher and locks its money. Answers the [`VoucherId`]. `PROGRAMME_UNKNOWN`,
    /// `NOT_AUTHORISED`, `OUT_OF_RANGE`, `VOUCHER_EXISTS` for an index used before in this transaction, and the codes of
    /// the treasury's lock.
    Issue {
        /// Which voucher of this transaction.
        index: u16,
        /// Under which programme.
        programme: ProgrammeId,
        /// One-time key of the person whom it is for.
        holder: PublicKey,
        /// Where it may be used.
        place: OrgId,
        /// Its money, in tiyn.
        amount: Tiyn,
        /// From this block time on it cannot be used.
        until: TimeMs,
    },
    /// By a terminal of the place's service, which attests that the person stands before it: one use of the voucher at
    /// this price, paid at once. Answers [`Redeemed`]. `VOUCHER_UNKNOWN`, `VOUCHER_REVOKED`, `VOUCHER_EXPIRED`,
    /// `PROGRAMME_UNKNOWN`, `NOT_WHITELISTED`, `WRONG_PLACE`, `AMOUNT_ZERO`, `PRICE_ABOVE_CAP`, `DAILY_LIMIT`,
    /// `INSUFFICIENT`.
    Redeem {
        /// Which.
        voucher: VoucherId,
        /// What it costs, in tiyn.
        price: Tiyn,
    },
    /// By the programme's payer: takes a voucher back; what is left returns to the budget line. The same again is a
    /// success. `VOUCHER_UNKNOWN`, `NOT_AUTHORISED`, `VOUCHER_EXPIRED`.
    Revoke {
        /// Which.
        voucher: VoucherId,
    },
}

/// Who may call each method, in the order of the methods: what a genesis enters in the registry.
pub const RIGHTS: [(&str, Roles); 5] = [
    ("set_programme", Roles::FUND),
    ("set_service", Roles::FUND),
    ("issue", Roles::FUND),
    ("redeem", Roles(Roles::PROVIDER.0 | Roles::SCHOOL.0)),
    ("revoke", Roles::FUND),
];

/// Answer to [`Execute::Redeem`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Redeemed {
    /// Which use of the voucher this was, from 1.
    pub number: u32,
    /// What is left of its money, in tiyn.
    pub left: Tiyn,
}

/// The input of `Entry::Genesis`: programmes and services, carried out with the ledger's authority, in order, all or
/// none. Others are `NOT_AUTHORISED` here.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(transparent)
)]
pub struct Genesis(pub Vec<Execute>);

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
}

/// Questions. Each names the borsh type of its answer.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Query {
    /// [`VoucherView`]; `VOUCHER_UNKNOWN`.
    Voucher {
        /// Which.
        voucher: VoucherId,
    },
    /// [`Programme`]; `PROGRAMME_UNKNOWN`.
    Programme {
        /// Which.
        programme: ProgrammeId,
    },
    /// `Option<`[`Service`]`>`.
    Service {
        /// Under which programme.
        programme: ProgrammeId,
        /// Where.
        place: OrgId,
    },
}

/// Answer to [`Query::Voucher`].
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct VoucherView {
    /// The voucher.
    pub voucher: Voucher,
    /// The block's time.
    pub now: TimeMs,
    /// What the voucher is then.
    pub status: Status,
}

/// Answer to [`Query::Programme`].
pub type ProgrammeAnswer = Programme;
/// Answer to [`Query::Service`].
pub type ServiceAnswer = Option<Service>;
