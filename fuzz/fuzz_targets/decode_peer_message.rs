//! What another node sends: it decodes and encodes back, or it is refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use senim_replica::PeerMessage;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(message) = PeerMessage::decode(bytes) {
        assert_eq!(message.encode(), bytes);
    }
});
