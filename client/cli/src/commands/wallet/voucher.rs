//! What a citizen does with a voucher: activate it, share a part of it, show it, take the consent back.

use super::offer::is_agreed;
use super::store::Wallet;
use crate::answer::Answer;
use crate::args::Global;
use crate::commands::voucher::{voucher, voucher_id};
use crate::context::{applied, device, session, told};
use crate::failure::{Failure, Result};
use crate::files;
use crate::session::Session;
use crate::words::{self, counted, parse_duration_ms, time};
use clap::{Args, Subcommand};
use senim_abi::VOUCHER;
use senim_abi::policy::Delegated;
use senim_abi::voucher::proof::{HolderAct, HolderStatement};
use senim_abi::voucher::record::Delegation;
use senim_abi::voucher::{Execute, VoucherId};
use senim_codes::image::PNG_BYTES_MAX;
use senim_codes::scan::scan_png;
use senim_codes::symbol::Symbol;
use senim_codes::voucher_code::{LiveVoucher, PrintedVoucher, VoucherCode};
use senim_types::crypto::SecretKey;
use senim_types::{Call, Code, Domain, TimeMs, codec};
use serde_json::json;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Pixels of a module of a drawn code.
const MODULE_PIXELS: usize = 6;

/// A citizen's vouchers.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Begins to use a voucher.
    #[command(after_help = "Example:\n  senim wallet voucher activate VOUCHER --wallet wallet")]
    Activate(Act),
    /// Shares a part of a voucher: makes a code to print or to send to a child, and bounds what it buys.
    #[command(
        after_help = "Example:\n  senim wallet voucher share VOUCHER --days 200d --uses 170 --out child.png"
    )]
    Share(Share),
    /// Takes in a code that somebody shared, so that `senim wallet list` and `log` show what is left of it. The code stays
    /// in its picture.
    #[command(after_help = "Example:\n  senim wallet voucher add --shared child.png")]
    Add(Add),
    /// Takes back what was shared: the code buys nothing any more.
    #[command(after_help = "Example:\n  senim wallet voucher unshare VOUCHER")]
    Unshare(Act),
    /// Takes the consent back: the voucher ends, and what is left returns to the budget line.
    #[command(after_help = "Example:\n  senim wallet voucher withdraw VOUCHER")]
    Withdraw(Act),
    /// Makes a live QR of a voucher, good for a minute or so.
    #[command(
        after_help = "Examples:\n  senim wallet voucher qr VOUCHER --out qr.png\n  senim wallet voucher qr --shared child.png --out qr.png"
    )]
    Qr(Qr),
}

/// Arguments of an act of the holder's.
#[derive(Debug, Args)]
pub struct Act {
    /// Which.
    #[arg(value_parser = voucher_id)]
    pub voucher: VoucherId,
    /// The wallet service's device, which submits what the wallet signs: a key by name or file.
    #[arg(long, default_value = "identity")]
    pub key: String,
    /// Whose.
    #[command(flatten)]
    pub folder: super::Folder,
}

/// Arguments of `wallet voucher share`.
#[derive(Debug, Args)]
pub struct Share {
    /// Which, and by whom.
    #[command(flatten)]
    pub act: Act,
    /// How long it is good for.
    #[arg(long, value_parser = parse_duration_ms, default_value = "30d")]
    pub days: u64,
    /// How often it may be used.
    #[arg(long, default_value_t = 20)]
    pub uses: u16,
    /// How often on one day.
    #[arg(long, default_value_t = 1)]
    pub uses_per_day: u8,
    /// The image of the code. It is a secret as long as it is good.
    #[arg(long)]
    pub out: PathBuf,
}

/// Arguments of `wallet voucher add`.
#[derive(Debug, Args)]
pub struct Add {
    /// The picture of the code.
    #[arg(long)]
    pub shared: PathBuf,
    /// Whose.
    #[command(flatten)]
    pub folder: super::Folder,
}

/// Arguments of `wallet voucher qr`.
#[derive(Debug, Args)]
pub struct Qr {
    /// Which; without it, that of the shared code.
    #[arg(value_parser = voucher_id, required_unless_present = "shared")]
    pub voucher: Option<VoucherId>,
    /// A code that was shared: the live QR is the child's.
    #[arg(long, conflicts_with = "voucher")]
    pub shared: Option<PathBuf>,
    /// How long it is good for.
    #[arg(long, default_value = "60s", value_parser = parse_duration_ms)]
    pub ttl: u64,
    /// The image. It is a secret as long as it is good.
    #[arg(long)]
    pub out: PathBuf,
    /// Whose.
    #[command(flatten)]
    pub folder: super::Folder,
}

/// Runs a command about a citizen's vouchers.
pub fn run(command: &Command, global: &Global) -> Result<Answer> {
    match command {
        Command::Activate(args) => act(args, HolderAct::Activate, global),
        Command::Unshare(args) => act(args, HolderAct::Undelegate, global),
        Command::Withdraw(args) => act(args, HolderAct::Withdraw, global),
        Command::Share(args) => share(args, global),
        Command::Add(args) => add(args, global),
        Command::Qr(args) => qr(args, global),
    }
}

