//! What a terminal did beyond the bounds is kept for the payer with its code, and answered.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::pad::{Pad, counts};
use common::*;
use senim_abi::{SETTLEMENT, TREASURY, VOUCHER};

use senim_abi::registry::Standing;
use senim_abi::treasury::{self, SettlementKind};
use senim_abi::voucher::msg::Mark;
use senim_abi::voucher::{Execute, Proof, Settings, VoucherEvent, VoucherId};
use senim_types::{Code, Hash, TimeMs, Tiyn};

/// A meal that the terminal serves an hour after its sync, and what happens around it.
struct Case {
    world: World,
    pad: Pad,
    pupil: VoucherId,
    at: TimeMs,
    price: Tiyn,
}

type Happens = fn(&mut Case);

fn nothing(_: &mut Case) {}

#[test]
fn whatever_is_wrong_with_a_record_keeps_it_for_the_payer() {
    // What happens before the meal, and what between the meal and its arrival, a day later.
    let cases: [(&str, Happens, Happens, Option<Code>); 25] = [
        ("as it should be", nothing, nothing, None),
        (
            "before the sync",
            |c| c.at.0 -= HOUR_MS + 60_001,
            nothing,
            Some(Code::OFFLINE_CLOCK),
        ),
        (
            "a minute slow",
            |c| c.at.0 -= HOUR_MS + 60_000,
            nothing,
            None,
        ),
        (
            "after its arrival",
            |c| c.at.0 += DAY_MS - HOUR_MS + 60_001,
            nothing,
            Some(Code::OFFLINE_CLOCK),
        ),
        (
            "a minute fast",
            |c| c.at.0 += DAY_MS - HOUR_MS + 60_000,
            nothing,
            None,
        ),
        (
            "the clock went back",
            |c| {
                let later = TimeMs(c.at.0 + 1);
                c.pad.serve(VoucherId(Hash::ZERO), later);
            },
            nothing,
            Some(Code::OFFLINE_CLOCK),
        ),
        (
            "synced again before it was sent",
            nothing,
            |c| {
                Pad::new(&mut c.world);
                c.world.env.advance(DAY_MS);
            },
            Some(Code::OFFLINE_SESSION),
        ),
        (
            "of a session of another number",
            |c| c.pad.session += 1,
            nothing,
            Some(Code::OFFLINE_SESSION),
        ),
        (
            "the terminal was suspended",
            nothing,
            |c| c.world.set_device(terminal().device, Standing::Suspended),
            Some(Code::OFFLINE_DEVICE),
        ),
        (
            "at the last minute of the bounds",
            |c| c.at.0 += OFFLINE.ms_max - HOUR_MS,
            |c| c.world.env.advance(2 * DAY_MS),
            None,
        ),
        (
            "too long after the sync",
            |c| c.at.0 += OFFLINE.ms_max - HOUR_MS + 1,
            |c| c.world.env.advance(2 * DAY_MS),
            Some(Code::OFFLINE_HOURS),
        ),
        (
            "a voucher that there never was",
            |c| c.pupil = VoucherId(Hash([9; 32])),
            nothing,
            Some(Code::VOUCHER_UNKNOWN),
        ),
        (
            "a voucher of another programme",
            |c| c.pupil = c.world.listed(1)[0],
            nothing,
            Some(Code::PROGRAMME_UNKNOWN),
        ),
        (
            "a voucher that was issued since",
            |c| {
                c.world.env.advance(1);
                c.pupil = c.world.issued(10);
            },
            nothing,
            Some(Code::OFFLINE_UNKNOWN),
        ),
        (
            "revoked since",
            nothing,
            revoke,
            Some(Code::VOUCHER_REVOKED),
        ),
        (
            "suspended since",
            nothing,
            suspend,
            Some(Code::VOUCHER_STATE),
        ),
        (
            "the programme closed",
            nothing,
            |c| frame(c, |settings| settings.open = false),
            Some(Code::PROGRAMME_UNKNOWN),
        ),
        (
            "the programme lets nobody serve without connection any more",
            nothing,
            |c| frame(c, |settings| settings.offline = None),
            None,
        ),
        (
            "somebody else serves the place",
            nothing,
            |c| {
                let mut service = c.world.service();
                service.provider = EDUCATION;
                let message = set_service(MEALS, SCHOOL, Some(service));
                c.world.done(education(), &message);
            },
            Some(Code::NOT_WHITELISTED),
        ),
        (
            "above the cap",
            |c| c.price = Tiyn(100_001),
            nothing,
            Some(Code::PRICE_ABOVE_CAP),
        ),
        (
            "for nothing",
            |c| c.price = Tiyn(0),
            nothing,
            Some(Code::AMOUNT_ZERO),
        ),
        (
            "the school says that the pupil was absent",
            nothing,
            |c| {
                let message = Execute::Attend {
                    programme: MEALS,
                    place: SCHOOL,
                    day: FRIDAY,
                    present: 0,
                    marks: vec![Mark {
                        voucher: c.pupil,
                        absent: true,
                    }],
                };
                c.world.done(school(), &message);
            },
            Some(Code::ABSENT),
        ),
        (
            "more is not left under the provider's contract",
            nothing,
            |c| terms(c, SettlementKind::TengeAtRedemption, PRICE.0 - 1),
            Some(Code::CONTRACT_EXCEEDED),
        ),
        (
            "what is left under the provider's contract is kept for what is reserved",
            nothing,
            |c| {
                terms(c, SettlementKind::TengeAtRedemption, PRICE.0);
                reserve(c, Tiyn(1));
            },
            Some(Code::CONTRACT_EXCEEDED),
        ),
        (
            "the provider's contract is for stock",
            nothing,
            |c| terms(c, SettlementKind::StockOnly, PRICE.0),
            Some(Code::STOCK_ONLY),
        ),
    ];
    for (case, before, after, expected) in cases {
        let mut world = World::new();
        let pupil = world.issued(10);
        let (pad, at) = (Pad::new(&mut world), TimeMs(world.env.time().0 + HOUR_MS));
        let price = PRICE;
        let mut c = Case {
            world,
            pad,
            pupil,
            at,
            price,
        };
        before(&mut c);
        c.pad.serve_with(c.pupil, c.at, c.price, Proof::Attested);
        c.world.env.advance(DAY_MS);
        after(&mut c);
        let total = total(&mut c.world);
        let outcome = c.pad.send(&mut c.world);
        assert_eq!(outcome.code(), None, "{case}");
        let last = c.pad.records.len() as u64 - 1;
        let kept = c.world.excess();
        let kept = kept.iter().find(|excess| excess.sequence == last);
        assert_eq!(kept.map(|excess| excess.code), expected, "{case}");
        assert_eq!(total, self::total(&mut c.world), "{case}");
    }
}

