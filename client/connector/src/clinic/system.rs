//! A clinic's system to rehearse with: it takes reports as a FHIR receiver does, remembers them, and can be told to be
//! out of order.

use super::FHIR_JSON;
use crate::rehearsal::{Mood, PAGE};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;

/// Reports that are remembered.
const REPORTS_MAX: usize = 10_000;

/// The system.
#[derive(Clone)]
pub struct ClinicSystem {
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    mood: Mood,
    /// Each report once, in the order of its first arrival.
    reports: Vec<Value>,
    /// Arrivals, those again included.
    arrivals: usize,
}

impl ClinicSystem {
    /// A system that is well.
    pub fn new() -> ClinicSystem {
        let inner = Inner {
            mood: Mood::Well,
            reports: Vec::new(),
            arrivals: 0,
        };
        ClinicSystem {
            inner: Arc::new(Mutex::new(inner)),
        }
    }

    /// Serves at any path, until the task is dropped.
    pub async fn serve(self, listener: TcpListener) -> std::io::Result<()> {
        let limit = DefaultBodyLimit::max(senim_fhir::MESSAGE_BYTES_MAX);
        let router = Router::new()
            .fallback(post(receive).layer(limit))
            .with_state(self);
        axum::serve(listener, router).await
    }

    /// Changes how it behaves.
    pub fn mood(&self, mood: Mood) {
        self.inner().mood = mood;
    }

    /// What it was told, each report once.
    pub fn reports(&self) -> Vec<Value> {
        self.inner().reports.clone()
    }

    /// How often it was told something that it took, the same again included.
    pub fn arrivals(&self) -> usize {
        self.inner().arrivals
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a report; false where it cannot be one.
    fn take(&self, report: Value) -> bool {
        let mut inner = self.inner();
        if report["type"] != "message" || inner.reports.len() == REPORTS_MAX {
            return false;
        }
        inner.arrivals += 1;
        if !inner
            .reports
            .iter()
            .any(|known| known["id"] == report["id"])
        {
            inner.reports.push(report);
        }
        true
    }
}

impl Default for ClinicSystem {
    fn default() -> Self {
        ClinicSystem::new()
    }
}

/// A report in a line for people: what of which line.
pub fn line(report: &Value) -> String {
    let resources = report["entry"].as_array().into_iter().flatten().skip(1);
    let told = resources.map(|entry| {
        let resource = &entry["resource"];
        let line = resource
            .pointer("/authorizingPrescription/0/identifier/value")
            .or(resource.pointer("/identifier/0/value"))
            .and_then(Value::as_str)
            .unwrap_or("?");
        let kind = resource["resourceType"].as_str().unwrap_or("?");
        let status = resource["status"].as_str().unwrap_or("?");
        format!("{kind} {status} of {line}")
    });
    told.collect::<Vec<_>>().join(", ")
}

async fn receive(State(system): State<ClinicSystem>, body: Bytes) -> Response {
    let mood = system.inner().mood.clone();
    let text = String::from_utf8_lossy(&body).into_owned();
    match mood {
        Mood::Down => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Mood::Nonsense => return (StatusCode::OK, PAGE).into_response(),
        Mood::Refuses(word) if text.contains(&word) => {
            return outcome("processing", "the line is not known here");
        }
        _ => {}
    }
    let Ok(report) = serde_json::from_slice::<Value>(&body) else {
        return outcome("structure", "no JSON");
    };
    let id = report["id"].clone();
    let is_taken = system.take(report);
    if let Mood::Slow(pause) = mood {
        tokio::time::sleep(pause).await;
    }
    if !is_taken {
        return outcome("structure", "no message");
    }
    let header = json!({
        "resourceType": "MessageHeader",
        "eventCoding": { "system": senim_fhir::EVENT_SYSTEM, "code": "acknowledged" },
        "source": { "endpoint": "http://clinic.example.org/fhir" },
        "response": { "identifier": id, "code": "ok" },
    });
    let bundle =
        json!({ "resourceType": "Bundle", "type": "message", "entry": [{ "resource": header }] });
    answered(StatusCode::OK, &bundle)
}

fn outcome(code: &str, diagnostics: &str) -> Response {
    let outcome = json!({
        "resourceType": "OperationOutcome",
        "issue": [{ "severity": "error", "code": code, "diagnostics": diagnostics }],
    });
    answered(StatusCode::UNPROCESSABLE_ENTITY, &outcome)
}

fn answered(status: StatusCode, body: &Value) -> Response {
    (
        status,
        [(header::CONTENT_TYPE, FHIR_JSON)],
        body.to_string(),
    )
        .into_response()
}
