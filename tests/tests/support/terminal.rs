//! A terminal of another maker: it writes down what it did without connection by itself, and nothing that the client's own
//! terminal looks at is in its way, neither a clock nor a count.
#![allow(dead_code)] // Each scenario uses its own part of it.

use senim_abi::VOUCHER;
use senim_abi::policy::{Line, Product};
use senim_abi::voucher::msg::Taken;
use senim_abi::voucher::offline::OfflineStatement;
use senim_abi::voucher::{
    Execute, OfflineChain, OfflineRecord, OfflineSession, ProgrammeId, Proof, VoucherId,
};
use senim_tests::world::Request;
use senim_types::crypto::SecretKey;
use senim_types::{ChainId, Hash, OrgId, Receipt, TimeMs, Tiyn};

/// School meals of the devnet.
pub const MEALS: ProgrammeId = ProgrammeId(2);
/// Where they are served.
pub const SCHOOL: OrgId = OrgId(40);
/// What one is sold for, in tiyn.
pub const MEAL: u64 = 90_000;

/// What a terminal asks before it is alone.
pub fn sync() -> Execute {
    Execute::SyncOffline {
        programme: MEALS,
        place: SCHOOL,
    }
}

/// What a pupil buys.
pub fn meal() -> Line {
    Line {
        product: Product::Service(1),
        units: 1,
        price: Tiyn(MEAL),
        listing: None,
    }
}

/// The output of the one call, as its type.
fn output<T: borsh::BorshDeserialize>(receipt: &Receipt) -> T {
    borsh::from_slice(&receipt.outputs[0]).expect("what the message's manual says")
}

/// What became of the records of a message.
pub fn taken(receipt: &Receipt) -> Taken {
    output(receipt)
}

/// A terminal without connection.
pub struct Terminal {
    /// Its device key.
    pub key: SecretKey,
    chain: ChainId,
    session: OfflineSession,
    next: u64,
    head: Hash,
}

impl Terminal {
    /// One that has synced, by the receipt of it.
    pub fn new(key: SecretKey, chain: ChainId, synced: &Receipt) -> Terminal {
        let known: OfflineChain = output(synced);
        Terminal {
            key,
            chain,
            session: known.session,
            next: known.next,
            head: known.head,
        }
    }

    /// Has synced again, and goes on with the numbers that it has.
    pub fn synced(&mut self, receipt: &Receipt) {
        self.session = output::<OfflineChain>(receipt).session;
    }

    /// When it synced, by the ledger's time.
    pub fn synced_at(&self) -> TimeMs {
        self.session.synced_at
    }

    /// A meal for a pupil, by this terminal's clock: the next record of its chain.
    pub fn serves(&mut self, voucher: VoucherId, at: TimeMs) -> OfflineRecord {
        let record = OfflineRecord {
            session: self.session.number,
            sequence: self.next,
            previous: self.head,
            voucher,
            at,
            lines: vec![meal()],
            proof: Proof::Attested,
        };
        (self.next, self.head) = (record.sequence + 1, record.hash());
        record
    }

    /// These records with nobody's signature.
    pub fn unsigned(&self, records: &[OfflineRecord]) -> Request {
        let redeem = Execute::RedeemOffline {
            programme: MEALS,
            terminal: self.key.public(),
            records: records.to_vec(),
        };
        Request::call(VOUCHER, &redeem)
    }

    /// These records with a signature over the last of them, by this key.
    pub fn signed_by(&self, key: &SecretKey, records: &[OfflineRecord]) -> Request {
        let last = records.last().expect("a record");
        let statement = OfflineStatement {
            programme: MEALS,
            sequence: last.sequence,
            head: last.hash(),
        };
        let said = statement.by(key.public());
        let witness = key.witness(said.domain, &self.chain, said.message);
        self.unsigned(records).witnessed(witness)
    }

    /// These records as a terminal sends them.
    pub fn signed(&self, records: &[OfflineRecord]) -> Request {
        self.signed_by(&self.key, records)
    }

    /// What the payer says to a record of it, in tiyn; 0 refuses it.
    pub fn answered(&self, sequence: u64, pays: u64) -> Execute {
        Execute::AnswerExcess {
            programme: MEALS,
            terminal: self.key.public(),
            sequence,
            pays: Tiyn(pays),
        }
    }
}
