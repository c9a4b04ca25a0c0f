//! The clinic's system works its own pharmacy: it scans the QR, and holds and supplies by messages that it writes and signs
//! itself, without a program of this project.

use crate::connector::wait;
use crate::parties::Parties;
use senim_abi::prescription::{DispenseLine, Execute, GroupId, ItemMask, PackUse, Proof};
use senim_abi::proof::{HeldStep, HoldStatement, lines_hash};
use senim_codes::live_qr::LiveQr;
use senim_codes::scan::scan_png;
use senim_tests::world::people::{METFORMIN, pack};
use senim_tests::world::{Request, secret};
use senim_types::crypto::SecretKey;
use senim_types::{Code, Domain, OrgId, Tiyn};

/// The device of the clinic's pharmacy that its system signs with.
const DEVICE: &str = "clinic-pharmacy";
const ORG: OrgId = OrgId(22);

/// What the system knows of a prescription that it works on.
struct Inside<'a> {
    parties: &'a Parties,
    group: GroupId,
    key: SecretKey,
}

impl Inside<'_> {
    /// A hold of the first item, by what was scanned.
    fn hold(&self, qr: &LiveQr) -> Request {
        let ledger = &self.parties.ledger;
        let items = ItemMask::first(1);
        let statement = HoldStatement {
            group: self.group,
            items,
            org: ORG,
            device: ledger.key(DEVICE).public(),
            hold_key: self.key.public(),
        };
        let hold = Execute::Hold {
            group: self.group,
            items,
            hold_key: self.key.public(),
            proof: Proof::LiveQr(qr.statement()),
        };
        let ephemeral = qr.ephemeral();
        Request::prescription(&hold)
            .witnessed((qr.statement().by(qr.holder()), qr.signature()))
            .witnessed(ephemeral.witness(Domain::Hold, &ledger.chain(), statement.message()))
    }

    fn dispense(&self, serial: &str, units: u32, key: &SecretKey) -> Request {
        let lines = vec![DispenseLine {
            item: 0,
            packs: vec![PackUse {
                pack: pack(METFORMIN, serial, "M2699", "2031-05-31"),
                units,
                price: Tiyn(145_000),
            }],
        }];
        let step = HeldStep::Dispense {
            group: self.group,
            lines: lines_hash(&lines),
        };
        let group = self.group;
        self.signed(&Execute::Dispense { group, lines }, &step, key)
    }

    fn reverse(&self, dispense: u8) -> Request {
        let (group, left) = (self.group, ItemMask::NONE);
        let step = HeldStep::Reverse {
            group,
            dispense,
            left,
        };
        let message = Execute::Reverse {
            group,
            dispense,
            left,
        };
        self.signed(&message, &step, &self.key)
    }

    fn signed(&self, message: &Execute, step: &HeldStep, key: &SecretKey) -> Request {
        let chain = self.parties.ledger.chain();
        let witness = key.witness(Domain::HeldStep, &chain, step.message());
        Request::prescription(message).witnessed(witness)
    }

    fn sends(&self, request: Request) -> Result<(), Code> {
        let sent = self.parties.ledger.submitted(DEVICE, request);
        sent.map(|_| ())
    }
}

#[test]
fn a_clinics_system_holds_and_supplies_by_messages_of_its_own() {
    let parties = Parties::start();
    let _connector = parties.connector();
    let group = parties.issue("LINE-I", 60, None);
    let picture = std::fs::read(parties.qr(&group)).expect("a picture");
    let text = scan_png(&picture).expect("it is a QR").text;
    let qr = LiveQr::from_text(&text).expect("it is a wallet's");
    let inside = Inside {
        parties: &parties,
        group: qr.statement().group,
        key: secret("a hold key that the clinic's system made"),
    };
    assert_eq!(inside.group.to_string(), group);

    // Nothing is supplied that is not held; nor by another key than the one that holds.
    let own = &inside.key;
    let unheld = inside.dispense("CP0001", 60, own);
    assert_eq!(inside.sends(unheld), Err(Code::NOT_HELD));
    inside.sends(inside.hold(&qr)).expect("it is held");
    assert_eq!(inside.sends(inside.hold(&qr)), Err(Code::QR_REPLAYED));
    let by_another = inside.dispense("CP0001", 60, &secret("another key"));
    assert_eq!(inside.sends(by_another), Err(Code::WRONG_HOLD_KEY));
    let too_much = inside.dispense("CP0001", 61, own);
    assert!(inside.sends(too_much).is_err());
    inside
        .sends(inside.dispense("CP0001", 60, own))
        .expect("it is supplied");
    inside.sends(inside.reverse(0)).expect("it is undone");

    // What it did is told to it as what another pharmacy did would be.
    let all = [
        "Dispense in-progress",
        "Dispense completed 60",
        "Request completed",
        "Dispense entered-in-error 60",
        "Request active",
    ];
    wait("all that it did", || parties.told("LINE-I") == all);
    let claims = r#"{"claims":{"provider":22,"after":null}}"#;
    let claims = parties.ledger.done(&["query", "treasury", claims]);
    assert_eq!(claims.as_array().map(Vec::len), Some(0), "nobody is paid");
}
