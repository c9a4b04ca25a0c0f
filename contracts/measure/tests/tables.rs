//! Every rule that a measure can have, as a table: what was asked, and which rule decided how.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use senim_abi::civil::DAY_MS;
use senim_abi::marking::InnCode;
use senim_abi::policy::measure::{
    Allow, Clawback, DelegationRule, Parameters, Price, Rules, WHOLE,
};
use senim_abi::policy::{
    Act, Clock, Decision, Delegated, Denial, Explanation, Facts, Line, Listing, Place, Product,
    ProofKind, Query, Question, Terms, Token,
};
use senim_sdk::testing::TestEnv;
use senim_sdk::{Refusal, codec};
use senim_types::{Code, ContractId, OrgId, TimeMs, Tiyn};

const MEASURE: ContractId = ContractId(1_000);
/// A Monday: 2026-09-07.
const MONDAY: u32 = 20_703;
const NOON: u16 = 12 * 60;

/// School meals: once a school day at noon, 900 tenge at most, paid whole.
fn rules() -> Rules {
    Rules {
        providers: Allow::Any,
        regions: Allow::Any,
        products: Allow::Any,
        price: Price::Cap(Tiyn(90_000)),
        share_basis_points: WHOLE,
        citizen_bears_max: None,
        whole_packs: false,
        partial: true,
        amount_max: Some(Tiyn(20_000_000)),
        uses_max: Some(180),
        uses_per_day_max: Some(1),
        uses_per_month_max: Some(22),
        spent_per_month_max: Some(Tiyn(2_000_000)),
        weekdays: 0b001_1111,
        hours: Some((8 * 60, 15 * 60)),
        calendar: true,
        absent_may: false,
        validity_ms_max: 300 * DAY_MS,
        consent: true,
        proofs: 0b1111,
        delegation: Some(DelegationRule {
            days_max: 300,
            uses_max: 200,
            uses_per_day_max: 1,
        }),
        clawback: Clawback::BeforeMaturity,
    }
}

fn meal(price: u64) -> Act {
    buy(vec![line(Product::Service(1), 1, price, None)])
}

fn line(product: Product, units: u32, price: u64, listing: Option<Listing>) -> Line {
    Line {
        product,
        units,
        price: Tiyn(price),
        listing,
    }
}

fn buy(lines: Vec<Line>) -> Act {
    Act::Redeem {
        lines,
        proof: ProofKind::Attested,
    }
}

fn facts(act: Act) -> Facts {
    let now = TimeMs(u64::from(MONDAY) * DAY_MS + u64::from(NOON) * 60_000);
    Facts {
        act,
        clock: Clock {
            now,
            day: MONDAY,
            minute: NOON,
        },
        token: Token {
            arm: 0,
            issued_at: TimeMs(now.0 - 7 * DAY_MS),
            mature_at: TimeMs(now.0 + 7 * DAY_MS),
            until: TimeMs(now.0 + 200 * DAY_MS),
            amount: Tiyn(10_000_000),
            left: Tiyn(9_000_000),
            uses: 10,
            uses_today: 0,
            uses_this_month: 4,
            spent_this_month: Tiyn(360_000),
            consented: true,
            activated: true,
            absent: false,
            delegated: None,
        },
        place: Place {
            place: OrgId(40),
            provider: OrgId(50),
            region: 71,
            open: Some(true),
        },
    }
}

fn ask(query: &Query) -> Result<Vec<u8>, Refusal> {
    TestEnv::new()
        .with(MEASURE, senim_contract_measure::run)
        .ask(MEASURE, query)
}

fn question(rules: Vec<Rules>, facts: Facts) -> Question {
    Question {
        parameters: codec::encode(&Parameters(rules)),
        facts,
    }
}

/// What is decided; the explanation has to come to the same, and to name the rule that decided last.
fn decide(rules: Vec<Rules>, facts: Facts) -> Decision {
    let question = question(rules, facts);
    let decision: Decision =
        codec::decode(&ask(&Query::Decide(question.clone())).unwrap()).unwrap();
    let explained: Explanation = codec::decode(&ask(&Query::Explain(question)).unwrap()).unwrap();
    assert_eq!(explained.decision, decision);
    let broken: Vec<u16> = explained
        .steps
        .iter()
        .filter(|step| !step.kept)
        .map(|step| step.rule)
        .collect();
    assert_eq!(
        broken,
        decision
            .err()
            .map(|denial| denial.rule)
            .into_iter()
            .collect::<Vec<_>>()
    );
    assert!(
        explained
            .steps
            .last()
            .is_none_or(|step| step.kept == decision.is_ok())
    );
    decision
}

