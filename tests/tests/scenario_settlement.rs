//! A month's end, through the client's own commands over HTTP: a caterer's meals and a pharmacy's medicines become acts of
//! completed work by themselves, and each is signed, accepted, disputed, corrected and paid as its contract says.
//!
//! The redemptions are made in the world's own time, February 2026. Then time moves to now, since commands sign by the
//! machine's clock.

#[path = "support/over_http.rs"]
mod over_http;

use over_http::OverHttp;
use senim_abi::civil::{Month, UtcOffsets};
use senim_abi::policy::{Line, Product};
use senim_abi::settlement::{self, ActId};
use senim_abi::voucher::{Entry, Execute, ProgrammeId, Proof, VoucherId};
use senim_abi::{SETTLEMENT, VOUCHER};
use senim_bank::answer::read;
use senim_tests::world::people::{METFORMIN_CAP, metformin, metformin_pack};
use senim_tests::world::{Request, secret};
use senim_types::{Code, Hash, OrgId, TimeMs, Tiyn};
use senimd::driver::now;
use serde_json::Value;
use std::path::Path;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;
const MEAL: u64 = 90_000;

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    let text = value.pointer(pointer).and_then(Value::as_str);
    text.unwrap_or_else(|| panic!("{pointer} in {value}"))
}

/// Details of somebody invented, in a file.
fn details(ledger: &OverHttp, name: &str, bin: &str, iban: &str) -> String {
    let path = ledger.path(&format!("{name}.json"));
    let json = serde_json::json!({
        "name": name, "bin": bin, "address": "Astana, Invented St 1", "iban": iban, "bic": "INVTKZKA",
        "kbe": "17", "knp": "859", "vat_payer": false,
    });
    std::fs::write(&path, json.to_string()).expect("it is written");
    path.into_os_string().into_string().expect("UTF-8")
}

/// Meals on three days of February, of a pupil with a voucher.
fn meals(ledger: &mut OverHttp) {
    let world = &mut ledger.world;
    let until = TimeMs(world.now().0 + 100 * DAY_MS);
    let issue = Execute::Issue {
        index: 0,
        programme: ProgrammeId(2),
        holder: Some(secret("a pupil's one-time key").public()),
        entry: Entry {
            place: Some(OrgId(40)),
            amount: Tiyn(10 * MEAL),
            mature_at: until,
            until,
        },
    };
    let receipt = world.apply("education", Request::call(VOUCHER, &issue));
    let voucher = VoucherId::derive(&receipt.transaction, 0);
    for _ in 0..3 {
        let meal = Line {
            product: Product::Service(1),
            units: 1,
            price: Tiyn(MEAL),
            listing: None,
        };
        let redeem = Execute::Redeem {
            voucher,
            place: OrgId(40),
            lines: vec![meal],
            proof: Proof::Attested,
        };
        world.apply("canteen", Request::call(VOUCHER, &redeem));
        world.advance(DAY_MS);
    }
}

/// A pack of metformin for somebody, dispensed at the devnet's first pharmacy.
fn medicine(ledger: &mut OverHttp) {
    let world = &mut ledger.world;
    let token = world.issued("of a person", vec![metformin(60, world.now())]);
    world.held("pharmacy", &token);
    let request = world.dispensing("pharmacy", &token, metformin_pack(1), 60, METFORMIN_CAP);
    world.apply("pharmacy", request);
}

/// Has both approvals of a provider's details.
fn confirm(ledger: &mut OverHttp, file: &str, provider: &str, keys: [&str; 3]) {
    let [own, first, second] = keys;
    let payer = if first == "fund" { "2" } else { "6" };
    let approve = |key| {
        [
            "details",
            "approve",
            file,
            "--provider",
            provider,
            "--key",
            key,
        ]
    };
    assert_eq!(ledger.refused(&approve(first)), Code::DETAILS_UNKNOWN);
    ledger.done(&["details", "propose", file, "--payer", payer, "--key", own]);
    ledger.done(&approve(first));
    assert_eq!(ledger.refused(&approve(first)), Code::SAME_APPROVER);
    ledger.done(&approve(second));
}

/// Both stories up to the month's end, and on to now.
fn month_ended() -> OverHttp {
    let mut ledger = OverHttp::new(1, 77);
    meals(&mut ledger);
    medicine(&mut ledger);
    let ahead = now().0.saturating_sub(ledger.world.now().0);
    ledger.world.advance(ahead);
    ledger
}

