//! Looks at a machine's folder and at its host, changes nothing, and says of each thing whether it is sound and
//! what to do where it is not.
//!
//! | file | looks at |
//! | --- | --- |
//! | [`folder`] | settings, keys, genesis and code |
//! | [`data`] | log, votes, store |
//! | [`host`] | disk, memory, open files |
//! | [`around`] | ports, other nodes, the clock |

pub mod around;
pub mod data;
pub mod folder;
pub mod host;
mod report;

pub use report::{Finding, Report, Status};

use crate::config::Effective;
use crate::folder::{Folder, FolderError};
use std::path::PathBuf;

/// What is looked at, and how closely.
pub struct Question {
    /// The folder.
    pub folder: Folder,
    /// Its settings; none where it has no node.toml.
    pub settings: Result<Option<Effective>, FolderError>,
    /// Read the whole log, and not only its last segment.
    pub is_full: bool,
    /// Interfaces of other nodes, whose clocks are compared.
    pub compare: Vec<String>,
}

/// Looks at everything. What cannot be looked at because something before it is broken is said to be skipped.
pub fn examine(question: &Question) -> Report {
    let mut report = Report::default();
    report.ok("version", format!("senimd {}", env!("CARGO_PKG_VERSION")));
    let folder = &question.folder;
    let config = folder::settings(question, &mut report);
    let genesis = folder::genesis(folder, &mut report);
    folder::keys(folder, config, genesis.as_ref(), &mut report);
    let running = around::ports(config, genesis.as_ref(), &mut report);
    data::data(
        folder,
        config,
        running.is_some(),
        question.is_full,
        &mut report,
    );
    host::disk(&existing(folder), &mut report);
    host::open_files(config, &mut report);
    host::memory(&mut report);
    around::others(config, &mut report);
    around::clock(running.as_deref(), &question.compare, &mut report);
    report
}

/// The folder, or what exists above it: where it would be made.
fn existing(folder: &Folder) -> PathBuf {
    let mut path = std::path::absolute(folder.path()).unwrap_or_else(|_| PathBuf::from("/"));
    while !path.exists() && path.pop() {}
    path
}
