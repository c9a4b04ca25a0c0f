//! What a support measure refuses, through the client's own commands over HTTP, each beside the step that is sound: the
//! policy's rules one by one, what a holder may share, what a payer may take back, and what a contract lets be posted. Money
//! and voucher stand after a refusal as they stood before it.

#[path = "support/measure.rs"]
mod measure;

use measure::{Ledger, text};
use senim_abi::VOUCHER;
use senim_abi::voucher::{Entry, Execute, ProgrammeId, VoucherId};
use senim_cli::commands::wallet::WalletKey;
use senim_types::{Code, OrgId, TimeMs, Tiyn};
use senimd::driver::now;
use serde_json::{Value, json};
use std::time::Duration;

/// What a budget line and a voucher stand at.
fn standing(ledger: &Ledger, budget: &str, voucher: &str) -> (Value, Value, Value) {
    let line = ledger.done(&["budget", budget]);
    let shown = ledger.done(&["voucher", "show", voucher]);
    (
        line["available_tiyn"].clone(),
        line["reserved_tiyn"].clone(),
        shown["record"].clone(),
    )
}

/// The code of a refused step, which moved nothing.
#[track_caller]
fn refused(ledger: &Ledger, (budget, voucher): (&str, &str), words: &[&str]) -> Code {
    let before = standing(ledger, budget, voucher);
    let code = ledger.refused(words);
    assert_eq!(standing(ledger, budget, voucher), before, "{code}");
    code
}

/// Whoever uses a voucher at a place, for a price in tenge.
fn redeem<'a>(voucher: &'a str, (place, price): (&'a str, &'a str)) -> [&'a str; 7] {
    [
        "voucher", "redeem", voucher, "--place", place, "--price", price,
    ]
}

/// Lunches of a measure of the department's own, wherever they are served, with one rule changed.
fn with_rule(ledger: &Ledger, name: &str, value: &str) {
    ledger.set_rules("4", &[("uses_per_day_max", "9"), (name, value)]);
}

/// A rule, what it refuses, and the use beside it that it allows.
struct Row {
    rule: (&'static str, &'static str),
    /// The voucher's money, in tenge.
    amount: &'static str,
    /// Place and price that are refused.
    refused: (&'static str, &'static str),
    code: Code,
    sound: (&'static str, &'static str),
    /// Whether the sound use is what makes the other one too much.
    is_after: bool,
}

impl Row {
    const fn new(rule: (&'static str, &'static str), code: Code) -> Row {
        Row {
            rule,
            amount: "5000",
            refused: ("40", "900"),
            code,
            sound: ("40", "900"),
            is_after: false,
        }
    }
}

