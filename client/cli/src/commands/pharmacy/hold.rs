//! From a proof to an exclusive hold: the pixels of a QR, and the contents that the holder opened with it. Cards and
//! paper have files of their own, and end here too.

use super::{Hold, Pharmacy, folder};
use crate::answer::Answer;
use crate::args::Global;
use crate::commands::{prescription::item_line, terminal};
use crate::context::{applied, device, enrolled, group, save_proof, session, told};
use crate::failure::{Failure, Result};
use crate::files;
use crate::sealing::SealedObject;
use crate::session::Session;
use crate::words::{self, items};
use senim_abi::PRESCRIPTION;
use senim_abi::prescription::{Execute, Group, GroupId, ItemMask, Proof};
use senim_abi::proof::HoldStatement;
use senim_codes::image::PNG_BYTES_MAX;
use senim_codes::live_qr::LiveQr;
use senim_codes::scan::scan_png;
use senim_types::crypto::SecretKey;
use senim_types::{Call, Code, Domain, PublicKey, Signature, Statement, codec};
use serde_json::{Value, json};
use std::path::Path;
use zeroize::Zeroizing;

/// A hold that is asked for, with its proof.
pub struct Request {
    /// The prescription.
    pub group: GroupId,
    /// Its items.
    pub items: ItemMask,
    /// The pharmacy's key for the later steps.
    pub hold_key: PublicKey,
    /// What proves the person.
    pub proof: Proof,
    /// What was signed, and what it opens.
    pub proven: Proven,
}

/// What goes with a proof.
pub struct Proven {
    /// Statements with their signatures.
    pub witnesses: Vec<(Statement, Signature)>,
    /// What opens the sealed part; a QR hands it over, a card and paper do not.
    pub opens: Option<LiveQr>,
}

/// Holds by whichever proof was shown.
pub fn hold(args: &Hold, global: &Global) -> Result<Answer> {
    match (&args.qr, &args.paper) {
        (Some(qr), _) => by_qr(args, qr, global),
        (None, Some(paper)) => super::paper::hold(args, paper, global),
        (None, None) => super::card::hold(args, global),
    }
}

/// Holds what a QR opens.
fn by_qr(args: &Hold, qr: &Path, global: &Global) -> Result<Answer> {
    let picture = Zeroizing::new(files::read(qr, PNG_BYTES_MAX as u64)?);
    let text = Zeroizing::new(scan_png(&picture)?.text);
    let qr = LiveQr::from_text(&text)?;
    let (session, key) = (session(global)?, device(global, &args.pharmacy.key)?);
    qr.check(&session.chain, words::now())?;
    let statement = qr.statement();
    let chosen = args.items.unwrap_or(statement.items);
    if !statement.items.contains(chosen) {
        return Err(Failure::with(
            Code::QR_OTHER_TOKEN,
            format!(
                "The QR opens {} only. Ask the patient for one that opens the rest.",
                items(statement.items)
            ),
        ));
    }
    let org = enrolled(&session, &key)?.org;
    let hold_key = folder::key_for_hold(&args.pharmacy.hold_dir, &statement.group)?;
    let hold = HoldStatement {
        group: statement.group,
        items: chosen,
        org,
        device: key.public(),
        hold_key: hold_key.public(),
    };
    let witnesses = vec![
        (statement.by(qr.holder()), qr.signature()),
        qr.ephemeral()
            .witness(Domain::Hold, &session.chain, hold.message()),
    ];
    let request = Request {
        group: statement.group,
        items: chosen,
        hold_key: hold_key.public(),
        proof: Proof::LiveQr(statement),
        proven: Proven {
            witnesses,
            opens: Some(qr),
        },
    };
    submit(&session, &key, request, &args.pharmacy)
}

/// Submits a hold, and tells what is held and how it is to be used.
pub fn submit(
    session: &Session,
    key: &SecretKey,
    request: Request,
    pharmacy: &Pharmacy,
) -> Result<Answer> {
    let (id, chosen) = (request.group, request.items);
    let execute = Execute::Hold {
        group: id,
        items: chosen,
        hold_key: request.hold_key,
        proof: request.proof,
    };
    let call = Call {
        contract: PRESCRIPTION,
        input: codec::encode(&execute),
    };
    let Proven { witnesses, opens } = request.proven;
    terminal::heard_of(session, key);
    let done = applied(session, session.submit(key, vec![call], witnesses)?)?;
    save_proof(&done, pharmacy.save_proof.as_deref())?;

    // Only now: who does not hold the item does not get to read it.
    let (group, header) = group(session, &id)?;
    let contents = match &opens {
        Some(qr) => contents(session, key, &group, qr, chosen)?,
        None => Vec::new(),
    };
    let fields = json!({
        "group": id, "items": words::item_numbers(chosen),
        "contents": contents.iter().map(|(item, bundle)| json!({ "item": item + 1, "fhir": bundle })).collect::<Vec<_>>(),
    });
    let mut answer = told(session, &done, fields).line(format!("Prescription {id}"));
    for index in chosen.indices() {
        answer = answer.line(format!(
            "  {}",
            item_line(&group, index, header.time, &session.names)
        ));
        let bundle = contents
            .iter()
            .find(|(item, _)| *item == index)
            .map(|(_, bundle)| bundle);
        answer = answer.lines(bundle.map(contents_lines).unwrap_or_default());
    }
    Ok(answer)
}

