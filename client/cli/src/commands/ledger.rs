//! The ledger as such: blocks, receipts, state, questions, budget lines.

use crate::answer::Answer;
use crate::args::Global;
use crate::context::{applied, contract, save_proof, session, told};
use crate::describe;
use crate::failure::{Failure, Result};
use crate::files;
use crate::node::Node;
use crate::words::{short, time};
use clap::Args;
use senim_abi::treasury::BudgetId;
use senim_abi::treasury::record::{BudgetRecord, budget_key};
use senim_abi::{
    CARD, MARKING, PRESCRIPTION, REGISTRY, SETTLEMENT, TREASURY, VOUCHER, card, marking,
    prescription, registry, settlement, treasury, voucher,
};
use senim_types::{
    Code, CommitCertificate, ContractId, Hash, Header, Height, SignedTransaction, TimeMs, codec,
    limits,
};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Arguments of `block`.
#[derive(Debug, Args)]
pub struct Block {
    /// A height, or `latest`.
    pub height: String,
}

/// Arguments of `receipt`.
#[derive(Debug, Args)]
pub struct Receipt {
    /// The transaction's hash: 64 hex digits.
    #[arg(value_parser = hash)]
    pub transaction: Hash,
    /// Waits until the transaction is final.
    #[arg(long)]
    pub wait: bool,
    /// Writes the proof to a file, for `senim verify`.
    #[arg(long)]
    pub save: Option<PathBuf>,
}

/// Arguments of `state`.
#[derive(Debug, Args)]
pub struct State {
    /// The key in hex: contract (4 bytes), collection (1 byte), fields.
    pub key: String,
    /// Writes the proof to a file, for `senim verify`.
    #[arg(long)]
    pub save: Option<PathBuf>,
}

/// Arguments of `submit`.
#[derive(Debug, Args)]
pub struct Submit {
    /// A file with the borsh encoding of a signed transaction.
    pub file: PathBuf,
}

/// Arguments of `query`.
#[derive(Debug, Args)]
pub struct Query {
    /// registry, treasury, marking, prescription, voucher, settlement or card, or its number.
    #[arg(value_parser = contract)]
    pub contract: ContractId,
    /// The question: an object of one field named after it, or a name alone for a question without fields.
    pub question: String,
}

/// Arguments of `budget`.
#[derive(Debug, Args)]
pub struct Budget {
    /// The line's number.
    pub budget: u32,
}

fn hash(text: &str) -> std::result::Result<Hash, String> {
    text.parse()
        .map_err(|_| format!("`{text}` is not a transaction's hash: 64 hex digits"))
}

/// How the node is.
pub fn status(global: &Global) -> Result<Answer> {
    let status: Value = Node::new(&global.node)?.json("/v1/status")?;
    let field = |name: &str| status.get(name).cloned().unwrap_or(Value::Null);
    let number = |name: &str| field(name).as_u64().unwrap_or(0);
    let state = match (field("halted") == true, field("syncing") == true) {
        (true, _) => "HALTED: see the node's log",
        (_, true) => "catching up",
        _ => "running",
    };
    let text = |name: &str| field(name).as_str().unwrap_or("?").to_owned();
    let mut answer = Answer::new(status.clone())
        .line(format!("{} at {} ({state})", text("name"), global.node))
        .line(format!("  chain      {}", text("chain")))
        .line(format!(
            "  height     {}, {}",
            number("height"),
            time(TimeMs(number("time")))
        ))
        .line(format!("  validators {}", number("validators")))
        .line(format!(
            "  waiting    {} transactions",
            number("waiting_transactions")
        ))
        .line(format!(
            "  block      {}:{}",
            number("height"),
            text("hash")
        ))
        .line(format!("  version    {}", text("version")));
    if let Some(progress) = status
        .get("catching_up")
        .filter(|progress| !progress.is_null())
    {
        answer = answer.line(format!("  behind     {}", behind(progress)));
    }
    if let Some(observing) = status.get("observing").filter(|it| !it.is_null()) {
        answer = answer.line(format!("  observing  {}", observes(observing)));
    }
    let first = number("first_height");
    if first > 1 {
        answer = answer.line(format!(
            "  blocks     from {first} on: it joined from a snapshot"
        ));
    }
    Ok(answer)
}

