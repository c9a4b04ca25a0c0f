//! The outbox as its events make it.

use super::Pace;
use super::event::{Event, Message, Outcome, Standing, shortened};
use senim_types::{Hash, TimeMs};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Messages that wait, refused ones included: above it nothing more is read from the ledger, which keeps it.
pub const WAITING_MAX: usize = 50_000;
/// Dismissals that are remembered.
const DISMISSED_MAX: usize = 1_000;

/// A message that is not delivered, in the order of its arrival.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The message and what became of it so far.
    pub standing: Standing,
    /// Its place: whoever came first goes first.
    number: u64,
}

/// An outside system that does not answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lane {
    /// Attempts in a row that got no answer.
    pub failures: u32,
    /// Not to be asked before.
    pub again_at: TimeMs,
}

/// A message that a person dismissed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dismissed {
    /// Which.
    pub id: Hash,
    /// What it would have told.
    pub what: String,
    /// Why it need not.
    pub reason: String,
    /// When.
    pub at: TimeMs,
}

/// Everything that waits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outbox {
    waiting: BTreeMap<Hash, Waiting>,
    /// By lane and subject, what is to be sent, by number.
    queues: BTreeMap<(u8, Hash), BTreeMap<u64, Hash>>,
    lanes: BTreeMap<u8, Lane>,
    dismissed: VecDeque<Dismissed>,
    numbers: u64,
    delivered: u64,
}

impl Outbox {
    /// Takes note of something that happened. What is about a message that is gone changes nothing.
    pub fn step(&mut self, event: &Event) {
        match event {
            Event::Queued(message) => self.queue(Standing {
                message: message.clone(),
                attempts: 0,
                again_at: message.since,
                last: None,
                is_refused: false,
            }),
            Event::Stands(standing) => self.queue(standing.clone()),
            Event::Failed {
                id,
                trouble,
                detail,
                at,
                again_at,
                lane_again_at,
            } => {
                let Some(waiting) = self.waiting.get_mut(id) else {
                    return;
                };
                let standing = &mut waiting.standing;
                standing.attempts = standing.attempts.saturating_add(1);
                standing.again_at = *again_at;
                standing.last = Some((format!("{}: {detail}", trouble.code().name()), *at));
                let lane = self.lanes.entry(standing.message.lane).or_default();
                if trouble.is_of_system() {
                    lane.failures = lane.failures.saturating_add(1);
                    lane.again_at = *lane_again_at;
                } else {
                    *lane = Lane::default();
                }
            }
            Event::Delivered { id } => {
                if let Some(waiting) = self.remove(id) {
                    self.lanes.remove(&waiting.standing.message.lane);
                    self.delivered += 1;
                }
            }
            Event::Refused { id, detail, at } => {
                let Some(waiting) = self.waiting.get_mut(id) else {
                    return;
                };
                waiting.standing.attempts = waiting.standing.attempts.saturating_add(1);
                waiting.standing.last = Some((detail.clone(), *at));
                waiting.standing.is_refused = true;
                self.lanes.remove(&waiting.standing.message.lane);
                self.unqueue(id);
            }
            Event::Retried { id, at } => {
                let Some(waiting) = self.waiting.get_mut(id) else {
                    return;
                };
                waiting.standing.is_refused = false;
                waiting.standing.again_at = *at;
                self.lanes.remove(&waiting.standing.message.lane);
                self.enqueue(id);
            }
            Event::Dismissed { id, reason, at } => {
                if let Some(waiting) = self.remove(id) {
                    let what = waiting.standing.message.what;
                    self.forget(id, what, reason, *at);
                }
            }
            Event::WasDismissed {
                id,
                what,
                reason,
                at,
            } => self.forget(id, what.clone(), reason, *at),
        }
    }

    /// What an attempt's outcome means, as an event. `jitter` is random.
    pub fn judged(
        &self,
        id: &Hash,
        outcome: Outcome,
        at: TimeMs,
        pace: &Pace,
        jitter: u32,
    ) -> Event {
        let id = *id;
        match outcome {
            Outcome::Acknowledged => Event::Delivered { id },
            Outcome::Refused { detail } => Event::Refused {
                id,
                detail: shortened(&detail),
                at,
            },
            Outcome::Failed {
                trouble,
                detail,
                after_ms,
            } => {
                let waiting = self.waiting.get(&id);
                let attempts = waiting.map_or(0, |waiting| waiting.standing.attempts);
                let lane =
                    waiting.and_then(|waiting| self.lanes.get(&waiting.standing.message.lane));
                let failures = lane.map_or(0, |lane| lane.failures);
                let later = |failures: u32| {
                    let asked = after_ms.min(pace.longest_ms);
                    let pause = pace.pause_ms(failures.saturating_add(1), jitter).max(asked);
                    TimeMs(at.0.saturating_add(pause))
                };
                Event::Failed {
                    id,
                    trouble,
                    detail: shortened(&detail),
                    at,
                    again_at: later(attempts),
                    lane_again_at: later(failures),
                }
            }
        }
    }

