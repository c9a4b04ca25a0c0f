//! Programmes of support: their frame, their rules, and what other rules would have changed.

mod arms;
mod listing;
mod simulate;

use crate::answer::Answer;
use crate::args::Global;
use crate::context::{applied, device, session, told};
use crate::failure::{Failure, Result};
use crate::files;
use crate::policies::{self, Runner};
use crate::session::{Final, Session};
use crate::words::{self, parse_duration_ms, short};
use clap::{Args, Subcommand};
use senim_abi::ledger::{self, ContractKind};
use senim_abi::policy::PARAMETERS_BYTES_MAX;
use senim_abi::policy::measure::{Parameters, Rules};
use senim_abi::voucher::record::{OfflineBounds, Programme, ProgrammeRecord, programme_key};
use senim_abi::voucher::{Execute, Policy, ProgrammeId, Service, Settings};
use senim_abi::{MEASURE, VOUCHER};
use senim_types::{Call, Code, ContractId, Height, OrgId, TimeMs, codec, limits};
use serde::Deserialize;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Programmes: what a support measure allows.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Shows a programme's frame and rules, proven.
    #[command(after_help = "Example:\n  senim programme show 2")]
    Show(Show),
    /// Sets a programme's frame: budget line, who lists and who asks, windows, exclusion, arms.
    #[command(after_help = "Example:\n  senim programme set 2 --file frame.json")]
    Set(Set),
    /// Says who serves a place, or that nobody does any more.
    #[command(
        after_help = "Example:\n  senim programme serve 2 --place 40 --provider 50 --terminals 50 --region 71"
    )]
    Serve(Serve),
    /// Makes a policy of its code on a running network.
    #[command(
        after_help = "Example:\n  senim programme deploy rides.wasm --number 1001 --name rides"
    )]
    Deploy(Deploy),
    /// Sets the next version of a programme's rules: what is issued from now on is judged by them.
    #[command(
        after_help = "Examples:\n  senim programme rules 2 --file rules.toml\n  senim programme rules 3 --policy 1001 --parameters 03"
    )]
    Rules(SetRules),
    /// Tries rules on history, before anybody is judged by them: who and what sum would change.
    #[command(
        after_help = "Examples:\n  senim programme simulate 2 --file rules.toml\n  senim programme simulate 2 --wasm rides.wasm --parameters 03 --from 1000\n  senim programme simulate 1 --file rules.json --medicines list.json"
    )]
    Simulate(simulate::Simulate),
    /// What the programme pays for, product by product: highest price, units in a pack, the programme's share.
    #[command(subcommand)]
    Listing(listing::Command),
    /// Variants that are compared: who is in which follows from a seed that is committed to before.
    #[command(subcommand)]
    Arms(arms::Command),
}

/// Arguments of `programme show`.
#[derive(Debug, Args)]
pub struct Show {
    /// Its number.
    pub programme: u32,
}

/// Arguments of `programme set`.
#[derive(Debug, Args)]
pub struct Set {
    /// Its number.
    pub programme: u32,
    /// The frame in JSON, as `senim programme show -o json` tells it under `frame`.
    #[arg(long)]
    pub file: PathBuf,
    /// The payer's device key, by name or file.
    #[arg(long, default_value = "education")]
    pub key: String,
}

/// Arguments of `programme serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// Under which programme.
    pub programme: u32,
    /// Where: the number of a school or another place.
    #[arg(long)]
    pub place: u32,
    /// Who is paid; without it, nobody serves the place any more.
    #[arg(long)]
    pub provider: Option<u32>,
    /// Whose terminals serve it; without it, the provider's.
    #[arg(long, requires = "provider")]
    pub terminals: Option<u32>,
    /// The place's region, a number of the programme's choice.
    #[arg(long, default_value_t = 0)]
    pub region: u32,
    /// How long the contract holds, such as 365d.
    #[arg(long, value_parser = parse_duration_ms, default_value = "365d")]
    pub valid_for: u64,
    /// The payer's device key, by name or file.
    #[arg(long, default_value = "education")]
    pub key: String,
}

/// Arguments of `programme deploy`.
#[derive(Debug, Args)]
pub struct Deploy {
    /// Its WebAssembly.
    pub wasm: PathBuf,
    /// The number that it gets: 1000 or above, and for good.
    #[arg(long)]
    pub number: u32,
    /// Its name, for people.
    #[arg(long)]
    pub name: String,
    /// The payer's device key, by name or file.
    #[arg(long, default_value = "education")]
    pub key: String,
}

