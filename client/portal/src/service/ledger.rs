//! The thread that asks the node: it opens lists, brings offers and answers, and follows what the ledger says.

use super::Shared;
use super::follow::follow;
use crate::config::Config;
use crate::conversation::{Event, ToLedger};
use crate::list;
use crate::numbers::Numbers;
use crate::sealing::{BoxKey, SECRET_PREFIX};
use senim_abi::VOUCHER;
use senim_abi::voucher::Asked;
use senim_abi::voucher::msg::{BATCH_MAX, Channel};
use senim_abi::voucher::{Execute, Standing, VoucherId};
use senim_cli::failure::{Failure, Result};
use senim_cli::session::Session;
use senim_cli::vault::Vault;
use senim_cli::{files, keys, words};
use senim_types::crypto::SecretKey;
use senim_types::text::KeyKind;
use senim_types::{Call, Code, Height, codec};
use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tracing::{info, warn};

/// Extension of list files.
const LIST: &str = "list";
/// Events of one entry of the journal: a tenth of what fits.
const EVENTS_TOGETHER: usize = 500;
/// Calls of one transaction.
const CALLS_MAX: usize = 8;

/// What the thread tells.
pub enum FromLedger {
    /// Something happened.
    Happened {
        /// What.
        events: Vec<Event>,
        /// To be told when it is in the journal.
        kept: oneshot::Sender<()>,
    },
    /// The node cannot be asked, or cannot be believed.
    Trouble {
        /// Why.
        code: Code,
    },
}

/// The thread's own state.
pub struct Ledger {
    config: Config,
    vault: Vault,
    device: SecretKey,
    box_key: BoxKey,
    wanted: Shared,
    tell: mpsc::Sender<FromLedger>,
}

/// Nobody listens any more.
pub struct Gone;

impl From<Gone> for Stop {
    fn from(Gone: Gone) -> Stop {
        Stop::Gone
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Stop {
        Stop::Failed(failure)
    }
}

/// Why a round ended early.
pub enum Stop {
    /// Nobody listens any more.
    Gone,
    /// The node failed, or the ledger's answer cannot be used.
    Failed(Failure),
}

impl Ledger {
    /// Reads the keys.
    pub fn new(
        config: Config,
        vault: Vault,
        wanted: Shared,
        tell: mpsc::Sender<FromLedger>,
    ) -> Result<Ledger> {
        Ok(Ledger {
            device: keys::read(&config.device, KeyKind::Device)?,
            box_key: BoxKey::from_seed(&*keys::read_or_make_secret(
                &config.box_path(),
                SECRET_PREFIX,
            )?),
            config,
            vault,
            wanted,
            tell,
        })
    }

    /// Runs until nobody listens.
    pub fn run(self) {
        let mut session = None;
        loop {
            match self.round(&mut session) {
                Ok(()) => {}
                Err(Stop::Gone) => return,
                Err(Stop::Failed(failure)) => {
                    // It may be the node, or what it is trusted by: both are looked at anew.
                    session = None;
                    let code = failure.code;
                    if self
                        .tell
                        .blocking_send(FromLedger::Trouble { code })
                        .is_err()
                    {
                        return;
                    }
                }
            }
            if self.tell.is_closed() {
                return;
            }
            std::thread::sleep(Duration::from_millis(self.config.poll_ms));
        }
    }

    fn round(&self, session: &mut Option<Session>) -> std::result::Result<(), Stop> {
        if session.is_none() {
            *session = Some(Session::open(
                &self.config.node,
                &self.config.network,
                &self.config.trusted_path(),
            )?);
        }
        let session = session.as_mut().expect("it was opened");
        let trusted = self.config.trusted_path();
        follow(session, self.followed(), &trusted, |events| {
            self.happened(events)
        })?;
        // Lists after that: what happens to their persons from now on is in later blocks.
        self.lists(session)?;
        self.bring(session)
    }

    fn followed(&self) -> Option<Height> {
        self.wanted
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .followed
    }

    /// Tells what happened, and returns when it is kept. Where it is much, a part is kept before the next is told: what
    /// is told again after a crash changes nothing.
    fn happened(&self, events: Vec<Event>) -> std::result::Result<(), Gone> {
        let mut events = events.into_iter();
        loop {
            let some: Vec<Event> = events.by_ref().take(EVENTS_TOGETHER).collect();
            if some.is_empty() {
                return Ok(());
            }
            self.tell_some(some)?;
        }
    }

    fn tell_some(&self, events: Vec<Event>) -> std::result::Result<(), Gone> {
        let (kept, is_kept) = oneshot::channel();
        let told = self
            .tell
            .blocking_send(FromLedger::Happened { events, kept });
        told.map_err(|_| Gone)?;
        is_kept.blocking_recv().map_err(|_| Gone)
    }

    /// Opens the lists that wait.
    fn lists(&self, session: &Session) -> std::result::Result<(), Stop> {
        for path in waiting(&self.config.inbox_path())? {
            match self.open(session, &path) {
                Ok(events) => {
                    let is_person = |event: &&Event| matches!(event, Event::Listed { .. });
                    let persons = events.iter().filter(is_person).count();
                    info!(persons, "a list was opened");
                    self.happened(events)?;
                    set_aside(&path, "done")?;
                }
                Err(failure) if is_the_lists(failure.code) => {
                    warn!(code = failure.code.name(), "a list was refused");
                    set_aside(&path, "refused")?;
                }
                Err(failure) => return Err(failure.into()),
            }
        }
        Ok(())
    }

