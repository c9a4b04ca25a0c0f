//! One machine with its node.

use super::{Network, Options};
use senim_consensus::{Evidence, Params};
use senim_execution::Engine;
use senim_replica::{
    Effect, Figures, NoObserver, NodeStatus, OpenError, Pace, Read, ReadAnswer, Replica, Setup,
    SnapshotRules, SubmitAnswer, Ticket,
};
use senim_state::disk::{Disk, FaultyDisk, MemoryDisk, Unsynced};
use senim_state::fault::Faults;
use senim_state::ledger::{BlockRecord, Recovery};
use senim_state::store::{FaultyOpener, MemoryStore, Unflushed};
use senim_types::crypto::SecretKey;
use senim_types::proof::ReceiptProof;
use senim_types::{Code, Hash, Header, Height, PublicKey, TimeMs};
use std::collections::BTreeMap;
use std::sync::Arc;

/// First byte of the store's keys that are state keys; the others say where receipts are.
const STORE_STATE: u8 = 1;
/// Bytes that follow a value in the store.
const STORE_TAG_BYTES: usize = 8;

/// See the module.
pub struct Node {
    /// The name of its key.
    pub name: String,
    /// Its validator key.
    pub key: PublicKey,
    /// How far its clock is off.
    pub clock_offset_ms: i64,
    /// How much longer all that it sends takes, because its disk is slow to sync.
    pub slow_ms: u64,
    /// Its store was damaged since its last start.
    pub is_damaged: bool,
    /// It may stop, because somebody made it lie or damaged its data.
    pub may_halt: bool,
    /// Headers that it acknowledged, in the order of the effects: every run of its process.
    pub acknowledged: Vec<Header>,
    /// How many of them it acknowledged before it lost its disk.
    pub kept_from: usize,
    /// Headers of snapshots that it joined from.
    pub joined: Vec<Header>,
    /// Peers that it complained of.
    pub misbehaved: Vec<(PublicKey, Code)>,
    /// Proofs against validators.
    pub evidence: Vec<Evidence>,
    /// Transactions that left its mempool without a block.
    pub dropped: BTreeMap<Hash, Code>,
    /// Why it halted.
    pub halted: Option<(Code, String)>,
    /// Whether it may join from a snapshot, where the world's rules let it.
    pub may_join: bool,
    /// Whether it starts with its key, and so votes.
    pub has_key: bool,
    secret: SecretKey,
    disk: MemoryDisk,
    store: MemoryStore,
    faults: Faults,
    answers: BTreeMap<Ticket, SubmitAnswer>,
    replica: Option<Replica>,
}

impl Node {
    /// A machine with empty disks.
    pub fn new(name: &str, secret: &SecretKey) -> Node {
        Node {
            name: name.to_owned(),
            key: secret.public(),
            clock_offset_ms: 0,
            slow_ms: 0,
            is_damaged: false,
            may_halt: false,
            acknowledged: Vec::new(),
            kept_from: 0,
            joined: Vec::new(),
            misbehaved: Vec::new(),
            evidence: Vec::new(),
            dropped: BTreeMap::new(),
            halted: None,
            may_join: true,
            has_key: true,
            secret: secret.clone(),
            disk: MemoryDisk::new(),
            store: MemoryStore::new(),
            faults: Faults::none(),
            answers: BTreeMap::new(),
            replica: None,
        }
    }

    /// A machine with empty disks and no vote.
    pub fn observer(name: &str, secret: &SecretKey) -> Node {
        Node {
            has_key: false,
            ..Node::new(name, secret)
        }
    }

    /// What happens to its writes from the next start on.
    pub fn set_faults(&mut self, faults: Faults) {
        self.faults = faults;
    }

    /// What happens to its writes.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The power goes: what was written and not made durable becomes what is said.
    pub fn crash(&mut self, unsynced: Unsynced, unflushed: Unflushed) {
        self.replica = None;
        self.disk.crash(unsynced);
        self.store.crash(unflushed);
        self.faults = Faults::none();
    }

    /// The store is gone: the log has to be enough.
    pub fn lose_store(&mut self) {
        assert!(
            self.replica.is_none(),
            "a store is not pulled out of a running node"
        );
        self.store = MemoryStore::new();
    }

