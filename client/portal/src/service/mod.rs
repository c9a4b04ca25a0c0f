//! The portal at work: one task that owns journal and conversation, and two that touch the world.
//!
//! ```text
//! ledger (a thread)  ⇄  service  ⇄  esme (a task)  ⇄  SMSC
//! ```
//!
//! What comes in is journalled, then taken note of, then acknowledged; what the conversation wants done is handed over
//! from its state. So a process that ends anywhere does on its next start what was left to do.

mod follow;
mod ledger;

use crate::config::Config;
use crate::conversation::{Conversation, Event, ToLedger};
use crate::journal;
use crate::smpp::{Esme, FromSmsc, Incoming, ToSend};
use ledger::{FromLedger, Ledger};
use senim_abi::voucher::VoucherId;
use senim_abi::voucher::msg::BATCH_MAX;
use senim_cli::failure::Result;
use senim_cli::journal::Journal;
use senim_cli::session::TOGETHER_MAX;
use senim_cli::vault::Vault;
use senim_cli::words;
use senim_types::{Height, TimeMs};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tracing::{info, warn};

/// What waits between the tasks.
const CHANNEL: usize = 64;
/// Blocks that are read again at most after a restart, none of which told anything.
const QUIET_BLOCKS_MAX: u64 = 100;
/// Tasks that the ledger's thread is given together from either end.
const TASKS: usize = TOGETHER_MAX * BATCH_MAX / 2;
/// How often what could not be handed over is tried again.
const AGAIN: Duration = Duration::from_millis(200);

/// What the ledger's thread has to bring, and the last block that is known.
#[derive(Default)]
struct Wanted {
    tasks: BTreeMap<u64, ToLedger>,
    followed: Option<Height>,
}

type Shared = Arc<Mutex<Wanted>>;

/// The task that owns everything.
struct Service {
    journal: Journal,
    conversation: Conversation,
    wanted: Shared,
    /// How many tasks there were, and the newest, when they were last given to the ledger's thread.
    given: Option<(usize, Option<u64>)>,
    to_send: mpsc::Sender<ToSend>,
    /// Messages that the connection has.
    handed: BTreeSet<u64>,
    /// The last block that was read. The journal has an earlier one where nothing happened since.
    read: Option<Height>,
}

/// Runs until `stop` is done. Ends with a failure where its own folder cannot be read or written; whatever else goes
/// wrong is said and tried again.
pub async fn run(config: Config, stop: impl Future<Output = ()>) -> Result<()> {
    let vault = Vault::open(&config.vault_path())?;
    let (journal, conversation) = journal::open(&config.journal_path(), &vault)?;
    let (to_send, messages) = mpsc::channel(CHANNEL);
    let (out, mut from_smsc) = mpsc::channel(CHANNEL);
    let esme = tokio::spawn(Esme::new(config.esme()?, messages, out).run());
    let (tell, mut from_ledger) = mpsc::channel(1);
    let wanted = Shared::default();
    let mut service = Service {
        journal,
        conversation,
        wanted: Arc::clone(&wanted),
        given: None,
        to_send,
        handed: BTreeSet::new(),
        read: None,
    };
    service.hand_over();
    let ledger = Ledger::new(config, vault, wanted, tell)?;
    let thread = std::thread::spawn(move || ledger.run());
    info!("the portal is at work");
    tokio::pin!(stop);
    let ended = loop {
        let ended = tokio::select! {
            () = &mut stop => break Ok(()),
            Some(from) = from_smsc.recv() => service.of_smsc(from),
            Some(from) = from_ledger.recv() => service.of_ledger(from),
            () = tokio::time::sleep(AGAIN) => Ok(()),
        };
        if let Err(failure) = ended {
            break Err(failure);
        }
        service.hand_over();
    };
    esme.abort();
    // The thread sees that nobody listens; what it was asking of the node can take its time.
    drop(from_ledger);
    drop(service);
    let _ended = tokio::task::spawn_blocking(move || thread.join()).await;
    ended
}

