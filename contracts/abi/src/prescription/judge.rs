//! What a version of a programme's rules makes of an act: a function of rules and facts, and nothing else. The contract
//! decides by it, and whoever has a receipt decides by it again.
//!
//! The order of the rules is the order of refusals.

use super::event::PrescriptionEvent;
use super::facts::{
    DispenseFacts, DispensedLine, Facts, HoldFacts, IssueFacts, ItemFacts, Ordered, ReverseFacts,
    SuppliedPack,
};
use super::programme::{ProgrammeId, ProofKinds, Rules, Settlement, Share};
use super::record::GroupId;
use crate::policy::{Denial, Judge, Terms};
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::{Code, TimeMs, Tiyn};

/// Each rule's number and what it asks for. `{0}` and `{1}` stand for what was found and what that was compared with.
pub const TEXTS: &[(u16, &str)] = &[
    (1, "the programme is open"),
    (2, "a card is written in, where cards alone are accepted"),
    (10, "item {0}"),
    (11, "the window of {0} ms is at most {1} ms long"),
    (12, "the medicine is on the programme's list"),
    (13, "the prescriber has the right to its category, {0}"),
    (14, "{0} units are at most {1}"),
    (20, "the kind of proof, {0}, is one that is accepted, {1}"),
    (21, "the proof's life of {0} ms is at most {1} ms"),
    (22, "held for {0} ms; a lease has {1} ms"),
    (30, "the substance is the one prescribed"),
    (31, "strength, form and unit are those prescribed"),
    (32, "the product is the one that the prescriber insists on"),
    (
        33,
        "the cost of {0} tiyn is within the prescription's cap of {1} tiyn",
    ),
    (40, "of {1} tiyn the programme bears its share, {0} tiyn"),
    (
        41,
        "of {1} tiyn the programme bears all up to the reference price, {0} tiyn",
    ),
    (42, "the sums fit"),
    (
        43,
        "the pack is reported to have moved here, or its movement may lag",
    ),
    (44, "stock that the state bought: nobody pays for it"),
    (50, "undone {0} ms after it was dispensed, at most {1} ms"),
];

/// What is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Granted {
    /// The act itself.
    Done,
    /// A hold until then.
    Until(TimeMs),
    /// A dispense on these terms: all of its lines.
    Terms(Terms),
}

/// The detail of a refusal by a rule of a programme: from this and the pinned version it can be decided again.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Refused {
    /// Whose rules.
    pub programme: ProgrammeId,
    /// Which version of them.
    pub version: u32,
    /// The rule that decided.
    pub rule: u16,
    /// The prescription; none for one that was not issued.
    pub group: Option<GroupId>,
    /// The facts, as few of them as are refused for the same reason; none where even those do not fit.
    pub facts: Option<Facts>,
}

/// Something that rules decided, as an event or a refusal keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Which prescription; none for one that was not issued.
    pub group: Option<GroupId>,
    /// Under which programme.
    pub programme: ProgrammeId,
    /// Version of its rules.
    pub version: u32,
    /// What was judged.
    pub facts: Facts,
    /// What was decided.
    pub decision: Result<Granted, Denial>,
}

impl Judged {
    /// What an event keeps; none for one that no rule of a programme decided.
    pub fn of_event(event: &PrescriptionEvent) -> Option<Judged> {
        use PrescriptionEvent as E;
        let (group, programme, version, facts, granted) = match event {
            E::Issued {
                group,
                programme,
                version,
                facts,
                ..
            } => (
                group,
                programme,
                version,
                Facts::Issue(facts.clone()),
                Granted::Done,
            ),
            E::Held {
                group,
                programme,
                version,
                facts,
                until,
                ..
            } => (
                group,
                programme,
                version,
                Facts::Hold(*facts),
                Granted::Until(*until),
            ),
            E::Dispensed {
                group,
                programme,
                version,
                facts,
                borne,
                citizen,
                ..
            } => {
                let terms = Terms {
                    pays: *borne,
                    bears: *citizen,
                };
                let facts = Facts::Dispense(facts.clone());
                (group, programme, version, facts, Granted::Terms(terms))
            }
            E::Reversed {
                group,
                programme,
                version,
                facts,
                ..
            } => (
                group,
                programme,
                version,
                Facts::Reverse(*facts),
                Granted::Done,
            ),
            _ => return None,
        };
        Some(Judged {
            group: Some(*group),
            programme: *programme,
            version: *version,
            facts,
            decision: Ok(granted),
        })
    }

