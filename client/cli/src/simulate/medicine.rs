//! What other rules of a medicine programme would have changed.
//!
//! A prescription is not the same under other rules: one that they do not let be issued is never held, and a hold that they
//! refuse or that ends before gives nothing. So each has a second life here, and what follows is judged on that.

use super::{Compared, RULE_OF_THE_LEDGER, Report};
use senim_abi::marking::InnCode;
use senim_abi::policy::{Denial, Judge, Terms};
use senim_abi::prescription::judge::{self, Granted, Judged};
use senim_abi::prescription::{
    Facts, GroupId, ItemMask, MedicineRule, PrescriptionEvent, ProgrammeId, Rules,
};
use senim_types::{Code, TimeMs};
use std::collections::{BTreeMap, BTreeSet};

/// The rule that a hold which is over has broken.
const RULE_OF_LEASES: u16 = 22;

/// What the list would say of medicines; what is not named is as it was.
pub type Medicines = BTreeMap<InnCode, Option<MedicineRule>>;

/// A hold under the other rules.
#[derive(Clone, Copy, Debug)]
struct Hold {
    since: TimeMs,
    until: TimeMs,
}

/// What a hold came to, of those that were seen.
type Held = Result<Hold, Denial>;

/// A prescription's life under the other rules.
#[derive(Debug, Default)]
struct Life {
    /// Why it would not have been issued.
    not_issued: Option<Denial>,
    holds: BTreeMap<usize, Held>,
    dispenses: BTreeMap<u8, (Terms, Option<Terms>)>,
    compared: Compared,
}

impl Life {
    fn hold(
        &mut self,
        items: ItemMask,
        at: TimeMs,
        decision: Result<Granted, Denial>,
    ) -> Option<Denial> {
        let held = match (self.not_issued, decision) {
            (Some(_), _) => Err(of_the_ledger(Code::PRESCRIPTION_UNKNOWN)),
            (None, Ok(Granted::Until(until))) => Ok(Hold { since: at, until }),
            (None, Ok(_)) => Err(of_the_ledger(Code::NOT_HELD)),
            (None, Err(denial)) => Err(denial),
        };
        self.holds
            .extend(items.indices().map(|index| (index, held)));
        held.err()
    }

    /// Whether the items are held; one whose hold is older than this history is.
    fn may_dispense(&self, items: ItemMask, at: TimeMs) -> Result<(), Denial> {
        if self.not_issued.is_some() {
            return Err(of_the_ledger(Code::PRESCRIPTION_UNKNOWN));
        }
        for held in items.indices().filter_map(|index| self.holds.get(&index)) {
            match held {
                Err(_) => return Err(of_the_ledger(Code::NOT_HELD)),
                Ok(hold) if at >= hold.until => {
                    return Err(Denial {
                        code: Code::LEASE_EXPIRED,
                        rule: RULE_OF_LEASES,
                    });
                }
                Ok(_) => {}
            }
        }
        Ok(())
    }

    fn release(&mut self, items: ItemMask) {
        self.holds.retain(|index, _| !items.has(*index));
    }

    fn dispensed(
        &mut self,
        total: &mut Compared,
        number: u8,
        was: Terms,
        now: Result<Granted, Denial>,
    ) -> Option<Denial> {
        let terms = match now {
            Ok(Granted::Terms(terms)) => Some(terms),
            _ => None,
        };
        for compared in [total, &mut self.compared] {
            compared.before.add(&was);
            terms.iter().for_each(|terms| compared.after.add(terms));
        }
        self.dispenses.insert(number, (was, terms));
        now.err()
    }

    /// Undone; a dispense from before this history is in neither sum.
    fn undone(
        &mut self,
        total: &mut Compared,
        number: u8,
        decision: Result<Granted, Denial>,
    ) -> Option<Denial> {
        let (was, now) = self.dispenses.remove(&number)?;
        let undone = now.filter(|_| decision.is_ok());
        for compared in [total, &mut self.compared] {
            compared.before.take_back(&was);
            undone
                .iter()
                .for_each(|terms| compared.after.take_back(terms));
        }
        now.and(decision.err())
    }
}

const fn of_the_ledger(code: Code) -> Denial {
    Denial {
        code,
        rule: RULE_OF_THE_LEDGER,
    }
}

/// A simulation under way.
pub struct Simulation {
    programme: ProgrammeId,
    rules: Rules,
    medicines: Medicines,
    lives: BTreeMap<GroupId, Life>,
    otherwise: BTreeSet<GroupId>,
    report: Report,
}

