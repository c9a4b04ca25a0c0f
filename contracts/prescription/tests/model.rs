//! Random sequences of commands against a naive model: which of them are accepted, what is where
//! afterwards, and that nothing is ever redeemed twice and no tiyn is lost.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::steps::line;
use common::*;
use proptest::prelude::*;
use senim_abi::prescription::record::DISPENSES_MAX;
use senim_abi::prescription::{GroupId, ItemMask, ItemStatus};
use senim_types::{OrgId, TimeMs};

const PHARMACIES: [OrgId; 2] = [APTEKA, OTHER_APTEKA];
const QUANTITIES: [u32; 2] = [20, 60];
/// A number of units that stands for all that is left of the pack, as far as the item allows.
const THE_REST: u32 = 0;
const PACK_UNITS: u32 = 20;
const PACK_PRICE: u64 = 1_000;
/// The end of the packs' last day in civil time.
const PACKS_EXPIRE: TimeMs = TimeMs(1_830_279_600_000);

#[derive(Clone, Copy, Debug)]
enum Command {
    Advance(u64),
    Hold {
        org: usize,
        group: usize,
        items: u16,
    },
    Dispense {
        org: usize,
        group: usize,
        item: usize,
        pack: usize,
        units: u32,
    },
    Reject {
        org: usize,
        group: usize,
        items: u16,
    },
    Cancel {
        group: usize,
        items: u16,
        by_holder: bool,
    },
    Reverse {
        org: usize,
        group: usize,
        dispense: u8,
        left: bool,
    },
}

/// One command, or the two that belong together: most of what is done at random is refused, so that
/// without the pairs hardly anything would ever be dispensed.
fn gesture() -> impl Strategy<Value = Vec<Command>> {
    let (org, group, items) = (0..2usize, 0..2usize, 1..4u16);
    let durations = [1, MINUTE_MS, 31 * MINUTE_MS, DAY_MS, 11 * DAY_MS];
    let units = prop_oneof![2 => Just(THE_REST), 1 => Just(10), 2 => 1..7u32];
    let pieces = (org.clone(), group.clone(), 0..2usize, 0..2usize, units);
    let undo = (org.clone(), group.clone(), 0..3u8, any::<bool>());
    let held = (org.clone(), group.clone(), items.clone());
    prop_oneof![
        1 => proptest::sample::select(durations.to_vec())
            .prop_map(|duration_ms| vec![Command::Advance(duration_ms)]),
        2 => held.clone().prop_map(|(org, group, items)| vec![Command::Hold { org, group, items }]),
        2 => pieces.clone().prop_map(|(org, group, item, pack, units)| {
            vec![Command::Dispense { org, group, item, pack, units }]
        }),
        8 => pieces.prop_map(|(org, group, item, pack, units)| {
            let hold = Command::Hold { org, group, items: 1 << item };
            vec![hold, Command::Dispense { org, group, item, pack, units }]
        }),
        1 => held.prop_map(|(org, group, items)| vec![Command::Reject { org, group, items }]),
        1 => (group, 1..3u16, any::<bool>()).prop_map(|(group, items, by_holder)| {
            vec![Command::Cancel { group, items, by_holder }]
        }),
        3 => undo.prop_map(|(org, group, dispense, left)| {
            vec![Command::Reverse { org, group, dispense, left }]
        }),
    ]
}

#[derive(Clone, Default)]
struct ModelItem {
    quantity: u32,
    out: u32,
    is_cancelled: bool,
    is_marked: bool,
    held: Option<(OrgId, TimeMs)>,
}

#[derive(Clone)]
struct ModelPack {
    units_left: u32,
    charged: u64,
    in_quarantine: bool,
}

#[derive(Clone)]
struct ModelDispense {
    org: OrgId,
    item: usize,
    pack: usize,
    units: u32,
    cost: u64,
    at: TimeMs,
    is_reversed: bool,
}

#[derive(Clone, Default)]
struct ModelGroup {
    items: Vec<ModelItem>,
    dispenses: Vec<ModelDispense>,
}

struct Model {
    until: TimeMs,
    groups: Vec<ModelGroup>,
    packs: Vec<Vec<ModelPack>>,
}

impl ModelItem {
    fn holder(&self, now: TimeMs) -> Option<OrgId> {
        self.held
            .filter(|(_, until)| now < *until)
            .map(|(org, _)| org)
    }

    fn status(&self, until: TimeMs, now: TimeMs) -> ItemStatus {
        let is_held = self.holder(now).is_some();
        if self.is_cancelled {
            ItemStatus::Cancelled
        } else if self.out == self.quantity {
            ItemStatus::Dispensed
        } else if is_held {
            ItemStatus::Held
        } else if self.is_marked {
            ItemStatus::Cancelled
        } else if now >= until {
            ItemStatus::Expired
        } else if self.out > 0 {
            ItemStatus::Partial
        } else {
            ItemStatus::Ready
        }
    }
}

