//! Packs: the code that is printed on them, and what the register says.

mod code;
mod product;
mod register;

pub use code::{complete, scan};
pub use product::Product;

use crate::answer::Answer;
use crate::args::Global;
use crate::failure::Result;
use clap::{Args, Subcommand, ValueEnum};
use senim_abi::marking::{Day, Gtin, Lot, Serial};
use serde_json::json;
use std::ffi::OsString;
use std::path::PathBuf;

/// Packs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Reads a GS1 element string, as a scanner delivers it or in brackets. The answer is JSON.
    #[command(
        after_help = "Example:\n  senim pack parse '(01)04870001000011(21)MF0001(17)310531(10)M2601'\n  senim pack parse \"$(printf ']d2010487000100001121MF0001\\03517310531')\""
    )]
    Parse(Parse),
    /// Draws a GS1 element string as a DataMatrix.
    #[command(
        after_help = "Example:\n  senim pack draw '(01)04870001000011(21)MF0001(17)310531(10)M2601' --out pack.png"
    )]
    Draw(Draw),
    /// Says what the register says of a pack at a pharmacy now. Changes nothing; nothing proves the answer.
    #[command(after_help = "Example:\n  senim pack verify pack.png --org 20")]
    Verify(Verify),
    /// Sets a product in the catalogue of medicines: by the regulator.
    #[command(
        after_help = "Example:\n  senim pack product --gtin 04870001000059 --name 'Metformin 500 mg No 30' --inn A10BA02 --strength 500mg --form tablet --unit tablet --units-per-pack 30 --price-cap 900"
    )]
    Product(Product),
    /// Puts packs into the register: by the operator of marking.
    #[command(
        after_help = "Example:\n  senim pack introduce --gtin 04870001000011 --lot M2602 --expiry 2031-05-31 --serials MF0100,MF0101 --at 20 --stage opening-stock --key regulator"
    )]
    Introduce(Introduce),
    /// Ships packs to another organisation, by who has them. For a pack that was dispensed before its movement was
    /// known this is the missing report: its payment can be settled then.
    #[command(
        after_help = "Example:\n  senim pack ship --gtin 04870001000011 --serials MF0100,MF0101 --to 20 --key regulator"
    )]
    Ship(Ship),
    /// Takes in packs that were shipped to the device's organisation.
    #[command(
        after_help = "Example:\n  senim pack receive --gtin 04870001000011 --serials MF0100,MF0101 --key pharmacy"
    )]
    Receive(Receive),
    /// Recalls a lot, or withdraws it from the market, for ever: by the regulator or the operator of marking.
    #[command(
        after_help = "Example:\n  senim pack recall --gtin 04870001000011 --lot M2602 --key regulator"
    )]
    Recall(Recall),
    /// Has the register forget packs that were supplied, exported or destroyed, once their batch has expired: by the
    /// operator of marking. What is forgotten already is passed over.
    #[command(
        after_help = "Example:\n  senim pack prune --gtin 04870001000011 --serials MF0100,MF0101 --key regulator"
    )]
    Prune(Prune),
}

/// Arguments of `pack parse`.
#[derive(Debug, Args)]
pub struct Parse {
    /// The element string.
    #[arg(allow_hyphen_values = true)]
    pub elements: OsString,
}

/// Arguments of `pack draw`.
#[derive(Debug, Args)]
pub struct Draw {
    /// The element string.
    #[arg(allow_hyphen_values = true)]
    pub elements: OsString,
    /// The image.
    #[arg(long)]
    pub out: PathBuf,
}

/// Arguments of `pack verify`.
#[derive(Debug, Args)]
pub struct Verify {
    /// The element string, or a PNG with the pack's code.
    pub pack: OsString,
    /// The pharmacy.
    #[arg(long)]
    pub org: u32,
}

