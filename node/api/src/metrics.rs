//! What a node counts, in OpenMetrics text. Labels are codes and never anything of a person.

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use senim_replica::{NodeStatus, SyncPhase};
use senim_types::Code;
use std::sync::atomic::Ordering;

/// What a node's network has counted since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NetworkCounts {
    /// Nodes connected now.
    pub connected: usize,
    /// Messages handed to other nodes' queues.
    pub sent: u64,
    /// Messages that found a queue full.
    pub lost: u64,
    /// Connections refused for who made them.
    pub refused: u64,
    /// Nodes cut off for what they sent.
    pub cut_off: u64,
}

/// Asks a node's network what it has counted.
pub type CountNetwork = Box<dyn Fn() -> NetworkCounts + Send + Sync>;

/// The network's part of the metrics.
struct NetworkMetrics {
    count: CountNetwork,
    connected: Gauge,
    sent: Counter,
    lost: Counter,
    refused: Counter,
    cut_off: Counter,
}

/// The counters of one node's interface.
pub struct Metrics {
    registry: Registry,
    network: Option<NetworkMetrics>,
    accepted: Counter,
    refused: Family<Vec<(String, String)>, Counter>,
    height: Gauge,
    waiting: Gauge,
    halted: Gauge,
    observing: Gauge,
    behind: Gauge,
    chunks_done: Gauge,
    chunks_total: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("senim");
        let (accepted, refused) = (Counter::default(), Family::default());
        let (height, waiting, halted) = (Gauge::default(), Gauge::default(), Gauge::default());
        let observing = Gauge::default();
        registry.register(
            "transactions_accepted",
            "Transactions taken from clients",
            accepted.clone(),
        );
        registry.register(
            "transactions_refused",
            "Transactions refused at submission, by code",
            refused.clone(),
        );
        registry.register(
            "height",
            "Height of the last committed block",
            height.clone(),
        );
        registry.register(
            "mempool_transactions",
            "Transactions waiting for a block",
            waiting.clone(),
        );
        registry.register(
            "halted",
            "1 where the node has halted and its operator must act",
            halted.clone(),
        );
        registry.register(
            "observing",
            "1 where this validator does not vote, because it may have forgotten votes",
            observing.clone(),
        );
        let (behind, chunks_done, chunks_total) =
            (Gauge::default(), Gauge::default(), Gauge::default());
        registry.register(
            "blocks_behind",
            "Blocks that other nodes have and this one does not yet",
            behind.clone(),
        );
        registry.register(
            "snapshot_chunks_done",
            "Chunks fetched of the snapshot that the node joins from; 0 where it joins from none",
            chunks_done.clone(),
        );
        registry.register(
            "snapshot_chunks",
            "Chunks of the snapshot that the node joins from; 0 where it joins from none",
            chunks_total.clone(),
        );
        Metrics {
            observing,
            behind,
            chunks_done,
            chunks_total,
            registry,
            network: None,
            accepted,
            refused,
            height,
            waiting,
            halted,
        }
    }
}

impl Metrics {
    /// Metrics that tell of the node's network as well, which `count` asks.
    pub fn with_network(count: CountNetwork) -> Metrics {
        let mut metrics = Metrics::default();
        let network = NetworkMetrics {
            count,
            connected: Gauge::default(),
            sent: Counter::default(),
            lost: Counter::default(),
            refused: Counter::default(),
            cut_off: Counter::default(),
        };
        let registry = &mut metrics.registry;
        registry.register(
            "network_peers",
            "Nodes connected now",
            network.connected.clone(),
        );
        for (name, help, counter) in [
            (
                "network_messages_sent",
                "Messages handed to other nodes' queues",
                &network.sent,
            ),
            (
                "network_messages_lost",
                "Messages that found a queue full",
                &network.lost,
            ),
            (
                "network_connections_refused",
                "Connections refused for who made them",
                &network.refused,
            ),
            (
                "network_peers_cut_off",
                "Nodes cut off for what they sent",
                &network.cut_off,
            ),
        ] {
            registry.register(name, help, counter.clone());
        }
        metrics.network = Some(network);
        metrics
    }

    /// Counts a submission; `refused` with what code.
    pub fn submitted(&self, refused: Option<Code>) {
        match refused {
            None => self.accepted.inc(),
            Some(code) => {
                let label = vec![("code".to_owned(), code.to_string())];
                self.refused.get_or_create(&label).inc()
            }
        };
    }

    /// The text of all metrics.
    pub fn render(&self, status: &NodeStatus) -> String {
        let set = |gauge: &Gauge, value: u64| gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        let height = status.tip.height.0;
        set(&self.height, height);
        set(&self.waiting, status.mempool as u64);
        self.halted.set(i64::from(status.halted));
        set(&self.behind, status.seen.0.saturating_sub(height));
        let chunks = status
            .catching_up
            .filter(|progress| progress.phase == SyncPhase::Chunks);
        let (done, total) = chunks.map_or((0, 0), |progress| (progress.done, progress.total));
        set(&self.chunks_done, done);
        set(&self.chunks_total, total);
        self.observing.set(i64::from(status.observing.is_some()));
        if let Some(network) = &self.network {
            let counts = (network.count)();
            let connected = i64::try_from(counts.connected).unwrap_or(i64::MAX);
            network.connected.set(connected);
            for (counter, value) in [
                (&network.sent, counts.sent),
                (&network.lost, counts.lost),
                (&network.refused, counts.refused),
                (&network.cut_off, counts.cut_off),
            ] {
                counter.inner().store(value, Ordering::Relaxed);
            }
        }
        let mut text = String::new();
        if encode(&mut text, &self.registry).is_err() {
            tracing::error!("metrics do not encode");
        }
        text
    }
}
