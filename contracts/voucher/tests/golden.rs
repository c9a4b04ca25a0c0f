//! The bytes of the contract's messages, records and events. `UPDATE_GOLDEN=1` writes them anew.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::*;
use senim_abi::voucher::msg::{RIGHTS, Redeemed, VoucherView};
use senim_abi::voucher::record::*;
use senim_abi::voucher::*;
use senim_sdk::codec;
use senim_sdk::testing::{Golden, key_of};
use senim_types::{Hash, TimeMs, Tiyn};

const ID: VoucherId = VoucherId(Hash([0xaa; 32]));
const AT: TimeMs = TimeMs(1_800_000_000_000);
const SERVICE: Service = Service {
    provider: CATERER,
    terminals: MEAL_SYSTEM,
    until: AT,
};

fn voucher(standing: Standing) -> Voucher {
    Voucher {
        programme: MEALS,
        holder: key_of(9),
        place: SCHOOL,
        until: AT,
        left: Tiyn(123_456),
        uses: 7,
        last_use: Some(LastUse {
            day: 20_468,
            count: 1,
        }),
        standing,
    }
}

fn messages() -> [(&'static str, Execute); 6] {
    [
        (
            "set_programme",
            Execute::SetProgramme {
                programme: MEALS,
                rules: rules(),
            },
        ),
        ("set_service", set_service(SCHOOL, Some(SERVICE))),
        ("set_service.none", set_service(SCHOOL, None)),
        (
            "issue",
            Execute::Issue {
                index: 2,
                programme: MEALS,
                holder: key_of(9),
                place: SCHOOL,
                amount: Tiyn(123_456),
                until: AT,
            },
        ),
        (
            "redeem",
            Execute::Redeem {
                voucher: ID,
                price: PRICE,
            },
        ),
        ("revoke", Execute::Revoke { voucher: ID }),
    ]
}

#[test]
fn messages_have_these_bytes() {
    let mut golden = Golden::new();
    for (name, message) in messages() {
        golden.add(&format!("execute.{name}"), &message);
    }
    golden.add("genesis", &Genesis(vec![set_service(SCHOOL, None)]));
    golden.add("due.sweep", &DueEntry::Sweep { voucher: ID });
    golden.add("due.forget", &DueEntry::Forget { voucher: ID });
    golden.add("query.voucher", &Query::Voucher { voucher: ID });
    golden.add("query.programme", &Query::Programme { programme: MEALS });
    golden.add(
        "query.service",
        &Query::Service {
            programme: MEALS,
            place: SCHOOL,
        },
    );
    golden.add(
        "answer.redeemed",
        &Redeemed {
            number: 8,
            left: Tiyn(5),
        },
    );
    golden.add(
        "answer.view",
        &VoucherView {
            voucher: voucher(Standing::Active),
            now: AT,
            status: Status::Expired,
        },
    );
    golden.check("tests/golden/messages.txt");
}

#[test]
fn the_rights_name_the_methods_in_their_order() {
    let mut methods: Vec<(u8, &str)> = messages()
        .iter()
        .map(|(name, message)| {
            let name = name.split('.').next().unwrap();
            (codec::encode(message)[0], name)
        })
        .collect();
    methods.dedup();
    let rights = (0u8..).zip(RIGHTS.map(|(name, _)| name));
    assert_eq!(methods, rights.collect::<Vec<_>>());
}

#[test]
fn records_have_these_bytes() {
    let mut golden = Golden::new();
    for (name, standing) in [
        ("active", Standing::Active),
        ("revoked", Standing::Revoked),
        ("swept", Standing::Swept),
    ] {
        golden.add(
            &format!("voucher.{name}"),
            &VoucherRecord::from(voucher(standing)),
        );
    }
    let unused = Voucher {
        last_use: None,
        ..voucher(Standing::Active)
    };
    golden.add("voucher.unused", &VoucherRecord::from(unused));
    let programme = Programme {
        payer: EDUCATION,
        rules: rules(),
    };
    golden.add("programme", &ProgrammeRecord::from(programme));
    golden.add("service", &ServiceRecord::from(SERVICE));
    golden.add("key.voucher", &voucher_key(&ID).to_vec());
    golden.add("key.programme", &programme_key(MEALS).to_vec());
    golden.add("key.service", &service_key(MEALS, SCHOOL).to_vec());
    golden.add("id.derived", &VoucherId::derive(&Hash([0xbb; 32]), 3));
    golden.add("id.use", &Hash::of(&ID.use_preimage(8)));
    golden.check("tests/golden/records.txt");
}

#[test]
fn events_have_these_bytes() {
    let mut golden = Golden::new();
    let programme = MEALS;
    let events = [
        VoucherEvent::ProgrammeSet {
            programme,
            payer: EDUCATION,
            rules: rules(),
        },
        VoucherEvent::ServiceSet {
            programme,
            place: SCHOOL,
            service: Some(SERVICE),
        },
        VoucherEvent::Issued {
            voucher: ID,
            programme,
            place: SCHOOL,
            amount: Tiyn(123_456),
            until: AT,
        },
        VoucherEvent::Redeemed {
            voucher: ID,
            programme,
            place: SCHOOL,
            provider: CATERER,
            number: 8,
            day: 20_468,
            price: PRICE,
            left: Tiyn(5),
        },
        VoucherEvent::Ended {
            voucher: ID,
            programme,
            standing: Standing::Swept,
            returned: Tiyn(5),
        },
    ];
    for event in events {
        golden.add(&format!("event.{}", event.kind()), &event);
    }
    golden.check("tests/golden/events.txt");
}
