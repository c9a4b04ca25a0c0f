//! How a machine catches up and what it offers to others that do: the part `[sync]` of its settings.

use clap::Args;
use senim_replica::{Pace, SNAPSHOT_EVERY_BLOCKS, SNAPSHOTS_KEPT, SnapshotRules, TrustedBlock};
use senim_types::{Hash, Height};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SyncConfig {
    /// How long a node may take to answer a request for blocks, in ms.
    pub timeout_ms: u64,
    /// How a machine that has nothing yet catches up.
    pub join: JoinBy,
    /// `HEIGHT:HASH` of a block that the operator was told by somebody it trusts.
    pub trusted: Option<Trusted>,
    /// A snapshot is made every so many blocks; 0 makes none. The same on all machines of a network, so
    /// that they share the work of serving one.
    pub snapshot_every_blocks: u64,
    /// Snapshots kept.
    pub snapshots_kept: usize,
}

/// How a machine that has nothing yet catches up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JoinBy {
    /// From a snapshot when it is behind by as many blocks as lie between two of them, else by blocks.
    #[default]
    Auto,
    /// From a snapshot whenever somebody has one.
    Snapshot,
    /// By all blocks from the genesis: the machine can then prove and hand on every one of them.
    Blocks,
}

/// A block that the operator was told by somebody it trusts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trusted(pub TrustedBlock);

impl Default for SyncConfig {
    fn default() -> Self {
        SyncConfig {
            timeout_ms: Pace::default().sync_timeout_ms,
            join: JoinBy::Auto,
            trusted: None,
            snapshot_every_blocks: SNAPSHOT_EVERY_BLOCKS,
            snapshots_kept: SNAPSHOTS_KEPT,
        }
    }
}

impl SyncConfig {
    /// As the replica takes it.
    pub fn rules(&self) -> SnapshotRules {
        SnapshotRules {
            every_blocks: self.snapshot_every_blocks,
            kept_max: self.snapshots_kept,
            join_behind_min: match self.join {
                JoinBy::Auto => Some(self.snapshot_every_blocks.max(1)),
                JoinBy::Snapshot => Some(1),
                JoinBy::Blocks => None,
            },
            trusted: self.trusted.map(|Trusted(block)| block),
            ..SnapshotRules::default()
        }
    }
}

impl FromStr for Trusted {
    type Err = String;

    fn from_str(text: &str) -> Result<Trusted, String> {
        let form = || format!("`{text}` is not HEIGHT:HASH, as `senim status` prints them");
        let (height, hash) = text.split_once(':').ok_or_else(form)?;
        let height = Height(height.parse().map_err(|_| form())?);
        let hash: Hash = hash.parse().map_err(|_| form())?;
        if height == Height::GENESIS {
            return Err("block 0 is the genesis, which is trusted as it is".to_owned());
        }
        Ok(Trusted(TrustedBlock { height, hash }))
    }
}

impl fmt::Display for Trusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.0.height, self.0.hash)
    }
}

impl Serialize for Trusted {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Trusted {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// How a machine that joins catches up.
#[derive(Clone, Debug, Default, Args)]
pub struct SyncArgs {
    /// Joins from a snapshot whenever somebody has one, however few blocks there are. Without it, from a
    /// snapshot where the machine is far behind, else by all blocks.
    #[arg(long, conflicts_with = "blocks")]
    pub snapshot: bool,
    /// Joins by all blocks from the genesis, however many there are: the machine can then prove and hand on
    /// every one of them.
    #[arg(long)]
    pub blocks: bool,
    /// HEIGHT:HASH of a block that somebody you trust told you (`senim status` there prints them): needed to
    /// join from a snapshot once the genesis is older than 14 days.
    #[arg(long, value_name = "HEIGHT:HASH")]
    pub trusted: Option<Trusted>,
}

impl SyncArgs {
    /// As settings.
    pub fn config(&self) -> SyncConfig {
        SyncConfig {
            join: match (self.snapshot, self.blocks) {
                (true, _) => JoinBy::Snapshot,
                (_, true) => JoinBy::Blocks,
                _ => JoinBy::Auto,
            },
            trusted: self.trusted,
            ..SyncConfig::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trusted_block_is_read_and_written_and_others_are_refused() {
        let text = format!("20000:{}", Hash::of(b"a block"));
        let trusted: Trusted = text.parse().expect("a height and a hash");
        assert_eq!(trusted.to_string(), text);
        let config: SyncConfig = toml::from_str(&format!("trusted = \"{text}\"")).expect("reads");
        assert_eq!(config.trusted, Some(trusted));
        let written = toml::to_string(&config).expect("writes");
        assert_eq!(
            toml::from_str::<SyncConfig>(&written).expect("reads"),
            config
        );
        let zero = format!("0:{}", Hash::of(b"a block"));
        for wrong in ["", "5", "5:", "5:abc", "x:00", zero.as_str()] {
            assert!(wrong.parse::<Trusted>().is_err(), "{wrong}");
        }
        assert!(toml::from_str::<SyncConfig>("snapshots = 3").is_err());
    }

    #[test]
    fn how_it_joins_is_chosen_by_one_word() {
        let behind = |text: &str| {
            let config: SyncConfig = toml::from_str(text).expect("reads");
            config.rules().join_behind_min
        };
        assert_eq!(behind(""), Some(SNAPSHOT_EVERY_BLOCKS));
        assert_eq!(
            behind("join = \"auto\"\nsnapshot_every_blocks = 7"),
            Some(7)
        );
        assert_eq!(behind("join = \"snapshot\""), Some(1));
        assert_eq!(behind("join = \"blocks\""), None);
    }
}
