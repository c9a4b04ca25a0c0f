//! What the process tells the service manager that started it, if one did: that it serves, that it lives, that it
//! ends. Without one nothing is told.

use crate::driver;
use sd_notify::NotifyState;
use senim_api::Vitals;
use std::sync::Arc;
use tokio::task::JoinHandle;

/// How long a node may work on one event before the process counts as stuck, in ms: as `/health` has it.
const BUSY_MS_MAX: u64 = 60_000;

fn notify(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "the service manager cannot be told");
    }
}

/// It serves.
pub fn ready() {
    notify(NotifyState::Ready);
}

/// It ends.
pub fn stopping() {
    notify(NotifyState::Stopping);
}

/// While all nodes move, tells so twice within the time after which the manager ends the process. Stops when it is
/// aborted.
pub fn watchdog(nodes: Vec<Arc<Vitals>>) -> Option<JoinHandle<()>> {
    let patience = sd_notify::watchdog_enabled()?;
    let task = async move {
        loop {
            let now_ms = driver::now().0;
            if nodes.iter().all(|node| node.busy_ms(now_ms) <= BUSY_MS_MAX) {
                notify(NotifyState::Watchdog);
            }
            tokio::time::sleep(patience / 2).await;
        }
    };
    Some(tokio::spawn(task))
}
