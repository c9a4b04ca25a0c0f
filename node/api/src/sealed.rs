//! Sealed data: ciphertexts that belong to prescriptions, kept beside the ledger so that they can be
//! deleted. The ledger has their hash; the key is never here.
//!
//! Each request is [signed](crate::signed) by an enrolled device. A clinic stores and may delete what its organisation stored,
//! and fetches that alone. A pharmacy fetches what it holds on the ledger, or has recorded a look at there just now: whoever
//! reads the ledger sees every look. The wallet's service fetches for wallets.

use crate::error::ApiError;
use crate::routes::{Api, octets, parse};
use crate::signed::{Requester, authorise, record};
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use senim_abi::prescription::GroupId;
use senim_abi::prescription::record::{GroupRecord, group_key};
use senim_abi::{PRESCRIPTION, Roles};
use senim_types::{Code, Hash};

mod store;

pub use store::{SealedLimits, SealedStore};

/// Bytes of one sealed object.
pub const SEALED_BYTES_MAX: usize = 256 * 1024;
/// Which prescription a pharmacy says that the object belongs to.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct Of {
    /// Its id.
    prescription: Option<String>,
}

/// What a device signs as the path of an object.
fn path(hash: &str) -> String {
    format!("/v1/sealed/{hash}")
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
    let requester = authorise(&api, &Method::PUT, &path(&hash), &headers, &body).await?;
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
    let path = match &of.prescription {
        Some(id) => format!("{}?prescription={id}", path(&hash)),
        None => path(&hash),
    };
    let requester = authorise(&api, &Method::GET, &path, &headers, &[]).await?;
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
    let requester = authorise(&api, &Method::DELETE, &path(&hash), &headers, &[]).await?;
    let hash: Hash = parse("hash", &hash)?;
    let (owner, ciphertext) = api.sealed.read(&hash).await?;
    if owner != requester.org {
        return Err(Code::NOT_AUTHORISED.into());
    }
    api.sealed.remove(hash, owner, ciphertext.len()).await?;
    tracing::info!(organisation = requester.org.0, sealed = %hash, "sealed data was deleted");
    Ok(StatusCode::NO_CONTENT)
}
