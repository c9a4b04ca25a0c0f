//! Code that somebody deploys: what the rules let through is still a module after instrumentation, and the
//! same bytes have the same answer.
#![no_main]

use libfuzzer_sys::fuzz_target;
use senim_execution::module::prepare;

fuzz_target!(|code: &[u8]| {
    if let Ok(prepared) = prepare(code) {
        assert!(prepared.starts_with(b"\0asm"));
        assert!(prepared.len() >= code.len(), "instrumentation only adds");
        assert_eq!(prepare(code).ok(), Some(prepared));
    }
});
