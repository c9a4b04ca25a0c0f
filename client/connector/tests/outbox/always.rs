//! Whatever fails in whatever order: nothing is lost, and each subject is told in order.

use super::PACE;
use proptest::prelude::*;
use senim_connector::outbox::{Event, Message, Outbox, Outcome, Trouble};
use senim_types::{Hash, TimeMs};
use std::collections::{BTreeMap, BTreeSet};

/// What happens next.
#[derive(Clone, Debug)]
enum Step {
    /// The ledger has something new to tell of this subject.
    Happens(u8),
    /// The ledger is read; the process may end before what was read is kept.
    Follow { crashes: bool },
    /// What is ready is handed over.
    Send,
    /// An attempt ends; the process may end before that is kept.
    Answer {
        which: usize,
        how: How,
        crashes: bool,
    },
    /// The process ends and starts again.
    Crash,
    /// The journal is shortened.
    Compact,
    /// Time goes on.
    Later(u64),
}

#[derive(Clone, Copy, Debug)]
enum How {
    Acknowledges,
    /// It has it, and nobody hears that.
    TakesAndIsSilent,
    Unreachable,
    Nonsense,
    Busy,
    Refuses,
}

/// A message by subject and number.
type Fact = (u8, usize);

/// A ledger, a process with its journal, and an outside system.
#[derive(Default)]
struct World {
    ledger: Vec<Fact>,
    /// What survives: the messages' events, and how far the ledger was read.
    journal: Vec<Event>,
    followed: usize,
    outbox: Outbox,
    under_way: BTreeSet<Hash>,
    now: u64,
    /// In the order in which the system saw them.
    arrived: Vec<Hash>,
    acknowledged: BTreeSet<Hash>,
    refused: BTreeSet<Hash>,
}

fn id((subject, number): Fact) -> Hash {
    Hash::of(format!("{subject} {number}").as_bytes())
}

impl World {
    fn crash(&mut self) {
        self.outbox = Outbox::default();
        self.journal
            .iter()
            .for_each(|event| self.outbox.step(event));
        self.under_way.clear();
    }

    fn keep(&mut self, events: Vec<Event>) {
        events.iter().for_each(|event| self.outbox.step(event));
        self.journal.extend(events);
    }

    fn follow(&mut self, crashes: bool) {
        if crashes {
            return self.crash();
        }
        let new = &self.ledger[self.followed..];
        let queued = new.iter().map(|fact| {
            Event::Queued(Message {
                id: id(*fact),
                subject: Hash::of(&[fact.0]),
                lane: 0,
                what: String::new(),
                body: Vec::new(),
                since: TimeMs(self.now),
            })
        });
        let queued = queued.collect();
        self.followed = self.ledger.len();
        self.keep(queued);
    }

    fn send(&mut self) {
        let chosen: Vec<Hash> = {
            let room = 3 - self.under_way.len();
            let chosen = self.outbox.to_send(TimeMs(self.now), &self.under_way, room);
            chosen.iter().map(|message| message.id).collect()
        };
        self.under_way.extend(chosen);
    }

    fn answer(&mut self, which: usize, how: How, crashes: bool) {
        let Some(id) = self
            .under_way
            .iter()
            .nth(which % self.under_way.len().max(1))
            .copied()
        else {
            return;
        };
        self.under_way.remove(&id);
        let outcome = match how {
            How::Acknowledges => Outcome::Acknowledged,
            How::TakesAndIsSilent => Outcome::failed(Trouble::Slow, ""),
            How::Unreachable => Outcome::failed(Trouble::Unreachable, ""),
            How::Nonsense => Outcome::failed(Trouble::Nonsense, ""),
            How::Busy => Outcome::failed(Trouble::Busy, ""),
            How::Refuses => Outcome::refused(""),
        };
        if !matches!(how, How::Unreachable) {
            self.arrived.push(id);
        }
        if crashes {
            return self.crash();
        }
        match how {
            How::Acknowledges => _ = self.acknowledged.insert(id),
            How::Refuses => _ = self.refused.insert(id),
            _ => {}
        }
        let event = self.outbox.judged(&id, outcome, TimeMs(self.now), &PACE, 7);
        self.keep(vec![event]);
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Happens(subject) => {
                let number = self.ledger.iter().filter(|fact| fact.0 == *subject).count();
                self.ledger.push((*subject, number));
            }
            Step::Follow { crashes } => self.follow(*crashes),
            Step::Send => self.send(),
            Step::Answer {
                which,
                how,
                crashes,
            } => self.answer(*which, *how, *crashes),
            Step::Crash => self.crash(),
            Step::Compact => self.journal = self.outbox.events(),
            Step::Later(ms) => self.now += ms,
        }
    }

    /// The other system is well from now on.
    fn heal(&mut self) {
        self.follow(false);
        for _ in 0..10_000 {
            self.send();
            if self.under_way.is_empty() && self.outbox.waiting().iter().all(|one| one.is_refused) {
                return;
            }
            while !self.under_way.is_empty() {
                self.answer(0, How::Acknowledges, false);
            }
            self.now += 1_000;
        }
        panic!("something is never sent: {:?}", self.outbox.waiting());
    }
}

fn step() -> impl Strategy<Value = Step> {
    let how = prop_oneof![
        3 => Just(How::Acknowledges),
        1 => Just(How::TakesAndIsSilent),
        1 => Just(How::Unreachable),
        1 => Just(How::Nonsense),
        1 => Just(How::Busy),
        1 => Just(How::Refuses),
    ];
    prop_oneof![
        4 => (0..3_u8).prop_map(Step::Happens),
        3 => prop::bool::weighted(0.1).prop_map(|crashes| Step::Follow { crashes }),
        5 => Just(Step::Send),
        6 => (0..3_usize, how, prop::bool::weighted(0.1))
            .prop_map(|(which, how, crashes)| Step::Answer { which, how, crashes }),
        1 => Just(Step::Crash),
        1 => Just(Step::Compact),
        3 => (0..2_000_u64).prop_map(Step::Later),
    ]
}

proptest! {
    #[test]
    fn everything_is_delivered_or_waits_for_a_person_and_each_subject_is_told_in_order(
        steps in prop::collection::vec(step(), 0..120)
    ) {
        let mut world = World::default();
        steps.iter().for_each(|step| world.step(step));
        world.heal();
        for fact in &world.ledger {
            let id = id(*fact);
            let in_register = world.outbox.get(&id).is_some_and(|one| one.is_refused);
            prop_assert!(
                world.acknowledged.contains(&id) != in_register,
                "{fact:?} is delivered or waits for a person, and not both"
            );
            prop_assert!(!in_register || world.refused.contains(&id));
        }
        // Of each subject the system saw each message for the first time in order.
        let mut first: BTreeMap<Hash, usize> = BTreeMap::new();
        for (place, id) in world.arrived.iter().enumerate() {
            first.entry(*id).or_insert(place);
        }
        for subject in 0..3 {
            let of = world.ledger.iter().filter(|fact| fact.0 == subject);
            let places: Vec<usize> = of.filter_map(|fact| first.get(&id(*fact)).copied()).collect();
            prop_assert!(places.is_sorted(), "subject {subject}: {places:?}");
        }
    }
}
