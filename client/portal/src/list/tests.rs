//! Sealed lists without a ledger.

use super::file::{List, Record};
use super::open::nullifier;
use super::persons;
use crate::sealing::BoxKey;
use senim_abi::voucher::{ProgrammeId, VoucherId};
use senim_codes::national_id::check;
use senim_types::crypto::SecretKey;
use senim_types::{ChainId, Code, Hash};

const TABLE: &str = "iin,parent_iin,child,category,place,amount_tiyn,until_ms\n";
/// A number that was computed for this test.
fn number(digits: &str) -> String {
    let mut all = (0..10).map(|check| format!("{digits}{check}"));
    all.find(|number| check(number).is_ok())
        .expect("it is one that is issued")
}

fn child() -> String {
    number("16090450001")
}

fn parent() -> String {
    number("88031230001")
}

fn chain() -> ChainId {
    ChainId(Hash::of(b"a chain"))
}

fn code(lines: &str) -> Result<usize, Code> {
    let read = persons::read(format!("{TABLE}{lines}").as_bytes(), &[1, 2]);
    read.map(|lines| lines.len()).map_err(|failure| {
        assert!(!failure.message.contains(&child()), "{}", failure.message);
        failure.code
    })
}

#[test]
fn a_table_is_read_or_says_which_line_is_wrong() {
    let (child, parent) = (child(), parent());
    let sound = format!("{child},{parent},Айгерім,1,40,900,1000\n");
    assert_eq!(code(&sound), Ok(1));
    assert_eq!(code(&format!("{child},{parent},,2,0,900,1000\n")), Ok(1));
    assert_eq!(code(""), Err(Code::FILE_CONTENT));
    assert_eq!(
        code(&format!("{sound}{sound}")),
        Err(Code::LIST_PERSON_TWICE)
    );
    assert_eq!(
        code(&sound.replace(",1,40", ",3,40")),
        Err(Code::LIST_NOT_ENTITLED)
    );
    for (from, to) in [
        (child.as_str(), "160904500010"),
        (child.as_str(), "1609045000"),
        (parent.as_str(), ""),
        ("Айгерім", "А\u{7}"),
        ("900", "0"),
        ("900", "-1"),
        ("1000", "soon"),
        (",40", ""),
    ] {
        assert_eq!(
            code(&sound.replace(from, to)),
            Err(Code::FILE_CONTENT),
            "{from} → {to}"
        );
    }
    let long = "А".repeat(41);
    assert_eq!(
        code(&sound.replace("Айгерім", &long)),
        Err(Code::FILE_CONTENT)
    );
}

#[test]
fn all_records_are_of_one_length_and_open_at_their_own_place() {
    let (portal, identity) = (BoxKey::from_seed(&[1; 32]), BoxKey::from_seed(&[2; 32]));
    let programme = ProgrammeId(3);
    let (child, parent) = (child(), parent());
    let long = "Ә".repeat(40);
    let lines =
        format!("{TABLE}{child},{parent},{long},1,40,900,1000\n{parent},{child},,1,40,900,1000\n");
    let lines = persons::read(lines.as_bytes(), &[1]).expect("a table");
    let records = lines.iter().zip(0_u8..).map(|(line, number)| {
        let voucher = VoucherId(Hash::of(&[number]));
        Record::seal(
            &chain(),
            programme,
            voucher,
            line,
            &portal.public(),
            &identity.public(),
        )
        .expect("it fits")
    });
    let records: Vec<Record> = records.collect();
    let lengths: Vec<usize> = records
        .iter()
        .map(|record| senim_types::codec::encode(record).len())
        .collect();
    assert_eq!(lengths[0], lengths[1]);
    let list = List { programme, records };
    let file = list.sign(&chain(), &SecretKey::from_seed(&[3; 32]));
    let (list, device) = List::read(&chain(), &file).expect("it is whole");
    assert_eq!(device, SecretKey::from_seed(&[3; 32]).public());
    let opened = list
        .open_for_portal(&chain(), &list.records[0], &portal)
        .expect("it is the portal's");
    assert_eq!(
        (opened.parent.digits(), opened.child),
        (parent.as_bytes().as_array().expect("twelve"), Some(long))
    );
    let opened = list
        .open_for_identity(&chain(), &list.records[0], &identity)
        .expect("it is the service's");
    assert_eq!(opened.iin.digits().as_slice(), child.as_bytes());

    let refused = |list: &List, chain: &ChainId, key: &BoxKey| {
        let opened = list.open_for_portal(chain, &list.records[0], key);
        opened.map(|_| ()).expect_err("it is not to be opened").code
    };
    let other = ChainId(Hash::of(b"another chain"));
    assert_eq!(refused(&list, &chain(), &identity), Code::LIST_NOT_OPENED);
    assert_eq!(refused(&list, &other, &portal), Code::LIST_NOT_OPENED);
    let read = |chain: &ChainId, file: &[u8]| {
        List::read(chain, file)
            .map(|_| ())
            .map_err(|failure| failure.code)
    };
    assert_eq!(read(&other, &file), Err(Code::BAD_SIGNATURE));
    let mut moved = list;
    moved.records.swap(0, 1);
    let ids = (moved.records[0].voucher, moved.records[1].voucher);
    (moved.records[1].voucher, moved.records[0].voucher) = ids;
    assert_eq!(refused(&moved, &chain(), &portal), Code::LIST_NOT_OPENED);
    // One pseudonym twice is no list.
    moved.records[0].voucher = moved.records[1].voucher;
    let file = moved.sign(&chain(), &SecretKey::from_seed(&[3; 32]));
    assert_eq!(read(&chain(), &file), Err(Code::LIST_FORM));
}

#[test]
fn nullifiers_of_groups_and_periods_cannot_be_joined() {
    let (child, parent) = (child(), parent());
    let iin = child.as_bytes().as_array().expect("twelve digits");
    let one = nullifier(&[7; 32], 1, "2026-2027", iin);
    assert_eq!(one, nullifier(&[7; 32], 1, "2026-2027", iin));
    for other in [
        nullifier(&[8; 32], 1, "2026-2027", iin),
        nullifier(&[7; 32], 2, "2026-2027", iin),
        nullifier(&[7; 32], 1, "2027-2028", iin),
        nullifier(
            &[7; 32],
            1,
            "2026-2027",
            parent.as_bytes().as_array().expect("twelve"),
        ),
    ] {
        assert_ne!(one, other);
    }
}
