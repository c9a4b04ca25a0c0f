//! Contracts of payers with providers.

use crate::answer::Answer;
use crate::args::Global;
use crate::commands::act::submitted;
use crate::context::{session, told};
use crate::failure::{Failure, Result};
use crate::words::{month, parse_day, parse_tenge, percent, short, tenge, tenge_total, time};
use clap::{Args, Subcommand, ValueEnum};
use senim_abi::settlement::record::{AgreementRecord, agreement_key};
use senim_abi::settlement::{Execute, ProgrammeId, SettlementKind};
use senim_abi::treasury::record::{OutstandingRecord, TermsRecord, outstanding_key, terms_key};
use senim_abi::{SETTLEMENT, TREASURY};
use senim_types::{Code, Hash, OrgId, TimeMs, Tiyn};
use serde_json::json;

/// Contracts of payers with providers: what may be paid, and how.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Sets a contract. The same document again is an addendum: what was posted under it counts.
    #[command(
        after_help = "Example:\n  senim contract set --programme 2 --provider 50 --document 'No 51/2027 of 2027-01-05' --from 2027-01-01 --until 2028-01-01 --ceiling 90000000 --vat 1600 --settlement tenge-at-acceptance"
    )]
    Set(Set),
    /// Shows a contract and what was posted under it, proven.
    #[command(after_help = "Example:\n  senim contract show --programme 2 --provider 50")]
    Show(Show),
}

/// When and how a provider is paid.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Kind {
    /// In digital tenge, in the transaction of the redemption.
    TengeAtRedemption,
    /// In digital tenge, when the payer accepts the act.
    TengeAtAcceptance,
    /// By a payment file, after the act is accepted.
    BankFile,
    /// Never: state-bought stock.
    StockOnly,
}

/// Arguments of `contract set`.
#[derive(Debug, Args)]
pub struct Set {
    /// Under which programme.
    #[arg(long)]
    pub programme: u32,
    /// With whom.
    #[arg(long)]
    pub provider: u32,
    /// Number and date of the contract, as the document has them; the ledger gets the hash.
    #[arg(long)]
    pub document: String,
    /// In force from this day on, such as 2027-01-01, at midnight in Greenwich.
    #[arg(long, value_parser = parse_day)]
    pub from: TimeMs,
    /// Until this day, without it.
    #[arg(long, value_parser = parse_day)]
    pub until: TimeMs,
    /// What may be posted in all, in tenge.
    #[arg(long, value_parser = parse_tenge)]
    pub ceiling: Tiyn,
    /// Rate of the VAT in the provider's prices, in 1/10,000: 1600 for 16 %, 0 if it pays none.
    #[arg(long)]
    pub vat: u16,
    /// When and how it is paid.
    #[arg(long, value_enum)]
    pub settlement: Kind,
    /// The payer's device key, by name or file.
    #[arg(long, default_value = "education")]
    pub key: String,
}

/// Arguments of `contract show`.
#[derive(Debug, Args)]
pub struct Show {
    /// Under which programme.
    #[arg(long)]
    pub programme: u32,
    /// With whom.
    #[arg(long)]
    pub provider: u32,
}

/// Runs a command about contracts.
pub fn run(command: &Command, global: &Global) -> Result<Answer> {
    match command {
        Command::Set(args) => set(args, global),
        Command::Show(args) => show(args, global),
    }
}

fn set(args: &Set, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let execute = Execute::SetAgreement {
        programme: ProgrammeId(args.programme),
        provider: OrgId(args.provider),
        document: Hash::of(args.document.as_bytes()),
        from: args.from,
        until: args.until,
        ceiling: args.ceiling,
        vat_basis_points: args.vat,
        kind: match args.settlement {
            Kind::TengeAtRedemption => SettlementKind::TengeAtRedemption,
            Kind::TengeAtAcceptance => SettlementKind::TengeAtAcceptance,
            Kind::BankFile => SettlementKind::BankFile,
            Kind::StockOnly => SettlementKind::StockOnly,
        },
    };
    let done = submitted(&session, global, &args.key, &execute)?;
    Ok(told(&session, &done, json!({})))
}

fn show(args: &Show, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let (programme, provider) = (ProgrammeId(args.programme), OrgId(args.provider));
    let key = agreement_key(programme, provider);
    let proven = session.record::<AgreementRecord>(&key, SETTLEMENT)?;
    let agreement = proven
        .value
        .ok_or_else(|| Failure::new(Code::AGREEMENT_UNKNOWN))?
        .into_current();
    let terms = session.record::<TermsRecord>(&terms_key(programme, provider), TREASURY)?;
    let terms = terms
        .value
        .ok_or_else(|| Failure::new(Code::AGREEMENT_UNKNOWN))?
        .into_current();
    let outstanding = session
        .record::<OutstandingRecord>(&outstanding_key(programme, provider), TREASURY)?
        .value
        .map(OutstandingRecord::into_current)
        .unwrap_or_default();
    let waits = agreement.next_cut.map_or("no month".to_owned(), month);
    let mut lines = vec![
        format!(
            "Contract of {} with {} under programme {programme}: {:?}",
            session.names.of_org(agreement.payer),
            session.names.of_org(provider),
            agreement.kind
        ),
        format!(
            "  document {}, from {} until {}",
            short(agreement.document),
            time(agreement.from),
            time(agreement.until)
        ),
        format!(
            "  posted {} of {}; VAT {}",
            tenge_total(terms.posted),
            tenge(agreement.ceiling),
            percent(agreement.vat_basis_points)
        ),
        format!("  the ledger cuts {waits} next"),
    ];
    if outstanding.reserved.0 > 0 {
        let reserved = tenge_total(outstanding.reserved);
        lines.push(format!("  reserved, and kept room for: {reserved}"));
    }
    if let Some(negative) = outstanding.debt.map(month) {
        lines.push(format!(
            "  owes back of {negative}: set off against the next line of a later month"
        ));
    }
    lines.push(format!(
        "  proof holds: after block {}",
        proven.header.height
    ));
    let json = json!({
        "contract": agreement, "posted_tiyn": terms.posted,
        "reserved_tiyn": outstanding.reserved, "debt": outstanding.debt.map(month),
        "height": proven.header.height,
    });
    Ok(Answer::new(json).lines(lines))
}
