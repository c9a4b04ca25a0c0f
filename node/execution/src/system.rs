//! Contract 0, the ledger itself: code, contracts, upgrades.

use crate::authorise::read;
use crate::cost;
use crate::engine::{Contract, LoadError};
use crate::session::{Origin, Session};
use crate::stop::{HostFault, Stop};
use borsh::BorshDeserialize;
use senim_abi::Roles;
use senim_abi::ledger::{
    ContractKind, ContractRecord, ContractV1, Execute, PendingProtocol, PendingUpgrade,
    ProtocolRecord, ProtocolV1, keys,
};
use senim_types::{Code, ContractId, Hash, Height, codec, limits};
use std::sync::Arc;

pub use senim_abi::ledger::keys::due as due_key;

/// Bytes of a contract's name.
const NAME_BYTES_MAX: usize = 64;

/// What a call of the ledger asks of the executor once the ledger's own records are written.
pub enum Done {
    /// Nothing more; the call's output.
    Output(Vec<u8>),
    /// Enter a new contract's genesis with this input.
    EnterGenesis(ContractId, Vec<u8>),
}

/// Fuel of a call of contract 0 with this input: known before it is made.
pub fn fuel(input: &[u8]) -> u64 {
    match input.first() {
        Some(&senim_abi::ledger::methods::DEPLOY) => {
            cost::DEPLOY_FUEL + cost::DEPLOY_FUEL_PER_BYTE * input.len() as u64
        }
        _ => cost::LEDGER_CALL_FUEL,
    }
}

/// Executes a call of contract 0.
pub fn execute(session: &mut Session, input: &[u8]) -> Result<Done, Stop> {
    match Execute::try_from_slice(input).map_err(|_| Stop::refused(Code::MALFORMED))? {
        Execute::Deploy { code } => {
            deploy(session, &code).map(|hash| Done::Output(hash.as_bytes().to_vec()))
        }
        Execute::Create {
            contract,
            name,
            kind,
            code,
            input,
        } => {
            may_create(session, contract, kind)?;
            create(session, contract, name, kind, code)?;
            Ok(Done::EnterGenesis(contract, input))
        }
        Execute::Upgrade {
            contract,
            code,
            activation,
        } => {
            let mut record =
                record(session, contract)?.ok_or(Stop::refused(Code::CONTRACT_UNKNOWN))?;
            if record.kind == ContractKind::Policy {
                return Err(Stop::refused(Code::NOT_AUTHORISED));
            }
            if activation <= session.height || record.pending.is_some() {
                return Err(Stop::refused(Code::ACTIVATION_HEIGHT));
            }
            require_code(session, &code)?;
            record.pending = Some(PendingUpgrade { code, activation });
            save(session, contract, record);
            session.write(&keys::upgrade(activation, contract), Some(&[]));
            Ok(Done::Output(Vec::new()))
        }
        Execute::SetProtocol {
            version,
            activation,
        } => {
            set_protocol(session, version, activation)?;
            Ok(Done::Output(Vec::new()))
        }
    }
}

/// Schedules a version of the protocol, or takes back what is scheduled. A version that this software does not know is
/// scheduled all the same: nodes of newer software have to come to the same state.
fn set_protocol(session: &mut Session, version: u16, activation: Height) -> Result<(), Stop> {
    let record = read(session, &keys::protocol())?;
    let known = record.map_or(ProtocolV1::default(), |ProtocolRecord::V1(record)| record);
    let acting = known.at(session.height);
    if activation <= session.height {
        return Err(Stop::refused(Code::ACTIVATION_HEIGHT));
    }
    let next = match version.checked_sub(acting) {
        Some(0) => None,
        Some(1) => Some(PendingProtocol {
            version,
            activation,
        }),
        _ => return Err(Stop::refused(Code::WRONG_VERSION)),
    };
    let record = ProtocolRecord::V1(ProtocolV1 {
        version: acting,
        next,
    });
    session.write(&keys::protocol(), Some(&codec::encode(&record)));
    Ok(())
}

/// Checks, compiles and stores code.
pub fn deploy(session: &mut Session, code: &[u8]) -> Result<Hash, Stop> {
    if code.len() > limits::CODE_BYTES_MAX {
        return Err(Stop::refused(Code::TOO_LARGE));
    }
    let hash = Hash::of(code);
    match session.engine.load(&hash, code) {
        Ok(_) => {}
        Err(LoadError::Module(error)) => return Err(Stop::refused(error.code())),
        Err(LoadError::Fault(fault)) => return Err(fault.into()),
    }
    session.write(&keys::code(&hash), Some(code));
    Ok(hash)
}

