//! Vouchers: issued by a payer, used at a place, with a connection or without, taken back.

mod answer;
pub mod excess;
pub mod offline;
mod refund;
mod show;

pub use show::stands;

use crate::answer::Answer;
use crate::args::Global;
use crate::commands::terminal;
use crate::commands::wallet::WalletKey;
use crate::commands::wallet::voucher::scan;
use crate::context::{applied, device, enrolled, session, told};
use crate::describe::event_line;
use crate::failure::{Failure, Result};
use crate::session::{Final, Session};
use crate::words::{self, parse_duration_ms, parse_tenge};
use clap::{Args, Subcommand};
use senim_abi::policy::{Line, Product};
use senim_abi::voucher::proof::{UseStatement, lines_hash};
use senim_abi::voucher::record::{VoucherRecord, voucher_key};
use senim_abi::voucher::{Entry, Execute, ProgrammeId, Proof, Voucher, VoucherId};
use senim_abi::{TREASURY, VOUCHER};
use senim_codes::voucher_code::VoucherCode;
use senim_types::crypto::SecretKey;
use senim_types::{Call, Code, Header, OrgId, Signature, Statement, TimeMs, Tiyn, codec};
use serde_json::json;
use std::path::PathBuf;

/// Vouchers: money for a purpose, such as school meals.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Issues a voucher and locks its money in the programme's budget line.
    #[command(
        after_help = "Example:\n  senim wallet key --wallet wallet\n  senim voucher issue --holder senimwallet1… --place 40 --amount 170000"
    )]
    Issue(Issue),
    /// Brings what a person answered whom no SMS reaches: in the wallet, at a service centre, or at the school.
    #[command(
        after_help = "Examples:\n  senim voucher answer VOUCHER --yes --channel service-centre\n  senim voucher answer VOUCHER --no --channel school\n  senim voucher answer VOUCHER --yes --channel wallet --key identity"
    )]
    Answer(answer::Bring),
    /// Uses a voucher once: the provider of the place is paid at once.
    #[command(
        after_help = "Examples:\n  senim voucher redeem VOUCHER --price 900\n  senim voucher redeem --scan qr.png --price 900"
    )]
    Redeem(Redeem),
    /// Undoes a use that was a mistake: its money goes from the provider's claim back to the voucher.
    #[command(
        after_help = "Examples:\n  senim voucher refund VOUCHER\n  senim voucher refund VOUCHER --number 7"
    )]
    Refund(refund::Refund),
    /// What a terminal does while it has no connection, and what it does before and after.
    #[command(subcommand)]
    Offline(offline::Command),
    /// What terminals did without connection beyond their bounds: the payer answers.
    #[command(subcommand)]
    Excess(excess::Command),
    /// Shows a voucher, proven.
    #[command(after_help = "Example:\n  senim voucher show VOUCHER")]
    Show(Show),
    /// Says whose key a voucher is held by from now on: the first key of a listed person, or that of a new telephone.
    #[command(after_help = "Example:\n  senim voucher bind VOUCHER --holder senimwallet1…")]
    Bind(Bind),
    /// Gives a voucher more money, or a later end.
    #[command(after_help = "Example:\n  senim voucher top-up VOUCHER --amount 20000")]
    TopUp(TopUp),
    /// Says where a voucher may be used from now on, such as at another school.
    #[command(after_help = "Example:\n  senim voucher move VOUCHER --place 41")]
    Move(Move),
    /// Has a voucher rest until it is resumed.
    #[command(after_help = "Example:\n  senim voucher suspend VOUCHER")]
    Suspend(ByPayer),
    /// Ends a suspension.
    #[command(after_help = "Example:\n  senim voucher resume VOUCHER")]
    Resume(ByPayer),
    /// Takes a voucher back: what is left returns to the budget line.
    #[command(after_help = "Example:\n  senim voucher revoke VOUCHER")]
    Revoke(ByPayer),
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
    /// Which: the terminal itself says who stands before it.
    #[arg(value_parser = voucher_id, required_unless_present = "scan")]
    pub voucher: Option<VoucherId>,
    /// The picture of the code that is shown: a live QR, or a printed or shared code.
    #[arg(long, conflicts_with = "voucher")]
    pub scan: Option<PathBuf>,
    /// What is bought.
    #[command(flatten)]
    pub bought: Bought,
    /// Where: the number of a place. Without it, the only one where the voucher may be used.
    #[arg(long)]
    pub place: Option<u32>,
    /// The terminal's device key, by name or file.
    #[arg(long, default_value = "canteen")]
    pub key: String,
}

