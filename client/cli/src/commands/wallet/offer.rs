//! The offer: shown, signed, taken back. What was said of it stays in the wallet's folder.

use super::store::Wallet;
use super::{Agree, Folder};
use crate::answer::Answer;
use crate::args::Global;
use crate::context::{device, enrolled, session};
use crate::failure::{Failure, Result};
use crate::offer::{Language, Offer, Said, agreed};
use crate::session::Session;
use crate::words::{self, time};
use senim_abi::registry::record::{OrganisationRecord, organisation_key};
use senim_abi::{REGISTRY, Roles};
use senim_types::Code;
use senim_types::crypto::SecretKey;
use serde_json::json;

/// Shows the offer, signs it, or takes it back.
pub fn agree(args: &Agree, global: &Global) -> Result<Answer> {
    match (args.yes, args.withdraw) {
        (true, _) => says(args, true, global),
        (_, true) => says(args, false, global),
        _ => Ok(shown(args.language)),
    }
}

/// No code or QR is made before the wallet's person has agreed. `OFFER_NOT_SIGNED`.
pub fn is_agreed(session: &Session, wallet: &Wallet) -> Result<()> {
    let key = wallet.offer_key().public();
    agreed(&wallet.said()?, &session.chain, &key, &Offer::current())?;
    Ok(())
}

fn shown(language: Option<Language>) -> Answer {
    let offer = Offer::current();
    let chosen = language.map_or(Language::ALL.to_vec(), |one| vec![one]);
    let texts: Vec<&str> = chosen.into_iter().map(Language::text).collect();
    Answer::new(json!({ "offer": offer, "texts": texts }))
        .lines(texts.iter().flat_map(|text| text.lines().chain([""])))
        .line(format!("Version {}, {}", offer.version, offer.hash))
        .line("To agree: senim wallet agree --yes")
}

fn says(args: &Agree, agrees: bool, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let wallet = Wallet::open(&args.folder.wallet)?;
    let (key, offer) = (wallet.offer_key(), Offer::current());
    let mut all = wallet.said()?;
    let stands = agreed(&all, &session.chain, &key.public(), &offer).is_ok();
    let has_said = all.last().is_some_and(|last| last.said.agrees);
    // The same again changes nothing; and what was never said is not taken back.
    if stands != agrees && (agrees || has_said) {
        let identity = device(global, &args.key)?;
        is_identity_service(&session, &identity)?;
        let said = Said {
            offer,
            agrees,
            wallet: key.public(),
            at: words::now(),
        };
        all.push(said.signed(&session.chain, &key, &identity));
        wallet.keep_said(&all)?;
    }
    listed(&session, &wallet)
}

/// Whoever confirms has to be one whose word it is. Later it may be suspended or have other devices: what it confirmed before
/// stays confirmed.
fn is_identity_service(session: &Session, device: &SecretKey) -> Result<()> {
    let org = enrolled(session, device)?.org;
    let found = session.record::<OrganisationRecord>(&organisation_key(org), REGISTRY)?;
    let roles = found.value.map(|record| record.into_current().roles);
    if roles.is_some_and(|roles| roles.contains(Roles::IDENTITY_SERVICE)) {
        return Ok(());
    }
    Err(Failure::new(Code::ROLE_NOT_ALLOWED))
}

/// What was said of the offer, and whether it holds.
pub fn list(folder: &Folder, global: &Global) -> Result<Answer> {
    listed(&session(global)?, &Wallet::open(&folder.wallet)?)
}

fn listed(session: &Session, wallet: &Wallet) -> Result<Answer> {
    let all = wallet.said()?;
    let (key, offer) = (wallet.offer_key().public(), Offer::current());
    let stands = agreed(&all, &session.chain, &key, &offer);
    let json = json!({ "offer": offer, "agreed": stands.is_ok(), "said": all });
    let lines = all.iter().map(|one| {
        let what = if one.said.agrees {
            "agreed to"
        } else {
            "took back"
        };
        let version = one.said.offer.version;
        format!("  {} {what} version {version}", time(one.said.at))
    });
    let answer = Answer::new(json).lines(lines.collect::<Vec<_>>());
    Ok(match stands {
        Ok(_) => answer.line(format!("Version {} is agreed to", offer.version)),
        Err(missing) => answer.line(missing.message),
    })
}
