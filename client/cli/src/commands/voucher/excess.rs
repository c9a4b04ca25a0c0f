//! What terminals did without connection beyond their bounds. The payer answers each, once.

use super::submitted;
use crate::answer::Answer;
use crate::args::Global;
use crate::context::{session, told};
use crate::failure::{Failure, Result};
use crate::session::Session;
use crate::words::{counted, parse_tenge, short, tenge, time};
use clap::{Args, Subcommand};
use senim_abi::VOUCHER;
use senim_abi::voucher::msg::ExcessPage;
use senim_abi::voucher::record::{ExcessRecord, excess_key};
use senim_abi::voucher::{Excess, Execute, ProgrammeId, Query};
use senim_types::text::KeyKind;
use senim_types::{Code, PublicKey, Tiyn};
use serde_json::{Value, json};

/// Pages that are asked for at most: a list of more is answered in parts.
const PAGES_MAX: usize = 100;

/// What waits for the payer.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Lists what waits for an answer, each proven; with --all what was answered, too.
    #[command(after_help = "Example:\n  senim voucher excess list --programme 2")]
    List(List),
    /// Pays for it out of the programme's budget line.
    #[command(
        after_help = "Examples:\n  senim voucher excess accept senimdev1…:4\n  senim voucher excess accept senimdev1…:4 --pays 800"
    )]
    Accept(Accept),
    /// Refuses to pay for it.
    #[command(after_help = "Example:\n  senim voucher excess refuse senimdev1…:4")]
    Refuse(Which),
}

/// Arguments of `voucher excess list`.
#[derive(Debug, Args)]
pub struct List {
    /// Under which programme.
    #[arg(long, default_value_t = 2)]
    pub programme: u32,
    /// What was answered, too.
    #[arg(long)]
    pub all: bool,
}

/// A terminal's record.
#[derive(Debug, Args)]
pub struct Which {
    /// Which: the terminal and its record's number, as the list has them.
    #[arg(value_parser = name)]
    pub record: Name,
    /// Under which programme.
    #[arg(long, default_value_t = 2)]
    pub programme: u32,
    /// The payer's device key, by name or file.
    #[arg(long, default_value = "education")]
    pub key: String,
}

/// Arguments of `voucher excess accept`.
#[derive(Debug, Args)]
pub struct Accept {
    /// Which, and by whom.
    #[command(flatten)]
    pub which: Which,
    /// How much is paid, in tenge; without it, all that it cost.
    #[arg(long, value_parser = parse_tenge)]
    pub pays: Option<Tiyn>,
}

/// What a record is named by.
#[derive(Clone, Copy, Debug)]
pub struct Name {
    terminal: PublicKey,
    sequence: u64,
}

fn name(text: &str) -> std::result::Result<Name, String> {
    let parts = text.rsplit_once(':').and_then(|(terminal, sequence)| {
        let terminal = PublicKey::from_text(KeyKind::Device, terminal).ok()?;
        let sequence = sequence.parse().ok()?;
        Some(Name { terminal, sequence })
    });
    parts.ok_or_else(|| format!("`{text}` is not a terminal's key, a colon and a number"))
}

fn text(excess: &Excess) -> String {
    let terminal = excess.terminal.to_text(KeyKind::Device);
    format!("{terminal}:{}", excess.sequence)
}

/// Runs a command about what waits for the payer.
pub fn run(command: &Command, global: &Global) -> Result<Answer> {
    match command {
        Command::List(args) => list(args, global),
        Command::Accept(args) => {
            let session = session(global)?;
            let pays = match args.pays {
                Some(pays) => pays,
                None => {
                    let programme = ProgrammeId(args.which.programme);
                    let Name { terminal, sequence } = args.which.record;
                    proven(&session, programme, &terminal, sequence)?.cost
                }
            };
            if pays == Tiyn::ZERO {
                return Err(Failure::usage("nothing is paid: refuse it instead"));
            }
            answer(&session, &args.which, pays, global)
        }
        Command::Refuse(which) => answer(&session(global)?, which, Tiyn::ZERO, global),
    }
}

fn answer(session: &Session, which: &Which, pays: Tiyn, global: &Global) -> Result<Answer> {
    let Name { terminal, sequence } = which.record;
    let execute = Execute::AnswerExcess {
        programme: ProgrammeId(which.programme),
        terminal,
        sequence,
        pays,
    };
    let done = submitted(session, global, &which.key, &execute)?;
    Ok(told(session, &done, json!({ "pays_tiyn": pays })))
}

/// A record that the payer answers, proven.
fn proven(
    session: &Session,
    programme: ProgrammeId,
    terminal: &PublicKey,
    sequence: u64,
) -> Result<Excess> {
    let key = excess_key(programme, terminal, sequence);
    let record = session.record::<ExcessRecord>(&key, VOUCHER)?.value;
    let record = record.ok_or_else(|| Failure::new(Code::EXCESS_UNKNOWN))?;
    Ok(record.into_current())
}

fn list(args: &List, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let programme = ProgrammeId(args.programme);
    let (mut after, mut all) = (None, Vec::new());
    for _ in 0..PAGES_MAX {
        let question = Query::Excess { programme, after };
        let page: ExcessPage = session.query(VOUCHER, &question)?;
        let Some(last) = page.last() else { break };
        after = Some((last.terminal, last.sequence));
        // The node says what there is; what it is has a proof.
        for listed in &page {
            let excess = proven(&session, programme, &listed.terminal, listed.sequence)?;
            if args.all || excess.answered.is_none() {
                all.push(excess);
            }
        }
    }
    let sum: u128 = all.iter().map(|excess| u128::from(excess.cost.0)).sum();
    let json = json!({
        "programme": programme, "cost_tiyn": sum as u64,
        "excess": all.iter().map(entry).collect::<Vec<_>>(),
    });
    let lines = all.iter().map(|excess| line(&session, excess));
    Ok(Answer::new(json)
        .line(counted(all.len(), "record"))
        .lines(lines.flatten()))
}

fn entry(excess: &Excess) -> Value {
    json!({ "record": text(excess), "excess": excess })
}

fn line(session: &Session, excess: &Excess) -> [String; 2] {
    let answered = match excess.answered {
        None => String::new(),
        Some(Tiyn::ZERO) => ", refused".to_owned(),
        Some(pays) => format!(", {} paid", tenge(pays)),
    };
    [
        format!("  {}", text(excess)),
        format!(
            "    {} for {} at {} by voucher {}: {}{answered}",
            time(excess.at),
            tenge(excess.cost),
            session.names.of_org(excess.place),
            short(excess.voucher),
            excess.code
        ),
    ]
}
