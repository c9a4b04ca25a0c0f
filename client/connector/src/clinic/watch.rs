//! What becomes of a clinic's own prescriptions, from the ledger's events and its time: expiry, the end of a hold and a
//! cancellation that waits for it write nothing on the ledger. Pure.

use super::fact::{Fact, What};
use crate::service::Facts;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_abi::prescription::msg::CancelReason;
use senim_abi::prescription::record::{DispensedPack, ItemStage};
use senim_abi::prescription::{Group, GroupId, Item, ItemMask, ItemStatus, PrescriptionEvent};
use senim_cli::journal::Form;
use senim_types::{Code, Height, OrgId, TimeMs};
use std::collections::{BTreeMap, BTreeSet};

/// How long a finished prescription is watched for a supply that is undone, in ms: longer than any programme allows it.
const WATCHED_AFTER_MS: u64 = 90 * 24 * 60 * 60 * 1_000;

/// A prescription as far as it has to be known.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Watched {
    /// Its items.
    pub items: Vec<Item>,
    holds: Vec<Held>,
    supplies: Vec<Supplied>,
    /// Items of which it is told already that they are cancelled or expired.
    told: ItemMask,
    /// Who cancelled what is held, and why.
    marked: Option<(bool, CancelReason)>,
    /// Events up to here are in it.
    since: Height,
    touched: TimeMs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct Held {
    items: ItemMask,
    org: OrgId,
    since: TimeMs,
    until: TimeMs,
}

#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct Supplied {
    org: OrgId,
    at: TimeMs,
    packs: Vec<DispensedPack>,
}

/// What changes what is watched.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Event {
    /// A prescription is watched from now on.
    Watched(GroupId, Watched),
    /// The ledger told something of it.
    Told {
        /// Which.
        group: GroupId,
        /// What.
        event: PrescriptionEvent,
        /// In which block.
        height: Height,
        /// Time of the block.
        at: TimeMs,
    },
    /// The time of a block, at which something came to its end.
    Passed(TimeMs),
}

/// Everything that is watched.
#[derive(Debug, Default)]
pub struct Watch {
    groups: BTreeMap<GroupId, Watched>,
    /// When something may come to its end.
    due: BTreeSet<(TimeMs, GroupId)>,
}

impl Held {
    fn what(&self, items: ItemMask) -> What {
        What::Held {
            items,
            org: self.org,
            since: self.since,
            until: self.until,
        }
    }
}

impl Watched {
    /// As it is when it is issued, whatever became of it since.
    pub fn issued(record: &Group, height: Height) -> Watched {
        let fresh = |item: &Item| Item {
            remaining: item.quantity,
            stage: if item.stage == ItemStage::Draft {
                ItemStage::Draft
            } else {
                ItemStage::Open
            },
            cancel_requested: false,
            ..*item
        };
        Watched {
            items: record.items.iter().map(fresh).collect(),
            holds: Vec::new(),
            supplies: Vec::new(),
            told: ItemMask::NONE,
            marked: None,
            since: height,
            touched: record.created,
        }
    }

    /// As it stands after a block: what happened until then is not told.
    pub fn standing(record: &Group, height: Height, now: TimeMs) -> Watched {
        let over = |index: &usize| {
            let status = record.status(*index, now);
            matches!(status, Some(ItemStatus::Cancelled | ItemStatus::Expired))
        };
        let told = (0..record.items.len()).filter(over);
        let supplies = record.dispenses.iter().map(|dispense| Supplied {
            org: dispense.org,
            at: dispense.at,
            packs: dispense.packs.clone(),
        });
        let holds = record.holds.iter().map(|hold| Held {
            items: hold.items,
            org: hold.org,
            since: hold.since,
            until: hold.until,
        });
        Watched {
            items: record.items.clone(),
            holds: holds.collect(),
            supplies: supplies.collect(),
            told: told.fold(ItemMask::NONE, |all, index| all.or(ItemMask::one(index))),
            marked: None,
            since: height,
            touched: record.touched,
        }
    }

    /// The state of an item at a time.
    pub fn status(&self, index: usize, now: TimeMs) -> Option<ItemStatus> {
        let is_held = self
            .holds
            .iter()
            .any(|hold| hold.items.has(index) && now < hold.until);
        self.items.get(index).map(|item| item.status(is_held, now))
    }

    fn release(&mut self, items: ItemMask) {
        for hold in &mut self.holds {
            hold.items = hold.items.without(items);
        }
        self.holds.retain(|hold| !hold.items.is_empty());
    }

