//! The functions that the host gives to a contract: the one place where they, their cost and their limits are declared.
//!
//! The execution engine links exactly [`HOST_FUNCTIONS`] under [`IMPORT_MODULE`] and charges exactly [`HostFunction::fuel`];
//! the contracts' SDK declares the same imports; a test compares the signatures. Changing a name, a type, a cost or a
//! limit is a new protocol version.
//!
//! Conventions, for every function:
//! - A pointer and a length are `i32`, read as unsigned, into the contract's memory. A range that is not wholly inside
//!   it traps, and so does an argument above its limit. Nothing is charged by the contract's own account of lengths.
//! - Keys are without the contract's id: the host puts it in front, so a contract cannot name another's state.
//! - What is longer than a result is kept by the host and fetched with [`TAKE`].
//! - A refusal by a callee ends the whole transaction: [`CALL`] and [`QUERY`] return only on success.

use senim_types::limits;

/// The module that a contract imports the host's functions from.
pub const IMPORT_MODULE: &str = "senim1";

/// Bytes of a key as the contract gives it; with the contract's id it is a state key.
pub const KEY_BYTES_MAX: usize = limits::STATE_KEY_BYTES_MAX - 4;
/// Bytes of a value.
pub const VALUE_BYTES_MAX: usize = limits::STATE_VALUE_BYTES_MAX;
/// Bytes of a call's input, from a device or from a contract.
pub const INPUT_BYTES_MAX: usize = limits::TRANSACTION_BYTES_MAX;
/// Bytes of what [`Entry::Execute`](crate::Entry) returns, since it stands in the receipt.
pub const OUTPUT_BYTES_MAX: usize = limits::OUTPUT_BYTES_MAX;
/// Bytes of what [`Entry::Query`](crate::Entry) returns.
pub const QUERY_OUTPUT_BYTES_MAX: usize = 64 * 1024;
/// Bytes of an event's body.
pub const EVENT_BYTES_MAX: usize = limits::EVENT_BYTES_MAX;
/// Entries of one scan, whatever the contract asks for.
pub const SCAN_ENTRIES_MAX: usize = 64;
/// Bytes of one scan's result: it ends before the entry that would exceed it.
pub const SCAN_BYTES_MAX: usize = 32 * 1024;
/// Bytes of the input of a due entry.
pub const DUE_INPUT_BYTES_MAX: usize = 256;
/// Bytes of what is hashed at once.
pub const HASH_BYTES_MAX: usize = 64 * 1024;
/// Contracts on the stack at once: a device's call is depth 1.
pub const CALL_DEPTH_MAX: usize = 6;
/// Bytes of a contract's linear memory: 1 MiB.
pub const MEMORY_BYTES_MAX: usize = 1024 * 1024;

/// Contracts must export these, with these types: `memory`, and the functions named here.
pub mod exports {
    /// The linear memory.
    pub const MEMORY: &str = "memory";
    /// `alloc(length) -> pointer`: room for the input; called once per fresh instance, before `call`.
    pub const ALLOC: &str = "alloc";
    /// `call(entry, pointer, length) -> pointer << 32 | length` of the borsh [`Outcome`](crate::Outcome).
    pub const CALL: &str = "call";
    /// `abi_version() -> u32`: [`ABI_VERSION`](crate::context::ABI_VERSION).
    pub const ABI_VERSION: &str = "abi_version";
}

/// A type at the boundary. There are no floats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// 32 bits.
    I32,
    /// 64 bits.
    I64,
}

/// A parameter of a host function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Param {
    /// Its name in the documentation.
    pub name: &'static str,
    /// Its type.
    pub value_type: ValueType,
}

