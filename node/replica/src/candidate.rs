//! Blocks that are not decided: built or received, executed over the committed state, and dropped
//! without a trace but for the one that is committed.

use crate::outcome::execute;
use crate::replica::{Fault, Replica};
use crate::stage::Stage;
use senim_execution::{BlockEnv, BlockExecution, ExecuteError, Mode};
use senim_state::tree::Staged;
use senim_types::block::transactions_root;
use senim_types::crypto::{VerifiedTransaction, verify_transactions};
use senim_types::{
    Block, Code, Hash, Header, Height, PublicKey, Receipt, Round, SignedTransaction, TimeMs, codec,
    merkle,
};
use std::collections::BTreeMap;

/// Bodies of undecided blocks that are kept of one sender: an honest round has one, and a round's
/// body may come before the previous round is over. Own blocks and asked-for ones count apart.
const CANDIDATES_PER_SENDER_MAX: usize = 3;

/// An undecided block whose header commits to its transactions.
pub struct Candidate {
    /// The block.
    pub block: Block,
    /// Its canonical bytes.
    pub bytes: Vec<u8>,
    /// What executing it does; none before it is executed.
    pub outcome: Option<Outcome>,
    /// Whether its bytes are in the write-ahead log.
    pub is_logged: bool,
    /// Who sent it; none for an own block or one that was asked for.
    pub sender: Option<PublicKey>,
    /// Its transactions, where their signatures were verified with those of other blocks.
    pub verified: Option<Vec<Result<VerifiedTransaction, Code>>>,
}

/// What a block does to the ledger.
pub struct Outcome {
    /// Changes, receipts, next validators.
    pub execution: BlockExecution,
    /// The tree with the changes.
    pub staged: Staged,
}

/// The undecided blocks of the height after the tip, by header hash.
#[derive(Default)]
pub struct Candidates(BTreeMap<Hash, Candidate>);

impl Candidates {
    /// The candidate of this header.
    pub fn get(&self, block: &Hash) -> Option<&Candidate> {
        self.0.get(block)
    }

    /// The candidate of this header.
    pub fn get_mut(&mut self, block: &Hash) -> Option<&mut Candidate> {
        self.0.get_mut(block)
    }

    /// Keeps a block. One too many of a sender pushes out another of the same sender that was not
    /// executed; where all were, the new one is not kept.
    pub fn insert(&mut self, hash: Hash, candidate: Candidate) {
        if self.0.contains_key(&hash) {
            return;
        }
        if candidate.sender.is_some() {
            let of_sender = || {
                self.0
                    .iter()
                    .filter(|(_, kept)| kept.sender == candidate.sender)
            };
            if of_sender().count() >= CANDIDATES_PER_SENDER_MAX {
                let idle = of_sender().find(|(_, kept)| kept.outcome.is_none());
                match idle.map(|(hash, _)| *hash) {
                    Some(idle) => self.0.remove(&idle),
                    None => return,
                };
            }
        }
        self.0.insert(hash, candidate);
    }

    /// Takes the decided one and forgets the rest.
    pub fn decide(&mut self, block: &Hash) -> Option<Candidate> {
        let decided = self.0.remove(block);
        self.0.clear();
        decided
    }
}

fn receipts_root(receipts: &[Receipt]) -> Hash {
    merkle::list_root(receipts.iter().map(Receipt::leaf))
}

/// Why a block was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reject {
    /// The block is wrong.
    Invalid(Code),
    /// This node cannot go on.
    Fault(Fault),
}

impl From<Fault> for Reject {
    fn from(fault: Fault) -> Self {
        Reject::Fault(fault)
    }
}

impl Replica {
    /// Builds a block from the mempool for the height after the tip, and keeps it.
    pub(crate) fn build_block(&mut self, now: TimeMs) -> Result<Hash, Fault> {
        let tip = self.ledger.tip().clone();
        let time = TimeMs(now.0.max(tip.time.0.saturating_add(1)));
        let limit = senim_types::limits::BLOCK_TRANSACTIONS_MAX;
        let waiting: Vec<VerifiedTransaction> = self.mempool.iter().take(limit).cloned().collect();
        let env = self.env(&tip, time, self.own_key());
        self.observer.enter(Stage::Execute);
        let executed = self.execute(&env, &waiting, Mode::Propose);
        self.observer.enter(Stage::Other);
        let mut execution = match executed {
            Ok(execution) => execution,
            Err(ExecuteError::Fault(fault)) => return Err(Fault::host(fault)),
            Err(ExecuteError::InvalidBlock { code, .. }) => {
                // Unbalanced postings: a contract is broken. An empty block keeps the chain alive.
                tracing::error!(%code, "the waiting transactions make no valid block; proposing none of them");
                self.execute(&env, &[], Mode::Propose)
                    .map_err(Fault::execute)?
            }
        };
        let transactions: Vec<SignedTransaction> = execution
            .included
            .iter()
            .map(|index| waiting[*index].transaction().clone())
            .collect();
        for (index, code) in std::mem::take(&mut execution.dropped) {
            if code != Code::BLOCK_FULL {
                self.drop_waiting(&waiting[index], code);
            }
        }
        let staged = self.stage(&execution);
        self.observer.enter(Stage::Codec);
        let header = Header {
            version: env.version,
            chain: env.chain,
            height: env.height,
            time,
            parent: self.ledger.tip_hash(),
            proposer: env.proposer,
            transactions_root: transactions_root(&transactions),
            receipts_root: receipts_root(&execution.receipts),
            state_root: staged.root(),
            validators_hash: self.validators.next.hash(),
            next_validators_hash: self.validators.upcoming.hash(),
            log_root: self.ledger.log_root(),
        };
        let block = Block {
            header,
            transactions,
        };
        let hash = block.header.hash();
        let bytes = codec::encode(&block);
        self.observer.enter(Stage::Other);
        let outcome = Some(Outcome { execution, staged });
        self.candidates.insert(
            hash,
            Candidate {
                block,
                bytes,
                outcome,
                is_logged: false,
                sender: None,
                verified: None,
            },
        );
        self.log_body(&hash)?;
        Ok(hash)
    }

