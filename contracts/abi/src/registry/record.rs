//! What the registry keeps. The first byte of each value is the version of its record.
//!
//! | collection | key after the collection byte | value |
//! | --- | --- | --- |
//! | 1 device | public key (33: scheme, point) | [`DeviceRecord`] |
//! | 2 organisation | organisation (4, BE) | [`OrganisationRecord`] |
//! | 3 right | contract (4, BE) ‖ method (1) | [`RightRecord`] |
//! | 4 validators | none | [`ValidatorsRecord`] |
//! | 5 validator | public key (33) | [`ValidatorInfoRecord`] |
//! | 6 peer | public key (33) | [`PeerRecord`] |

use crate::key::Key;
use crate::roles::Roles;
use crate::versioned::versioned;
use alloc::string::String;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::{ContractId, Hash, OrgId, PublicKey, TimeMs, ValidatorSet};

/// Collection of devices.
pub const COLLECTION_DEVICE: u8 = 1;
/// Collection of organisations.
pub const COLLECTION_ORGANISATION: u8 = 2;
/// Collection of rights.
pub const COLLECTION_RIGHT: u8 = 3;
/// Collection of the validator set, with one entry.
pub const COLLECTION_VALIDATORS: u8 = 4;
/// Collection of what is known of each validator besides its power.
pub const COLLECTION_VALIDATOR: u8 = 5;

/// Collection of the network's peers.
pub const COLLECTION_PEER: u8 = 6;

/// Key of a [`DeviceRecord`].
pub fn device_key(device: &PublicKey) -> Key {
    Key::new(COLLECTION_DEVICE).public_key(device)
}

/// Key of an [`OrganisationRecord`].
pub fn organisation_key(org: OrgId) -> Key {
    Key::new(COLLECTION_ORGANISATION).org(org)
}

/// Key of a [`RightRecord`].
pub fn right_key(contract: ContractId, method: u8) -> Key {
    Key::new(COLLECTION_RIGHT).contract(contract).u8(method)
}

/// Key of the [`ValidatorsRecord`].
pub fn validators_key() -> Key {
    Key::new(COLLECTION_VALIDATORS)
}

/// Key of a [`ValidatorInfoRecord`].
pub fn validator_key(validator: &PublicKey) -> Key {
    Key::new(COLLECTION_VALIDATOR).public_key(validator)
}

/// Key of a [`PeerRecord`].
pub fn peer_key(peer: &PublicKey) -> Key {
    Key::new(COLLECTION_PEER).public_key(peer)
}

/// How an organisation or a device stands.
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
    /// May act.
    Active = 0,
    /// May not act for the time being.
    Suspended = 1,
    /// May never act again.
    Revoked = 2,
}

/// An organisation.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Organisation {
    /// What it is.
    pub roles: Roles,
    /// How it stands.
    pub standing: Standing,
    /// Its public name in UTF-8. Never a person's name: the ledger is for ever.
    pub name: String,
    /// Hash of its details (registration, address, contract), which are kept off the ledger.
    pub details: Hash,
}

impl Organisation {
    /// Bytes of a name.
    pub const NAME_BYTES_MAX: usize = 128;
}

/// A device: a key that signs transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Device {
    /// For whom it acts.
    pub org: OrgId,
    /// How it stands.
    pub standing: Standing,
    /// Whether it may enrol, suspend and revoke other devices of its organisation.
    pub administrator: bool,
    /// When it was enrolled.
    pub enrolled_at: TimeMs,
}

/// Who may call a method. Without such a record no device may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Right {
    /// An organisation with any of these roles.
    pub roles_any: Roles,
}

/// What is known of a validator besides its power.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct ValidatorInfo {
    /// Whose it is.
    pub org: OrgId,
    /// When it was added.
    pub added_at: TimeMs,
}

/// A node that may connect to the others, for as long as its organisation is active.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Peer {
    /// Whose it is.
    pub org: OrgId,
    /// Where it is reached, as a multiaddr (`/dns4/node.example/tcp/7301`); empty for a node that only goes out.
    pub address: String,
}

impl Peer {
    /// Bytes of an address.
    pub const ADDRESS_BYTES_MAX: usize = 128;
    /// Peers of one organisation.
    pub const PER_ORGANISATION_MAX: usize = 8;
}

versioned! {
    /// A stored [`Organisation`].
    OrganisationRecord(Organisation)
}
versioned! {
    /// A stored [`Device`].
    DeviceRecord(Device)
}
versioned! {
    /// A stored [`Right`].
    RightRecord(Right)
}
versioned! {
    /// The stored set. A change at height H acts from H + 2.
    ValidatorsRecord(ValidatorSet)
}
versioned! {
    /// A stored [`ValidatorInfo`].
    ValidatorInfoRecord(ValidatorInfo)
}
versioned! {
    /// A stored [`Peer`].
    PeerRecord(Peer)
}
