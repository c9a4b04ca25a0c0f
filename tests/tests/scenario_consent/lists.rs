//! Lists that are not as they should be.

use crate::Operator;
use crate::parties::{Child, Parties};
use senim_cli::keys;
use senim_portal::list::file::List;
use senim_portal::sealing::BoxKey;
use senim_types::Code;
use senim_types::text::KeyKind;

#[test]
fn a_list_that_is_not_the_offices_own_is_nobodys() {
    let operator = Operator::start();
    let (first, second) = (
        Child::new("Зарина", 8, 7, true),
        Child::new("Ілияс", 9, 7, true),
    );
    let parties = Parties::new(&[&first, &second], &operator.smsc, (3_600_000, 7_200_000));
    // The office's own tool.
    let twice = [
        Parties::line(&first, 1),
        Parties::line(&second, 1),
        Parties::line(&first, 2),
    ]
    .concat();
    assert_eq!(
        parties.list_of("twice", &twice, "office"),
        Err(Code::LIST_PERSON_TWICE)
    );
    assert_eq!(
        parties.list_of("other", &Parties::line(&first, 3), "office"),
        Err(Code::LIST_NOT_ENTITLED)
    );
    let wrong = Parties::line(&first, 1).replace(&first.iin, "160904500018");
    assert_eq!(
        parties.list_of("wrong", &wrong, "office"),
        Err(Code::FILE_CONTENT)
    );
    // Another organisation: the ledger takes nothing of it, and no list is left.
    let stranger = parties.list("stranger", &[&first], "education");
    assert!(stranger.is_err());
    assert!(!parties.path("office/stranger.list").exists());

    parties
        .list("first", &[&first, &second], "office")
        .expect("the office lists them");
    let path = parties.path("office/first.list");
    let file = std::fs::read(&path).expect("it was written");
    let chain = parties.session().chain;
    let device = |name: &str| {
        let key = keys::read(
            &parties.path(&format!("network/keys/{name}.key")),
            KeyKind::Device,
        );
        key.expect("the devnet has it")
    };
    let opened_as = |bytes: &[u8]| {
        let spoilt = parties.path("spoilt.list");
        std::fs::write(&spoilt, bytes).expect("it can be written");
        parties.open(&spoilt)
    };
    // Signed by another office.
    let (list, _) = List::read(&chain, &file).expect("it is whole");
    let resigned = list.sign(&chain, &device("education"));
    assert_eq!(opened_as(&resigned), Err(Code::LIST_WRONG_OFFICE));
    // Changed on the way, and cut.
    let mut changed = file.clone();
    changed[200] ^= 1;
    assert!(matches!(
        opened_as(&changed),
        Err(Code::BAD_SIGNATURE | Code::LIST_FORM)
    ));
    assert_eq!(opened_as(&file[..file.len() - 1]), Err(Code::LIST_FORM));
    // A record that was moved to another pseudonym does not open; a person twice is no list.
    let (mut list, _) = List::read(&chain, &file).expect("it is whole");
    let other = list.records[1].voucher;
    list.records[0].voucher = other;
    list.records.truncate(1);
    assert_eq!(
        opened_as(&list.sign(&chain, &device("office"))),
        Err(Code::LIST_NOT_OPENED)
    );
    // The same person on a second list: the ledger knows by the nullifier, and nobody else loses the meal.
    assert_eq!(parties.attest("first")["attested"], 2);
    let third = Child::new("Камила", 10, 8, false);
    parties
        .list("second", &[&third, &first], "office")
        .expect("the office lists them");
    let attested = parties.attest("second");
    assert_eq!(attested["attested"], 1);
    assert_eq!(
        attested["refused"][0]["code"],
        serde_json::json!(Code::DUPLICATE_PROGRAMME)
    );

    // Nobody else's key opens a record of the portal's.
    let (list, _) = List::read(&chain, &file).expect("it is whole");
    let portal = keys::read_or_make_secret(
        &parties.path("portal/lists.key"),
        senim_portal::sealing::SECRET_PREFIX,
    );
    let portal = BoxKey::from_seed(&portal.expect("it is there"));
    let identity = keys::read_or_make_secret(
        &parties.path("identity/lists.key"),
        senim_portal::sealing::SECRET_PREFIX,
    );
    let identity = BoxKey::from_seed(&identity.expect("it is there"));
    let keys = std::fs::read_dir(parties.path("network/keys")).expect("the devnet's keys");
    let mut others: Vec<BoxKey> = keys
        .filter_map(|entry| keys::read_any(&entry.expect("an entry").path()).ok())
        .map(|(_, key)| BoxKey::from_seed(&key.seed()))
        .collect();
    assert!(others.len() > 8, "the devnet has keys");
    others.push(identity);
    for record in &list.records {
        assert!(list.open_for_portal(&chain, record, &portal).is_ok());
        assert!(list.open_for_identity(&chain, record, &portal).is_err());
        for key in &others {
            assert!(list.open_for_portal(&chain, record, key).is_err());
        }
    }
}
