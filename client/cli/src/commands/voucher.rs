//! Vouchers: issued by a payer, used at a place, taken back.

use crate::answer::Answer;
use crate::args::Global;
use crate::commands::wallet::WalletKey;
use crate::context::{applied, device, session, told};
use crate::failure::{Failure, Result};
use crate::session::{Final, Session};
use crate::words::{self, parse_duration_ms, parse_tenge, tenge, time};
use clap::{Args, Subcommand};
use senim_abi::VOUCHER;
use senim_abi::policy::{Line, Product};
use senim_abi::voucher::record::{VoucherRecord, voucher_key};
use senim_abi::voucher::{Entry, Execute, ProgrammeId, Proof, Status, Voucher, VoucherId};
use senim_types::{Call, Code, Header, OrgId, TimeMs, Tiyn, codec};
use serde_json::json;

/// Vouchers: money for a purpose, such as school meals.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Issues a voucher and locks its money in the programme's budget line.
    #[command(
        after_help = "Example:\n  senim wallet key --wallet wallet\n  senim voucher issue --holder senimwallet1… --place 40 --amount 170000"
    )]
    Issue(Issue),
    /// Uses a voucher once: the provider of the place is paid at once.
    #[command(after_help = "Example:\n  senim voucher redeem VOUCHER --price 900")]
    Redeem(Redeem),
    /// Shows a voucher, proven.
    #[command(after_help = "Example:\n  senim voucher show VOUCHER")]
    Show(Show),
    /// Takes a voucher back: what is left returns to the budget line.
    #[command(after_help = "Example:\n  senim voucher revoke VOUCHER")]
    Revoke(Revoke),
}

/// Arguments of `voucher issue`.
#[derive(Debug, Args)]
pub struct Issue {
    /// For whom: a wallet's key, which nothing else on the ledger is held by.
    #[arg(long)]
    pub holder: String,
    /// Under which programme.
    #[arg(long, default_value_t = 2)]
    pub programme: u32,
    /// The only place where it may be used: the number of a school or another; without it, any that is served.
    #[arg(long)]
    pub place: Option<u32>,
    /// Its money, in tenge.
    #[arg(long, value_parser = parse_tenge)]
    pub amount: Tiyn,
    /// How long it may be used, such as 200d.
    #[arg(long, value_parser = parse_duration_ms, default_value = "200d")]
    pub valid_for: u64,
    /// The payer's device key, by name or file.
    #[arg(long, default_value = "education")]
    pub key: String,
}

/// Arguments of `voucher redeem`.
#[derive(Debug, Args)]
pub struct Redeem {
    /// Which.
    #[arg(value_parser = voucher_id)]
    pub voucher: VoucherId,
    /// What it costs, in tenge.
    #[arg(long, value_parser = parse_tenge)]
    pub price: Tiyn,
    /// Where: the number of a place. Without it, the only one where the voucher may be used.
    #[arg(long)]
    pub place: Option<u32>,
    /// What is bought: a number of the programme's services, a GTIN of 14 digits, or an ATC code.
    #[arg(long, value_parser = product, default_value = "1")]
    pub product: Product,
    /// How many units of it.
    #[arg(long, default_value_t = 1)]
    pub units: u32,
    /// The terminal's device key, by name or file.
    #[arg(long, default_value = "canteen")]
    pub key: String,
}

/// Arguments of `voucher show`.
#[derive(Debug, Args)]
pub struct Show {
    /// Which.
    #[arg(value_parser = voucher_id)]
    pub voucher: VoucherId,
}

/// Arguments of `voucher revoke`.
#[derive(Debug, Args)]
pub struct Revoke {
    /// Which.
    #[arg(value_parser = voucher_id)]
    pub voucher: VoucherId,
    /// The payer's device key, by name or file.
    #[arg(long, default_value = "education")]
    pub key: String,
}

fn voucher_id(text: &str) -> std::result::Result<VoucherId, String> {
    let hash = text.parse().map(VoucherId);
    hash.map_err(|_| format!("`{text}` is not the id of a voucher: 64 hex digits"))
}

