//! A measure with a list of products and two arms, through the client's own commands over HTTP: what the list says holds at the
//! next use; who is in which arm follows from a seed that was committed to before, and anybody draws again.

#[path = "support/over_http.rs"]
mod over_http;
#[path = "support/rules.rs"]
mod rules;

use over_http::OverHttp;
use rules::{rules, terms};
use senim_abi::VOUCHER;
use senim_abi::voucher::msg::{Attestation, Channel};
use senim_abi::voucher::{Entry, Execute, ProgrammeId, VoucherId};
use senim_tests::world::Request;
use senim_types::{Code, Hash, OrgId, TimeMs, Tiyn};
use senimd::driver::now;
use serde_json::Value;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// The rules of the devnet's meals, with prices by the list.
const MEALS_BY_LIST: &[(&str, &str)] = &[("price", "\"listed\""), ("uses_per_day_max", "1")];

/// Commands sign by the machine's clock, so the world's goes there first.
fn at_now(seed: u64) -> OverHttp {
    let mut ledger = OverHttp::new(1, seed);
    let ahead = now().0.saturating_sub(ledger.world.now().0);
    ledger.world.advance(ahead);
    ledger
}

fn file(ledger: &OverHttp, name: &str, text: &str) -> String {
    let path = ledger.path(name);
    std::fs::write(&path, text).expect("it is written");
    path.into_os_string().into_string().expect("UTF-8")
}

#[test]
fn a_list_of_products_is_set_by_a_file_shown_and_holds() {
    let mut ledger = at_now(81);
    let mut csv = "product,price_max,units_per_pack,share_percent\n1,500,1,\n".to_owned();
    for number in 2..=10 {
        csv.push_str(&format!("{number},{number}00.50,1,80\n"));
    }
    let list = file(&ledger, "list.csv", &csv);
    let set = ["programme", "listing", "set", "2", "--file", &list];
    let by_another = [&set[..], &["--key", "fund"]].concat();
    assert_eq!(ledger.refused(&by_another), Code::NOT_AUTHORISED);
    let told = ledger.done(&set);
    // More than a transaction has calls.
    assert_eq!(
        (&told["changed"], &told["unchanged"]),
        (&10.into(), &0.into())
    );
    let again = ledger.done(&set);
    assert_eq!(
        (&again["changed"], &again["unchanged"]),
        (&0.into(), &10.into())
    );
    assert_eq!(again["transaction"], Value::Null);
    let shown = ledger.done(&["programme", "listing", "show", "2"]);
    let products = shown["products"].as_array().expect("a list").clone();
    assert_eq!(products.len(), 10);
    let of = |number: &str| {
        let row = products.iter().find(|row| row["product"] == number);
        row.expect("it is on the list")["listing"].clone()
    };
    assert_eq!(of("1")["price_max"], 50_000);
    assert_eq!(of("10")["price_max"], 100_050);
    assert_eq!(of("10")["share_basis_points"], 8_000);

    // A price by the list: up to the list's price the programme pays, what is above is the citizen's.
    let path = file(&ledger, "rules.toml", &rules(MEALS_BY_LIST));
    ledger.done(&["programme", "rules", "2", "--file", &path]);
    let wallet = ledger.path("wallet");
    let wallet = wallet.to_str().expect("UTF-8").to_owned();
    ledger.done(&["wallet", "new", "--wallet", &wallet]);
    let key = ledger.senim(&["wallet", "key", "--wallet", &wallet]);
    let holder = key.expect("a wallet gives keys").text.trim().to_owned();
    let issue = [
        "voucher", "issue", "--holder", &holder, "--place", "40", "--amount", "5000",
    ];
    let issued = ledger.done(&issue);
    let voucher = issued["voucher"].as_str().expect("an id").to_owned();
    let redeem = |product| {
        [
            "voucher",
            "redeem",
            &voucher,
            "--price",
            "900",
            "--product",
            product,
        ]
        .map(str::to_owned)
    };
    let words = redeem("11");
    let words = words.each_ref().map(String::as_str);
    assert_eq!(ledger.refused(&words), Code::WRONG_PURPOSE);
    let words = redeem("1");
    ledger.done(&words.each_ref().map(String::as_str));
    let left = ledger.done(&["voucher", "show", &voucher])["record"]["left"].clone();
    assert_eq!(left, 450_000, "the programme paid 500 tenge of 900");

    let remove = [
        "programme",
        "listing",
        "remove",
        "2",
        "--product",
        "1",
        "--product",
        "99",
    ];
    assert_eq!(ledger.done(&remove)["changed"], 1);
    let one = ["programme", "listing", "show", "2", "--product", "1"];
    assert_eq!(ledger.done(&one)["products"][0]["listing"], Value::Null);
    let wrong = file(&ledger, "wrong.csv", "product,price\n1,500\n");
    let wrong = ["programme", "listing", "set", "2", "--file", &wrong];
    assert_eq!(ledger.refused(&wrong), Code::FILE_CONTENT);
    let unknown = ["programme", "listing", "set", "77", "--file", &list];
    assert_eq!(ledger.refused(&unknown), Code::PROGRAMME_UNKNOWN);
}

