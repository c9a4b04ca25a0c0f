//! Calls: a fresh instance for each, what it may do, and how its answer is read.

use crate::cost;
use crate::engine::{Contract, Data};
use crate::module::PAGE_BYTES;
use crate::session::{Frame, MemoryMeter, Session};
use crate::stop::{HostFault, Stop};
use borsh::BorshDeserialize;
use senim_abi::context::Outcome;
use senim_abi::host::{
    self, CALL_DEPTH_MAX, INPUT_BYTES_MAX, MEMORY_BYTES_MAX, OUTPUT_BYTES_MAX,
    QUERY_OUTPUT_BYTES_MAX,
};
use senim_abi::{Caller, Entry, Refusal};
use senim_types::{Code, ContractId};
use wasmtime::{AsContextMut, Instance, ResourceLimiter, Store, StoreContextMut, Trap, TypedFunc};

/// Bytes of a borsh outcome besides its output: the variant and the output's length.
const OUTCOME_OVERHEAD_BYTES: usize = 5;

/// One entry into a contract.
#[derive(Clone, Copy)]
pub struct Invocation<'a> {
    /// Whom.
    pub contract: ContractId,
    /// Why.
    pub entry: Entry,
    /// By whom.
    pub caller: Caller,
    /// With what.
    pub input: &'a [u8],
    /// Whether writes trap.
    pub read_only: bool,
}

/// What a call left.
pub struct Finished {
    /// The session, as the call changed it.
    pub session: Data,
    /// The output, or how the call ended before its time.
    pub outcome: Result<Vec<u8>, Stop>,
    /// Fuel that the call used: a trap uses all there was, since what it had used by then is a
    /// matter of the compiler.
    pub fuel: u64,
}

/// Makes a call from outside (a device or the ledger) with at most `fuel_max` fuel.
pub fn call(mut session: Data, invocation: Invocation<'_>, fuel_max: u64) -> Finished {
    session.instances = 0;
    session.memory = MemoryMeter::default();
    let mut store = Store::new(session.engine.clone().wasmtime(), session);
    store.limiter(|session| &mut session.memory);
    let outcome = match store.set_fuel(fuel_max) {
        Ok(()) => enter(&mut store.as_context_mut(), invocation),
        Err(error) => Err(HostFault(error.to_string()).into()),
    };
    let left = match outcome {
        Err(Stop::Trapped(_)) => 0,
        _ => store.get_fuel().unwrap_or(0),
    };
    Finished {
        session: store.into_data(),
        outcome,
        fuel: fuel_max - left,
    }
}

/// Enters a contract on top of the stack. The frame is left on the stack where this fails: the whole
/// transaction ends then.
pub fn enter(
    store: &mut StoreContextMut<'_, Data>,
    invocation: Invocation<'_>,
) -> Result<Vec<u8>, Stop> {
    charge(store, host::CALL.fuel(invocation.input.len()))?;
    if invocation.input.len() > INPUT_BYTES_MAX {
        return Err(Stop::Trapped(Code::HOST_ARGUMENT));
    }
    let contract = push(store.data_mut(), invocation)?;
    let answer = run(store, &contract, invocation)?;
    store.data_mut().frames.pop();
    let output_max = if invocation.entry == Entry::Query {
        QUERY_OUTPUT_BYTES_MAX
    } else {
        OUTPUT_BYTES_MAX
    };
    if answer.len() > output_max + OUTCOME_OVERHEAD_BYTES {
        return Err(Stop::Trapped(Code::OUTPUT_LIMIT));
    }
    match Outcome::try_from_slice(&answer) {
        Ok(Ok(output)) if output.len() > output_max => Err(Stop::Trapped(Code::OUTPUT_LIMIT)),
        Ok(Ok(output)) => {
            charge(store, host::CALL.fuel_per_byte * output.len() as u64)?;
            Ok(output)
        }
        Ok(Err(Refusal { code, detail })) => Err(Stop::Refused(Refusal::with_detail(code, detail))),
        Err(_) => Err(Stop::Trapped(Code::BAD_OUTPUT)),
    }
}

/// The rules of the stack: no contract twice, not too deep, not too many.
fn push(
    session: &mut Session,
    invocation: Invocation<'_>,
) -> Result<std::sync::Arc<Contract>, Stop> {
    if session
        .frames
        .iter()
        .any(|frame| frame.contract == invocation.contract)
    {
        return Err(Stop::Trapped(Code::REENTRANCY));
    }
    if session.frames.len() >= CALL_DEPTH_MAX {
        return Err(Stop::Trapped(Code::CALL_DEPTH));
    }
    if session.instances >= cost::INSTANCES_PER_CALL_MAX {
        return Err(Stop::Trapped(Code::CALL_LIMIT));
    }
    let contract = session.contract(invocation.contract)?;
    session.instances += 1;
    session.frames.push(Frame {
        contract: invocation.contract,
        caller: invocation.caller,
        read_only: invocation.read_only,
        memory: None,
        kept: None,
    });
    Ok(contract)
}

