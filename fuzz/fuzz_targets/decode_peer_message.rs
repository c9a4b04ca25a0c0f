//! What another node sends: it decodes and encodes back, or it is refused; so does a snapshot's manifest.
#![no_main]

use libfuzzer_sys::fuzz_target;
use senim_replica::{PeerMessage, SnapshotMessage};
use senim_state::snapshot::Manifest;
use senim_types::{ChainId, Hash};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(message) = PeerMessage::decode(bytes) {
        assert_eq!(message.encode(), bytes);
        if let PeerMessage::Snapshot(SnapshotMessage::Manifest {
            bytes: Some(bytes), ..
        }) = message
        {
            manifest(&bytes);
        }
    }
});

fn manifest(bytes: &[u8]) {
    // Of whatever chain it says: the others are refused by one comparison.
    let chain = bytes.get(3..35).and_then(|chain| chain.try_into().ok());
    let chain = ChainId(Hash(chain.unwrap_or_default()));
    if let Ok(manifest) = Manifest::decode(bytes, &chain) {
        assert_eq!(manifest.encode(), bytes);
    }
}
