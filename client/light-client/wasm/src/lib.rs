//! The light client as a WebAssembly module: no imports, so whoever runs it gives it nothing but bytes.
//!
//! | export | takes | gives |
//! | --- | --- | --- |
//! | `memory` | | the linear memory |
//! | `senim_allocate` | bytes | their place, 0 if there is no room |
//! | `senim_free` | place, bytes | |
//! | `senim_verify_receipt` | genesis: place, bytes; proof: place, bytes | 0 if the proof holds, else the error's code |
//! | `senim_verify_state` | genesis: place, bytes; proof: place, bytes | the same |
//!
//! Genesis and proof are canonical bytes (`docs/wire-format.md`), codes are those of `docs/errors.md`.
//! A module that trapped is to be thrown away.
#![no_std]
#![deny(unsafe_code)]

#[cfg(target_arch = "wasm32")]
mod exports;

use senim_light_client::LightClient;
use senim_types::{Code, Genesis};

/// The verdict on a proof's bytes, given those of the genesis.
pub type Verify = fn(&[u8], &[u8]) -> Result<(), Code>;

/// Whether these bytes prove a receipt of the genesis' chain.
pub fn verify_receipt(genesis: &[u8], proof: &[u8]) -> Result<(), Code> {
    client(genesis)?.receipt(proof).map(drop)
}

/// Whether these bytes prove a value, or its absence, in the state of the genesis' chain.
pub fn verify_state(genesis: &[u8], proof: &[u8]) -> Result<(), Code> {
    client(genesis)?.state(proof).map(drop)
}

fn client(genesis: &[u8]) -> Result<LightClient, Code> {
    let genesis = Genesis::decode(genesis).map_err(|_| Code::GENESIS)?;
    Ok(LightClient::from_genesis(&genesis))
}
