//! Instrumentation keeps modules sound, and what it adds is out of a contract's reach.

use super::check::{FEATURES, check};
use super::{STACK_EXPORT, prepare};
use crate::cost::{FRAME_BYTES_BASE, FRAME_BYTES_PER_SLOT};

fn module(extra: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
      (memory (export "memory") 1)
      (func (export "abi_version") (result i32) (i32.const 1))
      (func (export "alloc") (param i32) (result i32) (i32.const 1024))
      (func (export "call") (param i32 i32 i32) (result i64) (i64.const 5))
      {extra})"#
    );
    wat::parse_str(text).expect("a module")
}

#[test]
fn an_instrumented_module_is_valid_in_the_same_language() {
    for extra in [
        "",
        "(global (mut i32) (i32.const 7))",
        "(table 2 funcref) (elem (i32.const 0) 0 1) (func (call 3))",
        "(func (result i64) (call 2 (i32.const 0) (i32.const 0) (i32.const 0)))",
    ] {
        let prepared = prepare(&module(extra)).expect("a sound module");
        let mut validator = wasmparser::Validator::new_with_features(FEATURES);
        validator.validate_all(&prepared).expect("valid");
        let text = String::from_utf8_lossy(&prepared).into_owned();
        assert!(text.contains(STACK_EXPORT));
    }
}

#[test]
fn preparing_is_a_function_of_the_bytes_alone() {
    let code = module("(func (call 3))");
    assert_eq!(prepare(&code), prepare(&code));
}

#[test]
fn a_frame_counts_parameters_locals_and_the_highest_stack() {
    // Two parameters, three locals, and at most four operands at once.
    let code = module(
        "(func (param i32 i64) (local i64 i64 i32)
           (drop (i32.add (i32.const 1) (i32.add (i32.const 2) (i32.add (i32.const 3) (i32.const 4))))))",
    );
    let frames = check(&code).expect("a sound module").frame_bytes;
    let expected = FRAME_BYTES_BASE + 9 * FRAME_BYTES_PER_SLOT;
    assert_eq!(frames.last().map(|bytes| *bytes as u64), Some(expected));
}

#[test]
fn names_and_notes_do_not_reach_the_compiler() {
    let mut code = module("");
    code.extend([0, 6, 4]);
    code.extend(b"notes");
    let prepared = prepare(&code).expect("custom sections are allowed");
    assert!(!prepared.windows(4).any(|bytes| bytes == b"note"));
}
