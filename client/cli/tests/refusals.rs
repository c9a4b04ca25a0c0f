//! What a command refuses by itself, from its own folder, before or instead of asking the ledger.

mod support;

use senim_abi::PRESCRIPTION;
use senim_abi::marking::Unit;
use senim_abi::prescription::record::{GroupRecord, ItemStage, group_key};
use senim_abi::prescription::{Group, GroupId, Item, PrescriberId, ProgrammeId};
use senim_fhir::{LedgerOrder, MedicineMap, ParseOptions, parse_order};
use senim_types::crypto::SecretKey;
use senim_types::text::from_bech32m;
use senim_types::{Hash, OrgId, TimeMs, codec};
use serde_json::json;
use std::path::Path;
use support::*;

/// A folder with the genesis, a wallet and a device's key.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    write_genesis(folder.path());
    for args in [
        &["key", "new", "--kind", "device", "--out", "keys/device.key"][..],
        &["wallet", "new"],
    ] {
        assert_eq!(code(&senim_in(folder.path(), args)), 0, "{args:?}");
    }
    folder
}

fn refused(folder: &Path, args: &[&str], expected: &str, exit: i32) -> serde_json::Value {
    let output = senim_in(folder, &[args, &["--dir", ".", "-o", "json"]].concat());
    assert_eq!(code(&output), exit, "{args:?}: {}", text(&output));
    let told = json(&output);
    assert_eq!(told["code"], expected, "{args:?}");
    told
}

#[test]
fn a_step_of_a_hold_that_is_not_this_folders_is_not_sent() {
    let folder = folder();
    let group = "0".repeat(64);
    let node = node_that_says(b"{}".to_vec());
    let common = ["--node", &node, "--key", "device"];
    let pack = "(01)04870001000011(21)MF0001(17)310531(10)M2601";
    for args in [
        &["pharmacy", "reject", "--group", &group, "--items", "1"][..],
        &["pharmacy", "reverse", "--group", &group, "--dispense", "0"],
        &[
            "pharmacy", "dispense", "--group", &group, "--item", "1", "--pack", pack, "--units",
            "1", "--price", "1",
        ],
    ] {
        refused(folder.path(), &[args, &common].concat(), "NOT_HELD_HERE", 1);
    }
}

#[test]
fn a_code_without_lot_and_expiry_is_dispensed_only_where_it_is_a_marking_code() {
    let folder = folder();
    let group = "0".repeat(64);
    let node = node_that_says(b"{}".to_vec());
    let dispense = |pack: &str, expected: &str, exit: i32| {
        let args = [
            "pharmacy", "dispense", "--group", &group, "--item", "1", "--units", "1", "--price",
            "1", "--key", "device", "--node", &node, "--pack", pack,
        ];
        refused(folder.path(), &args, expected, exit)
    };
    for pack in [
        "(01)04870001000011(21)MF0004",
        "(01)04870001000011(21)MF0004(10)M2601",
        "(01)04870001000011(21)MF0004(17)310531",
        "(01)04870001000011(21)MF0004(91)ABCD",
    ] {
        let told = dispense(pack, "GS1_NOT_A_PACK", 1);
        assert!(
            told["message"]
                .as_str()
                .is_some_and(|message| message.contains("compared"))
        );
    }
    // A marking code goes on to the register, whose answer this node does not have.
    dispense(
        "(01)04870001000011(21)MF0004(91)ABCD(92)c2lnbmVk",
        "MALFORMED",
        4,
    );
}

#[test]
fn a_prescription_of_another_wallet_opens_nothing() {
    let folder = folder();
    let id = GroupId(Hash([7; 32]));
    let group = Group {
        programme: ProgrammeId(1),
        version: 1,
        issuer: OrgId(10),
        prescriber: PrescriberId(1),
        created: TimeMs(1),
        touched: TimeMs(1),
        holder: SecretKey::from_seed(&[9; 32]).public(),
        card: None,
        paper: None,
        sealed: None,
        delegation: None,
        delegated_at: TimeMs(0),
        last_proof_at: TimeMs(1),
        items: vec![Item {
            inn: "A10BA02".parse().expect("an ATC code"),
            strength: None,
            form: None,
            product: None,
            unit: Unit::Tablet,
            quantity: 60,
            remaining: 60,
            not_before: TimeMs(0),
            until: TimeMs(1_000),
            price_cap: None,
            reference_price: None,
            part: None,
            stage: ItemStage::Open,
            cancel_requested: false,
        }],
        holds: Vec::new(),
        dispenses: Vec::new(),
        looks: Default::default(),
    };
    let key = group_key(&id).in_state_of(PRESCRIPTION);
    let node = node_that_says(state_proof(&key, &codec::encode(&GroupRecord::from(group))));
    let id = id.0.to_string();
    for args in [
        &["wallet", "qr", &id, "--out", "qr.png", "--key", "device"][..],
        &["wallet", "cancel", &id, "--key", "device"],
    ] {
        refused(
            folder.path(),
            &[args, &["--node", &node]].concat(),
            "NOT_IN_WALLET",
            1,
        );
    }
    assert!(!folder.path().join("qr.png").exists());
}

