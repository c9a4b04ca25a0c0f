//! Drawn symbols are read back from pixels: clean, turned, tilted, noisy, small, inverted.

mod camera;

use camera::{Camera, Photo};
use proptest::prelude::*;
use senim_abi::prescription::{GroupId, ItemMask};
use senim_codes::{
    gs1::{self, ElementString, Pack, ReferenceYear},
    image::{GreyImage, ImageError, PIXELS_MAX},
    live_qr::{ContentKey, LiveQr, QrRequest},
    scan::{ScanError, Scanned, Symbology, scan, scan_png},
    symbol::{Symbol, SymbolError},
};
use senim_types::{ChainId, Code, Hash, TimeMs, crypto::SecretKey};

const PACK: &str = "01050991510150511078241PC␝17260530211HXNA4G4VM";
const CIS: &str =
    "0104601234567893215abc%!\u{1D}91EE10\u{1D}92dGVzdHRlc3R0ZXN0dGVzdHRlc3R0ZXN0dGVzdHRlc3Q=";
const WALLET: &str = "SENIM1:THE QUICK BROWN FOX JUMPS OVER 13 LAZY DOGS: $%*+-./.";

fn elements(text: &str) -> ElementString {
    gs1::parse(text.as_bytes(), reference()).expect("a sound element string")
}

fn reference() -> ReferenceYear {
    ReferenceYear::new(2026).expect("in range")
}

fn data_matrix(text: &str) -> Symbol {
    Symbol::gs1_data_matrix(&elements(text)).expect("fits")
}

fn qr() -> Symbol {
    Symbol::qr(WALLET).expect("fits")
}

#[test]
fn a_pack_goes_through_pixels_and_back() {
    for text in [PACK, CIS] {
        let scanned = scan_png(&data_matrix(text).to_png(6)).expect("a clean image");
        assert_eq!(
            (scanned.symbology, scanned.gs1),
            (Symbology::DataMatrix, true)
        );
        assert!(scanned.announced().starts_with("]d2"));
        let read = gs1::parse(scanned.announced().as_bytes(), reference()).expect("sound");
        assert_eq!(read, elements(text));
        assert!(Pack::try_from(&read).is_ok());
    }
}

#[test]
fn a_qr_goes_through_pixels_and_back() {
    let scanned = scan_png(&qr().to_png(4)).expect("a clean image");
    let expected = Scanned {
        symbology: Symbology::Qr,
        gs1: false,
        text: WALLET.to_owned(),
    };
    assert_eq!(scanned, expected);
    assert_eq!(scanned.symbology_identifier(), "]Q1");
}

#[test]
fn a_live_qr_goes_from_wallet_to_pharmacy_through_a_picture() {
    let request = QrRequest {
        chain: ChainId(Hash([7; 32])),
        group: GroupId(Hash([0xA5; 32])),
        items: ItemMask::first(2),
        issued_at: TimeMs(1_700_000_000_000),
        expires_at: TimeMs(1_700_000_060_000),
    };
    let holder = SecretKey::from_seed(&[3; 32]);
    let content_key = ContentKey::new((0..48).collect());
    let shown = LiveQr::issue(request, &holder, &[4; 32], content_key).expect("sound");
    let symbol = Symbol::qr(&shown.to_text()).expect("fits");
    // Version 13 (69 modules) and the margin: still easy for a telephone's camera.
    assert!(symbol.width() <= 77, "{} modules", symbol.width());
    let clean = Camera {
        degrees: 0.0,
        tilt: 0.0,
        noise: 0,
        contrast: 1.0,
    };
    for camera in [
        clean,
        Camera {
            degrees: 5.0,
            tilt: 0.03,
            noise: 20,
            contrast: 0.8,
        },
    ] {
        let Photo(image) = camera.photo(&symbol.to_image(6));
        let scanned = scan(&image).unwrap_or_else(|error| panic!("{camera:?}: {error}"));
        let read = LiveQr::from_text(&scanned.text).expect("the wallet's text");
        assert_eq!(read, shown);
        assert_eq!(read.check(&request.chain, request.issued_at), Ok(()));
    }
}

