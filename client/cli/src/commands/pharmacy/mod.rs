//! A pharmacy's commands.

mod card;
mod contents;
mod dispense;
mod folder;
mod hold;
mod look;
mod paper;
mod sales;
mod step;

use crate::answer::Answer;
use crate::args::Global;
use crate::context::group_id;
use crate::failure::Result;
use crate::words::{parse_items, parse_tenge};
use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use senim_abi::prescription::msg::DocumentKind;
use senim_abi::prescription::{self, GroupId, ItemMask, RejectReason};
use senim_card_system::CardNumber;
use senim_types::Tiyn;
use std::ffi::OsString;
use std::path::PathBuf;

/// Dispensing.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Takes items into the pharmacy's exclusive hold, by the proof that the person shows: a wallet's QR, a benefit card at
    /// the reader, or paper with an identity check. Then it shows the medicine data; the hold is recorded as a look at it.
    #[command(
        after_help = "Example:\n  senim pharmacy hold --qr qr.png --items 1\n  senim pharmacy hold --group GROUP --chip card.chip\n  senim pharmacy hold --card answer.bin\n  senim pharmacy hold --paper paper.png --document identity-card --record check.txt"
    )]
    Hold(Hold),
    /// Looks at the medicine data again: of what is held, or was dispensed here. Each look is recorded on the ledger
    /// first, and the person sees it.
    #[command(after_help = "Example:\n  senim pharmacy look GROUP --reason person-asks")]
    Look(Look),
    /// Writes what a benefit card has to sign to open a prescription at this terminal, for a reader that is another program.
    #[command(
        after_help = "Example:\n  senim pharmacy challenge --group GROUP --items 1 --out challenge.bin"
    )]
    Challenge(Challenge),
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
#[command(group = ArgGroup::new("shown").required(true))]
pub struct Hold {
    /// A PNG with the wallet's QR.
    #[arg(long, group = "shown")]
    pub qr: Option<PathBuf>,
    /// A card's answer to this terminal's challenge, as `senim card tap` writes it.
    #[arg(long, group = "shown")]
    pub card: Option<PathBuf>,
    /// A software card, put to this terminal's own reader.
    #[arg(long, group = "shown", requires = "group")]
    pub chip: Option<PathBuf>,
    /// A card's number, typed by hand. It proves nothing: the ledger refuses it with CARD_NOT_PRESENT, and never learns it.
    #[arg(long, group = "shown", requires = "group", value_parser = crate::commands::card::number)]
    pub card_number: Option<CardNumber>,
    /// A PNG with the code of a paper prescription.
    #[arg(long, group = "shown")]
    pub paper: Option<PathBuf>,
    /// The prescription's number, for a card: the terminal matches the two.
    #[arg(long, value_parser = group_id)]
    pub group: Option<GroupId>,
    /// The document by which the person was recognised; for paper.
    #[arg(long, value_enum)]
    pub document: Option<Document>,
    /// The pharmacy's own record of that check: it stays here, the ledger gets a salted hash of it.
    #[arg(long)]
    pub record: Option<PathBuf>,
    /// The items, from 1; all that the proof opens where none are named.
    #[arg(long, alias = "item", value_parser = parse_items)]
    pub items: Option<ItemMask>,
    /// Whose, and how.
    #[command(flatten)]
    pub pharmacy: Pharmacy,
}

/// A document that shows who somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Document {
    /// Identity card.
    IdentityCard,
    /// Passport.
    Passport,
    /// Birth certificate, shown by a parent.
    BirthCertificate,
    /// A digital document from the state's application.
    Digital,
    /// Another document that the programme's rules allow.
    Other,
}

impl From<Document> for DocumentKind {
    fn from(document: Document) -> DocumentKind {
        match document {
            Document::IdentityCard => DocumentKind::IdentityCard,
            Document::Passport => DocumentKind::Passport,
            Document::BirthCertificate => DocumentKind::BirthCertificate,
            Document::Digital => DocumentKind::Digital,
            Document::Other => DocumentKind::Other,
        }
    }
}

/// Arguments of `pharmacy look`.
#[derive(Debug, Args)]
pub struct Look {
    /// The prescription.
    #[arg(value_parser = group_id)]
    pub group: GroupId,
    /// The items, from 1; all that were opened here where none are named.
    #[arg(long, alias = "item", value_parser = parse_items)]
    pub items: Option<ItemMask>,
    /// Why.
    #[arg(long, value_enum, default_value_t = LookReason::Other)]
    pub reason: LookReason,
    /// Whose, and how.
    #[command(flatten)]
    pub pharmacy: Pharmacy,
}

/// Why the medicine data is looked at again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LookReason {
    /// To dispense.
    Dispensing,
    /// The pharmacist has to ask the prescriber.
    ClinicalQuestion,
    /// The person asks.
    PersonAsks,
    /// A reversal, a claim or a dispute about it.
    Dispute,
    /// Another reason.
    Other,
}

impl From<LookReason> for prescription::LookReason {
    fn from(reason: LookReason) -> prescription::LookReason {
        match reason {
            LookReason::Dispensing => prescription::LookReason::Dispensing,
            LookReason::ClinicalQuestion => prescription::LookReason::ClinicalQuestion,
            LookReason::PersonAsks => prescription::LookReason::PersonAsks,
            LookReason::Dispute => prescription::LookReason::Dispute,
            LookReason::Other => prescription::LookReason::Other,
        }
    }
}

/// Arguments of `pharmacy challenge`.
#[derive(Debug, Args)]
pub struct Challenge {
    /// The prescription.
    #[arg(long, value_parser = group_id)]
    pub group: GroupId,
    /// The items, from 1; all where none are named.
    #[arg(long, alias = "item", value_parser = parse_items)]
    pub items: Option<ItemMask>,
    /// Where the challenge is written.
    #[arg(long)]
    pub out: PathBuf,
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
        Command::Look(args) => look::look(args, global),
        Command::Challenge(args) => card::challenge(args, global),
        Command::Dispense(args) => dispense::dispense(args, global),
        Command::Reject(args) => step::reject(args, global),
        Command::Extend(args) => step::extend(args, global),
        Command::Reverse(args) => step::reverse(args, global),
        Command::Settle(args) => step::settle(args, global),
        Command::Sales(args) => sales::sales(args, global),
    }
}
