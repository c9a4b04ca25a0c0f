//! What other rules would have changed: history decided again, act by act.
//!
//! A token is not the same under other rules: a use that they refuse leaves its money and its count of the day. So each
//! token has a second life here, and what is decided again is judged on that.

pub mod medicine;

use crate::commands::explain::Decided;
use crate::failure::Result;
use senim_abi::civil::Month;
use senim_abi::policy::{Act, Clock, Decision, Denial, Facts, Terms, Token};
use senim_abi::voucher::VoucherId;
use senim_abi::voucher::record::RecentUse;
use senim_types::{Code, Tiyn};
use serde::Serialize;
use std::collections::{BTreeMap, VecDeque};

/// The number that stands for a rule of the ledger's own: what is left does not suffice, or it was never issued.
pub const RULE_OF_THE_LEDGER: u16 = 0;

/// What all uses came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sum {
    /// Uses that were paid.
    pub uses: u64,
    /// What the programme paid, in tiyn.
    pub pays: u128,
    /// What citizens bore, in tiyn.
    pub bears: u128,
}

impl Sum {
    fn add(&mut self, terms: &Terms) {
        self.uses += 1;
        self.pays += u128::from(terms.pays.0);
        self.bears += u128::from(terms.bears.0);
    }

    fn take_back(&mut self, terms: &Terms) {
        self.uses -= 1;
        self.pays -= u128::from(terms.pays.0);
        self.bears -= u128::from(terms.bears.0);
    }
}

/// What was, and what would have been.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// As it was.
    pub before: Sum,
    /// As it would have been.
    pub after: Sum,
}

impl Compared {
    /// Whether anything would have been otherwise.
    pub fn differs(&self) -> bool {
        self.before != self.after
    }
}

/// What a simulation found.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Acts that were decided again: issues, top-ups and uses; of medicines issues, holds, dispenses and reversals.
    pub acts: u64,
    /// All of the programme.
    pub total: Compared,
    /// Of each token that would have fared otherwise: its sums, or what was allowed.
    pub tokens: BTreeMap<String, Compared>,
    /// Uses that the other rules refuse, by their rule; of medicines holds and reversals, too.
    pub refused: BTreeMap<u16, u64>,
    /// Uses that were refused and would not be.
    pub allowed: u64,
    /// Tokens that would not have been issued, or not have got more, by the rule.
    pub not_issued: BTreeMap<u16, u64>,
}

/// A token's life under the other rules.
#[derive(Clone, Copy, Debug)]
struct Life {
    issued: bool,
    amount: u64,
    left: u64,
    uses: u32,
    day: u32,
    today: u8,
    month: Month,
    this_month: u16,
    spent: u64,
}

impl Life {
    /// As it is known at the first sight of it.
    fn of(token: &Token, clock: &Clock) -> Life {
        Life {
            issued: true,
            amount: token.amount.0,
            left: token.left.0,
            uses: token.uses,
            day: clock.day,
            today: token.uses_today,
            month: clock.month(),
            this_month: token.uses_this_month,
            spent: token.spent_this_month.0,
        }
    }

    /// The facts of an act as they are in this life.
    fn facts(&self, facts: &Facts) -> Facts {
        let mut facts = facts.clone();
        let (clock, token) = (facts.clock, &mut facts.token);
        token.amount = Tiyn(self.amount);
        token.left = Tiyn(self.left);
        token.uses = self.uses;
        token.uses_today = if self.day == clock.day { self.today } else { 0 };
        let same_month = self.month == clock.month();
        token.uses_this_month = if same_month { self.this_month } else { 0 };
        token.spent_this_month = Tiyn(if same_month { self.spent } else { 0 });
        facts
    }

    fn use_it(&mut self, facts: &Facts, terms: &Terms) {
        self.left -= terms.pays.0;
        self.uses += 1;
        self.day = facts.clock.day;
        self.today = facts.token.uses_today.saturating_add(1);
        self.month = facts.clock.month();
        self.this_month = facts.token.uses_this_month.saturating_add(1);
        self.spent = facts.token.spent_this_month.0 + terms.pays.0;
    }

    fn undo(&mut self, used: &Recent, terms: &Terms) {
        self.left += terms.pays.0;
        self.uses = self.uses.saturating_sub(1);
        if self.day == used.day {
            self.today = self.today.saturating_sub(1);
        }
        if self.month == used.month {
            self.this_month = self.this_month.saturating_sub(1);
            self.spent = self.spent.saturating_sub(terms.pays.0);
        }
    }
}

/// A use that was paid and may yet be undone.
#[derive(Debug)]
struct Recent {
    number: u32,
    day: u32,
    month: Month,
    before: Terms,
    /// The other rules' terms, or the rule that refuses it.
    after: std::result::Result<Terms, u16>,
}

