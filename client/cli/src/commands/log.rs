//! The log of headers: its checkpoints, what is in it, that it only grows, and trust that follows it.

use crate::answer::Answer;
use crate::args::Global;
use crate::context::{session, trusted_path};
use crate::failure::{Failure, Result};
use crate::files;
use crate::session::{Session, light_client, read_genesis};
use crate::words::{self, time};
use clap::{Args, Subcommand};
use senim_light_client::{Bisection, Bounds, LightClient, ProvenCheckpoint};
use senim_types::checkpoint::{Checkpoint, CosignatureLine, SignedCheckpoint};
use senim_types::proof::{ConsistencyProof, HeaderProof, LightBlock};
use senim_types::{Code, Hash, Height, TimeMs, codec, limits};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Milliseconds of a day.
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// The log of all headers.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Shows the head of the log, proven, as a signed note that other programs read too.
    #[command(after_help = "Example:\n  senim log checkpoint --save monday.checkpoint")]
    Checkpoint(CheckpointArgs),
    /// Proves that a header is one of this chain, however old it is.
    #[command(after_help = "Example:\n  senim log header 17 --save header.proof")]
    Header(HeaderArgs),
    /// Proves that the log has only grown since an older checkpoint: nothing was taken out or rewritten.
    #[command(
        after_help = "Example:\n  senim log extends monday.checkpoint --save consistency.proof"
    )]
    Extends(ExtendsArgs),
    /// Moves trust to a later block, across changes of the validators, and keeps it for the other commands.
    #[command(
        after_help = "Examples:\n  senim log follow\n  senim log follow --checkpoint 4000:HASH --trusting-period-days 30"
    )]
    Follow(FollowArgs),
}

/// Arguments of `log checkpoint`.
#[derive(Debug, Args)]
pub struct CheckpointArgs {
    /// Writes the checkpoint to a file, for `senim verify` and `senim log extends`.
    #[arg(long)]
    pub save: Option<PathBuf>,
}

/// Arguments of `log header`.
#[derive(Debug, Args)]
pub struct HeaderArgs {
    /// The header's height; 0 is the genesis.
    pub height: u64,
    /// Under which later header; the node's last one if none is named.
    #[arg(long)]
    pub later: Option<u64>,
    /// Writes the proof to a file, for `senim verify`.
    #[arg(long)]
    pub save: Option<PathBuf>,
}

/// Arguments of `log extends`.
#[derive(Debug, Args)]
pub struct ExtendsArgs {
    /// A checkpoint that was saved earlier, or that somebody else was given.
    pub checkpoint: PathBuf,
    /// Writes the proof to a file, for `senim verify`.
    #[arg(long)]
    pub save: Option<PathBuf>,
}

/// Arguments of `log follow`.
#[derive(Debug, Args)]
pub struct FollowArgs {
    /// Where to: a height; the node's last block if none is named.
    #[arg(long)]
    pub to: Option<u64>,
    /// Starts from this block instead of what was trusted so far: height and header hash, from somebody you trust.
    #[arg(long, value_name = "HEIGHT:HASH", value_parser = point)]
    pub checkpoint: Option<(Height, Hash)>,
    /// A trusted block that is older than this is not followed from: its validators' keys may have leaked since.
    #[arg(long, default_value_t = 14)]
    pub trusting_period_days: u64,
}

fn point(text: &str) -> std::result::Result<(Height, Hash), String> {
    let parts = text.split_once(':');
    let parsed = parts.and_then(|(height, hash)| Some((height.parse().ok()?, hash.parse().ok()?)));
    let (height, hash) =
        parsed.ok_or_else(|| format!("`{text}` is not HEIGHT:HASH, a number and 64 hex digits"))?;
    Ok((Height(height), hash))
}

/// Runs a command of the group.
pub fn run(command: &Command, global: &Global) -> Result<Answer> {
    match command {
        Command::Checkpoint(args) => checkpoint(args, global),
        Command::Header(args) => header(args, global),
        Command::Extends(args) => extends(args, global),
        Command::Follow(args) => follow(args, global),
    }
}

