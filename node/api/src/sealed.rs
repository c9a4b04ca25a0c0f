//! Sealed data: ciphertexts that belong to prescriptions, kept beside the ledger so that they can be
//! deleted. The ledger has their hash; the key is never here.
//!
//! Each request is signed by an enrolled device: header `Senim-Request` = device key, time (Unix ms)
//! and signature over method, path, body's hash and time, as `senimdev1…:1760000000000:hex`. A clinic stores and
//! may delete what its organisation stored, and fetches that alone. A pharmacy fetches what it holds on the ledger, or has
//! recorded a look at there just now: whoever reads the ledger sees every look. The wallet's service fetches for wallets.

use crate::error::ApiError;
use crate::routes::{Api, octets, parse};
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use senim_abi::prescription::GroupId;
use senim_abi::prescription::record::{GroupRecord, group_key};
use senim_abi::registry::Standing;
use senim_abi::registry::record::{DeviceRecord, OrganisationRecord, device_key, organisation_key};
use senim_abi::{PRESCRIPTION, REGISTRY, Roles};
use senim_replica::{Read, ReadAnswer};
use senim_types::crypto::verify;
use senim_types::domain::signed_bytes;
use senim_types::text::KeyKind;
use senim_types::{Code, Domain, Hash, OrgId, PublicKey, Signature, TimeMs, codec};

mod store;

pub use store::{SealedLimits, SealedStore};

/// Bytes of one sealed object.
pub const SEALED_BYTES_MAX: usize = 256 * 1024;
/// How old, or how far ahead, a request's time may be, in ms.
const REQUEST_AGE_MS_MAX: u64 = 2 * 60 * 1000;
/// The header that authorises a request.
pub const REQUEST_HEADER: &str = "senim-request";

/// What the header signs.
#[derive(borsh::BorshSerialize)]
struct RequestStatement<'a> {
    method: &'a str,
    path: &'a str,
    body: Hash,
    time_ms: u64,
}

/// The message that a device signs, under [`Domain::Request`], for a request.
pub fn request_message(method: &str, path: &str, body: &[u8], time_ms: u64) -> Vec<u8> {
    codec::encode(&RequestStatement {
        method,
        path,
        body: Hash::of(body),
        time_ms,
    })
}

/// Who asks.
struct Requester {
    org: OrgId,
    roles: Roles,
    /// When: by this node's clock or its last block, whichever is later, since no block comes where nothing happens.
    now: TimeMs,
}

/// Which prescription a pharmacy says that the object belongs to.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct Of {
    /// Its id.
    prescription: Option<String>,
}

fn unauthorised(message: &str) -> ApiError {
    ApiError::with_message(Code::UNAUTHORISED, message)
}

