//! Numbers are computed here, never taken from anywhere: a published one may belong to a person.

use proptest::prelude::*;
use senim_types::Code;

use super::{NationalIdKind, check, check_digit};

/// Eleven digits with their check digit.
fn complete(eleven: &str) -> Option<String> {
    let digits: Vec<u8> = eleven.bytes().map(|digit| digit - b'0').collect();
    check_digit(&digits).map(|digit| format!("{eleven}{digit}"))
}

/// The first number that starts so and gets its check digit in the wanted pass (1 or 2), or in neither (0).
fn in_pass(start: &str, pass: usize) -> String {
    let weights = [super::WEIGHTS_FIRST, super::WEIGHTS_SECOND];
    (0..100_000)
        .map(|tail| format!("{start}{tail:0width$}", width = 11 - start.len()))
        .filter(|eleven| eleven.len() == 11)
        .find(|eleven| {
            let remainder = |weights: &[u32; 11]| -> u32 {
                eleven
                    .bytes()
                    .zip(weights)
                    .map(|(digit, weight)| u32::from(digit - b'0') * weight)
                    .sum::<u32>()
                    % 11
            };
            let first_ten = weights
                .iter()
                .take_while(|weights| remainder(weights) == 10)
                .count();
            first_ten == [2, 0, 1][pass]
        })
        .expect("each pass occurs among so many numbers")
}

#[test]
fn both_weight_passes_are_accepted() {
    // The second is born on 29 February of a leap year.
    let starts = [
        ("9001014", NationalIdKind::Iin),
        ("0402295", NationalIdKind::Iin),
        ("0401402", NationalIdKind::Bin),
    ];
    for (start, kind) in starts {
        for pass in [1, 2] {
            let number = complete(&in_pass(start, pass)).expect("this pass gives a digit");
            assert_eq!(
                check(&number).map(|id| id.kind),
                Ok(kind),
                "start {start}, pass {pass}"
            );
            assert_eq!(check(&format!(" {number}\n")).map(|id| id.kind), Ok(kind));
        }
    }
}

#[test]
fn the_passes_are_those_of_the_rule() {
    // By hand: 1·1 + 2·0 + … for "10000000000" leaves 1; for "00000000001" it leaves 11 mod 11 = 0.
    assert_eq!(check_digit(&[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), Some(1));
    assert_eq!(check_digit(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]), Some(0));
    // First pass 10 (weight 10 at place 10), second pass weight 1 there.
    assert_eq!(check_digit(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]), Some(1));
    // First pass 1·8 + 2·1 = 10; second pass 3·8 + 4·1 = 28, leaves 6.
    assert_eq!(check_digit(&[8, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]), Some(6));
}

#[test]
fn unsound_numbers_are_refused_with_their_code() {
    let number = complete(&in_pass("9001014", 1)).expect("first pass");
    let (eleven, last) = number.split_at(11);
    let wrong_check = format!(
        "{eleven}{}",
        (last.parse::<u8>().expect("a digit") + 1) % 10
    );
    let never_issued = format!("{}0", in_pass("9001014", 0));
    let table = [
        (Code::ID_FORM, ""),
        (Code::ID_FORM, "90010140000"),
        (Code::ID_FORM, "9001014000000"),
        (Code::ID_FORM, "90010140000X"),
        (Code::ID_FORM, "9001 0140000"),
        (Code::ID_FORM, "٩٠٠١٠١"),
        (Code::ID_UNKNOWN_KIND, "900170400000"),
        (Code::ID_DATE, "901301400000"),
        (Code::ID_DATE, "900132400000"),
        (Code::ID_DATE, "900100400000"),
        (Code::ID_DATE, "900229400000"),
        // 29 February 1900 did not exist, that of 2000 did.
        (Code::ID_DATE, "000229400000"),
        (Code::ID_CENTURY, "900101000000"),
        (Code::ID_CENTURY, "900101700000"),
        (Code::ID_DATE, "041340000000"),
        (Code::ID_DATE, "040040000000"),
        (Code::ID_ATTRIBUTE, "040144000000"),
        (Code::ID_CHECK_DIGIT, wrong_check.as_str()),
        (Code::ID_NEVER_ISSUED, never_issued.as_str()),
    ];
    for (code, number) in table {
        assert_eq!(
            check(number).map_err(|error| error.code()),
            Err(code),
            "{number}"
        );
    }
    assert!(check(&complete(&in_pass("0002295", 1)).expect("first pass")).is_ok());
}

#[test]
fn machines_read_kind_and_valid() {
    let iin = check(&complete(&in_pass("9001014", 1)).expect("first pass")).expect("sound");
    assert_eq!(
        serde_json::to_string(&iin).expect("plain data"),
        r#"{"kind":"iin","valid":true}"#
    );
    let bin = check(&complete(&in_pass("0401402", 1)).expect("first pass")).expect("sound");
    assert_eq!(
        serde_json::to_string(&bin).expect("plain data"),
        r#"{"kind":"bin","valid":true}"#
    );
}

proptest! {
    #[test]
    fn any_text_is_accepted_or_refused(text in any::<String>()) {
        let _ = check(&text);
    }

    #[test]
    fn any_twelve_digits_are_accepted_or_refused(text in "[0-9]{12}") {
        let _ = check(&text);
    }

    /// The weights of the first pass are prime to 11 up to the tenth digit: where neither number
    /// needs the second pass, no single wrong digit goes unnoticed.
    #[test]
    fn one_wrong_digit_in_the_running_number_is_noticed(
        tail in 0u32..1000, place in 7usize..10, other in 1u8..10,
    ) {
        let remainder = |digits: &[u8]| -> u32 {
            let weighted = digits[..11].iter().zip(1..);
            weighted.map(|(digit, weight)| u32::from(digit - b'0') * weight).sum::<u32>() % 11
        };
        let eleven = format!("9001014{tail:04}");
        let mut changed = eleven.clone().into_bytes();
        changed[place] = b'0' + (changed[place] - b'0' + other) % 10;
        if remainder(eleven.as_bytes()) < 10 && remainder(&changed) < 10 {
            let number = complete(&eleven).expect("the first pass gives a digit");
            prop_assert!(check(&number).is_ok());
            changed.push(number.as_bytes()[11]);
            let changed = String::from_utf8(changed).expect("digits");
            prop_assert!(check(&changed).is_err());
        }
    }
}
