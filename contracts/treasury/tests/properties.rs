//! Random sequences of commands against a naive model that remembers everything and adds it up anew each time.
//!
//! After every command: the model and the contract agree on what is accepted and on what every line has left; over all
//! accounts Σ debits = Σ credits; no line is overspent; nothing is resolved twice; the node's check of the postings holds.
//! In the end they agree on every claim, and on what is outstanding.

mod common;

use borsh::BorshDeserialize;
use common::{DAY_MS, PROGRAMME, by_fund, by_named, empty, id, open};
use proptest::prelude::*;
use senim_abi::TREASURY;
use senim_abi::civil::Month;
use senim_abi::treasury::msg::BudgetAnswer;
use senim_abi::treasury::record::{
    BudgetRecord, COLLECTION_BUDGET, COLLECTION_CLAIM, COLLECTION_OUTSIDE, ClaimRecord,
    OutsideRecord,
};
use senim_abi::treasury::{BudgetId, Execute, Outstanding, Query, check_postings};
use senim_sdk::testing::{TestEnv, TestOutcome};
use senim_types::{OrgId, TimeMs, Tiyn};
use std::collections::BTreeMap;

const LINES: [BudgetId; 2] = [BudgetId(1), BudgetId(2)];

#[derive(Clone, Copy, Debug)]
enum Command {
    Allot {
        id: u64,
        line: usize,
        amount: u64,
    },
    Withdraw {
        id: u64,
        line: usize,
        amount: u64,
    },
    Settle {
        id: u64,
        provider: u32,
        months_ago: u32,
        amount: u64,
    },
    Pay {
        id: u64,
        line: usize,
        provider: u32,
        amount: u64,
    },
    Reserve {
        id: u64,
        line: usize,
        provider: u32,
        amount: u64,
        days: u64,
    },
    Post {
        id: u64,
        amount: u64,
    },
    Void {
        id: u64,
    },
    Reverse {
        id: u64,
    },
    Wait {
        days: u64,
        serve: bool,
    },
}

fn command() -> impl Strategy<Value = Command> {
    let (id, line, provider) = (0..12u64, 0..2usize, 1..3u32);
    // Mostly small amounts, so that lines run out; now and then none, or more than there can be.
    let amount = || prop_oneof![8 => 1..60u64, 1 => Just(0u64), 1 => Just(u64::MAX)];
    let amounts = || prop_oneof![4 => amount(), 4 => Just(20u64)];
    prop_oneof![
        3 => (id.clone(), line.clone(), amounts())
            .prop_map(|(id, line, amount)| Command::Allot { id, line, amount }),
        1 => (id.clone(), line.clone(), amounts())
            .prop_map(|(id, line, amount)| Command::Withdraw { id, line, amount }),
        2 => (id.clone(), provider.clone(), 0..2u32, amounts()).prop_map(
            |(id, provider, months_ago, amount)| Command::Settle { id, provider, months_ago, amount }
        ),
        4 => (id.clone(), line.clone(), provider.clone(), amounts())
            .prop_map(|(id, line, provider, amount)| Command::Pay { id, line, provider, amount }),
        4 => (id.clone(), line, provider, amounts(), 1..40u64).prop_map(
            |(id, line, provider, amount, days)| Command::Reserve { id, line, provider, amount, days }
        ),
        4 => (id.clone(), amounts()).prop_map(|(id, amount)| Command::Post { id, amount }),
        2 => id.clone().prop_map(|id| Command::Void { id }),
        2 => id.prop_map(|id| Command::Reverse { id }),
        2 => (1..25u64, any::<bool>()).prop_map(|(days, serve)| Command::Wait { days, serve }),
    ]
}

/// How a transfer ended, in the model.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Held,
    Posted(u64),
    Released,
    Reversed(u64),
}

#[derive(Clone, Copy, Debug)]
struct Made {
    line: usize,
    provider: u32,
    amount: u64,
    expires_at: Option<u64>,
    end: End,
    posted_in: u32,
}

/// What happened, unsummed.
#[derive(Default)]
struct Model {
    now: u64,
    operations: BTreeMap<u64, String>,
    /// (line, amount in, amount out)
    moved: Vec<(usize, u64, u64)>,
    transfers: BTreeMap<u64, Made>,
    /// (provider, month, plus, minus)
    claims: Vec<(u32, u32, u64, u64)>,
}