#[test]
fn a_caterers_month_is_disputed_corrected_and_paid_in_digital_tenge() {
    let mut ledger = month_ended();
    let caterer = details(&ledger, "caterer", "991240999991", "KZ84999INV5004100100");
    let city = details(&ledger, "city", "991240999981", "KZ03999INV5004100200");
    // The first command's block comes after the end of many months; the ledger has cut what there was.
    confirm(
        &mut ledger,
        &caterer,
        "50",
        ["canteen", "education", "education-2"],
    );
    let listed = ledger.done(&["act", "list", "--programme", "2"]);
    assert_eq!(listed["acts"].as_array().map(Vec::len), Some(1), "{listed}");
    cut_by_hand(&mut ledger);
    let again = ledger.done(&["act", "list", "--programme", "2"]);
    assert_eq!(again["acts"], listed["acts"], "no act more");
    let act = "2-50-2026-02";
    assert_eq!(text(&listed, "/acts/0/act"), act);
    assert_eq!(listed["acts"][0]["payable_tiyn"], 3 * MEAL);

    // Accepted only after the provider has signed; signed only by it.
    let accept = ["act", "accept", act, "--key", "education"];
    assert_eq!(ledger.refused(&accept), Code::WRONG_STATE);
    let sign = |key| ["act", "sign", act, "--key", key];
    assert_eq!(ledger.refused(&sign("pharmacy")), Code::NOT_AUTHORISED);
    assert_eq!(ledger.refused(&sign("education")), Code::ROLE_NOT_ALLOWED);
    let never = ["act", "sign", "2-50-2026-03", "--key", "canteen"];
    assert_eq!(ledger.refused(&never), Code::ACT_UNKNOWN);
    let other = settlement::Execute::Sign {
        act: act_of(2, 50),
        hash: Hash::of(b"another act"),
    };
    let signed = ledger.called("canteen", SETTLEMENT, &other);
    assert_eq!(signed.err(), Some(Code::ACT_HASH));
    assert_eq!(
        text(&ledger.done(&["act", "show", act]), "/state"),
        "generated"
    );
    ledger.done(&sign("canteen"));

    // The document's lines are the chain's, and one of them is disputed.
    let page = ledger.path("act.html");
    let page = page.to_str().expect("UTF-8").to_owned();
    let document =
        |act: &'static str, contract: &'static str, page: &str, caterer: &str, city: &str| {
            [
                "act",
                "document",
                act,
                "--contract",
                contract,
                "--provider-details",
                caterer,
                "--payer-details",
                city,
                "--out",
                page,
            ]
            .map(str::to_owned)
        };
    let contract = "No 50/2026 of 2026-01-05";
    let words = document(act, contract, &page, &caterer, &city);
    let made = ledger.done(&words.each_ref().map(String::as_str));
    let lines = made["lines"].as_array().expect("a list").clone();
    assert_eq!(lines.len(), 3);
    assert!(
        lines
            .iter()
            .all(|line| line["amount_tiyn"] == MEAL && line["vat_basis_points"] == 1_600)
    );
    let html = std::fs::read_to_string(&page).expect("it was written");
    for part in ["Форма Р-1", "991240999991", "2 700.00 ₸", contract] {
        assert!(html.contains(part), "{part}");
    }
    let words = document(act, "No 51/2026", &page, &caterer, &city);
    let other = ledger.refused(&words.each_ref().map(String::as_str));
    assert_eq!(other, Code::AGREEMENT_UNKNOWN);
    let words = document(act, contract, &page, &city, &city);
    let other = ledger.refused(&words.each_ref().map(String::as_str));
    assert_eq!(other, Code::DETAILS_UNCONFIRMED);

    let transfer = text(&lines[1], "/transfer").to_owned();
    let letter = ledger.path("letter.txt");
    std::fs::write(&letter, "The school was closed that day.").expect("it is written");
    let letter = letter.to_str().expect("UTF-8").to_owned();
    ledger.done(&[
        "act",
        "dispute",
        act,
        "--reason",
        "not-delivered",
        "--statement",
        &letter,
        "--line",
        &transfer,
    ]);
    assert_eq!(ledger.refused(&accept), Code::WRONG_STATE);
    let unknown = format!("{}=900", "0".repeat(64));
    let unknown = ledger.refused(&["act", "correct", act, "--line", &unknown]);
    assert_eq!(unknown, Code::LINE_OF_ANOTHER_ACT);
    let line = format!("{transfer}=900");
    let twice = ["act", "correct", act, "--line", &line, "--line", &line];
    assert_eq!(ledger.refused(&twice), Code::DISPUTED_LINE);
    ledger.done(&["act", "correct", act, "--line", &line]);
    assert_eq!(
        text(&ledger.done(&["act", "show", act]), "/state"),
        "corrected"
    );

    let corrected = "2-50-2026-02-1";
    ledger.done(&["act", "sign", corrected]);
    let report = ["act", "accept", corrected, "--report", &letter, "--excess"];
    let with_excess = [&report[..], &["1"]].concat();
    assert_eq!(ledger.refused(&with_excess), Code::EDIT_CHECK_FAILED);
    ledger.done(&[&report[..], &["0"]].concat());
    let shown = ledger.done(&["act", "show", corrected]);
    assert_eq!(text(&shown, "/state"), "paid");
    assert_eq!(shown["payable_tiyn"], 2 * MEAL);
    let words = document(corrected, contract, &page, &caterer, &city);
    ledger.done(&words.each_ref().map(String::as_str));
    let html = std::fs::read_to_string(&page).expect("it was written");
    assert!(html.contains("исправление") && html.contains("1 800.00 ₸"));

    // The money is the caterer's own now.
    assert_eq!(
        ledger.done(&["purse", "show", "50"])["balance_tiyn"],
        2 * MEAL
    );
    let withdraw = |amount| ["purse", "withdraw", "--amount", amount, "--key", "canteen"];
    assert_eq!(ledger.refused(&withdraw("1800.01")), Code::BUDGET_EXHAUSTED);
    ledger.done(&withdraw("1500"));
    assert_eq!(
        ledger.done(&["purse", "show", "50"])["balance_tiyn"],
        30_000
    );
    let shown = ledger.done(&["contract", "show", "--programme", "2", "--provider", "50"]);
    assert_eq!(shown["posted_tiyn"], 2 * MEAL);
}

