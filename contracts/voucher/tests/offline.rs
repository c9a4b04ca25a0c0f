//! A terminal loses its connection and keeps serving: what is paid, and what guards the chain of its records.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::pad::{Pad, counts, taken};
use common::*;
use senim_abi::policy::Delegated;
use senim_abi::voucher::proof::{HolderAct, UseStatement, VoucherQr, lines_hash};
use senim_abi::voucher::record::Delegation;
use senim_abi::voucher::{Execute, OfflineRecord, Proof, Settings, VoucherEvent};
use senim_sdk::testing::{Actor, key_of};
use senim_types::{Code, Hash, TimeMs, Tiyn};

#[test]
fn each_meal_is_paid_as_one_of_its_own_day() {
    let mut world = World::new();
    let pupils = [world.issued(10), world.issued(10)];
    let (available, locked) = world.money();
    let mut pad = Pad::new(&mut world);
    let start = world.env.time();
    for pupil in pupils {
        pad.serve(pupil, TimeMs(start.0 + HOUR_MS));
    }
    pad.serve(pupils[0], TimeMs(start.0 + 25 * HOUR_MS));
    world.env.advance(2 * DAY_MS);
    // The terminal is broken: the other one sends its file.
    let outcome = pad.send_by(&mut world, terminal_2(), 0..3);
    assert_eq!(counts(taken(&outcome)), (3, 0, 0));

    assert_eq!(world.tally(FRIDAY), (2, 180_000));
    assert_eq!(world.tally(FRIDAY + 1), (1, 90_000));
    assert_eq!(world.tally(FRIDAY + 2), (0, 0));
    assert_eq!(world.owed(), 270_000);
    assert_eq!(world.money(), (available, locked - 270_000));
    let uses = events(&outcome)
        .into_iter()
        .filter_map(|event| match event {
            VoucherEvent::Redeemed { facts, .. } => Some((facts.clock.day, facts.clock.now)),
            _ => None,
        });
    let at = |hours: u64| TimeMs(start.0 + hours * HOUR_MS);
    let expected = [(FRIDAY, at(1)), (FRIDAY, at(1)), (FRIDAY + 1, at(25))];
    assert_eq!(uses.collect::<Vec<_>>(), expected);
    // And the day after is one more, with the connection back.
    assert_eq!(world.redeemed(pupils[0]).number, 3);
}

#[test]
fn a_meal_of_a_month_that_is_over_stands_in_the_claim_of_the_month_in_which_it_is_taken() {
    let mut world = World::new();
    let pupil = world.issued(10);
    // The 31st of January, and then the 1st of February.
    world.env.advance(16 * DAY_MS);
    let mut pad = Pad::new(&mut world);
    pad.serve(pupil, world.env.time());
    let january = world.claim();
    world.env.advance(DAY_MS);
    assert_eq!(counts(pad.sent(&mut world)), (1, 0, 0));
    assert_eq!(january, None);
    let february = world.claim().unwrap();
    assert_eq!((february.lines, february.sum.0), (1, 90_000));
    assert_eq!(world.tally(FRIDAY + 16), (1, 90_000));
    // It is one of January's all the same.
    let mut month = |month| world.view(pupil).unwrap().voucher.uses_in(month).uses;
    let uses = [
        senim_abi::civil::Month::new(2027, 1),
        senim_abi::civil::Month::new(2027, 2),
    ];
    assert_eq!(uses.map(&mut month), [1, 0]);
}

#[test]
fn a_batch_of_meals_at_its_largest_fits_a_transaction() {
    let mut world = World::new();
    let bounds = senim_abi::voucher::OfflineBounds {
        uses_max: 100,
        ..OFFLINE
    };
    set_frame(&mut world, |settings| settings.offline = Some(bounds));
    let pupils: Vec<_> = (0..OfflineRecord::BATCH_MAX)
        .map(|_| world.issued(10))
        .collect();
    let mut pad = Pad::new(&mut world);
    let at = world.env.time();
    for pupil in pupils {
        pad.serve(pupil, at);
    }
    assert_eq!(counts(pad.sent(&mut world)), (20, 0, 0));
    let mut more = Pad::of(&mut world, terminal_2());
    for _ in 0..=OfflineRecord::BATCH_MAX {
        more.serve(world.issued(1), at);
    }
    assert_eq!(more.send(&mut world).code(), Some(Code::OUT_OF_RANGE));
}