    /// Whether this node agrees with a candidate. `round` and `valid_round` are those of its
    /// proposal: the time of a block that two thirds prevoted before is not judged again.
    pub(crate) fn judge(
        &mut self,
        now: TimeMs,
        hash: &Hash,
        round: Round,
        valid_round: Option<Round>,
    ) -> Result<(), Reject> {
        let Some(candidate) = self.candidates.get(hash) else {
            return Err(Reject::Invalid(Code::NOT_FOUND));
        };
        if valid_round.is_none() {
            self.check_time(now, &candidate.block.header, round)
                .map_err(Reject::Invalid)?;
        }
        self.execute_candidate(hash)?;
        self.log_body(hash)?;
        Ok(())
    }

    /// A proposal's time: close to this node's clock before, and no later than a proposal takes to
    /// travel after. Longer in later rounds, so that a wrong estimate does not stop the chain.
    fn check_time(&self, now: TimeMs, header: &Header, round: Round) -> Result<(), Code> {
        let parameters = &self.genesis.parameters;
        let precision_ms = parameters.time_precision_ms;
        let delay_ms = parameters
            .message_delay_ms
            .saturating_mul(u64::from(round.0) + 1);
        let is_early = header.time.since_ms(now) > precision_ms;
        let is_late = now.since_ms(header.time) > precision_ms.saturating_add(delay_ms);
        if is_early || is_late {
            Err(Code::HEADER_TIME)
        } else {
            Ok(())
        }
    }

    /// Executes a candidate once and compares every root; the outcome is kept with it.
    pub(crate) fn execute_candidate(&mut self, hash: &Hash) -> Result<(), Reject> {
        let Some(candidate) = self.candidates.get(hash) else {
            return Err(Reject::Invalid(Code::NOT_FOUND));
        };
        if candidate.outcome.is_some() {
            return Ok(());
        }
        let header = candidate.block.header.clone();
        self.check_header(&header).map_err(Reject::Invalid)?;
        let ready = self
            .candidates
            .get_mut(hash)
            .and_then(|it| it.verified.take());
        let verified = match ready {
            Some(verified) => verified.into_iter().collect(),
            None => {
                let candidate = self.candidates.get(hash);
                let transactions = candidate.map(|it| it.block.transactions.clone());
                self.verified(transactions.unwrap_or_default())
            }
        };
        let verified = verified.map_err(Reject::Invalid)?;
        let env = self.env(&self.ledger.tip().clone(), header.time, header.proposer);
        #[cfg(feature = "mutants")]
        let env = if senim_mutants::is(senim_mutants::Mutant::OwnClock) {
            let time = self.committed_at;
            BlockEnv { time, ..env }
        } else {
            env
        };
        self.observer.enter(Stage::Execute);
        let executed = self.execute(&env, &verified, Mode::Validate);
        self.observer.enter(Stage::Other);
        let execution = executed.map_err(|error| match error {
            ExecuteError::InvalidBlock { code, transaction } => {
                tracing::warn!(height = header.height.0, %code, ?transaction, "a proposed block is invalid");
                Reject::Invalid(code)
            }
            ExecuteError::Fault(fault) => Reject::Fault(Fault::host(fault)),
        })?;
        if receipts_root(&execution.receipts) != header.receipts_root {
            return Err(Reject::Invalid(Code::RECEIPTS_ROOT));
        }
        let staged = self.stage(&execution);
        if staged.root() != header.state_root {
            return Err(Reject::Invalid(Code::STATE_ROOT));
        }
        if let Some(candidate) = self.candidates.get_mut(hash) {
            candidate.outcome = Some(Outcome { execution, staged });
        }
        Ok(())
    }

