//! Counters, identifiers and amounts. No two of them convert into each other by accident.

use borsh::{BorshDeserialize, BorshSerialize};
use core::fmt;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
        #[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
        #[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

number! {
    /// Number of a block; the genesis state is height 0, the first block height 1.
    Height(u64)
}
number! {
    /// Round of consensus within a height, from 0.
    Round(u32)
}
number! {
    /// Unix time in milliseconds. On the ledger it is always the block's, never a machine's.
    TimeMs(u64)
}
number! {
    /// A non-negative amount of money in tiyn (1 tenge = 100 tiyn).
    Tiyn(u64)
}
number! {
    /// A sum over many amounts, in tiyn.
    TiynTotal(u128)
}
number! {
    /// An organisation, as numbered by the registry contract. 0 is never assigned.
    OrgId(u32)
}
number! {
    /// A contract. 0 is the ledger itself; engine contracts have the numbers of the genesis.
    ContractId(u32)
}

impl Height {
    /// The height of the genesis state.
    pub const GENESIS: Height = Height(0);

    /// The following height. A ledger never reaches `u64::MAX`; staying there beats wrapping.
    pub const fn next(self) -> Height {
        Height(self.0.saturating_add(1))
    }
}

impl ContractId {
    /// The ledger itself: sequence windows, contract code, the due-queue, deploy and upgrade.
    pub const LEDGER: ContractId = ContractId(0);
}

impl TimeMs {
    /// This time moved by `duration_ms`; `None` past the end of time.
    pub const fn checked_add(self, duration_ms: u64) -> Option<TimeMs> {
        match self.0.checked_add(duration_ms) {
            Some(time_ms) => Some(TimeMs(time_ms)),
            None => None,
        }
    }

    /// Milliseconds from `earlier` to this time; 0 where `earlier` is later.
    pub const fn since_ms(self, earlier: TimeMs) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl Tiyn {
    /// Nothing.
    pub const ZERO: Tiyn = Tiyn(0);

    /// The sum, or `None` where it does not fit.
    pub const fn checked_add(self, other: Tiyn) -> Option<Tiyn> {
        match self.0.checked_add(other.0) {
            Some(sum) => Some(Tiyn(sum)),
            None => None,
        }
    }

    /// The difference, or `None` where `other` is larger.
    pub const fn checked_sub(self, other: Tiyn) -> Option<Tiyn> {
        match self.0.checked_sub(other.0) {
            Some(rest) => Some(Tiyn(rest)),
            None => None,
        }
    }

    /// floor(self · numerator / denominator), or `None` where the denominator is 0 or the result
    /// does not fit. The product is taken in 128 bits, so no amount overflows on the way.
    pub const fn checked_share(self, numerator: u64, denominator: u64) -> Option<Tiyn> {
        if denominator == 0 {
            return None;
        }
        let share = self.0 as u128 * numerator as u128 / denominator as u128;
        if share > u64::MAX as u128 {
            None
        } else {
            Some(Tiyn(share as u64))
        }
    }
}
