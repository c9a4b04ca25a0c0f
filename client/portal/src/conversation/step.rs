//! One step: an event changes what is known and what waits to be done.

use super::event::{Event, Outcome};
use super::reply::Reply;
use super::report::What;
use super::state::{Conversation, Person, Phase, ToLedger};
use super::words::Said;
use crate::phone::Phone;
use senim_abi::voucher::Asked;
use senim_abi::voucher::msg::Channel;
use senim_abi::voucher::{Standing, VoucherId};
use senim_types::{Code, TimeMs};

/// How a child is called whose name the office did not give.
const SOME_CHILD: &str = "Бала / ребёнок";

impl Person {
    fn child(&self) -> String {
        self.child.clone().unwrap_or_else(|| SOME_CHILD.to_owned())
    }
}

impl Conversation {
    /// Takes note of what happened. What is known already changes nothing.
    pub fn step(&mut self, event: &Event) {
        match event {
            Event::Listed {
                voucher,
                phone,
                child,
                at,
            } => self.listed(*voucher, *phone, child.as_ref(), *at),
            Event::Offerable { voucher } => self.offerable(*voucher),
            Event::Asked { voucher, asked, at } => {
                if *asked == Asked::Consent {
                    self.asked(*voucher, *at);
                }
            }
            Event::Reminded { voucher, asked, at } => self.reminded(*voucher, *asked, *at),
            Event::Answered {
                voucher,
                channel,
                consents,
                at,
            } => self.answered(*voucher, *channel, *consents, *at),
            Event::Ended {
                voucher,
                standing,
                at,
            } => self.ended(*voucher, *standing, *at),
            Event::Refused { task, code, at } => self.refused(*task, *code, *at),
            Event::Brought { task } => {
                self.ledger.remove(task);
            }
            Event::Received { from, text, at } => self.received(*from, text, *at),
            Event::Submitted { sms, parts, at } => self.submitted(*sms, parts, *at),
            Event::Unsendable { sms, outcome, at } => {
                let about = self.outbox.remove(sms).and_then(|sms| sms.about);
                if let Some((voucher, _)) = about {
                    self.outcome(voucher, *outcome, *at);
                }
            }
            Event::Receipt { part, outcome, at } => self.receipt(part, *outcome, *at),
            Event::Followed { height } => self.followed = Some(*height),
        }
    }

    fn listed(
        &mut self,
        voucher: VoucherId,
        phone: Option<Phone>,
        child: Option<&String>,
        at: TimeMs,
    ) {
        if self.persons.contains_key(&voucher) {
            return;
        }
        let person = Person {
            phone,
            child: child.cloned(),
            phase: Phase::Listed,
            is_offered: false,
            said: None,
            number: None,
            closed_at: None,
            outcome: None,
        };
        self.persons.insert(voucher, person);
        self.row(at, Some(voucher), What::Listed);
        match phone {
            Some(phone) => {
                self.by_phone.entry(phone).or_default().insert(voucher);
            }
            None => self.refused_row(
                at,
                Some(voucher),
                What::Unregistered,
                Some(Code::SUBSCRIBER_UNREGISTERED),
            ),
        }
    }

    /// Whoever has no telephone is offered it as well: another channel can only answer what was offered.
    fn offerable(&mut self, voucher: VoucherId) {
        let person = self.persons.get_mut(&voucher);
        let Some(person) = person.filter(|person| !person.is_offered) else {
            return;
        };
        person.is_offered = true;
        if person.phase == Phase::Listed {
            self.bring(ToLedger::Offer(voucher));
        }
    }

    fn asked(&mut self, voucher: VoucherId, at: TimeMs) {
        let Some(person) = self.persons.get(&voucher) else {
            return;
        };
        if person.phase != Phase::Listed {
            return;
        }
        let number = person.phone.map(|phone| self.free_number(&phone, at));
        let Some(person) = self.persons.get_mut(&voucher) else {
            return;
        };
        person.phase = Phase::Waiting;
        person.number = number.flatten();
        let (phone, child) = (person.phone, person.child());
        match (phone, number) {
            (Some(phone), Some(Some(number))) => {
                let question = Said::Question {
                    child: &child,
                    number,
                    again: false,
                };
                self.say((phone, question), Some((voucher, What::Asked)));
            }
            (Some(_), _) => self.refused_row(
                at,
                Some(voucher),
                What::TooMany,
                Some(Code::QUESTIONS_TOO_MANY),
            ),
            (None, _) => {}
        }
    }