    /// What a header must say besides the roots that execution gives.
    fn check_header(&self, header: &Header) -> Result<(), Code> {
        let tip = self.ledger.tip();
        let table = [
            (
                header.version == self.protocol.at(tip.height.next()),
                Code::WRONG_VERSION,
            ),
            (header.chain == tip.chain, Code::HEADER_CHAIN),
            (header.height == tip.height.next(), Code::HEADER_HEIGHT),
            (header.parent == self.ledger.tip_hash(), Code::HEADER_PARENT),
            (header.time > tip.time, Code::HEADER_TIME),
            (
                self.validators.next.index_of(&header.proposer).is_some(),
                Code::HEADER_PROPOSER,
            ),
            (
                header.validators_hash == self.validators.next.hash(),
                Code::VALIDATORS_HASH,
            ),
            (
                header.next_validators_hash == self.validators.upcoming.hash(),
                Code::VALIDATORS_HASH,
            ),
            (header.log_root == self.ledger.log_root(), Code::LOG_ROOT),
        ];
        table
            .iter()
            .try_for_each(|(holds, code)| if *holds { Ok(()) } else { Err(*code) })
    }

    /// A block's transactions as verified ones: those that wait here were verified, the rest are
    /// verified now.
    fn verified(
        &mut self,
        transactions: Vec<SignedTransaction>,
    ) -> Result<Vec<VerifiedTransaction>, Code> {
        let known: Vec<Option<VerifiedTransaction>> = transactions
            .iter()
            .map(|transaction| {
                let waiting = self
                    .mempool
                    .get(&transaction.body.device, transaction.body.sequence)?;
                // The hash does not cover signatures, so the whole is compared.
                (waiting.transaction() == transaction).then(|| waiting.clone())
            })
            .collect();
        let pairs = transactions.into_iter().zip(&known);
        let unknown: Vec<SignedTransaction> = pairs
            .filter(|(_, known)| known.is_none())
            .map(|(transaction, _)| transaction)
            .collect();
        self.observer.enter(Stage::Verify);
        let chain = self.ledger.tip().chain;
        let mut checked = verify_transactions(&chain, unknown, &mut self.rng).into_iter();
        self.observer.enter(Stage::Other);
        let next = || {
            checked
                .next()
                .expect("one answer for each transaction that is not known")
        };
        let mut next = next;
        known
            .into_iter()
            .map(|known| known.map_or_else(&mut next, Ok))
            .collect()
    }

    fn execute(
        &self,
        env: &BlockEnv,
        transactions: &[VerifiedTransaction],
        mode: Mode,
    ) -> Result<BlockExecution, ExecuteError> {
        execute(
            &self.engine,
            &self.ledger,
            env,
            &self.validators,
            transactions,
            mode,
        )
    }

    fn stage(&mut self, execution: &BlockExecution) -> Staged {
        self.observer.enter(Stage::Tree);
        let staged = self.ledger.stage(&execution.changes);
        self.observer.enter(Stage::Other);
        staged
    }

    /// Puts a candidate's bytes into the write-ahead log, once. The flush before the next vote
    /// makes them durable with it.
    fn log_body(&mut self, hash: &Hash) -> Result<(), Fault> {
        let Some(candidate) = self.candidates.get_mut(hash) else {
            return Ok(());
        };
        #[cfg(feature = "mutants")]
        if senim_mutants::is(senim_mutants::Mutant::BodyNotLogged) {
            return Ok(());
        }
        if !candidate.is_logged && self.wal_is_needed {
            candidate.is_logged = true;
            let (height, bytes) = (candidate.block.header.height, candidate.bytes.clone());
            self.observer.enter(Stage::Log);
            let appended = self.wal.append_body(height, bytes);
            self.observer.enter(Stage::Other);
            appended.map_err(Fault::wal)?;
        }
        Ok(())
    }

    fn env(&self, tip: &Header, time: TimeMs, proposer: PublicKey) -> BlockEnv {
        BlockEnv {
            version: self.protocol.at(tip.height.next()),
            chain: tip.chain,
            height: tip.height.next(),
            time,
            proposer,
            parameters: self.genesis.parameters.clone(),
        }
    }

    /// Takes a block's bytes from a peer; gives its header's hash.
    pub(crate) fn take_body(
        &mut self,
        from: PublicKey,
        bytes: Vec<u8>,
    ) -> Result<(Hash, Height), Code> {
        self.observer.enter(Stage::Codec);
        let block = Block::decode(&bytes);
        self.observer.enter(Stage::Other);
        let block = block?;
        let (hash, height) = (block.header.hash(), block.header.height);
        if height == self.ledger.tip().height.next() {
            let sender = Some(from);
            let candidate = Candidate {
                block,
                bytes,
                outcome: None,
                is_logged: false,
                sender,
                verified: None,
            };
            self.candidates.insert(hash, candidate);
        }
        Ok((hash, height))
    }
}
