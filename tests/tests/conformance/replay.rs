//! Makes every step of a native run again, with the committed WebAssembly through the execution engine.

use senim_abi::ids::genesis_contracts;
use senim_abi::ledger::keys;
use senim_abi::{Caller, Refusal};
use senim_execution::{Engine, Rehearsal, Rehearsed, Stop, apply_genesis, query, rehearse};
use senim_sdk::testing::{Due, Step, TestEnv};
use senim_types::genesis::GENESIS_VERSION;
use senim_types::state_view::Overlay;
use senim_types::{
    Call, ChangeSet, Code, ContractId, Genesis, GenesisContract, Hash, Height, Parameters,
    PublicKey, StateEntry, StateView, TimeMs, Validator, ValidatorSet, ViewError,
};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Fuel of a transaction on a chain with the default parameters.
fn fuel_max() -> u64 {
    Parameters::default().transaction_fuel_max
}

struct Void;

impl StateView for Void {
    fn get(&self, _: &[u8]) -> Result<Option<Vec<u8>>, ViewError> {
        Ok(None)
    }

    fn scan(&self, _: &[u8], _: &[u8], _: usize) -> Result<Vec<StateEntry>, ViewError> {
        Ok(Vec::new())
    }
}

/// Where the artefacts are committed.
pub fn artefacts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../genesis/contracts")
}

/// The engine contracts as they are committed.
pub struct Wasm {
    engine: Engine,
    genesis: ChangeSet,
}

impl Wasm {
    /// Loads every artefact, as a genesis does.
    pub fn load() -> Wasm {
        let engine = Engine::new(None).expect("the engine starts");
        let mut codes = BTreeMap::new();
        let mut contracts = Vec::new();
        for (id, name) in genesis_contracts() {
            let code = std::fs::read(artefacts().join(format!("{name}.wasm"))).expect("committed");
            let hash = Hash::of(&code);
            codes.insert(hash, code);
            contracts.push(GenesisContract {
                id,
                name: name.into(),
                code: hash,
            });
        }
        let key = PublicKey::from_ed25519([0x5a; 32]).expect("a key");
        let genesis = Genesis {
            version: GENESIS_VERSION,
            name: "conformance".into(),
            time: TimeMs(0),
            parameters: Parameters::default(),
            validators: ValidatorSet::new(vec![Validator { key, power: 1 }]).expect("one"),
            contracts,
            calls: Vec::new(),
        };
        let genesis = apply_genesis(&engine, &genesis, &codes)
            .expect("every artefact passes the check of modules")
            .changes;
        Wasm { engine, genesis }
    }

    /// Replays what `env` recorded and compares outputs, refusals, writes, events and due entries of
    /// each step, and the state at the end. The fuel of each step that was not refused.
    #[track_caller]
    pub fn replay(&self, env: &TestEnv) -> Vec<u64> {
        let mut state = self.genesis.clone();
        let mut fuel = Vec::new();
        assert!(!env.steps().is_empty(), "a run has steps");
        for (number, step) in env.steps().iter().enumerate() {
            match (self.step(&state, step), &step.outcome.result) {
                (Ok(rehearsed), Ok(outputs)) => {
                    let tag = format!("step {number}");
                    assert_eq!(&rehearsed.outputs, outputs, "outputs of {tag}");
                    assert_eq!(rehearsed.events, step.outcome.events, "events of {tag}");
                    let scheduled = scheduled(&rehearsed);
                    assert_eq!(scheduled, step.outcome.scheduled, "due entries of {tag}");
                    let writes = without_ledger(&rehearsed.changes);
                    let native = ChangeSet(step.outcome.writes.clone());
                    assert_eq!(
                        effective(&state, writes),
                        effective(&state, native),
                        "writes of {tag}"
                    );
                    state.0.extend(without_ledger(&rehearsed.changes).0);
                    fuel.push(rehearsed.fuel);
                }
                (Err(refusal), Err(native)) => assert_eq!(&refusal, native, "step {number}"),
                (wasm, native) => panic!("step {number}: {wasm:?} but natively {native:?}"),
            }
        }
        let left: BTreeMap<_, _> = without_ledger(&state).0.into_iter().collect();
        let left: BTreeMap<_, _> = left
            .into_iter()
            .filter_map(|(k, v)| Some((k, v?)))
            .collect();
        assert_eq!(&left, env.state(), "state at the end");
        fuel
    }