/// Until when a validator does not vote, in words.
fn observes(observing: &Value) -> String {
    let until = match observing.get("until").and_then(Value::as_u64) {
        Some(height) => format!("until block {height} is decided"),
        None => "until enough other validators have answered how far they are".to_owned(),
    };
    format!("this validator may have forgotten votes, and does not vote {until}")
}

/// How far a node that is behind is, in words.
fn behind(progress: &Value) -> String {
    let number = |name: &str| progress.get(name).and_then(Value::as_u64);
    let count = |name: &str| number(name).unwrap_or(0);
    let what = match progress.get("phase").and_then(Value::as_str) {
        Some("asking") => "asking who has a snapshot".to_owned(),
        Some("manifest") => "fetching a snapshot's manifest".to_owned(),
        Some("trust") => "verifying the way to a snapshot's block".to_owned(),
        Some("chunks") => format!(
            "{} of {} chunks of a snapshot, {} of {} MB",
            count("done"),
            count("total"),
            count("bytes_done") / 1_000_000,
            count("bytes_total") / 1_000_000
        ),
        _ => format!("{} of {} blocks", count("done"), count("total")),
    };
    let left = number("left_ms").map_or(String::new(), |left_ms| {
        format!(", about {} s left", left_ms.div_ceil(1_000))
    });
    format!("{what}{left}")
}

/// What the node gives for a header: the same as its JSON, in borsh.
#[derive(borsh::BorshSerialize, borsh::BorshDeserialize)]
struct CertifiedHeader {
    hash: Hash,
    header: Header,
    certificate: CommitCertificate,
}

/// A block and whether its certificate holds.
pub fn block(args: &Block, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let height = match args.height.as_str() {
        "latest" => latest(&session.node)?,
        number => number
            .parse()
            .map_err(|_| Failure::usage("the height is a number or `latest`"))?,
    };
    if height == Height::GENESIS.0 {
        return Err(Failure::with(
            Code::NOT_FOUND,
            "Block 0 is the genesis: nobody certifies it, it is in genesis.json. The first block is 1.",
        ));
    }
    let bytes_max = 256 + limits::HEADER_BYTES_MAX + limits::CERTIFICATE_BYTES_MAX;
    let bytes = session
        .node
        .bytes(&format!("/v1/headers/{height}"), bytes_max)?;
    let certified: CertifiedHeader =
        codec::decode(&bytes, bytes_max).map_err(|_| Failure::new(Code::ANSWER_UNUSABLE))?;
    let header = certified.header;
    session
        .light
        .header(&header, &certified.certificate)
        .map_err(Failure::proof)?;
    if header.height.0 != height {
        return Err(Failure::proof(Code::HEADER_HEIGHT));
    }
    let bytes = session
        .node
        .bytes(&format!("/v1/blocks/{height}"), limits::BLOCK_BYTES_MAX)?;
    let block = senim_types::Block::decode(&bytes).map_err(Failure::proof)?;
    if block.header != header {
        return Err(Failure::proof(Code::CERTIFICATE_BLOCK));
    }
    let signers = certified.certificate.signatures.len();
    let validators = session.light.validators().validators().len();
    let transactions: Vec<Value> = block.transactions.iter().map(transaction_json).collect();
    let answer = Answer::new(json!({
        "hash": header.hash(), "header": header, "certificate": certified.certificate, "transactions": transactions,
    }));
    let lines = block.transactions.iter().map(|transaction| {
        let calls: Vec<String> = transaction
            .body
            .calls
            .iter()
            .map(|call| format!("{}/{}", call.contract, call.method().unwrap_or_default()))
            .collect();
        format!("  • {} calls {}", transaction.hash(), calls.join(", "))
    });
    Ok(answer
        .line(format!(
            "Block {} {}, {}",
            header.height,
            short(header.hash()),
            time(header.time)
        ))
        .line(format!(
            "  signed by {signers} of {validators} validators, in round {}",
            certified.certificate.round
        ))
        .line(format!("  state root {}", header.state_root))
        .lines(lines))
}

fn transaction_json(transaction: &SignedTransaction) -> Value {
    let calls = transaction.body.calls.iter();
    let calls: Vec<Value> = calls
        .map(|call| json!({ "contract": call.contract, "method": call.method() }))
        .collect();
    json!({
        "hash": transaction.hash(),
        "device": transaction.body.device,
        "sequence": transaction.body.sequence,
        "calls": calls,
    })
}

