//! How a process is told to end: Ctrl-C, or the signal by which service managers do it.

use std::io;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Both signals, as often as they come.
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
    count: usize,
}

impl Signals {
    /// From now on neither ends the process by itself.
    ///
    /// # Errors
    /// The operating system's.
    pub fn new() -> io::Result<Signals> {
        Ok(Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            count: 0,
        })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        self.count += 1;
    }

    /// Whether there was more than one: somebody does not want to wait.
    pub fn are_repeated(&self) -> bool {
        self.count > 1
    }
}