/// Arguments of `pack introduce`.
#[derive(Debug, Args)]
pub struct Introduce {
    /// What they are.
    #[arg(long, value_parser = gtin)]
    pub gtin: Gtin,
    /// Their lot.
    #[arg(long, value_parser = lot)]
    pub lot: Lot,
    /// Last day of use, YYYY-MM-DD.
    #[arg(long, value_parser = day)]
    pub expiry: Day,
    /// Their serial numbers.
    #[arg(long, value_delimiter = ',', required = true, value_parser = serial)]
    pub serials: Vec<Serial>,
    /// The organisation that has them.
    #[arg(long)]
    pub at: u32,
    /// Where they stand.
    #[arg(long, value_enum, default_value_t = Standing::Circulation)]
    pub stage: Standing,
    /// Who introduces them: a device key by name or file.
    #[arg(long, default_value = "regulator")]
    pub key: String,
}

/// Packs of one product, and who moves them.
#[derive(Debug, Args)]
pub struct Packs {
    /// What they are.
    #[arg(long, value_parser = gtin)]
    pub gtin: Gtin,
    /// Their serial numbers.
    #[arg(long, value_delimiter = ',', required = true, value_parser = serial)]
    pub serials: Vec<Serial>,
    /// Who says so: a device key by name or file.
    #[arg(long)]
    pub key: String,
}

/// Arguments of `pack ship`.
#[derive(Debug, Args)]
pub struct Ship {
    /// What, and by whom.
    #[command(flatten)]
    pub packs: Packs,
    /// The organisation that is to receive them.
    #[arg(long)]
    pub to: u32,
}

/// Arguments of `pack receive`.
#[derive(Debug, Args)]
pub struct Receive {
    /// What, and by whom.
    #[command(flatten)]
    pub packs: Packs,
}

/// Arguments of `pack recall`.
#[derive(Debug, Args)]
pub struct Recall {
    /// What it is.
    #[arg(long, value_parser = gtin)]
    pub gtin: Gtin,
    /// The lot.
    #[arg(long, value_parser = lot)]
    pub lot: Lot,
    /// Takes it off the market instead of calling it back.
    #[arg(long)]
    pub withdraw: bool,
    /// Who recalls it: a device key by name or file.
    #[arg(long, default_value = "regulator")]
    pub key: String,
}

/// Arguments of `pack prune`.
#[derive(Debug, Args)]
pub struct Prune {
    /// What, and by whom.
    #[command(flatten)]
    pub packs: Packs,
}

/// Where packs stand when they are introduced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Standing {
    /// At a manufacturer, importer or wholesaler.
    Circulation,
    /// On a pharmacy's shelf already.
    OpeningStock,
}

macro_rules! value_parsers {
    ($($name:ident $type:ty, $what:literal;)*) => {
        $(fn $name(text: &str) -> std::result::Result<$type, String> {
            text.parse().map_err(|_| format!("`{text}` is not {}", $what))
        })*
    };
}

value_parsers!(
    gtin Gtin, "a GTIN with a right check digit";
    lot Lot, "a lot: 1 to 20 characters of GS1's set 82";
    serial Serial, "a serial number: 1 to 20 characters of GS1's set 82";
    day Day, "a date YYYY-MM-DD";
);

/// Runs a command about packs.
pub fn run(command: &Command, global: &Global) -> Result<Answer> {
    match command {
        Command::Parse(args) => Ok(Answer::json_only(json!(code::parse(&args.elements)?))),
        Command::Draw(args) => code::draw(args),
        Command::Verify(args) => register::verify(args, global),
        Command::Product(args) => register::submit(&args.execute(), &args.key, global),
        Command::Introduce(args) => register::submit(&args.execute(), &args.key, global),
        Command::Ship(args) => register::submit(&args.execute(), &args.packs.key, global),
        Command::Receive(args) => register::submit(&args.execute(), &args.packs.key, global),
        Command::Recall(args) => register::submit(&args.execute(), &args.key, global),
        Command::Prune(args) => register::submit(&args.execute(), &args.packs.key, global),
    }
}