/// What is bought, in one line.
#[derive(Debug, Args)]
pub struct Bought {
    /// What it costs, in tenge.
    #[arg(long, value_parser = parse_tenge)]
    pub price: Tiyn,
    /// What is bought: a number of the programme's services, a GTIN of 14 digits, or an ATC code.
    #[arg(long, value_parser = product, default_value = "1")]
    pub product: Product,
    /// How many units of it.
    #[arg(long, default_value_t = 1)]
    pub units: u32,
}

impl Bought {
    /// The lines of a use. What the programme's list says of the product, the ledger adds.
    pub fn lines(&self) -> Vec<Line> {
        vec![Line {
            product: self.product,
            units: self.units,
            price: self.price,
            listing: None,
        }]
    }
}

/// Arguments of `voucher show`.
#[derive(Debug, Args)]
pub struct Show {
    /// Which.
    #[arg(value_parser = voucher_id)]
    pub voucher: VoucherId,
}

/// Arguments of `voucher bind`.
#[derive(Debug, Args)]
pub struct Bind {
    /// Which.
    #[arg(value_parser = voucher_id)]
    pub voucher: VoucherId,
    /// The wallet's key.
    #[arg(long)]
    pub holder: String,
    /// The identity service's device key, by name or file.
    #[arg(long, default_value = "identity")]
    pub key: String,
}

/// Arguments of `voucher top-up`.
#[derive(Debug, Args)]
pub struct TopUp {
    /// Which, and by whom.
    #[command(flatten)]
    pub of: ByPayer,
    /// How much more, in tenge.
    #[arg(long, value_parser = parse_tenge)]
    pub amount: Option<Tiyn>,
    /// How long it may be used from now on; without it, until its end as it is.
    #[arg(long, value_parser = parse_duration_ms)]
    pub valid_for: Option<u64>,
}

/// Arguments of `voucher move`.
#[derive(Debug, Args)]
pub struct Move {
    /// Which, and by whom.
    #[command(flatten)]
    pub of: ByPayer,
    /// The number of the place; without it, any that is served.
    #[arg(long)]
    pub place: Option<u32>,
}

/// A voucher and its payer.
#[derive(Debug, Args)]
pub struct ByPayer {
    /// Which.
    #[arg(value_parser = voucher_id)]
    pub voucher: VoucherId,
    /// The payer's device key, by name or file.
    #[arg(long, default_value = "education")]
    pub key: String,
}

/// The id of a voucher.
pub fn voucher_id(text: &str) -> std::result::Result<VoucherId, String> {
    let hash = text.parse().map(VoucherId);
    hash.map_err(|_| format!("`{text}` is not the id of a voucher: 64 hex digits"))
}