    fn reminded(&mut self, voucher: VoucherId, asked: Asked, at: TimeMs) {
        let Some(person) = self.persons.get(&voucher) else {
            return;
        };
        let (Some(phone), Some(number)) = (person.phone, person.number) else {
            return;
        };
        let child = person.child();
        let said = match asked {
            Asked::Consent if person.is_open() => Said::Question {
                child: &child,
                number,
                again: true,
            },
            Asked::Activation if person.phase == Phase::Yes => Said::Activate { child: &child },
            _ => return,
        };
        // Nobody is sent a second message where the first was refused.
        if person.outcome != Some(Outcome::Blocked) {
            self.say((phone, said), Some((voucher, What::Reminded)));
            self.row(at, Some(voucher), What::Reminded);
        }
    }

    fn answered(&mut self, voucher: VoucherId, channel: Channel, consents: bool, at: TimeMs) {
        let Some(person) = self.persons.get_mut(&voucher) else {
            return;
        };
        let before = person.phase;
        let after = if consents {
            Phase::Yes
        } else {
            person.closed_at = Some(at);
            Phase::Ended(Standing::Declined)
        };
        if before == after || matches!(before, Phase::Ended(_)) {
            return;
        }
        person.phase = after;
        // A no that was said after the yes that came now is still on its way.
        if person.said == Some(consents) {
            person.said = None;
        }
        let (phone, number, child) = (person.phone, person.number, person.child());
        let what = match (consents, before) {
            (true, _) => What::Yes,
            (false, Phase::Yes) => What::Withdrawn,
            (false, _) => What::No,
        };
        self.row(at, Some(voucher), what);
        if let (Channel::Sms, Some(phone), Some(number)) = (channel, phone, number) {
            let child = &child;
            let said = if consents {
                Said::Accepted { child, number }
            } else {
                Said::Declined { child }
            };
            self.say((phone, said), None);
        }
    }

    fn ended(&mut self, voucher: VoucherId, standing: Standing, at: TimeMs) {
        let Some(person) = self.persons.get_mut(&voucher) else {
            return;
        };
        if matches!(person.phase, Phase::Ended(_)) {
            return;
        }
        person.phase = Phase::Ended(standing);
        person.said = None;
        person.closed_at = Some(at);
        let what = match standing {
            Standing::Lapsed => What::Lapsed,
            _ => What::Ended,
        };
        self.row(at, Some(voucher), what);
        // A question that nobody has seen yet is not asked any more.
        self.outbox
            .retain(|_, sms| sms.about.is_none_or(|(about, _)| about != voucher));
    }

    fn refused(&mut self, task: u64, code: Code, at: TimeMs) {
        let Some(task) = self.ledger.remove(&task) else {
            return;
        };
        let voucher = match task {
            ToLedger::Offer(voucher) => voucher,
            ToLedger::Answer { voucher, consents } => {
                let person = self.persons.get_mut(&voucher);
                if let Some(person) = person.filter(|person| person.said == Some(consents)) {
                    person.said = None;
                }
                voucher
            }
        };
        self.refused_row(at, Some(voucher), What::Refused, Some(code));
    }

    fn submitted(&mut self, sms: u64, parts: &[String], at: TimeMs) {
        let Some((voucher, what)) = self.outbox.remove(&sms).and_then(|sms| sms.about) else {
            return;
        };
        if what == What::Asked {
            self.row(at, Some(voucher), What::Asked);
        }
        for part in parts {
            self.parts.insert(part.clone(), (voucher, what));
            if let Some(outcome) = self.early.remove(part) {
                self.receipt(part, outcome, at);
            }
        }
    }

    fn receipt(&mut self, part: &str, outcome: Outcome, at: TimeMs) {
        match self.parts.remove(part) {
            Some((voucher, _)) => self.outcome(voucher, outcome, at),
            // A receipt can overtake the answer to the submission.
            None if self.early.len() < super::state::EARLY_RECEIPTS_MAX => {
                self.early.insert(part.to_owned(), outcome);
            }
            None => {}
        }
    }

    fn outcome(&mut self, voucher: VoucherId, outcome: Outcome, at: TimeMs) {
        let Some(person) = self.persons.get_mut(&voucher) else {
            return;
        };
        // A message of several parts has a receipt for each.
        if person.outcome.replace(outcome) == Some(outcome) {
            return;
        }
        match outcome {
            Outcome::Delivered => self.row(at, Some(voucher), What::Delivered),
            Outcome::Blocked => {
                let code = Some(Code::SUBSCRIBER_BLOCKED);
                self.refused_row(at, Some(voucher), What::Blocked, code);
            }
            Outcome::Failed => {
                let code = Some(Code::SMS_UNDELIVERED);
                self.refused_row(at, Some(voucher), What::Undelivered, code);
            }
        }
    }