    /// What is to be sent now, where `under_way` is being sent and `room` more may be: of each subject the first, the
    /// longest rested first.
    pub fn to_send(&self, now: TimeMs, under_way: &BTreeSet<Hash>, room: usize) -> Vec<&Message> {
        let mut ready: Vec<&Waiting> = self
            .queues
            .values()
            .filter_map(|queue| queue.values().next())
            .filter(|id| !under_way.contains(*id))
            .filter_map(|id| self.waiting.get(id))
            .filter(|waiting| waiting.standing.again_at <= now)
            .collect();
        ready.sort_by_key(|waiting| (waiting.standing.again_at, waiting.number));
        let lane_of = |id: &Hash| Some(self.waiting.get(id)?.standing.message.lane);
        let mut busy: BTreeSet<u8> = under_way.iter().filter_map(lane_of).collect();
        let mut chosen = Vec::new();
        for waiting in ready {
            if chosen.len() == room {
                break;
            }
            let message = &waiting.standing.message;
            if let Some(lane) = self.lanes.get(&message.lane) {
                // Nobody answered there: one message finds out whether somebody does.
                if now < lane.again_at || (lane.failures > 0 && busy.contains(&message.lane)) {
                    continue;
                }
            }
            busy.insert(message.lane);
            chosen.push(message);
        }
        chosen
    }

    /// Everything that is not delivered, in the order of its arrival.
    pub fn waiting(&self) -> Vec<&Standing> {
        let mut all: Vec<&Waiting> = self.waiting.values().collect();
        all.sort_by_key(|waiting| waiting.number);
        all.into_iter().map(|waiting| &waiting.standing).collect()
    }

    /// One message.
    pub fn get(&self, id: &Hash) -> Option<&Standing> {
        self.waiting.get(id).map(|waiting| &waiting.standing)
    }

    /// What people dismissed, the oldest first.
    pub fn dismissed(&self) -> impl Iterator<Item = &Dismissed> {
        self.dismissed.iter()
    }

    /// An outside system that does not answer.
    pub fn lane(&self, lane: u8) -> Lane {
        self.lanes.get(&lane).copied().unwrap_or_default()
    }

    /// How many were delivered since the journal was last shortened.
    pub fn delivered(&self) -> u64 {
        self.delivered
    }

    /// Whether nothing more may be taken in.
    pub fn is_full(&self) -> bool {
        self.waiting.len() >= WAITING_MAX
    }

    /// Events that make what waits, for a journal that is shortened.
    pub fn events(&self) -> Vec<Event> {
        let dismissed = self.dismissed.iter().cloned();
        let dismissed = dismissed.map(|one| Event::WasDismissed {
            id: one.id,
            what: one.what,
            reason: one.reason,
            at: one.at,
        });
        let standing = self.waiting().into_iter().cloned().map(Event::Stands);
        dismissed.chain(standing).collect()
    }

    fn queue(&mut self, standing: Standing) {
        let id = standing.message.id;
        // The same report again is the same.
        if self.waiting.contains_key(&id) {
            return;
        }
        self.numbers += 1;
        let (number, is_refused) = (self.numbers, standing.is_refused);
        self.waiting.insert(id, Waiting { standing, number });
        if !is_refused {
            self.enqueue(&id);
        }
    }

    fn enqueue(&mut self, id: &Hash) {
        if let Some(waiting) = self.waiting.get(id) {
            let queue = self.queues.entry(queue_of(waiting)).or_default();
            queue.insert(waiting.number, *id);
        }
    }

    fn unqueue(&mut self, id: &Hash) {
        let Some(waiting) = self.waiting.get(id) else {
            return;
        };
        let place = queue_of(waiting);
        let is_empty = self.queues.get_mut(&place).is_some_and(|queue| {
            queue.remove(&waiting.number);
            queue.is_empty()
        });
        if is_empty {
            self.queues.remove(&place);
        }
    }

    fn remove(&mut self, id: &Hash) -> Option<Waiting> {
        self.unqueue(id);
        self.waiting.remove(id)
    }

    fn forget(&mut self, id: &Hash, what: String, reason: &str, at: TimeMs) {
        if self.dismissed.len() == DISMISSED_MAX {
            self.dismissed.pop_front();
        }
        self.dismissed.push_back(Dismissed {
            id: *id,
            what,
            reason: reason.to_owned(),
            at,
        });
    }
}

fn queue_of(waiting: &Waiting) -> (u8, Hash) {
    let message = &waiting.standing.message;
    (message.lane, message.subject)
}
