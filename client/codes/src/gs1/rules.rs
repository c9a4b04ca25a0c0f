//! Applies the table: values to their identifiers, identifiers to each other.

use super::{
    Gs1Error,
    ai::{Ai, AiPattern},
    check::CheckFailure,
    date::ReferenceYear,
    element::Element,
    table::{AiEntry, AiTable, Component, Requirement},
};

/// One value against its identifier: length, characters, content.
pub(super) fn check_value(
    table: &AiTable,
    ai: Ai,
    value: &[u8],
    reference: ReferenceYear,
) -> Result<(), Gs1Error> {
    let entry = table.get(ai).ok_or(Gs1Error::UnknownAi { position: 0 })?;
    let mut rest = value;
    for component in &entry.components {
        if rest.is_empty() && component.optional {
            continue;
        }
        let (part, after) = rest.split_at(component.length_max.min(rest.len()));
        check_characters(ai, component, part, value.len() - rest.len())?;
        if part.len() < component.length_min {
            return Err(length_error(ai, entry, value.len()));
        }
        rest = after;
    }
    if !rest.is_empty() {
        return Err(length_error(ai, entry, value.len()));
    }
    check_content(ai, entry, value, reference)
}

fn check_characters(
    ai: Ai,
    component: &Component,
    part: &[u8],
    start: usize,
) -> Result<(), Gs1Error> {
    match part
        .iter()
        .position(|symbol| !component.charset.contains(*symbol))
    {
        Some(place) => Err(Gs1Error::CharSet {
            ai,
            charset: component.charset.name(),
            position: start + place + 1,
        }),
        None => Ok(()),
    }
}

fn check_content(
    ai: Ai,
    entry: &AiEntry,
    value: &[u8],
    reference: ReferenceYear,
) -> Result<(), Gs1Error> {
    // The check digit of nothing but zeros is right, and no company has such a number.
    if ai == Ai::GTIN && value.iter().all(|digit| *digit == b'0') {
        return Err(Gs1Error::Content {
            ai,
            rule: "must not be zero",
        });
    }
    let mut rest = value;
    for component in &entry.components {
        let (part, after) = rest.split_at(component.length_max.min(rest.len()));
        rest = after;
        if part.is_empty() {
            continue;
        }
        for check in &component.checks {
            check
                .apply(part, reference)
                .map_err(|failure| match failure {
                    CheckFailure::CheckDigit => Gs1Error::CheckDigit { ai },
                    CheckFailure::Date => Gs1Error::Date { ai },
                    CheckFailure::Content(rule) => Gs1Error::Content { ai, rule },
                })?;
        }
    }
    Ok(())
}

fn length_error(ai: Ai, entry: &AiEntry, length: usize) -> Gs1Error {
    let (least, most) = (entry.length_min(), entry.length_max());
    let form = if least == most {
        most.to_string()
    } else {
        format!("{least} to {most}")
    };
    Gs1Error::Length { ai, form, length }
}

/// Identifiers against each other, over everything the symbol carries.
pub(super) fn check_associations(table: &AiTable, elements: &[Element]) -> Result<(), Gs1Error> {
    for element in elements {
        let ai = element.ai;
        let Some(entry) = table.get(ai) else { continue };
        // An identifier does not exclude itself, even where it belongs to the excluded family.
        let excluded = |other: &&Element| {
            other.ai != ai && entry.excludes.iter().any(|family| family.matches(other.ai))
        };
        if let Some(other) = elements.iter().find(excluded) {
            return Err(Gs1Error::ExclusiveAis {
                ai,
                other: other.ai,
            });
        }
    }
    for element in elements {
        let Some(entry) = table.get(element.ai) else {
            continue;
        };
        for requirement in &entry.requirements {
            if !is_met(requirement, elements) {
                return Err(Gs1Error::RequiredAi {
                    ai: element.ai,
                    needs: in_words(requirement),
                });
            }
        }
    }
    Ok(())
}

fn is_met(requirement: &Requirement, elements: &[Element]) -> bool {
    let present = |family: &AiPattern| elements.iter().any(|element| family.matches(element.ai));
    requirement.iter().any(|group| group.iter().all(present))
}

fn in_words(requirement: &Requirement) -> String {
    let group = |patterns: &Vec<AiPattern>| {
        patterns
            .iter()
            .map(AiPattern::to_string)
            .collect::<Vec<_>>()
            .join(" with ")
    };
    requirement
        .iter()
        .map(group)
        .collect::<Vec<_>>()
        .join(" or ")
}
