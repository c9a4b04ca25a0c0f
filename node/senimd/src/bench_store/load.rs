//! A chain as a store sees it: blocks whose changes are those of issues and redemptions, committed by a
//! real ledger. Contracts, signatures and votes are left out, since a store meets none of them.

use super::BenchStoreError;
use senim_state::ledger::{BlockRecord, Ledger, Replay, ReplayError};
use senim_types::{
    Block, ChangeSet, CommitCertificate, Genesis, Hash, Header, Parameters, PublicKey, Receipt,
    Round, StateView, Status, TimeMs, Validator, ValidatorSet, merkle,
};

/// Tokens that a block issues.
const ISSUES: u64 = 2_500;
/// Redemptions in a block.
const REDEMPTIONS: u64 = 250;
/// Bytes of a value: with what the ledger adds to each, 150.
const VALUE_BYTES: usize = 142;
/// Keys that a redemption writes: the transfer is new, the item, its group and the pack are changed, a
/// token whose time is over goes and another is issued; and the places of two receipts.
pub const KEYS_OF_REDEMPTION: u64 = 8;

/// First bytes of the keys of tokens and of transfers: contract and collection.
const TOKEN: [u8; 5] = [0, 0, 0, 4, 1];
const TRANSFER: [u8; 5] = [0, 0, 0, 2, 3];

/// The state key of a token.
pub fn token(number: u64) -> Vec<u8> {
    key(TOKEN, number)
}

fn key(collection: [u8; 5], number: u64) -> Vec<u8> {
    let id = Hash::of_parts(&[&collection, &number.to_le_bytes()]);
    [collection.as_slice(), &id.0].concat()
}

/// A value that does not compress, as keys and hashes do not.
fn value(number: u64, height: u64) -> Vec<u8> {
    let mut value = Vec::with_capacity(VALUE_BYTES + Hash::ZERO.0.len());
    for part in 0u64.. {
        if value.len() >= VALUE_BYTES {
            break;
        }
        let parts = [number, height, part].map(u64::to_le_bytes);
        value.extend_from_slice(&Hash::of_parts(&[parts.as_flattened()]).0);
    }
    value.truncate(VALUE_BYTES);
    value
}

/// A chain with one validator, whose votes nobody asks for.
pub fn genesis() -> Genesis {
    // The base point of ed25519: anybody's key and nobody's.
    let mut bytes = [0x66; 32];
    bytes[0] = 0x58;
    let key = PublicKey::from_ed25519(bytes).expect("a canonical point of full order");
    let validators = ValidatorSet::new(vec![Validator { key, power: 1 }]);
    Genesis {
        version: senim_types::genesis::GENESIS_VERSION,
        name: "bench-store".to_owned(),
        time: TimeMs(1),
        parameters: Parameters::default(),
        validators: validators.expect("one validator"),
        contracts: Vec::new(),
        calls: Vec::new(),
    }
}

/// Nothing is executed again: what a run measures is a store that has everything.
pub struct NoReplay;

impl Replay for NoReplay {
    fn genesis(&mut self) -> Result<ChangeSet, ReplayError> {
        let mut changes = ChangeSet::default();
        changes.put(key([0; 5], 0), vec![1]);
        Ok(changes)
    }

    fn block(&mut self, _: &Block, _: &dyn StateView) -> Result<ChangeSet, ReplayError> {
        Err(ReplayError::new("the store should have had this block"))
    }
}

/// Which tokens are live, and what comes next.
#[derive(Default)]
pub struct Load {
    /// Live tokens are those from here…
    first: u64,
    /// …to before here.
    next: u64,
    transfers: u64,
    /// State of a generator that chooses among the live tokens; the same in each run.
    chosen: u64,
}

impl Load {
    /// Any live token.
    pub fn choose(&mut self) -> u64 {
        // Knuth's constants; the high bits are the good ones.
        self.chosen = self
            .chosen
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.first + (self.chosen >> 20) % (self.next - self.first)
    }

    /// A load over tokens that are there already.
    pub fn over(tokens: std::ops::Range<u64>) -> Load {
        Load {
            first: tokens.start,
            next: tokens.end,
            ..Load::default()
        }
    }

    /// The live tokens.
    pub fn live(&self) -> std::ops::Range<u64> {
        self.first..self.next
    }

    /// Commits a block that issues tokens, at most `count`. Returns how many keys it writes.
    pub fn issue(&mut self, ledger: &mut Ledger, count: u64) -> Result<u64, BenchStoreError> {
        let height = ledger.height().0 + 1;
        let mut changes = ChangeSet::default();
        for _ in 0..count.min(ISSUES) {
            self.put_next(&mut changes, height);
        }
        let keys = changes.0.len() as u64;
        commit(ledger, changes, 0)?;
        Ok(keys)
    }

    fn put_next(&mut self, changes: &mut ChangeSet, height: u64) {
        changes.put(token(self.next), value(self.next, height));
        self.next += 1;
    }

    /// Commits a block of redemptions, at most `count`. Returns how many there are.
    pub fn redeem(&mut self, ledger: &mut Ledger, count: u64) -> Result<u64, BenchStoreError> {
        let (height, count) = (ledger.height().0 + 1, count.min(REDEMPTIONS));
        let mut changes = ChangeSet::default();
        for _ in 0..count {
            let transfer = key(TRANSFER, self.transfers);
            changes.put(transfer, value(self.transfers, height));
            self.transfers += 1;
            self.put_next(&mut changes, height);
            changes.delete(token(self.first));
            self.first += 1;
            for _ in 0..3 {
                let number = self.choose();
                changes.put(token(number), value(number, height));
            }
        }
        commit(ledger, changes, 2 * count)?;
        Ok(count)
    }
}

/// Commits the block after the tip with these changes and so many receipts.
fn commit(ledger: &mut Ledger, changes: ChangeSet, receipts: u64) -> Result<(), BenchStoreError> {
    let tip = ledger.tip();
    let height = tip.height.next();
    let receipt = |index: u64| Receipt {
        transaction: Hash::of_parts(&[&height.0.to_le_bytes(), &index.to_le_bytes()]),
        height,
        index: index as u32,
        status: Status::Applied,
        fuel: 0,
        events: Vec::new(),
        outputs: Vec::new(),
    };
    let receipts: Vec<Receipt> = (0..receipts).map(receipt).collect();
    let staged = ledger.stage(&changes);
    let header = Header {
        height,
        time: TimeMs(tip.time.0 + 1),
        parent: ledger.tip_hash(),
        log_root: ledger.log_root(),
        receipts_root: merkle::list_root(receipts.iter().map(Receipt::leaf)),
        state_root: staged.root(),
        ..tip.clone()
    };
    let certificate = CommitCertificate {
        height,
        round: Round(0),
        block: header.hash(),
        signatures: Vec::new(),
    };
    let block = Block {
        header,
        transactions: Vec::new(),
    };
    let record = BlockRecord {
        block,
        certificate,
        receipts,
    };
    ledger.commit(record, changes, staged)?;
    Ok(())
}