/// Persons whom the office lists, and whose nullifiers the identity service attests, but for the last.
fn listed(ledger: &mut OverHttp, persons: u16, first: u16) -> Vec<VoucherId> {
    let until = TimeMs(ledger.world.now().0 + 100 * DAY_MS);
    let entry = Entry {
        place: Some(OrgId(40)),
        amount: Tiyn(1_000_000),
        mature_at: until,
        until,
    };
    let list = Execute::List {
        programme: ProgrammeId(3),
        index: 0,
        entries: vec![entry; persons.into()],
    };
    let receipt = ledger.world.apply("office", Request::call(VOUCHER, &list));
    let ids: Vec<VoucherId> = (0..persons)
        .map(|index| VoucherId::derive(&receipt.transaction, index))
        .collect();
    let attestations = ids[..ids.len() - 1]
        .iter()
        .zip(first..)
        .map(|(voucher, person)| Attestation {
            voucher: *voucher,
            nullifier: Hash::of(&person.to_be_bytes()),
        });
    let attest = Execute::Attest {
        attestations: attestations.collect(),
    };
    ledger
        .world
        .apply("identity", Request::call(VOUCHER, &attest));
    ids
}

fn offered(ledger: &mut OverHttp, vouchers: &[VoucherId]) {
    let vouchers = vouchers.to_vec();
    let offer = Execute::Offer { vouchers };
    ledger.world.apply("portal", Request::call(VOUCHER, &offer));
}

#[test]
fn arms_are_committed_to_assigned_revealed_and_drawn_again_by_anybody() {
    let mut ledger = at_now(82);
    let seed = ledger.path("seed");
    let seed = seed.to_str().expect("UTF-8").to_owned();
    let other = file(&ledger, "other-seed", &format!("{}\n", "ab".repeat(32)));
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&other, mode).expect("the file is ours");
    let commit = |weights, seed| {
        let words = [
            "programme",
            "arms",
            "commit",
            "3",
            "--weights",
            weights,
            "--seed-file",
            seed,
        ];
        words.map(str::to_owned)
    };
    fn strings(words: &[String]) -> Vec<&str> {
        words.iter().map(String::as_str).collect()
    }
    let right = commit("1,1", &seed);
    assert_eq!(
        ledger.refused(&["programme", "arms", "check", "3"]),
        Code::WRONG_SEED
    );
    let told = ledger.done(&strings(&right));
    assert_eq!(told["arms"]["seed"], Value::Null, "nobody sees it yet");
    // The same again is a success; nothing of it can be changed.
    assert_eq!(ledger.done(&strings(&right))["arms"], told["arms"]);
    for wrong in [commit("3,1", &seed), commit("1,1", &other)] {
        assert_eq!(ledger.refused(&strings(&wrong)), Code::ARMS_COMMITTED);
    }

    let persons = listed(&mut ledger, 40, 0);
    let with = |command, seed| ["programme", "arms", command, "3", "--seed-file", seed];
    assert_eq!(ledger.refused(&with("assign", &other)), Code::WRONG_SEED);
    let assigned = ledger.done(&with("assign", &seed));
    let count = assigned["assigned"].as_u64().expect("a number");
    assert!((1..39).contains(&count), "about half: {count}");
    assert_eq!(assigned["not_attested"], 1);
    assert_eq!(ledger.done(&with("assign", &seed))["assigned"], 0);
    offered(&mut ledger, &persons[..39]);
    // Who has the seed can draw before it is revealed; others cannot.
    assert_eq!(ledger.done(&with("check", &seed))["arms"][1], count);
    let check = ["programme", "arms", "check", "3"];
    assert_eq!(ledger.refused(&check), Code::WRONG_SEED);
    assert_eq!(ledger.refused(&with("reveal", &other)), Code::WRONG_SEED);
    ledger.done(&with("reveal", &seed));
    let found = ledger.done(&check);
    let arms =
        [&found["arms"][0], &found["arms"][1]].map(|count| count.as_u64().expect("a number"));
    assert_eq!((arms[0] + arms[1], &found["not_asked"]), (39, &1.into()));

    // Persons who are asked without being drawn are told of, whoever asks.
    let others = listed(&mut ledger, 41, 1_000);
    offered(&mut ledger, &others[..40]);
    assert_eq!(ledger.refused(&check), Code::ARMS_NOT_AS_DRAWN);
}

/// Commits the free meals to two arms of equal parts, by a seed of their own.
fn committed(ledger: &mut OverHttp) -> String {
    let seed = ledger.path("seed");
    let seed = seed.to_str().expect("UTF-8").to_owned();
    let commit = ["programme", "arms", "commit", "3", "--weights", "1,1"];
    ledger.done(&[&commit[..], &["--seed-file", &seed]].concat());
    seed
}

