//! Upgrades: of the protocol and of contracts, each from a height on. By the operator.

use crate::answer::Answer;
use crate::args::Global;
use crate::context::{applied, contract, device, session, told};
use crate::failure::{Failure, Result};
use crate::files;
use crate::session::{Final, Session};
use clap::{Args, Subcommand};
use senim_abi::ids;
use senim_abi::ledger::{ContractRecord, Execute, ProtocolRecord, ProtocolV1, keys};
use senim_types::{Call, Code, ContractId, Hash, Header, Height, codec, limits};
use serde_json::json;
use std::path::PathBuf;

/// Upgrades of the protocol and of contracts.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Shows which version of the protocol acts, what is scheduled, and the code of each contract, proven.
    #[command(after_help = "Example:\n  senim upgrade show")]
    Show,
    /// Has the next version of the protocol act from a height on. Nodes whose software does not know it stop before that
    /// height: replace the software of all before. Named again with the version that acts, it is taken back.
    #[command(
        after_help = "Example:\n  senim upgrade protocol 2 --at 120000\n  senim upgrade protocol 1 --at 120000"
    )]
    Protocol(Protocol),
    /// Deploys a contract's new code and has it act from a height on.
    #[command(
        after_help = "Example:\n  senim upgrade contract prescription --code prescription.wasm --at 120000"
    )]
    Contract(Contract),
}

/// Arguments of `upgrade protocol`.
#[derive(Debug, Args)]
pub struct Protocol {
    /// The version after the one that acts; or the one that acts, to take back what is scheduled.
    #[arg(id = "protocol_version", value_name = "VERSION")]
    pub version: u16,
    /// The first block of it.
    #[arg(long)]
    pub at: u64,
    /// The operator's device key, by name or file.
    #[arg(long, default_value = "operator")]
    pub key: String,
}

/// Arguments of `upgrade contract`.
#[derive(Debug, Args)]
pub struct Contract {
    /// Which, by name or number.
    #[arg(value_parser = contract)]
    pub contract: ContractId,
    /// The new code: a WebAssembly module.
    #[arg(long)]
    pub code: PathBuf,
    /// The first block that it executes.
    #[arg(long)]
    pub at: u64,
    /// The operator's device key, by name or file.
    #[arg(long, default_value = "operator")]
    pub key: String,
}

/// Runs a command about upgrades.
pub fn run(command: &Command, global: &Global) -> Result<Answer> {
    match command {
        Command::Show => show(global),
        Command::Protocol(args) => {
            let session = session(global)?;
            let message = Execute::SetProtocol {
                version: args.version,
                activation: Height(args.at),
            };
            let done = submitted(&session, global, &args.key, &message)?;
            let fields = json!({ "version": args.version, "activation": args.at });
            Ok(told(&session, &done, fields))
        }
        Command::Contract(args) => contract_code(args, global),
    }
}

fn contract_code(args: &Contract, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let code = files::read(&args.code, limits::CODE_BYTES_MAX as u64)?;
    let hash = Hash::of(&code);
    submitted(&session, global, &args.key, &Execute::Deploy { code })?;
    let message = Execute::Upgrade {
        contract: args.contract,
        code: hash,
        activation: Height(args.at),
    };
    let done = submitted(&session, global, &args.key, &message)?;
    let fields = json!({ "contract": args.contract, "code": hash, "activation": args.at });
    Ok(told(&session, &done, fields).line(format!("Code {hash}")))
}

fn submitted(session: &Session, global: &Global, key: &str, message: &Execute) -> Result<Final> {
    let key = device(global, key)?;
    let call = Call {
        contract: ContractId::LEDGER,
        input: codec::encode(message),
    };
    applied(session, session.submit(&key, vec![call], Vec::new())?)
}

fn show(global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let (record, header) = ledger_record::<ProtocolRecord>(&session, &keys::protocol())?;
    let protocol = record.map_or(ProtocolV1::default(), |ProtocolRecord::V1(record)| record);
    let acting = protocol.at(header.height);
    let mut lines = vec![format!("Protocol: version {acting}")];
    let next = protocol.next.filter(|next| next.activation > header.height);
    if let Some(next) = next {
        lines.push(format!(
            "  version {} from block {} on",
            next.version, next.activation
        ));
    }
    let mut contracts = Vec::new();
    for (id, name) in ids::ENGINE_CONTRACTS {
        let (record, _) = ledger_record::<ContractRecord>(&session, &keys::contract(id))?;
        let Some(ContractRecord::V1(record)) = record else {
            continue;
        };
        lines.push(format!(
            "Contract {id} {name}: code {}, replaced {} times",
            record.code, record.version
        ));
        if let Some(pending) = record.pending {
            lines.push(format!(
                "  code {} from block {} on",
                pending.code, pending.activation
            ));
        }
        contracts.push(json!({ "contract": id, "name": name, "record": record }));
    }
    lines.push(format!("  proof holds: after block {}", header.height));
    let json = json!({
        "protocol": acting, "next": next, "contracts": contracts, "height": header.height,
    });
    Ok(Answer::new(json).lines(lines))
}

/// A record of the ledger itself, proven, and the block that it is proven by.
fn ledger_record<T: borsh::BorshDeserialize>(
    session: &Session,
    key: &[u8],
) -> Result<(Option<T>, Header)> {
    let (proven, _) = session.state(key)?;
    let record = proven.value.map(|value| borsh::from_slice(&value));
    let record = record
        .transpose()
        .map_err(|_| Failure::new(Code::CORRUPT_RECORD))?;
    Ok((record, proven.header))
}