    /// What comes to its end by this time: holds first, then what they kept from ending.
    fn settle(&mut self, now: TimeMs) -> Vec<(What, TimeMs)> {
        let mut ended = Vec::new();
        let (over, running): (Vec<Held>, Vec<Held>) =
            self.holds.iter().partition(|hold| hold.until <= now);
        self.holds = running;
        for hold in over {
            let what = What::Returned {
                items: hold.items,
                org: hold.org,
                since: hold.since,
                reason: None,
            };
            ended.push((what, hold.until));
        }
        let (mut cancelled, mut expired) = (ItemMask::NONE, BTreeMap::new());
        for index in 0..self.items.len() {
            let one = ItemMask::one(index);
            match self.status(index, now) {
                _ if self.told.has(index) => {}
                Some(ItemStatus::Cancelled) => {
                    self.items[index].stage = ItemStage::Cancelled;
                    cancelled = cancelled.or(one);
                }
                Some(ItemStatus::Expired) => {
                    let mask: &mut ItemMask = expired.entry(self.items[index].until).or_default();
                    *mask = mask.or(one);
                }
                _ => {}
            }
        }
        self.told = self.told.or(cancelled);
        if !cancelled.is_empty() {
            let (by_holder, reason) = self.marked.unwrap_or((false, CancelReason::Other));
            let items = cancelled;
            let what = What::Cancelled {
                items,
                by_holder,
                reason,
            };
            ended.push((what, now));
        }
        for (until, items) in expired {
            self.told = self.told.or(items);
            ended.push((What::Expired { items }, until.max(self.touched)));
        }
        ended
    }

    /// When it has to be looked at again.
    fn next(&self, now: TimeMs) -> Option<TimeMs> {
        let holds = self.holds.iter().map(|hold| hold.until);
        let is_open = |(index, _): &(usize, &Item)| {
            !matches!(
                self.status(*index, now),
                Some(ItemStatus::Cancelled | ItemStatus::Expired | ItemStatus::Dispensed)
            )
        };
        let items = self.items.iter().enumerate().filter(is_open);
        let ends = items.map(|(_, item)| item.until);
        let next = holds.chain(ends).filter(|time| *time > now).min();
        next.or(Some(self.forgotten_at()))
    }

    fn forgotten_at(&self) -> TimeMs {
        TimeMs(self.touched.0.saturating_add(WATCHED_AFTER_MS))
    }

    /// What an event of the ledger tells.
    fn told(&mut self, event: &PrescriptionEvent, at: TimeMs) -> Vec<What> {
        use PrescriptionEvent as E;
        self.touched = at;
        match event {
            E::Released { .. } => {
                for item in &mut self.items {
                    if item.stage == ItemStage::Draft {
                        item.stage = ItemStage::Open;
                    }
                }
                Vec::new()
            }
            E::Held {
                items, org, until, ..
            } => {
                self.release(*items);
                let held = Held {
                    items: *items,
                    org: *org,
                    since: at,
                    until: *until,
                };
                self.holds.push(held);
                vec![held.what(held.items)]
            }
            E::Extended { items, until, .. } => {
                let held = self.holds.iter_mut();
                let mut held = held.filter(|hold| !hold.items.and(*items).is_empty());
                let Some(hold) = held.next() else {
                    return Vec::new();
                };
                hold.until = *until;
                vec![hold.what(*items)]
            }
            E::Dispensed {
                org,
                dispense,
                packs,
                ..
            } => {
                for pack in packs {
                    let index = usize::from(pack.item);
                    self.release(ItemMask::one(index));
                    if let Some(item) = self.items.get_mut(index) {
                        item.remaining = item.remaining.saturating_sub(pack.units);
                    }
                }
                let (org, packs) = (*org, packs.clone());
                self.supplies.push(Supplied {
                    org,
                    at,
                    packs: packs.clone(),
                });
                let number = *dispense;
                vec![What::Dispensed { number, org, packs }]
            }
            E::Reversed { dispense, .. } => {
                let Some(supplied) = self.supplies.get(usize::from(*dispense)).cloned() else {
                    return Vec::new();
                };
                for pack in &supplied.packs {
                    if let Some(item) = self.items.get_mut(usize::from(pack.item)) {
                        item.remaining = item.remaining.saturating_add(pack.units);
                    }
                }
                let (number, org, packs) = (*dispense, supplied.org, supplied.packs);
                vec![What::Reversed { number, org, packs }]
            }
            E::Rejected {
                items, org, reason, ..
            } => {
                let held = self.holds.iter();
                let mut held = held.filter(|hold| !hold.items.and(*items).is_empty());
                let since = held.next().map_or(at, |hold| hold.since);
                self.release(*items);
                vec![What::Returned {
                    items: *items,
                    org: *org,
                    since,
                    reason: Some(*reason),
                }]
            }
            E::Cancelled {
                items,
                marked,
                by_holder,
                reason,
                ..
            } => self.cancel(*items, *marked, *by_holder, *reason),
            _ => Vec::new(),
        }
    }

