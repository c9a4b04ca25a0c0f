//! The bytes of the contract's messages, records and events, and of what people sign.
//! `UPDATE_GOLDEN=1` writes them anew.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::steps::line;
use common::*;
use proptest::prelude::*;
use senim_abi::prescription::event::ProofUsed;
use senim_abi::prescription::msg::{
    DispenseReceipt, DocumentKind, DueCheck, IdentityCheck, RIGHTS,
};
use senim_abi::prescription::programme::{
    MedicineRecord, PrescriberRecord, ProgrammeRecord, ProviderRecord,
};
use senim_abi::prescription::record::*;
use senim_abi::prescription::*;
use senim_abi::proof::{
    CardStatement, HeldStep, HoldStatement, HolderAct, QrStatement, lines_hash,
};
use senim_sdk::codec;
use senim_sdk::testing::{Golden, key_of};
use senim_types::{Hash, TimeMs, Tiyn};

const GROUP: GroupId = GroupId(Hash([0xaa; 32]));
const AT: TimeMs = TimeMs(1_800_000_000_000);

fn qr() -> QrStatement {
    let expires_at = TimeMs(AT.0 + 60_000);
    QrStatement {
        group: GROUP,
        items: ItemMask(1),
        ephemeral: ephemeral(),
        issued_at: AT,
        expires_at,
    }
}

fn check() -> IdentityCheck {
    IdentityCheck {
        document: DocumentKind::Digital,
        record: Hash([0xbb; 32]),
    }
}

fn new_item() -> NewItem {
    let mut item = World::new().item();
    item.price_cap = Some(Tiyn(50));
    item.part = Some(Part {
        line: 0,
        number: 1,
        of: 3,
    });
    item
}

const RULE: MedicineRule = MedicineRule {
    category: 1,
    units_max: 60,
    reference_price: Tiyn(40),
};
const RIGHT: PrescriberRight = PrescriberRight {
    categories: 3,
    until: AT,
};
const PROVIDER: Provider = Provider {
    settlement: Settlement::StockOnly,
    until: AT,
};

fn messages() -> Vec<(&'static str, Execute)> {
    let (programme, org, group, items) = (PROGRAMME, APTEKA, GROUP, ItemMask(1));
    let prescriber = DOCTOR;
    let lines = vec![line(0, pack(APTEKA, 0), 20, 1_000)];
    let reason = RejectReason::OutOfStock;
    vec![
        (
            "set_programme",
            Execute::SetProgramme {
                programme,
                rules: rules(),
            },
        ),
        (
            "set_medicine",
            Execute::SetMedicine {
                programme,
                inn: paracetamol(),
                rule: Some(RULE),
            },
        ),
        (
            "set_provider",
            Execute::SetProvider {
                programme,
                org,
                provider: Some(PROVIDER),
            },
        ),
        (
            "set_prescriber",
            Execute::SetPrescriber {
                programme,
                org,
                prescriber,
                right: Some(RIGHT),
            },
        ),
        ("issue", World::new().order(vec![new_item()])),
        ("release", Execute::Release { group }),
        (
            "hold",
            Execute::Hold {
                group,
                items,
                hold_key: hold_key(org),
                proof: Proof::LiveQr(qr()),
            },
        ),
        (
            "extend",
            Execute::Extend {
                group,
                items,
                until: AT,
            },
        ),
        ("dispense", Execute::Dispense { group, lines }),
        (
            "reject",
            Execute::Reject {
                group,
                items,
                reason,
            },
        ),
        (
            "cancel",
            Execute::Cancel {
                group,
                items,
                reason: CancelReason::Replaced,
            },
        ),
        (
            "reverse",
            Execute::Reverse {
                group,
                dispense: 1,
                left: items,
            },
        ),
        ("settle", Execute::Settle { group, dispense: 1 }),
        (
            "rebind",
            Execute::Rebind {
                group,
                holder: holder(),
            },
        ),
        (
            "prune",
            Execute::Prune {
                groups: vec![group],
            },
        ),
    ]
}

#[test]
fn messages_and_answers_have_these_bytes() {
    let mut golden = Golden::new();
    for (name, message) in messages() {
        golden.add(&format!("execute.{name}"), &message);
    }
    let expires_at = TimeMs(AT.0 + 60_000);
    golden.add(
        "proof.card",
        &Proof::Card {
            card: card(),
            challenged_at: AT,
            expires_at,
        },
    );
    golden.add("proof.paper", &Proof::Paper { check: check() });
    golden.add("query.group", &Query::Group { group: GROUP });
    golden.add(
        "query.programme",
        &Query::Programme {
            programme: PROGRAMME,
        },
    );
    golden.add(
        "query.overdue",
        &Query::Overdue {
            after: Some((GROUP, 1)),
        },
    );
    let (cost, borne) = (Tiyn(1_000), Tiyn(500));
    let receipt = DispenseReceipt {
        dispense: 1,
        cost,
        borne,
        money: Money::Pending,
    };
    golden.add("answer.dispense", &receipt);
    golden.add(
        "due",
        &DueCheck {
            group: GROUP,
            dispense: 1,
        },
    );
    golden.check("tests/golden/messages.txt");
}

#[test]
fn the_first_byte_is_the_method_and_every_method_has_its_right() {
    for (index, (name, message)) in messages().into_iter().enumerate() {
        assert_eq!(codec::encode(&message)[0], message.method(), "{name}");
        assert_eq!(usize::from(message.method()), index, "{name}");
        assert_eq!(RIGHTS[index].0, name);
    }
    assert_eq!(RIGHTS.len(), messages().len());
}

