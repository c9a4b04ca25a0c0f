//! Schemas of events, for readers that are not written in Rust: how each body is laid out, as JSON.
//!
//! They are made from the types that encode and decode the events, and so cannot say anything else. `make contracts`
//! writes them beside the artefacts; docs/contracts.md says how such a file is read. Contract 0 emits no events and has
//! none.

use crate::ids::{self, CARD, MARKING, PRESCRIPTION, REGISTRY, SETTLEMENT, TREASURY, VOUCHER};
use crate::{card, marking, prescription, registry, settlement, treasury, voucher};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use borsh::BorshSchema;
use borsh::schema::{Declaration, Definition, Fields};
use senim_types::ContractId;

/// Version of the files' own form.
const FORMAT: u32 = 1;

/// The name of the schema file of the contract with this name.
pub fn file_name(contract: &str) -> String {
    format!("{contract}.events.json")
}

/// The schema file of a contract's events; `None` for a contract that emits none.
///
/// # Panics
///
/// Where a type is of a shape that the files have no words for, or two types share a name.
pub fn of_events(contract: ContractId) -> Option<String> {
    // A new version of bodies is a new line here, and the old type stays: events of old blocks stay in the log.
    let schema = match contract {
        REGISTRY => {
            Schema::default().with::<registry::RegistryEvent>(registry::event::EVENT_VERSION)
        }
        TREASURY => {
            Schema::default().with::<treasury::TreasuryEvent>(treasury::event::EVENT_VERSION)
        }
        MARKING => Schema::default().with::<marking::MarkingEvent>(marking::event::EVENT_VERSION),
        PRESCRIPTION => Schema::default()
            .with::<prescription::PrescriptionEvent>(prescription::event::EVENT_VERSION),
        VOUCHER => Schema::default().with::<voucher::VoucherEvent>(voucher::event::EVENT_VERSION),
        SETTLEMENT => {
            Schema::default().with::<settlement::SettlementEvent>(settlement::event::EVENT_VERSION)
        }
        CARD => Schema::default().with::<card::CardEvent>(card::event::EVENT_VERSION),
        _ => return None,
    };
    let name = ids::name_of(contract)?;
    Some(schema.render(contract, name))
}

/// The events of one contract, and all types that they are made of.
#[derive(Default)]
struct Schema {
    /// Kind, version and the line of each event.
    events: BTreeMap<(i64, u8), String>,
    definitions: BTreeMap<Declaration, Definition>,
    /// Definitions that are not types of their own: they stand where they are used.
    inlined: BTreeSet<Declaration>,
}

impl Schema {
    /// Adds the events of an enum, whose discriminants are their kinds.
    fn with<E: BorshSchema>(mut self, version: u8) -> Schema {
        E::add_definitions_recursively(&mut self.definitions);
        self.inlined.insert(E::declaration());
        for (declaration, definition) in &self.definitions {
            match definition {
                Definition::Enum { variants, .. } if !is_option(declaration) => self
                    .inlined
                    .extend(variants.iter().map(|(_, _, fields)| fields.clone())),
                // What an option has in place of a value.
                Definition::Primitive(0) => _ = self.inlined.insert(declaration.clone()),
                _ => {}
            }
        }
        let Some(Definition::Enum { variants, .. }) = self.definitions.get(&E::declaration())
        else {
            panic!("{}: events are an enum", E::declaration());
        };
        for (kind, name, fields) in variants {
            let head = format!("\"kind\": {kind}, \"version\": {version}, ");
            let line = format!("{{ {head}{} }}", self.variant(*kind, name, fields));
            self.events.insert((*kind, version), line);
        }
        self
    }

    fn render(&self, contract: ContractId, name: &str) -> String {
        let events: Vec<String> = self
            .events
            .values()
            .map(|event| format!("    {event}"))
            .collect();
        let types = self
            .definitions
            .iter()
            .filter(|(name, _)| !self.inlined.contains(*name));
        let types: Vec<String> = types
            .map(|(name, definition)| {
                format!("    \"{name}\": {{ {} }}", self.layout(name, definition))
            })
            .collect();
        format!(
            "{{\n  \"format\": {FORMAT},\n  \"contract\": \"{name}\",\n  \"id\": {contract},\n  \"encoding\": \"borsh\",\n  \
             \"events\": [\n{}\n  ],\n  \"types\": {{\n{}\n  }}\n}}\n",
            events.join(",\n"),
            types.join(",\n"),
        )
    }

