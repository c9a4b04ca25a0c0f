//! Joining from a snapshot: an empty node that is far behind asks for one, makes sure that its block is
//! of this chain, fetches its chunks from several nodes at once, and goes on from there by blocks.
//!
//! ```text
//! Off → Asking → Manifest → Trust → Chunks → adopted: Off
//!         ↑          │         │        │
//!         └──────────┴─────────┴────────┘   nobody has it any more, or it was forged
//! ```
//!
//! Nothing is believed for who sent it. The block is trusted by the light client's rules, from the
//! genesis or from a block that the operator names; a chunk is the one that the manifest names; the
//! manifest is what leads to the trusted header's state root, which is known at the end. So of several
//! snapshots the one is taken that most nodes offer: a liar alone costs nobody a fetch in vain.
//!
//! | file | has |
//! | --- | --- |
//! | `offers` | who offers what, and who is not asked any more |
//! | `serve` | answers to those who join |
//! | `trust` | the way from what is trusted to the snapshot's block |
//! | `fetch` | chunks in flight |
//! | `run` | the steps above |

mod fetch;
mod offers;
mod run;
mod serve;
mod trust;

use fetch::Fetch;
use offers::Offers;
use senim_light_client::follow::Bounds;
use senim_types::{Hash, Height, PublicKey, TimeMs};
use trust::Trust;

/// Whether a node makes snapshots, and whether it joins from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotRules {
    /// A snapshot is made at heights that are a multiple of this; 0 makes none. Nodes that make them at
    /// the same heights share the work of serving them.
    pub every_blocks: u64,
    /// Snapshots that are kept, beside the one that this node joined from; at least 1.
    pub kept_max: usize,
    /// An empty node joins from a snapshot when it is behind by at least this much; none never does.
    pub join_behind_min: Option<u64>,
    /// The block from which trust starts; none is the genesis.
    pub trusted: Option<TrustedBlock>,
    /// What is asked of times.
    pub bounds: Bounds,
}

/// A block that the operator was told by somebody it trusts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrustedBlock {
    /// Its height.
    pub height: Height,
    /// Its header's hash.
    pub hash: Hash,
}

/// Blocks between two snapshots, where nothing else is said.
pub const SNAPSHOT_EVERY_BLOCKS: u64 = 20_000;

/// Snapshots that are kept, where nothing else is said: whoever fetches one has until the next but one.
pub const SNAPSHOTS_KEPT: usize = 2;

impl Default for SnapshotRules {
    fn default() -> Self {
        SnapshotRules {
            every_blocks: SNAPSHOT_EVERY_BLOCKS,
            kept_max: SNAPSHOTS_KEPT,
            join_behind_min: Some(SNAPSHOT_EVERY_BLOCKS),
            trusted: None,
            bounds: Bounds::default(),
        }
    }
}

/// Where a node that joins stands.
#[derive(Default)]
pub(crate) struct Join {
    phase: Phase,
    offers: Offers,
    /// How often nobody had a snapshot.
    rounds: u32,
    /// It goes on by blocks.
    has_given_up: bool,
}

#[derive(Default)]
enum Phase {
    /// Not joining.
    #[default]
    Off,
    /// Offers come in until the timer fires.
    Asking,
    /// One node was asked for the manifest.
    Manifest {
        id: Hash,
        asked: PublicKey,
    },
    Trust(Box<Trust>),
    Chunks(Box<Fetch>),
}

impl Join {
    /// Whether blocks are not to be fetched meanwhile.
    pub fn is_on(&self) -> bool {
        !matches!(self.phase, Phase::Off)
    }
}

/// Somebody was asked at this time.
#[derive(Clone, Copy, Debug)]
struct Asked {
    peer: PublicKey,
    at: TimeMs,
}
