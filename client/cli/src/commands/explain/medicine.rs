//! Why a clinic could issue, a pharmacy hold, dispense or undo, or why not: by the version of the programme's rules that the
//! prescription is pinned to.

use crate::commands::prescription::medicine_name;
use crate::failure::Result;
use crate::history;
use crate::policies;
use crate::programmes;
use crate::session::Session;
use crate::words::{short, tenge, time};
use senim_abi::policy::{Description, Judge, RuleText};
use senim_abi::prescription::judge::{self, Granted, Judged, TEXTS};
use senim_abi::prescription::{DispensedLine, Facts, ItemFacts, ProofKinds};
use senim_types::{Receipt, Status};
use serde_json::{Value, json};

/// Everything that rules of medicine programmes decided in a transaction.
pub fn judged(receipt: &Receipt) -> Vec<Judged> {
    if let Status::Refused { code, detail } = &receipt.status {
        return Judged::of_refusal(*code, detail).into_iter().collect();
    }
    history::prescription_events(receipt)
        .filter_map(|event| Judged::of_event(&event))
        .collect()
}

/// The rules in words.
pub fn description() -> Description {
    let text = |(rule, text): &(u16, &str)| RuleText {
        rule: *rule,
        text: (*text).to_owned(),
    };
    Description {
        name: "prescription".to_owned(),
        rules: TEXTS.iter().map(text).collect(),
    }
}

/// Decides it again, here, by the pinned version, which the state proves.
pub fn again(session: &Session, judged: &Judged) -> Result<(Vec<String>, Value)> {
    let rules = programmes::rules(session, judged.programme, judged.version)?;
    let mut judge = Judge::that_explains();
    let decision = judge::decide(&rules, &judged.facts, &mut judge);
    if decision != judged.decision {
        return Err(super::otherwise());
    }
    let outcome = match decision {
        Ok(Granted::Done) => "yes".to_owned(),
        Ok(Granted::Until(until)) => format!("yes, until {}", time(until)),
        Ok(Granted::Terms(terms)) => format!(
            "yes: the programme pays {}, the citizen bears {}",
            tenge(terms.pays),
            tenge(terms.bears)
        ),
        Err(denial) => format!("no, by rule {}: {}", denial.rule, denial.code),
    };
    let whose = judged.group.map_or_else(
        || "A prescription that was not issued".to_owned(),
        |group| format!("Prescription {}", short(group)),
    );
    let mut lines = vec![format!(
        "{whose}, programme {}, rules of version {}, {}: {outcome}",
        judged.programme,
        judged.version,
        act(&judged.facts)
    )];
    lines.extend(facts_lines(&judged.facts));
    let (description, steps) = (description(), judge.into_steps());
    let told = steps.iter();
    lines.extend(told.map(|step| policies::step_line(&description, step)));
    let json = json!({
        "prescription": judged.group, "programme": judged.programme, "version": judged.version, "act": act(&judged.facts),
        "name": description.name, "facts": judged.facts, "steps": steps, "decision": decision,
    });
    Ok((lines, json))
}

const fn act(facts: &Facts) -> &'static str {
    match facts {
        Facts::Issue(_) => "issue",
        Facts::Hold(_) => "hold",
        Facts::Dispense(_) => "dispense",
        Facts::Reverse(_) => "reverse",
    }
}

/// On what it was decided, for people.
fn facts_lines(facts: &Facts) -> Vec<String> {
    match facts {
        Facts::Issue(facts) => facts.items.iter().map(item_line).collect(),
        Facts::Hold(facts) => vec![format!("  by {}", proof_name(facts.proof))],
        Facts::Dispense(facts) => facts.lines.iter().flat_map(dispensed_lines).collect(),
        Facts::Reverse(facts) => vec![format!("  dispensed {}", time(facts.dispensed_at))],
    }
}

fn item_line(item: &ItemFacts) -> String {
    format!(
        "  item {}: {} of {} ({}), until {}",
        item.item + 1,
        item.quantity,
        medicine_name(&item.inn),
        item.inn,
        time(item.until)
    )
}

fn dispensed_lines(line: &DispensedLine) -> Vec<String> {
    let (item, ordered) = (line.item + 1, &line.ordered);
    let strength = ordered
        .strength
        .map_or_else(String::new, |strength| format!(" {strength}"));
    let product = ordered
        .product
        .map_or_else(String::new, |gtin| format!(", product {gtin} and no other"));
    let reference = ordered.reference_price.map_or_else(String::new, |price| {
        format!(", reference price {} a unit at issue", tenge(price))
    });
    let mut lines = vec![format!(
        "  item {item} prescribes {} ({}){strength}{product}{reference}",
        medicine_name(&ordered.inn),
        ordered.inn
    )];
    lines.extend(line.packs.iter().map(|pack| {
        let supplied = &pack.supplied;
        format!(
            "  given {} units of {}, {} {}, for {}",
            pack.units,
            pack.gtin,
            supplied.inn,
            supplied.strength,
            tenge(supplied.cost)
        )
    }));
    lines
}

fn proof_name(proof: ProofKinds) -> &'static str {
    match proof {
        ProofKinds::LIVE_QR => "a live QR",
        ProofKinds::CARD => "a card",
        _ => "paper",
    }
}
