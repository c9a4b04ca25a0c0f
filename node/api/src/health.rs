//! Whether a node is alive, and whether it serves current data. Neither question waits for the node.

use crate::error::ApiError;
use crate::routes::Api;
use crate::vitals::Figures;
use crate::watch::{Watch, now_ms};
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use senim_types::Code;
use serde::Serialize;

/// How long a node may work on one event, in ms: longer than any block, and than the writing of a full store.
const BUSY_MS_MAX: u64 = 60_000;

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Check {
    check: &'static str,
    ok: bool,
    message: String,
    #[serde(skip)]
    code: Code,
}

impl Check {
    fn of(check: &'static str, ok: bool, message: String) -> Check {
        Check {
            check,
            ok,
            message,
            code: Code::NOT_READY,
        }
    }
}

/// The answer to both: what was looked at, and where something fails the fields of every refusal.
#[derive(Debug, Serialize)]
struct Answer {
    ok: bool,
    checks: Vec<Check>,
    #[serde(flatten)]
    refusal: Option<ApiError>,
}

fn answer(checks: Vec<Check>) -> Response {
    let failed: Vec<&Check> = checks.iter().filter(|check| !check.ok).collect();
    let Some(first) = failed.first() else {
        let answer = Answer {
            ok: true,
            checks,
            refusal: None,
        };
        return Json(answer).into_response();
    };
    let reasons: Vec<&str> = failed.iter().map(|check| check.message.as_str()).collect();
    let refusal = ApiError::with_message(first.code, reasons.join("; "));
    let answer = Answer {
        ok: false,
        refusal: Some(refusal),
        checks,
    };
    let retry = [(header::RETRY_AFTER, "1")];
    (StatusCode::SERVICE_UNAVAILABLE, retry, Json(answer)).into_response()
}

/// `GET /health`: the node has not halted, and its thread is there and moves.
pub(crate) async fn health(State(api): State<Api>) -> Response {
    answer(alive(&api, now_ms()))
}

/// `GET /ready`: the node is alive, near the tip, connected, and has blocks.
pub(crate) async fn ready(State(api): State<Api>) -> Response {
    let now_ms = now_ms();
    let mut checks = alive(&api, now_ms);
    checks.extend(current(&api.watch, now_ms));
    answer(checks)
}

fn alive(api: &Api, now_ms: u64) -> Vec<Check> {
    let vitals = &api.watch.vitals;
    let halted = match vitals.halted() {
        None => Check::of("halted", true, "the node has not halted".to_owned()),
        Some((code, reason)) => Check {
            code: *code,
            ..Check::of(
                "halted",
                false,
                format!("the node halted: {code}: {reason}"),
            )
        },
    };
    let busy_ms = vitals.busy_ms(now_ms);
    let thread = if vitals.has_ended() || api.node.is_gone() {
        Check::of("thread", false, "the node's thread is over".to_owned())
    } else {
        let message = format!("the node has worked on one event for {busy_ms} ms");
        Check::of("thread", busy_ms <= BUSY_MS_MAX, message)
    };
    vec![halted, thread]
}

fn current(watch: &Watch, now_ms: u64) -> Vec<Check> {
    let (figures, limits) = (watch.vitals.figures(), watch.ready);
    let behind = figures.seen.saturating_sub(figures.height);
    let age_ms = now_ms.saturating_sub(figures.block_time_ms.max(watch.started_ms));
    let mut checks = vec![
        Check::of(
            "sync",
            behind <= limits.behind_blocks_max,
            format!(
                "at height {}, {behind} blocks behind what others have",
                figures.height
            ),
        ),
        Check::of(
            "block",
            age_ms <= limits.block_age_ms_max,
            format!("{age_ms} ms since the last block, or the start"),
        ),
        joining(&figures),
    ];
    if figures.is_observing {
        // It follows, serves and proves like every node without a vote; whoever looks learns why it does not vote.
        let message =
            "this validator observes and does not vote, because it may have forgotten votes";
        checks.push(Check::of("observing", true, message.to_owned()));
    }
    if let Some(network) = &watch.network {
        let counts = network();
        let needed = limits.peers_min.min(counts.members);
        checks.push(Check::of(
            "peers",
            counts.connected >= needed,
            format!(
                "{} nodes connected of {}, {needed} needed",
                counts.connected, counts.members
            ),
        ));
    }
    checks
}

/// A node that joins from a snapshot has no state to answer from, whatever it has heard of the others' height.
fn joining(figures: &Figures) -> Check {
    let (done, total) = (figures.snapshot_chunks_done, figures.snapshot_chunks);
    let message = match (figures.is_joining, total) {
        (false, _) => "the node joins from no snapshot".to_owned(),
        (true, 0) => "the node joins from a snapshot and has no chunks yet".to_owned(),
        (true, _) => {
            format!("the node joins from a snapshot and has {done} of its {total} chunks")
        }
    };
    Check::of("snapshot", !figures.is_joining, message)
}
