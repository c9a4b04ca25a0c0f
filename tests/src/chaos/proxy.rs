//! What stands in the links to one machine: the registry names the proxy's address, and the machine listens elsewhere.

use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the links do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Links {
    /// Everything passes.
    Pass,
    /// Connections break, and new ones are refused.
    Cut,
    /// Nothing passes, and no connection breaks.
    Stall,
}

/// A proxy that runs until this value is dropped.
pub struct Proxy {
    links: watch::Sender<Links>,
}

impl Proxy {
    /// Begins to pass what comes to `from` on to `to`.
    pub async fn start(from: SocketAddr, to: SocketAddr) -> std::io::Result<Proxy> {
        let listener = TcpListener::bind(from).await?;
        let (links, watched) = watch::channel(Links::Pass);
        tokio::spawn(serve(listener, to, watched));
        Ok(Proxy { links })
    }

    /// From now on the links do this.
    pub fn set(&self, links: Links) {
        self.links.send_replace(links);
    }
}

async fn serve(listener: TcpListener, to: SocketAddr, mut links: watch::Receiver<Links>) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            // Its owner is gone.
            Err(_) = links.wait_for(|_| false) => return,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        if *links.borrow() == Links::Cut {
            continue;
        }
        tokio::spawn(pass(stream, to, links.clone()));
    }
}

/// Passes one connection's bytes both ways, while the links do.
async fn pass(from: TcpStream, to: SocketAddr, links: watch::Receiver<Links>) {
    let Ok(to) = TcpStream::connect(to).await else {
        return;
    };
    let ((from_read, from_write), (to_read, to_write)) = (from.into_split(), to.into_split());
    tokio::select! {
        () = pump(from_read, to_write, links.clone()) => {}
        () = pump(to_read, from_write, links) => {}
    }
}

/// One direction. What was read is written, however long it waits: a link loses a connection, never bytes within one.
async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut links: watch::Receiver<Links>) {
    let mut buffer = vec![0; 64 * 1024];
    let mut ends = links.clone();
    loop {
        let read = tokio::select! {
            read = from.read(&mut buffer) => read,
            _ = ends.wait_for(|links| *links == Links::Cut) => return,
        };
        let Ok(length @ 1..) = read else {
            return;
        };
        match links
            .wait_for(|links| *links != Links::Stall)
            .await
            .as_deref()
        {
            Ok(Links::Pass) => {}
            _ => return,
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}
