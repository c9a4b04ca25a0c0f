//! One counter of write operations over disk and store together, and the point at which a
//! simulated machine dies.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a write operation belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OperationClass {
    /// The block log.
    Log,
    /// The key-value store.
    Store,
    /// The tree's checkpoint and journal.
    Checkpoint,
    /// The write-ahead log of consensus.
    Wal,
    /// Anything else.
    Other,
}

impl OperationClass {
    /// The class of a file, by the first component of its path.
    pub fn of_path(path: &str) -> OperationClass {
        match path.split('/').next() {
            Some("log") => OperationClass::Log,
            Some("store") => OperationClass::Store,
            Some("tree") => OperationClass::Checkpoint,
            Some("wal") => OperationClass::Wal,
            _ => OperationClass::Other,
        }
    }
}

/// What a faulty backend has to do with the operation it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Do it.
    Proceed,
    /// Do a part of it, then the machine is dead.
    Tear,
    /// The machine is dead: do nothing and fail.
    Dead,
    /// There is no room: do nothing and fail.
    Full,
}

#[derive(Default)]
struct Inner {
    counts: BTreeMap<OperationClass, u64>,
    total: u64,
    kill_at: Option<u64>,
    tear: bool,
    full: bool,
    sync_fails: Option<OperationClass>,
    dead: bool,
}

/// The fate of one simulated machine. Clones share it.
#[derive(Clone, Default)]
pub struct Faults {
    inner: Arc<Mutex<Inner>>,
}

impl Faults {
    /// A machine to which nothing happens; it only counts.
    pub fn none() -> Faults {
        Faults::default()
    }

    /// A machine that loses its power instead of doing its `n`th write operation (from 1). With
    /// `tear`, an append that it dies in leaves half of its bytes.
    pub fn kill_at(n: u64, tear: bool) -> Faults {
        let faults = Faults::default();
        {
            let mut inner = faults.lock();
            inner.kill_at = Some(n);
            inner.tear = tear;
        }
        faults
    }

    /// The machine, which may be running, loses its power instead of doing its `n`th write operation
    /// from now (from 1); `tear` as in [`Faults::kill_at`].
    pub fn kill_after(&self, n: u64, tear: bool) {
        let mut inner = self.lock();
        inner.kill_at = Some(inner.total + n);
        inner.tear = tear;
    }

    /// From now on the disk has no room (or has it again).
    pub fn set_full(&self, full: bool) {
        self.lock().full = full;
    }

    /// From now on files of this class cannot be made durable (or can again), as on a disk that fails.
    pub fn set_sync_fails(&self, class: Option<OperationClass>) {
        self.lock().sync_fails = class;
    }

    /// Whether a sync of this class fails.
    pub(crate) fn is_sync_failing(&self, class: OperationClass) -> bool {
        self.lock().sync_fails == Some(class)
    }

    /// Write operations asked for so far, by class.
    pub fn counts(&self) -> BTreeMap<OperationClass, u64> {
        self.lock().counts.clone()
    }

    /// Write operations asked for so far.
    pub fn total(&self) -> u64 {
        self.lock().total
    }

    /// True once the machine has died.
    pub fn is_dead(&self) -> bool {
        self.lock().dead
    }

    /// Counts a write operation and says what becomes of it. `grows` is true where it takes room.
    pub(crate) fn step(&self, class: OperationClass, grows: bool) -> Step {
        let mut inner = self.lock();
        if inner.dead {
            return Step::Dead;
        }
        inner.total += 1;
        *inner.counts.entry(class).or_default() += 1;
        if inner.kill_at == Some(inner.total) {
            inner.dead = true;
            return if inner.tear { Step::Tear } else { Step::Dead };
        }
        if inner.full && grows {
            Step::Full
        } else {
            Step::Proceed
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
