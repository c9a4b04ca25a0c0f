//! What a node shows of itself without being asked: numbers that its driver keeps, and the interface reads at any
//! time, even while the node is busy or after it ended.

use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use senim_types::Code;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

/// Bounds of what a sync to the disk takes, in s: from a good SSD to a disk that makes a validator late.
const SYNC_BUCKETS_S: [f64; 11] = [
    0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0,
];

/// Histograms by one label.
pub(crate) type Histograms = Family<Vec<(String, String)>, Histogram, fn() -> Histogram>;

fn sync_histogram() -> Histogram {
    Histogram::new(SYNC_BUCKETS_S)
}

/// How far a node is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Height of the last committed block.
    pub height: u64,
    /// Its time, Unix ms.
    pub block_time_ms: u64,
    /// The highest height that another node spoke of.
    pub seen: u64,
    /// Keys of the committed state.
    pub state_keys: u64,
    /// Transactions that wait.
    pub mempool_transactions: u64,
    /// Bytes of them.
    pub mempool_bytes: u64,
    /// Whether it joins from a snapshot.
    pub is_joining: bool,
    /// Chunks fetched of the snapshot that it joins from; 0 where it joins from none.
    pub snapshot_chunks_done: u64,
    /// Chunks of that snapshot; 0 where it joins from none, or does not know yet.
    pub snapshot_chunks: u64,
    /// Whether it is a validator that does not vote, because it may have forgotten votes.
    pub is_observing: bool,
    /// The height from which a version of the protocol is scheduled that this software does not know; 0 where none is.
    pub unknown_protocol_height: u64,
}

/// See the module. All numbers are of this process's life.
#[derive(Debug)]
pub struct Vitals {
    height: AtomicU64,
    block_time_ms: AtomicU64,
    seen: AtomicU64,
    state_keys: AtomicU64,
    mempool_transactions: AtomicU64,
    mempool_bytes: AtomicU64,
    is_joining: AtomicBool,
    snapshot_chunks_done: AtomicU64,
    snapshot_chunks: AtomicU64,
    is_observing: AtomicBool,
    unknown_protocol_height: AtomicU64,
    /// Unix ms since when the node works on one event; 0 while it waits for the next.
    busy_since_ms: AtomicU64,
    has_ended: AtomicBool,
    halted: OnceLock<(Code, String)>,
    /// Blocks committed.
    pub blocks: AtomicU64,
    /// Transactions committed.
    pub transactions: AtomicU64,
    /// This machine's clock less the last block's time when it was committed here, in ms.
    pub clock_difference_ms: AtomicI64,
    /// Proofs that a validator broke the rules.
    pub evidence: AtomicU64,
    /// Messages that no honest node sends.
    pub misbehaviour: AtomicU64,
    /// Whether the node has a vote.
    pub is_validator: AtomicBool,
    pub(crate) syncs: Histograms,
}

impl Default for Vitals {
    fn default() -> Self {
        Vitals {
            height: AtomicU64::default(),
            block_time_ms: AtomicU64::default(),
            seen: AtomicU64::default(),
            state_keys: AtomicU64::default(),
            mempool_transactions: AtomicU64::default(),
            mempool_bytes: AtomicU64::default(),
            is_joining: AtomicBool::default(),
            snapshot_chunks_done: AtomicU64::default(),
            snapshot_chunks: AtomicU64::default(),
            is_observing: AtomicBool::default(),
            unknown_protocol_height: AtomicU64::default(),
            busy_since_ms: AtomicU64::default(),
            has_ended: AtomicBool::default(),
            halted: OnceLock::default(),
            blocks: AtomicU64::default(),
            transactions: AtomicU64::default(),
            clock_difference_ms: AtomicI64::default(),
            evidence: AtomicU64::default(),
            misbehaviour: AtomicU64::default(),
            is_validator: AtomicBool::default(),
            syncs: Family::new_with_constructor(sync_histogram),
        }
    }
}

impl Vitals {
    /// Takes how far the node is.
    pub fn set(&self, figures: Figures) {
        for (place, value) in [
            (&self.height, figures.height),
            (&self.block_time_ms, figures.block_time_ms),
            (&self.seen, figures.seen),
            (&self.state_keys, figures.state_keys),
            (&self.mempool_transactions, figures.mempool_transactions),
            (&self.mempool_bytes, figures.mempool_bytes),
            (&self.snapshot_chunks_done, figures.snapshot_chunks_done),
            (&self.snapshot_chunks, figures.snapshot_chunks),
            (
                &self.unknown_protocol_height,
                figures.unknown_protocol_height,
            ),
        ] {
            place.store(value, Ordering::Relaxed);
        }
        self.is_joining.store(figures.is_joining, Ordering::Relaxed);
        self.is_observing
            .store(figures.is_observing, Ordering::Relaxed);
    }

    /// How far the node was after the last event.
    pub fn figures(&self) -> Figures {
        Figures {
            height: self.height.load(Ordering::Relaxed),
            block_time_ms: self.block_time_ms.load(Ordering::Relaxed),
            seen: self.seen.load(Ordering::Relaxed),
            state_keys: self.state_keys.load(Ordering::Relaxed),
            mempool_transactions: self.mempool_transactions.load(Ordering::Relaxed),
            mempool_bytes: self.mempool_bytes.load(Ordering::Relaxed),
            is_joining: self.is_joining.load(Ordering::Relaxed),
            snapshot_chunks_done: self.snapshot_chunks_done.load(Ordering::Relaxed),
            snapshot_chunks: self.snapshot_chunks.load(Ordering::Relaxed),
            is_observing: self.is_observing.load(Ordering::Relaxed),
            unknown_protocol_height: self.unknown_protocol_height.load(Ordering::Relaxed),
        }
    }

    /// The node works on an event from now on.
    pub fn busy(&self, now_ms: u64) {
        self.busy_since_ms.store(now_ms.max(1), Ordering::Relaxed);
    }

    /// The node waits for the next event.
    pub fn idle(&self) {
        self.busy_since_ms.store(0, Ordering::Relaxed);
    }

    /// How long the node has worked on one event, in ms; 0 while it waits.
    pub fn busy_ms(&self, now_ms: u64) -> u64 {
        match self.busy_since_ms.load(Ordering::Relaxed) {
            0 => 0,
            since => now_ms.saturating_sub(since),
        }
    }

    /// The node's thread is over.
    pub fn end(&self) {
        self.has_ended.store(true, Ordering::Relaxed);
    }

    /// Whether the node's thread is over.
    pub fn has_ended(&self) -> bool {
        self.has_ended.load(Ordering::Relaxed)
    }

    /// The node halted. The first reason stays: what comes after it follows from it.
    pub fn halt(&self, code: Code, reason: &str) {
        self.halted.get_or_init(|| (code, reason.to_owned()));
    }

    /// Why the node halted, if it did.
    pub fn halted(&self) -> Option<&(Code, String)> {
        self.halted.get()
    }

    /// A sync to the disk took so long; `files` is what was synced: `log`, `tree`, `wal`.
    pub fn synced(&self, files: &str, took: Duration) {
        let label = vec![("files".to_owned(), files.to_owned())];
        self.syncs.get_or_create(&label).observe(took.as_secs_f64());
    }
}
