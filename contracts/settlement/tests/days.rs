//! The edit check before an act is accepted: a caterer at schools, whose days are checked against their attendance.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::meals::*;
use common::*;
use senim_abi::VOUCHER;
use senim_abi::settlement::{ActId, ActState, Despite, Execute, FlawedDay, SettlementEvent};
use senim_abi::voucher::msg::Finding;
use senim_abi::voucher::record::{FindingKind, Served};
use senim_abi::voucher::{self, Calendar, Settings};
use senim_sdk::codec;
use senim_types::{Code, OrgId};

const ACT: ActId = THEIR_ACT;
#[track_caller]
fn refused_for(meals: &mut Meals, accept: &Execute, code: Code, place: OrgId, day: u32) {
    let outcome = meals.world.by(city(), accept);
    assert_eq!(outcome.code(), Some(code), "{outcome:?}");
    let refusal = outcome.result.unwrap_err();
    let named = if code == Code::DAY_NOT_FLAWED {
        let day: FlawedDay = codec::decode(&refusal.detail).unwrap();
        (day.place, day.day)
    } else {
        let finding: Finding = codec::decode(&refusal.detail).unwrap();
        (finding.place, finding.day)
    };
    assert_eq!(named, (place, day), "{code:?}");
}

#[test]
fn a_day_within_its_attendance_is_in_nobodys_way() {
    let mut meals = Meals::at(1, settings());
    let (first, second) = (meals.pupil(SCHOOL), meals.pupil(SCHOOL));
    // Both eat twice: persons are counted, not meals.
    for voucher in [first, first, second, second] {
        meals.eats(voucher, SCHOOL);
    }
    meals.present(SCHOOL, TODAY, 2);
    meals.calendar(SCHOOL, u32::MAX);
    assert!(meals.kinds().is_empty());
    let accept = meals.signed();
    // Nobody accepts in spite of nothing.
    let nothing = despite(&accept, &[(SCHOOL, TODAY)]);
    refused_for(&mut meals, &nothing, Code::DAY_NOT_FLAWED, SCHOOL, TODAY);
    meals.world.done(city(), &accept);
    assert_eq!(meals.world.act(ACT).state, ActState::Paid);
    assert_eq!(meals.world.purse(), 4 * u128::from(PRICE));
}

#[test]
fn each_flaw_of_a_day_has_its_code_and_is_mended_by_the_school() {
    type Step = fn(&mut Meals);
    // (what the school says, finding, code, what mends it)
    let cases: [(Step, FindingKind, Code, Step); 3] = [
        (
            |_| (),
            FindingKind::Unreported,
            Code::DAY_UNREPORTED,
            |meals| meals.present(SCHOOL, TODAY, 2),
        ),
        (
            |meals| meals.present(SCHOOL, TODAY, 1),
            FindingKind::ExceedsPresent,
            Code::DAY_EXCEEDS_PRESENT,
            |meals| meals.present(SCHOOL, TODAY, 2),
        ),
        (
            |meals| {
                meals.present(SCHOOL, TODAY, 2);
                // All days but the fifteenth.
                meals.calendar(SCHOOL, !(1 << 14));
            },
            FindingKind::Closed,
            Code::DAY_NOT_OPEN,
            |meals| meals.calendar(SCHOOL, u32::MAX),
        ),
    ];
    for (say, kind, code, mend) in cases {
        for is_mended in [false, true] {
            let mut meals = Meals::at(1, settings());
            for voucher in [meals.pupil(SCHOOL), meals.pupil(SCHOOL)] {
                meals.eats(voucher, SCHOOL);
            }
            say(&mut meals);
            assert_eq!(meals.kinds(), [(SCHOOL, TODAY, kind)]);
            if is_mended {
                mend(&mut meals);
                assert_eq!(meals.kinds(), []);
            }
            let accept = meals.signed();
            if is_mended {
                meals.world.done(city(), &accept);
                continue;
            }
            refused_for(&mut meals, &accept, code, SCHOOL, TODAY);
            assert_eq!(meals.world.act(ACT).state, ActState::SignedByProvider);
            // Disputed it can be, and accepted in spite of the day.
            let dispute = meals.world.dispute(ACT, &[]);
            meals.world.done(city(), &dispute);
            meals
                .world
                .done(city(), &Execute::WithdrawDispute { act: ACT });
            let all_the_same = despite(&accept, &[(SCHOOL, TODAY)]);
            let told = meals.world.done(city(), &all_the_same);
            let Execute::Accept { despite: named, .. } = all_the_same else {
                unreachable!()
            };
            assert!(matches!(
                &told[0],
                SettlementEvent::ActAccepted { despite, .. } if *despite == named
            ));
            assert_eq!(meals.world.act(ACT).despite, named);
            assert_eq!(meals.world.act(ACT).state, ActState::Paid);
        }
    }
}

