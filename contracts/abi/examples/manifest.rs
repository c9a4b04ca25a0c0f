//! Writes or verifies the manifest of the contracts' artefacts. Used by scripts/contracts; see docs/contracts.md.
//!
//! `manifest FOLDER key=value… -- NAME…` prints the manifest of FOLDER/NAME.wasm;
//! `manifest --verify FOLDER` checks that the artefacts are those of FOLDER/manifest.toml.

use senim_abi::ids;
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

fn entry(folder: &Path, name: &str) -> Result<String, String> {
    let id = ids::id_of(name).ok_or(format!("{name} is not an engine contract"))?;
    let code = read(&folder.join(format!("{name}.wasm")))?;
    Ok(format!(
        "\n[[contract]]\nname = \"{name}\"\nid = {id}\nfile = \"{name}.wasm\"\nsize_bytes = {}\nblake3 = \"{}\"\n",
        code.len(),
        Hash::of(&code)
    ))
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
                "{name}.wasm is not the artefact that the manifest names"
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
