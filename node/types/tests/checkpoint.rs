//! Checkpoints as text: one spelling, and nothing else is read.

mod common;

use senim_types::checkpoint::*;
use senim_types::*;

fn note() -> SignedCheckpoint {
    common::signed_checkpoint()
}

#[test]
fn a_note_is_three_lines_and_its_signatures() {
    let text = note().to_text();
    let lines: Vec<&str> = text.split('\n').collect();
    assert_eq!(lines[0], format!("senim/{}", common::chain()));
    assert_eq!(lines[1], "1");
    assert_eq!(lines[2].len(), 44);
    assert_eq!(lines[3], "");
    assert!(lines[4].starts_with(&format!("\u{2014} senim/{} ", common::chain())));
    assert!(lines[5].starts_with(&format!("\u{2014} senim/{}/", common::chain())));
    assert_eq!(lines[6..], [""]);
    assert_eq!(SignedCheckpoint::parse(&text), Ok(note()));
}

#[test]
fn what_is_read_says_the_same_as_what_was_written() {
    let read = SignedCheckpoint::parse(&note().to_text()).expect("sound");
    let lines: Vec<&NoteLine> = CertificateLine::lines_of(&read).collect();
    assert_eq!(lines.len(), 1);
    let line = CertificateLine::decode(lines[0]).expect("a header and its certificate");
    assert_eq!(line.header, common::log_header());
    assert_eq!(Checkpoint::of(&line.header), Some(read.checkpoint));
    let key = common::secret(1).public();
    let cosigned = CosignatureLine::read(&read.lines[1], &read.checkpoint, &key)
        .expect("sound")
        .expect("of this validator");
    assert_eq!(cosigned.time_s, 1_760_000_001);
    let bytes = read.checkpoint.cosigned_bytes(cosigned.time_s);
    assert!(crypto::verify(&key, &bytes, &cosigned.signature));
    let stranger = common::secret(2).public();
    let other = CosignatureLine::read(&read.lines[1], &read.checkpoint, &stranger);
    assert_eq!(other, Ok(None));
}

#[test]
fn cosigned_bytes_are_of_no_other_kind_of_signed_bytes() {
    let bytes = note().checkpoint.cosigned_bytes(7);
    let text = String::from_utf8(bytes.clone()).expect("text");
    assert_eq!(
        text,
        format!("cosignature/v1\ntime 7\n{}", note().checkpoint.text())
    );
    for domain in (0..=u8::MAX).filter_map(Domain::from_number) {
        let ours = domain::signed_bytes(domain, &common::chain(), b"");
        assert_ne!(ours[0], bytes[0], "{domain:?}");
    }
}

#[test]
fn every_other_spelling_is_refused() {
    let sound = note().to_text();
    let chain = common::chain().to_string();
    let changes = [
        ("\n1\n", "\n01\n"),
        ("\n1\n", "\n+1\n"),
        ("\n1\n", "\n0\n"),
        ("\n1\n", "\n1 \n"),
        ("\n1\n", "\n18446744073709551616\n"),
        ("\n1\n", "\n1\r\n"),
        ("=\n\n", "=\nextension\n\n"),
        ("=\n\n", "=\n\n\n"),
        ("=\n\n", "\n\n"),
        ("=\n\n", "=\n"),
        ("\u{2014} ", "- "),
        ("\u{2014} ", "\u{2014}  "),
        ("\u{2014} ", "\u{2014}\t"),
        ("senim/", "senim+"),
        ("senim/", "Senim/"),
    ];
    for (old, new) in changes {
        let changed = sound.replacen(old, new, 1);
        assert_ne!(changed, sound, "{old:?} is in the note");
        assert_eq!(
            SignedCheckpoint::parse(&changed),
            Err(Code::CHECKPOINT_FORM),
            "{new:?}"
        );
    }
    let upper = sound.replacen(&chain, &chain.to_uppercase(), 1);
    assert_eq!(SignedCheckpoint::parse(&upper), Err(Code::CHECKPOINT_FORM));
    let unsigned = note().checkpoint.text() + "\n";
    assert_eq!(
        SignedCheckpoint::parse(&unsigned),
        Err(Code::CHECKPOINT_FORM)
    );
    let line = &sound[note().checkpoint.text().len() + 1..];
    let long = format!("{unsigned}{}", line.repeat(SIGNATURES_MAX));
    let expected = if long.len() > limits::CHECKPOINT_BYTES_MAX {
        Code::TOO_LARGE
    } else {
        Code::CHECKPOINT_FORM
    };
    assert_eq!(SignedCheckpoint::parse(&long), Err(expected));
    for length in 0..sound.len() {
        if sound.is_char_boundary(length) {
            // Cut at the end of a line it is a note with fewer signatures, and says the same.
            let cut = SignedCheckpoint::parse(&sound[..length]);
            assert!(cut.is_err() || cut.is_ok_and(|cut| cut.checkpoint == note().checkpoint));
        }
    }
}

#[test]
fn as_many_signatures_as_the_limit_are_read_and_no_more() {
    let mut many = note();
    many.lines = vec![many.lines[1].clone(); SIGNATURES_MAX];
    assert_eq!(SignedCheckpoint::parse(&many.to_text()), Ok(many.clone()));
    many.lines.push(many.lines[0].clone());
    assert_eq!(
        SignedCheckpoint::parse(&many.to_text()),
        Err(Code::CHECKPOINT_FORM)
    );
}

#[test]
fn a_signature_that_is_not_one_of_its_kind_is_told() {
    let checkpoint = note().checkpoint;
    let key = common::secret(1).public();
    let mut short = note().lines[1].clone();
    short.signature.pop();
    let read = CosignatureLine::read(&short, &checkpoint, &key);
    assert_eq!(read, Err(Code::CHECKPOINT_COSIGNATURE));
    let mut long = note().lines[0].clone();
    long.signature.push(0);
    let read = CertificateLine::decode(&long);
    assert_eq!(read, Err(Code::CHECKPOINT_CERTIFICATE));
}
