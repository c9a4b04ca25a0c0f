//! A fund with one budget line, a contract that the line names, and one that it does not.
#![allow(dead_code)] // Each test file uses its own part of it.

pub mod corrections;

use borsh::BorshDeserialize;
use senim_abi::civil::{Month, UtcOffsets};
use senim_abi::treasury::msg::{BudgetAnswer, ClaimAnswer, OutsideAnswer, TransferAnswer};
use senim_abi::treasury::{
    Budget, BudgetId, Claim, Execute, Outside, ProgrammeId, Query, Transfer, TreasuryEvent,
};
use senim_abi::{PRESCRIPTION, REGISTRY, TREASURY};
use senim_sdk::Roles;
use senim_sdk::testing::{Actor, TestEnv, TestOutcome};
use senim_types::{ContractId, Event, Hash, OrgId, TimeMs, Tiyn};

pub const FUND: OrgId = OrgId(10);
pub const OTHER_FUND: OrgId = OrgId(11);
pub const PHARMACY: OrgId = OrgId(20);
pub const OTHER_PHARMACY: OrgId = OrgId(21);
pub const LINE: BudgetId = BudgetId(1);
pub const PROGRAMME: ProgrammeId = ProgrammeId(7);
/// A contract that the line names.
pub const NAMED: ContractId = PRESCRIPTION;
/// A contract that it does not name.
pub const UNNAMED: ContractId = REGISTRY;
/// 2027-01-15 08:00 UTC, where the test double begins.
pub const JANUARY: Month = Month::new(2027, 1);
pub const FEBRUARY: Month = Month::new(2027, 2);
pub const DAY_MS: u64 = 24 * 60 * 60 * 1000;

pub fn id(number: u64) -> Hash {
    Hash::of(&number.to_be_bytes())
}

pub fn fund() -> Actor {
    Actor::new(1, FUND, Roles::FUND)
}

pub fn other_fund() -> Actor {
    Actor::new(2, OTHER_FUND, Roles::FUND)
}

pub fn pharmacy() -> Actor {
    Actor::new(3, PHARMACY, Roles::PHARMACY)
}

pub fn open(budget: BudgetId) -> Execute {
    Execute::OpenBudget {
        budget,
        payer: FUND,
        programme: PROGRAMME,
        callers: vec![NAMED],
        offsets: UtcOffsets::fixed(300),
    }
}

pub fn allot(number: u64, amount: u64) -> Execute {
    Execute::Allot {
        id: id(number),
        budget: LINE,
        amount: Tiyn(amount),
    }
}

pub fn withdraw(number: u64, amount: u64) -> Execute {
    Execute::Withdraw {
        id: id(number),
        budget: LINE,
        amount: Tiyn(amount),
    }
}

pub fn settle(number: u64, period: Month, amount: u64) -> Execute {
    Execute::Settle {
        id: id(number),
        provider: PHARMACY,
        programme: PROGRAMME,
        period,
        amount: Tiyn(amount),
    }
}

pub fn pay(number: u64, amount: u64) -> Execute {
    Execute::Pay {
        id: id(number),
        budget: LINE,
        provider: PHARMACY,
        amount: Tiyn(amount),
        reference: id(900),
    }
}

pub fn reserve(number: u64, amount: u64, expires_at: TimeMs) -> Execute {
    Execute::Reserve {
        id: id(number),
        budget: LINE,
        provider: PHARMACY,
        amount: Tiyn(amount),
        reference: id(900),
        expires_at,
    }
}

pub fn post(number: u64, amount: u64) -> Execute {
    Execute::Post {
        id: id(number),
        amount: Tiyn(amount),
    }
}

pub fn void(number: u64) -> Execute {
    Execute::Void { id: id(number) }
}

pub fn reverse(number: u64) -> Execute {
    Execute::Reverse { id: id(number) }
}

/// A ledger with the treasury and nothing in it.
pub fn empty() -> TestEnv {
    TestEnv::new().with(TREASURY, senim_contract_treasury::run)
}

/// A ledger with an open line that has this much.
pub fn with_budget(amount: u64) -> TestEnv {
    let mut env = empty();
    applied(&by_fund(&mut env, &open(LINE)));
    if amount > 0 {
        applied(&by_fund(&mut env, &allot(0, amount)));
    }
    env
}

pub fn by_fund(env: &mut TestEnv, message: &Execute) -> TestOutcome {
    env.execute(&fund(), TREASURY, message)
}

/// By the contract that the line names, in a transaction of the pharmacy's.
pub fn by_named(env: &mut TestEnv, message: &Execute) -> TestOutcome {
    env.execute_as(NAMED, &pharmacy(), TREASURY, message)
}

#[track_caller]
pub fn applied(outcome: &TestOutcome) -> Vec<u8> {
    outcome.output().to_vec()
}

pub fn events(outcome: &TestOutcome) -> Vec<TreasuryEvent> {
    outcome.events.iter().map(read_event).collect()
}

pub fn read_event(event: &Event) -> TreasuryEvent {
    let read = TreasuryEvent::try_from_slice(&event.body).expect("the treasury's event decodes");
    assert_eq!(event.kind, read.kind());
    assert_eq!(event.contract, TREASURY);
    read
}

fn ask<T: BorshDeserialize>(env: &mut TestEnv, question: &Query) -> T {
    let answer = env.ask(TREASURY, question).expect("questions are answered");
    T::try_from_slice(&answer).expect("the answer has the type that the question names")
}

pub fn budget(env: &mut TestEnv) -> Budget {
    let answer: BudgetAnswer = ask(env, &Query::Budget { budget: LINE });
    answer.expect("the line is open")
}

pub fn available(env: &mut TestEnv) -> u128 {
    budget(env).available().0
}

pub fn claim(env: &mut TestEnv, period: Month) -> Claim {
    let question = Query::Claim {
        provider: PHARMACY,
        programme: PROGRAMME,
        period,
    };
    let answer: ClaimAnswer = ask(env, &question);
    answer.unwrap_or_default()
}

pub fn outside(env: &mut TestEnv) -> Outside {
    let answer: OutsideAnswer = ask(env, &Query::Outside { payer: FUND });
    answer.unwrap_or_default()
}

pub fn transfer(env: &mut TestEnv, number: u64) -> Option<Transfer> {
    let answer: TransferAnswer = ask(
        env,
        &Query::Transfer {
            issuer: NAMED,
            id: id(number),
        },
    );
    answer
}
