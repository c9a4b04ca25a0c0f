//! One connection of a client's: HTTP/1.1 with keep-alive, one request at a time.

use axum::body::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{ACCEPT, HOST, RETRY_AFTER};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;

/// Bytes of an answer that are read.
const ANSWER_BYTES_MAX: usize = 64 << 20;

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The node cannot be reached, or is gone.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// What came is no answer, or the connection ended before it.
    #[error("{0}")]
    Protocol(#[from] hyper::Error),
    /// The answer is longer than any that is expected.
    #[error("the answer is too long or was cut off")]
    Body,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// When to come again, where it says so.
    pub retry_after: Option<Duration>,
    /// Its body.
    pub body: Bytes,
}

/// A connection to a node.
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    host: String,
}

impl Connection {
    /// Opens one. Needs a tokio runtime, on which it is served until it is dropped.
    pub async fn open(address: SocketAddr) -> Result<Connection, HttpError> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(async move {
            // Its end shows in the next request.
            let _ended = connection.await;
        });
        Ok(Connection {
            sender,
            host: address.to_string(),
        })
    }

    /// Posts a body.
    pub async fn post(&mut self, path: &str, body: Bytes) -> Result<Answer, HttpError> {
        self.request(Method::POST, path, "application/json", body)
            .await
    }

    /// Gets JSON or text.
    pub async fn get(&mut self, path: &str) -> Result<Answer, HttpError> {
        self.request(Method::GET, path, "application/json", Bytes::new())
            .await
    }

    /// Gets canonical bytes.
    pub async fn get_bytes(&mut self, path: &str) -> Result<Answer, HttpError> {
        self.request(Method::GET, path, "application/octet-stream", Bytes::new())
            .await
    }

    async fn request(
        &mut self,
        method: Method,
        path: &str,
        accept: &str,
        body: Bytes,
    ) -> Result<Answer, HttpError> {
        self.sender.ready().await?;
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, &self.host)
            .header(ACCEPT, accept)
            .body(Full::new(body))
            .unwrap_or_else(|error| unreachable!("paths and hosts here are sound: {error}"));
        let answer = self.sender.send_request(request).await?;
        let (head, body) = answer.into_parts();
        let seconds = head.headers.get(RETRY_AFTER);
        let seconds = seconds.and_then(|seconds| seconds.to_str().ok()?.parse().ok());
        let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
        Ok(Answer {
            status: head.status,
            retry_after: seconds.map(Duration::from_secs),
            body: body.map_err(|_| HttpError::Body)?.to_bytes(),
        })
    }
}
