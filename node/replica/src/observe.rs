//! A validator that may have forgotten votes observes until it cannot contradict any of them.
//!
//! Restored from a backup, or with its record of votes gone, a validator does not know how far its
//! earlier life went. It votes at a height only when it has committed the one below, so its last vote
//! is at most one above its own last block; and its last block may be one that nobody else has
//! committed yet. It therefore asks the others how far they are, and once those with more than two
//! thirds of the power have said that they are no further than it is now, at height X, its earlier
//! life ended at X + 1 at the latest, and with a vote at X + 2. It votes again when the network has
//! decided X + 2 without it. `docs/operating/recovery.md` has the argument in full.
//!
//! While it observes, [`Consensus`] is not where inputs reach it: there is nothing that could sign.

use crate::input::{Effect, ReplicaTimer};
use crate::message::PeerMessage;
use crate::replica::{Fault, Replica};
use borsh::{BorshDeserialize, BorshSerialize};
use senim_abi::REGISTRY;
use senim_abi::registry::record::{PeerRecord, ValidatorInfoRecord, peer_key, validator_key};
use senim_consensus::Consensus;
use senim_state::StateError;
use senim_state::disk::{Aside, Disk, DiskError};
use senim_types::{Hash, Height, PublicKey, StateView, TimeMs, ValidatorSet, codec};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Stands in a node's data while its validator observes.
const MARKER: &str = "wal/observing";
/// Folder of the marker.
const FOLDER: &str = "wal";
/// Bytes of the marker, and more.
const MARKER_BYTES_MAX: usize = 256;
/// Nodes whose answers are kept: a registry's peers are fewer.
const TOLD_MAX: usize = 1_024;
/// How far beyond the tip, that enough others were not beyond either, a forgotten vote may be.
const FORGOTTEN_HEIGHTS: u64 = 2;

/// Until when a validator observes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Observing {
    /// Once this height is decided it votes; none while the others have not said how far they are.
    pub until: Option<Height>,
}

#[derive(BorshSerialize, BorshDeserialize)]
struct Marker {
    observing: Observing,
    /// A changed height would let votes out too early.
    check: Hash,
}

fn check_of(observing: &Observing) -> Hash {
    Hash::of(&codec::encode(observing))
}

/// Makes the validator of this data observe from its next start on: for whoever puts a backup in
/// place. Durable when this returns.
///
/// # Errors
/// The disk's.
pub fn mark_restored(disk: &dyn Disk) -> Result<(), DiskError> {
    write_marker(disk, Observing::default())
}

fn write_marker(disk: &dyn Disk, observing: Observing) -> Result<(), DiskError> {
    let check = check_of(&observing);
    let mut marker = Aside::start(disk, MARKER)?;
    marker.append(&codec::encode(&Marker { observing, check }))?;
    marker.finish()
}

/// What the marker says; none where there is none. One that cannot be read still says: observe.
pub(crate) fn read_marker(disk: &dyn Disk) -> Result<Option<Observing>, DiskError> {
    let Some(length) = disk.length(MARKER)? else {
        return Ok(None);
    };
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let bytes = disk.read(MARKER, 0, length.min(MARKER_BYTES_MAX))?;
    let marker = codec::decode::<Marker>(&bytes, MARKER_BYTES_MAX).ok();
    let sound = marker.filter(|marker| marker.check == check_of(&marker.observing));
    Ok(Some(
        sound.map(|marker| marker.observing).unwrap_or_default(),
    ))
}

fn failed(error: DiskError) -> Fault {
    Fault::state(StateError::Disk(error))
}

/// What a node answered.
#[derive(Clone, Copy, Debug)]
struct Told {
    height: Height,
    validator: Option<PublicKey>,
}

/// See the module.
pub(crate) struct Observation {
    disk: Arc<dyn Disk>,
    /// Names this life's question: an answer to an earlier one says nothing about now.
    nonce: u64,
    observing: Observing,
    told: BTreeMap<PublicKey, Told>,
    /// Kept aside; nothing reaches it before the observation ends.
    consensus: Consensus,
}

impl Observation {
    pub(crate) fn new(
        disk: Arc<dyn Disk>,
        nonce: u64,
        observing: Observing,
        consensus: Consensus,
    ) -> Observation {
        Observation {
            disk,
            nonce,
            observing,
            told: BTreeMap::new(),
            consensus,
        }
    }

    pub(crate) fn observing(&self) -> Observing {
        self.observing
    }

    pub(crate) fn key(&self) -> PublicKey {
        self.consensus.public_key()
    }
}

impl Replica {
    /// Begins to observe, and goes on with it: nothing that is lost on the way is lost for good.
    pub(crate) fn observe(&mut self) {
        let Some(observation) = &self.observation else {
            return;
        };
        let message = match observation.observing.until {
            None => PeerMessage::TipRequest {
                nonce: observation.nonce,
            },
            // Whoever is ahead answers with how far.
            Some(_) => self.own_status(),
        };
        self.broadcast(&message);
        self.out.push(Effect::SetTimer {
            timer: ReplicaTimer::Observe,
            after_ms: self.pace.sync_timeout_ms,
        });
    }

