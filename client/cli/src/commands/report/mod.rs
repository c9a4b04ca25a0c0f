//! Reports over what the ledger tells: who received what, and how clinics and pharmacies stand out. What is personal comes
//! from the card system's register and goes into the caller's own file; the ledger has none of it.

mod control;
mod history;
mod register;
pub mod table;

use crate::answer::Answer;
use crate::args::Global;
use crate::commands::card::{CardFolder, Centre};
use crate::failure::{Failure, Result};
use crate::session::Session;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Reports.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The personalised register: who received what, where, when, from which doctor and pharmacist. With the card system's
    /// register there are names; without it, a pseudonym for each prescription.
    #[command(
        after_help = "Example:\n  senim report register --out register.csv\n  senim report register --programme 7 --cards cards --out register.xlsx"
    )]
    Register(Options),
    /// The control report: each prescriber and each terminal with counts, sums and proofs, and what stands out – a
    /// prescriber whose prescriptions go to one terminal, a card with many prescriptions.
    #[command(
        after_help = "Example:\n  senim report control\n  senim report control --cards cards --out control.xlsx"
    )]
    Control(Control),
}

/// What a report is about, and where it goes.
#[derive(Debug, Args)]
pub struct Options {
    /// Only this programme.
    #[arg(long)]
    pub programme: Option<u32>,
    /// The first block that is read.
    #[arg(long, default_value_t = 1)]
    pub from: u64,
    /// The last block that is read; the newest where none is named.
    #[arg(long)]
    pub to: Option<u64>,
    /// The card system's folder: names and card numbers come from its register.
    #[arg(long)]
    pub cards: Option<PathBuf>,
    /// The file with the secret that opens the register, where it is not in that folder.
    #[arg(long, requires = "cards")]
    pub cards_key: Option<PathBuf>,
    /// Writes the report to a file: .csv or .xlsx, readable by its owner only.
    #[arg(long)]
    pub out: Option<PathBuf>,
}

/// Arguments of `report control`.
#[derive(Debug, Args)]
pub struct Control {
    /// What it is about.
    #[command(flatten)]
    pub options: Options,
    /// Dispenses of one prescriber from which on a concentration on one terminal is told.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    pub least: u64,
    /// Prescriptions of one card from which on it is told.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    pub many: u64,
}

/// The card system's register, where it was named.
fn cards(options: &Options, session: &Session) -> Result<Option<CardFolder>> {
    let Some(folder) = &options.cards else {
        return Ok(None);
    };
    if !folder.join("register.sealed").exists() {
        return Err(crate::files::content(
            folder,
            "there is no register of cards",
        ));
    }
    let centre = Centre {
        cards: folder.clone(),
        cards_key: options.cards_key.clone(),
        key: String::new(),
    };
    CardFolder::open(&centre, session).map(Some)
}

/// Blocks of one report.
const BLOCKS_MAX: u64 = 1_000_000;

fn range(options: &Options, tip: u64) -> Result<std::ops::RangeInclusive<u64>> {
    let last = options.to.unwrap_or(tip).min(tip);
    let first = options.from.max(1);
    if last.saturating_sub(first) >= BLOCKS_MAX {
        return Err(Failure::usage(format!(
            "a report reads at most {BLOCKS_MAX} blocks: name --from and --to"
        )));
    }
    Ok(first..=last)
}

/// Runs a report.
pub fn run(command: &Command, global: &Global) -> Result<Answer> {
    match command {
        Command::Register(options) => register::register(options, global),
        Command::Control(args) => control::control(args, global),
    }
}
