//! The WebAssembly engine: its settings, which are part of the protocol, and the cache of compiled
//! contracts.

use crate::cost;
use crate::host;
use crate::module::{ModuleError, STACK_EXPORT, TABLE_ELEMENTS_MAX, prepare};
use crate::session::Session;
use crate::stop::HostFault;
use senim_abi::host::{CALL_DEPTH_MAX, MEMORY_BYTES_MAX, exports};
use senim_types::Hash;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use wasmtime::{
    Config, Enabled, InstanceAllocationStrategy, InstancePre, Linker, Module, ModuleExport,
    OptLevel, PoolingAllocationConfig, WasmFeatures,
};

/// Native stack of the contracts of one call together, in bytes. The frame budget of
/// [`cost::FRAME_BUDGET_BYTES`] ends recursion long before; threads that execute blocks have more.
const NATIVE_STACK_BYTES: usize = 1024 * 1024 + 256 * 1024;
const _: () =
    assert!(NATIVE_STACK_BYTES > CALL_DEPTH_MAX * cost::FRAME_BUDGET_BYTES as usize * 3 / 2);

/// Address space of one instance's memory, and of the guard behind it.
const MEMORY_RESERVATION_BYTES: u64 = MEMORY_BYTES_MAX as u64;
const MEMORY_GUARD_BYTES: u64 = 64 * 1024;
/// Bytes of an instance's memory that are cleared by hand when it ends, which is cheaper than asking
/// the system for fresh pages.
const KEEP_RESIDENT_BYTES: usize = 128 * 1024;
/// Blocks that may be executed at once (a proposal and what others propose), and queries.
const BLOCKS_AT_ONCE: usize = 4;
const QUERIES_AT_ONCE: usize = 8;

/// Store data of the engine.
pub(crate) type Data = Box<Session>;

/// The engine with its compiled contracts; a clone is another handle to the same.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    wasmtime: wasmtime::Engine,
    linker: Linker<Data>,
    compiled: Mutex<BTreeMap<Hash, Arc<Contract>>>,
    cache_dir: Option<PathBuf>,
    queries: AtomicUsize,
}

/// A compiled contract: everything about it that can be looked up before a call.
pub struct Contract {
    pub(crate) pre: InstancePre<Data>,
    pub(crate) memory: ModuleExport,
    pub(crate) alloc: ModuleExport,
    pub(crate) call: ModuleExport,
    pub(crate) stack: ModuleExport,
}

/// Why code cannot be loaded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// The code breaks a rule.
    #[error(transparent)]
    Module(#[from] ModuleError),
    /// This node cannot compile or load what the rules allow.
    #[error(transparent)]
    Fault(#[from] HostFault),
}

/// Held while a query runs.
pub(crate) struct QueryPermit<'a>(&'a AtomicUsize);

impl Drop for QueryPermit<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Engine {
    /// An engine. With `cache_dir` (local and private to this node: it holds native code that is run
    /// as it stands), compiled contracts survive a restart.
    pub fn new(cache_dir: Option<PathBuf>) -> Result<Engine, HostFault> {
        let wasmtime = wasmtime::Engine::new(&config())
            .map_err(|error| fault("starting the engine", &error))?;
        let mut linker = Linker::new(&wasmtime);
        host::link(&mut linker).map_err(|error| fault("linking the host interface", &error))?;
        if let Some(dir) = &cache_dir {
            std::fs::create_dir_all(dir)
                .map_err(|error| HostFault(format!("cannot create {}: {error}", dir.display())))?;
        }
        let compiled = Mutex::new(BTreeMap::new());
        Ok(Engine(Arc::new(Inner {
            wasmtime,
            linker,
            compiled,
            cache_dir,
            queries: AtomicUsize::new(0),
        })))
    }

    /// The contract of this code, compiled at most once. `hash` is the code's blake3.
    pub fn load(&self, hash: &Hash, code: &[u8]) -> Result<Arc<Contract>, LoadError> {
        if let Some(contract) = self.loaded(hash) {
            return Ok(contract);
        }
        let contract = Arc::new(self.contract(&self.compile(hash, code)?)?);
        self.compiled().insert(*hash, contract.clone());
        Ok(contract)
    }

    /// The contract of the code of this hash, if it has been loaded before.
    pub fn loaded(&self, hash: &Hash) -> Option<Arc<Contract>> {
        self.compiled().get(hash).cloned()
    }

    fn compiled(&self) -> std::sync::MutexGuard<'_, BTreeMap<Hash, Arc<Contract>>> {
        // A panic elsewhere cannot leave a map of finished entries half written.
        self.0
            .compiled
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn wasmtime(&self) -> &wasmtime::Engine {
        &self.0.wasmtime
    }

