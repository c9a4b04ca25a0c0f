//! What a pharmacy's camera reads from a wallet: one content has one text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use senim_codes::live_qr::LiveQr;
use senim_types::TimeMs;

fuzz_target!(|text: &str| {
    if let Ok(qr) = LiveQr::from_text(text) {
        assert_eq!(*qr.to_text(), text.trim());
        let chain = qr.chain();
        // Whether it is signed or not, it is over at the end of time.
        assert!(qr.check(&chain, TimeMs(u64::MAX)).is_err());
    }
});