    /// The state after these steps.
    #[allow(dead_code, reason = "for benches")]
    pub fn state_after(&self, steps: &[Step]) -> ChangeSet {
        let mut state = self.genesis.clone();
        for step in steps {
            state
                .0
                .extend(self.step(&state, step).expect("applies").changes.0);
        }
        state
    }

    /// A question, answered or refused.
    #[allow(dead_code, reason = "for benches")]
    pub fn ask(&self, state: &ChangeSet, contract: ContractId, input: &[u8]) -> bool {
        let (base, clock) = (&Void, (Height(1), TimeMs(1_800_000_000_000)));
        let view = Overlay {
            base,
            changes: state,
        };
        query(&self.engine, &view, clock, contract, input, fuel_max()).is_ok()
    }

    /// Makes one step.
    pub fn step(&self, state: &ChangeSet, step: &Step) -> Result<Rehearsed, Refusal> {
        let calls: Vec<Call> = step
            .calls
            .iter()
            .map(|(contract, input)| Call {
                contract: *contract,
                input: input.clone(),
            })
            .collect();
        let rehearsal = match step.context.caller {
            Caller::Ledger => None,
            caller => Some(Rehearsal {
                transaction: step.context.transaction,
                device: step.context.device.expect("only the ledger has no device"),
                org: step.context.org,
                roles: step.context.roles,
                caller,
                witnesses: step.witnesses.clone(),
            }),
        };
        let view = Overlay {
            base: &Void,
            changes: state,
        };
        let clock = (step.height, step.now);
        let what = (step.entry, calls.as_slice());
        match rehearse(&self.engine, &view, clock, rehearsal, what, fuel_max()) {
            Ok(rehearsed) => Ok(rehearsed),
            Err(Stop::Refused(refusal)) => Err(refusal),
            // The test double has no traps: what traps here is a refusal there.
            Err(Stop::Trapped(
                code @ (Code::CONTRACT_UNKNOWN | Code::REENTRANCY | Code::CALL_DEPTH),
            )) => Err(Refusal::new(code)),
            Err(stop) => panic!("{stop}, natively {:?}", step.outcome.result),
        }
    }
}

fn is_ledgers(key: &[u8]) -> bool {
    key.starts_with(&ContractId::LEDGER.0.to_be_bytes())
}

fn without_ledger(changes: &ChangeSet) -> ChangeSet {
    let changes = changes.0.iter().filter(|(key, _)| !is_ledgers(key));
    ChangeSet(
        changes
            .map(|(key, change)| (key.clone(), change.clone()))
            .collect(),
    )
}

/// Changes without deletions of what is not there.
fn effective(state: &ChangeSet, changes: ChangeSet) -> ChangeSet {
    let is_there = |key: &Vec<u8>| state.0.get(key).is_some_and(Option::is_some);
    let changes = changes.0.into_iter();
    ChangeSet(
        changes
            .filter(|(key, change)| change.is_some() || is_there(key))
            .collect(),
    )
}

/// The due entries that a step made, in the order of their making.
fn scheduled(rehearsed: &Rehearsed) -> Vec<Due> {
    let mut entries: Vec<_> = rehearsed
        .changes
        .0
        .iter()
        .filter_map(|(key, input)| {
            let (at, contract) = keys::parse_due(key)?;
            let input = input.clone().expect("rehearsals serve no due entries");
            // Height and ordinal of its making follow the time.
            Some((
                key[13..25].to_vec(),
                Due {
                    at,
                    contract,
                    input,
                },
            ))
        })
        .collect();
    entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    entries.into_iter().map(|(_, due)| due).collect()
}
