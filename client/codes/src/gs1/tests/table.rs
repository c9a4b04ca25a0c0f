//! The shipped table, and a release of the GS1 Barcode Syntax Dictionary where one is at hand.

use std::{fs, path::PathBuf};

use super::super::{Ai, AiTable, Check};

#[test]
fn the_shipped_table_covers_every_identifier() {
    let table = AiTable::shipped();
    assert_eq!(table.iter().count(), 541);
    for digits in [
        "00", "01", "10", "17", "21", "235", "3100", "3955", "7003", "8200", "90", "91", "99",
    ] {
        assert!(
            table
                .get(Ai::from_digits(digits.as_bytes()).expect("digits"))
                .is_some(),
            "{digits}"
        );
    }
}

#[test]
fn no_identifier_begins_another() {
    let table = AiTable::shipped();
    for (ai, _) in table.iter() {
        let longer = table
            .iter()
            .find(|(other, _)| *other != ai && other.as_str().starts_with(ai.as_str()));
        assert_eq!(longer.map(|(other, _)| other), None, "{ai}");
        assert_eq!(
            table
                .starting(ai.as_str().as_bytes())
                .map(|(found, _)| found),
            Some(ai)
        );
    }
}

#[test]
fn predefined_lengths_are_those_of_the_specification() {
    // GS1 General Specifications, figure 7.8.5-2: the first two digits and the length of the whole element.
    let lengths = [
        ("00", 20),
        ("01", 16),
        ("02", 16),
        ("03", 16),
        ("04", 18),
        ("11", 8),
        ("12", 8),
        ("13", 8),
        ("14", 8),
        ("15", 8),
        ("16", 8),
        ("17", 8),
        ("18", 8),
        ("19", 8),
        ("20", 4),
        ("31", 10),
        ("32", 10),
        ("33", 10),
        ("34", 10),
        ("35", 10),
        ("36", 10),
        ("41", 16),
    ];
    for (ai, entry) in AiTable::shipped().iter() {
        let predefined = lengths
            .iter()
            .find(|(start, _)| ai.as_str().starts_with(start));
        assert_eq!(entry.predefined_length, predefined.is_some(), "{ai}");
        if let Some((_, length)) = predefined {
            assert_eq!(
                (entry.length_min(), entry.length_max()),
                (length - ai.as_str().len(), entry.length_min()),
                "{ai}"
            );
        }
    }
}

#[test]
fn codes_of_outside_lists_are_the_only_content_left_unchecked() {
    let unchecked: Vec<&str> = AiTable::shipped()
        .iter()
        .filter(|(_, entry)| {
            entry
                .components
                .iter()
                .any(|part| part.checks.contains(&Check::OutsideList))
        })
        .map(|(_, entry)| entry.title.as_str())
        .collect();
    assert!(unchecked.contains(&"ORIGIN"));
    assert!(
        !unchecked
            .iter()
            .any(|title| title.contains("GTIN") || title.contains("EXPIRY"))
    );
}

#[test]
fn malformed_tables_name_the_line() {
    for (text, line) in [
        ("01 * N14,nonsense", 1),
        ("# comment\n\n01 * N14\n01 * N14", 4),
        ("01", 1),
        ("1 X..20", 1),
        ("01 Q5", 1),
        ("01 N", 1),
        ("01 N14 req=x", 1),
        ("01 N14 ex=", 1),
    ] {
        let error = AiTable::parse(text).expect_err(text);
        assert_eq!(error.line, line, "{error}");
    }
}

#[test]
#[ignore = "reads the GS1 Syntax Dictionary: SENIM_VECTORS names a folder with gs1/gs1-syntax-dictionary.txt"]
fn the_shipped_table_agrees_with_the_dictionary() {
    let dictionary = std::env::var_os("SENIM_VECTORS").map_or_else(
        || {
            PathBuf::from(env!("CARGO_MANIFEST_DIR"))
                .join("../../..")
                .join("shared")
                .join("vectors")
        },
        PathBuf::from,
    );
    let dictionary = dictionary.join("gs1/gs1-syntax-dictionary.txt");
    let text = fs::read_to_string(&dictionary)
        .unwrap_or_else(|error| panic!("{}: {error}", dictionary.display()));
    let dictionary = AiTable::parse(&text).expect("a release of the dictionary");
    let shipped = AiTable::shipped();
    for (ai, entry) in dictionary.iter() {
        assert_eq!(shipped.get(ai), Some(entry), "AI ({ai})");
    }
    assert_eq!(shipped.iter().count(), dictionary.iter().count());
}