fn set_frame(world: &mut World, change: impl Fn(&mut Settings)) {
    let mut settings = settings();
    change(&mut settings);
    let message = Execute::SetProgramme {
        programme: MEALS,
        settings,
    };
    world.done(education(), &message);
}

#[test]
fn a_sync_meets_each_guard() {
    let sync = |place| Execute::SyncOffline {
        programme: MEALS,
        place,
    };
    let mut world = World::new();
    let cases = vec![
        (
            "elsewhere",
            terminal(),
            sync(OTHER_SCHOOL),
            Code::NOT_WHITELISTED,
        ),
        (
            "a stranger's terminal",
            caterer(),
            sync(SCHOOL),
            Code::WRONG_PLACE,
        ),
        (
            "of no programme",
            terminal(),
            Execute::SyncOffline {
                programme: OTHER,
                place: SCHOOL,
            },
            Code::PROGRAMME_UNKNOWN,
        ),
    ];
    refused(&mut world, cases);
    for (change, code) in [
        (
            (|settings| settings.offline = None) as fn(&mut Settings),
            Code::OFFLINE_NOT_ALLOWED,
        ),
        (|settings| settings.open = false, Code::PROGRAMME_UNKNOWN),
    ] {
        set_frame(&mut world, change);
        refused(
            &mut world,
            vec![("not now", terminal(), sync(SCHOOL), code)],
        );
    }
}

#[test]
fn what_is_sent_has_to_be_the_terminals_own_chain() {
    let mut world = World::new();
    let pupil = world.issued(10);
    let at = world.env.time();
    let mut never = Pad {
        first: 0,
        actor: terminal(),
        session: 1,
        records: Vec::new(),
    };
    never.serve(pupil, at);
    let code = never.send(&mut world).code();
    assert_eq!(code, Some(Code::OFFLINE_NO_SESSION));

    let mut pad = Pad::new(&mut world);
    for _ in 0..3 {
        pad.serve(pupil, at);
    }
    let stranger = pad.send_by(&mut world, caterer(), 0..3);
    assert_eq!(stranger.code(), Some(Code::NOT_AUTHORISED));
    let empty = Execute::RedeemOffline {
        programme: MEALS,
        terminal: pad.actor.device,
        records: Vec::new(),
    };
    assert_eq!(
        world.by(terminal(), &empty).code(),
        Some(Code::OUT_OF_RANGE)
    );

    let unsigned = world.by(terminal(), &pad.message(0..3));
    assert_eq!(unsigned.code(), Some(Code::OFFLINE_NOT_SIGNED));
    let mut other = pad.signature(3);
    other.key = terminal_2().device;
    for witness in [other, pad.signature(2)] {
        let outcome = world.signed(terminal(), &pad.message(0..3), &[witness]);
        assert_eq!(outcome.code(), Some(Code::OFFLINE_NOT_SIGNED));
    }

    type Break = fn(&mut [OfflineRecord]);
    let breaks: [Break; 3] = [
        |records| records[1].previous = Hash([1; 32]),
        |records| records[2].sequence = 3,
        |records| records.swap(0, 1),
    ];
    for change in breaks {
        let mut broken = Pad {
            records: pad.records.clone(),
            ..Pad::new(&mut world)
        };
        change(&mut broken.records);
        assert_eq!(broken.send(&mut world).code(), Some(Code::OFFLINE_CHAIN));
    }
    let gap = pad.send_by(&mut world, terminal(), 1..3);
    assert_eq!(gap.code(), Some(Code::OFFLINE_GAP));
}

#[test]
fn a_terminal_that_signs_two_histories_is_told() {
    let mut world = World::new();
    let (pupil, another) = (world.issued(10), world.issued(10));
    let at = world.env.time();
    let mut pad = Pad::new(&mut world);
    pad.serve(pupil, at);
    pad.serve(another, at);
    pad.sent(&mut world);
    let mut other = Pad {
        records: pad.records[..1].to_vec(),
        ..pad
    };
    other.serve(pupil, at);
    let before = world.env.state().clone();
    assert_eq!(other.send(&mut world).code(), Some(Code::OFFLINE_FORK));
    // Under a number that comes next it is told by what it follows.
    other.serve(pupil, at);
    let outcome = other.send_by(&mut world, terminal(), 2..3);
    assert_eq!(outcome.code(), Some(Code::OFFLINE_FORK));
    assert_eq!(world.env.state(), &before);
}

