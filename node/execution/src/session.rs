//! What one block's execution carries from call to call: the state as it stands now, what the current
//! transaction has done, and the contracts on the stack.

use crate::engine::{Contract, Engine};
use crate::lend::Lent;
use crate::stop::{HostFault, Stop};
use senim_abi::{CallContext, Caller, Roles};
use senim_types::crypto::VerifiedTransaction;
use senim_types::state_view::{Overlay, StateEntry, scan_over};
use senim_types::{
    ChangeSet, ContractId, Domain, Event, Hash, Height, OrgId, PublicKey, Statement, TimeMs, limits,
};
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

/// Changes of the current transaction: `None` deletes.
type Journal = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// On whose behalf the current calls are made.
#[derive(Clone)]
pub enum Origin {
    /// A device's transaction.
    Device {
        /// Hash of its body.
        transaction: Hash,
        /// The device.
        device: PublicKey,
        /// The device's organisation.
        org: OrgId,
        /// The organisation's roles.
        roles: Roles,
        /// What it was shown to be witnessed.
        witnesses: Witnesses,
    },
    /// The ledger: genesis, migration, due-queue, queries.
    Ledger,
}

/// Statements that a transaction carries.
#[derive(Clone)]
pub enum Witnesses {
    /// Their signatures were verified.
    Verified(VerifiedTransaction),
    /// For a rehearsal: taken as if they were signed.
    Assumed(Arc<[Statement]>),
}

impl Witnesses {
    fn statements(&self) -> &[Statement] {
        match self {
            Witnesses::Verified(transaction) => &transaction.transaction().body.witnesses,
            Witnesses::Assumed(statements) => statements,
        }
    }
}

/// A contract on the stack.
pub struct Frame {
    /// Which.
    pub contract: ContractId,
    /// Who called it.
    pub caller: Caller,
    /// Whether writes trap, here and below.
    pub read_only: bool,
    /// Its memory, once it is instantiated.
    pub memory: Option<wasmtime::Memory>,
    /// Result of the last `scan`, `call` or `query` that was not taken yet.
    pub kept: Option<Vec<u8>>,
}

/// Counts pages for fuel and refuses those above the limit.
#[derive(Default)]
pub struct MemoryMeter {
    /// Pages granted and not paid yet.
    pub unpaid_pages: u64,
}

/// The state of execution; the engine's store owns it during a call and gives it back after.
pub struct Session {
    /// Compiles and caches contracts.
    pub engine: Engine,
    /// State below the block.
    pub view: Lent,
    /// What the block changed so far.
    pub block: ChangeSet,
    /// What the current transaction changed.
    journal: Journal,
    /// What the current transaction emitted.
    events: Vec<Event>,
    /// Due entries made in this block: part of their keys.
    due_count: u32,
    due_count_before: u32,
    /// The block's height.
    pub height: Height,
    /// The block's time.
    pub time: TimeMs,
    /// For whom.
    pub origin: Origin,
    /// The contracts on the stack, outermost first.
    pub frames: Vec<Frame>,
    /// Instances made by the current call.
    pub instances: usize,
    /// Memory of the current call.
    pub memory: MemoryMeter,
    /// Contracts by number, so that their records are read once per block.
    pub contracts: BTreeMap<ContractId, Arc<Contract>>,
}

/// A state key on the stack: contract id ‖ the contract's own key.
pub struct StateKey {
    bytes: [u8; limits::STATE_KEY_BYTES_MAX],
    length: usize,
}

impl StateKey {
    /// `None` where the key is longer than a key may be.
    pub fn new(contract: ContractId, key: &[u8]) -> Option<StateKey> {
        let mut bytes = [0; limits::STATE_KEY_BYTES_MAX];
        let length = 4 + key.len();
        bytes[..4].copy_from_slice(&contract.0.to_be_bytes());
        bytes.get_mut(4..length)?.copy_from_slice(key);
        Some(StateKey { bytes, length })
    }

