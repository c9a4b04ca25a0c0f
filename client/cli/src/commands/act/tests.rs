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
