//! The routes: what each takes and gives. `docs/http-api.md` tables them.

use crate::error::{ApiError, in_one_form};
use crate::handle::NodeHandle;
use crate::health;
use crate::log;
use crate::metrics::Metrics;
use crate::sealed::{self, SealedStore};
use crate::terminals::{self, CONTACT_BYTES_MAX, ContactStore};
use crate::watch::{Watch, now_ms};
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use senim_replica::{BlockRecord, NodeStatus, Read, ReadAnswer, SubmitAnswer, SyncProgress};
use senim_types::text::KeyKind;
use senim_types::{
    Code, CommitCertificate, ContractId, Hash, Header, Height, PublicKey, SignedTransaction, codec,
    limits,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

/// The longest wait that a client may ask for, in ms.
const WAIT_MS_MAX: u64 = 30_000;
/// The longest that a request may take in all: a wait, and a slow connection's body.
const REQUEST_MS_MAX: u64 = WAIT_MS_MAX + 10_000;
/// Bytes of a question to a contract.
const QUERY_BYTES_MAX: usize = 16 * 1024;
/// What bytes are called.
const OCTET_STREAM: &str = "application/octet-stream";

/// What the routes share.
#[derive(Clone)]
pub struct Api {
    /// The node.
    pub node: NodeHandle,
    /// Sealed data kept beside the ledger.
    pub sealed: Arc<SealedStore>,
    /// When terminals were last heard of.
    pub contacts: Arc<ContactStore>,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// What is seen of the node without asking it.
    pub watch: Arc<Watch>,
}

/// The interface of one node.
pub fn router(api: Api) -> Router {
    let submit = post(submit).layer(DefaultBodyLimit::max(limits::DEPLOY_BYTES_MAX));
    let query = post(query).layer(DefaultBodyLimit::max(QUERY_BYTES_MAX));
    let sealed = get(sealed::fetch)
        .put(sealed::store)
        .delete(sealed::remove)
        .layer(DefaultBodyLimit::max(sealed::SEALED_BYTES_MAX));
    let contact = post(terminals::contact).layer(DefaultBodyLimit::max(CONTACT_BYTES_MAX));
    Router::new()
        .route("/v1/status", get(status))
        .route("/v1/transactions", submit)
        .route("/v1/receipts/{transaction}", get(receipt))
        .route("/v1/devices/{device}", get(device))
        .route("/v1/state/{key}", get(state))
        .route("/v1/headers/{height}", get(header_at))
        .route("/v1/blocks/{height}", get(block_at))
        .route("/v1/blocks/{height}/receipts", get(receipts_at))
        .route("/v1/light-blocks/{height}", get(log::light_block))
        .route("/v1/log/checkpoint", get(log::checkpoint))
        .route("/v1/log/headers/{height}", get(log::header_proof))
        .route("/v1/log/consistency/{size}", get(log::consistency_proof))
        .route("/v1/contracts/{contract}/query", query)
        .route("/v1/sealed/{hash}", sealed)
        .route("/v1/terminals", get(terminals::list))
        .route("/v1/terminals/contact", contact)
        .route("/health", get(health::health))
        .route("/ready", get(health::ready))
        .route("/metrics", get(metrics))
        .fallback(nothing_here)
        // Whoever announces more than any route takes is refused before a byte of it is waited for.
        .layer(RequestBodyLimitLayer::new(limits::DEPLOY_BYTES_MAX))
        .layer(CatchPanicLayer::new())
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            Duration::from_millis(REQUEST_MS_MAX),
        ))
        .layer(axum::middleware::map_response(in_one_form))
        .with_state(api)
}

async fn nothing_here() -> ApiError {
    ApiError::with_message(
        Code::NOT_FOUND,
        "There is no such route: see docs/http-api.md.",
    )
}

/// How long to wait for a receipt.
#[derive(Debug, Deserialize)]
struct Wait {
    /// In ms; none is not at all.
    wait_ms: Option<u64>,
}