fn revoke(c: &mut Case) {
    let message = Execute::Revoke { voucher: c.pupil };
    c.world.done(education(), &message);
}

fn suspend(c: &mut Case) {
    let message = Execute::Suspend {
        voucher: c.pupil,
        suspended: true,
    };
    c.world.done(education(), &message);
}

fn frame(c: &mut Case, change: fn(&mut Settings)) {
    let mut settings = settings();
    change(&mut settings);
    let message = Execute::SetProgramme {
        programme: MEALS,
        settings,
    };
    c.world.done(education(), &message);
}

/// The settlement contract says what may be posted to the caterer.
fn terms(c: &mut Case, kind: SettlementKind, ceiling: u64) {
    let message = treasury::Execute::SetTerms {
        payer: EDUCATION,
        programme: MEALS,
        provider: CATERER,
        agreement: Hash([7; 32]),
        from: TimeMs(0),
        until: c.world.in_days(100),
        ceiling: Tiyn(ceiling),
        vat_basis_points: 0,
        kind,
    };
    let env = &mut c.world.env;
    let outcome = env.execute_as(SETTLEMENT, &education(), TREASURY, &message);
    assert_eq!(outcome.code(), None, "{outcome:?}");
}

/// Money of another line of the programme is reserved for the caterer.
fn reserve(c: &mut Case, amount: Tiyn) {
    let message = treasury::Execute::Reserve {
        id: Hash([8; 32]),
        budget: SECOND_LINE,
        provider: CATERER,
        amount,
        reference: Hash([9; 32]),
        expires_at: c.world.in_days(30),
    };
    let env = &mut c.world.env;
    let outcome = env.execute_as(VOUCHER, &education(), TREASURY, &message);
    assert_eq!(outcome.code(), None, "{outcome:?}");
}