    /// What a refusal with this code and detail keeps; none where it is not a programme's, or the facts did not fit.
    pub fn of_refusal(code: Code, detail: &[u8]) -> Option<Judged> {
        let refused: Refused = borsh::from_slice(detail).ok()?;
        let denial = Denial {
            code,
            rule: refused.rule,
        };
        Some(Judged {
            group: refused.group,
            programme: refused.programme,
            version: refused.version,
            facts: refused.facts?,
            decision: Err(denial),
        })
    }
}

/// Decides on any act.
pub fn decide(rules: &Rules, facts: &Facts, judge: &mut Judge) -> Result<Granted, Denial> {
    match facts {
        Facts::Issue(facts) => issue(rules, facts, judge).map(|()| Granted::Done),
        Facts::Hold(facts) => hold(rules, facts, judge).map(Granted::Until),
        Facts::Dispense(facts) => dispense(rules, facts, judge).map(Granted::Terms),
        Facts::Reverse(facts) => reverse(rules, facts, judge).map(|()| Granted::Done),
    }
}

/// As few of the facts as are refused in the same way.
pub fn at_fault(rules: &Rules, facts: Facts, denial: Denial) -> Facts {
    let is_same = |part: &Facts| decide(rules, part, &mut Judge::default()) == Err(denial);
    facts.parts().into_iter().find(is_same).unwrap_or(facts)
}

/// Whether a clinic may issue this.
pub fn issue(rules: &Rules, facts: &IssueFacts, judge: &mut Judge) -> Result<(), Denial> {
    judge.is(1, Code::PROGRAMME_UNKNOWN, facts.open)?;
    for item in &facts.items {
        judge.note(10, u64::from(item.item) + 1, 0);
        issue_item(rules, facts, item, judge)?;
    }
    // Under a programme that accepts cards alone, a prescription without one could never be dispensed.
    if rules.proofs == ProofKinds::CARD {
        judge.is(2, Code::CARD_REQUIRED, facts.has_card)?;
    }
    Ok(())
}

fn issue_item(
    rules: &Rules,
    facts: &IssueFacts,
    item: &ItemFacts,
    judge: &mut Judge,
) -> Result<(), Denial> {
    let window_ms = item.until.since_ms(item.not_before.max(facts.now));
    judge.at_most(11, Code::OUT_OF_RANGE, window_ms, rules.validity_ms_max)?;
    if rules.listed_only {
        judge.is(12, Code::CATEGORY_NOT_ENTITLED, item.rule.is_some())?;
    }
    // What is not listed is of the first category, the ordinary one.
    let category = item.rule.map_or(0, |rule| rule.category);
    let has_right = facts.categories.checked_shr(category.into());
    let has_right = has_right.is_some_and(|bits| bits & 1 == 1);
    let compared = (category.into(), facts.categories.into());
    judge.keep(13, Code::CATEGORY_NOT_ENTITLED, has_right, compared)?;
    if let Some(rule) = item.rule {
        judge.at_most(14, Code::MAX_QUANTITY, item.quantity, rule.units_max)?;
    }
    Ok(())
}

/// Until when a pharmacy holds: a lease from now, and no further than the window of any item, so that what is held can
/// always be dispensed.
pub fn hold(rules: &Rules, facts: &HoldFacts, judge: &mut Judge) -> Result<TimeMs, Denial> {
    judge.is(1, Code::PROGRAMME_UNKNOWN, facts.open)?;
    let (kind, accepted) = (facts.proof, rules.proofs);
    judge.keep(
        20,
        Code::PROOF_NOT_ACCEPTED,
        accepted.contains(kind),
        (kind.0.into(), accepted.0.into()),
    )?;
    if kind != ProofKinds::PAPER {
        // Every way in which a card's answer is not of this moment has one code: the card is not there.
        let code = if kind == ProofKinds::CARD {
            Code::CARD_NOT_PRESENT
        } else {
            Code::QR_WINDOW
        };
        judge.at_most(21, code, facts.proof_ms, rules.proof_ms_max)?;
    }
    let until = lease_end(rules, facts.now, facts.now).min(facts.window_until);
    judge.note(22, until.since_ms(facts.now), rules.lease_ms);
    Ok(until)
}