#[test]
fn a_message_that_was_issued_is_not_issued_again() {
    let folder = folder();
    let order = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/demo/order.json");
    let message = std::fs::read(&order).expect("the demo's order");
    let holder = text(&senim_in(folder.path(), &["wallet", "key"]))
        .trim()
        .to_owned();
    let issue = |node: &str, expected: &str, exit: i32| {
        let order = order.to_str().expect("UTF-8");
        let args = [
            "prescription",
            "issue",
            "--fhir",
            order,
            "--holder",
            &holder,
            "--key",
            "device",
            "--node",
            node,
        ];
        refused(folder.path(), &args, expected, exit)
    };
    // Makes the clinic's secret, and goes no further.
    issue(&node_that_says(b"{}".to_vec()), "ANSWER_UNUSABLE", 3);
    let secret =
        std::fs::read_to_string(folder.path().join("clinic/links.key")).expect("it was made");
    let secret = from_bech32m("senimlinksecret", secret.trim()).expect("a secret");
    let now = std::time::UNIX_EPOCH
        .elapsed()
        .expect("after 1970")
        .as_millis();
    let options = ParseOptions::new(u64::try_from(now).expect("in range"), secret);
    let order = parse_order(&message, &MedicineMap::shipped(), &options).expect("it is sound");
    let LedgerOrder::Issue { items } = order.ledger else {
        panic!("an order")
    };
    let text = |link: Option<senim_fhir::LinkId>| link.map(|link| link.to_string());
    let line =
        json!({ "link": text(items[0].link), "prescription": text(items[0].group), "items": 1 });
    let (group, transaction) = (Hash([3; 32]), Hash([4; 32]));
    let records = json!([{
        "group": group,
        "transaction": transaction,
        "valid_until": 0,
        "arrived": now,
        "holder": "",
        "lines": [line],
        "withdrawn": [],
    }]);
    std::fs::write(
        folder.path().join("clinic/issued.json"),
        records.to_string(),
    )
    .expect("a file");

    let told = issue(
        &node_that_says(receipt_proof(transaction)),
        "ORDER_ISSUED",
        1,
    );
    assert_eq!(told["group"], group.to_string());
    assert_eq!(told["transaction"], transaction.to_string());
    // What never became final, and no longer can, may come again: it goes on to be signed.
    let gone = br#"{"code":"NOT_FOUND","number":1111,"message":"none"}"#.to_vec();
    issue(&node_that_answers("404 Not Found", gone), "NOT_FOUND", 1);
}

#[test]
fn a_transaction_that_does_not_become_final_is_not_waited_for_for_ever() {
    let folder = folder();
    let gone = br#"{"code":"NOT_FOUND","number":1111,"message":"none"}"#.to_vec();
    let node = node_that_answers("404 Not Found", gone);
    let hash = "0".repeat(64);
    let told = refused(
        folder.path(),
        &["receipt", &hash, "--wait", "--node", &node],
        "TIMED_OUT",
        3,
    );
    assert_eq!(told["transaction"], hash);
    refused(
        folder.path(),
        &["receipt", &hash, "--node", &node],
        "NOT_FOUND",
        1,
    );
}

#[test]
fn a_rehearsals_clock_that_is_none_is_refused_before_anything_is_done() {
    let status = |ahead: &str| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_senim"));
        command.env("SENIM_CLOCK_AHEAD_MS", ahead);
        let output = command.args(["-o", "json", "code", "WRONG_STATE"]).output();
        output.expect("the program was built")
    };
    for ahead in ["", "soon", "-1", "1.5", "18446744073709551616"] {
        let output = status(ahead);
        assert_eq!(code(&output), 2, "{ahead:?}");
        assert_eq!(json(&output)["code"], "BAD_USAGE", "{ahead:?}");
    }
    assert_eq!(code(&status("86400000")), 0);
}