impl Simulation {
    /// Of these rules, on a history that is told to it event by event.
    pub fn new(programme: ProgrammeId, rules: Rules, medicines: Medicines) -> Simulation {
        Simulation {
            programme,
            rules,
            medicines,
            lives: BTreeMap::new(),
            otherwise: BTreeSet::new(),
            report: Report::default(),
        }
    }

    /// Something happened in a block of this time; events in their order.
    pub fn happened(&mut self, event: &PrescriptionEvent, at: TimeMs) {
        use PrescriptionEvent as E;
        if let Some(judged) = Judged::of_event(event) {
            if let Some(group) = judged.group
                && judged.programme == self.programme
            {
                self.decide_again(group, &judged, event, at);
            }
            return;
        }
        match event {
            E::Extended {
                group,
                items,
                until,
            } => self.extended(group, *items, *until, at),
            E::Rejected { group, items, .. } => {
                if let Some(life) = self.lives.get_mut(group) {
                    life.release(*items);
                }
            }
            _ => {}
        }
    }

    /// Something was refused by a rule of a programme.
    pub fn refused(&mut self, judged: &Judged) {
        if judged.programme != self.programme {
            return;
        }
        self.report.acts += 1;
        let life = judged.group.and_then(|group| self.lives.get(&group));
        let is_issued = life.is_none_or(|life| life.not_issued.is_none());
        if is_issued && self.decide(&judged.facts).is_ok() {
            self.report.allowed += 1;
            self.otherwise.extend(judged.group);
        }
    }

    fn decide(&self, facts: &Facts) -> Result<Granted, Denial> {
        judge::decide(&self.rules, &self.as_listed(facts), &mut Judge::default())
    }

    /// The facts as they would be with the other list.
    fn as_listed(&self, facts: &Facts) -> Facts {
        let mut facts = facts.clone();
        match &mut facts {
            Facts::Issue(facts) => {
                for item in &mut facts.items {
                    if let Some(rule) = self.medicines.get(&item.inn) {
                        item.rule = *rule;
                    }
                }
            }
            Facts::Dispense(facts) => {
                for line in &mut facts.lines {
                    if let Some(rule) = self.medicines.get(&line.ordered.inn) {
                        line.ordered.reference_price = rule.map(|rule| rule.reference_price);
                    }
                }
            }
            Facts::Hold(_) | Facts::Reverse(_) => {}
        }
        facts
    }

    fn decide_again(
        &mut self,
        group: GroupId,
        judged: &Judged,
        event: &PrescriptionEvent,
        at: TimeMs,
    ) {
        use PrescriptionEvent as E;
        self.report.acts += 1;
        let decision = self.decide(&judged.facts);
        let life = self.lives.entry(group).or_default();
        let total = &mut self.report.total;
        let denial = match event {
            E::Issued { .. } => {
                life.not_issued = decision.err();
                if let Some(denial) = life.not_issued {
                    *self.report.not_issued.entry(denial.rule).or_default() += 1;
                    self.otherwise.insert(group);
                }
                None
            }
            E::Held { items, .. } => life.hold(*items, at, decision),
            E::Dispensed {
                dispense,
                packs,
                borne,
                citizen,
                ..
            } => {
                let was = Terms {
                    pays: *borne,
                    bears: *citizen,
                };
                let indices = packs.iter().map(|pack| usize::from(pack.item));
                let items = indices.fold(ItemMask::NONE, |all, index| all.or(ItemMask::one(index)));
                let now = life.may_dispense(items, at).and(decision);
                life.release(items);
                life.dispensed(total, *dispense, was, now)
            }
            E::Reversed { dispense, .. } => life.undone(total, *dispense, decision),
            _ => None,
        };
        if let Some(denial) = denial {
            *self.report.refused.entry(denial.rule).or_default() += 1;
            self.otherwise.insert(group);
        }
    }

    fn extended(&mut self, group: &GroupId, items: ItemMask, until: TimeMs, at: TimeMs) {
        let Some(life) = self.lives.get_mut(group) else {
            return;
        };
        for index in items.indices() {
            if let Some(Ok(hold)) = life.holds.get_mut(&index)
                && at < hold.until
            {
                let reach = judge::lease_end(&self.rules, hold.since, at);
                hold.until = hold.until.max(until.min(reach));
            }
        }
    }

    /// What was found.
    pub fn finish(mut self) -> Report {
        for (group, life) in &self.lives {
            if life.compared.differs() || self.otherwise.contains(group) {
                self.report.tokens.insert(group.to_string(), life.compared);
            }
        }
        self.report
    }
}

#[cfg(test)]
mod tests;
