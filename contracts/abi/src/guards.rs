//! Guards, and builds of a contract with one of them left out: some test, and each story that shows the guard, has to fail.
//!
//! A guard is named by its file and line, as in `voucher/src/redeem.rs:70`. In native tests (feature `testing`) a variable
//! of the environment names the one that is left out. In WebAssembly (feature `leave-out`) its name stands in the data of
//! the module, where whoever plays stories writes it: every contract is compiled once, whatever is left out.

use crate::context::Refusal;
use alloc::vec::Vec;
#[cfg(any(feature = "testing", feature = "leave-out"))]
use core::panic::Location;
use senim_types::Code;

/// A guard: `Ok` if the rule holds, else a refusal with this code.
#[cfg_attr(any(feature = "testing", feature = "leave-out"), track_caller)]
pub fn ensure(holds: bool, code: Code) -> Result<(), Refusal> {
    if holds || is_left_out() {
        Ok(())
    } else {
        Err(Refusal::new(code))
    }
}

/// A guard that no condition of its own stands before, such as the arm of a match: always a refusal with this code.
#[cfg_attr(any(feature = "testing", feature = "leave-out"), track_caller)]
pub fn refuse<E: From<Code>>(code: Code) -> Result<(), E> {
    if is_left_out() {
        Ok(())
    } else {
        Err(code.into())
    }
}

/// As [`refuse`], with the refusal's detail.
#[cfg_attr(any(feature = "testing", feature = "leave-out"), track_caller)]
pub fn refuse_with(code: Code, detail: Vec<u8>) -> Result<(), Refusal> {
    if is_left_out() {
        Ok(())
    } else {
        Err(Refusal::with_detail(code, detail))
    }
}

/// Whether the guard that asks lets everything pass: never, in a contract that is shipped.
#[cfg(not(any(feature = "testing", feature = "leave-out")))]
pub(crate) const fn is_left_out() -> bool {
    false
}

/// Whether the guard that asks lets everything pass.
#[cfg(any(feature = "testing", feature = "leave-out"))]
#[track_caller]
pub(crate) fn is_left_out() -> bool {
    let place = Location::caller();
    #[cfg(feature = "leave-out")]
    if written::is(place) {
        return true;
    }
    #[cfg(feature = "testing")]
    if named::is(place) {
        return true;
    }
    false
}

#[cfg(feature = "testing")]
mod named {
    extern crate std;

    use core::panic::Location;
    use std::string::String;
    use std::sync::OnceLock;

    /// Names the guard that is left out, as in `voucher/src/redeem.rs:70`.
    const LEFT_OUT: &str = "SENIM_GUARD_LEFT_OUT";

    /// Whether the guard at this place is the one that the variable names.
    pub fn is(place: &Location<'_>) -> bool {
        static LEFT: OnceLock<Option<String>> = OnceLock::new();
        let left = LEFT.get_or_init(|| std::env::var(LEFT_OUT).ok());
        left.as_deref()
            .and_then(|left| left.rsplit_once(':'))
            .is_some_and(|(file, line)| place.file() == file && line.parse() == Ok(place.line()))
    }
}

#[cfg(feature = "leave-out")]
mod written {
    use core::hint::black_box;
    use core::panic::Location;

    /// What stands before the name. `tests/src/guards` looks for it.
    const MARK: &[u8; 24] = b"SENIM-GUARD-LEFT-OUT-IS:";
    /// Mark, line (little-endian), file; zeros after it.
    static WRITTEN: [u8; 128] = {
        let mut written = [0; 128];
        let mut at = 0;
        while at < MARK.len() {
            written[at] = MARK[at];
            at += 1;
        }
        written
    };

    /// Whether the guard at this place is the one whose name was written into the module.
    pub fn is(place: &Location<'_>) -> bool {
        // The compiler must not know what stands there.
        let written: &[u8; 128] = black_box(&WRITTEN);
        let (_, name) = written.split_at(MARK.len());
        let (line, file) = name.split_at(4);
        let of_place = place.file().as_bytes();
        line == place.line().to_le_bytes()
            && file.starts_with(of_place)
            && file.get(of_place.len()) == Some(&0)
    }
}
