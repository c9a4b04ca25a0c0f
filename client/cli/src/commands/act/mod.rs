//! Acts of completed work.

pub mod check;
mod document;
mod lines;
pub mod list;

use crate::answer::Answer;
use crate::args::Global;
use crate::context::{applied, device, session, told};
use crate::failure::{Failure, Result};
use crate::files;
use crate::session::{Final, Session};
use crate::words::{parse_hash, parse_month, parse_tenge};
use clap::{Args, Subcommand, ValueEnum};
use senim_abi::SETTLEMENT;
use senim_abi::civil::Month;
use senim_abi::settlement::record::{ActRecord, act_key};
use senim_abi::settlement::{
    Act, ActId, Despite, DisputeReason, EditCheck, Execute, FlawedDay, ProgrammeId,
};
use senim_types::{Call, Code, Hash, Header, OrgId, Tiyn, codec};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Bytes of a report or a statement that is hashed.
const STATEMENT_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Acts of completed work: signed by the provider, accepted or disputed by the payer.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Lists a programme's acts. Nothing proves that none is missing; `show` proves each.
    #[command(after_help = "Example:\n  senim act list --programme 2")]
    List(list::List),
    /// Shows an act and how it stands, proven.
    #[command(after_help = "Example:\n  senim act show 2-50-2027-01")]
    Show(Show),
    /// Makes the act of a month that has ended, if the ledger has not done so by itself.
    #[command(after_help = "Example:\n  senim act cut --programme 2 --provider 50 --month 2027-01")]
    Cut(Cut),
    /// Signs an act for the provider: hands the work over.
    #[command(after_help = "Example:\n  senim act sign 2-50-2027-01 --key canteen")]
    Sign(Sign),
    /// Prints the days at places with which something is wrong: more persons than were present, a closed place, no
    /// attendance reported. The ledger checks the same when the act is accepted.
    #[command(
        after_help = "Examples:\n  senim act check 3-50-2027-01\n  senim act check 3-50-2027-01 --out check.xlsx"
    )]
    Check(check::Check),
    /// Signs an act for the payer, after the edit checks. Digital tenge moves by this.
    #[command(
        after_help = "Example:\n  senim act accept 2-50-2027-01 --key education\n  senim act accept 2-50-2027-01 --report check.json --excess 0\n  senim act accept 3-50-2027-01 --despite 40:2027-01-15 --because letter.txt"
    )]
    Accept(Accept),
    /// Disputes an act for the payer, as a whole or by its lines.
    #[command(
        after_help = "Example:\n  senim act dispute 2-50-2027-01 --reason not-delivered --statement letter.txt --line HASH"
    )]
    Dispute(Dispute),
    /// Takes a dispute back.
    #[command(after_help = "Example:\n  senim act withdraw 2-50-2027-01")]
    Withdraw(Withdraw),
    /// Admits for the provider that lines of a disputed act are wrong: a correcting act takes its place.
    #[command(after_help = "Example:\n  senim act correct 2-50-2027-01 --line HASH=900")]
    Correct(Correct),
    /// Writes the act as a page to print, form Р-1. Its lines are rebuilt from the chain's postings and have to reproduce
    /// the hash chain that was signed.
    #[command(
        after_help = "Example:\n  senim act document 2-50-2027-01 --contract 'No 50/2026 of 2026-01-05' --provider-details caterer.json --payer-details city.json --out act.html"
    )]
    Document(document::Document),
}

/// Arguments of `act show`.
#[derive(Debug, Args)]
pub struct Show {
    /// Which: programme, provider and month, and the number of a correcting act.
    #[arg(value_parser = parse_act)]
    pub act: ActId,
}

/// Arguments of `act cut`.
#[derive(Debug, Args)]
pub struct Cut {
    /// Under which programme.
    #[arg(long)]
    pub programme: u32,
    /// Whose work.
    #[arg(long)]
    pub provider: u32,
    /// Of which month, such as 2027-01.
    #[arg(long, value_parser = parse_month)]
    pub month: Month,
    /// The provider's or payer's device key, by name or file.
    #[arg(long, default_value = "canteen")]
    pub key: String,
}

/// Arguments of `act sign`.
#[derive(Debug, Args)]
pub struct Sign {
    /// Which.
    #[arg(value_parser = parse_act)]
    pub act: ActId,
    /// The provider's device key, by name or file.
    #[arg(long, default_value = "canteen")]
    pub key: String,
}

