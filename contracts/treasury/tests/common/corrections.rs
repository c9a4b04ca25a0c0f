//! Two budget lines of one programme, a contract with each of two pharmacies, and lines that may be taken off.

use super::*;
use senim_abi::SETTLEMENT;
use senim_abi::treasury::msg::{LockedAnswer, OutstandingAnswer, TermsAnswer};
use senim_abi::treasury::{CorrectionLine, SettlementKind, check_postings};

/// Another line of the same programme, and the contract that it names beside the first one's.
pub const SECOND_LINE: BudgetId = BudgetId(2);
pub const ALSO_NAMED: ContractId = ContractId(5);
pub const VAT: u16 = 1_600;
pub const ALLOTTED: u64 = 1_000_000;

/// Two lines of one programme with money, and a contract with each pharmacy.
pub fn world() -> TestEnv {
    let mut env = with_budget(ALLOTTED);
    let Execute::OpenBudget {
        payer,
        programme,
        offsets,
        ..
    } = open(LINE)
    else {
        unreachable!()
    };
    let second = Execute::OpenBudget {
        budget: SECOND_LINE,
        payer,
        programme,
        callers: vec![NAMED, ALSO_NAMED],
        offsets,
    };
    applied(&by_fund(&mut env, &second));
    let allot = Execute::Allot {
        id: id(1_000),
        budget: SECOND_LINE,
        amount: Tiyn(ALLOTTED),
    };
    applied(&by_fund(&mut env, &allot));
    for provider in [PHARMACY, OTHER_PHARMACY] {
        contract(&mut env, provider, 1, ALLOTTED);
    }
    env
}

/// Sets a contract, by the number of its document.
pub fn contract(env: &mut TestEnv, provider: OrgId, document: u64, ceiling: u64) {
    set_terms(
        env,
        provider,
        id(document),
        (Tiyn(ceiling), TimeMs(u64::MAX)),
    );
}

/// Lets the first contract end at a time.
pub fn contract_until(env: &mut TestEnv, provider: OrgId, until: TimeMs) {
    set_terms(env, provider, id(1), (Tiyn(ALLOTTED), until));
}

fn set_terms(
    env: &mut TestEnv,
    provider: OrgId,
    agreement: Hash,
    (ceiling, until): (Tiyn, TimeMs),
) {
    let terms = Execute::SetTerms {
        payer: FUND,
        programme: PROGRAMME,
        provider,
        agreement,
        from: TimeMs(0),
        until,
        ceiling,
        vat_basis_points: VAT,
        kind: SettlementKind::TengeAtAcceptance,
    };
    applied(&env.execute_as(SETTLEMENT, &fund(), TREASURY, &terms));
}

pub fn by(env: &mut TestEnv, contract: ContractId, message: &Execute) -> TestOutcome {
    let outcome = env.execute_as(contract, &pharmacy(), TREASURY, message);
    check_postings(&outcome.events).expect("both sides of each are equal");
    outcome
}

/// Locks and spends: a line of which no transfer is known.
pub fn spent(env: &mut TestEnv, line: BudgetId, provider: OrgId, number: u64, amount: u64) {
    let lock = Execute::Lock {
        budget: line,
        amount: Tiyn(amount),
    };
    applied(&by(env, NAMED, &lock));
    let spend = Execute::Spend {
        id: id(number),
        budget: line,
        provider,
        amount: Tiyn(amount),
        reference: id(900),
        served_at: env.time(),
    };
    applied(&by(env, NAMED, &spend));
}

/// Of the pharmacy's contract.
pub fn unspend(number: u64, amount: u64) -> Execute {
    unspend_at(number, amount, VAT)
}

pub fn unspend_at(number: u64, amount: u64, vat_basis_points: u16) -> Execute {
    Execute::Unspend {
        id: id(number),
        budget: LINE,
        provider: PHARMACY,
        amount: Tiyn(amount),
        reference: id(900),
        period: JANUARY,
        vat_basis_points,
    }
}

pub fn line(number: u64, amount: u64) -> CorrectionLine {
    CorrectionLine {
        issuer: NAMED,
        transfer: id(number),
        budget: LINE,
        amount: Tiyn(amount),
        vat_basis_points: VAT,
    }
}

/// A correcting act of January's.
pub fn correct(env: &mut TestEnv, provider: OrgId, lines: Vec<CorrectionLine>) -> TestOutcome {
    let message = Execute::Correct {
        id: id(env.time().0),
        provider,
        programme: PROGRAMME,
        period: JANUARY,
        lines,
        reference: id(2),
    };
    by(env, SETTLEMENT, &message)
}

/// What a line can still pay, in tiyn.
pub fn left_in(env: &mut TestEnv, budget: BudgetId) -> u128 {
    let answer: BudgetAnswer = ask(env, &Query::Budget { budget });
    answer.expect("the line is open").available().0
}

pub fn locked(env: &mut TestEnv) -> u128 {
    let question = Query::Locked {
        budget: LINE,
        contract: NAMED,
    };
    ask::<LockedAnswer>(env, &question).0
}

pub fn claim_of(env: &mut TestEnv, provider: OrgId, period: Month) -> Claim {
    let question = Query::Claim {
        provider,
        programme: PROGRAMME,
        period,
    };
    ask::<ClaimAnswer>(env, &question).unwrap_or_default()
}

/// What is not resolved yet between the programme and the pharmacy.
pub fn outstanding(env: &mut TestEnv) -> OutstandingAnswer {
    let question = Query::Outstanding {
        programme: PROGRAMME,
        provider: PHARMACY,
    };
    ask(env, &question)
}

/// Counted under the pharmacy's contract, in tiyn.
pub fn counted(env: &mut TestEnv) -> u128 {
    let question = Query::Terms {
        programme: PROGRAMME,
        provider: PHARMACY,
    };
    let answer: TermsAnswer = ask(env, &question);
    answer.expect("it has a contract").posted.0
}
