//! One `MedicationRequest`: what is supplied, how much, and to whom.

use std::collections::BTreeSet;

use crate::accounting::{Marks, Secret};
use crate::cursor::Element;
use crate::decimal::{self, NotACount};
use crate::link::{self, LinkId, LinkKind};
use crate::medicine::{ATC_SYSTEM, Medicine, MedicineMap, Unit};
use crate::message::{Message, refuse_unknown_modifiers};
use crate::order::{CancelTarget, Item, ParseOptions, Part};
use crate::product;
use crate::reason;
use crate::refusal::{FhirRefusal, printable_code};
use crate::schedule;
use senim_types::Code;

/// What reading needs besides the request.
pub(crate) struct Context<'m, 'a> {
    pub(crate) message: &'m Message<'a>,
    pub(crate) map: &'m MedicineMap,
    pub(crate) options: &'m ParseOptions,
}

/// Reads an item to issue.
pub(crate) fn issue<'a>(
    context: &Context<'_, 'a>,
    request: &Element<'a>,
    marks: &mut Marks,
) -> Result<Item, FhirRefusal> {
    let concept = concept(context, request, marks)?;
    let medicine = concept_medicine(context, &concept, marks)?;
    let dispense = request.get("dispenseRequest").ok_or_else(|| {
        let path = format!("{}.dispenseRequest.quantity", request.path);
        FhirRefusal::new(Code::FHIR_QUANTITY_MISSING, &path, "")
    })?;
    refuse_unknown_modifiers(&dispense)?;
    let quantity = dispense.get("quantity").ok_or_else(|| {
        let path = format!("{}.quantity", dispense.path);
        FhirRefusal::new(Code::FHIR_QUANTITY_MISSING, &path, "")
    })?;
    let amount = amount(context, &quantity, &medicine, marks)?;
    let mut first_amount = amount;
    if let Some(fill) = dispense.get("initialFill") {
        refuse_unknown_modifiers(&fill)?;
        if let Some(quantity) = fill.get("quantity") {
            first_amount = self::amount(context, &quantity, &medicine, marks)?;
        }
    }
    if let Some(performer) = dispense.get("performer") {
        marks.sealed(&performer, Secret::Organisation);
    }
    let windows = schedule::windows(request, context.options, marks)?;
    let sized = windows.iter().enumerate().map(|(index, window)| Part {
        quantity: if index == 0 { first_amount } else { amount },
        window: *window,
    });
    let parts: Vec<Part> = sized.collect();
    let total: u64 = parts.iter().map(|part| u64::from(part.quantity)).sum();
    if u32::try_from(total).is_err() {
        return Err(quantity.refuse(Code::FHIR_QUANTITY_TOO_LARGE, "over all parts"));
    }
    let substitution_allowed = substitution(request, marks)?;
    let product = if substitution_allowed {
        None
    } else {
        product::named(&concept, marks)?
    };
    let (group, link) = (
        group(context, request, marks)?,
        lines(context, request, marks)?,
    );
    Ok(Item {
        medicine,
        parts,
        substitution_allowed,
        product,
        link: link.first().copied(),
        group,
        prescriber: prescriber(context, request, marks)?,
    })
}

/// Reads what a withdrawn request withdraws. Its medicine and quantity do not matter any more.
pub(crate) fn cancel(
    context: &Context,
    request: &Element,
    marks: &mut Marks,
) -> Result<CancelTarget, FhirRefusal> {
    let target = CancelTarget {
        links: lines(context, request, marks)?,
        group: group(context, request, marks)?,
        reason: reason::withdrawal(request, marks)?,
    };
    if target.links.is_empty() && target.group.is_none() {
        return Err(request.refuse(Code::FHIR_CANCEL_TARGET_MISSING, ""));
    }
    Ok(target)
}

/// The element whose codes name the medicine.
fn concept<'a>(
    context: &Context<'_, 'a>,
    request: &Element<'a>,
    marks: &mut Marks,
) -> Result<Element<'a>, FhirRefusal> {
    let concept = request.get("medicationCodeableConcept");
    let reference = request.get("medicationReference");
    match (concept, reference) {
        (Some(concept), None) => Ok(concept),
        (None, Some(reference)) => {
            let Some(medication) = context.message.follow(request, &reference)? else {
                let detail = "the medicine is not in the message";
                return Err(reference.refuse(Code::FHIR_DANGLING_REFERENCE, detail));
            };
            if medication.resource_type() != Some("Medication") {
                return Err(reference.refuse(Code::FHIR_MEDICINE_MISSING, "not a Medication"));
            }
            refuse_unknown_modifiers(&medication)?;
            for ingredient in medication.each("ingredient")? {
                refuse_unknown_modifiers(&ingredient)?;
            }
            if let Some(status) = medication.get("status") {
                marks.checked(&status, "the medicine is active");
                if status.text()? != "active" {
                    return Err(status.refuse(Code::FHIR_MEDICINE_NOT_ACTIVE, ""));
                }
            }
            medication.require("code")
        }
        (None, None) => Err(request.refuse(Code::FHIR_MEDICINE_MISSING, "")),
        (Some(_), Some(reference)) => {
            let detail = "a concept and a reference at once";
            Err(reference.refuse(Code::FHIR_MEDICINE_MISSING, detail))
        }
    }
}