/// Arguments of `act accept`.
#[derive(Debug, Args)]
pub struct Accept {
    /// Which.
    #[arg(value_parser = parse_act)]
    pub act: ActId,
    /// The report of the edit check against attendance, where there was one; the ledger gets its hash.
    #[arg(long, requires = "excess")]
    pub report: Option<PathBuf>,
    /// How much more is claimed than the edit check found, in tenge.
    #[arg(long, value_parser = parse_tenge, requires = "report")]
    pub excess: Option<Tiyn>,
    /// A day at a place with which something is wrong, as `senim act check` prints it; again for each. All of them have to be
    /// named, and no others.
    #[arg(long, value_parser = check::parse_flawed_day, requires = "because")]
    pub despite: Vec<FlawedDay>,
    /// The payer's reasons for accepting the act in spite of these days; the ledger gets their hash.
    #[arg(long, requires = "despite")]
    pub because: Option<PathBuf>,
    /// The payer's device key, by name or file.
    #[arg(long, default_value = "education")]
    pub key: String,
}

/// Why an act is disputed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Reason {
    /// What a line is about was not delivered.
    NotDelivered,
    /// A line has the wrong price.
    WrongPrice,
    /// A line is about more than was delivered.
    WrongQuantity,
    /// Two lines are about one delivery.
    Twice,
    /// More is claimed than was eligible and present.
    EditCheck,
    /// Something else; the statement says what.
    Other,
}

/// Arguments of `act dispute`.
#[derive(Debug, Args)]
pub struct Dispute {
    /// Which.
    #[arg(value_parser = parse_act)]
    pub act: ActId,
    /// Why.
    #[arg(long, value_enum)]
    pub reason: Reason,
    /// The payer's statement; the ledger gets its hash.
    #[arg(long)]
    pub statement: PathBuf,
    /// The transfer of a line that is disputed; again for each line, none for the whole act.
    #[arg(long = "line", value_parser = parse_hash)]
    pub lines: Vec<Hash>,
    /// The payer's device key, by name or file.
    #[arg(long, default_value = "education")]
    pub key: String,
}

/// Arguments of `act withdraw`.
#[derive(Debug, Args)]
pub struct Withdraw {
    /// Which.
    #[arg(value_parser = parse_act)]
    pub act: ActId,
    /// The payer's device key, by name or file.
    #[arg(long, default_value = "education")]
    pub key: String,
}

/// Arguments of `act correct`.
#[derive(Debug, Args)]
pub struct Correct {
    /// Which.
    #[arg(value_parser = parse_act)]
    pub act: ActId,
    /// The transfer of a line and how much of it is taken off, in tenge; again for each line.
    #[arg(long = "line", value_parser = parse_correction, required = true)]
    pub lines: Vec<(Hash, Tiyn)>,
    /// The provider's device key, by name or file.
    #[arg(long, default_value = "canteen")]
    pub key: String,
}

/// Reads `2-50-2027-01` or `2-50-2027-01-1`, as acts are shown.
pub fn parse_act(text: &str) -> std::result::Result<ActId, String> {
    let malformed =
        || format!("`{text}` is not an act: programme-provider-year-month, such as 2-50-2027-01");
    let parts: Vec<&str> = text.split('-').collect();
    let (head, number) = match parts.as_slice() {
        head @ [_, _, _, _] => (head, "0"),
        [head @ .., number] if head.len() == 4 => (head, *number),
        _ => return Err(malformed()),
    };
    let act = ActId {
        programme: ProgrammeId(head[0].parse().map_err(|_| malformed())?),
        provider: OrgId(head[1].parse().map_err(|_| malformed())?),
        period: parse_month(&format!("{}-{}", head[2], head[3]))?,
        number: number.parse().map_err(|_| malformed())?,
    };
    // One way to write each.
    (act.to_string() == text)
        .then_some(act)
        .ok_or_else(malformed)
}

fn parse_correction(text: &str) -> std::result::Result<(Hash, Tiyn), String> {
    let (transfer, amount) = text
        .split_once('=')
        .ok_or_else(|| format!("`{text}` is not a line: TRANSFER=TENGE"))?;
    Ok((parse_hash(transfer)?, parse_tenge(amount)?))
}

