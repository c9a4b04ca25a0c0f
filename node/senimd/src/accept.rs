//! Connections to an interface: as many as there is room for, and none that says nothing for long.

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_io_timeout::TimeoutStream;

/// A request's head has to be here within so long, and so has the next one of a connection that is kept.
pub const HEAD_WITHIN: Duration = Duration::from_secs(15);
/// A connection on which nothing gets through for so long is closed: longer than any request waits. Whoever does not
/// read the answers keeps no place.
const SILENCE: Duration = Duration::from_secs(75);
/// Bytes of a request's head.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// After a failed accept: the process has no file descriptor left, and gets one when a connection ends.
const RETRY_AFTER: Duration = Duration::from_millis(100);

/// Serves `router` on `listener` to at most `connections_max` clients at once, one at least; who comes then waits in the
/// operating system's queue. At the `end` no more connections are taken, and those that there are end with the request
/// that is under way.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    connections_max: usize,
    end: impl Future<Output = ()>,
) {
    serve_within(listener, router, connections_max, SILENCE, end).await;
}

async fn serve_within(
    listener: TcpListener,
    router: Router,
    connections_max: usize,
    silence: Duration,
    end: impl Future<Output = ()>,
) {
    let room = connections_max.clamp(1, Semaphore::MAX_PERMITS);
    let room = Arc::new(Semaphore::new(room));
    let (stop, stopped) = watch::channel(false);
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(HEAD_BYTES_MAX);
    let mut connections = JoinSet::new();
    let mut end = pin!(end);
    loop {
        let place = tokio::select! {
            () = &mut end => break,
            place = Arc::clone(&room).acquire_owned() => place,
        };
        let accepted = tokio::select! {
            () = &mut end => break,
            accepted = listener.accept() => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection cannot be accepted");
                tokio::time::sleep(RETRY_AFTER).await;
                continue;
            }
        };
        // A small answer must not wait for the next one.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection is gone already");
        }
        let mut stream = TimeoutStream::new(stream);
        stream.set_read_timeout(Some(silence));
        stream.set_write_timeout(Some(silence));
        let service = TowerToHyperService::new(router.clone());
        let connection = builder.serve_connection(TokioIo::new(Box::pin(stream)), service);
        let mut stopped = stopped.clone();
        connections.spawn(async move {
            let mut connection = pin!(connection);
            let is_told = async {
                // A sender that is gone is an end too.
                drop(stopped.wait_for(|stopped| *stopped).await);
            };
            let ended = tokio::select! {
                ended = connection.as_mut() => Some(ended),
                () = is_told => None,
            };
            let ended = match ended {
                Some(ended) => ended,
                None => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(place);
        });
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    stop.send_replace(true);
    while connections.join_next().await.is_some() {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use std::net::SocketAddr;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;
    use tokio::sync::oneshot;
    use tokio::time::{sleep, timeout};

    const LONG: Duration = Duration::from_secs(60);
    const SHORT: Duration = Duration::from_millis(300);

    async fn served(
        room: usize,
        silence: Duration,
    ) -> (SocketAddr, oneshot::Sender<()>, oneshot::Receiver<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("it listens");
        let router = Router::new().route("/", get(|| async { "here" }));
        let router = router.route("/large", get(|| async { "x".repeat(1 << 20) }));
        let router = router.route(
            "/slow",
            get(|| async {
                sleep(SHORT).await;
                "slowly"
            }),
        );
        let (stop, stopped) = oneshot::channel();
        let (done, ended) = oneshot::channel();
        tokio::spawn(async move {
            let end = async {
                let _told = stopped.await;
            };
            serve_within(listener, router, room, silence, end).await;
            let _gone = done.send(());
        });
        (address, stop, ended)
    }

    async fn connect(address: SocketAddr) -> TcpStream {
        TcpStream::connect(address)
            .await
            .expect("the queue has room")
    }

    async fn ask(stream: &mut TcpStream, path: &str) -> String {
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
        stream
            .write_all(request.as_bytes())
            .await
            .expect("it is sent");
        let mut bytes = [0; 512];
        let length = stream.read(&mut bytes).await.expect("an answer");
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    }

    #[tokio::test]
    async fn one_connection_more_than_there_is_room_for_waits() {
        let (address, _stop, _ended) = served(1, LONG).await;
        let mut first = connect(address).await;
        assert!(ask(&mut first, "/").await.contains("here"));
        let mut second = connect(address).await;
        let waiting = timeout(SHORT, ask(&mut second, "/")).await;
        assert!(waiting.is_err(), "{waiting:?}");
        assert!(
            ask(&mut first, "/").await.contains("here"),
            "the first goes on"
        );
        drop(first);
        let mut bytes = [0; 512];
        let length = timeout(LONG, second.read(&mut bytes)).await;
        let length = length.expect("its turn comes").expect("an answer");
        assert!(String::from_utf8_lossy(&bytes[..length]).contains("here"));
    }

    #[tokio::test]
    async fn at_the_end_a_request_under_way_is_answered_and_nobody_else_is_let_in() {
        let (address, stop, ended) = served(8, LONG).await;
        let mut idle = connect(address).await;
        assert!(ask(&mut idle, "/").await.contains("here"));
        let mut under_way = connect(address).await;
        let answer = async {
            let answer = ask(&mut under_way, "/slow").await;
            assert!(answer.contains("slowly"), "{answer}");
        };
        let ending = async {
            sleep(SHORT / 3).await;
            stop.send(()).expect("it is served");
        };
        tokio::join!(answer, ending);
        timeout(LONG, ended)
            .await
            .expect("it ends by itself")
            .expect("in order");
        assert!(TcpStream::connect(address).await.is_err());
    }

    #[tokio::test]
    async fn who_never_reads_the_answers_loses_the_place() {
        let (address, _stop, _ended) = served(1, SHORT).await;
        let mut deaf = connect(address).await;
        let requests = "GET /large HTTP/1.1\r\nHost: x\r\n\r\n".repeat(32);
        deaf.write_all(requests.as_bytes())
            .await
            .expect("it is sent");
        let mut next = connect(address).await;
        let answer = timeout(LONG, ask(&mut next, "/")).await;
        assert!(answer.expect("its turn comes").contains("here"));
        drop(deaf);
    }
}
