//! A marking operator's system to rehearse with: it takes reports, tells movements, and can be told to be out of order.

use super::protocol::{Accepted, Movements, Numbered, Rejected, Report};
use crate::rehearsal::{Mood, PAGE};
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::Value;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;

/// Bytes of a report.
const REPORT_BYTES_MAX: usize = 64 * 1024;
/// Reports and movements that are remembered.
const REMEMBERED_MAX: usize = 10_000;
/// Movements of one answer.
const MOVEMENTS_MAX: usize = 100;

/// The system.
#[derive(Clone)]
pub struct MarkingOperator {
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    mood: Mood,
    /// Each report once, in the order of its first arrival.
    reports: Vec<Report>,
    movements: Vec<Numbered>,
}

#[derive(Deserialize)]
struct After {
    after: u64,
}

impl MarkingOperator {
    /// A system that is well.
    pub fn new() -> MarkingOperator {
        let inner = Inner {
            mood: Mood::Well,
            reports: Vec::new(),
            movements: Vec::new(),
        };
        MarkingOperator {
            inner: Arc::new(Mutex::new(inner)),
        }
    }

    /// Serves until the task is dropped.
    pub async fn serve(self, listener: TcpListener) -> std::io::Result<()> {
        let limit = DefaultBodyLimit::max(REPORT_BYTES_MAX);
        let router = Router::new()
            .route("/reports", post(report).layer(limit))
            .route("/movements", get(movements))
            .with_state(self);
        axum::serve(listener, router).await
    }

    /// Changes how it behaves.
    pub fn mood(&self, mood: Mood) {
        self.inner().mood = mood;
    }

    /// Tells of a movement from now on.
    pub fn moved(&self, movement: Value) {
        let mut inner = self.inner();
        if inner.movements.len() < REMEMBERED_MAX {
            let number = inner.movements.len() as u64 + 1;
            inner.movements.push(Numbered { number, movement });
        }
    }

    /// What it was told, each report once.
    pub fn reports(&self) -> Vec<Report> {
        self.inner().reports.clone()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MarkingOperator {
    fn default() -> Self {
        MarkingOperator::new()
    }
}

/// A report in a line for people.
pub fn line(report: &Report) -> String {
    let (kind, units) = (report.kind, report.units);
    format!(
        "{kind:?} of {} {}, {units} units, by organisation {}",
        report.gtin, report.serial, report.organisation
    )
}

async fn report(State(operator): State<MarkingOperator>, body: Bytes) -> Response {
    let mood = operator.inner().mood.clone();
    match mood {
        Mood::Down => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Mood::Nonsense => return (StatusCode::OK, PAGE).into_response(),
        _ => {}
    }
    let Ok(report) = serde_json::from_slice::<Report>(&body) else {
        return refused("FORM", "no report");
    };
    if matches!(mood, Mood::Refuses(word) if String::from_utf8_lossy(&body).contains(&word)) {
        return refused("PACK", "the pack is not known here");
    }
    let accepted = Accepted {
        id: report.id.clone(),
        status: "accepted".to_owned(),
    };
    {
        let mut inner = operator.inner();
        if inner.reports.len() == REMEMBERED_MAX {
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        if !inner.reports.iter().any(|known| known.id == report.id) {
            inner.reports.push(report);
        }
    }
    pause(&operator).await;
    Json(accepted).into_response()
}

async fn movements(State(operator): State<MarkingOperator>, after: Query<After>) -> Response {
    let mood = operator.inner().mood.clone();
    match mood {
        Mood::Down => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Mood::Nonsense => return (StatusCode::OK, PAGE).into_response(),
        _ => pause(&operator).await,
    }
    let inner = operator.inner();
    let movements = inner
        .movements
        .iter()
        .filter(|one| one.number > after.after);
    let movements = movements.take(MOVEMENTS_MAX).cloned().collect();
    Json(Movements { movements }).into_response()
}

/// Takes its time, where it is slow.
async fn pause(operator: &MarkingOperator) {
    let mood = operator.inner().mood.clone();
    if let Mood::Slow(pause) = mood {
        tokio::time::sleep(pause).await;
    }
}

fn refused(code: &str, message: &str) -> Response {
    let rejected = Rejected {
        code: code.to_owned(),
        message: message.to_owned(),
    };
    (StatusCode::UNPROCESSABLE_ENTITY, Json(rejected)).into_response()
}
