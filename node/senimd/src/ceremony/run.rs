//! The steps, performed.

use super::agreement::{Agreed, Agreement, Derived, check_own, template_hash};
use super::args::{Assemble, Finish, GenesisCommand, Install, Keys, Show, Sign};
use super::contribution::Contribution;
use super::error::{CeremonyError, Who};
use super::summary;
use crate::folder::Folder;
use crate::machine::{self, MachineConfig};
use crate::template::Template;
use senim_abi::ids::genesis_contracts;
use senim_types::{GenesisContract, Hash};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::fs;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// Bytes of a file of a ceremony.
const FILE_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// What a step tells.
#[derive(Debug)]
pub struct Told {
    /// For people.
    pub lines: Vec<String>,
    /// For programs.
    pub json: Value,
}

type Result<T> = std::result::Result<T, CeremonyError>;

/// Performs a step.
pub fn perform(command: &GenesisCommand) -> Result<Told> {
    match command {
        GenesisCommand::Keys(args) => keys(args),
        GenesisCommand::Assemble(args) => assemble(args),
        GenesisCommand::Show(args) => show(args),
        GenesisCommand::Sign(args) => sign(args),
        GenesisCommand::Finish(args) => finish(args),
        GenesisCommand::Verify(args) => verify(args),
        GenesisCommand::Install(args) => install(args),
    }
}

fn io_error(path: &Path, error: io::Error) -> CeremonyError {
    CeremonyError::Io {
        path: path.to_owned(),
        error,
    }
}

