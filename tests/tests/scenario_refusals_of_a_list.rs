//! From a list to a meal, over HTTP with the keys of those who may: the office lists, the identity service attests, the portal
//! offers, persons answer, a voucher opens, is bound, activated and used. Whoever goes before it is the turn, or twice, or in
//! another's place, is refused, and the voucher stands as it stood.

#[path = "support/measure.rs"]
mod measure;

use measure::Ledger;
use senim_abi::VOUCHER;
use senim_abi::civil::{UtcOffsets, ymd};
use senim_abi::voucher::msg::Attestation;
use senim_abi::voucher::{Entry, Execute, ProgrammeId, VoucherId};
use senim_types::{Code, Hash, OrgId, TimeMs, Tiyn};
use senimd::driver::now;
use serde_json::{Value, json};

/// Free meals: the data office lists, the portal asks, a person has one voucher in the group.
const FREE_MEALS: ProgrammeId = ProgrammeId(3);

fn entry() -> Entry {
    let until = TimeMs(now().0 + 100 * 24 * 60 * 60 * 1000);
    Entry {
        place: Some(OrgId(40)),
        amount: Tiyn(500_000),
        mature_at: until,
        until,
    }
}

fn listed(ledger: &Ledger, device: &str, persons: usize) -> Result<Vec<VoucherId>, Code> {
    listed_under(ledger, (device, FREE_MEALS), persons)
}

fn listed_under(
    ledger: &Ledger,
    (device, programme): (&str, ProgrammeId),
    persons: usize,
) -> Result<Vec<VoucherId>, Code> {
    let list = Execute::List {
        programme,
        index: 0,
        entries: vec![entry(); persons],
    };
    let transaction = ledger.called(device, VOUCHER, &list)?.transaction;
    let ids = (0..persons as u16).map(|index| VoucherId::derive(&transaction, index));
    Ok(ids.collect())
}

/// What the identity service says of one person: the same number for the same person, in all programmes of a group.
fn attestation(voucher: VoucherId, person: &[u8]) -> Execute {
    let nullifier = Hash::of(person);
    let attestations = vec![Attestation { voucher, nullifier }];
    Execute::Attest { attestations }
}

fn show(ledger: &Ledger, voucher: &str) -> Value {
    let mut shown = ledger.done(&["voucher", "show", voucher]);
    // Each look is proven by a block of its own.
    shown["height"] = Value::Null;
    shown
}

#[test]
fn a_listed_person_is_attested_asked_answers_and_eats_and_none_of_it_out_of_turn() {
    let ledger = Ledger::start();
    assert_eq!(
        listed(&ledger, "portal", 3).err(),
        Some(Code::ROLE_NOT_ALLOWED)
    );
    let ids = listed(&ledger, "office", 3).expect("the programme's own office");
    let [child, other, twice] = ids[..] else {
        panic!("three are listed")
    };
    let say = |device: &str, message: &Execute, voucher: VoucherId| {
        let before = show(&ledger, &voucher.to_string());
        let said = ledger.called(device, VOUCHER, message).map(|_| ());
        if said.is_err() {
            let after = show(&ledger, &voucher.to_string());
            assert_eq!(after, before, "{said:?}");
        }
        said
    };
    let attest = |voucher, person: &[u8]| say("identity", &attestation(voucher, person), voucher);
    let offer = |voucher| {
        let vouchers = vec![voucher];
        say("portal", &Execute::Offer { vouchers }, voucher)
    };
    let brought = |voucher: VoucherId, answer: &str, by: &[&str]| {
        let id = voucher.to_string();
        let before = show(&ledger, &id);
        let bring = ["voucher", "answer", &id, answer];
        let said = ledger.senim(&[&bring[..], by].concat()).map(|_| ());
        if said.is_err() {
            assert_eq!(show(&ledger, &id), before, "{said:?}");
        }
        said
    };
    let answer = |voucher, consents: bool| {
        let answer = if consents { "--yes" } else { "--no" };
        brought(voucher, answer, &["--channel", "service-centre"])
    };

    // Nobody is asked before it is known that the person has no other; and nobody is listed twice.
    assert_eq!(offer(child), Err(Code::NOT_ATTESTED));
    assert_eq!(attest(child, b"a child"), Ok(()));
    assert_eq!(attest(twice, b"a child"), Err(Code::DUPLICATE_PROGRAMME));
    assert_eq!(attest(other, b"another"), Ok(()));
    assert_eq!(answer(child, true), Err(Code::VOUCHER_STATE));
    for voucher in [child, other] {
        assert_eq!(offer(voucher), Ok(()));
    }
    // Each brings its own channel's answers, and nobody else's.
    for (channel, key, refused) in [
        ("wallet", "service-centre", Code::NOT_AUTHORISED),
        ("service-centre", "identity", Code::NOT_AUTHORISED),
        ("school", "service-centre", Code::NOT_AUTHORISED),
        ("school", "canteen", Code::ROLE_NOT_ALLOWED),
    ] {
        let by = ["--channel", channel, "--key", key];
        assert_eq!(brought(other, "--yes", &by), Err(refused), "{by:?}");
    }
    // A no is a no, wherever it is said, and the same again is no error.
    assert_eq!(brought(other, "--no", &["--channel", "school"]), Ok(()));
    assert_eq!(answer(other, true), Err(Code::CONSENT_CLOSED));
    assert_eq!(answer(other, false), Ok(()));
    let id = child.to_string();
    assert_eq!(brought(child, "--yes", &["--channel", "wallet"]), Ok(()));
    assert_eq!(show(&ledger, &id)["status"], "issued");

    // It opened by itself, and waits for its holder.
    ledger.holder();
    let wallet = ledger.path("wallet");
    let activate = ["wallet", "voucher", "activate", &id, "--wallet", &wallet];
    assert_eq!(ledger.refused(&activate), Code::NO_HOLDER);
    let key = ledger.holder();
    ledger.done(&["voucher", "bind", &id, "--holder", &key]);
    let today = UtcOffsets::fixed(300).day_of(now());
    let (year, month, day) = ymd(today);
    let school = |words: &[&str]| ledger.done(&[&["school"], words].concat());
    let month = format!("{year}-{month:02}");
    let date = format!("{month}-{day:02}");
    let calendar = ["calendar", "--programme", "3", "--month", &month];
    school(&[&calendar[..], &["--weekdays", "1-7"]].concat());
    let redeem = ["voucher", "redeem", &id, "--price", "900"];
    let refused = || {
        let before = show(&ledger, &id);
        let code = ledger.refused(&redeem);
        assert_eq!(show(&ledger, &id), before, "{code}");
        code
    };
    assert_eq!(refused(), Code::NOT_ACTIVATED);
    ledger.done(&activate);

    // Absent by the school's word, until it is mended.
    let attend = |mark: &str| {
        let report = ["attend", "--programme", "3", "--day", &date];
        school(&[&report[..], &["--present", "0", mark, &id]].concat());
    };
    attend("--absent");
    assert_eq!(refused(), Code::ABSENT);
    attend("--not-absent");
    ledger.done(&redeem);
    assert_eq!(show(&ledger, &id)["record"]["uses"], 1);
}

