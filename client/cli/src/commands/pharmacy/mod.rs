//! A pharmacy's commands.

mod dispense;
mod folder;
mod hold;
mod sales;
mod step;

use crate::answer::Answer;
use crate::args::Global;
use crate::context::group_id;
use crate::failure::Result;
use crate::words::{parse_items, parse_tenge};
use clap::{Args, Subcommand, ValueEnum};
use senim_abi::prescription::{GroupId, ItemMask, RejectReason};
use senim_types::Tiyn;
use std::ffi::OsString;
use std::path::PathBuf;

/// Dispensing.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Scans a wallet's QR and takes items into the pharmacy's exclusive hold; then shows how they are to be used.
    #[command(after_help = "Example:\n  senim pharmacy hold --qr qr.png --items 1")]
    Hold(Hold),
    /// Dispenses a pack for a held item: the pack leaves the register, the item is redeemed, the programme pays, all in
    /// one transaction or nothing.
    #[command(
        after_help = "Example:\n  senim pharmacy dispense --group GROUP --item 1 --pack pack.png --units 60 --price 1450"
    )]
    Dispense(Dispense),
    /// Gives held items back undispensed.
    #[command(
        after_help = "Example:\n  senim pharmacy reject --group GROUP --items 1 --reason out-of-stock"
    )]
    Reject(Reject),
    /// Lengthens a hold as far as the programme lets it.
    #[command(after_help = "Example:\n  senim pharmacy extend --group GROUP --items 1")]
    Extend(Extend),
    /// Undoes a dispensing that did not take place.
    #[command(after_help = "Example:\n  senim pharmacy reverse --group GROUP --dispense 0")]
    Reverse(Reverse),
    /// Has a payment posted that waited for the movement of its packs to be reported.
    #[command(after_help = "Example:\n  senim pharmacy settle --group GROUP --dispense 0")]
    Settle(Settle),
    /// Shows what a programme owes the pharmacy for a month, proven.
    #[command(after_help = "Example:\n  senim pharmacy sales --month 2026-02")]
    Sales(Sales),
}

/// The pharmacy's own folder and device.
#[derive(Debug, Args)]
pub struct Pharmacy {
    /// The pharmacy's own folder: keys of its holds.
    #[arg(long, default_value = "pharmacy", env = "SENIM_PHARMACY")]
    pub hold_dir: PathBuf,
    /// The terminal: a device key by name or file.
    #[arg(long, default_value = "pharmacy")]
    pub key: String,
    /// Writes the receipt's proof to a file, for `senim verify`.
    #[arg(long)]
    pub save_proof: Option<PathBuf>,
}

/// Arguments of `pharmacy hold`.
#[derive(Debug, Args)]
pub struct Hold {
    /// A PNG with the wallet's QR.
    #[arg(long)]
    pub qr: PathBuf,
    /// The items, from 1; all that the QR opens where none are named.
    #[arg(long, alias = "item", value_parser = parse_items)]
    pub items: Option<ItemMask>,
    /// Whose, and how.
    #[command(flatten)]
    pub pharmacy: Pharmacy,
}

/// Arguments of `pharmacy dispense`.
#[derive(Debug, Args)]
pub struct Dispense {
    /// The prescription.
    #[arg(long, value_parser = group_id)]
    pub group: GroupId,
    /// The item, from 1.
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=16))]
    pub item: u8,
    /// A PNG with the pack's code, or its element string.
    #[arg(long)]
    pub pack: OsString,
    /// Units taken out of the pack.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub units: u32,
    /// Price of the full pack, in tenge.
    #[arg(long, value_parser = parse_tenge)]
    pub price: Tiyn,
    /// Whose, and how.
    #[command(flatten)]
    pub pharmacy: Pharmacy,
}

