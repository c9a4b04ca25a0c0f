//! What a command works with: the genesis that it trusts, the node that it asks, and the light client between them.

use crate::failure::{Exit, Failure, Result};
use crate::node::{DeviceStatus, Node, SignedRequest};
use crate::words;
use crate::{files, names::Names};
use borsh::{BorshDeserialize, BorshSerialize};
use senim_abi::prescription::GroupId;
use senim_light_client::{LightClient, ProvenState};
use senim_types::crypto::SecretKey;
use senim_types::proof::{LightBlock, ReceiptProof};
use senim_types::text::KeyKind;
use senim_types::transaction::TRANSACTION_VERSION;
use senim_types::{
    Call, ChainId, Code, ContractId, Domain, Genesis, Hash, Header, Receipt, Signature,
    SignedTransaction, Statement, TimeMs, Transaction, codec, limits,
};
use std::path::Path;

/// Bytes of a genesis in JSON: hex doubles the canonical bytes.
const GENESIS_JSON_BYTES_MAX: u64 = 4 * limits::GENESIS_BYTES_MAX as u64;
/// How long a transaction may wait for its block.
const VALID_MS: u64 = 5 * 60 * 1000;
/// Transactions of one device that are on their way together: a node takes 256 of a device.
pub const TOGETHER_MAX: usize = 64;
/// How often a receipt is asked for; each time the node is waited for.
const WAITS_MAX: u32 = 6;

/// A session with one node of one chain.
pub struct Session {
    /// What is trusted.
    pub genesis: Genesis,
    /// Its identity.
    pub chain: ChainId,
    /// Judges every answer that can be proven.
    pub light: LightClient,
    /// Who is asked.
    pub node: Node,
    /// Names of organisations, for people.
    pub names: Names,
}

/// A transaction whose receipt is proven: final.
pub struct Final {
    /// The receipt.
    pub receipt: Receipt,
    /// The block's header.
    pub header: Header,
    /// How many validators signed the block.
    pub signers: usize,
    /// The proof, for anybody to check.
    pub proof: Vec<u8>,
}

/// What a node says of itself, as far as it matters here.
#[derive(serde::Deserialize)]
struct NodeChain {
    chain: ChainId,
}

/// A value of the state, proven, and the block that it is proven by.
pub struct Proven<T> {
    /// The value; `None` where the state has none.
    pub value: Option<T>,
    /// The header.
    pub header: Header,
}

/// Reads the genesis of a folder or a file.
pub fn read_genesis(path: &Path) -> Result<Genesis> {
    let bytes = files::read(path, GENESIS_JSON_BYTES_MAX)?;
    serde_json::from_slice(&bytes).map_err(|error| files::content(path, error))
}

impl Session {
    /// Trusts the genesis of the network's folder, and nothing that the node says without proof.
    /// Where the file `trusted` is there, the block in it stands in for the genesis' validators.
    pub fn open(url: &str, folder: &Path, trusted: &Path) -> Result<Session> {
        let genesis = read_genesis(&folder.join("genesis.json")).map_err(|failure| {
            failure.line("The genesis is what an answer is checked against. Name the network's folder with --dir.")
        })?;
        Ok(Session {
            chain: genesis.chain_id(),
            light: light_client(&genesis, trusted)?,
            node: Node::new(url)?,
            names: Names::of(&genesis),
            genesis,
        })
    }

    /// Submits calls as `device`, waits until they are final, and checks the proof before saying so. A refusal by a
    /// contract is final too: look at the receipt's status.
    pub fn submit(
        &self,
        device: &SecretKey,
        calls: Vec<Call>,
        witnesses: Vec<(Statement, Signature)>,
    ) -> Result<Final> {
        let transaction = self.sign(device, calls, witnesses)?;
        self.submit_signed(&transaction)
    }

    /// Submits each of these as a transaction of `device`, some on their way together, and tells their receipts in
    /// order. A refusal by a contract is told like success; with any other failure the rest is not sent.
    pub fn submit_each(
        &self,
        device: &SecretKey,
        each: Vec<Vec<Call>>,
        told: impl FnMut(usize, Final) -> Result<()>,
    ) -> Result<()> {
        let first = self.next_sequence(device)?;
        let sign = |(calls, sequence)| self.sign_as(device, sequence, calls, Vec::new());
        let transactions: Vec<SignedTransaction> =
            each.into_iter().zip(first..).map(sign).collect();
        self.submit_all(&transactions, told)
    }

    /// Submits signed transactions of one device, in order and some on their way together, and tells their receipts.
    pub fn submit_all(
        &self,
        transactions: &[SignedTransaction],
        mut told: impl FnMut(usize, Final) -> Result<()>,
    ) -> Result<()> {
        let mut to_send = transactions.iter();
        for transaction in to_send.by_ref().take(TOGETHER_MAX) {
            self.offer(transaction)?;
        }
        for (index, transaction) in transactions.iter().enumerate() {
            let done = self.receipt(&transaction.hash(), true)?;
            if let Some(next) = to_send.next() {
                self.offer(next)?;
            }
            told(index, done)?;
        }
        Ok(())
    }

