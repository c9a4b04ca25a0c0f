//! How the interface reaches its node: a bounded channel of requests, each with its own way back.

use senim_replica::{Read, ReadAnswer, ReadError, SubmitAnswer};
use senim_types::{Code, Hash, SignedTransaction};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Requests that may wait for the node; one more is answered with `MEMPOOL_FULL` at once.
pub const REQUESTS_MAX: usize = 4096;

/// What the interface asks of its node.
#[derive(Debug)]
pub enum Request {
    /// Take a transaction.
    Submit {
        /// Of the right shape; signatures are the node's to check.
        transaction: Box<SignedTransaction>,
        /// The way back.
        reply: oneshot::Sender<SubmitAnswer>,
    },
    /// Answer a question.
    Read {
        /// The question.
        question: Read,
        /// The way back.
        reply: oneshot::Sender<Result<ReadAnswer, ReadError>>,
    },
    /// The checkpoint of the tip, cosigned by the node's validator. None before the first block.
    Checkpoint {
        /// The way back.
        reply: oneshot::Sender<Result<Option<String>, ReadError>>,
    },
    /// Tell when a transaction has a receipt, or left the mempool without one.
    Wait {
        /// The transaction's hash.
        transaction: Hash,
        /// The way back.
        reply: oneshot::Sender<Ended>,
    },
}

/// What whoever waits for a transaction is told: the code that its receipt has, none where it was applied; or why there is
/// no receipt.
pub type Ended = Result<Option<Code>, Code>;

/// A handle to a running node. Clones reach the same one.
#[derive(Clone, Debug)]
pub struct NodeHandle {
    requests: mpsc::Sender<Request>,
}

impl NodeHandle {
    /// A handle and the end that the node reads.
    pub fn new() -> (NodeHandle, mpsc::Receiver<Request>) {
        NodeHandle::with_room(REQUESTS_MAX)
    }

    /// The same with room for so many waiting requests, one at least.
    pub fn with_room(requests_max: usize) -> (NodeHandle, mpsc::Receiver<Request>) {
        let (requests, receiver) = mpsc::channel(requests_max.max(1));
        (NodeHandle { requests }, receiver)
    }

    /// Submits a transaction.
    ///
    /// # Errors
    /// `MEMPOOL_FULL` where too many requests wait, `NOT_READY` where the node has stopped.
    pub async fn submit(&self, transaction: SignedTransaction) -> Result<SubmitAnswer, Code> {
        self.submit_later(transaction)?
            .await
            .map_err(|_| Code::NOT_READY)
    }

    /// Submits a transaction; the answer comes by itself.
    ///
    /// # Errors
    /// As [`NodeHandle::submit`].
    pub fn submit_later(
        &self,
        transaction: SignedTransaction,
    ) -> Result<oneshot::Receiver<SubmitAnswer>, Code> {
        let (reply, answer) = oneshot::channel();
        let transaction = Box::new(transaction);
        self.send(Request::Submit { transaction, reply })?;
        Ok(answer)
    }

    /// Asks a question.
    ///
    /// # Errors
    /// The node's refusal, or as [`NodeHandle::submit`].
    pub async fn read(&self, question: Read) -> Result<ReadAnswer, ReadError> {
        let failed = |code| ReadError {
            code,
            detail: Vec::new(),
        };
        let (reply, answer) = oneshot::channel();
        self.send(Request::Read { question, reply })
            .map_err(failed)?;
        answer.await.map_err(|_| failed(Code::NOT_READY))?
    }

    /// The checkpoint of the tip's log, as text; none before the first block.
    ///
    /// # Errors
    /// The node's, or as [`NodeHandle::submit`].
    pub async fn checkpoint(&self) -> Result<Option<String>, ReadError> {
        let failed = |code| ReadError {
            code,
            detail: Vec::new(),
        };
        let (reply, answer) = oneshot::channel();
        self.send(Request::Checkpoint { reply }).map_err(failed)?;
        answer.await.map_err(|_| failed(Code::NOT_READY))?
    }

    /// Waits at most `limit` until the transaction has a receipt.
    ///
    /// # Errors
    /// `TIMED_OUT`, the code with which it was dropped, or as [`NodeHandle::submit`].
    pub async fn wait(&self, transaction: Hash, limit: Duration) -> Ended {
        let (reply, answer) = oneshot::channel();
        self.send(Request::Wait { transaction, reply })?;
        match tokio::time::timeout(limit, answer).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(Code::NOT_READY),
            Err(_) => Err(Code::TIMED_OUT),
        }
    }

    /// Whether nobody reads what is asked any more.
    pub fn is_gone(&self) -> bool {
        self.requests.is_closed()
    }

    fn send(&self, request: Request) -> Result<(), Code> {
        self.requests
            .try_send(request)
            .map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => Code::MEMPOOL_FULL,
                mpsc::error::TrySendError::Closed(_) => Code::NOT_READY,
            })
    }
}