fn save(path: Option<&Path>, bytes: &[u8]) -> Result<()> {
    path.map_or(Ok(()), |path| files::write(path, bytes))
}

fn checkpoint(args: &CheckpointArgs, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let bytes = session
        .node
        .bytes("/v1/log/checkpoint", limits::CHECKPOINT_BYTES_MAX)?;
    let answer = judge_checkpoint(&session.light, &bytes)?;
    save(args.save.as_deref(), &bytes)?;
    Ok(answer)
}

/// Judges a checkpoint and tells it.
pub fn judge_checkpoint(light: &LightClient, bytes: &[u8]) -> Result<Answer> {
    let text = std::str::from_utf8(bytes).map_err(|_| Failure::proof(Code::CHECKPOINT_FORM))?;
    let ProvenCheckpoint {
        checkpoint,
        header,
        cosigned,
    } = light.checkpoint(text).map_err(Failure::proof)?;
    let cosigners: Vec<_> = cosigned
        .iter()
        .map(|one| {
            let key = CosignatureLine::verifier_key(&checkpoint, &one.validator);
            json!({ "verifier_key": key, "time": one.time_s.saturating_mul(1000) })
        })
        .collect();
    let answer = Answer::new(json!({
        "valid": true, "origin": checkpoint.origin(), "size": checkpoint.size, "root": checkpoint.root,
        "hash": header.hash(), "time": header.time, "cosigners": cosigners,
    }));
    let lines = cosigned.iter().map(|one| {
        let at = time(TimeMs(one.time_s.saturating_mul(1000)));
        format!(
            "  cosigned {at} by {}",
            one.validator.to_text(senim_types::text::KeyKind::Validator)
        )
    });
    Ok(answer
        .line(format!(
            "{} headers in the log {}",
            checkpoint.size,
            checkpoint.origin()
        ))
        .line(format!("  root {}", checkpoint.root))
        .line(format!(
            "  proof holds: block {} commits to it, {}",
            header.height,
            time(header.time)
        ))
        .lines(lines))
}

fn later(later: Option<u64>) -> String {
    later.map_or(String::new(), |height| format!("?later={height}"))
}

fn header(args: &HeaderArgs, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let path = format!("/v1/log/headers/{}{}", args.height, later(args.later));
    let bytes = session.node.bytes(&path, limits::PROOF_BYTES_MAX)?;
    let (answer, proof) = judge_header(&session.light, &bytes)?;
    if proof.earlier.height.0 != args.height {
        return Err(Failure::proof(Code::LOG_PROOF));
    }
    save(args.save.as_deref(), &bytes)?;
    Ok(answer)
}

/// Judges a header's proof and tells it.
pub fn judge_header(light: &LightClient, bytes: &[u8]) -> Result<(Answer, HeaderProof)> {
    let proof = light.header_in_log(bytes).map_err(Failure::proof)?;
    let (earlier, by) = (&proof.earlier, &proof.header);
    let answer = Answer::new(json!({
        "valid": true, "hash": earlier.hash(), "header": earlier, "under": by.height, "under_hash": by.hash(),
    }));
    let answer = answer
        .line(format!(
            "Block {} {}, {}",
            earlier.height,
            earlier.hash(),
            time(earlier.time)
        ))
        .line(format!("  state root {}", earlier.state_root))
        .line(format!(
            "  proof holds: in the log of block {}, {}",
            by.height,
            time(by.time)
        ));
    Ok((answer, proof))
}

/// Reads a checkpoint whose size and root are compared with something else; its signatures are not judged.
pub fn read_checkpoint(path: &Path) -> Result<Checkpoint> {
    let bytes = files::read(path, limits::CHECKPOINT_BYTES_MAX as u64)?;
    let text = String::from_utf8(bytes).map_err(|_| files::content(path, "not a checkpoint"))?;
    let note = SignedCheckpoint::parse(&text);
    let note = note.map_err(|code| files::content(path, format!("{code}: {}", code.advice())))?;
    Ok(note.checkpoint)
}

