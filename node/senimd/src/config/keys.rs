//! What can be set: each key with what it is for. `docs/operating/configuration.md` tables them, and a test
//! compares.

/// A setting.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name: section and key, with a dot between.
    pub name: &'static str,
    /// What a value looks like.
    pub expects: &'static str,
    /// What it is for.
    pub purpose: &'static str,
}

impl Key {
    /// The environment variable that sets it.
    pub fn variable(&self) -> String {
        format!("SENIM_{}", self.name.replace('.', "__").to_uppercase())
    }
}

const fn key(name: &'static str, expects: &'static str, purpose: &'static str) -> Key {
    Key {
        name,
        expects,
        purpose,
    }
}

/// All of them, in the order in which they are shown.
pub const KEYS: &[Key] = &[
    key(
        "organisation",
        "a number from 1",
        "the organisation that runs the machine, by its number in the registry: which keys are its own",
    ),
    key(
        "block_interval_ms",
        "ms, 1 to 60000",
        "shortest time between two blocks that it proposes",
    ),
    key(
        "network.listen",
        "a list of multiaddrs such as \"/ip4/0.0.0.0/tcp/7301\"",
        "where it listens for other nodes; empty for one that only goes out",
    ),
    key(
        "network.bootstrap",
        "a list of multiaddrs such as \"/dns4/node.example.org/tcp/7301\"",
        "where it goes while nobody is connected, beside the addresses in the registry",
    ),
    key(
        "network.connections_max",
        "a number from 1",
        "connections with other nodes, made and pending each",
    ),
    key(
        "http.listen",
        "an address and a port, such as \"127.0.0.1:7101\"",
        "where its HTTP interface listens",
    ),
    key(
        "http.connections_max",
        "a number from 1",
        "connections of clients at once; one more waits",
    ),
    key(
        "http.requests_max",
        "a number from 1",
        "requests that may wait for the node; one more is refused with `MEMPOOL_FULL`",
    ),
    key(
        "http.stop_ms_max",
        "ms",
        "how long requests under way may take once the process is told to end",
    ),
    key(
        "http.halted_ms_max",
        "ms",
        "how long a node that halted still answers `/health` and `/metrics` before the process ends",
    ),
    key(
        "store.backend",
        "sled or fjall",
        "what keeps that which can be made anew from the log; without it, what wrote the store, and sled for a new one",
    ),
    key(
        "store.cache_bytes_max",
        "bytes",
        "values of the state that are kept in memory",
    ),
    key(
        "mempool.transactions_max",
        "a number from 1",
        "transactions that may wait for a block",
    ),
    key(
        "mempool.bytes_max",
        "bytes, at least 1048576",
        "bytes of all of them",
    ),
    key(
        "mempool.device_transactions_max",
        "a number from 1 to 256",
        "how many may be of one device",
    ),
    key(
        "sealed.bytes_max",
        "bytes",
        "sealed data of all organisations, in blocks of 4 KiB",
    ),
    key(
        "sealed.organisation_bytes_max",
        "bytes, at most sealed.bytes_max",
        "how many may be of one organisation",
    ),
    key(
        "sync.timeout_ms",
        "ms, at least 100",
        "how long a node may take to answer a request for blocks, before another is asked",
    ),
    key(
        "sync.join",
        "auto, snapshot or blocks",
        "how a machine that has nothing yet catches up: from a snapshot where it is far behind, from one whenever there is one, or by all blocks",
    ),
    key(
        "sync.trusted",
        "HEIGHT:HASH of a block above 0, as `senim status` prints them",
        "a block that somebody you trust told you: needed to join from a snapshot once the genesis is older than 14 days",
    ),
    key(
        "sync.snapshot_every_blocks",
        "a number",
        "a snapshot is made every so many blocks, 0 makes none; the same on all machines of a network, so that they share the work of serving one",
    ),
    key(
        "sync.snapshots_kept",
        "a number from 1 to 64",
        "snapshots that are kept, beside the one that the machine joined from",
    ),
    key(
        "ready.behind_blocks_max",
        "a number",
        "blocks that the node may be behind what it heard of, and still be ready",
    ),
    key(
        "ready.peers_min",
        "a number",
        "nodes that have to be connected for it to be ready; fewer where the registry lets fewer in",
    ),
    key(
        "ready.block_age_ms_max",
        "ms, at least 60000",
        "age of the last block, or time since the start, after which it is not ready",
    ),
    key(
        "log.filter",
        "a level (error, warn, info, debug, trace) or a filter such as \"senim_replica=debug,warn\"",
        "how much it logs",
    ),
    key("log.format", "text or json", "how lines of the log look"),
];

/// The key of this name.
pub fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// Of these names the one that is most like `name`, if any is much like it.
pub fn nearest<'a>(name: &str, among: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let distance = |candidate: &str| strsim::damerau_levenshtein(name, candidate);
    let best = among.into_iter().min_by_key(|known| distance(known))?;
    (distance(best) * 2 <= best.len()).then_some(best)
}
