//! What the ledger keeps, and where.

use alloc::string::String;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::block::PROTOCOL_VERSION_FIRST;
use senim_types::{ContractId, Hash, Height, limits::SEQUENCE_WINDOW};

/// A contract, under [`keys::contract`].
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum ContractRecord {
    /// The first version.
    V1(ContractV1),
}

/// See [`ContractRecord`].
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct ContractV1 {
    /// For display.
    pub name: String,
    /// Whether it can be upgraded.
    pub kind: ContractKind,
    /// The code that it runs.
    pub code: Hash,
    /// How often its code was replaced.
    pub version: u32,
    /// The upgrade that waits for its height.
    pub pending: Option<PendingUpgrade>,
}

/// Whether a contract's code may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum ContractKind {
    /// Upgraded in place.
    Engine,
    /// Never changes: tokens are pinned to its rules.
    Policy,
}

impl ContractKind {
    /// The kind that a contract of this number is of.
    pub const fn of(contract: ContractId) -> ContractKind {
        if crate::ids::is_policy(contract) {
            ContractKind::Policy
        } else {
            ContractKind::Engine
        }
    }
}

/// An upgrade to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct PendingUpgrade {
    /// The new code.
    pub code: Hash,
    /// The first block that it executes.
    pub activation: Height,
}

/// Which version of the protocol acts, under [`keys::protocol`]. Absent while nothing was ever scheduled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum ProtocolRecord {
    /// The first version.
    V1(ProtocolV1),
}

/// See [`ProtocolRecord`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct ProtocolV1 {
    /// What acts below the height of what is scheduled.
    pub version: u16,
    /// What was scheduled last.
    pub next: Option<PendingProtocol>,
}

/// A version of the protocol to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct PendingProtocol {
    /// The version.
    pub version: u16,
    /// The first block that is executed by it.
    pub activation: Height,
}

impl ProtocolV1 {
    /// The version that acts at a height.
    pub fn at(&self, height: Height) -> u16 {
        match self.next {
            Some(next) if next.activation <= height => next.version,
            _ => self.version,
        }
    }
}

impl Default for ProtocolV1 {
    fn default() -> Self {
        ProtocolV1 {
            version: PROTOCOL_VERSION_FIRST,
            next: None,
        }
    }
}

/// A device's used sequence numbers, under [`keys::sequence`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum SequenceWindow {
    /// The first version.
    V1(WindowV1),
}

/// Which numbers are used: all below `base`, none from `base` + 256 on, and between them those whose bit is set.
/// `base` itself is never used: the window slides on as its lowest numbers are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct WindowV1 {
    /// The lowest number that is not used.
    pub base: u64,
    /// Bit n of word w is for number `base` + 64·w + n.
    pub used: [u64; 4],
}

/// What a window says of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SequenceState {
    /// Never used, and may be.
    Free,
    /// Used, and so recently that the window knows it.
    Used,
    /// Below the window: used.
    TooOld,
    /// Above the window.
    TooFar,
}

impl WindowV1 {
    /// What the window says of `sequence`.
    pub const fn state(&self, sequence: u64) -> SequenceState {
        let Some(offset) = sequence.checked_sub(self.base) else {
            return SequenceState::TooOld;
        };
        if offset >= SEQUENCE_WINDOW || sequence == u64::MAX {
            return SequenceState::TooFar;
        }
        if self.used[(offset / 64) as usize] >> (offset % 64) & 1 == 1 {
            SequenceState::Used
        } else {
            SequenceState::Free
        }
    }

    /// The lowest number above all that are used.
    pub fn next(&self) -> u64 {
        let highest = (0..4).rev().find(|word| self.used[*word] != 0);
        highest.map_or(self.base, |word| {
            self.base + 64 * (word as u64 + 1) - u64::from(self.used[word].leading_zeros())
        })
    }

    /// Marks a free number as used, and slides on.
    pub fn set(&mut self, sequence: u64) {
        debug_assert!(matches!(self.state(sequence), SequenceState::Free));
        let offset = sequence - self.base;
        self.used[(offset / 64) as usize] |= 1 << (offset % 64);
        while self.used[0] & 1 == 1 {
            // Whole words at once where they are full, single numbers otherwise.
            if self.used[0] == u64::MAX {
                self.used = [self.used[1], self.used[2], self.used[3], 0];
                self.base += 64;
                continue;
            }
            let run = self.used[0].trailing_ones();
            for word in 0..4 {
                let above = if word < 3 { self.used[word + 1] } else { 0 };
                self.used[word] = self.used[word] >> run | above << (64 - run);
            }
            self.base += u64::from(run);
        }
    }
}

