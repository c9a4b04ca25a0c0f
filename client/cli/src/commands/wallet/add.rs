//! A prescription is taken in, and with it what opens its medicine data, where the wallet's own keys do not.
//!
//! The data is sealed once, for the keys that the clinic was given. After a new telephone these are not the wallet's: but
//! the paper, the card's chip, or a copy of the old wallet still open it. The wallet asks them once, and keeps the content
//! key wrapped to a key of its own. Nothing of it reaches the ledger or the node.

use super::Add;
use super::act::sealed_object;
use super::store::{Access, Wallet};
use crate::answer::Answer;
use crate::args::Global;
use crate::commands::card::chip;
use crate::commands::prescription::PaperCode;
use crate::context::{group, session};
use crate::failure::{Failure, Result};
use crate::files;
use crate::sealing::{ContentKey, OpeningKey, SHARED_BYTES_MAX, SealedObject, open_shared};
use crate::session::Session;
use crate::words::{self, counted};
use senim_abi::prescription::Group;
use senim_types::Code;
use serde_json::json;

/// Takes a prescription in.
pub fn add(args: &Add, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let mut wallet = Wallet::open(&args.folder.wallet)?;
    let (group, _) = group(&session, &args.group)?;
    let access = wallet.access(&args.group, &group)?;
    if access.delegation.is_some() {
        return add_shared(args, &session, wallet, &group, &access);
    }
    let number = access.key;
    let object = if names_opener(args) {
        sealed_object(&session, &args.key, global, &group)?
    } else {
        None
    };
    if let Some(object) = &object {
        let key = opened(args, &session, &group, object)?;
        wallet.keep_contents(&session.chain, &args.group, number, &key)?;
    }
    wallet.remember(args.group, number);
    wallet.save()?;
    let json = json!({
        "group": args.group, "items": group.items.len(), "took_contents_in": object.is_some(),
    });
    let count = counted(group.items.len(), "item");
    let answer = Answer::new(json).line(format!("{} is in the wallet: {count}", args.group));
    Ok(match (names_opener(args), object) {
        (false, _) => answer,
        (true, Some(_)) => {
            answer.line("  and its QRs show the pharmacy how the medicine is to be used")
        }
        (true, None) => answer.line("  there is no sealed part any more"),
    })
}

/// Takes in what another shared. `SEALED_NOT_OPENED` if the file is for another wallet.
fn add_shared(
    args: &Add,
    session: &Session,
    mut wallet: Wallet,
    group: &Group,
    access: &Access,
) -> Result<Answer> {
    if let Some(file) = &args.shared {
        let sealed = files::read(file, SHARED_BYTES_MAX as u64)?;
        open_shared(&sealed, &session.chain, &wallet.opening(access.key))?;
        wallet.keep_shared(&args.group, &sealed)?;
    }
    wallet.remember_collected(args.group, access.key);
    wallet.save()?;
    let shared = access.items(group.items.len());
    let json = json!({
        "group": args.group, "items": shared.indices().count(), "shared": true,
        "took_contents_in": args.shared.is_some(),
    });
    let line = format!(
        "{} of {} may be collected",
        words::items(shared),
        args.group
    );
    Ok(Answer::new(json).line(line))
}

fn names_opener(args: &Add) -> bool {
    args.paper.is_some() || args.chip.is_some() || args.old.is_some()
}

/// The content key, out of what was named. `SEALED_NOT_OPENED` if it is another's, `CARD_MISMATCH` if the prescription is
/// not bound to a key of the card.
fn opened(
    args: &Add,
    session: &Session,
    group: &Group,
    object: &SealedObject,
) -> Result<ContentKey> {
    if let Some(old) = &args.old {
        let old = Wallet::open(old)?;
        return match object.unwrap_any(&session.chain, old.openings()) {
            Some(key) => Ok(key),
            None => old
                .kept_contents(&session.chain, &args.group)?
                .ok_or_else(|| Failure::new(Code::SEALED_NOT_OPENED)),
        };
    }
    let opening = match (&args.paper, &args.chip) {
        (Some(picture), _) => PaperCode::scan(picture)?.opening(),
        (None, Some(file)) => {
            let bound = group
                .card
                .ok_or_else(|| Failure::new(Code::CARD_MISMATCH))?;
            OpeningKey::from_seed(&chip(file)?.opening(&bound)?.0)
        }
        (None, None) => return Err(Failure::usage("name what opens it")),
    };
    object.unwrap_key(&session.chain, &opening)
}
