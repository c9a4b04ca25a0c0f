//! What the wallet holds: every support measure of the person's, found on the ledger by the wallet's own keys, shown as it
//! stands. Active yellow, finished grey. What the ledger has forgotten is still named: the log has it.

use super::find::find;
use super::store::{Held, SharedVoucher, Wallet};
use crate::answer::Answer;
use crate::args::Global;
use crate::commands::prescription::{item_json, item_line};
use crate::commands::voucher::{stands, voucher};
use crate::context::{group, session};
use crate::failure::Result;
use crate::session::Session;
use crate::words::{self, counted, time};
use senim_abi::prescription::{Group, GroupId, ItemStatus};
use senim_abi::voucher::record::Delegation;
use senim_abi::voucher::{Status, Voucher, VoucherId};
use senim_types::{Code, Header, TimeMs};
use serde_json::{Value, json};
use std::io::IsTerminal;
use std::path::Path;

/// A measure as it is shown.
struct Shown {
    json: Value,
    title: String,
    /// Each with whether it is active.
    lines: Vec<(bool, String)>,
}

/// Finds and lists.
pub fn list(folder: &Path, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let mut wallet = Wallet::open(folder)?;
    find(&session, &mut wallet)?;
    let mut prescriptions = Vec::new();
    for held in &wallet.records.prescriptions {
        prescriptions.push(of_prescription(&session, &wallet, &held.group)?);
    }
    for held in &wallet.records.collected {
        prescriptions.push(of_collected(&session, &wallet, held)?);
    }
    let mut vouchers = Vec::new();
    for held in &wallet.records.vouchers {
        vouchers.push(of_voucher(&session, &held.voucher, |voucher| {
            let holder = voucher.holder.as_ref();
            holder.is_some_and(|holder| wallet.number_of(holder).is_some())
        })?);
    }
    for shared in &wallet.records.shared {
        vouchers.push(of_shared(&session, shared)?);
    }
    let is_coloured = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let mut lines = Vec::new();
    for shown in prescriptions.iter().chain(&vouchers) {
        lines.push(shown.title.clone());
        let marked = |(is_active, line): &(bool, String)| marked(line, *is_active, is_coloured);
        lines.extend(shown.lines.iter().map(|line| format!("  {}", marked(line))));
    }
    if lines.is_empty() {
        lines.push("The wallet holds no prescription and no voucher yet.".to_owned());
    }
    let json = |all: Vec<Shown>| all.into_iter().map(|one| one.json).collect::<Vec<_>>();
    Ok(Answer::new(json!({
        "prescriptions": json(prescriptions), "vouchers": json(vouchers), "seen": wallet.records.seen,
    }))
    .lines(lines))
}