/// A policy's parameters, by one of two ways.
#[derive(Debug, Args)]
pub struct With {
    /// Rules of the policy `measure`, in TOML: one `[[rules]]` for each arm.
    #[arg(
        long,
        conflicts_with = "parameters",
        required_unless_present = "parameters"
    )]
    pub file: Option<PathBuf>,
    /// The parameters of another policy: their borsh encoding in hex.
    #[arg(long)]
    pub parameters: Option<String>,
}

/// Arguments of `programme rules`.
#[derive(Debug, Args)]
pub struct SetRules {
    /// Whose.
    pub programme: u32,
    /// The policy contract.
    #[arg(long, default_value_t = MEASURE.0)]
    pub policy: u32,
    /// Its parameters.
    #[command(flatten)]
    pub with: With,
    /// The payer's device key, by name or file.
    #[arg(long, default_value = "education")]
    pub key: String,
}

/// A file of rules.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RulesFile {
    rules: Vec<Rules>,
}

/// Bytes of a file that a person writes.
const FILE_BYTES_MAX: u64 = 256 * 1024;

/// Runs a command about programmes.
pub fn run(command: &Command, global: &Global) -> Result<Answer> {
    match command {
        Command::Show(args) => show(args, global),
        Command::Set(args) => set(args, global),
        Command::Serve(args) => serve(args, global),
        Command::Deploy(args) => deploy(args, global),
        Command::Rules(args) => rules(args, global),
        Command::Simulate(args) => simulate::run(args, global),
        Command::Listing(command) => listing::run(command, global),
        Command::Arms(command) => arms::run(command, global),
    }
}

impl With {
    fn parameters(&self) -> Result<Vec<u8>> {
        if let Some(hex) = &self.parameters {
            return hex::decode(hex).map_err(|_| Failure::usage("the parameters are not hex"));
        }
        let path = self.file.as_deref().unwrap_or(Path::new(""));
        let text = text(path)?;
        let file: RulesFile =
            toml::from_str(&text).map_err(|error| files::content(path, error.to_string()))?;
        Ok(codec::encode(&Parameters(file.rules)))
    }
}

fn text(path: &Path) -> Result<String> {
    let bytes = files::read(path, FILE_BYTES_MAX)?;
    String::from_utf8(bytes).map_err(|_| files::content(path, "not text"))
}

fn wasm(path: &Path) -> Result<Vec<u8>> {
    files::read(path, limits::CODE_BYTES_MAX as u64)
}

fn programme(session: &Session, id: ProgrammeId) -> Result<(Programme, Height)> {
    let proven = session.record::<ProgrammeRecord>(&programme_key(id), VOUCHER)?;
    let record = proven
        .value
        .ok_or_else(|| Failure::new(Code::PROGRAMME_UNKNOWN))?;
    Ok((record.into_current(), proven.header.height))
}

fn show(args: &Show, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let id = ProgrammeId(args.programme);
    let (programme, height) = programme(&session, id)?;
    let settings = &programme.settings;
    let named = |org: Option<_>| org.map_or("nobody".to_owned(), |org| session.names.of_org(org));
    let mut lines = vec![
        format!(
            "Programme {id} of {}, budget line {}{}",
            session.names.of_org(programme.payer),
            settings.budget,
            if settings.open { "" } else { ", closed" }
        ),
        format!(
            "  lists persons: {}; asks for consent: {}",
            named(settings.office),
            named(settings.portal)
        ),
        offline(settings.offline),
    ];
    let (mut policy, mut parameters) = (None, None);
    if programme.version > 0 {
        let pinned = policies::pinned(&session, id, programme.version)?;
        let description = Runner::of_contract(&session, pinned.contract)?.describe()?;
        lines.push(format!(
            "  rules of version {}: policy {} ({})",
            programme.version, pinned.contract, description.name
        ));
        if pinned.contract == MEASURE {
            let known: Option<Parameters> = borsh::from_slice(&pinned.parameters).ok();
            for (arm, rules) in known.iter().flat_map(|known| known.0.iter().enumerate()) {
                lines.push(format!("  arm {arm}: {}", json!(rules)));
            }
            parameters = known;
        } else {
            lines.push(format!("  parameters {}", hex::encode(&pinned.parameters)));
        }
        policy = Some(pinned);
    }
    lines.push(format!("  proof holds: after block {height}"));
    let json = json!({
        "programme": id, "payer": programme.payer, "frame": settings, "version": programme.version,
        "policy": policy, "rules": parameters, "height": height,
    });
    Ok(Answer::new(json).lines(lines))
}