/// An act is made of a month that has ended, and of no other, by those whose act it is.
fn cut_by_hand(ledger: &mut OverHttp) {
    let this = UtcOffsets::fixed(300).month_of(now());
    let mut cut = |device, period| {
        let cut = settlement::Execute::Cut {
            programme: ProgrammeId(2),
            provider: OrgId(50),
            period,
        };
        ledger.called(device, SETTLEMENT, &cut).map(|_| ())
    };
    for device in ["canteen", "education"] {
        assert_eq!(cut(device, this), Err(Code::PERIOD_OPEN), "{device}");
        assert_eq!(cut(device, february()), Ok(()), "{device}: it is cut");
    }
    assert_eq!(cut("pharmacy", february()), Err(Code::NOT_AUTHORISED));
}

/// February's act, as the ledger cut it.
fn act_of(programme: u32, provider: u32) -> ActId {
    ActId {
        programme: ProgrammeId(programme),
        provider: OrgId(provider),
        period: february(),
        number: 0,
    }
}

fn february() -> Month {
    Month::new(2026, 2)
}

/// The fund says, over its bank's head, that this attempt was paid.
fn confirmed(ledger: &mut OverHttp, attempt: u8, amount: Tiyn) -> Option<Code> {
    let confirm = settlement::Execute::ConfirmPayment {
        act: act_of(1, 20),
        attempt,
        amount,
        message: Hash::of(b"a bank's message"),
    };
    ledger.called("fund", SETTLEMENT, &confirm).err()
}