#[test]
fn each_rule_of_a_measure_refuses_what_it_is_there_for() {
    let ledger = Ledger::start();
    // Whose money: a line that is there, and one's own.
    ledger.open_line("4");
    let mut frame = ledger.done(&["programme", "show", "2"])["frame"].clone();
    for (budget, refused) in [
        (99, Some(Code::NO_BUDGET)),
        (1, Some(Code::NOT_AUTHORISED)),
        (4, None),
    ] {
        frame["budget"] = json!(budget);
        let path = ledger.file("frame.json", &frame.to_string());
        let set = ledger.senim(&["programme", "set", "4", "--file", &path]);
        assert_eq!(set.err(), refused, "budget line {budget}");
    }
    // Two places: the school where the caterer is paid, and a canteen that the school runs with the caterer's terminals.
    for (place, provider, region) in [("40", "50", "71"), ("41", "40", "72")] {
        ledger.set_service("4", (place, provider), region);
    }
    let rows = [
        Row {
            sound: ("41", "900"),
            ..Row::new(
                ("providers", "{ except = [50] }"),
                Code::PROVIDER_NOT_ALLOWED,
            )
        },
        Row {
            sound: ("41", "900"),
            ..Row::new(("regions", "{ only = [72] }"), Code::REGION_NOT_ALLOWED)
        },
        Row {
            refused: ("40", "899"),
            ..Row::new(("price", "{ fixed = 90_000 }"), Code::PRICE_NOT_FIXED)
        },
        Row {
            amount: "1000",
            sound: ("40", "1000"),
            ..Row::new(("partial", "false"), Code::WHOLE_AMOUNT)
        },
        Row {
            is_after: true,
            ..Row::new(("uses_per_month_max", "1"), Code::PERIOD_LIMIT)
        },
        Row {
            amount: "1000",
            is_after: true,
            ..Row::new(("uses_max", "9"), Code::INSUFFICIENT)
        },
    ];
    for row in &rows {
        let (name, value) = row.rule;
        with_rule(&ledger, name, value);
        let voucher = ledger.issued("4", row.amount, &[]);
        let sound = || ledger.done(&redeem(&voucher, row.sound));
        if row.is_after {
            sound();
        }
        let code = refused(&ledger, ("4", &voucher), &redeem(&voucher, row.refused));
        assert_eq!(code, row.code, "{name} = {value}");
        if !row.is_after {
            sound();
        }
        let shown = ledger.done(&["voucher", "show", &voucher]);
        assert_eq!(shown["record"]["uses"], 1, "{name} = {value}");
    }

    // What is bought, at whatever price: a thing that is excluded, and one that is not.
    with_rule(&ledger, "products", "{ except = [{ service = 1 }] }");
    let voucher = ledger.issued("4", "1000", &[]);
    let meal = redeem(&voucher, ("40", "900"));
    let code = refused(&ledger, ("4", &voucher), &meal);
    assert_eq!(code, Code::WRONG_PURPOSE);
    ledger.done(&[&meal[..], &["--product", "2"]].concat());

    // A proof of a kind that the measure does not take, and one that it does.
    with_rule(&ledger, "proofs", "1");
    let voucher = ledger.issued("4", "1000", &["--place", "40"]);
    let code = refused(&ledger, ("4", &voucher), &redeem(&voucher, ("40", "900")));
    assert_eq!(code, Code::PROOF_KIND);
    let (wallet, qr) = (ledger.path("wallet"), ledger.path("qr.png"));
    ledger.agrees(&wallet);
    let show = ["wallet", "voucher", "qr", &voucher, "--out", &qr];
    ledger.done(&[&show[..], &["--wallet", &wallet]].concat());
    ledger.done(&["voucher", "redeem", "--scan", &qr, "--price", "900"]);

    // Nobody is given what only the listed are asked for.
    let holder = ledger.holder();
    let unasked = [
        "voucher",
        "issue",
        "--programme",
        "3",
        "--holder",
        &holder,
        "--amount",
        "1000",
    ];
    let code = refused(&ledger, ("3", &voucher), &unasked);
    assert_eq!(code, Code::CONSENT_REQUIRED);
}

#[test]
fn a_holder_shares_within_bounds_and_what_is_used_up_or_over_buys_nothing() {
    let ledger = Ledger::start();
    let voucher = ledger.issued("2", "9000", &["--place", "40"]);
    let (wallet, code) = (ledger.path("wallet"), ledger.path("child.png"));
    ledger.agrees(&wallet);
    let share = ["wallet", "voucher", "share", &voucher, "--wallet", &wallet];
    let share = [&share[..], &["--out", &code]].concat();
    let scan = ["voucher", "redeem", "--scan", &code, "--price", "900"];
    for bounds in [
        ["--uses", "201"],
        ["--uses-per-day", "2"],
        ["--days", "301d"],
    ] {
        let beyond = [&share[..], &bounds].concat();
        let refusal = refused(&ledger, ("2", &voucher), &beyond);
        assert_eq!(refusal, Code::DELEGATION_BOUNDS, "{bounds:?}");
    }
    // One use, and it is used.
    ledger.done(&[&share[..], &["--uses", "1"]].concat());
    ledger.done(&scan);
    let refusal = refused(&ledger, ("2", &voucher), &scan);
    assert_eq!(refusal, Code::DELEGATION_ENDED);
    // A second's time, and it is over; shared anew it is good, for another day's meal.
    ledger.done(&[&share[..], &["--days", "1s"]].concat());
    std::thread::sleep(Duration::from_millis(1_100));
    let refusal = refused(&ledger, ("2", &voucher), &scan);
    assert_eq!(refusal, Code::DELEGATION_ENDED);
    ledger.done(&share);
    let refusal = refused(&ledger, ("2", &voucher), &scan);
    assert_eq!(refusal, Code::DAILY_LIMIT);
}

