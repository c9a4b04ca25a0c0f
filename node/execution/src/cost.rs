//! What execution costs, by version of the protocol.
//!
//! Fuel is an abstract amount of work, about a nanosecond's worth. A change of any number here, or an
//! engine that gives another sum for the same module, is a new protocol version: the golden vectors in
//! `tests/hostile/fuel.golden` notice it. The costs of host functions stand with their declaration in
//! [`senim_abi::host`].

use wasmtime::OperatorCost;

/// Fuel of a transaction before its first call: its signature, sequence number and rights.
const TRANSACTION_FUEL: u64 = 10_000;
/// From version 2 on, fuel of each witness: a signature more that every node verifies.
const WITNESS_FUEL: u64 = 10_000;
/// The version from which on witnesses cost fuel.
const WITNESSES_COST_FROM: u16 = 2;

/// Fuel of a transaction with so many witnesses before its first call.
pub const fn transaction_fuel(version: u16, witnesses: usize) -> u64 {
    if version < WITNESSES_COST_FROM {
        TRANSACTION_FUEL
    } else {
        TRANSACTION_FUEL + WITNESS_FUEL * witnesses as u64
    }
}
/// Fuel of a page of memory (64 KiB) that an instance adds to its first ones.
pub const PAGE_FUEL: u64 = 10_000;
/// Fuel of a call to the ledger itself that is not a deployment.
pub const LEDGER_CALL_FUEL: u64 = 50_000;
/// Fuel of a deployment, and for each byte of the code: it is checked and compiled by every node.
pub const DEPLOY_FUEL: u64 = 1_000_000;
/// See [`DEPLOY_FUEL`].
pub const DEPLOY_FUEL_PER_BYTE: u64 = 150;

/// Bytes of a frame by the reckoning of the recursion limit, besides its slots.
pub const FRAME_BYTES_BASE: u64 = 128;
/// Bytes for each parameter, local and operand of a frame, though a value has at most 8.
pub const FRAME_BYTES_PER_SLOT: u64 = 16;
/// Bytes of frames that one instance may have on the stack.
pub const FRAME_BUDGET_BYTES: i32 = 128 * 1024;

/// Instances that one call by a device may make, itself included: they live until it ends.
pub const INSTANCES_PER_CALL_MAX: usize = 64;
/// Due entries served at the start of a block, whatever fuel is left.
pub const DUE_ENTRIES_PER_BLOCK_MAX: usize = 1_024;

macro_rules! set {
    ($table:ident, $cost:literal: $($operator:ident)*) => { $($table.$operator = $cost;)* };
}

/// The fuel of each operator that a contract may contain. Every one is named, so that a new version
/// of the engine cannot change a default unnoticed; all others are refused before compilation.
pub fn operators() -> OperatorCost {
    let mut table = OperatorCost::new();
    set!(table, 0: Nop Drop Block Loop Unreachable Return Else End);
    set!(table, 1: If Br BrIf Select LocalGet LocalSet LocalTee GlobalGet GlobalSet I32Const I64Const);
    set!(table, 1: I32Eqz I32Eq I32Ne I32LtS I32LtU I32GtS I32GtU I32LeS I32LeU I32GeS I32GeU);
    set!(table, 1: I64Eqz I64Eq I64Ne I64LtS I64LtU I64GtS I64GtU I64LeS I64LeU I64GeS I64GeU);
    set!(table, 1: I32Clz I32Ctz I32Popcnt I32Add I32Sub I32And I32Or I32Xor I32Shl I32ShrS I32ShrU I32Rotl I32Rotr);
    set!(table, 1: I64Clz I64Ctz I64Popcnt I64Add I64Sub I64And I64Or I64Xor I64Shl I64ShrS I64ShrU I64Rotl I64Rotr);
    set!(table, 1: I32WrapI64 I64ExtendI32S I64ExtendI32U);
    set!(table, 2: I32Load I64Load I32Load8S I32Load8U I32Load16S I32Load16U);
    set!(table, 2: I64Load8S I64Load8U I64Load16S I64Load16U I64Load32S I64Load32U);
    set!(table, 2: I32Store I64Store I32Store8 I32Store16 I64Store8 I64Store16 I64Store32);
    set!(table, 2: I32Mul I64Mul BrTable MemorySize);
    set!(table, 16: I32DivS I32DivU I32RemS I32RemU I64DivS I64DivU I64RemS I64RemU);
    set!(table, 4: Call);
    set!(table, 8: CallIndirect);
    set!(table, 255: MemoryGrow);
    table.variable.memory_grow_per_page = 0; // Charged by the host: a page costs more than 255.
    table
}
