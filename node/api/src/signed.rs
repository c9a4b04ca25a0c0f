//! Requests that a device signs: header `Senim-Request` = device key, time (Unix ms) and signature over method, path,
//! body's hash and time, as `senimdev1…:1760000000000:hex`.

use crate::error::ApiError;
use crate::routes::Api;
use axum::http::{HeaderMap, Method};
use senim_abi::registry::Standing;
use senim_abi::registry::record::{DeviceRecord, OrganisationRecord, device_key, organisation_key};
use senim_abi::{REGISTRY, Roles};
use senim_replica::{Read, ReadAnswer};
use senim_types::crypto::verify;
use senim_types::domain::signed_bytes;
use senim_types::text::KeyKind;
use senim_types::{Code, Domain, Hash, OrgId, PublicKey, Signature, TimeMs, codec};

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

/// A request whose signature verifies. Neither its time nor who signed it has been looked at.
pub(crate) struct Signed {
    /// Which key signed.
    pub(crate) device: PublicKey,
    /// The time that it signed, by its own clock, Unix ms.
    pub(crate) time_ms: u64,
    /// This node's clock, Unix ms.
    pub(crate) now_ms: u64,
    /// Time of its last block.
    pub(crate) block: TimeMs,
}

impl Signed {
    /// How far the two clocks, or the signing and the reading, are apart.
    pub(crate) fn age_ms(&self) -> u64 {
        self.now_ms.abs_diff(self.time_ms)
    }
}

/// Who asks.
pub(crate) struct Requester {
    /// The device's organisation.
    pub(crate) org: OrgId,
    /// What that is.
    pub(crate) roles: Roles,
    /// When: by this node's clock or its last block, whichever is later, since no block comes where nothing happens.
    pub(crate) now: TimeMs,
}

/// What the registry says of an enrolled device.
pub(crate) struct Known {
    /// For whom it asks.
    pub(crate) requester: Requester,
    /// How it stands.
    pub(crate) device: Standing,
    /// How its organisation stands.
    pub(crate) organisation: Standing,
}

fn unauthorised(message: &str) -> ApiError {
    ApiError::with_message(Code::UNAUTHORISED, message)
}

/// Checks the request's signature, its time, and that its device and organisation are active.
pub(crate) async fn authorise(
    api: &Api,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Requester, ApiError> {
    let signed = read(api, method, path, headers, body).await?;
    if signed.age_ms() > REQUEST_AGE_MS_MAX {
        return Err(unauthorised(
            "The request's time is more than two minutes from this node's clock.",
        ));
    }
    let known = who(api, &signed).await?;
    if known.device != Standing::Active {
        return Err(Code::DEVICE_SUSPENDED.into());
    }
    if known.organisation != Standing::Active {
        return Err(Code::ORGANISATION_SUSPENDED.into());
    }
    Ok(known.requester)
}

/// Reads the header and checks the signature.
pub(crate) async fn read(
    api: &Api,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Signed, ApiError> {
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
    let ReadAnswer::Status(status) = api.node.read(Read::Status).await? else {
        return Err(Code::NOT_READY.into());
    };
    let message = request_message(method.as_str(), path, body, time_ms);
    if !verify(
        &device,
        &signed_bytes(Domain::Request, &status.chain, &message),
        &signed,
    ) {
        return Err(unauthorised("The request's signature does not verify."));
    }
    Ok(Signed {
        device,
        time_ms,
        now_ms: (api.sealed.now_ms)(),
        block: status.tip.time,
    })
}

/// Looks a device up in the registry.
pub(crate) async fn who(api: &Api, signed: &Signed) -> Result<Known, ApiError> {
    let enrolled: Option<DeviceRecord> =
        record(api, device_key(&signed.device).in_state_of(REGISTRY)).await?;
    let enrolled = enrolled.ok_or(Code::DEVICE_UNKNOWN)?.into_current();
    let organisation: Option<OrganisationRecord> =
        record(api, organisation_key(enrolled.org).in_state_of(REGISTRY)).await?;
    let organisation = organisation
        .ok_or(Code::ORGANISATION_UNKNOWN)?
        .into_current();
    Ok(Known {
        requester: Requester {
            org: enrolled.org,
            roles: organisation.roles,
            now: TimeMs(signed.now_ms).max(signed.block),
        },
        device: enrolled.standing,
        organisation: organisation.standing,
    })
}

/// A record of the state; none where there is none.
pub(crate) async fn record<T: borsh::BorshDeserialize>(
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
