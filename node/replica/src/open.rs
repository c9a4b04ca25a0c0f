//! From a genesis and a disk to a running replica.

use crate::candidate::{Candidate, Candidates};
use crate::join::{Join, SnapshotRules};
use crate::mempool::{Mempool, MempoolLimits};
use crate::observe::{Observation, Observing, mark_restored, read_marker};
use crate::outcome::{Validators, execute, protocol, validator_sets};
use crate::progress::Meter;
use crate::protocol::unknown;
use crate::replica::{Fault, Pace, Replica};
use crate::stage::Observer;
use crate::sync::Sync;
use crate::wal::{Recovered, Wal};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use senim_consensus::{Consensus, Params, Signer};
use senim_execution::{BlockEnv, Engine, Mode, apply_genesis};
use senim_state::StateError;
use senim_state::disk::Disk;
use senim_state::ledger::{FlushMode, Ledger, LedgerOptions, Replay, ReplayError};
use senim_state::store::StoreOpener;
use senim_state::wal::{Wal as WalFile, WalError};
use senim_types::block::PROTOCOL_VERSION_NEWEST;
use senim_types::crypto::verify_transactions;
use senim_types::{Block, ChangeSet, Code, Genesis, Hash, Height, StateView, TimeMs};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// All that a replica is made of.
pub struct Setup {
    /// What everybody starts from.
    pub genesis: Genesis,
    /// The contract code that the genesis names, by hash. Needed while there is no state.
    pub codes: BTreeMap<Hash, Vec<u8>>,
    /// The engine that runs contracts; its cache may be shared by the nodes of one process.
    pub engine: Engine,
    /// The files.
    pub disk: Arc<dyn Disk>,
    /// The key-value store.
    pub store: Box<dyn StoreOpener>,
    /// Sizes and paces of the ledger's files.
    pub ledger: LedgerOptions,
    /// Signs votes; none for a node without a vote.
    pub signer: Option<Box<dyn Signer>>,
    /// Timeouts and bounds of consensus.
    pub consensus: Params,
    /// Pace of blocks and of catching up.
    pub pace: Pace,
    /// Which snapshots it makes, and whether it joins from one.
    pub snapshots: SnapshotRules,
    /// Bounds of the mempool.
    pub mempool: MempoolLimits,
    /// Seeds the coefficients of batch verification: from a secure source, but for a simulation.
    pub seed: [u8; 32],
    /// Is told of stages.
    pub observer: Box<dyn Observer>,
}

/// Why a replica cannot be opened. The node's operator has to act.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The genesis makes no state.
    #[error("the genesis cannot be used: {0}")]
    Genesis(String),
    /// The data cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
    /// The write-ahead log cannot be used.
    #[error(transparent)]
    Wal(#[from] WalError),
    /// The state does not decode.
    #[error("{}", .0.reason)]
    Fault(Fault),
}

impl OpenError {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            OpenError::Genesis(_) => Code::GENESIS,
            OpenError::State(error) => error.code(),
            OpenError::Wal(error) => error.code(),
            OpenError::Fault(fault) => fault.code,
        }
    }
}

/// Executes blocks again, from the log, for [`Ledger::open`].
struct Again<'a> {
    engine: &'a Engine,
    genesis: &'a Genesis,
    codes: &'a BTreeMap<Hash, Vec<u8>>,
    rng: &'a mut ChaCha8Rng,
}

impl Replay for Again<'_> {
    fn genesis(&mut self) -> Result<ChangeSet, ReplayError> {
        let applied = apply_genesis(self.engine, self.genesis, self.codes);
        applied
            .map(|applied| applied.changes)
            .map_err(|error| ReplayError::new(error.to_string()))
    }

    fn block(&mut self, block: &Block, state: &dyn StateView) -> Result<ChangeSet, ReplayError> {
        let header = &block.header;
        let transactions = block.transactions.clone();
        let verified: Result<Vec<_>, Code> =
            verify_transactions(&header.chain, transactions, self.rng)
                .into_iter()
                .collect();
        let verified =
            verified.map_err(|code| ReplayError::new(format!("a transaction: {code}")))?;
        let failed = |error: &dyn std::fmt::Display| ReplayError::new(error.to_string());
        let validators = Validators::read(state, self.genesis).map_err(|error| failed(&error))?;
        let version = protocol(state)
            .map_err(|error| failed(&error))?
            .at(header.height);
        if version > PROTOCOL_VERSION_NEWEST {
            return Err(ReplayError {
                code: Code::PROTOCOL_UNKNOWN,
                reason: unknown(header.height, version),
            });
        }
        if version != header.version {
            let reason = format!(
                "it is of version {} of the protocol, and version {version} acts there",
                header.version
            );
            return Err(ReplayError::new(reason));
        }
        let env = BlockEnv {
            version,
            chain: header.chain,
            height: header.height,
            time: header.time,
            proposer: header.proposer,
            parameters: self.genesis.parameters.clone(),
        };
        let executed = execute(
            self.engine,
            state,
            &env,
            &validators,
            &verified,
            Mode::Validate,
        );
        executed
            .map(|execution| execution.changes)
            .map_err(|error| failed(&error))
    }
}