#[test]
fn a_programme_keeps_its_exclusion_group_and_takes_its_rules_from_policies_alone() {
    let ledger = Ledger::start();
    // A block for the state's proofs.
    ledger.holder();
    listed(&ledger, "office", 1).expect("the programme's own office");
    let programme = || ledger.done(&["programme", "show", "3"]);
    let before = programme();
    for (group, refused) in [
        (json!(2), Some(Code::EXCLUSION_SET)),
        (json!(null), Some(Code::EXCLUSION_SET)),
        (json!(1), None),
    ] {
        let mut frame = before["frame"].clone();
        frame["exclusion"] = group.clone();
        let path = ledger.file("frame.json", &frame.to_string());
        let set = ledger.senim(&["programme", "set", "3", "--file", &path]);
        assert_eq!(set.err(), refused, "{group}");
        assert_eq!(programme()["frame"], before["frame"], "{group}");
    }
    let by_treasury = ["programme", "rules", "3", "--policy", "2"];
    let rules = [&by_treasury[..], &["--parameters", "00"]].concat();
    assert_eq!(ledger.refused(&rules), Code::NOT_A_POLICY);
    assert_eq!(programme()["version"], before["version"]);
}

/// Another programme of the department's, with a budget line of its own, in this exclusion group.
fn programme_of(ledger: &Ledger, number: u32, group: u32) -> ProgrammeId {
    let name = number.to_string();
    ledger.open_line(&name);
    ledger.set_frame(&name, "3", |frame| frame["exclusion"] = json!(group));
    ledger.set_rules(&name, &[("consent", "true")]);
    ProgrammeId(number)
}

#[test]
fn two_programmes_of_one_group_do_not_both_serve_a_person_and_one_of_another_group_does() {
    let ledger = Ledger::start();
    let breakfasts = programme_of(&ledger, 4, 1);
    let coats = programme_of(&ledger, 5, 2);
    let one = |programme| {
        let ids = listed_under(&ledger, ("office", programme), 1);
        ids.expect("the programme's own office")[0]
    };
    let (lunch, breakfast, coat) = (one(FREE_MEALS), one(breakfasts), one(coats));
    let nullifier = |voucher: VoucherId| {
        let shown = show(&ledger, &voucher.to_string());
        shown["record"]["nullifier"].clone()
    };
    let child = b"a child";
    let attest = |voucher, person: &[u8]| {
        let attest = attestation(voucher, person);
        ledger.called("identity", VOUCHER, &attest).map(|_| ())
    };
    assert_eq!(attest(lunch, child), Ok(()));
    let twice = attest(breakfast, child);
    assert_eq!(twice, Err(Code::DUPLICATE_PROGRAMME));
    assert_eq!(nullifier(breakfast), Value::Null);
    let offer = |voucher| {
        let vouchers = vec![voucher];
        let offer = Execute::Offer { vouchers };
        ledger.called("portal", VOUCHER, &offer).map(|_| ())
    };
    assert_eq!(offer(breakfast), Err(Code::NOT_ATTESTED));
    // What the groups are for: a coat is no meal.
    assert_eq!(attest(coat, child), Ok(()));
    assert_eq!(offer(coat), Ok(()));

    // The parents want no lunches: from then on the person is free for the other programme, and for that one alone.
    assert_eq!(offer(lunch), Ok(()));
    let id = lunch.to_string();
    let no = ["voucher", "answer", &id, "--no"];
    ledger.done(&[&no[..], &["--channel", "service-centre"]].concat());
    assert_eq!(attest(breakfast, child), Ok(()));
    assert_eq!(nullifier(breakfast), json!(Hash::of(child)));
    assert_eq!(offer(breakfast), Ok(()));
    let again = attest(one(FREE_MEALS), child);
    assert_eq!(again, Err(Code::DUPLICATE_PROGRAMME));
}
