//! Terminals that redeem. Each has one connection and one redemption under way, and sends again whatever was not
//! answered: the same bytes have the same receipt.

use super::http::{Answer, Connection};
use crate::bench::BenchError;
use crate::bench::load::{Encoded, Redemption};
use axum::body::Bytes;
use hyper::StatusCode;
use senim_types::Code;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// A submission that waits for its receipt.
const SUBMIT: &str = "/v1/transactions?wait_ms=30000";
/// Longer than a node holds a request.
const ANSWER_PATIENCE: Duration = Duration::from_secs(45);
/// How long to wait before a node that cannot be reached is tried again.
const RECONNECT: Duration = Duration::from_millis(250);
/// How long to wait where a node is full and does not say.
const RETRY: Duration = Duration::from_millis(500);
/// A redemption that is not done by then never will be.
const PATIENCE: Duration = Duration::from_secs(180);

/// How a load is offered.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The interfaces, each with its share of the terminals, which go to the next one while theirs is gone.
    pub nodes: Vec<SocketAddr>,
    /// Terminals: redemptions under way at once, at most.
    pub terminals: usize,
    /// So many redemptions begin per second, whether or not earlier ones are done; none is as many as are taken.
    pub rate: Option<f64>,
}

/// What terminals saw.
#[derive(Debug, Default)]
pub struct Seen {
    /// Redemptions that are final, by number, in the order in which each terminal did them.
    pub done: Vec<usize>,
    /// From the begin of each (at a rate: from when it should have begun) to its end, in µs.
    pub redemption_us: Vec<u64>,
    /// The same for each transaction by itself, in µs.
    pub finality_us: Vec<u64>,
    /// Answers that asked to come again later.
    pub turned_away: u64,
    /// Of these, such that said when.
    pub told_when: u64,
    /// Times that a connection was lost or not to be had.
    pub lost: u64,
    /// From the first begin to the last end.
    pub elapsed: Duration,
}

impl Seen {
    fn add(&mut self, other: Seen) {
        self.done.extend(other.done);
        self.redemption_us.extend(other.redemption_us);
        self.finality_us.extend(other.finality_us);
        self.turned_away += other.turned_away;
        self.told_when += other.told_when;
        self.lost += other.lost;
    }
}

/// What all terminals share.
struct Shared {
    redemptions: Arc<Vec<Redemption>>,
    next: AtomicUsize,
    ends: AtomicBool,
    start: Instant,
    rate: Option<f64>,
}

/// Redeems in order until all are done, or one terminal cannot go on.
pub async fn redeem(redemptions: Arc<Vec<Redemption>>, offer: &Offer) -> Result<Seen, BenchError> {
    let shared = Arc::new(Shared {
        redemptions,
        next: AtomicUsize::new(0),
        ends: AtomicBool::new(false),
        start: Instant::now(),
        rate: offer.rate,
    });
    let mut terminals = JoinSet::new();
    for number in 0..offer.terminals {
        let mut nodes = offer.nodes.clone();
        nodes.rotate_left(number % offer.nodes.len());
        terminals.spawn(terminal(Arc::clone(&shared), nodes));
    }
    let mut seen = Seen::default();
    while let Some(ended) = terminals.join_next().await {
        let ended = ended.map_err(|error| BenchError::Still(error.to_string()))?;
        seen.add(ended?);
    }
    seen.elapsed = shared.start.elapsed();
    Ok(seen)
}

async fn terminal(shared: Arc<Shared>, nodes: Vec<SocketAddr>) -> Result<Seen, BenchError> {
    let mut terminal = Terminal {
        nodes,
        connection: None,
        seen: Seen::default(),
    };
    loop {
        let number = shared.next.fetch_add(1, Ordering::Relaxed);
        let Some(redemption) = shared.redemptions.get(number) else {
            break;
        };
        let begun = match shared.rate {
            Some(rate) => shared.start + Duration::from_secs_f64(number as f64 / rate),
            None => Instant::now(),
        };
        if shared.ends.load(Ordering::Relaxed) {
            break;
        }
        sleep_until(begun).await;
        for step in std::iter::once(&redemption.first).chain(&redemption.then) {
            if let Err(error) = terminal.submit(step).await {
                shared.ends.store(true, Ordering::Relaxed);
                return Err(error);
            }
        }
        terminal.seen.done.push(number);
        terminal.seen.redemption_us.push(since_us(begun));
    }
    Ok(terminal.seen)
}