/// Runs a command about vouchers.
pub fn run(command: &Command, global: &Global) -> Result<Answer> {
    match command {
        Command::Issue(args) => issue(args, global),
        Command::Redeem(args) => redeem(args, global),
        Command::Show(args) => show(&args.voucher, global),
        Command::Revoke(args) => {
            let execute = Execute::Revoke {
                voucher: args.voucher,
            };
            changed(&args.key, &execute, args.voucher, global)
        }
    }
}

fn issue(args: &Issue, global: &Global) -> Result<Answer> {
    let holder = WalletKey::from_text(&args.holder)?.token;
    let session = session(global)?;
    let until = TimeMs(words::now().0.saturating_add(args.valid_for));
    let execute = Execute::Issue {
        index: 0,
        programme: ProgrammeId(args.programme),
        holder: Some(holder),
        entry: Entry {
            place: args.place.map(OrgId),
            amount: args.amount,
            mature_at: until,
            until,
        },
    };
    let done = submitted(&session, global, &args.key, &execute)?;
    let voucher = VoucherId::derive(&done.receipt.transaction, 0);
    let answer = told(&session, &done, json!({ "voucher": voucher }));
    Ok(answer.line(format!("Voucher {voucher}")))
}

fn redeem(args: &Redeem, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let place = match args.place {
        Some(place) => OrgId(place),
        None => only_place(&session, &args.voucher)?,
    };
    let line = Line {
        product: args.product,
        units: args.units,
        price: args.price,
        listing: None,
    };
    let execute = Execute::Redeem {
        voucher: args.voucher,
        place,
        lines: vec![line],
        proof: Proof::Attested,
    };
    let done = submitted(&session, global, &args.key, &execute)?;
    Ok(told(&session, &done, json!({ "voucher": args.voucher })))
}

/// The only place where a voucher may be used.
fn only_place(session: &Session, id: &VoucherId) -> Result<OrgId> {
    let place = voucher(session, id)?.0.place;
    place.ok_or_else(|| Failure::usage("this voucher may be used anywhere: say where with --place"))
}

/// A service by its number, a GTIN, or an ATC code.
fn product(text: &str) -> std::result::Result<Product, String> {
    let known = match text.len() {
        14 => text.parse().map(Product::Gtin).ok(),
        _ => match text.parse() {
            Ok(number) => Some(Product::Service(number)),
            Err(_) => text.parse().map(Product::Inn).ok(),
        },
    };
    known.ok_or_else(|| format!("`{text}` is no number of a service, no GTIN and no ATC code"))
}

fn changed(key: &str, execute: &Execute, voucher: VoucherId, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let done = submitted(&session, global, key, execute)?;
    Ok(told(&session, &done, json!({ "voucher": voucher })))
}

fn submitted(session: &Session, global: &Global, key: &str, execute: &Execute) -> Result<Final> {
    let key = device(global, key)?;
    let call = Call {
        contract: VOUCHER,
        input: codec::encode(execute),
    };
    applied(session, session.submit(&key, vec![call], Vec::new())?)
}

/// A voucher, proven by a header.
fn voucher(session: &Session, id: &VoucherId) -> Result<(Voucher, Header)> {
    let proven = session.record::<VoucherRecord>(&voucher_key(id), VOUCHER)?;
    let record = proven
        .value
        .ok_or_else(|| Failure::new(Code::VOUCHER_UNKNOWN))?;
    Ok((record.into_current(), proven.header))
}

fn show(id: &VoucherId, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let (voucher, header) = self::voucher(&session, id)?;
    let place = voucher
        .place
        .map_or("any place".to_owned(), |place| session.names.of_org(place));
    let status = voucher.status(header.time);
    let word = match status {
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
    };
    let lines = [
        format!("Voucher {id}: {word}"),
        format!(
            "  {} left, used {} at {place}, until {}",
            tenge(voucher.left),
            words::counted(voucher.uses as usize, "time"),
            time(voucher.until)
        ),
        format!("  proof holds: after block {}", header.height),
    ];
    let json = json!({
        "voucher": id, "status": status, "record": voucher, "height": header.height,
    });
    Ok(Answer::new(json).lines(lines))
}
