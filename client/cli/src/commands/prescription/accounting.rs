//! Where each element of a message went, for people.

use senim_fhir::{Accounted, Disposition};
use std::collections::BTreeMap;

/// Where an element went, as this program uses the message.
fn place(disposition: &Disposition) -> (&'static str, &'static str) {
    match disposition {
        Disposition::OnLedger { field } => ("on the ledger", field),
        Disposition::Hashed { field } => {
            ("as keyed hash in the clinic's folder, and sealed", field)
        }
        Disposition::Checked { .. } => ("checked, and sealed", ""),
        Disposition::Sealed { secret } => ("sealed", secret_name(*secret)),
        Disposition::Ignored { .. } => ("structure of the message, sealed with it", ""),
    }
}

fn secret_name(secret: senim_fhir::Secret) -> &'static str {
    use senim_fhir::Secret;
    match secret {
        Secret::Person => "person",
        Secret::Prescriber => "prescriber",
        Secret::Organisation => "organisation",
        Secret::Clinical => "clinical",
        Secret::Signature => "signature",
        Secret::Routing => "routing",
        Secret::Note => "note",
        Secret::Other => "other",
    }
}

/// How many elements went where, and with `each` also which.
pub fn lines(accounting: &[Accounted], each: bool) -> Vec<String> {
    let mut lines = vec![format!("Of the message's {} elements:", accounting.len())];
    lines.extend(counted(accounting));
    if each {
        lines.extend(accounting.iter().map(accounted_line));
    }
    lines
}

fn counted(accounting: &[Accounted]) -> Vec<String> {
    let mut places: BTreeMap<&str, (usize, BTreeMap<&str, usize>)> = BTreeMap::new();
    for accounted in accounting {
        let (place, kind) = place(&accounted.disposition);
        let (count, kinds) = places.entry(place).or_default();
        *count += 1;
        if !kind.is_empty() {
            *kinds.entry(kind).or_default() += 1;
        }
    }
    let line = |(place, (count, kinds)): (&str, (usize, BTreeMap<&str, usize>))| {
        let kinds: Vec<String> = kinds
            .iter()
            .map(|(kind, count)| format!("{kind} {count}"))
            .collect();
        let kinds = if kinds.is_empty() {
            String::new()
        } else {
            format!(" ({})", kinds.join(", "))
        };
        format!("  {count:>4} {place}{kinds}")
    };
    places.into_iter().map(line).collect()
}

fn accounted_line(accounted: &Accounted) -> String {
    let (place, kind) = place(&accounted.disposition);
    let kind = if kind.is_empty() {
        String::new()
    } else {
        format!(" ({kind})")
    };
    format!("    {}: {place}{kind}", accounted.path)
}
