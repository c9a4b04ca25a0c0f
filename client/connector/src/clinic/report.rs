//! What a clinic's system is told, in FHIR: a fact, and what that system calls the lines.

use super::fact::{Fact, What};
use super::watch::Watched;
use crate::outbox::Message;
use borsh::BorshSerialize;
use senim_abi::prescription::msg::{CancelReason, RejectReason};
use senim_abi::prescription::record::DispensedPack;
use senim_abi::prescription::{ItemMask, ItemStatus};
use senim_cli::commands::prescription::NamedLine;
use senim_cli::names::Names;
use senim_cli::words;
use senim_fhir::{
    DispenseReport, DispenseStatus, ReportMessage, RequestReport, RequestStatus, dispense_report,
    report_message, request_report,
};
use senim_types::{ChainId, Hash, OrgId, codec};
use serde_json::Value;
use std::collections::BTreeMap;

/// A line that the clinic's system gave no identifier is called by the ledger's name of its item.
const ITEM_SYSTEM: &str = "https://example.org/senim/id/prescription-item";

/// What reports are made with.
pub struct Words<'a> {
    /// Of which ledger.
    pub chain: &'a ChainId,
    /// Names of organisations.
    pub names: &'a Names,
}

/// What a report's identity is made of.
#[derive(BorshSerialize)]
struct Identity<'a> {
    domain: &'static str,
    chain: &'a ChainId,
    fact: &'a Fact,
}

/// What a fact's report has.
struct Told {
    event: &'static str,
    what: &'static str,
    resources: Vec<Value>,
}

/// The message that tells a fact; none where no line of it is known by a name. `lines` is what the clinic's system calls the prescription's lines.
pub fn message(
    words: &Words,
    fact: &Fact,
    watched: &Watched,
    lines: &[NamedLine],
) -> Option<Message> {
    let id = Hash::of(&codec::encode(&Identity {
        domain: "senim clinic report 1",
        chain: words.chain,
        fact,
    }));
    let told = told(words, fact, watched, lines);
    if told.resources.is_empty() {
        return None;
    }
    let body = report_message(&ReportMessage {
        id: &uuid(&id),
        event: told.event,
        at: &words::date_time(fact.at),
        source: &format!("urn:x-senim:ledger:{}", words.chain),
        resources: &told.resources,
    });
    let items = words::item_numbers(items_of(&fact.what));
    let items: Vec<String> = items.iter().map(ToString::to_string).collect();
    Some(Message {
        id,
        subject: fact.group.0,
        lane: 0,
        what: format!("{} {} item {}", told.what, fact.group, items.join(",")),
        body,
        since: fact.at,
    })
}

