//! When each part of an item can be collected, and how many parts there are.

use crate::accounting::{Marks, Secret};
use crate::cursor::Element;
use crate::datetime::{self, DAY_MS, HOUR_MS, MINUTE_MS, Span};
use crate::decimal;
use crate::order::{PARTS_MAX, ParseOptions, Window};
use crate::refusal::FhirRefusal;
use senim_types::Code;

/// Extensions that hold the repeat information of the United Kingdom's systems.
const REPEAT_EXTENSIONS: [&str; 4] = [
    "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-MedicationRepeatInformation",
    "https://fhir.nhs.uk/StructureDefinition/Extension-EPS-RepeatInformation",
    "https://fhir.nhs.uk/STU3/StructureDefinition/Extension-CareConnect-MedicationRepeatInformation-1",
    "https://fhir.nhs.uk/STU3/StructureDefinition/Extension-CareConnect-GPC-MedicationRepeatInformation-1",
];

/// The windows of an item's parts, in their order; at least one.
pub(crate) fn windows(
    request: &Element,
    options: &ParseOptions,
    marks: &mut Marks,
) -> Result<Vec<Window>, FhirRefusal> {
    let repeats = Repeats::read(request, options, marks)?;
    let bounds = Bounds::read(request, &repeats, options, marks)?;
    let spacing = spacing(request, repeats.parts, &bounds, options, marks)?;
    let mut windows = Vec::new();
    for index in 0..repeats.parts {
        let opens = spacing
            .nth(bounds.start_ms, index, options)
            .filter(|opens| *opens < END_MS);
        let window = opens.and_then(|opens| bounds.window(index, opens, options));
        let outside = || {
            request.refuse(
                Code::FHIR_PARTS_OUTSIDE_WINDOW,
                format!("part {}", index + 1),
            )
        };
        windows.push(window.ok_or_else(outside)?);
    }
    Ok(windows)
}

/// Times from here on are no dates of a prescription (the end of the year 9999).
const END_MS: i64 = 253_402_300_800_000;

/// How often an item is supplied.
struct Repeats<'a> {
    parts: u32,
    /// First moment after the authorisation to repeat, with its element.
    authorised_until: Option<(Element<'a>, i64)>,
}

impl<'a> Repeats<'a> {
    fn read(
        request: &Element<'a>,
        options: &ParseOptions,
        marks: &mut Marks,
    ) -> Result<Self, FhirRefusal> {
        // (element, supplies in all)
        let mut totals: Vec<(Element, u32)> = Vec::new();
        let mut issued = None;
        let mut authorised_until = None;
        let dispense = request.get("dispenseRequest");
        if let Some(count) = dispense.and_then(|d| d.get("numberOfRepeatsAllowed")) {
            // R4: "in addition to the original dispense".
            totals.push((count.clone(), whole(&count)?.saturating_add(1)));
            marks.on_ledger(&count, "parts");
        }
        for extension in request.each("extension")? {
            if !extension
                .text_of("url")?
                .is_some_and(|url| REPEAT_EXTENSIONS.contains(&url))
            {
                continue;
            }
            for part in extension.each("extension")? {
                match part.text_of("url")?.unwrap_or_default() {
                    // "Allowed" counts all issues here, where R4's own element counts the repeats.
                    "numberOfRepeatPrescriptionsAllowed" | "numberOfPrescriptionsAllowed" => {
                        let value = integer_value(&part)?;
                        totals.push((value.clone(), whole(&value)?));
                        marks.on_ledger(&value, "parts");
                    }
                    "numberOfRepeatsAllowed" => {
                        let value = integer_value(&part)?;
                        totals.push((value.clone(), whole(&value)?.saturating_add(1)));
                        marks.on_ledger(&value, "parts");
                    }
                    "numberOfRepeatPrescriptionsIssued"
                    | "numberOfPrescriptionsIssued"
                    | "numberOfRepeatsIssued" => {
                        let value = integer_value(&part)?;
                        issued = Some((value.clone(), whole(&value)?));
                        marks.on_ledger(&value, "parts");
                    }
                    "authorisationExpiryDate" => {
                        let value = part.require("valueDateTime")?;
                        let span = date(&value, options)?;
                        authorised_until = Some((value, span.end_ms));
                    }
                    _ => {}
                }
            }
        }
        let parts = parts(&totals, issued)?;
        Ok(Self {
            parts,
            authorised_until,
        })
    }
}

