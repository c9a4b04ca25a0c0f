//! A marking operator's system: what a pharmacy dispensed goes out, movements of packs come in.
//!
//! - [`protocol`]: what is said. [`finality`]: which refusals of the ledger are final. [`operator`]: an operator's system
//!   to rehearse with.
//!
//! The patient never waits for it: the ledger has dispensed when a report is queued, and where a movement is missing the
//! payment waits and not the medicine.

pub mod finality;
pub mod operator;
pub mod protocol;

use crate::http::Endpoint;
use crate::outbox::{self, Message, Outcome, Trouble};
use crate::service::{
    self, Facts, Outside, Reader, Reads, Record, Settings, Store, Teller, read_ledger,
};
use borsh::{BorshDeserialize, BorshSerialize};
use protocol::{Kind, Movement, Operator, OverHttp, Report};
use senim_abi::marking::msg::PackId;
use senim_abi::marking::record::{BatchRecord, PackRecord, batch_key, pack_key};
use senim_abi::marking::{Day, Lot};
use senim_abi::prescription::record::DispensedPack;
use senim_abi::prescription::{GroupId, ItemMask, PrescriptionEvent};
use senim_abi::{MARKING, PRESCRIPTION};
use senim_cli::failure::{Exit, Failure, Result};
use senim_cli::follow::Block;
use senim_cli::journal::Form;
use senim_cli::session::Session;
use senim_cli::{context, words};
use senim_types::crypto::SecretKey;
use senim_types::{Call, Code, Hash, Height, OrgId, TimeMs, codec};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use tracing::{info, warn};

/// Reports go to the operator.
const TO_OPERATOR: u8 = 0;
/// Movements go to the ledger.
const TO_LEDGER: u8 = 1;

/// How far the operator's movements were read.
#[derive(Debug, Default)]
pub struct Cursor {
    movements: u64,
}

impl Facts for Cursor {
    /// Movements up to this number were read.
    type Event = u64;
    const FORM: Form = Form {
        name: "senim marking connector journal 1",
        damaged: Code::CONNECTOR_JOURNAL,
    };

    fn step(&mut self, event: &u64) {
        self.movements = *event;
    }

    fn events(&self) -> Vec<u64> {
        vec![self.movements]
    }
}

/// Reports what the pharmacy of one device dispenses, and brings the operator's movements to the ledger by its own
/// device, until `stop`; either, or both.
pub fn run(
    settings: &Settings,
    endpoint: Endpoint,
    pharmacy: Option<SecretKey>,
    device: Option<SecretKey>,
    stop: &Arc<AtomicBool>,
) -> Result<()> {
    let store = Store::<Cursor>::open(&settings.state, &settings.vault)?;
    let (followed, read) = (store.state.followed, store.state.facts.movements);
    let operator = Arc::new(OverHttp(endpoint));
    let mut readers: Vec<Reader<u64>> = Vec::new();
    if let Some(device) = pharmacy {
        let reading = Reading { device, org: None };
        let settings = settings.clone();
        readers.push(Box::new(move |teller| {
            read_ledger(&settings, followed, reading, &teller);
        }));
    }
    if device.is_some() {
        let (settings, operator) = (settings.clone(), Arc::clone(&operator));
        readers.push(Box::new(move |teller| {
            read_movements(&settings, &*operator, read, &teller);
        }));
    }
    let outside = Systems {
        operator,
        ledger: LedgerWay {
            node: settings.node.clone(),
            network: settings.network.clone(),
            trusted: settings.trusted_path(),
            device,
            session: Mutex::new(None),
        },
    };
    service::run(settings, store, Arc::new(outside), readers, stop)
}

/// Where messages go.
struct Systems<O> {
    operator: Arc<O>,
    ledger: LedgerWay,
}

impl<O: Operator> Outside for Systems<O> {
    fn send(&self, message: &Message) -> Outcome {
        match message.lane {
            TO_LEDGER => self.ledger.bring(&message.body),
            _ => self.operator.report(&message.id.to_string(), &message.body),
        }
    }
}

/// The way to the ledger, for the operator's own device.
struct LedgerWay {
    node: String,
    network: PathBuf,
    trusted: PathBuf,
    device: Option<SecretKey>,
    session: Mutex<Option<Session>>,
}