/// The one medicine that the concept's codes name. An ATC code alone names no strength, so it only
/// has to agree.
fn concept_medicine(
    context: &Context,
    concept: &Element,
    marks: &mut Marks,
) -> Result<Medicine, FhirRefusal> {
    let mut found: Option<Medicine> = None;
    let mut unknown = Vec::new();
    let mut groups: Vec<(Element, &str)> = Vec::new();
    for coding in concept.each("coding")? {
        let (Some(system), Some(code)) = (coding.text_of("system")?, coding.text_of("code")?)
        else {
            continue;
        };
        if system == ATC_SYSTEM {
            groups.push((coding, code));
            continue;
        }
        let Some(medicine) = context.map.medicine(system, code) else {
            unknown.push(printable_code(&format!("{system}|{code}")));
            continue;
        };
        mark_coding(&coding, "medicine", marks);
        match &found {
            Some(first) if !first.same_medicine(medicine) => {
                let detail = format!(
                    "{} {} or {} {}",
                    first.inn, first.strength, medicine.inn, medicine.strength
                );
                return Err(coding.refuse(Code::FHIR_MEDICINE_CONFLICT, detail));
            }
            Some(_) => {}
            None => found = Some(medicine.clone()),
        }
    }
    let Some(medicine) = found else {
        return Err(concept.refuse(Code::FHIR_MEDICINE_UNKNOWN, unknown.join(", ")));
    };
    for (coding, code) in groups {
        if !medicine.atc.starts_with(code) || code.is_empty() {
            let detail = format!("{} is {}", medicine.inn, medicine.atc);
            return Err(coding.refuse(Code::FHIR_MEDICINE_CONFLICT, detail));
        }
        mark_coding(&coding, "medicine.atc", marks);
    }
    Ok(medicine)
}

fn mark_coding(coding: &Element, field: &'static str, marks: &mut Marks) {
    for name in ["system", "code"] {
        if let Some(element) = coding.get(name) {
            marks.on_ledger(&element, field);
        }
    }
}

/// A quantity in the medicine's smallest unit.
fn amount(
    context: &Context,
    quantity: &Element,
    medicine: &Medicine,
    marks: &mut Marks,
) -> Result<u32, FhirRefusal> {
    if let Some(comparator) = quantity.get("comparator") {
        return Err(comparator.refuse(Code::FHIR_QUANTITY_COMPARATOR, ""));
    }
    let (unit, factor, place) = unit(context, quantity, marks)?;
    if !unit.counts(medicine.unit) {
        let detail = format!(
            "{} for a medicine counted in {}",
            unit.code(),
            medicine.unit.code()
        );
        return Err(place.refuse(Code::FHIR_UNIT_MISMATCH, detail));
    }
    let value = quantity.get("value").ok_or_else(|| {
        let path = format!("{}.value", quantity.path);
        FhirRefusal::new(Code::FHIR_QUANTITY_MISSING, &path, "")
    })?;
    marks.on_ledger(&value, "parts.quantity");
    let text = value.number()?;
    let code = match decimal::count(text, factor) {
        Ok(0) => Code::FHIR_QUANTITY_ZERO,
        Ok(amount) => return Ok(amount),
        Err(NotACount::Negative) => Code::FHIR_QUANTITY_NEGATIVE,
        Err(NotACount::NotWhole) => Code::FHIR_QUANTITY_NOT_WHOLE,
        Err(NotACount::TooLarge) => Code::FHIR_QUANTITY_TOO_LARGE,
    };
    Err(value.refuse(code, if text.len() <= 24 { text } else { "" }))
}

