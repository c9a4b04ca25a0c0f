//! What a bank's answer means for each act: what the ledger is told, and what a person has to look at.

use crate::answer::{Answer, Said};
use senim_abi::settlement::act::end_to_end_id;
use senim_abi::settlement::{Act, ActId, ActState, Execute};
use senim_types::{Hash, Tiyn};
use std::collections::BTreeMap;

/// What an answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Meaning {
    /// The act is paid.
    Paid,
    /// It is paid, after the bank had refused it.
    Late,
    /// The bank refused it.
    Refused,
    /// Known already, or nothing final.
    Nothing,
    /// Another amount moved than the act's. For a person.
    WrongAmount,
    /// An attempt before the latest was paid: money may move twice. For a person.
    Superseded,
    /// The bank refuses what it had paid. For a person.
    Contradiction,
    /// The money came back after it had been paid. For a person.
    Returned,
    /// One of our ids, of no payment that was ordered. For a person.
    Unknown,
}

impl Meaning {
    /// Whether a person has to decide.
    pub fn needs_person(self) -> bool {
        matches!(
            self,
            Meaning::WrongAmount
                | Meaning::Superseded
                | Meaning::Contradiction
                | Meaning::Returned
                | Meaning::Unknown
        )
    }
}

/// What becomes of one payment that an answer names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The payment.
    pub end_to_end_id: String,
    /// Its act, if one is known.
    pub act: Option<ActId>,
    /// What it means.
    pub meaning: Meaning,
    /// What the ledger is told.
    pub call: Option<Execute>,
}

/// The state of acts while an answer is gone through: a second statement about an act sees what the first one did.
struct Known<'a> {
    acts: BTreeMap<String, (&'a Act, u8)>,
    states: BTreeMap<ActId, ActState>,
}

/// Goes through an answer. `acts` are all that may be meant, as the ledger has them.
pub fn reconcile(answer: &Answer, acts: &[Act]) -> Vec<Verdict> {
    let mut known = Known {
        acts: BTreeMap::new(),
        states: BTreeMap::new(),
    };
    for act in acts {
        let hash = act.body.hash();
        for attempt in 1..=act.payment.map_or(0, |payment| payment.attempt) {
            known
                .acts
                .insert(end_to_end_id(&hash, attempt), (act, attempt));
        }
        known.states.insert(act.body.act, act.state);
    }
    let mut verdicts = Vec::new();
    if let Some((message_id, reason)) = &answer.refused_file {
        let refused = Said::Refused { reason: *reason };
        let in_file = payments_of(message_id, acts);
        for id in &in_file {
            verdicts.push(known.judge(id, &refused, answer.hash));
        }
        if in_file.is_empty() {
            verdicts.push(Verdict {
                end_to_end_id: message_id.clone(),
                act: None,
                meaning: Meaning::Unknown,
                call: None,
            });
        }
    }
    for statement in &answer.statements {
        if known.acts.contains_key(&statement.end_to_end_id) || is_ours(&statement.end_to_end_id) {
            verdicts.push(known.judge(&statement.end_to_end_id, &statement.said, answer.hash));
        }
    }
    verdicts
}

/// The payments of the file with this message id, if the ledger has it as the acts' latest.
fn payments_of(message_id: &str, acts: &[Act]) -> Vec<String> {
    let mut files: BTreeMap<Hash, BTreeMap<ActId, String>> = BTreeMap::new();
    for act in acts {
        if let Some(payment) = act.payment {
            let id = end_to_end_id(&act.body.hash(), payment.attempt);
            let file = files.entry(payment.file).or_default();
            file.insert(act.body.act, id);
        }
    }
    let mut files = files
        .into_values()
        .map(|payments| payments.into_values().collect());
    files
        .find(|ids: &Vec<String>| crate::message_id(ids) == message_id)
        .unwrap_or_default()
}

/// Whether an end-to-end id has the form of ours; others are other business of the account.
fn is_ours(id: &str) -> bool {
    let parts = id.strip_prefix('S').and_then(|rest| rest.split_once('-'));
    parts.is_some_and(|(hash, attempt)| {
        hash.len() == 29
            && hash
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
            && attempt.parse::<u8>().is_ok()
    })
}

impl Known<'_> {
    fn judge(&mut self, id: &str, said: &Said, message: Hash) -> Verdict {
        let Some((act, attempt)) = self.acts.get(id).copied() else {
            return Verdict {
                end_to_end_id: id.to_owned(),
                act: None,
                meaning: Meaning::Unknown,
                call: None,
            };
        };
        let name = act.body.act;
        let state = self.states.get(&name).copied().unwrap_or(act.state);
        let latest = act.payment.map_or(0, |payment| payment.attempt);
        let meaning = meaning(said, state, attempt == latest, act.body.payable);
        let (call, becomes) = match (meaning, said) {
            (Meaning::Paid | Meaning::Late, _) => {
                let confirm = Execute::ConfirmPayment {
                    act: name,
                    attempt,
                    amount: act.body.payable,
                    message,
                };
                (Some(confirm), ActState::Paid)
            }
            (Meaning::Refused, Said::Refused { reason }) => {
                let fail = Execute::FailPayment {
                    act: name,
                    attempt,
                    message,
                    reason: *reason,
                };
                (Some(fail), ActState::PaymentFailed)
            }
            _ => (None, state),
        };
        self.states.insert(name, becomes);
        Verdict {
            end_to_end_id: id.to_owned(),
            act: Some(name),
            meaning,
            call,
        }
    }
}

/// The rule, whole: what was said of an attempt, in which state the act is, whether the attempt is the latest.
fn meaning(said: &Said, state: ActState, is_latest: bool, payable: Tiyn) -> Meaning {
    use ActState::{Paid, PaymentFailed, PaymentPending};
    match (said, state) {
        (Said::Pending, _) => Meaning::Nothing,
        (Said::Paid { .. }, _) if !is_latest => Meaning::Superseded,
        (Said::Paid { amount }, _) if *amount != Some(payable) => Meaning::WrongAmount,
        (Said::Paid { .. }, PaymentPending) => Meaning::Paid,
        (Said::Paid { .. }, PaymentFailed) => Meaning::Late,
        (Said::Paid { .. }, Paid) => Meaning::Nothing,
        // A later attempt was only made after this one had failed.
        (Said::Refused { .. }, _) if !is_latest => Meaning::Nothing,
        (Said::Refused { .. }, PaymentPending) => Meaning::Refused,
        (Said::Refused { .. }, PaymentFailed) => Meaning::Nothing,
        (Said::Refused { .. }, Paid) => Meaning::Contradiction,
        (Said::Returned { .. }, _) => Meaning::Returned,
        // An act with a payment is in one of the three.
        (Said::Paid { .. } | Said::Refused { .. }, _) => Meaning::Unknown,
    }
}