#[test]
fn the_days_that_are_named_are_those_that_are_flawed_in_order_and_each_once() {
    let mut meals = Meals::at(2, settings());
    let other = OrgId(SCHOOL.0 + 1);
    let pupils = [(meals.pupil(SCHOOL), SCHOOL), (meals.pupil(other), other)];
    for day in 0..2 {
        for (voucher, place) in pupils {
            meals.eats(voucher, place);
        }
        meals.world.on_day(day + 1);
    }
    let all = [
        (SCHOOL, TODAY),
        (SCHOOL, TODAY + 1),
        (other, TODAY),
        (other, TODAY + 1),
    ];
    let unreported: Vec<_> = all
        .iter()
        .map(|(place, day)| (*place, *day, FindingKind::Unreported))
        .collect();
    assert_eq!(meals.kinds(), unreported);
    let accept = meals.signed();
    let first = despite(&accept, &all[..1]);
    refused_for(&mut meals, &first, Code::DAY_UNREPORTED, SCHOOL, TODAY + 1);
    let one_missing = despite(&accept, &[all[0], all[2], all[3]]);
    let (place, day) = all[1];
    refused_for(&mut meals, &one_missing, Code::DAY_UNREPORTED, place, day);
    let too_early = despite(
        &accept,
        &[(SCHOOL, TODAY - 1), all[0], all[1], all[2], all[3]],
    );
    refused_for(
        &mut meals,
        &too_early,
        Code::DAY_NOT_FLAWED,
        SCHOOL,
        TODAY - 1,
    );
    for wrong in [
        &[][..],
        &[all[1], all[0], all[2], all[3]],
        &[all[0], all[0], all[1], all[2], all[3]],
        &[all[0]; Despite::DAYS_MAX + 1],
    ] {
        let message = despite(&accept, wrong);
        meals.world.refused(city(), &message, Code::OUT_OF_RANGE);
    }
    meals.world.done(city(), &despite(&accept, &all));
}

#[test]
fn findings_of_many_schools_come_by_pages() {
    let mut meals = Meals::at(130, settings());
    let mut all = Vec::new();
    for number in 0..130 {
        let place = OrgId(SCHOOL.0 + number);
        let voucher = meals.pupil(place);
        meals.eats(voucher, place);
        all.push((place, TODAY));
    }
    let accept = meals.signed();
    let last = OrgId(SCHOOL.0 + 129);
    let short = despite(&accept, &all[..129]);
    refused_for(&mut meals, &short, Code::DAY_UNREPORTED, last, TODAY);
    meals.world.done(city(), &despite(&accept, &all));
}

#[test]
fn a_day_stands_in_the_act_of_whoever_was_paid_for_it() {
    let mut meals = Meals::at(1, settings());
    let voucher = meals.pupil(SCHOOL);
    meals.eats(voucher, SCHOOL);
    // From the next day on another provider cooks.
    meals.serve(SCHOOL, PHARMACY);
    assert_eq!(meals.kinds(), [(SCHOOL, TODAY, FindingKind::Unreported)]);
    meals.world.on_day(1);
    meals.eats(voucher, SCHOOL);
    let served = Served {
        provider: PHARMACY,
        period: JANUARY,
    };
    let theirs = meals.findings(served, None);
    assert_eq!(theirs.len(), 1);
    assert_eq!(theirs[0].day, TODAY + 1);
    assert_eq!(theirs[0].tally.as_ref().unwrap().uses, 1);
    assert_eq!(meals.findings(served, Some((SCHOOL, TODAY + 1))), []);
    // The school's report of a day goes to whose day it was.
    meals.present(SCHOOL, TODAY, 1);
    assert!(meals.kinds().is_empty());
    assert_eq!(meals.findings(served, None).len(), 1);
}

