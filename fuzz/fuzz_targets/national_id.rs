//! Numbers that people type: what is valid is twelve digits, and no single digit of it can be mistyped.
#![no_main]

use libfuzzer_sys::fuzz_target;
use senim_codes::national_id::check;

fuzz_target!(|text: &str| {
    if check(text).is_ok() {
        let digits = text.trim().as_bytes();
        assert!(digits.len() == 12 && digits.iter().all(u8::is_ascii_digit));
        let mut mistyped = digits.to_vec();
        mistyped[11] = b'0' + (mistyped[11] - b'0' + 1) % 10;
        let mistyped = String::from_utf8(mistyped).expect("digits");
        assert!(check(&mistyped).is_err());
    }
});
