//! What a block does to the ledger: the contracts' doing, and which validators come next.

use senim_abi::REGISTRY;
use senim_abi::ledger::{ProtocolRecord, ProtocolV1, keys};
use senim_abi::registry::record::{ValidatorsRecord, validators_key};
use senim_execution::{
    BlockEnv, BlockExecution, Engine, ExecuteError, HostFault, Mode, execute_block,
};
use senim_state::ledger::Kept;
use senim_types::crypto::VerifiedTransaction;
use senim_types::{Genesis, StateView, ValidatorSet, codec};

/// The validator sets that follow from the committed state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Validators {
    /// Of the height after the tip.
    pub next: ValidatorSet,
    /// Of the height after that: what the registry says now.
    pub upcoming: ValidatorSet,
}

/// Which version of the protocol acts, from the state after a block or that of the genesis.
pub fn protocol(state: &dyn StateView) -> Result<ProtocolV1, HostFault> {
    match state.get(&keys::protocol())? {
        Some(bytes) => {
            let ProtocolRecord::V1(record) =
                borsh::from_slice(&bytes).map_err(|_| unreadable("the protocol"))?;
            Ok(record)
        }
        None => Ok(ProtocolV1::default()),
    }
}

fn unreadable(what: &str) -> HostFault {
    HostFault(format!("the record of {what} does not decode"))
}

impl Validators {
    /// Reads them from the state after a block, or from the genesis state.
    pub fn read(state: &dyn StateView, genesis: &Genesis) -> Result<Validators, HostFault> {
        let next = match state.get(&keys::next_validators())? {
            Some(bytes) => {
                borsh::from_slice(&bytes).map_err(|_| unreadable("the next validators"))?
            }
            None => genesis.validators.clone(),
        };
        let upcoming = match state.get(&validators_key().in_state_of(REGISTRY))? {
            Some(bytes) => {
                let record: ValidatorsRecord =
                    borsh::from_slice(&bytes).map_err(|_| unreadable("the validators"))?;
                record.into_current()
            }
            None => genesis.validators.clone(),
        };
        Ok(Validators { next, upcoming })
    }
}

/// The validator sets that headers name, for those who follow the chain from afar.
pub fn validator_sets() -> Kept {
    Kept {
        key: keys::next_validators(),
        name: ValidatorSet::hash_of,
    }
}

/// Executes a block over `state`, whose validators are `validators`.
///
/// A change of the registry in the block before becomes the next set with this one, so that what is
/// executed at H acts from H + 2.
pub fn execute(
    engine: &Engine,
    state: &dyn StateView,
    env: &BlockEnv,
    validators: &Validators,
    transactions: &[VerifiedTransaction],
    mode: Mode,
) -> Result<BlockExecution, ExecuteError> {
    let mut execution = execute_block(engine, state, env, transactions, mode)?;
    if validators.upcoming != validators.next {
        execution
            .changes
            .put(keys::next_validators(), codec::encode(&validators.upcoming));
    }
    Ok(execution)
}
