//! The verifier: the genesis and a proof, both from files. It opens no connection and trusts nobody who gave it the
//! proof.

use crate::answer::Answer;
use crate::describe;
use crate::failure::{Failure, Result};
use crate::files;
use crate::names::Names;
use crate::session::{judge_receipt, read_genesis};
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
}

/// Judges a proof.
pub fn verify(args: &Verify) -> Result<Answer> {
    let genesis = read_genesis(&args.genesis)?;
    match (&args.receipt_proof, &args.state_proof) {
        (Some(path), _) => receipt(&genesis, path),
        (_, Some(path)) => state(&genesis, path),
        (None, None) => Err(Failure::usage("name a proof")),
    }
}

fn read_proof(path: &Path) -> Result<Vec<u8>> {
    files::read(path, limits::PROOF_BYTES_MAX as u64)
}

fn receipt(genesis: &Genesis, path: &Path) -> Result<Answer> {
    let done = judge_receipt(&LightClient::from_genesis(genesis), read_proof(path)?)?;
    let names = Names::of(genesis);
    let mut json = describe::final_json(&done);
    add(&mut json, genesis);
    Ok(Answer::new(json)
        .line("The proof holds.")
        .line(format!("  chain {}", genesis.chain_id()))
        .lines(describe::final_lines(
            &done,
            &names,
            genesis.validators.validators().len(),
        )))
}

fn state(genesis: &Genesis, path: &Path) -> Result<Answer> {
    let light = LightClient::from_genesis(genesis);
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
