//! What was supplied of a message, told to the clinic's system in FHIR.

use super::Report;
use super::clinic::{ClinicFolder, Issued, Line};
use super::medicine::name;
use crate::answer::Answer;
use crate::args::Global;
use crate::context::{group, session};
use crate::failure::{Failure, Result};
use crate::files;
use crate::names::Names;
use crate::words::{self, quantity, time};
use senim_abi::prescription::{Dispense, Group};
use senim_fhir::{
    DispenseReport, DispenseStatus, Item, LedgerOrder, Order, dispense_report, line_identifier,
};
use senim_types::{Code, TimeMs};
use serde_json::{Value, json};
use std::path::Path;

/// Reports, from the prescription as it is proven to stand.
pub fn report(args: &Report, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let folder = ClinicFolder::open(&args.clinic)?;
    let (order, issued) = find(&folder, &args.fhir, args.offset)?;
    let LedgerOrder::Issue { items } = &order.ledger else {
        return Err(withdraws());
    };
    let id = issued.group;
    let (group, header) = group(&session, &id)?;
    let mut entries = Vec::new();
    let mut lines = Vec::new();
    for (number, dispense) in group.dispenses.iter().enumerate() {
        for (index, item) in supplied(dispense) {
            let Some((line, said)) = line_of(items, index) else {
                continue;
            };
            let identifier = order
                .sealed
                .items
                .get(line)
                .and_then(|part| line_identifier(part));
            let Some(identifier) = identifier else {
                continue;
            };
            let place = Place {
                id: &format!("{id}.{number}"),
                line: &identifier,
                of: &session.names,
            };
            entries.push(json!({ "resource": resource(&place, dispense, index, said) }));
            lines.push(told(&group, dispense, index, item, &session.names));
        }
    }
    let mut bundle = json!({ "resourceType": "Bundle", "type": "collection" });
    // FHIR has no empty arrays.
    if !entries.is_empty() {
        bundle["entry"] = json!(entries);
    }
    let text = format!("{bundle:#}");
    let fields = json!({ "group": id, "height": header.height, "bundle": bundle });
    let answer = Answer::new(fields)
        .line(format!(
            "Of prescription {id}, as it stands after block {}:",
            header.height
        ))
        .lines(if lines.is_empty() {
            vec!["  nothing was supplied yet".to_owned()]
        } else {
            lines
        });
    match &args.out {
        Some(path) => {
            files::write(path, text.as_bytes())?;
            Ok(answer.line(format!("  written to {}", path.display())))
        }
        None => Ok(answer.line(text)),
    }
}

/// The message as it was read when it was issued, and the record of that: a message without dates is read by the time
/// of its arrival.
fn find<'a>(folder: &'a ClinicFolder, message: &Path, offset: i16) -> Result<(Order, &'a Issued)> {
    let mut refused = None;
    let mut arrivals: Vec<TimeMs> = folder.issued.iter().map(|issued| issued.arrived).collect();
    arrivals.push(words::now());
    for arrived in arrivals.into_iter().rev() {
        let order = match folder.parse(message, offset, arrived) {
            Ok(order) => order,
            // Its window may have been open when it was issued.
            Err(failure) if failure.code == Code::FHIR_WINDOW_OVER => {
                refused.get_or_insert(failure);
                continue;
            }
            Err(failure) if failure.code == Code::FHIR_PARTS_OUTSIDE_WINDOW => {
                refused.get_or_insert(failure);
                continue;
            }
            Err(failure) => return Err(failure),
        };
        let LedgerOrder::Issue { items } = &order.ledger else {
            return Err(withdraws());
        };
        return match folder.with_line_of(&Line::of(items)) {
            Some(issued) => Ok((order, issued)),
            None => Err(Failure::new(Code::ORDER_UNKNOWN)),
        };
    }
    Err(refused.unwrap_or_else(|| Failure::new(Code::ORDER_UNKNOWN)))
}

fn withdraws() -> Failure {
    Failure::usage("the message withdraws: name the one that ordered")
}

/// Items of a dispense with the units taken, each once.
fn supplied(dispense: &Dispense) -> Vec<(usize, u32)> {
    let mut supplied: Vec<(usize, u32)> = Vec::new();
    for pack in &dispense.packs {
        let index = usize::from(pack.item);
        match supplied.iter_mut().find(|(known, _)| *known == index) {
            Some((_, units)) => *units = units.saturating_add(pack.units),
            None => supplied.push((index, pack.units)),
        }
    }
    supplied
}

/// The message's line that an item of the prescription came from: each part of a repeat became an item.
fn line_of(items: &[Item], index: usize) -> Option<(usize, &Item)> {
    let mut next = 0;
    items.iter().enumerate().find(|(_, item)| {
        next += item.parts.len();
        index < next
    })
}

/// What a resource is called, and of which line it tells.
struct Place<'a> {
    /// Prescription and number of the dispense.
    id: &'a str,
    /// As the clinic sent it.
    line: &'a (String, String),
    of: &'a Names,
}

fn resource(place: &Place, dispense: &Dispense, index: usize, item: &Item) -> Value {
    let of_item = dispense
        .packs
        .iter()
        .filter(|pack| usize::from(pack.item) == index);
    let packs: Vec<(String, String)> = of_item
        .clone()
        .map(|pack| (pack.pack.gtin.to_string(), pack.pack.serial.to_string()))
        .collect();
    let packs: Vec<(&str, &str)> = packs
        .iter()
        .map(|(gtin, serial)| (gtin.as_str(), serial.as_str()))
        .collect();
    let report = DispenseReport {
        dispense: place.id,
        index: u32::try_from(index).unwrap_or(u32::MAX),
        line: (&place.line.0, &place.line.1),
        medicine: &item.medicine,
        quantity: Some(of_item.fold(0, |units, pack| units.saturating_add(pack.units))),
        handed_over: Some(&words::date_time(dispense.at)),
        pharmacy: &place.of.of_org(dispense.org),
        packs: &packs,
        status: if dispense.reversed {
            DispenseStatus::EnteredInError
        } else {
            DispenseStatus::Completed
        },
        held_until: None,
        reason: None,
    };
    dispense_report(&report)
}

fn told(group: &Group, dispense: &Dispense, index: usize, units: u32, names: &Names) -> String {
    let what = group.items.get(index).map_or_else(String::new, |item| {
        format!("{} of {}", quantity(units, item.unit), name(&item.inn))
    });
    let undone = if dispense.reversed { ", undone" } else { "" };
    format!(
        "  item {}: {what} by {}, {}{undone}",
        index + 1,
        names.of_org(dispense.org),
        time(dispense.at)
    )
}
