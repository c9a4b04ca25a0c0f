//! Clients: they sign, submit, wait for receipts and ask; and what a refusal may change.

use super::{Network, Request, World};
use senim_abi::ledger::keys;
use senim_replica::{Input, Read, ReadAnswer, SubmitAnswer, Ticket};
use senim_types::crypto::SecretKey;
use senim_types::proof::ReceiptProof;
use senim_types::transaction::TRANSACTION_VERSION;
use senim_types::{Code, ContractId, Hash, Receipt, SignedTransaction, TimeMs, Transaction, codec};
use std::collections::BTreeSet;

/// How long a client lets its transactions live, in ms.
pub const VALID_FOR_MS: u64 = 60 * 60 * 1000;

impl World {
    /// A transaction of a device, with its next sequence number.
    pub fn sign(&mut self, device: &str, request: Request) -> SignedTransaction {
        let key = self.network.device(device).clone();
        let next = self.sequences.entry(key.public()).or_insert(0);
        let sequence = *next;
        *next += 1;
        let valid_until = TimeMs(self.now.0 + VALID_FOR_MS);
        sign(&self.network, &key, sequence, valid_until, request)
    }

    /// The sequence number that a device signs with next.
    pub fn next_sequence(&self, device: &str) -> u64 {
        let key = self.network.device(device).public();
        self.sequences.get(&key).copied().unwrap_or(0)
    }

    /// Bytes to a node, as its interface takes them.
    pub fn offer(&mut self, node: usize, bytes: &[u8]) -> SubmitAnswer {
        let transaction = match SignedTransaction::decode(bytes) {
            Ok(transaction) => transaction,
            Err(code) => return SubmitAnswer::Refused(code),
        };
        let ticket = Ticket(self.tickets);
        self.tickets += 1;
        let submissions = vec![(ticket, transaction)];
        self.give(node, Input::Submitted { submissions });
        // A machine that died meanwhile answers nobody: the client asks again.
        self.nodes[node]
            .answer(ticket)
            .unwrap_or(SubmitAnswer::Refused(Code::NOT_READY))
    }

    /// Bytes to any node, and the receipt once all running nodes have it. The error is the code of a
    /// refusal that leaves no trace.
    pub fn deliver(&mut self, bytes: &[u8]) -> Result<Receipt, Code> {
        let node = self.any();
        match self.offer(node, bytes) {
            SubmitAnswer::Refused(code) => Err(code),
            SubmitAnswer::Accepted(hash) | SubmitAnswer::Committed(hash) => {
                self.run_until("the receipt on every node", |world| {
                    world.running().all(|node| node.has(&hash))
                });
                self.settle();
                Ok(self.proof(&hash).receipt)
            }
        }
    }

    /// Signs and delivers.
    pub fn submit(&mut self, device: &str, request: Request) -> Result<Receipt, Code> {
        let bytes = codec::encode(&self.sign(device, request));
        self.deliver(&bytes)
    }

    /// Signs and delivers what has to be applied.
    pub fn apply(&mut self, device: &str, request: Request) -> Receipt {
        let receipt = self
            .submit(device, request)
            .expect("the transaction is admitted");
        assert!(
            receipt.status.is_applied(),
            "{device}: {:?}",
            receipt.status
        );
        receipt
    }

    /// The receipt of a transaction with its proof.
    pub fn proof(&self, transaction: &Hash) -> ReceiptProof {
        self.nodes[self.any()]
            .proof(transaction)
            .expect("the transaction is committed")
    }

    /// A question to a contract.
    pub fn query<A: borsh::BorshDeserialize>(
        &self,
        contract: ContractId,
        question: &impl borsh::BorshSerialize,
    ) -> Result<A, Code> {
        let input = codec::encode(question);
        match self.nodes[self.any()].read(Read::Query { contract, input }) {
            Ok(ReadAnswer::Output(bytes)) => {
                Ok(borsh::from_slice(&bytes).expect("a contract answers what its manual says"))
            }
            Ok(other) => panic!("not the output of a query: {other:?}"),
            Err(error) => Err(error.code),
        }
    }
}

/// A transaction with everything chosen.
pub fn sign(
    network: &Network,
    device: &SecretKey,
    sequence: u64,
    valid_until: TimeMs,
    request: Request,
) -> SignedTransaction {
    let (witnesses, signatures) = request.witnesses.into_iter().unzip();
    let body = Transaction {
        version: TRANSACTION_VERSION,
        chain: network.chain,
        device: device.public(),
        sequence,
        valid_until,
        calls: request.calls,
        witnesses,
    };
    device.sign_transaction(body, signatures)
}

/// Every running node has the first one's state, key by key.
fn agree(world: &World, case: &str) {
    let first = world.nodes[0].state();
    for node in world.running() {
        assert!(
            node.state() == first,
            "{case}: {} has another state",
            node.name
        );
    }
}

/// Refused at admission: the answer is `code`, and neither the tip nor any key of the state changes.
pub fn leaves_no_trace(world: &mut World, case: &str, bytes: &[u8], code: Code) {
    let (state, tip) = (world.nodes[0].state(), world.nodes[0].tip());
    assert_eq!(world.deliver(bytes), Err(code), "{case}");
    world.advance(1_000);
    assert_eq!(world.nodes[0].tip(), tip, "{case}: no block was made");
    assert_eq!(world.nodes[0].status().mempool, 0, "{case}: nothing waits");
    assert_eq!(world.nodes[0].state(), state, "{case}: no key changed");
    agree(world, case);
}

/// Charged: the receipt has `code`, and of the whole state only the device's sequence window changes.
pub fn is_charged(
    world: &mut World,
    case: &str,
    device: &str,
    request: Request,
    code: Code,
) -> Receipt {
    let before = world.nodes[0].state();
    let receipt = world
        .submit(device, request)
        .unwrap_or_else(|code| panic!("{case}: {code}"));
    assert_eq!(receipt.status.code(), Some(code), "{case}");
    assert!(
        receipt.events.is_empty() && receipt.outputs.is_empty(),
        "{case}: nothing happened"
    );
    let after = world.nodes[0].state();
    agree(world, case);
    let keys: BTreeSet<&Vec<u8>> = before.keys().chain(after.keys()).collect();
    let changed: Vec<&Vec<u8>> = keys
        .into_iter()
        .filter(|key| before.get(*key) != after.get(*key))
        .collect();
    let window = keys::sequence(&world.network.device(device).public());
    assert_eq!(
        changed,
        [&window],
        "{case}: only the sequence window changes"
    );
    receipt
}
