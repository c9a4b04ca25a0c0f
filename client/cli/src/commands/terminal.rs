//! Terminals: what a node knows of their last contact, beside what the ledger says of their standing.

use crate::answer::Answer;
use crate::args::Global;
use crate::context::{device, session};
use crate::failure::{Failure, Result};
use crate::node::{Node, SignedRequest};
use crate::session::Session;
use crate::words::{counted, time};
use borsh::BorshSerialize;
use clap::{Args, Subcommand};
use senim_abi::REGISTRY;
use senim_abi::registry::Standing;
use senim_abi::registry::record::{DeviceRecord, device_key};
use senim_types::crypto::SecretKey;
use senim_types::text::KeyKind;
use senim_types::{Code, OrgId, PublicKey, TimeMs, codec};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Bytes of a page of terminals, and of the answer to a contact.
const ANSWER_BYTES_MAX: usize = 1 << 20;
/// Pages that are asked for: some 200,000 terminals.
const PAGES_MAX: usize = 1_000;

/// Terminals.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Tells a node that this terminal is there, and learns whether its clock is right and whether it is suspended.
    /// A hold at a pharmacy and a use of a voucher tell so by themselves.
    #[command(after_help = "Example:\n  senim terminal contact --key pharmacy")]
    Contact(Contact),
    /// Lists an organisation's terminals, or for the operator all: standing, proven; last contact, software, clock.
    #[command(
        after_help = "Example:\n  senim terminal list --key operator --org 20 --also http://127.0.0.1:7102"
    )]
    List(List),
}

/// Arguments of `terminal contact`.
#[derive(Debug, Args)]
pub struct Contact {
    /// The terminal's device key, by name or file.
    #[arg(long)]
    pub key: String,
    /// The name of the terminal's software: 1 to 32 letters, digits and `.-_+/`.
    #[arg(long, default_value = "senim")]
    pub software: String,
    /// Its version, likewise.
    #[arg(long, default_value = env!("CARGO_PKG_VERSION"))]
    pub software_version: String,
}

/// Arguments of `terminal list`.
#[derive(Debug, Args)]
pub struct List {
    /// Who asks: a device key by name or file. An organisation sees its own terminals, the operator all.
    #[arg(long)]
    pub key: String,
    /// Those of this organisation only.
    #[arg(long)]
    pub org: Option<u32>,
    /// Another node that terminals make contact with, several times for several: a contact is known where it was made.
    #[arg(long)]
    pub also: Vec<String>,
}

/// What a terminal says of itself; docs/http-api.md has the same.
#[derive(BorshSerialize)]
struct Software<'a> {
    name: &'a str,
    version: &'a str,
}

/// What it is told.
#[derive(Deserialize)]
struct Told {
    time: TimeMs,
    skew_ms: i64,
    clock_wrong: bool,
    next_ms: u64,
}

/// A page of terminals.
#[derive(Deserialize)]
struct Page {
    terminals: Vec<Terminal>,
    next: Option<String>,
}

/// A terminal as a node knows it.
#[derive(Deserialize)]
struct Terminal {
    device: String,
    org: u32,
    software: String,
    version: String,
    contact: TimeMs,
    skew_ms: i64,
    clock_wrong: bool,
}

/// Runs a command about terminals.
pub fn run(command: &Command, global: &Global) -> Result<Answer> {
    match command {
        Command::Contact(args) => contact(args, global),
        Command::List(args) => list(args, global),
    }
}

fn tell(
    session: &Session,
    node: &Node,
    key: &SecretKey,
    (name, version): (&str, &str),
) -> Result<Told> {
    let request = SignedRequest {
        method: "POST",
        path: "/v1/terminals/contact",
        body: Some(&codec::encode(&Software { name, version })),
    };
    let answer = session.signed_request(node, key, &request, ANSWER_BYTES_MAX)?;
    serde_json::from_slice(&answer).map_err(|_| Failure::new(Code::ANSWER_UNUSABLE))
}

/// Lets the node know that this terminal is at work. Nothing depends on it: it is asked once, and what comes of it is
/// of no concern to who called.
pub fn heard_of(session: &Session, key: &SecretKey) {
    let software = ("senim", env!("CARGO_PKG_VERSION"));
    let _of_no_concern = tell(session, &session.node.brief(), key, software);
}

fn contact(args: &Contact, global: &Global) -> Result<Answer> {
    let (session, key) = (session(global)?, device(global, &args.key)?);
    let software = (args.software.as_str(), args.software_version.as_str());
    let told = tell(&session, &session.node, &key, software).map_err(clock_told)?;
    let proven = standing(&session, &key.public())?;
    let json = json!({
        "device": key.public().to_text(KeyKind::Device), "time": told.time, "skew_ms": told.skew_ms,
        "clock_wrong": told.clock_wrong, "standing": proven.standing, "height": proven.height, "next_ms": told.next_ms,
    });
    let mut answer = Answer::new(json)
        .line(format!(
            "The node knows of this terminal, {} {}",
            args.software, args.software_version
        ))
        .line(format!(
            "  {:?}: proof holds after block {}",
            proven.standing, proven.height
        ))
        .line(format!("  {}", clock(told.skew_ms, told.clock_wrong)));
    if proven.standing != Standing::Active {
        answer = answer.line(format!("  WARNING: {}", Code::DEVICE_SUSPENDED.advice()));
    }
    Ok(answer)
}

