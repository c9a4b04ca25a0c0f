//! A terminal that is silent for long is forgotten, and no record of it is taken a second time.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::pad::{Pad, counts};
use common::*;
use senim_abi::VOUCHER;
use senim_abi::registry::Standing;
use senim_abi::voucher::offline::{OfflineChain, chain_key};
use senim_abi::voucher::{Execute, Service, VoucherId};
use senim_types::{Code, Hash, PublicKey, TimeMs, Tiyn};

/// Days that a terminal may be silent.
const SILENT: u64 = OfflineChain::SILENT_MS / DAY_MS;

/// The school is served for years.
fn served_for_years() -> World {
    let mut world = World::new();
    let service = Service {
        until: world.in_days(3_000),
        ..world.service()
    };
    let set = Execute::SetService {
        programme: MEALS,
        place: SCHOOL,
        service: Some(service),
    };
    world.done(education(), &set);
    world
}

/// So many days later, with what is due served.
fn on(world: &mut World, days: u64) {
    for _ in 0..days {
        world.env.advance(DAY_MS);
        for (due, outcome) in world.env.serve_due() {
            assert_eq!(outcome.code(), None, "{due:?}");
        }
    }
}

fn is_known(world: &World, terminal: &PublicKey) -> bool {
    let key = [&VOUCHER.0.to_be_bytes()[..], &chain_key(MEALS, terminal)].concat();
    world.env.state().contains_key(&key)
}

/// A terminal that served two pupils, and sent it.
fn served(world: &mut World) -> (Pad, VoucherId) {
    let pupils = [world.issued(10), world.issued(10)];
    let mut pad = Pad::new(world);
    for pupil in pupils {
        pad.serve(pupil, world.env.time());
    }
    assert_eq!(counts(pad.sent(world)), (2, 0, 0));
    (pad, pupils[0])
}

#[test]
fn a_terminal_is_known_as_long_as_it_syncs_now_and_then() {
    let mut world = served_for_years();
    let (mut pad, _) = served(&mut world);
    on(&mut world, SILENT - 10);
    pad.sync(&mut world);
    on(&mut world, SILENT - 1);
    assert!(is_known(&world, &terminal().device));
    on(&mut world, 31);
    assert!(!is_known(&world, &terminal().device));
    // One entry of the due-queue for each terminal, however often it syncs.
    assert_eq!(world.env.due().count(), 0);
}

#[test]
fn what_a_forgotten_terminal_had_sent_is_taken_no_second_time() {
    let mut world = served_for_years();
    let (pad, _) = served(&mut world);
    let owed = world.owed();
    on(&mut world, SILENT + 1);
    assert_eq!(pad.send(&mut world).code(), Some(Code::OFFLINE_NO_SESSION));
    // It comes back, and another one is new: neither begins where the forgotten ones were.
    let again = Pad::new(&mut world);
    let chain = world.chain_of(terminal().device).unwrap();
    assert_eq!((chain.start, chain.next, chain.head), (2, 2, Hash::ZERO));
    assert_eq!((chain.session.number, again.session), (2, 2));
    for range in [0..1, 0..2, 1..2] {
        let outcome = pad.send_by(&mut world, terminal(), range);
        assert_eq!(outcome.code(), Some(Code::OFFLINE_FORGOTTEN));
    }
    assert_eq!(world.owed(), owed);
    Pad::of(&mut world, terminal_2());
    let other = world.chain_of(terminal_2().device).unwrap();
    assert_eq!((other.start, other.session.number), (2, 2));
}

#[test]
fn what_a_forgotten_terminal_had_not_sent_is_not_taken_for_what_it_serves_now() {
    let mut world = served_for_years();
    let (mut pad, pupil) = served(&mut world);
    pad.serve(pupil, world.env.time());
    on(&mut world, SILENT + 1);
    let mut again = Pad::new(&mut world);
    // It follows what nobody knows any more.
    let outcome = pad.send_by(&mut world, terminal(), 2..3);
    assert_eq!(outcome.code(), Some(Code::OFFLINE_FORK));
    // What it serves from now on counts on, and is paid.
    let fresh = world.issued(10);
    again.sync(&mut world);
    again.serve(fresh, world.env.time());
    assert_eq!(again.records[0].sequence, 2);
    assert_eq!(counts(again.sent(&mut world)), (1, 0, 0));
}

#[test]
fn one_whose_records_wait_for_the_payer_is_kept_and_a_revoked_one_goes() {
    let mut world = served_for_years();
    let (mut pad, _) = served(&mut world);
    let mut revoked = Pad::of(&mut world, terminal_2());
    let pupil = world.issued(10);
    for pad in [&mut pad, &mut revoked] {
        // Beyond its bounds in time.
        pad.serve(pupil, TimeMs(world.env.time().0 + 6 * DAY_MS));
    }
    world.set_device(terminal_2().device, Standing::Revoked);
    on(&mut world, 7);
    assert_eq!(counts(pad.sent(&mut world)).1, 1);
    on(&mut world, SILENT + 50);
    assert!(is_known(&world, &terminal().device));
    assert!(!is_known(&world, &terminal_2().device));
    let answer = Execute::AnswerExcess {
        programme: MEALS,
        terminal: terminal().device,
        sequence: 2,
        pays: Tiyn::ZERO,
    };
    world.done(education(), &answer);
    on(&mut world, 31);
    assert!(!is_known(&world, &terminal().device));
}