impl Model {
    fn month(&self) -> u32 {
        // The line's civil time is UTC+5. Days are counted through the calendar, one by one.
        let mut days = (self.now + 5 * 60 * 60 * 1000) / DAY_MS;
        let (mut year, mut month) = (1970, 1);
        loop {
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let length = match month {
                2 => 28 + u64::from(leap),
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            if days < length {
                return year * 12 + month - 1;
            }
            days -= length;
            (year, month) = if month == 12 {
                (year + 1, 1)
            } else {
                (year, month + 1)
            };
        }
    }

    fn available(&self, line: usize) -> i128 {
        let moved = self.moved.iter().filter(|(of, _, _)| *of == line);
        let moved: i128 = moved
            .map(|(_, plus, minus)| i128::from(*plus) - i128::from(*minus))
            .sum();
        let made = self.transfers.values().filter(|made| made.line == line);
        let spent = made.map(|made| match made.end {
            End::Held => i128::from(made.amount),
            End::Posted(amount) => i128::from(amount),
            End::Released | End::Reversed(_) => 0,
        });
        moved - spent.sum::<i128>()
    }

    fn owed(&self, provider: u32, month: u32) -> i128 {
        let lines = self
            .claims
            .iter()
            .filter(|(of, in_month, _, _)| (*of, *in_month) == (provider, month));
        lines
            .map(|(_, _, plus, minus)| i128::from(*plus) - i128::from(*minus))
            .sum()
    }

    /// The month in which the provider owes back, by adding up all of them.
    fn negative(&self, provider: u32) -> Option<u32> {
        let months = self.claims.iter().filter(|(of, ..)| *of == provider);
        let mut negative = months.map(|(_, month, ..)| *month);
        negative.find(|month| self.owed(provider, *month) < 0)
    }

    /// Makes good what one month is negative by out of another one.
    fn set_off(&mut self, provider: u32, from: u32, to: u32, amount: i128) -> bool {
        let Ok(amount) = u64::try_from(amount) else {
            return false;
        };
        self.claims.push((provider, from, 0, amount));
        self.claims.push((provider, to, amount, 0));
        true
    }

    /// Before a line of a month: what an earlier one is negative by. False where it is more than can be moved.
    fn take_over(&mut self, provider: u32, month: u32) -> bool {
        match self.negative(provider).filter(|earlier| *earlier < month) {
            Some(earlier) => self.set_off(provider, month, earlier, -self.owed(provider, earlier)),
            None => true,
        }
    }

    fn reserved(&self, provider: u32) -> u128 {
        let made = self
            .transfers
            .values()
            .filter(|made| made.provider == provider);
        made.filter(|made| made.end == End::Held)
            .map(|made| u128::from(made.amount))
            .sum()
    }

    fn has_claim(&self, provider: u32, month: u32) -> bool {
        self.claims
            .iter()
            .any(|(of, in_month, _, _)| (*of, *in_month) == (provider, month))
    }

    /// Whether the command is accepted, with its effect if it is.
    fn accepts(&mut self, command: Command) -> bool {
        let month = self.month();
        match command {
            Command::Allot { id, line, amount } => self.once(id, command, |model| {
                let fits = amount > 0;
                if fits {
                    model.moved.push((line, amount, 0));
                }
                fits
            }),
            Command::Withdraw { id, line, amount } => self.once(id, command, |model| {
                let fits = amount > 0 && i128::from(amount) <= model.available(line);
                if fits {
                    model.moved.push((line, 0, amount));
                }
                fits
            }),
            Command::Settle {
                id,
                provider,
                months_ago,
                amount,
            } => self.once(id, command, |model| {
                let of = month - months_ago;
                let owed =
                    model.has_claim(provider, of) && i128::from(amount) <= model.owed(provider, of);
                if amount > 0 && owed {
                    model.claims.push((provider, of, 0, amount));
                }
                amount > 0 && owed
            }),
            Command::Pay {
                id,
                line,
                provider,
                amount,
            } => self.order(
                id,
                Made {
                    line,
                    provider,
                    amount,
                    expires_at: None,
                    end: End::Posted(amount),
                    posted_in: month,
                },
            ),
            Command::Reserve {
                id,
                line,
                provider,
                amount,
                days,
            } => {
                let expires_at = Some(self.now + days * DAY_MS);
                self.order(
                    id,
                    Made {
                        line,
                        provider,
                        amount,
                        expires_at,
                        end: End::Held,
                        posted_in: 0,
                    },
                )
            }
            Command::Post { id, amount } => {
                let now = self.now;
                let Some(made) = self.transfers.get(&id).copied() else {
                    return false;
                };
                match made.end {
                    End::Held if made.expires_at.is_some_and(|at| now >= at) => false,
                    End::Held if amount == 0 || amount > made.amount => false,
                    End::Held if !self.take_over(made.provider, month) => false,
                    End::Held => {
                        self.claims.push((made.provider, month, amount, 0));
                        let end = End::Posted(amount);
                        let posted = Made {
                            end,
                            posted_in: month,
                            ..made
                        };
                        self.transfers.insert(id, posted);
                        true
                    }
                    End::Posted(posted) | End::Reversed(posted) => {
                        made.expires_at.is_some() && posted == amount
                    }
                    End::Released => false,
                }
            }
            Command::Void { id } => {
                let Some(made) = self.transfers.get_mut(&id) else {
                    return false;
                };
                let held = matches!(made.end, End::Held | End::Released);
                if held {
                    made.end = End::Released;
                }
                held
            }
            Command::Reverse { id } => {
                let Some(made) = self.transfers.get(&id).copied() else {
                    return false;
                };
                match made.end {
                    End::Posted(amount) => {
                        let (provider, posted_in) = (made.provider, made.posted_in);
                        // Without a contract a line comes off where it stands, unless that was paid.
                        let stands = self.owed(provider, posted_in) >= i128::from(amount);
                        let month = if stands { posted_in } else { month };
                        if !self.take_over(provider, month) {
                            return false;
                        }
                        self.claims.push((provider, month, 0, amount));
                        // What is left to pay of its own month makes it good first.
                        let left = self.owed(provider, posted_in);
                        let short = -self.owed(provider, month);
                        if left.min(short) > 0
                            && !self.set_off(provider, posted_in, month, left.min(short))
                        {
                            return false;
                        }
                        let end = End::Reversed(amount);
                        self.transfers.insert(id, Made { end, ..made });
                        true
                    }
                    End::Reversed(_) => true,
                    End::Held | End::Released => false,
                }
            }
            Command::Wait { days, serve } => {
                self.now += days * DAY_MS;
                if serve {
                    let now = self.now;
                    for made in self.transfers.values_mut() {
                        if made.end == End::Held && made.expires_at.is_some_and(|at| now >= at) {
                            made.end = End::Released;
                        }
                    }
                }
                true
            }
        }
    }

    fn once(&mut self, id: u64, command: Command, act: impl FnOnce(&mut Model) -> bool) -> bool {
        let mut text = format!("{command:?}");
        if let Command::Settle { months_ago, .. } = command {
            text = format!("{text} of {}", self.month() - months_ago);
            text = text.replace(&format!("months_ago: {months_ago}"), "");
        }
        match self.operations.get(&id) {
            Some(known) => *known == text,
            None => {
                let done = act(self);
                if done {
                    self.operations.insert(id, text);
                }
                done
            }
        }
    }

    fn order(&mut self, id: u64, order: Made) -> bool {
        if let Some(known) = self.transfers.get(&id) {
            let of = |made: &Made| (made.line, made.provider, made.amount, made.expires_at);
            return of(known) == of(&order);
        }
        if order.amount == 0 || i128::from(order.amount) > self.available(order.line) {
            return false;
        }
        if order.end != End::Held && !self.take_over(order.provider, self.month()) {
            return false;
        }
        if order.end != End::Held {
            self.claims
                .push((order.provider, self.month(), order.amount, 0));
        }
        self.transfers.insert(id, order);
        true
    }
}

/// The same command to the contract.
fn send(env: &mut TestEnv, command: Command) -> Vec<TestOutcome> {
    let now = env.time();
    let outcome = match command {
        Command::Allot {
            id: number,
            line,
            amount,
        } => by_fund(
            env,
            &Execute::Allot {
                id: id(number),
                budget: LINES[line],
                amount: Tiyn(amount),
            },
        ),
        Command::Withdraw {
            id: number,
            line,
            amount,
        } => by_fund(
            env,
            &Execute::Withdraw {
                id: id(number),
                budget: LINES[line],
                amount: Tiyn(amount),
            },
        ),
        Command::Settle {
            id: number,
            provider,
            months_ago,
            amount,
        } => {
            let month = Model {
                now: now.0,
                ..Model::default()
            }
            .month()
                - months_ago;
            let message = Execute::Settle {
                id: id(number),
                provider: OrgId(provider),
                programme: PROGRAMME,
                period: Month(month),
                amount: Tiyn(amount),
            };
            by_fund(env, &message)
        }
        Command::Pay {
            id: number,
            line,
            provider,
            amount,
        } => by_named(
            env,
            &Execute::Pay {
                id: id(number),
                budget: LINES[line],
                provider: OrgId(provider),
                amount: Tiyn(amount),
                reference: id(number + 100),
            },
        ),
        Command::Reserve {
            id: number,
            line,
            provider,
            amount,
            days,
        } => by_named(
            env,
            &Execute::Reserve {
                id: id(number),
                budget: LINES[line],
                provider: OrgId(provider),
                amount: Tiyn(amount),
                reference: id(number + 100),
                expires_at: TimeMs(now.0 + days * DAY_MS),
            },
        ),
        Command::Post { id: number, amount } => by_named(
            env,
            &Execute::Post {
                id: id(number),
                amount: Tiyn(amount),
                served_at: TimeMs(0),
            },
        ),
        Command::Void { id: number } => by_named(env, &Execute::Void { id: id(number) }),
        Command::Reverse { id: number } => by_named(env, &Execute::Reverse { id: id(number) }),
        Command::Wait { days, serve } => {
            env.advance(days * DAY_MS);
            let served = if serve { env.serve_due() } else { Vec::new() };
            return served.into_iter().map(|(_, outcome)| outcome).collect();
        }
    };
    vec![outcome]
}

/// Σ debits and Σ credits over every account in the state.
fn sums(env: &TestEnv) -> (u128, u128) {
    let (mut debits, mut credits) = (0, 0);
    for (key, value) in env.state() {
        assert_eq!(key[..4], TREASURY.0.to_be_bytes());
        let (debit, credit) = match key[4] {
            COLLECTION_BUDGET => {
                let budget = BudgetRecord::try_from_slice(value)
                    .expect("stored records decode")
                    .into_current();
                assert!(
                    budget.debits.0 + budget.pending.0 <= budget.credits.0,
                    "overspent"
                );
                (budget.debits.0, budget.credits.0)
            }
            COLLECTION_CLAIM => {
                let claim = ClaimRecord::try_from_slice(value)
                    .expect("stored records decode")
                    .into_current();
                (claim.debits().0, claim.credits().0)
            }
            COLLECTION_OUTSIDE => {
                let outside = OutsideRecord::try_from_slice(value)
                    .expect("stored records decode")
                    .into_current();
                (outside.debits.0, outside.credits.0)
            }
            _ => (0, 0),
        };
        debits += debit;
        credits += credit;
    }
    (debits, credits)
}

fn available(env: &mut TestEnv, line: usize) -> i128 {
    let question = Query::Budget {
        budget: LINES[line],
    };
    let answer = env
        .ask(TREASURY, &question)
        .expect("questions are answered");
    let budget = BudgetAnswer::try_from_slice(&answer)
        .expect("an answer")
        .expect("an open line");
    budget.available().0 as i128
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn money_is_conserved_and_nothing_is_resolved_twice(commands in prop::collection::vec(command(), 1..80)) {
        let mut env = empty();
        for line in LINES {
            prop_assert_eq!(by_fund(&mut env, &open(line)).code(), None);
        }
        let mut model = Model { now: env.time().0, ..Model::default() };
        for command in commands {
            let accepted = model.accepts(command);
            let before = sums(&env);
            let outcomes = send(&mut env, command);
            let refused = outcomes.iter().any(|outcome| outcome.result.is_err());
            prop_assert_eq!(accepted, !refused, "{:?}: {:?}", command, outcomes);

            let told: Vec<_> = outcomes.iter().flat_map(|outcome| &outcome.events).collect();
            let movement = check_postings(told).expect("the contract's postings balance");
            let (debits, credits) = sums(&env);
            prop_assert_eq!(debits, credits);
            prop_assert_eq!(debits, before.0 + movement.amount.0, "no movement without a posting");
            for line in 0..LINES.len() {
                prop_assert_eq!(available(&mut env, line), model.available(line), "line {}", line);
                prop_assert!(model.available(line) >= 0);
            }
        }
        for provider in 1..3 {
            let question = Query::Outstanding { programme: PROGRAMME, provider: OrgId(provider) };
            let answer = env.ask(TREASURY, &question).unwrap();
            let outstanding = Outstanding::try_from_slice(&answer).unwrap();
            prop_assert_eq!(outstanding.debt.map(|month| month.0), model.negative(provider));
            prop_assert_eq!(outstanding.reserved.0, model.reserved(provider));
        }
        // What the model remembers of each claim is what the contract has summed up.
        let months: std::collections::BTreeSet<_> =
            model.claims.iter().map(|(provider, month, _, _)| (*provider, *month)).collect();
        for (provider, month) in months {
            let question = Query::Claim {
                provider: OrgId(provider),
                programme: PROGRAMME,
                period: Month(month),
            };
            let answer = env.ask(TREASURY, &question).unwrap();
            let claim = senim_abi::treasury::msg::ClaimAnswer::try_from_slice(&answer).unwrap().unwrap();
            let balance = claim.credits().0 as i128 - claim.debits().0 as i128;
            prop_assert_eq!(balance, model.owed(provider, month));
        }
    }
}
