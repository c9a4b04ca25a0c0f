//! Where a clinic's system posts its messages: `POST /fhir/$process-message`. Every body, wait and queue has a limit.

use super::FHIR_JSON;
use super::intake::{Beside, Intake, refusal};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use futures_util::StreamExt;
use senim_cli::failure::{Exit, Failure};
use senim_types::Code;
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tracing::{info, warn};

/// Messages that are taken in or wait for it.
const WAITING_MAX: usize = 16;
/// The longest that a message's bytes may take to come.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes of a message that is too large which are still taken off the connection, and dropped: whoever is cut off while it
/// sends never reads why.
const DROPPED_BYTES_MAX: usize = 8 * senim_fhir::MESSAGE_BYTES_MAX;
/// When a busy door is asked again, in seconds.
const RETRY_AFTER_S: u16 = 2;

/// The door's state.
struct Door {
    /// One at a time: each writes the clinic's folder.
    intake: Mutex<Intake>,
    room: Arc<Semaphore>,
    token: Option<String>,
}

/// Serves until the task is dropped. Whoever has no `token`, where there is one, is refused.
pub async fn serve(
    listener: TcpListener,
    intake: Intake,
    token: Option<String>,
) -> std::io::Result<()> {
    let door = Arc::new(Door {
        intake: Mutex::new(intake),
        room: Arc::new(Semaphore::new(WAITING_MAX)),
        token,
    });
    // `message_of` has the limit.
    let process = post(process).layer(DefaultBodyLimit::disable());
    let router = Router::new()
        .route("/fhir/$process-message", process)
        .with_state(door);
    axum::serve(listener, router).await
}

async fn process(
    State(door): State<Arc<Door>>,
    headers: HeaderMap,
    query: Result<Query<Beside>, axum::extract::rejection::QueryRejection>,
    body: Body,
) -> Response {
    if !door.lets_in(&headers) {
        return refused(&Failure::new(Code::DOOR_TOKEN));
    }
    let beside = match query {
        Ok(Query(beside)) => beside,
        Err(rejection) => return refused(&Failure::usage(rejection.body_text())),
    };
    let body = match message_of(body).await {
        Ok(body) => body,
        Err(code) => return refused(&Failure::new(code)),
    };
    let Ok(room) = Arc::clone(&door.room).try_acquire_owned() else {
        return refused(&Failure::new(Code::DOOR_BUSY));
    };
    let taking = Arc::clone(&door);
    let taken = tokio::task::spawn_blocking(move || {
        // As long as the work goes on, whether or not the caller still waits for it.
        let _room = room;
        let intake = taking.intake.lock().unwrap_or_else(PoisonError::into_inner);
        intake.take(&body, &beside)
    });
    match taken.await {
        Ok(Ok(answer)) => {
            info!("a message was taken");
            answered(StatusCode::OK, &answer)
        }
        Ok(Err(failure)) => {
            warn!(code = failure.code.name(), "a message was refused");
            refused(&failure)
        }
        Err(_) => refused(&Failure::new(Code::DOOR_BUSY)),
    }
}

/// The bytes of a message. `FHIR_TOO_LARGE`, or `DOOR_BUSY` where they do not come to their end.
async fn message_of(body: Body) -> Result<Bytes, Code> {
    let mut parts = body.into_data_stream();
    let mut message = Vec::new();
    let mut dropped = 0;
    let read = async {
        while let Some(part) = parts.next().await {
            let part = part.map_err(|_| Code::DOOR_BUSY)?;
            let fits = message.len() + part.len() <= senim_fhir::MESSAGE_BYTES_MAX;
            if fits && dropped == 0 {
                message.extend_from_slice(&part);
            } else {
                dropped += part.len();
            }
            if dropped > DROPPED_BYTES_MAX {
                return Err(Code::FHIR_TOO_LARGE);
            }
        }
        if dropped > 0 {
            return Err(Code::FHIR_TOO_LARGE);
        }
        Ok(())
    };
    let read = tokio::time::timeout(BODY_TIMEOUT, read).await;
    read.unwrap_or(Err(Code::DOOR_BUSY))?;
    Ok(message.into())
}

impl Door {
    fn lets_in(&self, headers: &HeaderMap) -> bool {
        let Some(token) = &self.token else {
            return true;
        };
        let given = headers.get(header::AUTHORIZATION);
        let given = given.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        // As hashes, so that the time it takes says nothing of the token.
        given.is_some_and(|given| blake3::hash(given.as_bytes()) == blake3::hash(token.as_bytes()))
    }
}

fn refused(failure: &Failure) -> Response {
    let status = match failure.code {
        Code::DOOR_TOKEN => StatusCode::UNAUTHORIZED,
        Code::FHIR_TOO_LARGE => StatusCode::PAYLOAD_TOO_LARGE,
        Code::FHIR_NOT_JSON | Code::BAD_USAGE | Code::DOOR_HOLDER => StatusCode::BAD_REQUEST,
        Code::ORDER_ISSUED => StatusCode::CONFLICT,
        Code::ORDER_UNKNOWN => StatusCode::NOT_FOUND,
        _ if matches!(failure.exit, Exit::Node | Exit::Proof) => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let mut response = answered(status, &refusal(failure));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        let after = HeaderValue::from(RETRY_AFTER_S);
        response.headers_mut().insert(header::RETRY_AFTER, after);
    }
    response
}

fn answered(status: StatusCode, body: &Value) -> Response {
    let media = [(header::CONTENT_TYPE, FHIR_JSON)];
    (status, media, body.to_string()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Endpoint;

    /// Whoever sends too much reads that it is too much, and is not cut off while it sends.
    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_too_large_is_told_so() {
        let router = Router::new().route(
            "/",
            post(async |body: Body| match message_of(body).await {
                Ok(_) => StatusCode::OK,
                Err(_) => StatusCode::PAYLOAD_TOO_LARGE,
            })
            .layer(DefaultBodyLimit::disable()),
        );
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("it listens");
        tokio::spawn(async { axum::serve(listener, router).await });
        let sent = tokio::task::spawn_blocking(move || {
            let door = Endpoint::new(&format!("http://{address}"), 30_000, None).expect("it");
            let status = |bytes: usize| {
                let answered = door.post("/", FHIR_JSON, &vec![b' '; bytes]);
                answered.map(|answered| answered.status).ok()
            };
            assert_eq!(status(senim_fhir::MESSAGE_BYTES_MAX), Some(200));
            for _ in 0..32 {
                assert_eq!(status(senim_fhir::MESSAGE_BYTES_MAX + 1), Some(413));
                assert_eq!(status(2 * senim_fhir::MESSAGE_BYTES_MAX), Some(413));
            }
        });
        sent.await.expect("each was answered");
    }
}
