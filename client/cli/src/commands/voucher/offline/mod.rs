//! A terminal that loses its connection: it syncs while it has one, serves without, and sends what it did.

mod folder;
mod send;
mod serve;
mod sync;

use crate::answer::Answer;
use crate::args::Global;
use crate::commands::voucher::{Bought, product, voucher_id};
use crate::context::device;
use crate::failure::{Failure, Result};
use crate::words::{self, counted, tenge, time};
use clap::{Args, Subcommand};
use folder::TerminalFolder;
use senim_abi::policy::Product;
use senim_abi::voucher::VoucherId;
use senim_types::{Code, TimeMs};
use serde_json::json;
use std::path::PathBuf;

/// How far a terminal's clock may differ from the ledger's, in ms: what the contract allows.
const CLOCK_MS_MAX: u64 = 60 * 1000;

/// A terminal without connection.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// With a connection: fixes the bounds from now on, and takes along what the terminal has to know.
    #[command(
        after_help = "Example:\n  senim voucher offline sync --place 40 --pupils pupils.csv --terminal canteen"
    )]
    Sync(Sync),
    /// Without: says yes or no by itself, and writes a yes down before it says so. Asks no node.
    #[command(
        after_help = "Examples:\n  senim voucher offline redeem VOUCHER --price 900 --terminal canteen\n  senim voucher offline redeem --scan qr.png --price 900 --terminal canteen"
    )]
    Redeem(Redeem),
    /// With a connection again: sends what was written down. The same file again is a success and nothing more.
    #[command(
        after_help = "Examples:\n  senim voucher offline send --terminal canteen\n  senim voucher offline send --terminal canteen --key canteen-2"
    )]
    Send(Send),
    /// Shows what the terminal may still do and what it has not sent. Asks no node.
    #[command(after_help = "Example:\n  senim voucher offline show --terminal canteen")]
    Show(Folder),
}

/// The terminal's folder.
#[derive(Debug, Args)]
pub struct Folder {
    /// Where the terminal keeps what it took along and what it did.
    #[arg(long, default_value = "terminal")]
    pub terminal: PathBuf,
}

/// Arguments of `voucher offline sync`.
#[derive(Debug, Args)]
pub struct Sync {
    /// Under which programme.
    #[arg(long, default_value_t = 2)]
    pub programme: u32,
    /// Where it serves: the number of a place.
    #[arg(long)]
    pub place: u32,
    /// The meal system's list: the last column of each line is a voucher.
    #[arg(long)]
    pub pupils: Option<PathBuf>,
    /// Vouchers besides those of the list.
    #[arg(long, value_delimiter = ',', value_parser = voucher_id)]
    pub voucher: Vec<VoucherId>,
    /// What it sells.
    #[arg(long, value_delimiter = ',', value_parser = product, default_value = "1")]
    pub product: Vec<Product>,
    /// The terminal's device key, by name or file.
    #[arg(long, default_value = "canteen")]
    pub key: String,
    /// Its folder.
    #[command(flatten)]
    pub folder: Folder,
}

/// Arguments of `voucher offline redeem`.
#[derive(Debug, Args)]
pub struct Redeem {
    /// Which: the terminal itself says who stands before it.
    #[arg(value_parser = voucher_id, required_unless_present = "scan")]
    pub voucher: Option<VoucherId>,
    /// The picture of the code that is shown: a live QR, or a printed or shared code.
    #[arg(long, conflicts_with = "voucher")]
    pub scan: Option<PathBuf>,
    /// What is bought.
    #[command(flatten)]
    pub bought: Bought,
    /// The terminal's clock in Unix ms, where it has one of its own; without it, this machine's.
    #[arg(long)]
    pub clock: Option<u64>,
    /// The terminal's device key, by name or file.
    #[arg(long, default_value = "canteen")]
    pub key: String,
    /// Its folder.
    #[command(flatten)]
    pub folder: Folder,
}

/// Arguments of `voucher offline send`.
#[derive(Debug, Args)]
pub struct Send {
    /// Also what the ledger has taken already, for whoever doubts it.
    #[arg(long)]
    pub all: bool,
    /// The device key of any terminal of the same organisation, by name or file.
    #[arg(long, default_value = "canteen")]
    pub key: String,
    /// The folder of the terminal whose records they are.
    #[command(flatten)]
    pub folder: Folder,
}

/// Runs a command of a terminal.
pub fn run(command: &Command, global: &Global) -> Result<Answer> {
    match command {
        Command::Sync(args) => sync::sync(args, global),
        Command::Redeem(args) => redeem(args, global),
        Command::Send(args) => send::send(args, global),
        Command::Show(folder) => show(folder),
    }
}

fn redeem(args: &Redeem, global: &Global) -> Result<Answer> {
    let mut folder = TerminalFolder::open(&args.folder.terminal)?;
    let key = device(global, &args.key)?;
    if key.public() != folder.synced.terminal {
        return Err(Failure::with(
            Code::TERMINAL_NOT_SYNCED,
            "This folder is another terminal's: name the key that synced it.",
        ));
    }
    let code = match &args.scan {
        Some(picture) => Some(crate::commands::wallet::voucher::scan(picture)?),
        None => None,
    };
    let id = code.as_ref().map(|code| code.voucher()).or(args.voucher);
    let id = id.ok_or_else(|| Failure::usage("name a voucher, or scan its code"))?;
    let now = args.clock.map_or_else(words::now, TimeMs);
    let served = serve::decide(&folder, &key, (id, code.as_ref()), args.bought.lines(), now)?;
    let (sequence, terms, left) = (served.record.sequence, served.terms, served.left);
    folder.append(&key, served)?;
    let json = json!({
        "voucher": id, "sequence": sequence, "time": now, "pays_tiyn": terms.pays, "bears_tiyn": terms.bears,
        "left_tiyn": left, "unsent": folder.lines.len(),
    });
    Ok(Answer::new(json)
        .line(format!(
            "Yes, without connection: the programme is to pay {}, the citizen bears {}",
            tenge(terms.pays),
            tenge(terms.bears)
        ))
        .line(format!(
            "  record {sequence} is written down; it counts when the ledger has taken it: senim voucher offline send"
        )))
}

fn show(args: &Folder) -> Result<Answer> {
    let folder = TerminalFolder::open(&args.terminal)?;
    let synced = &folder.synced;
    let session = &synced.state.session;
    let used = folder.used();
    let until = TimeMs(session.synced_at.0.saturating_add(session.bounds.ms_max));
    let json = json!({
        "programme": synced.programme, "place": session.place, "session": session.number,
        "synced_at": session.synced_at, "until": until, "uses": used, "uses_max": session.bounds.uses_max,
        "vouchers": synced.vouchers.len(),
        "records": folder.lines.iter().map(|line| &line.record).collect::<Vec<_>>(),
    });
    Ok(Answer::new(json)
        .line(format!(
            "Session {} under programme {}: {used} of {} uses, until {}",
            session.number,
            synced.programme,
            session.bounds.uses_max,
            time(until)
        ))
        .line(format!(
            "  knows {}, as of {}",
            counted(synced.vouchers.len(), "voucher"),
            time(session.synced_at)
        ))
        .line(format!(
            "  {} in the file",
            counted(folder.lines.len(), "record")
        )))
}

#[cfg(test)]
mod tests;
