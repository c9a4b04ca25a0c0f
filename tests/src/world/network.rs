//! The genesis of the world: the devnet's template, with keys of fixed seeds.

use senim_abi::ids::genesis_contracts;
use senim_execution::Engine;
use senim_types::crypto::SecretKey;
use senim_types::genesis::GENESIS_VERSION;
use senim_types::{ChainId, Genesis, GenesisContract, Hash, Parameters, TimeMs};
use senimd::template::{Keys, Template, validator_name};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

/// Names a folder of contracts that take the place of the genesis's own, for a story that is played without a guard.
pub const CONTRACTS: &str = "SENIM_TEST_CONTRACTS";
/// 2026-02-03T12:00:00+05:00: the day of the messages in `tests/data/fhir`.
pub const GENESIS_TIME: TimeMs = TimeMs(1_770_102_000_000);
/// An idle world makes no blocks, so that a test can let days pass.
const HEARTBEAT_MS: u64 = 10 * 365 * 24 * 60 * 60 * 1000;

/// The folder of the contracts that a genesis is made of.
pub fn contracts() -> PathBuf {
    std::env::var_os(CONTRACTS).map_or_else(|| root().join("genesis/contracts"), PathBuf::from)
}

/// The repository.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The secret key of this name: everybody can compute it.
pub fn secret(name: &str) -> SecretKey {
    SecretKey::from_seed(Hash::of(format!("a key of the test world: {name}").as_bytes()).as_bytes())
}

/// An engine with the genesis' contracts, compiled once for all test programs: unoptimised, the
/// compiler takes seconds.
pub fn engine(codes: &BTreeMap<Hash, Vec<u8>>) -> Engine {
    let program = std::env::current_exe().expect("the operating system knows what it runs");
    let folder = program
        .parent()
        .expect("a program lies in a folder")
        .join("compiled-contracts");
    fs::create_dir_all(&folder).expect("the folder of the test's own program is writable");
    // Whoever comes first compiles, the others wait and read.
    let guard = fs::File::create(folder.join("lock")).expect("the folder is writable");
    guard.lock().expect("the file system has locks");
    let engine = Engine::new(Some(folder)).expect("the engine starts");
    for (hash, code) in codes {
        engine
            .load(hash, code)
            .expect("the committed contracts load");
    }
    engine
}

/// A genesis with the keys of everybody in it.
#[derive(Clone)]
pub struct Network {
    /// What everybody starts from.
    pub genesis: Genesis,
    /// Its chain.
    pub chain: ChainId,
    /// The contracts' code.
    pub codes: BTreeMap<Hash, Vec<u8>>,
    /// The validators' keys, by name.
    pub validators: Vec<(String, SecretKey)>,
    devices: BTreeMap<String, SecretKey>,
}

impl Network {
    /// The devnet with the first `validators` of its validators, and the contracts that are committed.
    pub fn new(validators: usize) -> Network {
        Network::with_code(validators, |_| None)
    }

    /// The same, with other code for the contracts of which `code` gives some by their names.
    pub fn with_code(validators: usize, code: impl Fn(&str) -> Option<Vec<u8>>) -> Network {
        let read = |path: PathBuf| {
            fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        };
        let text = read(root().join("genesis/devnet.toml"));
        let text = String::from_utf8(text).expect("the template is text");
        let mut template = Template::parse(&text).expect("the devnet's template is sound");
        template.limit_validators(validators);
        let (mut keys, mut running, mut devices) = (Keys::new(), Vec::new(), BTreeMap::new());
        for organisation in template.organisations() {
            for device in &organisation.devices {
                keys.insert(device.clone(), secret(device).public());
                devices.insert(device.clone(), secret(device));
            }
            if organisation.validator {
                let name = validator_name(organisation.id);
                keys.insert(name.clone(), secret(&name).public());
                running.push((name.clone(), secret(&name)));
            }
        }
        let committed = |name: &str| read(contracts().join(format!("{name}.wasm")));
        let code_of = |name: &str| code(name).unwrap_or_else(|| committed(name));
        let mut codes = BTreeMap::new();
        let contracts = genesis_contracts().map(|(id, name)| {
            let code = code_of(name);
            let hash = Hash::of(&code);
            codes.insert(hash, code);
            GenesisContract {
                id,
                name: name.to_owned(),
                code: hash,
            }
        });
        let genesis = Genesis {
            version: GENESIS_VERSION,
            name: template.name.clone(),
            time: GENESIS_TIME,
            parameters: Parameters {
                heartbeat_ms: HEARTBEAT_MS,
                ..Parameters::default()
            },
            validators: template
                .validators(&keys)
                .expect("every validator has a key"),
            contracts: contracts.collect(),
            calls: template.calls(&keys).expect("every device has a key"),
        };
        Network {
            chain: genesis.chain_id(),
            genesis,
            codes,
            validators: running,
            devices,
        }
    }

    /// The key of a device of the devnet, or of one that a test enrols.
    pub fn device(&self, name: &str) -> &SecretKey {
        self.devices
            .get(name)
            .unwrap_or_else(|| panic!("no device is called {name}"))
    }

    /// Makes a device known to the test; the ledger knows it once somebody enrols it.
    pub fn add_device(&mut self, name: &str) -> SecretKey {
        let key = secret(name);
        self.devices.insert(name.to_owned(), key.clone());
        key
    }

    /// Every device with its key.
    pub fn devices(&self) -> impl Iterator<Item = (&String, &SecretKey)> {
        self.devices.iter()
    }
}
