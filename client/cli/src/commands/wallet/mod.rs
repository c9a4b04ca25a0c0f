//! A citizen's commands. The keys stay in the wallet's folder; what has to be sent goes through a wallet service's
//! device (on the devnet `identity`), which sees neither keys nor contents.

mod act;
mod add;
mod find;
mod history;
mod list;
mod log;
mod offer;
mod share;
mod store;
pub mod voucher;

pub use store::{Wallet, WalletKey};

use crate::answer::Answer;
use crate::args::Global;
use crate::commands::prescription::Reason;
use crate::context::group_id;
use crate::failure::Result;
use crate::offer::Language;
use crate::words::{end_of_day, now, parse_duration_ms, parse_items};
use clap::{Args, Subcommand};
use senim_abi::prescription::{GroupId, ItemMask};
use senim_types::{Hash, TimeMs};
use std::path::PathBuf;

/// The citizen's wallet.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Makes a wallet: one secret from which all its keys are derived.
    #[command(after_help = "Example:\n  senim wallet new --wallet wallet")]
    New(Folder),
    /// Makes a fresh one-time key to leave with a clinic or the identity service. One for each prescription: the ledger
    /// then does not join two of one person.
    #[command(after_help = "Example:\n  senim wallet key --wallet wallet")]
    Key(Folder),
    /// Takes a prescription in by its id; after a lost telephone, with what still opens its medicine data.
    #[command(
        after_help = "Examples:\n  senim wallet add GROUP\n  senim wallet add GROUP --paper paper.png\n  senim wallet add GROUP --shared shared.bin"
    )]
    Add(Add),
    /// Finds new prescriptions and vouchers for the wallet's keys and lists all: active ones yellow, finished ones grey.
    #[command(after_help = "Example:\n  senim wallet list --wallet wallet")]
    List(Folder),
    /// Shows the offer, and signs it: the consent to the use of data, without which the wallet makes no QR and no code. The
    /// identity service confirms whose word it is.
    #[command(
        after_help = "Examples:\n  senim wallet agree --language kk\n  senim wallet agree --yes\n  senim wallet agree --withdraw"
    )]
    Agree(Agree),
    /// Lists what was said of the offer, and whether it holds now.
    #[command(after_help = "Example:\n  senim wallet offer --wallet wallet")]
    Offer(Folder),
    /// Makes a live QR that opens items of a prescription to whoever scans it within its time.
    #[command(after_help = "Example:\n  senim wallet qr GROUP --items 1 --ttl 60s --out qr.png")]
    Qr(Qr),
    /// Lists what happened to all that the wallet holds, or to a voucher; of a prescription, who looked at its medicine data,
    /// when and why. From proven receipts, and checked to be all.
    #[command(
        after_help = "Examples:\n  senim wallet log\n  senim wallet log GROUP\n  senim wallet log VOUCHER"
    )]
    Log(Log),
    /// Cancels what remains of a prescription.
    #[command(after_help = "Example:\n  senim wallet cancel GROUP --items 2")]
    Cancel(Cancel),
    /// Lets another collect items of a prescription: a key of that wallet's (`senim wallet key`) opens them, too, until a
    /// time. One at a time.
    #[command(
        after_help = "Example:\n  senim wallet share GROUP --to senimwallet1… --items 1 --until 2027-01-31 --out shared.bin"
    )]
    Share(Share),
    /// Takes back what was shared: only the holder's own QRs open it.
    #[command(after_help = "Example:\n  senim wallet unshare GROUP")]
    Unshare(Unshare),
    /// Vouchers: activate, share, show, take the consent back.
    #[command(subcommand)]
    Voucher(voucher::Command),
}

/// The wallet's folder.
#[derive(Debug, Args)]
pub struct Folder {
    /// The wallet's own folder.
    #[arg(long, default_value = "wallet", env = "SENIM_WALLET")]
    pub wallet: PathBuf,
}

/// Arguments of `wallet add`.
#[derive(Debug, Args)]
pub struct Add {
    /// The prescription.
    #[arg(value_parser = group_id)]
    pub group: GroupId,
    /// The picture of its paper's code, which opens the medicine data.
    #[arg(long, group = "opens")]
    pub paper: Option<PathBuf>,
    /// The person's card, whose chip opens the medicine data of what is bound to it.
    #[arg(long, group = "opens")]
    pub chip: Option<PathBuf>,
    /// A copy of the wallet that held it before.
    #[arg(long, group = "opens")]
    pub old: Option<PathBuf>,
    /// The file that came with what another shared.
    #[arg(long, group = "opens")]
    pub shared: Option<PathBuf>,
    /// The wallet service's device, which fetches the sealed part: a key by name or file.
    #[arg(long, default_value = "identity")]
    pub key: String,
    /// Whose.
    #[command(flatten)]
    pub folder: Folder,
}

