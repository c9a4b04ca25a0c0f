//! An SMSC for tests and rehearsals: a real SMPP server over TCP, with subscribers that behave as they are told.
//!
//! It keeps what it has for the portal until the portal acknowledges it, over broken connections too, as an
//! operator's does.

mod session;

use crate::phone::Phone;
use rusmpp::pdus::DeliverSm;
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, ToSocketAddrs};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

/// How a subscriber behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subscriber {
    /// Answers a question with the code of the yes.
    Yes,
    /// Answers a question with the code of the no.
    No,
    /// Reads and says nothing.
    Silent,
    /// Answers every question with this.
    Says(String),
    /// Answers a question with the code of the yes, from another number.
    From(Phone),
    /// Takes no messages of the service: the receipt says so.
    Blocked,
    /// Switched off for too long: the receipt says so.
    Away,
    /// No such number: the submission is refused.
    Unknown,
}

impl Subscriber {
    /// Reads `yes`, `no`, `silent`, `blocked`, `away`, `unknown`, `from:NUMBER` or `says:TEXT`.
    pub fn read(text: &str) -> Option<Subscriber> {
        Some(match text {
            "yes" => Subscriber::Yes,
            "no" => Subscriber::No,
            "silent" => Subscriber::Silent,
            "blocked" => Subscriber::Blocked,
            "away" => Subscriber::Away,
            "unknown" => Subscriber::Unknown,
            other => match other.split_once(':')? {
                ("from", number) => Subscriber::From(Phone::read(number)?),
                ("says", text) => Subscriber::Says(text.to_owned()),
                _ => return None,
            },
        })
    }
}

/// How the SMSC itself behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// As it should.
    Well,
    /// Refuses every login.
    Locked,
    /// Has no room for this many more submissions.
    Throttles(u32),
    /// Takes this long for each answer.
    Slow(Duration),
    /// Takes submissions and never answers.
    Mute,
    /// Answers a submission with bytes that are no SMPP.
    Garbage,
    /// Answers a submission with a status that no specification has.
    Unheard,
}

/// A message as it lies on a telephone.
#[derive(Clone, PartialEq, Eq)]
pub struct Shown {
    /// On whose.
    pub to: Phone,
    /// From which short number.
    pub from: String,
    /// What.
    pub text: String,
    /// In how many parts it came.
    pub parts: usize,
}

/// What sessions share.
#[derive(Default)]
struct Shared {
    subscribers: BTreeMap<Phone, Subscriber>,
    mood: Option<Mood>,
    shown: Vec<Shown>,
    /// Parts of messages that are not complete: (to, reference) → part → text.
    parts: BTreeMap<(Phone, u8), BTreeMap<u8, String>>,
    /// For the portal, until it has them.
    queue: VecDeque<DeliverSm>,
    next: u64,
}

/// The server; it stops with this value.
pub struct Smsc {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
    wake: Arc<Notify>,
    /// Counts up when all connections have to break.
    breaks: watch::Sender<u64>,
    task: JoinHandle<()>,
}

impl Drop for Smsc {
    fn drop(&mut self) {
        self.task.abort();
        self.break_connections();
    }
}

impl Smsc {
    /// Listens; the login is not looked at. Subscribers are silent unless told otherwise.
    pub async fn listen(address: impl ToSocketAddrs) -> io::Result<Smsc> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let (shared, wake) = (Arc::<Mutex<Shared>>::default(), Arc::new(Notify::new()));
        let (breaks, broken) = watch::channel(0);
        let (in_task, waker) = (Arc::clone(&shared), Arc::clone(&wake));
        let task = tokio::spawn(async move {
            // Connections that cannot be accepted are the caller's to make again.
            while let Ok((stream, _)) = listener.accept().await {
                let session = session::Session::new(Arc::clone(&in_task), Arc::clone(&waker));
                let mut broken = broken.clone();
                broken.mark_unchanged();
                tokio::spawn(async move {
                    tokio::select! {
                        () = session.run(stream) => {}
                        _ = broken.changed() => {}
                    }
                });
            }
        });
        Ok(Smsc {
            address,
            shared,
            wake,
            breaks,
            task,
        })
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        lock(&self.shared)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on this number behaves so.
    pub fn subscriber(&self, phone: Phone, behaves: Subscriber) {
        self.shared().subscribers.insert(phone, behaves);
    }

    /// From now on it behaves so itself.
    pub fn mood(&self, mood: Mood) {
        self.shared().mood = Some(mood);
    }

    /// All messages that telephones show, in the order of their coming.
    pub fn shown(&self) -> Vec<Shown> {
        self.shared().shown.clone()
    }

    /// What this telephone shows.
    pub fn shown_to(&self, phone: Phone) -> Vec<String> {
        let shown = self.shown().into_iter().filter(|shown| shown.to == phone);
        shown.map(|shown| shown.text).collect()
    }

    /// A subscriber sends a message to the short number.
    pub fn say(&self, from: Phone, text: &str) {
        let message = session::message(&from.digits(), text);
        self.shared().queue.push_back(message);
        self.wake.notify_one();
    }

    /// A message whose `deliver_sm` is as odd as the caller likes.
    pub fn deliver(&self, message: DeliverSm) {
        self.shared().queue.push_back(message);
        self.wake.notify_one();
    }

    /// How much the portal has not acknowledged; what is on its way is not counted.
    pub fn queued(&self) -> usize {
        self.shared().queue.len()
    }

    /// Breaks every connection.
    pub fn break_connections(&self) {
        self.breaks.send_modify(|count| *count += 1);
    }
}

/// The lock; a panic elsewhere is that test's failure.
fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
