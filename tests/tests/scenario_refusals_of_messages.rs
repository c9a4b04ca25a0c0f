//! What no program of the network's own sends, each beside what is sound: numbers given twice, somebody else's prescription
//! cancelled, a claim paid past its contract, a QR of another time, a card of a category that no programme serves, an entry of the register that would become
//! another medicine. The roles' own keys sign it, at the world's time, and a node gets it over HTTP.

#[path = "support/over_http.rs"]
mod over_http;

use over_http::OverHttp;
use senim_abi::civil::UtcOffsets;
use senim_abi::marking::{self, Form, Product, Unit};
use senim_abi::policy::{self, Line};
use senim_abi::prescription::{self, GroupId, ItemMask};
use senim_abi::proof::{HoldStatement, HolderAct};
use senim_abi::treasury::{self, BudgetId, SettlementKind};
use senim_abi::voucher::proof::{UseStatement, VoucherQr, lines_hash};
use senim_abi::voucher::{Entry, Execute, ProgrammeId, Proof, Service, VoucherId};
use senim_abi::{CARD, PRESCRIPTION, SETTLEMENT, VOUCHER, card, settlement};
use senim_tests::world::people::{DAY_MS, METFORMIN, cancel, issue, metformin, value};
use senim_tests::world::{Request, secret};
use senim_types::crypto::SecretKey;
use senim_types::{Call, Code, Hash, OrgId, PublicKey, Signature, Statement, TimeMs, Tiyn, limits};

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
fn paper_opens_with_a_record_of_whose_document_was_seen() {
    let mut ledger = OverHttp::new(1, 87);
    let (paper, hold_key) = (secret("a paper's key"), secret("a hold key").public());
    let order = prescription::Execute::Issue {
        index: 0,
        programme: ProgrammeId(1),
        prescriber: prescription::PrescriberId(7),
        holder: secret("a holder's key").public(),
        card: None,
        paper: Some(paper.public()),
        sealed: None,
        draft: false,
        items: vec![metformin(60, ledger.world.now())],
    };
    let issued = ledger.submitted("clinic", Request::prescription(&order));
    let group = GroupId::derive(&issued.expect("it is issued").transaction, 0);
    let statement = HoldStatement {
        group,
        items: FIRST,
        org: OrgId(20),
        device: ledger.world.network.device("pharmacy").public(),
        hold_key,
    };
    let witness = signed(&ledger, &paper, statement.by(paper.public()));
    let hold = |record| {
        let check = prescription::msg::IdentityCheck {
            document: prescription::msg::DocumentKind::Passport,
            record,
        };
        let hold = prescription::Execute::Hold {
            group,
            items: FIRST,
            hold_key,
            proof: prescription::Proof::Paper { check },
        };
        Request::prescription(&hold).witnessed(witness.clone())
    };
    let unchecked = hold(Hash::ZERO);
    ledger.refuses("pharmacy", unchecked, Code::IDENTITY_NOT_CHECKED);
    let checked = hold(Hash::of(b"a passport was seen"));
    ledger.submitted("pharmacy", checked).expect("it is held");
}

#[test]
fn a_programmes_rules_change_a_thousand_times_and_then_no_more() {
    let mut ledger = OverHttp::new(1, 88);
    let programme = ProgrammeId(1);
    let question = prescription::Query::Rules {
        programme,
        version: 1,
    };
    let rules: prescription::Rules = ledger
        .world
        .query(PRESCRIPTION, &question)
        .expect("it has rules");
    let version = |number: u64| {
        let rules = prescription::Rules {
            lease_ms: rules.lease_ms - (number - 1),
            ..rules.clone()
        };
        let open = true;
        let set = prescription::Execute::SetProgramme {
            programme,
            open,
            budget: BudgetId(1),
            rules,
        };
        Request::prescription(&set).calls.remove(0)
    };
    let last = u64::from(prescription::Programme::VERSIONS_MAX);
    let versions: Vec<Call> = (2..=last).map(version).collect();
    for calls in versions.chunks(limits::CALLS_MAX) {
        let request = Request {
            calls: calls.to_vec(),
            ..Request::default()
        };
        ledger.submitted("fund", request).expect("other rules");
    }
    let one = |number| Request {
        calls: vec![version(number)],
        ..Request::default()
    };
    ledger.refuses("fund", one(last + 1), Code::TOO_MANY_VERSIONS);
    let same = ledger.submitted("fund", one(last));
    same.expect("what it has already");
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
    let given = given(&ledger, &holder);
    ledger.refuses("education", twice(given.clone()), Code::VOUCHER_EXISTS);
    let issued = ledger.submitted("education", given).expect("one of it");
    let voucher = VoucherId::derive(&issued.transaction, 0);

    let late = by_qr(&ledger, voucher, &holder, 40);
    ledger.world.advance(61 * SECOND_MS);
    ledger.refuses("canteen", late, Code::STATEMENT_WINDOW);
    let fresh = by_qr(&ledger, voucher, &holder, 40);
    let eaten = ledger.submitted("canteen", fresh);
    eaten.expect("a QR of this minute");
}

