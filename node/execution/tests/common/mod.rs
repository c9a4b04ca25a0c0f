//! A chain in memory for tests: a registry written by hand, contracts from WAT, and blocks over a map.
#![allow(dead_code, reason = "each test binary uses its own part")]

use senim_abi::registry::record::{
    DeviceRecord, OrganisationRecord, RightRecord, device_key, organisation_key, right_key,
};
use senim_abi::registry::{Device, Organisation, Right, Standing};
use senim_abi::{REGISTRY, Roles};
use senim_execution::{
    BlockEnv, BlockExecution, Engine, ExecuteError, Mode, Stop, apply_genesis, execute_block, query,
};
use senim_types::crypto::{SecretKey, VerifiedTransaction, verify_transactions};
use senim_types::state_view::scan_over;
use senim_types::transaction::TRANSACTION_VERSION;
use senim_types::{
    Call, ChainId, ChangeSet, ContractId, Genesis, GenesisContract, Hash, Height, OrgId,
    Parameters, Receipt, Signature, StateEntry, StateView, Statement, Status, TimeMs, Transaction,
    Validator, ValidatorSet, ViewError, codec,
};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::{Path, PathBuf};

/// The contract under test.
pub const SUBJECT: ContractId = ContractId(10);
/// Contracts 20 to 27 are relays.
pub const RELAY: u32 = 20;
/// Keeps what it is given.
pub const RECORDER: ContractId = ContractId(40);
/// Wakes itself.
pub const SCHEDULER: ContractId = ContractId(41);

/// The member that the tests act for.
pub const MEMBER: OrgId = OrgId(7);
/// A role that has every right here.
pub const ALLOWED: Roles = Roles::OPERATOR;

/// A state in memory.
#[derive(Clone, Default)]
pub struct Map(pub BTreeMap<Vec<u8>, Vec<u8>>);

impl Map {
    pub fn apply(&mut self, changes: &ChangeSet) {
        for (key, change) in &changes.0 {
            match change {
                Some(value) => self.0.insert(key.clone(), value.clone()),
                None => self.0.remove(key),
            };
        }
    }
}

impl StateView for Map {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ViewError> {
        Ok(self.0.get(key).cloned())
    }

    fn scan(
        &self,
        prefix: &[u8],
        after: &[u8],
        limit: usize,
    ) -> Result<Vec<StateEntry>, ViewError> {
        let changes: BTreeMap<_, _> = self
            .0
            .iter()
            .map(|(key, value)| (key.clone(), Some(value.clone())))
            .collect();
        scan_over(&Nothing, &changes, prefix, after, limit)
    }
}

struct Nothing;

impl StateView for Nothing {
    fn get(&self, _: &[u8]) -> Result<Option<Vec<u8>>, ViewError> {
        Ok(None)
    }

    fn scan(&self, _: &[u8], _: &[u8], _: usize) -> Result<Vec<StateEntry>, ViewError> {
        Ok(Vec::new())
    }
}

/// Draws the coefficients of batch verification; answers do not depend on it.
struct Counter(u64);

impl rand_core::TryRng for Counter {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.try_next_u64()? as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        Ok(self.0)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for byte in bytes {
            *byte = self.try_next_u64()? as u8;
        }
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Counter {}

/// Where the corpus of modules lies.
pub fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/hostile")
}

/// Every module of the corpus by name, with its text.
pub fn modules() -> BTreeMap<String, String> {
    let files = std::fs::read_dir(corpus()).expect("the corpus is in the repository");
    files
        .map(|file| file.expect("a readable directory").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "wat"))
        .map(|path| {
            let name = path
                .file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            (
                name,
                std::fs::read_to_string(path).expect("a readable file"),
            )
        })
        .collect()
}

