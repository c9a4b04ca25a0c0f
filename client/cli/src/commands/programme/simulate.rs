//! What other rules would have changed: history decided again.

mod medicine;

use super::{With, wasm};
use crate::answer::Answer;
use crate::args::Global;
use crate::commands::explain;
use crate::context::session;
use crate::failure::{Failure, Result};
use crate::history;
use crate::policies::Runner;
use crate::session::Session;
use crate::simulate::{Compared, Report, Simulation, Sum};
use crate::words::{counted, short, tenge_total, time};
use clap::Args;
use senim_abi::MEASURE;
use senim_abi::policy::{Description, Question};
use senim_abi::voucher::{ProgrammeId, VoucherEvent};
use senim_types::{ContractId, Header, Height, Receipt, TimeMs, TiynTotal};
use serde_json::json;
use std::path::PathBuf;

/// Arguments of `programme simulate`.
#[derive(Debug, Args)]
pub struct Simulate {
    /// Whose history.
    pub programme: u32,
    /// The policy contract.
    #[arg(long, default_value_t = MEASURE.0, conflicts_with = "wasm")]
    pub policy: u32,
    /// A policy that is not deployed: its WebAssembly.
    #[arg(long)]
    pub wasm: Option<PathBuf>,
    /// Its parameters.
    #[command(flatten)]
    pub with: With,
    /// What a medicine programme's list would say: JSON of a rule, or null, by ATC code. What is not named is as it was.
    #[arg(long)]
    pub medicines: Option<PathBuf>,
    /// The first block.
    #[arg(long, default_value_t = 1)]
    pub from: u64,
    /// The last block; without it, the newest.
    #[arg(long)]
    pub to: Option<u64>,
}

/// Tries rules on history.
pub fn run(args: &Simulate, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    if medicine::is_meant(&session, args)? {
        return medicine::run(&session, args);
    }
    if args.medicines.is_some() {
        return Err(Failure::usage("this is no programme of medicines"));
    }
    let runner = match &args.wasm {
        Some(path) => Runner::new(wasm(path)?)?,
        None => Runner::of_contract(&session, ContractId(args.policy))?,
    };
    let parameters = args.with.parameters()?;
    runner.check(&parameters)?;
    let mut simulation = Simulation::default();
    let past = past(&session, args, |_, receipts| {
        for receipt in receipts {
            for was in explain::decided(receipt) {
                if was.programme == ProgrammeId(args.programme) {
                    simulation.take(&was, |facts| {
                        let parameters = parameters.clone();
                        runner.decide(Question { parameters, facts })
                    })?;
                }
            }
            for event in history::voucher_events(receipt) {
                if let VoucherEvent::Refunded {
                    voucher, refunded, ..
                } = event
                {
                    simulation.undo(voucher, refunded.number);
                }
            }
        }
        Ok(())
    })?;
    let ledgers = "the ledger's own: not issued, or too little left";
    let report = simulation.finish();
    Ok(told(
        args,
        &past,
        &report,
        &runner.describe()?,
        ("voucher", ledgers),
    ))
}

/// The blocks that were gone through.
struct Past {
    to: u64,
    times: Option<(TimeMs, TimeMs)>,
}

/// Goes through the receipts of the blocks that are asked for, in their order.
fn past(
    session: &Session,
    args: &Simulate,
    mut each: impl FnMut(&Header, &[Receipt]) -> Result<()>,
) -> Result<Past> {
    let newest = history::height(session)?.0;
    let to = args.to.unwrap_or(newest).min(newest);
    let mut times = None;
    for height in args.from.max(1)..=to {
        let (header, receipts) = history::receipts(session, Height(height))?;
        times = Some((times.map_or(header.time, |(first, _)| first), header.time));
        each(&header, &receipts)?;
    }
    Ok(Past { to, times })
}

/// What was found, for people and in JSON. `token` is what the programme's tokens are called, `ledgers` what the ledger's
/// own rule is.
fn told(
    args: &Simulate,
    past: &Past,
    report: &Report,
    description: &Description,
    (token, ledgers): (&str, &str),
) -> Answer {
    let (from, to) = (args.from.max(1), past.to);
    let period = past.times.map_or(String::new(), |(first, last)| {
        format!(", {} to {}", time(first), time(last))
    });
    let mut lines = vec![format!(
        "Programme {} under {}: {} of blocks {from} to {to}{period}",
        args.programme,
        description.name,
        counted(report.acts as usize, "act"),
    )];
    let text = |rule| {
        let text = description.rules.iter().find(|text| text.rule == rule);
        text.map_or(ledgers, |text| text.text.as_str())
    };
    lines.extend(report_lines(report, token, text));
    let json = json!({
        "programme": args.programme, "policy": description.name, "from": from, "to": to, "report": report,
    });
    Answer::new(json).lines(lines)
}

/// Tokens that are told one by one; all are in the JSON.
const TOKENS_TOLD_MAX: usize = 20;

fn report_lines<'a>(report: &Report, token: &str, text: impl Fn(u16) -> &'a str) -> Vec<String> {
    let mut lines = vec![compared("  in all", &report.total)];
    let is_same = report.refused.is_empty() && report.not_issued.is_empty() && report.allowed == 0;
    if is_same && report.tokens.is_empty() && !report.total.differs() {
        lines.push("  nothing would change".to_owned());
    }
    for (what, by_rule) in [
        ("would be refused", &report.refused),
        ("would not be issued or topped up", &report.not_issued),
    ] {
        for (rule, count) in by_rule {
            lines.push(format!("  {count} {what}, by rule {rule}: {}", text(*rule)));
        }
    }
    if report.allowed > 0 {
        lines.push(format!(
            "  {} that were refused would be allowed",
            report.allowed
        ));
    }
    let told = report.tokens.iter().take(TOKENS_TOLD_MAX);
    lines.extend(told.map(|(id, sums)| compared(&format!("  {token} {}", short(id)), sums)));
    let more = report.tokens.len().saturating_sub(TOKENS_TOLD_MAX);
    if more > 0 {
        lines.push(format!("  and {more} more; -o json tells all"));
    }
    lines
}

fn compared(what: &str, compared: &Compared) -> String {
    let sum = |sum: &Sum| {
        format!(
            "{}, {} paid, {} borne by citizens",
            counted(sum.uses as usize, "use"),
            tenge_total(TiynTotal(sum.pays)),
            tenge_total(TiynTotal(sum.bears))
        )
    };
    format!(
        "{what}: {} → {}",
        sum(&compared.before),
        sum(&compared.after)
    )
}