impl LedgerWay {
    /// Brings a movement. Saying the same again changes nothing on the ledger.
    fn bring(&self, body: &[u8]) -> Outcome {
        let Ok(movement) = serde_json::from_slice::<Movement>(body) else {
            return Outcome::refused(Code::MOVEMENT_FORM.name());
        };
        let Some(device) = &self.device else {
            return Outcome::failed(Trouble::Unreachable, "no --operator-key");
        };
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        match self.submit(&mut session, device, movement) {
            Ok(None) => Outcome::Acknowledged,
            Ok(Some(code)) => refused(code),
            Err(failure) => {
                *session = None;
                match failure.exit {
                    Exit::Node | Exit::Proof => {
                        Outcome::failed(Trouble::Unreachable, failure.code.name())
                    }
                    Exit::Refused | Exit::Usage => refused(failure.code),
                }
            }
        }
    }

    fn submit(
        &self,
        session: &mut Option<Session>,
        device: &SecretKey,
        movement: Movement,
    ) -> Result<Option<Code>> {
        if session.is_none() {
            *session = Some(Session::open(&self.node, &self.network, &self.trusted)?);
        }
        let session = session.as_ref().expect("it was opened");
        let call = Call {
            contract: MARKING,
            input: codec::encode(&movement.execute()),
        };
        let done = session.submit(device, vec![call], Vec::new())?;
        Ok(done.receipt.status.code())
    }
}

/// What a refusal by the ledger means for a movement.
fn refused(code: Code) -> Outcome {
    if finality::is_final(code) {
        Outcome::refused(code.name())
    } else {
        Outcome::failed(Trouble::Busy, code.name())
    }
}

/// Reads the operator's movements on, until the end.
fn read_movements<O: Operator>(
    settings: &Settings,
    operator: &O,
    mut read: u64,
    teller: &Teller<u64>,
) {
    let mut failures = 0;
    while !teller.is_over() {
        let asked = if teller.is_full() {
            Ok(Vec::new())
        } else {
            operator.movements(read)
        };
        match asked {
            Ok(movements) if movements.is_empty() => failures = 0,
            Ok(movements) => {
                failures = 0;
                info!(
                    movements = movements.len(),
                    "the operator tells of movements"
                );
                let newest = movements.last().map_or(read, |one| one.number);
                let now = words::now();
                let queued = movements.into_iter().map(|one| {
                    let body = one.movement.to_string().into_bytes();
                    Record::Outbox(outbox::Event::Queued(Message {
                        id: Hash::of(
                            &[
                                b"senim movement 1",
                                one.number.to_be_bytes().as_slice(),
                                &body,
                            ]
                            .concat(),
                        ),
                        // All are one subject: a pack moves in order.
                        subject: Hash::of(b"movements"),
                        lane: TO_LEDGER,
                        what: format!("movement {}", one.number),
                        body,
                        since: now,
                    }))
                });
                let mut records: Vec<_> = queued.collect();
                records.push(Record::Facts(newest));
                if teller.tell(records).is_err() {
                    return;
                }
                read = newest;
            }
            Err(outcome) => {
                failures += 1;
                if let Outcome::Failed { trouble, .. } = outcome {
                    warn!(
                        code = trouble.code().name(),
                        "the operator cannot be asked for movements"
                    );
                }
            }
        }
        let pause = if failures == 0 {
            0
        } else {
            settings.pace.pause_ms(failures, 0)
        };
        teller.rest(settings.poll_ms.max(pause));
    }
}

/// What one pharmacy dispenses.
struct Reading {
    device: SecretKey,
    org: Option<OrgId>,
}

/// What a report's identity is made of.
#[derive(BorshSerialize)]
struct Identity {
    domain: &'static str,
    chain: Hash,
    is_return: bool,
    group: GroupId,
    number: u8,
    pack: PackId,
}

/// A supply, or its undoing.
struct Supply<'a> {
    group: GroupId,
    number: u8,
    packs: &'a [DispensedPack],
    /// Packs of an undone supply that had left the pharmacy.
    left: Option<ItemMask>,
    at: TimeMs,
}

impl Reads for Reading {
    type Event = u64;

    fn begin(&mut self, _session: &Session, _height: Height) -> Result<Vec<Record<u64>>> {
        Ok(Vec::new())
    }