    fn offer(&self, transaction: &SignedTransaction) -> Result<()> {
        let submitted = self.node.offer(&codec::encode(transaction))?;
        if submitted.transaction == transaction.hash() {
            Ok(())
        } else {
            Err(Failure::new(Code::ANSWER_UNUSABLE))
        }
    }

    /// Signs calls as `device` with a sequence number that the node says is free.
    pub fn sign(
        &self,
        device: &SecretKey,
        calls: Vec<Call>,
        witnesses: Vec<(Statement, Signature)>,
    ) -> Result<SignedTransaction> {
        let sequence = self.next_sequence(device)?;
        Ok(self.sign_as(device, sequence, calls, witnesses))
    }

    /// The lowest sequence number of a device that is free, and with it all later ones.
    fn next_sequence(&self, device: &SecretKey) -> Result<u64> {
        self.check_chain()?;
        let path = format!("/v1/devices/{}", device.public().to_text(KeyKind::Device));
        let status: DeviceStatus = self.node.json(&path)?;
        Ok(status.next_sequence)
    }

    fn sign_as(
        &self,
        device: &SecretKey,
        sequence: u64,
        calls: Vec<Call>,
        witnesses: Vec<(Statement, Signature)>,
    ) -> SignedTransaction {
        let (witnesses, signatures) = witnesses.into_iter().unzip();
        let body = Transaction {
            version: TRANSACTION_VERSION,
            chain: self.chain,
            device: device.public(),
            sequence,
            valid_until: TimeMs(words::now().0 + VALID_MS),
            calls,
            witnesses,
        };
        device.sign_transaction(body, signatures)
    }

    /// A node of another chain takes nothing of this one; better to say so than to let signatures fail there.
    fn check_chain(&self) -> Result<()> {
        let status: NodeChain = self.node.json("/v1/status")?;
        if status.chain == self.chain {
            return Ok(());
        }
        let (node, chain) = (self.node.url(), status.chain);
        Err(Failure::with(
            Code::WRONG_CHAIN,
            format!(
                "The node at {node} is of chain {chain}, the genesis of {}. Check --node and --dir.",
                self.chain
            ),
        ))
    }

    /// Submits a signed transaction and waits for its proven receipt.
    pub fn submit_signed(&self, transaction: &SignedTransaction) -> Result<Final> {
        let hash = transaction.hash();
        let submitted = self.node.submit(&codec::encode(transaction))?;
        if submitted.transaction != hash {
            return Err(Failure::new(Code::ANSWER_UNUSABLE));
        }
        self.receipt(&hash, true)
    }

    /// The proven receipt of a transaction.
    pub fn receipt(&self, transaction: &Hash, waits: bool) -> Result<Final> {
        let mut waited = 0;
        let proof = loop {
            waited += 1;
            match self
                .node
                .receipt(transaction, waits, limits::PROOF_BYTES_MAX)
            {
                Ok(proof) => break proof,
                Err(failure) if failure.code != Code::NOT_FOUND => return Err(failure),
                Err(failure) if !waits => return Err(failure),
                Err(_) if waited == WAITS_MAX => {
                    return Err(Failure::new(Code::TIMED_OUT)
                        .field("transaction", transaction.to_string())
                        .line(format!("Ask again: senim receipt {transaction} --wait")));
                }
                Err(_) => {}
            }
        };
        let known = judge_receipt(&self.light, proof)?;
        if known.receipt.transaction != *transaction {
            return Err(Failure::proof(Code::WRONG_RECEIPT));
        }
        Ok(known)
    }

    /// A proven state key: contract id first.
    pub fn state(&self, key: &[u8]) -> Result<(ProvenState, Vec<u8>)> {
        let path = format!("/v1/state/{}", hex::encode(key));
        let proof = self.node.bytes(&path, limits::PROOF_BYTES_MAX)?;
        let proven = self.light.state(&proof).map_err(Failure::proof)?;
        if proven.key != key {
            return Err(Failure::proof(Code::STATE_PROOF));
        }
        Ok((proven, proof))
    }

    /// A proven record of a contract.
    pub fn record<T>(&self, key: &senim_abi::Key, contract: ContractId) -> Result<Proven<T>>
    where
        T: BorshSerialize + BorshDeserialize,
    {
        let (proven, _) = self.state(&key.in_state_of(contract))?;
        let decode = |bytes: Vec<u8>| codec::decode(&bytes, limits::STATE_VALUE_BYTES_MAX);
        let value = proven.value.map(decode).transpose();
        Ok(Proven {
            value: value.map_err(|_| Failure::new(Code::CORRUPT_RECORD))?,
            header: proven.header,
        })
    }

