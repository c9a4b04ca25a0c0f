//! A toy chain: transactions write what they carry, and every block reads what the last one wrote.

use super::*;
use crate::disk::{FaultyDisk, MemoryDisk, Unsynced};
use crate::fault::{Faults, OperationClass};
use crate::log::{Damage, LogError};
use crate::store::{FaultyOpener, MemoryStore, StoreError, StoreOpener, Unflushed};
use senim_types::state_view::Overlay;
use senim_types::{
    Call, ContractId, Genesis, Height, Parameters, PublicKey, Signature, SignedTransaction, Status,
    TimeMs, Transaction, Validator, ValidatorSet,
};

mod commit;
mod crash;
mod damage;
mod snapshot;

/// Counts blocks, so that a block executed over a wrong state leads to a wrong root.
const COUNTER: &[u8] = b"\0\0\0\0\x01counter";

type Writes = Vec<(Vec<u8>, Option<Vec<u8>>)>;

/// A root and every entry under it.
type State = (Hash, Vec<senim_types::StateEntry>);

fn key(n: u64) -> Vec<u8> {
    [b"\0\0\0\x09\x02".as_slice(), &n.to_be_bytes()].concat()
}

fn device() -> PublicKey {
    // The base point of ed25519: anybody's key and nobody's.
    let mut bytes = [0x66; 32];
    bytes[0] = 0x58;
    PublicKey::from_ed25519(bytes).expect("a canonical point of full order")
}

fn genesis_named(name: &str) -> Genesis {
    let validator = Validator {
        key: device(),
        power: 1,
    };
    Genesis {
        version: 1,
        name: name.to_owned(),
        time: TimeMs(1_000),
        parameters: Parameters::default(),
        validators: ValidatorSet::new(vec![validator]).expect("one validator"),
        contracts: Vec::new(),
        calls: Vec::new(),
    }
}

fn genesis() -> Genesis {
    genesis_named("toy")
}

struct Toy;

impl Replay for Toy {
    fn genesis(&mut self) -> Result<ChangeSet, ReplayError> {
        let mut changes = ChangeSet::default();
        (0..20).for_each(|n| changes.put(key(n), vec![n as u8; 10]));
        changes.put(COUNTER.to_vec(), 0u64.to_be_bytes().to_vec());
        Ok(changes)
    }

    fn block(&mut self, block: &Block, state: &dyn StateView) -> Result<ChangeSet, ReplayError> {
        let failed = |error: ViewError| ReplayError::new(error.to_string());
        let mut changes = ChangeSet::default();
        let counter = state.get(COUNTER).map_err(failed)?.unwrap_or_default();
        let seen = state.scan(&key(0)[..5], &[], 64).map_err(failed)?.len() as u64;
        let counter = u64::from_be_bytes(counter.try_into().unwrap_or_default());
        changes.put(COUNTER.to_vec(), (counter + seen).to_be_bytes().to_vec());
        for call in block
            .transactions
            .iter()
            .flat_map(|transaction| &transaction.body.calls)
        {
            let writes: Writes = borsh::from_slice(&call.input).expect("made by `transaction`");
            changes.0.extend(writes);
        }
        Ok(changes)
    }
}

fn transaction(chain: senim_types::ChainId, sequence: u64, writes: Writes) -> SignedTransaction {
    let input = borsh::to_vec(&writes).expect("encodes");
    let body = Transaction {
        version: 1,
        chain,
        device: device(),
        sequence,
        valid_until: TimeMs(u64::MAX),
        calls: vec![Call {
            contract: ContractId(9),
            input,
        }],
        witnesses: Vec::new(),
    };
    let device_signature = Signature([7; 64]);
    SignedTransaction {
        body,
        device_signature,
        witness_signatures: Vec::new(),
    }
}

