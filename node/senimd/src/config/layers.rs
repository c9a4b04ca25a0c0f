//! Where values come from: defaults, `node.toml`, the environment, the command line; later ones win.

use super::keys::{KEYS, Key, find, nearest};
use super::problem::Problem;
use super::settings::MachineConfig;
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};
use std::path::Path;

/// The name of the defaults as a source.
pub const DEFAULT: &str = "default";
/// How every variable of this project begins.
pub const PREFIX: &str = "SENIM_";

/// Letters by which a variable may differ from a setting's and be taken for it.
const TYPOS_MAX: usize = 2;

/// A source of values. Figment remembers for each value which one it is from.
struct Layer {
    /// The file's path, the variable's or the flag's name.
    source: String,
    values: Dict,
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.source.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Profile::Default.collect(self.values.clone()))
    }
}

/// What the command line sets: the flag, the key, the value.
pub type Flag = (&'static str, &'static str, Value);

fn nested(key: &str, value: Value) -> Dict {
    let parts: Vec<&str> = key.split('.').collect();
    let mut parts = parts.into_iter().rev();
    let last = parts.next().unwrap_or_default();
    parts.fold(Dict::from([(last.to_owned(), value)]), |inner, part| {
        Dict::from([(part.to_owned(), Value::from(inner))])
    })
}

/// The defaults. The organisation has none: a machine is somebody's.
pub fn defaults() -> Result<Figment, Problem> {
    let values = Value::serialize(MachineConfig::of(0));
    let values = values.ok().and_then(Value::into_dict);
    let mut values = values.ok_or_else(|| Problem::of(DEFAULT, "", "cannot be used"))?;
    values.remove("organisation");
    Ok(Figment::from(Layer {
        source: DEFAULT.to_owned(),
        values,
    }))
}

/// Adds a file's values. Unknown keys are problems, and left out.
pub fn file(figment: Figment, path: &Path, text: &str, problems: &mut Vec<Problem>) -> Figment {
    let source = path.display().to_string();
    let table: toml::Table = match toml::from_str(text) {
        Ok(table) => table,
        Err(error) => {
            problems.push(Problem::of(&source, "", error.to_string().trim_end()));
            return figment;
        }
    };
    let mut values = Dict::new();
    for (name, value) in table {
        let is_section = KEYS.iter().any(|key| section(key) == Some(&name));
        match value {
            toml::Value::Table(table) if is_section => {
                let mut inner = Dict::new();
                for (key, value) in table {
                    let full = format!("{name}.{key}");
                    match (find(&full), Value::serialize(value)) {
                        (Some(_), Ok(value)) => _ = inner.insert(key, value),
                        _ => problems.push(unknown_key(&source, &full)),
                    }
                }
                values.insert(name, Value::from(inner));
            }
            _ if is_section => problems.push(Problem::of(
                &source,
                &name,
                "is a section: write [section] and its keys below it",
            )),
            value => match (find(&name), Value::serialize(value)) {
                (Some(_), Ok(value)) => _ = values.insert(name, value),
                _ => problems.push(unknown_key(&source, &name)),
            },
        }
    }
    figment.merge(Layer { source, values })
}

fn section(key: &Key) -> Option<&'static str> {
    Some(key.name.split_once('.')?.0)
}

fn unknown_key(source: &str, name: &str) -> Problem {
    let last = |name: &'static str| name.rsplit('.').next().unwrap_or(name);
    // A key in the wrong section is more often meant than another key of this one.
    let elsewhere = KEYS.iter().find(|key| {
        let alone = name.rsplit('.').next().unwrap_or(name);
        last(key.name) == alone || key.name.replace('.', "_") == name.replace('.', "_")
    });
    let near = elsewhere.map(|key| key.name).or_else(|| {
        nearest(
            name,
            KEYS.iter()
                .flat_map(|key| [Some(key.name), section(key)])
                .flatten(),
        )
    });
    Problem::unknown(source, name, near)
}

/// Adds the environment's values. A variable with the syntax of a setting that is none is a problem; so is one that is
/// nearly a setting's: misspelt, or without the second line between section and key.
pub fn environment(
    mut figment: Figment,
    variables: impl IntoIterator<Item = (String, String)>,
    problems: &mut Vec<Problem>,
) -> Figment {
    for (name, text) in variables {
        let Some(rest) = name.strip_prefix(PREFIX) else {
            continue;
        };
        let known = KEYS.iter().find(|key| key.variable() == name);
        match known {
            Some(key) => {
                let values = nested(key.name, value_of(key, &text));
                figment = figment.merge(Layer {
                    source: name,
                    values,
                });
            }
            None => {
                let all: Vec<String> = KEYS.iter().map(Key::variable).collect();
                // Variables of the commands have no second line either, so only what is nearly a setting's is taken for one.
                let single = all.iter().find(|known| {
                    strsim::damerau_levenshtein(&known.replace("__", "_"), &name) <= TYPOS_MAX
                });
                if single.is_some() || rest.contains("__") {
                    let near = single
                        .map(String::as_str)
                        .or_else(|| nearest(&name, all.iter().map(String::as_str)));
                    problems.push(Problem::unknown(&name, "", near));
                }
            }
        }
    }
    figment
}

/// A variable's text as a value: as TOML where it is TOML, else as text; a list may be written with commas.
fn value_of(key: &Key, text: &str) -> Value {
    let table = toml::from_str::<toml::Table>(&format!("value = {text}")).ok();
    let value = table
        .and_then(|mut table| table.remove("value"))
        .and_then(|value| Value::serialize(value).ok())
        .unwrap_or_else(|| Value::from(text));
    let is_list = key.expects.starts_with("a list");
    match value.as_str() {
        Some(text) if is_list => {
            let parts = text
                .split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty());
            Value::from(parts.map(Value::from).collect::<Vec<Value>>())
        }
        _ => value,
    }
}

/// Adds what the command line sets.
pub fn flags(mut figment: Figment, flags: Vec<Flag>) -> Figment {
    for (flag, key, value) in flags {
        figment = figment.merge(Layer {
            source: flag.to_owned(),
            values: nested(key, value),
        });
    }
    figment
}
