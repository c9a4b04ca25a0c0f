//! What a node keeps and how it survives a crash.
#![forbid(unsafe_code)]

pub mod disk;
pub mod fault;
pub mod store;
pub mod tree;
