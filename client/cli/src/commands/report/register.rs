//! The personalised register.

use super::history::{Dispensed, History, collector_name, proof_name};
use super::table::Table;
use super::{Options, cards};
use crate::answer::Answer;
use crate::args::Global;
use crate::commands::card::CardFolder;
use crate::context::session;
use crate::failure::Result;
use crate::session::Session;
use crate::words;
use senim_types::text::KeyKind;
use senim_types::{Hash, PublicKey, TiynTotal};
use serde_json::json;

const COLUMNS: [&str; 20] = [
    "time",
    "person",
    "iin",
    "card",
    "prescription",
    "programme",
    "clinic",
    "prescriber",
    "pharmacy",
    "device",
    "medicine",
    "gtin",
    "serial",
    "units",
    "cost_tiyn",
    "borne_tiyn",
    "citizen_tiyn",
    "proof",
    "collected_by",
    "undone",
];

/// Makes the register.
pub fn register(options: &Options, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let folder = cards(options, &session)?;
    let history = History::read(&session, options)?;
    let mut rows = Vec::new();
    let mut borne = TiynTotal(0);
    for dispensed in &history.dispensed {
        rows.extend(rows_of(&session, &history, folder.as_ref(), dispensed));
        if !dispensed.reversed {
            borne.0 += u128::from(dispensed.borne.0);
        }
    }
    let table = Table {
        columns: COLUMNS.to_vec(),
        rows,
    };
    let objects = table.rows.iter().map(|row| {
        let fields = COLUMNS.iter().zip(row);
        let fields = fields.map(|(name, cell)| ((*name).to_owned(), json!(cell)));
        serde_json::Value::Object(fields.collect())
    });
    let json = json!({
        "dispenses": history.dispensed.len(), "borne_tiyn": borne, "personal": folder.is_some(),
        "rows": objects.collect::<Vec<_>>(),
    });
    let mut answer = Answer::new(json).line(format!(
        "{}, {} borne",
        words::counted(history.dispensed.len(), "dispense"),
        words::tenge_total(borne)
    ));
    if let Some(path) = &options.out {
        table.write(path)?;
        return Ok(answer.line(format!("  written to {}", path.display())));
    }
    for row in &table.rows {
        let [time, person, .., proof, collector, undone] = row.as_slice() else {
            continue;
        };
        let what = format!("{} of {} from {}", row[13], row[10], row[8]);
        answer = answer.line(format!(
            "  {time}  {person}: {what}, by {proof}, collected by {collector}{undone}"
        ));
    }
    Ok(answer)
}

/// A row for each pack.
fn rows_of(
    session: &Session,
    history: &History,
    folder: Option<&CardFolder>,
    dispensed: &Dispensed,
) -> Vec<Vec<String>> {
    let issued = history.issued.get(&dispensed.group);
    let (person, iin, card) = who(folder, dispensed.card);
    let text = |value: Option<String>| value.unwrap_or_default();
    let row = |(place, pack): (usize, &senim_abi::prescription::record::DispensedPack)| {
        let item = issued.and_then(|issued| issued.items.get(usize::from(pack.item)));
        // What is borne is of the dispense, and stands in its first row.
        let of_all = |sum: u64| {
            if place == 0 {
                sum.to_string()
            } else {
                String::new()
            }
        };
        vec![
            words::time(dispensed.at),
            person.clone(),
            iin.clone(),
            card.clone(),
            dispensed.group.to_string(),
            text(issued.map(|issued| issued.programme.to_string())),
            text(issued.map(|issued| session.names.of_org(issued.clinic))),
            text(issued.map(|issued| issued.prescriber.0.to_string())),
            session.names.of_org(dispensed.pharmacy),
            dispensed.device.to_text(KeyKind::Device),
            text(item.map(|item| item.inn.to_string())),
            pack.pack.gtin.to_string(),
            pack.pack.serial.to_string(),
            pack.units.to_string(),
            pack.cost.0.to_string(),
            of_all(dispensed.borne.0),
            of_all(dispensed.citizen.0),
            proof_name(dispensed.proof).to_owned(),
            collector_name(dispensed.proof),
            if dispensed.reversed { " (undone)" } else { "" }.to_owned(),
        ]
    };
    dispensed.packs.iter().enumerate().map(row).collect()
}

/// Name, national number and card's number; without the register a pseudonym of this one prescription.
fn who(folder: Option<&CardFolder>, key: Option<PublicKey>) -> (String, String, String) {
    let Some(key) = key else {
        return ("no card".to_owned(), String::new(), String::new());
    };
    match folder.and_then(|folder| folder.register.owner_of(&key)) {
        Some(card) => (
            card.person.name.clone(),
            card.person.iin.clone(),
            card.number.to_string(),
        ),
        None => (pseudonym(&key), String::new(), String::new()),
    }
}

/// Of the card's key for one prescription, so that two of one person have two.
fn pseudonym(key: &PublicKey) -> String {
    let hash = Hash::of(&key.encoded()).to_string();
    format!("pseudonym {}", &hash[..12])
}
