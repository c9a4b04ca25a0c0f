//! The corpus of hostile modules, each with its exact end. A module says in its head what happens:
//! `deploy:` the code with which its deployment is refused, or `execute:` / `query:` how a call ends.

mod common;

use common::{Chain, SUBJECT, call, modules};
use senim_abi::ledger;
use senim_execution::module::prepare;
use senim_execution::{Engine, Stop};
use senim_types::{Code, ContractId, Status, codec};
use std::collections::BTreeMap;

fn expectations(text: &str) -> BTreeMap<&str, &str> {
    let lines = text
        .lines()
        .filter_map(|line| line.strip_prefix(";; ")?.split_once(": "));
    lines
        .filter(|(what, _)| ["deploy", "execute", "query"].contains(what))
        .collect()
}

fn end_of_status(status: &Status) -> String {
    match status {
        Status::Applied => "applied".into(),
        Status::Refused { code, .. } => format!("refused {}", code.name()),
        Status::Trapped { code } => format!("trapped {}", code.name()),
    }
}

#[test]
fn every_hostile_module_ends_as_its_head_says() {
    let engine = Engine::new(None).expect("the engine starts");
    let modules = modules();
    assert!(modules.len() > 90, "the corpus is there");
    let mut wrong = Vec::new();
    for (name, text) in &modules {
        let expected = expectations(text);
        assert_eq!(expected.len(), 1, "{name} says how it ends, once");
        for (what, end) in expected {
            let actual = match what {
                "deploy" => end_of_deployment(&engine, text),
                "query" => match Chain::with_subject(&engine, name).query(SUBJECT, &[0]) {
                    Ok(_) => "applied".into(),
                    Err(stop) => end_of_status(&stop.into_status().expect("no fault")),
                },
                _ => end_of_status(&Chain::with_subject(&engine, name).call(SUBJECT, &[0; 16])),
            };
            if actual != end {
                wrong.push(format!("{name}: {what} ends as `{actual}`, not `{end}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn end_of_deployment(engine: &Engine, text: &str) -> String {
    let code = wat::parse_str(text).expect("the text is a module");
    let mut chain = Chain::with_engine(engine.clone(), &[]);
    let input = codec::encode(&ledger::Execute::Deploy { code });
    match chain.call(ContractId::LEDGER, &input) {
        Status::Refused { code, .. } => code.name().into(),
        other => end_of_status(&other),
    }
}

#[test]
fn bytes_that_are_no_module_are_refused() {
    let refusal = |code: &[u8]| prepare(code).err().map(|error| error.code());
    assert_eq!(refusal(b""), Some(Code::BAD_MODULE));
    assert_eq!(refusal(b"\0asm"), Some(Code::BAD_MODULE));
    assert_eq!(
        refusal(b"\0asm\x0d\0\x01\0"),
        Some(Code::BAD_MODULE),
        "a component"
    );
    assert_eq!(refusal(&vec![0; 512 * 1024 + 1]), Some(Code::TOO_LARGE));

    let sound = common::module("relay");
    for length in 0..sound.len() {
        match refusal(&sound[..length]) {
            Some(Code::BAD_MODULE) => {}
            // Cut between two sections: well formed, but something is missing.
            Some(Code::BAD_EXPORT) => {}
            // Only the data (section 11) or the names (section 0) are missing.
            None => assert!(
                [0, 11].contains(&sound[length]),
                "{length} bytes pass for a module"
            ),
            Some(other) => panic!("{length} bytes: {other:?}"),
        }
    }
}

#[test]
fn a_refusal_keeps_256_bytes_of_detail() {
    let engine = Engine::new(None).expect("the engine starts");
    let status = Chain::with_subject(&engine, "refusal_detail_huge").call(SUBJECT, &[0]);
    assert_eq!(
        status,
        Status::Refused {
            code: Code::NOT_AUTHORISED,
            detail: vec![0; 256]
        }
    );
}

#[test]
fn a_trap_costs_all_the_fuel_there_was_and_a_refusal_what_it_used() {
    let engine = Engine::new(None).expect("the engine starts");
    let mut chain = Chain::with_subject(&engine, "unreachable");
    let fuel_max = chain.parameters.transaction_fuel_max;
    assert_eq!(chain.submit(vec![call(SUBJECT, &[0])]).fuel, fuel_max);
    let refused = chain.submit(vec![call(common::RECORDER, &[0xff])]);
    assert!(refused.fuel < fuel_max / 10, "{}", refused.fuel);
}

/// Flips every byte of sound modules: whatever comes of it is refused or runs to an end, and never
/// brings the node down.
#[test]
fn damaged_modules_are_refused_or_end() {
    let engine = Engine::new(None).expect("the engine starts");
    for name in ["relay", "scan_beyond_limit"] {
        let sound = common::module(name);
        for position in 0..sound.len() {
            let mut code = sound.clone();
            code[position] ^= 1 << (position % 8);
            if prepare(&code).is_err() {
                continue;
            }
            let mut chain = Chain::with_engine(engine.clone(), &[(SUBJECT, code)]);
            let status = chain.call(SUBJECT, &[0]);
            let _: Option<Code> = status.code();
        }
    }
}

#[test]
fn a_query_of_nothing_ends_like_any_other() {
    let engine = Engine::new(None).expect("the engine starts");
    let chain = Chain::with_subject(&engine, "relay");
    assert_eq!(
        chain.query(ContractId(77), &[0]),
        Err(Stop::Trapped(Code::CONTRACT_UNKNOWN))
    );
    assert_eq!(chain.query(SUBJECT, &[0]), Ok(vec![]));
}
