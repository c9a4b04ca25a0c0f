//! A canteen loses its connection at noon and goes on serving, through the client's own commands: what it may do by itself,
//! what the ledger makes of it afterwards, and what the payer answers, to the tiyn.

#[path = "support/school.rs"]
mod school;

use school::{ALLOTTED, School};
use senim_types::Code;
use senimd::driver::now;
use serde_json::{Value, json};

const HOUR_MS: u64 = 60 * 60 * 1000;

impl School {
    fn wallet(&self, words: &[&str]) {
        let wallet = self.ledger.path("wallet");
        let words = [&["wallet", "voucher"], words, &["--wallet", &wallet]].concat();
        self.ledger.done(&words);
    }

    /// The terminal's own answer: the node is gone.
    fn serve(&self, terminal: &str, words: &[&str]) -> Result<Value, Code> {
        let folder = self.ledger.path(terminal);
        let common = ["--key", terminal, "--terminal", &folder];
        let words = [&["voucher", "offline", "redeem"], words, &common].concat();
        let answer = self.ledger.senim_without_connection(&words);
        answer.map(|answer| answer.json)
    }

    fn meal(&self, terminal: &str, voucher: &str) -> Result<Value, Code> {
        self.serve(terminal, &[voucher, "--price", "900"])
    }

    fn sync(&self, terminal: &str) -> Result<Value, Code> {
        let (folder, pupils) = (self.ledger.path(terminal), self.ledger.path("pupils.csv"));
        let words = [
            "voucher",
            "offline",
            "sync",
            "--place",
            "40",
            "--pupils",
            &pupils,
            "--key",
            terminal,
            "--terminal",
            &folder,
        ];
        self.ledger.senim(&words).map(|answer| answer.json)
    }

    /// Paid, waiting for the payer, known before.
    fn send(&self, terminal: &str, words: &[&str]) -> Result<(u64, u64, u64), Code> {
        let sent = self.sent(terminal, words)?;
        let count = |name: &str| sent[name].as_u64().expect("a count");
        Ok((count("paid"), count("excess"), count("known")))
    }

    fn sent(&self, terminal: &str, words: &[&str]) -> Result<Value, Code> {
        let folder = self.ledger.path(terminal);
        let words = [
            &["voucher", "offline", "send", "--terminal", &folder],
            words,
        ]
        .concat();
        self.ledger.senim(&words).map(|answer| answer.json)
    }

    fn tally(&self) -> Value {
        // The country is five hours east of Greenwich.
        let day = (now().0 + 5 * HOUR_MS) / (24 * HOUR_MS);
        let question = json!({ "tally": { "programme": 2, "place": 40, "day": day } });
        self.ledger
            .done(&["query", "voucher", &question.to_string()])
    }
}

