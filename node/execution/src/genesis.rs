//! The first state: contracts are made of the genesis' code, then its calls are executed in order.

use crate::engine::Engine;
use crate::frame::{self, Invocation};
use crate::lend::lend;
use crate::postings;
use crate::session::{Origin, Session};
use crate::stop::{HostFault, Stop};
use crate::system;
use senim_abi::ledger::ContractKind;
use senim_abi::{Caller, Entry};
use senim_types::{
    ChangeSet, Code, Event, Genesis, Hash, Height, StateEntry, StateView, ViewError,
};
use std::collections::BTreeMap;

/// Fuel of one genesis call: generous, since it is executed once and by everybody who agreed to it.
const GENESIS_CALL_FUEL: u64 = 100_000_000_000;

/// The state at height 0 and what its calls told.
#[derive(Debug)]
pub struct GenesisExecution {
    /// The whole first state.
    pub changes: ChangeSet,
    /// Events of the calls, in order. They stand in no receipt: the genesis file itself is the record.
    pub events: Vec<Event>,
}

/// Why a genesis makes no state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GenesisError {
    /// The code of this hash was not supplied.
    #[error("the code {0} of the genesis is missing")]
    CodeMissing(Hash),
    /// A contract of the genesis cannot be made.
    #[error("contract number {index} of the genesis: {stop}")]
    Contract {
        /// Its place in the list.
        index: usize,
        /// Why.
        stop: Stop,
    },
    /// A call of the genesis fails.
    #[error("call number {index} of the genesis: {stop}")]
    Call {
        /// Its place in the list.
        index: usize,
        /// Why.
        stop: Stop,
    },
    /// The treasury's postings do not balance.
    #[error("the postings of the genesis do not balance")]
    Unbalanced,
    /// The registry's validators are not those that the genesis names.
    #[error("the validators of the registry are not those of the genesis")]
    Validators,
    /// This node cannot execute it.
    #[error(transparent)]
    Fault(#[from] HostFault),
}

/// Nothing: what there is before the genesis.
pub struct Void;

impl StateView for Void {
    fn get(&self, _: &[u8]) -> Result<Option<Vec<u8>>, ViewError> {
        Ok(None)
    }

    fn scan(&self, _: &[u8], _: &[u8], _: usize) -> Result<Vec<StateEntry>, ViewError> {
        Ok(Vec::new())
    }
}

/// Executes `genesis` with the code that it names by hash.
pub fn apply_genesis(
    engine: &Engine,
    genesis: &Genesis,
    codes: &BTreeMap<Hash, Vec<u8>>,
) -> Result<GenesisExecution, GenesisError> {
    lend(&Void, |view| {
        let mut session = Box::new(Session::new(
            engine.clone(),
            view,
            Height::GENESIS,
            genesis.time,
        ));
        session.begin(Origin::Ledger);
        for (index, contract) in genesis.contracts.iter().enumerate() {
            let code = codes
                .get(&contract.code)
                .ok_or(GenesisError::CodeMissing(contract.code))?;
            system::deploy(&mut session, code)
                .and_then(|hash| {
                    if hash == contract.code {
                        Ok(hash)
                    } else {
                        Err(Stop::refused(Code::CODE_UNKNOWN))
                    }
                })
                .and_then(|hash| {
                    system::create(
                        &mut session,
                        contract.id,
                        contract.name.clone(),
                        ContractKind::of(contract.id),
                        hash,
                    )
                })
                .map_err(|stop| GenesisError::Contract { index, stop })?;
        }
        let mut events = session.keep();
        for (index, call) in genesis.calls.iter().enumerate() {
            session.begin(Origin::Ledger);
            let invocation = Invocation {
                contract: call.contract,
                entry: Entry::Genesis,
                caller: Caller::Ledger,
                input: &call.input,
                read_only: false,
            };
            let finished = frame::call(session, invocation, GENESIS_CALL_FUEL);
            session = finished.session;
            finished
                .outcome
                .map_err(|stop| GenesisError::Call { index, stop })?;
            events.append(&mut session.keep());
        }
        if !postings::is_balanced(&events) {
            return Err(GenesisError::Unbalanced);
        }
        match postings::validators(&session)? {
            Some(validators) if validators != genesis.validators => Err(GenesisError::Validators),
            _ => Ok(GenesisExecution {
                changes: session.block,
                events,
            }),
        }
    })
}