fn known_group(session: &Session, id: &GroupId) -> Result<Option<(Group, Header)>> {
    match group(session, id) {
        Ok(found) => Ok(Some(found)),
        Err(failure) if failure.code == Code::PRESCRIPTION_UNKNOWN => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Another's prescription, of which this wallet may collect items: the daughter's side.
fn of_collected(session: &Session, wallet: &Wallet, held: &Held) -> Result<Shown> {
    let id = &held.group;
    let Some((group, header)) = known_group(session, id)? else {
        let json = json!({ "group": id, "items": [], "shared": true });
        return Ok(forgotten(format!("{id}"), json));
    };
    let now = header.time;
    let issuer = session.names.of_org(group.issuer);
    let title = format!("{id} by {issuer}, shared with this wallet");
    let key = wallet.token(held.key).public();
    let delegation = group.delegation.as_ref();
    let Some(delegation) = delegation.filter(|one| one.key == key) else {
        return Ok(Shown {
            json: json!({ "group": id, "items": [], "shared": true, "active": false }),
            title,
            lines: vec![(false, "taken back by its holder".to_owned())],
        });
    };
    let in_force = now < delegation.until;
    let items = delegation.items.indices();
    let mut lines: Vec<(bool, String)> = items
        .map(|index| {
            let line = item_line(&group, index, now, &session.names);
            (in_force && is_item_active(&group, index, now), line)
        })
        .collect();
    let is_active = lines.iter().any(|(is_active, _)| *is_active);
    lines.push((
        in_force,
        format!("to be collected until {}", time(delegation.until)),
    ));
    let items = delegation.items.indices();
    let items = items.map(|index| item_json(&group, index, now));
    Ok(Shown {
        json: json!({
            "group": id, "issuer": group.issuer, "shared": true, "active": is_active,
            "until": delegation.until, "items": items.collect::<Vec<_>>(),
        }),
        title,
        lines,
    })
}

fn of_prescription(session: &Session, wallet: &Wallet, id: &GroupId) -> Result<Shown> {
    let Some((group, header)) = known_group(session, id)? else {
        let json = json!({ "group": id, "items": [] });
        return Ok(forgotten(format!("{id}"), json));
    };
    let now = header.time;
    let title = format!("{id} by {}", session.names.of_org(group.issuer));
    if wallet.number_of(&group.holder).is_none() {
        let json = json!({ "group": id, "issuer": group.issuer, "items": [] });
        return Ok(elsewhere(title, json));
    }
    let items = 0..group.items.len();
    let line = |index| {
        let line = item_line(&group, index, now, &session.names);
        (is_item_active(&group, index, now), line)
    };
    let mut lines: Vec<(bool, String)> = items.clone().map(line).collect();
    let is_active = lines.iter().any(|(is_active, _)| *is_active);
    if let Some(one) = &group.delegation {
        let shared = words::items(one.items);
        let line = format!(
            "shared: another may collect {shared} until {}",
            time(one.until)
        );
        lines.push((is_active && now < one.until, line));
    }
    let items = items.map(|index| item_json(&group, index, now));
    Ok(Shown {
        json: json!({
            "group": id, "issuer": group.issuer, "active": is_active, "delegation": group.delegation,
            "items": items.collect::<Vec<_>>(),
        }),
        title,
        lines,
    })
}

/// A voucher as it stands, if it `is_ours`.
fn of_voucher(
    session: &Session,
    id: &VoucherId,
    is_ours: impl Fn(&Voucher) -> bool,
) -> Result<Shown> {
    let Some((voucher, header)) = known(session, id)? else {
        return Ok(forgotten(format!("{id}"), json!({ "voucher": id })));
    };
    let title = format!("{id} of programme {}", voucher.programme);
    if !is_ours(&voucher) {
        return Ok(elsewhere(title, json!({ "voucher": id })));
    }
    let now = header.time;
    let is_active = is_voucher_active(voucher.status(now));
    let mut lines = vec![(is_active, stands(&voucher, now, &session.names))];
    if let Some(delegation) = &voucher.delegation {
        let line = format!("shared: {}", bounds(delegation));
        lines.push((is_active && now < delegation.bounds.until, line));
    }
    Ok(Shown {
        json: voucher_json(id, &voucher, now, is_active),
        title,
        lines,
    })
}

/// A voucher of somebody else's, of which a part is shared with this wallet: the child's side.
fn of_shared(session: &Session, shared: &SharedVoucher) -> Result<Shown> {
    let id = &shared.voucher;
    let Some((voucher, header)) = known(session, id)? else {
        return Ok(forgotten(
            format!("{id}"),
            json!({ "voucher": id, "shared": true }),
        ));
    };
    let now = header.time;
    let title = format!(
        "{id} of programme {}, shared with this wallet",
        voucher.programme
    );
    let delegation = voucher.delegation.as_ref();
    let Some(delegation) = delegation.filter(|one| one.key == shared.delegate) else {
        return Ok(Shown {
            json: json!({ "voucher": id, "shared": true, "active": false }),
            title,
            lines: vec![(false, "taken back by its holder".to_owned())],
        });
    };
    let is_active = is_voucher_active(voucher.status(now))
        && now < delegation.bounds.until
        && delegation.bounds.uses > 0;
    let mut json = voucher_json(id, &voucher, now, is_active);
    json["shared"] = json!(true);
    Ok(Shown {
        json,
        title,
        lines: vec![
            (is_active, stands(&voucher, now, &session.names)),
            (is_active, bounds(delegation)),
        ],
    })
}

fn known(session: &Session, id: &VoucherId) -> Result<Option<(Voucher, Header)>> {
    match voucher(session, id) {
        Ok(found) => Ok(Some(found)),
        Err(failure) if failure.code == Code::VOUCHER_UNKNOWN => Ok(None),
        Err(failure) => Err(failure),
    }
}

fn voucher_json(id: &VoucherId, voucher: &Voucher, now: TimeMs, is_active: bool) -> Value {
    json!({
        "voucher": id, "programme": voucher.programme, "status": voucher.status(now), "active": is_active,
        "amount_tiyn": voucher.amount, "left_tiyn": voucher.left, "uses": voucher.uses, "place": voucher.place,
        "until": voucher.until, "delegated": voucher.delegation.map(|one| one.bounds),
    })
}

fn bounds(delegation: &Delegation) -> String {
    let bounds = &delegation.bounds;
    format!(
        "a code buys {} more until {}, {} a day at most",
        counted(usize::from(bounds.uses), "time"),
        time(bounds.until),
        bounds.uses_per_day
    )
}

/// The record went when its time for disputes was over.
fn forgotten(title: String, mut json: Value) -> Shown {
    json["active"] = json!(false);
    json["forgotten"] = json!(true);
    Shown {
        json,
        title,
        lines: vec![(false, "ended, and its record forgotten".to_owned())],
    }
}

/// Bound to other keys since: another telephone has it.
fn elsewhere(title: String, mut json: Value) -> Shown {
    json["active"] = json!(false);
    json["elsewhere"] = json!(true);
    Shown {
        json,
        title,
        lines: vec![(false, "bound to another wallet since".to_owned())],
    }
}

fn is_item_active(group: &Group, index: usize, now: TimeMs) -> bool {
    use ItemStatus::{Draft, Held, Partial, Ready};
    matches!(
        group.status(index, now),
        Some(Draft | Ready | Held | Partial)
    )
}

const fn is_voucher_active(status: Status) -> bool {
    use Status::{Active, Consented, Issued, Listed, Offered, Suspended};
    matches!(
        status,
        Listed | Offered | Consented | Issued | Active | Suspended
    )
}

/// Active yellow, finished grey; in words where there is no colour.
fn marked(line: &str, is_active: bool, is_coloured: bool) -> String {
    match (is_active, is_coloured) {
        (true, true) => format!("\x1b[33m{line}\x1b[0m"),
        (false, true) => format!("\x1b[90m{line}\x1b[0m"),
        (true, false) => format!("[active]   {line}"),
        (false, false) => format!("[finished] {line}"),
    }
}