    /// A case of an enum: its tag, its name, and what follows the tag.
    fn variant(&self, tag: i64, name: &str, fields: &Declaration) -> String {
        let head = format!("\"tag\": {tag}, \"name\": \"{}\"", snake_case(name));
        match self.definitions.get(fields) {
            Some(Definition::Struct { fields }) => match self.fields(fields) {
                Some(fields) => format!("{head}, {fields}"),
                None => head,
            },
            _ => panic!("{fields}: a case of an enum has fields"),
        }
    }

    /// `None` for no fields.
    fn fields(&self, fields: &Fields) -> Option<String> {
        match fields {
            Fields::Empty => None,
            Fields::NamedFields(fields) => {
                let fields: Vec<String> = fields
                    .iter()
                    .map(|(name, of)| {
                        format!("\n      {{ \"name\": \"{name}\", \"type\": \"{of}\" }}")
                    })
                    .collect();
                Some(format!("\"fields\": [{}\n    ]", fields.join(",")))
            }
            Fields::UnnamedFields(fields) => match fields.as_slice() {
                [of] => Some(format!("\"type\": \"{of}\"")),
                _ => panic!("{fields:?}: fields have names, unless there is one"),
            },
        }
    }

    fn layout(&self, name: &str, definition: &Definition) -> String {
        match definition {
            Definition::Primitive(bytes) => match name.as_bytes()[0] {
                b'u' => format!("\"layout\": \"unsigned\", \"bytes\": {bytes}"),
                b'i' => format!("\"layout\": \"signed\", \"bytes\": {bytes}"),
                _ if name == "bool" => "\"layout\": \"boolean\", \"bytes\": 1".into(),
                _ => panic!("{name}: unknown"),
            },
            Definition::Sequence {
                length_width: 0,
                length_range,
                elements,
            } => {
                assert_eq!(
                    length_range.start(),
                    length_range.end(),
                    "{name}: of one length"
                );
                let count = length_range.start();
                format!("\"layout\": \"array\", \"count\": {count}, \"of\": \"{elements}\"")
            }
            Definition::Sequence {
                length_width,
                length_range,
                elements,
            } => {
                let what = if name == "String" || name.starts_with("Text<") {
                    "\"layout\": \"text\"".into()
                } else {
                    format!("\"layout\": \"list\", \"of\": \"{elements}\"")
                };
                let (min, max) = length_range.clone().into_inner();
                format!(
                    "{what}, \"count_bytes\": {length_width}, \"count_min\": {min}, \"count_max\": {max}"
                )
            }
            Definition::Enum { variants, .. } if is_option(name) => {
                format!("\"layout\": \"option\", \"of\": \"{}\"", variants[1].2)
            }
            Definition::Enum {
                tag_width,
                variants,
            } => {
                let cases: Vec<String> = variants
                    .iter()
                    .map(|(tag, name, fields)| {
                        let case = self.variant(*tag, name, fields).replace('\n', "\n  ");
                        format!("\n      {{ {case} }}")
                    })
                    .collect();
                let cases = cases.join(",");
                format!(
                    "\"layout\": \"enum\", \"tag_bytes\": {tag_width}, \"cases\": [{cases}\n    ]"
                )
            }
            Definition::Struct { fields } => match self.fields(fields) {
                Some(text) if matches!(fields, Fields::NamedFields(_)) => {
                    format!("\"layout\": \"struct\", {text}")
                }
                Some(text) => format!("\"layout\": \"same\", {text}"),
                None => panic!("{name}: a type has a value"),
            },
            Definition::Tuple { .. } => panic!("{name}: fields have names"),
        }
    }
}

fn is_option(name: &str) -> bool {
    name.starts_with("Option<")
}

/// `BudgetOpened` as the APIs say it: `budget_opened`.
fn snake_case(name: &str) -> String {
    let mut text = String::new();
    for character in name.chars() {
        if character.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(character.to_ascii_lowercase());
    }
    text
}