/// Runs a command about vouchers.
pub fn run(command: &Command, global: &Global) -> Result<Answer> {
    match command {
        Command::Issue(args) => issue(args, global),
        Command::Answer(args) => answer::run(args, global),
        Command::Redeem(args) => redeem(args, global),
        Command::Refund(args) => refund::run(args, global),
        Command::Offline(command) => offline::run(command, global),
        Command::Excess(command) => excess::run(command, global),
        Command::Show(args) => show::show(&args.voucher, global),
        Command::Bind(args) => {
            let holder = WalletKey::from_text(&args.holder)?.token;
            let (voucher, key) = (args.voucher, &args.key);
            changed(key, &Execute::Bind { voucher, holder }, voucher, global)
        }
        Command::TopUp(args) => top_up(args, global),
        Command::Move(args) => {
            let place = args.place.map(OrgId);
            by_payer(&args.of, global, |voucher| Execute::Move { voucher, place })
        }
        Command::Suspend(args) => by_payer(args, global, |voucher| Execute::Suspend {
            voucher,
            suspended: true,
        }),
        Command::Resume(args) => by_payer(args, global, |voucher| Execute::Suspend {
            voucher,
            suspended: false,
        }),
        Command::Revoke(args) => by_payer(args, global, |voucher| Execute::Revoke { voucher }),
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

fn by_payer(
    args: &ByPayer,
    global: &Global,
    message: impl FnOnce(VoucherId) -> Execute,
) -> Result<Answer> {
    changed(&args.key, &message(args.voucher), args.voucher, global)
}

fn top_up(args: &TopUp, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let id = args.of.voucher;
    let until = match args.valid_for {
        Some(valid_for) => TimeMs(words::now().0.saturating_add(valid_for)),
        None => voucher(&session, &id)?.0.until,
    };
    let execute = Execute::TopUp {
        voucher: id,
        amount: args.amount.unwrap_or(Tiyn::ZERO),
        until,
    };
    let done = submitted(&session, global, &args.of.key, &execute)?;
    Ok(told(&session, &done, json!({ "voucher": id })))
}

fn redeem(args: &Redeem, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let code = args.scan.as_deref().map(scan).transpose()?;
    let id = match (&code, args.voucher) {
        (Some(code), _) => code.voucher(),
        (None, Some(id)) => id,
        (None, None) => return Err(Failure::usage("name a voucher, or scan its code")),
    };
    let place = match args.place {
        Some(place) => OrgId(place),
        None => only_place(&session, &id)?,
    };
    let lines = args.bought.lines();
    let key = device(global, &args.key)?;
    let (proof, witnesses) = match &code {
        Some(code) => proven(&session, code, &key, &lines)?,
        None => (Proof::Attested, Vec::new()),
    };
    let execute = Execute::Redeem {
        voucher: id,
        place,
        lines,
        proof,
    };
    let call = Call {
        contract: VOUCHER,
        input: codec::encode(&execute),
    };
    terminal::heard_of(&session, &key);
    let done = applied(&session, session.submit(&key, vec![call], witnesses)?)?;
    let mut answer = told(&session, &done, json!({ "voucher": id }));
    // Which line it is paid of is nobody's business at the till: whether a meal is free or the parents pay cannot be seen.
    let events = done.receipt.events.iter();
    for event in events.filter(|event| event.contract == TREASURY) {
        let posting = format!("  • {}\n", event_line(event, &session.names));
        answer.text = answer.text.replace(&posting, "");
    }
    Ok(answer)
}

/// A scanned code as the proof of this use at this terminal.
fn proven(
    session: &Session,
    code: &VoucherCode,
    key: &SecretKey,
    lines: &[Line],
) -> Result<(Proof, Vec<(Statement, Signature)>)> {
    let now = words::now();
    code.check(&session.chain, now)?;
    let statement = UseStatement {
        voucher: code.voucher(),
        org: enrolled(session, key)?.org,
        device: key.public(),
        at: code.at(now),
        lines: lines_hash(lines),
    };
    Ok(code.prove(&statement))
}

/// The only place where a voucher may be used.
fn only_place(session: &Session, id: &VoucherId) -> Result<OrgId> {
    let place = voucher(session, id)?.0.place;
    place.ok_or_else(|| Failure::usage("this voucher may be used anywhere: say where with --place"))
}

/// A service by its number, a GTIN, or an ATC code.
pub fn product(text: &str) -> std::result::Result<Product, String> {
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

/// Carried out by the voucher contract, in the name of this device.
pub fn submitted(
    session: &Session,
    global: &Global,
    key: &str,
    execute: &Execute,
) -> Result<Final> {
    let key = device(global, key)?;
    let call = Call {
        contract: VOUCHER,
        input: codec::encode(execute),
    };
    applied(session, session.submit(&key, vec![call], Vec::new())?)
}

/// A voucher, proven by a header.
pub fn voucher(session: &Session, id: &VoucherId) -> Result<(Voucher, Header)> {
    let proven = session.record::<VoucherRecord>(&voucher_key(id), VOUCHER)?;
    let record = proven
        .value
        .ok_or_else(|| Failure::new(Code::VOUCHER_UNKNOWN))?;
    Ok((record.into_current(), proven.header))
}
