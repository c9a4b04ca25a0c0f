//! Executes a block: upgrades and due entries first, then the transactions in their order.
//!
//! The order within one block is protocol:
//! 1. upgrades whose activation height this is: the code is switched and `Migrate` runs once;
//! 2. due entries up to the block's time, by time and then in the order of their making, while their
//!    fuel lasts;
//! 3. transactions: admission, sequence number, rights, calls;
//! 4. the sequence windows are written, each device's once;
//! 5. the treasury's postings of the block must balance.
//!
//! 1 and 2 leave receipts ahead of the transactions' own, under the hash of the entry.

use crate::authorise::{Authority, Member};
use crate::cost;
use crate::engine::{Data, Engine};
use crate::frame::{self, Invocation};
use crate::lend::lend;
use crate::postings;
use crate::session::{Origin, Session};
use crate::stop::{HostFault, Stop};
use crate::system::{self, Done};
use senim_abi::ledger::keys;
use senim_abi::{Caller, Entry, REGISTRY};
use senim_types::crypto::VerifiedTransaction;
use senim_types::{
    ChainId, ChangeSet, Code, ContractId, Hash, Height, Parameters, PublicKey, Receipt, StateView,
    Status, TimeMs, ValidatorSet, codec, limits,
};
use std::collections::BTreeSet;

/// What a block is executed in: all that a contract can learn besides state and transaction, and the
/// limits of the chain.
#[derive(Clone, Debug)]
pub struct BlockEnv {
    /// The version of the protocol that acts at the block's height.
    pub version: u16,
    /// The chain.
    pub chain: ChainId,
    /// The block's height.
    pub height: Height,
    /// The proposer's time.
    pub time: TimeMs,
    /// The proposer. Execution does not depend on it; evidence and logs do.
    pub proposer: PublicKey,
    /// From the genesis.
    pub parameters: Parameters,
}

/// Whose transactions they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// This node's, for a proposal: what may not be in the block is left out.
    Propose,
    /// A proposer's or the log's: what may not be in the block makes it invalid.
    Validate,
}

/// What a block does. Nothing has happened until the caller applies it.
#[derive(Debug)]
pub struct BlockExecution {
    /// Changed keys and their new values.
    pub changes: ChangeSet,
    /// Of upgrades, due entries and the included transactions, in the order of execution.
    pub receipts: Vec<Receipt>,
    /// How many of the receipts stand ahead of the transactions' own.
    pub ledger_receipts: usize,
    /// Indices of the transactions that are in the block. In `Validate` all of them.
    pub included: Vec<usize>,
    /// In `Propose`: those that are not, and why. `BLOCK_FULL` says that it may be in the next.
    pub dropped: Vec<(usize, Code)>,
    /// Fuel of the transactions together.
    pub fuel_used: u64,
    /// The validators in the registry after this block: they certify from the height after the next.
    /// None where there is no registry.
    pub next_validators: Option<ValidatorSet>,
}

/// Why there is no outcome.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExecuteError {
    /// The block may not exist: its proposer is at fault.
    #[error("invalid block: {code:?} (transaction {transaction:?})")]
    InvalidBlock {
        /// `BLOCK_LIMITS`, `BLOCK_TRANSACTION` or `UNBALANCED`.
        code: Code,
        /// The transaction that may not be in it, and why.
        transaction: Option<(usize, Code)>,
    },
    /// This node cannot execute it, and stops.
    #[error(transparent)]
    Fault(#[from] HostFault),
}

impl ExecuteError {
    const fn limits() -> ExecuteError {
        ExecuteError::InvalidBlock {
            code: Code::BLOCK_LIMITS,
            transaction: None,
        }
    }
}

