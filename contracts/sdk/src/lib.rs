//! What a contract is written against.
//!
//! A contract's logic is a function that is generic over [`Env`]:
//!
//! ```
//! use senim_sdk::{Entry, Env, Key, Outcome, Refusal, state};
//! use senim_types::Code;
//!
//! pub fn run<E: Env>(env: &mut E, entry: Entry, input: &[u8]) -> Outcome {
//!     match entry {
//!         Entry::Execute => {
//!             let key = Key::new(1);
//!             let calls: u64 = state::load(env, &key)?.unwrap_or(0);
//!             state::save(env, &key, &(calls + 1));
//!             Ok(input.to_vec())
//!         }
//!         _ => Err(Refusal::new(Code::BAD_ENTRY)),
//!     }
//! }
//! ```
//!
//! and its `lib.rs` ends with `senim_sdk::contract!(run);`, which makes the WebAssembly exports and is nothing on other
//! targets. The same function runs natively under [`testing::TestEnv`] (feature `testing`), with the same outputs, writes
//! and events: a suite compares the two.
//!
//! Modules stay small if a contract formats nothing, panics only where the code is wrong, and decodes with
//! [`codec::decode`].
#![no_std]
// The glue to the host is a foreign interface and an allocator; there is no other unsafe code.
#![cfg_attr(not(target_arch = "wasm32"), forbid(unsafe_code))]

extern crate alloc;

pub mod codec;
pub mod env;
pub mod policy;
pub mod state;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(target_arch = "wasm32")]
pub mod wasm;

pub use env::{Env, ScanEntry};
pub use senim_abi::guards::{ensure, refuse, refuse_with};
pub use senim_abi::{CallContext, Caller, Entry, Key, Outcome, Refusal, Roles};

/// Makes the WebAssembly exports of a contract out of its `run` function. Nothing on other targets.
#[macro_export]
macro_rules! contract {
    ($run:path) => {
        /// The host's way in: see `senim_abi::host::exports::CALL`.
        #[cfg(target_arch = "wasm32")]
        #[unsafe(no_mangle)]
        pub extern "C" fn call(entry: u32, input: *const u8, length: usize) -> u64 {
            $crate::wasm::enter(entry, input, length, $run)
        }
    };
}