/// A voucher for meals, wherever they are served.
fn given(ledger: &OverHttp, holder: &SecretKey) -> Request {
    let until = TimeMs(ledger.world.now().0 + 100 * DAY_MS);
    let issue = Execute::Issue {
        index: 0,
        programme: ProgrammeId(2),
        holder: Some(holder.public()),
        entry: Entry {
            place: None,
            amount: Tiyn(500_000),
            mature_at: until,
            until,
        },
    };
    Request::call(VOUCHER, &issue)
}

/// A meal for whoever shows a QR that the holder's wallet makes now, good for a minute.
fn by_qr(ledger: &OverHttp, voucher: VoucherId, holder: &SecretKey, place: u32) -> Request {
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
        place: OrgId(place),
        lines,
        proof: Proof::LiveQr(qr),
    };
    Request::call(VOUCHER, &redeem)
        .witnessed(signed(ledger, holder, qr.by(holder.public())))
        .witnessed(signed(ledger, &ephemeral, used.by(ephemeral.public())))
}

/// A claim is paid in one way: with a contract by its acts, or from the stock that it was bought with, and without one by the
/// payer's word.
#[test]
fn what_a_contract_settles_is_settled_by_nothing_else() {
    let mut ledger = OverHttp::new(1, 89);
    let holder = secret("a holder's key");
    let service = Service {
        provider: OrgId(40),
        terminals: OrgId(50),
        region: 71,
        until: TimeMs(ledger.world.now().0 + 100 * DAY_MS),
    };
    let own_canteen = Execute::SetService {
        programme: ProgrammeId(2),
        place: OrgId(41),
        service: Some(service),
    };
    let own_canteen = Request::call(VOUCHER, &own_canteen);
    let served = ledger.submitted("education", own_canteen);
    served.expect("the school's own canteen, without a contract");
    let [at_caterers, at_schools] = [(); 2].map(|()| {
        let given = given(&ledger, &holder);
        let issued = ledger.submitted("education", given).expect("it is given");
        VoucherId::derive(&issued.transaction, 0)
    });

    let agreement = |ledger: &OverHttp, kind| {
        let agreement = settlement::Execute::SetAgreement {
            programme: ProgrammeId(2),
            provider: OrgId(50),
            document: Hash::of(b"a contract of this year"),
            from: TimeMs(ledger.world.now().0 - DAY_MS),
            until: TimeMs(ledger.world.now().0 + 100 * DAY_MS),
            ceiling: Tiyn(100_000_000),
            vat_basis_points: 1_600,
            kind,
        };
        Request::call(SETTLEMENT, &agreement)
    };
    for (kind, refused) in [
        (SettlementKind::StockOnly, Some(Code::STOCK_ONLY)),
        (SettlementKind::TengeAtAcceptance, None),
    ] {
        let agreement = agreement(&ledger, kind);
        let set = ledger.submitted("education", agreement);
        set.expect("the payer's contract");
        let meal = by_qr(&ledger, at_caterers, &holder, 40);
        assert_eq!(ledger.submitted("canteen", meal).err(), refused);
    }
    let meal = by_qr(&ledger, at_schools, &holder, 41);
    let eaten = ledger.submitted("canteen", meal);
    eaten.expect("a meal at the school's own canteen");

    let period = UtcOffsets::fixed(300).month_of(ledger.world.now());
    let paid = |provider: u32| {
        let settle = treasury::Execute::Settle {
            id: Hash::of(&provider.to_be_bytes()),
            provider: OrgId(provider),
            programme: ProgrammeId(2),
            period,
            amount: Tiyn(90_000),
        };
        Request::treasury(&settle)
    };
    ledger.refuses("education", paid(50), Code::SETTLED_BY_ACT);
    let settled = ledger.submitted("education", paid(40));
    settled.expect("who has no contract has no acts");
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
