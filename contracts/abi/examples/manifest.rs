//! Writes or verifies the manifest of the contracts' artefacts. Used by scripts/contracts; see docs/contracts.md.
//!
//! `manifest FOLDER key=value… -- NAME…` writes the schemas of events to FOLDER/NAME.events.json and prints the manifest
//! of these and of FOLDER/NAME.wasm; `manifest --verify FOLDER` checks that the artefacts are those of
//! FOLDER/manifest.toml, and the schemas those of the types.

use senim_abi::{ids, schema};
use senim_types::Hash;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.as_slice() {
        [flag, folder] if flag == "--verify" => verify(Path::new(folder)),
        [folder, rest @ ..] => write(Path::new(folder), rest),
        [] => {
            Err("usage: manifest FOLDER key=value... -- NAME... | manifest --verify FOLDER".into())
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("contracts: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// The schema of the contract's events, as the types have it; none for a policy, which tells nothing.
fn schema_of(name: &str) -> Result<Option<String>, String> {
    let id = ids::id_of(name).ok_or(format!("{name} has no number"))?;
    let schema = schema::of_events(id);
    if schema.is_none() && !ids::is_policy(id) {
        return Err(format!("{name} has no schema of its events"));
    }
    Ok(schema)
}

fn entry(folder: &Path, name: &str) -> Result<String, String> {
    let id = ids::id_of(name).ok_or(format!("{name} has no number"))?;
    let code = read(&folder.join(format!("{name}.wasm")))?;
    let mut entry = format!(
        "\n[[contract]]\nname = \"{name}\"\nid = {id}\nfile = \"{name}.wasm\"\nsize_bytes = {}\nblake3 = \"{}\"\n",
        code.len(),
        Hash::of(&code),
    );
    if schema_of(name)?.is_some() {
        let events = schema::file_name(name);
        let hash = Hash::of(&read(&folder.join(&events))?);
        entry += &format!("events = \"{events}\"\nevents_blake3 = \"{hash}\"\n");
    }
    Ok(entry)
}

fn write(folder: &Path, arguments: &[String]) -> Result<(), String> {
    let split = arguments.iter().position(|argument| argument == "--");
    let (facts, names) = arguments.split_at(split.ok_or("no -- before the names")?);
    println!(
        "# Written by scripts/contracts.sh build. The genesis pins each contract by its blake3.\n"
    );
    for fact in facts {
        let (key, value) = fact
            .split_once('=')
            .ok_or(format!("{fact}: not key=value"))?;
        println!("{key} = \"{value}\"");
    }
    let mut names: Vec<&String> = names[1..].iter().collect();
    names.sort_by_key(|name| ids::id_of(name));
    for name in names {
        if let Some(schema) = schema_of(name)? {
            let path = folder.join(schema::file_name(name));
            std::fs::write(&path, schema)
                .map_err(|error| format!("{}: {error}", path.display()))?;
        }
        print!("{}", entry(folder, name)?);
    }
    Ok(())
}

fn verify(folder: &Path) -> Result<(), String> {
    let bytes = read(&folder.join("manifest.toml"))?;
    let manifest = String::from_utf8(bytes).map_err(|_| "the manifest is not text")?;
    let names = manifest
        .lines()
        .filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
    let mut checked = 0;
    for name in names {
        if !manifest.contains(&entry(folder, name)?) {
            return Err(format!(
                "{name}.wasm or its schema of events is not what the manifest names"
            ));
        }
        let file = schema::file_name(name);
        if let Some(schema) = schema_of(name)?
            && read(&folder.join(&file))? != schema.as_bytes()
        {
            return Err(format!(
                "{file} is not what the types are: run 'make contracts'"
            ));
        }
        checked += 1;
    }
    if checked == 0 {
        Err("the manifest names no contract".into())
    } else {
        Ok(())
    }
}
