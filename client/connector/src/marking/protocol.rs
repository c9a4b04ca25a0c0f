//! What a marking operator's system and the connector say to each other. `docs/systems/marking.md` is its page; another
//! operator's protocol is another [`Operator`].

use crate::http::{Answered, Endpoint};
use crate::outbox::Outcome;
use senim_abi::marking::msg::{Execute, PackId, Stage};
use senim_abi::marking::{Day, Gtin, Lot, Serial};
use senim_types::OrgId;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The media type.
const JSON: &str = "application/json";
/// Movements of one answer.
const MOVEMENTS_MAX: usize = 100;
/// How far a movement's number may lie above the one before: what is further is a mistake, and to go on behind it would be
/// to miss all that come before it.
pub const NUMBER_STEP_MAX: u64 = 1_000_000;

/// A pharmacy tells that a pack, or a part of one, left circulation, or came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// Its identity, 64 hex digits: the same report comes again as the same.
    pub id: String,
    /// Which of the two.
    pub kind: Kind,
    /// The supply: the ledger's prescription and number.
    pub document: String,
    /// AI 01.
    pub gtin: Gtin,
    /// AI 21.
    pub serial: Serial,
    /// AI 10.
    pub lot: Option<Lot>,
    /// AI 17.
    pub expiry: Option<Day>,
    /// Units, of those that the product counts.
    pub units: u32,
    /// The pharmacy, by its number on the ledger.
    pub organisation: u32,
    /// When, in UTC.
    pub at: String,
    /// Whether what came back had left the pharmacy, and is in quarantine.
    pub quarantine: bool,
}

/// Of what a report is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Dispensed.
    Withdrawal,
    /// Its dispensing was undone.
    Return,
}

/// A movement of packs that the operator knows of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Movement {
    /// Packs are put into circulation.
    Introduce {
        /// GTIN of all.
        gtin: Gtin,
        /// Lot of all.
        lot: Lot,
        /// Last day of use.
        expiry: Day,
        /// Their serials.
        serials: Vec<Serial>,
        /// Who has them, by its number on the ledger.
        at: u32,
    },
    /// The holder shipped packs.
    Ship {
        /// Which.
        packs: Vec<PackId>,
        /// To whom.
        to: u32,
    },
    /// The addressee received packs.
    Receive {
        /// Which.
        packs: Vec<PackId>,
    },
}

/// A movement and its place among all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Numbered {
    /// Its place, ascending from 1.
    pub number: u64,
    /// The movement. Read when it is brought: one that is wrong holds up no other.
    pub movement: Value,
}

/// What the operator's system answers to a question for movements.
#[derive(Debug, Serialize, Deserialize)]
pub struct Movements {
    /// In order; none where there is nothing new.
    pub movements: Vec<Numbered>,
}

/// What the operator's system says of a report that it took.
#[derive(Debug, Serialize, Deserialize)]
pub struct Accepted {
    /// The report's id.
    pub id: String,
    /// `accepted`.
    pub status: String,
}

/// What the operator's system says of what it refuses.
#[derive(Debug, Serialize, Deserialize)]
pub struct Rejected {
    /// A stable code of the operator's.
    pub code: String,
    /// What it means.
    pub message: String,
}

/// A marking operator's system.
pub trait Operator: Send + Sync + 'static {
    /// Sends a report.
    fn report(&self, id: &str, report: &[u8]) -> Outcome;
    /// Movements after this number, in order.
    fn movements(&self, after: u64) -> std::result::Result<Vec<Numbered>, Outcome>;
}

/// The operator's system over HTTP.
pub struct OverHttp(pub Endpoint);

impl Operator for OverHttp {
    fn report(&self, id: &str, report: &[u8]) -> Outcome {
        match self.0.post("/reports", JSON, report) {
            Ok(answered) => judge(id, &answered),
            Err(outcome) => outcome,
        }
    }

    fn movements(&self, after: u64) -> std::result::Result<Vec<Numbered>, Outcome> {
        let answered = self.0.get(&format!("/movements?after={after}"), JSON)?;
        if let Some(outcome) = answered.hindrance() {
            return Err(outcome);
        }
        let read = serde_json::from_slice::<Movements>(&answered.body);
        let Some(read) = read.ok().filter(|_| answered.status == 200) else {
            return Err(answered.nonsense("no list of movements"));
        };
        if !are_next(&read.movements, after) {
            return Err(answered.nonsense("movements that do not ascend, leap, or are too many"));
        }
        Ok(read.movements)
    }
}

/// Whether movements are what comes after this number: not too many, ascending, and without a leap.
fn are_next(movements: &[Numbered], after: u64) -> bool {
    let numbers = movements.iter().map(|one| one.number);
    let before = std::iter::once(after).chain(numbers.clone());
    let mut steps = numbers
        .zip(before)
        .map(|(one, before)| one.checked_sub(before));
    let steps = steps.all(|step| step.is_some_and(|step| (1..=NUMBER_STEP_MAX).contains(&step)));
    steps && movements.len() <= MOVEMENTS_MAX
}

/// What an answer to a report means.
fn judge(id: &str, answered: &Answered) -> Outcome {
    if let Some(outcome) = answered.hindrance() {
        return outcome;
    }
    if answered.status < 300 {
        return match serde_json::from_slice::<Accepted>(&answered.body) {
            Ok(accepted) if accepted.id == id && accepted.status == "accepted" => {
                Outcome::Acknowledged
            }
            _ => answered.nonsense("no acceptance of this report"),
        };
    }
    match serde_json::from_slice::<Rejected>(&answered.body) {
        Ok(rejected) => Outcome::refused(format!("{} {}", rejected.code, rejected.message)),
        Err(_) => answered.nonsense("no refusal of the protocol's"),
    }
}

impl Movement {
    /// What the register is told.
    pub fn execute(self) -> Execute {
        match self {
            Movement::Introduce {
                gtin,
                lot,
                expiry,
                serials,
                at,
            } => Execute::Introduce {
                gtin,
                lot,
                expiry,
                serials,
                at: OrgId(at),
                stage: Stage::Circulation,
            },
            Movement::Ship { packs, to } => Execute::Ship {
                packs,
                to: OrgId(to),
            },
            Movement::Receive { packs } => Execute::Receive { packs },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_leaps_is_nonsense_and_never_gone_on_from() {
        let movements = |numbers: &[u64]| {
            let numbered = numbers.iter().map(|number| Numbered {
                number: *number,
                movement: Value::Null,
            });
            numbered.collect::<Vec<_>>()
        };
        let far = 7 + NUMBER_STEP_MAX;
        for (numbers, is_sound) in [
            (&[][..], true),
            (&[8, 9, 11], true),
            (&[far, far + 1], true),
            (&[7], false),
            (&[9, 8], false),
            (&[8, 8], false),
            (&[far + 1], false),
            (&[8, far + 9], false),
            (&[u64::MAX], false),
            (&[8, u64::MAX], false),
        ] {
            assert_eq!(are_next(&movements(numbers), 7), is_sound, "{numbers:?}");
        }
        let many: Vec<u64> = (8..=108).collect();
        assert!(!are_next(&movements(&many), 7));
        assert!(are_next(&movements(&many[..100]), 7));
    }
}