impl Wait {
    fn limit(&self) -> Option<Duration> {
        let wait_ms = self.wait_ms.filter(|wait_ms| *wait_ms > 0)?;
        Some(Duration::from_millis(wait_ms.min(WAIT_MS_MAX)))
    }
}

/// Where a transaction stands.
#[derive(Debug, Serialize)]
struct Submitted {
    /// Its hash.
    transaction: Hash,
    /// `accepted`: it waits for a block. `committed`: its receipt can be had.
    status: &'static str,
    /// `applied` or `refused`, for whoever waited; the receipt proves it.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    /// What it was refused with.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<Code>,
}

async fn submit(
    State(api): State<Api>,
    Query(wait): Query<Wait>,
    body: Bytes,
) -> Result<Response, ApiError> {
    let answer = take(&api, &body).await;
    api.metrics.submitted(answer.as_ref().err().copied());
    let (transaction, is_committed) = match answer? {
        SubmitAnswer::Accepted(hash) => (hash, false),
        SubmitAnswer::Committed(hash) => (hash, true),
        SubmitAnswer::Refused(code) => return Err(code.into()),
    };
    let ended = match wait.limit() {
        Some(limit) => match api.node.wait(transaction, limit).await {
            Ok(refused) => Some(refused),
            Err(Code::TIMED_OUT) => None,
            Err(code) => return Err(code.into()),
        },
        None => None,
    };
    let (http, status) = if is_committed || ended.is_some() {
        (StatusCode::OK, "committed")
    } else {
        (StatusCode::ACCEPTED, "accepted")
    };
    let outcome = ended.map(|refused| refused.map_or("applied", |_| "refused"));
    let answer = Submitted {
        transaction,
        status,
        outcome,
        code: ended.flatten(),
    };
    Ok((http, Json(answer)).into_response())
}

async fn take(api: &Api, body: &[u8]) -> Result<SubmitAnswer, Code> {
    match api.node.submit(SignedTransaction::decode(body)?).await? {
        SubmitAnswer::Refused(code) => Err(code),
        answer => Ok(answer),
    }
}

async fn receipt(
    State(api): State<Api>,
    Path(transaction): Path<String>,
    Query(wait): Query<Wait>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let transaction: Hash = parse("transaction", &transaction)?;
    if let Some(limit) = wait.limit() {
        match api.node.wait(transaction, limit).await {
            Ok(_) | Err(Code::TIMED_OUT) => {}
            Err(code) => return Err(code.into()),
        }
    }
    receipt_answer(&api, Read::Receipt { transaction }, &headers).await
}

async fn receipt_answer(
    api: &Api,
    question: Read,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    match api.node.read(question).await? {
        ReadAnswer::Receipt(Some(proof)) => Ok(bytes_or_json(headers, &*proof)),
        _ => Err(Code::NOT_FOUND.into()),
    }
}

/// The answer to `/v1/devices/{device}`.
#[derive(Debug, Serialize)]
struct DeviceAnswer {
    next_sequence: u64,
    /// Time of the last block, Unix ms.
    time: u64,
}

async fn device(
    State(api): State<Api>,
    Path(device): Path<String>,
) -> Result<Json<DeviceAnswer>, ApiError> {
    let device = parse_device(&device)?;
    match api.node.read(Read::Device { device }).await? {
        ReadAnswer::Device(status) => Ok(Json(DeviceAnswer {
            next_sequence: status.next_sequence,
            time: status.time.0,
        })),
        _ => Err(Code::NOT_FOUND.into()),
    }
}

