//! Programmes of medicines, proven: what is issued now is judged by the newest version of their rules, and what was issued
//! by its own.

use crate::failure::{Failure, Result};
use crate::session::Session;
use senim_abi::PRESCRIPTION;
use senim_abi::prescription::programme::{ProgrammeAnswer, ProgrammeRecord, RulesRecord};
use senim_abi::prescription::record::{programme_key, rules_key};
use senim_abi::prescription::{ProgrammeId, Rules};
use senim_types::Code;

/// A version of a programme's rules.
pub fn rules(session: &Session, programme: ProgrammeId, version: u32) -> Result<Rules> {
    let key = rules_key(programme, version);
    let proven = session.record::<RulesRecord>(&key, PRESCRIPTION)?;
    let record = proven
        .value
        .ok_or_else(|| Failure::new(Code::PROGRAMME_UNKNOWN))?;
    Ok(record.into_current())
}

/// A programme with its newest rules.
pub fn current(session: &Session, id: ProgrammeId) -> Result<ProgrammeAnswer> {
    let known = find(session, id)?;
    known.ok_or_else(|| Failure::new(Code::PROGRAMME_UNKNOWN))
}

/// A programme with its newest rules; none if it is no programme of medicines.
pub fn find(session: &Session, id: ProgrammeId) -> Result<Option<ProgrammeAnswer>> {
    let proven = session.record::<ProgrammeRecord>(&programme_key(id), PRESCRIPTION)?;
    let Some(record) = proven.value else {
        return Ok(None);
    };
    let programme = record.into_current();
    Ok(Some(ProgrammeAnswer {
        version: programme.version,
        open: programme.open,
        budget: programme.budget,
        rules: rules(session, id, programme.version)?,
    }))
}
