//! The machine: one owner calls [`Replica::step`] for every event and performs the effects in order.

use crate::candidate::Candidates;
use crate::input::{Effect, Input, ReplicaTimer};
use crate::mempool::Mempool;
use crate::message::PeerMessage;
use crate::observe::Observation;
use crate::outcome::Validators;
use crate::peers;
use crate::stage::{Observer, Stage};
use crate::wal::Wal;
use rand_chacha::ChaCha8Rng;
use senim_abi::ledger::ProtocolV1;
use senim_consensus::{Consensus, Input as ConsensusInput, TimerKind};
use senim_execution::{Engine, ExecuteError, HostFault};
use senim_state::ledger::{FlushJob, Flushed, Recovery};
use senim_state::wal::WalError;
use senim_state::{Ledger, StateError};
use senim_types::crypto::VerifiedTransaction;
use senim_types::merkle::ListTree;
use senim_types::{Code, Genesis, Hash, Height, PublicKey, Round, TimeMs};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How a replica paces itself. Nodes need not agree on any of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Shortest time between two blocks, in ms: the more transactions share a block, the less each
    /// costs; the longer it is, the later a lone transaction is final.
    pub block_interval_ms_min: u64,
    /// How long a peer may take to answer a request for blocks, in ms.
    pub sync_timeout_ms: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Pace {
            block_interval_ms_min: 100,
            sync_timeout_ms: 2_000,
        }
    }
}

/// Why this node cannot go on. It is never a user's fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The stable code.
    pub code: Code,
    /// What happened, for the operator.
    pub reason: String,
}

impl Fault {
    pub(crate) fn host(fault: HostFault) -> Fault {
        Fault {
            code: Code::STORE_FAILED,
            reason: fault.to_string(),
        }
    }

    pub(crate) fn state(error: StateError) -> Fault {
        Fault {
            code: error.code(),
            reason: error.to_string(),
        }
    }

    pub(crate) fn wal(error: WalError) -> Fault {
        Fault {
            code: error.code(),
            reason: error.to_string(),
        }
    }

    pub(crate) fn execute(error: ExecuteError) -> Fault {
        match error {
            ExecuteError::Fault(fault) => Fault::host(fault),
            other => Fault {
                code: Code::OUTCOME_DIFFERS,
                reason: other.to_string(),
            },
        }
    }
}

/// Nodes without a vote that are told of each block.
const FOLLOWERS_MAX: usize = 256;

/// What consensus asked to check before the body was here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Check {
    pub height: Height,
    pub round: Round,
    pub valid_round: Option<Round>,
}

/// One node's machine: mempool, consensus, execution and state. See the crate's documentation.
pub struct Replica {
    pub(crate) genesis: Genesis,
    pub(crate) pace: Pace,
    pub(crate) engine: Engine,
    pub(crate) ledger: Ledger,
    pub(crate) recovery: Recovery,
    pub(crate) wal: Wal,
    /// False for a node without a vote: it signs nothing, so it has nothing to remember.
    pub(crate) wal_is_needed: bool,
    pub(crate) consensus: Option<Consensus>,
    /// While the validator may have forgotten votes; `consensus` is none meanwhile.
    pub(crate) observation: Option<Observation>,
    pub(crate) mempool: Mempool,
    pub(crate) candidates: Candidates,
    /// Checks that wait for a body.
    pub(crate) checks: BTreeMap<Hash, Check>,
    /// Validators of the two heights after the tip.
    pub(crate) validators: Validators,
    /// Which version of the protocol acts, as the committed state says.
    pub(crate) protocol: ProtocolV1,
    /// When the tip was committed here.
    pub(crate) committed_at: TimeMs,
    /// Nodes without a vote: they are told of each block.
    pub(crate) followers: BTreeSet<PublicKey>,
    /// What the write-ahead log held of the next height, until that height starts.
    pub(crate) recovered: Vec<Vec<u8>>,
    pub(crate) sync: crate::sync::Sync,
    pub(crate) join: crate::join::Join,
    pub(crate) snapshot_rules: crate::join::SnapshotRules,
    pub(crate) meter: crate::progress::Meter,
    pub(crate) rng: ChaCha8Rng,
    pub(crate) observer: Box<dyn Observer>,
    pub(crate) out: Vec<Effect>,
    pub(crate) halted: Option<Fault>,
    /// Trees of recent blocks' receipts, made when somebody asks.
    pub(crate) receipt_trees: RefCell<BTreeMap<Height, Arc<ListTree>>>,
    /// The checkpoint of the tip, made when somebody asks.
    pub(crate) checkpoint: RefCell<Option<(Height, String)>>,
}

