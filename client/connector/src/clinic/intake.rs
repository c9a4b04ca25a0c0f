//! What becomes of a message that a clinic's system sends: it is issued or cancelled as the commands do it, once.

use super::report::uuid;
use senim_abi::prescription::{GroupId, ItemMask, PrescriberId, ProgrammeId};
use senim_cli::commands::card::CardKey;
use senim_cli::commands::prescription::{
    ClinicFolder, Earlier, Wanted, cancel_message, issue_message,
};
use senim_cli::failure::{Failure, Result};
use senim_cli::session::{Final, Session};
use senim_cli::words;
use senim_fhir::{EVENT_SYSTEM, GROUP_SYSTEM, canonical_message};
use senim_types::crypto::SecretKey;
use senim_types::{Code, Hash};
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Code system of the codes of errors.
const ERROR_SYSTEM: &str = "https://example.org/senim/CodeSystem/error";

/// Who takes messages in.
pub struct Intake {
    /// A node's address.
    pub node: String,
    /// The network's folder.
    pub network: PathBuf,
    /// The newest block that is trusted.
    pub trusted: PathBuf,
    /// The clinic's own folder. One process writes it.
    pub folder: PathBuf,
    /// The clinic's device.
    pub device: SecretKey,
    /// Offset of civil dates in messages from UTC, in minutes.
    pub offset: i16,
    /// The support measure where a message names none.
    pub programme: u32,
    /// The prescriber where a message names none.
    pub prescriber: u32,
}

/// What stands beside a message, in the address that it is posted to.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beside {
    /// A one-time key of the person's wallet. An order needs it.
    pub holder: Option<String>,
    /// The person's card: a key for this prescription.
    pub card: Option<String>,
    /// The support measure.
    pub programme: Option<u32>,
    /// The prescriber, by the clinic's own number.
    pub prescriber: Option<u32>,
}

/// What a taken message led to.
struct Taken {
    of: Vec<(GroupId, ItemMask)>,
    done: Final,
}

impl Intake {
    /// Takes a message in, and gives the answer. The same message again has the same answer.
    pub fn take(&self, message: &[u8], beside: &Beside) -> Result<Value> {
        let canonical = canonical_message(message)?;
        let session = Session::open(&self.node, &self.network, &self.trusted)?;
        let mut folder = ClinicFolder::open(&self.folder)?;
        let holder = beside.holder.as_deref().map(str::trim);
        let id = folder.message_id(&canonical);
        let earlier = folder.earlier(&id, holder);
        let taken = match earlier.map(|earlier| self.earlier(&session, earlier)) {
            Some(Ok(Some(taken))) => taken,
            Some(Err(failure)) => return Err(failure),
            Some(Ok(None)) | None => self.anew(&session, &mut folder, message, beside)?,
        };
        Ok(answer(&canonical, &taken))
    }

    /// What the message led to that was taken before; none where it led to nothing.
    fn earlier(&self, session: &Session, earlier: Earlier) -> Result<Option<Taken>> {
        match session.receipt(&earlier.transaction, false) {
            Ok(done) if done.receipt.status.is_applied() => Ok(Some(Taken {
                of: earlier.of,
                done,
            })),
            Ok(_) => Ok(None),
            Err(failure) if failure.code != Code::NOT_FOUND => Err(failure),
            Err(_) if !words::is_over(earlier.valid_until, words::now()) => {
                Err(Failure::new(Code::MESSAGE_UNDER_WAY))
            }
            Err(_) => Ok(None),
        }
    }