    /// One bit of a value in the store changes; false where the store is empty. `place` chooses it.
    pub fn flip_store_bit(&mut self, place: u64) -> bool {
        use senim_state::store::{Batch, Store};
        let entries = self.store.entries();
        let index = place % (entries.len() as u64).max(1);
        let Some((key, mut value)) = entries
            .into_iter()
            .nth(index as usize)
            .filter(|(_, value)| !value.is_empty())
        else {
            return false;
        };
        let byte = place as usize / 8 % value.len();
        value[byte] ^= 1 << (place % 8);
        let mut batch = Batch::default();
        batch.put(key, value);
        self.store
            .write(batch)
            .and_then(|()| self.store.flush())
            .expect("memory takes writes");
        true
    }

    /// Forgets what it promised of the height under way, as no honest node does.
    pub fn forget_promises(&mut self) {
        // The file stays: without one the node would notice, and observe.
        self.disk
            .truncate("wal/consensus", 0)
            .and_then(|()| self.disk.append("wal/consensus", &[]))
            .and_then(|()| self.disk.sync("wal/consensus"))
            .expect("memory takes writes");
    }

    /// Its block log as it is now, as a backup of the running node has it: neither votes nor what is
    /// derived.
    pub fn back_up(&self) -> MemoryDisk {
        let backup = MemoryDisk::new();
        let names = self.disk.list("log").expect("memory");
        for name in names.iter().filter(|name| name.ends_with(".seg")) {
            let path = format!("log/{name}");
            let length = self.disk.length(&path).expect("memory").unwrap_or(0);
            let length = usize::try_from(length).expect("it is in memory");
            let bytes = self.disk.read(&path, 0, length).expect("it is that long");
            backup.append(&path, &bytes).expect("memory takes writes");
            backup.sync(&path).expect("memory takes writes");
        }
        backup.sync_dir("log").expect("memory takes writes");
        backup
    }

    /// Its disk is lost, and a backup put in its place as `senimd restore` does: nobody remembers what
    /// it voted since, and what it acknowledged since is for the others to keep.
    pub fn restore(&mut self, backup: &MemoryDisk) {
        self.replace_machine();
        self.disk = backup.copy();
        senim_replica::mark_restored(&self.disk).expect("memory takes writes");
        (self.kept_from, self.is_damaged) = (self.acknowledged.len(), true);
    }

    /// What its last start found, while it runs.
    pub fn recovery(&self) -> Option<&Recovery> {
        self.replica.as_ref().map(Replica::recovery)
    }

    /// A new machine takes the place of this one, with its key and nothing else.
    pub fn replace_machine(&mut self) {
        self.lose_store();
        self.disk = MemoryDisk::new();
    }

    /// Its files, while its process does not run.
    pub fn files(&self) -> &MemoryDisk {
        assert!(self.replica.is_none(), "a running node has its files open");
        &self.disk
    }

    pub(super) fn open(
        &mut self,
        network: &Network,
        options: &Options,
        engine: &Engine,
        seed: [u8; 32],
    ) -> Result<(), OpenError> {
        self.halted = None;
        let setup = Setup {
            genesis: network.genesis.clone(),
            codes: network.codes.clone(),
            engine: engine.clone(),
            disk: Arc::new(FaultyDisk::new(self.disk.clone(), self.faults.clone())),
            store: Box::new(FaultyOpener::new(self.store.clone(), self.faults.clone())),
            ledger: options.ledger.clone(),
            signer: self.has_key.then(|| Box::new(self.secret.clone()) as _),
            consensus: Params::local(network.chain),
            pace: Pace::default(),
            snapshots: SnapshotRules {
                join_behind_min: options.snapshots.join_behind_min.filter(|_| self.may_join),
                ..options.snapshots
            },
            mempool: options.mempool,
            seed,
            observer: Box::new(NoObserver),
        };
        self.replica = Some(Replica::open(setup)?);
        Ok(())
    }

    pub(super) fn stop(&mut self) {
        self.replica = None;
    }

    pub(super) fn close(&mut self) -> Result<(), String> {
        let replica = self.replica.take().ok_or("it does not run")?;
        replica.close().map_err(|fault| fault.reason)
    }

    /// Whether its process runs.
    pub fn is_running(&self) -> bool {
        self.replica.is_some()
    }

    pub(super) fn running_mut(&mut self) -> Option<&mut Replica> {
        self.replica.as_mut()
    }