    fn received(&mut self, from: Option<Phone>, text: &str, at: TimeMs) {
        let questions = from.map(|phone| self.questions(&phone));
        let (Some(from), Some(questions)) = (from, questions.filter(|all| !all.is_empty())) else {
            // Nobody is answered who was not asked.
            self.refused_row(at, None, What::WrongNumber, Some(Code::WRONG_NUMBER));
            return;
        };
        let of_number = |number: u8| {
            let found = questions.iter().filter(|(_, of)| *of == number);
            // A number that was given again belongs to the later question: the one that is not closed.
            found
                .map(|(voucher, _)| *voucher)
                .max_by_key(|voucher| self.persons[voucher].closed_at.is_none())
        };
        match Reply::read(text) {
            Reply::Yes(number) | Reply::No(Some(number)) if of_number(number).is_none() => {
                self.unclear(from, &questions, at);
            }
            Reply::Yes(number) => {
                let voucher = of_number(number).expect("the arm before has it without one");
                self.said(from, voucher, true, at);
            }
            Reply::No(Some(number)) => {
                let voucher = of_number(number).expect("the arm before has it without one");
                self.said(from, voucher, false, at);
            }
            Reply::No(None) => {
                let refusable: Vec<VoucherId> = questions
                    .iter()
                    .map(|(voucher, _)| *voucher)
                    .filter(|voucher| self.persons[voucher].closed_at.is_none())
                    .filter(|voucher| self.persons[voucher].answer() != Some(false))
                    .collect();
                match (&refusable[..], &questions[..]) {
                    ([one], _) | ([], [(one, _)]) => self.said(from, *one, false, at),
                    ([], _) => self.late(from, None, at),
                    _ => self.ambiguous(from, &questions, at),
                }
            }
            Reply::Several => self.ambiguous(from, &questions, at),
            Reply::Unclear => self.unclear(from, &questions, at),
        }
    }

    /// A reply that names one question.
    fn said(&mut self, from: Phone, voucher: VoucherId, consents: bool, at: TimeMs) {
        let person = self.persons.get_mut(&voucher);
        let Some(person) = person.filter(|person| person.phone == Some(from)) else {
            return;
        };
        match (person.phase, person.answer(), consents) {
            (Phase::Waiting, None, _) | (Phase::Waiting | Phase::Yes, Some(true), false) => {
                person.said = Some(consents);
                self.bring(ToLedger::Answer { voucher, consents });
            }
            (_, Some(answer), again) if answer == again => {
                self.row(at, Some(voucher), What::Repeated);
            }
            // A no ends the offer on the ledger, and so does time.
            _ => self.late(from, Some(voucher), at),
        }
    }

    fn late(&mut self, from: Phone, voucher: Option<VoucherId>, at: TimeMs) {
        self.refused_row(at, voucher, What::Late, Some(Code::CONSENT_CLOSED));
        self.hint(from, Said::Closed, at);
    }

    fn open_numbers(&self, questions: &[(VoucherId, u8)]) -> Vec<u8> {
        let open = questions
            .iter()
            .filter(|(voucher, _)| self.persons[voucher].is_open());
        open.map(|(_, number)| *number).collect()
    }

    /// A reply without a code that names a question.
    fn unclear(&mut self, from: Phone, questions: &[(VoucherId, u8)], at: TimeMs) {
        let numbers = self.open_numbers(questions);
        if numbers.len() > 1 {
            self.ambiguous(from, questions, at);
            return;
        }
        let voucher = match questions {
            [(one, _)] => Some(*one),
            _ => None,
        };
        self.refused_row(at, voucher, What::Garbled, Some(Code::BAD_CODE));
        if !numbers.is_empty() {
            self.hint(from, Said::Unclear { numbers: &numbers }, at);
        }
    }

    fn ambiguous(&mut self, from: Phone, questions: &[(VoucherId, u8)], at: TimeMs) {
        self.refused_row(at, None, What::Ambiguous, Some(Code::AMBIGUOUS_CONSENT));
        let numbers = self.open_numbers(questions);
        let numbers = if numbers.is_empty() {
            questions.iter().map(|(_, number)| *number).collect()
        } else {
            numbers
        };
        self.hint(from, Said::Unclear { numbers: &numbers }, at);
    }
}