#[test]
fn the_same_file_again_is_a_success_and_nothing_more() {
    let mut world = World::new();
    let pupils = [world.issued(10), world.issued(10), world.issued(10)];
    let at = world.env.time();
    let mut pad = Pad::new(&mut world);
    for pupil in pupils {
        pad.serve(pupil, at);
    }
    let first = pad.send_by(&mut world, terminal(), 0..2);
    assert_eq!(counts(taken(&first)), (2, 0, 0));
    let owed = world.owed();
    let again = pad.send_by(&mut world, terminal_2(), 0..2);
    assert_eq!(counts(taken(&again)), (0, 0, 2));
    assert!(again.events.is_empty() && again.writes.is_empty());
    assert_eq!(world.owed(), owed);
    assert_eq!(counts(pad.sent(&mut world)), (1, 0, 2));
    // Long after, when the ledger knows no more what it took, it takes nothing a second time.
    world.env.advance(61 * DAY_MS);
    world.env.serve_due();
    assert_eq!(counts(pad.sent(&mut world)), (0, 0, 3));
    let chain = world.chain_of(terminal().device).unwrap();
    assert_eq!((chain.next, chain.head), (3, pad.records[2].hash()));
    assert_eq!(world.owed(), 270_000);
}

#[test]
fn a_second_session_goes_on_with_the_chain() {
    let mut world = World::new();
    let pupil = world.issued(10);
    let mut pad = Pad::new(&mut world);
    for _ in 0..OFFLINE.uses_max {
        pad.serve(pupil, world.env.time());
        world.env.advance(8 * HOUR_MS);
    }
    assert_eq!(counts(pad.sent(&mut world)), (3, 5, 0));
    pad.sync(&mut world);
    world.env.advance(DAY_MS);
    pad.serve(pupil, world.env.time());
    assert_eq!(counts(pad.sent(&mut world)), (1, 0, 8));
    assert_eq!(world.chain_of(terminal().device).unwrap().session.number, 2);
}

/// What the child's key signs for a printed code, or a live QR, at this terminal.
fn signed_use(actor: Actor, voucher: senim_abi::voucher::VoucherId, at: TimeMs) -> UseStatement {
    UseStatement {
        voucher,
        org: actor.org,
        device: actor.device,
        at,
        lines: lines_hash(&meal(PRICE)),
    }
}

#[test]
fn people_sign_without_a_connection_too() {
    let mut world = World::new();
    let voucher = world.issued(10);
    let child = Delegation {
        key: key_of(CHILD),
        bounds: Delegated {
            until: world.in_days(50),
            uses: 20,
            uses_per_day: 1,
        },
    };
    let outcome = world.holder_acts(voucher, HolderAct::Delegate(child));
    assert_eq!(outcome.code(), None);
    let mut pad = Pad::new(&mut world);
    let start = world.env.time();
    let at = |hours: u64| TimeMs(start.0 + hours * HOUR_MS);
    let ephemeral = key_of(90);
    let qr = VoucherQr {
        voucher,
        ephemeral,
        issued_at: at(1),
        expires_at: TimeMs(at(1).0 + 60_000),
    };
    pad.serve_with(voucher, at(1), PRICE, Proof::LiveQr(qr));
    pad.serve_with(voucher, at(25), PRICE, Proof::Code { at: at(25) });
    // Nobody signed this one, and this one a minute after the terminal says that it was.
    pad.serve_with(voucher, at(49), PRICE, Proof::Code { at: at(49) });
    let late = TimeMs(at(49).0 + 60_001);
    pad.serve_with(voucher, at(49), PRICE, Proof::Code { at: late });
    world.env.advance(3 * DAY_MS);
    let witnesses = [
        pad.signature(4),
        qr.by(key_of(PARENT)),
        signed_use(terminal(), voucher, at(1)).by(ephemeral),
        signed_use(terminal(), voucher, at(25)).by(key_of(CHILD)),
        signed_use(terminal_2(), voucher, at(49)).by(key_of(CHILD)),
        signed_use(terminal(), voucher, late).by(key_of(CHILD)),
    ];
    // Statements name the terminal that wrote them down, not the one that sends them.
    let outcome = world.signed(terminal_2(), &pad.message(0..4), &witnesses);
    assert_eq!(counts(taken(&outcome)), (2, 2, 0));
    let codes = [Code::NOT_SIGNED, Code::STATEMENT_WINDOW];
    assert_eq!(world.codes(), codes);
    assert_eq!(
        world
            .view(voucher)
            .unwrap()
            .voucher
            .delegation
            .unwrap()
            .bounds
            .uses,
        19
    );
    let kept = world.excess()[0];
    assert_eq!((kept.cost, kept.sequence), (Tiyn(90_000), 2));
}