/// Executes a block over `view`. The thread needs 2 MiB of stack.
pub fn execute_block(
    engine: &Engine,
    view: &dyn StateView,
    env: &BlockEnv,
    transactions: &[VerifiedTransaction],
    mode: Mode,
) -> Result<BlockExecution, ExecuteError> {
    let mut left_out = BTreeSet::new();
    loop {
        match execute_once(engine, view, env, transactions, mode, &left_out) {
            // Only a fault of the treasury's code can do this. A proposer goes on without that
            // transaction, or the chain would stand still for it.
            Err(ExecuteError::InvalidBlock {
                code: Code::UNBALANCED,
                transaction: Some((index, _)),
            }) if mode == Mode::Propose => {
                left_out.insert(index);
            }
            outcome => return outcome,
        }
    }
}

fn execute_once(
    engine: &Engine,
    view: &dyn StateView,
    env: &BlockEnv,
    transactions: &[VerifiedTransaction],
    mode: Mode,
    left_out: &BTreeSet<usize>,
) -> Result<BlockExecution, ExecuteError> {
    lend(view, |view| {
        let session = Session::new(engine.clone(), view, env.height, env.time);
        let mut executor = Executor::new(env, Box::new(session));
        executor.upgrades()?;
        executor.due_entries()?;
        executor.ledger_receipts = executor.receipts.len();
        executor.transactions(transactions, mode, left_out)?;
        executor.finish()
    })
}

struct Executor<'a> {
    env: &'a BlockEnv,
    /// Absent only while a call has it.
    session: Option<Data>,
    authority: Authority,
    receipts: Vec<Receipt>,
    ledger_receipts: usize,
    included: Vec<usize>,
    dropped: Vec<(usize, Code)>,
    fuel_used: u64,
    bytes_used: usize,
}

/// What a unit of all-or-nothing left.
struct Unit {
    outcome: Result<Vec<Vec<u8>>, Stop>,
    fuel: u64,
}

impl<'a> Executor<'a> {
    fn new(env: &'a BlockEnv, session: Data) -> Self {
        Executor {
            env,
            session: Some(session),
            authority: Authority::default(),
            receipts: Vec::new(),
            ledger_receipts: 0,
            included: Vec::new(),
            dropped: Vec::new(),
            fuel_used: 0,
            bytes_used: 0,
        }
    }

    fn session(&mut self) -> &mut Session {
        self.session
            .as_mut()
            .expect("the session is away only within `call`")
    }

    fn upgrades(&mut self) -> Result<(), ExecuteError> {
        for contract in system::upgrades_due(self.session())? {
            let fuel_max = self.env.parameters.transaction_fuel_max;
            self.session().begin(Origin::Ledger);
            let mut unit = match system::resolve_upgrade(self.session(), contract, true) {
                Ok(version) => {
                    let call = self.call(
                        (contract, Entry::Migrate, Caller::Ledger),
                        &codec::encode(&version),
                        fuel_max,
                    );
                    Unit {
                        outcome: call.outcome.map(|output| vec![output]),
                        fuel: call.fuel,
                    }
                }
                Err(stop) => Unit {
                    outcome: Err(stop),
                    fuel: 0,
                },
            };
            if let Err(stop) = unit.outcome {
                // The old code goes on, and the receipt says why.
                stop.clone().into_status()?;
                self.session().undo();
                self.session().begin(Origin::Ledger);
                system::resolve_upgrade(self.session(), contract, false).map_err(fault_of)?;
                self.session().keep();
                unit.outcome = Err(stop);
            }
            let key = keys::upgrade(self.env.height, contract);
            self.record(Hash::of(&key), unit)?;
        }
        Ok(())
    }

    fn due_entries(&mut self) -> Result<(), ExecuteError> {
        let (limit, each_max) = (
            self.env.parameters.due_fuel_max,
            self.env.parameters.transaction_fuel_max,
        );
        let (prefix, mut fuel_used, mut served) = (keys::collection(keys::DUE), 0u64, 0);
        let mut after = Vec::new();
        loop {
            let page = self.session().scan(&prefix, &after, 64)?;
            for (key, input) in &page {
                let (at, contract) = keys::parse_due(key)
                    .ok_or_else(|| HostFault("a key of the due-queue does not parse".into()))?;
                let has_room = fuel_used.saturating_add(each_max) <= limit
                    && served < cost::DUE_ENTRIES_PER_BLOCK_MAX;
                if at > self.env.time || !has_room {
                    return Ok(());
                }
                // The entry goes whatever becomes of it: it is not tried again.
                self.session().begin(Origin::Ledger);
                self.session().write(key, None);
                self.session().keep();
                self.session().begin(Origin::Ledger);
                let call = self.call((contract, Entry::Due, Caller::Ledger), input, each_max);
                fuel_used = fuel_used.saturating_add(call.fuel);
                served += 1;
                let unit = Unit {
                    outcome: call.outcome.map(|output| vec![output]),
                    fuel: call.fuel,
                };
                self.record(Hash::of_parts(&[key, input]), unit)?;
            }
            match page.last() {
                Some((last, _)) => after.clone_from(last),
                None => return Ok(()),
            }
        }
    }

