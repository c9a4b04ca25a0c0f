//! Keys, signatures, certificates: what holds and what does not.

mod common;

use curve25519_dalek::constants::EIGHT_TORSION;
use senim_types::crypto::{CertificateError, verify, verify_certificate, verify_transactions};
use senim_types::key::KeyError;
use senim_types::text::{KeyKind, TextError};
use senim_types::*;

/// Draws the same coefficients each run: answers may not depend on them.
struct Counter(u64);

impl rand_core::TryRng for Counter {
    type Error = core::convert::Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        self.try_next_u64().map(|n| n as u32)
    }
    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        Ok(self.0 ^ (self.0 >> 29))
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.try_next_u64()?.to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}
impl rand_core::TryCryptoRng for Counter {}

#[test]
fn no_point_of_small_order_is_a_key() {
    for point in EIGHT_TORSION {
        assert_eq!(
            PublicKey::from_ed25519(point.compress().0),
            Err(KeyError::SmallOrder)
        );
    }
}

#[test]
fn an_unreduced_coordinate_is_not_a_key() {
    // p + 3 and p + 18, with either sign of x.
    for (low, high) in [(0xf0, 0x7f), (0xff, 0x7f), (0xf0, 0xff)] {
        let mut bytes = [0xff; 32];
        (bytes[0], bytes[31]) = (low, high);
        assert_eq!(PublicKey::from_ed25519(bytes), Err(KeyError::NotCanonical));
        let mut encoded = vec![1];
        encoded.extend_from_slice(&bytes);
        assert!(codec::decode::<PublicKey>(&encoded, 33).is_err());
    }
}

#[test]
fn a_signature_is_for_one_key_domain_chain_and_message() {
    let (key, chain) = (common::secret(1), common::chain());
    let signature = key.sign(Domain::Qr, &chain, b"x");
    let other_chain = ChainId(Hash::of(b"other"));
    for (domain, chain, message, valid) in [
        (Domain::Qr, &chain, b"x", true),
        (Domain::Hold, &chain, b"x", false),
        (Domain::Qr, &other_chain, b"x", false),
        (Domain::Qr, &chain, b"y", false),
    ] {
        let bytes = domain::signed_bytes(domain, chain, message);
        assert_eq!(verify(&key.public(), &bytes, &signature), valid);
        assert!(!verify(&common::secret(2).public(), &bytes, &signature));
    }
}

#[test]
fn a_batch_blames_the_transactions_that_are_wrong_and_no_other() {
    let sound = common::transaction();
    let mut bad_device = sound.clone();
    bad_device.device_signature.0[3] ^= 1;
    let mut bad_witness = sound.clone();
    bad_witness.witness_signatures[0].0[40] ^= 1;
    let mut other_chain = sound.clone();
    other_chain.body.chain = ChainId(Hash::ZERO);
    let mut stripped = sound.clone();
    stripped.body.witnesses.clear();
    stripped.witness_signatures.clear();
    let batch = vec![
        sound.clone(),
        bad_device,
        bad_witness,
        other_chain,
        stripped,
        sound,
    ];
    let answers = verify_transactions(&common::chain(), batch, &mut Counter(1));
    let codes: Vec<Option<Code>> = answers.iter().map(|a| a.as_ref().err().copied()).collect();
    let (device, witness) = (Some(Code::BAD_SIGNATURE), Some(Code::BAD_WITNESS));
    assert_eq!(
        codes,
        [None, device, witness, Some(Code::WRONG_CHAIN), device, None]
    );
    let verified = answers[0].as_ref().expect("sound");
    assert_eq!(
        verified.length(),
        codec::encode(verified.transaction()).len()
    );
    assert_eq!(verified.hash(), verified.transaction().hash());
}

#[test]
fn batch_and_single_agree_where_implementations_differ() {
    // A torsion point as R with s = 0 is valid under ZIP-215 for a torsion key only; our keys
    // exclude those, so what is left is R of small order with an honest key: refused by both.
    let key = common::secret(3).public();
    for point in EIGHT_TORSION {
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(&point.compress().0);
        assert!(!verify(&key, b"m", &Signature(signature)));
    }
}

#[test]
fn a_certificate_needs_order_every_signature_and_a_quorum() {
    let (chain, validators, sound) = (common::chain(), common::validators(), common::certificate());
    assert_eq!(verify_certificate(&chain, &validators, &sound), Ok(()));
    type Change = fn(&mut CommitCertificate);
    let table: [(CertificateError, Change); 7] = [
        (CertificateError::NoQuorum, |c| c.signatures.truncate(2)),
        (CertificateError::NoQuorum, |c| c.signatures.clear()),
        (CertificateError::BadIndex, |c| c.signatures.swap(0, 1)),
        (CertificateError::BadIndex, |c| {
            c.signatures[2].validator = 4
        }),
        (CertificateError::BadIndex, |c| {
            c.signatures[1] = c.signatures[0]
        }),
        (CertificateError::BadSignature, |c| {
            c.signatures[2].signature.0[7] ^= 4
        }),
        (CertificateError::BadSignature, |c| c.round = Round(1)),
    ];
    for (error, change) in table {
        let mut certificate = sound.clone();
        change(&mut certificate);
        assert_eq!(
            verify_certificate(&chain, &validators, &certificate),
            Err(error)
        );
    }
}

#[test]
fn text_forms_of_keys_tell_their_kind() {
    let key = common::secret(5).public();
    let text = key.to_text(KeyKind::Device);
    assert!(text.starts_with("senimdev1"));
    assert_eq!(PublicKey::from_text(KeyKind::Device, &text), Ok(key));
    assert!(matches!(
        PublicKey::from_text(KeyKind::Validator, &text),
        Err(TextError::WrongPrefix { .. })
    ));
    let mut mistyped = text.clone();
    mistyped.replace_range(20..21, if &text[20..21] == "q" { "p" } else { "q" });
    assert_eq!(
        PublicKey::from_text(KeyKind::Device, &mistyped),
        Err(TextError::NotBech32m)
    );
}
