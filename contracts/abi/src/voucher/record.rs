//! What the contract keeps. The first byte of each value is the version of its record.
//!
//! | collection | key after the collection byte | value |
//! | --- | --- | --- |
//! | 1 voucher | voucher (32) | [`VoucherRecord`] |
//! | 2 programme | programme (4, BE) | [`ProgrammeRecord`] |
//! | 3 service | programme (4, BE) ‖ place (4, BE) | [`ServiceRecord`] |
//!
//! A use writes the voucher's own key and no new one.

use crate::civil::UtcOffsets;
use crate::key::Key;
use crate::treasury::{BudgetId, ProgrammeId};
use crate::versioned::versioned;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use core::fmt;
use senim_types::{Hash, OrgId, PublicKey, TimeMs, Tiyn};

/// Collection of vouchers.
pub const COLLECTION_VOUCHER: u8 = 1;
/// Collection of programmes.
pub const COLLECTION_PROGRAMME: u8 = 2;
/// Collection of services.
pub const COLLECTION_SERVICE: u8 = 3;

/// Key of a [`VoucherRecord`].
pub fn voucher_key(voucher: &VoucherId) -> Key {
    Key::new(COLLECTION_VOUCHER).hash(&voucher.0)
}

/// Key of a [`ProgrammeRecord`].
pub fn programme_key(programme: ProgrammeId) -> Key {
    Key::new(COLLECTION_PROGRAMME).u32(programme.0)
}

/// Key of a [`ServiceRecord`].
pub fn service_key(programme: ProgrammeId, place: OrgId) -> Key {
    Key::new(COLLECTION_SERVICE).u32(programme.0).org(place)
}

/// A voucher: blake3 of the issuing transaction and an index in it, so that an id can never come again, not even after
/// its record is forgotten.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(transparent)
)]
pub struct VoucherId(pub Hash);

impl VoucherId {
    /// What is hashed for an id: the transaction and which of its issues it is.
    pub fn preimage(transaction: &Hash, index: u16) -> Vec<u8> {
        [
            b"senim/voucher".as_slice(),
            transaction.as_bytes(),
            &index.to_be_bytes(),
        ]
        .concat()
    }

    /// The id of the voucher that `transaction` issues with `index`.
    pub fn derive(transaction: &Hash, index: u16) -> VoucherId {
        VoucherId(Hash::of(&VoucherId::preimage(transaction, index)))
    }

    /// What is hashed for the name of a use in the treasury: unique, since a voucher counts its uses.
    pub fn use_preimage(&self, number: u32) -> Vec<u8> {
        [
            b"senim/use".as_slice(),
            self.0.as_bytes(),
            &number.to_be_bytes(),
        ]
        .concat()
    }
}

impl fmt::Display for VoucherId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for VoucherId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A programme's rules.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Rules {
    /// False: nothing is issued or used until it is true again.
    pub open: bool,
    /// The treasury's budget line that backs the vouchers. Its payer sets these rules, and it never changes.
    pub budget: BudgetId,
    /// Most that one use may cost, in tiyn.
    pub price_max: Tiyn,
    /// Most uses of one voucher on one civil day.
    pub uses_per_day_max: u8,
    /// Longest validity of a voucher, in ms.
    pub validity_ms_max: u64,
    /// How long a voucher that has ended is kept for disputes, in ms.
    pub dispute_ms: u64,
    /// Civil time of the programme: which day a use belongs to.
    pub offsets: UtcOffsets,
}

impl Rules {
    /// Longest validity that rules may allow: 400 days, so that a school year fits.
    pub const VALIDITY_MS_MAX: u64 = 400 * crate::civil::DAY_MS;
    /// Longest time that rules may keep what has ended: two years.
    pub const DISPUTE_MS_MAX: u64 = 2 * 366 * crate::civil::DAY_MS;
}

/// A programme with the payer that its rules belong to.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Programme {
    /// Whose budget line it is.
    pub payer: OrgId,
    /// The rules.
    pub rules: Rules,
}

/// Who serves a place under a programme: the contract with a provider.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Service {
    /// Who is paid.
    pub provider: OrgId,
    /// Whose enrolled terminals attest who stands before them: the provider, the place itself, or a meal system.
    pub terminals: OrgId,
    /// The contract's end.
    pub until: TimeMs,
}

/// How a voucher stands. That its time is over is judged by block time.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[repr(u8)]
pub enum Standing {
    /// May be used.
    Active = 0,
    /// Taken back by the payer; what was left is in the budget line.
    Revoked = 1,
    /// Its time is over; what was left is in the budget line.
    Swept = 2,
}

/// The last use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct LastUse {
    /// The civil day, counted from 1970-01-01.
    pub day: u64,
    /// How many uses there were on that day.
    pub count: u8,
}

/// A voucher.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Voucher {
    /// Under which programme.
    pub programme: ProgrammeId,
    /// One-time key of the person whom it is for.
    pub holder: PublicKey,
    /// Where it may be used.
    pub place: OrgId,
    /// From this block time on it cannot be used.
    pub until: TimeMs,
    /// What is left of its money, in tiyn; all of it is locked in the budget line.
    pub left: Tiyn,
    /// How often it was used.
    pub uses: u32,
    /// The last use.
    pub last_use: Option<LastUse>,
    /// How it stands.
    pub standing: Standing,
}

/// What a voucher is at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[repr(u8)]
pub enum Status {
    /// May be used.
    Active = 0,
    /// Nothing is left of its money.
    Spent = 1,
    /// Its time is over.
    Expired = 2,
    /// Taken back by the payer.
    Revoked = 3,
}

impl Voucher {
    /// What it is at block time `now`.
    pub fn status(&self, now: TimeMs) -> Status {
        match self.standing {
            Standing::Revoked => Status::Revoked,
            Standing::Swept => Status::Expired,
            Standing::Active if now >= self.until => Status::Expired,
            Standing::Active if self.left == Tiyn::ZERO => Status::Spent,
            Standing::Active => Status::Active,
        }
    }

    /// Uses on a civil day.
    pub fn uses_on(&self, day: u64) -> u8 {
        self.last_use
            .filter(|last| last.day == day)
            .map_or(0, |last| last.count)
    }
}

versioned! {
    /// A stored [`Programme`].
    ProgrammeRecord(Programme)
}
versioned! {
    /// A stored [`Service`].
    ServiceRecord(Service)
}
versioned! {
    /// A stored [`Voucher`].
    VoucherRecord(Voucher)
}
