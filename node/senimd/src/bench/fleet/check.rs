//! What the nodes of a network say afterwards, and what is proven of it.

use super::http::{Connection, HttpError};
use crate::bench::BenchError;
use crate::bench::load::meal::OFFSET_MINUTES;
use senim_abi::TREASURY;
use senim_abi::civil::{Month, UtcOffsets};
use senim_abi::treasury::ProgrammeId;
use senim_abi::treasury::record::{Claim, ClaimRecord, claim_key};
use senim_light_client::LightClient;
use senim_types::{Code, Height, OrgId, TimeMs, codec};
use serde::Deserialize;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Without getting further for so long, a node stands still.
const STILL: Duration = Duration::from_secs(120);
/// How often nodes are asked.
const PACE: Duration = Duration::from_millis(100);

/// What of a node's status is looked at.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Status {
    /// Height of its last block.
    pub height: u64,
    /// Hash of its last header, which holds the state root.
    pub hash: String,
}

/// A node's status; none where it does not answer.
pub async fn status(node: SocketAddr) -> Option<Status> {
    let mut connection = Connection::open(node).await.ok()?;
    let answer = connection.get("/v1/status").await.ok()?;
    serde_json::from_slice(&answer.body).ok()
}

/// A number of a node's metrics; none where it does not answer or has no such metric.
pub async fn metric(node: SocketAddr, name: &str) -> Option<u64> {
    let mut connection = Connection::open(node).await.ok()?;
    let answer = connection.get("/metrics").await.ok()?;
    let text = str::from_utf8(&answer.body).ok()?;
    let mut values = text.lines().filter_map(|line| line.strip_prefix(name));
    // A longer name that begins the same is followed by no blank.
    values.find_map(|value| value.strip_prefix(' ')?.parse().ok())
}

/// Waits until every node answers.
pub async fn answering(nodes: &[SocketAddr]) -> Result<(), BenchError> {
    for node in nodes {
        let begun = Instant::now();
        while status(*node).await.is_none() {
            if begun.elapsed() > STILL {
                return Err(BenchError::Still(format!("{node} does not answer")));
            }
            sleep(PACE).await;
        }
    }
    Ok(())
}

/// Waits until all nodes have the same block on top, and gives it. Their state is the same then: its root is in the
/// header, and a node that computed another would have stopped.
pub async fn agreed(nodes: &[SocketAddr]) -> Result<Status, BenchError> {
    let begun = Instant::now();
    loop {
        let mut tops = Vec::new();
        for node in nodes {
            tops.push(status(*node).await);
        }
        if let Some(Some(first)) = tops.first()
            && tops.iter().all(|top| top.as_ref() == Some(first))
        {
            return Ok(first.clone());
        }
        if begun.elapsed() > STILL {
            return Err(BenchError::Still(format!("they do not agree: {tops:?}")));
        }
        sleep(PACE).await;
    }
}

/// What a provider is owed under a programme for postings from `since` until now, proven to `light` by the node.
pub async fn claimed(
    node: SocketAddr,
    light: &LightClient,
    (provider, programme): (OrgId, ProgrammeId),
    (since, until): (TimeMs, TimeMs),
) -> Result<Claim, BenchError> {
    let offsets = UtcOffsets::fixed(OFFSET_MINUTES);
    let months = offsets.month_of(since).0..=offsets.month_of(until).0;
    let mut sum = Claim::default();
    for month in months {
        let key = claim_key(provider, programme, Month(month)).in_state_of(TREASURY);
        let Some(record) = proven::<ClaimRecord>(node, light, &key).await? else {
            continue;
        };
        let claim = record.into_current();
        sum.lines += claim.lines;
        sum.sum.0 += claim.sum.0;
        sum.reversed_lines += claim.reversed_lines;
    }
    Ok(sum)
}

/// A record of the state, proven to `light` by the node; none where there is none.
pub async fn proven<T: borsh::BorshSerialize + borsh::BorshDeserialize>(
    node: SocketAddr,
    light: &LightClient,
    key: &[u8],
) -> Result<Option<T>, BenchError> {
    let path = format!("/v1/state/{}", hex::encode(key));
    let answer = bytes(node, &path).await;
    let answer = answer.map_err(|error| BenchError::Still(format!("{node}: {error}")))?;
    let unverified = |code| BenchError::Unverified {
        height: Height::GENESIS.0,
        code,
    };
    let proven = light.state(&answer).map_err(unverified)?;
    let Some(value) = proven.value else {
        return Ok(None);
    };
    let record = codec::decode(&value, value.len());
    record
        .map(Some)
        .map_err(|_| unverified(Code::CORRUPT_RECORD))
}

async fn bytes(node: SocketAddr, path: &str) -> Result<Vec<u8>, HttpError> {
    let mut connection = Connection::open(node).await?;
    Ok(connection.get_bytes(path).await?.body.to_vec())
}
