//! The medicine data of a prescription: what its clinic sealed off the ledger for whoever holds it – the person, the
//! medicine's name, how it is to be taken, what it is for, who prescribed it.

use super::folder;
use crate::failure::{Failure, Result};
use crate::sealing::{ItemKeys, OpeningKey, SealedObject};
use crate::session::Session;
use senim_abi::prescription::{Group, GroupId, ItemMask};
use senim_codes::live_qr::LiveQr;
use senim_types::Code;
use senim_types::crypto::SecretKey;
use serde_json::{Value, json};
use std::path::Path;

/// What a proof hands over.
pub enum Opens {
    /// The keys of items, or of all, in a QR.
    Qr(Box<LiveQr>),
    /// The key that the content key was wrapped to, of a card or of paper.
    OneTime(OpeningKey),
    /// Keys from an earlier proof.
    Kept(ItemKeys),
    /// Nothing: a number that was typed.
    Nothing,
}

/// The medicine data of items.
pub struct Contents {
    /// By index, as FHIR bundles.
    items: Vec<(usize, Value)>,
    keys: ItemKeys,
    /// Why there is nothing, where there is nothing.
    missing: Option<&'static str>,
}

impl Contents {
    fn none(why: &'static str) -> Contents {
        Contents {
            items: Vec::new(),
            keys: ItemKeys::default(),
            missing: Some(why),
        }
    }

    /// Fetches the sealed part and opens the chosen items, as far as what was handed over goes. Only after the hold or
    /// the look is final: before, the node gives nothing.
    pub fn open(
        session: &Session,
        device: &SecretKey,
        id: &GroupId,
        group: &Group,
        opens: &Opens,
        chosen: ItemMask,
    ) -> Result<Contents> {
        let Some(sealed) = group.sealed else {
            return Ok(Contents::none("nothing was sealed with the prescription"));
        };
        if matches!(opens, Opens::Nothing) {
            return Ok(Contents::none("the proof opens no medicine data"));
        }
        let object = match session.get_sealed(device, &sealed, Some(id)) {
            Ok(object) => SealedObject::decode(&object)?,
            // The item can be dispensed all the same.
            Err(failure) if failure.code == Code::NOT_FOUND => {
                return Ok(Contents::none("the clinic has deleted the medicine data"));
            }
            Err(failure) => return Err(failure),
        };
        let keys = match opens {
            Opens::Qr(qr) => match qr.content_key() {
                Some(handed) => ItemKeys::of_qr(handed, chosen)?,
                None => return Ok(Contents::none("the QR hands over no medicine data")),
            },
            Opens::OneTime(opening) => match object.unwrap_key(&session.chain, opening) {
                Ok(key) => ItemKeys::of_content(&key, chosen),
                // Of a card or paper that took another's place, the clinic knew nothing when it sealed.
                Err(_) => {
                    return Ok(Contents::none(
                        "it was sealed before the person had this card or paper: the wallet's QR opens it",
                    ));
                }
            },
            Opens::Kept(keys) => keys.clone(),
            Opens::Nothing => ItemKeys::default(),
        };
        let mut items = Vec::new();
        for index in chosen.indices() {
            if let Some(plain) = object.open_item(&session.chain, &keys, index)? {
                let bundle = serde_json::from_slice(&plain);
                let bundle = bundle.map_err(|_| Failure::new(Code::SEALED_NOT_OPENED))?;
                items.push((index, bundle));
            }
        }
        let missing = items
            .is_empty()
            .then_some("what was handed over opens none of these items");
        Ok(Contents {
            items,
            keys,
            missing,
        })
    }

    /// Keeps what opened them, for a later look.
    pub fn keep(&self, hold_dir: &Path, id: &GroupId) -> Result<()> {
        folder::keep_item_keys(hold_dir, id, &self.keys)
    }

    /// As objects: item and FHIR bundle.
    pub fn to_json(&self) -> Value {
        let items = self.items.iter();
        items
            .map(|(item, bundle)| json!({ "item": item + 1, "fhir": bundle }))
            .collect()
    }

    /// What a pharmacist needs of the item at `index`, in lines.
    pub fn lines_of(&self, index: usize) -> Vec<String> {
        let bundle = self.items.iter().find(|(item, _)| *item == index);
        bundle
            .map(|(_, bundle)| contents_lines(bundle))
            .unwrap_or_default()
    }

    /// Why there is nothing to see, where there is nothing.
    pub fn missing(&self) -> Option<String> {
        self.missing.map(|why| format!("  no medicine data: {why}"))
    }
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
