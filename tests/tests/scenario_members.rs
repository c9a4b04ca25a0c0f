//! The operator's commands about members, over HTTP, against a running node: an organisation comes, changes, is suspended
//! and goes; a validator is named and taken away; what is not possible has its code.

#[path = "support/ledger.rs"]
mod ledger;

use ledger::Ledger;
use senim_types::Code;
use senim_types::crypto::SecretKey;
use senim_types::text::KeyKind;

#[test]
fn organisations_come_change_and_go() {
    let ledger = Ledger::start();
    let register = [
        "organisation",
        "register",
        "30",
        "--name",
        "City polyclinic 6",
        "--role",
        "clinic",
    ];
    ledger.done(&register);
    let shown = ledger.done(&["organisation", "show", "30"]);
    assert_eq!(shown["record"]["name"], "City polyclinic 6");
    let roles = |shown: &serde_json::Value| shown["record"]["roles"].clone();
    let clinic = roles(&shown);
    ledger.done(&[
        "organisation",
        "roles",
        "30",
        "--role",
        "clinic",
        "--role",
        "pharmacy",
    ]);
    let shown = ledger.done(&["organisation", "show", "30"]);
    assert_ne!(roles(&shown), clinic);
    for (command, standing) in [
        ("suspend", "suspended"),
        ("resume", "active"),
        ("revoke", "revoked"),
    ] {
        ledger.done(&["organisation", command, "30"]);
        let shown = ledger.done(&["organisation", "show", "30"]);
        assert_eq!(shown["record"]["standing"], standing);
    }
    let again = ledger.refused(&["organisation", "resume", "30"]);
    assert_eq!(again, Code::WRONG_STATE);
    let nobody = ledger.refused(&["organisation", "show", "31"]);
    assert_eq!(nobody, Code::ORGANISATION_UNKNOWN);
    let stranger = ["organisation", "suspend", "20", "--key", "pharmacy"];
    assert_eq!(ledger.refused(&stranger), Code::ROLE_NOT_ALLOWED);
}

#[test]
fn a_validator_is_named_and_taken_away() {
    let ledger = Ledger::start();
    let key = SecretKey::from_seed(&[77; 32]).public();
    let key = key.to_text(KeyKind::Validator);
    let remove = ["validator", "remove", &key];
    assert_eq!(ledger.refused(&remove), Code::VALIDATOR_UNKNOWN);
    let count = || {
        let listed = ledger.done(&["validator", "list"]);
        listed["validators"].as_array().expect("a list").len()
    };
    assert_eq!(count(), 1);
    // With power 1 of 4 the one that runs is a quorum alone, so nothing waits for the other.
    let running = ledger.done(&["validator", "list"]);
    let running = running["validators"][0]["validator"].as_str();
    let running = running.expect("a key").to_owned();
    ledger.done(&["validator", "power", &running, "3"]);
    // Trust moves from the genesis' validators on, or nothing is believed.
    let follow = || ledger.done(&["log", "follow"]);
    follow();
    ledger.done(&["validator", "add", &key, "--org", "20"]);
    follow();
    assert_eq!(count(), 2);
    ledger.done(&remove);
    follow();
    assert_eq!(count(), 1);
    let last = ledger.refused(&["validator", "remove", &running]);
    assert_eq!(last, Code::VALIDATOR_LIMIT);
}