/// How far a lease may reach that began at `since`: a lease from now, and a hold's longest life.
pub fn lease_end(rules: &Rules, since: TimeMs, now: TimeMs) -> TimeMs {
    let lease = TimeMs(now.0.saturating_add(rules.lease_ms));
    lease.min(TimeMs(since.0.saturating_add(rules.hold_ms_max)))
}

/// Whether this may be dispensed, and who bears what of it.
pub fn dispense(rules: &Rules, facts: &DispenseFacts, judge: &mut Judge) -> Result<Terms, Denial> {
    let mut terms = Terms::default();
    for line in &facts.lines {
        let of_line = dispense_line(rules, line, judge)?;
        terms.pays = sum(terms.pays, of_line.pays)?;
        terms.bears = sum(terms.bears, of_line.bears)?;
    }
    let mut packs = facts.lines.iter().flat_map(|line| &line.packs);
    let all_here = !packs.any(|pack| pack.supplied.movement_missing);
    let may = all_here || rules.movement_may_lag;
    judge.is(43, Code::PACK_NOT_HERE, may)?;
    match facts.settlement {
        Settlement::Pay => Ok(terms),
        Settlement::StockOnly => {
            judge.note(44, 0, 0);
            Ok(Terms::default())
        }
    }
}

fn dispense_line(rules: &Rules, line: &DispensedLine, judge: &mut Judge) -> Result<Terms, Denial> {
    judge.note(10, u64::from(line.item) + 1, 0);
    let (mut units, mut cost) = (0u32, Tiyn::ZERO);
    for pack in &line.packs {
        check_pack(&line.ordered, pack, judge)?;
        units = units.checked_add(pack.units).ok_or(TOO_LARGE)?;
        cost = sum(cost, pack.supplied.cost)?;
    }
    let (rule, pays) = match rules.share {
        Share::BasisPoints(points) => {
            let points = points.min(Share::WHOLE).into();
            (40, cost.checked_share(points, Share::WHOLE.into()))
        }
        Share::UpToReference => {
            let listed = line.ordered.reference_price;
            judge.is(12, Code::CATEGORY_NOT_ENTITLED, listed.is_some())?;
            let reference = listed.and_then(|price| price.checked_share(units.into(), 1));
            // A reference so high that it does not fit is above every cost.
            let most = reference.map_or(cost, |reference| reference.min(cost));
            (41, Some(most))
        }
    };
    let pays = pays.ok_or(TOO_LARGE)?;
    judge.note(rule, pays.0, cost.0);
    let bears = cost.checked_sub(pays).ok_or(TOO_LARGE)?;
    Ok(Terms { pays, bears })
}

/// Whether a pack is what the item prescribes, and not dearer than the item allows. Where the prescriber forbade another
/// product, the medicine alone is not enough.
fn check_pack(ordered: &Ordered, pack: &SuppliedPack, judge: &mut Judge) -> Result<(), Denial> {
    let supplied = &pack.supplied;
    judge.is(30, Code::INN_MISMATCH, ordered.inn == supplied.inn)?;
    let fits = ordered
        .strength
        .is_none_or(|strength| strength == supplied.strength)
        && ordered.form.is_none_or(|form| form == supplied.form)
        && ordered.unit == supplied.unit;
    judge.is(31, Code::STRENGTH_MISMATCH, fits)?;
    if let Some(product) = ordered.product {
        judge.is(32, Code::SUBSTITUTION_NOT_ALLOWED, product == pack.gtin)?;
    }
    if let Some(cap) = ordered.price_cap {
        let cap = cap.checked_share(pack.units.into(), 1);
        // A cap so high that it does not fit is above every cost.
        let cap = cap.map_or(u64::MAX, |cap| cap.0);
        judge.at_most(33, Code::PRICE_ABOVE_CAP, supplied.cost.0, cap)?;
    }
    Ok(())
}

/// Whether a dispense may still be undone.
pub fn reverse(rules: &Rules, facts: &ReverseFacts, judge: &mut Judge) -> Result<(), Denial> {
    let after_ms = facts.now.since_ms(facts.dispensed_at);
    judge.at_most(50, Code::REVERSAL_TOO_LATE, after_ms, rules.reversal_ms)
}

const TOO_LARGE: Denial = Denial {
    code: Code::AMOUNT_OVERFLOW,
    rule: 42,
};

fn sum(a: Tiyn, b: Tiyn) -> Result<Tiyn, Denial> {
    a.checked_add(b).ok_or(TOO_LARGE)
}
