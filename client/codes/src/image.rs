//! Grey images, from and to PNG, with limits on what is decoded.

use std::io::Cursor;

use png::{BitDepth, ColorType, Decoder, Encoder, Limits, Transformations};
use senim_types::Code;
use thiserror::Error;

/// Bytes of a PNG file that are looked at.
pub const PNG_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Pixels of an image: those of a telephone's camera. A small file can claim many more.
pub const PIXELS_MAX: usize = 16 * 1024 * 1024;
/// Bytes that the PNG decoder may reserve beside the pixels.
const DECODER_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Why an image cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ImageError {
    /// Too many bytes, or too many pixels.
    #[error(
        "the image is larger than {PIXELS_MAX} pixels or {PNG_BYTES_MAX} bytes: crop it or scale it down"
    )]
    TooLarge,
    /// Not a PNG, or damaged.
    #[error("this is not a PNG image that can be decoded: save it again as PNG")]
    Malformed,
}

impl ImageError {
    /// The stable code.
    pub fn code(self) -> Code {
        match self {
            ImageError::TooLarge => Code::IMAGE_TOO_LARGE,
            ImageError::Malformed => Code::IMAGE_MALFORMED,
        }
    }
}

/// An image of grey values, 0 black to 255 white, rows from the top.
#[derive(Clone, PartialEq, Eq)]
pub struct GreyImage {
    width: usize,
    pixels: Vec<u8>,
}

impl std::fmt::Debug for GreyImage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "GreyImage({} × {})", self.width, self.height())
    }
}

impl GreyImage {
    /// An image of at least one pixel and at most [`PIXELS_MAX`], if the number of pixels fits the width.
    pub fn new(width: usize, pixels: Vec<u8>) -> Option<GreyImage> {
        let sound = width > 0
            && !pixels.is_empty()
            && pixels.len() <= PIXELS_MAX
            && pixels.len().is_multiple_of(width);
        sound.then_some(GreyImage { width, pixels })
    }

    /// Pixels of a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.pixels.len() / self.width
    }

    /// All pixels, row by row.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// Decodes a PNG of any colour type; what is transparent lies on white. Nothing is reserved for pixels
    /// before the claimed size has been found within the limits.
    pub fn from_png(bytes: &[u8]) -> Result<GreyImage, ImageError> {
        if bytes.len() > PNG_BYTES_MAX {
            return Err(ImageError::TooLarge);
        }
        let limits = Limits {
            bytes: DECODER_BYTES_MAX,
        };
        let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), limits);
        decoder.set_transformations(Transformations::normalize_to_color8());
        decoder.set_ignore_text_chunk(true);
        decoder.set_ignore_iccp_chunk(true);
        let mut reader = decoder.read_info().map_err(png_error)?;
        let (width, height) = (reader.info().width as usize, reader.info().height as usize);
        if width
            .checked_mul(height)
            .is_none_or(|pixels| pixels > PIXELS_MAX)
        {
            return Err(ImageError::TooLarge);
        }
        let size = reader.output_buffer_size().ok_or(ImageError::TooLarge)?;
        let mut buffer = vec![0; size];
        let frame = reader.next_frame(&mut buffer).map_err(png_error)?;
        buffer.truncate(frame.buffer_size());
        let pixels = to_grey(&buffer, frame.color_type)?;
        GreyImage::new(width, pixels).ok_or(ImageError::Malformed)
    }

    /// Encodes as an 8-bit grey PNG.
    pub fn to_png(&self) -> Vec<u8> {
        let size = |length: usize| u32::try_from(length).expect("an image has at most 2²⁴ pixels");
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, size(self.width), size(self.height()));
        encoder.set_color(ColorType::Grayscale);
        encoder.set_depth(BitDepth::Eight);
        let mut writer = encoder
            .write_header()
            .expect("writing to memory cannot fail");
        writer
            .write_image_data(&self.pixels)
            .expect("the pixels are as many as the header says");
        writer.finish().expect("writing to memory cannot fail");
        bytes
    }
}

fn png_error(error: png::DecodingError) -> ImageError {
    match error {
        png::DecodingError::LimitsExceeded => ImageError::TooLarge,
        _ => ImageError::Malformed,
    }
}

fn to_grey(buffer: &[u8], color: ColorType) -> Result<Vec<u8>, ImageError> {
    Ok(match color {
        ColorType::Grayscale => buffer.to_vec(),
        ColorType::GrayscaleAlpha => buffer
            .chunks_exact(2)
            .map(|pixel| on_white(pixel[0], pixel[1]))
            .collect(),
        ColorType::Rgb => buffer
            .chunks_exact(3)
            .map(|pixel| luminance(pixel[0], pixel[1], pixel[2]))
            .collect(),
        ColorType::Rgba => buffer
            .chunks_exact(4)
            .map(|pixel| on_white(luminance(pixel[0], pixel[1], pixel[2]), pixel[3]))
            .collect(),
        // The transformation above expands palettes.
        ColorType::Indexed => return Err(ImageError::Malformed),
    })
}

/// ITU-R BT.601 weights in parts of 256.
fn luminance(red: u8, green: u8, blue: u8) -> u8 {
    let weighted = u32::from(red) * 77 + u32::from(green) * 150 + u32::from(blue) * 29;
    u8::try_from(weighted / 256).expect("the weights add up to 256")
}

fn on_white(grey: u8, alpha: u8) -> u8 {
    let (grey, alpha) = (u32::from(grey), u32::from(alpha));
    u8::try_from((grey * alpha + 255 * (255 - alpha)) / 255).expect("a mean of two bytes")
}
