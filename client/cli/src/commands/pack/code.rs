//! The code on a pack: from what is typed, scanned or photographed to all four parts that the register compares.

use super::Draw;
use crate::answer::Answer;
use crate::failure::{Failure, Result};
use crate::files;
use crate::session::Session;
use crate::words;
use senim_abi::MARKING;
use senim_abi::marking::Day;
use senim_abi::marking::msg::PackCode;
use senim_abi::marking::record::{BatchRecord, PackRecord, batch_key, pack_key};
use senim_codes::gs1::{self, Ai, ElementString, Pack, ReferenceYear};
use senim_codes::image::PNG_BYTES_MAX;
use senim_codes::scan::scan_png;
use senim_codes::symbol::Symbol;
use senim_types::{Code, TimeMs};
use serde_json::json;
use std::ffi::OsStr;
use std::path::Path;

/// Pixels of a module of a drawn DataMatrix.
const MODULE_PIXELS: usize = 8;

/// Key and signature of a marking code (КИЗ), which has no lot and no expiry.
const MARKING_AIS: [Ai; 2] = [Ai::MARKING_KEY, Ai::MARKING_SIGNATURE];

/// The year by which two-digit years are read: this machine's.
fn this_year(now: TimeMs) -> ReferenceYear {
    let days = u32::try_from(now.0 / senim_abi::civil::DAY_MS).unwrap_or(0);
    let year = Day::new(days).map_or(1970, |day| day.to_ymd().0);
    let year = u16::try_from(year).ok().and_then(ReferenceYear::new);
    year.expect("1970 to 9999, cut to 9900 by nobody's clock")
}

/// Reads an element string.
pub fn parse(elements: &OsStr) -> Result<ElementString> {
    // No character set of GS1 has what is not even text.
    let elements = elements.to_str().ok_or(Code::GS1_CHARSET)?;
    Ok(gs1::parse(elements.as_bytes(), this_year(words::now()))?)
}

/// Draws an element string as a DataMatrix.
pub fn draw(args: &Draw) -> Result<Answer> {
    let elements = parse(&args.elements)?;
    let symbol = Symbol::gs1_data_matrix(&elements)?;
    files::write(&args.out, &symbol.to_png(MODULE_PIXELS))?;
    let json = json!({ "file": args.out.display().to_string(), "elements": elements });
    Ok(Answer::new(json)
        .line(symbol.to_text().trim_end_matches('\n'))
        .line(args.out.display().to_string()))
}

/// A pack as its code names it.
#[derive(Clone, Copy, Debug)]
pub struct Scanned {
    /// What the code says.
    pub pack: Pack,
    /// Whether it is a marking code (КИЗ): a key and a signature in place of lot and expiry.
    pub is_marking_code: bool,
}

/// A pack's code with all four parts.
#[derive(Clone, Copy, Debug)]
pub struct Complete {
    /// The code.
    pub code: PackCode,
    /// Whether lot or expiry come from the register, and so say nothing of the pack at hand.
    pub is_from_register: bool,
}

impl Complete {
    /// What a person has to know of it.
    pub fn line(&self) -> Option<&'static str> {
        self.is_from_register.then_some(
            "  lot and expiry are the register's: a marking code has none, so compare those printed on the pack",
        )
    }
}

/// A pack from an element string or from the pixels of a picture.
pub fn scan(argument: &OsStr) -> Result<Scanned> {
    let path = Path::new(argument);
    let is_picture = path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("png"));
    let elements = if is_picture {
        scan_png(&files::read(path, PNG_BYTES_MAX as u64)?)?
            .announced()
            .into()
    } else {
        argument.to_owned()
    };
    let elements = parse(&elements)?;
    Ok(Scanned {
        pack: Pack::try_from(&elements)?,
        is_marking_code: MARKING_AIS.iter().all(|ai| elements.get(*ai).is_some()),
    })
}

/// The pack's code with all four parts. A marking code has neither lot nor expiry: they come from the register, proven.
/// Any other code has to have them, since comparing them with the register is what finds a forgery.
pub fn complete(session: &Session, scanned: &Scanned) -> Result<Complete> {
    let pack = &scanned.pack;
    if let Some(code) = pack.code() {
        return Ok(Complete {
            code,
            is_from_register: false,
        });
    }
    if !scanned.is_marking_code {
        return Err(Failure::with(
            Code::GS1_NOT_A_PACK,
            "The code has no lot (10) or no expiry (17), and no marking key and signature (91, 92) in their place: \
             nothing could be compared with the register. Scan the whole code of the pack.",
        ));
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
    let code = PackCode {
        gtin: pack.gtin,
        serial: pack.serial,
        lot,
        expiry: printed.and_then(std::result::Result::ok).unwrap_or(expiry),
    };
    Ok(Complete {
        code,
        is_from_register: true,
    })
}