/// Instantiates, hands over the input, calls, and copies the answer out.
fn run(
    store: &mut StoreContextMut<'_, Data>,
    contract: &Contract,
    invocation: Invocation<'_>,
) -> Result<Vec<u8>, Stop> {
    let instance = contract
        .pre
        .instantiate(&mut *store)
        .map_err(|error| stop(&error))?;
    let memory = instance
        .get_module_export(&mut *store, &contract.memory)
        .and_then(wasmtime::Extern::into_memory)
        .ok_or_else(missing_export)?;
    store.data_mut().frame_mut().memory = Some(memory);
    let alloc: TypedFunc<u32, u32> = function(store, &instance, &contract.alloc)?;
    let call: TypedFunc<(u32, u32, u32), u64> = function(store, &instance, &contract.call)?;
    let length =
        u32::try_from(invocation.input.len()).expect("the input's limit is far below 4 GiB");

    let answer = alloc.call(&mut *store, length).and_then(|pointer| {
        match range(memory.data_mut(&mut *store), pointer, length) {
            Some(room) => room.copy_from_slice(invocation.input),
            None => return Err(Stop::Trapped(Code::HOST_ARGUMENT).into()),
        }
        call.call(&mut *store, (invocation.entry as u32, pointer, length))
    });
    let answer = answer.map_err(|error| stop_of(store, &instance, contract, &error))?;
    charge(store, 0)?;
    let (pointer, length) = ((answer >> 32) as u32, answer as u32);
    // Longer than any answer may be: do not even copy it.
    if length as usize > QUERY_OUTPUT_BYTES_MAX + OUTCOME_OVERHEAD_BYTES {
        return Err(Stop::Trapped(Code::OUTPUT_LIMIT));
    }
    let bytes = range(memory.data_mut(&mut *store), pointer, length)
        .ok_or(Stop::Trapped(Code::BAD_OUTPUT))?;
    Ok(bytes.to_vec())
}

fn function<P: wasmtime::WasmParams, R: wasmtime::WasmResults>(
    store: &mut StoreContextMut<'_, Data>,
    instance: &Instance,
    export: &wasmtime::ModuleExport,
) -> Result<TypedFunc<P, R>, Stop> {
    instance
        .get_module_export(&mut *store, export)
        .and_then(wasmtime::Extern::into_func)
        .and_then(|function| function.typed(&*store).ok())
        .ok_or_else(missing_export)
}

fn missing_export() -> Stop {
    Stop::Fault(HostFault(
        "an export that the module's check has seen is missing".into(),
    ))
}

/// `length` bytes of memory at `pointer`, if they are all there.
pub fn range(memory: &mut [u8], pointer: u32, length: u32) -> Option<&mut [u8]> {
    memory.get_mut(pointer as usize..(pointer as usize).checked_add(length as usize)?)
}

/// Takes fuel for work of the host, and for pages of memory since the last time.
pub fn charge(store: &mut StoreContextMut<'_, Data>, fuel: u64) -> Result<(), Stop> {
    let pages = std::mem::take(&mut store.data_mut().memory.unpaid_pages);
    let fuel = fuel.saturating_add(pages.saturating_mul(cost::PAGE_FUEL));
    let left = store.get_fuel().map_err(|error| stop(&error))?;
    let left = left
        .checked_sub(fuel)
        .ok_or(Stop::Trapped(Code::OUT_OF_FUEL))?;
    store.set_fuel(left).map_err(|error| stop(&error))
}

/// What an error of the engine means. Its text is never looked at.
fn stop(error: &wasmtime::Error) -> Stop {
    if let Some(stop) = error.downcast_ref::<Stop>() {
        return stop.clone();
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => Stop::Trapped(Code::OUT_OF_FUEL),
        Some(
            Trap::MemoryOutOfBounds
            | Trap::TableOutOfBounds
            | Trap::IndirectCallToNull
            | Trap::BadSignature
            | Trap::IntegerOverflow
            | Trap::IntegerDivisionByZero
            | Trap::UnreachableCodeReached,
        ) => Stop::Trapped(Code::TRAP),
        // Among them the native stack's end, which the frame budget keeps out of reach: whether it
        // is reached depends on the machine, so it must never decide what a receipt says.
        _ => Stop::Fault(HostFault(format!("the engine failed: {error:#}"))),
    }
}

/// Like [`stop`], and tells the recursion limit from other traps by the budget it leaves behind.
fn stop_of(
    store: &mut StoreContextMut<'_, Data>,
    instance: &Instance,
    contract: &Contract,
    error: &wasmtime::Error,
) -> Stop {
    let stop = stop(error);
    if stop != Stop::Trapped(Code::TRAP) {
        return stop;
    }
    let budget = instance
        .get_module_export(&mut *store, &contract.stack)
        .and_then(wasmtime::Extern::into_global)
        .and_then(|budget| budget.get(&mut *store).i32());
    match budget {
        Some(left) if left < 0 => Stop::Trapped(Code::STACK_LIMIT),
        _ => stop,
    }
}

impl ResourceLimiter for MemoryMeter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if desired > MEMORY_BYTES_MAX {
            return Err(Stop::Trapped(Code::MEMORY_LIMIT).into());
        }
        self.unpaid_pages += ((desired - current) / PAGE_BYTES) as u64;
        Ok(true)
    }

    /// Within the limit, so this machine has no memory left: other nodes go on, this one stops.
    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        Err(Stop::Fault(HostFault(format!("no memory for a contract: {error:#}"))).into())
    }

    fn table_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(true)
    }
}