/// The key that holds the voucher, out of the wallet.
fn holder_key(session: &Session, wallet: &Wallet, id: &VoucherId) -> Result<SecretKey> {
    let holder = voucher(session, id)?.0.holder;
    let holder = holder.ok_or_else(|| Failure::new(Code::NO_HOLDER))?;
    let number = wallet.number_of(&holder);
    let number = number.ok_or_else(|| Failure::new(Code::NOT_IN_WALLET))?;
    Ok(wallet.token(number))
}

fn act(args: &Act, act: HolderAct, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let wallet = Wallet::open(&args.folder.wallet)?;
    let holder = holder_key(&session, &wallet, &args.voucher)?;
    // What is shared is a code. Whoever has taken the consent back can still activate, unshare and withdraw.
    if matches!(act, HolderAct::Delegate(_)) {
        is_agreed(&session, &wallet)?;
    }
    let service = device(global, &args.key)?;
    let statement = HolderStatement {
        voucher: args.voucher,
        at: words::now(),
        act,
    };
    let witness = holder.witness(Domain::VoucherHolder, &session.chain, statement.message());
    let call = Call {
        contract: VOUCHER,
        input: codec::encode(&Execute::ByHolder { statement }),
    };
    let done = applied(
        &session,
        session.submit(&service, vec![call], vec![witness])?,
    )?;
    Ok(told(&session, &done, json!({ "voucher": args.voucher })))
}

fn share(args: &Share, global: &Global) -> Result<Answer> {
    let seed = files::random::<32>()?;
    let until = TimeMs(words::now().0.saturating_add(args.days));
    let delegation = Delegation {
        key: SecretKey::from_seed(&seed).public(),
        bounds: Delegated {
            until,
            uses: args.uses,
            uses_per_day: args.uses_per_day,
        },
    };
    let answer = act(&args.act, HolderAct::Delegate(delegation), global)?;
    let chain = session(global)?.chain;
    let code = PrintedVoucher::new(chain, args.act.voucher, &seed);
    let symbol = draw(&code.to_text(), &args.out)?;
    let file = args.out.display();
    Ok(answer
        .line(symbol.to_text().trim_end_matches('\n'))
        .line(format!(
            "Buys {} until {}, {} a day at most, in {file}",
            counted(usize::from(args.uses), "time"),
            time(until),
            args.uses_per_day
        )))
}

fn draw(text: &str, out: &Path) -> Result<Symbol> {
    let symbol = Symbol::qr(text)?;
    files::write_secret(out, &symbol.to_png(MODULE_PIXELS))?;
    Ok(symbol)
}

/// The code of a voucher in a picture.
pub fn scan(picture: &Path) -> Result<VoucherCode> {
    let picture = Zeroizing::new(files::read(picture, PNG_BYTES_MAX as u64)?);
    let text = Zeroizing::new(scan_png(&picture)?.text);
    Ok(VoucherCode::from_text(&text)?)
}

/// The voucher and the delegate's key of a shared code.
fn scan_shared(picture: &Path) -> Result<(VoucherId, SecretKey)> {
    match scan(picture)? {
        VoucherCode::Printed(code) => Ok((code.voucher(), code.key())),
        VoucherCode::Live(_) => Err(Failure::usage(
            "that is a live QR already: show it as it is, or make one of a shared code",
        )),
    }
}

/// Takes a shared code in. `DELEGATION_ENDED` if the holder has taken it back.
fn add(args: &Add, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let mut wallet = Wallet::open(&args.folder.wallet)?;
    let (id, key) = scan_shared(&args.shared)?;
    let (found, _) = voucher(&session, &id)?;
    let delegation = found.delegation.filter(|one| one.key == key.public());
    let delegation = delegation.ok_or_else(|| Failure::new(Code::DELEGATION_ENDED))?;
    wallet.remember_shared(id, delegation.key);
    wallet.save()?;
    let json = json!({ "voucher": id, "delegated": delegation.bounds });
    Ok(Answer::new(json).line(format!("A part of voucher {id} is in the wallet")))
}

fn qr(args: &Qr, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let (id, key) = match (&args.shared, args.voucher) {
        // Who shared it has agreed; a child signs no offer.
        (Some(shared), _) => scan_shared(shared)?,
        (None, Some(id)) => {
            let wallet = Wallet::open(&args.folder.wallet)?;
            let key = holder_key(&session, &wallet, &id)?;
            is_agreed(&session, &wallet)?;
            (id, key)
        }
        (None, None) => return Err(Failure::usage("name a voucher or a shared code")),
    };
    let now = words::now();
    let until = TimeMs(now.0.saturating_add(args.ttl));
    let ephemeral = files::random::<32>()?;
    let live = LiveVoucher::issue((session.chain, id), (now, until), &key, &ephemeral)?;
    let symbol = draw(&live.to_text(), &args.out)?;
    let file = args.out.display().to_string();
    let json = json!({ "voucher": id, "expires_at": until, "file": file });
    Ok(Answer::new(json)
        .line(symbol.to_text().trim_end_matches('\n'))
        .line(format!("Good until {}, in {file}", time(until))))
}