/// The sealed parts of the held items, as far as the QR opens them.
fn contents(
    session: &Session,
    key: &SecretKey,
    group: &Group,
    qr: &LiveQr,
    chosen: ItemMask,
) -> Result<Vec<(usize, Value)>> {
    let (Some(sealed), Some(handed)) = (group.sealed, qr.content_key()) else {
        return Ok(Vec::new());
    };
    let object = match session.get_sealed(key, &sealed) {
        Ok(object) => SealedObject::decode(&object)?,
        // Deleted: the item can be dispensed all the same.
        Err(failure) if failure.code == Code::NOT_FOUND => return Ok(Vec::new()),
        Err(failure) => return Err(failure),
    };
    let mut contents = Vec::new();
    for index in chosen.indices() {
        if let Some(plain) = object.open_item(&session.chain, handed, index)? {
            let bundle = serde_json::from_slice(&plain);
            contents.push((
                index,
                bundle.map_err(|_| Failure::new(Code::SEALED_NOT_OPENED))?,
            ));
        }
    }
    Ok(contents)
}

/// What a pharmacist needs of a FHIR bundle, in lines.
fn contents_lines(bundle: &Value) -> Vec<String> {
    let entries = bundle["entry"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let of_type = |kind: &'static str| {
        let resources = entries.iter().map(|entry| &entry["resource"]);
        resources.filter(move |resource| resource["resourceType"] == kind)
    };
    let mut lines = Vec::new();
    let mut say = |what: &str, text: String| {
        if !text.is_empty() {
            lines.push(format!("       {what:<10} {}", printable(&text)));
        }
    };
    for patient in of_type("Patient") {
        say("person", human_name(patient));
        say("born", text_of(&patient["birthDate"]));
    }
    for request in of_type("MedicationRequest") {
        let concept = &request["medicationCodeableConcept"];
        say(
            "medicine",
            texts(&concept["coding"], "display")
                .into_iter()
                .next()
                .unwrap_or_default(),
        );
        texts(&request["dosageInstruction"], "text")
            .into_iter()
            .for_each(|text| say("dosage", text));
        say("substitute", substitution(&request["substitution"]));
        let reasons = request["reasonCode"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        reasons
            .iter()
            .flat_map(|reason| texts(&reason["coding"], "display"))
            .for_each(|text| say("for", text));
        texts(&request["note"], "text")
            .into_iter()
            .for_each(|text| say("note", text));
    }
    for practitioner in of_type("Practitioner") {
        say("prescriber", human_name(practitioner));
    }
    lines
}

/// Whether another product may be supplied; nothing where the message says nothing. The message was refused where its
/// rule is not known, and `N` is the one code that forbids.
fn substitution(rule: &Value) -> String {
    let mut codes = rule["allowedCodeableConcept"]["coding"]
        .as_array()
        .into_iter()
        .flatten();
    let allowed = rule["allowedBoolean"]
        .as_bool()
        .or_else(|| codes.next().map(|coding| coding["code"] != "N"));
    let told = allowed.map(|allowed| match allowed {
        true => "allowed",
        false => "NOT allowed: supply the very product",
    });
    told.unwrap_or_default().to_owned()
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn texts(list: &Value, field: &str) -> Vec<String> {
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter()
        .map(|entry| text_of(&entry[field]))
        .filter(|text| !text.is_empty())
        .collect()
}

fn human_name(resource: &Value) -> String {
    let name = &resource["name"][0];
    let given = name["given"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let parts = given
        .iter()
        .chain([&name["family"]])
        .map(text_of)
        .filter(|part| !part.is_empty());
    let joined = parts.collect::<Vec<_>>().join(" ");
    if joined.is_empty() {
        text_of(&name["text"])
    } else {
        joined
    }
}

/// A message's free text without what a terminal would obey.
fn printable(text: &str) -> String {
    text.chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whether_another_product_may_be_supplied_is_told() {
        for (rule, told) in [
            (json!({ "allowedBoolean": true }), "allowed"),
            (
                json!({ "allowedBoolean": false }),
                "NOT allowed: supply the very product",
            ),
            (
                json!({ "allowedCodeableConcept": { "coding": [{ "code": "N" }] } }),
                "NOT allowed: supply the very product",
            ),
            (
                json!({ "allowedCodeableConcept": { "coding": [{ "code": "G" }] } }),
                "allowed",
            ),
        ] {
            let request = json!({ "resourceType": "MedicationRequest", "substitution": rule });
            let bundle = json!({ "entry": [{ "resource": request }] });
            let line = format!("       substitute {told}");
            assert_eq!(contents_lines(&bundle), [line]);
        }
    }

    #[test]
    fn contents_are_told_in_lines_and_command_a_terminal_to_nothing() {
        let bundle = json!({ "entry": [
            { "resource": { "resourceType": "Patient", "name": [{ "given": ["Ана"], "family": "Үлгі" }], "birthDate": "1980-01-02" } },
            { "resource": { "resourceType": "MedicationRequest",
                "medicationCodeableConcept": { "coding": [{ "display": "Metformin 500 mg" }] },
                "dosageInstruction": [{ "text": "twice\u{1b}[2J a day" }],
                "reasonCode": [{ "coding": [{ "display": "Diabetes" }] }] } },
        ]});
        assert_eq!(
            contents_lines(&bundle),
            [
                "       person     Ана Үлгі",
                "       born       1980-01-02",
                "       medicine   Metformin 500 mg",
                "       dosage     twice [2J a day",
                "       for        Diabetes",
            ]
        );
        for odd in [
            json!(null),
            json!([]),
            json!({ "entry": [1, { "resource": { "resourceType": "Patient" } }] }),
        ] {
            assert!(contents_lines(&odd).is_empty());
        }
    }
}
