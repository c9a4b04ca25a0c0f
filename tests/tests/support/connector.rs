//! A connector beside a node, as scenarios run one.

use super::ledger::Ledger;
use senim_cli::failure::Result;
use senim_connector::outbox::Pace;
use senim_connector::service::Settings;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The message of one line that the others are made of.
pub const TEMPLATE: &str = "tests/data/demo/card-metformin.json";
/// How long anything may take here.
const PATIENCE: Duration = Duration::from_secs(120);

/// Waits for something that has to come.
#[track_caller]
pub fn wait(what: &str, is_there: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_there() {
        assert!(began.elapsed() < PATIENCE, "{what} did not come");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// What a connector with this folder is told: it asks often and tries again soon.
pub fn settings(ledger: &Ledger, folder: &str) -> Settings {
    let state = PathBuf::from(ledger.path(folder));
    Settings {
        node: ledger.url().to_owned(),
        network: PathBuf::from(ledger.path("network")),
        vault: state.join("vault.key"),
        state,
        poll_ms: 100,
        pace: Pace {
            first_ms: 50,
            longest_ms: 400,
        },
    }
}

/// A connector that runs. It ends with this value, whatever is under way.
pub struct Connector {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Connector {
    /// Starts one, until `stop`.
    pub fn start(run: impl FnOnce(&Arc<AtomicBool>) -> Result<()> + Send + 'static) -> Connector {
        let stop = Arc::new(AtomicBool::new(false));
        let of_thread = Arc::clone(&stop);
        let thread = std::thread::spawn(move || run(&of_thread).expect("it runs"));
        Connector {
            stop,
            thread: Some(thread),
        }
    }
}

impl Drop for Connector {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let ended = self.thread.take().map(JoinHandle::join);
        if !std::thread::panicking() {
            assert!(
                matches!(ended, Some(Ok(()))),
                "the connector ended in order"
            );
        }
    }
}