/// Runs a command about acts.
pub fn run(command: &Command, global: &Global) -> Result<Answer> {
    match command {
        Command::List(args) => list::run(args, global),
        Command::Show(args) => list::show(args.act, global),
        Command::Cut(args) => {
            let execute = Execute::Cut {
                programme: ProgrammeId(args.programme),
                provider: OrgId(args.provider),
                period: args.month,
            };
            changed(&args.key, global, |_| Ok(execute))
        }
        Command::Sign(args) => changed(&args.key, global, |session| {
            let (act, _) = proven(session, &args.act)?;
            Ok(Execute::Sign {
                act: args.act,
                hash: act.body.hash(),
            })
        }),
        Command::Check(args) => check::run(args, global),
        Command::Accept(args) => changed(&args.key, global, |session| accept(args, session)),
        Command::Dispute(args) => changed(&args.key, global, |session| dispute(args, session)),
        Command::Document(args) => document::run(args, global),
        Command::Withdraw(args) => {
            let execute = Execute::WithdrawDispute { act: args.act };
            changed(&args.key, global, |_| Ok(execute))
        }
        Command::Correct(args) => changed(&args.key, global, |session| correct(args, session)),
    }
}

fn accept(args: &Accept, session: &Session) -> Result<Execute> {
    let (act, _) = proven(session, &args.act)?;
    let check = match (&args.report, args.excess) {
        (Some(report), Some(excess)) => Some(EditCheck {
            report: hash_of(report)?,
            excess,
        }),
        _ => None,
    };
    let despite = args.because.as_ref().map(|reasons| {
        let mut days = args.despite.clone();
        days.sort_unstable();
        days.dedup();
        hash_of(reasons).map(|statement| Despite { statement, days })
    });
    Ok(Execute::Accept {
        act: args.act,
        hash: act.body.hash(),
        check,
        despite: despite.transpose()?,
    })
}

fn dispute(args: &Dispute, session: &Session) -> Result<Execute> {
    let (act, _) = proven(session, &args.act)?;
    Ok(Execute::Dispute {
        act: args.act,
        hash: act.body.hash(),
        reason: match args.reason {
            Reason::NotDelivered => DisputeReason::NotDelivered,
            Reason::WrongPrice => DisputeReason::WrongPrice,
            Reason::WrongQuantity => DisputeReason::WrongQuantity,
            Reason::Twice => DisputeReason::Twice,
            Reason::EditCheck => DisputeReason::EditCheck,
            Reason::Other => DisputeReason::Other,
        },
        statement: hash_of(&args.statement)?,
        lines: args.lines.clone(),
    })
}

/// Each line as it stands in the act: who posted it, and the rate of its VAT.
fn correct(args: &Correct, session: &Session) -> Result<Execute> {
    let (act, _) = proven(session, &args.act)?;
    let agreement = document::agreement(session, &act)?;
    let standing = lines::of_act(session, &act.body, &agreement.offsets)?;
    let corrected = args
        .lines
        .iter()
        .map(|(transfer, amount)| lines::corrected(&standing, transfer, *amount));
    Ok(Execute::Correct {
        act: args.act,
        lines: corrected.collect::<Result<_>>()?,
    })
}

fn hash_of(path: &Path) -> Result<Hash> {
    Ok(Hash::of(&files::read(path, STATEMENT_BYTES_MAX)?))
}

/// An act, proven, and the block that it is proven by: what is signed is what the ledger says, not what a node does.
pub fn proven(session: &Session, act: &ActId) -> Result<(Act, Header)> {
    let proven = session.record::<ActRecord>(&act_key(act), SETTLEMENT)?;
    let record = proven
        .value
        .ok_or_else(|| Failure::new(Code::ACT_UNKNOWN))?;
    Ok((record.into_current(), proven.header))
}

fn changed(
    key: &str,
    global: &Global,
    message: impl FnOnce(&Session) -> Result<Execute>,
) -> Result<Answer> {
    let session = session(global)?;
    let execute = message(&session)?;
    let done = submitted(&session, global, key, &execute)?;
    Ok(told(&session, &done, json!({})))
}

/// Has the settlement contract do something in the name of a device.
pub fn submitted(
    session: &Session,
    global: &Global,
    key: &str,
    execute: &Execute,
) -> Result<Final> {
    let key = device(global, key)?;
    let call = Call {
        contract: SETTLEMENT,
        input: codec::encode(execute),
    };
    applied(session, session.submit(&key, vec![call], Vec::new())?)
}

#[cfg(test)]
mod tests;