async fn state(
    State(api): State<Api>,
    Path(key): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let key = hex::decode(&key).map_err(|_| bad("the state key is not hex"))?;
    if key.len() > limits::STATE_KEY_BYTES_MAX {
        return Err(Code::TOO_LARGE.into());
    }
    match api.node.read(Read::State { key }).await? {
        ReadAnswer::State(Some(bundle)) => Ok(bytes_or_json(&headers, &*bundle)),
        _ => Err(ApiError::with_message(
            Code::NOT_FOUND,
            "There is no certified block yet, so nothing can be proven. Try again after the first block.",
        )),
    }
}

/// A header and its certificate.
#[derive(Debug, Serialize, borsh::BorshSerialize)]
struct CertifiedHeader {
    hash: Hash,
    header: Header,
    certificate: CommitCertificate,
}

async fn header_at(
    State(api): State<Api>,
    Path(height): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let record = block(&api, &height).await?;
    let (header, certificate) = (record.block.header.clone(), record.certificate.clone());
    let certified = CertifiedHeader {
        hash: header.hash(),
        header,
        certificate,
    };
    Ok(bytes_or_json(&headers, &certified))
}

/// A block, for reading.
#[derive(Debug, Serialize)]
struct BlockAnswer {
    hash: Hash,
    header: Header,
    certificate: CommitCertificate,
    transactions: Vec<TransactionSummary>,
}

#[derive(Debug, Serialize)]
struct TransactionSummary {
    hash: Hash,
    device: String,
    sequence: u64,
    calls: Vec<CallSummary>,
}

#[derive(Debug, Serialize)]
struct CallSummary {
    contract: ContractId,
    method: Option<u8>,
}

async fn block_at(
    State(api): State<Api>,
    Path(height): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let record = block(&api, &height).await?;
    let block = &record.block;
    if wants_bytes(&headers) {
        return Ok(octets(codec::encode(block)));
    }
    let summary = |signed: &SignedTransaction| TransactionSummary {
        hash: signed.hash(),
        device: signed.body.device.to_text(KeyKind::Device),
        sequence: signed.body.sequence,
        calls: signed
            .body
            .calls
            .iter()
            .map(|call| CallSummary {
                contract: call.contract,
                method: call.method(),
            })
            .collect(),
    };
    let transactions = block.transactions.iter().map(summary).collect();
    let (header, certificate) = (block.header.clone(), record.certificate.clone());
    Ok(Json(BlockAnswer {
        hash: header.hash(),
        header,
        certificate,
        transactions,
    })
    .into_response())
}

/// All receipts of a block, those of due entries and upgrades too: together they have the header's `receipts_root`, so
/// whoever has the header needs no proof for each.
async fn receipts_at(
    State(api): State<Api>,
    Path(height): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let record = block(&api, &height).await?;
    Ok(bytes_or_json(&headers, &record.receipts))
}

/// A height by number; none for `latest`.
pub(crate) fn parse_height(text: &str) -> Result<Option<Height>, ApiError> {
    let bad = |_| bad("the height is neither a number nor `latest`");
    match text {
        "latest" => Ok(None),
        number => Ok(Some(Height(number.parse().map_err(bad)?))),
    }
}

async fn block(api: &Api, height: &str) -> Result<Arc<BlockRecord>, ApiError> {
    let height = match parse_height(height)? {
        None => node_status(api).await?.tip.height,
        Some(height) => height,
    };
    match api.node.read(Read::Block { height }).await? {
        ReadAnswer::Block(Some(record)) => Ok(record),
        _ => Err(Code::NOT_FOUND.into()),
    }
}

async fn query(
    State(api): State<Api>,
    Path(contract): Path<u32>,
    body: Bytes,
) -> Result<Response, ApiError> {
    let question = Read::Query {
        contract: ContractId(contract),
        input: body.to_vec(),
    };
    match api.node.read(question).await? {
        ReadAnswer::Output(output) => Ok(octets(output)),
        _ => Err(Code::NOT_FOUND.into()),
    }
}

/// Until when a validator observes.
#[derive(Debug, Serialize)]
struct ObservingAnswer {
    /// The height after whose decision it votes; null while the others have not said how far they are.
    until: Option<Height>,
}

