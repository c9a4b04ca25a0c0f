//! A camera that is not held straight, and linear codes to put before it.

use senim_codes::image::GreyImage;

/// How a picture is taken.
#[derive(Clone, Copy, Debug)]
pub struct Camera {
    /// Turned by.
    pub degrees: f64,
    /// How much smaller the upper edge looks, as a share.
    pub tilt: f64,
    /// Grey values are moved by up to so much, evenly distributed.
    pub noise: u8,
    /// 1 for black on white, less for grey on grey.
    pub contrast: f64,
}

/// A picture.
pub struct Photo(pub GreyImage);

impl Camera {
    /// Takes a picture of the image on a white table.
    pub fn photo(&self, subject: &GreyImage) -> Photo {
        let side = subject.width().max(subject.height()) * 8 / 5;
        let centre = |length: usize| length as f64 / 2.0;
        let (sin, cos) = self.degrees.to_radians().sin_cos();
        let mut noise = Noise(0x5EED);
        let mut pixels = Vec::with_capacity(side * side);
        for y in 0..side {
            for x in 0..side {
                // Where on the table the pixel looks: tilted first, then turned.
                let (dx, dy) = (x as f64 + 0.5 - centre(side), y as f64 + 0.5 - centre(side));
                let depth = 1.0 - self.tilt * dy / centre(side);
                let (dx, dy) = (dx * depth, dy * depth);
                let u = dx * cos + dy * sin + centre(subject.width());
                let v = dy * cos - dx * sin + centre(subject.height());
                let grey = 128.0 + (sample(subject, u, v) - 128.0) * self.contrast;
                let moved = grey + noise.next(self.noise);
                pixels.push(moved.clamp(0.0, 255.0) as u8);
            }
        }
        Photo(GreyImage::new(side, pixels).expect("small enough"))
    }
}

/// The mean of four points, white outside.
fn sample(subject: &GreyImage, u: f64, v: f64) -> f64 {
    let at = |x: f64, y: f64| {
        let inside = x >= 0.0 && y >= 0.0;
        let (x, y) = (x as usize, y as usize);
        if inside && x < subject.width() && y < subject.height() {
            f64::from(subject.pixels()[y * subject.width() + x])
        } else {
            255.0
        }
    };
    let offsets = [(-0.25, -0.25), (0.25, -0.25), (-0.25, 0.25), (0.25, 0.25)];
    offsets
        .iter()
        .map(|(du, dv)| at(u + du, v + dv))
        .sum::<f64>()
        / 4.0
}

/// A linear congruential generator: the same picture every time.
struct Noise(u64);

impl Noise {
    fn next(&mut self, most: u8) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let unit = (self.0 >> 40) as f64 / f64::from(1 << 24);
        (unit * 2.0 - 1.0) * f64::from(most)
    }
}

/// Bars as an image: runs of modules, dark first, with quiet zones.
fn bars(modules: &str) -> GreyImage {
    const SCALE: usize = 3;
    let quiet = "0".repeat(12);
    let row: Vec<u8> = format!("{quiet}{modules}{quiet}")
        .bytes()
        .flat_map(|module| std::iter::repeat_n(if module == b'1' { 0 } else { 255 }, SCALE))
        .collect();
    let pixels = row.iter().copied().cycle().take(row.len() * 60).collect();
    GreyImage::new(row.len(), pixels).expect("small enough")
}

