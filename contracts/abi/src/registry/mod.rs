//! Organisations, devices, validators, and who may call what: [`msg`] in, [`record`] kept, [`event`] out.
//!
//! The execution engine reads these records itself: to admit a transaction (device and organisation), to let a device
//! call a method (right), and at the end of a block for the validators of the block after next. Their layout is
//! protocol, like a host function.

pub mod event;
pub mod msg;
pub mod record;

pub use event::RegistryEvent;
pub use msg::{Execute, Genesis, Query};
pub use record::{Device, Organisation, Peer, Right, Standing, ValidatorInfo};
