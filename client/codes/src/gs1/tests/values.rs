//! Rules on single values that packs seldom carry, and check digits.

use super::super::{check_digit, check_pair, complete_gtin};
use super::parse;

#[test]
fn check_digits_are_computed_as_gs1_says() {
    // Digits without the check digit, and it.
    let table = [
        ("629104150021", '3'),
        ("0541234500001", '3'),
        ("0509915101505", '1'),
        ("10614141234567890", '8'),
        ("9638507", '4'),
        ("03600029145", '2'),
    ];
    for (digits, check) in table {
        assert_eq!(
            char::from(check_digit(digits.as_bytes())),
            check,
            "{digits}"
        );
    }
    assert_eq!(
        complete_gtin("0541234500001").as_deref(),
        Some("05412345000013")
    );
    assert_eq!(complete_gtin("12"), None);
    assert_eq!(complete_gtin("054123450000X"), None);
}

#[test]
fn check_pairs_are_computed_as_gs1_says() {
    // The example of the General Specifications for Global Model Numbers.
    assert_eq!(check_pair(b"1987654Ad4X4bL5ttr2310c"), Some(*b"2K"));
    assert_eq!(check_pair("12Я".as_bytes()), None);
}

#[test]
fn rules_on_content_hold() {
    let table = [
        ("(8013)1987654Ad4X4bL5ttr2310c2K", true),
        ("(01)05412345000013(8001)123412345123106", false),
        ("(01)05412345000013(8001)12341234512311", true),
        ("(01)05412345000013(8001)00001234512311", false),
        ("(8003)05412345000013X1", true),
        ("(8003)15412345000013X1", false),
        ("(8006)054123450000130102", true),
        ("(8006)054123450000130002", false),
        ("(8006)054123450000130201", false),
        (
            "(415)5412345000013(8020)1(8007)GB82WEST12345698765432",
            true,
        ),
        ("(415)5412345000013(8020)1(8007)GB82", false),
        ("(8010)123456(8011)0", true),
        ("(8010)123456(8011)01", false),
        ("(00)106141412345678908(4300)A%20B", true),
        ("(00)106141412345678908(4300)A%2", false),
        ("(00)106141412345678908(4300)A%GG", false),
        ("(00)106141412345678908(4309)18000000003600000000", true),
        ("(00)106141412345678908(4309)18000000003600000001", false),
        ("(00)106141412345678908(4309)18000000010000000000", false),
        ("(00)106141412345678908(4330)001200-", true),
        ("(00)106141412345678908(4330)001200+", false),
        ("(00)106141412345678908(4330)001200", true),
        ("(00)106141412345678908(4324)2901000000", true),
        ("(00)106141412345678908(4324)2901002400", false),
        ("(7040)1ABC", true),
        ("(7040)1AB.", false),
        ("(01)05412345000013(8008)290331", false),
        ("(01)05412345000013(8008)29033123", true),
        ("(01)05412345000013(8008)2903312359", true),
        ("(01)05412345000013(8008)290331235959", true),
        ("(01)05412345000013(8008)290331236059", false),
        ("(8018)952110153456788032", false),
        ("(01)05412345000013(7007)290331", true),
        ("(01)05412345000013(7007)290331290401", true),
        ("(01)05412345000013(7007)2903312904", false),
        ("(253)5412345000013ABC", true),
        ("(255)5412345000013123", true),
        ("(255)5412345000013A", false),
        ("(01)05412345000013(21)1(8030)aGVsbG8_-w==", true),
        ("(01)05412345000013(21)1(8030)a+b", false),
    ];
    for (input, sound) in table {
        let read = parse(input);
        assert_eq!(read.is_ok(), sound, "{input}: {read:?}");
    }
}
