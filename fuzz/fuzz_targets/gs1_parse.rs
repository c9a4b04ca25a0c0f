//! What a scanner delivers: what is read writes back to what reads the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use senim_codes::gs1::{ReferenceYear, parse};

fuzz_target!(|bytes: &[u8]| {
    let year = ReferenceYear::new(2026).expect("a year of four digits");
    if let Ok(read) = parse(bytes, year) {
        let announced = [&b"]d2"[..], &read.to_bytes()].concat();
        assert_eq!(parse(&announced, year), Ok(read.clone()));
        assert_eq!(parse(read.to_bracketed().as_bytes(), year), Ok(read));
    }
});