/// Arguments of `pharmacy reject`.
#[derive(Debug, Args)]
pub struct Reject {
    /// The prescription.
    #[arg(long, value_parser = group_id)]
    pub group: GroupId,
    /// The items, from 1.
    #[arg(long, alias = "item", value_parser = parse_items)]
    pub items: ItemMask,
    /// Why.
    #[arg(long, value_enum, default_value_t = Reason::Other)]
    pub reason: Reason,
    /// Whose, and how.
    #[command(flatten)]
    pub pharmacy: Pharmacy,
}

/// Why items are given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Reason {
    /// The pharmacy has none.
    OutOfStock,
    /// The person does not take it here.
    PersonDeclined,
    /// The pharmacist has to ask the prescriber.
    ClinicalQuestion,
    /// The pack cannot be dispensed.
    PackRefused,
    /// Held by mistake.
    Mistake,
    /// Another reason.
    Other,
}

impl From<Reason> for RejectReason {
    fn from(reason: Reason) -> RejectReason {
        match reason {
            Reason::OutOfStock => RejectReason::OutOfStock,
            Reason::PersonDeclined => RejectReason::PersonDeclined,
            Reason::ClinicalQuestion => RejectReason::ClinicalQuestion,
            Reason::PackRefused => RejectReason::PackRefused,
            Reason::Mistake => RejectReason::Mistake,
            Reason::Other => RejectReason::Other,
        }
    }
}

/// Arguments of `pharmacy extend`.
#[derive(Debug, Args)]
pub struct Extend {
    /// The prescription.
    #[arg(long, value_parser = group_id)]
    pub group: GroupId,
    /// One of the hold's items, from 1; the whole hold is lengthened.
    #[arg(long, alias = "item", value_parser = parse_items)]
    pub items: ItemMask,
    /// Whose, and how.
    #[command(flatten)]
    pub pharmacy: Pharmacy,
}

/// Arguments of `pharmacy reverse`.
#[derive(Debug, Args)]
pub struct Reverse {
    /// The prescription.
    #[arg(long, value_parser = group_id)]
    pub group: GroupId,
    /// Number of the dispense, from 0, as its receipt says.
    #[arg(long)]
    pub dispense: u8,
    /// The packs of it, from 1, that left the pharmacy and came back.
    #[arg(long, value_parser = parse_items)]
    pub left: Option<ItemMask>,
    /// Whose, and how.
    #[command(flatten)]
    pub pharmacy: Pharmacy,
}

/// Arguments of `pharmacy settle`.
#[derive(Debug, Args)]
pub struct Settle {
    /// The prescription.
    #[arg(long, value_parser = group_id)]
    pub group: GroupId,
    /// Number of the dispense, from 0, as its receipt says.
    #[arg(long)]
    pub dispense: u8,
    /// The terminal: a device key by name or file.
    #[arg(long, default_value = "pharmacy")]
    pub key: String,
    /// Writes the receipt's proof to a file, for `senim verify`.
    #[arg(long)]
    pub save_proof: Option<PathBuf>,
}

/// Arguments of `pharmacy sales`.
#[derive(Debug, Args)]
pub struct Sales {
    /// The support measure.
    #[arg(long, default_value_t = 1)]
    pub programme: u32,
    /// The month of posting, YYYY-MM; this one where none is named.
    #[arg(long, value_parser = sales::parse_month)]
    pub month: Option<senim_abi::civil::Month>,
    /// The terminal: a device key by name or file.
    #[arg(long, default_value = "pharmacy")]
    pub key: String,
}

/// Runs a pharmacy's command.
pub fn run(command: &Command, global: &Global) -> Result<Answer> {
    match command {
        Command::Hold(args) => hold::hold(args, global),
        Command::Dispense(args) => dispense::dispense(args, global),
        Command::Reject(args) => step::reject(args, global),
        Command::Extend(args) => step::extend(args, global),
        Command::Reverse(args) => step::reverse(args, global),
        Command::Settle(args) => step::settle(args, global),
        Command::Sales(args) => sales::sales(args, global),
    }
}
