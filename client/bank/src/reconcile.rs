//! What a bank's answer means for each act: what the ledger is told, and what a person has to look at.

use crate::answer::{Answer, Said};
use crate::message_id;
use senim_abi::settlement::act::end_to_end_id;
use senim_abi::settlement::msg::Ordered;
use senim_abi::settlement::{Act, ActId, ActState, Execute, MessageId};
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
    /// The money came back: the act is owed again, if this was its latest attempt.
    Returned,
    /// Known already, or nothing final.
    Nothing,
    /// Another amount moved than the act's. For a person.
    WrongAmount,
    /// An attempt before the latest was paid: money may move twice. For a person.
    Superseded,
    /// The bank refuses what the account says was paid. The ledger keeps it, and a person asks where the money is: the act is
    /// owed again once the account says so.
    RefusedLate,
    /// An entry that is neither a payment nor money that came back. For a person.
    Unclear,
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
                | Meaning::RefusedLate
                | Meaning::Unclear
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

impl Verdict {
    fn unknown(id: &str) -> Verdict {
        Verdict {
            end_to_end_id: id.to_owned(),
            act: None,
            meaning: Meaning::Unknown,
            call: None,
        }
    }
}

/// An act while an answer is gone through: a second statement about it sees what the first one did.
struct Known {
    name: ActId,
    hash: Hash,
    payable: Tiyn,
    state: ActState,
    /// The latest attempt.
    latest: u8,
    /// The attempts whose money came back.
    returned: Vec<u8>,
    /// Whether a refusal of what was paid is known.
    refused_late: bool,
}

/// Goes through an answer. `acts` are all that may be meant, as the ledger has them, and `refused` what is in the file that
/// the answer refuses as a whole, as a node says: nobody has to be believed, since the file's message id follows from it.
pub fn reconcile(answer: &Answer, acts: &[Act], refused: &[Ordered]) -> Vec<Verdict> {
    let mut known: Vec<Known> = acts.iter().filter_map(Known::of).collect();
    let mut by_id: BTreeMap<String, (usize, u8)> = BTreeMap::new();
    for (index, act) in known.iter().enumerate() {
        for attempt in 1..=act.latest {
            by_id.insert(end_to_end_id(&act.hash, attempt), (index, attempt));
        }
    }
    let mut judge = |id: &str, said: &Said| match by_id.get(id) {
        Some((index, attempt)) => known[*index].judge(id, *attempt, said, answer.hash),
        None => Verdict::unknown(id),
    };
    let mut verdicts = Vec::new();
    if let Some((name, reason)) = &answer.refused_file {
        let said = Said::Refused { reason: *reason };
        match payments_of(name, acts, refused) {
            Some(ids) => verdicts.extend(ids.iter().map(|id| judge(id, &said))),
            None => verdicts.push(Verdict::unknown(name)),
        }
    }
    for statement in &answer.statements {
        let id = &statement.end_to_end_id;
        if by_id.contains_key(id) || is_ours(id) {
            verdicts.push(judge(id, &statement.said));
        }
    }
    verdicts
}

/// The id by which the ledger knows a payment file, if it is the message id of one of ours.
pub fn ledgers_id(message_id: &str) -> Option<MessageId> {
    let digits = message_id.strip_prefix('B')?;
    let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if digits.len() != 32 || !digits.bytes().all(is_hex) {
        return None;
    }
    let mut bytes = [0; 16];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(MessageId(bytes))
}

