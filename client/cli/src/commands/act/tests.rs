use super::*;

#[test]
fn an_act_is_written_in_one_way() {
    for text in ["2-50-2027-01", "2-50-2027-12-1", "1-20-2027-01-16"] {
        let act = parse_act(text).expect("it is an act");
        assert_eq!(act.to_string(), text);
    }
    for text in [
        "",
        "2-50-2027",
        "2-50-2027-1",
        "2-50-2027-13",
        "2-50-2027-00",
        "2-50-2027-01-0",
        "2-50-2027-01-256",
        "02-50-2027-01",
        "2-+50-2027-01",
        "2-50-2027-01-1-1",
    ] {
        assert!(parse_act(text).is_err(), "{text}");
    }
}

#[test]
fn a_correction_names_a_transfer_and_tenge() {
    let hash = "0a".repeat(32);
    let (transfer, amount) = parse_correction(&format!("{hash}=900.50")).expect("it is a line");
    assert_eq!((transfer, amount), (Hash([0x0a; 32]), Tiyn(90_050)));
    for text in [hash.as_str(), "0a=900", &format!("{hash}=-1")] {
        assert!(parse_correction(text).is_err(), "{text}");
    }
}

#[test]
fn a_corrected_line_is_one_of_the_act_with_its_own_issuer_and_rate() {
    use lines::{Line, corrected};
    use senim_abi::treasury::{BudgetId, ClaimLine, Issuer, PostingKind, TransferKey};
    use senim_abi::{PRESCRIPTION, VOUCHER};
    use senim_types::TimeMs;
    let line = |kind, issuer, id: u8, vat_basis_points| Line {
        budget: BudgetId(2),
        line: ClaimLine {
            kind,
            transfer: TransferKey {
                issuer: Issuer::Contract(issuer),
                id: Hash([id; 32]),
            },
            reference: Hash::ZERO,
            amount: Tiyn(1_000),
            vat_basis_points,
            at: TimeMs(0),
        },
        day: String::new(),
    };
    let standing = [
        line(PostingKind::Post, VOUCHER, 1, 1_600),
        line(PostingKind::Pay, PRESCRIPTION, 2, 0),
        line(PostingKind::Reverse, PRESCRIPTION, 2, 0),
        line(PostingKind::Reverse, PRESCRIPTION, 3, 0),
    ];
    let of = |id: u8| corrected(&standing, &Hash([id; 32]), Tiyn(400));
    let first = of(1).expect("it stands in the act");
    assert_eq!((first.issuer, first.vat_basis_points), (VOUCHER, 1_600));
    assert_eq!(first.budget, BudgetId(2));
    assert_eq!((first.transfer, first.amount), (Hash([1; 32]), Tiyn(400)));
    let refused = |id| of(id).expect_err("it is refused").code;
    assert_eq!(refused(2), Code::LINE_REVERSED);
    // Taken off here, posted in an earlier month; and one that nobody knows.
    assert_eq!(refused(3), Code::LINE_OF_ANOTHER_ACT);
    assert_eq!(refused(4), Code::LINE_OF_ANOTHER_ACT);
}