#[test]
fn a_canteen_without_connection_feeds_pupils_and_is_paid_for_each_once() {
    let school = School::start();
    let ids: Vec<String> = (0..7).map(|_| school.voucher()).collect();
    let [
        pupil,
        another,
        revoked,
        revoked_later,
        by_code,
        by_qr,
        by_wrong_clock,
    ] = &ids[..]
    else {
        unreachable!("seven were issued")
    };
    let list: String = ids.iter().map(|id| format!("A pupil,{id}\n")).collect();
    std::fs::write(school.ledger.path("pupils.csv"), list).expect("the list is written");
    let code = school.ledger.path("code.png");
    school.ledger.agrees(&school.ledger.path("wallet"));
    school.wallet(&[
        "share", by_code, "--days", "30d", "--uses", "20", "--out", &code,
    ]);
    school.ledger.done(&["voucher", "revoke", revoked]);

    // Nobody serves by itself who has not synced, and not under a programme that does not allow it.
    assert_eq!(
        school.meal("canteen", pupil),
        Err(Code::TERMINAL_NOT_SYNCED)
    );
    let other = [
        "voucher",
        "offline",
        "sync",
        "--place",
        "40",
        "--programme",
        "3",
    ];
    assert_eq!(school.ledger.refused(&other), Code::OFFLINE_NOT_ALLOWED);
    let synced = school.sync("canteen").expect("it syncs");
    assert_eq!(
        (&synced["vouchers"], &synced["uses_max"]),
        (&json!(7), &json!(500))
    );
    school.sync("canteen-2").expect("it syncs");
    // What happens while nobody can tell the terminals.
    let unknown = school.voucher();
    school.ledger.done(&["voucher", "revoke", revoked_later]);

    // The connection is gone.
    let first = school.meal("canteen", pupil).expect("a pupil eats");
    assert_eq!(
        (&first["sequence"], &first["left_tiyn"]),
        (&json!(0), &json!(810_000))
    );
    assert_eq!(school.meal("canteen", pupil), Err(Code::DAILY_LIMIT));
    school.meal("canteen", another).expect("another eats");
    assert_eq!(school.meal("canteen", revoked), Err(Code::VOUCHER_REVOKED));
    assert_eq!(school.meal("canteen", &unknown), Err(Code::OFFLINE_UNKNOWN));
    school
        .meal("canteen", revoked_later)
        .expect("the terminal cannot know");
    let dear = school.serve("canteen", &[by_code, "--price", "1000.01"]);
    assert_eq!(dear, Err(Code::PRICE_ABOVE_CAP));
    school
        .serve("canteen", &["--scan", &code, "--price", "900"])
        .expect("a printed code buys a meal");
    assert_eq!(
        school.serve("canteen", &["--scan", &code, "--price", "900"]),
        Err(Code::DAILY_LIMIT),
    );
    // The parent's telephone has lost nothing: it makes a live QR.
    let qr = school.ledger.path("qr.png");
    school.wallet(&["qr", by_qr, "--out", &qr]);
    let scan = ["--scan", &qr, "--price", "900"];
    school
        .serve("canteen", &scan)
        .expect("a live QR buys a meal");
    assert_eq!(
        school.serve("canteen", &scan),
        Err(Code::STATEMENT_REPLAYED)
    );
    // At the other terminal, which knows nothing of that, the photograph is another purchase: the ledger will tell.
    assert_eq!(
        school
            .serve("canteen-2", &[pupil, "--price", "900"])
            .map(|_| ()),
        Ok(())
    );

    // A wrong clock: behind it is refused, too far ahead too, a little ahead cannot be told here.
    let clock = |later_ms: i64| now().0.saturating_add_signed(later_ms).to_string();
    let at = |clock: &str| {
        school.serve(
            "canteen-2",
            &[by_wrong_clock, "--price", "900", "--clock", clock],
        )
    };
    assert_eq!(at(&clock(-24 * HOUR_MS as i64)), Err(Code::TERMINAL_CLOCK));
    assert_eq!(at(&clock(73 * HOUR_MS as i64)), Err(Code::OFFLINE_HOURS));
    at(&clock(2 * HOUR_MS as i64)).expect("two hours ahead");

    // The connection is back. The terminal broke: the other one sends its file, and only one of the same organisation may.
    let money = school.money();
    assert_eq!(school.sync("canteen"), Err(Code::TERMINAL_UNSENT));
    assert_eq!(
        school.send("canteen", &["--key", "pharmacy"]),
        Err(Code::NOT_AUTHORISED)
    );
    assert_eq!(school.money(), money);
    assert_eq!(
        school.send("canteen", &["--key", "canteen-2"]),
        Ok((4, 1, 0))
    );
    assert_eq!(school.send("canteen", &[]), Ok((0, 0, 5)));
    assert_eq!(school.send("canteen", &["--all"]), Ok((0, 0, 5)));
    let sent = school.sent("canteen-2", &["--key", "canteen-2"]);
    let sent = sent.expect("it is taken");
    assert_eq!((&sent["paid"], &sent["excess"]), (&json!(0), &json!(2)));
    // The policy's no is told with what was judged: it can be asked again, here.
    let transaction = sent["transactions"][0]["transaction"].as_str();
    let why = ["explain", transaction.expect("a transaction")];
    let why = school.ledger.done(&why);
    assert_eq!(
        why["decided"][0]["decision"]["Err"]["code"], "DAILY_LIMIT",
        "{why}"
    );

    // What is beyond the rules waits for the payer, who pays in part, refuses, or lets it wait.
    let waiting = school.waiting();
    let record = |code: Code| {
        let found = waiting.iter().find(|(of, _)| *of == code);
        &found.unwrap_or_else(|| panic!("{code} in {waiting:?}")).1
    };
    assert_eq!(waiting.len(), 3);
    let (later, twice) = (record(Code::VOUCHER_REVOKED), record(Code::DAILY_LIMIT));
    record(Code::OFFLINE_CLOCK);
    let stranger = school.answer(&["accept", later, "--key", "fund"]);
    assert_eq!(stranger, Err(Code::NOT_AUTHORISED));
    let dear = school.answer(&["accept", later, "--pays", "900.01"]);
    assert_eq!(dear, Err(Code::OUT_OF_RANGE));
    school
        .answer(&["accept", later, "--pays", "800"])
        .expect("the payer accepts");
    school
        .answer(&["refuse", twice])
        .expect("the payer refuses");
    assert_eq!(
        school.answer(&["refuse", later]),
        Err(Code::EXCESS_ANSWERED)
    );
    assert_eq!(school.waiting().len(), 1);

    // Eight vouchers were issued, two taken back whole; four meals were paid of theirs, and one of the line.
    let reserved = 6 * 900_000 - 4 * 90_000;
    let expected = (ALLOTTED - 6 * 900_000 - 80_000, reserved, 440_000);
    assert_eq!(school.money(), expected);
    let tally = school.tally();
    assert_eq!(
        (&tally["uses"], &tally["paid"]),
        (&json!(5), &json!(440_000))
    );
    let shown = school.ledger.done(&["voucher", "show", pupil]);
    assert_eq!(
        (&shown["record"]["uses"], &shown["record"]["left"]),
        (&json!(1), &json!(810_000))
    );
    let meal = ["voucher", "redeem", pupil, "--price", "900"];
    assert_eq!(school.ledger.refused(&meal), Code::DAILY_LIMIT);

    // And the terminal goes on with a session of its own.
    let synced = school.sync("canteen").expect("everything is sent");
    assert_eq!(synced["session"], 2);
    assert_eq!(school.meal("canteen", pupil), Err(Code::DAILY_LIMIT));
    assert_eq!(
        school.meal("canteen", revoked_later),
        Err(Code::VOUCHER_REVOKED)
    );
    let next = school.meal("canteen", &unknown);
    assert_eq!(next, Err(Code::OFFLINE_UNKNOWN), "it is not in the list");
}