    fn anew(
        &self,
        session: &Session,
        folder: &mut ClinicFolder,
        message: &[u8],
        beside: &Beside,
    ) -> Result<Taken> {
        let order = folder.parse_bytes(message, self.offset, words::now())?;
        if matches!(order.ledger, senim_fhir::LedgerOrder::Cancel { .. }) {
            let cancelled =
                cancel_message(session, &self.device, folder, message, self.offset, None)?;
            return Ok(Taken {
                of: cancelled.of,
                done: cancelled.done,
            });
        }
        let holder = beside.holder.as_deref().map(str::trim);
        let holder = holder.ok_or_else(|| Failure::new(Code::DOOR_HOLDER))?;
        let card = beside.card.as_deref();
        let card = card.map(CardKey::from_text);
        let wanted = Wanted {
            message,
            offset: self.offset,
            holder,
            card: card
                .transpose()
                .map_err(|error| Failure::usage(format!("card: {error}")))?,
            paper: None,
            programme: ProgrammeId(beside.programme.unwrap_or(self.programme)),
            prescriber: PrescriberId(beside.prescriber.unwrap_or(self.prescriber)),
        };
        let issued = issue_message(session, &self.device, folder, &wanted)?;
        let items = ItemMask::first(issued.items.len());
        Ok(Taken {
            of: vec![(issued.group, items)],
            done: issued.done,
        })
    }
}

/// The message that answers: a function of the message and what is final of it.
fn answer(message: &[u8], taken: &Taken) -> Value {
    let message: Value = serde_json::from_slice(message).unwrap_or_default();
    let first = &message["entry"][0];
    let header = &first["resource"];
    let named = header["id"].as_str().or_else(|| {
        let url = first["fullUrl"].as_str()?;
        Some(url.rsplit([':', '/']).next().unwrap_or(url))
    });
    let transaction = taken.done.receipt.transaction;
    let id = uuid(&Hash::of(
        &[b"senim clinic answer 1", transaction.as_bytes().as_slice()].concat(),
    ));
    let focus = taken.of.iter().map(|(group, items)| {
        json!({
            "identifier": { "system": GROUP_SYSTEM, "value": group.to_string() },
            "display": format!("items {}", words::item_numbers(*items).iter().map(ToString::to_string).collect::<Vec<_>>().join(",")),
        })
    });
    let event = match header.get("eventCoding") {
        Some(coding) => coding.clone(),
        None => json!({ "system": EVENT_SYSTEM, "code": "prescription-order" }),
    };
    let header = json!({
        "resourceType": "MessageHeader",
        "id": id,
        "eventCoding": event,
        "source": { "name": "Senim", "endpoint": "urn:x-senim:connector" },
        "response": { "identifier": named.unwrap_or("unnamed"), "code": "ok" },
        "focus": focus.collect::<Vec<_>>(),
    });
    json!({
        "resourceType": "Bundle",
        "id": id,
        "type": "message",
        "identifier": {
            "system": "https://example.org/senim/id/transaction",
            "value": transaction.to_string(),
        },
        "timestamp": words::date_time(taken.done.header.time),
        "entry": [{ "fullUrl": format!("urn:uuid:{id}"), "resource": header }],
    })
}

/// A refusal with its stable code.
pub fn refusal(failure: &Failure) -> Value {
    let kind = match failure.code {
        Code::ORDER_ISSUED => "duplicate",
        Code::ORDER_UNKNOWN | Code::PRESCRIPTION_UNKNOWN => "not-found",
        Code::DOOR_BUSY | Code::MESSAGE_UNDER_WAY | Code::NODE_UNREACHABLE | Code::TIMED_OUT => {
            "transient"
        }
        Code::DOOR_TOKEN => "security",
        Code::DOOR_HOLDER => "required",
        _ => "processing",
    };
    let lines = failure.lines.iter().map(|line| line.trim());
    let words: Vec<&str> = std::iter::once(failure.message.as_str())
        .chain(lines)
        .collect();
    json!({
        "resourceType": "OperationOutcome",
        "issue": [{
            "severity": "error",
            "code": kind,
            "details": { "coding": [{ "system": ERROR_SYSTEM, "code": failure.code.name() }] },
            "diagnostics": words.join(" "),
        }],
    })
}