    fn block(&mut self, session: &Session, block: &Block) -> Result<Vec<Record<u64>>> {
        let own = match self.org {
            Some(org) => org,
            None => context::enrolled(session, &self.device)?.org,
        };
        self.org = Some(own);
        let at = block.header.time;
        let told = block.receipts.iter().flat_map(|receipt| &receipt.events);
        let told = told.filter(|event| event.contract == PRESCRIPTION);
        let mut messages = Vec::new();
        for event in told.filter_map(|event| PrescriptionEvent::try_from_slice(&event.body).ok()) {
            match &event {
                PrescriptionEvent::Dispensed {
                    group,
                    org,
                    dispense,
                    packs,
                    ..
                } if *org == own => {
                    let supply = Supply {
                        group: *group,
                        number: *dispense,
                        packs,
                        left: None,
                        at,
                    };
                    messages.extend(reports(session, own, &supply)?);
                }
                PrescriptionEvent::Reversed {
                    group,
                    org,
                    dispense,
                    left,
                    ..
                } if *org == own => {
                    let record = match context::group(session, group) {
                        Ok((record, _)) => record,
                        // Forgotten since: nobody knows its packs any more, and the register has them where they are.
                        Err(failure) if failure.code == Code::PRESCRIPTION_UNKNOWN => continue,
                        Err(failure) => return Err(failure),
                    };
                    let undone = record.dispenses.get(usize::from(*dispense));
                    let undone = undone.ok_or_else(|| Failure::new(Code::ANSWER_UNUSABLE))?;
                    let supply = Supply {
                        group: *group,
                        number: *dispense,
                        packs: &undone.packs,
                        left: Some(*left),
                        at,
                    };
                    messages.extend(reports(session, own, &supply)?);
                }
                _ => {}
            }
        }
        let queued = messages.into_iter().map(outbox::Event::Queued);
        Ok(queued.map(Record::Outbox).collect())
    }
}

/// One report for each pack.
fn reports(session: &Session, org: OrgId, supply: &Supply) -> Result<Vec<Message>> {
    let mut packs: BTreeMap<PackId, (u32, bool)> = BTreeMap::new();
    for (place, pack) in supply.packs.iter().enumerate() {
        let (units, left) = packs.entry(pack.pack).or_default();
        *units = units.saturating_add(pack.units);
        *left |= supply.left.is_some_and(|left| left.has(place));
    }
    let mut messages = Vec::new();
    for (pack, (units, quarantine)) in packs {
        let id = Hash::of(&codec::encode(&Identity {
            domain: "senim marking report 1",
            chain: session.chain.0,
            is_return: supply.left.is_some(),
            group: supply.group,
            number: supply.number,
            pack,
        }));
        let (lot, expiry) = batch(session, &pack)?;
        let kind = match supply.left {
            None => Kind::Withdrawal,
            Some(_) => Kind::Return,
        };
        let report = Report {
            id: id.to_string(),
            kind,
            document: format!("{}.{}", supply.group, supply.number),
            gtin: pack.gtin,
            serial: pack.serial,
            lot,
            expiry,
            units,
            organisation: org.0,
            at: words::date_time(supply.at),
            quarantine,
        };
        let what = match kind {
            Kind::Withdrawal => "withdrawal",
            Kind::Return => "return",
        };
        messages.push(Message {
            id,
            subject: Hash::of(&codec::encode(&pack)),
            lane: TO_OPERATOR,
            what: format!("{what} of {} {}, {units} units", pack.gtin, pack.serial),
            body: serde_json::to_vec(&report).expect("a report has a text"),
            since: supply.at,
        });
    }
    Ok(messages)
}

/// Lot and last day of a pack, as the register has them; none where it forgot the pack since.
fn batch(session: &Session, pack: &PackId) -> Result<(Option<Lot>, Option<Day>)> {
    let record = session
        .record::<PackRecord>(&pack_key(pack), MARKING)?
        .value;
    let Some(lot) = record.and_then(|record| record.into_current().lot) else {
        return Ok((None, None));
    };
    let batch = session
        .record::<BatchRecord>(&batch_key(pack.gtin, &lot), MARKING)?
        .value;
    Ok((
        Some(lot),
        batch.and_then(|batch| batch.into_current().expiry),
    ))
}