    fn transactions(
        &mut self,
        transactions: &[VerifiedTransaction],
        mode: Mode,
        left_out: &BTreeSet<usize>,
    ) -> Result<(), ExecuteError> {
        let parameters = &self.env.parameters;
        let (bytes_max, fuel_max) = (
            parameters.block_bytes_max as usize,
            parameters.block_fuel_max,
        );
        let transaction_fuel_max = parameters.transaction_fuel_max;
        for (index, transaction) in transactions.iter().enumerate() {
            if left_out.contains(&index) {
                self.dropped.push((index, Code::UNBALANCED));
                continue;
            }
            let bytes_after = self.bytes_used.saturating_add(transaction.length());
            let is_full = bytes_after > bytes_max.saturating_sub(limits::HEADER_BYTES_MAX)
                || self.included.len() >= limits::BLOCK_TRANSACTIONS_MAX;
            match mode {
                Mode::Validate if is_full => return Err(ExecuteError::limits()),
                // A proposer leaves room for the worst that a transaction can use.
                Mode::Propose
                    if is_full
                        || self.fuel_used.saturating_add(transaction_fuel_max) > fuel_max =>
                {
                    self.dropped.push((index, Code::BLOCK_FULL));
                    continue;
                }
                Mode::Validate | Mode::Propose => {}
            }
            let member = {
                let session = self
                    .session
                    .as_ref()
                    .expect("the session is away only within `call`");
                self.authority.admit(
                    &**session,
                    &self.env.chain,
                    &transaction.transaction().body,
                )?
            };
            let member = match (member, mode) {
                (Ok(member), _) => member,
                (Err(code), Mode::Propose) => {
                    self.dropped.push((index, code));
                    continue;
                }
                (Err(code), Mode::Validate) => {
                    let transaction = Some((index, code));
                    return Err(ExecuteError::InvalidBlock {
                        code: Code::BLOCK_TRANSACTION,
                        transaction,
                    });
                }
            };
            self.bytes_used = bytes_after;
            self.included.push(index);
            self.transaction(transaction, member)?;
            if self.fuel_used > fuel_max {
                return Err(ExecuteError::limits());
            }
        }
        Ok(())
    }

    /// An admitted transaction: from here on it is charged whatever happens.
    fn transaction(
        &mut self,
        transaction: &VerifiedTransaction,
        member: Member,
    ) -> Result<(), ExecuteError> {
        let body = &transaction.transaction().body;
        self.authority.use_sequence(body);
        self.session().begin(member.origin(transaction.clone()));
        let mut unit = Unit {
            outcome: Ok(Vec::with_capacity(body.calls.len())),
            fuel: cost::transaction_fuel(self.env.version, body.witnesses.len()),
        };
        let session = self
            .session
            .as_ref()
            .expect("the session is away only within `call`");
        match self.authority.check_rights(&**session, member, body) {
            Err(stop) => unit.outcome = Err(stop),
            Ok(()) => {
                for call in &body.calls {
                    let fuel_max = self
                        .env
                        .parameters
                        .transaction_fuel_max
                        .saturating_sub(unit.fuel);
                    let (result, fuel) = self.device_call(call.contract, &call.input, fuel_max);
                    unit.fuel += fuel;
                    match (result, &mut unit.outcome) {
                        (Ok(output), Ok(outputs)) => outputs.push(output),
                        (Err(stop), outcome) => {
                            *outcome = Err(stop);
                            break;
                        }
                        (Ok(_), Err(_)) => break,
                    }
                }
            }
        }
        self.fuel_used = self.fuel_used.saturating_add(unit.fuel);
        if body
            .calls
            .iter()
            .any(|call| call.contract == ContractId::LEDGER)
        {
            // What was loaded in between may be undone with the transaction.
            self.session().contracts.clear();
        }
        self.record(transaction.hash(), unit)
    }

