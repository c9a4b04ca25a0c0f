//! The state between transactions, and how a transaction is run over it.

use crate::codec;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use borsh::BorshSerialize;
use senim_abi::{CallContext, Caller, Entry, Outcome, Refusal, Roles};
use senim_types::{Code, ContractId, Event, Hash, Height, OrgId, PublicKey, Statement, TimeMs};

/// A contract's `run`, as the test double calls it.
pub type Run = fn(&mut TestEnv, Entry, &[u8]) -> Outcome;

/// Who signs a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The device.
    pub device: PublicKey,
    /// Its organisation.
    pub org: OrgId,
    /// The organisation's roles.
    pub roles: Roles,
}

impl Actor {
    /// An actor whose device key is made of a small number.
    pub fn new(device: u8, org: OrgId, roles: Roles) -> Actor {
        Actor {
            device: key_of(device),
            org,
            roles,
        }
    }
}

/// A public key for tests, different for each number. Nobody has its secret: the test double is told what was signed.
pub fn key_of(number: u8) -> PublicKey {
    let mut point = [0x5a; 32];
    point[0] = number;
    PublicKey::from_ed25519(point)
        .expect("y with 0x5a bytes is reduced and none of the five small-order values")
}

/// An entry of the due-queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Not before this time.
    pub at: TimeMs,
    /// The contract that asked for it and is entered.
    pub contract: ContractId,
    /// What it asked to be given.
    pub input: Vec<u8>,
}

/// What a transaction, a genesis call or a due entry did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestOutcome {
    /// Each call's output, or the refusal that ended all.
    pub result: Result<Vec<Vec<u8>>, Refusal>,
    /// Changed state keys (with the contract's id) and their new values; none if refused.
    pub writes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    /// Events in order; none if refused.
    pub events: Vec<Event>,
    /// New entries of the due-queue in order; none if refused.
    pub scheduled: Vec<Due>,
}

impl TestOutcome {
    /// The code of the refusal, if it was refused.
    pub fn code(&self) -> Option<Code> {
        self.result.as_ref().err().map(|refusal| refusal.code)
    }

    /// The output of the only call. Panics with the refusal if there is one.
    pub fn output(&self) -> &[u8] {
        match &self.result {
            Ok(outputs) => outputs.first().expect("a transaction has a call"),
            Err(refusal) => panic!("refused with {}", refusal.code),
        }
    }
}

/// What was asked of the test double, and what came of it. A run is a list of these; the conformance suite makes each
/// step again with the contracts as WebAssembly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The block's time.
    pub now: TimeMs,
    /// The block's height.
    pub height: Height,
    /// Why the contracts were entered.
    pub entry: Entry,
    /// The context of the calls; its `contract` means nothing.
    pub context: CallContext,
    /// The calls in order.
    pub calls: Vec<(ContractId, Vec<u8>)>,
    /// What was witnessed.
    pub witnesses: Vec<Statement>,
    /// What came of it.
    pub outcome: TestOutcome,
}

/// A contract on the stack.
pub(super) struct Frame {
    pub context: CallContext,
    pub read_only: bool,
}

/// The test double of the host.
pub struct TestEnv {
    contracts: BTreeMap<ContractId, Run>,
    pub(super) state: BTreeMap<Vec<u8>, Vec<u8>>,
    due: BTreeMap<(TimeMs, u64), Due>,
    due_made: u64,
    transactions_made: u64,
    pub(super) now: TimeMs,
    pub(super) height: Height,
    // Of the transaction under way:
    pub(super) changes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    pub(super) events: Vec<Event>,
    pub(super) scheduled: Vec<Due>,
    pub(super) witnesses: BTreeSet<Statement>,
    pub(super) stack: Vec<Frame>,
    pub(super) ended: Option<Refusal>,
    steps: Vec<Step>,
}

impl Default for TestEnv {
    fn default() -> Self {
        TestEnv::new()
    }
}

