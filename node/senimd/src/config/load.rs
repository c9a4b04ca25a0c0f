//! From the sources to settings that hold, or to everything that is wrong with them.

use super::keys::{KEYS, find};
use super::layers::{self, DEFAULT, Flag};
use super::problem::{ConfigError, Problem};
use super::rules;
use super::settings::MachineConfig;
use figment::Figment;
use std::path::Path;

/// Settings that hold, and where each is from.
pub struct Effective {
    /// The settings.
    pub config: MachineConfig,
    figment: Figment,
}

impl Effective {
    /// Where a key's value is from: `default`, a file's path, a variable's name, a flag.
    pub fn source(&self, key: &str) -> String {
        source_of(&self.figment, key)
    }

    /// A key's value, as JSON has it.
    pub fn value(&self, key: &str) -> serde_json::Value {
        found(&self.figment, key).unwrap_or(serde_json::Value::Null)
    }
}

fn source_of(figment: &Figment, key: &str) -> String {
    let metadata = figment.find_metadata(key);
    metadata.map_or(DEFAULT.to_owned(), |metadata| metadata.name.to_string())
}

fn found(figment: &Figment, key: &str) -> Option<serde_json::Value> {
    serde_json::to_value(figment.find_value(key).ok()?).ok()
}

/// Loads settings: `text` is that of the file at `path`, `flags` makes what the command line sets of what is
/// below it.
///
/// # Errors
/// Everything that is wrong, at once.
pub fn load(
    path: &Path,
    text: &str,
    variables: impl IntoIterator<Item = (String, String)>,
    flags: impl FnOnce(&Figment) -> Vec<Flag>,
) -> Result<Effective, ConfigError> {
    let mut problems = Vec::new();
    let figment = layers::defaults().map_err(|problem| ConfigError {
        problems: vec![problem],
    })?;
    let figment = layers::file(figment, path, text, &mut problems);
    let figment = layers::environment(figment, variables, &mut problems);
    let flags = flags(&figment);
    let figment = layers::flags(figment, flags);
    match extract(&figment, path, &mut problems) {
        Some(config) => {
            for (key, message) in rules::broken(&config) {
                let found = found(&figment, key).map_or(String::new(), |value| value.to_string());
                let source = source_of(&figment, key);
                problems.push(Problem::value(&source, key, &found, &message));
            }
            if problems.is_empty() {
                return Ok(Effective { config, figment });
            }
        }
        None => debug_assert!(!problems.is_empty(), "who gives nothing says why"),
    }
    Err(ConfigError { problems })
}

/// Reads the settings. A value that is not one is a problem, and its default takes its place, so that the next
/// one is found too.
fn extract(figment: &Figment, path: &Path, problems: &mut Vec<Problem>) -> Option<MachineConfig> {
    let defaults = MachineConfig::of(1);
    let defaults = Figment::from(figment::providers::Serialized::defaults(defaults));
    let mut attempt = figment.clone();
    // Each round removes one problem, and every key has at most one.
    for _ in 0..=KEYS.len() {
        let error = match attempt.extract::<MachineConfig>() {
            Ok(config) => return Some(config),
            Err(error) => error,
        };
        let key = match &error.kind {
            figment::error::Kind::MissingField(name) => name.to_string(),
            // An element of a list is told by the list.
            _ => (1..=error.path.len())
                .map(|length| error.path[..length].join("."))
                .find(|name| find(name).is_some())
                .unwrap_or_default(),
        };
        let Ok(default) = defaults.find_value(&key) else {
            problems.push(Problem::of(
                &path.display().to_string(),
                &key,
                &error.to_string(),
            ));
            return None;
        };
        problems.push(told(figment, path, &key, &error.kind));
        attempt = attempt.merge((key.as_str(), default));
    }
    None
}

fn told(figment: &Figment, path: &Path, key: &str, kind: &figment::error::Kind) -> Problem {
    match found(figment, key) {
        None => {
            let variable = find(key)
                .map(super::keys::Key::variable)
                .unwrap_or_default();
            let message = format!("is missing; set it there or with {variable}");
            Problem::of(&path.display().to_string(), key, &message)
        }
        Some(value) => {
            let detail = match kind {
                figment::error::Kind::Message(message) => message.as_str(),
                _ => "",
            };
            Problem::value(&source_of(figment, key), key, &value.to_string(), detail)
        }
    }
}
