//! One node's HTTP interface: every answer is bounded in bytes and time, and a busy node is asked again.

use crate::failure::{Exit, Failure, Result};
use senim_types::{Code, Hash};
use serde::Deserialize;
use std::time::Duration;
use ureq::http::{Response, StatusCode};
use ureq::{Agent, Body};

/// The longest wait for a receipt that one request asks for, in ms: the node's own limit is 30 s.
const WAIT_MS: u64 = 20_000;
/// The longest that one request may take in all: the wait, and a slow answer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(40);
/// The longest that connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest that a request may take that nobody waits for.
const BRIEF_TIMEOUT: Duration = Duration::from_secs(2);
/// Times that a busy node is asked.
const ATTEMPTS_MAX: u32 = 8;
/// The longest pause between two attempts, whatever the node says.
const RETRY_AFTER_S_MAX: u64 = 5;
/// Bytes of an answer in JSON, and of a refusal.
const JSON_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// The media type of canonical bytes.
const OCTET_STREAM: &str = "application/octet-stream";

/// A node.
#[derive(Debug)]
pub struct Node {
    agent: Agent,
    base: String,
    attempts_max: u32,
}

/// A refusal as the node writes it.
#[derive(Debug, Deserialize)]
struct Refusal {
    code: Code,
    message: String,
    #[serde(default)]
    detail: String,
}

/// What the node says of a transaction that it took.
#[derive(Debug, Deserialize)]
pub struct Submitted {
    /// Its hash.
    pub transaction: Hash,
}

/// What the node says of a device.
#[derive(Debug, Deserialize)]
pub struct DeviceStatus {
    /// A sequence number that is free.
    pub next_sequence: u64,
}

