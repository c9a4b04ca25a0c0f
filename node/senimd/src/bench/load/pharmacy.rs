//! Pharmacy redemptions: a hold by a live QR, and a dispense of one pack.

use super::{DAY_MS, Encoded, GTIN, INN, PHARMACY, Redemption, Signer, call, key, usable};
use senim_abi::marking::msg::{self as marking, PackCode, Stage};
use senim_abi::marking::{Day, Form, Gtin, InnCode, Lot, Serial, Strength, Unit};
use senim_abi::prescription::GroupId;
use senim_abi::prescription::msg::{self as prescription, DispenseLine, NewItem, PackUse, Proof};
use senim_abi::prescription::programme::{PrescriberId, ProgrammeId};
use senim_abi::prescription::record::{ITEMS_MAX, ItemMask};
use senim_abi::proof::{HeldStep, HoldStatement, QrStatement, lines_hash};
use senim_abi::{MARKING, PRESCRIPTION};
use senim_types::limits::CALLS_MAX;
use senim_types::{Call, Domain, Hash, TimeMs, Tiyn};
use std::ops::Range;

const LOT: &str = "BENCH1";

/// The packs of all redemptions, introduced on the pharmacy's shelf.
pub(super) fn packs(numbers: Range<usize>, regulator: &mut Signer<'_>) -> Vec<Encoded> {
    let numbers: Vec<usize> = numbers.collect();
    let introduce = |numbers: &[usize]| {
        let execute = marking::Execute::Introduce {
            gtin: usable::<Gtin>(GTIN),
            lot: usable::<Lot>(LOT),
            expiry: expiry(),
            serials: numbers.iter().map(|number| serial(*number)).collect(),
            at: PHARMACY,
            stage: Stage::OpeningStock,
        };
        call(MARKING, &execute)
    };
    let calls: Vec<Call> = numbers.chunks(marking::PACKS_MAX).map(introduce).collect();
    calls
        .chunks(CALLS_MAX)
        .map(|calls| Encoded::new(&regulator.sign(calls.to_vec(), vec![])))
        .collect()
}

/// Tokens that nobody redeems: prescriptions of as many items as one may have.
pub(super) fn live_tokens(count: usize, now: TimeMs, clinic: &mut Signer<'_>) -> Vec<Encoded> {
    let groups = count.div_ceil(ITEMS_MAX);
    let mut setup = Vec::new();
    for first in (0..groups).step_by(CALLS_MAX) {
        let numbers = first..groups.min(first + CALLS_MAX);
        let calls = numbers.zip(0u16..).map(|(number, index)| {
            let items = (count - number * ITEMS_MAX).min(ITEMS_MAX);
            issue(
                index,
                key("live", number).public(),
                vec![item(60, now); items],
            )
        });
        setup.push(Encoded::new(&clinic.sign(calls.collect(), vec![])));
    }
    setup
}

pub(super) fn issue(index: u16, holder: senim_types::PublicKey, items: Vec<NewItem>) -> Call {
    let execute = prescription::Execute::Issue {
        index,
        programme: ProgrammeId(1),
        prescriber: PrescriberId(1),
        holder,
        card: None,
        paper: None,
        sealed: Some(Hash::of(b"sealed elsewhere")),
        draft: false,
        items,
    };
    call(PRESCRIPTION, &execute)
}

pub(super) fn item(quantity: u32, now: TimeMs) -> NewItem {
    NewItem {
        inn: usable::<InnCode>(INN),
        strength: Some(usable::<Strength>("500mg")),
        form: Some(Form::Tablet),
        product: None,
        unit: Unit::Tablet,
        quantity,
        not_before: TimeMs(now.0 - DAY_MS),
        until: TimeMs(now.0 + 300 * DAY_MS),
        price_cap: None,
        part: None,
    }
}

fn serial(number: usize) -> Serial {
    usable(&format!("S{number:010}"))
}

fn expiry() -> Day {
    usable("2035-12-31")
}

pub(super) fn redemption(
    number: usize,
    group: GroupId,
    now: TimeMs,
    till: &mut Signer<'_>,
) -> Redemption {
    let chain = till.chain;
    let (token, ephemeral, hold_key) = (
        key("token", number),
        key("ephemeral", number),
        key("hold", number),
    );
    let items = ItemMask::one(0);
    let qr = QrStatement {
        group,
        items,
        ephemeral: ephemeral.public(),
        issued_at: now,
        expires_at: TimeMs(now.0 + 30_000_000),
    };
    let statement = HoldStatement {
        group,
        items,
        org: PHARMACY,
        device: till.device.public(),
        hold_key: hold_key.public(),
    };
    let hold = prescription::Execute::Hold {
        group,
        items,
        hold_key: hold_key.public(),
        proof: Proof::LiveQr(qr),
    };
    let witnesses = vec![
        token.witness(Domain::Qr, &chain, qr.message()),
        ephemeral.witness(Domain::Hold, &chain, statement.message()),
    ];
    let hold = till.sign(vec![call(PRESCRIPTION, &hold)], witnesses);
    let code = PackCode {
        gtin: usable(GTIN),
        serial: serial(number),
        lot: usable(LOT),
        expiry: expiry(),
    };
    let pack = PackUse {
        pack: code,
        units: 60,
        price: Tiyn(140_000),
    };
    let lines = vec![DispenseLine {
        item: 0,
        packs: vec![pack],
    }];
    let step = HeldStep::Dispense {
        group,
        lines: lines_hash(&lines),
    };
    let dispense = prescription::Execute::Dispense { group, lines };
    let witnesses = vec![hold_key.witness(Domain::HeldStep, &chain, step.message())];
    let dispense = till.sign(vec![call(PRESCRIPTION, &dispense)], witnesses);
    Redemption {
        first: Encoded::new(&hold),
        then: Some(Encoded::new(&dispense)),
    }
}
