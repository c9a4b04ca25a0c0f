//! A connector at work: one thread that owns journal and outbox, one that reads the ledger, one for each message that is
//! under way.
//!
//! ```text
//! ledger ─▶ reader ─▶ owner ⇄ senders ⇄ outside system
//! ```
//!
//! What was read is in the journal, with the messages that it led to, before it counts as read; what an answer meant is
//! there before the next message of its subject goes. So a process that ends anywhere does on its next start what was
//! left to do, and a message whose answer it did not keep goes again as the same.

mod reader;
mod store;

pub use reader::{Reads, read_ledger};
pub use store::{Facts, Record, State, Store, order};

use crate::outbox::{Message, Outcome, Pace, Trouble};
use senim_cli::failure::{Failure, Result};
use senim_cli::{files, words};
use senim_types::{Code, Hash};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;
use tracing::{info, warn};

/// How often what could not be handed over is looked at again.
const AGAIN: Duration = Duration::from_millis(50);
/// Messages under way at once.
const UNDER_WAY_MAX: usize = 4;
/// What waits for the owner.
const CHANNEL: usize = 16;

/// What every connector is told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// A node's address.
    pub node: String,
    /// The network's folder, with the genesis that answers are checked against.
    pub network: PathBuf,
    /// The connector's own folder.
    pub state: PathBuf,
    /// The key of what lies in the folder.
    pub vault: PathBuf,
    /// How often the node is asked, in ms.
    pub poll_ms: u64,
    /// Pauses between attempts.
    pub pace: Pace,
}

impl Settings {
    /// The newest block that is trusted.
    pub fn trusted_path(&self) -> PathBuf {
        self.state.join("trusted.light")
    }
}

/// The outside systems.
pub trait Outside: Send + Sync + 'static {
    /// Sends a message, and says what came of it. May take as long as its own limit says.
    fn send(&self, message: &Message) -> Outcome;
}

/// What the owner is told.
enum Input<E> {
    /// Something was read.
    Read {
        records: Vec<Record<E>>,
        kept: SyncSender<()>,
    },
    /// An attempt ended.
    Ended { id: Hash, outcome: Outcome },
}

/// How a reader tells the owner.
pub struct Teller<E> {
    to_owner: SyncSender<Input<E>>,
    stop: Arc<AtomicBool>,
    full: Arc<AtomicBool>,
}

/// The owner has ended.
pub struct Gone;

impl<E> Clone for Teller<E> {
    fn clone(&self) -> Self {
        Teller {
            to_owner: self.to_owner.clone(),
            stop: Arc::clone(&self.stop),
            full: Arc::clone(&self.full),
        }
    }
}

impl<E> Teller<E> {
    /// Tells what was read, and returns when it is in the journal.
    pub fn tell(&self, records: Vec<Record<E>>) -> std::result::Result<(), Gone> {
        let (kept, is_kept) = sync_channel(1);
        let input = Input::Read { records, kept };
        self.to_owner.send(input).map_err(|_| Gone)?;
        is_kept.recv().map_err(|_| Gone)
    }

