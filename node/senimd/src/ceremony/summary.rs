//! An agreement for people: what an organisation looks at before it signs.

use super::agreement::{Agreement, Derived};
use crate::template::{peer_name, validator_name};
use senim_types::text::KeyKind;
use std::fmt::Write;

/// The summary's lines.
pub fn lines(agreement: &Agreement, derived: &Derived) -> Vec<String> {
    let genesis = &agreement.genesis;
    let mut lines = vec![
        format!("Network `{}`", genesis.name),
        format!("  chain       {}", agreement.chain()),
        format!("  time        {} (Unix ms)", genesis.time.0),
        format!(
            "  validators  {}, total power {}: a block needs more than two thirds",
            genesis.validators.validators().len(),
            genesis.validators.total_power()
        ),
        format!(
            "  first state {} calls; the template's text is in the file, read it there",
            genesis.calls.len()
        ),
        "Contracts".to_owned(),
    ];
    for contract in &genesis.contracts {
        lines.push(format!("  {:<12} {}", contract.name, contract.code));
    }
    lines.push("Organisations".to_owned());
    for (member, keys) in derived.members() {
        lines.push(format!(
            "  {} {} ({})",
            member.id,
            member.name,
            member.roles.join(", ")
        ));
        for (name, key) in keys {
            let kind = match name.as_str() {
                "organisation" => KeyKind::Organisation,
                name if *name == validator_name(member.id) => KeyKind::Validator,
                name if *name == peer_name(member.id) => KeyKind::Peer,
                _ => KeyKind::Device,
            };
            let mut line = format!("    {name:<14} {}", key.to_text(kind));
            if kind == KeyKind::Peer {
                // Writing to a string cannot fail.
                let address = derived.addresses.get(&member.id);
                let _written = write!(line, " at {}", address.map_or("?", String::as_str));
            }
            lines.push(line);
        }
    }
    let signed: Vec<String> = agreement
        .signatures
        .iter()
        .map(|agreed| agreed.organisation.to_string())
        .collect();
    lines.push(match signed.is_empty() {
        true => "Signed by nobody yet".to_owned(),
        false => format!("Signed by {}", signed.join(", ")),
    });
    lines
}