/// The block that follows the ledger's tip, with two transactions and one due entry.
fn next_block(ledger: &Ledger) -> (BlockRecord, ChangeSet, Staged) {
    let height = ledger.height().next();
    let h = height.0;
    let first = vec![
        (key(h % 20), Some(vec![h as u8; 40])),
        (key(100 + h), Some(vec![1; (h % 50) as usize])),
    ];
    let second = vec![(key((h + 7) % 20), None), (key(100 + h / 2), None)];
    let chain = ledger.tip().chain;
    let transactions = vec![
        transaction(chain, 2 * h, first),
        transaction(chain, 2 * h + 1, second),
    ];
    let mut header = Header {
        height,
        time: TimeMs(1_000 + h),
        parent: ledger.tip_hash(),
        log_root: ledger.log_root(),
        transactions_root: senim_types::block::transactions_root(&transactions),
        ..ledger.tip().clone()
    };
    let hashes = transactions
        .iter()
        .map(|transaction| transaction.body.hash());
    let receipt = |(index, transaction): (usize, Hash)| Receipt {
        transaction,
        height,
        index: index as u32,
        status: Status::Applied,
        fuel: h,
        events: Vec::new(),
        outputs: Vec::new(),
    };
    let due = Hash::of_parts(&[b"due", &h.to_be_bytes()]);
    let receipts: Vec<Receipt> = std::iter::once(due)
        .chain(hashes)
        .enumerate()
        .map(receipt)
        .collect();
    header.receipts_root = receipts_root(&receipts);
    let mut block = Block {
        header,
        transactions,
    };
    let changes = Toy
        .block(&block, ledger)
        .expect("the toy executes everything");
    let staged = ledger.stage(&changes);
    block.header.state_root = staged.root();
    let certificate = CommitCertificate {
        height,
        round: senim_types::Round(0),
        block: block.header.hash(),
        signatures: Vec::new(),
    };
    (
        BlockRecord {
            block,
            certificate,
            receipts,
        },
        changes,
        staged,
    )
}

/// Commits the block that follows the tip.
fn grow(ledger: &mut Ledger) -> Result<Arc<BlockRecord>, StateError> {
    let (record, changes, staged) = next_block(ledger);
    ledger.commit(record, changes, staged)
}

/// Flushes, checkpoints and new segments every few blocks.
fn small() -> LedgerOptions {
    LedgerOptions {
        segment_bytes_max: 6_000,
        flush_blocks: 3,
        journal_bytes_min: 2_500,
        recent_bytes_max: 3_000,
        ..LedgerOptions::default()
    }
}

/// A machine: its disk and store outlive the ledger.
#[derive(Clone, Default)]
struct Machine {
    disk: MemoryDisk,
    store: MemoryStore,
}

impl Machine {
    fn open_with(
        &self,
        faults: &Faults,
        options: LedgerOptions,
    ) -> Result<(Ledger, Recovery), StateError> {
        let disk = Arc::new(FaultyDisk::new(self.disk.clone(), faults.clone()));
        let opener = FaultyOpener::new(self.store.clone(), faults.clone());
        Ledger::open(disk, &opener, &genesis(), options, &mut Toy)
    }

    fn open(&self) -> (Ledger, Recovery) {
        self.open_with(&Faults::none(), small()).expect("opens")
    }

    /// A machine on which `blocks` blocks were committed and which then lost its power.
    fn with_blocks(blocks: u64) -> Machine {
        let machine = Machine::default();
        let (mut ledger, _) = machine.open();
        (0..blocks).for_each(|_| drop(grow(&mut ledger).expect("commits")));
        machine.crash(Unsynced::Lost, Unflushed::Lost);
        machine
    }

    fn crash(&self, unsynced: Unsynced, unflushed: Unflushed) {
        self.disk.crash(unsynced);
        self.store.crash(unflushed);
    }

    fn copy(&self) -> Machine {
        Machine {
            disk: self.disk.copy(),
            store: self.store.copy(),
        }
    }
}

/// Every entry of the state.
fn entries(ledger: &Ledger) -> Vec<senim_types::StateEntry> {
    ledger.scan(&[], &[], 10_000).expect("scans")
}

/// The state and its root after each height, from a ledger that nothing happens to.
fn reference(blocks: u64) -> Vec<State> {
    let (mut ledger, _) = Machine::default().open();
    let mut states = vec![(ledger.state_root(), entries(&ledger))];
    for _ in 0..blocks {
        grow(&mut ledger).expect("commits");
        states.push((ledger.state_root(), entries(&ledger)));
    }
    states
}

/// That the ledger is sound in itself and at a state of the reference.
fn check_whole(ledger: &Ledger, reference: &[State]) {
    let (root, state) = &reference[ledger.height().0 as usize];
    assert_eq!(ledger.state_root(), *root);
    assert_eq!(ledger.tree().root(), *root);
    assert_eq!(entries(ledger), *state);
    for (key, value) in state {
        let answer = ledger.prove_state(key).expect("proves");
        assert_eq!(answer.value.as_ref(), Some(value));
    }
    let mut parent = ledger.genesis_header().hash();
    for height in (1..=ledger.height().0).map(Height) {
        let record = ledger.block(height).expect("reads").expect("is there");
        assert_eq!(record.block.header.parent, parent);
        parent = record.block.header.hash();
        for receipt in &record.receipts {
            let place = ledger
                .find_transaction(&receipt.transaction)
                .expect("finds");
            assert_eq!(
                place,
                Some(Place {
                    height,
                    index: receipt.index
                })
            );
        }
    }
    assert_eq!(parent, ledger.tip_hash());
}
