//! Lists that are not as they should be.

use crate::Operator;
use crate::parties::{Child, MEALS, Parties, wait};
use senim_abi::voucher::VoucherId;
use senim_cli::keys;
use senim_portal::conversation::What;
use senim_portal::list::file::{List, Record};
use senim_portal::list::persons;
use senim_portal::sealing::{BoxKey, BoxPublic};
use senim_types::text::KeyKind;
use senim_types::{Code, Hash, OrgId};

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

/// The office's own device signs each of these lists: what stands in the way is the ledger alone.
#[test]
fn a_record_that_is_not_on_the_ledger_as_the_list_says_is_neither_asked_nor_attested() {
    let operator = Operator::start();
    let (listed, added) = (
        Child::new("Мадина", 11, 9, true),
        Child::new("Нұрлан", 12, 9, true),
    );
    let parties = Parties::new(&[&listed, &added], &operator.smsc, (3_600_000, 7_200_000));
    parties
        .list("first", &[&listed], "office")
        .expect("the office lists her");
    let path = parties.path("office/first.list");
    let file = std::fs::read(&path).expect("it was written");
    let session = parties.session();
    let chain = session.chain;
    let office = parties.path("network/keys/office.key");
    let office = keys::read(&office, KeyKind::Device).expect("the devnet has it");
    let key = |text: &str| text.parse::<BoxPublic>().expect("a public key");
    let (portal, identity) = (key(&parties.portal_key), key(&parties.identity_key));
    let table = Parties::table(&Parties::line(&added, 1));
    let person = persons::read(table.as_bytes(), &[1]).expect("a table");
    let sealed = |voucher| {
        let record = Record::seal(&chain, MEALS, voucher, &person[0], &portal, &identity);
        record.expect("it fits")
    };
    // A voucher that is on the ledger, under another programme.
    let holder = parties.ledger.holder();
    let issue = ["voucher", "issue", "--holder", &holder, "--place", "40"];
    let other = parties.senim(&[&issue[..], &["--amount", "5000"]].concat());
    let other = other.expect("programme 2 issues by itself")["voucher"].clone();
    let other = other.as_str().expect("an id").parse().map(VoucherId);
    let other = other.expect("64 hex digits");

    let changed = |change: &dyn Fn(&mut List)| {
        let (mut list, _) = List::read(&chain, &file).expect("it is whole");
        change(&mut list);
        list
    };
    let nobodys = VoucherId(Hash::of(b"listed by nobody"));
    let lists = [
        (
            "nobody's",
            changed(&|list| list.records.push(sealed(nobodys))),
        ),
        (
            "another programme's",
            changed(&|list| list.records.push(sealed(other))),
        ),
        (
            "at another school",
            changed(&|list| list.records[0].entry.place = Some(OrgId(41))),
        ),
        (
            "at any school",
            changed(&|list| list.records[0].entry.place = None),
        ),
    ];
    let standing = |voucher: &VoucherId| {
        let found = senim_portal::list::open::voucher(&session, voucher);
        let found = found.unwrap_or_else(|failure| panic!("{failure:?}"));
        found.map(|voucher| (voucher.standing, voucher.nullifier))
    };
    let own = changed(&|_| ()).records[0].voucher;
    let before = [own, other].map(|voucher| standing(&voucher));
    assert!(before.iter().all(Option::is_some));
    for (what, list) in &lists {
        let file = list.sign(&chain, &office);
        let path = parties.path("office/changed.list");
        std::fs::write(&path, &file).expect("it can be written");
        assert_eq!(parties.open(&path), Err(Code::LIST_NOT_LISTED), "{what}");
        let attested = parties.try_attest("changed");
        assert_eq!(attested, Err(Code::LIST_NOT_LISTED), "{what}");
        // Pushed past the command that looks at it first: the service looks again.
        let inbox = parties.path("portal/inbox");
        std::fs::create_dir_all(&inbox).expect("it can be made");
        std::fs::write(inbox.join(format!("{}.list", Hash::of(&file))), &file)
            .expect("it can be written");
    }
    let portal = parties.start();
    let set_aside = |how: &str| {
        let entries = std::fs::read_dir(parties.path("portal/inbox")).expect("a folder");
        let names = entries.map(|entry| entry.expect("an entry").file_name());
        names
            .filter(|name| name.to_string_lossy().ends_with(how))
            .count()
    };
    wait("each is refused", || set_aside(".refused") == lists.len());
    assert_eq!(parties.count(What::Listed), 0);
    assert_eq!([own, other].map(|voucher| standing(&voucher)), before);
    assert_eq!(standing(&nobodys), None);

    // The list as the office made it is the portal's, and the person is asked.
    assert_eq!(parties.attest("first")["attested"], 1);
    parties.open(&path).expect("it is the portal's");
    parties.until(What::Asked, 1);
    assert_eq!(set_aside(".done"), 1);
    drop(portal);
}
