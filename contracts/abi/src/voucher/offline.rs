//! A terminal that loses its connection: what it may do, what it writes down, and what becomes of it.
//!
//! While there is a connection a terminal *syncs*: the ledger notes a [`OfflineSession`] with the bounds that hold from then
//! on. Without a connection it writes [`OfflineRecord`]s, each with the hash of the one before, and signs the head of that
//! chain ([`OfflineStatement`], domain `VoucherOffline`). Later any terminal of its organisation sends them. Each record is
//! taken once: it is paid as a use of its own day, or kept as an [`Excess`] that the payer answers.
//!
//! One signature over the head speaks for all records before it, since each has the hash of the one before: a transaction
//! carries few witnesses, and records are many.

use super::{Proof, Service, VoucherId};
use crate::key::Key;
use crate::policy::Line;
use crate::statement::statement;
use crate::treasury::ProgrammeId;
use crate::versioned::versioned;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::{Code, Hash, OrgId, PublicKey, TimeMs, Tiyn, codec};

/// Collection of terminals' chains.
pub const COLLECTION_CHAIN: u8 = 9;
/// Collection of the hashes of records that were taken.
pub const COLLECTION_TAKEN: u8 = 10;
/// Collection of records that the payer answers.
pub const COLLECTION_EXCESS: u8 = 11;
/// Collection of what is left of chains that were forgotten.
pub const COLLECTION_FORGOTTEN_CHAINS: u8 = 13;

/// Key of an [`OfflineChainRecord`].
pub fn chain_key(programme: ProgrammeId, terminal: &PublicKey) -> Key {
    Key::new(COLLECTION_CHAIN)
        .u32(programme.0)
        .public_key(terminal)
}

/// Key of a [`ForgottenChainsRecord`].
pub fn forgotten_chains_key(programme: ProgrammeId) -> Key {
    Key::new(COLLECTION_FORGOTTEN_CHAINS).u32(programme.0)
}

/// Key of the hash of a record that was taken.
pub fn taken_key(programme: ProgrammeId, terminal: &PublicKey, sequence: u64) -> Key {
    let key = Key::new(COLLECTION_TAKEN).u32(programme.0);
    key.public_key(terminal).u64(sequence)
}

/// Prefix of a programme's [`ExcessRecord`]s.
pub fn excess_prefix(programme: ProgrammeId) -> Key {
    Key::new(COLLECTION_EXCESS).u32(programme.0)
}

/// Key of an [`ExcessRecord`].
pub fn excess_key(programme: ProgrammeId, terminal: &PublicKey, sequence: u64) -> Key {
    excess_prefix(programme).public_key(terminal).u64(sequence)
}

/// What a terminal without connection may do under a programme.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct OfflineBounds {
    /// Uses of one terminal between two syncs, at least 1.
    pub uses_max: u32,
    /// Time from a sync to a use, in ms, at least 1.
    pub ms_max: u64,
}

impl OfflineBounds {
    /// Most uses that a programme may allow.
    pub const USES_MAX: u32 = 10_000;
    /// Longest time that a programme may allow: seven days, so that the uses of a record's day are still known.
    pub const MS_MAX: u64 = 7 * crate::civil::DAY_MS;

    /// Whether a programme may have these.
    pub fn is_valid(&self) -> bool {
        (1..=OfflineBounds::USES_MAX).contains(&self.uses_max)
            && (1..=OfflineBounds::MS_MAX).contains(&self.ms_max)
    }
}

/// What a sync fixed: from then on the terminal can do without the ledger.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct OfflineSession {
    /// Which of the terminal's sessions, from 1.
    pub number: u32,
    /// Where it serves.
    pub place: OrgId,
    /// Who is paid there, as it was then.
    pub service: Service,
    /// The programme's bounds, as they were then.
    pub bounds: OfflineBounds,
    /// Sequence of its first record.
    pub first: u64,
    /// The time of the block.
    pub synced_at: TimeMs,
}

/// What the ledger has of a terminal under a programme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct OfflineChain {
    /// Sequence of its first record: 0, or above all that was forgotten of the programme's terminals.
    pub start: u64,
    /// Sequence of the record that comes next.
    pub next: u64,
    /// Hash of the last record that was taken; zeros before the first.
    pub head: Hash,
    /// No record of an earlier time is paid: the last one's, or a little before the sync.
    pub at: TimeMs,
    /// How many of its records wait for the payer.
    pub waiting: u32,
    /// The session of now.
    pub session: OfflineSession,
}

