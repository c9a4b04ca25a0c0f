//! The conversation as tables, and what holds whatever happens.

mod always;
mod replies;

use super::{Conversation, Event, What};
use crate::phone::Phone;
use senim_abi::voucher::Asked;
use senim_abi::voucher::VoucherId;
use senim_abi::voucher::msg::Channel;
use senim_types::{Code, Hash, TimeMs};

/// A day, in ms.
const DAY: u64 = 24 * 60 * 60 * 1000;

fn voucher(number: u8) -> VoucherId {
    VoucherId(Hash::of(&[number]))
}

fn parent() -> Phone {
    Phone::read("77010000001").expect("a number")
}

fn stranger() -> Phone {
    Phone::read("77010000002").expect("a number")
}

/// A conversation and its clock.
struct Talk {
    conversation: Conversation,
    at: u64,
}

impl Talk {
    fn new() -> Talk {
        Talk {
            conversation: Conversation::default(),
            at: 1_000 * DAY,
        }
    }

    fn step(&mut self, event: Event) {
        self.at += 1;
        self.conversation.step(&event);
    }

    fn now(&self) -> TimeMs {
        TimeMs(self.at)
    }

    /// Lists a child and has it asked.
    fn ask(&mut self, number: u8, phone: Option<Phone>) {
        let (voucher, at) = (voucher(number), self.now());
        self.step(Event::Listed {
            voucher,
            phone,
            child: Some(format!("Child{number}")),
            at,
        });
        self.step(Event::Offerable { voucher });
        let asked = Asked::Consent;
        self.step(Event::Asked { voucher, asked, at });
    }

    fn reply(&mut self, from: Phone, text: &str) {
        let (from, text, at) = (Some(from), text.to_owned(), self.now());
        self.step(Event::Received { from, text, at });
    }

    /// The ledger takes every answer that waits.
    fn settle(&mut self) {
        for (task, what) in self.conversation.ledger.clone() {
            let at = self.now();
            if let super::ToLedger::Answer { voucher, consents } = what {
                let channel = Channel::Sms;
                self.step(Event::Answered {
                    voucher,
                    channel,
                    consents,
                    at,
                });
            }
            self.step(Event::Brought { task });
        }
    }

    /// Answers that wait for the ledger, in order.
    fn answers(&self) -> Vec<(VoucherId, bool)> {
        let answers = self
            .conversation
            .ledger
            .values()
            .filter_map(|task| match task {
                super::ToLedger::Answer { voucher, consents } => Some((*voucher, *consents)),
                super::ToLedger::Offer(_) => None,
            });
        answers.collect()
    }

    fn last(&self) -> (What, Option<Code>) {
        let row = self.conversation.rows.last().expect("something happened");
        (row.what, row.code)
    }

    fn texts(&self) -> Vec<&str> {
        self.conversation
            .outbox
            .values()
            .map(|sms| sms.text.as_str())
            .collect()
    }
}
