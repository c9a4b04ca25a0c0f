//! A year of a very small country: the state does not grow with what was, and what was can be proven.

use senim_abi::{SETTLEMENT, VOUCHER};
use senim_tests::year::{Grown, MonthEnd, Part, Report, Scale, play};

#[test]
fn the_state_of_a_year_is_flat_once_things_are_forgotten_and_all_that_is_forgotten_is_provable() {
    let scale = Scale {
        validators: 1,
        // A voucher of 250 days, and 60 for disputes.
        days: 315,
        prescriptions: 3,
        pupils: 20,
        listed: 10,
        cards: 6,
    };
    let report = play(scale, &mut |_| ());
    assert!(report.prescriptions > 400, "{}", report.prescriptions);
    // Those of the first school year, and those of lists that are long over: who said no or nothing, too.
    assert_eq!(report.vouchers, 20 + 8 * 10);
    let of = |count: fn(&MonthEnd) -> usize| report.months.iter().map(count).sum::<usize>();
    for (what, happened, at_least) in [
        ("persons listed", of(|month| month.listed), 100),
        ("medicines by card", of(|month| month.by_card), 50),
        ("cards replaced", of(|month| month.cards_replaced), 10),
        ("records without connection", of(|month| month.offline), 80),
        (
            "records answered by the payer",
            of(|month| month.excess),
            40,
        ),
        ("findings mended", of(|month| month.mended), 10),
    ] {
        assert!(happened >= at_least, "{happened} {what}");
    }
    for grown in report.grown() {
        assert!(grown.why().is_some(), "{grown}");
    }
    // Kept for half a year, so no more of them are there at any time, however many there were.
    let acts: Vec<usize> = report.months.iter().map(|month| month.acts).collect();
    assert!(
        acts.len() > 9 && acts.iter().all(|acts| *acts <= 7),
        "{acts:?}"
    );
    assert!(acts.ends_with(&[6]) || acts.ends_with(&[7]), "{acts:?}");
    let swing = report.swing_percent().expect("some months are steady");
    assert!(report.steady().len() >= 3);
    assert!(swing <= 10.0, "{swing} %: {:#?}", report.months);
}

/// What grows in a year whose months end with so many bytes in a part.
fn grown(part: Part, bytes: &[usize]) -> Vec<Grown> {
    let month = |bytes: &usize| MonthEnd {
        is_whole: true,
        forgotten: 1,
        packs_forgotten: 1,
        parts: [(part, (1, *bytes))].into(),
        ..MonthEnd::default()
    };
    let report = Report {
        months: bytes.iter().map(month).collect(),
        prescriptions: 0,
        vouchers: 0,
        transactions: 0,
    };
    report.grown()
}

#[test]
fn a_part_of_the_state_that_grows_is_named_and_nobody_has_said_why() {
    let excess = (VOUCHER, 11);
    let found = grown(excess, &[9, 10, 11, 12, 13]);
    let found: Vec<(&str, usize, usize)> = found
        .iter()
        .filter(|grown| grown.why().is_none())
        .map(|grown| (grown.name.as_str(), grown.from, grown.to))
        .collect();
    assert_eq!(found, [("voucher: excess", 10, 13)]);
    for level in [[9, 10, 11, 11, 12], [9, 10, 11, 12, 11], [9, 9, 9, 9, 9]] {
        assert_eq!(grown(excess, &level), [], "{level:?}");
    }
    assert_eq!(
        grown(excess, &[9, 10, 11, 12]),
        [],
        "too short a time to say"
    );
    assert!(
        grown((SETTLEMENT, 2), &[9, 10, 11, 12, 13])[0]
            .why()
            .is_some()
    );
}
