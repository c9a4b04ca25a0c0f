//! A clinic's system: its messages come in, and what became of its prescriptions goes back.
//!
//! - [`door`]: where its messages are posted. [`intake`]: what becomes of one.
//! - [`watch`]: what becomes of the prescriptions; [`fact`]: what of that is told. [`report`]: the messages that tell it. [`acknowledge`]: what an answer
//!   means.
//! - [`system`]: a clinic's system to rehearse with.

pub mod acknowledge;
pub mod door;
pub mod fact;
pub mod intake;
pub mod report;
pub mod system;
pub mod watch;

use crate::http::Endpoint;
use crate::outbox::{self, Message, Outcome};
use crate::service::{self, Outside, Reads, Record, Settings, Store, read_ledger};
use borsh::BorshDeserialize;
use report::Words;
use senim_abi::PRESCRIPTION;
use senim_abi::prescription::{GroupId, PrescriptionEvent};
use senim_cli::commands::prescription::{ClinicFolder, NamedLine};
use senim_cli::context;
use senim_cli::failure::Result;
use senim_cli::follow::Block;
use senim_cli::session::Session;
use senim_types::{Code, Hash, Height};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::SystemTime;
use tracing::warn;
use watch::{Event, Watch, Watched};

/// The media type of FHIR in JSON.
pub const FHIR_JSON: &str = "application/fhir+json";

/// A clinic's system as reports go to it.
struct System(Endpoint);

impl Outside for System {
    fn send(&self, message: &Message) -> Outcome {
        match self.0.post("", FHIR_JSON, &message.body) {
            Ok(answered) => acknowledge::judge(&report::uuid(&message.id), &answered),
            Err(outcome) => outcome,
        }
    }
}

/// What became of the prescriptions of one folder.
struct Reading {
    folder: PathBuf,
    /// When the folder's records were written that were read.
    read: Option<SystemTime>,
    lines: BTreeMap<GroupId, Vec<NamedLine>>,
    watch: Watch,
}

/// Tells a clinic's system what becomes of the prescriptions that were issued from a folder, until `stop`.
pub fn run(
    settings: &Settings,
    folder: &Path,
    endpoint: Endpoint,
    stop: &Arc<AtomicBool>,
) -> Result<()> {
    let mut store = Store::<Watch>::open(&settings.state, &settings.vault)?;
    let (watch, followed) = (std::mem::take(&mut store.state.facts), store.state.followed);
    let reading = Reading {
        folder: folder.to_owned(),
        read: None,
        lines: BTreeMap::new(),
        watch,
    };
    let of_reader = settings.clone();
    let reader: service::Reader<Event> =
        Box::new(move |teller| read_ledger(&of_reader, followed, reading, &teller));
    service::run(
        settings,
        store,
        Arc::new(System(endpoint)),
        vec![reader],
        stop,
    )
}

impl Reads for Reading {
    type Event = Event;

    /// What was issued from the folder before is watched from here on.
    fn begin(&mut self, session: &Session, _height: Height) -> Result<Vec<Record<Event>>> {
        self.read_folder()?;
        let mut records = Vec::new();
        for group in self.lines.keys() {
            match context::group(session, group) {
                Ok((record, header)) => {
                    let watched = Watched::standing(&record, header.height, header.time);
                    records.push(Event::Watched(*group, watched));
                }
                // Refused, or forgotten since.
                Err(failure) if failure.code == Code::PRESCRIPTION_UNKNOWN => {}
                Err(failure) => return Err(failure),
            }
        }
        for event in &records {
            self.watch.happened(event);
        }
        Ok(records.into_iter().map(Record::Facts).collect())
    }

    fn block(&mut self, session: &Session, block: &Block) -> Result<Vec<Record<Event>>> {
        let header = &block.header;
        let (height, at) = (header.height, header.time);
        let told = block.receipts.iter().flat_map(|receipt| &receipt.events);
        let told = told.filter(|event| event.contract == PRESCRIPTION);
        // An event of a newer version may tell something that is not known here; the others are told all the same.
        let told = told.filter_map(|event| PrescriptionEvent::try_from_slice(&event.body).ok());
        let told: Vec<(GroupId, PrescriptionEvent)> = told
            .filter_map(|event| Some((group_of(&event)?, event)))
            .collect();
        // All that the node is asked for comes first: what fails after this point would be told twice.
        let mut issued = BTreeMap::new();
        for (group, event) in &told {
            if matches!(event, PrescriptionEvent::Issued { .. }) && self.is_of_folder(group)? {
                match context::group(session, group) {
                    Ok((record, _)) => {
                        issued.insert(*group, Watched::issued(&record, height));
                    }
                    Err(failure) if failure.code == Code::PRESCRIPTION_UNKNOWN => {}
                    Err(failure) => return Err(failure),
                }
            }
        }
        let mut events = Vec::new();
        if self.watch.is_due(at) {
            events.push(Event::Passed(at));
        }
        for (group, event) in told {
            if let Some(watched) = issued.remove(&group) {
                events.push(Event::Watched(group, watched));
            } else if self.watch.get(&group).is_some() {
                events.push(Event::Told {
                    group,
                    event,
                    height,
                    at,
                });
            }
        }
        if !events.is_empty() {
            self.read_folder()?;
        }
        let words = Words {
            chain: &session.chain,
            names: &session.names,
        };
        let mut records = Vec::new();
        for event in events {
            // A prescription that is forgotten by this event is told of all the same.
            let facts = self.watch.happened(&event);
            records.push(Record::Facts(event));
            for fact in facts {
                let lines = self.lines.get(&fact.group);
                let message = self.watch.get(&fact.group).and_then(|watched| {
                    report::message(&words, &fact, watched, lines.map_or(&[], Vec::as_slice))
                });
                match message {
                    Some(message) => records.push(Record::Outbox(outbox::Event::Queued(message))),
                    None => {
                        warn!(prescription = %fact.group, "its lines have no names in the clinic's folder: not reported")
                    }
                }
            }
        }
        Ok(records)
    }
}

impl Reading {
    /// Whether it was issued from the folder: records are written before anything is submitted.
    fn is_of_folder(&mut self, group: &GroupId) -> Result<bool> {
        if !self.lines.contains_key(group) {
            self.read_folder()?;
        }
        Ok(self.lines.contains_key(group))
    }

    /// Reads the folder's records, if they were written since.
    fn read_folder(&mut self) -> Result<()> {
        let records = self.folder.join("issued.json");
        let written = std::fs::metadata(&records)
            .and_then(|file| file.modified())
            .ok();
        if written.is_some() && written == self.read {
            return Ok(());
        }
        let folder = ClinicFolder::open(&self.folder)?;
        for issued in &folder.issued {
            let lines = self.lines.entry(issued.group);
            lines.or_insert_with(|| folder.named(issued));
        }
        self.read = written;
        Ok(())
    }
}

fn group_of(event: &PrescriptionEvent) -> Option<GroupId> {
    use PrescriptionEvent as E;
    match event {
        E::Issued { group, .. }
        | E::Released { group }
        | E::Held { group, .. }
        | E::Extended { group, .. }
        | E::Dispensed { group, .. }
        | E::Rejected { group, .. }
        | E::Cancelled { group, .. }
        | E::Reversed { group, .. }
        | E::Pruned { group } => Some(*group),
        _ => None,
    }
}

/// Reads the id of a message.
pub fn message_id(text: &str) -> std::result::Result<Hash, String> {
    text.parse()
        .map_err(|_| format!("`{text}` is not the id of a message: 64 hex digits"))
}
