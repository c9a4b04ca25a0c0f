//! A service centre's commands: benefit cards and their keys; and what a card's chip does at a terminal.

mod folder;
mod give;
mod keys;
mod show;
mod tap;
mod withdraw;

pub use folder::{CardFolder, chip};
pub use keys::CardKey;
pub use tap::{read_answer, write_challenge};

use crate::answer::Answer;
use crate::args::Global;
use crate::failure::Result;
use clap::{Args, Subcommand};
use senim_card_system::CardNumber;
use std::path::PathBuf;

/// Benefit cards.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Issues a card to a person whose entitlement is proven. The register with the name stays in the centre's folder,
    /// encrypted; the ledger learns nothing of it.
    #[command(
        after_help = "Example (an invented person):\n  senim card issue --name 'Үлгігүл Сынақова' --iin 610309200172 --category 1 --until 2027-12-31 --chip card.chip"
    )]
    Issue(Issue),
    /// Registers fresh keys for all cards that are short of them, those of many cards together.
    #[command(after_help = "Example:\n  senim card keys")]
    Keys(Keys),
    /// Gives a clinic's system the keys of a card's number for one prescription: one to write into it, one to seal for.
    #[command(after_help = "Example:\n  senim card key --number 9398000000000019")]
    Key(Key),
    /// Blocks a lost card, here and on the ledger.
    #[command(after_help = "Example:\n  senim card block --number 9398000000000019")]
    Block(Number),
    /// Ends a card's entitlement earlier than it was issued for: now, or at the end of a day.
    #[command(
        after_help = "Example:\n  senim card end --number 9398000000000019\n  senim card end --number 9398000000000019 --on 2027-06-30"
    )]
    End(End),
    /// Issues another card in place of a lost one; the person's open prescriptions are for the new card.
    #[command(
        after_help = "Example:\n  senim card replace --number 9398000000000019 --chip new.chip"
    )]
    Replace(Replace),
    /// Shows a card, or all: owner, entitlement, how it stands, which prescriptions it is for.
    #[command(
        after_help = "Example:\n  senim card show --number 9398000000000019\n  senim card show"
    )]
    Show(Show),
    /// A card put to a reader: its chip answers a terminal's challenge.
    #[command(
        after_help = "Example:\n  senim pharmacy challenge --group GROUP --items 1 --out challenge.bin\n  senim card tap --chip card.chip --challenge challenge.bin --out answer.bin\n  senim pharmacy hold --card answer.bin"
    )]
    Tap(Tap),
}

/// The card system's own folder and device.
#[derive(Debug, Args)]
pub struct Centre {
    /// The card system's own folder: the register of cards, encrypted.
    #[arg(long, default_value = "cards", env = "SENIM_CARDS")]
    pub cards: PathBuf,
    /// The file with the secret that opens the register; in its folder if none is named. Keep it on another medium: who
    /// has both reads all names, and who destroys it destroys them.
    #[arg(long, env = "SENIM_CARDS_KEY")]
    pub cards_key: Option<PathBuf>,
    /// The centre's device: a key by name or file.
    #[arg(long, default_value = "service-centre")]
    pub key: String,
}

/// Arguments of `card issue`.
#[derive(Debug, Args)]
pub struct Issue {
    /// The person's name.
    #[arg(long)]
    pub name: String,
    /// The person's national number (ИИН).
    #[arg(long)]
    pub iin: String,
    /// Why the person is entitled: the category's number.
    #[arg(long, value_parser = clap::value_parser!(u8).range(0..=31))]
    pub category: u8,
    /// The last day of the entitlement.
    #[arg(long)]
    pub until: String,
    /// Where the card's chip is written: the software card's secret.
    #[arg(long)]
    pub chip: PathBuf,
    /// Whose, and how.
    #[command(flatten)]
    pub centre: Centre,
}

/// Arguments of `card keys`.
#[derive(Debug, Args)]
pub struct Keys {
    /// Free keys that each card is to have: prescriptions until the next registration.
    #[arg(long, default_value_t = senim_card_system::KEY_STOCK as u16, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub stock: u16,
    /// Whose, and how.
    #[command(flatten)]
    pub centre: Centre,
}

/// Arguments of `card key`.
#[derive(Debug, Args)]
pub struct Key {
    /// The number on the card.
    #[arg(long, value_parser = number)]
    pub number: CardNumber,
    /// Whose, and how.
    #[command(flatten)]
    pub centre: Centre,
}

/// Arguments of `card block`.
#[derive(Debug, Args)]
pub struct Number {
    /// The number on the card.
    #[arg(long, value_parser = number)]
    pub number: CardNumber,
    /// Whose, and how.
    #[command(flatten)]
    pub centre: Centre,
}

/// Arguments of `card end`.
#[derive(Debug, Args)]
pub struct End {
    /// The number on the card.
    #[arg(long, value_parser = number)]
    pub number: CardNumber,
    /// The last day of the entitlement; without it, it ends now.
    #[arg(long)]
    pub on: Option<String>,
    /// Whose, and how.
    #[command(flatten)]
    pub centre: Centre,
}

/// Arguments of `card replace`.
#[derive(Debug, Args)]
pub struct Replace {
    /// The number on the lost card.
    #[arg(long, value_parser = number)]
    pub number: CardNumber,
    /// Where the new card's chip is written.
    #[arg(long)]
    pub chip: PathBuf,
    /// Whose, and how.
    #[command(flatten)]
    pub centre: Centre,
}

/// Arguments of `card show`.
#[derive(Debug, Args)]
pub struct Show {
    /// The number on the card; all cards where none is named.
    #[arg(long, value_parser = number)]
    pub number: Option<CardNumber>,
    /// Whose, and how.
    #[command(flatten)]
    pub centre: Centre,
}

/// Arguments of `card tap`.
#[derive(Debug, Args)]
pub struct Tap {
    /// The card's chip.
    #[arg(long)]
    pub chip: PathBuf,
    /// The terminal's challenge.
    #[arg(long)]
    pub challenge: PathBuf,
    /// Where the answer is written.
    #[arg(long)]
    pub out: PathBuf,
}

/// A card's number: sixteen digits with a check digit.
pub fn number(text: &str) -> std::result::Result<CardNumber, String> {
    let malformed = || {
        format!(
            "`{text}` is no card's number: sixteen digits that begin with 9398 and have a right check digit"
        )
    };
    text.parse().map_err(|_| malformed())
}

/// Runs a command about cards.
pub fn run(command: &Command, global: &Global) -> Result<Answer> {
    match command {
        Command::Issue(args) => give::issue(args, global),
        Command::Replace(args) => give::replace(args, global),
        Command::Keys(args) => keys::keys(args, global),
        Command::Key(args) => keys::key(args, global),
        Command::Block(args) => withdraw::block(args, global),
        Command::End(args) => withdraw::end(args, global),
        Command::Show(args) => show::show(args, global),
        Command::Tap(args) => tap::tap(args),
    }
}