/// What a bank says of a payment: an amount debited, or credited because it came back; a refusal of it, or of its file.
enum Says<'a> {
    Debited(&'a str),
    Credited(&'a str),
    Refused,
    RefusedFile,
}

/// A bank's notification that a payment was booked, or its report that it was refused.
fn bank_says(path: &Path, id: &str, says: &Says<'_>) -> String {
    let name = "urn:iso:std:iso:20022:tech:xsd";
    let header = "<GrpHdr><MsgId>M</MsgId><CreDtTm>2026-03-05T10:00:00Z</CreDtTm></GrpHdr>";
    let booked = |side: &str, amount: &str| {
        format!(
            "<Document xmlns=\"{name}:camt.054.001.11\"><BkToCstmrDbtCdtNtfctn>{header}<Ntfctn><Id>N</Id>\
             <Acct><Id><IBAN>KZ03999INV5004100200</IBAN></Id></Acct><Ntry><Amt Ccy=\"KZT\">{amount}</Amt>\
             <CdtDbtInd>{side}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BkTxCd><Prtry><Cd>T</Cd></Prtry></BkTxCd><NtryDtls>\
             <TxDtls><Refs><EndToEndId>{id}</EndToEndId></Refs></TxDtls></NtryDtls></Ntry></Ntfctn>\
             </BkToCstmrDbtCdtNtfctn></Document>"
        )
    };
    let report = |file: &str, status: &str, payment: &str| {
        format!(
            "<Document xmlns=\"{name}:pain.002.001.14\"><CstmrPmtStsRpt>{header}<OrgnlGrpInfAndSts>\
             <OrgnlMsgId>{file}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.11</OrgnlMsgNmId>{status}</OrgnlGrpInfAndSts>\
             {payment}</CstmrPmtStsRpt></Document>"
        )
    };
    let xml = match says {
        Says::Debited(amount) => booked("DBIT", amount),
        Says::Credited(amount) => booked("CRDT", amount),
        Says::Refused => {
            let payment = format!(
                "<OrgnlPmtInfAndSts><OrgnlPmtInfId>M</OrgnlPmtInfId><TxInfAndSts><OrgnlEndToEndId>{id}</OrgnlEndToEndId>\
                 <TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AC04</Cd></Rsn></StsRsnInf></TxInfAndSts></OrgnlPmtInfAndSts>"
            );
            report("M", "", &payment)
        }
        Says::RefusedFile => report(id, "<GrpSts>RJCT</GrpSts>", ""),
    };
    read(xml.as_bytes()).expect("it is a bank's message");
    std::fs::write(path, xml).expect("it is written");
    path.to_str().expect("UTF-8").to_owned()
}

#[test]
fn a_pharmacys_month_is_paid_by_a_bank_that_first_refuses() {
    let mut ledger = month_ended();
    let pharmacy = details(&ledger, "pharmacy", "991240999971", "KZ19999INV5004100300");
    let fund = details(&ledger, "fund", "991240999981", "KZ03999INV5004100200");
    let act = "1-20-2026-02";
    ledger.done(&["act", "sign", act, "--key", "pharmacy"]);
    // No details, no acceptance.
    let accept = ["act", "accept", act, "--key", "fund"];
    assert_eq!(ledger.refused(&accept), Code::DETAILS_UNCONFIRMED);
    confirm(&mut ledger, &pharmacy, "20", ["pharmacy", "fund", "fund-2"]);
    ledger.done(&accept);

    let out = ledger.path("payments.xml");
    let out = out.to_str().expect("UTF-8").to_owned();
    let other_out = format!("{out}.other");
    let file = |provider: &str| {
        [
            "payment",
            "file",
            "--programme",
            "1",
            "--payer-details",
            &fund,
            "--provider-details",
            provider,
            "--execute-on",
            "2026-03-05",
            "--out",
            &out,
            "--act",
            act,
        ]
        .map(str::to_owned)
    };
    let words = file(&fund);
    let refused = ledger.refused(&words.each_ref().map(String::as_str));
    assert_eq!(refused, Code::DETAILS_UNCONFIRMED);
    let words = file(&pharmacy);
    let words = words.each_ref().map(String::as_str);
    let made = ledger.done(&words);
    let first = text(&made, "/payments/0/end_to_end_id").to_owned();
    let bytes = std::fs::read(&out).expect("it was written");
    // The same command makes the same file, and orders nothing twice.
    assert_eq!(ledger.done(&words), made);
    assert_eq!(std::fs::read(&out).expect("it was written"), bytes);
    // Another day's file of it would pay it twice.
    let another = words.map(|word| match word {
        "2026-03-05" => "2026-03-06",
        word if word == out => other_out.as_str(),
        word => word,
    });
    assert_eq!(ledger.refused(&another), Code::PAYMENT_EXISTS);
    let shown = ledger.done(&["payment", "status", "--programme", "1"]);
    assert_eq!(text(&shown, "/payments/0/state"), "payment_pending");
    assert_eq!(shown["payments"][0]["payment"]["attempt"], 1);

    let message = ledger.path("answer.xml");
    let answer = |ledger: &mut OverHttp, id: &str, says: Says<'_>| {
        let path = bank_says(&message, id, &says);
        let told = ledger.done(&["payment", "answer", &path, "--programme", "1"]);
        text(&told, "/payments/0/meaning").to_owned()
    };
    let sum = format!("{}.{:02}", METFORMIN_CAP.0 / 100, METFORMIN_CAP.0 % 100);
    let (debited, credited) = (|| Says::Debited(&sum), || Says::Credited(&sum));
    let part = Says::Debited("1.00");
    assert_eq!(answer(&mut ledger, &first, part), "wrong_amount");
    assert_eq!(answer(&mut ledger, &first, Says::Refused), "refused");
    assert_eq!(answer(&mut ledger, &first, Says::Refused), "nothing");
    // The next attempt has another id; the first one's money would be a second payment.
    let again = ledger.done(&words);
    let second = text(&again, "/payments/0/end_to_end_id").to_owned();
    assert_ne!(second, first);
    assert_eq!(answer(&mut ledger, &first, debited()), "superseded");
    // The client tells the ledger nothing of that, and the ledger would not take it, nor a payment that never was.
    for (attempt, amount, code) in [
        (1, METFORMIN_CAP, Code::PAYMENT_SUPERSEDED),
        (2, Tiyn(METFORMIN_CAP.0 - 1), Code::PAYMENT_AMOUNT),
        (3, METFORMIN_CAP, Code::PAYMENT_UNKNOWN),
    ] {
        let refused = confirmed(&mut ledger, attempt, amount);
        assert_eq!(refused, Some(code), "attempt {attempt}");
        let shown = ledger.done(&["payment", "status", "--programme", "1"]);
        assert_eq!(text(&shown, "/payments/0/state"), "payment_pending");
        assert_eq!(shown["payments"][0]["payment"]["attempt"], 2);
    }
    assert_eq!(answer(&mut ledger, &second, debited()), "paid");
    assert_eq!(answer(&mut ledger, &second, debited()), "nothing");
    let state = |ledger: &mut OverHttp| {
        let shown = ledger.done(&["act", "show", act]);
        text(&shown, "/state").to_owned()
    };
    assert_eq!(state(&mut ledger), "paid");

    // Refused after it was paid, it stays paid until the money is back; then it is owed again, and paid once more.
    assert_eq!(answer(&mut ledger, &second, Says::Refused), "refused_late");
    assert_eq!(answer(&mut ledger, &second, Says::Refused), "nothing");
    assert_eq!(state(&mut ledger), "paid");
    assert_eq!(answer(&mut ledger, &second, credited()), "returned");
    assert_eq!(answer(&mut ledger, &second, credited()), "nothing");
    assert_eq!(answer(&mut ledger, &second, debited()), "nothing");
    assert_eq!(state(&mut ledger), "returned");
    let late = confirmed(&mut ledger, 2, METFORMIN_CAP);
    assert_eq!(late, Some(Code::PAYMENT_RETURNED));
    assert_eq!(state(&mut ledger), "returned");
    let third = ledger.done(&words);
    let file_of_third = text(&third, "/message_id").to_owned();
    assert_eq!(ledger.done(&words), third, "one file pays it once more");

    // The file is refused as a whole: at once, again, and late, when the act went on in another one.
    let refuse = |ledger: &mut OverHttp| answer(ledger, &file_of_third, Says::RefusedFile);
    assert_eq!(refuse(&mut ledger), "refused");
    assert_eq!(refuse(&mut ledger), "nothing");
    let fourth = ledger.done(&words);
    assert_eq!(refuse(&mut ledger), "nothing");
    assert_eq!(state(&mut ledger), "payment_pending");
    let fourth = text(&fourth, "/payments/0/end_to_end_id").to_owned();
    assert_eq!(answer(&mut ledger, &fourth, debited()), "paid");
    let of_nobody = format!("B{}", "0".repeat(32));
    let unknown = answer(&mut ledger, &of_nobody, Says::RefusedFile);
    assert_eq!(unknown, "unknown");
    assert_eq!(state(&mut ledger), "paid");

    let nonsense = ledger.path("nonsense.xml");
    std::fs::write(&nonsense, "<html>502 Bad Gateway</html>").expect("it is written");
    let nonsense = nonsense.to_str().expect("UTF-8").to_owned();
    let refused = ledger.refused(&["payment", "answer", &nonsense, "--programme", "1"]);
    assert_eq!(refused, Code::BANK_MESSAGE);
    let nowhere = ledger.path("nowhere.xml");
    let nowhere = nowhere.to_str().expect("UTF-8").to_owned();
    let refused = ledger.refused(&["payment", "answer", &nowhere, "--programme", "1"]);
    assert_eq!(refused, Code::FILE_UNREADABLE);
}
