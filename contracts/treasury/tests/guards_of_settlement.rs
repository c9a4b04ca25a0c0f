//! The guards of what the settlement contract says to the treasury, which believes it no more than it has to.

mod common;

use common::*;
use senim_abi::treasury::{BudgetId, CorrectionLine, Execute, ProgrammeId, SettlementKind};
use senim_abi::{SETTLEMENT, TREASURY};
use senim_sdk::testing::{TestEnv, TestOutcome};
use senim_types::{Code, OrgId, TimeMs, Tiyn};

const OTHER_LINE: BudgetId = BudgetId(2);
const OTHER_PROGRAMME: ProgrammeId = ProgrammeId(8);

/// Takes so much off what the named contract posted under this id, out of a budget line.
fn line(number: u64, budget: BudgetId, amount: u64) -> CorrectionLine {
    CorrectionLine {
        issuer: NAMED,
        transfer: id(number),
        budget,
        amount: Tiyn(amount),
        vat_basis_points: 0,
    }
}

fn by_settlement(env: &mut TestEnv, message: &Execute) -> TestOutcome {
    env.execute_as(SETTLEMENT, &fund(), TREASURY, message)
}

/// The pharmacy has a claim of 60 under the programme, and the fund another programme with a line of its own.
fn with_claim() -> TestEnv {
    let mut env = with_budget(100);
    applied(&by_named(&mut env, &pay(50, 60)));
    let Execute::OpenBudget {
        payer,
        callers,
        offsets,
        ..
    } = open(LINE)
    else {
        unreachable!()
    };
    let other = Execute::OpenBudget {
        budget: OTHER_LINE,
        payer,
        programme: OTHER_PROGRAMME,
        callers,
        offsets,
    };
    applied(&by_fund(&mut env, &other));
    env
}

#[test]
fn terms_are_set_for_the_programmes_payer_and_for_somebody() {
    let terms = |payer, provider| Execute::SetTerms {
        payer,
        programme: PROGRAMME,
        provider,
        agreement: id(1),
        from: TimeMs(0),
        until: TimeMs(u64::MAX),
        ceiling: Tiyn(1_000),
        vat_basis_points: 0,
        kind: SettlementKind::BankFile,
    };
    let mut env = with_claim();
    let of_another = by_settlement(&mut env, &terms(OTHER_FUND, PHARMACY));
    assert_eq!(of_another.code(), Some(Code::NOT_AUTHORISED));
    let of_nobody = by_settlement(&mut env, &terms(FUND, OrgId(0)));
    assert_eq!(of_nobody.code(), Some(Code::OUT_OF_RANGE));
    applied(&by_settlement(&mut env, &terms(FUND, PHARMACY)));
}

#[test]
fn no_more_is_paid_of_a_claim_than_is_owed() {
    let pay_claim = |amount, to_purse| Execute::PayClaim {
        id: id(1),
        provider: PHARMACY,
        programme: PROGRAMME,
        period: JANUARY,
        amount: Tiyn(amount),
        to_purse,
    };
    for to_purse in [false, true] {
        let mut env = with_claim();
        let above = by_settlement(&mut env, &pay_claim(61, to_purse));
        assert_eq!(above.code(), Some(Code::BUDGET_EXHAUSTED));
        applied(&by_settlement(&mut env, &pay_claim(60, to_purse)));
    }
}

#[test]
fn a_correction_returns_to_a_line_of_the_claims_programme() {
    let correct = |budget| Execute::Correct {
        id: id(1),
        provider: PHARMACY,
        programme: PROGRAMME,
        period: JANUARY,
        lines: vec![line(50, budget, 10)],
        reference: id(2),
    };
    let mut env = with_claim();
    let elsewhere = by_settlement(&mut env, &correct(OTHER_LINE));
    assert_eq!(elsewhere.code(), Some(Code::NOT_AUTHORISED));
    applied(&by_settlement(&mut env, &correct(LINE)));
}
