//! A machine's settings: `node.toml`, with defaults below it and environment and command line above.
//!
//! | file | has |
//! | --- | --- |
//! | [`settings`] | the settings, their types and defaults |
//! | [`keys`] | what each is for |
//! | [`layers`] | the four sources |
//! | [`load`] | from the sources to settings that hold |
//! | [`rules`] | what has to hold |
//! | [`problem`] | what is said where it does not |
//! | [`show`] | the settings with their sources, for people and programs |

pub mod keys;
pub mod layers;
pub mod load;
pub mod problem;
pub mod rules;
pub mod settings;
pub mod show;

pub use crate::sync_config::SyncConfig;
pub use load::{Effective, load};
pub use problem::{ConfigError, Problem};
pub use settings::{
    HttpConfig, LogConfig, LogFormat, MachineConfig, MempoolConfig, NetworkConfig, ReadyConfig,
    SealedConfig, StoreConfig,
};
