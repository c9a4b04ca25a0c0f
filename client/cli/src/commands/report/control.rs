//! The control report: who stands out. All shares are in whole per mille.

use super::history::{Dispensed, History};
use super::table::Table;
use super::{Control, cards};
use crate::answer::Answer;
use crate::args::Global;
use crate::context::session;
use crate::failure::Result;
use crate::words;
use senim_abi::prescription::PrescriberId;
use senim_abi::prescription::event::ProofUsed;
use senim_card_system::CardNumber;
use senim_types::text::KeyKind;
use senim_types::{OrgId, PublicKey, TiynTotal};
use serde_json::json;
use std::collections::BTreeMap;

const COLUMNS: [&str; 14] = [
    "about",
    "organisation",
    "who",
    "at",
    "issued",
    "dispenses",
    "undone",
    "borne_tiyn",
    "by_card",
    "by_qr",
    "by_paper",
    "by_proxy",
    "share_per_mille",
    "stands_out",
];

/// Counts and sums of some dispenses.
#[derive(Clone, Copy, Default)]
struct Sums {
    issued: u64,
    dispenses: u64,
    undone: u64,
    borne: u128,
    by_card: u64,
    by_qr: u64,
    by_paper: u64,
    by_proxy: u64,
}

impl Sums {
    fn add(&mut self, dispensed: &Dispensed) {
        self.dispenses += 1;
        match dispensed.proof {
            Some(ProofUsed::Card) => self.by_card += 1,
            Some(ProofUsed::LiveQr) => self.by_qr += 1,
            Some(ProofUsed::Paper(_)) => self.by_paper += 1,
            Some(ProofUsed::DelegatedQr(_)) => self.by_proxy += 1,
            None => {}
        }
        if dispensed.reversed {
            self.undone += 1;
        } else {
            self.borne += u128::from(dispensed.borne.0);
        }
    }

    /// The columns from `issued` on.
    fn cells(&self, share: u64, stands_out: &str) -> Vec<String> {
        let counts = [self.issued, self.dispenses, self.undone].map(|count| count.to_string());
        let proofs = [
            self.by_card,
            self.by_qr,
            self.by_paper,
            self.by_proxy,
            share,
        ]
        .map(|count| count.to_string());
        let mut cells = counts.to_vec();
        cells.push(self.borne.to_string());
        cells.extend(proofs);
        cells.push(stands_out.to_owned());
        cells
    }
}

type Prescriber = (OrgId, PrescriberId);
type Terminal = (OrgId, PublicKey);

/// What is counted.
#[derive(Default)]
struct Counted {
    prescribers: BTreeMap<Prescriber, Sums>,
    terminals: BTreeMap<Terminal, Sums>,
    pairs: BTreeMap<(Prescriber, Terminal), Sums>,
}

fn count(history: &History) -> Counted {
    let mut counted = Counted::default();
    for issued in history.issued.values() {
        let who = (issued.clinic, issued.prescriber);
        counted.prescribers.entry(who).or_default().issued += 1;
    }
    for dispensed in &history.dispensed {
        let terminal = (dispensed.pharmacy, dispensed.device);
        counted
            .terminals
            .entry(terminal)
            .or_default()
            .add(dispensed);
        if let Some(issued) = history.issued.get(&dispensed.group) {
            let who = (issued.clinic, issued.prescriber);
            counted.prescribers.entry(who).or_default().add(dispensed);
            let pair = counted.pairs.entry((who, terminal)).or_default();
            pair.add(dispensed);
        }
    }
    counted
}

/// `part` of `whole` in whole per mille.
fn per_mille(part: u64, whole: u64) -> u64 {
    (part * 1000).checked_div(whole).unwrap_or(0)
}