fn parts(totals: &[(Element, u32)], issued: Option<(Element, u32)>) -> Result<u32, FhirRefusal> {
    let Some((first, total)) = totals.first() else {
        return Ok(1);
    };
    if let Some((other, _)) = totals.iter().find(|(_, other)| other != total) {
        let detail = format!("disagrees with {}", first.path);
        return Err(other.refuse(Code::FHIR_REPEATS_CONFLICT, detail));
    }
    if *total == 0 {
        return Err(first.refuse(Code::FHIR_REPEATS_INVALID, "no supply at all"));
    }
    // Systems count this issue as the first or not at all; neither was supplied before it.
    let earlier = issued
        .as_ref()
        .map_or(0, |(_, issued)| issued.saturating_sub(1));
    let left = total.saturating_sub(earlier);
    match issued {
        Some((element, _)) if left == 0 => Err(element.refuse(Code::FHIR_REPEATS_EXHAUSTED, "")),
        _ if left > PARTS_MAX => {
            let detail = format!("{left} parts, at most {PARTS_MAX}");
            Err(first.refuse(Code::FHIR_TOO_MANY_PARTS, detail))
        }
        _ => Ok(left),
    }
}

fn integer_value<'a>(extension: &Element<'a>) -> Result<Element<'a>, FhirRefusal> {
    let names = ["valueUnsignedInt", "valuePositiveInt", "valueInteger"];
    let found = names.iter().find_map(|name| extension.get(name));
    found.ok_or_else(|| extension.refuse(Code::FHIR_REPEATS_INVALID, "holds no integer"))
}

fn whole(element: &Element) -> Result<u32, FhirRefusal> {
    let text = element.number()?;
    decimal::count(text, 1).map_err(|_| element.refuse(Code::FHIR_REPEATS_INVALID, text))
}

fn date(element: &Element, options: &ParseOptions) -> Result<Span, FhirRefusal> {
    let span = datetime::span(element.text()?, options.utc_offset_minutes)
        .ok_or_else(|| element.refuse(Code::FHIR_DATE_INVALID, ""))?;
    if span.start_ms < 0 {
        return Err(element.refuse(Code::FHIR_DATE_OUT_OF_RANGE, ""));
    }
    Ok(span)
}

/// From when, and until when if the message says so.
struct Bounds {
    start_ms: i64,
    /// Stated end of the whole order.
    until_ms: Option<i64>,
    /// Stated end of the authorisation to repeat. It bounds the supplies after the first: what is
    /// ordered now was authorised now, and the date says until when more may follow (in England it
    /// carries the review date of a repeat prescription).
    repeats_until_ms: Option<i64>,
    received_ms: i64,
    is_single: bool,
}

impl Bounds {
    fn read(
        request: &Element,
        repeats: &Repeats,
        options: &ParseOptions,
        marks: &mut Marks,
    ) -> Result<Self, FhirRefusal> {
        let period = request
            .get("dispenseRequest")
            .and_then(|dispense| dispense.get("validityPeriod"));
        let member = |name| period.as_ref().and_then(|period| period.get(name));
        let received_ms = i64::try_from(options.received_at_ms)
            .unwrap_or(END_MS)
            .min(END_MS);
        let start_ms = match member("start").or_else(|| request.get("authoredOn")) {
            Some(start) => {
                marks.on_ledger(&start, "parts.window.not_before_ms");
                Some(date(&start, options)?.start_ms)
            }
            None => None,
        };
        let until_ms = match member("end") {
            Some(end) => {
                marks.on_ledger(&end, "parts.window.until_ms");
                let until_ms = date(&end, options)?.end_ms;
                if start_ms.is_some_and(|start_ms| until_ms <= start_ms) {
                    return Err(end.refuse(Code::FHIR_WINDOW_EMPTY, ""));
                }
                if until_ms <= received_ms {
                    return Err(end.refuse(Code::FHIR_WINDOW_OVER, ""));
                }
                Some(until_ms)
            }
            None => None,
        };
        let is_single = repeats.parts == 1;
        if let Some((element, _)) = &repeats.authorised_until {
            if is_single {
                marks.checked(element, "bounds repeats; this order has none");
            } else {
                marks.on_ledger(element, "parts.window.until_ms");
            }
        }
        Ok(Self {
            // With no start of its own the order opens on arrival.
            start_ms: start_ms.unwrap_or(received_ms),
            until_ms,
            repeats_until_ms: repeats.authorised_until.as_ref().map(|(_, end_ms)| *end_ms),
            received_ms,
            is_single,
        })
    }

