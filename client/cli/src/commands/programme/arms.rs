//! Variants of a measure that are compared. Who is in which follows from a seed and the person's nullifier: the seed is
//! committed to before anybody is listed, and revealed when the comparison is over, so that everybody can draw again.

mod drawn;

use super::{programme, submitted, to_vouchers};
use crate::answer::Answer;
use crate::args::Global;
use crate::context::{session, told};
use crate::failure::{Failure, Result};
use crate::files;
use crate::history;
use crate::session::Session;
use crate::words::{counted, short};
use clap::{Args, Subcommand};
use drawn::Drawing;
use senim_abi::voucher::msg::BATCH_MAX;
use senim_abi::voucher::{Arms, Execute, ProgrammeId};
use senim_types::{Code, Hash, Height};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Variants that are compared.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Commits a programme to a seed and to how many parts of all each arm has. Before anybody is listed; for good. A seed
    /// is made where the file is not there: keep it, and show it to nobody before the comparison is over.
    #[command(
        after_help = "Example:\n  senim programme arms commit 3 --weights 1,1 --seed-file seed"
    )]
    Commit(Commit),
    /// Puts listed persons whose nullifiers are known, and who were not asked yet, into the arms that the seed gives.
    #[command(after_help = "Example:\n  senim programme arms assign 3 --seed-file seed")]
    Assign(WithSeed),
    /// Reveals the seed, when the comparison is over.
    #[command(after_help = "Example:\n  senim programme arms reveal 3 --seed-file seed")]
    Reveal(WithSeed),
    /// Draws again: whether each person was in the arm that the seed gives. By the revealed seed, or before that by whoever
    /// has it.
    #[command(
        after_help = "Examples:\n  senim programme arms check 3\n  senim programme arms check 3 --seed-file seed"
    )]
    Check(Check),
}

/// Arguments of `programme arms commit`.
#[derive(Debug, Args)]
pub struct Commit {
    /// Which programme.
    pub programme: u32,
    /// How many parts of all each arm has, such as 1,1 or 3,1.
    #[arg(long, value_delimiter = ',', required = true)]
    pub weights: Vec<u16>,
    /// The file of the seed: 64 hex digits.
    #[arg(long)]
    pub seed_file: PathBuf,
    /// The payer's device key, by name or file.
    #[arg(long, default_value = "education")]
    pub key: String,
}

/// Arguments of `programme arms assign` and `reveal`.
#[derive(Debug, Args)]
pub struct WithSeed {
    /// Which programme.
    pub programme: u32,
    /// The file of the seed.
    #[arg(long)]
    pub seed_file: PathBuf,
    /// The payer's device key, by name or file.
    #[arg(long, default_value = "education")]
    pub key: String,
}

/// Arguments of `programme arms check`.
#[derive(Debug, Args)]
pub struct Check {
    /// Which programme.
    pub programme: u32,
    /// The file of a seed that is not revealed yet.
    #[arg(long)]
    pub seed_file: Option<PathBuf>,
}

/// Runs a command about arms.
pub fn run(command: &Command, global: &Global) -> Result<Answer> {
    match command {
        Command::Commit(args) => commit(args, global),
        Command::Assign(args) => assign(args, global),
        Command::Reveal(args) => reveal(args, global),
        Command::Check(args) => check(args, global),
    }
}

fn read_seed(path: &Path) -> Result<Hash> {
    let text = files::read_secret(path)?;
    let seed = text.trim().parse();
    seed.map_err(|_| files::content(path, "a seed is 64 hex digits"))
}

fn commitment(seed: &Hash) -> Hash {
    Hash::of(seed.as_bytes())
}

fn commit(args: &Commit, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let id = ProgrammeId(args.programme);
    let (known, _) = programme(&session, id)?;
    // Written first: a commitment whose seed is lost is worth nothing.
    if !args.seed_file.exists() {
        let seed = Hash(*files::random::<32>()?);
        files::write_new_secret(&args.seed_file, format!("{seed}\n").as_bytes())?;
    }
    let seed = read_seed(&args.seed_file)?;
    let arms = Arms {
        commitment: commitment(&seed),
        weights: args.weights.clone(),
        seed: None,
    };
    let mut settings = known.settings;
    settings.arms = Some(arms.clone());
    let execute = Execute::SetProgramme {
        programme: id,
        settings,
    };
    let done = submitted(&session, global, &args.key, vec![to_vouchers(&execute)])?;
    let json = json!({ "programme": args.programme, "arms": arms });
    Ok(told(&session, &done, json).line(format!(
        "Programme {} compares {}; it is committed to seed {}, which is in {}",
        args.programme,
        counted(args.weights.len(), "arm"),
        short(arms.commitment),
        args.seed_file.display()
    )))
}