#[test]
fn a_terminals_file_survives_a_crash_and_tells_of_damage() {
    let school = School::start();
    let pupils = [school.voucher(), school.voucher(), school.voucher()];
    std::fs::write(school.ledger.path("pupils.csv"), pupils.join("\n")).expect("it is written");
    school.sync("canteen").expect("it syncs");
    school.meal("canteen", &pupils[0]).expect("a meal");
    let path = std::path::PathBuf::from(school.ledger.path("canteen")).join("records");
    let first = std::fs::read(&path).expect("it is there");
    // The power fails within a line: nobody was told yes, and it goes.
    school.meal("canteen", &pupils[1]).expect("a meal");
    let both = std::fs::read(&path).expect("it is there");
    std::fs::write(&path, &both[..both.len() - 9]).expect("it is cut");
    let meal = school.meal("canteen", &pupils[1]).expect("it may eat");
    assert_eq!(meal["sequence"], 1);
    // A line that is not what was written.
    let whole = std::fs::read(&path).expect("it is there");
    let damaged = [&first[..], &first[..]].concat();
    std::fs::write(&path, damaged).expect("it is damaged");
    assert_eq!(school.meal("canteen", &pupils[2]), Err(Code::TERMINAL_FILE));
    assert_eq!(school.send("canteen", &[]), Err(Code::TERMINAL_FILE));
    // Put back to an older state: it goes on from there, the ledger has the rest, and tells.
    std::fs::write(&path, &whole).expect("it is whole again");
    assert_eq!(school.send("canteen", &[]), Ok((2, 0, 0)));
    std::fs::write(&path, &first).expect("it is put back");
    school.meal("canteen", &pupils[2]).expect("it cannot know");
    assert_eq!(school.send("canteen", &[]), Err(Code::OFFLINE_FORK));
    assert_eq!(school.sync("canteen"), Err(Code::TERMINAL_UNSENT));
}
