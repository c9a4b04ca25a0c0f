//! How a refusal looks over HTTP: the same code everywhere, the status for those who only read that.

use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use senim_replica::ReadError;
use senim_types::{Code, Fault};
use serde::Serialize;

/// Seconds after which a client that was turned away for load may try again.
const RETRY_AFTER_S: &str = "1";

/// A refusal.
#[derive(Clone, Debug, Serialize)]
pub struct ApiError {
    /// The stable code.
    pub code: Code,
    /// What it means and what to do.
    pub message: String,
    /// Whose fault it is.
    pub fault: &'static str,
    /// What the code's documentation promises, in hex; empty for most.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

impl ApiError {
    /// A refusal with the code's own advice.
    pub fn new(code: Code) -> ApiError {
        ApiError {
            code,
            message: code.advice().to_owned(),
            fault: code.fault().name(),
            detail: String::new(),
        }
    }

    /// A refusal with words of its own.
    pub fn with_message(code: Code, message: impl Into<String>) -> ApiError {
        ApiError {
            message: message.into(),
            ..ApiError::new(code)
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        match self.code {
            Code::NOT_FOUND => StatusCode::NOT_FOUND,
            Code::PRUNED => StatusCode::GONE,
            Code::UNAUTHORISED => StatusCode::UNAUTHORIZED,
            Code::TOO_LARGE => StatusCode::PAYLOAD_TOO_LARGE,
            Code::MEMPOOL_FULL | Code::DEVICE_RATE => StatusCode::TOO_MANY_REQUESTS,
            Code::NOT_READY => StatusCode::SERVICE_UNAVAILABLE,
            Code::TIMED_OUT => StatusCode::GATEWAY_TIMEOUT,
            Code::SEALED_STORE_FULL => StatusCode::INSUFFICIENT_STORAGE,
            Code::MALFORMED | Code::NOT_CANONICAL | Code::BAD_REQUEST => StatusCode::BAD_REQUEST,
            _ => match self.code.fault() {
                Fault::Caller | Fault::Contract => StatusCode::UNPROCESSABLE_ENTITY,
                Fault::Peer | Fault::Node => StatusCode::INTERNAL_SERVER_ERROR,
            },
        }
    }
}

impl From<Code> for ApiError {
    fn from(code: Code) -> Self {
        ApiError::new(code)
    }
}

impl From<ReadError> for ApiError {
    fn from(error: ReadError) -> Self {
        let mut refusal = ApiError::new(error.code);
        if error.code.fault() == Fault::Node {
            // A node's own trouble is for its operator, in its log; callers get the code.
            tracing::error!(code = %error.code, reason = %String::from_utf8_lossy(&error.detail), "a question could not be answered");
        } else {
            refusal.detail = hex::encode(error.detail);
        }
        refusal
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.status();
        let mut response = (status, Json(self)).into_response();
        let is_load =
            status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::SERVICE_UNAVAILABLE;
        if is_load {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_S));
        }
        response
    }
}

/// Bytes of a framework's own words that are passed on.
const WORDS_BYTES_MAX: usize = 1024;

/// Gives refusals that never reached a handler (wrong method, body too large, a number that is none, a
/// handler that broke) the form of all others. The status and what the status asks for stay.
pub(crate) async fn in_one_form(response: Response) -> Response {
    let status = response.status();
    let is_refusal = status.is_client_error() || status.is_server_error();
    let kind = response.headers().get(header::CONTENT_TYPE);
    if !is_refusal || kind.is_some_and(|kind| kind == "application/json") {
        return response;
    }
    let allowed: HeaderMap = response
        .headers()
        .iter()
        .filter(|(name, _)| *name == header::ALLOW)
        .map(owned)
        .collect();
    let error = match status {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::new(Code::TOO_LARGE),
        StatusCode::METHOD_NOT_ALLOWED => ApiError::with_message(
            Code::BAD_REQUEST,
            "The route has no such method: see the header Allow.",
        ),
        StatusCode::REQUEST_TIMEOUT => ApiError::new(Code::TIMED_OUT),
        status if status.is_server_error() => ApiError::with_message(
            Code::NOT_READY,
            "The node could not answer; its log says why.",
        ),
        _ => {
            let words = axum::body::to_bytes(response.into_body(), WORDS_BYTES_MAX).await;
            let words = words.unwrap_or_default();
            ApiError::with_message(Code::BAD_REQUEST, String::from_utf8_lossy(&words))
        }
    };
    (status, allowed, Json(error)).into_response()
}

fn owned((name, value): (&header::HeaderName, &HeaderValue)) -> (header::HeaderName, HeaderValue) {
    (name.clone(), value.clone())
}
