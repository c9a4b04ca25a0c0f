//! What the registry tells. Kind and version stand beside the body.

use super::record::Standing;
use crate::roles::Roles;
use alloc::string::String;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::{ContractId, Hash, OrgId, PublicKey};

/// Version of the events' bodies.
pub const EVENT_VERSION: u8 = 1;

/// An event. Its kind is [`RegistryEvent::kind`], its body the borsh encoding of this enum.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum RegistryEvent {
    /// An organisation joined.
    OrganisationRegistered {
        /// Its number.
        org: OrgId,
        /// Its public name.
        name: String,
        /// Its roles.
        roles: Roles,
        /// Hash of its details.
        details: Hash,
    },
    /// An organisation has other roles.
    OrganisationRolesSet {
        /// Which.
        org: OrgId,
        /// All its roles.
        roles: Roles,
    },
    /// An organisation was suspended, reactivated or revoked.
    OrganisationStandingSet {
        /// Which.
        org: OrgId,
        /// How it stands.
        standing: Standing,
    },
    /// A device joined.
    DeviceEnrolled {
        /// For whom it acts.
        org: OrgId,
        /// Its key.
        device: PublicKey,
        /// Whether it manages others.
        administrator: bool,
    },
    /// A device was suspended, reactivated or revoked.
    DeviceStandingSet {
        /// For whom it acts.
        org: OrgId,
        /// Which.
        device: PublicKey,
        /// How it stands.
        standing: Standing,
    },
    /// A right was given, changed or taken away.
    RightSet {
        /// Whose method.
        contract: ContractId,
        /// Which.
        method: u8,
        /// Who may.
        roles_any: Roles,
    },
    /// A validator joined.
    ValidatorAdded {
        /// Its key.
        validator: PublicKey,
        /// Its power.
        power: u64,
        /// Whose it is.
        org: OrgId,
    },
    /// A validator has another power.
    ValidatorPowerSet {
        /// Which.
        validator: PublicKey,
        /// Its power.
        power: u64,
    },
    /// A validator left.
    ValidatorRemoved {
        /// Which.
        validator: PublicKey,
    },
    /// A node may connect, or is reached elsewhere.
    PeerSet {
        /// Whose it is.
        org: OrgId,
        /// Its network key.
        peer: PublicKey,
        /// Where it is reached; empty if it only goes out.
        address: String,
    },
    /// A node may connect no more.
    PeerRemoved {
        /// Which.
        peer: PublicKey,
    },
}

impl RegistryEvent {
    /// The number of this kind of event. Permanent.
    pub const fn kind(&self) -> u16 {
        match self {
            RegistryEvent::OrganisationRegistered { .. } => 0,
            RegistryEvent::OrganisationRolesSet { .. } => 1,
            RegistryEvent::OrganisationStandingSet { .. } => 2,
            RegistryEvent::DeviceEnrolled { .. } => 3,
            RegistryEvent::DeviceStandingSet { .. } => 4,
            RegistryEvent::RightSet { .. } => 5,
            RegistryEvent::ValidatorAdded { .. } => 6,
            RegistryEvent::ValidatorPowerSet { .. } => 7,
            RegistryEvent::ValidatorRemoved { .. } => 8,
            RegistryEvent::PeerSet { .. } => 9,
            RegistryEvent::PeerRemoved { .. } => 10,
        }
    }
}
