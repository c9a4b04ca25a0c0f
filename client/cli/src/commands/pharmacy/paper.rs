//! A paper prescription: a code that the clinic printed, and the record of an identity check. The weakest proof, where a
//! programme accepts it: who has a copy of the paper has the code.

use super::contents::Opens;
use super::hold::{Proven, Request, submit};
use super::{Hold, folder};
use crate::answer::Answer;
use crate::args::Global;
use crate::commands::prescription::PaperCode;
use crate::context::{device, enrolled, group, session};
use crate::failure::{Failure, Result};
use crate::files;
use crate::words;
use senim_abi::prescription::msg::IdentityCheck;
use senim_abi::prescription::{ItemMask, Proof};
use senim_abi::proof::HoldStatement;
use senim_types::{Domain, Hash};
use std::path::Path;

/// Bytes of a pharmacy's record of an identity check.
const RECORD_BYTES_MAX: u64 = 64 * 1024;

/// Holds by paper.
pub fn hold(args: &Hold, paper: &Path, global: &Global) -> Result<Answer> {
    let usage = || {
        Failure::usage(
            "paper takes an identity check: name --document and your record of it with --record",
        )
    };
    let document = args.document.ok_or_else(usage)?;
    let record_file = args.record.as_ref().ok_or_else(usage)?;
    let code = PaperCode::scan(paper)?;
    let (session, key) = (session(global)?, device(global, &args.pharmacy.key)?);
    let (found, _) = group(&session, &code.group)?;
    let count = found.items.len();
    let items = words::within(args.items.unwrap_or(ItemMask::first(count)), count)?;
    let hold_dir = &args.pharmacy.hold_dir;
    let hold_key = folder::key_for_hold(hold_dir, &code.group)?.public();
    let statement = HoldStatement {
        group: code.group,
        items,
        org: enrolled(&session, &key)?.org,
        device: key.public(),
        hold_key,
    };
    let record = files::read(record_file, RECORD_BYTES_MAX)?;
    let salt = folder::salt_of_check(hold_dir, &code.group)?;
    let check = IdentityCheck {
        document: document.into(),
        record: Hash::of(&[salt.as_slice(), &record].concat()),
    };
    let witness = code
        .key()
        .witness(Domain::Hold, &session.chain, statement.message());
    let request = Request {
        group: code.group,
        items,
        hold_key,
        proof: Proof::Paper { check },
        proven: Proven {
            witnesses: vec![witness],
            opens: Opens::OneTime(code.opening()),
        },
    };
    submit(&session, &key, request, &args.pharmacy)
}