fn read_text(path: &Path) -> Result<String> {
    let run = || {
        let mut text = String::new();
        let file = fs::File::open(path)?;
        io::Read::read_to_string(&mut io::Read::take(file, FILE_BYTES_MAX), &mut text)?;
        Ok(text)
    };
    run().map_err(|error| io_error(path, error))
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T> {
    serde_json::from_str(&read_text(path)?).map_err(|error| CeremonyError::Form {
        path: path.to_owned(),
        reason: error.to_string(),
    })
}

/// Makes a file, and never replaces one.
fn write<T: Serialize>(path: &Path, value: &T) -> Result<()> {
    let text = serde_json::to_string_pretty(value).map_err(|error| CeremonyError::Form {
        path: path.to_owned(),
        reason: error.to_string(),
    })?;
    let run = || {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = fs::File::create_new(path)?;
        writeln!(file, "{text}")?;
        file.sync_all()
    };
    run().map_err(|error| io_error(path, error))
}

fn contribution_path(folder: &Folder, organisation: u32) -> PathBuf {
    folder
        .path()
        .join(format!("contribution-{organisation}.json"))
}

/// Where a machine keeps compiled contracts.
fn compiled(dir: &Path) -> Option<PathBuf> {
    Some(dir.join("compiled"))
}

fn keys(args: &Keys) -> Result<Told> {
    let text = read_text(&args.template)?;
    let template = Template::parse(&text)?;
    let mut organisations = template.organisations().iter();
    let organisation = organisations
        .find(|organisation| organisation.id == args.organisation)
        .ok_or(CeremonyError::Stranger(args.organisation))?;
    let address = args.address.as_ref().map(ToString::to_string);
    if organisation.validator && address.is_none() {
        let who = Who(organisation.id, organisation.name.clone());
        return Err(CeremonyError::Address(who));
    }
    let folder = Folder::new(&args.dir);
    let path = contribution_path(&folder, organisation.id);
    if path.exists() {
        return Err(CeremonyError::Made(path));
    }
    let secrets = folder.path().join("keys");
    fs::create_dir_all(&secrets).map_err(|error| io_error(&secrets, error))?;
    let address = address.unwrap_or_default();
    let contribution = Contribution::make(&folder, organisation, template_hash(&text), &address)?;
    write(&path, &contribution)?;
    let mut lines = vec![format!(
        "Made {} keys of {} in {}",
        contribution.keys.len(),
        organisation.name,
        secrets.display()
    )];
    lines.push(
        "  They are secret: nobody else ever needs them. Keep a copy of the folder offline."
            .to_owned(),
    );
    lines.push(format!("Next, hand {} to the operator.", path.display()));
    let json = json!({ "contribution": path, "keys": contribution.keys });
    Ok(Told { lines, json })
}

fn assemble(args: &Assemble) -> Result<Told> {
    let template = read_text(&args.template)?;
    let contributions = args.contributions.iter().map(|path| read(path));
    let contributions = contributions.collect::<Result<Vec<Contribution>>>()?;
    let mut contracts = Vec::new();
    for (id, name) in genesis_contracts() {
        let path = args.contracts.join(format!("{name}.wasm"));
        let code = fs::read(&path).map_err(|error| io_error(&path, error))?;
        contracts.push(GenesisContract {
            id,
            name: name.to_owned(),
            code: Hash::of(&code),
        });
    }
    let time = crate::driver::now();
    let agreement = Agreement::assemble(template, contributions, contracts, time)?;
    let derived = agreement.derive()?;
    let root = agreement.first_state(&args.contracts, None)?;
    write(&args.out, &agreement)?;
    let mut told = told(&agreement, &derived, root);
    told.lines.push(format!(
        "Next, every organisation looks at {} and signs it: senimd genesis sign",
        args.out.display()
    ));
    Ok(told)
}

fn told(agreement: &Agreement, derived: &Derived, root: Hash) -> Told {
    let mut lines = summary::lines(agreement, derived);
    lines.push(format!("The first state's root is {root}"));
    let signed: Vec<u32> = agreement
        .signatures
        .iter()
        .map(|agreed| agreed.organisation)
        .collect();
    let json = json!({
        "name": agreement.genesis.name,
        "chain": agreement.chain(),
        "state_root": root,
        "signed_by": signed,
    });
    Told { lines, json }
}

fn show(args: &Show) -> Result<Told> {
    let agreement: Agreement = read(&args.file)?;
    let derived = agreement.derive()?;
    let root = agreement.first_state(&args.contracts, None)?;
    Ok(told(&agreement, &derived, root))
}

fn sign(args: &Sign) -> Result<Told> {
    let agreement: Agreement = read(&args.file)?;
    let derived = agreement.derive()?;
    let root = agreement.first_state(&args.contracts, compiled(&args.dir))?;
    let folder = Folder::new(&args.dir);
    // Before anybody is asked: whether these are the keys that it contributed.
    let agreed = agreement.sign(&derived, &folder, args.organisation)?;
    let summary = told(&agreement, &derived, root);
    let accepted = match &args.accept {
        Some(chain) => chain.clone(),
        None => ask(&summary.lines)?,
    };
    let chain = agreement.chain();
    if accepted.trim() != chain.to_string() {
        return Err(CeremonyError::NotAccepted {
            accepted: accepted.trim().to_owned(),
            found: chain,
        });
    }
    let path = folder
        .path()
        .join(format!("signature-{}.json", args.organisation));
    write(&path, &agreed)?;
    let mut lines = summary.lines;
    lines.push(format!(
        "Signed. Next, hand {} to the operator.",
        path.display()
    ));
    Ok(Told {
        lines,
        json: json!({ "chain": chain, "signature": path }),
    })
}

/// Shows the summary and asks for the chain id: whoever types it has looked.
fn ask(lines: &[String]) -> Result<String> {
    let stdin = io::stdin();
    let path = Path::new("standard input");
    for line in lines {
        eprintln!("{line}");
    }
    if stdin.is_terminal() {
        eprintln!(
            "If this is what you agreed on, paste the chain id; anything else signs nothing:"
        );
    }
    let mut line = String::new();
    let read = stdin.lock().read_line(&mut line);
    read.map_err(|error| io_error(path, error))?;
    Ok(line)
}

fn finish(args: &Finish) -> Result<Told> {
    let mut agreement: Agreement = read(&args.file)?;
    let derived = agreement.derive()?;
    for path in &args.signatures {
        let agreed: Agreed = read(path)?;
        // The same one again does no harm, another one of the same organisation is found below.
        if !agreement.signatures.contains(&agreed) {
            agreement.signatures.push(agreed);
        }
    }
    agreement
        .signatures
        .sort_by_key(|agreed| agreed.organisation);
    agreement.check_signatures(&derived)?;
    write(&args.out, &agreement)?;
    let chain = agreement.chain();
    Ok(Told {
        lines: vec![
            format!("Everybody has signed the chain {chain}"),
            format!(
                "Next, every organisation takes {}: senimd genesis install",
                args.out.display()
            ),
        ],
        json: json!({ "chain": chain, "file": args.out }),
    })
}

fn verify(args: &Show) -> Result<Told> {
    let agreement: Agreement = read(&args.file)?;
    let derived = agreement.derive()?;
    let root = agreement.first_state(&args.contracts, None)?;
    agreement.check_signatures(&derived)?;
    let mut told = told(&agreement, &derived, root);
    told.lines
        .push("The file is whole: everybody has signed this genesis.".to_owned());
    Ok(told)
}

fn install(args: &Install) -> Result<Told> {
    let agreement: Agreement = read(&args.file)?;
    let derived = agreement.derive()?;
    agreement.first_state(&args.contracts, compiled(&args.dir))?;
    agreement.check_signatures(&derived)?;
    let folder = Folder::new(&args.dir);
    let (member, keys) = agreement.member(&derived, args.organisation)?;
    check_own(&folder, member, keys)?;
    let mut listen = args.listen.clone();
    if listen.is_empty() {
        let contributed = agreement
            .contributions
            .iter()
            .find(|contribution| contribution.organisation == member.id);
        listen.extend(contributed.and_then(|contributed| contributed.address.parse().ok()));
    }
    let mut config = MachineConfig::of(member.id);
    config.network.listen = listen;
    config.http.listen = args.http;
    machine::install(&folder, &args.contracts, &agreement.genesis, &config)?;
    Ok(Told {
        lines: vec![
            format!("{} is ready to run its machine", member.name),
            format!("Next: senimd start --dir {}", folder.path().display()),
        ],
        json: json!({ "dir": folder.path(), "chain": agreement.chain() }),
    })
}
