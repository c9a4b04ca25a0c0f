//! A clinic's commands.

mod accounting;
mod bind;
mod cancel;
mod clinic;
mod entitled;
mod issue;
mod medicine;
mod names;
mod paper;
mod product;
mod report;
mod rules;
mod show;

pub use cancel::{Cancellation, cancel_message};
pub use clinic::{ClinicFolder, Earlier, Issued};
pub use issue::{Issuance, Wanted, issue_message};
pub use medicine::name as medicine_name;
pub use names::NamedLine;
pub use paper::PaperCode;
pub use rules::read as read_rules;
pub use show::{item_json, item_line, state_name};

use crate::answer::Answer;
use crate::args::Global;
use crate::commands::card::CardKey;
use crate::context::group_id;
use crate::failure::Result;
use crate::words::{parse_items, parse_offset};
use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use senim_abi::prescription::{CancelReason, GroupId, ItemMask};
use senim_fhir::WithdrawalReason;
use std::path::PathBuf;

/// Prescriptions.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Issues the prescriptions of a FHIR R4 message: what the ledger needs goes there, the rest is sealed.
    #[command(
        after_help = "Example (the holder's key is what `senim wallet key` printed):\n  senim prescription issue --fhir tests/data/demo/order.json --holder senimwallet1…"
    )]
    Issue(Issue),
    /// Shows a prescription, proven: its items and where they stand.
    #[command(after_help = "Example:\n  senim prescription show GROUP")]
    Show(Show),
    /// Cancels what remains: as a FHIR message says, or items of a prescription.
    #[command(
        after_help = "Example:\n  senim prescription cancel --fhir tests/data/demo/cancel.json\n  senim prescription cancel --group GROUP --items 2,3 --reason treatment-changed"
    )]
    Cancel(Cancel),
    /// Says whose keys a prescription is held by from now on: those of a new telephone, another card, another paper. What is
    /// neither kept nor named opens nothing any more.
    #[command(
        after_help = "Examples:\n  senim prescription bind GROUP --holder senimwallet1… --keep card\n  senim prescription bind GROUP --keep card --paper paper.png"
    )]
    Bind(Bind),
    /// Reports what was supplied of an issued message, as FHIR R4 MedicationDispense without the person.
    #[command(
        after_help = "Example:\n  senim prescription report --fhir tests/data/demo/order.json --out dispensed.json"
    )]
    Report(Report),
    /// Sets a programme's rules, by its payer: for what is issued from now on. What was issued before keeps its own.
    #[command(
        after_help = "Example:\n  senim query prescription '{\"programme\":{\"programme\":1}}' > rules.json\n  senim prescription rules 1 --file rules.json"
    )]
    Rules(Rules),
}

/// The clinic's own folder and device.
#[derive(Debug, Args)]
pub struct Clinic {
    /// The clinic's own folder: which line of which message became which item. Holds no personal data.
    #[arg(long, default_value = "clinic", env = "SENIM_CLINIC")]
    pub clinic: PathBuf,
    /// The clinic's device: a key by name or file.
    #[arg(long, default_value = "clinic")]
    pub key: String,
    /// Offset of civil dates in messages from UTC.
    #[arg(long, default_value = "+05:00", value_parser = parse_offset, allow_hyphen_values = true)]
    pub offset: i16,
    /// Names every element of the message and where it went, not only how many.
    #[arg(long)]
    pub accounting: bool,
    /// Writes the receipt's proof to a file, for `senim verify`.
    #[arg(long)]
    pub save_proof: Option<PathBuf>,
}

/// Arguments of `prescription issue`.
#[derive(Debug, Args)]
pub struct Issue {
    /// The message: a MedicationRequest, a bundle, or a message, in JSON.
    #[arg(long)]
    pub fhir: PathBuf,
    /// A one-time key of the person's wallet, as `senim wallet key` prints it.
    #[arg(long)]
    pub holder: String,
    /// The person's card: its keys for this prescription, as `senim card key` gives them for the card's number.
    #[arg(long, value_parser = CardKey::from_text)]
    pub card: Option<CardKey>,
    /// Writes the code of a paper prescription to a PNG, to be printed on it. Whoever has the picture has the paper.
    #[arg(long)]
    pub paper: Option<PathBuf>,
    /// The support measure that bears it.
    #[arg(long, default_value_t = 1)]
    pub programme: u32,
    /// The prescriber, by the clinic's own number.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub prescriber: u32,
    /// Whose, and how.
    #[command(flatten)]
    pub clinic: Clinic,
}

