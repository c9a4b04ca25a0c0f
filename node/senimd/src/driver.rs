//! Runs one replica on a thread of its own: takes its events from channels and timers, performs its
//! effects. The only clock of the node is read here.

use senim_api::{Ended, Figures, Request, Vitals};
use senim_network::{Allowed, Incoming, Outgoing, Room};
use senim_replica::{Effect, Flushed, Input, Replica, ReplicaTimer, StateError, SyncPhase, Ticket};
use senim_types::text::KeyKind;
use senim_types::{Code, Hash, Header, SignedTransaction, TimeMs};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::oneshot::error::RecvError;
use tokio::sync::{mpsc, oneshot, watch};

/// Submissions verified together: enough for a batch to pay, few enough to answer soon.
const SUBMISSIONS_PER_STEP_MAX: usize = 256;
/// Transactions that may be waited for; a client that waits for more is told to ask again.
const WAITERS_MAX: usize = 16_384;

/// How far a rehearsal's clock is ahead, in ms.
static AHEAD_MS: AtomicU64 = AtomicU64::new(0);

/// Wall-clock time in Unix ms.
pub fn now() -> TimeMs {
    let since_epoch = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let now_ms = u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX);
    TimeMs(now_ms.saturating_add(AHEAD_MS.load(Ordering::Relaxed)))
}

/// Sets this process's clock ahead: the end of a month is rehearsed without waiting for it.
pub fn set_clock_ahead(ahead_ms: u64) {
    AHEAD_MS.store(ahead_ms, Ordering::Relaxed);
}

/// CPU time of the calling thread, in ns.
pub fn thread_cpu_ns() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// What a driver's owner can see of it while it runs.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// The last committed header.
    pub tip: Option<Box<Header>>,
    /// Transactions committed since the start.
    pub transactions: u64,
    /// Why the node halted, if it did.
    pub halted: Option<(Code, String)>,
}

/// The channels of one node.
pub struct Channels {
    /// From the interface.
    pub requests: mpsc::Receiver<Request>,
    /// From other nodes.
    pub incoming: mpsc::Receiver<Incoming>,
    /// To other nodes.
    pub outgoing: Box<dyn Outgoing>,
    /// To whoever watches.
    pub progress: watch::Sender<Progress>,
    /// Dropped by the owner to stop the node.
    pub stop: oneshot::Receiver<()>,
    /// What the node shows of itself.
    pub vitals: Arc<Vitals>,
}

/// One event from outside.
enum Event {
    Request(Request),
    Incoming(Incoming),
    Timer,
    Flushed(FlushResult),
    Stop,
}

/// A flush's result and the CPU time it took, in ns.
type FlushResult = (Result<Flushed, StateError>, u64);

/// Runs `replica` until it is stopped or its channels are gone. Blocks the calling thread, which
/// needs the stack that contracts ask for ([`STACK_BYTES`]).
pub fn run(replica: Replica, channels: Channels) {
    // However this ends, whoever asks is told.
    let _end = EndOf(Arc::clone(&channels.vitals));
    drive(replica, channels);
}

struct EndOf(Arc<Vitals>);

impl Drop for EndOf {
    fn drop(&mut self) {
        self.0.end();
    }
}