/// Every state key of contract 0.
pub mod keys {
    use alloc::vec::Vec;
    use senim_types::{ContractId, Hash, Height, PublicKey, TimeMs};

    /// Collection of the devices' sequence windows.
    pub const SEQUENCES: u8 = 1;
    /// Collection of the due-queue.
    pub const DUE: u8 = 2;
    /// Collection of the contracts.
    pub const CONTRACTS: u8 = 3;
    /// Collection of the code.
    pub const CODES: u8 = 4;
    /// Collection of the upgrades to come.
    pub const UPGRADES: u8 = 5;
    /// Collection of the next block's validators, with one entry.
    pub const NEXT_VALIDATORS: u8 = 6;
    /// Collection of the protocol's version, with one entry.
    pub const PROTOCOL: u8 = 7;

    /// The prefix of a collection.
    pub fn collection(collection: u8) -> Vec<u8> {
        let mut key = ContractId::LEDGER.0.to_be_bytes().to_vec();
        key.push(collection);
        key
    }

    /// The [`ValidatorSet`](senim_types::ValidatorSet) of the next block, as the tip's header names it by hash. Absent
    /// while it is the one of the genesis.
    pub fn next_validators() -> Vec<u8> {
        collection(NEXT_VALIDATORS)
    }

    /// The [`ProtocolRecord`](super::ProtocolRecord).
    pub fn protocol() -> Vec<u8> {
        collection(PROTOCOL)
    }

    fn key(number: u8, fields: &[&[u8]]) -> Vec<u8> {
        let mut key = collection(number);
        fields.iter().for_each(|field| key.extend_from_slice(field));
        key
    }

    /// device → [`SequenceWindow`](super::SequenceWindow).
    pub fn sequence(device: &PublicKey) -> Vec<u8> {
        key(SEQUENCES, &[&senim_types::codec::encode(device)])
    }

    /// time ‖ height and ordinal of its making ‖ contract → input: entries lie in the order in which they are served.
    pub fn due(at: TimeMs, made_at: Height, ordinal: u32, contract: ContractId) -> Vec<u8> {
        key(
            DUE,
            &[
                &at.0.to_be_bytes(),
                &made_at.0.to_be_bytes(),
                &ordinal.to_be_bytes(),
                &contract.0.to_be_bytes(),
            ],
        )
    }

    /// Time and contract of a due entry's key.
    pub fn parse_due(key: &[u8]) -> Option<(TimeMs, ContractId)> {
        let fields = key.strip_prefix(collection(DUE).as_slice())?;
        let (at, rest) = fields.split_first_chunk::<8>()?;
        let contract = rest.get(12..)?.try_into().ok()?;
        Some((
            TimeMs(u64::from_be_bytes(*at)),
            ContractId(u32::from_be_bytes(contract)),
        ))
    }

    /// contract → [`ContractRecord`](super::ContractRecord).
    pub fn contract(contract: ContractId) -> Vec<u8> {
        key(CONTRACTS, &[&contract.0.to_be_bytes()])
    }

    /// hash → the WebAssembly module.
    pub fn code(hash: &Hash) -> Vec<u8> {
        key(CODES, &[hash.as_bytes()])
    }

    /// All upgrades that are activated at a height.
    pub fn upgrades_at(height: Height) -> Vec<u8> {
        key(UPGRADES, &[&height.0.to_be_bytes()])
    }

    /// height ‖ contract → nothing: the upgrade itself stands in the contract's record.
    pub fn upgrade(height: Height, contract: ContractId) -> Vec<u8> {
        key(
            UPGRADES,
            &[&height.0.to_be_bytes(), &contract.0.to_be_bytes()],
        )
    }

    /// The contract of an upgrade's key.
    pub fn parse_upgrade(key: &[u8]) -> Option<ContractId> {
        let contract = key.get(key.len().checked_sub(4)?..)?.try_into().ok()?;
        Some(ContractId(u32::from_be_bytes(contract)))
    }
}
