//! Months of civil time: where one begins, whatever the offsets do.

use proptest::prelude::*;
use senim_abi::civil::{DAY_MS, Month, UtcOffset, UtcOffsets};
use senim_types::TimeMs;

#[test]
fn a_month_begins_at_its_local_midnight() {
    let cases = [
        // 2027-02-01 00:00 at +05:00, Greenwich, −03:30.
        (UtcOffsets::fixed(300), 1_801_422_000_000),
        (UtcOffsets::fixed(0), 1_801_440_000_000),
        (UtcOffsets::fixed(-210), 1_801_452_600_000),
        (UtcOffsets::default(), 1_801_440_000_000),
    ];
    for (offsets, start) in cases {
        assert_eq!(offsets.start_of(Month::new(2027, 2)), TimeMs(start));
    }
}

#[test]
fn a_change_of_offset_at_midnight_moves_the_beginning() {
    // At 2024-03-01 00:00 +06:00 the clocks went back to +05:00: March began an hour later.
    let change = 1_709_229_600_000;
    let offsets = UtcOffsets(vec![
        UtcOffset {
            from: TimeMs(0),
            offset_minutes: 360,
        },
        UtcOffset {
            from: TimeMs(change),
            offset_minutes: 300,
        },
    ]);
    let march = Month::new(2024, 3);
    assert_eq!(offsets.start_of(march), TimeMs(change + 3_600_000));
    // And where they go forward over midnight, it begins with the change.
    let forward = UtcOffsets(vec![
        UtcOffset {
            from: TimeMs(0),
            offset_minutes: 300,
        },
        UtcOffset {
            from: TimeMs(change),
            offset_minutes: 360,
        },
    ]);
    assert_eq!(forward.start_of(march), TimeMs(change));
}

proptest! {
    #[test]
    fn the_first_day_of_a_month_is_its_first(day in 0u64..400_000) {
        let month = Month::of_day(day);
        let first = month.first_day();
        prop_assert!(first <= day);
        prop_assert_eq!(Month::of_day(first), month);
        prop_assert!(first == 0 || Month::of_day(first - 1) < month);
        prop_assert!(day < month.next().first_day());
    }

    #[test]
    fn nothing_before_a_months_beginning_lies_in_it(
        month in 24_000u32..25_000,
        first in -840i16..=840,
        then in -840i16..=840,
        apart in 0u64..3 * DAY_MS,
    ) {
        // A change of offset somewhere around the month's beginning.
        let month = Month(month);
        let around = month.first_day() * DAY_MS - DAY_MS + apart;
        let offsets = UtcOffsets(vec![
            UtcOffset { from: TimeMs(0), offset_minutes: first },
            UtcOffset { from: TimeMs(around), offset_minutes: then },
        ]);
        let start = offsets.start_of(month);
        prop_assert!(offsets.month_of(start) >= month);
        // To the minute, in which offsets are counted, nothing earlier does.
        for earlier in (1..=4 * 24 * 60).map(|minutes| start.0 - minutes * 60_000) {
            prop_assert!(offsets.month_of(TimeMs(earlier)) < month, "{earlier}");
        }
        prop_assert!(offsets.month_of(TimeMs(start.0 - 1)) < month);
    }
}