    /// Asks a contract; nothing proves the answer.
    pub fn query<Q, A>(&self, contract: ContractId, question: &Q) -> Result<A>
    where
        Q: BorshSerialize,
        A: BorshDeserialize,
    {
        let answer = self.node.query(
            contract.0,
            &codec::encode(question),
            limits::PROOF_BYTES_MAX,
        )?;
        A::try_from_slice(&answer).map_err(|_| Failure::new(Code::ANSWER_UNUSABLE))
    }

    /// Stores a sealed object under its blake3.
    pub fn put_sealed(&self, device: &SecretKey, object: &[u8]) -> Result<Hash> {
        let hash = Hash::of(object);
        self.sealed_request("PUT", device, &hash, "", Some(object))?;
        Ok(hash)
    }

    /// Fetches a sealed object; its bytes are what the ledger has the hash of. A pharmacy says of which prescription, and
    /// is given it if it holds that or has just recorded its look.
    pub fn get_sealed(
        &self,
        device: &SecretKey,
        hash: &Hash,
        of: Option<&GroupId>,
    ) -> Result<Vec<u8>> {
        let query = of.map(|id| format!("?prescription={id}"));
        let object = self.sealed_request("GET", device, hash, &query.unwrap_or_default(), None)?;
        if Hash::of(&object) == *hash {
            Ok(object)
        } else {
            Err(Failure {
                exit: Exit::Proof,
                ..Failure::new(Code::SEALED_NOT_OPENED)
            })
        }
    }

    /// Deletes a sealed object that the device's organisation stored.
    pub fn delete_sealed(&self, device: &SecretKey, hash: &Hash) -> Result<()> {
        self.sealed_request("DELETE", device, hash, "", None)
            .map(|_| ())
    }

    fn sealed_request(
        &self,
        method: &'static str,
        device: &SecretKey,
        hash: &Hash,
        query: &str,
        body: Option<&[u8]>,
    ) -> Result<Vec<u8>> {
        let request = SignedRequest {
            method,
            path: &format!("/v1/sealed/{hash}{query}"),
            body,
        };
        self.signed_request(
            &self.node,
            device,
            &request,
            crate::sealing::SEALED_BYTES_MAX,
        )
    }

    /// Sends a request that `device` signs here and now to a node of this chain.
    pub fn signed_request(
        &self,
        node: &Node,
        device: &SecretKey,
        request: &SignedRequest<'_>,
        bytes_max: usize,
    ) -> Result<Vec<u8>> {
        let authorisation = authorisation(
            device,
            &self.chain,
            request.method,
            request.path,
            request.body.unwrap_or_default(),
            words::now(),
        );
        node.signed(request, &authorisation, bytes_max)
    }
}

/// What trusts the block in this file; what trusts the genesis where there is no such file. The file is the user's own:
/// `senim log follow` wrote it after it had verified the block.
pub fn light_client(genesis: &Genesis, trusted: &Path) -> Result<LightClient> {
    if !trusted.exists() {
        return Ok(LightClient::from_genesis(genesis));
    }
    let bytes = files::read(trusted, limits::LIGHT_BLOCK_BYTES_MAX as u64)?;
    let wrong = |code: Code| files::content(trusted, format!("{code}: {}", code.advice()));
    let block: LightBlock = codec::decode(&bytes, limits::LIGHT_BLOCK_BYTES_MAX)
        .map_err(|error| wrong(error.code()))?;
    let hash = block.header.hash();
    LightClient::from_block(genesis.chain_id(), &hash, &block).map_err(wrong)
}

/// Judges the bytes of a receipt's proof.
pub fn judge_receipt(light: &LightClient, proof: Vec<u8>) -> Result<Final> {
    let receipt = light.receipt(&proof).map_err(Failure::proof)?;
    let decoded: ReceiptProof = codec::decode(&proof, limits::PROOF_BYTES_MAX)?;
    Ok(Final {
        receipt,
        signers: decoded.certificate.signatures.len(),
        header: decoded.header,
        proof,
    })
}

/// What a device signs for a request about sealed data. The node's `docs/http-api.md` has the same.
#[derive(BorshSerialize)]
struct RequestStatement<'a> {
    method: &'a str,
    path: &'a str,
    body: Hash,
    time_ms: u64,
}

/// The header `Senim-Request`: device, time, signature.
fn authorisation(
    device: &SecretKey,
    chain: &ChainId,
    method: &str,
    path: &str,
    body: &[u8],
    now: TimeMs,
) -> String {
    let statement = RequestStatement {
        method,
        path,
        body: Hash::of(body),
        time_ms: now.0,
    };
    let signature = device.sign(Domain::Request, chain, &codec::encode(&statement));
    let key = device.public().to_text(KeyKind::Device);
    format!("{key}:{}:{}", now.0, hex::encode(signature.0))
}
