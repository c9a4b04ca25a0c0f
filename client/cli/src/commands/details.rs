//! Providers' details: a file of the provider's, of which the ledger has the hash.

use crate::answer::Answer;
use crate::args::Global;
use crate::commands::act::submitted;
use crate::context::{device, enrolled, session, told};
use crate::failure::{Failure, Result};
use crate::files;
use crate::words::{short, time};
use clap::{Args, Subcommand};
use senim_abi::SETTLEMENT;
use senim_abi::settlement::Execute;
use senim_abi::settlement::record::{DetailsRecord, details_key};
use senim_bank::Details;
use senim_types::{Code, Hash, OrgId};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Bytes of a file of details at most.
const DETAILS_BYTES_MAX: u64 = 16 * 1024;

/// A provider's bank details: proposed by it, approved by two devices of the payer's.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Proposes the details of the device's own organisation to a payer. The file stays with both; the ledger gets its
    /// hash, by a transaction of the provider's device.
    #[command(
        after_help = "Example:\n  senim details propose details.json --payer 6 --key canteen"
    )]
    Propose(Propose),
    /// Approves a provider's details, after reading the file. Two devices of the payer's have to.
    #[command(
        after_help = "Example:\n  senim details approve details.json --provider 50 --key education\n  senim details approve details.json --provider 50 --key education-2"
    )]
    Approve(Approve),
    /// Shows what is confirmed and what is proposed, proven, and with a file whether it is one of them.
    #[command(after_help = "Example:\n  senim details show --payer 6 --provider 50")]
    Show(Show),
}

/// Arguments of `details propose`.
#[derive(Debug, Args)]
pub struct Propose {
    /// The file of details.
    pub file: PathBuf,
    /// To whom.
    #[arg(long)]
    pub payer: u32,
    /// The provider's device key, by name or file.
    #[arg(long, default_value = "canteen")]
    pub key: String,
}

/// Arguments of `details approve`.
#[derive(Debug, Args)]
pub struct Approve {
    /// The file of details.
    pub file: PathBuf,
    /// Whose.
    #[arg(long)]
    pub provider: u32,
    /// The payer's device key, by name or file.
    #[arg(long, default_value = "education")]
    pub key: String,
}

/// Arguments of `details show`.
#[derive(Debug, Args)]
pub struct Show {
    /// Towards whom.
    #[arg(long)]
    pub payer: u32,
    /// Whose.
    #[arg(long)]
    pub provider: u32,
    /// A file of details to compare.
    #[arg(long)]
    pub file: Option<PathBuf>,
}

/// Runs a command about details.
pub fn run(command: &Command, global: &Global) -> Result<Answer> {
    match command {
        Command::Propose(args) => {
            let details = read(&args.file)?;
            let execute = Execute::ProposeDetails {
                payer: OrgId(args.payer),
                details: details.hash(),
            };
            changed(&args.key, &execute, &details, global)
        }
        Command::Approve(args) => {
            let details = read(&args.file)?;
            let execute = Execute::ApproveDetails {
                provider: OrgId(args.provider),
                details: details.hash(),
            };
            changed(&args.key, &execute, &details, global)
        }
        Command::Show(args) => show(args, global),
    }
}

/// Reads a file of details, with everything in it checked.
pub fn read(path: &Path) -> Result<Details> {
    let bytes = files::read(path, DETAILS_BYTES_MAX)?;
    Details::from_json(&bytes).map_err(|error| {
        let failure = Failure::with(error.code(), format!("{}: {error}", path.display()));
        failure.line("Correct the file; docs/bank.md has its form.")
    })
}

fn changed(key: &str, execute: &Execute, details: &Details, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    // Whose device it is decides whose details they are; say it before anything is signed.
    let org = enrolled(&session, &device(global, key)?)?.org;
    let done = submitted(&session, global, key, execute)?;
    let json = json!({ "details": details.hash(), "organisation": org });
    Ok(told(&session, &done, json).line(format!("Details {}", details.hash())))
}

fn show(args: &Show, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let (payer, provider) = (OrgId(args.payer), OrgId(args.provider));
    let key = details_key(payer, provider);
    let proven = session.record::<DetailsRecord>(&key, SETTLEMENT)?;
    let known = proven.value.map(DetailsRecord::into_current);
    let known = known.unwrap_or_default();
    let file = args.file.as_deref().map(read).transpose()?;
    let file = file.map(|details| details.hash());
    let says = |hash: Hash| match file {
        Some(own) if own == hash => " (this file)",
        _ => "",
    };
    let mut lines = vec![format!(
        "Details of {} towards {}",
        session.names.of_org(provider),
        session.names.of_org(payer)
    )];
    lines.push(match known.confirmed {
        Some(hash) => format!("  confirmed: {}{}", short(hash), says(hash)),
        None => "  none are confirmed: no act is accepted".to_owned(),
    });
    if let Some(proposal) = known.proposal {
        lines.push(format!(
            "  proposed: {}{}, {}, {}",
            short(proposal.details),
            says(proposal.details),
            time(proposal.by.at),
            match proposal.approved {
                Some(_) => "approved once",
                None => "approved by nobody",
            }
        ));
    }
    lines.push(format!(
        "  proof holds: after block {}",
        proven.header.height
    ));
    if let Some(own) = file
        && known.confirmed != Some(own)
        && known
            .proposal
            .is_none_or(|proposal| proposal.details != own)
    {
        return Err(Failure::new(Code::DETAILS_UNKNOWN).field("details", own.to_string()));
    }
    let json = json!({
        "confirmed": known.confirmed, "proposal": known.proposal, "height": proven.header.height,
    });
    Ok(Answer::new(json).lines(lines))
}