    /// Whether to end.
    pub fn is_over(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Whether so much waits that nothing more is read.
    pub fn is_full(&self) -> bool {
        self.full.load(Ordering::Relaxed)
    }

    /// Waits, but not beyond the end.
    pub fn rest(&self, ms: u64) {
        let mut left = ms;
        while left > 0 && !self.is_over() {
            let now = left.min(50);
            std::thread::sleep(Duration::from_millis(now));
            left -= now;
        }
    }
}

/// A thread that reads from somewhere and tells what it read.
pub type Reader<E> = Box<dyn FnOnce(Teller<E>) + Send>;

/// Runs until `stop`. Ends with a failure where its own folder cannot be read or written, or a reader ended by a mistake
/// (`CONNECTOR_THREAD`); whatever else goes wrong is said and tried again.
pub fn run<F: Facts, O: Outside>(
    settings: &Settings,
    mut store: Store<F>,
    outside: Arc<O>,
    readers: Vec<Reader<F::Event>>,
    stop: &Arc<AtomicBool>,
) -> Result<()>
where
    F::Event: Send + 'static,
{
    let (to_owner, inputs) = sync_channel(CHANNEL);
    let full = Arc::new(AtomicBool::new(store.state.outbox.is_full()));
    let threads: Vec<_> = readers
        .into_iter()
        .map(|reader| {
            let teller = Teller {
                to_owner: to_owner.clone(),
                stop: Arc::clone(stop),
                full: Arc::clone(&full),
            };
            std::thread::spawn(move || reader(teller))
        })
        .collect();
    info!("the connector is at work");
    let mut under_way = BTreeSet::new();
    let ended = loop {
        if stop.load(Ordering::Relaxed) {
            break Ok(());
        }
        let owned = own(settings, &mut store, &inputs, &mut under_way);
        if let Err(failure) = owned {
            stop.store(true, Ordering::Relaxed);
            break Err(failure);
        }
        if threads.iter().any(JoinHandle::is_finished) && !stop.load(Ordering::Relaxed) {
            // Nothing would be read any more, and nobody told: whoever watches over the process starts it again.
            stop.store(true, Ordering::Relaxed);
            break Err(Failure::new(Code::CONNECTOR_THREAD));
        }
        full.store(store.state.outbox.is_full(), Ordering::Relaxed);
        let room = UNDER_WAY_MAX - under_way.len();
        let ready = store.state.outbox.to_send(words::now(), &under_way, room);
        let ready: Vec<Message> = ready.into_iter().cloned().collect();
        for message in ready {
            under_way.insert(message.id);
            let (outside, to_owner) = (Arc::clone(&outside), to_owner.clone());
            std::thread::spawn(move || {
                let outcome = sent(&*outside, &message);
                // The owner may have ended: then it goes again.
                let _told = to_owner.send(Input::Ended {
                    id: message.id,
                    outcome,
                });
            });
        }
    };
    // The journal is free when this returns; what is under way ends by itself, unheard.
    drop(inputs);
    drop(store);
    for thread in threads {
        let _ended = thread.join();
    }
    ended
}

/// Sends a message. A sender that ends by a mistake is an attempt that failed: its message is not under way for ever, and
/// others go on beside it.
fn sent<O: Outside>(outside: &O, message: &Message) -> Outcome {
    let attempt = AssertUnwindSafe(|| outside.send(message));
    catch_unwind(attempt)
        .unwrap_or_else(|_| Outcome::failed(Trouble::Broken, "the sender ended by a mistake"))
}

/// Takes what comes in.
fn own<F: Facts>(
    settings: &Settings,
    store: &mut Store<F>,
    inputs: &Receiver<Input<F::Event>>,
    under_way: &mut BTreeSet<Hash>,
) -> Result<()> {
    let first = inputs.recv_timeout(AGAIN).ok();
    for input in first.into_iter().chain(inputs.try_iter().take(CHANNEL)) {
        match input {
            Input::Read { records, kept } => {
                store.note(&records)?;
                // It waits, or has ended.
                let _told: std::result::Result<(), mpsc::SendError<()>> = kept.send(());
            }
            Input::Ended { id, outcome } => {
                under_way.remove(&id);
                say(&id, &outcome);
                let jitter = u32::from_le_bytes(*files::random::<4>()?);
                let now = words::now();
                let event = store
                    .state
                    .outbox
                    .judged(&id, outcome, now, &settings.pace, jitter);
                store.note(&[Record::Outbox(event)])?;
            }
        }
    }
    store.carry_out_orders(words::now())
}

/// Says what an attempt came to. What the other system said is in the register alone: it may tell of people.
fn say(id: &Hash, outcome: &Outcome) {
    match outcome {
        Outcome::Acknowledged => info!(message = %id, "delivered"),
        Outcome::Refused { .. } => {
            warn!(message = %id, code = Code::OUTSIDE_REFUSED.name(), "refused: it waits for a person");
        }
        Outcome::Failed { trouble, .. } => {
            warn!(message = %id, code = trouble.code().name(), "not delivered yet");
        }
    }
}
