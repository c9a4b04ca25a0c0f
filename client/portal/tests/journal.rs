//! What of the journal survives what.

use senim_abi::voucher::Asked;
use senim_abi::voucher::VoucherId;
use senim_cli::vault::Vault;
use senim_codes::national_id::check;
use senim_portal::conversation::Event;
use senim_portal::journal;
use senim_portal::list::persons::Iin;
use senim_portal::numbers::Numbers;
use senim_portal::phone::Phone;
use senim_types::{Code, Hash, TimeMs};
use std::path::{Path, PathBuf};

/// A number that was computed for this test.
fn iin() -> String {
    let mut all = (0..10).map(|check| format!("16090450001{check}"));
    all.find(|number| check(number).is_ok())
        .expect("it is one that is issued")
}

const PHONE: &str = "77010000001";

fn events(number: u8) -> Vec<Event> {
    let (voucher, at) = (VoucherId(Hash::of(&[number])), TimeMs(1));
    vec![
        Event::Listed {
            voucher,
            phone: Phone::read(PHONE),
            child: Some("Айгерім".to_owned()),
            at,
        },
        Event::Asked {
            voucher,
            asked: Asked::Consent,
            at,
        },
    ]
}

struct Kept {
    folder: tempfile::TempDir,
    vault: Vault,
}

impl Kept {
    fn new() -> Kept {
        let folder = tempfile::tempdir().expect("a folder");
        let vault = Vault::open(&folder.path().join("vault.key")).expect("a key");
        Kept { folder, vault }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("journal.sealed")
    }

    /// Persons that a journal of these bytes makes.
    fn persons(&self, bytes: &[u8]) -> Result<usize, Code> {
        std::fs::write(self.path(), bytes).expect("it can be written");
        let opened = journal::open(&self.path(), &self.vault);
        opened
            .map(|(_, conversation)| conversation.persons.len())
            .map_err(|failure| failure.code)
    }
}

#[test]
fn every_cut_keeps_what_was_whole_and_takes_more() {
    let kept = Kept::new();
    let (mut journal, _) = journal::open(&kept.path(), &kept.vault).expect("a new one");
    journal.append(&events(1)).expect("it can be written");
    let one = std::fs::read(kept.path()).expect("it is there").len();
    journal.append(&events(2)).expect("it can be written");
    drop(journal);
    let bytes = std::fs::read(kept.path()).expect("it is there");
    for text in ["Айгерім", PHONE] {
        assert!(
            !bytes
                .windows(text.len())
                .any(|window| window == text.as_bytes())
        );
    }
    for cut in 0..=bytes.len() {
        let whole = match cut {
            cut if cut == bytes.len() => 2,
            cut if cut >= one => 1,
            _ => 0,
        };
        assert_eq!(kept.persons(&bytes[..cut]), Ok(whole), "cut at {cut}");
        let (mut journal, _) = journal::open(&kept.path(), &kept.vault).expect("it was mended");
        journal.append(&events(9)).expect("it can be written");
        drop(journal);
        let read = journal::read(&kept.path(), &kept.vault).expect("it is whole");
        assert_eq!(read.persons.len(), whole + 1, "cut at {cut}");
    }
    // The last bytes written in part: zeros.
    let mut zeros = bytes.clone();
    zeros[one + 40..].fill(0);
    assert_eq!(kept.persons(&zeros), Ok(1));
}

#[test]
fn damage_before_the_end_and_another_key_are_told() {
    let kept = Kept::new();
    let (mut journal, _) = journal::open(&kept.path(), &kept.vault).expect("a new one");
    (1..4).for_each(|number| journal.append(&events(number)).expect("it can be written"));
    assert!(
        journal::open(&kept.path(), &kept.vault).is_err(),
        "one process writes it"
    );
    drop(journal);
    let bytes = std::fs::read(kept.path()).expect("it is there");
    for at in [60, 140, bytes.len() / 2] {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        assert_eq!(kept.persons(&damaged), Err(Code::PORTAL_JOURNAL), "at {at}");
    }
    std::fs::write(kept.path(), &bytes).expect("it can be written");
    let other = Kept::new();
    let opened = journal::open(&kept.path(), &other.vault)
        .map(|_| ())
        .map_err(|failure| failure.code);
    assert_eq!(opened, Err(Code::PORTAL_JOURNAL));
}

#[test]
fn the_register_is_sealed_and_says_which_line_is_wrong() {
    let kept = Kept::new();
    let path = kept.folder.path().join("numbers.sealed");
    let number = iin();
    let table = format!("iin,phone\n{number},+7 701 000 00 01\n");
    let numbers = Numbers::of_table(table.as_bytes()).expect("a table");
    numbers
        .write(&path, &kept.vault)
        .expect("it can be written");
    let read = Numbers::read(&path, &kept.vault).expect("its own key");
    let iin = Iin::read(&number).expect("a number");
    assert_eq!(read.of(&iin), Phone::read(PHONE));
    let sealed = std::fs::read(&path).expect("it is there");
    assert!(
        !sealed
            .windows(number.len())
            .any(|window| window == number.as_bytes())
    );
    let other = Kept::new();
    assert!(Numbers::read(&path, &other.vault).is_err());
    assert!(
        Numbers::read(Path::new("nowhere"), &kept.vault)
            .expect("empty")
            .is_empty()
    );
    for (table, line) in [
        (format!("iin,phone\n{number},1414\n"), 2),
        (
            format!("iin,phone\n{number},{PHONE}\n{number},{PHONE}\n"),
            3,
        ),
        ("iin,phone\n160904500010,77010000001\n".to_owned(), 2),
        (format!("iin,number\n{number},{PHONE}\n"), 2),
    ] {
        let failure = Numbers::of_table(table.as_bytes())
            .map(|_| ())
            .expect_err("a wrong line");
        assert!(
            failure.message.contains(&format!("Line {line}:")),
            "{}",
            failure.message
        );
        assert!(
            !failure.message.contains(&number) && !failure.message.contains("7701"),
            "{}",
            failure.message
        );
    }
}
