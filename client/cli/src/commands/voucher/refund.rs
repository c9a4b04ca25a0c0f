//! A use that was a mistake: the wrong person, or a meal that was not served.

use super::{submitted, voucher, voucher_id};
use crate::answer::Answer;
use crate::args::Global;
use crate::context::{session, told};
use crate::failure::{Failure, Result};
use crate::names::Names;
use crate::words::{tenge, time};
use clap::Args;
use senim_abi::voucher::record::RecentUse;
use senim_abi::voucher::{Execute, VoucherId};
use senim_types::Code;
use serde_json::json;

/// Arguments of `voucher refund`.
#[derive(Debug, Args)]
pub struct Refund {
    /// Which voucher was used.
    #[arg(value_parser = voucher_id)]
    pub voucher: VoucherId,
    /// Which of its uses, by its number; without it, the latest that stands.
    #[arg(long)]
    pub number: Option<u32>,
    /// A device key of whoever took the use or is paid for it, by name or file.
    #[arg(long, default_value = "canteen")]
    pub key: String,
}

/// Undoes a use.
pub fn run(args: &Refund, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let id = args.voucher;
    let number = match args.number {
        Some(number) => number,
        None => {
            let recent = voucher(&session, &id)?.0.recent;
            let standing = recent.iter().rev().find(|used| !used.refunded);
            let latest = standing.ok_or_else(|| Failure::new(Code::USE_UNKNOWN))?;
            latest.number
        }
    };
    let execute = Execute::Refund {
        voucher: id,
        number,
    };
    let done = submitted(&session, global, &args.key, &execute)?;
    let json = json!({ "voucher": id, "number": number });
    Ok(told(&session, &done, json))
}

/// A use of a voucher's, for people.
pub fn line(used: &RecentUse, names: &Names) -> String {
    format!(
        "  use {} at {}, {}: {}{}",
        used.number,
        names.of_org(used.place),
        time(used.at),
        tenge(used.paid),
        if used.refunded { ", undone" } else { "" }
    )
}