enum Method<'a> {
    Get,
    Post(&'a [u8]),
    Put(&'a [u8]),
    Delete,
}

impl Node {
    /// The node at this address, such as `http://127.0.0.1:7101`.
    pub fn new(url: &str) -> Result<Node> {
        let base = url.trim_end_matches('/');
        if !base.starts_with("http://") {
            return Err(Failure::usage(format!(
                "`{url}` is not an address of this kind: http://HOST:PORT. For TLS put a proxy in front of the node."
            )));
        }
        Ok(Node {
            agent: agent(REQUEST_TIMEOUT),
            base: base.to_owned(),
            attempts_max: ATTEMPTS_MAX,
        })
    }

    /// The same node, asked once and not waited for: for what may as well not happen.
    #[must_use]
    pub fn brief(&self) -> Node {
        Node {
            agent: agent(BRIEF_TIMEOUT),
            base: self.base.clone(),
            attempts_max: 1,
        }
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.base
    }

    /// Canonical bytes at `path`.
    pub fn bytes(&self, path: &str, bytes_max: usize) -> Result<Vec<u8>> {
        self.ask(&Method::Get, path, None, OCTET_STREAM, bytes_max as u64)
    }

    /// A JSON value at `path`.
    pub fn json<T: serde::de::DeserializeOwned>(&self, path: &str) -> Result<T> {
        let bytes = self.ask(&Method::Get, path, None, "application/json", JSON_BYTES_MAX)?;
        self.parse(&bytes)
    }

    /// Submits a signed transaction, and waits a while for its block.
    pub fn submit(&self, transaction: &[u8]) -> Result<Submitted> {
        let path = format!("/v1/transactions?wait_ms={WAIT_MS}");
        let method = Method::Post(transaction);
        let bytes = self.ask(&method, &path, None, "application/json", JSON_BYTES_MAX)?;
        self.parse(&bytes)
    }

    /// Submits a signed transaction and does not wait for its block.
    pub fn offer(&self, transaction: &[u8]) -> Result<Submitted> {
        let method = Method::Post(transaction);
        let path = "/v1/transactions";
        let bytes = self.ask(&method, path, None, "application/json", JSON_BYTES_MAX)?;
        self.parse(&bytes)
    }

    /// The bytes of a receipt's proof; waits for it if asked to.
    pub fn receipt(&self, transaction: &Hash, waits: bool, bytes_max: usize) -> Result<Vec<u8>> {
        let wait = if waits {
            format!("?wait_ms={WAIT_MS}")
        } else {
            String::new()
        };
        self.bytes(&format!("/v1/receipts/{transaction}{wait}"), bytes_max)
    }

    /// A contract's answer to a question, in borsh. Nothing proves it: it is what this node says.
    pub fn query(&self, contract: u32, question: &[u8], bytes_max: usize) -> Result<Vec<u8>> {
        let path = format!("/v1/contracts/{contract}/query");
        self.ask(
            &Method::Post(question),
            &path,
            None,
            OCTET_STREAM,
            bytes_max as u64,
        )
    }

    /// A request that a device signed: `authorisation` is the header that covers method, path and body.
    pub fn signed(
        &self,
        request: &SignedRequest,
        authorisation: &str,
        bytes_max: usize,
    ) -> Result<Vec<u8>> {
        let method = match request.body {
            _ if request.method == "DELETE" => Method::Delete,
            Some(body) if request.method == "POST" => Method::Post(body),
            Some(body) => Method::Put(body),
            None => Method::Get,
        };
        self.ask(
            &method,
            request.path,
            Some(authorisation),
            OCTET_STREAM,
            bytes_max as u64,
        )
    }

    fn parse<T: serde::de::DeserializeOwned>(&self, bytes: &[u8]) -> Result<T> {
        serde_json::from_slice(bytes).map_err(|error| self.unusable(&error.to_string()))
    }

    fn unusable(&self, reason: &str) -> Failure {
        Failure::with(
            Code::ANSWER_UNUSABLE,
            format!(
                "{}: {reason}. {}",
                self.base,
                Code::ANSWER_UNUSABLE.advice()
            ),
        )
    }

    /// Asks until the node has time. What is sent is the same each time, and a transaction counts once.
    fn ask(
        &self,
        method: &Method,
        path: &str,
        authorisation: Option<&str>,
        accept: &str,
        bytes_max: u64,
    ) -> Result<Vec<u8>> {
        let mut attempt = 1;
        loop {
            let response = self.send(method, path, authorisation, accept);
            let mut response = response.map_err(|error| self.unreachable(&error))?;
            let status = response.status();
            if status.is_success() {
                return self.read(&mut response, bytes_max);
            }
            let is_busy = status == StatusCode::TOO_MANY_REQUESTS
                || status == StatusCode::SERVICE_UNAVAILABLE;
            if !is_busy || attempt == self.attempts_max {
                return Err(self.refusal(&mut response));
            }
            std::thread::sleep(Duration::from_secs(retry_after_s(&response)));
            attempt += 1;
        }
    }

    fn send(
        &self,
        method: &Method,
        path: &str,
        authorisation: Option<&str>,
        accept: &str,
    ) -> std::result::Result<Response<Body>, ureq::Error> {
        let url = format!("{}{path}", self.base);
        let authorisation = authorisation.unwrap_or_default();
        let headers = [("Accept", accept), ("Senim-Request", authorisation)];
        let headers = headers.into_iter().filter(|(_, value)| !value.is_empty());
        macro_rules! with_headers {
            ($request:expr) => {
                headers.fold($request, |request, (name, value)| {
                    request.header(name, value)
                })
            };
        }
        match method {
            Method::Get => with_headers!(self.agent.get(&url)).call(),
            Method::Delete => with_headers!(self.agent.delete(&url)).call(),
            Method::Post(body) => with_headers!(self.agent.post(&url))
                .content_type(OCTET_STREAM)
                .send(*body),
            Method::Put(body) => with_headers!(self.agent.put(&url))
                .content_type(OCTET_STREAM)
                .send(*body),
        }
    }

    fn read(&self, response: &mut Response<Body>, bytes_max: u64) -> Result<Vec<u8>> {
        let body = response.body_mut().with_config().limit(bytes_max);
        body.read_to_vec().map_err(|error| match error {
            ureq::Error::BodyExceedsLimit(_) => {
                self.unusable(&format!("an answer of more than {bytes_max} bytes"))
            }
            error => self.unreachable(&error),
        })
    }

    fn refusal(&self, response: &mut Response<Body>) -> Failure {
        let status = response.status();
        let refusal = self.read(response, JSON_BYTES_MAX).ok();
        let refusal: Option<Refusal> =
            refusal.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        match refusal {
            Some(refusal) => {
                let failure = Failure::with(refusal.code, refusal.message);
                if refusal.detail.is_empty() {
                    failure
                } else {
                    failure.field("detail", refusal.detail)
                }
            }
            None => self.unusable(&format!("HTTP status {}", status.as_u16())),
        }
    }

    fn unreachable(&self, error: &ureq::Error) -> Failure {
        let message = format!(
            "{}: {error}. {} `senimd devnet` starts one.",
            self.base,
            Code::NODE_UNREACHABLE.advice()
        );
        Failure {
            exit: Exit::Node,
            ..Failure::with(Code::NODE_UNREACHABLE, message)
        }
    }
}

/// A request that a device signs.
#[derive(Clone, Copy, Debug)]
pub struct SignedRequest<'a> {
    /// `GET`, `PUT`, `POST` or `DELETE`.
    pub method: &'static str,
    /// With the query, such as `/v1/sealed/<hash>`.
    pub path: &'a str,
    /// What is stored or told.
    pub body: Option<&'a [u8]>,
}

fn agent(timeout: Duration) -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .timeout_connect(Some(CONNECT_TIMEOUT.min(timeout)))
        .timeout_global(Some(timeout))
        // A node is asked directly: a proxy from the environment would not reach the loopback.
        .proxy(None)
        .max_redirects(0)
        .user_agent(concat!("senim/", env!("CARGO_PKG_VERSION")))
        .build();
    config.new_agent()
}

fn retry_after_s(response: &Response<Body>) -> u64 {
    let header = response
        .headers()
        .get("retry-after")
        .and_then(|value| value.to_str().ok());
    let seconds: Option<u64> = header.and_then(|value| value.parse().ok());
    seconds.unwrap_or(1).clamp(1, RETRY_AFTER_S_MAX)
}

#[cfg(test)]
mod tests;