/// One function of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostFunction {
    /// The import's name.
    pub name: &'static str,
    /// Its parameters in order.
    pub params: &'static [Param],
    /// Its result, if it has one.
    pub result: Option<ValueType>,
    /// Fuel for being called.
    pub fuel_base: u64,
    /// Fuel for each byte that [`HostFunction::bytes`] names.
    pub fuel_per_byte: u64,
    /// Which bytes are charged.
    pub bytes: &'static str,
    /// Whether it changes anything: such a function traps in a read-only call.
    pub writes: bool,
    /// What it does.
    pub doc: &'static str,
}

impl HostFunction {
    /// Fuel of one call that moves `bytes` bytes.
    pub const fn fuel(&self, bytes: usize) -> u64 {
        self.fuel_base
            .saturating_add(self.fuel_per_byte.saturating_mul(bytes as u64))
    }
}

const fn i32(name: &'static str) -> Param {
    Param {
        name,
        value_type: ValueType::I32,
    }
}

const fn i64(name: &'static str) -> Param {
    Param {
        name,
        value_type: ValueType::I64,
    }
}

/// Reads a value.
pub const GET: HostFunction = HostFunction {
    name: "get",
    params: &[
        i32("key"),
        i32("key_length"),
        i32("out"),
        i32("out_capacity"),
    ],
    result: Some(ValueType::I32),
    fuel_base: 1_000,
    fuel_per_byte: 2,
    bytes: "key and value, copied or not",
    writes: false,
    doc: "The length of the value under the key, or -1 if there is none. The value is copied to `out` only if it \
          fits the capacity; otherwise the contract asks again with more room, and pays again.",
};

/// Writes a value.
pub const PUT: HostFunction = HostFunction {
    name: "put",
    params: &[
        i32("key"),
        i32("key_length"),
        i32("value"),
        i32("value_length"),
    ],
    result: None,
    fuel_base: 6_000,
    fuel_per_byte: 10,
    bytes: "key and value",
    writes: true,
    doc: "Sets the value under the key. An empty value is a value.",
};

/// Removes a value.
pub const DELETE: HostFunction = HostFunction {
    name: "delete",
    params: &[i32("key"), i32("key_length")],
    result: None,
    fuel_base: 6_000,
    fuel_per_byte: 10,
    bytes: "key",
    writes: true,
    doc: "Removes the value under the key; nothing happens if there is none.",
};

/// Lists entries in key order.
pub const SCAN: HostFunction = HostFunction {
    name: "scan",
    params: &[
        i32("prefix"),
        i32("prefix_length"),
        i32("after"),
        i32("after_length"),
        i32("limit"),
    ],
    result: Some(ValueType::I32),
    fuel_base: 3_000,
    fuel_per_byte: 4,
    bytes: "prefix, after and result",
    writes: false,
    doc: "The length of the borsh `Vec<(Vec<u8>, Vec<u8>)>` of keys and values whose key begins with the prefix and is \
          strictly above `after` (empty: from the start), in key order; fetch it with `take`. It ends after `limit` \
          entries, at most 64, and before the entry that would make the result exceed 32 KiB; a first entry that alone \
          exceeds it is returned alone.",
};

/// Copies out what the host kept.
pub const TAKE: HostFunction = HostFunction {
    name: "take",
    params: &[i32("out"), i32("out_capacity")],
    result: Some(ValueType::I32),
    fuel_base: 100,
    fuel_per_byte: 1,
    bytes: "result",
    writes: false,
    doc: "Copies the result of the last `scan`, `call` or `query` to `out`, and forgets it; the length that was copied. \
          A capacity below that length traps, and so does a second `take`.",
};

/// Calls another contract.
pub const CALL: HostFunction = HostFunction {
    name: "call",
    params: &[i32("contract"), i32("input"), i32("input_length")],
    result: Some(ValueType::I32),
    fuel_base: 20_000,
    fuel_per_byte: 2,
    bytes: "input and output",
    writes: true,
    doc: "Executes another contract, with this contract as its immediate caller, and returns the length of its output; \
          fetch it with `take`. A contract that is already on the stack, an unknown one, or a stack that is too deep \
          traps. If the callee refuses or traps, the whole transaction ends with its code.",
};

