//! The bytes of the contract's records and events. `UPDATE_GOLDEN=1` writes them anew.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::samples::*;
use common::*;
use senim_abi::prescription::event::ProofUsed;
use senim_abi::prescription::programme::{
    MedicineRecord, PrescriberRecord, ProgrammeRecord, ProviderRecord, RulesRecord,
};
use senim_abi::prescription::record::*;
use senim_abi::prescription::*;
use senim_sdk::codec;
use senim_sdk::testing::Golden;
use senim_types::Tiyn;

#[test]
fn records_have_these_bytes() {
    let mut golden = Golden::new();
    for (name, stage) in [
        ("draft", ItemStage::Draft),
        ("open", ItemStage::Open),
        ("cancelled", ItemStage::Cancelled),
    ] {
        golden.add(&format!("group.{name}"), &GroupRecord::from(group(stage)));
    }
    let programme = Programme {
        payer: FUND,
        budget: BUDGET,
        version: 2,
        open: true,
    };
    golden.add("programme", &ProgrammeRecord::from(programme));
    golden.add("rules", &RulesRecord::from(rules()));
    golden.add("medicine", &MedicineRecord::from(RULE));
    golden.add("provider", &ProviderRecord::from(PROVIDER));
    golden.add("prescriber", &PrescriberRecord::from(RIGHT));
    let overdue = Overdue {
        org: APTEKA,
        dispensed_at: AT,
        reason: OverdueReason::Movement,
    };
    golden.add("overdue", &OverdueRecord::from(overdue));
    golden.add("key.group", &group_key(&GROUP).to_vec());
    golden.add("key.programme", &programme_key(PROGRAMME).to_vec());
    golden.add(
        "key.medicine",
        &medicine_key(PROGRAMME, &paracetamol()).to_vec(),
    );
    golden.add("key.rules", &rules_key(PROGRAMME, 2).to_vec());
    golden.add("key.provider", &provider_key(PROGRAMME, APTEKA).to_vec());
    golden.add(
        "key.prescriber",
        &prescriber_key(PROGRAMME, CLINIC, DOCTOR).to_vec(),
    );
    golden.add("key.overdue", &overdue_key(&GROUP, 1).to_vec());
    golden.check("tests/golden/records.txt");
}

#[test]
fn events_have_these_bytes() {
    let (group, items, org, issuer) = (GROUP, ItemMask(1), APTEKA, CLINIC);
    let (programme, prescriber) = (PROGRAMME, DOCTOR);
    let id = pack(APTEKA, 0).id();
    let packs = vec![DispensedPack {
        item: 0,
        pack: id,
        units: 20,
        cost: Tiyn(1_000),
    }];
    let proof = ProofUsed::Paper(check());
    let draft = false;
    let (reason, marked, by_holder) = (CancelReason::HolderRequest, ItemMask::NONE, true);
    let events = [
        PrescriptionEvent::ProgrammeSet {
            programme,
            version: 2,
            open: true,
            budget: BUDGET,
            rules: rules(),
        },
        PrescriptionEvent::MedicineSet {
            programme,
            inn: paracetamol(),
            rule: None,
        },
        PrescriptionEvent::ProviderSet {
            programme,
            org,
            provider: None,
        },
        PrescriptionEvent::PrescriberSet {
            programme,
            org,
            prescriber,
            right: Some(RIGHT),
        },
        PrescriptionEvent::Issued {
            group,
            issuer,
            programme,
            holder: holder(),
            items,
            draft,
            version: 2,
            facts: issue_facts(),
        },
        PrescriptionEvent::Released { group },
        PrescriptionEvent::Held {
            group,
            issuer,
            items,
            org,
            until: AT,
            proof,
            programme,
            version: 2,
            facts: hold_facts(),
        },
        PrescriptionEvent::Extended {
            group,
            items,
            until: AT,
        },
        PrescriptionEvent::Dispensed {
            group,
            issuer,
            programme,
            org,
            dispense: 1,
            packs,
            completed: items,
            borne: Tiyn(500),
            citizen: Tiyn(500),
            money: Money::Posted,
            version: 2,
            facts: dispense_facts(),
        },
        PrescriptionEvent::Rejected {
            group,
            issuer,
            items,
            org,
            reason: RejectReason::Mistake,
        },
        PrescriptionEvent::Cancelled {
            group,
            items,
            marked,
            by_holder,
            reason,
        },
        PrescriptionEvent::Reversed {
            group,
            issuer,
            org,
            dispense: 1,
            left: items,
            returned: Tiyn(500),
            programme,
            version: 2,
            facts: REVERSE,
        },
        PrescriptionEvent::Settled {
            group,
            org,
            dispense: 1,
            amount: Tiyn(500),
        },
        PrescriptionEvent::PaymentOverdue {
            reason: OverdueReason::Refused,
            group,
            org,
            dispense: 1,
        },
        PrescriptionEvent::Rebound {
            group,
            holder: holder(),
        },
        PrescriptionEvent::Pruned { group },
        PrescriptionEvent::CardReplaced { group },
        PrescriptionEvent::Looked {
            group,
            issuer,
            items,
            org,
            reason: LookReason::PersonAsks,
            number: 2,
        },
        PrescriptionEvent::Delegated {
            group,
            delegation: Some(delegation()),
        },
    ];
    let mut golden = Golden::new();
    for (kind, event) in events.iter().enumerate() {
        assert_eq!(usize::from(event.kind()), kind);
        golden.add(&format!("event.{kind}"), event);
    }
    golden.check("tests/golden/events.txt");
}

#[test]
fn the_largest_group_fits_into_a_record() {
    let mut group = group(ItemStage::Open);
    group.paper = Some(paper());
    let (item, hold) = (group.items[0], group.holds[0]);
    group.items = vec![
        Item {
            strength: Some(STRENGTH.parse().unwrap()),
            product: Some(paracetamol_gtin()),
            ..item
        };
        ITEMS_MAX
    ];
    group.holds = vec![hold; ITEMS_MAX];
    let mut used = group.dispenses[0].packs[0];
    used.pack.serial = "12345678901234567890".parse().unwrap();
    let mut dispense = group.dispenses[0].clone();
    dispense.packs = vec![used; GROUP_PACKS_MAX / DISPENSES_MAX];
    group.dispenses = vec![dispense; DISPENSES_MAX];
    group.looks.latest = vec![group.looks.latest[0]; Looks::ORGS_MAX];
    let rest = GROUP_PACKS_MAX % DISPENSES_MAX;
    group.dispenses[0].packs.extend(vec![used; rest]);
    let bytes = codec::encode(&GroupRecord::from(group)).len();
    assert!(bytes <= senim_abi::host::VALUE_BYTES_MAX, "{bytes} bytes");
}
