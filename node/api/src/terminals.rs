//! Terminals: when a node last heard of each, which software it runs, and whether its clock is right. Kept at the node
//! that they make contact with, not on the ledger: it changes by the minute, and nobody's right follows from it.

use crate::error::ApiError;
use crate::routes::Api;
use crate::signed::{Requester, authorise, read, who};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, Method, Uri};
use borsh::{BorshDeserialize, BorshSerialize};
use senim_abi::Roles;
use senim_abi::registry::Standing;
use senim_types::text::KeyKind;
use senim_types::{Code, OrgId, PublicKey, codec};
use serde::{Deserialize, Serialize};

mod store;

pub(crate) use store::ContactFigures;
use store::{Contact, SKEW_MS_MAX, Terminal, skew_ms};
pub use store::{ContactLimits, ContactStore};

/// Bytes of a contact.
pub const CONTACT_BYTES_MAX: usize = 128;
/// Bytes of a software's name, and of its version.
const WORD_BYTES_MAX: usize = 32;
/// When a terminal should make contact again, in ms.
const NEXT_MS: u64 = 5 * 60 * 1000;
/// How far a terminal's clock may be from this node's for its contact to be taken, in ms.
const CLOCK_MS_MAX: u64 = 2 * 60 * 1000;
/// Terminals of one page.
const PAGE_MAX: usize = 200;

/// What a terminal says of itself.
#[derive(BorshSerialize, BorshDeserialize)]
struct Software {
    name: String,
    version: String,
}

/// What it is told.
#[derive(Serialize)]
pub(crate) struct ContactAnswer {
    /// This node's clock, Unix ms.
    time: u64,
    /// The terminal's clock less this node's, in ms.
    skew_ms: i64,
    /// Whether that is too much.
    clock_wrong: bool,
    /// How the device stands, as this node has it.
    standing: Standing,
    /// How its organisation stands.
    organisation_standing: Standing,
    /// When it should make contact again, in ms.
    next_ms: u64,
}

fn is_word(text: &str) -> bool {
    let is_good = |byte: u8| byte.is_ascii_alphanumeric() || b".-_+/".contains(&byte);
    (1..=WORD_BYTES_MAX).contains(&text.len()) && text.bytes().all(is_good)
}

/// Takes a terminal's contact, whatever its standing: who is suspended is told so.
pub(crate) async fn contact(
    State(api): State<Api>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<ContactAnswer>, ApiError> {
    let taken = take(&api, &headers, &body).await;
    let refused = taken.as_ref().err().map(|error| error.code);
    api.metrics.contacted(refused);
    taken.map(Json)
}

async fn take(api: &Api, headers: &HeaderMap, body: &[u8]) -> Result<ContactAnswer, ApiError> {
    let signed = read(api, &Method::POST, "/v1/terminals/contact", headers, body).await?;
    if signed.age_ms() > CLOCK_MS_MAX {
        let mut refusal = ApiError::new(Code::CLOCK_DIFFERS);
        refusal.detail = hex::encode(signed.now_ms.to_be_bytes());
        return Err(refusal);
    }
    let Software { name, version } =
        codec::decode(body, CONTACT_BYTES_MAX).map_err(|error| ApiError::from(error.code()))?;
    if !is_word(&name) || !is_word(&version) {
        return Err(ApiError::with_message(
            Code::MALFORMED,
            "Name and version of the software are 1 to 32 letters, digits and `.-_+/` each.",
        ));
    }
    let known = who(api, &signed).await?;
    let contact = Contact {
        software: name,
        version,
        at_ms: signed.now_ms,
        signed_ms: signed.time_ms,
    };
    let terminal = (known.requester.org, signed.device);
    api.contacts.take(terminal, contact).await?;
    let skew_ms = skew_ms(signed.time_ms, signed.now_ms);
    Ok(ContactAnswer {
        time: signed.now_ms,
        skew_ms,
        clock_wrong: skew_ms.unsigned_abs() > SKEW_MS_MAX,
        standing: known.device,
        organisation_standing: known.organisation,
        next_ms: NEXT_MS,
    })
}

/// Which terminals.
#[derive(Deserialize)]
pub(crate) struct Which {
    /// Of one organisation.
    org: Option<u32>,
    /// After this one: what the page before had as `next`.
    after: Option<String>,
}

/// One page.
#[derive(Serialize)]
pub(crate) struct Page {
    /// By organisation, then by device.
    terminals: Vec<TerminalAnswer>,
    /// What to send as `after` for the next page; null where this is the last.
    next: Option<String>,
}

#[derive(Serialize)]
struct TerminalAnswer {
    device: String,
    org: OrgId,
    software: String,
    version: String,
    /// When it was last heard of, Unix ms.
    contact: u64,
    skew_ms: i64,
    clock_wrong: bool,
}

/// What a page ends with, as text.
fn cursor((org, device): &Terminal) -> String {
    format!("{org}.{}", device.to_text(KeyKind::Device))
}

fn read_cursor(text: &str) -> Option<Terminal> {
    let (org, device) = text.split_once('.')?;
    let device = PublicKey::from_text(KeyKind::Device, device).ok()?;
    Some((OrgId(org.parse().ok()?), device))
}

/// Whose terminals the requester may see: an organisation its own, the operator all.
fn seen_by(requester: &Requester, asked: Option<u32>) -> Result<Option<OrgId>, ApiError> {
    let asked = asked.map(OrgId);
    if requester.roles.intersects(Roles::OPERATOR) {
        return Ok(asked);
    }
    match asked {
        Some(org) if org != requester.org => Err(Code::NOT_AUTHORISED.into()),
        _ => Ok(Some(requester.org)),
    }
}

/// Lists terminals that made contact here.
pub(crate) async fn list(
    State(api): State<Api>,
    Query(which): Query<Which>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Json<Page>, ApiError> {
    let path = uri
        .path_and_query()
        .map_or(uri.path(), |path| path.as_str());
    let requester = authorise(&api, &Method::GET, path, &headers, &[]).await?;
    let org = seen_by(&requester, which.org)?;
    let after = which.after.as_deref().map(|text| {
        let bad = "`after` is not what a page had as `next`.";
        read_cursor(text).ok_or_else(|| ApiError::with_message(Code::BAD_REQUEST, bad))
    });
    let after = after.transpose()?;
    let found = api.contacts.page(org, after, PAGE_MAX);
    let next = (found.len() == PAGE_MAX).then(|| found.last().map(|(last, _)| cursor(last)));
    let answer = |((org, device), contact): (Terminal, Contact)| TerminalAnswer {
        device: device.to_text(KeyKind::Device),
        org,
        skew_ms: contact.skew_ms(),
        clock_wrong: contact.skew_ms().unsigned_abs() > SKEW_MS_MAX,
        contact: contact.at_ms,
        software: contact.software,
        version: contact.version,
    };
    Ok(Json(Page {
        terminals: found.into_iter().map(answer).collect(),
        next: next.flatten(),
    }))
}