/// The arms that a programme is committed to, by its proven record.
fn committed(session: &Session, id: ProgrammeId) -> Result<Arms> {
    let (known, _) = programme(session, id)?;
    let arms = known.settings.arms;
    arms.ok_or_else(|| Failure::new(Code::WRONG_SEED))
}

/// What happened to the programme's listed persons, from the receipts of all blocks.
fn drawing(session: &Session, id: ProgrammeId) -> Result<Drawing> {
    let mut drawing = Drawing::new(id);
    for height in 1..=history::height(session)?.0 {
        let (_, receipts) = history::receipts(session, Height(height))?;
        for receipt in &receipts {
            for event in history::voucher_events(receipt) {
                drawing.take(&receipt.transaction, &event);
            }
        }
    }
    Ok(drawing)
}

fn assign(args: &WithSeed, global: &Global) -> Result<Answer> {
    let seed = read_seed(&args.seed_file)?;
    let session = session(global)?;
    let id = ProgrammeId(args.programme);
    let arms = committed(&session, id)?;
    if commitment(&seed) != arms.commitment {
        return Err(Failure::new(Code::WRONG_SEED));
    }
    let drawing = drawing(&session, id)?;
    let open = drawing.to_assign(&arms, &seed);
    for batch in open.chunks(BATCH_MAX) {
        let execute = Execute::Assign {
            arms: batch.to_vec(),
        };
        submitted(&session, global, &args.key, vec![to_vouchers(&execute)])?;
    }
    let unattested = drawing.unattested();
    let json = json!({
        "programme": args.programme, "assigned": open.len(), "not_attested": unattested,
    });
    Ok(Answer::new(json).line(format!(
        "Programme {}: {} assigned, {unattested} whose nullifiers are not known yet",
        args.programme,
        counted(open.len(), "person")
    )))
}

fn reveal(args: &WithSeed, global: &Global) -> Result<Answer> {
    let seed = read_seed(&args.seed_file)?;
    let session = session(global)?;
    let execute = Execute::RevealArms {
        programme: ProgrammeId(args.programme),
        seed,
    };
    let done = submitted(&session, global, &args.key, vec![to_vouchers(&execute)])?;
    let json = json!({ "programme": args.programme, "seed": seed });
    Ok(told(&session, &done, json))
}

fn check(args: &Check, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let id = ProgrammeId(args.programme);
    let arms = committed(&session, id)?;
    let seed = match &args.seed_file {
        Some(path) => read_seed(path)?,
        None => arms.seed.ok_or_else(|| {
            Failure::new(Code::WRONG_SEED).line("  the seed is not revealed yet: name its file")
        })?,
    };
    if commitment(&seed) != arms.commitment {
        return Err(Failure::new(Code::WRONG_SEED));
    }
    let found = drawing(&session, id)?.check(&arms, &seed);
    let json = json!({
        "programme": args.programme, "arms": found.counts, "not_asked": found.not_asked,
        "wrong": found.wrong.iter().map(ToString::to_string).collect::<Vec<_>>(),
    });
    if !found.wrong.is_empty() {
        let mut failure = Failure::new(Code::ARMS_NOT_AS_DRAWN).field("found", json);
        for voucher in &found.wrong {
            failure = failure.line(format!("  voucher {voucher}"));
        }
        return Err(failure);
    }
    let counts = found.counts.iter().enumerate();
    Ok(Answer::new(json)
        .lines(counts.map(|(arm, count)| {
            format!(
                "  arm {arm}: {} of {} parts, {}",
                arms.weights[arm],
                arms.weights
                    .iter()
                    .map(|weight| u64::from(*weight))
                    .sum::<u64>(),
                counted(*count, "person")
            )
        }))
        .line(format!(
            "Programme {}: each person is in the arm that the seed gives; {} not asked yet",
            args.programme, found.not_asked
        )))
}
