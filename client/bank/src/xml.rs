//! Messages as XML: the library's types do all of the writing and reading, here is what stands around them.

use crate::error::BankError;
use quick_xml::Reader;
use quick_xml::de::Deserializer;
use quick_xml::events::Event;
use quick_xml::se::Serializer;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Write;

/// Bytes of a bank's message that are read at most.
pub const MESSAGE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Writes a document in its namespace.
pub fn write<T: Serialize>(document: &T, namespace: &str) -> Result<String, BankError> {
    let mut body = String::new();
    let mut serializer = Serializer::with_root(&mut body, Some("Document"))
        .map_err(|error| BankError::Message(error.to_string()))?;
    serializer.indent(' ', 1);
    document
        .serialize(serializer)
        .map_err(|error| BankError::Message(error.to_string()))?;
    // The types know no namespaces: the root, which is always this, gets its own.
    let rest = body
        .strip_prefix("<Document>")
        .ok_or_else(|| BankError::Message("a document has a root".to_owned()))?;
    let mut xml = String::with_capacity(body.len() + 128);
    writeln!(xml, r#"<?xml version="1.0" encoding="UTF-8"?>"#)
        .expect("writing to memory cannot fail");
    writeln!(xml, r#"<Document xmlns="{namespace}">{rest}"#)
        .expect("writing to memory cannot fail");
    Ok(xml)
}

/// A message's text, and the namespace of its root element.
pub fn open(bytes: &[u8]) -> Result<(&str, String), BankError> {
    if bytes.len() > MESSAGE_BYTES_MAX {
        return Err(BankError::TooLarge(MESSAGE_BYTES_MAX));
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|_| BankError::Message("the message is not UTF-8".to_owned()))?;
    let mut reader = Reader::from_str(text);
    loop {
        match reader.read_event() {
            Ok(Event::Start(root)) if root.local_name().as_ref() == b"Document" => {
                let namespace = root
                    .attributes()
                    .flatten()
                    .find(|attribute| attribute.key.as_namespace_binding().is_some());
                let namespace = namespace.map(|found| found.value.into_owned());
                let namespace = namespace.unwrap_or_default();
                return Ok((text, String::from_utf8_lossy(&namespace).into_owned()));
            }
            // What comes before the root; a document type would bring entities, which no bank's message has.
            Ok(Event::Decl(_) | Event::Comment(_) | Event::PI(_)) => {}
            Ok(Event::Text(space)) if space.iter().all(u8::is_ascii_whitespace) => {}
            Ok(_) => {
                let what = "the message does not begin with the element Document";
                return Err(BankError::Message(what.to_owned()));
            }
            Err(error) => return Err(BankError::Message(error.to_string())),
        }
    }
}

/// Reads a document of a type of the library's.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, BankError> {
    let mut deserializer = Deserializer::from_str(text);
    T::deserialize(&mut deserializer).map_err(|error| BankError::Message(error.to_string()))
}
