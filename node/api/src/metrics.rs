//! What a node counts, in OpenMetrics text. Labels are codes and kinds of files, and never anything of a person.

use crate::terminals::ContactFigures;
use crate::watch::Watch;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use senim_types::Code;
use senim_types::code::{CODES, Fault};
use std::sync::atomic::{AtomicU64, Ordering};

/// A gauge of seconds.
type Seconds = Gauge<f64, AtomicU64>;
/// A family by one label.
type By<M> = Family<Vec<(String, String)>, M>;

/// The counters of one node's interface.
pub struct Metrics {
    accepted: Counter,
    refused: By<Counter>,
    contacts: Counter,
    contacts_refused: By<Counter>,
}

impl Default for Metrics {
    fn default() -> Self {
        let refused = By::<Counter>::default();
        // These say that the node is at its limits; the others appear when they first happen.
        for code in [Code::MEMPOOL_FULL, Code::DEVICE_RATE, Code::NOT_READY] {
            // Made by being asked for.
            drop(refused.get_or_create(&label("code", code)));
        }
        let contacts_refused = By::<Counter>::default();
        drop(contacts_refused.get_or_create(&label("code", Code::CLOCK_DIFFERS)));
        Metrics {
            accepted: Counter::default(),
            refused,
            contacts: Counter::default(),
            contacts_refused,
        }
    }
}

impl Metrics {
    /// Counts a submission; `refused` with what code.
    pub fn submitted(&self, refused: Option<Code>) {
        match refused {
            None => self.accepted.inc(),
            Some(code) => self.refused.get_or_create(&label("code", code)).inc(),
        };
    }

    /// Counts a terminal's contact; `refused` with what code.
    pub fn contacted(&self, refused: Option<Code>) {
        match refused {
            None => self.contacts.inc(),
            Some(code) => self
                .contacts_refused
                .get_or_create(&label("code", code))
                .inc(),
        };
    }

    /// The text of all metrics, with what `watch` shows at `now_ms`.
    pub(crate) fn render(&self, watch: &Watch, terminals: &ContactFigures, now_ms: u64) -> String {
        let mut registry = Registry::default();
        process(&mut registry, watch);
        let senim = registry.sub_registry_with_prefix("senim");
        senim.register(
            "build",
            "The software",
            Info::new(label("version", env!("CARGO_PKG_VERSION"))),
        );
        senim.register(
            "transactions_accepted",
            "Transactions taken from clients",
            self.accepted.clone(),
        );
        senim.register(
            "transactions_refused",
            "Transactions refused at submission, by code",
            self.refused.clone(),
        );
        senim.register(
            "terminal_contacts",
            "Contacts of terminals taken",
            self.contacts.clone(),
        );
        senim.register(
            "terminal_contacts_refused",
            "Contacts of terminals refused, by code",
            self.contacts_refused.clone(),
        );
        gauge(
            senim,
            "terminals",
            "Terminals that this node has heard of",
            terminals.terminals,
        );
        gauge(
            senim,
            "terminals_clock_wrong",
            "Of these, with a clock that was wrong at the last contact",
            terminals.clocks_wrong,
        );
        chain(senim, watch, now_ms);
        mempool(senim, watch);
        trouble(senim, watch);
        network(senim, watch);
        disk(senim, watch);
        let mut text = String::new();
        if encode(&mut text, &registry).is_err() {
            tracing::error!("metrics do not encode");
        }
        text
    }
}

fn label(name: &str, value: impl ToString) -> Vec<(String, String)> {
    vec![(name.to_owned(), value.to_string())]
}

fn gauge(registry: &mut Registry, name: &str, help: &str, value: u64) {
    let gauge: Gauge = Gauge::default();
    gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
    registry.register(name, help, gauge);
}

fn seconds(registry: &mut Registry, name: &str, help: &str, value_s: f64) {
    let gauge = Seconds::default();
    gauge.set(value_s);
    registry.register(name, help, gauge);
}

fn counter(registry: &mut Registry, name: &str, help: &str, value: u64) {
    let counter: Counter = Counter::default();
    counter.inner().store(value, Ordering::Relaxed);
    registry.register(name, help, counter);
}

fn s_of(ms: u64) -> f64 {
    ms as f64 / 1_000.0
}

/// Names that every process has, whatever it does.
fn process(registry: &mut Registry, watch: &Watch) {
    seconds(
        registry,
        "process_start_time_seconds",
        "When the process started, Unix time",
        s_of(watch.started_ms),
    );
    let Some(host) = &watch.host else { return };
    let counts = host();
    gauge(
        registry,
        "process_resident_memory_bytes",
        "Memory of the process",
        counts.resident_bytes,
    );
    gauge(
        registry,
        "process_open_fds",
        "Files and sockets that the process has open",
        counts.open_files,
    );
    gauge(
        registry,
        "process_max_fds",
        "Files and sockets that the process may have open",
        counts.open_files_max,
    );
    let senim = registry.sub_registry_with_prefix("senim");
    gauge(
        senim,
        "data_free_bytes",
        "Bytes free on the data's file system",
        counts.data_free_bytes,
    );
    gauge(
        senim,
        "data_size_bytes",
        "Bytes of the data's file system",
        counts.data_size_bytes,
    );
}