#[test]
fn what_people_sign_has_these_bytes() {
    let mut golden = Golden::new();
    let (group, items) = (GROUP, ItemMask(1));
    let device = key_of(20);
    let hold = HoldStatement {
        group,
        items,
        org: APTEKA,
        device,
        hold_key: hold_key(APTEKA),
    };
    let lines = vec![line(0, pack(APTEKA, 0), 20, 1_000)];
    golden.add("qr", &qr());
    golden.add("hold", &hold);
    let expires_at = TimeMs(AT.0 + 60_000);
    golden.add(
        "card",
        &CardStatement {
            hold,
            challenged_at: AT,
            expires_at,
        },
    );
    golden.add(
        "step.dispense",
        &HeldStep::Dispense {
            group,
            lines: lines_hash(&lines),
        },
    );
    let reason = RejectReason::OutOfStock;
    golden.add(
        "step.reject",
        &HeldStep::Reject {
            group,
            items,
            reason,
        },
    );
    golden.add(
        "step.extend",
        &HeldStep::Extend {
            group,
            items,
            until: AT,
        },
    );
    golden.add(
        "step.reverse",
        &HeldStep::Reverse {
            group,
            dispense: 1,
            left: items,
        },
    );
    golden.add("act.cancel", &HolderAct::Cancel { group, items });
    golden.add("group_id", &GroupId::derive(&Hash([0xcc; 32]), 1));
    golden.check("tests/golden/proofs.txt");
}

fn group(stage: ItemStage) -> Group {
    let new = new_item();
    let item = Item {
        inn: new.inn,
        strength: new.strength,
        form: new.form,
        unit: new.unit,
        quantity: new.quantity,
        remaining: 5,
        not_before: new.not_before,
        until: new.until,
        price_cap: new.price_cap,
        part: new.part,
        stage,
        cancel_requested: true,
    };
    let (org, key) = (APTEKA, hold_key(APTEKA));
    let id = pack(APTEKA, 0).id();
    let packs = vec![DispensedPack {
        item: 0,
        pack: id,
        units: 15,
        cost: Tiyn(750),
    }];
    let (borne, money) = (Tiyn(750), Money::Posted);
    Group {
        programme: PROGRAMME,
        issuer: CLINIC,
        prescriber: DOCTOR,
        created: AT,
        touched: AT,
        holder: holder(),
        card: Some(card()),
        paper: None,
        sealed: Some(Hash([0xdd; 32])),
        last_proof_at: AT,
        items: vec![item],
        holds: vec![Hold {
            items: ItemMask(1),
            org,
            key,
            since: AT,
            until: AT,
        }],
        dispenses: vec![Dispense {
            org,
            key,
            at: AT,
            packs,
            borne,
            money,
            reversed: false,
        }],
    }
}

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
    golden.add("programme", &ProgrammeRecord::from(rules()));
    golden.add("medicine", &MedicineRecord::from(RULE));
    golden.add("provider", &ProviderRecord::from(PROVIDER));
    golden.add("prescriber", &PrescriberRecord::from(RIGHT));
    let overdue = Overdue {
        org: APTEKA,
        dispensed_at: AT,
    };
    golden.add("overdue", &OverdueRecord::from(overdue));
    golden.add("key.group", &group_key(&GROUP).to_vec());
    golden.add("key.programme", &programme_key(PROGRAMME).to_vec());
    golden.add(
        "key.medicine",
        &medicine_key(PROGRAMME, &paracetamol()).to_vec(),
    );
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
        },
        PrescriptionEvent::Released { group },
        PrescriptionEvent::Held {
            group,
            issuer,
            items,
            org,
            until: AT,
            proof,
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
        },
        PrescriptionEvent::Settled {
            group,
            org,
            dispense: 1,
            amount: Tiyn(500),
        },
        PrescriptionEvent::MovementOverdue {
            group,
            org,
            dispense: 1,
        },
        PrescriptionEvent::Rebound {
            group,
            holder: holder(),
        },
        PrescriptionEvent::Pruned { group },
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
    let rest = GROUP_PACKS_MAX % DISPENSES_MAX;
    group.dispenses[0].packs.extend(vec![used; rest]);
    let bytes = codec::encode(&GroupRecord::from(group)).len();
    assert!(bytes <= senim_abi::host::VALUE_BYTES_MAX, "{bytes} bytes");
}

/// As long as a strength can be.
const STRENGTH: &str = "1234567890mg/1234567890m";

proptest! {
    #[test]
    fn whatever_decodes_encodes_to_the_same_bytes(bytes: Vec<u8>) {
        if let Ok(message) = codec::decode::<Execute>(&bytes) {
            prop_assert_eq!(codec::encode(&message), bytes);
        }
    }

    #[test]
    fn a_changed_byte_never_decodes_to_the_same_message(
        which in 0..15usize,
        at: prop::sample::Index,
        flip in 1..=255u8,
    ) {
        let message = messages().remove(which).1;
        let mut bytes = codec::encode(&message);
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        prop_assert_ne!(codec::decode::<Execute>(&bytes), Ok(message));
    }

    #[test]
    fn item_masks_are_sets(a: u16, b: u16) {
        let (a, b) = (ItemMask(a), ItemMask(b));
        for index in 0..ITEMS_MAX {
            prop_assert_eq!(a.or(b).has(index), a.has(index) || b.has(index));
            prop_assert_eq!(a.and(b).has(index), a.has(index) && b.has(index));
            prop_assert_eq!(a.without(b).has(index), a.has(index) && !b.has(index));
        }
        prop_assert_eq!(a.indices().fold(ItemMask::NONE, |mask, i| mask.or(ItemMask::one(i))), a);
        prop_assert!(!a.has(ITEMS_MAX) && !a.has(usize::MAX));
    }
}
