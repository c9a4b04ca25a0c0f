//! What is refused, each with its own code.

use senim_types::Code;

use super::super::{Gs1Error, INPUT_BYTES_MAX, Pack};
use super::parse;

#[test]
fn unsound_strings_are_refused_with_their_code() {
    let table = [
        (Code::GS1_EMPTY, ""),
        (Code::GS1_EMPTY, " \r\n"),
        (Code::GS1_EMPTY, "]d2"),
        (Code::GS1_EMPTY, "\u{1D}"),
        // A symbol without FNC1 is not GS1, whatever its text looks like.
        (Code::GS1_SYMBOLOGY, "]d1010541234500001310ABC123"),
        (Code::GS1_SYMBOLOGY, "]Q10105412345000013"),
        (Code::GS1_SYMBOLOGY, "]C00105412345000013"),
        (Code::GS1_UNKNOWN_AI, "0405412345000013"),
        (Code::GS1_UNKNOWN_AI, "(04)05412345000013"),
        (Code::GS1_UNKNOWN_AI, "010541234500001318290331"),
        (Code::GS1_UNKNOWN_AI, "01054123450000131"),
        (Code::GS1_UNKNOWN_AI, "hello"),
        (Code::GS1_UNKNOWN_AI, "]d2(01)05412345000013"),
        (Code::GS1_BRACKETS, "(01)05412345000013(1O)ABC"),
        (Code::GS1_BRACKETS, "(1)05412345000013"),
        (Code::GS1_BRACKETS, "(01)05412345000013(21)A(B"),
        (Code::GS1_BRACKETS, "("),
        // Check digits.
        (
            Code::GS1_CHECK_DIGIT,
            "010541234500001510ABC123\u{1D}17290331",
        ),
        (Code::GS1_CHECK_DIGIT, "08699546001234"),
        (Code::GS1_CHECK_DIGIT, "5412345000014"),
        (Code::GS1_CHECK_DIGIT, "(00)106141412345678909"),
        (Code::GS1_CHECK_DIGIT, "(414)9521101530002"),
        (Code::GS1_CHECK_DIGIT, "(8013)1987654Ad4X4bL5ttr2310c2L"),
        // Dates.
        (Code::GS1_DATE, "010541234500001310ABC123\u{1D}17294295"),
        (Code::GS1_DATE, "(01)05412345000013(17)290001"),
        (Code::GS1_DATE, "(01)05412345000013(17)290230"),
        (Code::GS1_DATE, "(01)05412345000013(17)270229"),
        (Code::GS1_DATE, "(01)05412345000013(11)291301"),
        (Code::GS1_DATE, "(01)05412345000013(7006)290300"),
        (Code::GS1_DATE, "(01)05412345000013(7003)2903312460"),
        // Lengths.
        (Code::GS1_LENGTH, "010541234500001"),
        (Code::GS1_LENGTH, "010541234500001310"),
        (Code::GS1_LENGTH, "010541234500001310\u{1D}21X"),
        (Code::GS1_LENGTH, "010541234500001317290\u{1D}21X"),
        (Code::GS1_LENGTH, "(01)5412345000013"),
        (Code::GS1_LENGTH, "(01)054123450000131"),
        (
            Code::GS1_LENGTH,
            "(01)05412345000013(10)ABCDEFGHIJKLMNOPQRSTU",
        ),
        (Code::GS1_LENGTH, "010541234500001310ABCDEFGHIJKLMNOPQRSTU"),
        (Code::GS1_LENGTH, "(01)05412345000013(17)29033"),
        (Code::GS1_LENGTH, "(01)05412345000013(21)"),
        (Code::GS1_LENGTH, "]E0541234500001"),
        // Separators.
        (
            Code::GS1_MISSING_SEPARATOR,
            "01050991510150511078241PC17260530211HXNA4G4VM",
        ),
        (
            Code::GS1_MISSING_SEPARATOR,
            "0105412345000013211234567890ABCDEFGH1729033110LOT",
        ),
        (
            Code::GS1_EMPTY_ELEMENT,
            "010541234500001310ABC123\u{1D}\u{1D}17290331",
        ),
        (Code::GS1_EMPTY_ELEMENT, "\u{1D}\u{1D}0105412345000013"),
        // Characters.
        (Code::GS1_CHARSET, "(01)05412345000013(10)AB C"),
        (Code::GS1_CHARSET, "(01)05412345000013(10)AB#C"),
        (Code::GS1_CHARSET, "(01)05412345000013(10)ЛОТ"),
        (Code::GS1_CHARSET, "010541234500001310ЛОТ"),
        (Code::GS1_CHARSET, "(01)0541234500001X"),
        (Code::GS1_CHARSET, "(01)05412345000013(17)29O331"),
        (Code::GS1_CHARSET, "(8010)12345abc"),
        (Code::GS1_CHARSET, "(01)05412345000013(21)A\u{1D}B"),
        // Other rules on values.
        (Code::GS1_CONTENT, "(8010)12A45"),
        (Code::GS1_CONTENT, "(00)106141412345678908(4321)2"),
        (Code::GS1_CONTENT, "(8006)054123450000130302"),
        (
            Code::GS1_CONTENT,
            "(415)5412345000013(8020)1(8007)GB82WEST12345698765433",
        ),
        (Code::GS1_CONTENT, "(01)00000000000000"),
        (Code::GS1_CONTENT, "00000000"),
        // Identifiers beside each other.
        (Code::GS1_REPEATED_AI, "(01)05412345000013(10)A(10)B"),
        (
            Code::GS1_REPEATED_AI,
            "(01)05412345000013(01)05099151015051",
        ),
        (
            Code::GS1_EXCLUSIVE_AIS,
            "(01)05412345000013(02)05412345000013(37)2",
        ),
        (Code::GS1_EXCLUSIVE_AIS, "(01)05412345000013(37)2"),
        (
            Code::GS1_EXCLUSIVE_AIS,
            "(01)05412345000013(3103)001750(3102)017500",
        ),
        (Code::GS1_EXCLUSIVE_AIS, "(01)05412345000013(21)X(235)Y"),
        (Code::GS1_REQUIRED_AI, "10ABC123"),
        (Code::GS1_REQUIRED_AI, "17290331"),
        (Code::GS1_REQUIRED_AI, "(21)ABC"),
        (Code::GS1_REQUIRED_AI, "(02)05412345000013"),
        (Code::GS1_REQUIRED_AI, "(01)05412345000013(250)ABC"),
    ];
    for (code, input) in table {
        match parse(input) {
            Err(error) => assert_eq!(error.code(), code, "{input:?}: {error}"),
            Ok(read) => panic!("{input:?} was read: {read:?}"),
        }
    }
}

