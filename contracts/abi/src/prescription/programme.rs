//! The rules of a support measure, as data that the payer sets.

use crate::treasury::BudgetId;
use crate::versioned::versioned;
use borsh::{BorshDeserialize, BorshSerialize};
use core::fmt;
use core::ops::BitOr;
use senim_types::{OrgId, TimeMs, Tiyn};

/// A support measure.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize,
)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(transparent)
)]
pub struct ProgrammeId(pub u32);

impl fmt::Display for ProgrammeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A prescriber by the number that the clinic gave; the name stays with the clinic. 0 stands for
/// every prescriber of the clinic.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize,
)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(transparent)
)]
pub struct PrescriberId(pub u32);

impl PrescriberId {
    /// Every prescriber of a clinic.
    pub const ANY: PrescriberId = PrescriberId(0);
}

/// The proofs of the holder that a programme accepts, as bits.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(transparent)
)]
pub struct ProofKinds(pub u8);

impl ProofKinds {
    /// A live QR from the wallet.
    pub const LIVE_QR: ProofKinds = ProofKinds(1);
    /// A benefit card put to the reader.
    pub const CARD: ProofKinds = ProofKinds(2);
    /// Paper, with a recorded identity check.
    pub const PAPER: ProofKinds = ProofKinds(4);
    /// All of them.
    pub const ALL: ProofKinds = ProofKinds(7);

    /// Whether all of `other` is accepted.
    pub const fn contains(self, other: ProofKinds) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for ProofKinds {
    type Output = ProofKinds;

    fn bitor(self, other: ProofKinds) -> ProofKinds {
        ProofKinds(self.0 | other.0)
    }
}

/// What the programme bears of the cost; the citizen pays the rest, which is recorded and never
/// claimed.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Share {
    /// floor(cost · basis_points / 10,000) per item; 10,000 is everything.
    BasisPoints(u16),
    /// At most the reference price of the medicine's rule per unit.
    UpToReference,
}

impl Share {
    /// Everything, in basis points.
    pub const WHOLE: u16 = 10_000;
}

/// A support measure's rules: one version of them. A prescription keeps the version that it was issued under, and is judged
/// by it to its end.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Rules {
    /// What the programme bears.
    pub share: Share,
    /// The proofs that it accepts.
    pub proofs: ProofKinds,
    /// True: only medicines with a [`MedicineRule`] (`CATEGORY_NOT_ENTITLED`). False: all; a rule
    /// still limits the medicine that it names.
    pub listed_only: bool,
    /// True: a pack whose movement to the pharmacy is not yet reported is dispensed, and payment
    /// stays pending until it is. False: it is refused (`PACK_NOT_HERE`).
    pub movement_may_lag: bool,
    /// Longest validity of an item, in ms.
    pub validity_ms_max: u64,
    /// Length of a lease, in ms; also by how much an extension may reach ahead.
    pub lease_ms: u64,
    /// Longest time that one hold may last with all its extensions, in ms.
    pub hold_ms_max: u64,
    /// Longest life of a live QR and of a card's answer, in ms.
    pub proof_ms_max: u64,
    /// How long a dispense may be reversed, in ms; at most [`Rules::REVERSAL_MS_MAX`].
    pub reversal_ms: u64,
    /// How long a finished prescription is kept for disputes after its last step, in ms; at least
    /// `reversal_ms`.
    pub dispute_ms: u64,
}

impl Rules {
    /// EU FMD: ten days.
    pub const REVERSAL_MS_MAX: u64 = 10 * 24 * 60 * 60 * 1000;
    /// A pending payment is looked at again this often, and posted if the gap is closed.
    pub const MOVEMENT_CHECK_MS: u64 = 24 * 60 * 60 * 1000;
    /// A missing movement is put before a person after seven days.
    pub const MOVEMENT_MS_MAX: u64 = 7 * 24 * 60 * 60 * 1000;
    /// A pending payment lapses, and its money is free again, if nobody has resolved it by then.
    pub const PENDING_MS_MAX: u64 = 90 * 24 * 60 * 60 * 1000;
    /// How far ahead an item's window may end: two years.
    pub const AHEAD_MS_MAX: u64 = 2 * 366 * 24 * 60 * 60 * 1000;
    /// How far the clock of a wallet or terminal may be ahead of block time.
    pub const CLOCK_AHEAD_MS_MAX: u64 = 2 * 60 * 1000;
}

/// A support measure, beside its rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Programme {
    /// Whose: the payer of its budget line.
    pub payer: OrgId,
    /// The treasury's budget line that pays what is dispensed from now on, whatever version it is judged by: so a line that
    /// is over can be followed by another one of the programme's.
    pub budget: BudgetId,
    /// The version of its rules that what is issued now is judged by, from 1.
    pub version: u32,
    /// False: nothing new is issued or held, whatever version it is of; what is held may be finished.
    pub open: bool,
}

impl Programme {
    /// Versions of a programme's rules at most: none is ever forgotten, since a prescription may be judged by each.
    pub const VERSIONS_MAX: u32 = 1_000;
}

/// Answer to [`Query::Programme`](super::msg::Query::Programme).
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct ProgrammeAnswer {
    /// The newest version of its rules. Not asked for where somebody sets rules: the ledger counts.
    #[cfg_attr(feature = "json", serde(default))]
    pub version: u32,
    /// Whether anything new is issued or held.
    pub open: bool,
    /// The budget line that pays.
    pub budget: BudgetId,
    /// The rules of that version.
    #[cfg_attr(feature = "json", serde(flatten))]
    pub rules: Rules,
}

/// What a programme says of one medicine. The category and the most units decide at issue and never again; the reference
/// price goes into the item that is issued.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct MedicineRule {
    /// Category, 0 to 31: a prescriber needs the right to it (ordinary, controlled, …).
    pub category: u8,
    /// Most units that one item may prescribe (`MAX_QUANTITY`).
    pub units_max: u32,
    /// What [`Share::UpToReference`] bears at most per unit, in tiyn.
    pub reference_price: Tiyn,
}

/// How a provider is settled with.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[repr(u8)]
pub enum Settlement {
    /// Private pharmacy: its claim arises at dispensing.
    Pay = 0,
    /// Clinic pharmacy with state-bought stock: the stock goes, nobody is paid.
    StockOnly = 1,
}

/// A pharmacy's contract for a programme.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Provider {
    /// How it is settled with.
    pub settlement: Settlement,
    /// The contract's end.
    pub until: TimeMs,
}

/// What a prescriber may prescribe under a programme.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct PrescriberRight {
    /// A bit per category.
    pub categories: u32,
    /// The right's end.
    pub until: TimeMs,
}

versioned! {
    /// A stored [`Programme`].
    ProgrammeRecord(Programme)
}
versioned! {
    /// Stored [`Rules`]. Written once, never changed.
    RulesRecord(Rules)
}
versioned! {
    /// A stored [`MedicineRule`].
    MedicineRecord(MedicineRule)
}
versioned! {
    /// A stored [`Provider`].
    ProviderRecord(Provider)
}
versioned! {
    /// A stored [`PrescriberRight`].
    PrescriberRecord(PrescriberRight)
}
