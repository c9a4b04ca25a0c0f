//! What the commands of every role do alike: find a key, learn whose it is, finish a transaction.

use crate::answer::Answer;
use crate::args::Global;
use crate::describe;
use crate::failure::{Failure, Result};
use crate::files;
use crate::keys;
use crate::session::{Final, Session};
use senim_abi::REGISTRY;
use senim_abi::prescription::record::{GroupRecord, group_key};
use senim_abi::prescription::{Group, GroupId};
use senim_abi::registry;
use senim_abi::registry::record::{Device, DeviceRecord, device_key};
use senim_abi::{PRESCRIPTION, ids};
use senim_types::crypto::SecretKey;
use senim_types::text::KeyKind;
use senim_types::{Call, Code, ContractId, Header, codec};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Opens a session with the node and the genesis that the command line names.
pub fn session(global: &Global) -> Result<Session> {
    Session::open(&global.node, &global.dir, &trusted_path(global))
}

/// Where the newest trusted block is kept.
pub fn trusted_path(global: &Global) -> PathBuf {
    let named = global.trusted.clone();
    named.unwrap_or_else(|| global.dir.join("trusted.light"))
}

/// The device key of this name in the network's folder, or in this file.
pub fn device(global: &Global, key: &str) -> Result<SecretKey> {
    let path = files::named(key, &global.dir.join("keys"), keys::EXTENSION);
    keys::read(&path, KeyKind::Device)
}

/// What the registry says of a device, proven.
pub fn enrolled(session: &Session, device: &SecretKey) -> Result<Device> {
    let record = session.record::<DeviceRecord>(&device_key(&device.public()), REGISTRY)?;
    let record = record
        .value
        .ok_or_else(|| Failure::new(Code::DEVICE_UNKNOWN))?;
    Ok(record.into_current())
}

/// A prescription, proven, and the block that it is proven by.
pub fn group(session: &Session, id: &GroupId) -> Result<(Group, Header)> {
    let proven = session.record::<GroupRecord>(&group_key(id), PRESCRIPTION)?;
    let record = proven
        .value
        .ok_or_else(|| Failure::new(Code::PRESCRIPTION_UNKNOWN))?;
    Ok((record.into_current(), proven.header))
}

/// A transaction that took effect; a final refusal becomes a failure with its code.
pub fn applied(session: &Session, done: Final) -> Result<Final> {
    match describe::refusal(&done, &session.names) {
        Some(refusal) => Err(refusal),
        None => Ok(done),
    }
}

/// The answer of a command that submitted a transaction: the receipt, and the command's own fields.
pub fn told(session: &Session, done: &Final, fields: Value) -> Answer {
    let mut json = describe::final_json(done);
    if let (Some(object), Value::Object(fields)) = (json.as_object_mut(), fields) {
        object.extend(fields);
    }
    let validators = session.light.validators().validators().len();
    Answer::new(json).lines(describe::final_lines(done, &session.names, validators))
}

/// Asks the registry for something in the name of a device, and tells what became of it.
pub fn registered(global: &Global, key: &str, message: &registry::Execute) -> Result<Answer> {
    let (session, key) = (session(global)?, device(global, key)?);
    let call = Call {
        contract: REGISTRY,
        input: codec::encode(message),
    };
    let done = applied(&session, session.submit(&key, vec![call], Vec::new())?)?;
    Ok(told(&session, &done, json!({})))
}

/// Writes a receipt's proof to a file, if one was named.
pub fn save_proof(done: &Final, path: Option<&Path>) -> Result<()> {
    path.map_or(Ok(()), |path| files::write(path, &done.proof))
}

/// A contract by name or number.
pub fn contract(text: &str) -> std::result::Result<ContractId, String> {
    let named = ids::id_of(text).or_else(|| text.parse().ok().map(ContractId));
    named.ok_or_else(|| {
        format!("`{text}` is no contract: registry, treasury, marking, prescription, voucher, settlement, card, or a number")
    })
}

/// A prescription's id: 64 hex digits.
pub fn group_id(text: &str) -> std::result::Result<GroupId, String> {
    let hash = text.parse().map(GroupId);
    hash.map_err(|_| format!("`{text}` is not the id of a prescription: 64 hex digits"))
}
