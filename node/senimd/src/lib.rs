//! The daemon: it makes a network's folder, runs its nodes, and measures them.
//!
//! Everything with a clock, a thread, a socket or a file is here; what a node *does* is
//! [`senim_replica`]. A process runs every validator whose key is in a network's folder, each with its
//! own thread, data and HTTP interface, or the one node of a machine's folder, which reaches the others over
//! libp2p.
#![forbid(unsafe_code)]

pub mod accept;
pub mod args;
pub mod args_bench;
pub mod args_key;
pub mod backup;
pub mod bench;
pub mod bench_store;
pub mod ceremony;
pub mod config;
pub mod doctor;
pub mod driver;
pub mod exit;
pub mod folder;
pub mod host;
pub mod keystore;
pub mod logging;
pub mod machine;
pub mod new_network;
pub mod node;
pub mod processes;
pub mod serve;
pub mod service;
pub mod signals;
pub mod sync_config;
pub mod template;
pub mod timed_disk;