#[test]
fn pictures_that_are_not_perfect_are_read() {
    let clean = Camera {
        degrees: 0.0,
        tilt: 0.0,
        noise: 0,
        contrast: 1.0,
    };
    let table: &[(&str, Camera)] = &[
        ("clean", clean),
        (
            "quarter turn",
            Camera {
                degrees: 90.0,
                ..clean
            },
        ),
        (
            "upside down",
            Camera {
                degrees: 180.0,
                ..clean
            },
        ),
        (
            "a little askew",
            Camera {
                degrees: 7.0,
                ..clean
            },
        ),
        (
            "far askew",
            Camera {
                degrees: 33.0,
                ..clean
            },
        ),
        (
            "tilted",
            Camera {
                tilt: 0.12,
                ..clean
            },
        ),
        (
            "tilted and askew",
            Camera {
                degrees: 12.0,
                tilt: 0.08,
                ..clean
            },
        ),
        ("noisy", Camera { noise: 60, ..clean }),
        (
            "pale",
            Camera {
                contrast: 0.4,
                ..clean
            },
        ),
        (
            "pale, noisy, askew",
            Camera {
                degrees: -9.0,
                noise: 25,
                contrast: 0.6,
                ..clean
            },
        ),
    ];
    for (name, camera) in table {
        let Photo(image) = camera.photo(&data_matrix(PACK).to_image(8));
        let scanned = scan(&image).unwrap_or_else(|error| panic!("DataMatrix, {name}: {error}"));
        let read = gs1::parse(scanned.announced().as_bytes(), reference());
        assert_eq!(read, Ok(elements(PACK)), "DataMatrix, {name}");

        let Photo(image) = camera.photo(&qr().to_image(8));
        let scanned = scan(&image).unwrap_or_else(|error| panic!("QR, {name}: {error}"));
        assert_eq!(scanned.text, WALLET, "QR, {name}");
    }
}

#[test]
fn inverted_and_tiny_images_are_read() {
    let image = qr().to_image(3);
    let inverted = image.pixels().iter().map(|pixel| 255 - pixel).collect();
    let inverted = GreyImage::new(image.width(), inverted).expect("same size");
    assert_eq!(scan(&inverted).expect("inverted").text, WALLET);
    assert_eq!(
        scan(&qr().to_image(2)).expect("two pixels a module").text,
        WALLET
    );
    assert!(
        scan(&data_matrix(PACK).to_image(3))
            .expect("three pixels a module")
            .gs1
    );
}

#[test]
fn damage_within_the_error_correction_is_repaired() {
    let image = data_matrix(PACK).to_image(8);
    // A white blot of two modules by two, away from the finder pattern.
    let blot = |x: usize, y: usize| (80..96).contains(&x) && (80..96).contains(&y);
    let pixels = image.pixels().iter().enumerate().map(|(place, pixel)| {
        if blot(place % image.width(), place / image.width()) {
            255
        } else {
            *pixel
        }
    });
    let damaged = GreyImage::new(image.width(), pixels.collect()).expect("same size");
    let scanned = scan(&damaged).expect("repairable");
    assert_eq!(
        gs1::parse(scanned.announced().as_bytes(), reference()),
        Ok(elements(PACK))
    );
}

#[test]
fn linear_codes_are_read() {
    // The second is a UPC-A symbol, which is an EAN-13 symbol that starts with zero.
    for digits in ["5412345000013", "0036000291452"] {
        let scanned = scan(&camera::ean13(digits).expect("thirteen digits")).expect("EAN-13");
        let expected = Scanned {
            symbology: Symbology::Ean13,
            gs1: false,
            text: digits.to_owned(),
        };
        assert_eq!(scanned, expected);
        let read = elements(&scanned.announced());
        assert_eq!(
            read.gtin().expect("AI 01").to_string(),
            format!("0{digits}")
        );
    }
}

#[test]
fn a_picture_of_a_telephone_is_within_the_limits() {
    let large = GreyImage::new(4000, vec![200; 4000 * 3000]).expect("twelve million pixels");
    assert_eq!(GreyImage::from_png(&large.to_png()), Ok(large));
}

#[test]
fn gs1_128_keeps_its_separators() {
    // FNC1, 01 05412345000013 in set C, then set B: 10 AB, FNC1, 21 7.
    let scanned = scan(&camera::gs1_128()).expect("Code 128");
    assert_eq!(scanned.symbology_identifier(), "]C1");
    assert_eq!(scanned.text, "010541234500001310AB\u{1D}217");
    let read = gs1::parse(scanned.announced().as_bytes(), reference()).expect("sound");
    assert_eq!((read.lot(), read.serial()), (Some("AB"), Some("7")));
}

#[test]
fn pictures_without_a_code_are_refused() {
    let blank = GreyImage::new(64, vec![255; 64 * 64]).expect("an image");
    assert_eq!(scan(&blank), Err(ScanError::NothingFound));
    assert_eq!(
        scan(&blank).map_err(ScanError::code),
        Err(Code::NO_CODE_FOUND)
    );
    let dot = GreyImage::new(1, vec![0]).expect("an image");
    assert!(scan(&dot).is_err());
}