/// Arguments of `wallet agree`.
#[derive(Debug, Args)]
pub struct Agree {
    /// Signs it.
    #[arg(long, conflicts_with = "withdraw")]
    pub yes: bool,
    /// Takes it back: the wallet makes no QR from then on.
    #[arg(long)]
    pub withdraw: bool,
    /// Shows it in this language alone.
    #[arg(long, value_enum)]
    pub language: Option<Language>,
    /// The identity service's device, which confirms who signs: a key by name or file.
    #[arg(long, default_value = "identity")]
    pub key: String,
    /// Whose.
    #[command(flatten)]
    pub folder: Folder,
}

/// Arguments of `wallet log`.
#[derive(Debug, Args)]
pub struct Log {
    /// A prescription or a voucher; without it, all that the wallet holds.
    #[arg(value_parser = measure_id)]
    pub id: Option<Hash>,
    /// Whose.
    #[command(flatten)]
    pub folder: Folder,
}

/// Arguments of `wallet qr`.
#[derive(Debug, Args)]
pub struct Qr {
    /// The prescription.
    #[arg(value_parser = group_id)]
    pub group: GroupId,
    /// The items that it opens, from 1; all where none are named.
    #[arg(long, value_parser = parse_items)]
    pub items: Option<ItemMask>,
    /// How long it is good for.
    #[arg(long, default_value = "60s", value_parser = parse_duration_ms)]
    pub ttl: u64,
    /// The image. It is a secret as long as it is good.
    #[arg(long)]
    pub out: PathBuf,
    /// The wallet service's device, which fetches the sealed part: a key by name or file.
    #[arg(long, default_value = "identity")]
    pub key: String,
    /// Whose.
    #[command(flatten)]
    pub folder: Folder,
}

/// Arguments of `wallet cancel`.
#[derive(Debug, Args)]
pub struct Cancel {
    /// The prescription.
    #[arg(value_parser = group_id)]
    pub group: GroupId,
    /// Its items, from 1; all where none are named.
    #[arg(long, value_parser = parse_items)]
    pub items: Option<ItemMask>,
    /// Why.
    #[arg(long, value_enum, default_value_t = Reason::HolderRequest)]
    pub reason: Reason,
    /// The wallet service's device, which submits what the wallet signs: a key by name or file.
    #[arg(long, default_value = "identity")]
    pub key: String,
    /// Whose.
    #[command(flatten)]
    pub folder: Folder,
}

/// Arguments of `wallet share`.
#[derive(Debug, Args)]
pub struct Share {
    /// The prescription.
    #[arg(value_parser = group_id)]
    pub group: GroupId,
    /// The key of whoever collects: a fresh one of that person's wallet for each prescription.
    #[arg(long)]
    pub to: String,
    /// Its items, from 1; all where none are named.
    #[arg(long, value_parser = parse_items)]
    pub items: Option<ItemMask>,
    /// Until the end of a day, or for a time span: `2027-01-31`, `3d`; else as long as the items can be collected.
    #[arg(long, value_parser = parse_until)]
    pub until: Option<TimeMs>,
    /// A file for the other wallet with what opens the items' medicine data.
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// The wallet service's device, which submits what the wallet signs: a key by name or file.
    #[arg(long, default_value = "identity")]
    pub key: String,
    /// Whose.
    #[command(flatten)]
    pub folder: Folder,
}

/// Arguments of `wallet unshare`.
#[derive(Debug, Args)]
pub struct Unshare {
    /// The prescription.
    #[arg(value_parser = group_id)]
    pub group: GroupId,
    /// The wallet service's device, which submits what the wallet signs: a key by name or file.
    #[arg(long, default_value = "identity")]
    pub key: String,
    /// Whose.
    #[command(flatten)]
    pub folder: Folder,
}

/// A day or a time span from now.
fn parse_until(text: &str) -> std::result::Result<TimeMs, String> {
    let day = end_of_day(text);
    let span = parse_duration_ms(text).map(|span| TimeMs(now().0.saturating_add(span)));
    day.or(span).map_err(|_| {
        format!("`{text}` is neither a date, such as 2027-01-31, nor a time span, such as 3d")
    })
}

/// The id of a prescription or a voucher.
fn measure_id(text: &str) -> std::result::Result<Hash, String> {
    let malformed =
        |_| format!("`{text}` is not the id of a prescription or a voucher: 64 hex digits");
    text.parse().map_err(malformed)
}

/// Runs a citizen's command.
pub fn run(command: &Command, global: &Global) -> Result<Answer> {
    match command {
        Command::New(folder) => act::new(&folder.wallet),
        Command::Key(folder) => act::key(&folder.wallet),
        Command::Add(args) => add::add(args, global),
        Command::List(folder) => list::list(&folder.wallet, global),
        Command::Agree(args) => offer::agree(args, global),
        Command::Offer(folder) => offer::list(folder, global),
        Command::Qr(args) => act::qr(args, global),
        Command::Log(args) => log::log(args, global),
        Command::Cancel(args) => act::cancel(args, global),
        Command::Share(args) => share::share(args, global),
        Command::Unshare(args) => share::unshare(args, global),
        Command::Voucher(command) => voucher::run(command, global),
    }
}
