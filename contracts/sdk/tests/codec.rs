//! Decoding by the sdk's own reader takes exactly what borsh takes.

use borsh::{BorshDeserialize, BorshSerialize};
use senim_abi::marking::Text;
use senim_sdk::codec;
use senim_types::{Code, Hash, PublicKey};

/// One of everything that messages and records are made of.
#[derive(Clone, Debug, PartialEq, BorshSerialize, BorshDeserialize)]
enum Sample {
    Nothing,
    All {
        flag: bool,
        small: u8,
        wide: u128,
        hash: Hash,
        key: Option<PublicKey>,
        name: String,
        bytes: Vec<u8>,
        list: Vec<(u16, Text<8>)>,
        words: [u64; 4],
    },
}

fn sample() -> Sample {
    Sample::All {
        flag: true,
        small: 7,
        wide: u128::MAX - 1,
        hash: Hash([0xaa; 32]),
        key: PublicKey::from_ed25519([0x5a; 32]).ok(),
        name: "Дәріхана".into(),
        bytes: vec![1; 300],
        list: vec![
            (1, "A".parse().expect("a text")),
            (2, "BC".parse().expect("a text")),
        ],
        words: [1, 2, 3, 4],
    }
}

fn is_as_borsh_has_it(bytes: &[u8]) {
    let read = codec::read::<Sample>(bytes);
    assert_eq!(read, Sample::try_from_slice(bytes).ok(), "{bytes:x?}");
    // Nothing in this sample has two encodings, so that a message is what can be read.
    let decoded = codec::decode::<Sample>(bytes).map_err(|refusal| refusal.code);
    assert_eq!(decoded, read.ok_or(Code::BAD_INPUT));
}

#[test]
fn what_is_encoded_is_read() {
    for value in [Sample::Nothing, sample()] {
        let bytes = codec::encode(&value);
        assert_eq!(codec::read(&bytes), Some(value));
        is_as_borsh_has_it(&bytes);
    }
}

#[test]
fn what_is_too_short_or_too_long_is_not() {
    let bytes = codec::encode(&sample());
    for length in 0..bytes.len() {
        assert_eq!(codec::read::<Sample>(&bytes[..length]), None);
        is_as_borsh_has_it(&bytes[..length]);
    }
    is_as_borsh_has_it(&[bytes.as_slice(), &[0]].concat());
}

#[test]
fn a_changed_byte_is_read_as_borsh_reads_it() {
    let bytes = codec::encode(&sample());
    for at in 0..bytes.len() {
        for flip in [1, 0x10, 0x80, 0xff] {
            let mut changed = bytes.clone();
            changed[at] ^= flip;
            is_as_borsh_has_it(&changed);
        }
    }
}
