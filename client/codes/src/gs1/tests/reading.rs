//! What is read, and what comes of it.

use super::super::{Ai, Pack, ReferenceYear, parse as parse_bytes};
use super::{parse, reference};

/// Input, GTIN, serial, expiry, lot; empty for "not there".
type Sound = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

const PACK: (&str, &str, &str, &str) = ("05099151015051", "1HXNA4G4VM", "2026-05-30", "78241PC");

#[test]
fn one_pack_reads_the_same_in_every_form() {
    let forms = [
        "01050991510150511078241PC\u{1D}17260530211HXNA4G4VM",
        "01050991510150511078241PC␝17260530211HXNA4G4VM",
        "01050991510150511078241PC{GS}17260530211HXNA4G4VM",
        "01050991510150511078241PC<GS>17260530211HXNA4G4VM",
        "\u{1D}01050991510150511078241PC\u{1D}17260530211HXNA4G4VM",
        "␝01050991510150511078241PC␝17260530211HXNA4G4VM",
        "]d201050991510150511078241PC\u{1D}17260530211HXNA4G4VM",
        "]d2\u{1D}01050991510150511078241PC\u{1D}17260530211HXNA4G4VM",
        "]C101050991510150511078241PC\u{1D}17260530211HXNA4G4VM",
        "]e001050991510150511078241PC\u{1D}17260530211HXNA4G4VM",
        "]Q301050991510150511078241PC\u{1D}17260530211HXNA4G4VM",
        "]J101050991510150511078241PC\u{1D}17260530211HXNA4G4VM",
        // A separator where none is needed, and one at the end.
        "0105099151015051\u{1D}1078241PC\u{1D}17260530\u{1D}211HXNA4G4VM\u{1D}",
        // Another order, in which only the lot needs a separator.
        "0105099151015051172605301078241PC\u{1D}211HXNA4G4VM",
        "(01)05099151015051(10)78241PC(17)260530(21)1HXNA4G4VM",
        "  (01)05099151015051(17)260530(21)1HXNA4G4VM(10)78241PC\r\n",
        // The same element twice with the same value.
        "(01)05099151015051(10)78241PC(17)260530(21)1HXNA4G4VM(10)78241PC",
    ];
    for form in forms {
        let elements = parse(form).unwrap_or_else(|error| panic!("{form:?}: {error}"));
        let pack = Pack::try_from(&elements).expect("has GTIN and serial");
        let code = pack.code().expect("has lot and expiry");
        let expiry = pack.expiry.expect("AI 17").to_string();
        let read = (
            code.gtin.to_string(),
            code.serial.to_string(),
            expiry,
            code.lot.to_string(),
        );
        assert_eq!(
            (
                read.0.as_str(),
                read.1.as_str(),
                read.2.as_str(),
                read.3.as_str()
            ),
            PACK
        );
        assert_eq!(code.expiry.to_ymd(), (2026, 5, 30));
        assert_eq!(code.id(), pack.id());
        assert_eq!(elements.elements().len(), 4, "{form:?}");
    }
}

