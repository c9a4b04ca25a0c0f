//! What is searched for, in each form in which it could be written down.

use senim_types::crypto::SecretKey;
use senim_types::text::{KeyKind, to_bech32m};
use serde_json::Value;
use std::collections::BTreeSet;

/// Something that must not be found, in one of its forms.
pub struct Needle {
    /// What it is, for whoever reads the finding.
    pub what: String,
    /// What is looked for.
    pub bytes: Vec<u8>,
}

/// All that is searched for.
#[derive(Default)]
pub struct Needles(Vec<Needle>);

impl Needles {
    fn add(&mut self, what: &str, bytes: &[u8]) {
        self.0.push(Needle {
            what: what.to_owned(),
            bytes: bytes.to_vec(),
        });
    }

    /// All of them.
    pub fn all(&self) -> &[Needle] {
        &self.0
    }

    /// A secret as bytes, as hexadecimal, as a list of numbers, and as text.
    pub fn secret(&mut self, what: &str, seed: &[u8; 32]) {
        let hexadecimal: String = seed.iter().map(|byte| format!("{byte:02x}")).collect();
        let list: Vec<String> = seed.iter().take(12).map(u8::to_string).collect();
        self.add(what, seed);
        self.add(&format!("{what} in hexadecimal"), hexadecimal.as_bytes());
        self.add(
            &format!("{what} in capitals"),
            hexadecimal.to_uppercase().as_bytes(),
        );
        self.add(&format!("{what} as a list"), list.join(", ").as_bytes());
        for kind in [KeyKind::Device, KeyKind::Validator] {
            let text = to_bech32m(kind.secret_prefix(), seed);
            self.add(&format!("{what} as text"), text.as_bytes());
        }
    }

    /// A key's secret.
    pub fn key(&mut self, what: &str, key: &SecretKey) {
        self.secret(what, &key.seed());
    }

    /// Words about a person, as they stand and in hexadecimal.
    pub fn words(&mut self, what: &str, words: &str) {
        let hexadecimal: String = words.bytes().map(|byte| format!("{byte:02x}")).collect();
        self.add(what, words.as_bytes());
        self.add(&format!("{what} in hexadecimal"), hexadecimal.as_bytes());
    }

    /// Every text of the message that says something of somebody.
    pub fn of_message(&mut self, value: &Value, path: &str, is_personal: bool) {
        // Names of code systems and closed vocabularies say nothing of anybody.
        const PUBLIC: [&str; 7] = [
            "system",
            "use",
            "resourceType",
            "reference",
            "gender",
            "fullUrl",
            "unit",
        ];
        let personal = [
            "Patient",
            "Practitioner",
            "PractitionerRole",
            "Organization",
            "Provenance",
        ];
        let fields = [
            "identifier",
            "groupIdentifier",
            "dosageInstruction",
            "reasonCode",
            "signature",
            "note",
        ];
        match value {
            Value::Object(members) => {
                let kind = members
                    .get("resourceType")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                let is_personal = is_personal || personal.contains(&kind);
                for (name, member) in members
                    .iter()
                    .filter(|(name, _)| !PUBLIC.contains(&name.as_str()))
                {
                    let is_personal = is_personal || fields.contains(&name.as_str());
                    self.of_message(member, &format!("{path}.{name}"), is_personal);
                }
            }
            Value::Array(members) => {
                for (index, member) in members.iter().enumerate() {
                    self.of_message(member, &format!("{path}[{index}]"), is_personal);
                }
            }
            // Shorter ones are found by chance in any random bytes.
            Value::String(text) if is_personal && text.len() >= 5 => self.words(path, text),
            _ => {}
        }
    }

    /// What is found in `bytes`, in one pass.
    pub fn found<'a>(&'a self, bytes: &[u8]) -> BTreeSet<&'a str> {
        let pair = |two: &[u8]| usize::from(two[0]) << 8 | usize::from(two[1]);
        let mut by_pair: Vec<Vec<&Needle>> = (0..1 << 16).map(|_| Vec::new()).collect();
        for needle in &self.0 {
            by_pair[pair(&needle.bytes)].push(needle);
        }
        let mut found = BTreeSet::new();
        for at in 0..bytes.len().saturating_sub(1) {
            let rest = &bytes[at..];
            let here = by_pair[pair(rest)]
                .iter()
                .filter(|needle| rest.starts_with(&needle.bytes));
            found.extend(here.map(|needle| needle.what.as_str()));
        }
        found
    }
}