fn chain(senim: &mut Registry, watch: &Watch, now_ms: u64) {
    let (vitals, figures) = (&watch.vitals, watch.vitals.figures());
    gauge(
        senim,
        "height",
        "Height of the last committed block",
        figures.height,
    );
    gauge(
        senim,
        "sync_lag_blocks",
        "Blocks that others have and this node has not",
        figures.seen.saturating_sub(figures.height),
    );
    seconds(
        senim,
        "last_block_timestamp_seconds",
        "Time of the last committed block, Unix time",
        s_of(figures.block_time_ms),
    );
    seconds(
        senim,
        "last_block_age_seconds",
        "Age of the last committed block by this machine's clock",
        s_of(now_ms.saturating_sub(figures.block_time_ms)),
    );
    let difference_ms = vitals.clock_difference_ms.load(Ordering::Relaxed);
    seconds(
        senim,
        "block_clock_difference_seconds",
        "This machine's clock less the last block's time when it was committed here",
        difference_ms as f64 / 1_000.0,
    );
    counter(
        senim,
        "blocks_committed",
        "Blocks committed since the start",
        vitals.blocks.load(Ordering::Relaxed),
    );
    counter(
        senim,
        "transactions_committed",
        "Transactions in these blocks",
        vitals.transactions.load(Ordering::Relaxed),
    );
    gauge(
        senim,
        "state_keys",
        "Keys of the committed state",
        figures.state_keys,
    );
    gauge(
        senim,
        "validator",
        "1 where the node has a vote",
        u64::from(vitals.is_validator.load(Ordering::Relaxed)),
    );
    gauge(
        senim,
        "observing",
        "1 where this validator does not vote, because it may have forgotten votes",
        u64::from(figures.is_observing),
    );
    gauge(
        senim,
        "unknown_protocol_height",
        "Height from which a version of the protocol is scheduled that this software does not know; 0 where none is",
        figures.unknown_protocol_height,
    );
    gauge(
        senim,
        "snapshot_chunks_done",
        "Chunks fetched of the snapshot that the node joins from; 0 where it joins from none",
        figures.snapshot_chunks_done,
    );
    gauge(
        senim,
        "snapshot_chunks",
        "Chunks of the snapshot that the node joins from; 0 where it joins from none",
        figures.snapshot_chunks,
    );
}

fn mempool(senim: &mut Registry, watch: &Watch) {
    let figures = watch.vitals.figures();
    gauge(
        senim,
        "mempool_transactions",
        "Transactions waiting for a block",
        figures.mempool_transactions,
    );
    gauge(
        senim,
        "mempool_transactions_max",
        "Transactions that may wait for a block",
        watch.mempool_transactions_max,
    );
    gauge(
        senim,
        "mempool_bytes",
        "Bytes of the transactions waiting for a block",
        figures.mempool_bytes,
    );
}

fn trouble(senim: &mut Registry, watch: &Watch) {
    let vitals = &watch.vitals;
    let halted = vitals.halted();
    gauge(
        senim,
        "halted",
        "1 where the node has halted and its operator must act",
        u64::from(halted.is_some() || vitals.has_ended()),
    );
    // Every code that can be is there from the start: a series that only appears when it is too late is easily
    // missed by an alarm.
    let codes: By<Gauge> = Family::default();
    for entry in CODES.iter().filter(|entry| entry.fault == Fault::Node) {
        let is_it = halted.is_some_and(|(code, _)| *code == entry.code);
        codes
            .get_or_create(&label("code", entry.code))
            .set(i64::from(is_it));
    }
    senim.register("halt_info", "Why the node has halted, as a code", codes);
    counter(
        senim,
        "evidence",
        "Proofs that a validator signed two things of which it may sign one",
        vitals.evidence.load(Ordering::Relaxed),
    );
    counter(
        senim,
        "peer_misbehaviour",
        "Messages of other nodes that no honest node sends",
        vitals.misbehaviour.load(Ordering::Relaxed),
    );
}

fn network(senim: &mut Registry, watch: &Watch) {
    let Some(network) = &watch.network else {
        return;
    };
    let counts = network();
    let whole = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    gauge(
        senim,
        "network_peers",
        "Nodes connected now",
        whole(counts.connected),
    );
    gauge(
        senim,
        "network_members",
        "Other nodes that the registry lets connect",
        whole(counts.members),
    );
    for (name, help, value) in [
        (
            "network_messages_sent",
            "Messages handed to other nodes' queues",
            counts.sent,
        ),
        (
            "network_messages_lost",
            "Messages that found a queue full",
            counts.lost,
        ),
        (
            "network_connections_refused",
            "Connections refused for who made them",
            counts.refused,
        ),
        (
            "network_peers_cut_off",
            "Nodes cut off for what they sent",
            counts.cut_off,
        ),
    ] {
        counter(senim, name, help, value);
    }
}

fn disk(senim: &mut Registry, watch: &Watch) {
    senim.register(
        "disk_sync_seconds",
        "What a sync to the disk took, by what was synced: log, tree, wal",
        watch.vitals.syncs.clone(),
    );
}
