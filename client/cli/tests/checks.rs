//! What an integrator calls before sending data: `pack parse`, `id check`, `code`. JSON always; exit 0 or not.

mod support;

use serde_json::json;
use support::*;

#[test]
fn a_sound_element_string_is_told_in_json_however_it_is_delivered() {
    let expected = json!({
        "gtin": "04870001000011", "serial": "MF0001", "expiry": "2031-05-31", "lot": "M2601",
        "ais": { "01": "04870001000011", "21": "MF0001", "17": "310531", "10": "M2601" },
    });
    for elements in [
        "(01)04870001000011(21)MF0001(17)310531(10)M2601",
        "]d2010487000100001121MF0001\u{1d}1731053110M2601",
        "\u{1d}010487000100001121MF0001\u{1d}1731053110M2601",
        "010487000100001121MF0001\u{1d}1731053110M2601",
        "(01)04870001000011(21)MF0001(17)310500(10)M2601",
    ] {
        let output = senim(&["pack", "parse", elements]);
        assert_eq!(code(&output), 0, "{elements:?}");
        let mut told = json(&output);
        if elements.contains("310500") {
            told["ais"]["17"] = "310531".into();
        }
        assert_eq!(told, expected, "{elements:?}");
    }
}

#[test]
fn what_a_code_does_not_say_is_null() {
    let told = json(&senim(&["pack", "parse", "(01)04870001000011(21)MF0001"]));
    assert_eq!(
        (&told["expiry"], &told["lot"]),
        (&json!(null), &json!(null))
    );
}

#[test]
fn an_unsound_element_string_is_told_by_its_code_and_exits_above_zero() {
    for (elements, expected) in [
        ("", "GS1_EMPTY"),
        ("(01)04870001000012(21)MF0001", "GS1_CHECK_DIGIT"),
        ("(01)04870001000011(21)MF0001(17)311331", "GS1_DATE"),
        ("(01)04870001000011(21)A(21)B", "GS1_REPEATED_AI"),
        ("]d1010487000100001121MF0001", "GS1_SYMBOLOGY"),
        ("(01)487(21)MF0001", "GS1_LENGTH"),
        ("(01)04870001000011(21)MF\u{e9}", "GS1_CHARSET"),
        ("-", "GS1_UNKNOWN_AI"),
    ] {
        for format in [&["-o", "json"][..], &[]] {
            let output = senim(&[&["pack", "parse", elements], format].concat());
            assert_eq!(code(&output), 1, "{elements:?}: {}", text(&output));
            let told = json(&output);
            assert_eq!(told["code"], expected, "{elements:?}");
            assert!(
                told["message"]
                    .as_str()
                    .is_some_and(|message| !message.is_empty())
            );
        }
    }
}

/// Twelve digits with their check digit, so that no number of anybody's stands here.
fn with_check_digit(eleven: &str) -> String {
    let digits: Vec<u32> = eleven.bytes().map(|byte| u32::from(byte - b'0')).collect();
    let sum = |first: u32| -> u32 {
        let weights = (0..11).map(|place| (first - 1 + place) % 11 + 1);
        digits
            .iter()
            .zip(weights)
            .map(|(digit, weight)| digit * weight)
            .sum::<u32>()
            % 11
    };
    let check = if sum(1) == 10 { sum(3) } else { sum(1) };
    format!("{eleven}{check}")
}

#[test]
fn a_national_number_is_told_by_its_kind_and_never_repeated() {
    for (eleven, kind) in [("79010130000", "iin"), ("16054001234", "bin")] {
        let number = with_check_digit(eleven);
        let output = senim(&["id", "check", &number]);
        assert_eq!(code(&output), 0, "{kind}: {}", text(&output));
        assert_eq!(json(&output), json!({ "kind": kind, "valid": true }));
    }
    for (number, expected) in [
        ("1", "ID_FORM"),
        ("-79010130000", "ID_FORM"),
        ("799901300000", "ID_DATE"),
        ("160570012340", "ID_UNKNOWN_KIND"),
    ] {
        let output = senim(&["id", "check", number]);
        assert_eq!(
            (code(&output), &json(&output)["code"]),
            (1, &json!(expected)),
            "{number}"
        );
        assert!(number.len() < 12 || !text(&output).contains(number));
    }
    let mut wrong = with_check_digit("79010130000").into_bytes();
    wrong[11] = if wrong[11] == b'9' {
        b'8'
    } else {
        wrong[11] + 1
    };
    let wrong = String::from_utf8(wrong).expect("digits");
    assert_eq!(
        json(&senim(&["id", "check", &wrong]))["code"],
        "ID_CHECK_DIGIT"
    );
}

#[test]
fn a_code_is_explained_by_name_and_by_number() {
    let by_name = senim(&["code", "qr_replayed"]);
    assert!(code(&by_name) == 0 && text(&by_name).starts_with("QR_REPLAYED (3310)\n"));
    assert_eq!(text(&senim(&["code", "3310"])), text(&by_name));
    assert_eq!(
        json(&senim(&["code", "3310", "-o", "json"]))["fault"],
        "caller"
    );
    let unknown = senim(&["code", "NO_SUCH_CODE"]);
    assert!(code(&unknown) == 1 && error_text(&unknown).starts_with("senim: NOT_FOUND: "));
}

