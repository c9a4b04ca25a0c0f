//! Where a clinic's system posts its messages: `POST /fhir/$process-message`. Every body, wait and queue has a limit.

use super::FHIR_JSON;
use super::intake::{Beside, Intake, refusal};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use senim_cli::failure::{Exit, Failure};
use senim_types::Code;
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tracing::{info, warn};

/// Messages that are taken in or wait for it.
const WAITING_MAX: usize = 16;
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
    let limit = DefaultBodyLimit::max(senim_fhir::MESSAGE_BYTES_MAX);
    let router = Router::new()
        .route("/fhir/$process-message", post(process).layer(limit))
        .with_state(door);
    axum::serve(listener, router).await
}

async fn process(
    State(door): State<Arc<Door>>,
    headers: HeaderMap,
    query: Result<Query<Beside>, axum::extract::rejection::QueryRejection>,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Response {
    if !door.lets_in(&headers) {
        return refused(&Failure::new(Code::DOOR_TOKEN));
    }
    let beside = match query {
        Ok(Query(beside)) => beside,
        Err(rejection) => return refused(&Failure::usage(rejection.body_text())),
    };
    let body = match body {
        Ok(body) => body,
        Err(_) => return refused(&Failure::new(Code::FHIR_TOO_LARGE)),
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
