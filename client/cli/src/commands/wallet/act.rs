//! What a citizen does: keys, QRs, cancellations.

use super::offer::is_agreed;
use super::store::Wallet;
use super::{Cancel, Qr};
use crate::answer::Answer;
use crate::args::Global;
use crate::context::{applied, device, group, session, told};
use crate::failure::{Failure, Result};
use crate::files;
use crate::programmes;
use crate::sealing::{ContentKey, SealedObject, narrowed, open_shared};
use crate::session::Session;
use crate::words::{self, items, time};
use senim_abi::PRESCRIPTION;
use senim_abi::prescription::{Execute, Group, GroupId, ItemMask};
use senim_abi::proof::HolderAct;
use senim_codes::live_qr::{ContentKey as QrContentKey, LiveQr, QrRequest};
use senim_codes::symbol::Symbol;
use senim_types::{Call, Code, Domain, TimeMs, codec};
use serde_json::json;
use std::path::Path;

/// Pixels of a module of a drawn QR.
const MODULE_PIXELS: usize = 6;

/// Makes a wallet.
pub fn new(folder: &Path) -> Result<Answer> {
    Wallet::make(folder)?;
    let folder = folder.display().to_string();
    Ok(Answer::new(json!({ "wallet": folder }))
        .line(format!("Made a wallet in {folder}. Its secret is in {folder}/secret.key: keep a copy, and give it to nobody.")))
}

/// Makes a one-time key.
pub fn key(folder: &Path) -> Result<Answer> {
    let mut wallet = Wallet::open(folder)?;
    let number = wallet.records.keys;
    wallet.records.keys += 1;
    wallet.save()?;
    let text = wallet.public(number).to_text();
    Ok(Answer::new(json!({ "holder": text, "number": number })).line(text))
}

/// Makes a live QR.
pub fn qr(args: &Qr, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let wallet = Wallet::open(&args.folder.wallet)?;
    let (group, _) = group(&session, &args.group)?;
    let access = wallet.access(&args.group, &group)?;
    is_agreed(&session, &wallet)?;
    let count = group.items.len();
    let chosen = words::within(args.items.unwrap_or(access.items(count)), count)?;
    access.check(chosen, words::now())?;
    check_ttl(&session, &group, args.ttl)?;
    let contents = match access.delegation {
        None => Contents::of_own(&session, &wallet, &args.group, &args.key, global, &group)?,
        Some(_) => Contents::of_shared(&session, &wallet, &args.group, access.key, &group)?,
    };
    let content_key = contents.hand_over(chosen, count)?;
    let said = match contents {
        Contents::Opened(_) | Contents::Shared(_) => {
            "and shows the pharmacy how the medicine is to be used"
        }
        Contents::Gone => "there is no sealed part any more",
        Contents::NotOurs => {
            "and no medicine data: it was sealed for another key than this wallet's (see `senim wallet add --help`)"
        }
    };
    let has_contents = content_key.is_some();
    let now = words::now();
    let request = QrRequest {
        chain: session.chain,
        group: args.group,
        items: chosen,
        issued_at: now,
        expires_at: TimeMs(now.0.saturating_add(args.ttl)),
    };
    let ephemeral = files::random::<32>()?;
    let qr = LiveQr::issue(request, &wallet.token(access.key), &ephemeral, content_key)?;
    let symbol = Symbol::qr(&qr.to_text())?;
    files::write_secret(&args.out, &symbol.to_png(MODULE_PIXELS))?;
    let file = args.out.display().to_string();
    let json = json!({
        "group": args.group, "items": words::item_numbers(chosen), "expires_at": request.expires_at,
        "opens_sealed_part": has_contents, "file": file,
    });
    Ok(Answer::new(json)
        .line(symbol.to_text().trim_end_matches('\n'))
        .line(format!(
            "Opens {} until {}, in {file}",
            items(chosen),
            time(request.expires_at)
        ))
        .line(format!("  {said}")))
}

/// A QR that lives longer than the programme allows would be refused at the counter, and only there.
fn check_ttl(session: &Session, group: &Group, ttl_ms: u64) -> Result<()> {
    let rules = programmes::rules(session, group.programme, group.version)?;
    check_ttl_max(ttl_ms, rules.proof_ms_max)
}

