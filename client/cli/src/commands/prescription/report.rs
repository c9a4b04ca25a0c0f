//! What a pharmacy dispensed, told to the clinic's own system in FHIR: from a receipt's proof and the clinic's message.

use super::Report;
use super::clinic::{ClinicFolder, Line};
use crate::answer::Answer;
use crate::args::Global;
use crate::describe;
use crate::failure::{Failure, Result};
use crate::files;
use crate::names::Names;
use crate::session::{Final, judge_receipt, read_genesis};
use crate::words;
use senim_abi::prescription::record::DispensedPack;
use senim_abi::prescription::{GroupId, PrescriptionEvent};
use senim_fhir::{DispenseReport, Item, LedgerOrder, dispense_report};
use senim_light_client::LightClient;
use senim_types::{Code, OrgId, limits};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// One dispensing, as its receipt has it.
struct Dispensed {
    group: GroupId,
    org: OrgId,
    packs: Vec<DispensedPack>,
}

/// Makes the reports.
pub fn report(args: &Report, global: &Global) -> Result<Answer> {
    let genesis = read_genesis(&global.dir.join("genesis.json"))?;
    let proof = files::read(&args.receipt_proof, limits::PROOF_BYTES_MAX as u64)?;
    let done = judge_receipt(&LightClient::from_genesis(&genesis), proof)?;
    let names = Names::of(&genesis);
    let folder = ClinicFolder::open(&args.clinic)?;
    // As of the dispensing: the order was sound then, and may have run out since.
    let order = folder.parse(&args.fhir, args.offset, done.header.time)?;
    let LedgerOrder::Issue { items } = &order.ledger else {
        return Err(Failure::usage(
            "the message withdraws an order; name the one that was issued",
        ));
    };
    let order = Ordered {
        items,
        sealed: &order.sealed.items,
        lines: Line::of(items),
    };
    let dispenses = dispenses(&done);
    if dispenses.is_empty() {
        return Err(Failure::usage("the receipt tells of no dispensing"));
    }
    let mut resources = Vec::new();
    for dispensed in dispenses {
        if !folder.has_issued(&dispensed.group, &order.lines) {
            return Err(Failure::new(Code::ORDER_UNKNOWN));
        }
        resources.extend(reports(&order, &dispensed, &done, &names)?);
    }
    let entries: Vec<Value> = resources
        .iter()
        .map(|resource| json!({ "resource": resource }))
        .collect();
    let bundle = json!({ "resourceType": "Bundle", "type": "collection", "entry": entries });
    let text = serde_json::to_vec_pretty(&bundle);
    let text = text.map_err(|error| files::content(&args.out, error))?;
    files::write(&args.out, &text)?;
    let file = args.out.display().to_string();
    Ok(
        Answer::new(json!({ "file": file, "fhir": bundle })).line(format!(
            "Wrote {} of what {} says was dispensed to {file}",
            words::counted(resources.len(), "report"),
            words::short(done.receipt.transaction)
        )),
    )
}

/// The clinic's message: its items, their sealed parts and their lines, in one order.
struct Ordered<'a> {
    items: &'a [Item],
    sealed: &'a [Vec<u8>],
    lines: Vec<Line>,
}

fn dispenses(done: &Final) -> Vec<Dispensed> {
    let told = done.receipt.events.iter();
    told.filter_map(|event| match describe::prescription_event(event)? {
        PrescriptionEvent::Dispensed {
            group, org, packs, ..
        } => Some(Dispensed { group, org, packs }),
        _ => None,
    })
    .collect()
}

