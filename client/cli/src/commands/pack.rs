//! Packs: the code that is printed on them, and what the register says.

use crate::answer::Answer;
use crate::args::Global;
use crate::context::{applied, device, session, told};
use crate::failure::{Failure, Result};
use crate::files;
use crate::session::Session;
use crate::words::{self, quantity, tenge};
use clap::{Args, Subcommand, ValueEnum};
use senim_abi::MARKING;
use senim_abi::marking::msg::{Execute, PackCode, PackView, Query, Stage};
use senim_abi::marking::record::{BatchRecord, PackRecord, batch_key, pack_key};
use senim_abi::marking::{Day, Gtin, Lot, Serial};
use senim_codes::gs1::{self, ElementString, Pack, ReferenceYear};
use senim_codes::image::PNG_BYTES_MAX;
use senim_codes::scan::scan_png;
use senim_codes::symbol::Symbol;
use senim_types::{Call, Code, OrgId, TimeMs, codec};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Pixels of a module of a drawn DataMatrix.
const MODULE_PIXELS: usize = 8;

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
    /// Puts packs into the register: by the operator of marking.
    #[command(
        after_help = "Example:\n  senim pack introduce --gtin 04870001000011 --lot M2602 --expiry 2031-05-31 --serials MF0100,MF0101 --at 20 --stage opening-stock --key regulator"
    )]
    Introduce(Introduce),
}

/// Arguments of `pack parse`.
#[derive(Debug, Args)]
pub struct Parse {
    /// The element string.
    #[arg(allow_hyphen_values = true)]
    pub elements: String,
}

/// Arguments of `pack draw`.
#[derive(Debug, Args)]
pub struct Draw {
    /// The element string.
    #[arg(allow_hyphen_values = true)]
    pub elements: String,
    /// The image.
    #[arg(long)]
    pub out: PathBuf,
}

/// Arguments of `pack verify`.
#[derive(Debug, Args)]
pub struct Verify {
    /// The element string, or a PNG with the pack's code.
    pub pack: String,
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
        Command::Parse(args) => Ok(Answer::json_only(json!(parse(&args.elements)?))),
        Command::Draw(args) => draw(args),
        Command::Verify(args) => verify(args, global),
        Command::Introduce(args) => introduce(args, global),
    }
}

/// The year by which two-digit years are read: this machine's.
fn this_year(now: TimeMs) -> ReferenceYear {
    let days = u32::try_from(now.0 / senim_abi::civil::DAY_MS).unwrap_or(0);
    let year = Day::new(days).map_or(1970, |day| day.to_ymd().0);
    let year = u16::try_from(year).ok().and_then(ReferenceYear::new);
    year.expect("1970 to 9999, cut to 9900 by nobody's clock")
}

fn parse(elements: &str) -> Result<ElementString> {
    Ok(gs1::parse(elements.as_bytes(), this_year(words::now()))?)
}

fn draw(args: &Draw) -> Result<Answer> {
    let elements = parse(&args.elements)?;
    let symbol = Symbol::gs1_data_matrix(&elements)?;
    files::write(&args.out, &symbol.to_png(MODULE_PIXELS))?;
    let json = json!({ "file": args.out.display().to_string(), "elements": elements });
    Ok(Answer::new(json)
        .line(symbol.to_text().trim_end_matches('\n'))
        .line(args.out.display().to_string()))
}

/// A pack from an element string or from the pixels of a picture.
pub fn scan(argument: &str) -> Result<Pack> {
    let path = Path::new(argument);
    let is_picture = path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("png"));
    let elements = if is_picture {
        scan_png(&files::read(path, PNG_BYTES_MAX as u64)?)?.announced()
    } else {
        argument.to_owned()
    };
    Ok(Pack::try_from(&parse(&elements)?)?)
}

/// The pack's code with all four parts; what is not printed on it comes from the register, proven.
pub fn complete(session: &Session, pack: &Pack) -> Result<PackCode> {
    if let Some(code) = pack.code() {
        return Ok(code);
    }
    let unknown = || Failure::new(Code::PACK_UNKNOWN);
    let registered = session
        .record::<PackRecord>(&pack_key(&pack.id()), MARKING)?
        .value;
    let lot = match pack.lot {
        Some(lot) => lot,
        None => registered
            .and_then(|record| record.into_current().lot)
            .ok_or_else(unknown)?,
    };
    let batch = session
        .record::<BatchRecord>(&batch_key(pack.gtin, &lot), MARKING)?
        .value;
    let expiry = batch
        .and_then(|record| record.into_current().expiry)
        .ok_or_else(unknown)?;
    let printed = pack
        .expiry
        .map(|date| Day::from_ymd(date.year().into(), date.month().into(), date.day().into()));
    Ok(PackCode {
        gtin: pack.gtin,
        serial: pack.serial,
        lot,
        expiry: printed.and_then(std::result::Result::ok).unwrap_or(expiry),
    })
}

fn verify(args: &Verify, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let pack = complete(&session, &scan(&args.pack)?)?;
    let place = OrgId(args.org);
    let view: PackView = session.query(MARKING, &Query::Verify { pack, place })?;
    let json = json!({ "pack": pack, "view": view });
    let product = &view.product;
    Ok(Answer::new(json)
        .line(format!(
            "May be dispensed at {}: {}",
            session.names.of_org(place),
            product.name
        ))
        .line(format!(
            "  {} {}, {} a pack, at most {}",
            product.inn,
            product.strength,
            quantity(product.units_per_pack, product.unit),
            tenge(product.price_cap)
        ))
        .line(format!(
            "  pack {} {}, lot {}, until {}",
            pack.gtin, pack.serial, pack.lot, pack.expiry
        )))
}

fn introduce(args: &Introduce, global: &Global) -> Result<Answer> {
    let (session, key) = (session(global)?, device(global, &args.key)?);
    let stage = match args.stage {
        Standing::Circulation => Stage::Circulation,
        Standing::OpeningStock => Stage::OpeningStock,
    };
    let execute = Execute::Introduce {
        gtin: args.gtin,
        lot: args.lot,
        expiry: args.expiry,
        serials: args.serials.clone(),
        at: OrgId(args.at),
        stage,
    };
    let call = Call {
        contract: MARKING,
        input: codec::encode(&execute),
    };
    let done = applied(&session, session.submit(&key, vec![call], Vec::new())?)?;
    Ok(told(&session, &done, json!({})))
}
