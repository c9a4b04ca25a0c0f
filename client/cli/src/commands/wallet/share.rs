//! Another collects: a daughter for a sick father, a parent for a child. The holder shares items of a prescription with a
//! key of the other's wallet until a time, and can take that back.

use super::act::Contents;
use super::offer::is_agreed;
use super::store::Wallet;
use super::{Share, Unshare};
use crate::answer::Answer;
use crate::args::Global;
use crate::context::{applied, device, group, session, told};
use crate::failure::{Failure, Result};
use crate::files;
use crate::sealing::seal_shared;
use crate::session::Session;
use crate::words::{self, items, time};
use senim_abi::PRESCRIPTION;
use senim_abi::prescription::{Delegation, Execute, Group, GroupId, ItemMask};
use senim_abi::proof::HolderAct;
use senim_types::crypto::SecretKey;
use senim_types::{Call, Code, Domain, TimeMs, codec};
use serde_json::json;

/// Shares items with another wallet's key, in place of what was shared before.
pub fn share(args: &Share, global: &Global) -> Result<Answer> {
    let to = super::WalletKey::from_text(&args.to)?;
    let session = session(global)?;
    let wallet = Wallet::open(&args.folder.wallet)?;
    let (group, _) = group(&session, &args.group)?;
    let number = wallet.held(&args.group, &group.holder)?;
    is_agreed(&session, &wallet)?;
    let count = group.items.len();
    let chosen = words::within(args.items.unwrap_or(ItemMask::first(count)), count)?;
    let until = args.until.unwrap_or_else(|| end_of(&group, chosen));
    if until > end_of(&group, chosen) {
        let end = time(end_of(&group, chosen));
        let message = format!("What is shared ends at {end}. Share it until then at most.");
        return Err(Failure::with(Code::OUT_OF_RANGE, message));
    }
    // Before it is shared: what cannot be handed over is told in time.
    let contents = match &args.out {
        Some(out) => {
            let found =
                Contents::of_own(&session, &wallet, &args.group, &args.key, global, &group)?;
            let handed = found.hand_over(chosen, count)?;
            let handed = handed.ok_or_else(|| Failure::new(Code::SEALED_NOT_OPENED))?;
            Some((out, seal_shared(&handed, &session.chain, &to.opening)?))
        }
        None => None,
    };
    let delegation = Delegation {
        key: to.token,
        items: chosen,
        until,
    };
    let by = (wallet.token(number), args.key.as_str());
    let answer = act(&session, &args.group, by, Some(delegation), global)?;
    let answer = answer.line(format!(
        "  {} may be collected with that key until {}",
        items(chosen),
        time(until)
    ));
    Ok(match contents {
        Some((out, sealed)) => {
            files::replace(out, &sealed)?;
            let file = out.display();
            answer.line(format!("  what opens the medicine data is in {file}, for that wallet alone: it takes it in with `senim wallet add {} --shared`", args.group))
        }
        None => answer,
    })
}

/// Takes back what was shared.
pub fn unshare(args: &Unshare, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let wallet = Wallet::open(&args.folder.wallet)?;
    let (group, _) = group(&session, &args.group)?;
    let number = wallet.held(&args.group, &group.holder)?;
    let by = (wallet.token(number), args.key.as_str());
    act(&session, &args.group, by, None, global)
}

fn act(
    session: &Session,
    group: &GroupId,
    (holder, service): (SecretKey, &str),
    delegation: Option<Delegation>,
    global: &Global,
) -> Result<Answer> {
    let service = device(global, service)?;
    let (group, at) = (*group, words::now());
    let act = HolderAct::Delegate {
        group,
        at,
        delegation,
    };
    let witness = holder.witness(Domain::Holder, &session.chain, act.message());
    let execute = Execute::Delegate {
        group,
        at,
        delegation,
    };
    let call = Call {
        contract: PRESCRIPTION,
        input: codec::encode(&execute),
    };
    let done = applied(
        session,
        session.submit(&service, vec![call], vec![witness])?,
    )?;
    let fields = json!({ "group": group, "delegation": delegation });
    Ok(told(session, &done, fields))
}

/// When the last of the items' windows ends.
fn end_of(group: &Group, items: ItemMask) -> TimeMs {
    let items = items.indices().filter_map(|index| group.items.get(index));
    items.map(|item| item.until).max().unwrap_or(TimeMs(0))
}
