use super::*;

const HEAD: &str = "system,code,inn,atc,strength,form,unit,source\n";
const UNITS: &[u8] = include_bytes!("../../data/units.csv");

fn import(rows: &str) -> Result<MedicineMap, MapError> {
    MedicineMap::from_csv(format!("{HEAD}{rows}").as_bytes(), UNITS)
}

#[test]
fn the_shipped_files_are_sound() {
    let map = MedicineMap::shipped();
    assert!(map.medicines().count() >= 20);
    let metformin = map.medicine(
        "https://example.org/senim/CodeSystem/medicine",
        "METF-500-TAB",
    );
    assert_eq!(
        metformin.map(|medicine| medicine.atc.as_str()),
        Some("A10BA02")
    );
    assert_eq!(map.unit_text(" Таб. "), Some((Unit::Tablet, 1)));
    assert_eq!(
        map.unit("http://unitsofmeasure.org", "L"),
        Some((Unit::Millilitre, 1000))
    );
}

#[test]
fn one_medicine_under_two_codes_is_the_same_medicine() {
    let map = MedicineMap::shipped();
    let snomed = map
        .medicine("http://snomed.info/sct", "319283006")
        .expect("amlodipine 5 mg");
    let local = "https://example.org/senim/CodeSystem/medicine";
    assert!(snomed.same_medicine(map.medicine(local, "AMLO-5-TAB").expect("amlodipine 5 mg")));
    assert!(
        !snomed.same_medicine(
            map.medicine(local, "AMLO-10-TAB")
                .expect("amlodipine 10 mg")
        )
    );
}

#[test]
fn unsound_rows_are_refused_with_their_line() {
    let good = "http://a.example/m,M1,metformin,A10BA02,500mg,tablet,tablet,test\n";
    assert!(import(good).is_ok());
    type Expected = fn(&MapErrorKind) -> bool;
    let cases: &[(&str, Expected)] = &[
        ("a,M1,metformin,A10BA02,500mg,tablet,tablet,test", |kind| {
            *kind == MapErrorKind::System
        }),
        (
            "http://a.example,M1,metformin,A10BA2,500mg,tablet,tablet,t",
            |kind| *kind == MapErrorKind::Atc,
        ),
        (
            "http://a.example,M1,Metformin,A10BA02,500mg,tablet,tablet,t",
            |kind| *kind == MapErrorKind::Inn,
        ),
        (
            "http://a.example,M1,,A10BA02,500mg,tablet,tablet,t",
            |kind| *kind == MapErrorKind::Field("inn"),
        ),
        (
            "http://a.example,M1,metformin,A10BA02,500 mg,tablet,tablet,t",
            |kind| *kind == MapErrorKind::Strength,
        ),
        (
            "http://a.example,M1,metformin,A10BA02,500mg,tablet,barrel,t",
            |kind| matches!(kind, MapErrorKind::Row(_)),
        ),
        (
            "http://a.example,M1,metformin,A10BA02,500mg,tablet,tablet",
            |kind| matches!(kind, MapErrorKind::Row(_)),
        ),
        (
            "http://snomed.info/sct,319283007,amlodipine,C08CA01,5mg,tablet,tablet,t",
            |kind| *kind == MapErrorKind::SnomedCheckDigit,
        ),
        (
            "http://a.example/m,M1,metformin,A10BA02,850mg,tablet,tablet,t",
            |kind| *kind == MapErrorKind::Duplicate,
        ),
    ];
    for (row, is_expected) in cases {
        let error = import(&format!("{good}{row}\n")).expect_err(row);
        assert!(is_expected(&error.kind), "{row}: {error}");
        assert_eq!((error.file, error.line), ("medicines", 3), "{row}");
    }
    assert_eq!(import("").expect_err("no rows").kind, MapErrorKind::Size);
    let medicines = format!("{HEAD}{good}");
    let zero = b"system,code,unit,factor,source\n,tab,tablet,0,test\n";
    let error = MedicineMap::from_csv(medicines.as_bytes(), zero).expect_err("factor 0");
    assert_eq!(error.kind, MapErrorKind::Factor);
    assert!(MedicineMap::from_csv(&[0xFF; 9], UNITS).is_err());
}

#[test]
fn pieces_count_pieces_and_nothing_else_crosses() {
    assert!(Unit::Tablet.counts(Unit::Capsule));
    assert!(Unit::Capsule.counts(Unit::Tablet));
    assert!(Unit::Millilitre.counts(Unit::Millilitre));
    assert!(!Unit::Millilitre.counts(Unit::Tablet));
    assert!(!Unit::Dose.counts(Unit::Millilitre));
}