#[test]
fn files_that_are_not_usable_images_are_refused() {
    let png = qr().to_png(2);
    // Width and height of the header claim 65,536 by 65,536 pixels in a small file.
    let mut bomb = png.clone();
    bomb[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
    let crc = camera::crc32(&bomb[12..29]);
    bomb[29..33].copy_from_slice(&crc.to_be_bytes());
    let truncated = png[..png.len() / 2].to_vec();
    let table = [
        (ImageError::Malformed, Vec::new()),
        (ImageError::Malformed, b"GIF89a".to_vec()),
        (ImageError::Malformed, truncated),
        (ImageError::TooLarge, bomb),
        (ImageError::TooLarge, vec![0; 16 * 1024 * 1024 + 1]),
    ];
    for (error, bytes) in table {
        assert_eq!(GreyImage::from_png(&bytes), Err(error));
    }
    assert_eq!(GreyImage::new(0, vec![]), None);
    assert_eq!(GreyImage::new(2, vec![0; 3]), None);
    assert_eq!(GreyImage::new(1, vec![0; PIXELS_MAX + 1]), None);
}

#[test]
fn png_of_every_colour_type_gives_the_same_grey() {
    let image = qr().to_image(2);
    for (color, palette) in [
        (png::ColorType::Rgb, false),
        (png::ColorType::Rgba, false),
        (png::ColorType::GrayscaleAlpha, false),
        (png::ColorType::Indexed, true),
    ] {
        let file = camera::png_of(&image, color, palette);
        assert_eq!(GreyImage::from_png(&file), Ok(image.clone()), "{color:?}");
    }
    assert_eq!(GreyImage::from_png(&image.to_png()), Ok(image));
}

#[test]
fn too_much_text_is_refused() {
    assert_eq!(Symbol::qr(&"A".repeat(5000)), Err(SymbolError::TooMuch));
    assert_eq!(SymbolError::TooMuch.code(), Code::CODE_CONTENT_TOO_LARGE);
}

#[test]
fn svg_and_terminal_text_show_the_same_modules() {
    let symbol = data_matrix(PACK);
    let svg = symbol.to_svg();
    let dark = (0..symbol.height())
        .flat_map(|y| (0..symbol.width()).map(move |x| (x, y)))
        .filter(|(x, y)| symbol.is_dark(*x, *y));
    assert_eq!(svg.matches("h1v1h-1z").count(), dark.count());
    assert!(svg.contains(&format!("viewBox=\"0 0 {0} {0}\"", symbol.width())));

    let text = symbol.to_text();
    let rows: Vec<Vec<char>> = text.lines().map(|line| line.chars().collect()).collect();
    assert_eq!(rows.len(), symbol.height().div_ceil(2));
    for (line, row) in rows.iter().enumerate() {
        for (x, block) in row.iter().enumerate() {
            let (above, below) = (2 * line, 2 * line + 1);
            assert_eq!(
                "█▀".contains(*block),
                !symbol.is_dark(x, above),
                "({x}, {above})"
            );
            let light_below = below < symbol.height() && !symbol.is_dark(x, below);
            assert_eq!("█▄".contains(*block), light_below, "({x}, {below})");
        }
    }
}

#[test]
fn a_large_symbol_stays_within_an_image() {
    let symbol = Symbol::qr(&"A".repeat(3000)).expect("fits version 40");
    assert!(symbol.to_image(64).width() <= 4096);
    assert_eq!(symbol.to_image(0).width(), symbol.width());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_label_goes_through_pixels(
        serial in "[A-Za-z0-9!\"%&'()*+,./:;<=>?_-]{1,20}",
        lot in "[A-Za-z0-9/-]{1,20}",
        tail in "[A-Za-z0-9+/=]{1,44}",
    ) {
        let text = format!(
            "]d2010541234500001310{lot}\u{1D}1729033121{serial}\u{1D}92{tail}"
        );
        let label = elements(&text);
        let symbol = Symbol::gs1_data_matrix(&label).expect("fits");
        let scanned = scan(&symbol.to_image(5)).expect("a clean image");
        prop_assert_eq!(elements(&scanned.announced()), label);
    }

    #[test]
    fn any_pixels_are_read_or_refused(width in 1usize..90, pixels in proptest::collection::vec(any::<u8>(), 1..4000)) {
        let rows = pixels.len() / width;
        if let Some(image) = GreyImage::new(width, pixels[..rows * width].to_vec()) {
            prop_assert_ne!(scan(&image), Err(ScanError::ReaderFailed));
        }
    }

    #[test]
    fn any_bytes_are_an_image_or_refused(
        start in 0usize..200, noise in proptest::collection::vec(any::<u8>(), 1..40),
    ) {
        let mut png = qr().to_png(1);
        let start = start % png.len();
        let end = (start + noise.len()).min(png.len());
        png[start..end].copy_from_slice(&noise[..end - start]);
        let _ = GreyImage::from_png(&png);
        let _ = GreyImage::from_png(&noise);
    }
}