#[test]
fn sound_strings_are_read() {
    let table: &[Sound] = &[
        (
            "010541234500001310ABC123\u{1D}17290331",
            "05412345000013",
            "",
            "2029-03-31",
            "ABC123",
        ),
        // A CIS pack: the crypto tail in 91 and 92, separated.
        (
            "0104601234567893215abc%!\u{1D}91EE10\u{1D}92dGVzdHRlc3R0ZXN0dGVzdHRlc3R0ZXN0dGVzdHRlc3Q=",
            "04601234567893",
            "5abc%!",
            "",
            "",
        ),
        // Day 00 is the last of the month, in a leap year too.
        (
            "(01)05412345000013(17)280200",
            "05412345000013",
            "",
            "2028-02-29",
            "",
        ),
        (
            "(01)05412345000013(17)270200",
            "05412345000013",
            "",
            "2027-02-28",
            "",
        ),
        // Expiry time: the earlier of both counts.
        (
            "(01)05412345000013(7003)2604010930",
            "05412345000013",
            "",
            "2026-04-01",
            "",
        ),
        (
            "(01)05412345000013(17)260500(7003)2604010930",
            "05412345000013",
            "",
            "2026-04-01",
            "",
        ),
        // Bare GTINs, as EAN/UPC and ITF-14 symbols carry them.
        ("5412345000013", "05412345000013", "", "", ""),
        ("05412345000013", "05412345000013", "", "", ""),
        ("]E05412345000013", "05412345000013", "", "", ""),
        ("]E496385074", "00000096385074", "", "", ""),
        ("]I105412345000013", "05412345000013", "", "", ""),
        ("036000291452", "00036000291452", "", "", ""),
        // A bracket inside a value.
        (
            "(01)05412345000013(21)A\\(10)B",
            "05412345000013",
            "A(10)B",
            "",
            "",
        ),
        // Not a pack, but sound: a shipping unit.
        ("(00)106141412345678908", "", "", "", ""),
        (
            "(00)106141412345678908(02)05412345000013(37)24(10)L1",
            "",
            "",
            "",
            "L1",
        ),
    ];
    for (input, gtin, serial, expiry, lot) in table {
        let read = parse(input).unwrap_or_else(|error| panic!("{input}: {error}"));
        let text = |value: Option<String>| value.unwrap_or_default();
        assert_eq!(
            text(read.gtin().map(|gtin| gtin.to_string())),
            *gtin,
            "{input}"
        );
        assert_eq!(read.serial().unwrap_or_default(), *serial, "{input}");
        assert_eq!(
            text(read.expiry().map(|date| date.to_string())),
            *expiry,
            "{input}"
        );
        assert_eq!(read.lot().unwrap_or_default(), *lot, "{input}");
    }
}

#[test]
fn bytes_and_brackets_are_written_so_that_they_read_back() {
    let read = parse("(01)05412345000013(21)A\\(10)B(17)290331(10)L").expect("sound");
    assert_eq!(read.to_bytes(), b"010541234500001321A(10)B\x1D1729033110L");
    assert_eq!(
        read.to_bracketed(),
        "(01)05412345000013(21)A\\(10)B(17)290331(10)L"
    );
    assert_eq!(parse_bytes(&read.to_bytes(), reference()), Ok(read));
}

#[test]
fn machines_read_five_fields() {
    let json = |input| serde_json::to_value(parse(input).expect("sound")).expect("plain data");
    assert_eq!(
        json("01050991510150511078241PC␝17260530211HXNA4G4VM"),
        serde_json::json!({
            "gtin": "05099151015051", "serial": "1HXNA4G4VM", "expiry": "2026-05-30", "lot": "78241PC",
            "ais": {"01": "05099151015051", "10": "78241PC", "17": "260530", "21": "1HXNA4G4VM"},
        })
    );
    assert_eq!(
        json("5412345000013"),
        serde_json::json!({
            "gtin": "05412345000013", "serial": null, "expiry": null, "lot": null, "ais": {"01": "05412345000013"},
        })
    );
}

#[test]
fn two_digit_years_slide_with_the_reference_year() {
    // Reference year, last digits, full year: GS1 General Specifications 7.12.
    let table = [
        (2026, 26, 2026),
        (2026, 76, 2076),
        (2026, 77, 1977),
        (2026, 99, 1999),
        (2026, 0, 2000),
        (2051, 1, 2101),
        (2051, 2, 2002),
        (2099, 49, 2149),
        (2099, 50, 2050),
        (2000, 50, 2050),
        (2000, 51, 1951),
    ];
    for (reference, digits, year) in table {
        let reference = ReferenceYear::new(reference).expect("in range");
        assert_eq!(reference.resolve(digits), year, "{reference:?} {digits}");
        let input = format!("(01)05412345000013(17){digits:02}0101");
        let read = parse_bytes(input.as_bytes(), reference).expect("sound");
        assert_eq!(read.expiry().expect("AI 17").year(), year);
    }
    assert_eq!(ReferenceYear::new(1899), None);
    assert_eq!(ReferenceYear::new(9901), None);
}

#[test]
fn an_element_is_found_by_its_identifier() {
    let read = parse("(01)05412345000013(3103)001750").expect("sound");
    let ai = Ai::from_digits(b"3103").expect("digits");
    assert_eq!(read.get(ai), Some("001750"));
    assert_eq!(read.get(Ai::LOT), None);
}
