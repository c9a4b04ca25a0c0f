//! The bytes of records and events. `UPDATE_GOLDEN=1` writes them anew.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::samples::*;
use common::*;
use senim_abi::policy::Terms;
use senim_abi::voucher::msg::*;
use senim_abi::voucher::record::*;
use senim_abi::voucher::*;
use senim_sdk::codec;
use senim_sdk::testing::{Golden, key_of};
use senim_types::{Hash, Tiyn, TiynTotal};

#[test]
fn records_have_these_bytes() {
    let mut golden = Golden::new();
    for number in 0..10 {
        let standing: Standing = codec::decode(&[number]).unwrap();
        golden.add(
            &format!("voucher.{number}"),
            &VoucherRecord::from(voucher(standing)),
        );
    }
    let bare = Voucher {
        holder: None,
        place: None,
        recent: Vec::new(),
        last_use: None,
        delegation: None,
        nullifier: None,
        ..voucher(Standing::Listed)
    };
    golden.add("voucher.bare", &VoucherRecord::from(bare));
    let programme = Programme {
        payer: EDUCATION,
        settings: whole_settings(),
        version: 2,
    };
    golden.add("programme", &ProgrammeRecord::from(programme));
    golden.add("policy", &PolicyRecord::from(policy(rules())));
    golden.add("service", &ServiceRecord::from(SERVICE));
    golden.add("listing", &ListingRecord::from(LISTING));
    golden.add("calendar", &CalendarRecord::from(CALENDAR));
    let tally = Tally {
        uses: 8,
        persons: 7,
        paid: TiynTotal(720_000),
        present: Some(6),
        served: vec![SERVED],
        finding: Some(FindingKind::ExceedsPresent),
    };
    golden.add("tally", &TallyRecord::from(tally.clone()));
    golden.add("chain", &OfflineChainRecord::from(chain()));
    let forgotten = ForgottenChains {
        next: 18,
        session: 3,
    };
    golden.add("forgotten_chains", &ForgottenChainsRecord::from(forgotten));
    for (name, answered) in [("waits", None), ("answered", Some(PRICE))] {
        let record = ExcessRecord::from(excess(answered));
        golden.add(&format!("excess.{name}"), &record);
    }
    golden.add("key.chain", &chain_key(MEALS, &key_of(3)).to_vec());
    golden.add(
        "key.forgotten_chains",
        &forgotten_chains_key(MEALS).to_vec(),
    );
    golden.add("key.taken", &taken_key(MEALS, &key_of(3), 18).to_vec());
    golden.add("key.excess", &excess_key(MEALS, &key_of(3), 18).to_vec());
    let id = Excess::preimage(MEALS, &key_of(3), 18);
    golden.add("id.excess", &Hash::of(&id));
    golden.add("finding", &FindingRecord::from(FindingKind::Unreported));
    let key = finding_key(MEALS, &SERVED, SCHOOL, FRIDAY);
    golden.add("key.finding", &key.to_vec());
    let finding = Finding {
        place: SCHOOL,
        day: FRIDAY,
        kind: FindingKind::Closed,
        tally: Some(tally),
    };
    golden.add("detail.finding", &finding);
    golden.add("key.voucher", &voucher_key(&ID).to_vec());
    golden.add("key.programme", &programme_key(MEALS).to_vec());
    golden.add("key.policy", &policy_key(MEALS, 2).to_vec());
    golden.add("key.service", &service_key(MEALS, SCHOOL).to_vec());
    for product in products() {
        golden.add("key.listing", &listing_key(MEALS, &product).to_vec());
    }
    golden.add("key.calendar", &calendar_key(MEALS, SCHOOL, MONTH).to_vec());
    golden.add("key.tally", &tally_key(MEALS, SCHOOL, FRIDAY).to_vec());
    golden.add(
        "key.nullifier",
        &nullifier_key(GROUP, &Hash([0xcc; 32])).to_vec(),
    );
    golden.add("id.derived", &VoucherId::derive(&Hash([0xbb; 32]), 3));
    golden.add("id.use", &Hash::of(&ID.use_preimage(8)));
    golden.add(
        "arm",
        &Hash::of(&Arms::preimage(&Hash([1; 32]), &Hash([2; 32]))),
    );
    golden.check("tests/golden/records.txt");
}