/// How far a node that is behind is.
#[derive(Debug, Serialize)]
struct CatchingUp {
    phase: &'static str,
    target: Height,
    done: u64,
    total: u64,
    bytes_done: u64,
    bytes_total: u64,
    per_second: u64,
    left_ms: Option<u64>,
}

impl From<SyncProgress> for CatchingUp {
    fn from(progress: SyncProgress) -> Self {
        CatchingUp {
            phase: progress.phase.name(),
            target: progress.target,
            done: progress.done,
            total: progress.total,
            bytes_done: progress.bytes_done,
            bytes_total: progress.bytes_total,
            per_second: progress.rate_per_1000_s / 1_000,
            left_ms: progress.left_ms,
        }
    }
}

/// The answer to `/v1/status`.
#[derive(Debug, Serialize)]
struct StatusAnswer {
    name: String,
    chain: senim_types::ChainId,
    height: Height,
    hash: Hash,
    time: u64,
    validators: usize,
    validator: Option<String>,
    /// Only while a validator observes, because it may have forgotten votes.
    #[serde(skip_serializing_if = "Option::is_none")]
    observing: Option<ObservingAnswer>,
    waiting_transactions: usize,
    syncing: bool,
    first_height: Height,
    catching_up: Option<CatchingUp>,
    halted: bool,
    version: &'static str,
}

async fn status(State(api): State<Api>) -> Result<Json<StatusAnswer>, ApiError> {
    let status = node_status(&api).await?;
    Ok(Json(StatusAnswer {
        height: status.tip.height,
        hash: status.tip.hash(),
        time: status.tip.time.0,
        syncing: status.seen > status.tip.height,
        first_height: status.first,
        catching_up: status.catching_up.map(CatchingUp::from),
        validators: status.validators.validators().len(),
        validator: status.validator.map(|key| key.to_text(KeyKind::Validator)),
        observing: status.observing.map(|observing| ObservingAnswer {
            until: observing.until,
        }),
        waiting_transactions: status.mempool,
        halted: status.halted,
        name: status.name,
        chain: status.chain,
        version: env!("CARGO_PKG_VERSION"),
    }))
}

async fn node_status(api: &Api) -> Result<NodeStatus, ApiError> {
    match api.node.read(Read::Status).await? {
        ReadAnswer::Status(status) => Ok(*status),
        _ => Err(Code::NOT_READY.into()),
    }
}

/// Does not wait for the node: what is wrong with it is what this has to tell.
async fn metrics(State(api): State<Api>) -> Response {
    let text = api
        .metrics
        .render(&api.watch, &api.contacts.figures(), now_ms());
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

fn bad(message: &str) -> ApiError {
    ApiError::with_message(Code::BAD_REQUEST, message)
}

pub(crate) fn parse<T: std::str::FromStr>(what: &str, text: &str) -> Result<T, ApiError> {
    text.parse()
        .map_err(|_| bad(&format!("the {what} is not 64 hex digits")))
}

fn parse_device(text: &str) -> Result<PublicKey, ApiError> {
    PublicKey::from_text(KeyKind::Device, text)
        .map_err(|error| bad(&format!("the device: {error}")))
}

fn wants_bytes(headers: &HeaderMap) -> bool {
    let accepted = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok());
    accepted.is_some_and(|accepted| accepted.contains(OCTET_STREAM))
}

pub(crate) fn octets(bytes: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, OCTET_STREAM)], bytes).into_response()
}

/// Canonical bytes for those who ask for them, JSON for everybody else.
pub(crate) fn bytes_or_json<T: Serialize + borsh::BorshSerialize>(
    headers: &HeaderMap,
    value: &T,
) -> Response {
    if wants_bytes(headers) {
        octets(codec::encode(value))
    } else {
        Json(value).into_response()
    }
}
