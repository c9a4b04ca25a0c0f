//! The boundary between host and contract, as the check of modules sees it.
//!
//! Declared in [`senim_abi::host`]; this only turns it into WebAssembly types.

use senim_abi::host::{HOST_FUNCTIONS, HostFunction, IMPORT_MODULE, ValueType, exports};
use wasmparser::{FuncType, ValType};

/// A function that a contract must export.
#[derive(Debug)]
pub struct ExportedFunction {
    /// Its name.
    pub name: &'static str,
    params: &'static [ValType],
    result: ValType,
}

/// The functions that a contract must export, besides its memory.
pub const EXPORTS: [ExportedFunction; 3] = [
    ExportedFunction {
        name: exports::ALLOC,
        params: &[ValType::I32],
        result: ValType::I32,
    },
    ExportedFunction {
        name: exports::CALL,
        params: &[ValType::I32, ValType::I32, ValType::I32],
        result: ValType::I64,
    },
    ExportedFunction {
        name: exports::ABI_VERSION,
        params: &[],
        result: ValType::I32,
    },
];

impl ExportedFunction {
    /// Whether a function of type `ty` is this one.
    pub fn has_type(&self, ty: &FuncType) -> bool {
        ty.params() == self.params && ty.results() == [self.result]
    }
}

/// The host function of this name, if there is one.
pub fn find_import(module: &str, name: &str) -> Option<&'static HostFunction> {
    HOST_FUNCTIONS
        .iter()
        .filter(|_| module == IMPORT_MODULE)
        .find(|function| function.name == name)
}

/// Whether a function of type `ty` is this host function.
pub fn import_has_type(function: &HostFunction, ty: &FuncType) -> bool {
    let params = function
        .params
        .iter()
        .map(|param| val_type(param.value_type));
    let result = function.result.map(val_type);
    ty.params().iter().copied().eq(params) && ty.results().iter().copied().eq(result)
}

fn val_type(value: ValueType) -> ValType {
    match value {
        ValueType::I32 => ValType::I32,
        ValueType::I64 => ValType::I64,
    }
}