fn drive(mut replica: Replica, channels: Channels) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "the operating system gives this node no timers");
            return;
        }
    };
    let mut driver = Driver {
        flush: None,
        timers: Timers::default(),
        tickets: BTreeMap::new(),
        waiters: BTreeMap::new(),
        waiting: 0,
        next_ticket: 0,
        progress: Progress::default(),
        channels,
    };
    let effects = replica.start(now());
    driver.perform(effects);
    driver.show(&replica);
    runtime.block_on(async {
        loop {
            driver.channels.vitals.idle();
            let event = driver.next_event().await;
            driver.channels.vitals.busy(now().0);
            match event {
                Event::Stop => break,
                Event::Timer => {
                    for timer in driver.timers.take_due(Instant::now()) {
                        let effects = replica.step(now(), Input::TimerFired { timer });
                        driver.perform(effects);
                    }
                }
                Event::Incoming(incoming) => {
                    let (input, room) = input_of(incoming);
                    let effects = replica.step(now(), input);
                    driver.perform(effects);
                    // Only now may the sender's next message take its place.
                    drop(room);
                }
                Event::Request(request) => driver.requested(&mut replica, request),
                Event::Flushed(result) => driver.flushed(&mut replica, result),
            }
            driver.flush(&mut replica).await;
            driver.show(&replica);
        }
        // What a job still writes has to be there before the state is closed.
        if let Some(flush) = driver.flush.take() {
            driver.flushed(&mut replica, result_of(flush).await);
        }
    });
    if let Err(fault) = replica.close() {
        tracing::error!(code = %fault.code, reason = %fault.reason, "the last state was not stored; the next start makes it anew");
    }
}

fn input_of(incoming: Incoming) -> (Input, Option<Room>) {
    match incoming {
        Incoming::Connected { peer } => (Input::Connected { peer }, None),
        Incoming::Message { from, bytes, room } => (Input::Received { from, bytes }, room),
    }
}

fn lane_of(lane: senim_replica::Lane) -> senim_network::Lane {
    match lane {
        senim_replica::Lane::Urgent => senim_network::Lane::Urgent,
        senim_replica::Lane::Bulk => senim_network::Lane::Bulk,
    }
}

/// Stack of a node's thread: WebAssembly calls nest on it.
pub const STACK_BYTES: usize = 16 << 20;

/// A flush whose thread ended without a result failed: what it wrote is unknown.
async fn result_of(flush: impl Future<Output = Result<FlushResult, RecvError>>) -> FlushResult {
    flush.await.unwrap_or((Err(StateError::Unusable), 0))
}

struct Driver {
    /// The flush under way, on its own thread.
    flush: Option<oneshot::Receiver<FlushResult>>,
    channels: Channels,
    timers: Timers,
    tickets: BTreeMap<Ticket, oneshot::Sender<senim_replica::SubmitAnswer>>,
    waiters: BTreeMap<Hash, Vec<oneshot::Sender<Ended>>>,
    waiting: usize,
    next_ticket: u64,
    progress: Progress,
}