/// Arguments of `prescription show`.
#[derive(Debug, Args)]
pub struct Show {
    /// The prescription.
    #[arg(value_parser = group_id)]
    pub group: GroupId,
}

/// Arguments of `prescription report`.
#[derive(Debug, Args)]
pub struct Report {
    /// The message that ordered it.
    #[arg(long)]
    pub fhir: PathBuf,
    /// Writes the bundle to a file; without it the bundle is printed.
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// The clinic's own folder: which line of which message became which item.
    #[arg(long, default_value = "clinic", env = "SENIM_CLINIC")]
    pub clinic: PathBuf,
    /// Offset of civil dates in messages from UTC.
    #[arg(long, default_value = "+05:00", value_parser = parse_offset, allow_hyphen_values = true)]
    pub offset: i16,
}

/// Arguments of `prescription bind`.
#[derive(Debug, Args)]
pub struct Bind {
    /// The prescription.
    #[arg(value_parser = group_id)]
    pub group: GroupId,
    /// A one-time key of the person's new wallet, as `senim wallet key` prints it; without it, the wallet's key stays.
    #[arg(long)]
    pub holder: Option<String>,
    /// Which of the other keys stay as they are: card, paper.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub keep: Vec<Kept>,
    /// Another card of the person's: its keys for this prescription, as `senim card key` gives them.
    #[arg(long, value_parser = CardKey::from_text)]
    pub card: Option<CardKey>,
    /// Writes the code of another paper to a PNG, to be printed. It holds, and opens no medicine data.
    #[arg(long)]
    pub paper: Option<PathBuf>,
    /// The identity service's device key, by name or file.
    #[arg(long, default_value = "identity")]
    pub key: String,
}

/// A key besides the wallet's that stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kept {
    /// The card's.
    Card,
    /// The paper's.
    Paper,
}

/// Arguments of `prescription rules`.
#[derive(Debug, Args)]
pub struct Rules {
    /// The programme.
    pub programme: u32,
    /// All of its rules in JSON, as the contract tells them.
    #[arg(long)]
    pub file: PathBuf,
    /// The payer's device key, by name or file.
    #[arg(long, default_value = "fund")]
    pub key: String,
}

/// Arguments of `prescription cancel`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true))]
pub struct Cancel {
    /// A message that withdraws what an earlier message ordered.
    #[arg(long, group = "what")]
    pub fhir: Option<PathBuf>,
    /// The prescription.
    #[arg(long, group = "what", value_parser = group_id)]
    pub group: Option<GroupId>,
    /// Its items, from 1; all where none are named.
    #[arg(long, value_parser = parse_items, requires = "group")]
    pub items: Option<ItemMask>,
    /// Why. Without it, what the message says, or else another reason.
    #[arg(long, value_enum)]
    pub reason: Option<Reason>,
    /// Whose, and how.
    #[command(flatten)]
    pub clinic: Clinic,
}

/// Why what remains is cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Reason {
    /// A mistake in the prescription.
    PrescribingError,
    /// Treatment has changed.
    TreatmentChanged,
    /// Another prescription replaces it.
    Replaced,
    /// The person asked for it.
    HolderRequest,
    /// Another reason.
    Other,
}

/// A message's word for it.
impl From<WithdrawalReason> for Reason {
    fn from(reason: WithdrawalReason) -> Reason {
        match reason {
            WithdrawalReason::PrescribingError => Reason::PrescribingError,
            WithdrawalReason::TreatmentChanged => Reason::TreatmentChanged,
            WithdrawalReason::HolderRequest => Reason::HolderRequest,
            WithdrawalReason::Other => Reason::Other,
        }
    }
}

impl From<Reason> for CancelReason {
    fn from(reason: Reason) -> CancelReason {
        match reason {
            Reason::PrescribingError => CancelReason::PrescribingError,
            Reason::TreatmentChanged => CancelReason::TreatmentChanged,
            Reason::Replaced => CancelReason::Replaced,
            Reason::HolderRequest => CancelReason::HolderRequest,
            Reason::Other => CancelReason::Other,
        }
    }
}

/// Runs a clinic's command.
pub fn run(command: &Command, global: &Global) -> Result<Answer> {
    match command {
        Command::Issue(args) => issue::issue(args, global),
        Command::Show(args) => show::show(&args.group, global),
        Command::Cancel(args) => cancel::cancel(args, global),
        Command::Bind(args) => bind::bind(args, global),
        Command::Report(args) => report::report(args, global),
        Command::Rules(args) => rules::rules(args, global),
    }
}
