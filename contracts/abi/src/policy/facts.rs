//! Everything that a policy may know of an act. The voucher contract states it; the receipt keeps it.

use crate::civil::Month;
use crate::marking::{Gtin, InnCode};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use core::fmt;
use senim_types::{OrgId, TimeMs, Tiyn};

/// An act and its circumstances.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Facts {
    /// What is to be done.
    pub act: Act,
    /// When.
    pub clock: Clock,
    /// With which token, as it is before the act.
    pub token: Token,
    /// Where; for an act that is not at a place, the place that the token is bound to, or zeros.
    pub place: Place,
}

/// What is to be done.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Act {
    /// Issue the token that the facts describe.
    Issue,
    /// The holder begins to use it.
    Activate,
    /// The holder gives a part of it to another key.
    Delegate(Delegated),
    /// Buy something with it.
    Redeem {
        /// What, at most [`Line::LINES_MAX`].
        lines: Vec<Line>,
        /// What proves who stands there.
        proof: ProofKind,
    },
    /// More money, or a later end.
    TopUp {
        /// What is added, in tiyn.
        amount: Tiyn,
    },
    /// The payer takes it back before its end.
    Revoke,
}

/// Civil time of the act.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Clock {
    /// The block's time; for a record of a terminal without connection, the terminal's.
    pub now: TimeMs,
    /// The civil day of the programme, counted from 1970-01-01.
    pub day: u32,
    /// Minutes since that day began.
    pub minute: u16,
}

impl Clock {
    /// Monday is 0. The first of January 1970 was a Thursday.
    pub const fn weekday(&self) -> u8 {
        ((self.day + 3) % 7) as u8
    }

    /// The civil month.
    pub const fn month(&self) -> Month {
        Month::of_day(self.day as u64)
    }
}

/// A token before the act.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Token {
    /// Which of the programme's variants it is part of, from 0.
    pub arm: u8,
    /// When it was issued; the act's own time when that is the act.
    pub issued_at: TimeMs,
    /// From when on it belongs to the person: before that the payer may take it back.
    pub mature_at: TimeMs,
    /// From when on it cannot be used.
    pub until: TimeMs,
    /// All the money that it was ever given, in tiyn.
    pub amount: Tiyn,
    /// What is left of that, in tiyn.
    pub left: Tiyn,
    /// How often it was used.
    pub uses: u32,
    /// How often on the clock's day.
    pub uses_today: u8,
    /// How often in the clock's month.
    pub uses_this_month: u16,
    /// For how much in the clock's month, in tiyn.
    pub spent_this_month: Tiyn,
    /// Whether the person consented.
    pub consented: bool,
    /// Whether the person activated it.
    pub activated: bool,
    /// Whether the place reported the person absent on the clock's day.
    pub absent: bool,
    /// What was delegated, if the act is made by a delegate.
    pub delegated: Option<Delegated>,
}

/// A bounded delegation.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Delegated {
    /// From when on it is worthless.
    pub until: TimeMs,
    /// Uses that are left of it.
    pub uses: u16,
    /// Uses of one day at most.
    pub uses_per_day: u8,
}

/// A place and who serves it.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Place {
    /// The place, such as a school.
    pub place: OrgId,
    /// Who is paid there.
    pub provider: OrgId,
    /// Its region: a number of the programme's choice, such as a КАТО code.
    pub region: u32,
    /// Whether its calendar says that it is open on the clock's day; none if it has no calendar for that month.
    pub open: Option<bool>,
}

/// What is bought.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Line {
    /// What.
    pub product: Product,
    /// How many of its smallest unit, at least 1.
    pub units: u32,
    /// The price of all of them, in tiyn.
    pub price: Tiyn,
    /// What the programme's list says of the product, if it stands there. Whatever a caller says here is replaced by that.
    pub listing: Option<Listing>,
}

impl Line {
    /// Lines of one use at most.
    pub const LINES_MAX: usize = 8;
}

/// Something that can be bought.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Product {
    /// A service, by a number of the programme's choice: a meal, a ride.
    Service(u32),
    /// A trade item.
    Gtin(Gtin),
    /// Any medicine of this active substance (INN by its ATC code); on a list also of an ATC group.
    Inn(InnCode),
}

impl Product {
    /// Characters of an ATC code at each level: substance, chemical, pharmacological, therapeutic, anatomical group.
    const ATC_LEVELS: [usize; 5] = [7, 5, 4, 3, 1];

    /// What a list may call it, the narrowest first: itself, and a substance also by the ATC groups that it is in. A code of
    /// a regulator's own is in those of the ATC code that it begins with, or in none.
    pub fn listed_as(self) -> impl Iterator<Item = Product> {
        let groups = match self {
            Product::Inn(code) if is_atc(code.as_str().as_bytes()) => Some(code),
            Product::Inn(_) | Product::Service(_) | Product::Gtin(_) => None,
        };
        let groups = groups.into_iter().flat_map(|code| {
            let shorter = Self::ATC_LEVELS.into_iter().filter_map(move |length| {
                InnCode::new(code.as_str().as_bytes().get(..length)?).ok()
            });
            shorter.filter(move |group| *group != code)
        });
        core::iter::once(self).chain(groups.map(Product::Inn))
    }
}

/// Whether a code is an ATC code of some level, or begins with one of a substance: a letter, two digits, two letters, two
/// digits.
fn is_atc(code: &[u8]) -> bool {
    let shaped = code
        .iter()
        .take(7)
        .enumerate()
        .all(|(at, letter)| match at {
            0 | 3 | 4 => letter.is_ascii_uppercase(),
            _ => letter.is_ascii_digit(),
        });
    shaped && (code.len() > 7 || Product::ATC_LEVELS.contains(&code.len()))
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Product::Service(number) => write!(f, "service {number}"),
            Product::Gtin(gtin) => gtin.fmt(f),
            Product::Inn(inn) => inn.fmt(f),
        }
    }
}

/// What a programme's list says of a product.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Listing {
    /// Highest price of a pack that the programme bears a share of, in tiyn.
    pub price_max: Tiyn,
    /// Smallest units in a pack, at least 1.
    pub units_per_pack: u32,
    /// The programme's share in basis points, instead of the policy's own.
    pub share_basis_points: Option<u16>,
}

/// How the person was proven.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[repr(u8)]
pub enum ProofKind {
    /// A live QR of the holder's.
    LiveQr = 0,
    /// A live QR of a delegate's, such as the child's own phone.
    DelegatedQr = 1,
    /// A shared or printed code of a delegate's.
    Code = 2,
    /// The enrolled terminal says who stands before it.
    Attested = 3,
}

impl ProofKind {
    /// Its bit in a set of kinds.
    pub const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl Facts {
    /// What is bought.
    pub fn lines(&self) -> &[Line] {
        match &self.act {
            Act::Redeem { lines, .. } => lines,
            _ => &[],
        }
    }

    /// The price of all that is bought, in tiyn; all there is if it does not fit a u64, so that no limit lets it pass.
    pub fn price(&self) -> Tiyn {
        let sum = self
            .lines()
            .iter()
            .try_fold(0_u64, |sum, line| sum.checked_add(line.price.0));
        Tiyn(sum.unwrap_or(u64::MAX))
    }
}
