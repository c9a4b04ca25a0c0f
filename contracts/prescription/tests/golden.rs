//! The bytes of the contract's messages and of what people sign. `UPDATE_GOLDEN=1` writes them anew.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::samples::*;
use common::steps::line;
use common::*;
use proptest::prelude::*;
use senim_abi::prescription::due::DueEntry;
use senim_abi::prescription::event::ProofUsed;
use senim_abi::prescription::judge::Refused;
use senim_abi::prescription::msg::{DispenseReceipt, RIGHTS};
use senim_abi::prescription::programme::ProgrammeAnswer;
use senim_abi::prescription::record::*;
use senim_abi::prescription::*;
use senim_abi::proof::{CardStatement, HeldStep, HoldStatement, HolderAct, lines_hash};
use senim_sdk::codec;
use senim_sdk::testing::{Golden, key_of};
use senim_types::{Hash, TimeMs, Tiyn};

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
    let used = ProofUsed::DelegatedQr(delegation().key);
    golden.add("used.delegated_qr", &used);
    golden.add("query.group", &Query::Group { group: GROUP });
    golden.add(
        "query.programme",
        &Query::Programme {
            programme: PROGRAMME,
        },
    );
    golden.add(
        "query.rules",
        &Query::Rules {
            programme: PROGRAMME,
            version: 2,
        },
    );
    let programme = ProgrammeAnswer {
        budget: BUDGET,
        version: 2,
        open: true,
        rules: rules(),
    };
    golden.add("answer.programme", &programme);
    for (name, facts) in facts() {
        let refused = Refused {
            programme: PROGRAMME,
            version: 2,
            rule: 33,
            group: Some(GROUP),
            facts: Some(facts),
        };
        let bytes = codec::encode(&refused).len();
        let most = senim_sdk::Refusal::DETAIL_BYTES_MAX;
        assert!(bytes <= most, "{name}: {bytes} bytes");
        golden.add(&format!("refused.{name}"), &refused);
    }
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
        "due.movement",
        &DueEntry::Movement {
            group: GROUP,
            dispense: 1,
        },
    );
    golden.add("due.forget", &DueEntry::Forget { group: GROUP });
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
    for (name, delegation) in [("delegate", Some(delegation())), ("undelegate", None)] {
        let at = AT;
        let act = HolderAct::Delegate {
            group,
            at,
            delegation,
        };
        golden.add(&format!("act.{name}"), &act);
    }
    golden.add("group_id", &GroupId::derive(&Hash([0xcc; 32]), 1));
    golden.check("tests/golden/proofs.txt");
}

proptest! {
    #[test]
    fn whatever_decodes_encodes_to_the_same_bytes(bytes: Vec<u8>) {
        if let Ok(message) = codec::decode::<Execute>(&bytes) {
            prop_assert_eq!(codec::encode(&message), bytes);
        }
    }

    #[test]
    fn a_changed_byte_never_decodes_to_the_same_message(
        which in 0..17usize,
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