/// The height of the node's last block.
pub fn latest(node: &Node) -> Result<u64> {
    let status: Value = node.json("/v1/status")?;
    let height = status.get("height").and_then(Value::as_u64);
    height.ok_or_else(|| Failure::new(Code::ANSWER_UNUSABLE))
}

/// A receipt, whatever it says, with its proof.
pub fn receipt(args: &Receipt, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let done = session.receipt(&args.transaction, args.wait)?;
    save_proof(&done, args.save.as_deref())?;
    Ok(told(&session, &done, json!({})))
}

/// A key of the state, proven.
pub fn state(args: &State, global: &Global) -> Result<Answer> {
    let key = hex::decode(&args.key).map_err(|_| Failure::usage("the key is not hex"))?;
    let (proven, proof) = session(global)?.state(&key)?;
    if let Some(path) = &args.save {
        files::write(path, &proof)?;
    }
    let value = proven.value.as_ref().map(hex::encode);
    let json = json!({
        "key": args.key, "value": value, "height": proven.header.height, "time": proven.header.time,
    });
    Ok(Answer::new(json)
        .line(value.as_deref().unwrap_or("(there is no such key)"))
        .line(format!(
            "  proof holds: after block {}, {}",
            proven.header.height,
            time(proven.header.time)
        )))
}

/// Submits a transaction that somebody else signed.
pub fn submit(args: &Submit, global: &Global) -> Result<Answer> {
    let bytes = files::read(&args.file, limits::DEPLOY_BYTES_MAX as u64)?;
    let transaction = SignedTransaction::decode(&bytes)?;
    let session = session(global)?;
    let done = applied(&session, session.submit_signed(&transaction)?)?;
    Ok(told(&session, &done, json!({})))
}

/// A question, encoded, and what decodes its answer.
type Asked = (Vec<u8>, fn(&[u8]) -> Option<Value>);

/// Asks a contract.
pub fn query(args: &Query, global: &Global) -> Result<Answer> {
    let (question, decode) = ask(args.contract, &args.question)?;
    let answer =
        Node::new(&global.node)?.query(args.contract.0, &question, limits::PROOF_BYTES_MAX)?;
    let json = decode(&answer).ok_or_else(|| Failure::new(Code::ANSWER_UNUSABLE))?;
    let pretty =
        serde_json::to_string_pretty(&json).map_err(|_| Failure::new(Code::ANSWER_UNUSABLE))?;
    Ok(Answer::new(json).line(pretty))
}

fn answer<T: borsh::BorshDeserialize + serde::Serialize>(bytes: &[u8]) -> Option<Value> {
    T::try_from_slice(bytes).ok().map(|answer| json!(answer))
}