/// A clock that is far off is a refusal; how far is what its owner needs.
fn clock_told(failure: Failure) -> Failure {
    let detail = failure.fields.get("detail").and_then(Value::as_str);
    let mut time_ms = [0; 8];
    let is_told = detail.is_some_and(|hex| hex::decode_to_slice(hex, &mut time_ms).is_ok());
    if failure.code != Code::CLOCK_DIFFERS || !is_told {
        return failure;
    }
    let there = u64::from_be_bytes(time_ms);
    failure
        .field("time", there)
        .line(format!("The node's clock: {}", time(TimeMs(there))))
}

fn clock(skew_ms: i64, is_wrong: bool) -> String {
    let (s, ms) = (
        skew_ms.unsigned_abs() / 1_000,
        skew_ms.unsigned_abs() % 1_000,
    );
    let direction = if skew_ms < 0 { "behind" } else { "ahead" };
    let warning = if is_wrong { "WARNING: " } else { "" };
    format!("{warning}clock {s}.{ms:03} s {direction}")
}

/// A device's standing and the block after which it is proven.
struct Stands {
    standing: Standing,
    height: u64,
}

fn standing(session: &Session, device: &PublicKey) -> Result<Stands> {
    let proven = session.record::<DeviceRecord>(&device_key(device), REGISTRY)?;
    let record = proven
        .value
        .ok_or_else(|| Failure::new(Code::DEVICE_UNKNOWN))?
        .into_current();
    Ok(Stands {
        standing: record.standing,
        height: proven.header.height.0,
    })
}

/// All terminals that a node shows to this device.
fn of_node(
    session: &Session,
    node: &Node,
    key: &SecretKey,
    org: Option<u32>,
) -> Result<Vec<Terminal>> {
    let (mut found, mut after) = (Vec::new(), None::<String>);
    for _ in 0..PAGES_MAX {
        let org = org.map(|org| format!("org={org}"));
        let after_page = after.as_ref().map(|after| format!("after={after}"));
        let query: Vec<String> = org.into_iter().chain(after_page).collect();
        let mut path = "/v1/terminals".to_owned();
        if !query.is_empty() {
            path = format!("{path}?{}", query.join("&"));
        }
        let request = SignedRequest {
            method: "GET",
            path: &path,
            body: None,
        };
        let answer = session.signed_request(node, key, &request, ANSWER_BYTES_MAX)?;
        let unusable = |_| Failure::new(Code::ANSWER_UNUSABLE);
        let page: Page = serde_json::from_slice(&answer).map_err(unusable)?;
        found.extend(page.terminals);
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(found),
        }
    }
    Ok(found)
}

/// What a terminal called itself, with nothing that a screen would obey.
fn printable(text: &str) -> String {
    let good = text.chars().filter(char::is_ascii_graphic);
    good.take(32).collect()
}

fn list(args: &List, global: &Global) -> Result<Answer> {
    let (session, key) = (session(global)?, device(global, &args.key)?);
    let mut newest: BTreeMap<(u32, String), (Terminal, String)> = BTreeMap::new();
    let others: Vec<Node> = args
        .also
        .iter()
        .map(|url| Node::new(url))
        .collect::<Result<_>>()?;
    for node in std::iter::once(&session.node).chain(&others) {
        for terminal in of_node(&session, node, &key, args.org)? {
            let place = (terminal.org, terminal.device.clone());
            let is_newer = newest
                .get(&place)
                .is_none_or(|(known, _)| known.contact < terminal.contact);
            if is_newer {
                newest.insert(place, (terminal, node.url().to_owned()));
            }
        }
    }
    let mut answer = Answer::new(Value::Null);
    let mut rows = Vec::with_capacity(newest.len());
    for (terminal, node) in newest.into_values() {
        let device = PublicKey::from_text(KeyKind::Device, &terminal.device);
        let device = device.map_err(|_| Failure::new(Code::ANSWER_UNUSABLE))?;
        let proven = standing(&session, &device)?;
        let (software, version) = (printable(&terminal.software), printable(&terminal.version));
        answer = answer
            .line(&terminal.device)
            .line(format!(
                "  of {}, {:?} (proof holds after block {})",
                session.names.of_org(OrgId(terminal.org)),
                proven.standing,
                proven.height
            ))
            .line(format!(
                "  {software} {version}, last contact {}, {}",
                time(terminal.contact),
                clock(terminal.skew_ms, terminal.clock_wrong)
            ));
        rows.push(json!({
            "device": terminal.device, "org": terminal.org, "standing": proven.standing, "height": proven.height,
            "software": software, "version": version, "contact": terminal.contact,
            "skew_ms": terminal.skew_ms, "clock_wrong": terminal.clock_wrong, "node": node,
        }));
    }
    answer = answer.line(format!(
        "{}; `senim device suspend`, `resume` and `revoke` change how one stands",
        counted(rows.len(), "terminal")
    ));
    answer.json = json!({ "terminals": rows });
    Ok(answer)
}
