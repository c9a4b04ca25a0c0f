//! What is known, and what waits to be done.

use super::Outcome;
use super::report::{Row, What};
use super::words::Said;
use crate::phone::Phone;
use senim_abi::voucher::{Standing, VoucherId};
use senim_types::{Code, Height, TimeMs};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Questions that one telephone can have: codes are `2#1` to `2#9`.
pub const NUMBERS_MAX: u8 = 9;
/// How long the number of a closed question rests before another question gets it, in ms: a reply that comes this late
/// must not answer another question.
pub const NUMBER_RESTS_MS: u64 = 90 * 24 * 60 * 60 * 1000;
/// Messages a day that answer a reply which changed nothing: a telephone that replies by itself ends here.
pub const HINTS_A_DAY_MAX: u8 = 3;
/// Receipts kept that came before the SMSC's answer to the submission.
pub const EARLY_RECEIPTS_MAX: usize = 1_000;

/// How a person stands on the ledger, as far as it is known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// On the list.
    Listed,
    /// Asked.
    Waiting,
    /// Said yes.
    Yes,
    /// Ended: said no, lapsed, revoked, expired.
    Ended(Standing),
}

/// A person whose consent is asked.
#[derive(Clone)]
pub struct Person {
    /// The number that is asked; none: another channel asks.
    pub phone: Option<Phone>,
    /// The child's given name.
    pub child: Option<String>,
    /// On the ledger.
    pub phase: Phase,
    /// Whether the offer was handed on to the ledger.
    pub is_offered: bool,
    /// What was said by SMS and the ledger does not have yet.
    pub said: Option<bool>,
    /// Which of the telephone's questions this is; none before the first message.
    pub number: Option<u8>,
    /// When the question was closed.
    pub closed_at: Option<TimeMs>,
    /// What became of the last message.
    pub outcome: Option<Outcome>,
}

impl Person {
    /// What the answer is, said or on the ledger; none where there is none.
    pub fn answer(&self) -> Option<bool> {
        self.said.or(match self.phase {
            Phase::Yes => Some(true),
            Phase::Ended(Standing::Declined) => Some(false),
            _ => None,
        })
    }

    /// Whether a yes to it would open the voucher.
    pub fn is_open(&self) -> bool {
        self.phase == Phase::Waiting && self.said.is_none()
    }
}

/// A message that waits for the SMSC.
#[derive(Clone, PartialEq, Eq)]
pub struct Sms {
    /// To which number.
    pub to: Phone,
    /// What.
    pub text: String,
    /// What a receipt of it is about.
    pub about: Option<(VoucherId, What)>,
}

impl fmt::Debug for Sms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sms")
            .field("about", &self.about)
            .finish_non_exhaustive()
    }
}

/// What waits to be brought to the ledger, in the order of its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToLedger {
    /// Offer it to the person.
    Offer(VoucherId),
    /// Bring the answer.
    Answer {
        /// Whose.
        voucher: VoucherId,
        /// Yes or no.
        consents: bool,
    },
}

/// Who is told what.
pub type ToSay<'a> = (Phone, Said<'a>);

/// Everything.
#[derive(Clone, Default)]
pub struct Conversation {
    /// Who is asked, by pseudonym.
    pub persons: BTreeMap<VoucherId, Person>,
    /// Messages that the SMSC has not taken.
    pub outbox: BTreeMap<u64, Sms>,
    /// What the ledger has not taken.
    pub ledger: BTreeMap<u64, ToLedger>,
    /// What became of it.
    pub rows: Vec<Row>,
    /// The last block whose events are known.
    pub followed: Option<Height>,
    pub(super) by_phone: BTreeMap<Phone, BTreeSet<VoucherId>>,
    /// The SMSC's names of messages under way.
    pub(super) parts: BTreeMap<String, (VoucherId, What)>,
    pub(super) early: BTreeMap<String, Outcome>,
    /// Day and number of hints, by telephone.
    pub(super) hints: BTreeMap<Phone, (u64, u8)>,
    pub(super) next: u64,
}

impl Conversation {
    /// How often each thing happened.
    pub fn counts(&self) -> BTreeMap<What, u64> {
        let mut counts = BTreeMap::new();
        for row in &self.rows {
            *counts.entry(row.what).or_default() += 1;
        }
        counts
    }

    pub(super) fn row(&mut self, at: TimeMs, voucher: Option<VoucherId>, what: What) {
        self.refused_row(at, voucher, what, None);
    }

    pub(super) fn refused_row(
        &mut self,
        at: TimeMs,
        voucher: Option<VoucherId>,
        what: What,
        code: Option<Code>,
    ) {
        self.rows.push(Row {
            at,
            voucher,
            what,
            code,
        });
    }

    pub(super) fn say(&mut self, (to, said): ToSay<'_>, about: Option<(VoucherId, What)>) {
        let text = said.text();
        let sms = Sms { to, text, about };
        let id = self.take_number();
        self.outbox.insert(id, sms);
    }

    /// Answers a reply that changed nothing, if the telephone has not had enough of that today.
    pub(super) fn hint(&mut self, to: Phone, said: Said<'_>, at: TimeMs) {
        let day = at.0 / (24 * 60 * 60 * 1000);
        let (on, count) = self.hints.entry(to).or_insert((day, 0));
        if *on != day {
            (*on, *count) = (day, 0);
        }
        if *count < HINTS_A_DAY_MAX {
            *count += 1;
            self.say((to, said), None);
        }
    }

    pub(super) fn bring(&mut self, task: ToLedger) {
        let id = self.take_number();
        self.ledger.insert(id, task);
    }

    fn take_number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// The questions that this telephone was asked, closed ones too.
    pub(super) fn questions(&self, phone: &Phone) -> Vec<(VoucherId, u8)> {
        let vouchers = self.by_phone.get(phone).into_iter().flatten();
        vouchers
            .filter_map(|voucher| Some((*voucher, self.persons.get(voucher)?.number?)))
            .collect()
    }

    /// A number for another question to this telephone: the lowest that no open question has, and none had lately.
    pub(super) fn free_number(&self, phone: &Phone, at: TimeMs) -> Option<u8> {
        let rests = |person: &Person| match person.closed_at {
            None => true,
            Some(closed) => at.0 < closed.0.saturating_add(NUMBER_RESTS_MS),
        };
        let vouchers = self.by_phone.get(phone).into_iter().flatten();
        let taken: BTreeSet<u8> = vouchers
            .filter_map(|voucher| self.persons.get(voucher))
            .filter(|person| rests(person))
            .filter_map(|person| person.number)
            .collect();
        (1..=NUMBERS_MAX).find(|number| !taken.contains(number))
    }
}