/// A simulation under way.
#[derive(Debug, Default)]
pub struct Simulation {
    lives: BTreeMap<VoucherId, Life>,
    tokens: BTreeMap<VoucherId, Compared>,
    /// Of each token, as many as its voucher knows.
    recent: BTreeMap<VoucherId, VecDeque<Recent>>,
    report: Report,
}

impl Simulation {
    /// Decides an act of history again; acts in their order.
    pub fn take(
        &mut self,
        was: &Decided,
        mut decide: impl FnMut(Facts) -> Result<Decision>,
    ) -> Result<()> {
        match &was.facts.act {
            Act::Issue if was.decision.is_ok() => {
                self.report.acts += 1;
                let mut life = Life::of(&was.facts.token, &was.facts.clock);
                if let Err(denial) = decide(was.facts.clone())? {
                    *self.report.not_issued.entry(denial.rule).or_default() += 1;
                    life.issued = false;
                    life.left = 0;
                }
                self.lives.insert(was.voucher, life);
            }
            Act::TopUp { amount } if was.decision.is_ok() => {
                self.report.acts += 1;
                let life = self.life(was);
                match decide(life.facts(&was.facts))? {
                    Ok(_) => {
                        life.amount += amount.0;
                        life.left += amount.0;
                    }
                    Err(denial) => *self.report.not_issued.entry(denial.rule).or_default() += 1,
                }
            }
            Act::Redeem { .. } => self.use_again(was, decide)?,
            _ => {}
        }
        Ok(())
    }

    fn use_again(
        &mut self,
        was: &Decided,
        mut decide: impl FnMut(Facts) -> Result<Decision>,
    ) -> Result<()> {
        self.report.acts += 1;
        let life = self.life(was);
        let facts = life.facts(&was.facts);
        let of_the_ledger = |code| Denial {
            code,
            rule: RULE_OF_THE_LEDGER,
        };
        let now = if life.issued {
            decide(facts.clone())?
        } else {
            Err(of_the_ledger(Code::VOUCHER_UNKNOWN))
        };
        let now = now.and_then(|terms| {
            if terms.pays.0 > life.left {
                Err(of_the_ledger(Code::INSUFFICIENT))
            } else {
                Ok(terms)
            }
        });
        if let Ok(terms) = &now {
            life.use_it(&facts, terms);
        }
        let token = self.tokens.entry(was.voucher).or_default();
        for compared in [&mut self.report.total, token] {
            if let Ok(terms) = &was.decision {
                compared.before.add(terms);
            }
            if let Ok(terms) = &now {
                compared.after.add(terms);
            }
        }
        if let (Some(number), Ok(before)) = (was.number, &was.decision) {
            let recent = self.recent.entry(was.voucher).or_default();
            if recent.len() == RecentUse::KNOWN_MAX {
                recent.pop_front();
            }
            recent.push_back(Recent {
                number,
                day: facts.clock.day,
                month: facts.clock.month(),
                before: *before,
                after: now.as_ref().map(|terms| *terms).map_err(|no| no.rule),
            });
        }
        match (&was.decision, &now) {
            (Ok(_), Err(denial)) => *self.report.refused.entry(denial.rule).or_default() += 1,
            (Err(_), Ok(_)) => self.report.allowed += 1,
            _ => {}
        }
        Ok(())
    }

    /// A use was undone: it is none, under either rules. One from before history begins is in no sum.
    pub fn undo(&mut self, voucher: VoucherId, number: u32) {
        let Some(recent) = self.recent.get_mut(&voucher) else {
            return;
        };
        let index = recent.iter().position(|used| used.number == number);
        let Some(used) = index.and_then(|index| recent.remove(index)) else {
            return;
        };
        self.report.acts -= 1;
        let token = self.tokens.entry(voucher).or_default();
        for compared in [&mut self.report.total, token] {
            compared.before.take_back(&used.before);
            if let Ok(terms) = &used.after {
                compared.after.take_back(terms);
            }
        }
        match (&used.after, self.lives.get_mut(&voucher)) {
            (Ok(terms), Some(life)) => life.undo(&used, terms),
            (Err(rule), _) => {
                if let Some(count) = self.report.refused.get_mut(rule) {
                    *count -= 1;
                }
                self.report.refused.retain(|_, count| *count > 0);
            }
            (Ok(_), None) => {}
        }
    }

    /// The token's life; one that was issued before history begins is taken as it is found.
    fn life(&mut self, was: &Decided) -> &mut Life {
        self.lives
            .entry(was.voucher)
            .or_insert_with(|| Life::of(&was.facts.token, &was.facts.clock))
    }

    /// What was found.
    pub fn finish(mut self) -> Report {
        let differing = self.tokens.iter().filter(|(_, token)| token.differs());
        self.report.tokens = differing
            .map(|(id, token)| (id.to_string(), *token))
            .collect();
        self.report
    }
}

#[cfg(test)]
mod tests;
