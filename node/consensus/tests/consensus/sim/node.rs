//! One simulated node: its machine, its disk, its timers.

use senim_consensus::{Consensus, Params, Timer};
use senim_types::crypto::SecretKey;
use senim_types::{CommitCertificate, Hash, Height, Round};
use std::collections::{BTreeMap, BTreeSet};

/// What a crash leaves of the log entries that were appended and not flushed.
#[derive(Clone, Copy, Debug)]
pub enum Tail {
    Lost,
    Half,
    Kept,
}

/// What survives a crash, but for the unflushed part of the log.
#[derive(Default)]
pub struct Disk {
    pub wal: Vec<(Height, Vec<u8>)>,
    pub flushed: usize,
    pub flushes: u64,
    pub bodies: BTreeSet<Hash>,
    pub committed: BTreeMap<Height, CommitCertificate>,
}

impl Disk {
    pub fn tip(&self) -> Height {
        let tip = self.committed.keys().next_back();
        tip.copied().unwrap_or(Height::GENESIS)
    }

    pub fn append(&mut self, height: Height, entry: Vec<u8>) {
        let before = self.wal.len();
        self.wal.retain(|(of, _)| *of >= height);
        // Lower heights come first; the last of them may never have been flushed.
        self.flushed = self.flushed.saturating_sub(before - self.wal.len());
        self.wal.push((height, entry));
    }

    pub fn flush(&mut self) {
        self.flushes += 1;
        self.flushed = self.wal.len();
    }

    pub fn is_flushed(&self) -> bool {
        self.flushed == self.wal.len()
    }

    pub fn wal_of(&self, height: Height) -> Vec<Vec<u8>> {
        let entries = self.wal.iter().filter(|(of, _)| *of == height);
        entries.map(|(_, entry)| entry.clone()).collect()
    }
}

pub struct Node {
    pub key: SecretKey,
    pub consensus: Option<Consensus>,
    pub disk: Disk,
    pub timers: BTreeMap<Timer, u64>,
    /// Blocks that consensus wants judged, with the round of an earlier polka.
    pub wanted: BTreeMap<Hash, (Height, Option<Round>)>,
    /// Heights that it decided itself, instead of fetching them.
    pub decided: u64,
    pub incarnation: u64,
    /// Effects performed so far, over all incarnations.
    pub performed: u64,
    /// Die instead of performing this effect, and what the log keeps then.
    pub die_at: Option<(u64, Tail)>,
    built: u64,
}

impl Node {
    pub fn new(key: SecretKey) -> Node {
        Node {
            key,
            consensus: None,
            disk: Disk::default(),
            timers: BTreeMap::new(),
            wanted: BTreeMap::new(),
            decided: 0,
            incarnation: 0,
            performed: 0,
            die_at: None,
            built: 0,
        }
    }

    pub fn is_up(&self) -> bool {
        self.consensus.is_some()
    }

    pub fn boot(&mut self, params: Params) {
        self.incarnation += 1;
        self.consensus = Some(Consensus::new(params, Box::new(self.key.clone())));
    }

    pub fn crash(&mut self, tail: Tail) {
        self.incarnation += 1;
        self.consensus = None;
        self.timers.clear();
        self.wanted.clear();
        let unflushed = self.disk.wal.len() - self.disk.flushed;
        let kept = match tail {
            Tail::Lost => 0,
            Tail::Half => unflushed / 2,
            Tail::Kept => unflushed,
        };
        self.disk.wal.truncate(self.disk.flushed + kept);
        self.disk.flushed = self.disk.wal.len();
    }

    /// Counts an effect; false if the node dies instead.
    pub fn survives_one_more(&mut self) -> bool {
        if !self.is_up() {
            return false;
        }
        if let Some((at, tail)) = self.die_at
            && self.performed == at
        {
            self.die_at = None;
            self.crash(tail);
            return false;
        }
        self.performed += 1;
        true
    }

    /// A block like no other, stored.
    pub fn build(&mut self, height: Height, round: Round) -> Hash {
        self.built += 1;
        let parts = [height.0, u64::from(round.0), self.built];
        let mut bytes = self.key.public().encoded().to_vec();
        parts
            .iter()
            .for_each(|part| bytes.extend(part.to_be_bytes()));
        let block = Hash::of(&bytes);
        self.disk.bodies.insert(block);
        block
    }
}
