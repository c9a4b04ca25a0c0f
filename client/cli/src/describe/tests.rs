//! What people are told of receipts.

use super::*;
use senim_abi::marking::msg::{PackId, PackView};
use senim_abi::marking::record::Opened;
use senim_abi::marking::{Form, Gtin, Pack, PackCode, PackState, Product, Unit};
use senim_abi::prescription::record::DispensedPack;
use senim_abi::prescription::{DispenseFacts, GroupId, ItemMask, Money, ProgrammeId, Settlement};
use senim_types::{
    ContractId, Genesis, Hash, Height, Parameters, TimeMs, Tiyn, TiynTotal, Validator,
    ValidatorSet, codec,
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
        version: 1,
        facts: DispenseFacts {
            settlement: Settlement::Pay,
            lines: Vec::new(),
        },
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

/// A transaction that ended so, of the only validator's chain.
pub(crate) fn done(status: Status) -> Final {
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
    Final {
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
    }
}

#[test]
fn a_final_refusal_names_who_holds_the_item() {
    let names = Names::default();
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

#[test]
fn a_budget_line_names_its_sums_for_what_they_are() {
    use senim_abi::civil::UtcOffsets;
    use senim_abi::treasury::{Budget, BudgetId, record::BudgetStanding};
    // 500 000 ₸ allotted, 466.66 ₸ of them paid, and come back when the dispense was undone.
    let budget = Budget {
        payer: OrgId(2),
        programme: ProgrammeId(1),
        standing: BudgetStanding::Open,
        callers: vec![PRESCRIPTION],
        offsets: UtcOffsets::fixed(300),
        debits: TiynTotal(46_666),
        credits: TiynTotal(50_046_666),
        pending: TiynTotal(0),
    };
    let lines = budget_lines(BudgetId(1).0, &budget, &Names::default());
    let line = |name: &str| {
        let found = lines
            .iter()
            .find(|line| line.trim_start().starts_with(name));
        found
            .unwrap_or_else(|| panic!("no {name} in {lines:?}"))
            .clone()
    };
    assert!(line("credits").contains("500 466.66 ₸") && line("credits").contains("undone"));
    assert!(line("debits").contains("466.66 ₸") && line("debits").contains("withdrawn"));
    assert!(line("available").contains("500 000.00 ₸"));
    for wrong in ["  allotted ", "  paid "] {
        assert!(
            !lines.iter().any(|line| line.starts_with(wrong)),
            "{lines:?}"
        );
    }
}

fn view(state: PackState, opened: Option<Opened>) -> PackView {
    let lot = "M2601".parse().expect("a lot");
    PackView {
        pack: Pack {
            lot: Some(lot),
            state,
            opened,
        },
        batch: None,
        product: Product {
            inn: "A10BA02".parse().expect("an ATC code"),
            name: "Metformin".parse().expect("a name"),
            strength: "500mg".parse().expect("a strength"),
            form: Form::Tablet,
            unit: Unit::Tablet,
            units_per_pack: 60,
            price_cap: Tiyn(150_000),
            marketed: true,
        },
    }
}

#[test]
fn a_pack_is_told_with_what_is_left_of_it_and_what_is_not_reported() {
    let code = PackCode {
        gtin: "04870001000011".parse().expect("a GTIN"),
        serial: "MF0001".parse().expect("a serial"),
        lot: "M2601".parse().expect("a lot"),
        expiry: "2031-05-31".parse().expect("a date"),
    };
    let place = OrgId(20);
    let told = |state, opened| {
        let view = view(state, opened);
        let lines = verified_lines(&view, &code, place, &Names::default()).join("\n");
        (verified(&view, place), lines)
    };
    let opened = |awaited| Opened {
        units_left: 40,
        price: Tiyn(145_000),
        charged: Tiyn(48_333),
        supplied_at: TimeMs(1),
        awaited,
    };
    let (whole, lines) = told(PackState::Active { at: place }, None);
    assert!(whole.is_movement_reported && whole.units_left == 60);
    assert!(
        !lines.contains("left,") && !lines.contains("not reported"),
        "{lines}"
    );
    let (part, lines) = told(PackState::SuppliedPart { at: place }, Some(opened(None)));
    assert!(part.is_movement_reported && part.units_left == 40);
    assert!(
        lines.contains("opened: 40 of 60 tablets left, at 1 450.00 ₸"),
        "{lines}"
    );
    let transit = PackState::InTransit {
        from: OrgId(30),
        to: place,
    };
    for (state, opened) in [
        (PackState::Introduced { at: OrgId(30) }, None),
        (transit, None),
        (
            PackState::SuppliedPart { at: place },
            Some(opened(Some(OrgId(30)))),
        ),
    ] {
        let (state, lines) = told(state, opened);
        assert!(
            !state.is_movement_reported && lines.contains("not reported"),
            "{lines}"
        );
    }
}
