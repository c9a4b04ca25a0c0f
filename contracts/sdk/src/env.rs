//! Everything that a contract can do besides computing.

use alloc::vec::Vec;
use senim_abi::{CallContext, Outcome};
use senim_types::{ContractId, Domain, Hash, Height, PublicKey, TimeMs};

/// A key, without the contract's id, and its value.
pub type ScanEntry = (Vec<u8>, Vec<u8>);

/// The world of a contract. Its meaning and limits are those of [`senim_abi::host`], function by function.
///
/// A violated limit and a write in a query trap under the host, and panic under the test double: both are mistakes of the
/// contract's, not answers to its caller.
pub trait Env {
    /// The value under a key.
    fn get(&self, key: &[u8]) -> Option<Vec<u8>>;

    /// Sets the value under a key.
    fn put(&mut self, key: &[u8], value: &[u8]);

    /// Removes the value under a key.
    fn delete(&mut self, key: &[u8]);

    /// At most `limit` (and 64) entries under the prefix, strictly above `after`; an empty `after` means from the start.
    fn scan(&self, prefix: &[u8], after: &[u8], limit: u32) -> Vec<ScanEntry>;

    /// Adds an event.
    fn emit(&mut self, kind: u16, version: u8, body: &[u8]);

    /// The block's time.
    fn now(&self) -> TimeMs;

    /// The block's height.
    fn height(&self) -> Height;

    /// Who calls, from which transaction. Ask once and pass it on: it crosses the boundary each time.
    fn context(&self) -> CallContext;

    /// Whether the transaction carries this statement, signed.
    fn witnessed(&self, key: &PublicKey, domain: Domain, message: &[u8]) -> bool;

    /// Executes another contract. An `Err` must be returned as it is (`?`): under the host it never even arrives, since
    /// the transaction has ended; the test double ends it too, whatever the contract makes of it.
    fn call(&mut self, contract: ContractId, input: &[u8]) -> Outcome;

    /// Asks another contract; errors as in [`Env::call`].
    fn query(&mut self, contract: ContractId, input: &[u8]) -> Outcome;

    /// Asks for an entry with this input at the first block at or after the time.
    fn schedule(&mut self, at: TimeMs, input: &[u8]);

    /// blake3.
    fn hash(&self, data: &[u8]) -> Hash;
}