    /// The last stated end that a part of this index has to keep.
    fn end_of(&self, index: u32) -> Option<i64> {
        let repeats_until_ms = self.repeats_until_ms.filter(|_| index > 0);
        self.until_ms.into_iter().chain(repeats_until_ms).min()
    }

    /// The window of the part that opens at `opens_ms`; `None` if it would never be open.
    fn window(&self, index: u32, opens_ms: i64, options: &ParseOptions) -> Option<Window> {
        // The programme's days run from when the ledger has the order, or from a later opening. A
        // stated end takes their place for a single supply, and bounds them for one of several.
        let validity_ms = i64::from(options.validity_days.max(1)) * DAY_MS;
        let by_programme = opens_ms.max(self.received_ms) + validity_ms;
        let until_ms = match self.end_of(index) {
            Some(end_ms) if self.is_single => end_ms,
            Some(end_ms) => end_ms.min(by_programme),
            None => by_programme,
        };
        let not_before_ms = u64::try_from(opens_ms).ok()?;
        let until_ms = u64::try_from(until_ms).ok()?;
        (not_before_ms < until_ms).then_some(Window {
            not_before_ms,
            until_ms,
        })
    }
}

/// Time between the openings of two parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spacing {
    Ms(i64),
    Months(u32),
}

impl Spacing {
    fn nth(self, start_ms: i64, index: u32, options: &ParseOptions) -> Option<i64> {
        match self {
            Spacing::Ms(ms) => ms.checked_mul(i64::from(index))?.checked_add(start_ms),
            Spacing::Months(months) => {
                let months = months.checked_mul(index)?;
                datetime::add_months(start_ms, months, options.utc_offset_minutes)
            }
        }
    }
}

fn spacing(
    request: &Element,
    parts: u32,
    bounds: &Bounds,
    options: &ParseOptions,
    marks: &mut Marks,
) -> Result<Spacing, FhirRefusal> {
    let Some(dispense) = request.get("dispenseRequest").filter(|_| parts > 1) else {
        return Ok(Spacing::Ms(0));
    };
    if let Some(interval) = dispense.get("dispenseInterval") {
        marks.on_ledger(&interval, "parts.window");
        if let Some(text) = interval
            .get("unit")
            .filter(|_| interval.get("code").is_some())
        {
            marks.sealed(&text, Secret::Clinical);
        }
        return duration(&interval).ok_or_else(|| interval.refuse(Code::FHIR_INTERVAL_INVALID, ""));
    }
    // Nothing states an interval: the next part opens when the last one is used up.
    let supply = dispense.get("expectedSupplyDuration");
    let Some((element, supply)) = supply.and_then(|e| duration(&e).map(|supply| (e, supply)))
    else {
        return Ok(Spacing::Ms(0));
    };
    marks.on_ledger(&element, "parts.window");
    let last = supply.nth(bounds.start_ms, parts - 1, options);
    match bounds.end_of(parts - 1) {
        // An inferred interval refuses nothing: if the supplies do not fit, they share the time.
        Some(until_ms) if last.is_none_or(|opens| opens >= until_ms) => {
            Ok(Spacing::Ms((until_ms - bounds.start_ms) / i64::from(parts)))
        }
        _ => Ok(supply),
    }
}

/// A FHIR `Duration` in UCUM, or with its text alone.
fn duration(element: &Element) -> Option<Spacing> {
    if element.get("comparator").is_some() {
        return None;
    }
    let value = decimal::count(element.get("value")?.number().ok()?, 1).ok()?;
    let code = element.get("code").or_else(|| element.get("unit"))?;
    let days = |count: i64| Some(Spacing::Ms(i64::from(value).checked_mul(count * DAY_MS)?));
    let spacing = match code.text().ok()? {
        "s" | "second" | "seconds" => Spacing::Ms(i64::from(value) * 1000),
        "min" | "minute" | "minutes" => Spacing::Ms(i64::from(value) * MINUTE_MS),
        "h" | "hour" | "hours" => Spacing::Ms(i64::from(value) * HOUR_MS),
        "d" | "day" | "days" => days(1)?,
        "wk" | "week" | "weeks" => days(7)?,
        "mo" | "month" | "months" => Spacing::Months(value),
        "a" | "year" | "years" => Spacing::Months(value.checked_mul(12)?),
        _ => return None,
    };
    Some(spacing)
}
