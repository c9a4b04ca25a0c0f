//! What an organisation is, as a set of bits. Which role may call which method is state of the registry.

use borsh::{BorshDeserialize, BorshSerialize};
use core::ops::BitOr;

/// A set of roles. Bits are permanent; unknown bits are kept, so that an older client shows a newer record unharmed.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize,
)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(transparent)
)]
pub struct Roles(pub u32);

impl Roles {
    /// No role: what an organisation has before the operator gives it one.
    pub const NONE: Roles = Roles(0);
    /// Operator of the network: organisations, devices, rights, validators.
    pub const OPERATOR: Roles = Roles(1);
    /// Keeper of the product catalogue and its price caps; recalls and withdrawals.
    pub const REGULATOR: Roles = Roles(1 << 1);
    /// Payer: owns programmes and their budget lines.
    pub const FUND: Roles = Roles(1 << 2);
    /// Clinic: issues prescriptions, dispenses state-bought stock.
    pub const CLINIC: Roles = Roles(1 << 3);
    /// Pharmacy: holds and dispenses.
    pub const PHARMACY: Roles = Roles(1 << 4);
    /// Treasury: audits; changes nothing.
    pub const TREASURY: Roles = Roles(1 << 5);
    /// Operator of product marking: emits and introduces packs, reports their movements.
    pub const MARKING_OPERATOR: Roles = Roles(1 << 6);
    /// Identity service: rebinds tokens, attests nullifiers.
    pub const IDENTITY_SERVICE: Roles = Roles(1 << 7);
    /// Manufacturer, importer or wholesaler: moves packs.
    pub const DISTRIBUTOR: Roles = Roles(1 << 8);
    /// School: attests attendance.
    pub const SCHOOL: Roles = Roles(1 << 9);
    /// Provider of meals or other services under a programme.
    pub const PROVIDER: Roles = Roles(1 << 10);
    /// Service for wallets: submits what citizens sign.
    pub const WALLET_SERVICE: Roles = Roles(1 << 11);
    /// Public service centre (ЦОН): sees people, issues cards, takes answers of those who have no telephone.
    pub const SERVICE_CENTRE: Roles = Roles(1 << 12);
    /// State data office: lists who is entitled to what.
    pub const DATA_OFFICE: Roles = Roles(1 << 13);
    /// E-government portal: holds telephone numbers, asks for consent and brings the answers.
    pub const PORTAL: Roles = Roles(1 << 14);

    /// Every known role with its name, in the order of the bits.
    pub const NAMED: [(Roles, &'static str); 15] = [
        (Roles::OPERATOR, "operator"),
        (Roles::REGULATOR, "regulator"),
        (Roles::FUND, "fund"),
        (Roles::CLINIC, "clinic"),
        (Roles::PHARMACY, "pharmacy"),
        (Roles::TREASURY, "treasury"),
        (Roles::MARKING_OPERATOR, "marking_operator"),
        (Roles::IDENTITY_SERVICE, "identity_service"),
        (Roles::DISTRIBUTOR, "distributor"),
        (Roles::SCHOOL, "school"),
        (Roles::PROVIDER, "provider"),
        (Roles::WALLET_SERVICE, "wallet_service"),
        (Roles::SERVICE_CENTRE, "service_centre"),
        (Roles::DATA_OFFICE, "data_office"),
        (Roles::PORTAL, "portal"),
    ];

    /// Whether the two sets have a role in common.
    pub const fn intersects(self, other: Roles) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether all of `other` is in this set.
    pub const fn contains(self, other: Roles) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both sets together.
    pub const fn union(self, other: Roles) -> Roles {
        Roles(self.0 | other.0)
    }

    /// Whether the set is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The role of this name.
    pub fn by_name(name: &str) -> Option<Roles> {
        Roles::NAMED
            .iter()
            .find(|(_, known)| *known == name)
            .map(|(role, _)| *role)
    }

    /// The names of the known roles in this set.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Roles::NAMED
            .iter()
            .filter(move |(role, _)| self.contains(*role))
            .map(|(_, name)| *name)
    }
}

impl BitOr for Roles {
    type Output = Roles;

    fn bitor(self, other: Roles) -> Roles {
        self.union(other)
    }
}