/// One person of each arm who was asked, of so many who are listed now.
fn one_of_each(ledger: &mut OverHttp, seed: &str, first: u16) -> [VoucherId; 2] {
    let persons = listed(ledger, 12, first);
    ledger.done(&["programme", "arms", "assign", "3", "--seed-file", seed]);
    offered(ledger, &persons[..11]);
    let arms: Vec<Value> = persons[..11]
        .iter()
        .map(|voucher| arm(ledger, voucher))
        .collect();
    [0, 1].map(|arm| {
        let at = arms.iter().position(|of| *of == arm);
        persons[at.unwrap_or_else(|| panic!("arm {arm} has nobody: {arms:?}"))]
    })
}

fn arm(ledger: &mut OverHttp, voucher: &VoucherId) -> Value {
    ledger.done(&["voucher", "show", &voucher.to_string()])["record"]["arm"].clone()
}

fn says_yes(ledger: &mut OverHttp, voucher: VoucherId) -> Result<(), Code> {
    let answer = Execute::Answer {
        voucher,
        channel: Channel::ServiceCentre,
        consents: true,
    };
    let answered = ledger.called("service-centre", VOUCHER, &answer);
    answered.map(|_| ())
}

/// What of the line is kept for vouchers, and what it paid, in tiyn.
fn reserved_and_paid(ledger: &mut OverHttp) -> (u64, u64) {
    let line = ledger.done(&["budget", "3"]);
    let sum = |name: &str| line[name].as_u64().expect("a sum");
    (sum("reserved_tiyn"), sum("debits_tiyn"))
}

#[test]
fn each_arm_is_used_by_its_own_rules_and_explained_by_them() {
    let mut ledger = at_now(83);
    let seed = committed(&mut ledger);

    // The devnet's rules are one set: who is drawn into the second arm has none, and nothing opens for them, whatever
    // rules come later. Rules are pinned to whoever is listed.
    let [first, second] = one_of_each(&mut ledger, &seed, 0);
    assert_eq!(says_yes(&mut ledger, first), Ok(()));
    assert_eq!(says_yes(&mut ledger, second), Err(Code::OUT_OF_RANGE));
    let measure = [("consent", "true"), ("uses_per_day_max", "1")];
    let half = [&measure[..], &[("share_basis_points", "5_000")]].concat();
    let both = [rules(&measure), rules(&half)].concat();
    let path = file(&ledger, "rules.toml", &both);
    ledger.done(&["programme", "rules", "3", "--file", &path]);
    assert_eq!(says_yes(&mut ledger, second), Err(Code::OUT_OF_RANGE));
    let shown = ledger.done(&["voucher", "show", &second.to_string()]);
    assert_eq!(shown["status"], "offered", "{shown}");

    // Persons who are listed from now on: all of the price is borne for one, half of it for the other.
    let persons = one_of_each(&mut ledger, &seed, 1_000);
    let wallet = ledger.path("wallet");
    let wallet = wallet.to_str().expect("UTF-8").to_owned();
    ledger.done(&["wallet", "new", "--wallet", &wallet]);
    let before = reserved_and_paid(&mut ledger);
    for (arm, voucher) in persons.into_iter().enumerate() {
        assert_eq!(says_yes(&mut ledger, voucher), Ok(()));
        let id = voucher.to_string();
        let key = ledger.done(&["wallet", "key", "--wallet", &wallet])["holder"].clone();
        let key = key.as_str().expect("a key");
        ledger.done(&["voucher", "bind", &id, "--holder", key]);
        ledger.done(&["wallet", "voucher", "activate", &id, "--wallet", &wallet]);
        let used = ledger.done(&["voucher", "redeem", &id, "--price", "900"]);
        let (pays, bears) = [(90_000, 0), (45_000, 45_000)][arm];
        assert_eq!(terms(&used), (pays, bears), "arm {arm}");
        let left = ledger.done(&["voucher", "show", &id])["record"]["left"].clone();
        assert_eq!(left, 1_000_000 - pays, "arm {arm}");

        // Why? The rules of this arm, found by its number, and what they come to.
        let transaction = used["transaction"].as_str().expect("a hash");
        let explained = ledger.senim(&["explain", transaction]);
        let explained = explained.expect("the rules decide so again");
        let decided = &explained.json["decided"][0];
        assert_eq!(decided["facts"]["token"]["arm"], arm);
        let step = &decided["steps"][0];
        let found = (&step["rule"], &step["found"], &step["bound"], &step["kept"]);
        let expected = (&1.into(), &arm.into(), &2.into(), &true.into());
        assert_eq!(found, expected, "{decided}");
        let terms = &decided["decision"]["Ok"];
        assert_eq!(
            (&terms["pays"], &terms["bears"]),
            (&pays.into(), &bears.into())
        );
        let words = format!("the arm, {arm}, is one of the measure's 2");
        assert!(explained.text.contains(&words), "{}", explained.text);
    }
    let (pays, amounts) = (90_000 + 45_000, 2 * 1_000_000);
    let after = (before.0 + amounts - pays, before.1 + pays);
    assert_eq!(reserved_and_paid(&mut ledger), after);
}
