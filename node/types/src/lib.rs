//! The canonical bytes of the ledger, and the rules that need nothing but bytes to be checked.
//!
//! Everything that is signed, hashed, stored or sent is defined here once: keys and signatures, the
//! transaction and its witnesses, the receipt, the block and its header, the validator set, the
//! commit certificate, proofs, the genesis, amounts in tiyn, and the one table of error codes.
//! `docs/wire-format.md` specifies the bytes; `tests/golden.rs` pins them.
//!
//! The crate is `no_std`: contracts (WebAssembly), the light client (browser) and the node use the
//! same definitions. It holds no clock, no randomness, no I/O and no floats.
//!
//! ```
//! use senim_types::{codec, Height};
//! let bytes = codec::encode(&Height(7));
//! assert_eq!(codec::decode::<Height>(&bytes, 8), Ok(Height(7)));
//! ```
// What borsh derives for schemas names the standard prelude; nothing that is shipped has them.
#![cfg_attr(not(feature = "schema"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod block;
pub mod certificate;
#[cfg(feature = "note")]
pub mod checkpoint;
pub mod code;
pub mod codec;
#[cfg(feature = "crypto")]
pub mod crypto;
pub mod domain;
pub mod genesis;
pub mod hash;
pub mod key;
pub mod limits;
pub mod merkle;
pub mod proof;
pub mod receipt;
pub mod state_view;
#[cfg(feature = "json")]
pub mod text;
pub mod transaction;
pub mod units;
pub mod validator;

pub use block::{Block, Header};
pub use certificate::{CommitCertificate, CommitSignature, Vote, VoteKind};
pub use code::{Code, Fault};
pub use domain::Domain;
pub use genesis::{Genesis, GenesisCall, GenesisContract, Parameters};
pub use hash::{ChainId, Hash};
pub use key::{PublicKey, Signature};
pub use receipt::{Event, Receipt, Status};
pub use state_view::{ChangeSet, StateEntry, StateView, ViewError};
pub use transaction::{Call, SignedTransaction, Statement, Transaction};
pub use units::{ContractId, Height, OrgId, Round, TimeMs, Tiyn, TiynTotal};
pub use validator::{Validator, ValidatorSet};