impl Model {
    fn new(until: TimeMs) -> Model {
        let item = |quantity| ModelItem {
            quantity,
            ..ModelItem::default()
        };
        let group = ModelGroup {
            items: QUANTITIES.map(item).to_vec(),
            ..ModelGroup::default()
        };
        let pack = ModelPack {
            units_left: PACK_UNITS,
            charged: 0,
            in_quarantine: false,
        };
        Model {
            until,
            groups: vec![group; 2],
            packs: vec![vec![pack; 2]; 2],
        }
    }

    /// The command with [`THE_REST`] as a number of units.
    fn resolve(&self, command: Command) -> Command {
        match command {
            Command::Dispense {
                org,
                group,
                item,
                pack,
                units: THE_REST,
            } => {
                let target = &self.groups[group].items[item];
                let left = self.packs[org][pack].units_left;
                let units = left.min(target.quantity - target.out).max(1);
                Command::Dispense {
                    org,
                    group,
                    item,
                    pack,
                    units,
                }
            }
            other => other,
        }
    }

    /// Whether the ledger has to accept the command; then it is carried out here, too.
    fn apply(&mut self, command: Command, now: TimeMs) -> bool {
        match command {
            Command::Advance(_) => true,
            Command::Hold { org, group, items } => self.hold(PHARMACIES[org], group, items, now),
            Command::Reject { org, group, items } => {
                let held = Some(PHARMACIES[org]);
                let items = self.chosen(group, items);
                let is_allowed = items.iter().all(|item| item.holder(now) == held);
                if is_allowed {
                    items.into_iter().for_each(|item| item.held = None);
                }
                is_allowed
            }
            Command::Cancel { group, items, .. } => self.cancel(group, items, now),
            Command::Dispense {
                org,
                group,
                item,
                pack,
                units,
            } => self.dispense(org, group, item, pack, units, now),
            Command::Reverse {
                org,
                group,
                dispense,
                left,
            } => self.reverse(org, group, usize::from(dispense), left, now),
        }
    }

    fn chosen(&mut self, group: usize, items: u16) -> Vec<&mut ModelItem> {
        let items_of = self.groups[group].items.iter_mut().enumerate();
        items_of
            .filter(|(index, _)| items >> index & 1 == 1)
            .map(|(_, item)| item)
            .collect()
    }

    fn hold(&mut self, org: OrgId, group: usize, items: u16, now: TimeMs) -> bool {
        let until = self.until;
        let items = self.chosen(group, items);
        let is_allowed = items.iter().all(|item| match item.status(until, now) {
            ItemStatus::Ready | ItemStatus::Partial => true,
            ItemStatus::Held => item.holder(now) == Some(org) && !item.is_marked,
            _ => false,
        });
        if is_allowed {
            let lease = TimeMs(now.0 + 30 * MINUTE_MS).min(until);
            items
                .into_iter()
                .for_each(|item| item.held = Some((org, lease)));
        }
        is_allowed
    }

    fn cancel(&mut self, group: usize, items: u16, now: TimeMs) -> bool {
        let until = self.until;
        let items = self.chosen(group, items);
        let is_allowed = items.iter().all(|item| {
            !matches!(
                item.status(until, now),
                ItemStatus::Dispensed | ItemStatus::Expired
            )
        });
        if is_allowed {
            for item in items {
                match item.holder(now) {
                    Some(_) => item.is_marked = true,
                    None => item.is_cancelled = true,
                }
            }
        }
        is_allowed
    }

    fn dispense(
        &mut self,
        org: usize,
        group: usize,
        item: usize,
        pack: usize,
        units: u32,
        now: TimeMs,
    ) -> bool {
        let group = &mut self.groups[group];
        let (target, stock) = (&mut group.items[item], &mut self.packs[org][pack]);
        let is_allowed = target.status(self.until, now) == ItemStatus::Held
            && target.holder(now) == Some(PHARMACIES[org])
            && units <= target.quantity - target.out
            && units <= stock.units_left
            && !stock.in_quarantine
            && now < PACKS_EXPIRE
            && group.dispenses.len() < DISPENSES_MAX;
        if !is_allowed {
            return false;
        }
        let rest = PACK_PRICE - stock.charged;
        let part = PACK_PRICE * u64::from(units) / u64::from(PACK_UNITS);
        let cost = if units == stock.units_left {
            rest
        } else {
            part.min(rest)
        };
        stock.units_left -= units;
        stock.charged += cost;
        target.out += units;
        target.held = None;
        let (org, at) = (PHARMACIES[org], now);
        let entry = ModelDispense {
            org,
            item,
            pack,
            units,
            cost,
            at,
            is_reversed: false,
        };
        group.dispenses.push(entry);
        true
    }