#[test]
fn no_input_is_longer_than_a_symbol() {
    let input = "1".repeat(INPUT_BYTES_MAX + 1);
    assert_eq!(
        parse(&input).map_err(|error| error.code()),
        Err(Code::GS1_TOO_LONG)
    );
}

#[test]
fn a_pack_needs_gtin_and_serial() {
    for input in ["(00)106141412345678908", "(01)05412345000013(10)ABC"] {
        let error = Pack::try_from(&parse(input).expect("sound")).expect_err("not a pack");
        assert_eq!(error.code(), Code::GS1_NOT_A_PACK, "{input}");
    }
}

#[test]
fn messages_name_the_place_and_what_to_do() {
    let table = [
        (
            "01050991510150511078241PC17260530211HXNA4G4VM",
            "AI (10) runs on into AI (17): put a separator (GS, 0x1D) after AI (10), which has no fixed length",
        ),
        (
            "(01)05412345000013(21)X(250)A#",
            "AI (250) takes GS1 character set 82 only: check character 2 of its value",
        ),
        (
            "(01)05412345000013(250)A",
            "AI (250) means nothing alone: add (01) with (21) or (03) with (21) or (8006) with (21)",
        ),
        (
            "(01)05412345000013(37)2",
            "AI (01) and AI (37) exclude each other: keep one of them",
        ),
        (
            "(01)05412345000013(17)2903",
            "AI (17) takes 6 characters and has 4: check the value, and the separator (GS, 0x1D) if another element follows",
        ),
    ];
    for (input, message) in table {
        assert_eq!(parse(input).expect_err(input).to_string(), message);
    }
}

#[test]
fn messages_do_not_repeat_values() {
    // A family name (AI 7253) beside something unsound.
    let error = parse("(8018)9521101534567883(7253)SECRETNAME").expect_err("GSRN too short");
    assert!(!error.to_string().contains("SECRETNAME"));
    let error = parse("(7253)SECRETNAME").expect_err("needs a GSRN");
    assert!(!error.to_string().contains("SECRETNAME"));
    assert_eq!(
        error,
        Gs1Error::RequiredAi {
            ai: super::super::Ai::from_digits(b"7253").expect("digits"),
            needs: "(8017) or (8018)".to_owned()
        }
    );
}