impl OfflineChain {
    /// Records of a terminal that may wait for the payer: who sends without end is stopped, and loses nothing.
    pub const WAITING_MAX: u32 = 1_000;
    /// How long a terminal may be silent before what the ledger has of it goes, in ms: 400 days from its last sync, so that
    /// one that is used for a season is known in the next.
    pub const SILENT_MS: u64 = 400 * crate::civil::DAY_MS;
    /// When one whose records wait for the payer is looked at again, in ms: 30 days.
    pub const AGAIN_MS: u64 = 30 * crate::civil::DAY_MS;
}

/// What is left of all chains of a programme that were forgotten: numbers that are never given again, so that no record of
/// theirs is taken a second time, and no payment named twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct ForgottenChains {
    /// Records of a chain that begins now are numbered from here.
    pub next: u64,
    /// The highest number of a session.
    pub session: u32,
}

/// A use without connection, as the terminal wrote it down before it said yes.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct OfflineRecord {
    /// [`OfflineSession::number`].
    pub session: u32,
    /// Which of the terminal's records under the programme, from [`OfflineChain::start`] and without gaps.
    pub sequence: u64,
    /// [`OfflineRecord::hash`] of the record before; zeros for the first.
    pub previous: Hash,
    /// Which voucher.
    pub voucher: VoucherId,
    /// When, by the terminal's clock.
    pub at: TimeMs,
    /// What was bought; at most [`Line::LINES_MAX`], without listings.
    pub lines: Vec<Line>,
    /// What proved who stood there. Its statements name the terminal that wrote the record.
    pub proof: Proof,
}

impl OfflineRecord {
    /// Records in one message: each has up to three events, of which a transaction has 64.
    pub const BATCH_MAX: usize = 20;

    /// What the next record and the signature name it by: blake3 of its borsh encoding.
    pub fn hash(&self) -> Hash {
        Hash::of(&codec::encode(self))
    }

    /// The price of all that was bought, in tiyn; the most there is if it does not fit a u64.
    pub fn cost(&self) -> Tiyn {
        let sum = self
            .lines
            .iter()
            .try_fold(0_u64, |sum, line| sum.checked_add(line.price.0));
        Tiyn(sum.unwrap_or(u64::MAX))
    }
}

/// The head of a terminal's chain. Domain `VoucherOffline`, by the terminal's device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct OfflineStatement {
    /// Under which programme.
    pub programme: ProgrammeId,
    /// Sequence of the last record.
    pub sequence: u64,
    /// Its hash.
    pub head: Hash,
}

statement!(OfflineStatement, VoucherOffline);

/// A record that was taken and not paid: the payer answers.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Excess {
    /// Whose record.
    pub terminal: PublicKey,
    /// Which.
    pub sequence: u64,
    /// Which voucher was used.
    pub voucher: VoucherId,
    /// Where.
    pub place: OrgId,
    /// Who is paid there.
    pub provider: OrgId,
    /// When, by the terminal's clock.
    pub at: TimeMs,
    /// When the ledger took it.
    pub taken_at: TimeMs,
    /// The price of what was bought, in tiyn.
    pub cost: Tiyn,
    /// Why it was not paid.
    pub code: Code,
    /// What the payer pays for it, in tiyn; 0: refused. None: not answered yet.
    pub answered: Option<Tiyn>,
}

impl Excess {
    /// What is hashed for the name of its payment in the treasury.
    pub fn preimage(programme: ProgrammeId, terminal: &PublicKey, sequence: u64) -> Vec<u8> {
        [
            b"senim/excess".as_slice(),
            &programme.0.to_be_bytes(),
            &terminal.encoded(),
            &sequence.to_be_bytes(),
        ]
        .concat()
    }
}

/// Answer to [`Execute::RedeemOffline`](super::Execute::RedeemOffline).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Taken {
    /// Sequence of the record that comes next.
    pub next: u64,
    /// Records that were paid.
    pub paid: u32,
    /// Records that the payer answers.
    pub excess: u32,
    /// Records that had been taken before.
    pub known: u32,
}

versioned! {
    /// A stored [`OfflineChain`].
    OfflineChainRecord(OfflineChain)
}
versioned! {
    /// A stored [`ForgottenChains`].
    ForgottenChainsRecord(ForgottenChains)
}
versioned! {
    /// A stored [`Excess`].
    ExcessRecord(Excess)
}