    fn cancel(
        &mut self,
        items: ItemMask,
        marked: ItemMask,
        by_holder: bool,
        reason: CancelReason,
    ) -> Vec<What> {
        for (index, item) in self.items.iter_mut().enumerate() {
            if items.has(index) {
                item.stage = ItemStage::Cancelled;
            }
            item.cancel_requested |= marked.has(index);
        }
        self.told = self.told.or(items);
        let mut all = Vec::new();
        if !items.is_empty() {
            all.push(What::Cancelled {
                items,
                by_holder,
                reason,
            });
        }
        if !marked.is_empty() {
            self.marked = Some((by_holder, reason));
            let items = marked;
            all.push(What::CancelAsked { items, by_holder });
        }
        all
    }
}

impl Watch {
    /// Takes note, and says what a clinic is told of it.
    pub fn happened(&mut self, event: &Event) -> Vec<Fact> {
        match event {
            Event::Watched(group, watched) => {
                if !self.groups.contains_key(group) {
                    self.groups.insert(*group, watched.clone());
                    self.expect(group, watched.touched);
                }
                Vec::new()
            }
            Event::Told {
                group,
                event,
                height,
                at,
            } => self.told(group, event, *height, *at),
            Event::Passed(now) => self.passed(*now),
        }
    }

    /// One prescription.
    pub fn get(&self, group: &GroupId) -> Option<&Watched> {
        self.groups.get(group)
    }

    /// Whether something may come to its end by this time.
    pub fn is_due(&self, now: TimeMs) -> bool {
        self.due.first().is_some_and(|(time, _)| *time <= now)
    }

    fn told(
        &mut self,
        group: &GroupId,
        event: &PrescriptionEvent,
        height: Height,
        at: TimeMs,
    ) -> Vec<Fact> {
        let Some(watched) = self.groups.get_mut(group) else {
            return Vec::new();
        };
        if height <= watched.since {
            return Vec::new();
        }
        if matches!(event, PrescriptionEvent::Pruned { .. }) {
            self.groups.remove(group);
            return Vec::new();
        }
        let mut all: Vec<(What, TimeMs)> = Vec::new();
        all.extend(watched.told(event, at).into_iter().map(|what| (what, at)));
        // What is undone may have ended meanwhile; what is given back may be cancelled by that.
        all.extend(watched.settle(at));
        self.expect(group, at);
        facts(*group, all)
    }

    fn passed(&mut self, now: TimeMs) -> Vec<Fact> {
        let mut all = Vec::new();
        while let Some((time, group)) = self.due.first().copied().filter(|(time, _)| *time <= now) {
            self.due.remove(&(time, group));
            let Some(watched) = self.groups.get_mut(&group) else {
                continue;
            };
            let ended = watched.settle(now);
            let is_quiet = ended.is_empty() && watched.next(now) == Some(watched.forgotten_at());
            all.extend(facts(group, ended));
            // Whoever has something to tell is forgotten later: it is looked at for that.
            if is_quiet && watched.forgotten_at() <= now {
                self.groups.remove(&group);
            } else {
                self.expect(&group, now);
            }
        }
        all
    }

    fn expect(&mut self, group: &GroupId, now: TimeMs) {
        let next = self.groups.get(group).and_then(|watched| watched.next(now));
        if let Some(next) = next {
            let later = next.max(TimeMs(now.0.saturating_add(1)));
            self.due.insert((later, *group));
        }
    }
}

fn facts(group: GroupId, all: Vec<(What, TimeMs)>) -> Vec<Fact> {
    let fact = |(what, at)| Fact { group, what, at };
    all.into_iter().map(fact).collect()
}

impl Facts for Watch {
    type Event = Event;
    const FORM: Form = Form {
        name: "senim clinic connector journal 1",
        damaged: Code::CONNECTOR_JOURNAL,
    };

    fn step(&mut self, event: &Event) {
        self.happened(event);
    }

    fn events(&self) -> Vec<Event> {
        let watched =
            |(group, watched): (&GroupId, &Watched)| Event::Watched(*group, watched.clone());
        self.groups.iter().map(watched).collect()
    }
}