impl Driver {
    /// Votes and blocks before new transactions: what is under way is finished first.
    async fn next_event(&mut self) -> Event {
        let deadline = self.timers.next().map(tokio::time::Instant::from_std);
        let timer = async {
            match deadline {
                Some(deadline) => tokio::time::sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        let flush = async {
            match &mut self.flush {
                Some(flush) => result_of(flush).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            result = flush => Event::Flushed(result),
            _ = &mut self.channels.stop => Event::Stop,
            () = timer => Event::Timer,
            Some(incoming) = self.channels.incoming.recv() => Event::Incoming(incoming),
            Some(request) = self.channels.requests.recv() => Event::Request(request),
            else => Event::Stop,
        }
    }

    /// Shows how far the replica is.
    fn show(&self, replica: &Replica) {
        let figures = replica.figures();
        let chunks = figures
            .joining
            .filter(|progress| progress.phase == SyncPhase::Chunks);
        self.channels.vitals.set(Figures {
            height: figures.height.0,
            block_time_ms: figures.time.0,
            seen: figures.seen.0,
            state_keys: figures.state_keys as u64,
            mempool_transactions: figures.mempool as u64,
            mempool_bytes: figures.mempool_bytes as u64,
            is_joining: figures.joining.is_some(),
            snapshot_chunks_done: chunks.map_or(0, |progress| progress.done),
            snapshot_chunks: chunks.map_or(0, |progress| progress.total),
            is_observing: figures.is_observing,
            unknown_protocol_height: figures.unknown_protocol.map_or(0, |height| height.0),
        });
    }

    /// Starts a flush where one is due; waits for the one under way where blocks pile up behind it.
    async fn flush(&mut self, replica: &mut Replica) {
        if replica.is_backlogged()
            && let Some(flush) = self.flush.take()
        {
            self.flushed(replica, result_of(flush).await);
        }
        if self.flush.is_none()
            && let Some(job) = replica.begin_flush()
        {
            let (reply, result) = oneshot::channel();
            let run = move || {
                let before_ns = thread_cpu_ns();
                let result = job.run();
                let _gone = reply.send((result, thread_cpu_ns() - before_ns));
            };
            self.flush = Some(result);
            // Without a thread the sender is dropped, which counts as a failed flush.
            if std::thread::Builder::new()
                .name("flush".to_owned())
                .spawn(run)
                .is_err()
            {
                tracing::error!("the operating system gives no thread for the store");
            }
        }
    }

    fn flushed(&mut self, replica: &mut Replica, (result, spent_ns): FlushResult) {
        self.flush = None;
        let effects = replica.end_flush(result, spent_ns);
        self.perform(effects);
    }

    /// Handles a request, and with a submission all others that wait behind it.
    fn requested(&mut self, replica: &mut Replica, first: Request) {
        let mut submissions: Vec<(Ticket, SignedTransaction)> = Vec::new();
        let mut next = Some(first);
        while let Some(request) = next {
            match request {
                Request::Submit { transaction, reply } => {
                    let ticket = Ticket(self.next_ticket);
                    self.next_ticket += 1;
                    self.tickets.insert(ticket, reply);
                    submissions.push((ticket, *transaction));
                }
                Request::Read { question, reply } => {
                    // Whoever asked may have gone: then nobody misses the answer.
                    let _gone = reply.send(replica.read(question));
                }
                Request::Checkpoint { reply } => {
                    let _gone = reply.send(replica.checkpoint(now()));
                }
                Request::Wait { transaction, reply } => self.wait(replica, transaction, reply),
            }
            next = if submissions.len() < SUBMISSIONS_PER_STEP_MAX {
                self.channels.requests.try_recv().ok()
            } else {
                None
            };
        }
        if !submissions.is_empty() {
            let effects = replica.step(now(), Input::Submitted { submissions });
            self.perform(effects);
        }
    }

    fn wait(&mut self, replica: &Replica, transaction: Hash, reply: oneshot::Sender<Ended>) {
        use senim_replica::{Read, ReadAnswer};
        if let Ok(ReadAnswer::Receipt(Some(proof))) = replica.read(Read::Receipt { transaction }) {
            let _gone = reply.send(Ok(proof.receipt.status.code()));
        } else if self.progress.halted.is_some() {
            // Whoever asks is told by the way back that is gone: nothing becomes of it here any more.
            drop(reply);
        } else if self.waiting >= WAITERS_MAX {
            let _gone = reply.send(Err(Code::TIMED_OUT));
        } else {
            let waiters = self.waiters.entry(transaction).or_default();
            // Those who gave up make room for those who still wait.
            let before = waiters.len();
            waiters.retain(|waiter| !waiter.is_closed());
            self.waiting -= before - waiters.len();
            waiters.push(reply);
            self.waiting += 1;
        }
    }

    fn tell(&mut self, transaction: &Hash, result: Ended) {
        for waiter in self.waiters.remove(transaction).unwrap_or_default() {
            self.waiting -= 1;
            let _gone = waiter.send(result);
        }
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Send { to, lane, bytes } => {
                    self.channels.outgoing.send(&to, lane_of(lane), bytes);
                }
                Effect::Broadcast { lane, bytes } => {
                    self.channels.outgoing.broadcast(lane_of(lane), bytes);
                }
                Effect::Allowed { peers } => {
                    let peers = peers.into_iter().map(|peer| Allowed {
                        key: peer.key,
                        address: peer.address,
                    });
                    self.channels.outgoing.allow(peers.collect());
                }
                Effect::SetTimer { timer, after_ms } => self.timers.set(timer, after_ms),
                Effect::CancelTimer { timer } => self.timers.cancel(&timer),
                Effect::Answer { ticket, answer } => {
                    if let Some(reply) = self.tickets.remove(&ticket) {
                        let _gone = reply.send(answer);
                    }
                }
                Effect::Committed {
                    header,
                    transactions,
                } => {
                    tracing::debug!(
                        height = header.height.0,
                        transactions = transactions.len(),
                        "committed"
                    );
                    let vitals = &self.channels.vitals;
                    vitals.blocks.fetch_add(1, Ordering::Relaxed);
                    let count = transactions.len() as u64;
                    vitals.transactions.fetch_add(count, Ordering::Relaxed);
                    let difference_ms = (now().0 as i64).saturating_sub(header.time.0 as i64);
                    vitals
                        .clock_difference_ms
                        .store(difference_ms, Ordering::Relaxed);
                    self.progress.transactions += count;
                    self.progress.tip = Some(header);
                    for committed in &transactions {
                        self.tell(&committed.transaction, Ok(committed.refused));
                    }
                    self.channels.progress.send_replace(self.progress.clone());
                }
                Effect::Joined { header } => {
                    self.progress.tip = Some(header);
                    self.channels.progress.send_replace(self.progress.clone());
                }
                Effect::Dropped { transaction, code } => self.tell(&transaction, Err(code)),
                Effect::Misbehaved { peer, code } => {
                    let peer_key = peer.to_text(KeyKind::Peer);
                    tracing::warn!(peer = peer_key, %code, "a peer sent what it should not have");
                    let counter = &self.channels.vitals.misbehaviour;
                    counter.fetch_add(1, Ordering::Relaxed);
                    self.channels.outgoing.misbehaved(&peer, code);
                }
                Effect::Evidence { evidence } => {
                    let validator = evidence.validator().to_text(KeyKind::Validator);
                    tracing::error!(validator, ?evidence, "a validator provably broke the rules");
                    let counter = &self.channels.vitals.evidence;
                    counter.fetch_add(1, Ordering::Relaxed);
                }
                Effect::Halted { code, reason } => {
                    self.channels.vitals.halt(code, &reason);
                    self.progress.halted = Some((code, reason));
                    // What they wait for does not come any more.
                    self.tickets.clear();
                    self.waiters.clear();
                    self.waiting = 0;
                    self.channels.progress.send_replace(self.progress.clone());
                }
            }
        }
    }
}

/// Running timers, by deadline; setting one anew supersedes the earlier deadline.
#[derive(Default)]
struct Timers {
    heap: BinaryHeap<Reverse<(Instant, ReplicaTimer)>>,
    deadlines: BTreeMap<ReplicaTimer, Instant>,
}

impl Timers {
    fn set(&mut self, timer: ReplicaTimer, after_ms: u64) {
        let deadline = Instant::now() + Duration::from_millis(after_ms);
        self.deadlines.insert(timer, deadline);
        self.heap.push(Reverse((deadline, timer)));
    }

    fn cancel(&mut self, timer: &ReplicaTimer) {
        self.deadlines.remove(timer);
    }

    /// The first deadline, superseded ones left out.
    fn next(&mut self) -> Option<Instant> {
        while let Some(Reverse((deadline, timer))) = self.heap.peek() {
            if self.deadlines.get(timer) == Some(deadline) {
                return Some(*deadline);
            }
            self.heap.pop();
        }
        None
    }

    fn take_due(&mut self, now: Instant) -> BTreeSet<ReplicaTimer> {
        let mut due = BTreeSet::new();
        while let Some(deadline) = self.next() {
            if deadline > now {
                break;
            }
            if let Some(Reverse((_, timer))) = self.heap.pop() {
                self.deadlines.remove(&timer);
                due.insert(timer);
            }
        }
        due
    }
}