impl TestEnv {
    /// An empty ledger without contracts, at time 1,800,000,000,000 (2027-01-15) and height 1.
    pub fn new() -> TestEnv {
        TestEnv {
            contracts: BTreeMap::new(),
            state: BTreeMap::new(),
            due: BTreeMap::new(),
            due_made: 0,
            transactions_made: 0,
            now: TimeMs(1_800_000_000_000),
            height: Height(1),
            changes: BTreeMap::new(),
            events: Vec::new(),
            scheduled: Vec::new(),
            witnesses: BTreeSet::new(),
            stack: Vec::new(),
            ended: None,
            steps: Vec::new(),
        }
    }

    /// With this contract under this number.
    #[must_use]
    pub fn with(mut self, id: ContractId, run: Run) -> TestEnv {
        self.contracts.insert(id, run);
        self
    }

    /// Replaces a contract's code, as an upgrade does.
    pub fn replace(&mut self, id: ContractId, run: Run) {
        self.contracts.insert(id, run);
    }

    /// The block's time from now on. It may be set back, for tests that need a past.
    pub fn set_time(&mut self, now: TimeMs) {
        self.now = now;
    }

    /// A new block, this much later.
    pub fn advance(&mut self, duration_ms: u64) {
        self.now = self
            .now
            .checked_add(duration_ms)
            .expect("tests stay within time");
        self.height = self.height.next();
    }

    /// The block's time.
    pub fn time(&self) -> TimeMs {
        self.now
    }

    /// All state, under full keys.
    pub fn state(&self) -> &BTreeMap<Vec<u8>, Vec<u8>> {
        &self.state
    }

    /// Puts a value under a full key, behind the contracts' backs.
    pub fn plant(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.state.insert(key, value);
    }

    /// The entries of the due-queue, in the order in which they will be served.
    pub fn due(&self) -> impl Iterator<Item = &Due> {
        self.due.values()
    }

    /// Everything that was asked so far, in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The hash that the next transaction will have.
    pub fn next_transaction(&self) -> Hash {
        Hash::of(&(self.transactions_made + 1).to_be_bytes())
    }

    /// One transaction: all calls, or none.
    pub fn submit(
        &mut self,
        actor: &Actor,
        calls: &[(ContractId, Vec<u8>)],
        witnesses: &[Statement],
    ) -> TestOutcome {
        self.transactions_made += 1;
        self.witnesses = witnesses.iter().cloned().collect();
        let context = CallContext {
            transaction: Hash::of(&self.transactions_made.to_be_bytes()),
            device: Some(actor.device),
            org: actor.org,
            roles: actor.roles,
            caller: Caller::Device,
            contract: ContractId::LEDGER,
        };
        let result = calls
            .iter()
            .map(|(contract, input)| self.enter(*contract, context, Entry::Execute, input))
            .collect();
        self.finish(Entry::Execute, context, calls.to_vec(), result)
    }

    /// One transaction with one call and no witnesses.
    pub fn execute<M: BorshSerialize>(
        &mut self,
        actor: &Actor,
        contract: ContractId,
        message: &M,
    ) -> TestOutcome {
        self.submit(actor, &[(contract, codec::encode(message))], &[])
    }

    /// A call as if `caller`, a contract that need not exist, made it within a transaction of the actor's.
    pub fn execute_as<M: BorshSerialize>(
        &mut self,
        caller: ContractId,
        actor: &Actor,
        contract: ContractId,
        message: &M,
    ) -> TestOutcome {
        self.transactions_made += 1;
        let context = CallContext {
            transaction: Hash::of(&self.transactions_made.to_be_bytes()),
            device: Some(actor.device),
            org: actor.org,
            roles: actor.roles,
            caller: Caller::Contract(caller),
            contract: ContractId::LEDGER,
        };
        self.enter_one(contract, context, Entry::Execute, &codec::encode(message))
    }

    /// A call by the ledger: genesis or migration.
    pub fn by_ledger(&mut self, contract: ContractId, entry: Entry, input: &[u8]) -> TestOutcome {
        self.enter_one(contract, TestEnv::ledger_context(), entry, input)
    }

    /// A question from outside.
    pub fn ask<M: BorshSerialize>(&mut self, contract: ContractId, message: &M) -> Outcome {
        self.enter_one(
            contract,
            TestEnv::ledger_context(),
            Entry::Query,
            &codec::encode(message),
        )
        .result
        .map(|mut outputs| outputs.remove(0))
    }

