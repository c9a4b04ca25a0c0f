//! A policy outside of any ledger: for whoever explains a receipt without trusting a node, or tries a policy on history
//! before it is deployed.

use crate::engine::Engine;
use crate::frame::{self, Invocation};
use crate::genesis::Void;
use crate::lend::lend;
use crate::session::{Origin, Session};
use crate::stop::Stop;
use crate::system;
use senim_abi::ids::MEASURE;
use senim_abi::ledger::ContractKind;
use senim_abi::{Caller, Entry};
use senim_types::{Height, TimeMs};

/// Asks the policy of this code, with at most `fuel_max` fuel. It has no state and no other contract to ask, which a sound
/// policy does not need: one that does is refused here as it would be on a ledger without them.
pub fn ask_policy(
    engine: &Engine,
    code: &[u8],
    question: &[u8],
    fuel_max: u64,
) -> Result<Vec<u8>, Stop> {
    lend(&Void, |view| {
        let mut session = Box::new(Session::new(
            engine.clone(),
            view,
            Height::GENESIS,
            TimeMs(0),
        ));
        session.begin(Origin::Ledger);
        let hash = system::deploy(&mut session, code)?;
        // Which number of a policy it has here is seen by nobody.
        let kind = ContractKind::Policy;
        system::create(&mut session, MEASURE, String::new(), kind, hash)?;
        session.keep();
        session.begin(Origin::Ledger);
        let invocation = Invocation {
            contract: MEASURE,
            entry: Entry::Query,
            caller: Caller::Ledger,
            input: question,
            read_only: true,
        };
        frame::call(session, invocation, fuel_max).outcome
    })
}
