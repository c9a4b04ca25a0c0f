//! A year of a very small country: the state does not grow with what was, and what was can be proven.

use senim_tests::year::{Scale, play};

#[test]
fn the_state_of_a_year_is_flat_once_things_are_forgotten_and_all_that_is_forgotten_is_provable() {
    let scale = Scale {
        validators: 1,
        // A voucher of 250 days, and 60 for disputes.
        days: 315,
        prescriptions: 3,
        pupils: 20,
    };
    let report = play(scale, &mut |_| ());
    assert!(report.prescriptions > 400, "{}", report.prescriptions);
    assert_eq!(report.vouchers, 20, "those of the first school year");
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
