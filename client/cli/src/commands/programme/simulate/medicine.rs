//! Other rules of a medicine programme, tried on its prescriptions.

use super::{Simulate, past, told};
use crate::answer::Answer;
use crate::commands::explain::medicine::{description, judged};
use crate::commands::prescription::read_rules;
use crate::failure::{Failure, Result};
use crate::files;
use crate::history;
use crate::programmes;
use crate::session::Session;
use crate::simulate::medicine::{Medicines, Simulation};
use senim_abi::prescription::{MedicineRule, ProgrammeId};
use senim_abi::{MEASURE, VOUCHER, voucher};
use std::collections::BTreeMap;
use std::path::Path;

/// Bytes of a file of medicines.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Whether a medicine programme is meant: the prescription contract knows it, the voucher contract does not, and no policy is
/// named.
pub fn is_meant(session: &Session, args: &Simulate) -> Result<bool> {
    let id = ProgrammeId(args.programme);
    if args.wasm.is_some() || args.policy != MEASURE.0 || programmes::find(session, id)?.is_none() {
        return Ok(false);
    }
    let key = voucher::record::programme_key(voucher::ProgrammeId(args.programme));
    let of_vouchers = session.record::<voucher::record::ProgrammeRecord>(&key, VOUCHER)?;
    Ok(of_vouchers.value.is_none())
}

/// Tries rules on history.
pub fn run(session: &Session, args: &Simulate) -> Result<Answer> {
    let Some(file) = &args.with.file else {
        return Err(Failure::usage(
            "rules of a medicine programme are given with --file, as `senim prescription rules` takes them",
        ));
    };
    let rules = read_rules(file)?.rules;
    let medicines = args.medicines.as_deref().map(medicines).transpose()?;
    let programme = ProgrammeId(args.programme);
    let mut simulation = Simulation::new(programme, rules, medicines.unwrap_or_default());
    let past = past(session, args, |header, receipts| {
        for receipt in receipts {
            if receipt.status.is_applied() {
                let events = history::prescription_events(receipt);
                events.for_each(|event| simulation.happened(&event, header.time));
            } else {
                judged(receipt)
                    .iter()
                    .for_each(|was| simulation.refused(was));
            }
        }
        Ok(())
    })?;
    let ledgers = "the ledger's own: not issued, or not held";
    let words = ("prescription", ledgers);
    Ok(told(
        args,
        &past,
        &simulation.finish(),
        &description(),
        words,
    ))
}

fn medicines(path: &Path) -> Result<Medicines> {
    let bytes = files::read(path, FILE_BYTES_MAX)?;
    let listed: BTreeMap<String, Option<MedicineRule>> =
        serde_json::from_slice(&bytes).map_err(|error| files::content(path, error))?;
    let listed = listed.into_iter().map(|(inn, rule)| {
        let parsed = inn.parse();
        let parsed = parsed.map_err(|_| files::content(path, format!("{inn} is no ATC code")))?;
        Ok((parsed, rule))
    });
    listed.collect()
}
