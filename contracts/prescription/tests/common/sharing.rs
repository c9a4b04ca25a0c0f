//! What a person and whoever collects for the person do.

use super::steps::{FIRST, HoldTry};
use super::*;
use senim_abi::prescription::event::ProofUsed;
use senim_abi::prescription::{Delegation, ItemMask, PrescriptionEvent};
use senim_abi::proof::HolderAct;

pub const SECOND: ItemMask = ItemMask(2);

/// Whoever collects for the person.
pub fn daughter() -> PublicKey {
    key_of(220)
}

pub fn with_two() -> (World, GroupId) {
    let mut world = World::new();
    let items = vec![world.item(), world.amoxicillin_item()];
    let group = world.issue(items);
    (world, group)
}

/// The daughter may collect the first item for an hour.
pub fn for_an_hour(world: &World) -> Delegation {
    Delegation {
        key: daughter(),
        items: FIRST,
        until: TimeMs(world.env.time().0 + HOUR_MS),
    }
}

/// What the person with this key signs at that time, submitted by the wallet service.
pub fn act(
    world: &mut World,
    group: GroupId,
    by: PublicKey,
    at: TimeMs,
    delegation: Option<Delegation>,
) -> TestOutcome {
    let signed = HolderAct::Delegate {
        group,
        at,
        delegation,
    };
    let message = Execute::Delegate {
        group,
        at,
        delegation,
    };
    world.call(&wallet_service(), &message, &[signed.by(by)])
}

/// A millisecond later, so that it is a later one.
pub fn share(world: &mut World, group: GroupId, delegation: Option<Delegation>) -> Step {
    world.env.advance(1);
    let now = world.env.time();
    step(&act(world, group, holder(), now, delegation))
}

/// The hold of a fresh QR that this key signed.
pub fn hold_of(world: &mut World, group: GroupId, items: ItemMask, by: PublicKey) -> HoldTry {
    world.env.advance(1);
    let qr = world.qr(group, items);
    let mut hold = world.hold_by_qr(APTEKA, qr);
    hold.witnesses[0] = qr.by(by);
    hold
}

pub fn hold_by(world: &mut World, group: GroupId, items: ItemMask, by: PublicKey) -> Step {
    let hold = hold_of(world, group, items, by);
    world.try_hold(&hold)
}

/// How the ledger says that a hold was proven.
pub fn proof_of(outcome: &TestOutcome) -> Option<ProofUsed> {
    let body = &outcome.events.first()?.body;
    match codec::decode(body).unwrap() {
        PrescriptionEvent::Held { proof, .. } => Some(proof),
        _ => None,
    }
}
