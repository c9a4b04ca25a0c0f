//! A payer's commands: budget lines and the money in them.

use crate::answer::Answer;
use crate::args::Global;
use crate::context::{applied, device, session, told};
use crate::failure::{Failure, Result};
use crate::files;
use crate::session::Session;
use crate::words::parse_tenge;
use clap::{Args, Subcommand};
use senim_abi::civil::UtcOffsets;
use senim_abi::ids;
use senim_abi::registry::{self, msg::DeviceAnswer};
use senim_abi::treasury::{BudgetId, Execute, ProgrammeId};
use senim_abi::{REGISTRY, TREASURY};
use senim_types::crypto::SecretKey;
use senim_types::{Call, Code, ContractId, Hash, OrgId, Tiyn, codec};
use serde_json::json;

/// A payer's commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Opens an empty budget line for a programme, and says which contracts may move its money.
    #[command(after_help = "Example:\n  senim fund open 4 --programme 4 --caller voucher")]
    Open(Open),
    /// Brings money into a budget line.
    #[command(after_help = "Example:\n  senim fund allot 4 --amount 1000000")]
    Allot(Amount),
    /// Takes money out of a budget line that is neither spent nor reserved.
    #[command(after_help = "Example:\n  senim fund withdraw 4 --amount 1000")]
    Withdraw(Amount),
}

/// Arguments of `fund open`.
#[derive(Debug, Args)]
pub struct Open {
    /// The line's number.
    pub budget: u32,
    /// What for.
    #[arg(long)]
    pub programme: u32,
    /// A contract that may move its money, by name or number; several times for several.
    #[arg(long, required = true, value_parser = contract)]
    pub caller: Vec<ContractId>,
    /// Civil time of the programme, in minutes from UTC.
    #[arg(long, default_value_t = 300)]
    pub utc_offset: i16,
    /// The payer's device key, by name or file.
    #[arg(long, default_value = "education")]
    pub key: String,
}

/// Arguments of `fund allot` and `fund withdraw`.
#[derive(Debug, Args)]
pub struct Amount {
    /// The line's number.
    pub budget: u32,
    /// How much, in tenge.
    #[arg(long, value_parser = parse_tenge)]
    pub amount: Tiyn,
    /// The payer's own name of this operation, such as an order's number: the same again changes nothing. Without it, each
    /// is another.
    #[arg(long)]
    pub order: Option<String>,
    /// The payer's device key, by name or file.
    #[arg(long, default_value = "education")]
    pub key: String,
}

fn contract(text: &str) -> std::result::Result<ContractId, String> {
    let number = text.parse().map(ContractId).ok();
    let known = number.or_else(|| ids::id_of(text));
    known.ok_or_else(|| format!("`{text}` is neither the name of a contract nor a number"))
}

/// Runs a payer's command.
pub fn run(command: &Command, global: &Global) -> Result<Answer> {
    match command {
        Command::Open(args) => open(args, global),
        Command::Allot(args) => moved(args, global, |id, budget, amount| Execute::Allot {
            id,
            budget,
            amount,
        }),
        Command::Withdraw(args) => moved(args, global, |id, budget, amount| Execute::Withdraw {
            id,
            budget,
            amount,
        }),
    }
}

fn open(args: &Open, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let key = device(global, &args.key)?;
    let mut callers = args.caller.clone();
    callers.sort_unstable();
    callers.dedup();
    let execute = Execute::OpenBudget {
        budget: BudgetId(args.budget),
        payer: organisation(&session, &key)?,
        programme: ProgrammeId(args.programme),
        callers,
        offsets: UtcOffsets::fixed(args.utc_offset),
    };
    let done = applied(
        &session,
        session.submit(&key, vec![to_treasury(&execute)], Vec::new())?,
    )?;
    Ok(told(&session, &done, json!({ "budget": args.budget })))
}

/// Whose device it is, as the node says: a budget line of somebody else's is refused by the ledger anyhow.
fn organisation(session: &Session, key: &SecretKey) -> Result<OrgId> {
    let device = key.public();
    let query = registry::Query::Device { device };
    let known: DeviceAnswer = session.query(REGISTRY, &query)?;
    let known = known.ok_or_else(|| Failure::new(Code::DEVICE_UNKNOWN))?;
    Ok(known.org)
}

fn moved(
    args: &Amount,
    global: &Global,
    message: impl Fn(Hash, BudgetId, Tiyn) -> Execute,
) -> Result<Answer> {
    let session = session(global)?;
    let key = device(global, &args.key)?;
    let id = match &args.order {
        Some(order) => Hash::of(order.as_bytes()),
        None => Hash(*files::random()?),
    };
    let execute = message(id, BudgetId(args.budget), args.amount);
    let done = applied(
        &session,
        session.submit(&key, vec![to_treasury(&execute)], Vec::new())?,
    )?;
    Ok(told(
        &session,
        &done,
        json!({ "budget": args.budget, "operation": id }),
    ))
}

fn to_treasury(execute: &Execute) -> Call {
    Call {
        contract: TREASURY,
        input: codec::encode(execute),
    }
}
