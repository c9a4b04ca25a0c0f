//! The tasks of one peer: one writes what waits for it, one reads what it sends.

use crate::frame::{Assembler, FrameError, HEAD_BYTES, Head, Lane, PART_BYTES_MAX};
use crate::queue::Queue;
use crate::{Incoming, Room};
use futures_util::{AsyncReadExt, AsyncWriteExt};
use governor::clock::DefaultClock;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use libp2p::swarm::Stream;
use senim_types::PublicKey;
use std::io;
use std::num::NonZeroU32;
use std::sync::Arc;
use tokio::sync::{Semaphore, mpsc};

/// Small messages are written together up to so many bytes.
const WRITE_BYTES_MAX: usize = 64 * 1024;

/// What one peer may have waiting here, and how fast it may send.
#[derive(Clone, Copy, Debug)]
pub struct ReadLimits {
    /// Bytes of one message.
    pub message_bytes_max: usize,
    /// Messages of a peer that the node has not taken yet.
    pub waiting_messages_max: usize,
    /// Bytes of them; one message always may.
    pub waiting_bytes_max: usize,
    /// KiB per second.
    pub kib_per_s_max: NonZeroU32,
    /// Messages per second.
    pub messages_per_s_max: NonZeroU32,
}

impl Default for ReadLimits {
    fn default() -> Self {
        ReadLimits {
            message_bytes_max: 9 << 20,
            waiting_messages_max: 1_024,
            waiting_bytes_max: 32 << 20,
            kib_per_s_max: NonZeroU32::MIN.saturating_add(128 * 1024),
            messages_per_s_max: NonZeroU32::MIN.saturating_add(20_000),
        }
    }
}

/// Why a peer's stream is no longer read.
#[derive(Debug, thiserror::Error)]
pub enum ReadEnd {
    /// It ended, or the connection did.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is not one of parts.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// This node takes no more.
    #[error("the node ended")]
    Gone,
}

type Limiter = RateLimiter<NotKeyed, InMemoryState, DefaultClock>;

/// A peer's share of what may wait here; it outlives its streams, so that opening new ones gains nothing.
pub struct Share {
    limits: ReadLimits,
    bytes: Arc<Semaphore>,
    count: Arc<Semaphore>,
    kib: Limiter,
    messages: Limiter,
}

impl Share {
    pub fn new(limits: ReadLimits) -> Share {
        Share {
            bytes: Arc::new(Semaphore::new(limits.waiting_bytes_max)),
            count: Arc::new(Semaphore::new(limits.waiting_messages_max)),
            kib: RateLimiter::direct(Quota::per_second(limits.kib_per_s_max)),
            messages: RateLimiter::direct(Quota::per_second(limits.messages_per_s_max)),
            limits,
        }
    }

    /// Waits for the peer's turn: a flood is read no faster than its sender's rate.
    async fn turn(&self, length: usize) -> Option<Room> {
        self.messages.until_ready().await;
        let kib = u32::try_from(length.div_ceil(1024))
            .ok()
            .and_then(NonZeroU32::new)?;
        // The quota of a second is above the largest message, so this always comes true.
        self.kib.until_n_ready(kib).await.ok()?;
        let bytes = length.min(self.limits.waiting_bytes_max) as u32;
        Some(Room {
            _bytes: Arc::clone(&self.bytes)
                .acquire_many_owned(bytes)
                .await
                .ok()?,
            _count: Arc::clone(&self.count).acquire_owned().await.ok()?,
        })
    }
}

/// Reads messages until the stream ends or breaks the rules.
pub async fn read(
    mut stream: Stream,
    from: PublicKey,
    share: Arc<Share>,
    incoming: mpsc::Sender<Incoming>,
) -> ReadEnd {
    let mut assembler = Assembler::new(share.limits.message_bytes_max);
    loop {
        match read_part(&mut stream, &mut assembler).await {
            Err(end) => return end,
            Ok(None) => {}
            Ok(Some(message)) => {
                let Some(room) = share.turn(message.len()).await else {
                    return ReadEnd::Gone;
                };
                let message = Incoming::Message {
                    from,
                    bytes: message.into(),
                    room: Some(room),
                };
                if incoming.send(message).await.is_err() {
                    return ReadEnd::Gone;
                }
            }
        }
    }
}

async fn read_part(
    stream: &mut Stream,
    assembler: &mut Assembler,
) -> Result<Option<Vec<u8>>, ReadEnd> {
    let mut head = [0; HEAD_BYTES];
    stream.read_exact(&mut head).await?;
    let head = Head::decode(head)?;
    stream.read_exact(assembler.room(head)?).await?;
    Ok(assembler.take(head))
}

/// Writes what waits, urgent messages before the next part of a bulk one, until the stream ends.
pub async fn write(stream: &mut Stream, queue: &Queue) -> io::Result<()> {
    let mut bulk: Option<(Arc<[u8]>, usize)> = None;
    let mut buffer = Vec::with_capacity(WRITE_BYTES_MAX + HEAD_BYTES);
    loop {
        buffer.clear();
        while buffer.len() < WRITE_BYTES_MAX {
            let Some(message) = queue.pop(Lane::Urgent) else {
                break;
            };
            let parts = message.chunks(PART_BYTES_MAX);
            let last = parts.len() - 1;
            for (index, part) in parts.enumerate() {
                put(&mut buffer, Lane::Urgent, index == last, part);
            }
        }
        while buffer.len() < WRITE_BYTES_MAX {
            let Some((message, sent)) = bulk.take().or_else(|| Some((queue.pop(Lane::Bulk)?, 0)))
            else {
                break;
            };
            let end = message.len().min(sent + PART_BYTES_MAX);
            put(
                &mut buffer,
                Lane::Bulk,
                end == message.len(),
                &message[sent..end],
            );
            if end < message.len() {
                bulk = Some((message, end));
                break;
            }
        }
        if buffer.is_empty() {
            stream.flush().await?;
            queue.pushed().await;
        } else {
            stream.write_all(&buffer).await?;
        }
    }
}

fn put(buffer: &mut Vec<u8>, lane: Lane, is_last: bool, part: &[u8]) {
    let head = Head {
        lane,
        is_last,
        length: part.len(),
    };
    buffer.extend_from_slice(&head.encode());
    buffer.extend_from_slice(part);
}