    pub(super) fn saw(&mut self, effect: Effect) {
        match effect {
            Effect::Answer { ticket, answer } => {
                self.answers.insert(ticket, answer);
            }
            Effect::Joined { header } => self.joined.push(*header),
            Effect::Committed { header, .. } => self.acknowledged.push(*header),
            Effect::Dropped { transaction, code } => {
                self.dropped.insert(transaction, code);
            }
            Effect::Misbehaved { peer, code } => self.misbehaved.push((peer, code)),
            Effect::Evidence { evidence } => self.evidence.push(evidence),
            Effect::Halted { code, reason } => {
                let is_expected = self.faults.is_dead() || self.may_halt;
                assert!(is_expected, "{} halted: {code} {reason}", self.name);
                self.halted = Some((code, reason));
            }
            // Everybody is connected here; who may be is the network's to enforce.
            Effect::Allowed { .. } => {}
            other => panic!("an effect that this world does not know: {other:?}"),
        }
    }

    pub(super) fn answer(&mut self, ticket: Ticket) -> Option<SubmitAnswer> {
        self.answers.remove(&ticket)
    }

    /// A question.
    pub fn read(&self, question: Read) -> Result<ReadAnswer, senim_replica::ReadError> {
        self.replica.as_ref().expect("the node runs").read(question)
    }

    /// The checkpoint that it serves at this time of its clock; none before the first block.
    pub fn checkpoint(&self, now: TimeMs) -> Option<String> {
        let replica = self.replica.as_ref().expect("the node runs");
        replica.checkpoint(now).expect("its tip can be read")
    }

    /// How it stands.
    pub fn status(&self) -> NodeStatus {
        match self.read(Read::Status) {
            Ok(ReadAnswer::Status(status)) => *status,
            other => panic!("not a status: {other:?}"),
        }
    }

    /// How it stands, for whoever has to find out why a run does not come to its end.
    pub fn stand(&self) -> String {
        let status = self.status();
        format!(
            "{}: height {}, has heard of {}, {} waiting, complains of {:?}",
            self.name, status.tip.height, status.seen, status.mempool, self.misbehaved
        )
    }

    /// What it shows of itself.
    ///
    /// # Panics
    /// If it does not run.
    pub fn figures(&self) -> Figures {
        let replica = self.replica.as_ref();
        replica.expect("it runs").figures()
    }

    /// Its last block's header.
    pub fn tip(&self) -> Header {
        self.status().tip
    }

    /// A block with its certificate and receipts.
    pub fn block(&self, height: Height) -> Option<Arc<BlockRecord>> {
        match self.read(Read::Block { height }) {
            Ok(ReadAnswer::Block(record)) => record,
            other => panic!("not a block: {other:?}"),
        }
    }

    /// Every block that it has.
    pub fn blocks(&self) -> Vec<Arc<BlockRecord>> {
        (self.status().first.0..=self.tip().height.0)
            .filter_map(|height| self.block(Height(height)))
            .collect()
    }

    /// A receipt with its proof.
    pub fn proof(&self, transaction: &Hash) -> Option<ReceiptProof> {
        match self.read(Read::Receipt {
            transaction: *transaction,
        }) {
            Ok(ReadAnswer::Receipt(proof)) => proof.map(|proof| *proof),
            other => panic!("not a receipt: {other:?}"),
        }
    }

    /// Whether it has the receipt of a transaction.
    pub fn has(&self, transaction: &Hash) -> bool {
        self.proof(transaction).is_some()
    }

    /// The whole state as its store has it: with a flush at every block, the state at the tip.
    pub fn state(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let entries = self.store.entries().into_iter();
        let state = entries.filter(|(key, _)| key.first() == Some(&STORE_STATE));
        state
            .map(|(key, mut value)| {
                value.truncate(value.len() - STORE_TAG_BYTES);
                (key[1..].to_vec(), value)
            })
            .collect()
    }

    /// Every byte that it wrote: its files and its store.
    pub fn written(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for folder in ["log", "tree", "wal", ""] {
            for name in self.disk.list(folder).unwrap_or_default() {
                let path = if folder.is_empty() {
                    name
                } else {
                    format!("{folder}/{name}")
                };
                if let Ok(Some(length)) = self.disk.length(&path) {
                    let length = usize::try_from(length).expect("it is in memory");
                    bytes.extend(self.disk.read(&path, 0, length).expect("it is that long"));
                }
            }
        }
        for (key, value) in self.store.entries() {
            bytes.extend(key);
            bytes.extend(value);
        }
        bytes
    }
}