/// The bytes of a module of the corpus.
pub fn module(name: &str) -> Vec<u8> {
    let text =
        std::fs::read_to_string(corpus().join(format!("{name}.wat"))).expect("in the corpus");
    wat::parse_str(text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A chain with one member, and what it needs to make blocks.
pub struct Chain {
    pub engine: Engine,
    pub state: Map,
    pub genesis: Genesis,
    pub version: u16,
    pub height: Height,
    pub time: TimeMs,
    pub device: SecretKey,
    pub sequence: u64,
    pub parameters: Parameters,
}

impl Chain {
    /// A chain with these contracts and one device that may call method 0 to 255 of each.
    pub fn new(contracts: &[(ContractId, Vec<u8>)]) -> Chain {
        Chain::with_engine(Engine::new(None).expect("the engine starts"), contracts)
    }

    pub fn with_engine(engine: Engine, contracts: &[(ContractId, Vec<u8>)]) -> Chain {
        let validator = SecretKey::from_seed(&[9; 32]).public();
        let codes: BTreeMap<Hash, Vec<u8>> = contracts
            .iter()
            .map(|(_, code)| (Hash::of(code), code.clone()))
            .collect();
        let genesis = Genesis {
            version: senim_types::genesis::GENESIS_VERSION,
            name: "test".into(),
            time: TimeMs(1_000_000),
            parameters: Parameters::default(),
            validators: ValidatorSet::new(vec![Validator {
                key: validator,
                power: 1,
            }])
            .expect("one"),
            contracts: contracts
                .iter()
                .map(|(id, code)| GenesisContract {
                    id: *id,
                    name: format!("c{id}"),
                    code: Hash::of(code),
                })
                .collect(),
            calls: Vec::new(),
        };
        let mut state = Map::default();
        state.apply(
            &apply_genesis(&engine, &genesis, &codes)
                .expect("a sound genesis")
                .changes,
        );
        let mut chain = Chain {
            engine,
            state,
            version: 1,
            height: Height(0),
            time: genesis.time,
            parameters: Parameters {
                transaction_fuel_max: 10_000_000,
                ..genesis.parameters.clone()
            },
            genesis,
            device: SecretKey::from_seed(&[1; 32]),
            sequence: 0,
        };
        chain.set_organisation(MEMBER, ALLOWED, Standing::Active);
        chain.set_device(&chain.device.clone(), Standing::Active);
        for contract in contracts
            .iter()
            .map(|(id, _)| *id)
            .chain([ContractId::LEDGER])
        {
            for method in 0..=255 {
                chain.set_right(contract, method, ALLOWED);
            }
        }
        chain
    }

    /// A chain with the module of this name as [`SUBJECT`], relays, and the tools.
    pub fn with_subject(engine: &Engine, name: &str) -> Chain {
        let mut contracts = vec![(SUBJECT, module(name)), (RECORDER, module("recorder"))];
        contracts.push((SCHEDULER, module("scheduler")));
        contracts.extend((RELAY..RELAY + 8).map(|id| (ContractId(id), module("relay"))));
        contracts[4].1 = module("query_write"); // 21 writes when it is queried.
        Chain::with_engine(engine.clone(), &contracts)
    }

    pub fn set_organisation(&mut self, org: OrgId, roles: Roles, standing: Standing) {
        let record = Organisation {
            roles,
            standing,
            name: "Member".into(),
            details: Hash::ZERO,
        };
        let key = organisation_key(org).in_state_of(REGISTRY);
        self.state
            .0
            .insert(key, codec::encode(&OrganisationRecord::V1(record)));
    }

    pub fn set_device(&mut self, device: &SecretKey, standing: Standing) {
        let record = Device {
            org: MEMBER,
            standing,
            administrator: false,
            enrolled_at: TimeMs(0),
        };
        let key = device_key(&device.public()).in_state_of(REGISTRY);
        self.state
            .0
            .insert(key, codec::encode(&DeviceRecord::V1(record)));
    }

    pub fn set_right(&mut self, contract: ContractId, method: u8, roles_any: Roles) {
        let key = right_key(contract, method).in_state_of(REGISTRY);
        self.state
            .0
            .insert(key, codec::encode(&RightRecord::V1(Right { roles_any })));
    }

    pub fn chain_id(&self) -> ChainId {
        self.genesis.chain_id()
    }

    /// The next transaction of the device with these calls.
    pub fn transaction(&mut self, calls: Vec<Call>) -> Transaction {
        self.sequence += 1;
        Transaction {
            version: TRANSACTION_VERSION,
            chain: self.chain_id(),
            device: self.device.public(),
            sequence: self.sequence - 1,
            valid_until: TimeMs(self.time.0 + 60_000),
            calls,
            witnesses: Vec::new(),
        }
    }

    /// Signs as the device, and verifies.
    pub fn sign(&self, body: Transaction) -> VerifiedTransaction {
        self.sign_with(&self.device, body, Vec::new())
    }

    pub fn sign_with(
        &self,
        device: &SecretKey,
        mut body: Transaction,
        witnesses: Vec<(Statement, Signature)>,
    ) -> VerifiedTransaction {
        let (statements, signatures) = witnesses.into_iter().unzip();
        body.witnesses = statements;
        let chain = body.chain;
        let signed = device.sign_transaction(body, signatures);
        let mut verified = verify_transactions(&chain, vec![signed], &mut Counter(1));
        verified.remove(0).expect("signed well")
    }

    pub fn env(&self) -> BlockEnv {
        BlockEnv {
            version: self.version,
            chain: self.chain_id(),
            height: self.height.next(),
            time: TimeMs(self.time.0 + 1_000),
            proposer: self.genesis.validators.validators()[0].key,
            parameters: self.parameters.clone(),
        }
    }

    /// Executes the next block without applying it.
    pub fn execute(
        &self,
        transactions: &[VerifiedTransaction],
        mode: Mode,
    ) -> Result<BlockExecution, ExecuteError> {
        execute_block(&self.engine, &self.state, &self.env(), transactions, mode)
    }

    /// Executes and applies the next block.
    pub fn block(&mut self, transactions: &[VerifiedTransaction]) -> BlockExecution {
        let env = self.env();
        let execution = self
            .execute(transactions, Mode::Validate)
            .expect("a valid block");
        self.state.apply(&execution.changes);
        (self.height, self.time) = (env.height, env.time);
        execution
    }

    /// One transaction with these calls in a block of its own.
    pub fn submit(&mut self, calls: Vec<Call>) -> Receipt {
        let body = self.transaction(calls);
        let transaction = self.sign(body);
        let mut execution = self.block(&[transaction]);
        execution.receipts.pop().expect("the transaction's receipt")
    }

    /// One call of one contract.
    pub fn call(&mut self, contract: ContractId, input: &[u8]) -> Status {
        self.submit(vec![call(contract, input)]).status
    }

    pub fn query(&self, contract: ContractId, input: &[u8]) -> Result<Vec<u8>, Stop> {
        query(
            &self.engine,
            &self.state,
            (self.height, self.time),
            contract,
            input,
            10_000_000,
        )
    }

    /// What the recorder keeps for an entry.
    pub fn recorded(&self, entry: u8) -> Option<&Vec<u8>> {
        let mut key = RECORDER.0.to_be_bytes().to_vec();
        key.push(entry);
        self.state.0.get(&key)
    }
}

pub fn call(contract: ContractId, input: &[u8]) -> Call {
    Call {
        contract,
        input: input.to_vec(),
    }
}