/// Makes the report.
pub fn control(args: &Control, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let folder = cards(&args.options, &session)?;
    let history = History::read(&session, &args.options)?;
    let counted = count(&history);
    let all = history.dispensed.len() as u64;
    let org = |org: OrgId| session.names.of_org(org);
    let device = |device: &PublicKey| device.to_text(KeyKind::Device);
    let mut table = Table {
        columns: COLUMNS.to_vec(),
        rows: Vec::new(),
    };
    let mut found = Vec::new();
    let mut row = |first: [String; 4], rest: Vec<String>| {
        table.rows.push(first.into_iter().chain(rest).collect());
    };
    for ((clinic, prescriber), sums) in &counted.prescribers {
        let first = [
            "prescriber".to_owned(),
            org(*clinic),
            prescriber.0.to_string(),
            String::new(),
        ];
        row(first, sums.cells(per_mille(sums.dispenses, all), ""));
    }
    for ((pharmacy, terminal), sums) in &counted.terminals {
        let first = [
            "terminal".to_owned(),
            org(*pharmacy),
            device(terminal),
            String::new(),
        ];
        row(first, sums.cells(per_mille(sums.dispenses, all), ""));
    }
    let mut pairs: Vec<_> = counted.pairs.iter().collect();
    pairs.sort_by_key(|(_, sums)| std::cmp::Reverse(sums.dispenses));
    for (((clinic, prescriber), (pharmacy, terminal)), sums) in pairs {
        let of_prescriber = counted.prescribers[&(*clinic, *prescriber)].dispenses;
        let share = per_mille(sums.dispenses, of_prescriber);
        // More than half of what a prescriber's patients collect, at one of several terminals.
        let stands_out = of_prescriber >= args.least && share > 500 && counted.terminals.len() > 1;
        if stands_out {
            found.push(format!(
                "prescriber {} of {}: {share} per mille of {of_prescriber} dispenses at one terminal of {}",
                prescriber.0,
                org(*clinic),
                org(*pharmacy)
            ));
        }
        let first = [
            "pair".to_owned(),
            org(*clinic),
            prescriber.0.to_string(),
            device(terminal),
        ];
        row(
            first,
            sums.cells(share, if stands_out { "concentrated" } else { "" }),
        );
    }
    if let Some(folder) = &folder {
        for (number, issued) in prescriptions_of_cards(&history, folder) {
            let stands_out = issued >= args.many;
            if stands_out {
                found.push(format!("card {number}: {issued} prescriptions"));
            }
            let sums = Sums {
                issued,
                ..Sums::default()
            };
            let first = [
                "card".to_owned(),
                String::new(),
                number.to_string(),
                String::new(),
            ];
            let word = if stands_out { "many" } else { "" };
            row(first, sums.cells(0, word));
        }
    }
    let borne: u128 = counted.terminals.values().map(|sums| sums.borne).sum();
    let objects = table.rows.iter().map(|row| {
        let fields = COLUMNS.iter().zip(row);
        let fields = fields.map(|(name, cell)| ((*name).to_owned(), json!(cell)));
        serde_json::Value::Object(fields.collect())
    });
    let json = json!({
        "prescriptions": history.issued.len(), "dispenses": all, "borne_tiyn": TiynTotal(borne),
        "stands_out": found, "rows": objects.collect::<Vec<_>>(),
    });
    let mut answer = Answer::new(json).line(format!(
        "{}, {}, {} borne",
        words::counted(history.issued.len(), "prescription"),
        words::counted(history.dispensed.len(), "dispense"),
        words::tenge_total(TiynTotal(borne))
    ));
    for ((clinic, prescriber), sums) in &counted.prescribers {
        answer = answer.line(format!(
            "  prescriber {} of {}: {} issued, {} dispensed, {}",
            prescriber.0,
            org(*clinic),
            sums.issued,
            sums.dispenses,
            money(sums)
        ));
    }
    for ((pharmacy, terminal), sums) in &counted.terminals {
        answer = answer.line(format!(
            "  terminal {} of {}: {} dispensed ({} by card, {} by QR, {} by paper, {} by a proxy, {} undone), {}",
            words::short(&device(terminal)[9..]),
            org(*pharmacy),
            sums.dispenses,
            sums.by_card,
            sums.by_qr,
            sums.by_paper,
            sums.by_proxy,
            sums.undone,
            money(sums)
        ));
    }
    answer = match found.is_empty() {
        true => answer.line("  nothing stands out"),
        false => answer.lines(found.iter().map(|line| format!("  stands out: {line}"))),
    };
    if let Some(path) = &args.options.out {
        table.write(path)?;
        answer = answer.line(format!("  written to {}", path.display()));
    }
    Ok(answer)
}

fn money(sums: &Sums) -> String {
    words::tenge_total(TiynTotal(sums.borne))
}

/// How many prescriptions of the range each card is for.
fn prescriptions_of_cards(
    history: &History,
    folder: &crate::commands::card::CardFolder,
) -> BTreeMap<CardNumber, u64> {
    let mut counted = BTreeMap::new();
    for (group, keys) in &history.cards {
        let key = keys.last().filter(|_| history.issued.contains_key(group));
        if let Some(card) = key.and_then(|key| folder.register.owner_of(key)) {
            *counted.entry(card.number).or_default() += 1;
        }
    }
    counted
}
