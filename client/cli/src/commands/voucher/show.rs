//! How a voucher stands, for people.

use super::{refund, voucher};
use crate::answer::Answer;
use crate::args::Global;
use crate::context::session;
use crate::failure::Result;
use crate::names::Names;
use crate::words::{counted, tenge, time};
use senim_abi::voucher::{Status, Voucher, VoucherId};
use senim_types::TimeMs;
use serde_json::json;

/// Shows a voucher.
pub fn show(id: &VoucherId, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let (voucher, header) = voucher(&session, id)?;
    let status = voucher.status(header.time);
    let mut lines = vec![
        format!("Voucher {id}: {}", word(status)),
        format!("  {}", use_line(&voucher, &session.names)),
    ];
    let recent = voucher.recent.iter();
    lines.extend(recent.map(|used| refund::line(used, &session.names)));
    lines.push(format!("  proof holds: after block {}", header.height));
    let json = json!({
        "voucher": id, "status": status, "record": voucher, "height": header.height,
    });
    Ok(Answer::new(json).lines(lines))
}

/// How it stands at block time `now`, in a line.
pub fn stands(voucher: &Voucher, now: TimeMs, names: &Names) -> String {
    let word = word(voucher.status(now));
    format!("{word}: {}", use_line(voucher, names))
}

fn use_line(voucher: &Voucher, names: &Names) -> String {
    let place = voucher
        .place
        .map_or("any place".to_owned(), |place| names.of_org(place));
    format!(
        "{} left, used {} at {place}, until {}",
        tenge(voucher.left),
        counted(voucher.uses as usize, "time"),
        time(voucher.until)
    )
}

const fn word(status: Status) -> &'static str {
    match status {
        Status::Listed => "listed",
        Status::Offered => "offered: the person was asked",
        Status::Consented => "consented to, waits for money in the budget line",
        Status::Issued => "issued, waits to be activated",
        Status::Active => "active",
        Status::Suspended => "suspended",
        Status::Spent => "spent",
        Status::Expired => "expired",
        Status::Declined => "declined",
        Status::Lapsed => "lapsed",
        Status::Revoked => "taken back",
    }
}