    fn device_call(
        &mut self,
        contract: ContractId,
        input: &[u8],
        fuel_max: u64,
    ) -> (Result<Vec<u8>, Stop>, u64) {
        if contract != ContractId::LEDGER {
            let call = self.call((contract, Entry::Execute, Caller::Device), input, fuel_max);
            return (call.outcome, call.fuel);
        }
        let fuel = system::fuel(input);
        if fuel > fuel_max {
            return (Err(Stop::Trapped(Code::OUT_OF_FUEL)), fuel_max);
        }
        match system::execute(self.session(), input) {
            Ok(Done::Output(output)) => (Ok(output), fuel),
            Ok(Done::EnterGenesis(contract, input)) => {
                let call = self.call(
                    (contract, Entry::Genesis, Caller::Ledger),
                    &input,
                    fuel_max - fuel,
                );
                (call.outcome, fuel + call.fuel)
            }
            Err(stop) => (Err(stop), fuel),
        }
    }

    fn call(
        &mut self,
        (contract, entry, caller): (ContractId, Entry, Caller),
        input: &[u8],
        fuel_max: u64,
    ) -> Called {
        let session = self
            .session
            .take()
            .expect("the session is away only within `call`, which does not nest");
        let invocation = Invocation {
            contract,
            entry,
            caller,
            input,
            read_only: false,
        };
        let finished = frame::call(session, invocation, fuel_max);
        self.session = Some(finished.session);
        Called {
            outcome: finished.outcome,
            fuel: finished.fuel,
        }
    }

    /// Keeps or undoes a unit, and writes its receipt.
    fn record(&mut self, transaction: Hash, unit: Unit) -> Result<(), ExecuteError> {
        let (status, events, outputs) = match unit.outcome {
            Ok(outputs) => {
                if self.session().changes_state_of(REGISTRY) {
                    self.authority.forget_registry();
                }
                (Status::Applied, self.session().keep(), outputs)
            }
            Err(stop) => {
                self.session().undo();
                (stop.into_status()?, Vec::new(), Vec::new())
            }
        };
        let index = u32::try_from(self.receipts.len())
            .expect("the limits of a block are far below 2^32 receipts");
        let height = self.env.height;
        self.receipts.push(Receipt {
            transaction,
            height,
            index,
            status,
            fuel: unit.fuel,
            events,
            outputs,
        });
        Ok(())
    }

    fn finish(mut self) -> Result<BlockExecution, ExecuteError> {
        if let Some(receipt) = postings::first_unbalanced(&self.receipts) {
            let transaction = receipt
                .checked_sub(self.ledger_receipts)
                .map(|n| (self.included[n], Code::UNBALANCED));
            return Err(ExecuteError::InvalidBlock {
                code: Code::UNBALANCED,
                transaction,
            });
        }
        let mut session = self
            .session
            .take()
            .expect("the session is away only within `call`");
        self.authority.flush(&mut session);
        let next_validators = postings::validators(&session)?;
        Ok(BlockExecution {
            changes: session.block,
            receipts: self.receipts,
            ledger_receipts: self.ledger_receipts,
            included: self.included,
            dropped: self.dropped,
            fuel_used: self.fuel_used,
            next_validators,
        })
    }
}

struct Called {
    outcome: Result<Vec<u8>, Stop>,
    fuel: u64,
}

fn fault_of(stop: Stop) -> HostFault {
    match stop {
        Stop::Fault(fault) => fault,
        other => HostFault(format!("the ledger refused itself: {other}")),
    }
}
