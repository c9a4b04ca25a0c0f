//! Peers: which nodes may connect to the others. By the operator, or by the administrator of the organisation.

use crate::answer::Answer;
use crate::args::Global;
use crate::context::{registered, session};
use crate::failure::{Failure, Result};
use clap::{Args, Subcommand};
use senim_abi::REGISTRY;
use senim_abi::registry::Execute;
use senim_abi::registry::record::{PeerRecord, peer_key};
use senim_types::text::KeyKind;
use senim_types::{Code, OrgId, PublicKey};
use serde_json::json;

/// Peers: nodes that may connect.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Lets a node connect, or says where it is reached now. Nobody has to restart.
    #[command(
        after_help = "Example:\n  senimd join --organisation 20 --dir node-20     (prints the node's senimpeer1… key)\n  senim peer set senimpeer1… --org 20 --key pharmacy"
    )]
    Set(Set),
    /// Lets a node connect no more: it is disconnected with the block that says so.
    #[command(after_help = "Example:\n  senim peer remove senimpeer1… --key pharmacy")]
    Remove(Remove),
    /// Shows what the registry says of a node, proven.
    #[command(after_help = "Example:\n  senim peer show senimpeer1…")]
    Show(Show),
}

/// Arguments of `peer set`.
#[derive(Debug, Args)]
pub struct Set {
    /// The node's network key, as `senimd join` prints it.
    #[arg(value_parser = public)]
    pub peer: PublicKey,
    /// The organisation that runs it.
    #[arg(long)]
    pub org: u32,
    /// Where others reach it: a multiaddr such as /dns4/node.example/tcp/7301. Without it, it only goes out.
    #[arg(long, default_value = "")]
    pub address: String,
    /// Who says so: a device key by name or file.
    #[arg(long, default_value = "operator")]
    pub key: String,
}

/// Arguments of `peer remove`.
#[derive(Debug, Args)]
pub struct Remove {
    /// The node's network key.
    #[arg(value_parser = public)]
    pub peer: PublicKey,
    /// Who says so: a device key by name or file.
    #[arg(long, default_value = "operator")]
    pub key: String,
}

/// Arguments of `peer show`.
#[derive(Debug, Args)]
pub struct Show {
    /// The node's network key.
    #[arg(value_parser = public)]
    pub peer: PublicKey,
}

fn public(text: &str) -> std::result::Result<PublicKey, String> {
    PublicKey::from_text(KeyKind::Peer, text).map_err(|error| error.to_string())
}

/// Runs a command about peers.
pub fn run(command: &Command, global: &Global) -> Result<Answer> {
    let (key, execute) = match command {
        Command::Show(args) => return show(&args.peer, global),
        Command::Set(args) => {
            let set = Execute::SetPeer {
                org: OrgId(args.org),
                peer: args.peer,
                address: args.address.clone(),
            };
            (&args.key, set)
        }
        Command::Remove(args) => (&args.key, Execute::RemovePeer { peer: args.peer }),
    };
    registered(global, key, &execute)
}

fn show(peer: &PublicKey, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let proven = session.record::<PeerRecord>(&peer_key(peer), REGISTRY)?;
    let record = proven
        .value
        .ok_or_else(|| Failure::new(Code::PEER_UNKNOWN))?
        .into_current();
    let (text, height) = (peer.to_text(KeyKind::Peer), proven.header.height);
    let place = if record.address.is_empty() {
        "only goes out"
    } else {
        &record.address
    };
    let lines = [
        format!("  of {}: {place}", session.names.of_org(record.org)),
        format!("  proof holds: after block {height}"),
    ];
    let json = json!({ "peer": text, "record": record, "height": height });
    Ok(Answer::new(json).line(&text).lines(lines))
}