/// A payer makes policies, and the operator whatever it likes. The number says which kind it is, for good.
fn may_create(session: &Session, contract: ContractId, kind: ContractKind) -> Result<(), Stop> {
    if kind != ContractKind::of(contract) {
        return Err(Stop::refused(Code::OUT_OF_RANGE));
    }
    let is_operators = match &session.origin {
        Origin::Device { roles, .. } => roles.contains(Roles::OPERATOR),
        Origin::Ledger => true,
    };
    if kind == ContractKind::Engine && !is_operators {
        return Err(Stop::refused(Code::NOT_AUTHORISED));
    }
    Ok(())
}

/// Makes a contract of deployed code.
pub fn create(
    session: &mut Session,
    contract: ContractId,
    name: String,
    kind: ContractKind,
    code: Hash,
) -> Result<(), Stop> {
    if contract == ContractId::LEDGER || record(session, contract)?.is_some() {
        return Err(Stop::refused(Code::CONTRACT_EXISTS));
    }
    if name.len() > NAME_BYTES_MAX {
        return Err(Stop::refused(Code::OUT_OF_RANGE));
    }
    require_code(session, &code)?;
    save(
        session,
        contract,
        ContractV1 {
            name,
            kind,
            code,
            version: 0,
            pending: None,
        },
    );
    Ok(())
}

/// The contracts whose upgrade is activated in this block.
pub fn upgrades_due(session: &Session) -> Result<Vec<ContractId>, HostFault> {
    let prefix = keys::upgrades_at(session.height);
    let (mut due, mut after) = (Vec::new(), Vec::new());
    loop {
        let page = session.scan(&prefix, &after, 64)?;
        let Some((last, _)) = page.last() else {
            return Ok(due);
        };
        after.clone_from(last);
        due.extend(page.iter().filter_map(|(key, _)| keys::parse_upgrade(key)));
    }
}

/// Takes a waiting upgrade off the list; the version that is left where the code was switched.
///
/// With `switch` false the upgrade is dropped: its migration failed, and the old code stays.
pub fn resolve_upgrade(
    session: &mut Session,
    contract: ContractId,
    switch: bool,
) -> Result<u32, Stop> {
    let key = keys::upgrade(session.height, contract);
    session.write(&key, None);
    let mut record = record(session, contract)?.ok_or_else(lost_record)?;
    let pending = record.pending.take().ok_or_else(lost_record)?;
    let version = record.version;
    if switch {
        record.code = pending.code;
        record.version += 1;
    }
    save(session, contract, record);
    session.contracts.remove(&contract);
    Ok(version)
}

fn lost_record() -> Stop {
    Stop::Fault(HostFault(
        "an upgrade is listed whose contract does not know of it".into(),
    ))
}

/// The compiled contract of this number.
pub fn load_contract(session: &Session, contract: ContractId) -> Result<Arc<Contract>, Stop> {
    let record = record(session, contract)?.ok_or(Stop::Trapped(Code::CONTRACT_UNKNOWN))?;
    if let Some(contract) = session.engine.loaded(&record.code) {
        return Ok(contract);
    }
    let loaded = session.read(&keys::code(&record.code), |code| match code {
        Some(code) => session
            .engine
            .load(&record.code, code)
            .map_err(|error| HostFault(error.to_string())),
        None => Err(HostFault(format!(
            "the code {} of contract {contract} is missing",
            record.code
        ))),
    })?;
    Ok(loaded?)
}

fn record(session: &Session, contract: ContractId) -> Result<Option<ContractV1>, HostFault> {
    Ok(read(session, &keys::contract(contract))?.map(|ContractRecord::V1(record)| record))
}

fn save(session: &mut Session, contract: ContractId, record: ContractV1) {
    session.write(
        &keys::contract(contract),
        Some(&codec::encode(&ContractRecord::V1(record))),
    );
}

fn require_code(session: &Session, code: &Hash) -> Result<(), Stop> {
    if session.read(&keys::code(code), |code| code.is_some())? {
        Ok(())
    } else {
        Err(Stop::refused(Code::CODE_UNKNOWN))
    }
}
