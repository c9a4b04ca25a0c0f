use super::*;

const SOUND: &str = r#"{
    "name": "Caterer Dastarkhan", "bin": "991240999991", "address": "Astana, Invented St 1",
    "iban": "KZ84999INV5004100100", "bic": "INVTKZKA", "kbe": "17", "knp": "859", "vat_payer": true
}"#;

#[test]
fn sound_details_are_read_and_every_field_is_hashed() {
    let details = Details::from_json(SOUND.as_bytes()).expect("they are sound");
    type Change = fn(&mut Details);
    let changes: [Change; 8] = [
        |it| it.name.push('.'),
        |it| it.bin.push('0'),
        |it| it.address.clear(),
        |it| it.iban.push('0'),
        |it| it.bic.push('0'),
        |it| it.kbe.push('0'),
        |it| it.knp.push('0'),
        |it| it.vat_payer = false,
    ];
    for change in changes {
        let mut other = details.clone();
        change(&mut other);
        assert_ne!(other.hash(), details.hash());
    }
}

#[test]
fn what_no_bank_would_take_is_refused_with_its_field() {
    let long = "x".repeat(141);
    let cases = [
        ("name", ""),
        ("name", " Caterer"),
        ("name", "a\\nb"),
        ("name", long.as_str()),
        ("address", long.as_str()),
        ("bin", "991240999992"),
        ("bin", "99124099999"),
        ("iban", "KZ85999INV5004100100"),
        ("iban", "KZ84 999I NV50 0410 0100"),
        ("iban", "kz84999inv5004100100"),
        ("iban", "KZ8499"),
        ("iban", "ҚZ84999INV5004100100"),
        // A sound IBAN of another country's length under KZ.
        ("iban", "KZ1212345678901234567890123"),
        ("bic", "INVTKZK"),
        ("bic", "INVT12KA"),
        ("bic", "invtkzka"),
        ("kbe", "1"),
        ("kbe", "1a"),
        ("knp", "8590"),
    ];
    for (field, value) in cases {
        let key = format!("\"{field}\": \"");
        let start = SOUND.find(&key).expect("the field is there") + key.len();
        let end = start + SOUND[start..].find('"').expect("the text ends");
        let text = format!("{}{value}{}", &SOUND[..start], &SOUND[end..]);
        let error = Details::from_json(text.as_bytes()).expect_err(value);
        assert!(
            matches!(&error, DetailsError::Field { field: named, .. } if *named == field),
            "{value}: {error}"
        );
        assert_eq!(error.code(), Code::BANK_DETAILS);
    }
}

#[test]
fn what_is_no_such_json_is_refused() {
    let more = SOUND.replace("\"kbe\"", "\"swift\": \"x\", \"kbe\"");
    for text in ["", "[]", "{}", &more] {
        let error = Details::from_json(text.as_bytes()).expect_err(text);
        assert_eq!(error.code(), Code::FILE_CONTENT);
    }
}
