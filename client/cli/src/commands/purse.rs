//! A provider's own digital tenge.

use crate::answer::Answer;
use crate::args::Global;
use crate::context::{applied, device, session, told};
use crate::failure::Result;
use crate::files;
use crate::words::{parse_tenge, tenge_total};
use clap::{Args, Subcommand};
use senim_abi::TREASURY;
use senim_abi::treasury::Execute;
use senim_abi::treasury::record::{PurseRecord, purse_key};
use senim_types::{Call, Hash, OrgId, Tiyn, codec};
use serde_json::json;

/// A provider's own digital tenge.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Shows what is in a purse, proven.
    #[command(after_help = "Example:\n  senim purse show 50")]
    Show(Show),
    /// Takes money out of the purse of the device's own organisation.
    #[command(after_help = "Example:\n  senim purse withdraw --amount 900 --key canteen")]
    Withdraw(Withdraw),
}

/// Arguments of `purse show`.
#[derive(Debug, Args)]
pub struct Show {
    /// Whose: the number of an organisation.
    pub provider: u32,
}

/// Arguments of `purse withdraw`.
#[derive(Debug, Args)]
pub struct Withdraw {
    /// How much, in tenge.
    #[arg(long, value_parser = parse_tenge)]
    pub amount: Tiyn,
    /// The provider's device key, by name or file.
    #[arg(long, default_value = "canteen")]
    pub key: String,
}

/// Runs a command about purses.
pub fn run(command: &Command, global: &Global) -> Result<Answer> {
    match command {
        Command::Show(args) => show(args, global),
        Command::Withdraw(args) => withdraw(args, global),
    }
}

fn show(args: &Show, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let provider = OrgId(args.provider);
    let proven = session.record::<PurseRecord>(&purse_key(provider), TREASURY)?;
    // Nothing was ever paid in where there is no record.
    let purse = proven.value.map(PurseRecord::into_current);
    let purse = purse.unwrap_or_default();
    let json = json!({
        "provider": provider, "balance_tiyn": purse.balance(), "paid_in_tiyn": purse.credits,
        "taken_out_tiyn": purse.debits, "height": proven.header.height,
    });
    Ok(Answer::new(json)
        .line(format!(
            "Purse of {}: {}",
            session.names.of_org(provider),
            tenge_total(purse.balance())
        ))
        .line(format!(
            "  paid in {}, taken out {}",
            tenge_total(purse.credits),
            tenge_total(purse.debits)
        ))
        .line(format!(
            "  proof holds: after block {}",
            proven.header.height
        )))
}

fn withdraw(args: &Withdraw, global: &Global) -> Result<Answer> {
    let (session, key) = (session(global)?, device(global, &args.key)?);
    let leave = Execute::Leave {
        id: Hash(*files::random()?),
        amount: args.amount,
    };
    let call = Call {
        contract: TREASURY,
        input: codec::encode(&leave),
    };
    let done = applied(&session, session.submit(&key, vec![call], Vec::new())?)?;
    Ok(told(&session, &done, json!({})))
}
