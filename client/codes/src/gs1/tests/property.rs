//! Properties over any input.

use proptest::prelude::*;

use super::super::{Ai, AiTable, CharSet, Element, ElementString, parse};
use super::reference;

/// Text of element strings, broken in many ways.
fn almost_elements() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("0105412345000013".to_owned()),
        Just("(01)05412345000013".to_owned()),
        Just("\u{1D}".to_owned()),
        Just("␝".to_owned()),
        Just("]d2".to_owned()),
        Just("17290331".to_owned()),
        "[0-9]{2,4}",
        "[(]?[0-9]{2,4}[)]?[A-Za-z0-9%/+]{0,22}",
        any::<String>(),
    ];
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// A pack's label with its elements in some order.
fn sound_label() -> impl Strategy<Value = ElementString> {
    let text = |most: usize| {
        let all = (0..=127u8).filter(|byte| CharSet::Cset82.contains(*byte));
        let symbols: Vec<char> = all.map(char::from).collect();
        proptest::collection::vec(proptest::sample::select(symbols), 1..=most)
            .prop_map(String::from_iter)
    };
    let optional = |most| proptest::option::of(text(most));
    (text(20), optional(20), optional(90), any::<bool>())
        .prop_map(|(serial, lot, internal, expires)| {
            let mut elements = vec![("01", "05412345000013".to_owned()), ("21", serial)];
            elements.extend(lot.map(|lot| ("10", lot)));
            elements.extend(internal.map(|internal| ("91", internal)));
            elements.extend(expires.then(|| ("17", "290331".to_owned())));
            elements
        })
        .prop_shuffle()
        .prop_map(|elements| {
            let element = |(ai, value): (&str, String)| Element {
                ai: Ai::from_digits(ai.as_bytes()).expect("digits"),
                value,
            };
            ElementString::new(elements.into_iter().map(element), reference()).expect("made sound")
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&bytes, reference());
    }

    #[test]
    fn what_is_read_writes_back_to_what_reads_the_same(text in almost_elements()) {
        if let Ok(read) = parse(text.as_bytes(), reference()) {
            let mut announced = b"]d2".to_vec();
            announced.extend(read.to_bytes());
            prop_assert_eq!(parse(&announced, reference()), Ok(read.clone()));
            prop_assert_eq!(parse(read.to_bracketed().as_bytes(), reference()), Ok(read.clone()));
        }
    }

    #[test]
    fn every_sound_label_survives_writing_and_reading(label in sound_label()) {
        prop_assert_eq!(parse(&label.to_bytes(), reference()), Ok(label.clone()));
        prop_assert_eq!(parse(label.to_bracketed().as_bytes(), reference()), Ok(label.clone()));
    }

    #[test]
    fn one_wrong_digit_in_a_gtin_is_noticed(place in 0usize..14, other in 1u8..10) {
        let mut gtin = *b"05412345000013";
        gtin[place] = b'0' + (gtin[place] - b'0' + other) % 10;
        let input = [b"01".as_slice(), &gtin].concat();
        prop_assert!(parse(&input, reference()).is_err());
    }

    #[test]
    fn every_identifier_takes_digits_of_its_longest_length_or_says_why(index in 0usize..541, digit in "[0-9]") {
        let (ai, entry) = AiTable::shipped().iter().nth(index).expect("within the table");
        let input = format!("({ai}){}", digit.repeat(entry.length_max()));
        if let Err(error) = parse(input.as_bytes(), reference()) {
            prop_assert!(error.code().entry().is_some());
        }
    }
}
