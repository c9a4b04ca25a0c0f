//! What became of every leaf of a message.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::cursor::Element;
use crate::json::Node;

/// What became of one element. A refused element is named by the refusal itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "disposition", rename_all = "snake_case")]
pub enum Disposition {
    /// Its meaning is on the ledger, in the field named.
    OnLedger {
        /// Field of the item or part.
        field: &'static str,
    },
    /// Sealed, and a keyed hash of it is on the ledger in the field named.
    Hashed {
        /// Field of the item or target.
        field: &'static str,
    },
    /// Read and judged: with another value the message would mean something else.
    Checked {
        /// The rule.
        rule: &'static str,
    },
    /// Encrypted and kept off the ledger.
    Sealed {
        /// What kind of secret it is.
        secret: Secret,
    },
    /// Holds the message together and says nothing of its own.
    Ignored {
        /// Why nothing is lost.
        why: &'static str,
    },
}

/// Kinds of content that are kept off the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Secret {
    /// Who the medicine is for.
    Person,
    /// Who prescribed it.
    Prescriber,
    /// Clinics, pharmacies and places.
    Organisation,
    /// Dosage, reason, notes: how the medicine is to be used, and why.
    Clinical,
    /// The doctor's signature.
    Signature,
    /// Identity, sender and receiver of the message.
    Routing,
    /// Words and lists for the person.
    Note,
    /// Anything else that the sender put in.
    Other,
}

/// One leaf of the message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Accounted {
    /// Where it stands.
    pub path: String,
    /// What became of it.
    #[serde(flatten)]
    pub disposition: Disposition,
}

/// Dispositions that the reader assigned; each holds for the element and all below it.
#[derive(Debug, Default)]
pub(crate) struct Marks(BTreeMap<String, Disposition>);

impl Marks {
    pub(crate) fn on_ledger(&mut self, element: &Element, field: &'static str) {
        self.set(element, Disposition::OnLedger { field });
    }

    pub(crate) fn hashed(&mut self, element: &Element, field: &'static str) {
        self.set(element, Disposition::Hashed { field });
    }

    pub(crate) fn checked(&mut self, element: &Element, rule: &'static str) {
        self.set(element, Disposition::Checked { rule });
    }

    pub(crate) fn sealed(&mut self, element: &Element, secret: Secret) {
        self.set(element, Disposition::Sealed { secret });
    }

    fn set(&mut self, element: &Element, disposition: Disposition) {
        self.0.insert(element.path.clone(), disposition);
    }
}

/// Accounts for every leaf: as marked, or sealed as what its resource is about.
pub(crate) fn account(root: &Element, marks: &Marks) -> Vec<Accounted> {
    let mut accounted = Vec::new();
    let scope = Scope {
        secret: Secret::Other,
        marked: None,
    };
    walk(root, "", scope, marks, &mut accounted);
    accounted
}

#[derive(Clone, Copy)]
struct Scope {
    secret: Secret,
    marked: Option<Disposition>,
}

fn walk(element: &Element, name: &str, mut scope: Scope, marks: &Marks, out: &mut Vec<Accounted>) {
    if let Some(kind) = element.resource_type() {
        scope.secret = secret_of(kind);
    }
    if let Some(marked) = marks.0.get(&element.path) {
        scope.marked = Some(*marked);
    }
    if element.node.is_leaf() {
        let by_name = || unmarked(name, element.node, scope.secret);
        let disposition = scope.marked.unwrap_or_else(by_name);
        out.push(Accounted {
            path: element.path.clone(),
            disposition,
        });
        return;
    }
    match element.node {
        Node::Object(members) => {
            for (name, node) in members {
                let path = format!("{}.{name}", element.path);
                walk(&Element { node, path }, name, scope, marks, out);
            }
        }
        Node::Array(nodes) => {
            for (index, node) in nodes.iter().enumerate() {
                let path = format!("{}[{index}]", element.path);
                walk(&Element { node, path }, name, scope, marks, out);
            }
        }
        // Scalars are leaves and were pushed above.
        _ => {}
    }
}

/// A leaf that no rule read. The default is to seal: what is not understood is not made public.
fn unmarked(name: &str, node: &Node, secret: Secret) -> Disposition {
    let inside = |text: &str| text.starts_with('#') || text.starts_with("urn:uuid:");
    match (name, node) {
        ("resourceType", _) => Disposition::Ignored {
            why: "names the kind of resource",
        },
        ("fullUrl", _) => Disposition::Ignored {
            why: "place inside the message",
        },
        ("reference", Node::String(text)) if inside(text) => Disposition::Ignored {
            why: "points inside the message",
        },
        _ => Disposition::Sealed { secret },
    }
}

fn secret_of(resource_type: &str) -> Secret {
    match resource_type {
        "Patient" | "RelatedPerson" | "Person" | "Coverage" => Secret::Person,
        "Practitioner" | "PractitionerRole" => Secret::Prescriber,
        "Organization" | "Location" | "HealthcareService" => Secret::Organisation,
        "MedicationRequest" | "Medication" | "Condition" | "Observation" | "Encounter" => {
            Secret::Clinical
        }
        "Provenance" => Secret::Signature,
        "Bundle" | "MessageHeader" => Secret::Routing,
        "CommunicationRequest" | "Communication" | "List" => Secret::Note,
        _ => Secret::Other,
    }
}