impl Service {
    /// Journals what happened and takes note of it.
    fn note(&mut self, events: &[Event]) -> Result<()> {
        if events.is_empty() {
            return Ok(());
        }
        self.journal.append(events)?;
        let lines = self.conversation.rows.len();
        events
            .iter()
            .for_each(|event| self.conversation.step(event));
        for row in &self.conversation.rows[lines..] {
            let voucher = row
                .voucher
                .map(|voucher| voucher.to_string())
                .unwrap_or_default();
            let code = row.code.map(|code| code.name()).unwrap_or_default();
            info!(what = ?row.what, voucher, code);
        }
        Ok(())
    }

    fn of_smsc(&mut self, from: FromSmsc) -> Result<()> {
        let at = words::now();
        match from {
            FromSmsc::Up => info!("connected to the SMSC"),
            FromSmsc::Down(code) => warn!(code = code.name(), "no connection to the SMSC"),
            FromSmsc::Taken { id, parts } => {
                self.note(&[Event::Submitted { sms: id, parts, at }])?;
            }
            FromSmsc::Unsendable { id, outcome } => {
                self.note(&[Event::Unsendable {
                    sms: id,
                    outcome,
                    at,
                }])?;
            }
            FromSmsc::Delivered { incoming, kept } => {
                if let Some(event) = of_incoming(incoming, at) {
                    self.note(&[event])?;
                }
                // A connection that broke meanwhile delivers again.
                let _told = kept.send(());
            }
        }
        Ok(())
    }

    fn of_ledger(&mut self, from: FromLedger) -> Result<()> {
        match from {
            FromLedger::Happened { events, kept } => {
                let listed = events.iter().filter_map(|event| match event {
                    Event::Listed { voucher, .. } => Some(*voucher),
                    _ => None,
                });
                let listed: BTreeSet<VoucherId> = listed.collect();
                // Of vouchers that are not this portal's, nothing is kept.
                let known = |event: &Event| {
                    event.of_ledger().is_none_or(|voucher| {
                        listed.contains(&voucher)
                            || self.conversation.persons.contains_key(&voucher)
                    })
                };
                let events: Vec<Event> = events.into_iter().filter(known).collect();
                if !self.is_quiet(&events) {
                    self.note(&events)?;
                }
                self.hand_over();
                // It waits, or the process ends.
                let _told = kept.send(());
            }
            FromLedger::Trouble { code } => warn!(code = code.name(), "the ledger cannot be asked"),
        }
        Ok(())
    }

    /// Whether all that is told is that a few more blocks were read: a journal of every block would be long.
    fn is_quiet(&mut self, events: &[Event]) -> bool {
        let [Event::Followed { height }] = events else {
            return false;
        };
        self.read = Some(*height);
        let followed = self.conversation.followed;
        followed.is_some_and(|followed| height.0 < followed.0 + QUIET_BLOCKS_MAX)
    }

    /// Gives what waits to those who do it. What they have already is not given again in the life of this process.
    fn hand_over(&mut self) {
        let outbox = &self.conversation.outbox;
        self.handed.retain(|id| outbox.contains_key(id));
        for (id, sms) in outbox {
            if self.handed.contains(id) {
                continue;
            }
            let message = ToSend {
                id: *id,
                to: sms.to,
                text: sms.text.clone(),
            };
            if self.to_send.try_send(message).is_err() {
                break;
            }
            self.handed.insert(*id);
        }
        let mut wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        let tasks = &self.conversation.ledger;
        // Numbers of tasks only grow: another set of tasks has another count or another end.
        let now = (tasks.len(), tasks.keys().next_back().copied());
        if self.given != Some(now) {
            // The oldest, and the newest: an answer does not wait until a long list is offered.
            let (oldest, newest) = (tasks.iter().take(TASKS), tasks.iter().rev().take(TASKS));
            let some = oldest.chain(newest).map(|(id, task)| (*id, *task));
            wanted.tasks = some.collect();
            self.given = Some(now);
        }
        wanted.followed = self.read.max(self.conversation.followed);
    }
}

fn of_incoming(incoming: Incoming, at: TimeMs) -> Option<Event> {
    match incoming {
        Incoming::Message { from, text } => Some(Event::Received { from, text, at }),
        Incoming::Receipt { part, outcome } => Some(Event::Receipt { part, outcome, at }),
        Incoming::Notice => None,
    }
}