impl Replica {
    /// Handles one event at time `now` and says what is to be done, in order. After a halt nothing
    /// is done any more, and who submits is told what is committed.
    pub fn step(&mut self, now: TimeMs, input: Input) -> Vec<Effect> {
        if self.halted.is_some() {
            if let Input::Submitted { submissions } = input {
                self.submitted_late(submissions);
            }
        } else if let Err(fault) = self.handle(now, input) {
            self.halt(fault);
        }
        std::mem::take(&mut self.out)
    }

    /// What has to be done at the start, before any event.
    pub fn start(&mut self, now: TimeMs) -> Vec<Effect> {
        self.committed_at = now;
        let allowed = self.allow_peers();
        self.broadcast(&self.own_status());
        self.observe();
        let begun = if let Err(fault) = allowed.and_then(|()| self.check_protocol()) {
            Err(fault)
        } else if self.recovered.is_empty() {
            self.await_height(now)
        } else {
            self.start_height(now)
        };
        if let Err(fault) = begun {
            self.halt(fault);
        }
        std::mem::take(&mut self.out)
    }

    /// The state's next way to the store, when it is due: a job for any thread, whose result is given
    /// to [`Replica::end_flush`]. An owner that never asks has its blocks written in steps of their own.
    pub fn begin_flush(&mut self) -> Option<FlushJob> {
        if self.halted.is_none() && self.ledger.is_flush_due() {
            self.ledger.begin_flush()
        } else {
            None
        }
    }

    /// Takes a job's result and the CPU time that it took, in ns, for the observer.
    pub fn end_flush(&mut self, result: Result<Flushed, StateError>, spent_ns: u64) -> Vec<Effect> {
        self.observer.spent(Stage::Store, spent_ns);
        if let Err(error) = self.ledger.end_flush(result) {
            self.halt(Fault::state(error));
        }
        std::mem::take(&mut self.out)
    }

    /// What opening found and did: whether anything had to be made anew.
    pub fn recovery(&self) -> &Recovery {
        &self.recovery
    }

    /// Whether the owner has to wait for the job under way before the next step, or memory fills.
    pub fn is_backlogged(&self) -> bool {
        self.ledger.is_backlogged()
    }

    /// Ends the replica: what is committed goes to the store, so that the next start is quick. A
    /// replica that is dropped without it loses nothing; the next start executes more again.
    pub fn close(mut self) -> Result<(), Fault> {
        if self.halted.is_some() {
            Ok(())
        } else {
            self.ledger.flush().map_err(Fault::state)
        }
    }

    fn handle(&mut self, now: TimeMs, input: Input) -> Result<(), Fault> {
        match input {
            Input::Submitted { submissions } => self.submitted(now, submissions),
            Input::Connected { peer } => {
                self.send(peer, &self.own_status());
                self.observe_with(peer);
                Ok(())
            }
            Input::Received { from, bytes } => {
                self.enter(Stage::Codec);
                let message = PeerMessage::decode(&bytes);
                self.enter(Stage::Other);
                match message {
                    Ok(message) => self.received(now, from, message),
                    Err(error) => {
                        self.out.push(Effect::Misbehaved {
                            peer: from,
                            code: error.code(),
                        });
                        Ok(())
                    }
                }
            }
            Input::TimerFired {
                timer: ReplicaTimer::Consensus(timer),
            } => {
                if timer.kind == TimerKind::Rebroadcast {
                    // Perhaps nothing moves because the others have decided, while this node was down
                    // or cut off: then their answer is how far they are.
                    self.broadcast(&self.own_status());
                }
                self.consensus_step(now, ConsensusInput::TimeoutElapsed { timer })
            }
            Input::TimerFired {
                timer: ReplicaTimer::Height(height),
            } => {
                if height == self.ledger.tip().height.next() {
                    self.start_height_if_due(now)?;
                }
                Ok(())
            }
            Input::TimerFired {
                timer: ReplicaTimer::Snapshot,
            } => self.snapshot_timer_fired(now),
            Input::TimerFired {
                timer: ReplicaTimer::Sync,
            } => {
                self.sync_timed_out(now);
                Ok(())
            }
            Input::TimerFired {
                timer: ReplicaTimer::Observe,
            } => {
                self.observe();
                Ok(())
            }
        }
    }