fn extends(args: &ExtendsArgs, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let old = read_checkpoint(&args.checkpoint)?;
    if old.chain != session.chain {
        let reason = format!("a checkpoint of chain {}", old.chain);
        return Err(files::content(&args.checkpoint, reason));
    }
    let path = format!("/v1/log/consistency/{}", old.size);
    let bytes = session.node.bytes(&path, limits::PROOF_BYTES_MAX)?;
    let answer = judge_consistency(&session.light, &bytes, Some(&old))?;
    save(args.save.as_deref(), &bytes)?;
    Ok(answer)
}

/// Judges a consistency proof, of `old` where one is given, and tells it.
pub fn judge_consistency(
    light: &LightClient,
    bytes: &[u8],
    old: Option<&Checkpoint>,
) -> Result<Answer> {
    let ConsistencyProof {
        size, root, header, ..
    } = light.consistency(bytes).map_err(Failure::proof)?;
    let is_of_old =
        |old: &Checkpoint| (old.chain, old.size, old.root) == (header.chain, size, root);
    if old.is_some_and(|old| !is_of_old(old)) {
        return Err(Failure::proof(Code::LOG_CONSISTENCY));
    }
    let answer = Answer::new(json!({
        "valid": true, "size": size, "root": root, "under": header.height, "under_hash": header.hash(),
    }));
    Ok(answer
        .line(format!(
            "The log of {size} headers is the beginning of that of {}",
            header.height
        ))
        .line(format!("  root {root}"))
        .line(format!(
            "  proof holds: block {}, {}",
            header.height,
            time(header.time)
        )))
}

fn fetch(session: &Session, height: Height) -> Result<LightBlock> {
    let path = format!("/v1/light-blocks/{height}");
    let bytes = session.node.bytes(&path, limits::LIGHT_BLOCK_BYTES_MAX)?;
    codec::decode(&bytes, limits::LIGHT_BLOCK_BYTES_MAX)
        .map_err(|_| Failure::new(Code::ANSWER_UNUSABLE))
}

fn follow(args: &FollowArgs, global: &Global) -> Result<Answer> {
    let mut session = session(global)?;
    let mut newest = None;
    if let Some((height, hash)) = args.checkpoint {
        let block = fetch(&session, height)?;
        session.light =
            LightClient::from_block(session.chain, &hash, &block).map_err(Failure::proof)?;
        newest = Some(block);
    }
    let target = match args.to {
        Some(height) => Height(height),
        None => Height(super::ledger::latest(&session.node)?),
    };
    let bounds = Bounds {
        trusting_period_ms: args.trusting_period_days.saturating_mul(DAY_MS),
        ..Bounds::default()
    };
    let (from, now) = (session.light.height(), words::now());
    session.light.within_period(now, &bounds)?;
    let mut way = Bisection::new(&session.light, target);
    let mut fetched = 0u64;
    while let Some(height) = way.wanted() {
        let block = fetch(&session, height)?;
        fetched += 1;
        way.take(&mut session.light, block.clone(), now, &bounds)
            .map_err(Failure::proof)?;
        if height == target {
            newest = Some(block);
        }
    }
    let path = trusted_path(global);
    if let Some(block) = newest {
        files::replace(&path, &codec::encode(&block))?;
    }
    let (height, validators) = (session.light.height(), session.light.validators());
    let count = validators.validators().len();
    Ok(Answer::new(json!({
        "from": from, "height": height, "fetched": fetched, "validators": count,
        "validators_hash": validators.hash(),
    }))
    .line(format!(
        "Block {height} is trusted, and the {count} validators after it"
    ))
    .line(format!(
        "  from block {from}, by {fetched} blocks between and at the end"
    ))
    .line(format!("  kept in {}", path.display())))
}

/// The light client of a genesis file and, where one is named, a trusted block.
pub fn verifier(genesis: &Path, global: &Global) -> Result<(senim_types::Genesis, LightClient)> {
    let genesis = read_genesis(genesis)?;
    let light = match &global.trusted {
        Some(path) => light_client(&genesis, path)?,
        None => LightClient::from_genesis(&genesis),
    };
    Ok((genesis, light))
}
