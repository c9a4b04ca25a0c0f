//! Sealed data: ciphertexts that belong to prescriptions, kept beside the ledger so that they can be
//! deleted. The ledger has their hash; the key is never here.
//!
//! Each request is [signed](crate::signed) by an enrolled device. A clinic stores and may delete what its organisation
//! stored; clinics and pharmacies fetch, and each fetch is logged.

use crate::error::ApiError;
use crate::routes::{Api, octets, parse};
use crate::signed::{Requester, authorise};
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use senim_abi::Roles;
use senim_types::{Code, Hash};

mod store;

pub use store::{SealedLimits, SealedStore};

/// Bytes of one sealed object.
pub const SEALED_BYTES_MAX: usize = 256 * 1024;
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

/// Gives an object to a clinic or a pharmacy, and logs the look.
pub(crate) async fn fetch(
    State(api): State<Api>,
    Path(hash): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let requester = authorise(&api, &Method::GET, &path(&hash), &headers, &[]).await?;
    needs(
        &requester,
        Roles::CLINIC | Roles::PHARMACY | Roles::IDENTITY_SERVICE,
    )?;
    let hash: Hash = parse("hash", &hash)?;
    let (_, ciphertext) = api.sealed.read(&hash).await?;
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
