//! Validators: who votes. By the operator; what block H changes acts from H + 2.

use crate::answer::Answer;
use crate::args::Global;
use crate::context::{registered, session};
use crate::failure::Result;
use clap::{Args, Subcommand};
use senim_abi::REGISTRY;
use senim_abi::registry::Execute;
use senim_abi::registry::record::{ValidatorsRecord, validators_key};
use senim_types::text::KeyKind;
use senim_types::{OrgId, PublicKey};
use serde_json::json;

/// Validators.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Gives a key a vote. Its node has to follow already: without it the network has one vote less.
    #[command(
        after_help = "Example:\n  senimd key --dir node-30 new validator-30 --kind validator   (prints senimval1…)\n  senim validator add senimval1… --org 30"
    )]
    Add(Add),
    /// Changes the power of a vote.
    #[command(after_help = "Example:\n  senim validator power senimval1… 2")]
    Power(Power),
    /// Takes a vote away. End its node when the change acts, two blocks later.
    #[command(after_help = "Example:\n  senim validator remove senimval1…")]
    Remove(Remove),
    /// Lists who votes from the block after next on, proven.
    #[command(after_help = "Example:\n  senim validator list")]
    List,
}

/// Arguments of `validator add`.
#[derive(Debug, Args)]
pub struct Add {
    /// The validator's public key.
    #[arg(value_parser = public)]
    pub validator: PublicKey,
    /// The organisation that runs it.
    #[arg(long)]
    pub org: u32,
    /// Its voting power.
    #[arg(long, default_value_t = 1)]
    pub power: u64,
    /// The operator's device key, by name or file.
    #[arg(long, default_value = "operator")]
    pub key: String,
}

/// Arguments of `validator power`.
#[derive(Debug, Args)]
pub struct Power {
    /// The validator's public key.
    #[arg(value_parser = public)]
    pub validator: PublicKey,
    /// Its voting power from the block after next on.
    pub power: u64,
    /// The operator's device key, by name or file.
    #[arg(long, default_value = "operator")]
    pub key: String,
}

/// Arguments of `validator remove`.
#[derive(Debug, Args)]
pub struct Remove {
    /// The validator's public key.
    #[arg(value_parser = public)]
    pub validator: PublicKey,
    /// The operator's device key, by name or file.
    #[arg(long, default_value = "operator")]
    pub key: String,
}

fn public(text: &str) -> std::result::Result<PublicKey, String> {
    PublicKey::from_text(KeyKind::Validator, text).map_err(|error| error.to_string())
}

/// Runs a command about validators.
pub fn run(command: &Command, global: &Global) -> Result<Answer> {
    let (key, execute) = match command {
        Command::List => return list(global),
        Command::Add(args) => (
            &args.key,
            Execute::AddValidator {
                validator: args.validator,
                power: args.power,
                org: OrgId(args.org),
            },
        ),
        Command::Power(args) => (
            &args.key,
            Execute::SetValidatorPower {
                validator: args.validator,
                power: args.power,
            },
        ),
        Command::Remove(args) => (
            &args.key,
            Execute::RemoveValidator {
                validator: args.validator,
            },
        ),
    };
    registered(global, key, &execute)
}

fn list(global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let proven = session.record::<ValidatorsRecord>(&validators_key(), REGISTRY)?;
    let height = proven.header.height;
    let set = proven
        .value
        .map(ValidatorsRecord::into_current)
        .unwrap_or_else(|| session.light.validators().clone());
    let text = |key: &PublicKey| key.to_text(KeyKind::Validator);
    let lines = set
        .validators()
        .iter()
        .map(|validator| format!("{}  power {}", text(&validator.key), validator.power));
    let json: Vec<_> = set
        .validators()
        .iter()
        .map(|validator| json!({ "validator": text(&validator.key), "power": validator.power }))
        .collect();
    let json = json!({ "validators": json, "height": height });
    Ok(Answer::new(json)
        .lines(lines)
        .line(format!("  proof holds: after block {height}")))
}
