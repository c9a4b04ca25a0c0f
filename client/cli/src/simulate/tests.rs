#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use super::*;
use senim_abi::policy::{Line, Place, Product, ProofKind};
use senim_abi::treasury::ProgrammeId;
use senim_types::{Hash, OrgId, TimeMs};

const MEAL: u64 = 900;

fn decided(act: Act, day: u32, left: u64, uses_today: u8, decision: Decision) -> Decided {
    let facts = Facts {
        act,
        clock: Clock {
            now: TimeMs(0),
            day,
            minute: 0,
        },
        token: Token {
            arm: 0,
            issued_at: TimeMs(0),
            mature_at: TimeMs(0),
            until: TimeMs(0),
            amount: Tiyn(10_000),
            left: Tiyn(left),
            uses: 0,
            uses_today,
            uses_this_month: 0,
            spent_this_month: Tiyn(0),
            consented: true,
            activated: true,
            absent: false,
            delegated: None,
        },
        place: Place {
            place: OrgId(1),
            provider: OrgId(2),
            region: 0,
            open: None,
        },
    };
    Decided {
        voucher: VoucherId(Hash([7; 32])),
        programme: ProgrammeId(1),
        version: 1,
        number: None,
        facts,
        decision,
    }
}

fn meal(day: u32, left: u64, uses_today: u8) -> Decided {
    let terms = Terms {
        pays: Tiyn(MEAL),
        bears: Tiyn(0),
    };
    decided(buy(), day, left, uses_today, Ok(terms))
}

fn buy() -> Act {
    Act::Redeem {
        lines: vec![Line {
            product: Product::Service(1),
            units: 1,
            price: Tiyn(MEAL),
            listing: None,
        }],
        proof: ProofKind::Attested,
    }
}

fn refused_meal(day: u32) -> Decided {
    let denial = Denial {
        code: Code::DAILY_LIMIT,
        rule: 10,
    };
    decided(buy(), day, 0, 1, Err(denial))
}

/// The programme pays `pays` of a meal, at most `per_day` times a day.
fn rules(pays: u64, per_day: u8) -> impl Fn(Facts) -> Result<Decision> {
    move |facts| {
        if facts.token.uses_today >= per_day {
            return Ok(Err(Denial {
                code: Code::DAILY_LIMIT,
                rule: 10,
            }));
        }
        Ok(Ok(Terms {
            pays: Tiyn(pays),
            bears: Tiyn(MEAL - pays),
        }))
    }
}

fn run(history: &[Decided], rules: impl Fn(Facts) -> Result<Decision>) -> Report {
    let mut simulation = Simulation::default();
    for was in history {
        simulation.take(was, &rules).unwrap();
    }
    simulation.finish()
}

#[test]
fn the_same_rules_change_nothing() {
    let history = [meal(1, 10_000, 0), refused_meal(1), meal(2, 9_100, 0)];
    let report = run(&history, rules(MEAL, 1));
    assert_eq!(report.acts, 3);
    assert_eq!(report.total.before, report.total.after);
    assert_eq!(
        report.total.before,
        Sum {
            uses: 2,
            pays: 1_800,
            bears: 0
        }
    );
    assert!(report.tokens.is_empty());
    assert_eq!((report.allowed, report.refused.len()), (0, 0));
}

#[test]
fn a_lower_share_is_what_the_citizen_bears() {
    let report = run(&[meal(1, 10_000, 0), meal(2, 9_100, 0)], rules(600, 1));
    assert_eq!(
        report.total.after,
        Sum {
            uses: 2,
            pays: 1_200,
            bears: 600
        }
    );
    assert_eq!(report.tokens.len(), 1);
}

#[test]
fn what_was_refused_may_be_allowed_and_counts_from_then_on() {
    // Two meals a day: the second of the first day goes through, a third does not.
    let history = [
        meal(1, 10_000, 0),
        refused_meal(1),
        refused_meal(1),
        meal(2, 9_100, 0),
    ];
    let report = run(&history, rules(MEAL, 2));
    assert_eq!(report.allowed, 1);
    assert_eq!(report.total.after.uses, 3);
}

#[test]
fn a_token_that_paid_for_more_has_less_left() {
    // 1,800 suffice for two meals: the one that is newly allowed takes the money of the last.
    let history = [meal(1, 1_800, 0), refused_meal(1), meal(2, 900, 0)];
    let report = run(&history, rules(MEAL, 2));
    assert_eq!((report.allowed, report.total.after.uses), (1, 2));
    assert_eq!(report.refused.get(&RULE_OF_THE_LEDGER), Some(&1));
}

#[test]
fn nobody_uses_what_was_not_issued() {
    let issue = decided(Act::Issue, 1, 10_000, 0, Ok(Terms::default()));
    let stricter = |facts: Facts| match facts.act {
        Act::Issue => Ok(Err(Denial {
            code: Code::OUT_OF_RANGE,
            rule: 30,
        })),
        _ => rules(MEAL, 1)(facts),
    };
    let report = run(&[issue, meal(1, 10_000, 0)], stricter);
    assert_eq!(report.not_issued.get(&30), Some(&1));
    assert_eq!(report.total.after, Sum::default());
    assert_eq!(report.refused.get(&RULE_OF_THE_LEDGER), Some(&1));
}

#[test]
fn a_use_that_was_undone_is_none_under_either_rules() {
    // Eaten by mistake, undone, eaten on the same day: under the other rules too, whose half price it was.
    let eaten = |number| Decided {
        number: Some(number),
        ..meal(1, 10_000, 0)
    };
    let mut simulation = Simulation::default();
    simulation.take(&eaten(1), rules(450, 1)).unwrap();
    let voucher = eaten(1).voucher;
    simulation.undo(voucher, 1);
    simulation.undo(voucher, 1);
    simulation.undo(voucher, 7);
    simulation.take(&eaten(2), rules(450, 1)).unwrap();
    let report = simulation.finish();
    let sum = |pays: u64, bears: u64| Sum {
        uses: 1,
        pays: u128::from(pays),
        bears: u128::from(bears),
    };
    assert_eq!(report.acts, 1);
    assert_eq!(report.total.before, sum(MEAL, 0));
    assert_eq!(report.total.after, sum(450, 450));
    assert!(report.refused.is_empty());

    // What the other rules refuse is no longer refused.
    let mut simulation = Simulation::default();
    simulation.take(&eaten(1), rules(450, 0)).unwrap();
    simulation.undo(voucher, 1);
    let report = simulation.finish();
    assert!(report.refused.is_empty());
    assert_eq!(report.total, Compared::default());
}