/// A report for each line of the message of which something was dispensed.
fn reports(
    order: &Ordered<'_>,
    dispensed: &Dispensed,
    done: &Final,
    names: &Names,
) -> Result<Vec<Value>> {
    let mut by_line: BTreeMap<usize, Vec<&DispensedPack>> = BTreeMap::new();
    for pack in &dispensed.packs {
        let line = order
            .lines
            .iter()
            .position(|line| line.became(pack.item.into()));
        let line = line.ok_or_else(|| Failure::new(Code::ORDER_UNKNOWN))?;
        by_line.entry(line).or_default().push(pack);
    }
    let transaction = done.receipt.transaction.to_string();
    let handed_over = words::fhir_time(done.header.time);
    let pharmacy = names.of_org(dispensed.org);
    let report = |(line, packs): (usize, Vec<&DispensedPack>)| {
        let (system, value) = identifier(&order.sealed[line])?;
        let codes: Vec<(String, String)> = packs
            .iter()
            .map(|pack| (pack.pack.gtin.to_string(), pack.pack.serial.to_string()))
            .collect();
        let codes: Vec<(&str, &str)> = codes
            .iter()
            .map(|(gtin, serial)| (gtin.as_str(), serial.as_str()))
            .collect();
        let report = dispense_report(&DispenseReport {
            transaction: &transaction,
            index: u32::from(packs[0].item),
            line: (&system, &value),
            medicine: &order.items[line].medicine,
            quantity: packs.iter().map(|pack| pack.units).sum(),
            handed_over: &handed_over,
            pharmacy: &pharmacy,
            packs: &codes,
        });
        serde_json::from_slice(&report).map_err(|_| Failure::new(Code::FHIR_NOT_JSON))
    };
    by_line.into_iter().map(report).collect()
}

/// The identifier by which the clinic's system knows the line: the request's first, or its id there.
fn identifier(bundle: &[u8]) -> Result<(String, String)> {
    let missing = || Failure::new(Code::ORDER_UNKNOWN);
    let bundle: Value = serde_json::from_slice(bundle).map_err(|_| missing())?;
    let entries = bundle["entry"].as_array().ok_or_else(missing)?;
    let request = entries
        .iter()
        .map(|entry| &entry["resource"])
        .find(|resource| resource["resourceType"] == "MedicationRequest")
        .ok_or_else(missing)?;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let identifiers = request["identifier"].as_array();
    let mut named = identifiers.into_iter().flatten().filter_map(|identifier| {
        let value = text(&identifier["value"])?;
        Some((text(&identifier["system"]).unwrap_or_default(), value))
    });
    let by_id = || Some(("MedicationRequest".to_owned(), text(&request["id"])?));
    named.next().or_else(by_id).ok_or_else(missing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use senim_abi::marking::msg::PackId;
    use senim_types::{Hash, TimeMs, Tiyn};
    use std::path::Path;

    #[test]
    fn a_report_names_the_clinics_own_line_and_nobody() {
        let temporary = tempfile::tempdir().expect("a folder");
        let folder = ClinicFolder::open(temporary.path()).expect("an empty folder");
        let message =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/fhir/four-items.json");
        let order = folder
            .parse(&message, 300, TimeMs(1_770_102_000_000))
            .expect("it is sound");
        let LedgerOrder::Issue { items } = &order.ledger else {
            panic!("an order")
        };
        let order = Ordered {
            items,
            sealed: &order.sealed.items,
            lines: Line::of(items),
        };
        let pack = |item, serial: &str, units| DispensedPack {
            item,
            pack: PackId {
                gtin: "04870001000011".parse().expect("a GTIN"),
                serial: serial.parse().expect("a serial"),
            },
            units,
            cost: Tiyn(1),
        };
        let dispensed = Dispensed {
            group: GroupId(Hash::ZERO),
            org: OrgId(20),
            packs: vec![pack(0, "A1", 30), pack(1, "B1", 10), pack(0, "A2", 30)],
        };
        let done = describe::tests::done(senim_types::Status::Applied);
        let told =
            reports(&order, &dispensed, &done, &Names::default()).expect("both lines are known");
        assert_eq!(told.len(), 2);
        assert_eq!(told[0]["quantity"]["value"], 60);
        assert_eq!(told[0]["extension"].as_array().map(Vec::len), Some(2));
        assert_eq!(told[1]["quantity"]["value"], 10);
        let line =
            |report: &Value| report["authorizingPrescription"][0]["identifier"]["value"].clone();
        assert!(
            line(&told[0])
                .as_str()
                .is_some_and(|value| value.starts_with("LINE-"))
        );
        assert_ne!(line(&told[0]), line(&told[1]));
        assert!(
            !told
                .iter()
                .any(|report| report.to_string().contains("Patient"))
        );

        let unknown = Dispensed {
            packs: vec![pack(9, "C1", 1)],
            ..dispensed
        };
        let refused =
            reports(&order, &unknown, &done, &Names::default()).expect_err("no such item");
        assert_eq!(refused.code, Code::ORDER_UNKNOWN);
    }
}
