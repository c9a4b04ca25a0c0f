//! The daemon: it makes a network's folder, runs its nodes, and measures them.
//!
//! Everything with a clock, a thread, a socket or a file is here; what a node *does* is
//! [`senim_replica`]. One process runs every validator whose key is in the folder, each with its own
//! thread, data and HTTP interface.
#![forbid(unsafe_code)]

pub mod args;
pub mod bench;
pub mod bench_store;
pub mod driver;
pub mod folder;
pub mod network;
pub mod node;
pub mod serve;
pub mod template;
