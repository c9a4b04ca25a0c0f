//! What a connector must not forget: its journal, and what the journal makes.

use crate::outbox::{self, Outbox};
use borsh::{BorshDeserialize, BorshSerialize};
use senim_cli::failure::{Failure, Result};
use senim_cli::files;
use senim_cli::journal::{Form, Journal};
use senim_cli::vault::Vault;
use senim_types::{Code, Hash, Height, TimeMs};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Appends that a journal has at least before it is shortened.
const APPENDS_MIN: u64 = 1_000;
/// How much longer than what it makes a journal may be.
const TIMES_LONGER: u64 = 4;

/// What is known of the ledger besides the messages.
pub trait Facts: Default {
    /// What changes it.
    type Event: BorshSerialize + BorshDeserialize;
    /// Whose journal it is in.
    const FORM: Form;
    /// Takes note.
    fn step(&mut self, event: &Self::Event);
    /// Events that make it, for a journal that is shortened.
    fn events(&self) -> Vec<Self::Event>;
}

/// An event of the journal. Those of one append are there together or not at all: a block's messages, and that it was
/// read.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Record<E> {
    /// Of a message.
    Outbox(outbox::Event),
    /// Of what is known besides.
    Facts(E),
    /// The ledger was read up to here.
    Followed(Height),
}

/// The journal's content.
pub struct State<F> {
    /// What waits.
    pub outbox: Outbox,
    /// What is known besides.
    pub facts: F,
    /// How far the ledger was read.
    pub followed: Option<Height>,
}

/// The open journal, and what it makes.
pub struct Store<F> {
    /// What it makes.
    pub state: State<F>,
    journal: Journal,
    /// Appends from which on it is looked whether the journal is too long.
    shorten_at: u64,
    orders: PathBuf,
}

/// What a person orders from another process.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Order {
    Retry,
    Dismiss(String),
}

impl<F: Facts> State<F> {
    fn empty() -> State<F> {
        State {
            outbox: Outbox::default(),
            facts: F::default(),
            followed: None,
        }
    }

    /// Records that make it.
    fn records(&self) -> Vec<Record<F::Event>> {
        let facts = self.facts.events().into_iter().map(Record::Facts);
        let messages = self.outbox.events().into_iter().map(Record::Outbox);
        let records = facts.chain(messages);
        records.chain(self.followed.map(Record::Followed)).collect()
    }

    fn step(&mut self, record: &Record<F::Event>) {
        match record {
            Record::Outbox(event) => self.outbox.step(event),
            Record::Facts(event) => self.facts.step(event),
            Record::Followed(height) => self.followed = Some(*height),
        }
    }

    /// What the journal of a folder makes, which another process may be writing.
    pub fn read(folder: &Path, vault: &Path) -> Result<State<F>> {
        let mut state = State::<F>::empty();
        let step = |record: Record<F::Event>| state.step(&record);
        Journal::read(&journal_path(folder), &Vault::open(vault)?, F::FORM, step)?;
        Ok(state)
    }
}

fn journal_path(folder: &Path) -> PathBuf {
    folder.join("journal.sealed")
}

fn orders_path(folder: &Path) -> PathBuf {
    folder.join("orders")
}

impl<F: Facts> Store<F> {
    /// Opens the journal of a folder, made if it is not there, for the one process that writes it.
    pub fn open(folder: &Path, vault: &Path) -> Result<Store<F>> {
        std::fs::create_dir_all(folder).map_err(|error| files::unwritable(folder, &error))?;
        let mut state = State::<F>::empty();
        let step = |record: Record<F::Event>| state.step(&record);
        let journal = Journal::open(&journal_path(folder), &Vault::open(vault)?, F::FORM, step)?;
        let mut store = Store {
            state,
            journal,
            shorten_at: 0,
            orders: orders_path(folder),
        };
        store.shorten()?;
        Ok(store)
    }

    /// Puts what makes the state in place of a journal that is much longer. Looked at again when it may be so again: what
    /// that costs is spread over as many appends.
    fn shorten(&mut self) -> Result<()> {
        if self.journal.len() <= self.shorten_at.max(APPENDS_MIN) {
            return Ok(());
        }
        let records = self.state.records();
        if self.journal.len() > TIMES_LONGER * records.len() as u64 {
            self.journal.compact(&records)?;
        }
        self.shorten_at = TIMES_LONGER * records.len() as u64;
        Ok(())
    }

    /// Keeps what happened, and takes note of it.
    pub fn note(&mut self, records: &[Record<F::Event>]) -> Result<()> {
        self.journal.append(records)?;
        records.iter().for_each(|record| self.state.step(record));
        self.shorten()
    }

    /// Carries out what people ordered meanwhile.
    pub fn carry_out_orders(&mut self, at: TimeMs) -> Result<()> {
        let Ok(entries) = std::fs::read_dir(&self.orders) else {
            return Ok(());
        };
        for path in entries.filter_map(|entry| entry.ok().map(|entry| entry.path())) {
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let id = path
                .file_stem()
                .and_then(|name| name.to_str()?.parse().ok());
            if let (Some(id), Ok(Some(order))) = (id, files::read_records::<Order>(&path)) {
                self.carry_out(id, order, at)?;
            }
            std::fs::remove_file(&path).map_err(|error| files::unwritable(&path, &error))?;
        }
        Ok(())
    }

    fn carry_out(&mut self, id: Hash, order: Order, at: TimeMs) -> Result<()> {
        if self.state.outbox.get(&id).is_none() {
            return Ok(());
        }
        self.note(&[Record::Outbox(match order {
            Order::Retry => outbox::Event::Retried { id, at },
            Order::Dismiss(reason) => outbox::Event::Dismissed { id, reason, at },
        })])
    }
}

/// Has a message tried again now (`reason` none), or dismissed: by the process that runs, or at its next start.
pub fn order<F: Facts>(folder: &Path, vault: &Path, id: &Hash, reason: Option<&str>) -> Result<()> {
    let state = State::<F>::read(folder, vault)?;
    if state.outbox.get(id).is_none() {
        return Err(Failure::new(Code::REPORT_UNKNOWN));
    }
    let order = match reason {
        None => Order::Retry,
        Some(reason) => Order::Dismiss(reason.to_owned()),
    };
    files::write_records(&orders_path(folder).join(format!("{id}.json")), &order)
}