/// The payments of the file with this message id: those that the ledger names, if they are all of it and nothing else.
fn payments_of(name: &str, acts: &[Act], in_file: &[Ordered]) -> Option<Vec<String>> {
    let mut ids = Vec::new();
    for ordered in in_file {
        let act = acts.iter().find(|act| act.body.act == ordered.act)?;
        ids.push(end_to_end_id(&act.body.hash(), ordered.attempt));
    }
    (message_id(&ids) == name).then_some(ids)
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

impl Known {
    /// An act that is or was in a payment file.
    fn of(act: &Act) -> Option<Known> {
        let payment = act.payment?;
        let attempts = 1..=payment.attempt;
        Some(Known {
            name: act.body.act,
            hash: act.body.hash(),
            payable: act.body.payable,
            state: act.state,
            latest: payment.attempt,
            returned: attempts.filter(|it| payment.has_returned(*it)).collect(),
            refused_late: payment.refused_late.is_some(),
        })
    }

    fn judge(&mut self, id: &str, attempt: u8, said: &Said, message: Hash) -> Verdict {
        let meaning = self.meaning(attempt, said);
        let act = self.name;
        let call = match (meaning, said) {
            (Meaning::Paid | Meaning::Late, _) => {
                self.state = ActState::Paid;
                Some(Execute::ConfirmPayment {
                    act,
                    attempt,
                    amount: self.payable,
                    message,
                })
            }
            (Meaning::Refused | Meaning::RefusedLate, Said::Refused { reason }) => {
                if meaning == Meaning::Refused {
                    self.state = ActState::PaymentFailed;
                } else {
                    self.refused_late = true;
                }
                Some(Execute::FailPayment {
                    act,
                    attempt,
                    message,
                    reason: *reason,
                })
            }
            (Meaning::Returned, Said::Returned { reason, .. }) => {
                self.returned.push(attempt);
                if attempt == self.latest {
                    self.state = ActState::Returned;
                }
                Some(Execute::ReturnPayment {
                    act,
                    attempt,
                    amount: self.payable,
                    message,
                    reason: *reason,
                })
            }
            _ => None,
        };
        Verdict {
            end_to_end_id: id.to_owned(),
            act: Some(act),
            meaning,
            call,
        }
    }

    /// The rule, whole: what was said of an attempt, in which state the act is, whether the attempt is the latest, and
    /// whether its money came back.
    fn meaning(&self, attempt: u8, said: &Said) -> Meaning {
        use ActState::{Paid, PaymentFailed, PaymentPending, Returned};
        let is_latest = attempt == self.latest;
        let is_back = self.returned.contains(&attempt);
        let is_whole = |amount: &Option<Tiyn>| *amount == Some(self.payable);
        match (said, self.state) {
            (Said::Pending, _) => Meaning::Nothing,
            (Said::Unclear, _) => Meaning::Unclear,
            (Said::Paid { amount } | Said::Returned { amount, .. }, _) if !is_whole(amount) => {
                Meaning::WrongAmount
            }
            // A payment that is told again, or after its return: it is the one that came back.
            (Said::Paid { .. } | Said::Returned { .. }, _) if is_back => Meaning::Nothing,
            (Said::Paid { .. }, _) if !is_latest => Meaning::Superseded,
            (Said::Paid { .. }, PaymentPending) => Meaning::Paid,
            (Said::Paid { .. }, PaymentFailed) => Meaning::Late,
            (Said::Paid { .. }, Paid) => Meaning::Nothing,
            // Of an earlier attempt, too: it had been paid beside a later one, and that is mended by it.
            (Said::Returned { .. }, PaymentPending | PaymentFailed | Paid | Returned) => {
                Meaning::Returned
            }
            // A later attempt was only made after this one had failed or come back.
            (Said::Refused { .. }, _) if !is_latest => Meaning::Nothing,
            (Said::Refused { .. }, PaymentPending) => Meaning::Refused,
            (Said::Refused { .. }, PaymentFailed | Returned) => Meaning::Nothing,
            (Said::Refused { .. }, Paid) if self.refused_late => Meaning::Nothing,
            (Said::Refused { .. }, Paid) => Meaning::RefusedLate,
            // An act with a payment is in one of the four.
            (Said::Paid { .. } | Said::Refused { .. } | Said::Returned { .. }, _) => {
                Meaning::Unknown
            }
        }
    }
}
