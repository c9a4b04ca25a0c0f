//! The bytes of the contract's messages, records and events. `UPDATE_GOLDEN=1` writes them anew.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::*;
use senim_abi::card::msg::RIGHTS;
use senim_abi::card::record::*;
use senim_abi::card::{CardEvent, DueEntry, Execute, Genesis, Query};
use senim_sdk::codec;
use senim_sdk::testing::{Golden, key_of};
use senim_types::TimeMs;

const AT: TimeMs = TimeMs(1_800_000_000_000);

fn messages() -> [(&'static str, Execute); 5] {
    let (key, keys, programme) = (key_of(1), vec![key_of(1), key_of(2)], PROGRAMME);
    [
        (
            "set_programme",
            Execute::SetProgramme {
                programme,
                categories: 0x8000_0010,
            },
        ),
        (
            "register",
            Execute::Register {
                keys: keys.clone(),
                category: SERVED,
                entitled_until: AT,
            },
        ),
        ("block", Execute::Block { keys: keys.clone() }),
        ("end", Execute::End { keys, at: AT }),
        (
            "bind",
            Execute::Bind {
                key,
                group: GROUP,
                programme,
            },
        ),
    ]
}

#[test]
fn messages_have_these_bytes() {
    let mut golden = Golden::new();
    for (name, message) in messages() {
        golden.add(&format!("execute.{name}"), &message);
    }
    let (key, programme) = (key_of(1), PROGRAMME);
    golden.add("genesis", &Genesis(vec![messages()[0].1.clone()]));
    golden.add("due.forget", &DueEntry::Forget { batch: key });
    golden.add("query.key", &Query::Key { key });
    golden.add("query.check", &Query::Check { key, programme });
    golden.add("query.programme", &Query::Programme { programme });
    golden.check("tests/golden/messages.txt");
}

#[test]
fn the_rights_name_the_methods_in_their_order() {
    let messages = messages();
    let methods = messages
        .iter()
        .map(|(name, message)| (codec::encode(message)[0], *name));
    let rights = (0u8..).zip(RIGHTS.map(|(name, _)| name));
    assert_eq!(methods.collect::<Vec<_>>(), rights.collect::<Vec<_>>());
}

#[test]
fn records_and_keys_have_these_bytes() {
    let mut golden = Golden::new();
    let record = CardKey {
        issuer: CENTRE,
        category: SERVED,
        entitled_until: AT,
        blocked: false,
        bound: None,
    };
    let bound = CardKey {
        blocked: true,
        bound: Some(GROUP),
        ..record
    };
    golden.add("key", &CardKeyRecord::from(record));
    golden.add("key.bound", &CardKeyRecord::from(bound));
    golden.add("batch", &BatchRecord::from(vec![key_of(1), key_of(2)]));
    golden.add("categories", &CategoriesRecord::from(0x10));
    for (name, key) in [
        ("key.key", card_key(&key_of(1))),
        ("key.batch", batch_key(&key_of(1))),
        ("key.programme", programme_key(PROGRAMME)),
    ] {
        golden.add(name, &key.to_vec());
    }
    golden.check("tests/golden/records.txt");
}

#[test]
fn events_have_these_bytes() {
    let mut golden = Golden::new();
    let (key, group, count) = (key_of(1), GROUP, 2);
    let events = [
        CardEvent::ProgrammeSet {
            programme: PROGRAMME,
            categories: 0x10,
        },
        CardEvent::Registered {
            issuer: CENTRE,
            category: SERVED,
            entitled_until: AT,
            count,
        },
        CardEvent::Blocked { key },
        CardEvent::Ended { key, at: AT },
        CardEvent::Bound { key, group },
        CardEvent::Forgotten { count },
    ];
    for (kind, event) in (0u16..).zip(&events) {
        assert_eq!(event.kind(), kind);
        golden.add(&format!("event.{kind}"), event);
    }
    golden.check("tests/golden/events.txt");
}