#[test]
fn a_drawn_pack_is_not_drawn_from_an_unsound_code() {
    let folder = tempfile::tempdir().expect("a folder");
    let draw = |elements| {
        senim_in(
            folder.path(),
            &["pack", "draw", elements, "--out", "pack.png"],
        )
    };
    assert_eq!(code(&draw("(01)04870001000012(21)MF0001")), 1);
    assert!(!folder.path().join("pack.png").exists());
    assert_eq!(code(&draw("(01)04870001000011(21)MF0001")), 0);
    let picture = std::fs::read(folder.path().join("pack.png")).expect("it was drawn");
    let scanned = senim_codes::scan::scan_png(&picture).expect("it can be read back");
    assert_eq!(scanned.announced(), "]d2010487000100001121MF0001");
}

#[cfg(unix)]
#[test]
fn bytes_that_are_no_text_are_refused_by_code_and_never_repeated() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let raw = OsStr::from_bytes(b"85010130000\xff");
    for (command, expected, exit) in [
        (["id", "check"], "ID_FORM", 1),
        (["pack", "parse"], "GS1_CHARSET", 1),
    ] {
        let output = senim_os(&[command[0].as_ref(), command[1].as_ref(), raw]);
        assert_eq!(code(&output), exit, "{command:?}: {}", error_text(&output));
        assert_eq!(json(&output)["code"], expected, "{command:?}");
        assert!(!text(&output).contains("8501013") && error_text(&output).is_empty());
    }
    // Also where JSON is asked for by an argument beside it, and where nothing takes it.
    for args in [
        &["budget", "-o", "json"][..],
        &["pharmacy", "sales", "--output=json", "--month"],
    ] {
        let args: Vec<&OsStr> = args.iter().map(OsStr::new).chain([raw]).collect();
        let output = senim_os(&args);
        assert_eq!(
            (code(&output), &json(&output)["code"]),
            (2, &json!("BAD_USAGE"))
        );
        assert!(!text(&output).contains("8501013"));
    }
}

#[test]
fn what_answers_in_json_says_in_json_that_it_was_called_wrongly() {
    for args in [
        &["pack", "parse"][..],
        &["id", "check"],
        &["pack", "parse", "(01)04870001000011", "(21)A"],
        &["id", "check", "1", "2"],
    ] {
        let output = senim(args);
        assert_eq!(code(&output), 2, "{args:?}");
        let told = json(&output);
        assert_eq!(told["code"], "BAD_USAGE", "{args:?}");
        let message = told["message"].as_str().expect("a sentence");
        assert!(
            message.len() > 20 && !message.contains("Usage"),
            "{message}"
        );
    }
    assert!(error_text(&senim(&["pack", "draw"])).contains("Usage"));
}

#[test]
fn a_separator_may_be_written_as_scanners_print_it() {
    let told = json(&senim(&[
        "pack",
        "parse",
        "010487000100001121MF0001<GS>10M2601",
    ]));
    assert_eq!(
        (&told["serial"], &told["lot"]),
        (&json!("MF0001"), &json!("M2601"))
    );
    let told = json(&senim(&[
        "pack",
        "parse",
        "(01)04870001000011(21)MF<GS>0001",
    ]));
    assert_eq!(told["code"], "GS1_CHARSET");
}

#[test]
fn a_file_that_is_no_key_is_called_so() {
    let folder = tempfile::tempdir().expect("a folder");
    write_genesis(folder.path());
    for (name, bytes) in [("long.key", vec![b'a'; 4096]), ("raw.key", vec![0xff; 10])] {
        std::fs::write(folder.path().join(name), bytes).expect("it can be written");
        let output = senim_in(folder.path(), &["key", "show", name]);
        assert_eq!(code(&output), 1, "{name}");
        assert_eq!(
            error_text(&output),
            format!("senim: FILE_CONTENT: {name}: not a key file\n")
        );
    }
}

#[test]
fn a_refusal_of_a_message_keeps_path_and_sentence_apart() {
    let folder = tempfile::tempdir().expect("a folder");
    write_genesis(folder.path());
    std::fs::write(
        folder.path().join("order.json"),
        "{\"resourceType\":\"Patient\"}",
    )
    .expect("a file");
    let holder = text(&{
        assert_eq!(code(&senim_in(folder.path(), &["wallet", "new"])), 0);
        senim_in(folder.path(), &["wallet", "key"])
    });
    let args = ["key", "new", "--kind", "device", "--out", "keys/clinic.key"];
    assert_eq!(code(&senim_in(folder.path(), &args)), 0);
    let args = [
        "prescription",
        "issue",
        "--dir",
        ".",
        "--fhir",
        "order.json",
        "--holder",
        holder.trim(),
    ];
    let said = error_text(&senim_in(folder.path(), &args));
    assert!(said.starts_with("senim: FHIR_RESOURCE_TYPE: "), "{said}");
    assert!(said.contains(": Neither a MedicationRequest"), "{said}");
}
