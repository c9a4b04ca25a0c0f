//! What the registry can be asked. The first byte of a message is its method.
//!
//! Authority, besides the right to the method: the operator may do all; an administrator's device may enrol devices of
//! its own organisation, change their standing, and say which peers its organisation runs; the ledger (genesis) may do all; no contract may do anything.
//! Whoever it is, nobody changes the standing of its own organisation or device, or gives up its own operator role:
//! another must, so that a network never loses its last operator by a slip.

use super::record::{Device, Organisation, Peer, Right, Standing, ValidatorInfo};
use crate::roles::Roles;
use alloc::string::String;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::{ContractId, Hash, OrgId, PublicKey, ValidatorSet};

/// Messages that change something. Asking for what is already so is a success that changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Execute {
    /// Registers an organisation, active. `ORGANISATION_EXISTS` if the number is another's; `OUT_OF_RANGE` for number 0
    /// or a name that is empty or too long.
    RegisterOrganisation {
        /// Its number, chosen by the operator.
        org: OrgId,
        /// Its public name.
        #[borsh(deserialize_with = "crate::text::read")]
        name: String,
        /// Its roles.
        roles: Roles,
        /// Hash of its details.
        details: Hash,
    },
    /// Sets the roles of an organisation. `ORGANISATION_UNKNOWN`, `WRONG_STATE` if revoked.
    SetOrganisationRoles {
        /// Which.
        org: OrgId,
        /// Its roles from now on.
        roles: Roles,
    },
    /// Suspends, reactivates or revokes an organisation, and with it all its devices. `ORGANISATION_UNKNOWN`,
    /// `WRONG_STATE` if revoked.
    SetOrganisationStanding {
        /// Which.
        org: OrgId,
        /// From now on.
        standing: Standing,
    },
    /// Enrols a device, active. `ORGANISATION_UNKNOWN`, `WRONG_STATE` if the organisation is revoked, `DEVICE_EXISTS`
    /// if the key is enrolled otherwise or is a validator's.
    EnrolDevice {
        /// For whom it acts.
        org: OrgId,
        /// Its key.
        device: PublicKey,
        /// Whether it may manage the organisation's other devices.
        administrator: bool,
    },
    /// Suspends, reactivates or revokes a device. `DEVICE_UNKNOWN`, `WRONG_STATE` if revoked.
    SetDeviceStanding {
        /// Which.
        device: PublicKey,
        /// From now on.
        standing: Standing,
    },
    /// Gives devices of organisations with any of these roles the right to call a method; no role takes it away.
    /// `OUT_OF_RANGE` if the operator would lose a method of the registry.
    SetRight {
        /// Whose method; contract 0 is the ledger itself.
        contract: ContractId,
        /// The method's number.
        method: u8,
        /// Who may.
        roles_any: Roles,
    },
    /// Adds a validator. `VALIDATOR_EXISTS` with another power or organisation, `VALIDATOR_LIMIT`,
    /// `ORGANISATION_UNKNOWN`, `DEVICE_EXISTS` if the key is a device's.
    AddValidator {
        /// Its key.
        validator: PublicKey,
        /// Its voting power, at least 1.
        power: u64,
        /// Whose it is.
        org: OrgId,
    },
    /// Changes a validator's power. `VALIDATOR_UNKNOWN`, `VALIDATOR_LIMIT`.
    SetValidatorPower {
        /// Which.
        validator: PublicKey,
        /// From the block after next on.
        power: u64,
    },
    /// Removes a validator. `VALIDATOR_UNKNOWN`, `VALIDATOR_LIMIT` if it is the last.
    RemoveValidator {
        /// Which.
        validator: PublicKey,
    },
    /// Lets a node connect to the others, or says where it is reached now. `ORGANISATION_UNKNOWN`, `WRONG_STATE` if
    /// the organisation is revoked, `PEER_EXISTS` if it is another's, `PEER_LIMIT`, `OUT_OF_RANGE` for an address that
    /// is too long or not printable ASCII, `DEVICE_EXISTS` or `VALIDATOR_EXISTS` if the key has that purpose.
    SetPeer {
        /// Whose it is.
        org: OrgId,
        /// Its network key.
        peer: PublicKey,
        /// Where it is reached; empty if it only goes out.
        address: String,
    },
    /// Lets a node connect no more. `PEER_UNKNOWN`.
    RemovePeer {
        /// Which.
        peer: PublicKey,
    },
}

impl Execute {
    /// Number of methods: they are 0 to this, exclusively.
    pub const METHODS: u8 = 11;
    /// Method of [`Execute::EnrolDevice`].
    pub const METHOD_ENROL_DEVICE: u8 = 3;
    /// Method of [`Execute::SetDeviceStanding`].
    pub const METHOD_SET_DEVICE_STANDING: u8 = 4;
    /// Method of [`Execute::SetPeer`].
    pub const METHOD_SET_PEER: u8 = 9;
    /// Method of [`Execute::RemovePeer`].
    pub const METHOD_REMOVE_PEER: u8 = 10;
    /// What an administrator's device may do for its own organisation.
    pub const METHODS_OF_ADMINISTRATORS: [u8; 4] = [
        Self::METHOD_ENROL_DEVICE,
        Self::METHOD_SET_DEVICE_STANDING,
        Self::METHOD_SET_PEER,
        Self::METHOD_REMOVE_PEER,
    ];
}

/// The input of `Entry::Genesis`: messages carried out with the ledger's authority, in order, all or none.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(transparent)
)]
pub struct Genesis(pub Vec<Execute>);

/// Questions. Each names the borsh type of its answer.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Query {
    /// `Option<`[`Organisation`]`>`.
    Organisation {
        /// Which.
        org: OrgId,
    },
    /// [`OrganisationPage`]: organisations above `after`.
    Organisations {
        /// 0 for the first page, then the last number of the page before.
        after: OrgId,
    },
    /// `Option<`[`Device`]`>`.
    Device {
        /// Which.
        device: PublicKey,
    },
    /// [`RightList`]: all rights to a contract's methods, at most 64 of them above `after`.
    Rights {
        /// Whose methods.
        contract: ContractId,
        /// None for the first page, then the last method of the page before.
        after: Option<u8>,
    },
    /// `Option<ValidatorSet>`: as it will act from the block after next.
    Validators,
    /// `Option<`[`ValidatorInfo`]`>`.
    Validator {
        /// Which.
        validator: PublicKey,
    },
    /// [`PeerPage`]: peers whose keys come after `after`.
    Peers {
        /// None for the first page, then the last key of the page before.
        after: Option<PublicKey>,
    },
}

/// Answer to [`Query::Organisation`].
pub type OrganisationAnswer = Option<Organisation>;
/// Answer to [`Query::Organisations`].
pub type OrganisationPage = Vec<(OrgId, Organisation)>;
/// Answer to [`Query::Device`].
pub type DeviceAnswer = Option<Device>;
/// Answer to [`Query::Rights`]: methods and who may call them.
pub type RightList = Vec<(u8, Right)>;
/// Answer to [`Query::Validators`].
pub type ValidatorsAnswer = Option<ValidatorSet>;
/// Answer to [`Query::Validator`].
pub type ValidatorAnswer = Option<ValidatorInfo>;
/// Answer to [`Query::Peers`].
pub type PeerPage = Vec<(PublicKey, Peer)>;