/// Checks the request's signature, its time, and that its device and organisation are active.
async fn authorise(
    api: &Api,
    method: &Method,
    hash: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Requester, ApiError> {
    let text = headers
        .get(REQUEST_HEADER)
        .and_then(|value| value.to_str().ok());
    let text = text.ok_or_else(|| unauthorised("The header Senim-Request is missing."))?;
    let malformed = || unauthorised("The header Senim-Request is not `device:time:signature`.");
    let mut fields = text.split(':');
    let (Some(device), Some(time_ms), Some(signature), None) =
        (fields.next(), fields.next(), fields.next(), fields.next())
    else {
        return Err(malformed());
    };
    let device = PublicKey::from_text(KeyKind::Device, device).map_err(|_| malformed())?;
    let time_ms: u64 = time_ms.parse().map_err(|_| malformed())?;
    let mut signed = Signature([0; 64]);
    hex::decode_to_slice(signature, &mut signed.0).map_err(|_| malformed())?;
    let now_ms = (api.sealed.now_ms)();
    if now_ms.abs_diff(time_ms) > REQUEST_AGE_MS_MAX {
        return Err(unauthorised(
            "The request's time is more than two minutes from this node's clock.",
        ));
    }
    let ReadAnswer::Status(status) = api.node.read(Read::Status).await? else {
        return Err(Code::NOT_READY.into());
    };
    let path = format!("/v1/sealed/{hash}");
    let message = request_message(method.as_str(), &path, body, time_ms);
    if !verify(
        &device,
        &signed_bytes(Domain::Request, &status.chain, &message),
        &signed,
    ) {
        return Err(unauthorised("The request's signature does not verify."));
    }
    let enrolled: Option<DeviceRecord> =
        record(api, device_key(&device).in_state_of(REGISTRY)).await?;
    let enrolled = enrolled.ok_or(Code::DEVICE_UNKNOWN)?.into_current();
    let organisation: Option<OrganisationRecord> =
        record(api, organisation_key(enrolled.org).in_state_of(REGISTRY)).await?;
    let organisation = organisation
        .ok_or(Code::ORGANISATION_UNKNOWN)?
        .into_current();
    if enrolled.standing != Standing::Active {
        return Err(Code::DEVICE_SUSPENDED.into());
    }
    if organisation.standing != Standing::Active {
        return Err(Code::ORGANISATION_SUSPENDED.into());
    }
    Ok(Requester {
        org: enrolled.org,
        roles: organisation.roles,
        now: TimeMs(now_ms).max(status.tip.time),
    })
}

async fn record<T: borsh::BorshDeserialize>(
    api: &Api,
    key: Vec<u8>,
) -> Result<Option<T>, ApiError> {
    match api.node.read(Read::Value { key }).await? {
        ReadAnswer::Value(None) => Ok(None),
        ReadAnswer::Value(Some(bytes)) => T::try_from_slice(&bytes)
            .map(Some)
            .map_err(|_| Code::CORRUPT_RECORD.into()),
        _ => Err(Code::NOT_READY.into()),
    }
}

fn needs(requester: &Requester, roles: Roles) -> Result<(), ApiError> {
    if requester.roles.intersects(roles) {
        Ok(())
    } else {
        Err(Code::ROLE_NOT_ALLOWED.into())
    }
}

/// Stores an object under its hash. The same again by the same organisation is a success.
pub(crate) async fn store(
    State(api): State<Api>,
    Path(hash): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, ApiError> {
    let requester = authorise(&api, &Method::PUT, &hash, &headers, &body).await?;
    needs(&requester, Roles::CLINIC)?;
    let hash: Hash = parse("hash", &hash)?;
    if Hash::of(&body) != hash {
        return Err(ApiError::with_message(
            Code::BAD_REQUEST,
            "The body's blake3 is not the hash of the path.",
        ));
    }
    if let Ok((owner, _)) = api.sealed.read(&hash).await {
        // Whoever was first keeps it: a copy sent by another must not take the right to delete.
        let is_owner = owner == requester.org;
        return if is_owner {
            Ok(StatusCode::OK)
        } else {
            Err(Code::NOT_AUTHORISED.into())
        };
    }
    api.sealed.write(hash, requester.org, body).await?;
    Ok(StatusCode::CREATED)
}

/// Whether the ledger says that the object is of this prescription, and the prescription with this pharmacy.
async fn is_with(
    api: &Api,
    requester: &Requester,
    hash: &Hash,
    prescription: &GroupId,
) -> Result<bool, ApiError> {
    if !requester.roles.intersects(Roles::PHARMACY) {
        return Ok(false);
    }
    let key = group_key(prescription).in_state_of(PRESCRIPTION);
    let group: Option<GroupRecord> = record(api, key).await?;
    Ok(group.map(GroupRecord::into_current).is_some_and(|group| {
        group.sealed == Some(*hash) && group.is_open_to(requester.org, requester.now)
    }))
}

/// Gives an object to the clinic that stored it, to a pharmacy that the ledger gives it to, or to the wallet's service.
pub(crate) async fn fetch(
    State(api): State<Api>,
    Path(hash): Path<String>,
    Query(of): Query<Of>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let requester = authorise(&api, &Method::GET, &hash, &headers, &[]).await?;
    needs(
        &requester,
        Roles::CLINIC | Roles::PHARMACY | Roles::IDENTITY_SERVICE,
    )?;
    let hash: Hash = parse("hash", &hash)?;
    let of = of
        .prescription
        .map(|id| parse("prescription", &id))
        .transpose()?;
    let is_with = match of.map(GroupId) {
        Some(prescription) => is_with(&api, &requester, &hash, &prescription).await?,
        None => false,
    };
    let may_store = requester.roles.intersects(Roles::CLINIC);
    let for_wallets = requester.roles.intersects(Roles::IDENTITY_SERVICE);
    if !is_with && !may_store && !for_wallets {
        return Err(Code::SEALED_NOT_HELD.into());
    }
    let (owner, ciphertext) = api.sealed.read(&hash).await?;
    if !is_with && !for_wallets && owner != requester.org {
        return Err(Code::NOT_AUTHORISED.into());
    }
    tracing::info!(organisation = requester.org.0, sealed = %hash, "sealed data was looked at");
    Ok(octets(ciphertext))
}

/// Deletes an object that the requester's organisation stored.
pub(crate) async fn remove(
    State(api): State<Api>,
    Path(hash): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, ApiError> {
    let requester = authorise(&api, &Method::DELETE, &hash, &headers, &[]).await?;
    let hash: Hash = parse("hash", &hash)?;
    let (owner, ciphertext) = api.sealed.read(&hash).await?;
    if owner != requester.org {
        return Err(Code::NOT_AUTHORISED.into());
    }
    api.sealed.remove(hash, owner, ciphertext.len()).await?;
    tracing::info!(organisation = requester.org.0, sealed = %hash, "sealed data was deleted");
    Ok(StatusCode::NO_CONTENT)
}
