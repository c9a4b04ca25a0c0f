//! What the interface sees of its node and its machine without asking the node.

use crate::vitals::Vitals;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// What a node's network has counted since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NetworkCounts {
    /// Nodes connected now.
    pub connected: usize,
    /// Other nodes that the registry lets connect.
    pub members: usize,
    /// Messages handed to other nodes' queues.
    pub sent: u64,
    /// Messages that found a queue full.
    pub lost: u64,
    /// Connections refused for who made them.
    pub refused: u64,
    /// Nodes cut off for what they sent.
    pub cut_off: u64,
}

/// What the operating system says of the process and of its data's file system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HostCounts {
    /// Memory of the process, in bytes.
    pub resident_bytes: u64,
    /// Files and sockets that it has open.
    pub open_files: u64,
    /// How many it may have.
    pub open_files_max: u64,
    /// Bytes of the data's file system that are free for the process.
    pub data_free_bytes: u64,
    /// Bytes of that file system in all.
    pub data_size_bytes: u64,
}

/// Asks something outside of this crate.
pub type Ask<T> = Box<dyn Fn() -> T + Send + Sync>;

/// When a node says that it is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadyLimits {
    /// Blocks that it may be behind what it heard of.
    pub behind_blocks_max: u64,
    /// Nodes that have to be connected, where so many may.
    pub peers_min: usize,
    /// Age of the last block, or time since the start, in ms.
    pub block_age_ms_max: u64,
}

impl Default for ReadyLimits {
    fn default() -> Self {
        ReadyLimits {
            behind_blocks_max: 2,
            peers_min: 1,
            // An idle chain has a block a minute.
            block_age_ms_max: 180_000,
        }
    }
}

/// See the module.
pub struct Watch {
    /// What the node shows.
    pub vitals: Arc<Vitals>,
    /// Its network; none where nodes of one process reach each other in memory.
    pub network: Option<Ask<NetworkCounts>>,
    /// Its machine.
    pub host: Option<Ask<HostCounts>>,
    /// When it is ready.
    pub ready: ReadyLimits,
    /// Transactions that may wait for a block.
    pub mempool_transactions_max: u64,
    /// When the process started, Unix ms.
    pub started_ms: u64,
}

impl Watch {
    /// Watches a node of which nothing else is known.
    pub fn of(vitals: Arc<Vitals>) -> Watch {
        Watch {
            vitals,
            network: None,
            host: None,
            ready: ReadyLimits::default(),
            mempool_transactions_max: 0,
            started_ms: now_ms(),
        }
    }
}

impl Default for Watch {
    fn default() -> Self {
        Watch::of(Arc::default())
    }
}

/// Wall-clock time in Unix ms.
pub(crate) fn now_ms() -> u64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    u64::try_from(since_epoch.unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
}