type Change = fn(&mut Rules, &mut Facts);
/// What is asked, what is changed before, and the code and rule of a no.
type Case = (&'static str, Change, Option<(Code, u16)>);

fn table(act: &Act, cases: &[Case]) {
    for (case, change, expected) in cases {
        let (mut rules, mut facts) = (rules(), facts(act.clone()));
        change(&mut rules, &mut facts);
        let decision = decide(vec![rules], facts);
        let denied = decision.err().map(|Denial { code, rule }| (code, rule));
        assert_eq!(denied, *expected, "{case}");
    }
}

#[test]
fn a_use_meets_every_rule() {
    let cases: [Case; 30] = [
        ("as it should be", |_, _| (), None),
        (
            "an arm that the measure does not have",
            |_, f| f.token.arm = 1,
            Some((Code::OUT_OF_RANGE, 1)),
        ),
        (
            "a provider off the list",
            |r, _| r.providers = Allow::Only(vec![OrgId(51)]),
            Some((Code::PROVIDER_NOT_ALLOWED, 2)),
        ),
        (
            "a provider on the list",
            |r, _| r.providers = Allow::Only(vec![OrgId(50)]),
            None,
        ),
        (
            "a provider that is excepted",
            |r, _| r.providers = Allow::Except(vec![OrgId(50)]),
            Some((Code::PROVIDER_NOT_ALLOWED, 2)),
        ),
        (
            "another provider is excepted",
            |r, _| r.providers = Allow::Except(vec![OrgId(51)]),
            None,
        ),
        (
            "another region",
            |r, _| r.regions = Allow::Only(vec![10, 75]),
            Some((Code::REGION_NOT_ALLOWED, 3)),
        ),
        (
            "a region that is excepted",
            |r, _| r.regions = Allow::Except(vec![71]),
            Some((Code::REGION_NOT_ALLOWED, 3)),
        ),
        (
            "a Saturday",
            |_, f| f.clock.day += 5,
            Some((Code::WRONG_DAY, 4)),
        ),
        ("a Friday", |_, f| f.clock.day += 4, None),
        (
            "too early",
            |_, f| f.clock.minute = 8 * 60 - 1,
            Some((Code::WRONG_DAY, 5)),
        ),
        ("the first minute", |_, f| f.clock.minute = 8 * 60, None),
        (
            "too late",
            |_, f| f.clock.minute = 15 * 60,
            Some((Code::WRONG_DAY, 6)),
        ),
        (
            "a holiday",
            |_, f| f.place.open = Some(false),
            Some((Code::WRONG_DAY, 7)),
        ),
        (
            "a month without a calendar",
            |_, f| f.place.open = None,
            Some((Code::WRONG_DAY, 7)),
        ),
        (
            "a measure without calendars",
            |r, f| (r.calendar, f.place.open) = (false, None),
            None,
        ),
        (
            "absent",
            |_, f| f.token.absent = true,
            Some((Code::ABSENT, 8)),
        ),
        (
            "absent, which does not matter",
            |r, f| (r.absent_may, f.token.absent) = (true, true),
            None,
        ),
        (
            "a kind of proof that is not accepted",
            |r, _| r.proofs = 0b0111,
            Some((Code::PROOF_KIND, 9)),
        ),
        (
            "a second use of a day",
            |_, f| f.token.uses_today = 1,
            Some((Code::DAILY_LIMIT, 10)),
        ),
        (
            "no limit of a day",
            |r, f| (r.uses_per_day_max, f.token.uses_today) = (None, 9),
            None,
        ),
        (
            "one use too many of a month",
            |_, f| f.token.uses_this_month = 22,
            Some((Code::PERIOD_LIMIT, 11)),
        ),
        (
            "one use too many in all",
            |_, f| f.token.uses = 180,
            Some((Code::PERIOD_LIMIT, 12)),
        ),
        (
            "the price is above the cap",
            |r, _| r.price = Price::Cap(Tiyn(89_999)),
            Some((Code::PRICE_ABOVE_CAP, 20)),
        ),
        (
            "the price is not the fixed one",
            |r, _| r.price = Price::Fixed(Tiyn(90_001)),
            Some((Code::PRICE_NOT_FIXED, 21)),
        ),
        (
            "the price is the fixed one",
            |r, _| r.price = Price::Fixed(Tiyn(90_000)),
            None,
        ),
        (
            "not on the list",
            |r, _| r.price = Price::Listed,
            Some((Code::WRONG_PURPOSE, 22)),
        ),
        (
            "too much in a month",
            |_, f| f.token.spent_this_month = Tiyn(1_910_001),
            Some((Code::PERIOD_LIMIT, 25)),
        ),
        (
            "the last tiyn of a month",
            |_, f| f.token.spent_this_month = Tiyn(1_910_000),
            None,
        ),
        (
            "not all that is left",
            |r, _| r.partial = false,
            Some((Code::WHOLE_AMOUNT, 26)),
        ),
    ];
    table(&meal(90_000), &cases);
}

#[test]
fn a_delegate_keeps_to_the_delegation() {
    let child = Delegated {
        until: TimeMs(u64::MAX),
        uses: 5,
        uses_per_day: 1,
    };
    for (proof, uses_today, expected) in [
        (ProofKind::Code, 0, None),
        (ProofKind::Code, 1, Some(13)),
        (ProofKind::DelegatedQr, 1, Some(13)),
        // What the holder does is not the delegate's.
        (ProofKind::LiveQr, 1, None),
    ] {
        let mut rules = rules();
        rules.uses_per_day_max = None;
        let Act::Redeem { lines, .. } = meal(1) else {
            unreachable!()
        };
        let mut facts = facts(Act::Redeem { lines, proof });
        facts.token.delegated = Some(child);
        facts.token.uses_today = uses_today;
        let denied = decide(vec![rules], facts).err().map(|denial| denial.rule);
        assert_eq!(denied, expected, "{proof:?} {uses_today}");
    }
}

#[test]
fn the_price_is_shared() {
    let listing = |price_max, units_per_pack, share_basis_points| {
        Some(Listing {
            price_max: Tiyn(price_max),
            units_per_pack,
            share_basis_points,
        })
    };
    let ware = Product::Service(7);
    // Lines as (units, price, listing); share; what the citizen may bear; whole packs; what is paid and borne, or the rule.
    type Priced = (
        Vec<(u32, u64, Option<Listing>)>,
        u16,
        Option<u64>,
        bool,
        Result<(u64, u64), u16>,
    );
    let cases: [Priced; 11] = [
        (
            vec![(30, 1_000, listing(1_000, 30, None))],
            WHOLE,
            Some(0),
            false,
            Ok((1_000, 0)),
        ),
        // A tiyn above the list's price: the citizen's, or refused.
        (
            vec![(30, 1_001, listing(1_000, 30, None))],
            WHOLE,
            None,
            false,
            Ok((1_000, 1)),
        ),
        (
            vec![(30, 1_001, listing(1_000, 30, None))],
            WHOLE,
            Some(0),
            false,
            Err(24),
        ),
        // A half; the odd tiyn is the citizen's.
        (
            vec![(30, 999, listing(1_000, 30, None))],
            5_000,
            None,
            false,
            Ok((499, 500)),
        ),
        // A share of the list's own.
        (
            vec![(30, 999, listing(1_000, 30, Some(10_000)))],
            5_000,
            None,
            false,
            Ok((999, 0)),
        ),
        // A pack that is begun counts as one.
        (
            vec![(31, 2_000, listing(1_000, 30, None))],
            WHOLE,
            Some(0),
            false,
            Ok((2_000, 0)),
        ),
        (
            vec![(31, 2_000, listing(1_000, 30, None))],
            WHOLE,
            Some(0),
            true,
            Err(23),
        ),
        (
            vec![(60, 2_000, listing(1_000, 30, None))],
            WHOLE,
            Some(0),
            true,
            Ok((2_000, 0)),
        ),
        // Each line by itself.
        (
            vec![
                (30, 900, listing(1_000, 30, None)),
                (1, 300, listing(200, 1, Some(5_000))),
            ],
            WHOLE,
            None,
            false,
            Ok((1_000, 200)),
        ),
        (
            vec![(30, 900, listing(1_000, 30, None)), (1, 300, None)],
            WHOLE,
            None,
            false,
            Err(22),
        ),
        // No sum overflows.
        (
            vec![
                (1, u64::MAX, listing(1_000, 1, None)),
                (1, u64::MAX, listing(1_000, 1, None)),
            ],
            WHOLE,
            Some(5),
            false,
            Err(24),
        ),
    ];
    for (number, (lines, share, bears_max, whole_packs, expected)) in cases.into_iter().enumerate()
    {
        let mut rules = rules();
        rules.price = Price::Listed;
        rules.share_basis_points = share;
        rules.citizen_bears_max = bears_max.map(Tiyn);
        rules.whole_packs = whole_packs;
        rules.spent_per_month_max = None;
        let lines = lines
            .into_iter()
            .map(|(units, price, listing)| line(ware, units, price, listing));
        let decision = decide(vec![rules], facts(buy(lines.collect())));
        let decided = decision
            .map(|Terms { pays, bears }| (pays.0, bears.0))
            .map_err(|denial| denial.rule);
        assert_eq!(decided, expected, "case {number}");
    }
}

/// Whatever the price is by: what is excluded is bought neither by its own name nor by that of a group, and what alone is
/// allowed is bought by either.
#[test]
fn products_are_allowed_and_excluded_by_name_and_by_group() {
    let inn = |code: &str| Product::Inn(InnCode::new(code.as_bytes()).unwrap());
    let metformin = inn("A10BA02");
    let aspirin = inn("N02BA01");
    let ride = Product::Service(7);
    let some = [inn("A10"), ride];
    let cases = [
        (Allow::Any, metformin, None),
        (Allow::Only(some.to_vec()), metformin, None),
        (Allow::Only(some.to_vec()), ride, None),
        (Allow::Only(some.to_vec()), aspirin, Some(27)),
        (Allow::Except(some.to_vec()), metformin, Some(27)),
        (Allow::Except(some.to_vec()), ride, Some(27)),
        (Allow::Except(some.to_vec()), aspirin, None),
        (Allow::Except(vec![metformin]), metformin, Some(27)),
        (Allow::Except(vec![metformin]), inn("A10BA03"), None),
        (Allow::Only(Vec::new()), ride, Some(27)),
    ];
    for (number, (products, product, expected)) in cases.into_iter().enumerate() {
        for listed in [false, true] {
            let mut rules = rules();
            rules.products = products.clone();
            rules.price = if listed {
                Price::Listed
            } else {
                Price::Cap(Tiyn(90_000))
            };
            let listing = listed.then_some(Listing {
                price_max: Tiyn(90_000),
                units_per_pack: 1,
                share_basis_points: None,
            });
            let lines = vec![line(product, 1, 1, listing)];
            let decision = decide(vec![rules], facts(buy(lines)));
            let by = decision.err().map(|denial| denial.rule);
            assert_eq!(by, expected, "case {number}, listed: {listed}");
        }
    }
}

#[test]
fn an_issue_and_a_top_up_meet_theirs() {
    let cases: [Case; 5] = [
        ("as it should be", |_, _| (), None),
        (
            "too much money",
            |r, _| r.amount_max = Some(Tiyn(9_999_999)),
            Some((Code::PERIOD_LIMIT, 30)),
        ),
        (
            "for too long",
            |_, f| f.token.until = TimeMs(f.token.issued_at.0 + 300 * DAY_MS + 1),
            Some((Code::OUT_OF_RANGE, 31)),
        ),
        (
            "without consent",
            |_, f| f.token.consented = false,
            Some((Code::CONSENT_REQUIRED, 32)),
        ),
        (
            "none is needed",
            |r, f| (r.consent, f.token.consented) = (false, false),
            None,
        ),
    ];
    table(&Act::Issue, &cases);
    let more: [Case; 2] = [
        ("to the limit", |_, _| (), None),
        (
            "a tiyn above",
            |r, _| r.amount_max = Some(Tiyn(19_999_999)),
            Some((Code::PERIOD_LIMIT, 30)),
        ),
    ];
    table(
        &Act::TopUp {
            amount: Tiyn(10_000_000),
        },
        &more,
    );
}

#[test]
fn a_delegation_is_bounded() {
    let now = facts(Act::Issue).clock.now;
    let act = Act::Delegate(Delegated {
        until: TimeMs(now.0 + 300 * DAY_MS),
        uses: 200,
        uses_per_day: 1,
    });
    let cases: [Case; 5] = [
        ("to the limit", |_, _| (), None),
        (
            "none is allowed",
            |r, _| r.delegation = None,
            Some((Code::DELEGATION_BOUNDS, 40)),
        ),
        (
            "a day too long",
            |r, _| r.delegation.as_mut().unwrap().days_max = 299,
            Some((Code::DELEGATION_BOUNDS, 41)),
        ),
        (
            "a use too many",
            |r, _| r.delegation.as_mut().unwrap().uses_max = 199,
            Some((Code::DELEGATION_BOUNDS, 42)),
        ),
        (
            "too many a day",
            |r, _| r.delegation.as_mut().unwrap().uses_per_day_max = 0,
            Some((Code::DELEGATION_BOUNDS, 43)),
        ),
    ];
    table(&act, &cases);
}

#[test]
fn a_clawback_has_its_time() {
    let cases: [Case; 5] = [
        ("before maturity", |_, _| (), None),
        (
            "at maturity",
            |_, f| f.token.mature_at = f.clock.now,
            Some((Code::MATURED, 50)),
        ),
        (
            "the millisecond before",
            |_, f| f.token.mature_at = TimeMs(f.clock.now.0 + 1),
            None,
        ),
        (
            "never",
            |r, _| r.clawback = Clawback::Never,
            Some((Code::MATURED, 50)),
        ),
        (
            "always",
            |r, f| (r.clawback, f.token.mature_at) = (Clawback::Always, TimeMs(0)),
            None,
        ),
    ];
    table(&Act::Revoke, &cases);
}

#[test]
fn arms_have_rules_of_their_own() {
    let mut half = rules();
    half.share_basis_points = 5_000;
    for (arm, pays) in [(0, 90_000), (1, 45_000)] {
        let mut facts = facts(meal(90_000));
        facts.token.arm = arm;
        let decision = decide(vec![rules(), half.clone()], facts);
        assert_eq!(decision.unwrap().pays, Tiyn(pays));
    }
}

#[test]
fn senseless_parameters_are_refused() {
    let cases: [fn(&mut Rules); 11] = [
        |r| r.price = Price::Cap(Tiyn(0)),
        |r| r.price = Price::Fixed(Tiyn(0)),
        |r| r.share_basis_points = 0,
        |r| r.share_basis_points = WHOLE + 1,
        |r| r.weekdays = 0,
        |r| r.weekdays = 0b1000_0001,
        |r| r.hours = Some((600, 600)),
        |r| r.hours = Some((0, 1_441)),
        |r| r.proofs = 0,
        |r| r.proofs = 0b1_0000,
        |r| r.validity_ms_max = 0,
    ];
    let check = |rules: Vec<Rules>| {
        ask(&Query::Check(codec::encode(&Parameters(rules)))).map_err(|refusal| refusal.code)
    };
    assert_eq!(check(vec![rules()]), Ok(Vec::new()));
    assert_eq!(check(Vec::new()), Err(Code::OUT_OF_RANGE));
    assert_eq!(check(vec![rules(); 9]), Err(Code::OUT_OF_RANGE));
    for (number, change) in cases.into_iter().enumerate() {
        let mut rules = rules();
        change(&mut rules);
        assert_eq!(check(vec![rules]), Err(Code::OUT_OF_RANGE), "case {number}");
    }
    assert_eq!(
        ask(&Query::Check(vec![1, 2, 3])).map_err(|refusal| refusal.code),
        Err(Code::OUT_OF_RANGE)
    );
}

#[test]
fn each_rule_that_can_decide_has_a_text() {
    let description: senim_abi::policy::Description =
        codec::decode(&ask(&Query::Describe).unwrap()).unwrap();
    let numbers: Vec<u16> = description.rules.iter().map(|text| text.rule).collect();
    assert!(
        numbers.windows(2).all(|pair| pair[0] < pair[1]),
        "ascending: {numbers:?}"
    );
    let explained = |act| {
        let answer = ask(&Query::Explain(question(vec![rules()], facts(act)))).unwrap();
        let explanation: Explanation = codec::decode(&answer).unwrap();
        explanation.steps
    };
    for act in [Act::Issue, meal(1), Act::Revoke] {
        for step in explained(act) {
            assert!(numbers.contains(&step.rule), "{step:?}");
        }
    }
}