    /// How far this node is, for the others.
    pub(crate) fn own_status(&self) -> PeerMessage {
        PeerMessage::Status {
            height: self.ledger.tip().height,
            follows: self.consensus.is_none(),
        }
    }

    fn received(
        &mut self,
        now: TimeMs,
        from: PublicKey,
        message: PeerMessage,
    ) -> Result<(), Fault> {
        match message {
            PeerMessage::Consensus(message) => {
                self.consensus_step(now, ConsensusInput::Message { message })
            }
            PeerMessage::Body { block } => self.received_body(now, from, block),
            PeerMessage::BodyRequest { height, block } => {
                self.answer_body_request(from, height, &block);
                Ok(())
            }
            PeerMessage::Transactions(transactions) => {
                self.received_transactions(now, from, transactions)
            }
            PeerMessage::Status { height, follows } => {
                if !follows {
                    self.followers.remove(&from);
                } else if self.followers.len() < FOLLOWERS_MAX {
                    self.followers.insert(from);
                }
                self.heard_of(now, from, height);
                Ok(())
            }
            PeerMessage::BlocksRequest { from: first, count } => {
                self.answer_blocks_request(from, first, count)
            }
            PeerMessage::Blocks(blocks) => self.received_blocks(now, from, blocks),
            PeerMessage::TipRequest { nonce } => {
                self.answer_tip_request(from, nonce);
                Ok(())
            }
            PeerMessage::Tip {
                nonce,
                height,
                validator,
            } => self.received_tip(now, from, (nonce, height, validator)),
            PeerMessage::Snapshot(message) => self.heard_about_snapshots(now, from, message),
        }
    }

    fn received_body(&mut self, now: TimeMs, from: PublicKey, block: Vec<u8>) -> Result<(), Fault> {
        match self.take_body(from, block) {
            Err(code) => {
                self.out.push(Effect::Misbehaved { peer: from, code });
                Ok(())
            }
            Ok((hash, height)) => {
                if height > self.ledger.tip().height.next() {
                    self.heard_of(now, from, Height(height.0 - 1));
                }
                match self.checks.remove(&hash) {
                    Some(check) => self.check_proposal(now, hash, check),
                    None => self.commit_if_certified(now, &hash),
                }
            }
        }
    }

    /// Says who may connect, as the tip's state has it.
    pub(crate) fn allow_peers(&mut self) -> Result<(), Fault> {
        let peers = peers::allowed(&self.ledger).map_err(Fault::host)?;
        self.followers
            .retain(|follower| peers.iter().any(|peer| peer.key == *follower));
        self.out.push(Effect::Allowed { peers });
        Ok(())
    }

    /// A transaction that waited can no longer be included.
    pub(crate) fn drop_waiting(&mut self, transaction: &VerifiedTransaction, code: Code) {
        let body = &transaction.transaction().body;
        self.mempool.remove(&body.device, body.sequence);
        self.out.push(Effect::Dropped {
            transaction: transaction.hash(),
            code,
        });
    }

    /// The key in the headers of blocks that this node proposes. Only a validator proposes.
    pub(crate) fn own_key(&self) -> PublicKey {
        match &self.consensus {
            Some(consensus) => consensus.public_key(),
            None => self.validators.next.validators()[0].key,
        }
    }

    pub(crate) fn halt(&mut self, fault: Fault) {
        tracing::error!(code = %fault.code, reason = %fault.reason, "the node halts");
        // What was not yet done must not be done: a vote whose log entry failed stays here.
        self.out
            .retain(|effect| !matches!(effect, Effect::Broadcast { .. } | Effect::Send { .. }));
        self.out.push(Effect::Halted {
            code: fault.code,
            reason: fault.reason.clone(),
        });
        self.halted = Some(fault);
    }

    pub(crate) fn broadcast(&mut self, message: &PeerMessage) {
        let bytes = self.encode(message);
        let lane = message.lane();
        self.out.push(Effect::Broadcast { lane, bytes });
    }

    pub(crate) fn send(&mut self, to: PublicKey, message: &PeerMessage) {
        let bytes = self.encode(message);
        let lane = message.lane();
        self.out.push(Effect::Send { to, lane, bytes });
    }

    fn encode(&mut self, message: &PeerMessage) -> Arc<[u8]> {
        self.enter(Stage::Codec);
        let bytes = message.encode().into();
        self.enter(Stage::Other);
        bytes
    }

    /// Work of this stage follows.
    pub(crate) fn enter(&mut self, stage: Stage) -> Stage {
        self.observer.enter(stage)
    }
}
