//! The half of a message that is encrypted.

use std::collections::{BTreeMap, BTreeSet};

use crate::cursor::Element;
use crate::json::{self, Node};
use crate::message::{Message, Target};
use crate::refusal::FhirRefusal;

/// The whole message in canonical JSON.
pub(crate) fn message(root: &Element) -> Vec<u8> {
    let mut text = String::new();
    json::write_canonical(root.node, &mut text);
    text.into_bytes()
}

/// A `Bundle` of one request and everything that it refers to, directly or not, but no other
/// request: one pharmacy may hold one item, and another the next.
pub(crate) fn item(message: &Message, request: &Element) -> Vec<u8> {
    let mut chosen: BTreeMap<String, &Element> = BTreeMap::new();
    let mut queue: Vec<Element> = vec![request.clone()];
    let mut seen = BTreeSet::new();
    while let Some(resource) = queue.pop() {
        if !seen.insert(resource.path.clone()) {
            continue;
        }
        let mut references = BTreeSet::new();
        collect_references(resource.node, &mut references);
        for reference in references {
            if let Target::Found(target) = message.resolve(&resource, reference) {
                let is_other_request = target.resource_type() == Some("MedicationRequest");
                if !is_other_request || target.path == request.path {
                    queue.push(target);
                }
            }
        }
    }
    for entry in &message.entries {
        if seen.contains(&entry.resource.path) {
            chosen.insert(entry.resource.path.clone(), &entry.resource);
        }
    }
    let string = |text: &str| Node::String(text.to_owned());
    let entries = message
        .entries
        .iter()
        .filter(|e| chosen.contains_key(&e.resource.path));
    let entries = entries.map(|entry| {
        let mut members = Vec::new();
        if let Some(url) = entry.full_url {
            members.push(("fullUrl".to_owned(), string(url)));
        }
        members.push(("resource".to_owned(), entry.resource.node.clone()));
        Node::Object(members)
    });
    let bundle = Node::Object(vec![
        ("resourceType".to_owned(), string("Bundle")),
        ("type".to_owned(), string("collection")),
        ("entry".to_owned(), Node::Array(entries.collect())),
    ]);
    let mut text = String::new();
    json::write_canonical(&bundle, &mut text);
    text.into_bytes()
}

fn collect_references<'a>(node: &'a Node, out: &mut BTreeSet<&'a str>) {
    match node {
        Node::Array(nodes) => nodes.iter().for_each(|node| collect_references(node, out)),
        Node::Object(members) => {
            for (name, node) in members {
                match node {
                    Node::String(text) if name == "reference" => {
                        out.insert(text);
                    }
                    _ => collect_references(node, out),
                }
            }
        }
        _ => {}
    }
}

/// The one canonical text of a message, as it is sealed: the same message comes again as the same bytes.
///
/// # Errors
/// What is no JSON, or beyond the limits of a message.
pub fn canonical_message(bytes: &[u8]) -> Result<Vec<u8>, FhirRefusal> {
    let tree = json::read(bytes)?;
    let mut text = String::new();
    json::write_canonical(&tree, &mut text);
    Ok(text.into_bytes())
}
