//! What a voucher keeps of its uses, against a plain list of all of them.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use proptest::prelude::*;
use senim_abi::civil::Month;
use senim_abi::voucher::record::{DAYS_KNOWN, LastUse};
use senim_types::Tiyn;

proptest! {
    #[test]
    fn days_and_months_are_counted_as_a_list_of_all_uses_counts_them(
        uses in proptest::collection::vec((-30..40i64, 1..1_000u64), 1..60),
    ) {
        let (mut last, mut day): (Option<LastUse>, i64) = (None, 20_800);
        let mut all: Vec<(u32, u64)> = Vec::new();
        for (step, spent) in uses {
            let this = (day + step) as u32;
            let next = LastUse::with(last, this, Tiyn(spent));
            let is_known = last.is_none_or(|last| last.knows(this));
            prop_assert_eq!(next.is_some(), is_known);
            let Some(next) = next else { continue };
            last = Some(next);
            all.push((this, spent));
            day = if all.len() == 1 { i64::from(this) } else { day.max(i64::from(this)) };
            prop_assert_eq!(i64::from(next.day), day);
            for back in 0..DAYS_KNOWN as u32 {
                let known = next.day - back;
                let count = all.iter().filter(|(other, _)| *other == known).count();
                prop_assert_eq!(usize::from(next.on(known)), count);
            }
            prop_assert_eq!(next.on(next.day + 1), 0);
            for months_back in 0..2 {
                let month = Month(Month::of_day(day as u64).0 - months_back);
                let of_month = all.iter().filter(|(other, _)| Month::of_day(u64::from(*other)) == month);
                let (count, sum) = of_month.fold((0, 0), |(count, sum), (_, spent)| (count + 1, sum + spent));
                prop_assert_eq!((next.in_month(month).uses, next.in_month(month).spent), (count, Tiyn(sum)));
            }
        }
    }
}