    /// Asks a node that has just connected.
    pub(crate) fn observe_with(&mut self, peer: PublicKey) {
        if let Some(observation) = &self.observation
            && observation.observing.until.is_none()
        {
            let nonce = observation.nonce;
            self.send(peer, &PeerMessage::TipRequest { nonce });
        }
    }

    /// How far this node is, and whose vote it remembers: none where it observes itself.
    pub(crate) fn answer_tip_request(&mut self, to: PublicKey, nonce: u64) {
        let message = PeerMessage::Tip {
            nonce,
            height: self.ledger.tip().height,
            validator: self.consensus.as_ref().map(Consensus::public_key),
        };
        self.send(to, &message);
    }

    /// A node said how far it is.
    pub(crate) fn received_tip(
        &mut self,
        now: TimeMs,
        from: PublicKey,
        (nonce, height, validator): (u64, Height, Option<PublicKey>),
    ) -> Result<(), Fault> {
        if let Some(observation) = &mut self.observation
            && observation.nonce == nonce
            && (observation.told.len() < TOLD_MAX || observation.told.contains_key(&from))
        {
            observation.told.insert(from, Told { height, validator });
            self.judge_observation()?;
        }
        self.heard_of(now, from, height);
        Ok(())
    }

    /// Looks whether the end of the observation can be told, and whether it has come.
    pub(crate) fn go_on_observing(&mut self) -> Result<(), Fault> {
        self.judge_observation()?;
        let tip = self.ledger.tip().height;
        let Some(observation) = self.observation.take_if(|observation| {
            let until = observation.observing.until;
            until.is_some_and(|until| tip >= until)
        }) else {
            return Ok(());
        };
        // Crash before this is durable: it observes once more, and no longer than it takes to read.
        let removed = observation.disk.remove(MARKER);
        let durable = removed.and_then(|()| observation.disk.sync_dir(FOLDER));
        durable.map_err(failed)?;
        tracing::warn!(
            height = tip.0,
            "the network has decided all that this validator may have voted on: it votes again"
        );
        self.consensus = Some(observation.consensus);
        self.wal_is_needed = true;
        self.out.push(Effect::CancelTimer {
            timer: ReplicaTimer::Observe,
        });
        // No follower any more.
        self.broadcast(&self.own_status());
        Ok(())
    }

    fn judge_observation(&mut self) -> Result<(), Fault> {
        let tip = self.ledger.tip().height;
        let Some(observation) = &self.observation else {
            return Ok(());
        };
        if observation.observing.until.is_some() {
            return Ok(());
        }
        let mut heard = Vec::new();
        for (from, told) in &observation.told {
            if told.height <= tip
                && let Some(validator) = told.validator
                && validator != observation.key()
                && self.speaks_for(from, &validator)?
            {
                heard.push(validator);
            }
        }
        // Had the earlier life committed tip + 2, more than two thirds of that height's validators would
        // have committed tip + 1 before, and one of those who answered honestly would have said so.
        if !is_quorum(&self.validators.upcoming, &heard) {
            return Ok(());
        }
        let until = Height(tip.0 + FORGOTTEN_HEIGHTS);
        let observing = Observing { until: Some(until) };
        write_marker(&*observation.disk, observing).map_err(failed)?;
        tracing::warn!(
            height = tip.0,
            until = until.0,
            "enough validators are no further than this node: it observes until that height is decided"
        );
        if let Some(observation) = &mut self.observation {
            observation.observing = observing;
            observation.told.clear();
        }
        Ok(())
    }

    /// Whether a node may speak for a validator: it has its key, or is of its organisation.
    fn speaks_for(&self, from: &PublicKey, validator: &PublicKey) -> Result<bool, Fault> {
        if from == validator {
            return Ok(true);
        }
        let get = |key: senim_abi::Key| {
            let value = self.ledger.get(&key.in_state_of(REGISTRY));
            value.map_err(|error| Fault::host(error.into()))
        };
        let peer = get(peer_key(from))?.and_then(|it| borsh::from_slice::<PeerRecord>(&it).ok());
        let info = get(validator_key(validator))?
            .and_then(|it| borsh::from_slice::<ValidatorInfoRecord>(&it).ok());
        Ok(match (peer, info) {
            (Some(peer), Some(info)) => peer.into_current().org == info.into_current().org,
            _ => false,
        })
    }
}

/// Whether these have more than two thirds of the power.
fn is_quorum(set: &ValidatorSet, heard: &[PublicKey]) -> bool {
    let powers = set.validators().iter();
    let heard = powers
        .filter(|validator| heard.contains(&validator.key))
        .map(|validator| validator.power)
        .sum();
    set.is_quorum(heard)
}
