//! What a backup says of itself.

use senim_types::{ChainId, Hash, Height};
use serde::{Deserialize, Serialize};
use std::path::{Component, Path};

/// Version of the manifest.
pub(super) const VERSION: u32 = 1;
/// Bytes of a manifest: some hundred thousand files.
pub(super) const MANIFEST_BYTES_MAX: u64 = 64 << 20;

/// See [`crate::backup`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of this form.
    pub version: u32,
    /// The program that made it.
    pub program: String,
    /// The chain.
    pub chain: ChainId,
    /// When it was made, in Unix ms.
    pub made_at_ms: u64,
    /// The nodes whose logs are in it.
    pub nodes: Vec<NodeEntry>,
    /// Every other file of the backup, in order.
    pub files: Vec<FileEntry>,
}

/// A node whose log is in a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeEntry {
    /// Its name.
    pub name: String,
    /// The last block in the backup.
    pub height: Height,
}

/// A file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Its path in the folder, with `/`.
    pub path: String,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// The blake3 of its content.
    pub blake3: Hash,
}

/// Whether a file of this path may be in a backup: nothing else is written, whatever a backup says.
pub(super) fn is_allowed(path: &str) -> bool {
    let mut parts = Vec::new();
    for part in Path::new(path).components() {
        match part {
            Component::Normal(part) => parts.push(part.to_str().unwrap_or_default()),
            _ => return false,
        }
    }
    if parts.iter().any(|part| part.is_empty()) || parts.join("/") != path {
        return false;
    }
    match parts[..] {
        ["genesis.json" | "node.toml"] => true,
        ["contracts", file] => file.ends_with(".wasm"),
        ["sealed", _] => true,
        ["keys", file] => file.ends_with(".key"),
        ["nodes", _, "log", file] => file.ends_with(".seg"),
        _ => false,
    }
}

/// The mode of a file in the folder: a key file that others may read is refused.
pub(super) fn mode_of(path: &str) -> u32 {
    if path.starts_with("keys/") {
        0o600
    } else {
        0o644
    }
}

#[cfg(test)]
mod tests {
    use super::is_allowed;

    #[test]
    fn only_what_a_backup_holds_is_written_and_only_inside_the_folder() {
        for path in [
            "genesis.json",
            "node.toml",
            "contracts/treasury.wasm",
            "sealed/ab12",
            "nodes/validator-1/log/00000000000000000001.seg",
        ] {
            assert!(is_allowed(path), "{path}");
        }
        for path in [
            "",
            ".",
            "/genesis.json",
            "../genesis.json",
            "contracts/../genesis.json",
            "contracts//a.wasm",
            "contracts/a.sh",
            "nodes/validator-1/wal/consensus",
            "nodes/validator-1/log/../../x.seg",
            "nodes/./log/1.seg",
            "sealed/a/b",
            "senimd",
        ] {
            assert!(!is_allowed(path), "{path}");
        }
    }
}
