//! What no program of the network's own sends, each beside what is sound: numbers given twice, somebody else's prescription
//! cancelled, a QR of another time, a card of a category that no programme serves, an entry of the register that would become
//! another medicine. The roles' own keys sign it, at the world's time, and a node gets it over HTTP.

#[path = "support/over_http.rs"]
mod over_http;

use over_http::OverHttp;
use senim_abi::marking::{self, Form, Product, Unit};
use senim_abi::policy::{self, Line};
use senim_abi::prescription::{self, GroupId, ItemMask};
use senim_abi::proof::HolderAct;
use senim_abi::voucher::proof::{UseStatement, VoucherQr, lines_hash};
use senim_abi::voucher::{Entry, Execute, ProgrammeId, Proof, VoucherId};
use senim_abi::{CARD, VOUCHER, card};
use senim_tests::world::people::{DAY_MS, METFORMIN, cancel, issue, metformin, value};
use senim_tests::world::{Request, secret};
use senim_types::crypto::SecretKey;
use senim_types::{Code, OrgId, PublicKey, Signature, Statement, TimeMs, Tiyn};

const SECOND_MS: u64 = 1_000;
const FIRST: ItemMask = ItemMask(1);

impl OverHttp {
    #[track_caller]
    fn refuses(&mut self, device: &str, request: Request, code: Code) {
        let refused = self.submitted(device, request);
        assert_eq!(refused.err(), Some(code));
    }
}

/// The same call twice in one transaction, under the same number.
fn twice(mut request: Request) -> Request {
    let again = request.calls.clone();
    request.calls.extend(again);
    request
}

/// A statement with the signature of the key that it names.
fn signed(ledger: &OverHttp, key: &SecretKey, said: Statement) -> (Statement, Signature) {
    let chain = ledger.world.network.chain;
    key.witness(said.domain, &chain, said.message)
}

#[test]
fn a_prescription_is_numbered_once_and_ended_by_its_holder() {
    let mut ledger = OverHttp::new(1, 83);
    let holder = secret("a holder's key");
    let now = ledger.world.now();
    let order = |items| issue(holder.public(), vec![metformin(60, now); items]);
    ledger.refuses("clinic", twice(order(1)), Code::PRESCRIPTION_EXISTS);
    let too_many = order(prescription::record::ITEMS_MAX + 1);
    ledger.refuses("clinic", too_many, Code::TOO_MANY_ITEMS);
    let issued = ledger.submitted("clinic", order(1)).expect("one of it");
    let group = GroupId::derive(&issued.transaction, 0);

    // The wallet's service hands on what the holder signed, and says nothing of its own.
    let by_itself = cancel(group, FIRST);
    ledger.refuses("identity", by_itself.clone(), Code::HOLDER_NOT_SIGNED);
    let items = FIRST;
    let act = HolderAct::Cancel { group, items };
    let another = secret("another's key");
    let by_another = signed(&ledger, &another, act.by(another.public()));
    let by_another = by_itself.clone().witnessed(by_another);
    ledger.refuses("identity", by_another, Code::HOLDER_NOT_SIGNED);
    let by_holder = by_itself.witnessed(signed(&ledger, &holder, act.by(holder.public())));
    let ended = ledger.submitted("identity", by_holder);
    ended.expect("it is the holder's");
}

#[test]
fn a_card_is_of_one_category_and_one_that_the_programme_serves() {
    let mut ledger = OverHttp::new(1, 84);
    let [served, other] = ["a card's key", "another card's key"].map(|name| secret(name).public());
    let now = ledger.world.now();
    let register = |key: PublicKey, category: u8| {
        let register = card::Execute::Register {
            keys: vec![key],
            category: card::Category(category),
            entitled_until: TimeMs(now.0 + 100 * DAY_MS),
        };
        Request::call(CARD, &register)
    };
    for (key, category) in [(served, 1), (other, 9), (served, 1)] {
        let registered = ledger.submitted("service-centre", register(key, category));
        registered.expect("the same again is no error");
    }
    ledger.refuses("service-centre", register(served, 2), Code::CARD_KEY_EXISTS);

    let order = |named: PublicKey| {
        Request::prescription(&prescription::Execute::Issue {
            index: 0,
            programme: ProgrammeId(1),
            prescriber: prescription::PrescriberId(7),
            holder: secret("a holder's key").public(),
            card: Some(named),
            paper: None,
            sealed: None,
            draft: false,
            items: vec![metformin(60, now)],
        })
    };
    ledger.refuses("clinic", order(other), Code::CARD_CATEGORY);
    let issued = ledger.submitted("clinic", order(served));
    issued.expect("a category that is served");
}