#[test]
fn what_is_mature_is_the_persons_and_what_is_over_is_back_in_its_budget_line() {
    let ledger = Ledger::start();
    let holder = WalletKey::from_text(&ledger.holder()).expect("a wallet's key");
    let until = TimeMs(now().0 + 24 * 60 * 60 * 1000);
    let issue = |mature_at| {
        let issue = Execute::Issue {
            index: 0,
            programme: ProgrammeId(2),
            holder: Some(holder.token),
            entry: Entry {
                place: Some(OrgId(40)),
                amount: Tiyn(100_000),
                mature_at,
                until,
            },
        };
        let receipt = ledger.called("education", VOUCHER, &issue);
        let transaction = receipt.expect("the department issues").transaction;
        VoucherId::derive(&transaction, 0).to_string()
    };
    let line = || ledger.done(&["budget", "2"])["available_tiyn"].clone();
    let all = json!(20_000_000_000_u64);

    // Mature from its first day on: neither taken back nor kept from the person.
    let own = issue(TimeMs(now().0));
    for step in ["revoke", "suspend"] {
        let code = refused(&ledger, ("2", &own), &["voucher", step, &own]);
        assert_eq!(code, Code::MATURED, "{step}");
    }
    ledger.done(&redeem(&own, ("40", "900")));
    // Not mature yet: it rests, is resumed, and is taken back.
    let given = issue(until);
    for step in ["suspend", "resume", "revoke"] {
        ledger.done(&["voucher", step, &given]);
    }
    let left = all.as_u64().expect("a sum") - 100_000;
    assert_eq!(line(), json!(left));

    // Over: it buys nothing, and its money is in the line again.
    let short = ledger.issued("2", "1000", &["--place", "40", "--valid-for", "1s"]);
    assert_eq!(line(), json!(left - 100_000));
    std::thread::sleep(Duration::from_millis(1_100));
    let over = ledger.refused(&redeem(&short, ("40", "900")));
    assert_eq!(over, Code::VOUCHER_EXPIRED);
    assert_eq!(line(), json!(left), "swept into the line it came from");
    let shown = ledger.done(&["voucher", "show", &short]);
    assert_eq!(text(&shown, "/status"), "expired");
}

#[test]
fn a_contract_lets_no_more_be_posted_than_its_ceiling_and_nothing_outside_of_its_time() {
    let ledger = Ledger::start();
    let contract = |document: &str, from: &str, ceiling: &str| {
        let words = [
            "contract",
            "set",
            "--programme",
            "2",
            "--provider",
            "50",
            "--until",
            "2036-01-01",
            "--vat",
            "1600",
            "--settlement",
            "tenge-at-acceptance",
            "--document",
            document,
            "--from",
            from,
            "--ceiling",
            ceiling,
        ];
        ledger.senim(&words).map(|_| ())
    };
    let posted = || {
        let shown = ledger.done(&["contract", "show", "--programme", "2", "--provider", "50"]);
        shown["posted_tiyn"].clone()
    };
    let document = "No 50/2026 of 2026-01-05";
    let addendum = |from, ceiling| contract(document, from, ceiling).expect("an addendum");
    let [first, second, third] = [(); 3].map(|()| ledger.issued("2", "1000", &["--place", "40"]));
    let meal = ("40", "900");
    let code = |voucher: &str| refused(&ledger, ("2", voucher), &redeem(voucher, meal));

    addendum("2026-01-01", "1799.99");
    ledger.done(&redeem(&first, meal));
    assert_eq!(code(&second), Code::CONTRACT_EXCEEDED);
    assert_eq!(posted(), 90_000);
    addendum("2026-01-01", "1800");
    ledger.done(&redeem(&second, meal));
    assert_eq!(code(&third), Code::CONTRACT_EXCEEDED);

    addendum("2035-01-01", "9000");
    assert_eq!(code(&third), Code::CONTRACT_NOT_IN_FORCE);
    assert_eq!(posted(), 180_000);
    addendum("2026-01-01", "9000");
    ledger.done(&redeem(&third, meal));
    assert_eq!(posted(), 270_000);

    // Another contract would take over lines that stand under this one.
    let other = contract("No 51/2026 of 2026-11-05", "2026-01-01", "9000");
    assert_eq!(other, Err(Code::AGREEMENT_IN_USE));
    assert_eq!(posted(), 270_000);
}