#[test]
fn events_have_these_bytes() {
    let mut golden = Golden::new();
    let (programme, voucher, place, version) = (MEALS, ID, SCHOOL, 2);
    let act = |position: usize| facts(acts()[position].1.clone());
    let events = [
        VoucherEvent::ProgrammeSet {
            programme,
            payer: EDUCATION,
            settings: whole_settings(),
        },
        VoucherEvent::PolicySet {
            programme,
            version,
            policy: policy(rules()),
        },
        VoucherEvent::ServiceSet {
            programme,
            place,
            service: Some(SERVICE),
        },
        VoucherEvent::ListingSet {
            programme,
            product: products()[1],
            listing: Some(LISTING),
        },
        VoucherEvent::CalendarSet {
            programme,
            place,
            month: MONTH,
            calendar: CALENDAR,
        },
        VoucherEvent::Attended {
            programme,
            place,
            day: FRIDAY,
            present: 17,
            absent: 3,
        },
        VoucherEvent::Listed {
            programme,
            index: 3,
            count: 60,
        },
        VoucherEvent::Attested {
            voucher,
            group: GROUP,
            nullifier: Hash([0xcc; 32]),
        },
        VoucherEvent::Assigned { voucher, arm: 1 },
        VoucherEvent::Asked {
            voucher,
            programme,
            asked: Asked::Consent,
            until: AT,
        },
        VoucherEvent::Reminded {
            voucher,
            programme,
            asked: Asked::Activation,
        },
        VoucherEvent::Answered {
            voucher,
            programme,
            channel: Channel::School,
            consents: true,
        },
        VoucherEvent::Issued {
            voucher,
            programme,
            version,
            facts: act(0),
        },
        VoucherEvent::Activated {
            voucher,
            programme,
            version,
            facts: act(1),
        },
        VoucherEvent::Bound { voucher },
        VoucherEvent::Delegated {
            voucher,
            programme,
            version,
            facts: Some(act(2)),
        },
        VoucherEvent::ToppedUp {
            voucher,
            programme,
            version,
            facts: act(4),
            until: AT,
        },
        VoucherEvent::Moved {
            voucher,
            place: Some(OTHER_SCHOOL),
        },
        VoucherEvent::Suspended {
            voucher,
            suspended: true,
        },
        VoucherEvent::Redeemed {
            voucher,
            programme,
            version,
            number: 8,
            facts: act(3),
            terms: Terms {
                pays: Tiyn(4),
                bears: Tiyn(1),
            },
        },
        VoucherEvent::Ended {
            voucher,
            programme,
            standing: Standing::Swept,
            returned: Tiyn(5),
        },
        VoucherEvent::ArmsRevealed {
            programme,
            seed: Hash([0xee; 32]),
        },
        VoucherEvent::OfflineSynced {
            programme,
            terminal: key_of(3),
            session: session(),
        },
        VoucherEvent::OfflineTaken {
            programme,
            terminal: key_of(3),
            first: 17,
            count: 2,
        },
        VoucherEvent::Exceeded {
            programme,
            version,
            rule: 10,
            facts: Some(act(3)),
            excess: excess(None),
        },
        VoucherEvent::ExcessAnswered {
            programme,
            excess: excess(Some(PRICE)),
        },
        VoucherEvent::Refunded {
            voucher: ID,
            programme,
            refunded: RECENT,
            org: MEAL_SYSTEM,
            left: PRICE,
        },
    ];
    for (number, event) in (0_u16..).zip(events) {
        assert_eq!(event.kind(), number);
        golden.add(&format!("event.{number}"), &event);
    }
    golden.check("tests/golden/events.txt");
}