/// The unit of a quantity with its factor, and the element that states it. The code counts; the
/// text serves where there is no code, and must not say something else where there is one.
fn unit<'a>(
    context: &Context,
    quantity: &Element<'a>,
    marks: &mut Marks,
) -> Result<(Unit, u32, Element<'a>), FhirRefusal> {
    let text = quantity.get("unit");
    let by_text = match &text {
        Some(element) => context.map.unit_text(element.text()?),
        None => None,
    };
    let Some(code) = quantity.get("code") else {
        let Some(text) = text else {
            return Err(quantity.refuse(Code::FHIR_UNIT_MISSING, ""));
        };
        marks.on_ledger(&text, "medicine.unit");
        let (unit, factor) = by_text.ok_or_else(|| text.refuse(Code::FHIR_UNIT_UNKNOWN, ""))?;
        return Ok((unit, factor, text));
    };
    let system = quantity.require("system")?;
    let Some((unit, factor)) = context.map.unit(system.text()?, code.text()?) else {
        let detail = printable_code(&format!("{}|{}", system.text()?, code.text()?));
        return Err(code.refuse(Code::FHIR_UNIT_UNKNOWN, detail));
    };
    if let (Some((said, _)), Some(text)) = (by_text, text)
        && !said.counts(unit)
    {
        let detail = format!("the code says {}, the text {}", unit.code(), said.code());
        return Err(text.refuse(Code::FHIR_UNIT_MISMATCH, detail));
    }
    marks.on_ledger(&system, "medicine.unit");
    marks.on_ledger(&code, "medicine.unit");
    Ok((unit, factor, code))
}

/// The ledger has a field for the very product alone; whoever holds the item reads the rest in the sealed part.
const SUBSTITUTION_RULE: &str = "a known rule of substitution, which the pharmacy reads";

/// Whether another product may be supplied. Says nothing → FHIR leaves it to local rules, which
/// prescribe by INN: allowed.
fn substitution(request: &Element, marks: &mut Marks) -> Result<bool, FhirRefusal> {
    let Some(substitution) = request.get("substitution") else {
        return Ok(true);
    };
    refuse_unknown_modifiers(&substitution)?;
    if let Some(allowed) = substitution.get("allowedBoolean") {
        marks.checked(&allowed, SUBSTITUTION_RULE);
        return allowed.boolean();
    }
    let concept = substitution.require("allowedCodeableConcept")?;
    let mut allowed = None;
    for coding in concept.each("coding")? {
        // HL7 v3 ActSubstanceAdminSubstitutionCode. Wider kinds than "same medicine" allow it too;
        // the ledger keeps to the same INN and strength in any case.
        let says = match coding.text_of("code")? {
            Some("N") => false,
            Some("E" | "EC" | "BC" | "G" | "TE" | "TB" | "TG" | "F") => true,
            other => {
                let detail = other.map_or(String::new(), printable_code);
                return Err(coding.refuse(Code::FHIR_SUBSTITUTION_UNKNOWN, detail));
            }
        };
        if allowed.is_some_and(|allowed| allowed != says) {
            return Err(coding.refuse(Code::FHIR_SUBSTITUTION_UNKNOWN, "codes disagree"));
        }
        for name in ["system", "code"] {
            if let Some(element) = coding.get(name) {
                marks.checked(&element, SUBSTITUTION_RULE);
            }
        }
        allowed = Some(says);
    }
    allowed.ok_or_else(|| concept.refuse(Code::FHIR_SUBSTITUTION_UNKNOWN, "no code"))
}

/// Links of a request's own identifiers, first the one that the ledger keeps.
fn lines(
    context: &Context,
    request: &Element,
    marks: &mut Marks,
) -> Result<Vec<LinkId>, FhirRefusal> {
    let key = &context.options.link_key;
    let mut links = Vec::new();
    for identifier in request.each("identifier")? {
        if let Some(value) = identifier.text_of("value")? {
            let system = identifier.text_of("system")?.unwrap_or_default();
            links.push(link::link(key, LinkKind::Line, system, value));
            mark_identifier(&identifier, "link", marks);
        }
    }
    // A request sent from a FHIR server may have no identifier but its address there.
    if let (true, Some(id)) = (links.is_empty(), request.get("id")) {
        links.push(link::link(
            key,
            LinkKind::Line,
            "MedicationRequest",
            id.text()?,
        ));
        marks.hashed(&id, "link");
    }
    Ok(links)
}

fn group(
    context: &Context,
    request: &Element,
    marks: &mut Marks,
) -> Result<Option<LinkId>, FhirRefusal> {
    let Some(identifier) = request.get("groupIdentifier") else {
        return Ok(None);
    };
    let Some(value) = identifier.text_of("value")? else {
        return Ok(None);
    };
    let system = identifier.text_of("system")?.unwrap_or_default();
    mark_identifier(&identifier, "group", marks);
    Ok(Some(link::link(
        &context.options.link_key,
        LinkKind::Group,
        system,
        value,
    )))
}

