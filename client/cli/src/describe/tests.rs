//! What people are told of receipts.

use super::*;
use senim_abi::marking::Gtin;
use senim_abi::marking::msg::PackId;
use senim_abi::prescription::record::DispensedPack;
use senim_abi::prescription::{GroupId, ItemMask, Money, ProgrammeId};
use senim_types::{
    ContractId, Genesis, Hash, Height, Parameters, TimeMs, Tiyn, Validator, ValidatorSet, codec,
};

fn dispensed() -> Event {
    let gtin: Gtin = "04870001000011".parse().expect("a GTIN");
    let pack = PackId {
        gtin,
        serial: "MF0001".parse().expect("a serial"),
    };
    let told = PrescriptionEvent::Dispensed {
        group: GroupId(Hash([0xab; 32])),
        issuer: OrgId(10),
        programme: ProgrammeId(1),
        org: OrgId(20),
        dispense: 0,
        packs: vec![DispensedPack {
            item: 1,
            pack,
            units: 30,
            cost: Tiyn(72_500),
        }],
        completed: ItemMask(0b10),
        borne: Tiyn(50_000),
        citizen: Tiyn(22_500),
        money: Money::Pending,
    };
    let (kind, body) = (told.kind(), codec::encode(&told));
    Event {
        contract: PRESCRIPTION,
        kind,
        version: 1,
        body,
    }
}

#[test]
fn a_redemption_is_told_in_one_line() {
    assert_eq!(
        event_line(&dispensed(), &Names::default()),
        "organisation 20 dispensed (number 0) of abababab…: 30 units of pack 04870001000011 MF0001 for item 2; \
         redeemed: item 2; the programme bears 500.00 ₸, the person 225.00 ₸; \
         payment waits for the pack's movement to be reported"
    );
    assert_eq!(
        event_json(&dispensed())["event"]["dispensed"]["borne"],
        50_000
    );
}

#[test]
fn an_event_that_this_program_does_not_know_is_shown_as_it_is() {
    let changes: [fn(&mut Event); 4] = [
        |event| event.version = 2,
        |event| event.kind += 1,
        |event| event.contract = ContractId(9),
        |event| event.body.push(0),
    ];
    for change in changes {
        let mut event = dispensed();
        change(&mut event);
        assert!(event_line(&event, &Names::default()).contains("update it"));
        assert_eq!(
            event_json(&event)["event"]["body"],
            hex::encode(&event.body)
        );
    }
}

#[test]
fn a_final_refusal_names_who_holds_the_item() {
    let key = senim_types::crypto::SecretKey::from_seed(&[1; 32]).public();
    let genesis = Genesis {
        version: 1,
        name: String::new(),
        time: TimeMs(0),
        parameters: Parameters::default(),
        validators: ValidatorSet::new(vec![Validator { key, power: 1 }]).expect("one"),
        contracts: Vec::new(),
        calls: Vec::new(),
    };
    let done = |status| Final {
        receipt: Receipt {
            transaction: Hash::ZERO,
            height: Height(3),
            index: 0,
            status,
            fuel: 1,
            events: Vec::new(),
            outputs: Vec::new(),
        },
        header: genesis.header(Hash::ZERO),
        signers: 1,
        proof: Vec::new(),
    };
    let names = Names::of(&genesis);
    let held = Status::Refused {
        code: Code::WITH_ANOTHER_DISPENSER,
        detail: 21u32.to_be_bytes().to_vec(),
    };
    let failure = refusal(&done(held), &names).expect("it was refused");
    assert_eq!(
        (failure.code, failure.exit as u8),
        (Code::WITH_ANOTHER_DISPENSER, 1)
    );
    assert!(
        failure
            .lines
            .contains(&"  held by organisation 21".to_owned())
    );
    assert_eq!(failure.to_json()["detail"], "00000015");
    assert_eq!(failure.to_json()["receipt"]["status"], "refused");
    let trapped = refusal(
        &done(Status::Trapped {
            code: Code::OUT_OF_FUEL,
        }),
        &names,
    )
    .expect("it trapped");
    assert_eq!(trapped.code, Code::OUT_OF_FUEL);
    assert!(refusal(&done(Status::Applied), &names).is_none());
}
