//! A programme's rules, by its payer.

use super::Rules;
use crate::answer::Answer;
use crate::args::Global;
use crate::context::{applied, device, session, told};
use crate::failure::{Failure, Result};
use crate::files;
use senim_abi::PRESCRIPTION;
use senim_abi::prescription::programme::ProgrammeAnswer;
use senim_abi::prescription::{Execute, ProgrammeId};
use senim_types::{Call, Code, codec};
use serde_json::json;
use std::path::Path;

/// Bytes of a file of rules.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// Reads a file of a programme's rules.
pub fn read(path: &Path) -> Result<ProgrammeAnswer> {
    let bytes = files::read(path, FILE_BYTES_MAX)?;
    serde_json::from_slice(&bytes).map_err(|error| files::content(path, error))
}

/// Sets all rules of a programme: for what is issued from now on. What was issued before keeps the version that it has.
pub fn rules(args: &Rules, global: &Global) -> Result<Answer> {
    let wanted = read(&args.file)?;
    let (session, key) = (session(global)?, device(global, &args.key)?);
    let execute = Execute::SetProgramme {
        programme: ProgrammeId(args.programme),
        open: wanted.open,
        budget: wanted.budget,
        rules: wanted.rules,
    };
    let call = Call {
        contract: PRESCRIPTION,
        input: codec::encode(&execute),
    };
    let done = applied(&session, session.submit(&key, vec![call], Vec::new())?)?;
    let output = done.receipt.outputs.first();
    let version: u32 = output
        .and_then(|output| borsh::from_slice(output).ok())
        .ok_or_else(|| Failure::new(Code::ANSWER_UNUSABLE))?;
    let json = json!({ "programme": args.programme, "version": version, "open": wanted.open });
    let line = if wanted.open {
        format!(
            "What is issued under programme {} from now on has rules of version {version}",
            args.programme
        )
    } else {
        format!(
            "Nothing is issued or held any more under programme {}",
            args.programme
        )
    };
    Ok(told(&session, &done, json).line(line))
}