/// The person who prescribed, by the first identifier found: of the practitioner, of the role, of
/// the reference. None changes what is supplied, so an absent or dangling one refuses nothing.
fn prescriber(
    context: &Context,
    request: &Element,
    marks: &mut Marks,
) -> Result<Option<LinkId>, FhirRefusal> {
    let Some(requester) = request.get("requester") else {
        return Ok(None);
    };
    let mut candidates = Vec::new();
    if let Ok(Some(resource)) = context.message.follow(request, &requester) {
        if let Some(practitioner) = resource.get("practitioner") {
            // A contained role refers to what its container contains.
            let contained = resource.path.starts_with(&format!("{}.", request.path));
            let owner = if contained { request } else { &resource };
            if let Ok(Some(person)) = context.message.follow(owner, &practitioner) {
                candidates.extend(person.each("identifier").unwrap_or_default());
            }
            candidates.extend(practitioner.get("identifier"));
        }
        candidates.extend(resource.each("identifier").unwrap_or_default());
    }
    candidates.extend(requester.get("identifier"));
    for identifier in candidates {
        let text = |name| identifier.text_of(name).ok().flatten();
        if let Some(value) = text("value") {
            let system = text("system").unwrap_or_default();
            mark_identifier(&identifier, "prescriber", marks);
            let key = &context.options.link_key;
            return Ok(Some(link::link(key, LinkKind::Prescriber, system, value)));
        }
    }
    Ok(None)
}

fn mark_identifier(identifier: &Element, field: &'static str, marks: &mut Marks) {
    for name in ["system", "value"] {
        if let Some(element) = identifier.get(name) {
            marks.hashed(&element, field);
        }
    }
}

/// Everything by which the message names the person of a request. Two requests are for one person
/// if they share a name.
///
/// A person who is to be supplied has to be alive and on record, and `marks` say so; with no marks, as for what is
/// withdrawn, the person is not judged.
pub(crate) fn subject(
    message: &Message,
    request: &Element,
    marks: Option<&mut Marks>,
) -> Result<BTreeSet<String>, FhirRefusal> {
    let subject = request.get("subject").ok_or_else(|| {
        let path = format!("{}.subject", request.path);
        FhirRefusal::new(Code::FHIR_SUBJECT_MISSING, &path, "")
    })?;
    let mut names = BTreeSet::new();
    let mut name = |kind: &str, text: &str| names.insert(format!("{kind} {text}"));
    let reference = subject.text_of("reference")?;
    if let Some(kind) = subject.text_of("type")?
        && kind.rsplit('/').next() != Some("Patient")
    {
        return Err(subject.refuse(Code::FHIR_SUBJECT_NOT_A_PERSON, printable_code(kind)));
    }
    let resource = message.follow(request, &subject)?;
    if let Some(patient) = &resource {
        name("place", &patient.path);
        if patient.resource_type() != Some("Patient") {
            return Err(subject.refuse(Code::FHIR_SUBJECT_NOT_A_PERSON, ""));
        }
        if let Some(marks) = marks {
            check_patient(patient, marks)?;
        }
        for identifier in patient.each("identifier")? {
            identifier_name(&identifier, &mut name)?;
        }
    } else if let Some(address) = reference {
        if address.split('/').rev().nth(1) == Some("Group") {
            return Err(subject.refuse(Code::FHIR_SUBJECT_NOT_A_PERSON, "Group"));
        }
        name("address", address);
    }
    if let Some(identifier) = subject.get("identifier") {
        identifier_name(&identifier, &mut name)?;
    }
    if names.is_empty() {
        match subject.text_of("display")? {
            Some(display) => names.insert(format!("display {display}")),
            None => return Err(subject.refuse(Code::FHIR_SUBJECT_MISSING, "")),
        };
    }
    Ok(names)
}

fn identifier_name(
    identifier: &Element,
    name: &mut impl FnMut(&str, &str) -> bool,
) -> Result<(), FhirRefusal> {
    if let Some(value) = identifier.text_of("value")? {
        let system = identifier.text_of("system")?.unwrap_or_default();
        name("identifier", &format!("{system}|{value}"));
    }
    Ok(())
}

/// FHIR's modifiers of a patient: each says that this record is not a person to supply.
fn check_patient(patient: &Element, marks: &mut Marks) -> Result<(), FhirRefusal> {
    refuse_unknown_modifiers(patient)?;
    for (flag, sound) in [("active", true), ("deceasedBoolean", false)] {
        if let Some(element) = patient.get(flag) {
            marks.checked(&element, "the person's record is in use");
            if element.boolean()? != sound {
                return Err(element.refuse(Code::FHIR_SUBJECT_NOT_ACTIVE, ""));
            }
        }
    }
    if let Some(element) = patient.get("deceasedDateTime") {
        return Err(element.refuse(Code::FHIR_SUBJECT_NOT_ACTIVE, ""));
    }
    for link in patient.each("link")? {
        if let Some(kind) = link.get("type")
            && kind.text()? == "replaced-by"
        {
            return Err(kind.refuse(Code::FHIR_SUBJECT_NOT_ACTIVE, "replaced-by"));
        }
    }
    Ok(())
}
