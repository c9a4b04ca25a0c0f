//! Decoding: never panics, never takes what it would not give, never allocates much for little.

mod common;

use borsh::{BorshDeserialize, BorshSerialize};
use proptest::prelude::*;
use senim_types::codec::{DecodeError, decode, encode};
use senim_types::proof::ReceiptProof;
use senim_types::*;

fn canonical<T: BorshSerialize + BorshDeserialize>(bytes: &[u8]) {
    if let Ok(value) = decode::<T>(bytes, 1 << 20) {
        assert_eq!(encode(&value), bytes);
    }
}

fn all_types(bytes: &[u8]) {
    canonical::<Genesis>(bytes);
    canonical::<ValidatorSet>(bytes);
    canonical::<SignedTransaction>(bytes);
    canonical::<Receipt>(bytes);
    canonical::<Header>(bytes);
    canonical::<Block>(bytes);
    canonical::<CommitCertificate>(bytes);
    canonical::<ReceiptProof>(bytes);
    canonical::<PublicKey>(bytes);
    let _checked_shape = SignedTransaction::decode(bytes);
    let _checked_root = Block::decode(bytes);
}

proptest! {
    #[test]
    fn any_bytes_decode_or_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        all_types(&bytes);
    }

    #[test]
    fn a_changed_byte_decodes_canonically_or_is_refused(at in any::<prop::sample::Index>(), bit in 0u8..8, kind in 0usize..7) {
        let mut bytes = match kind {
            0 => encode(&common::genesis()),
            1 => encode(&common::validators()),
            2 => encode(&common::transaction()),
            3 => encode(&common::receipt(1)),
            4 => encode(&common::block()),
            5 => encode(&common::certificate()),
            _ => encode(&common::receipt_proof()),
        };
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        all_types(&bytes);
    }
}

#[test]
fn a_claimed_length_allocates_nothing() {
    // A list of four billion transactions in 400 bytes.
    let mut bytes = encode(&common::block().header);
    bytes.extend_from_slice(&u32::MAX.to_le_bytes());
    bytes.extend_from_slice(&[0; 64]);
    assert_eq!(
        decode::<Block>(&bytes, 1 << 20),
        Err(DecodeError::Malformed)
    );
}

#[test]
fn limits_come_before_decoding() {
    let bytes = encode(&common::block());
    assert_eq!(
        decode::<Block>(&bytes, 10),
        Err(DecodeError::TooLong {
            length: bytes.len(),
            limit: 10
        })
    );
}

#[test]
fn a_validator_set_out_of_order_is_not_one() {
    let mut validators = common::validators().validators().to_vec();
    validators.swap(0, 1);
    let bytes = encode(&validators);
    assert_eq!(
        decode::<ValidatorSet>(&bytes, 4096),
        Err(DecodeError::Malformed)
    );
    assert!(ValidatorSet::from_ascending(validators.clone()).is_none());
    validators.swap(0, 1);
    assert_eq!(
        ValidatorSet::from_ascending(validators),
        Some(common::validators())
    );
    for (power, sound) in [(0, false), (1, true), (u64::MAX, false)] {
        let set = ValidatorSet::new(vec![Validator {
            key: common::secret(1).public(),
            power,
        }]);
        assert_eq!(set.is_some(), sound, "power {power}");
    }
    assert!(ValidatorSet::new(vec![]).is_none());
}

#[test]
fn the_shape_of_a_transaction_is_checked_before_its_signatures() {
    let sound = common::transaction();
    assert!(SignedTransaction::decode(&encode(&sound)).is_ok());
    type Change = fn(&mut SignedTransaction);
    let table: [(Code, Change); 7] = [
        (Code::WRONG_VERSION, |t| t.body.version = 2),
        (Code::CALL_COUNT, |t| t.body.calls.clear()),
        (Code::CALL_COUNT, |t| {
            t.body.calls = vec![t.body.calls[0].clone(); 9]
        }),
        (Code::MALFORMED, |t| t.body.calls[0].input.clear()),
        (Code::WITNESS_COUNT, |t| t.witness_signatures.clear()),
        (Code::WITNESS_DOMAIN, |t| {
            t.body.witnesses[0].domain = Domain::Precommit
        }),
        (Code::TOO_LARGE, |t| {
            t.body.calls[0].input = vec![0; limits::TRANSACTION_BYTES_MAX]
        }),
    ];
    for (code, change) in table {
        let mut transaction = sound.clone();
        change(&mut transaction);
        assert_eq!(
            SignedTransaction::decode(&encode(&transaction)).unwrap_err(),
            code
        );
    }
    assert_eq!(
        SignedTransaction::decode(b"not a transaction").unwrap_err(),
        Code::MALFORMED
    );
}

#[test]
fn a_hostile_key_inside_a_value_is_told_by_name() {
    let sound = common::transaction();
    let bytes = encode(&sound);
    let device = sound.body.device.encoded();
    let at = bytes
        .windows(device.len())
        .position(|part| part == device)
        .expect("the device's key is in there");
    let mut identity = [0; 32];
    identity[0] = 1;
    let mut unreduced = [0xff; 32];
    unreduced[0] = 0xee;
    unreduced[31] = 0x7f;
    for (key, code) in [
        (identity, Code::KEY_SMALL_ORDER),
        (unreduced, Code::KEY_NOT_CANONICAL),
    ] {
        let mut changed = bytes.clone();
        changed[at + 1..at + 33].copy_from_slice(&key);
        assert_eq!(SignedTransaction::decode(&changed), Err(code));
    }
}