/// A UUID (version 8) of a hash.
pub fn uuid(hash: &Hash) -> String {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.as_bytes()[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex::encode(bytes);
    let parts = [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ];
    parts.join("-")
}

fn items_of(what: &What) -> ItemMask {
    match what {
        What::Held { items, .. }
        | What::Returned { items, .. }
        | What::CancelAsked { items, .. }
        | What::Cancelled { items, .. }
        | What::Expired { items } => *items,
        What::Dispensed { packs, .. } | What::Reversed { packs, .. } => {
            let one =
                |all: ItemMask, pack: &DispensedPack| all.or(ItemMask::one(usize::from(pack.item)));
            packs.iter().fold(ItemMask::NONE, one)
        }
    }
}

fn told(words: &Words, fact: &Fact, watched: &Watched, lines: &[NamedLine]) -> Told {
    let place = Place {
        words,
        fact,
        watched,
        lines,
    };
    let items = items_of(&fact.what);
    match &fact.what {
        What::Held {
            items,
            org,
            since,
            until,
        } => {
            let id = format!("{}.held.{}", fact.group, since.0);
            let until = words::date_time(*until);
            place.told(
                "dispense-notification",
                "held",
                |index, line| {
                    let status = DispenseStatus::InProgress;
                    vec![place.dispense(line, index, *org, &id, status, Supply::held(&until))]
                },
                *items,
            )
        }
        What::Returned {
            items,
            org,
            since,
            reason,
        } => {
            let id = format!("{}.held.{}", fact.group, since.0);
            let (status, said) = match reason {
                Some(reason) => (DispenseStatus::Declined, reject_word(*reason)),
                None => (DispenseStatus::Cancelled, "hold-ended"),
            };
            place.told(
                "dispense-notification",
                "given back",
                |index, line| {
                    vec![place.dispense(line, index, *org, &id, status, Supply::ended(said))]
                },
                *items,
            )
        }
        What::Dispensed { number, org, packs } => {
            let id = format!("{}.{number}", fact.group);
            let at = words::date_time(fact.at);
            place.told(
                "dispense-notification",
                "dispensed",
                |index, line| {
                    let supply = Supply::of(packs, index, &at);
                    let status = DispenseStatus::Completed;
                    let mut all = vec![place.dispense(line, index, *org, &id, status, supply)];
                    if place.standing(line) == RequestStatus::Completed {
                        all.push(place.request(line, None));
                    }
                    all
                },
                items,
            )
        }
        What::Reversed { number, org, packs } => {
            let id = format!("{}.{number}", fact.group);
            let at = words::date_time(fact.at);
            place.told(
                "dispense-notification",
                "undone",
                |index, line| {
                    let supply = Supply::of(packs, index, &at);
                    let status = DispenseStatus::EnteredInError;
                    let dispense = place.dispense(line, index, *org, &id, status, supply);
                    vec![dispense, place.request(line, None)]
                },
                items,
            )
        }
        What::CancelAsked { by_holder, .. } => {
            let said = if *by_holder {
                "cancel-asked-by-person"
            } else {
                "cancel-asked"
            };
            place.told(
                "prescription-status",
                "to be cancelled",
                |_, line| vec![place.request(line, Some(said))],
                items,
            )
        }
        What::Cancelled {
            by_holder, reason, ..
        } => {
            let said = if *by_holder {
                "cancelled-by-person"
            } else {
                cancel_word(*reason)
            };
            place.told(
                "prescription-status",
                "cancelled",
                |_, line| vec![place.request(line, Some(said))],
                items,
            )
        }
        What::Expired { .. } => place.told(
            "prescription-status",
            "expired",
            |_, line| vec![place.request(line, Some("expired"))],
            items,
        ),
    }
}

/// What a dispense says beside who and which.
#[derive(Default)]
struct Supply<'a> {
    quantity: Option<u32>,
    handed_over: Option<&'a str>,
    packs: Vec<(String, String)>,
    held_until: Option<&'a str>,
    reason: Option<&'a str>,
}

