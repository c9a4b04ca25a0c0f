//! How the process ends: its exit code says whether another start can help. `docs/operating/README.md` tables it.

use senim_types::Code;
use std::process::ExitCode;
use std::time::Duration;

/// Something that another start may cure: a port that is taken, a store that is made anew.
pub const MAY_PASS: u8 = 1;
/// Settings, keys or genesis are wrong: somebody has to change them. (2 is clap's, for the command line.)
pub const MISCONFIGURED: u8 = 3;
/// The node halted, or refuses its data: its operator has to act, and starting again only repeats it.
pub const HALTED: u8 = 4;

/// How long storing may take at the end.
pub const STOP_MAX: Duration = Duration::from_secs(60);

/// The exit code of a failure.
pub fn status(code: Code) -> u8 {
    match code {
        Code::CONFIGURATION | Code::KEY_FILE | Code::GENESIS | Code::OTHER_CHAIN_DATA => {
            MISCONFIGURED
        }
        Code::LOG_DAMAGED
        | Code::SNAPSHOT_DAMAGED
        | Code::VOTES_DAMAGED
        | Code::OUTCOME_DIFFERS
        | Code::PROTOCOL_UNKNOWN
        | Code::KEY_USED_TWICE
        | Code::CONSENSUS_FAILED => HALTED,
        _ => MAY_PASS,
    }
}

/// The same, for `main`.
pub fn code(code: Code) -> ExitCode {
    ExitCode::from(status(code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use senim_types::Fault;
    use senim_types::code::CODES;

    #[test]
    fn what_a_restart_repeats_has_an_exit_code_of_its_own() {
        let of_node = CODES.iter().filter(|entry| entry.fault == Fault::Node);
        let named = |status_wanted: u8| -> Vec<&str> {
            let of_node = of_node.clone();
            let codes = of_node.filter(|entry| status(entry.code) == status_wanted);
            codes.map(|entry| entry.name).collect()
        };
        assert_eq!(
            named(MISCONFIGURED),
            ["CONFIGURATION", "KEY_FILE", "GENESIS", "OTHER_CHAIN_DATA"]
        );
        assert_eq!(
            named(HALTED),
            [
                "LOG_DAMAGED",
                "OUTCOME_DIFFERS",
                "SNAPSHOT_DAMAGED",
                "PROTOCOL_UNKNOWN",
                "VOTES_DAMAGED",
                "KEY_USED_TWICE",
                "CONSENSUS_FAILED"
            ]
        );
        assert!(named(MAY_PASS).contains(&"STORE_FAILED"));
    }
}
