//! Connections of clients, at most so many at once, and none for ever without a byte.

use axum::serve::Listener;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep};

/// How long a connection may be silent: longer than any request waits.
const SILENCE: Duration = Duration::from_secs(75);

/// A listener with room for so many connections; one more waits in the operating system's queue.
pub struct Bounded {
    listener: TcpListener,
    room: Arc<Semaphore>,
    silence: Duration,
}

impl Bounded {
    /// With room for `connections_max`, one at least.
    pub fn new(listener: TcpListener, connections_max: usize) -> Bounded {
        let connections_max = connections_max.clamp(1, Semaphore::MAX_PERMITS);
        Bounded {
            listener,
            room: Arc::new(Semaphore::new(connections_max)),
            silence: SILENCE,
        }
    }

    /// Connections may be silent for so long.
    pub fn with_silence(self, silence: Duration) -> Bounded {
        Bounded { silence, ..self }
    }
}

impl Listener for Bounded {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let room = Arc::clone(&self.room).acquire_owned().await;
        let room = room.expect("the semaphore is never closed");
        let (stream, address) = Listener::accept(&mut self.listener).await;
        let connection = Connection {
            stream,
            silence: Box::pin(sleep(self.silence)),
            silence_max: self.silence,
            _room: room,
        };
        (connection, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection, which gives back its room when it ends.
pub struct Connection {
    stream: TcpStream,
    silence: Pin<Box<Sleep>>,
    silence_max: Duration,
    _room: OwnedSemaphorePermit,
}

impl Connection {
    fn heard(&mut self) {
        let until = Instant::now() + self.silence_max;
        self.silence.as_mut().reset(until);
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_read(cx, buffer) {
            Poll::Ready(read) => {
                self.heard();
                Poll::Ready(read)
            }
            Poll::Pending => match self.silence.as_mut().poll(cx) {
                Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
                Poll::Pending => Poll::Pending,
            },
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        if written.is_ready() {
            self.heard();
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        if written.is_ready() {
            self.heard();
        }
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::time::timeout;

    const LONG: Duration = Duration::from_secs(60);
    const SHORT: Duration = Duration::from_millis(300);

    async fn serve(connections_max: usize, silence: Duration) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("it listens");
        let bounded = Bounded::new(listener, connections_max).with_silence(silence);
        let router = Router::new().route("/", get(|| async { "here" }));
        tokio::spawn(async move { axum::serve(bounded, router).await });
        address
    }

    async fn connect(address: SocketAddr) -> TcpStream {
        TcpStream::connect(address)
            .await
            .expect("the queue has room")
    }

    async fn ask(stream: &mut TcpStream) -> String {
        let request = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";
        stream.write_all(request).await.expect("it is sent");
        let mut bytes = [0; 512];
        let length = stream.read(&mut bytes).await.expect("an answer");
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    }

    #[tokio::test]
    async fn one_connection_more_than_there_is_room_for_waits() {
        let address = serve(1, LONG).await;
        let mut first = connect(address).await;
        assert!(ask(&mut first).await.contains("here"));
        let mut second = connect(address).await;
        let waiting = timeout(SHORT, ask(&mut second)).await;
        assert!(waiting.is_err(), "{waiting:?}");
        assert!(ask(&mut first).await.contains("here"), "the first goes on");
        drop(first);
        let mut bytes = [0; 512];
        let length = timeout(LONG, second.read(&mut bytes)).await;
        let length = length.expect("its turn comes").expect("an answer");
        assert!(String::from_utf8_lossy(&bytes[..length]).contains("here"));
    }

    #[tokio::test]
    async fn a_connection_that_says_nothing_gives_back_its_room() {
        let address = serve(1, SHORT).await;
        let mut silent = connect(address).await;
        let mut next = connect(address).await;
        let answer = timeout(LONG, ask(&mut next)).await.expect("its turn comes");
        assert!(answer.contains("here"), "{answer}");
        let mut rest = Vec::new();
        let closed = timeout(LONG, silent.read_to_end(&mut rest)).await;
        // However it ended, it ended.
        let _end = closed.expect("it is closed");
        assert!(rest.is_empty());
    }
}