    fn open(&self, session: &Session, path: &Path) -> Result<Vec<Event>> {
        let file = files::read(path, list::file::LIST_BYTES_MAX as u64)?;
        let (list, programme) = list::open::read(session, &file)?;
        let own = list::open::organisation(session, &self.device.public())?;
        if programme.settings.portal != own {
            return Err(Failure::new(Code::NOT_AUTHORISED));
        }
        let numbers = Numbers::read(&self.config.numbers_path(), &self.vault)?;
        let at = words::now();
        let mut events = Vec::new();
        for opened in list::open::open(session, &list, &self.box_key)? {
            let voucher = opened.voucher;
            events.push(Event::Listed {
                voucher,
                phone: numbers.of(&opened.person.parent),
                child: opened.person.child,
                at,
            });
            // Offered before this journal began; or attested before the list was opened. Who is attested later is told of
            // by its block.
            if opened.standing == Standing::Offered {
                let asked = Asked::Consent;
                events.push(Event::Asked { voucher, asked, at });
            } else if opened.is_attested || programme.settings.exclusion.is_none() {
                events.push(Event::Offerable { voucher });
            }
        }
        Ok(events)
    }

    /// Brings what the ledger does not have.
    fn bring(&self, session: &Session) -> std::result::Result<(), Stop> {
        let tasks = self
            .wanted
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .tasks
            .clone();
        let (mut offers, mut answers) = (Vec::new(), Vec::new());
        for (task, what) in tasks {
            match what {
                ToLedger::Offer(voucher) => offers.push((task, voucher)),
                ToLedger::Answer { voucher, consents } => answers.push((
                    task,
                    Execute::Answer {
                        voucher,
                        channel: Channel::Sms,
                        consents,
                    },
                )),
            }
        }
        self.offer(session, &offers)?;
        for batch in answers.chunks(CALLS_MAX) {
            let (tasks, calls): (Vec<u64>, Vec<Execute>) = batch.iter().cloned().unzip();
            if !self.brought(session, &tasks, &calls)? {
                for (task, execute) in batch {
                    self.each(session, *task, execute)?;
                }
            }
        }
        Ok(())
    }

    /// Offers batches, some on their way together; one that is refused is tried one by one.
    fn offer(
        &self,
        session: &Session,
        offers: &[(u64, VoucherId)],
    ) -> std::result::Result<(), Stop> {
        let batches: Vec<_> = offers.chunks(BATCH_MAX).collect();
        let offer = |batch: &[(u64, VoucherId)]| Execute::Offer {
            vouchers: batch.iter().map(|(_, voucher)| *voucher).collect(),
        };
        let calls = batches.iter().map(|batch| vec![call(&offer(batch))]);
        let mut codes = Vec::with_capacity(batches.len());
        let ended = session.submit_each(&self.device, calls.collect(), |_, done| {
            codes.push(done.receipt.status.code());
            Ok(())
        });
        // What is final is taken note of, whatever came after it.
        for (batch, code) in batches.into_iter().zip(codes) {
            if code.is_none() {
                let brought = batch.iter().map(|(task, _)| Event::Brought { task: *task });
                self.happened(brought.collect())?;
                continue;
            }
            for one in batch {
                let (task, voucher) = *one;
                let found = list::open::voucher(session, &voucher)?;
                if found.is_some_and(|found| found.standing == Standing::Listed) {
                    self.each(session, task, &offer(&[*one]))?;
                } else {
                    // Offered just before this process ended the last time.
                    self.happened(vec![Event::Brought { task }])?;
                }
            }
        }
        Ok(ended?)
    }

    /// Brings several tasks in one transaction; false where the ledger refused it.
    fn brought(
        &self,
        session: &Session,
        tasks: &[u64],
        calls: &[Execute],
    ) -> std::result::Result<bool, Stop> {
        match self.submit(session, calls)? {
            None => {
                let brought = tasks.iter().map(|task| Event::Brought { task: *task });
                self.happened(brought.collect())?;
                Ok(true)
            }
            Some(_) => Ok(false),
        }
    }

    fn each(
        &self,
        session: &Session,
        task: u64,
        execute: &Execute,
    ) -> std::result::Result<(), Stop> {
        let event = match self.submit(session, std::slice::from_ref(execute))? {
            None => Event::Brought { task },
            Some(code) => Event::Refused {
                task,
                code,
                at: words::now(),
            },
        };
        Ok(self.happened(vec![event])?)
    }

    /// Submits and waits until it is final; gives the code of a refusal by the contract.
    fn submit(&self, session: &Session, executes: &[Execute]) -> Result<Option<Code>> {
        let calls = executes.iter().map(call);
        let done = session.submit(&self.device, calls.collect(), Vec::new())?;
        Ok(done.receipt.status.code())
    }
}

fn call(execute: &Execute) -> Call {
    Call {
        contract: VOUCHER,
        input: codec::encode(execute),
    }
}

/// Whether a list will never be opened here; with another failure, it may be in the next round.
fn is_the_lists(code: Code) -> bool {
    [
        Code::BAD_SIGNATURE,
        Code::LIST_FORM,
        Code::LIST_NOT_LISTED,
        Code::LIST_NOT_OPENED,
        Code::LIST_WRONG_OFFICE,
        Code::NOT_AUTHORISED,
        Code::PROGRAMME_UNKNOWN,
    ]
    .contains(&code)
}

/// The list files of a folder, in order of their names.
fn waiting(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let entries = std::fs::read_dir(folder).map_err(|error| files::unreadable(folder, &error))?;
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == LIST))
        .collect();
    paths.sort();
    Ok(paths)
}

fn set_aside(path: &Path, how: &str) -> Result<()> {
    let aside = path.with_extension(format!("{LIST}.{how}"));
    std::fs::rename(path, &aside).map_err(|error| files::unwritable(&aside, &error))
}