    /// Serves all entries that are due, each atomic by itself.
    pub fn serve_due(&mut self) -> Vec<(Due, TestOutcome)> {
        let mut served = Vec::new();
        while let Some(entry) = self.due.first_entry() {
            if entry.key().0 > self.now {
                break;
            }
            let due = entry.remove();
            let context = TestEnv::ledger_context();
            let outcome = self.enter_one(due.contract, context, Entry::Due, &due.input);
            served.push((due, outcome));
        }
        served
    }

    fn ledger_context() -> CallContext {
        CallContext {
            transaction: Hash::ZERO,
            device: None,
            org: OrgId(0),
            roles: Roles::NONE,
            caller: Caller::Ledger,
            contract: ContractId::LEDGER,
        }
    }

    /// Enters a contract; the context's own `contract` is set here. Once a call was refused, all further ones are.
    pub(super) fn enter(
        &mut self,
        contract: ContractId,
        context: CallContext,
        entry: Entry,
        input: &[u8],
    ) -> Outcome {
        if let Some(refusal) = &self.ended {
            return Err(refusal.clone());
        }
        let below_reader = self.stack.last().is_some_and(|frame| frame.read_only);
        let outcome = match self.contracts.get(&contract) {
            None => Err(Refusal::new(Code::CONTRACT_UNKNOWN)),
            Some(_)
                if self
                    .stack
                    .iter()
                    .any(|frame| frame.context.contract == contract) =>
            {
                Err(Refusal::new(Code::REENTRANCY))
            }
            Some(_) if self.stack.len() == senim_abi::host::CALL_DEPTH_MAX => {
                Err(Refusal::new(Code::CALL_DEPTH))
            }
            Some(run) => {
                let run = *run;
                let read_only = below_reader || entry == Entry::Query;
                self.stack.push(Frame {
                    context: CallContext {
                        contract,
                        ..context
                    },
                    read_only,
                });
                let outcome = run(self, entry, input);
                self.stack.pop();
                outcome
            }
        };
        match (&self.ended, outcome) {
            (Some(refusal), _) => Err(refusal.clone()),
            (None, Err(refusal)) => {
                self.ended = Some(refusal.clone());
                Err(refusal)
            }
            (None, Ok(output)) => Ok(output),
        }
    }

    fn enter_one(
        &mut self,
        contract: ContractId,
        context: CallContext,
        entry: Entry,
        input: &[u8],
    ) -> TestOutcome {
        let result = self
            .enter(contract, context, entry, input)
            .map(|output| alloc::vec![output]);
        self.finish(
            entry,
            context,
            alloc::vec![(contract, input.to_vec())],
            result,
        )
    }

    /// Commits or rolls back what was done since the last time, and notes it.
    fn finish(
        &mut self,
        entry: Entry,
        context: CallContext,
        calls: Vec<(ContractId, Vec<u8>)>,
        result: Result<Vec<Vec<u8>>, Refusal>,
    ) -> TestOutcome {
        let witnesses = core::mem::take(&mut self.witnesses).into_iter().collect();
        let outcome = self.settle(result);
        self.steps.push(Step {
            now: self.now,
            height: self.height,
            entry,
            context,
            calls,
            witnesses,
            outcome: outcome.clone(),
        });
        outcome
    }

    fn settle(&mut self, result: Result<Vec<Vec<u8>>, Refusal>) -> TestOutcome {
        let writes = core::mem::take(&mut self.changes);
        let events = core::mem::take(&mut self.events);
        let scheduled = core::mem::take(&mut self.scheduled);
        self.ended = None;
        if result.is_err() {
            return TestOutcome {
                result,
                writes: BTreeMap::new(),
                events: Vec::new(),
                scheduled: Vec::new(),
            };
        }
        for (key, change) in &writes {
            match change {
                Some(value) => self.state.insert(key.clone(), value.clone()),
                None => self.state.remove(key),
            };
        }
        for due in &scheduled {
            self.due_made += 1;
            self.due.insert((due.at, self.due_made), due.clone());
        }
        TestOutcome {
            result,
            writes,
            events,
            scheduled,
        }
    }
}
