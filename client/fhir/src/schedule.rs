//! When each part of an item can be collected, and how many parts there are.

use crate::accounting::{Marks, Secret};
use crate::cursor::Element;
use crate::datetime::{self, DAY_MS, HOUR_MS, MINUTE_MS, Span};
use crate::decimal;
use crate::order::{PARTS_MAX, ParseOptions, Window};
use crate::refusal::{FhirRefusal, RefusalCode};

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
        let window = opens.and_then(|opens| bounds.window(opens, options));
        let outside = || {
            request.refuse(
                RefusalCode::PartsOutsideWindow,
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
    /// End of the authorisation, with its element.
    authorised_until: Option<(Element<'a>, Span)>,
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
                        marks.on_ledger(&value, "parts.window.until_ms");
                        authorised_until = Some((value, span));
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
        return Err(other.refuse(RefusalCode::RepeatsConflict, detail));
    }
    if *total == 0 {
        return Err(first.refuse(RefusalCode::RepeatsInvalid, "no supply at all"));
    }
    // Systems count this issue as the first or not at all; neither was supplied before it.
    let earlier = issued
        .as_ref()
        .map_or(0, |(_, issued)| issued.saturating_sub(1));
    let left = total.saturating_sub(earlier);
    match issued {
        Some((element, _)) if left == 0 => Err(element.refuse(RefusalCode::RepeatsExhausted, "")),
        _ if left > PARTS_MAX => {
            let detail = format!("{left} parts, at most {PARTS_MAX}");
            Err(first.refuse(RefusalCode::TooManyParts, detail))
        }
        _ => Ok(left),
    }
}

fn integer_value<'a>(extension: &Element<'a>) -> Result<Element<'a>, FhirRefusal> {
    let names = ["valueUnsignedInt", "valuePositiveInt", "valueInteger"];
    let found = names.iter().find_map(|name| extension.get(name));
    found.ok_or_else(|| extension.refuse(RefusalCode::RepeatsInvalid, "holds no integer"))
}

fn whole(element: &Element) -> Result<u32, FhirRefusal> {
    let text = element.number()?;
    decimal::count(text, 1).map_err(|_| element.refuse(RefusalCode::RepeatsInvalid, text))
}

fn date(element: &Element, options: &ParseOptions) -> Result<Span, FhirRefusal> {
    let span = datetime::span(element.text()?, options.utc_offset_minutes)
        .ok_or_else(|| element.refuse(RefusalCode::DateInvalid, ""))?;
    if span.start_ms < 0 {
        return Err(element.refuse(RefusalCode::DateOutOfRange, ""));
    }
    Ok(span)
}

/// From when, and until when if the message says so.
struct Bounds {
    start_ms: i64,
    until_ms: Option<i64>,
    /// Days of validity that the programme gives count from here if the message names no end.
    received_ms: i64,
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
            .and_then(|d| d.get("validityPeriod"));
        let member = |name| period.as_ref().and_then(|period| period.get(name));
        let start = match member("start") {
            Some(start) => Some(start),
            None => request.get("authoredOn"),
        };
        let stated_start_ms = match &start {
            Some(start) => {
                marks.on_ledger(start, "parts.window.not_before_ms");
                Some(date(start, options)?.start_ms)
            }
            None => None,
        };
        let received_ms = i64::try_from(options.received_at_ms)
            .unwrap_or(END_MS)
            .min(END_MS);
        // The earlier of the two ends, and which element states it.
        let mut end: Option<(Element, i64)> = None;
        if let Some(element) = member("end") {
            marks.on_ledger(&element, "parts.window.until_ms");
            let span = date(&element, options)?;
            end = Some((element, span.end_ms));
        }
        if let Some((element, span)) = &repeats.authorised_until
            && end
                .as_ref()
                .is_none_or(|(_, earlier)| span.end_ms < *earlier)
        {
            end = Some((element.clone(), span.end_ms));
        }
        let until_ms = end.as_ref().map(|(_, end_ms)| *end_ms);
        let start_ms = match (stated_start_ms, end) {
            (Some(start_ms), Some((element, end_ms))) if end_ms <= start_ms => {
                return Err(element.refuse(RefusalCode::WindowEmpty, "ends before it starts"));
            }
            (Some(start_ms), _) => start_ms,
            // With no start of its own the order opens on arrival. One that had ended by then is
            // still an order: it goes to the ledger with its last moment, as what it is, expired.
            (None, Some((_, end_ms))) => received_ms.min(end_ms - 1),
            (None, None) => received_ms,
        };
        Ok(Self {
            start_ms,
            until_ms,
            received_ms,
        })
    }

    /// The window of a part that opens at `opens_ms`; `None` if it would never be open.
    fn window(&self, opens_ms: i64, options: &ParseOptions) -> Option<Window> {
        // The programme's days run from when the ledger has the order, or from a later opening.
        let validity_ms = i64::from(options.validity_days.max(1)) * DAY_MS;
        let until_ms = self
            .until_ms
            .unwrap_or(opens_ms.max(self.received_ms) + validity_ms);
        if opens_ms >= until_ms {
            return None;
        }
        let not_before_ms = u64::try_from(opens_ms).ok()?;
        Some(Window {
            not_before_ms,
            until_ms: u64::try_from(until_ms).ok()?,
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
        return duration(&interval)
            .ok_or_else(|| interval.refuse(RefusalCode::IntervalInvalid, ""));
    }
    // Nothing states an interval: the next part opens when the last one is used up.
    let supply = dispense.get("expectedSupplyDuration");
    let Some((element, supply)) = supply.and_then(|e| duration(&e).map(|supply| (e, supply)))
    else {
        return Ok(Spacing::Ms(0));
    };
    marks.on_ledger(&element, "parts.window");
    let last = supply.nth(bounds.start_ms, parts - 1, options);
    match bounds.until_ms {
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