/// An EAN-13 symbol (ISO/IEC 15420) of thirteen digits.
pub fn ean13(digits: &str) -> Option<GreyImage> {
    const ODD: [&str; 10] = [
        "0001101", "0011001", "0010011", "0111101", "0100011", "0110001", "0101111", "0111011",
        "0110111", "0001011",
    ];
    const PARITY: [&str; 10] = [
        "OOOOOO", "OOEOEE", "OOEEOE", "OOEEEO", "OEOOEE", "OEEOOE", "OEEEOO", "OEOEOE", "OEOEEO",
        "OEEOEO",
    ];
    let digits: Vec<usize> = digits
        .chars()
        .filter_map(|c| c.to_digit(10))
        .map(|d| d as usize)
        .collect();
    let [first, rest @ ..] = digits.as_slice() else {
        return None;
    };
    let (left, right) = rest
        .split_at_checked(6)
        .filter(|(_, right)| right.len() == 6)?;
    let inverse = |code: &str| -> String {
        code.chars()
            .map(|m| if m == '1' { '0' } else { '1' })
            .collect()
    };
    let left: String = left
        .iter()
        .zip(PARITY[*first].chars())
        .map(|(digit, parity)| match parity {
            'O' => ODD[*digit].to_owned(),
            _ => inverse(ODD[*digit]).chars().rev().collect(),
        })
        .collect();
    let right: String = right.iter().map(|digit| inverse(ODD[*digit])).collect();
    Some(bars(&format!("101{left}01010{right}101")))
}

/// A GS1-128 symbol of `(01)05412345000013(10)AB(21)7`, FNC1 between lot and serial number.
pub fn gs1_128() -> GreyImage {
    // Widths of bars and spaces (ISO/IEC 15417) of the characters that are used here.
    const WIDTHS: [(u8, &str); 17] = [
        (0, "212222"),
        (1, "222122"),
        (5, "131222"),
        (10, "221312"),
        (13, "122132"),
        (17, "123221"),
        (18, "223211"),
        (23, "312131"),
        (33, "111323"),
        (34, "131123"),
        (36, "112313"),
        (41, "231311"),
        (45, "113123"),
        (100, "114131"),
        (102, "411131"),
        (105, "211232"),
        (106, "2331112"),
    ];
    let mut symbols: Vec<u8> = vec![105, 102, 1, 5, 41, 23, 45, 0, 0, 13, 10];
    // Set B: A, B, FNC1, "2", "1", "7".
    symbols.extend([100, 33, 34, 102, 18, 17, 23]);
    let weighted = symbols
        .iter()
        .zip(std::iter::once(1).chain(1..))
        .map(|(symbol, weight)| u32::from(*symbol) * weight);
    let check = u8::try_from(weighted.sum::<u32>() % 103).expect("a remainder of 103");
    symbols.extend([check, 106]);
    let width = |symbol: &u8| {
        WIDTHS
            .iter()
            .find(|(known, _)| known == symbol)
            .map(|(_, width)| *width)
    };
    let modules: String = symbols
        .iter()
        .map(|symbol| width(symbol).unwrap_or_else(|| panic!("no widths for {symbol}")))
        .flat_map(str::chars)
        .enumerate()
        .flat_map(|(place, width)| {
            // Every character starts with a bar and has an even number of parts.
            let module = if place % 2 == 0 { '1' } else { '0' };
            std::iter::repeat_n(module, width.to_digit(10).expect("a digit") as usize)
        })
        .collect();
    bars(&modules)
}

/// The same image as a PNG of another colour type.
pub fn png_of(image: &GreyImage, color: png::ColorType, palette: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, image.width() as u32, image.height() as u32);
    encoder.set_color(color);
    encoder.set_depth(png::BitDepth::Eight);
    if palette {
        encoder.set_palette((0..=255u8).flat_map(|grey| [grey; 3]).collect::<Vec<u8>>());
    }
    let pixel = |grey: &u8| match color {
        png::ColorType::Rgb => vec![*grey; 3],
        png::ColorType::Rgba if *grey == 255 => vec![0, 0, 0, 0],
        png::ColorType::Rgba => vec![*grey, *grey, *grey, 255],
        png::ColorType::GrayscaleAlpha => vec![*grey, 255],
        _ => vec![*grey],
    };
    let data: Vec<u8> = image.pixels().iter().flat_map(pixel).collect();
    let mut writer = encoder.write_header().expect("writing to memory");
    writer
        .write_image_data(&data)
        .expect("as many pixels as the header says");
    writer.finish().expect("writing to memory");
    bytes
}

/// PNG's checksum of a chunk's type and data.
pub fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 {
                (crc >> 1) ^ 0xEDB8_8320
            } else {
                crc >> 1
            }
        })
    })
}