/// What a terminal without connection may do.
fn offline(bounds: Option<OfflineBounds>) -> String {
    match bounds {
        None => "  without connection a terminal serves nobody".to_owned(),
        Some(bounds) => format!(
            "  without connection a terminal serves {} within {} s after a sync",
            words::counted(bounds.uses_max as usize, "use"),
            bounds.ms_max / 1_000
        ),
    }
}

fn set(args: &Set, global: &Global) -> Result<Answer> {
    let settings: Settings = serde_json::from_str(&text(&args.file)?)
        .map_err(|error| files::content(&args.file, error.to_string()))?;
    let session = session(global)?;
    let execute = Execute::SetProgramme {
        programme: ProgrammeId(args.programme),
        settings,
    };
    let call = to_vouchers(&execute);
    let done = submitted(&session, global, &args.key, vec![call])?;
    Ok(told(
        &session,
        &done,
        json!({ "programme": args.programme }),
    ))
}

fn serve(args: &Serve, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let until = TimeMs(words::now().0.saturating_add(args.valid_for));
    let service = args.provider.map(|provider| Service {
        provider: OrgId(provider),
        terminals: OrgId(args.terminals.unwrap_or(provider)),
        region: args.region,
        until,
    });
    let execute = Execute::SetService {
        programme: ProgrammeId(args.programme),
        place: OrgId(args.place),
        service,
    };
    let done = submitted(&session, global, &args.key, vec![to_vouchers(&execute)])?;
    Ok(told(
        &session,
        &done,
        json!({ "programme": args.programme, "place": args.place }),
    ))
}

fn to_vouchers(execute: &Execute) -> Call {
    Call {
        contract: VOUCHER,
        input: codec::encode(execute),
    }
}

fn submitted(session: &Session, global: &Global, key: &str, calls: Vec<Call>) -> Result<Final> {
    let key = device(global, key)?;
    applied(session, session.submit(&key, calls, Vec::new())?)
}

fn deploy(args: &Deploy, global: &Global) -> Result<Answer> {
    let code = wasm(&args.wasm)?;
    // Whatever is not a policy is told here, before it is on the ledger for good.
    let description = Runner::new(code.clone())?.describe()?;
    let session = session(global)?;
    let to_ledger = |message: &ledger::Execute| Call {
        contract: ContractId::LEDGER,
        input: codec::encode(message),
    };
    let hash = senim_types::Hash::of(&code);
    let deploy = to_ledger(&ledger::Execute::Deploy { code });
    submitted(&session, global, &args.key, vec![deploy])?;
    let create = to_ledger(&ledger::Execute::Create {
        contract: ContractId(args.number),
        name: args.name.clone(),
        kind: ContractKind::Policy,
        code: hash,
        input: Vec::new(),
    });
    let done = submitted(&session, global, &args.key, vec![create])?;
    let json = json!({ "policy": args.number, "name": description.name, "code": hash });
    let answer = told(&session, &done, json);
    let rules = description.rules.iter();
    Ok(answer
        .line(format!(
            "Policy {} ({}), code {}",
            args.number,
            description.name,
            short(hash)
        ))
        .lines(rules.map(|rule| format!("  {:>3}  {}", rule.rule, rule.text))))
}

fn rules(args: &SetRules, global: &Global) -> Result<Answer> {
    let policy = Policy {
        contract: ContractId(args.policy),
        parameters: args.with.parameters()?,
    };
    if policy.parameters.len() > PARAMETERS_BYTES_MAX {
        return Err(Failure::new(Code::OUT_OF_RANGE));
    }
    let session = session(global)?;
    let execute = Execute::SetPolicy {
        programme: ProgrammeId(args.programme),
        policy,
    };
    let done = submitted(&session, global, &args.key, vec![to_vouchers(&execute)])?;
    let (programme, _) = programme(&session, ProgrammeId(args.programme))?;
    let json = json!({ "programme": args.programme, "version": programme.version });
    Ok(told(&session, &done, json).line(format!(
        "What is issued under programme {} from now on has rules of version {}",
        args.programme, programme.version
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_programme_says_what_a_terminal_without_connection_may_do() {
        let bounds = |uses_max, ms_max| Some(OfflineBounds { uses_max, ms_max });
        for (bounds, said) in [
            (None, "a terminal serves nobody"),
            (bounds(500, 259_200_000), "500 uses within 259200 s"),
            (bounds(1, 90_000), "1 use within 90 s"),
        ] {
            assert!(offline(bounds).contains(said), "{}", offline(bounds));
        }
    }
}
