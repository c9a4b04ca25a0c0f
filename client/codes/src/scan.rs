//! Reading codes back from pixels.

use std::{
    collections::HashSet,
    panic::{AssertUnwindSafe, catch_unwind},
};

use rxing::{
    BarcodeFormat, DecodeHints, RXingResult, RXingResultMetadataType, RXingResultMetadataValue,
    helpers,
};
use senim_types::Code;
use thiserror::Error;

use crate::image::{GreyImage, ImageError};

/// What kind of symbol was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symbology {
    /// QR code.
    Qr,
    /// DataMatrix ECC 200.
    DataMatrix,
    /// Code 128, GS1-128 included.
    Code128,
    /// EAN-13 or UPC-A, which is EAN-13 with a zero in front.
    Ean13,
}

/// A symbol's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scanned {
    /// The kind of symbol.
    pub symbology: Symbology,
    /// Whether it has FNC1 in first position and so holds GS1 element strings.
    pub gs1: bool,
    /// The content. FNC1 in a later position is GS (0x1D).
    pub text: String,
}

impl Scanned {
    /// The symbology identifier (ISO/IEC 15424) that a scanner would send ahead.
    pub fn symbology_identifier(&self) -> &'static str {
        match (self.symbology, self.gs1) {
            (Symbology::Qr, false) => "]Q1",
            (Symbology::Qr, true) => "]Q3",
            (Symbology::DataMatrix, false) => "]d1",
            (Symbology::DataMatrix, true) => "]d2",
            (Symbology::Code128, false) => "]C0",
            (Symbology::Code128, true) => "]C1",
            (Symbology::Ean13, _) => "]E0",
        }
    }

    /// Symbology identifier and content, as a scanner delivers them and [`crate::gs1::parse`] takes them.
    pub fn announced(&self) -> String {
        format!("{}{}", self.symbology_identifier(), self.text)
    }
}

/// Why nothing was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ScanError {
    /// The picture cannot be decoded.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// The picture shows no code that could be read.
    #[error(
        "no QR, DataMatrix, Code 128 or EAN-13 was found: take the picture closer, sharper, evenly lit, with a light margin around the code"
    )]
    NothingFound,
    /// The library for reading failed on this picture.
    #[error("the reader failed on this picture: take another one, and report this one")]
    ReaderFailed,
}

impl ScanError {
    /// The stable code.
    pub fn code(self) -> Code {
        match self {
            ScanError::Image(error) => error.code(),
            ScanError::NothingFound => Code::NO_CODE_FOUND,
            ScanError::ReaderFailed => Code::SCAN_FAILED,
        }
    }
}

/// Finds one code in a PNG. Two-dimensional symbols come first, since a pack's linear code says less.
pub fn scan_png(bytes: &[u8]) -> Result<Scanned, ScanError> {
    scan(&GreyImage::from_png(bytes)?)
}

/// Finds one code in an image.
pub fn scan(image: &GreyImage) -> Result<Scanned, ScanError> {
    // Pixels come from anybody, and a panic of the library must not end the program that scans. Nothing is
    // shared with it but the borrowed pixels.
    catch_unwind(AssertUnwindSafe(|| find(image))).unwrap_or(Err(ScanError::ReaderFailed))
}

/// One symbology after the other: within one call the library tries them in the order of a hash set.
const ATTEMPTS: [&[BarcodeFormat]; 3] = [
    &[BarcodeFormat::DATA_MATRIX],
    &[BarcodeFormat::QR_CODE],
    &[BarcodeFormat::CODE_128, BarcodeFormat::EAN_13],
];

fn find(image: &GreyImage) -> Result<Scanned, ScanError> {
    let attempts = ATTEMPTS.iter().filter_map(|formats| decode(image, formats));
    attempts
        .filter_map(|result| describe(&result))
        .next()
        .ok_or(ScanError::NothingFound)
}

fn decode(image: &GreyImage, formats: &[BarcodeFormat]) -> Option<RXingResult> {
    let side = |length: usize| u32::try_from(length).expect("an image has at most 2²⁴ pixels");
    let mut hints = DecodeHints {
        PossibleFormats: Some(HashSet::from_iter(formats.iter().copied())),
        TryHarder: Some(true),
        AlsoInverted: Some(true),
        AssumeGs1: Some(true),
        ..DecodeHints::default()
    };
    let (width, height) = (side(image.width()), side(image.height()));
    helpers::detect_in_luma_slice_with_hints(image.pixels(), width, height, None, &mut hints).ok()
}

fn describe(result: &RXingResult) -> Option<Scanned> {
    let identifier = match result
        .getRXingResultMetadata()
        .get(&RXingResultMetadataType::SYMBOLOGY_IDENTIFIER)
    {
        Some(RXingResultMetadataValue::SymbologyIdentifier(identifier)) => identifier.as_str(),
        _ => "",
    };
    let text = result.getText();
    let (symbology, gs1, text) = match result.getBarcodeFormat() {
        // The codeword of FNC1, 232, at the very beginning. The identifier of the library would also claim
        // GS1 for a separator after four characters.
        BarcodeFormat::DATA_MATRIX => (
            Symbology::DataMatrix,
            result.getRawBytes().first() == Some(&232),
            text,
        ),
        BarcodeFormat::QR_CODE => (Symbology::Qr, identifier == "]Q3", text),
        // Asked for GS1, the library puts the identifier into the text.
        BarcodeFormat::CODE_128 if identifier == "]C1" => (
            Symbology::Code128,
            true,
            text.strip_prefix("]C1").unwrap_or(text),
        ),
        BarcodeFormat::CODE_128 => (Symbology::Code128, false, text),
        BarcodeFormat::EAN_13 => (Symbology::Ean13, false, text),
        _ => return None,
    };
    Some(Scanned {
        symbology,
        gs1,
        text: text.to_owned(),
    })
}
