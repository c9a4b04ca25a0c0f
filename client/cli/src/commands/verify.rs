//! The verifier: the genesis and a proof, both from files. It opens no connection and trusts nobody who gave it the
//! proof.

use crate::answer::Answer;
use crate::args::Global;
use crate::commands::log;
use crate::describe;
use crate::failure::{Failure, Result};
use crate::files;
use crate::names::Names;
use crate::session::judge_receipt;
use crate::words::time;
use clap::{ArgGroup, Args};
use senim_light_client::LightClient;
use senim_types::{Genesis, limits};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Arguments of `verify`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("proof").required(true))]
pub struct Verify {
    /// The network's genesis: the only thing that is trusted. Get it once, from somebody you know.
    #[arg(long)]
    pub genesis: PathBuf,
    /// The proof of a receipt, as `senim receipt --save` writes it.
    #[arg(long, group = "proof")]
    pub receipt_proof: Option<PathBuf>,
    /// The proof of a state key, as `senim state --save` writes it.
    #[arg(long, group = "proof")]
    pub state_proof: Option<PathBuf>,
    /// The proof that a header is in the log, as `senim log header --save` writes it.
    #[arg(long, group = "proof")]
    pub header_proof: Option<PathBuf>,
    /// The proof that the log only grew, as `senim log extends --save` writes it.
    #[arg(long, group = "proof")]
    pub consistency_proof: Option<PathBuf>,
    /// The older checkpoint that a consistency proof has to be about.
    #[arg(long, requires = "consistency_proof")]
    pub since: Option<PathBuf>,
    /// A checkpoint of the log, as `senim log checkpoint --save` writes it.
    #[arg(long, group = "proof")]
    pub checkpoint: Option<PathBuf>,
}

/// Judges a proof.
pub fn verify(args: &Verify, global: &Global) -> Result<Answer> {
    let (genesis, light) = log::verifier(&args.genesis, global)?;
    if let Some(path) = &args.receipt_proof {
        receipt(&genesis, &light, path)
    } else if let Some(path) = &args.state_proof {
        state(&genesis, &light, path)
    } else if let Some(path) = &args.header_proof {
        let (answer, _) = log::judge_header(&light, &read_proof(path)?)?;
        Ok(answer)
    } else if let Some(path) = &args.consistency_proof {
        let old = args
            .since
            .as_deref()
            .map(log::read_checkpoint)
            .transpose()?;
        log::judge_consistency(&light, &read_proof(path)?, old.as_ref())
    } else if let Some(path) = &args.checkpoint {
        let text = files::read(path, limits::CHECKPOINT_BYTES_MAX as u64)?;
        log::judge_checkpoint(&light, &text)
    } else {
        Err(Failure::usage("name a proof"))
    }
}

fn read_proof(path: &Path) -> Result<Vec<u8>> {
    files::read(path, limits::PROOF_BYTES_MAX as u64)
}

fn receipt(genesis: &Genesis, light: &LightClient, path: &Path) -> Result<Answer> {
    let done = judge_receipt(light, read_proof(path)?)?;
    let names = Names::of(genesis);
    let mut json = describe::final_json(&done);
    add(&mut json, genesis);
    Ok(Answer::new(json)
        .line("The proof holds.")
        .line(format!("  chain {}", genesis.chain_id()))
        .lines(describe::final_lines(
            &done,
            &names,
            light.validators().validators().len(),
        )))
}

fn state(genesis: &Genesis, light: &LightClient, path: &Path) -> Result<Answer> {
    let proven = light.state(&read_proof(path)?).map_err(Failure::proof)?;
    let value = proven.value.as_ref().map(hex::encode);
    let mut json = json!({
        "key": hex::encode(&proven.key),
        "value": value,
        "height": proven.header.height,
        "time": proven.header.time,
    });
    add(&mut json, genesis);
    Ok(Answer::new(json)
        .line("The proof holds.")
        .line(format!("  chain {}", genesis.chain_id()))
        .line(format!("  key   {}", hex::encode(&proven.key)))
        .line(format!(
            "  value {}",
            value.as_deref().unwrap_or("(there is none)")
        ))
        .line(format!(
            "  after block {}, {}",
            proven.header.height,
            time(proven.header.time)
        )))
}

fn add(json: &mut Value, genesis: &Genesis) {
    json["valid"] = json!(true);
    json["chain"] = json!(genesis.chain_id());
}
