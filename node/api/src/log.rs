//! The routes for those who follow the chain from afar: light blocks, the log of headers, checkpoints.

use crate::error::ApiError;
use crate::routes::{Api, bytes_or_json, parse_height};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use senim_replica::{Read, ReadAnswer};
use senim_types::{Code, Height};
use serde::Deserialize;

/// Under which header a proof is wanted.
#[derive(Debug, Deserialize)]
pub(crate) struct Under {
    /// Its height; none is the tip.
    later: Option<u64>,
}

impl Under {
    fn height(&self) -> Option<Height> {
        self.later.map(Height)
    }
}

/// `GET /v1/light-blocks/{height}`.
pub(crate) async fn light_block(
    State(api): State<Api>,
    Path(height): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let height = parse_height(&height)?;
    match api.node.read(Read::LightBlock { height }).await? {
        ReadAnswer::LightBlock(Some(block)) => Ok(bytes_or_json(&headers, &*block)),
        _ => Err(Code::NOT_FOUND.into()),
    }
}

/// `GET /v1/log/checkpoint`: text, whatever is asked for.
pub(crate) async fn checkpoint(State(api): State<Api>) -> Result<Response, ApiError> {
    let text = api.node.checkpoint().await?;
    let text = text.ok_or(Code::NOT_FOUND)?;
    let kind = "text/plain; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

/// `GET /v1/log/headers/{height}`.
pub(crate) async fn header_proof(
    State(api): State<Api>,
    Path(height): Path<u64>,
    Query(under): Query<Under>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let question = Read::Header {
        height: Height(height),
        later: under.height(),
    };
    match api.node.read(question).await? {
        ReadAnswer::Header(Some(proof)) => Ok(bytes_or_json(&headers, &*proof)),
        _ => Err(Code::NOT_FOUND.into()),
    }
}

/// `GET /v1/log/consistency/{size}`.
pub(crate) async fn consistency_proof(
    State(api): State<Api>,
    Path(size): Path<u64>,
    Query(under): Query<Under>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let question = Read::Consistency {
        size: Height(size),
        later: under.height(),
    };
    match api.node.read(question).await? {
        ReadAnswer::Consistency(Some(proof)) => Ok(bytes_or_json(&headers, &*proof)),
        _ => Err(Code::NOT_FOUND.into()),
    }
}
