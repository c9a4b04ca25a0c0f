//! A programme's rules, by its payer.

use super::Rules;
use crate::answer::Answer;
use crate::args::Global;
use crate::context::{applied, device, session, told};
use crate::failure::Result;
use crate::files;
use senim_abi::PRESCRIPTION;
use senim_abi::prescription::{Execute, Programme, ProgrammeId};
use senim_types::{Call, codec};
use serde_json::json;

/// Bytes of a file of rules.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// Sets all rules of a programme: for what is issued from now on, and for what was.
pub fn rules(args: &Rules, global: &Global) -> Result<Answer> {
    let bytes = files::read(&args.file, FILE_BYTES_MAX)?;
    let rules: Programme =
        serde_json::from_slice(&bytes).map_err(|error| files::content(&args.file, error))?;
    let (session, key) = (session(global)?, device(global, &args.key)?);
    let execute = Execute::SetProgramme {
        programme: ProgrammeId(args.programme),
        rules,
    };
    let call = Call {
        contract: PRESCRIPTION,
        input: codec::encode(&execute),
    };
    let done = applied(&session, session.submit(&key, vec![call], Vec::new())?)?;
    Ok(told(
        &session,
        &done,
        json!({ "programme": args.programme }),
    ))
}