impl<'a> Supply<'a> {
    fn held(until: &'a str) -> Supply<'a> {
        Supply {
            held_until: Some(until),
            ..Supply::default()
        }
    }

    fn ended(reason: &'a str) -> Supply<'a> {
        Supply {
            reason: Some(reason),
            ..Supply::default()
        }
    }

    fn of(packs: &[DispensedPack], index: usize, at: &'a str) -> Supply<'a> {
        let mut units: BTreeMap<(String, String), u32> = BTreeMap::new();
        for pack in packs.iter().filter(|pack| usize::from(pack.item) == index) {
            let name = (pack.pack.gtin.to_string(), pack.pack.serial.to_string());
            let sum = units.entry(name).or_default();
            *sum = sum.saturating_add(pack.units);
        }
        Supply {
            quantity: Some(units.values().copied().fold(0, u32::saturating_add)),
            handed_over: Some(at),
            packs: units.into_keys().collect(),
            ..Supply::default()
        }
    }
}

struct Place<'a> {
    words: &'a Words<'a>,
    fact: &'a Fact,
    watched: &'a Watched,
    lines: &'a [NamedLine],
}

impl Place<'_> {
    /// Of each item that has a known line, what is said of it.
    fn told(
        &self,
        event: &'static str,
        what: &'static str,
        say: impl Fn(usize, &NamedLine) -> Vec<Value>,
        items: ItemMask,
    ) -> Told {
        let mut resources = Vec::new();
        for index in items.indices() {
            let line = self.lines.iter().find(|line| line.items.has(index));
            resources.extend(line.into_iter().flat_map(|line| say(index, line)));
        }
        Told {
            event,
            what,
            resources,
        }
    }

    /// What the clinic's system calls a line.
    fn name(&self, line: &NamedLine) -> (String, String) {
        line.identifier.clone().unwrap_or_else(|| {
            let first = line.items.indices().next().unwrap_or_default() + 1;
            (
                ITEM_SYSTEM.to_owned(),
                format!("{}.{first}", self.fact.group),
            )
        })
    }

    fn dispense(
        &self,
        line: &NamedLine,
        index: usize,
        org: OrgId,
        id: &str,
        status: DispenseStatus,
        supply: Supply,
    ) -> Value {
        let (system, value) = self.name(line);
        let packs = supply.packs.iter();
        let packs: Vec<(&str, &str)> = packs
            .map(|(gtin, serial)| (gtin.as_str(), serial.as_str()))
            .collect();
        dispense_report(&DispenseReport {
            dispense: id,
            index: u32::try_from(index).unwrap_or(u32::MAX),
            line: (&system, &value),
            medicine: &line.medicine,
            quantity: supply.quantity,
            handed_over: supply.handed_over,
            pharmacy: &self.words.names.of_org(org),
            packs: &packs,
            status,
            held_until: supply.held_until,
            reason: supply.reason,
        })
    }

    fn request(&self, line: &NamedLine, reason: Option<&str>) -> Value {
        let (system, value) = self.name(line);
        request_report(&RequestReport {
            line: (&system, &value),
            medicine: &line.medicine,
            status: self.standing(line),
            reason,
        })
    }

    /// How a line stands: active while something of it can still be supplied.
    fn standing(&self, line: &NamedLine) -> RequestStatus {
        let now = self.fact.at;
        let states: Vec<ItemStatus> = line
            .items
            .indices()
            .filter_map(|index| self.watched.status(index, now))
            .collect();
        let supplied = line.items.indices().any(|index| {
            let item = self.watched.items.get(index);
            item.is_some_and(|item| item.remaining < item.quantity)
        });
        let is_over = |status: &ItemStatus| {
            matches!(
                status,
                ItemStatus::Dispensed | ItemStatus::Cancelled | ItemStatus::Expired
            )
        };
        let all = |wanted: ItemStatus| states.iter().all(|status| *status == wanted);
        match () {
            () if !states.iter().all(is_over) => RequestStatus::Active,
            () if all(ItemStatus::Dispensed) => RequestStatus::Completed,
            () if all(ItemStatus::Cancelled) && !supplied => RequestStatus::Cancelled,
            () => RequestStatus::Stopped,
        }
    }
}

const fn reject_word(reason: RejectReason) -> &'static str {
    match reason {
        RejectReason::OutOfStock => "out-of-stock",
        RejectReason::PersonDeclined => "person-declined",
        RejectReason::ClinicalQuestion => "clinical-question",
        RejectReason::PackRefused => "pack-refused",
        RejectReason::Mistake => "mistake",
        RejectReason::Other => "other",
    }
}

const fn cancel_word(reason: CancelReason) -> &'static str {
    match reason {
        CancelReason::PrescribingError => "prescribing-error",
        CancelReason::TreatmentChanged => "treatment-changed",
        CancelReason::Replaced => "replaced",
        CancelReason::HolderRequest => "holder-request",
        CancelReason::Other => "other",
    }
}
