//! Questions from outside: read-only, and never part of a block.

use crate::engine::Engine;
use crate::frame::{self, Invocation};
use crate::lend::lend;
use crate::session::{Origin, Session};
use crate::stop::Stop;
use senim_abi::{Caller, Entry};
use senim_types::{Code, ContractId, Height, StateView, TimeMs};

/// Asks `contract` as of `height` and `time`, with at most `fuel_max` fuel. Its output is at most 64 KiB.
///
/// At most eight questions run at once; one more is refused with `NOT_READY`, so that questions never
/// take from blocks what blocks need.
pub fn query(
    engine: &Engine,
    view: &dyn StateView,
    (height, time): (Height, TimeMs),
    contract: ContractId,
    input: &[u8],
    fuel_max: u64,
) -> Result<Vec<u8>, Stop> {
    let _permit = engine
        .query_permit()
        .ok_or(Stop::refused(Code::NOT_READY))?;
    lend(view, |view| {
        let mut session = Box::new(Session::new(engine.clone(), view, height, time));
        session.begin(Origin::Ledger);
        let invocation = Invocation {
            contract,
            entry: Entry::Query,
            caller: Caller::Ledger,
            input,
            read_only: true,
        };
        frame::call(session, invocation, fuel_max).outcome
    })
}
