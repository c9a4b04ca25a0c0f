//! Parameters of the policy `measure`, which comes with the ledger: the rules that most support measures are made of.
//! What it cannot say, a policy of one's own can.

use super::Product;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::{OrgId, Tiyn};

/// Basis points of a whole.
pub const WHOLE: u16 = 10_000;

/// The rules of each arm; a measure that compares nothing has one. In borsh they are the parameters of a
/// [`Question`](super::Question).
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(transparent)
)]
pub struct Parameters(pub Vec<Rules>);

/// Who or what may, by a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Allow<T> {
    /// All.
    #[default]
    Any,
    /// These alone.
    Only(Vec<T>),
    /// All but these.
    Except(Vec<T>),
}

impl<T: PartialEq> Allow<T> {
    /// Whether it may.
    pub fn allows(&self, what: &T) -> bool {
        match self {
            Allow::Any => true,
            Allow::Only(list) => list.contains(what),
            Allow::Except(list) => !list.contains(what),
        }
    }

    /// The same of what has several names: one that is on the list is enough, either way.
    pub fn allows_by_any_name(&self, mut names: impl Iterator<Item = T>) -> bool {
        match self {
            Allow::Any => true,
            Allow::Only(list) => names.any(|name| list.contains(&name)),
            Allow::Except(list) => !names.any(|name| list.contains(&name)),
        }
    }
}

/// How a use is priced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Price {
    /// A use costs at most this, in tiyn.
    Cap(Tiyn),
    /// A use costs exactly this, in tiyn.
    Fixed(Tiyn),
    /// Each line is of the programme's list of products. Up to the list's price the programme bears its share; what is
    /// above is the citizen's.
    Listed,
}

/// When the payer may take a token back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[repr(u8)]
pub enum Clawback {
    /// Until its end.
    #[default]
    Always = 0,
    /// Before it is mature: from then on it is the person's until its end.
    BeforeMaturity = 1,
    /// Not at all.
    Never = 2,
}

/// What a holder may delegate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub struct DelegationRule {
    /// Days that it may last.
    pub days_max: u16,
    /// Uses in all.
    pub uses_max: u16,
    /// Uses of one day.
    pub uses_per_day_max: u8,
}

/// The rules of one arm. `None` is no limit, and so is what a file leaves out; a misspelt limit is refused.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub struct Rules {
    /// Providers that may be paid.
    pub providers: Allow<OrgId>,
    /// Regions in which it may be used.
    pub regions: Allow<u32>,
    /// What may be bought, by its own name or that of an ATC group that it is in, also where it is on the programme's list.
    #[cfg_attr(feature = "json", serde(default))]
    pub products: Allow<Product>,
    /// How a use is priced.
    pub price: Price,
    /// The programme's share of the price, in basis points; the citizen bears the rest.
    pub share_basis_points: u16,
    /// Most that the citizen may be asked to bear of a use, in tiyn; 0 makes a price above the list's one that is refused.
    pub citizen_bears_max: Option<Tiyn>,
    /// Whether packs are bought whole: units that begin a pack count as all of it.
    pub whole_packs: bool,
    /// Whether a use may take less than all that is left.
    pub partial: bool,
    /// Most money of a token, in tiyn.
    pub amount_max: Option<Tiyn>,
    /// Most uses in all.
    pub uses_max: Option<u32>,
    /// Most uses of a civil day.
    pub uses_per_day_max: Option<u8>,
    /// Most uses of a civil month.
    pub uses_per_month_max: Option<u16>,
    /// Most that the programme pays in a civil month, in tiyn.
    pub spent_per_month_max: Option<Tiyn>,
    /// Days of the week, Monday in the lowest bit.
    pub weekdays: u8,
    /// Minutes of the day from and to which it may be used.
    pub hours: Option<(u16, u16)>,
    /// Whether the place's calendar must say that the day is open.
    pub calendar: bool,
    /// Whether one who is reported absent may use it all the same.
    pub absent_may: bool,
    /// Longest time from issue to end, in ms.
    pub validity_ms_max: u64,
    /// Whether the person has to have consented before it is issued.
    pub consent: bool,
    /// Kinds of proof that are accepted: bits of [`ProofKind`](super::ProofKind).
    pub proofs: u8,
    /// What may be delegated; none: nothing.
    pub delegation: Option<DelegationRule>,
    /// When the payer may take it back.
    pub clawback: Clawback,
}

impl Rules {
    /// All days of the week.
    pub const EVERY_DAY: u8 = 0b111_1111;
}