    /// Leave to run a query: queries share the pool of instances with blocks and must never empty it.
    pub(crate) fn query_permit(&self) -> Option<QueryPermit<'_>> {
        let counter = &self.0.queries;
        let running = counter.fetch_add(1, Ordering::AcqRel);
        let permit = QueryPermit(counter);
        (running < QUERIES_AT_ONCE).then_some(permit)
    }

    fn compile(&self, hash: &Hash, code: &[u8]) -> Result<Module, LoadError> {
        let prepared = prepare(code)?;
        let file = self
            .0
            .cache_dir
            .as_ref()
            .map(|dir| dir.join(format!("{hash}-{}.cwasm", self.fingerprint())));
        if let Some(module) = file.as_ref().and_then(|file| self.read_cached(file)) {
            return Ok(module);
        }
        let module = Module::new(self.wasmtime(), &prepared)
            .map_err(|error| fault("compiling a contract", &error))?;
        if let Some(file) = file {
            write_cached(&file, &module)?;
        }
        Ok(module)
    }

    /// What besides the code determines the native code: the engine's version and settings.
    fn fingerprint(&self) -> String {
        use std::hash::{Hash as _, Hasher};
        struct Blake(blake3::Hasher);
        impl Hasher for Blake {
            fn finish(&self) -> u64 {
                0
            }
            fn write(&mut self, bytes: &[u8]) {
                self.0.update(bytes);
            }
        }
        let mut hasher = Blake(blake3::Hasher::new());
        self.wasmtime()
            .precompile_compatibility_hash()
            .hash(&mut hasher);
        cost::FRAME_BUDGET_BYTES.hash(&mut hasher);
        hasher.0.finalize().to_hex()[..16].to_owned()
    }

    /// A file that is torn, foreign or absent is as good as none: the contract is compiled again.
    fn read_cached(&self, file: &std::path::Path) -> Option<Module> {
        let bytes = std::fs::read(file).ok()?;
        let (checksum, native) = bytes.split_first_chunk::<32>()?;
        if blake3::hash(native).as_bytes() != checksum {
            return None;
        }
        #[expect(
            unsafe_code,
            reason = "native code from the node's own private directory is trusted like its binary"
        )]
        // SAFETY: only `write_cached` writes such files, from modules that this engine version
        // compiled with these settings (both are in the name and checked again by the engine); the
        // checksum excludes torn writes.
        unsafe {
            Module::deserialize(self.wasmtime(), native).ok()
        }
    }

    fn contract(&self, module: &Module) -> Result<Contract, LoadError> {
        let export = |name| {
            module
                .get_export_index(name)
                .ok_or(LoadError::Module(ModuleError::Export))
        };
        let contract = Contract {
            pre: self
                .0
                .linker
                .instantiate_pre(module)
                .map_err(|error| fault("linking a contract", &error))?,
            memory: export(exports::MEMORY)?,
            alloc: export(exports::ALLOC)?,
            call: export(exports::CALL)?,
            stack: export(STACK_EXPORT)?,
        };
        Ok(contract)
    }
}

fn fault(doing: &str, error: &wasmtime::Error) -> HostFault {
    HostFault(format!("{doing}: {error:#}"))
}

fn write_cached(file: &std::path::Path, module: &Module) -> Result<(), HostFault> {
    let native = module
        .serialize()
        .map_err(|error| fault("serialising a contract", &error))?;
    let mut bytes = blake3::hash(&native).as_bytes().to_vec();
    bytes.extend_from_slice(&native);
    // Another process may fill the same folder at this moment.
    let aside = file.with_extension(format!("{}.tmp", std::process::id()));
    std::fs::write(&aside, &bytes)
        .and_then(|()| std::fs::rename(&aside, file))
        .map_err(|error| HostFault(format!("cannot write {}: {error}", file.display())))
}

/// Settings of the protocol: the same on every node, or blocks could execute differently.
fn config() -> Config {
    let instances = (cost::INSTANCES_PER_CALL_MAX * (BLOCKS_AT_ONCE + QUERIES_AT_ONCE)) as u32;
    let mut pool = PoolingAllocationConfig::default();
    pool.total_core_instances(instances)
        .total_memories(instances)
        .total_tables(instances)
        .max_memory_size(MEMORY_BYTES_MAX)
        .table_elements(TABLE_ELEMENTS_MAX as usize)
        .linear_memory_keep_resident(KEEP_RESIDENT_BYTES)
        .table_keep_resident(TABLE_ELEMENTS_MAX as usize * 8)
        .max_unused_warm_slots(64)
        .pagemap_scan(Enabled::No);
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .operator_cost(cost::operators())
        .cranelift_opt_level(OptLevel::Speed)
        .cranelift_nan_canonicalization(true)
        .max_wasm_stack(NATIVE_STACK_BYTES)
        .wasm_backtrace_max_frames(None)
        .memory_init_cow(true)
        .memory_reservation(MEMORY_RESERVATION_BYTES)
        .memory_guard_size(MEMORY_GUARD_BYTES)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    // The same language as `module::FEATURES`; the check of modules is the rule, this the second lock.
    config
        .wasm_features(WasmFeatures::all(), false)
        .wasm_features(WasmFeatures::MUTABLE_GLOBAL, true);
    config
}
