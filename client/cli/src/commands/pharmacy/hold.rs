//! From a proof to an exclusive hold: the pixels of a QR, and the medicine data that the proof opens. Cards and paper have
//! files of their own, and end here too.

use super::contents::{Contents, Opens};
use super::{Hold, Pharmacy, folder};
use crate::answer::Answer;
use crate::args::Global;
use crate::commands::{prescription::item_line, terminal};
use crate::context::{applied, device, enrolled, group, save_proof, session, told};
use crate::failure::{Failure, Result};
use crate::files;
use crate::session::Session;
use crate::words::{self, items};
use senim_abi::PRESCRIPTION;
use senim_abi::prescription::{Execute, GroupId, ItemMask, Proof};
use senim_abi::proof::HoldStatement;
use senim_codes::image::PNG_BYTES_MAX;
use senim_codes::live_qr::LiveQr;
use senim_codes::scan::scan_png;
use senim_types::crypto::SecretKey;
use senim_types::{Call, Code, Domain, PublicKey, Signature, Statement, codec};
use serde_json::json;
use std::path::Path;
use zeroize::Zeroizing;

/// A hold that is asked for, with its proof.
pub struct Request {
    /// The prescription.
    pub group: GroupId,
    /// Its items.
    pub items: ItemMask,
    /// The pharmacy's key for the later steps.
    pub hold_key: PublicKey,
    /// What proves the person.
    pub proof: Proof,
    /// What was signed, and what it opens.
    pub proven: Proven,
}

/// What goes with a proof.
pub struct Proven {
    /// Statements with their signatures.
    pub witnesses: Vec<(Statement, Signature)>,
    /// What it opens of the sealed part.
    pub opens: Opens,
}

/// Holds by whichever proof was shown.
pub fn hold(args: &Hold, global: &Global) -> Result<Answer> {
    match (&args.qr, &args.paper) {
        (Some(qr), _) => by_qr(args, qr, global),
        (None, Some(paper)) => super::paper::hold(args, paper, global),
        (None, None) => super::card::hold(args, global),
    }
}

/// Holds what a QR opens.
fn by_qr(args: &Hold, qr: &Path, global: &Global) -> Result<Answer> {
    let picture = Zeroizing::new(files::read(qr, PNG_BYTES_MAX as u64)?);
    let text = Zeroizing::new(scan_png(&picture)?.text);
    let qr = LiveQr::from_text(&text)?;
    let (session, key) = (session(global)?, device(global, &args.pharmacy.key)?);
    qr.check(&session.chain, words::now())?;
    let statement = qr.statement();
    let chosen = args.items.unwrap_or(statement.items);
    if !statement.items.contains(chosen) {
        return Err(Failure::with(
            Code::QR_OTHER_TOKEN,
            format!(
                "The QR opens {} only. Ask the patient for one that opens the rest.",
                items(statement.items)
            ),
        ));
    }
    let org = enrolled(&session, &key)?.org;
    let hold_key = folder::key_for_hold(&args.pharmacy.hold_dir, &statement.group)?;
    let hold = HoldStatement {
        group: statement.group,
        items: chosen,
        org,
        device: key.public(),
        hold_key: hold_key.public(),
    };
    let witnesses = vec![
        (statement.by(qr.holder()), qr.signature()),
        qr.ephemeral()
            .witness(Domain::Hold, &session.chain, hold.message()),
    ];
    let request = Request {
        group: statement.group,
        items: chosen,
        hold_key: hold_key.public(),
        proof: Proof::LiveQr(statement),
        proven: Proven {
            witnesses,
            opens: Opens::Qr(Box::new(qr)),
        },
    };
    submit(&session, &key, request, &args.pharmacy)
}

/// Submits a hold, and tells what is held and how it is to be used.
pub fn submit(
    session: &Session,
    key: &SecretKey,
    request: Request,
    pharmacy: &Pharmacy,
) -> Result<Answer> {
    let (id, chosen) = (request.group, request.items);
    let execute = Execute::Hold {
        group: id,
        items: chosen,
        hold_key: request.hold_key,
        proof: request.proof,
    };
    let call = Call {
        contract: PRESCRIPTION,
        input: codec::encode(&execute),
    };
    let Proven { witnesses, opens } = request.proven;
    terminal::heard_of(session, key);
    let done = applied(session, session.submit(key, vec![call], witnesses)?)?;
    save_proof(&done, pharmacy.save_proof.as_deref())?;

    // Only now: who does not hold the item does not get to read it.
    let (group, header) = group(session, &id)?;
    let contents = Contents::open(session, key, &id, &group, &opens, chosen)?;
    contents.keep(&pharmacy.hold_dir, &id)?;
    let fields = json!({
        "group": id, "items": words::item_numbers(chosen), "contents": contents.to_json(),
    });
    let mut answer = told(session, &done, fields).line(format!("Prescription {id}"));
    for index in chosen.indices() {
        answer = answer.line(format!(
            "  {}",
            item_line(&group, index, header.time, &session.names)
        ));
        answer = answer.lines(contents.lines_of(index));
    }
    Ok(answer.lines(contents.missing()))
}