/// All money of the line, wherever it is.
fn total(world: &mut World) -> u128 {
    let (available, locked) = world.money();
    available + locked + world.owed()
}

#[test]
fn too_many_between_two_syncs_wait_for_the_payer() {
    let mut world = World::new();
    let pupils: Vec<_> = (0..=OFFLINE.uses_max).map(|_| world.issued(10)).collect();
    let mut pad = Pad::new(&mut world);
    for pupil in pupils {
        pad.serve(pupil, world.env.time());
    }
    assert_eq!(counts(pad.sent(&mut world)), (8, 1, 0));
    assert_eq!(world.codes(), [Code::OFFLINE_COUNT]);
}

#[test]
fn two_terminals_without_connection_feed_a_pupil_once() {
    let mut world = World::new();
    let pupil = world.issued(10);
    let (mut one, mut two) = (Pad::new(&mut world), Pad::of(&mut world, terminal_2()));
    let start = world.env.time();
    for day in 0..2 {
        let at = TimeMs(start.0 + day * DAY_MS);
        one.serve(pupil, at);
        two.serve(pupil, at);
    }
    world.env.advance(2 * DAY_MS);
    world.redeemed(pupil);
    // The other terminal's uses of days before do not make room for a second one of today, and are no first ones.
    assert_eq!(counts(two.sent(&mut world)), (2, 0, 0));
    assert_eq!(counts(one.sent(&mut world)), (0, 2, 0));
    assert_eq!(world.codes(), [Code::DAILY_LIMIT; 2]);
    assert_eq!(world.redeem(pupil).code(), Some(Code::DAILY_LIMIT));
    for day in 0..3 {
        assert_eq!(world.tally(FRIDAY + day), (1, 90_000));
    }
    let facts = |event: &VoucherEvent| match event {
        VoucherEvent::Exceeded { facts, rule, .. } => Some((facts.clone().unwrap(), *rule)),
        _ => None,
    };
    let again = world.env.steps().iter().rev();
    let told = again
        .flat_map(|step| events(&step.outcome))
        .find_map(|event| facts(&event));
    let (facts, rule) = told.expect("what the policy judged is told");
    assert_eq!((facts.token.uses_today, rule), (1, 10));
}

#[test]
fn a_record_that_comes_when_its_day_is_no_longer_known_waits_for_the_payer() {
    let mut world = World::new();
    let pupil = world.issued(30);
    let mut pad = Pad::new(&mut world);
    pad.serve(pupil, world.env.time());
    world.env.advance(16 * DAY_MS);
    world.redeemed(pupil);
    assert_eq!(counts(pad.sent(&mut world)), (0, 1, 0));
    assert_eq!(world.codes(), [Code::OFFLINE_LATE]);
}

#[test]
fn a_month_is_counted_in_its_own_month() {
    let mut world = World::new();
    let mut rules = rules();
    rules.uses_per_month_max = Some(1);
    let message = Execute::SetPolicy {
        programme: MEALS,
        policy: policy(rules),
    };
    world.done(education(), &message);
    // From the 30th of January on.
    world.env.advance(15 * DAY_MS);
    let pupil = world.issued(30);
    let mut pad = Pad::new(&mut world);
    pad.serve(pupil, world.env.time());
    pad.serve(pupil, TimeMs(world.env.time().0 + DAY_MS));
    world.env.advance(2 * DAY_MS);
    world.redeemed(pupil);
    assert_eq!(counts(pad.sent(&mut world)), (1, 1, 0));
    assert_eq!(world.codes(), [Code::PERIOD_LIMIT]);
}
