//! The edit check of an act: the days at places with which something is wrong, and that an act is accepted in spite of.

use super::proven;
use crate::answer::Answer;
use crate::args::Global;
use crate::commands::report::table::Table;
use crate::context::session;
use crate::failure::{Failure, Result};
use crate::names::Names;
use crate::session::Session;
use crate::words::{counted, tenge_total};
use clap::Args;
use senim_abi::VOUCHER;
use senim_abi::marking::Day;
use senim_abi::settlement::{ActId, FlawedDay};
use senim_abi::voucher::Query;
use senim_abi::voucher::msg::{Finding, FindingsAnswer};
use senim_abi::voucher::record::FindingKind;
use senim_types::{Code, OrgId, TiynTotal};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Arguments of `act check`.
#[derive(Debug, Args)]
pub struct Check {
    /// Which.
    #[arg(value_parser = super::parse_act)]
    pub act: ActId,
    /// Where to write the report, too; it ends in .csv or .xlsx.
    #[arg(long)]
    pub out: Option<PathBuf>,
}

/// Prints what is wrong with an act's days.
pub fn run(args: &Check, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let (act, _) = proven(&session, &args.act)?;
    let findings = of_act(&session, &args.act)?;
    if let Some(path) = &args.out {
        table(&findings, &session.names).write(path)?;
    }
    let lines = findings
        .iter()
        .map(|finding| format!("  {}", line(finding, &session.names)));
    let verdict = match findings.len() {
        0 => "nothing is wrong with any day".to_owned(),
        count => format!(
            "{}: dispute it, or accept it with --despite and --because",
            counted(count, "day")
        ),
    };
    let json = json!({
        "act": args.act.to_string(), "state": act.state, "findings": findings.iter().map(to_json).collect::<Vec<_>>(),
        "despite": act.despite,
    });
    Ok(Answer::new(json)
        .line(format!("Act {}: {verdict}", args.act))
        .lines(lines))
}

/// Everything that is found, as the node says; the ledger looks by itself when the act is accepted.
fn of_act(session: &Session, act: &ActId) -> Result<Vec<Finding>> {
    let mut findings: Vec<Finding> = Vec::new();
    loop {
        let question = Query::Findings {
            programme: act.programme,
            provider: act.provider,
            period: act.period,
            after: findings.last().map(|last| (last.place, last.day)),
        };
        let page: FindingsAnswer = session.query(VOUCHER, &question)?;
        let is_last = page.len() < Query::FINDINGS_MAX;
        findings.extend(page);
        if is_last {
            return Ok(findings);
        }
    }
}

fn date(day: u32) -> String {
    let (year, month, day) = senim_abi::civil::ymd(u64::from(day));
    format!("{year:04}-{month:02}-{day:02}")
}

/// What is wrong with a day, in a line.
fn line(finding: &Finding, names: &Names) -> String {
    let (served, paid) = finding
        .tally
        .as_ref()
        .map_or((None, TiynTotal(0)), |tally| {
            (Some(tally.persons), tally.paid)
        });
    let served = served.map_or("persons were".to_owned(), |persons| {
        format!(
            "{} for {}",
            counted(persons as usize, "person"),
            tenge_total(paid)
        )
    });
    let present = finding.tally.as_ref().and_then(|tally| tally.present);
    let what = match finding.kind {
        FindingKind::ExceedsPresent => format!(
            "{served} served, {} present",
            present.map_or("fewer".to_owned(), |present| present.to_string())
        ),
        FindingKind::Closed => format!("{served} served, and the place was closed"),
        FindingKind::Unreported => format!("{served} served, and no attendance was reported"),
    };
    format!(
        "{}:{} {}: {what}",
        finding.place.0,
        date(finding.day),
        names.of_org(finding.place)
    )
}

fn to_json(finding: &Finding) -> Value {
    json!({
        "place": finding.place, "day": date(finding.day), "kind": finding.kind, "tally": finding.tally,
    })
}

fn table(findings: &[Finding], names: &Names) -> Table {
    let columns = vec![
        "place",
        "name",
        "day",
        "finding",
        "uses",
        "persons",
        "present",
        "paid_tiyn",
    ];
    let rows = findings.iter().map(|finding| {
        let of_tally = |cell: fn(&senim_abi::voucher::Tally) -> String| {
            finding.tally.as_ref().map(cell).unwrap_or_default()
        };
        vec![
            finding.place.0.to_string(),
            names.of_org(finding.place),
            date(finding.day),
            match finding.kind {
                FindingKind::ExceedsPresent => "more persons were served than were present",
                FindingKind::Closed => "the place was closed",
                FindingKind::Unreported => "no attendance was reported",
            }
            .to_owned(),
            of_tally(|tally| tally.uses.to_string()),
            of_tally(|tally| tally.persons.to_string()),
            of_tally(|tally| {
                tally
                    .present
                    .map_or(String::new(), |count| count.to_string())
            }),
            of_tally(|tally| tally.paid.0.to_string()),
        ]
    });
    Table {
        columns,
        rows: rows.collect(),
    }
}

/// Reads `40:2026-12-01`, as `act check` prints it.
pub fn parse_flawed_day(text: &str) -> std::result::Result<FlawedDay, String> {
    let malformed =
        || format!("`{text}` is not a day at a place: PLACE:DAY, such as 40:2026-12-01");
    let (place, day) = text.split_once(':').ok_or_else(malformed)?;
    let day: Day = day.parse().map_err(|_| malformed())?;
    Ok(FlawedDay {
        place: OrgId(place.parse().map_err(|_| malformed())?),
        day: day.number(),
    })
}

/// What a refusal to accept names, for people and for programs.
pub fn refused(failure: Failure, code: Code, detail: &[u8], names: &Names) -> Failure {
    let is_finding = [
        Code::DAY_EXCEEDS_PRESENT,
        Code::DAY_NOT_OPEN,
        Code::DAY_UNREPORTED,
    ];
    if is_finding.contains(&code)
        && let Ok(finding) = borsh::from_slice::<Finding>(detail)
    {
        return failure
            .line(format!("  {}", line(&finding, names)))
            .field("finding", to_json(&finding));
    }
    if code == Code::DAY_NOT_FLAWED
        && let Ok(FlawedDay { place, day }) = borsh::from_slice::<FlawedDay>(detail)
    {
        let day = date(day);
        return failure
            .line(format!("  {}:{day} {}", place.0, names.of_org(place)))
            .field("finding", json!({ "place": place, "day": day }));
    }
    failure
}