#[test]
fn a_day_that_two_were_paid_for_stands_in_the_acts_of_both() {
    let mut meals = Meals::at(1, settings());
    let (first, second) = (meals.pupil(SCHOOL), meals.pupil(SCHOOL));
    meals.eats(first, SCHOOL);
    // At noon another provider takes over, as one does that sends a record of yesterday in the next month.
    meals.serve(SCHOOL, PHARMACY);
    meals.eats(second, SCHOOL);
    meals.present(SCHOOL, TODAY, 1);
    let theirs = Served {
        provider: PHARMACY,
        period: JANUARY,
    };
    let flawed = [(SCHOOL, TODAY, FindingKind::ExceedsPresent)];
    assert_eq!(
        meals.kinds(),
        flawed,
        "nor does it leave the first one's act"
    );
    assert_eq!(meals.findings(theirs, None).len(), 1);
    meals.present(SCHOOL, TODAY, 2);
    assert!(meals.kinds().is_empty());
    assert_eq!(meals.findings(theirs, None), []);
}

#[test]
fn where_attendance_is_not_checked_nothing_is_found() {
    let unchecked = Settings {
        attendance: false,
        ..settings()
    };
    let mut meals = Meals::at(1, unchecked);
    let voucher = meals.pupil(SCHOOL);
    meals.eats(voucher, SCHOOL);
    meals.present(SCHOOL, TODAY, 0);
    let accept = meals.signed();
    meals.world.done(city(), &accept);
}

#[test]
fn the_payer_cannot_make_what_was_found_go_away() {
    let mut meals = Meals::at(1, settings());
    let voucher = meals.pupil(SCHOOL);
    meals.calendar(SCHOOL, !(1 << 14));
    meals.eats(voucher, SCHOOL);
    assert_eq!(meals.kinds(), [(SCHOOL, TODAY, FindingKind::Closed)]);
    // Not by opening the day afterwards, which is the school's to say.
    let open = |open| voucher::Execute::SetCalendar {
        programme: MEALS,
        place: SCHOOL,
        month: JANUARY,
        calendar: Calendar { open },
    };
    let opened = meals
        .world
        .env
        .execute(&city(), VOUCHER, &open(u32::MAX))
        .code();
    assert_eq!(opened, Some(Code::NOT_AUTHORISED));
    // Not by checking no more, and touching the day: what was found stands or falls by the day itself.
    meals.city(&voucher::Execute::SetProgramme {
        programme: MEALS,
        settings: Settings {
            attendance: false,
            ..settings()
        },
    });
    meals.eats(voucher, SCHOOL);
    assert_eq!(meals.kinds(), [(SCHOOL, TODAY, FindingKind::Closed)]);
    // Other days it may close and open.
    meals.city(&open(!(1 << 14) & !(1 << 20)));
    meals.city(&open(!(1 << 14)));
    meals.calendar(SCHOOL, u32::MAX);
    assert_eq!(meals.kinds(), [(SCHOOL, TODAY, FindingKind::Unreported)]);
    meals.present(SCHOOL, TODAY, 1);
    assert_eq!(meals.kinds(), []);
}

#[test]
fn what_was_found_stays_when_the_days_tally_is_forgotten() {
    let kept = Settings {
        dispute_ms: Settings::DISPUTE_MS_MIN_WITH_ATTENDANCE,
        ..settings()
    };
    let mut meals = Meals::at(1, kept);
    let voucher = meals.pupil(SCHOOL);
    meals.eats(voucher, SCHOOL);
    let accept = meals.signed();
    meals.world.on_day(40);
    let served = Served {
        provider: CATERER,
        period: JANUARY,
    };
    assert_eq!(meals.findings(served, None)[0].tally, None);
    refused_for(&mut meals, &accept, Code::DAY_UNREPORTED, SCHOOL, TODAY);
}
