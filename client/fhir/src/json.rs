//! JSON with what FHIR needs and `serde_json::Value` loses: numbers as written, refused duplicates,
//! and limits on depth, names and leaves before anything is built from them.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::refusal::FhirRefusal;
use senim_types::Code;

/// Longest message read. The longest of the public examples is 38 kB.
pub const MESSAGE_BYTES_MAX: usize = 1 << 20;
/// Deepest nesting read. Real messages stay below 15.
pub const DEPTH_MAX: usize = 32;
/// Most leaves read; with [`KEY_BYTES_MAX`] and [`DEPTH_MAX`] it bounds the accounting's memory.
pub const LEAVES_MAX: usize = 20_000;
/// Longest element name read. FHIR's own are below 40 bytes.
pub const KEY_BYTES_MAX: usize = 64;

/// One JSON value. Numbers keep their text, so that `20.0` is compared exactly and never rounded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    Null,
    Bool(bool),
    Number(String),
    String(String),
    Array(Vec<Node>),
    /// Members in the order of the message; names are distinct.
    Object(Vec<(String, Node)>),
}

impl Node {
    /// The member of an object; `null` counts as absent, as FHIR has it.
    pub(crate) fn get(&self, name: &str) -> Option<&Node> {
        let Node::Object(members) = self else {
            return None;
        };
        let found = members.iter().find(|(key, _)| key == name);
        found
            .map(|(_, node)| node)
            .filter(|node| **node != Node::Null)
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        if let Node::String(text) = self {
            Some(text)
        } else {
            None
        }
    }

    /// Scalars, and empty containers, which have nothing below them to account for.
    pub(crate) fn is_leaf(&self) -> bool {
        match self {
            Node::Array(nodes) => nodes.is_empty(),
            Node::Object(members) => members.is_empty(),
            _ => true,
        }
    }
}

/// Reads one JSON value within the limits.
pub(crate) fn read(bytes: &[u8]) -> Result<Node, FhirRefusal> {
    if bytes.len() > MESSAGE_BYTES_MAX {
        let detail = format!("{} bytes, at most {MESSAGE_BYTES_MAX}", bytes.len());
        return Err(FhirRefusal::new(Code::FHIR_TOO_LARGE, "", detail));
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes)
        .map_err(|_| FhirRefusal::new(Code::FHIR_NOT_JSON, "", "not UTF-8"))?;
    // Skipping a raw value does not recurse, so depth is judged here and not by the stack.
    let raw: &RawValue = serde_json::from_str(text).map_err(not_json)?;
    let mut reader = Reader { leaves: 0 };
    reader.node(raw, 0)
}

fn not_json(error: serde_json::Error) -> FhirRefusal {
    // Only the place: the parser's own message may quote the input.
    let detail = format!("line {}, column {}", error.line(), error.column());
    FhirRefusal::new(Code::FHIR_NOT_JSON, "", detail)
}

struct Reader {
    leaves: usize,
}

impl Reader {
    fn node(&mut self, raw: &RawValue, depth: usize) -> Result<Node, FhirRefusal> {
        if depth > DEPTH_MAX {
            let detail = format!("deeper than {DEPTH_MAX}");
            return Err(FhirRefusal::new(Code::FHIR_TOO_DEEP, "", detail));
        }
        let text = raw.get();
        let node = match text.as_bytes().first() {
            Some(b'{') => self.object(text, depth)?,
            Some(b'[') => {
                let Values(raws) = serde_json::from_str(text).map_err(not_json)?;
                let nodes = raws.into_iter().map(|raw| self.node(raw, depth + 1));
                Node::Array(nodes.collect::<Result<_, _>>()?)
            }
            Some(b'"') => Node::String(serde_json::from_str(text).map_err(not_json)?),
            Some(b't') => Node::Bool(true),
            Some(b'f') => Node::Bool(false),
            Some(b'n') => Node::Null,
            _ => Node::Number(text.to_owned()),
        };
        if node.is_leaf() {
            self.leaves += 1;
            if self.leaves > LEAVES_MAX {
                let detail = format!("more than {LEAVES_MAX} leaves");
                return Err(FhirRefusal::new(Code::FHIR_TOO_MANY_ELEMENTS, "", detail));
            }
        }
        Ok(node)
    }

    fn object(&mut self, text: &str, depth: usize) -> Result<Node, FhirRefusal> {
        let Members(raws) = serde_json::from_str(text).map_err(not_json)?;
        let mut names: Vec<&str> = raws.iter().map(|(name, _)| name.as_str()).collect();
        if names.iter().any(|name| name.len() > KEY_BYTES_MAX) {
            let detail = format!("an element name longer than {KEY_BYTES_MAX} bytes");
            return Err(FhirRefusal::new(Code::FHIR_TOO_MANY_ELEMENTS, "", detail));
        }
        names.sort_unstable();
        if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            let name = crate::refusal::printable_code(pair[0]);
            return Err(FhirRefusal::new(Code::FHIR_DUPLICATE_ELEMENT, &name, ""));
        }
        let mut members = Vec::with_capacity(raws.len());
        for (name, raw) in raws {
            members.push((name, self.node(raw, depth + 1)?));
        }
        Ok(Node::Object(members))
    }
}

/// An object's members, duplicates included: a map type would keep only one of them.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

struct Values<'a>(Vec<&'a RawValue>);

impl<'de> Deserialize<'de> for Values<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Values<'de>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = seq.next_element()? {
                    values.push(value);
                }
                Ok(Values(values))
            }
        }
        deserializer.deserialize_seq(Collect)
    }
}

/// Appends the one canonical text of a value: names sorted by bytes, no spaces, numbers as written.
pub(crate) fn write_canonical(node: &Node, out: &mut String) {
    match node {
        Node::Null => out.push_str("null"),
        Node::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Node::Number(text) => out.push_str(text),
        Node::String(text) => push_string(text, out),
        Node::Array(nodes) => {
            out.push('[');
            for (index, node) in nodes.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_canonical(node, out);
            }
            out.push(']');
        }
        Node::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_unstable_by(|left, right| left.0.cmp(&right.0));
            out.push('{');
            for (index, (name, node)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                push_string(name, out);
                out.push(':');
                write_canonical(node, out);
            }
            out.push('}');
        }
    }
}

fn push_string(text: &str, out: &mut String) {
    out.push_str(&serde_json::to_string(text).expect("a string always has a JSON form"));
}