/// Encodes a question of a contract that this program knows.
fn ask(contract: ContractId, text: &str) -> Result<Asked> {
    // `"validators"` may be written without its quotes.
    let is_name = text
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let quoted = if is_name {
        format!("\"{text}\"")
    } else {
        text.to_owned()
    };
    let wrong = |error: serde_json::Error| {
        Failure::usage(format!(
            "not a question of this contract: {error}; docs/cli.md lists them"
        ))
    };
    macro_rules! ask {
        ($query:ty, $($variant:pat => $answer:ty),* $(,)?) => {{
            let question: $query = serde_json::from_str(&quoted).map_err(wrong)?;
            let decode: fn(&[u8]) -> Option<Value> = match &question {
                $($variant => answer::<$answer>),*
            };
            (codec::encode(&question), decode)
        }};
    }
    Ok(match contract {
        REGISTRY => ask!(registry::Query,
            registry::Query::Organisation { .. } => registry::msg::OrganisationAnswer,
            registry::Query::Organisations { .. } => registry::msg::OrganisationPage,
            registry::Query::Device { .. } => registry::msg::DeviceAnswer,
            registry::Query::Rights { .. } => registry::msg::RightList,
            registry::Query::Validators => registry::msg::ValidatorsAnswer,
            registry::Query::Validator { .. } => registry::msg::ValidatorAnswer,
            registry::Query::Peers { .. } => registry::msg::PeerPage,
        ),
        TREASURY => ask!(treasury::Query,
            treasury::Query::Budget { .. } => treasury::msg::BudgetAnswer,
            treasury::Query::Claim { .. } => treasury::msg::ClaimAnswer,
            treasury::Query::Claims { .. } => treasury::msg::ClaimPage,
            treasury::Query::Transfer { .. } => treasury::msg::TransferAnswer,
            treasury::Query::Outside { .. } => treasury::msg::OutsideAnswer,
            treasury::Query::Locked { .. } => treasury::msg::LockedAnswer,
            treasury::Query::Programme { .. } => treasury::msg::ProgrammeAnswer,
            treasury::Query::Terms { .. } => treasury::msg::TermsAnswer,
            treasury::Query::Purse { .. } => treasury::msg::PurseAnswer,
            treasury::Query::Outstanding { .. } => treasury::msg::OutstandingAnswer,
        ),
        MARKING => ask!(marking::msg::Query,
            marking::msg::Query::Verify { .. } => marking::msg::PackView,
            marking::msg::Query::Pack { .. } => marking::msg::PackView,
            marking::msg::Query::MovementsReported { .. } => bool,
        ),
        PRESCRIPTION => ask!(prescription::msg::Query,
            prescription::msg::Query::Group { .. } => prescription::msg::GroupView,
            prescription::msg::Query::Programme { .. } => prescription::programme::ProgrammeAnswer,
            prescription::msg::Query::Overdue { .. } =>
                Vec<(prescription::GroupId, u8, prescription::record::Overdue)>,
            prescription::msg::Query::Rules { .. } => prescription::Rules,
        ),
        VOUCHER => ask!(voucher::Query,
            voucher::Query::Voucher { .. } => voucher::msg::VoucherView,
            voucher::Query::Programme { .. } => voucher::msg::ProgrammeAnswer,
            voucher::Query::Policy { .. } => voucher::msg::PolicyAnswer,
            voucher::Query::Service { .. } => voucher::msg::ServiceAnswer,
            voucher::Query::Listing { .. } => voucher::msg::ListingAnswer,
            voucher::Query::Calendar { .. } => voucher::msg::CalendarAnswer,
            voucher::Query::Tally { .. } => voucher::msg::TallyAnswer,
            voucher::Query::OfflineChain { .. } => voucher::msg::OfflineChainAnswer,
            voucher::Query::Excess { .. } => voucher::msg::ExcessPage,
            voucher::Query::Findings { .. } => voucher::msg::FindingsAnswer,
        ),
        SETTLEMENT => ask!(settlement::Query,
            settlement::Query::Agreement { .. } => settlement::msg::AgreementAnswer,
            settlement::Query::Act { .. } => settlement::msg::ActAnswer,
            settlement::Query::Acts { .. } => settlement::msg::ActsAnswer,
            settlement::Query::Details { .. } => settlement::msg::DetailsAnswer,
            settlement::Query::Ordered { .. } => settlement::msg::OrderedAnswer,
        ),
        CARD => ask!(card::Query,
            card::Query::Key { .. } => card::msg::KeyAnswer,
            card::Query::Check { .. } => (),
            card::Query::Programme { .. } => card::msg::CategoriesAnswer,
        ),
        _ => {
            return Err(Failure::usage(
                "this program knows the questions of registry, treasury, marking, prescription, voucher, settlement and card",
            ));
        }
    })
}

/// A budget line, proven.
pub fn budget(args: &Budget, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let proven = session.record::<BudgetRecord>(&budget_key(BudgetId(args.budget)), TREASURY)?;
    let budget = proven
        .value
        .ok_or_else(|| Failure::new(Code::NO_BUDGET))?
        .into_current();
    let json = json!({
        "budget": args.budget,
        "credits_tiyn": budget.credits, "debits_tiyn": budget.debits, "reserved_tiyn": budget.pending,
        "available_tiyn": budget.available(), "height": proven.header.height,
    });
    Ok(Answer::new(json)
        .lines(describe::budget_lines(args.budget, &budget, &session.names))
        .line(format!(
            "  proof holds: after block {}",
            proven.header.height
        )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_validator_that_observes_is_told_with_the_height_where_it_is_known() {
        let told = observes(&json!({ "until": 1234 }));
        assert!(
            told.ends_with("does not vote until block 1234 is decided"),
            "{told}"
        );
        let told = observes(&json!({ "until": null }));
        assert!(
            told.contains("does not vote until enough other validators"),
            "{told}"
        );
    }
}