/// Whether the validator of this data has to observe: a backup was put in place, or its votes are gone.
fn observing(disk: &dyn Disk, height: Height) -> Result<Option<Observing>, OpenError> {
    let marked = read_marker(disk).map_err(StateError::Disk)?;
    if marked.is_some() {
        return Ok(marked);
    }
    let is_new = height == Height::GENESIS;
    if is_new || WalFile::is_there(disk)? {
        return Ok(None);
    }
    tracing::warn!("this node's record of votes is gone, and its log is not new");
    mark_restored(disk).map_err(StateError::Disk)?;
    Ok(Some(Observing::default()))
}

impl Replica {
    /// Opens a node's data, or makes it; executes again what the store does not have yet; reads what
    /// an earlier run promised of the height after the tip. [`Replica::start`] comes next.
    pub fn open(setup: Setup) -> Result<Replica, OpenError> {
        let Setup {
            genesis,
            codes,
            engine,
            disk,
            store,
            signer,
            consensus,
            pace,
            ..
        } = setup;
        let mut rng = ChaCha8Rng::from_seed(setup.seed);
        let mut again = Again {
            engine: &engine,
            genesis: &genesis,
            codes: &codes,
            rng: &mut rng,
        };
        let options = LedgerOptions {
            flush: FlushMode::ByCaller,
            kept: Some(validator_sets()),
            snapshots_max: setup.snapshots.kept_max,
            ..setup.ledger
        };
        let (ledger, recovery) =
            Ledger::open(Arc::clone(&disk), &*store, &genesis, options, &mut again)?;
        let height = ledger.height().next();
        let observing = match signer {
            Some(_) => observing(&*disk, ledger.height())?,
            None => None,
        };
        let (mut wal, mut recovered) = Wal::open(Arc::clone(&disk), height)?;
        if signer.is_some() {
            wal.establish()?;
        }
        let observing = if signer.is_some() && recovered.is_ahead {
            tracing::warn!(
                "this node's votes are of a later height than its log: the log is an older one"
            );
            mark_restored(&*disk).map_err(StateError::Disk)?;
            Some(observing.unwrap_or_default())
        } else {
            observing
        };
        #[cfg(feature = "mutants")]
        let observing =
            observing.filter(|_| !senim_mutants::is(senim_mutants::Mutant::RestoredVotesAtOnce));
        if observing.is_some() {
            recovered = Recovered::default();
        }
        let validators = Validators::read(&ledger, &genesis)
            .map_err(|fault| OpenError::Fault(Fault::host(fault)))?;
        let protocol = protocol(&ledger).map_err(|fault| OpenError::Fault(Fault::host(fault)))?;
        let mut candidates = Candidates::default();
        for bytes in recovered.bodies {
            // What this node built or judged valid before: votes may refer to it.
            if let Ok(block) = Block::decode(&bytes) {
                let hash = block.header.hash();
                let candidate = Candidate {
                    block,
                    bytes,
                    outcome: None,
                    is_logged: true,
                    sender: None,
                    verified: None,
                };
                candidates.insert(hash, candidate);
            }
        }
        let consensus = signer.map(|signer| Consensus::new(consensus, signer));
        let (consensus, observation) = match (consensus, observing) {
            (Some(consensus), Some(observing)) => {
                tracing::warn!(
                    height = ledger.height().0,
                    until = observing.until.map(|until| until.0),
                    "this validator may have forgotten votes: it observes until the network has decided what it may have voted on"
                );
                let nonce = rng.next_u64();
                (
                    None,
                    Some(Observation::new(disk, nonce, observing, consensus)),
                )
            }
            (consensus, _) => (consensus, None),
        };
        Ok(Replica {
            wal_is_needed: consensus.is_some(),
            consensus,
            observation,
            mempool: Mempool::new(setup.mempool),
            checks: BTreeMap::new(),
            committed_at: TimeMs::default(),
            followers: BTreeSet::new(),
            recovered: recovered.entries,
            sync: Sync::default(),
            join: Join::default(),
            snapshot_rules: setup.snapshots,
            meter: Meter::default(),
            observer: setup.observer,
            out: Vec::new(),
            halted: None,
            receipt_trees: RefCell::default(),
            checkpoint: RefCell::default(),
            genesis,
            pace,
            engine,
            ledger,
            recovery,
            wal,
            candidates,
            validators,
            protocol,
            rng,
        })
    }
}
