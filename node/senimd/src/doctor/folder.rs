//! Settings, keys, genesis and contract code.

use super::{Question, Report};
use crate::config::MachineConfig;
use crate::folder::{Folder, FolderError};
use crate::template::{peer_name, validator_name};
use senim_abi::REGISTRY;
use senim_abi::registry::record::{peer_key, validator_key};
use senim_execution::{Engine, apply_genesis};
use senim_types::text::KeyKind;
use senim_types::{ChangeSet, Genesis, PublicKey};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

/// A genesis that makes a state.
pub struct Sound {
    /// The genesis.
    pub genesis: Genesis,
    /// The state that it makes.
    pub state: ChangeSet,
}

/// The settings can be used.
pub fn settings<'a>(question: &'a Question, report: &mut Report) -> Option<&'a MachineConfig> {
    match &question.settings {
        Ok(Some(effective)) => {
            let config = &effective.config;
            report.ok(
                "settings",
                format!("node.toml, of organisation {}", config.organisation),
            );
            Some(config)
        }
        Ok(None) => {
            report.fail(
                "settings",
                format!("{} has no node.toml", question.folder.path().display()),
                "make the folder of a machine with `senimd join`, or give the right one with --dir",
            );
            None
        }
        Err(FolderError::Config(error)) => {
            for problem in &error.problems {
                report.fail(
                    "settings",
                    problem.to_string(),
                    "correct it; docs/operating/configuration.md has every key",
                );
            }
            None
        }
        Err(error) => {
            report.fail(
                "settings",
                error.to_string(),
                "let the node's user read the file",
            );
            None
        }
    }
}

/// The genesis is one, its code is there, and it makes a state.
pub fn genesis(folder: &Folder, report: &mut Report) -> Option<Sound> {
    let genesis = match folder.genesis() {
        Ok(genesis) => genesis,
        Err(error) => {
            report.fail(
                "genesis",
                error.to_string(),
                "copy genesis.json from whoever runs the network; it is the same on all machines",
            );
            report.skip("contracts", "without a genesis nothing says what they are");
            return None;
        }
    };
    let (chain, name) = (genesis.chain_id(), &genesis.name);
    report.ok(
        "genesis",
        format!(
            "`{name}`, chain {chain}, {} validators",
            genesis.validators.validators().len()
        ),
    );
    let codes = match folder.codes(&genesis) {
        Ok(codes) => codes,
        Err(error) => {
            report.fail(
                "contracts",
                error.to_string(),
                "copy contracts/ from whoever runs the network; the genesis pins each by its hash",
            );
            return None;
        }
    };
    // Not into the folder: nothing is changed here.
    let applied = Engine::new(None)
        .map_err(|error| error.to_string())
        .and_then(|engine| {
            apply_genesis(&engine, &genesis, &codes).map_err(|error| error.to_string())
        });
    match applied {
        Ok(applied) => {
            report.ok(
                "contracts",
                format!(
                    "all {} of the genesis, which makes a state with them",
                    genesis.contracts.len()
                ),
            );
            Some(Sound {
                genesis,
                state: applied.changes,
            })
        }
        Err(error) => {
            report.fail(
                "contracts",
                format!("the genesis makes no state: {error}"),
                "genesis.json and contracts/ are not of one network: copy both again",
            );
            None
        }
    }
}

/// The keys are there, nobody else reads them, and the network knows them.
pub fn keys(
    folder: &Folder,
    config: Option<&MachineConfig>,
    sound: Option<&Sound>,
    report: &mut Report,
) {
    let keys = folder.path().join("keys");
    if !keys.is_dir() {
        let message = format!("{} is not there", keys.display());
        return report.fail(
            "keys",
            message,
            "make the folder of a machine with `senimd join`, or give the right one with --dir",
        );
    }
    permissions(&keys, report);
    let Some(config) = config else {
        return report.skip("keys", "without settings nobody knows whose they should be");
    };
    let peer = peer_name(config.organisation);
    match folder.key(&peer, KeyKind::Peer) {
        Ok(key) => known(&peer, key.public(), KeyKind::Peer, sound, report),
        Err(error) => report.fail("keys", error.to_string(), "without its network key the machine reaches nobody: take it from the backup, or make a new folder with `senimd join` and have the new key let in"),
    }
    let own = validator_name(config.organisation);
    match folder.validators() {
        Ok(validators) if validators.is_empty() => {
            report.ok(
                "keys",
                "no validator's key: it follows and serves, and has no vote".to_owned(),
            );
        }
        Ok(validators) => {
            for (name, key) in &validators {
                known(name, key.public(), KeyKind::Validator, sound, report);
                if *name != own {
                    report.fail("keys", format!("{name}.key is in the folder of organisation {}", config.organisation), "a machine has the key of its own validator alone: move this one away, and correct `organisation` if that is what is wrong");
                }
            }
        }
        Err(error) => report.fail(
            "keys",
            error.to_string(),
            "the file is damaged or not of a validator: take the key from its backup",
        ),
    }
}

fn permissions(keys: &Path, report: &mut Report) {
    let Ok(entries) = std::fs::read_dir(keys) else {
        let message = format!("{} cannot be read", keys.display());
        return report.fail(
            "keys",
            message,
            "run this as the node's user, or let that user read the folder",
        );
    };
    let uid = rustix::process::geteuid().as_raw();
    let mut count = 0;
    for entry in entries.flatten().filter(|entry| {
        entry
            .path()
            .extension()
            .is_some_and(|extension| extension == "key")
    }) {
        count += 1;
        let (path, Ok(metadata)) = (entry.path(), entry.metadata()) else {
            continue;
        };
        let mode = metadata.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            let message = format!("{} can be read by others: mode {mode:04o}", path.display());
            let advice = format!(
                "chmod 600 {}; if others had an account here, replace the key",
                path.display()
            );
            report.fail("keys", message, &advice);
        }
        if metadata.uid() != uid && uid != 0 {
            let message = format!("{} belongs to user {}", path.display(), metadata.uid());
            report.fail(
                "keys",
                message,
                "run this as the node's user; chown the file if it is another's",
            );
        }
    }
    report.ok(
        "keys",
        format!("{count} files, looked at for who can read them"),
    );
}

fn known(name: &str, public: PublicKey, kind: KeyKind, sound: Option<&Sound>, report: &mut Report) {
    let text = public.to_text(kind);
    let Some(sound) = sound else {
        return report.skip(
            "keys",
            format!("{name}: without a genesis nobody knows whether it is let in"),
        );
    };
    let is_there = match kind {
        KeyKind::Validator => {
            let validators = sound.genesis.validators.validators();
            validators.iter().any(|validator| validator.key == public)
                || has(sound, &validator_key(&public).in_state_of(REGISTRY))
        }
        _ => has(sound, &peer_key(&public).in_state_of(REGISTRY)),
    };
    if is_there {
        report.ok("keys", format!("{name}: {text}, which the genesis knows"));
    } else {
        let advice = match kind {
            KeyKind::Validator => {
                "the network has to have added it since; `senim status` of a node that follows shows how many validators there are"
            }
            _ => "somebody has to have let it in since: `senim peer set`",
        };
        report.warn(
            "keys",
            format!("{name}: {text} is not in the genesis"),
            advice,
        );
    }
}

fn has(sound: &Sound, key: &[u8]) -> bool {
    sound.state.0.contains_key(key)
}