/// Asks another contract.
pub const QUERY: HostFunction = HostFunction {
    name: "query",
    params: &[i32("contract"), i32("input"), i32("input_length")],
    result: Some(ValueType::I32),
    fuel_base: 20_000,
    fuel_per_byte: 2,
    bytes: "input and output",
    writes: false,
    doc: "Like `call`, but enters the callee with a query, and any write below it traps.",
};

/// Tells the world.
pub const EMIT: HostFunction = HostFunction {
    name: "emit",
    params: &[i32("kind"), i32("version"), i32("body"), i32("body_length")],
    result: None,
    fuel_base: 1_500,
    fuel_per_byte: 4,
    bytes: "body",
    writes: true,
    doc: "Adds an event to the receipt: kind at most 65535, version at most 255, body as the contract's schema says. \
          Events stand in the order of emission, over all contracts of the transaction.",
};

/// The block's time.
pub const NOW: HostFunction = HostFunction {
    name: "now",
    params: &[],
    result: Some(ValueType::I64),
    fuel_base: 50,
    fuel_per_byte: 0,
    bytes: "none",
    writes: false,
    doc: "The block's time, Unix ms: the only clock there is. 0 at genesis unless the genesis says otherwise.",
};

/// The block's height.
pub const HEIGHT: HostFunction = HostFunction {
    name: "height",
    params: &[],
    result: Some(ValueType::I64),
    fuel_base: 50,
    fuel_per_byte: 0,
    bytes: "none",
    writes: false,
    doc: "The block's height; 0 at genesis.",
};

/// Who calls.
pub const CONTEXT: HostFunction = HostFunction {
    name: "context",
    params: &[i32("out"), i32("out_capacity")],
    result: Some(ValueType::I32),
    fuel_base: 200,
    fuel_per_byte: 1,
    bytes: "result, copied or not",
    writes: false,
    doc: "The length of the borsh `CallContext`, which is copied to `out` only if it fits the capacity.",
};

/// Asks for a proof.
pub const WITNESSED: HostFunction = HostFunction {
    name: "witnessed",
    params: &[
        i32("key"),
        i32("domain"),
        i32("message"),
        i32("message_length"),
    ],
    result: Some(ValueType::I32),
    fuel_base: 500,
    fuel_per_byte: 2,
    bytes: "message",
    writes: false,
    doc: "1 if the transaction carries the statement that this key (33 bytes: scheme and point) signed this message in \
          this domain, otherwise 0. The signature was verified before the transaction entered a block.",
};

/// Asks to be woken.
pub const SCHEDULE: HostFunction = HostFunction {
    name: "schedule",
    params: &[i64("at_ms"), i32("input"), i32("input_length")],
    result: None,
    fuel_base: 8_000,
    fuel_per_byte: 10,
    bytes: "input",
    writes: true,
    doc: "Enters this contract once with `Entry::Due` and this input, at the start of the first block whose time is at \
          or after `at_ms` and whose due fuel suffices. Entries are served by time, then in the order of their making. \
          What the entry refuses is rolled back and not tried again.",
};

/// Hashes.
pub const HASH: HostFunction = HostFunction {
    name: "hash",
    params: &[i32("data"), i32("data_length"), i32("out")],
    result: None,
    fuel_base: 200,
    fuel_per_byte: 2,
    bytes: "data",
    writes: false,
    doc: "Writes the 32 bytes of blake3 of the data to `out`.",
};

/// All of them. There is no signature function, no randomness, no clock but the block's, and no output but events.
pub const HOST_FUNCTIONS: [HostFunction; 14] = [
    GET, PUT, DELETE, SCAN, TAKE, CALL, QUERY, EMIT, NOW, HEIGHT, CONTEXT, WITNESSED, SCHEDULE,
    HASH,
];
