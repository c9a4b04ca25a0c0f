//! The way to an outside system: HTTP, every answer bounded in bytes and time.

use crate::outbox::{Outcome, Trouble};
use senim_cli::failure::{Failure, Result};
use std::time::Duration;
use ureq::Agent;
use ureq::http::Response;

/// Bytes of an answer.
const ANSWER_BYTES_MAX: u64 = 1 << 20;
/// The longest that connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// An outside system.
pub struct Endpoint {
    agent: Agent,
    url: String,
    token: Option<String>,
}

/// What it answered.
pub struct Answered {
    /// HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
    /// How long it asks to be left alone, in ms.
    pub after_ms: u64,
}

impl Endpoint {
    /// The system at this address, such as `http://127.0.0.1:8080/fhir`, which has so long to answer. A token is sent as
    /// bearer token.
    pub fn new(url: &str, timeout_ms: u64, token: Option<String>) -> Result<Endpoint> {
        let url = url.trim_end_matches('/').to_owned();
        if !url.starts_with("http://") {
            return Err(Failure::usage(format!(
                "`{url}` is not an address of this kind: http://HOST:PORT/PATH. For TLS put a proxy in front of it."
            )));
        }
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_global(Some(Duration::from_millis(timeout_ms)))
            .proxy(None)
            .max_redirects(0)
            .user_agent(concat!("senim-connector/", env!("CARGO_PKG_VERSION")))
            .build();
        let agent = config.new_agent();
        Ok(Endpoint { agent, url, token })
    }

    /// Posts a body to a path below the address.
    pub fn post(
        &self,
        path: &str,
        media: &str,
        body: &[u8],
    ) -> std::result::Result<Answered, Outcome> {
        let mut request = self.agent.post(format!("{}{path}", self.url));
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        let request = request.content_type(media).header("Accept", media);
        answered(request.send(body))
    }

    /// Gets a path below the address.
    pub fn get(&self, path: &str, media: &str) -> std::result::Result<Answered, Outcome> {
        let mut request = self.agent.get(format!("{}{path}", self.url));
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        answered(request.header("Accept", media).call())
    }
}

impl Answered {
    /// What a status means whatever the protocol: that it cannot now, or what no such system says.
    pub fn hindrance(&self) -> Option<Outcome> {
        let detail = format!("HTTP {}", self.status);
        match self.status {
            408 | 425 | 429 | 500..=599 => Some(Outcome::Failed {
                trouble: Trouble::Busy,
                detail,
                after_ms: self.after_ms,
            }),
            200..=299 | 400..=499 => None,
            _ => Some(Outcome::failed(Trouble::Nonsense, detail)),
        }
    }

    /// What cannot be understood.
    pub fn nonsense(&self, why: &str) -> Outcome {
        Outcome::failed(Trouble::Nonsense, format!("HTTP {}: {why}", self.status))
    }
}

fn answered(
    sent: std::result::Result<Response<ureq::Body>, ureq::Error>,
) -> std::result::Result<Answered, Outcome> {
    let mut response = sent.map_err(|error| failed(&error))?;
    let seconds = response
        .headers()
        .get("retry-after")
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let body = response.body_mut().with_config().limit(ANSWER_BYTES_MAX);
    let body = body.read_to_vec().map_err(|error| failed(&error))?;
    Ok(Answered {
        status: response.status().as_u16(),
        body,
        after_ms: seconds.unwrap_or(0).saturating_mul(1_000),
    })
}

fn failed(error: &ureq::Error) -> Outcome {
    let trouble = match error {
        ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => {
            Trouble::Unreachable
        }
        ureq::Error::Timeout(_) => Trouble::Slow,
        ureq::Error::Io(_) | ureq::Error::ConnectionFailed | ureq::Error::HostNotFound => {
            Trouble::Unreachable
        }
        _ => Trouble::Nonsense,
    };
    Outcome::failed(trouble, error.to_string())
}