fn check_ttl_max(ttl_ms: u64, max_ms: u64) -> Result<()> {
    if ttl_ms <= max_ms {
        return Ok(());
    }
    let longest = max_ms / 1000;
    Err(Failure::with(
        Code::QR_WINDOW,
        format!(
            "The programme takes no QR that lives longer than {longest} seconds. Make it with --ttl {longest}s or less."
        ),
    ))
}

/// What a wallet has of a prescription's sealed part.
pub enum Contents {
    /// What opens all of it.
    Opened(ContentKey),
    /// What opens the items that another shared.
    Shared(QrContentKey),
    /// There was none, or the clinic has deleted it.
    Gone,
    /// It is sealed for other keys: the prescription was bound to this wallet later.
    NotOurs,
}

impl Contents {
    /// Of a prescription that the wallet holds.
    pub fn of_own(
        session: &Session,
        wallet: &Wallet,
        id: &GroupId,
        service: &str,
        global: &Global,
        group: &Group,
    ) -> Result<Contents> {
        let Some(object) = sealed_object(session, service, global, group)? else {
            return Ok(Contents::Gone);
        };
        if let Some(key) = object.unwrap_any(&session.chain, wallet.openings()) {
            return Ok(Contents::Opened(key));
        }
        let kept = wallet.kept_contents(&session.chain, id)?;
        Ok(kept.map_or(Contents::NotOurs, Contents::Opened))
    }

    /// Of a prescription that another shared with the wallet's key of this number.
    fn of_shared(
        session: &Session,
        wallet: &Wallet,
        id: &GroupId,
        number: u32,
        group: &Group,
    ) -> Result<Contents> {
        if group.sealed.is_none() {
            return Ok(Contents::Gone);
        }
        let kept = wallet.kept_shared(id)?;
        // What an earlier sharing with another key left opens nothing.
        let opened = kept
            .and_then(|sealed| open_shared(&sealed, &session.chain, &wallet.opening(number)).ok());
        Ok(opened.map_or(Contents::NotOurs, Contents::Shared))
    }

    /// What a QR for these items hands over; none where nothing can be.
    pub fn hand_over(&self, items: ItemMask, count: usize) -> Result<Option<QrContentKey>> {
        match self {
            Contents::Opened(key) => key.hand_over(items, count).map(Some),
            Contents::Shared(handed) => narrowed(handed, items, count).map(Some),
            Contents::Gone | Contents::NotOurs => Ok(None),
        }
    }
}

/// A prescription's sealed part, through the wallet service; none where there is none (any more).
pub fn sealed_object(
    session: &Session,
    service: &str,
    global: &Global,
    group: &Group,
) -> Result<Option<SealedObject>> {
    let Some(sealed) = group.sealed else {
        return Ok(None);
    };
    match session.get_sealed(&device(global, service)?, &sealed, None) {
        Ok(object) => SealedObject::decode(&object).map(Some),
        Err(failure) if failure.code == Code::NOT_FOUND => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Cancels what remains.
pub fn cancel(args: &Cancel, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let wallet = Wallet::open(&args.folder.wallet)?;
    let service = device(global, &args.key)?;
    let (group, _) = group(&session, &args.group)?;
    let number = wallet.held(&args.group, &group.holder)?;
    let count = group.items.len();
    let items = words::within(args.items.unwrap_or(ItemMask::first(count)), count)?;
    let act = HolderAct::Cancel {
        group: args.group,
        items,
    };
    let witness = wallet
        .token(number)
        .witness(Domain::Holder, &session.chain, act.message());
    let execute = Execute::Cancel {
        group: args.group,
        items,
        reason: args.reason.into(),
    };
    let call = Call {
        contract: PRESCRIPTION,
        input: codec::encode(&execute),
    };
    let done = applied(
        &session,
        session.submit(&service, vec![call], vec![witness])?,
    )?;
    Ok(told(&session, &done, json!({})))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_qr_that_would_outlive_its_programme_is_not_made() {
        assert!(check_ttl_max(300_000, 300_000).is_ok());
        let refused = check_ttl_max(3_600_000, 300_000).expect_err("an hour");
        assert_eq!(refused.code, Code::QR_WINDOW);
        assert!(refused.message.contains("--ttl 300s"));
    }
}