    fn reverse(
        &mut self,
        org: usize,
        group: usize,
        dispense: usize,
        left: bool,
        now: TimeMs,
    ) -> bool {
        let ModelGroup { items, dispenses } = &mut self.groups[group];
        let Some(entry) = dispenses.get_mut(dispense) else {
            return false;
        };
        let stock = &mut self.packs[org][entry.pack];
        let is_allowed = !entry.is_reversed
            && entry.org == PHARMACIES[org]
            && now.since_ms(entry.at) <= 10 * DAY_MS
            && now < PACKS_EXPIRE
            && (left || !stock.in_quarantine);
        if !is_allowed {
            return false;
        }
        entry.is_reversed = true;
        items[entry.item].out -= entry.units;
        match left {
            false => {
                stock.units_left += entry.units;
                stock.charged -= entry.cost;
            }
            // An opened pack keeps what never left; an emptied one is in quarantine.
            true => stock.in_quarantine |= stock.units_left == 0,
        }
        true
    }

    fn owed(&self, org: OrgId) -> u64 {
        let dispenses = self.groups.iter().flat_map(|group| &group.dispenses);
        let posted = dispenses.filter(|entry| entry.org == org && !entry.is_reversed);
        posted.map(|entry| entry.cost).sum()
    }
}

fn carry_out(world: &mut World, groups: &[GroupId], command: Command) -> Step {
    match command {
        Command::Advance(duration_ms) => {
            world.env.advance(duration_ms);
            Ok(())
        }
        Command::Hold { org, group, items } => {
            let qr = world.qr(groups[group], ItemMask(items));
            let hold = world.hold_by_qr(PHARMACIES[org], qr);
            world.try_hold(&hold)
        }
        Command::Dispense {
            org,
            group,
            item,
            pack: number,
            units,
        } => {
            let org = PHARMACIES[org];
            let lines = vec![line(item as u8, pack(org, number), units, PACK_PRICE)];
            world.dispense(org, groups[group], lines)
        }
        Command::Reject { org, group, items } => {
            world.reject(PHARMACIES[org], groups[group], ItemMask(items))
        }
        Command::Cancel {
            group,
            items,
            by_holder: true,
        } => world.cancel_by_holder(groups[group], ItemMask(items)),
        Command::Cancel {
            group,
            items,
            by_holder: false,
        } => world.cancel_by_clinic(groups[group], ItemMask(items)),
        Command::Reverse {
            org,
            group,
            dispense,
            left,
        } => {
            let left = ItemMask(left.into());
            world.reverse(PHARMACIES[org], groups[group], dispense, left)
        }
    }
}

fn check(world: &mut World, groups: &[GroupId], model: &Model, now: TimeMs) {
    for (id, expected) in groups.iter().zip(&model.groups) {
        let view = world.view(*id);
        for (index, item) in expected.items.iter().enumerate() {
            assert_eq!(
                view.statuses[index],
                item.status(model.until, now),
                "item {index}"
            );
            let remaining = view.group.items[index].remaining;
            assert_eq!(remaining, item.quantity - item.out, "item {index}");
            let holds = view.group.holds.iter();
            let live = holds.filter(|hold| hold.items.has(index) && now < hold.until);
            assert!(
                live.count() <= 1,
                "an item is held by one pharmacy at a time"
            );
        }
    }
    for (org, packs) in PHARMACIES.iter().zip(&model.packs) {
        for (number, expected) in packs.iter().enumerate() {
            use senim_abi::marking::PackState as S;
            let state = world.pack_state(pack(*org, number));
            let fits = match state {
                S::Active { at } => at == *org && expected.units_left == PACK_UNITS,
                S::SuppliedPart { at } => at == *org && expected.units_left > 0,
                S::Supplied { at } => at == *org && expected.units_left == 0,
                S::Quarantine { at } => at == *org && expected.in_quarantine,
                _ => false,
            };
            assert!(fits, "{state:?} with {} units left", expected.units_left);
            assert!(
                expected.charged <= PACK_PRICE,
                "a pack never costs more than its price"
            );
        }
    }
    let owed: Vec<u64> = PHARMACIES.iter().map(|org| world.owed(*org)).collect();
    let expected: Vec<u64> = PHARMACIES.iter().map(|org| model.owed(*org)).collect();
    assert_eq!(owed, expected);
    assert_eq!(
        world.available() + owed.iter().sum::<u64>(),
        ALLOTTED,
        "no tiyn is lost"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_ledger_agrees_with_the_model_after_every_command(
        gestures in proptest::collection::vec(gesture(), 1..50),
    ) {
        let mut world = World::new();
        let items: Vec<_> = QUANTITIES
            .iter()
            .map(|quantity| senim_abi::prescription::NewItem { quantity: *quantity, ..world.item() })
            .collect();
        let groups = vec![world.issue(items.clone()), world.issue(items.clone())];
        let mut model = Model::new(items[0].until);
        for command in gestures.into_iter().flatten() {
            // Every command has a block of its own, so that every QR is a later one.
            world.env.advance(1);
            let command = model.resolve(command);
            let state = world.env.state().clone();
            let result = carry_out(&mut world, &groups, command);
            let now = world.env.time();
            let is_expected = model.apply(command, now);
            prop_assert_eq!(result.is_ok(), is_expected, "{:?} came to {:?}", command, result);
            if result.is_err() {
                prop_assert_eq!(&state, world.env.state(), "a refusal changes nothing");
            }
            check(&mut world, &groups, &model, now);
        }
    }
}