#[test]
fn a_voucher_is_numbered_once_and_its_qr_is_of_its_own_minute() {
    let mut ledger = OverHttp::new(1, 85);
    let holder = secret("a holder's key");
    let until = TimeMs(ledger.world.now().0 + 100 * DAY_MS);
    let given = Execute::Issue {
        index: 0,
        programme: ProgrammeId(2),
        holder: Some(holder.public()),
        entry: Entry {
            place: Some(OrgId(40)),
            amount: Tiyn(500_000),
            mature_at: until,
            until,
        },
    };
    let given = Request::call(VOUCHER, &given);
    ledger.refuses("education", twice(given.clone()), Code::VOUCHER_EXISTS);
    let issued = ledger.submitted("education", given).expect("one of it");
    let voucher = VoucherId::derive(&issued.transaction, 0);

    let late = by_qr(&ledger, voucher, &holder);
    ledger.world.advance(61 * SECOND_MS);
    ledger.refuses("canteen", late, Code::STATEMENT_WINDOW);
    let fresh = by_qr(&ledger, voucher, &holder);
    let eaten = ledger.submitted("canteen", fresh);
    eaten.expect("a QR of this minute");
}

/// A meal for whoever shows a QR that the holder's wallet makes now, good for a minute.
fn by_qr(ledger: &OverHttp, voucher: VoucherId, holder: &SecretKey) -> Request {
    let at = ledger.world.now();
    let ephemeral = secret(&format!("the key of a picture made at {}", at.0));
    let qr = VoucherQr {
        voucher,
        ephemeral: ephemeral.public(),
        issued_at: at,
        expires_at: TimeMs(at.0 + 60 * SECOND_MS),
    };
    let lines = vec![Line {
        product: policy::Product::Service(1),
        units: 1,
        price: Tiyn(90_000),
        listing: None,
    }];
    let used = UseStatement {
        voucher,
        org: OrgId(50),
        device: ledger.world.network.device("canteen").public(),
        at,
        lines: lines_hash(&lines),
    };
    let redeem = Execute::Redeem {
        voucher,
        place: OrgId(40),
        lines,
        proof: Proof::LiveQr(qr),
    };
    Request::call(VOUCHER, &redeem)
        .witnessed(signed(ledger, holder, qr.by(holder.public())))
        .witnessed(signed(ledger, &ephemeral, used.by(ephemeral.public())))
}

#[test]
fn a_product_of_the_register_never_becomes_another_medicine() {
    let mut ledger = OverHttp::new(1, 86);
    let known = Product {
        name: "Metformin Demo 500 mg No 60".to_owned(),
        inn: value("A10BA02"),
        strength: value("500mg"),
        form: Form::Tablet,
        unit: Unit::Tablet,
        units_per_pack: 60,
        price_cap: Tiyn(145_000),
        marketed: true,
    };
    let set = |product: Product| {
        let gtin = value(METFORMIN);
        Request::marking(&marking::Execute::SetProduct { gtin, product })
    };
    let dearer = Product {
        price_cap: Tiyn(150_000),
        ..known.clone()
    };
    let changed = ledger.submitted("regulator", set(dearer));
    changed.expect("a cap may change");
    let others = [
        Product {
            inn: value("C08CA01"),
            ..known.clone()
        },
        Product {
            strength: value("850mg"),
            ..known.clone()
        },
        Product {
            units_per_pack: 30,
            ..known
        },
    ];
    for other in others {
        ledger.refuses("regulator", set(other), Code::PRODUCT_EXISTS);
    }
}
