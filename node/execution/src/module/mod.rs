//! From the bytes of a contract to a module that may run: checked, then instrumented.
//!
//! Everything here is a function of the bytes alone, so every node comes to the same answer. The
//! hash that the ledger pins is of the original bytes; the instrumented form never leaves a node.

mod check;
mod instrument;

pub use check::{ModuleError, PAGE_BYTES, TABLE_ELEMENTS_MAX};

use check::check;
use instrument::instrument;

/// Name of the export that instrumentation adds: what is left of the frame budget, in bytes.
/// Negative after a trap means that the trap was the recursion limit.
pub const STACK_EXPORT: &str = "senim_stack";

/// Checks `code` against every rule of the protocol and gives the module to compile.
pub fn prepare(code: &[u8]) -> Result<Vec<u8>, ModuleError> {
    instrument(code, &check(code)?)
}

#[cfg(test)]
mod tests;
