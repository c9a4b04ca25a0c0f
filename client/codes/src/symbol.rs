//! Drawing: QR codes and GS1 DataMatrix as modules, PNG, SVG, terminal text.

use std::fmt::Write;

use datamatrix::{DataMatrixBuilder, SymbolList};
use qrcode::{Color, EcLevel, QrCode};
use senim_types::Code;
use thiserror::Error;

use crate::{gs1::ElementString, image::GreyImage};

/// Light modules around a QR code (ISO/IEC 18004).
const QR_QUIET_ZONE: usize = 4;
/// Light modules around a DataMatrix. ISO/IEC 16022 asks for one; readers like two.
const DATA_MATRIX_QUIET_ZONE: usize = 2;
/// Pixels of an image's side; with it any drawn image stays within what [`GreyImage`] holds.
const SIDE_PIXELS_MAX: usize = 4096;

/// Why a symbol cannot be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SymbolError {
    /// More than the largest symbol holds.
    #[error("this is more than a symbol of this kind holds: shorten it")]
    TooMuch,
}

impl SymbolError {
    /// The stable code.
    pub fn code(self) -> Code {
        match self {
            SymbolError::TooMuch => Code::CODE_CONTENT_TOO_LARGE,
        }
    }
}

/// A two-dimensional symbol: dark and light modules with the light margin that readers need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// Modules of a row, margin included.
    width: usize,
    /// Dark modules, row by row, margin included.
    dark: Vec<bool>,
}

impl Symbol {
    /// A QR code of this text, error correction level M (15 % of the codewords). Capitals, digits and
    /// `$%*+-./: ` take the least room.
    pub fn qr(text: &str) -> Result<Symbol, SymbolError> {
        let code = QrCode::with_error_correction_level(text, EcLevel::M)
            .map_err(|_| SymbolError::TooMuch)?;
        let dark: Vec<bool> = code
            .to_colors()
            .into_iter()
            .map(|c| c == Color::Dark)
            .collect();
        Ok(Symbol::with_margin(code.width(), &dark, QR_QUIET_ZONE))
    }

    /// A square GS1 DataMatrix (ECC 200) with FNC1 in first position. The separators within are the character
    /// GS, which GS1 General Specifications 5.6.2 allows in FNC1's place.
    pub fn gs1_data_matrix(elements: &ElementString) -> Result<Symbol, SymbolError> {
        let code = DataMatrixBuilder::new()
            .with_fnc1_start(true)
            .with_macros(false)
            .with_symbol_list(SymbolList::default().enforce_square())
            .encode(&elements.to_bytes())
            .map_err(|_| SymbolError::TooMuch)?;
        let bitmap = code.bitmap();
        Ok(Symbol::with_margin(
            bitmap.width(),
            bitmap.bits(),
            DATA_MATRIX_QUIET_ZONE,
        ))
    }

    fn with_margin(width: usize, dark: &[bool], margin: usize) -> Symbol {
        let full = width + 2 * margin;
        let blank = vec![false; full * margin];
        let mut all = blank.clone();
        for row in dark.chunks(width) {
            all.extend(std::iter::repeat_n(false, margin));
            all.extend(row);
            all.extend(std::iter::repeat_n(false, margin));
        }
        all.extend(blank);
        Symbol {
            width: full,
            dark: all,
        }
    }

    /// Modules of a row, margin included.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows of modules, margin included.
    pub fn height(&self) -> usize {
        self.dark.len() / self.width
    }

    /// Whether the module is dark; outside everything is light.
    pub fn is_dark(&self, x: usize, y: usize) -> bool {
        x < self.width && self.dark.get(y * self.width + x).copied().unwrap_or(false)
    }

    /// The symbol as grey pixels, each module a square of so many pixels: at least one, and fewer than asked for
    /// where the image would have more than 4,096 a side.
    pub fn to_image(&self, module_pixels: usize) -> GreyImage {
        let scale = module_pixels.clamp(1, SIDE_PIXELS_MAX / self.width.max(self.height()));
        let rows = (0..self.height() * scale).map(|y| y / scale);
        let pixels = rows
            .flat_map(|y| (0..self.width * scale).map(move |x| (x / scale, y)))
            .map(|(x, y)| if self.is_dark(x, y) { 0 } else { 255 })
            .collect();
        GreyImage::new(self.width * scale, pixels).expect("a side has at most 4,096 pixels")
    }

    /// A PNG, see [`Symbol::to_image`].
    pub fn to_png(&self, module_pixels: usize) -> Vec<u8> {
        self.to_image(module_pixels).to_png()
    }

    /// An SVG whose unit is one module.
    pub fn to_svg(&self) -> String {
        let (width, height) = (self.width, self.height());
        let mut path = String::new();
        for y in 0..height {
            for x in (0..width).filter(|x| self.is_dark(*x, y)) {
                write!(path, "M{x} {y}h1v1h-1z").expect("writing to memory cannot fail");
            }
        }
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h{width}v{height}H0z\"/>\
             <path d=\"{path}\"/></svg>\n"
        )
    }

    /// Text for a terminal, two rows of modules a line. Light modules are the drawn ones, as most terminals are
    /// dark; on a light terminal scanners read the inverted symbol as well.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for y in (0..self.height()).step_by(2) {
            for x in 0..self.width {
                // Below the last row there is nothing to draw.
                let below_is_light = y + 1 < self.height() && !self.is_dark(x, y + 1);
                text.push(match (!self.is_dark(x, y), below_is_light) {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => ' ',
                });
            }
            text.push('\n');
        }
        text
    }
}