    /// The key.
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl Session {
    /// A session over `view` at the start of a block.
    pub fn new(engine: Engine, view: Lent, height: Height, time: TimeMs) -> Session {
        Session {
            engine,
            view,
            block: ChangeSet::default(),
            journal: Journal::new(),
            events: Vec::new(),
            due_count: 0,
            due_count_before: 0,
            height,
            time,
            origin: Origin::Ledger,
            frames: Vec::new(),
            instances: 0,
            memory: MemoryMeter::default(),
            contracts: BTreeMap::new(),
        }
    }

    /// Reads the value at `key` where it lies, without a copy if this block wrote it.
    pub fn read<R>(
        &self,
        key: &[u8],
        use_value: impl FnOnce(Option<&[u8]>) -> R,
    ) -> Result<R, HostFault> {
        if let Some(change) = self.journal.get(key).or_else(|| self.block.0.get(key)) {
            return Ok(use_value(change.as_deref()));
        }
        let value = self.view.with(|view| view.get(key))?;
        Ok(use_value(value.as_deref()))
    }

    /// The entries under `prefix` strictly after `after`, both with the contract's id in front.
    pub fn scan(
        &self,
        prefix: &[u8],
        after: &[u8],
        limit: usize,
    ) -> Result<Vec<StateEntry>, HostFault> {
        self.view.with(|base| {
            let below = Overlay {
                base,
                changes: &self.block,
            };
            Ok(scan_over(&below, &self.journal, prefix, after, limit)?)
        })
    }

    /// Sets (or deletes) the value at `key` for the current transaction.
    pub fn write(&mut self, key: &[u8], value: Option<&[u8]>) {
        match self.journal.get_mut(key) {
            Some(change) => *change = value.map(<[u8]>::to_vec),
            None => {
                self.journal.insert(key.to_vec(), value.map(<[u8]>::to_vec));
            }
        }
    }

    /// Adds an event; `false` where the transaction has too many.
    pub fn emit(&mut self, event: Event) -> bool {
        let fits = self.events.len() < limits::EVENTS_MAX;
        if fits {
            self.events.push(event);
        }
        fits
    }

    /// The next number of a due entry.
    pub fn next_due(&mut self) -> u32 {
        self.due_count += 1;
        self.due_count
    }

    /// Begins a transaction (or another unit of all-or-nothing) for `origin`.
    pub fn begin(&mut self, origin: Origin) {
        self.origin = origin;
        self.due_count_before = self.due_count;
        debug_assert!(self.journal.is_empty() && self.events.is_empty() && self.frames.is_empty());
    }

    /// Keeps what was done since [`Session::begin`]; gives the events.
    pub fn keep(&mut self) -> Vec<Event> {
        for (key, change) in std::mem::take(&mut self.journal) {
            self.block.0.insert(key, change);
        }
        std::mem::take(&mut self.events)
    }

    /// Whether the current transaction changed anything of `contract`.
    pub fn changes_state_of(&self, contract: ContractId) -> bool {
        let prefix = contract.0.to_be_bytes();
        let first = self
            .journal
            .range::<[u8], _>((Bound::Included(prefix.as_slice()), Bound::Unbounded))
            .next();
        first.is_some_and(|(key, _)| key.starts_with(&prefix))
    }

    /// Whether the transaction carries this statement; its signature was verified long before.
    pub fn witnessed(&self, key: &PublicKey, domain: Domain, message: &[u8]) -> bool {
        match &self.origin {
            Origin::Device { witnesses, .. } => witnesses
                .statements()
                .iter()
                .any(|w| w.key == *key && w.domain == domain && w.message == message),
            Origin::Ledger => false,
        }
    }

    /// Undoes what was done since [`Session::begin`].
    pub fn undo(&mut self) {
        self.journal.clear();
        self.events.clear();
        self.frames.clear();
        self.due_count = self.due_count_before;
    }

    /// What the contract on top of the stack may know of its call.
    pub fn context(&self) -> CallContext {
        let frame = self.frame();
        let (transaction, device, org, roles) = match &self.origin {
            Origin::Device {
                transaction,
                device,
                org,
                roles,
                ..
            } => (*transaction, Some(*device), *org, *roles),
            Origin::Ledger => (Hash::ZERO, None, OrgId(0), Roles::NONE),
        };
        CallContext {
            transaction,
            device,
            org,
            roles,
            caller: frame.caller,
            contract: frame.contract,
        }
    }

    /// The contract on top of the stack.
    pub fn frame(&self) -> &Frame {
        self.frames
            .last()
            .expect("host functions are called by a contract, which is on the stack")
    }

    /// See [`Session::frame`].
    pub fn frame_mut(&mut self) -> &mut Frame {
        self.frames
            .last_mut()
            .expect("host functions are called by a contract, which is on the stack")
    }

    /// The contract of this number as it stands now.
    pub fn contract(&mut self, id: ContractId) -> Result<Arc<Contract>, Stop> {
        if let Some(contract) = self.contracts.get(&id) {
            return Ok(contract.clone());
        }
        let contract = crate::system::load_contract(self, id)?;
        self.contracts.insert(id, contract.clone());
        Ok(contract)
    }
}