/// Submits transactions in order, so many at once, and waits until all are final.
pub async fn submit_all(
    transactions: Vec<Encoded>,
    nodes: &[SocketAddr],
    at_once: usize,
) -> Result<(), BenchError> {
    let redemptions = transactions
        .into_iter()
        .map(|first| Redemption { first, then: None });
    let offer = Offer {
        nodes: nodes.to_vec(),
        terminals: at_once,
        rate: None,
    };
    redeem(Arc::new(redemptions.collect()), &offer)
        .await
        .map(|_| ())
}

struct Terminal {
    /// The one that it asks first; where that is gone, the next.
    nodes: Vec<SocketAddr>,
    connection: Option<Connection>,
    seen: Seen,
}

impl Terminal {
    /// Submits until the transaction is final.
    async fn submit(&mut self, transaction: &Encoded) -> Result<(), BenchError> {
        let begun = Instant::now();
        let body = Bytes::copy_from_slice(transaction.bytes());
        while begun.elapsed() < PATIENCE {
            let Some(answer) = self.post(body.clone()).await else {
                self.seen.lost += 1;
                self.nodes.rotate_left(1);
                sleep(RECONNECT).await;
                continue;
            };
            match answer.status {
                StatusCode::OK if is_applied(&answer.body) => {
                    self.seen.finality_us.push(since_us(begun));
                    return Ok(());
                }
                // A benchmark's load is sound: who refuses a part of it is wrong, or the load is.
                StatusCode::OK => {
                    let text = String::from_utf8_lossy(&answer.body).into_owned();
                    return Err(BenchError::Still(format!("a contract says {text}")));
                }
                // It waits still.
                StatusCode::ACCEPTED | StatusCode::GATEWAY_TIMEOUT => {}
                StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                    self.seen.turned_away += 1;
                    self.seen.told_when += u64::from(answer.retry_after.is_some());
                    sleep(answer.retry_after.unwrap_or(RETRY)).await;
                }
                // The node has not seen the device's earlier transactions in blocks yet: another that was ahead let it begin.
                StatusCode::UNPROCESSABLE_ENTITY if says(&answer.body, Code::SEQUENCE_TOO_FAR) => {
                    sleep(RETRY).await;
                }
                status => {
                    let text = String::from_utf8_lossy(&answer.body).into_owned();
                    return Err(BenchError::Still(format!("a node says {status}: {text}")));
                }
            }
        }
        Err(BenchError::Still(format!(
            "{} has no receipt for a transaction after {} s",
            self.nodes[0],
            PATIENCE.as_secs()
        )))
    }

    async fn post(&mut self, body: Bytes) -> Option<Answer> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => Connection::open(self.nodes[0]).await.ok()?,
        };
        let answer = timeout(ANSWER_PATIENCE, connection.post(SUBMIT, body)).await;
        let answer = answer.ok()?.ok()?;
        self.connection = Some(connection);
        Some(answer)
    }
}

fn since_us(then: Instant) -> u64 {
    u64::try_from(then.elapsed().as_micros()).unwrap_or(u64::MAX)
}

/// Whether an answer says that a transaction was applied. The answer is this project's own and has no other place for the
/// word; reading all of it would cost the load's process more than the rest of a redemption.
fn is_applied(body: &[u8]) -> bool {
    const APPLIED: &[u8] = b"\"outcome\":\"applied\"";
    body.windows(APPLIED.len()).any(|part| part == APPLIED)
}

/// Whether an error's answer has this code.
fn says(body: &[u8], code: Code) -> bool {
    serde_json::from_slice::<serde_json::Value>(body)
        .is_ok_and(|answer| answer["code"] == code.name())
}
