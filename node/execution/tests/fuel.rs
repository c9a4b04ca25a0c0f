//! Metering is protocol: what each module of the corpus costs, to the unit.
//!
//! `UPDATE_GOLDEN=1 cargo nextest run -p senim-execution --test fuel` writes the vectors anew. That is
//! a new protocol version: blocks of the old one no longer execute alike.

mod common;

use common::{Chain, SUBJECT, call, corpus, module, modules};
use senim_abi::host::HOST_FUNCTIONS;
use senim_execution::{Engine, cost};
use senim_types::{Hash, Status};
use std::fmt::Write;

#[test]
fn every_module_of_the_corpus_costs_what_the_golden_vectors_say() {
    let engine = Engine::new(None).expect("the engine starts");
    let mut vectors = String::from(
        "# module · first 8 bytes of its blake3 · how a call with sixteen zero bytes ends · fuel\n",
    );
    for (name, text) in modules() {
        if text.lines().any(|line| line.starts_with(";; deploy:")) {
            continue;
        }
        let hash = Hash::of(&module(&name)).to_string();
        let receipt = Chain::with_subject(&engine, &name).submit(vec![call(SUBJECT, &[0; 16])]);
        let end = match receipt.status {
            Status::Applied => "applied".to_owned(),
            Status::Refused { code, .. } => format!("refused:{}", code.name()),
            Status::Trapped { code } => format!("trapped:{}", code.name()),
        };
        writeln!(vectors, "{name} {} {end} {}", &hash[..16], receipt.fuel).expect("a string");
    }
    let file = corpus().join("fuel.golden");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, &vectors).expect("written");
    }
    let golden = std::fs::read_to_string(&file).expect("the golden vectors");
    for (now, then) in vectors.lines().zip(golden.lines()) {
        assert_eq!(
            now, then,
            "metering changed: that is a new protocol version"
        );
    }
    assert_eq!(vectors, golden);
}

/// Fuel of a call of a module whose `call` runs `body` first.
fn fuel_of(engine: &Engine, body: &str) -> u64 {
    let text = format!(
        r#"(module
      (memory (export "memory") 1)
      (func (export "abi_version") (result i32) (i32.const 1))
      (func (export "alloc") (param i32) (result i32) (i32.const 1024))
      (func $f)
      (func (export "call") (param i32 i32 i32) (result i64) {body} (i64.const 5))
      (data (i32.const 0) "\01\00\00\00\00"))"#
    );
    let code = wat::parse_str(text).expect("a module");
    let mut chain = Chain::with_engine(engine.clone(), &[(SUBJECT, code)]);
    let receipt = chain.submit(vec![call(SUBJECT, &[0])]);
    assert_eq!(receipt.status, Status::Applied, "{body}");
    receipt.fuel
}

#[test]
fn the_table_of_costs_is_what_is_charged() {
    let engine = Engine::new(None).expect("the engine starts");
    let empty = fuel_of(&engine, "");
    let table = cost::operators();
    for (body, fuel) in [
        ("(nop)", 0),
        ("(drop (i32.const 7))", u64::from(table.I32Const)),
        (
            "(drop (i32.div_u (i32.const 7) (i32.const 2)))",
            2 * u64::from(table.I32Const) + u64::from(table.I32DivU),
        ),
        (
            "(drop (i32.load (i32.const 0)))",
            u64::from(table.I32Const) + u64::from(table.I32Load),
        ),
        (
            "(drop (memory.grow (i32.const 3)))",
            u64::from(table.I32Const) + u64::from(table.MemoryGrow) + 3 * cost::PAGE_FUEL,
        ),
        // The callee's own unit, the call, and the ten and four operators that keep the budget of
        // frames, of which `end` is free.
        ("(call $f)", 1 + u64::from(table.Call) + 8 + 4),
    ] {
        assert_eq!(fuel_of(&engine, body) - empty, fuel, "{body}");
    }
}

#[test]
fn a_loop_costs_in_proportion_to_its_turns() {
    let engine = Engine::new(None).expect("the engine starts");
    let turns = |count: u32| {
        let body = format!(
            "(local $n i32) (loop $again (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const {count}))))"
        );
        fuel_of(&engine, &body)
    };
    let (ten, twenty, thousand) = (turns(10), turns(20), turns(1_000));
    assert_eq!((thousand - ten) * 10, (twenty - ten) * 990);
}

#[test]
fn every_host_function_is_linked_with_its_declared_type_and_charged() {
    // `fuel_host` calls each of them; the corpus test pins its cost. Here: none is missing from it.
    let text = &modules()["fuel_host"];
    for function in HOST_FUNCTIONS {
        assert!(
            text.contains(&format!("(call ${} ", function.name))
                || text.contains(&format!("(call ${})", function.name)),
            "{}",
            function.name
        );
        assert!(function.fuel_base > 0, "{} costs something", function.name);
    }
}
