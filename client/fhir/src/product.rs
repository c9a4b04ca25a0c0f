//! The very product of an order, where the doctor forbids another in its place.

use crate::accounting::Marks;
use crate::cursor::Element;
use crate::refusal::FhirRefusal;
use senim_types::Code;

/// GS1's trade item numbers in FHIR: <http://terminology.hl7.org/NamingSystem/gtin>.
pub(crate) const GTIN_SYSTEM: &str = "https://www.gs1.org/gtin";

/// The product that the codes of a medicine name by its GTIN; none if they name a medicine only. Two products are two
/// orders in one.
pub(crate) fn named(concept: &Element, marks: &mut Marks) -> Result<Option<u64>, FhirRefusal> {
    let mut found: Option<u64> = None;
    for coding in concept.each("coding")? {
        if coding.text_of("system")? != Some(GTIN_SYSTEM) {
            continue;
        }
        let gtin = coding.text_of("code")?.and_then(number);
        let gtin = gtin.ok_or_else(|| coding.refuse(Code::ORDERED_PRODUCT, "no GTIN"))?;
        if found.is_some_and(|first| first != gtin) {
            return Err(coding.refuse(Code::FHIR_MEDICINE_CONFLICT, "two products"));
        }
        for name in ["system", "code"] {
            if let Some(element) = coding.get(name) {
                marks.on_ledger(&element, "product");
            }
        }
        found = Some(gtin);
    }
    Ok(found)
}

/// A GTIN's number: 8, 12, 13 or 14 digits, the last of which checks the others (weights 3 and 1 from the right).
fn number(text: &str) -> Option<u64> {
    let is_gtin =
        matches!(text.len(), 8 | 12..=14) && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_gtin {
        return None;
    }
    let weighted = text.bytes().rev().zip([1u32, 3].into_iter().cycle());
    let sum: u32 = weighted
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    let number: u64 = text.parse().ok()?;
    (sum.is_multiple_of(10) && number > 0).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gtin_has_its_length_and_a_check_digit() {
        assert_eq!(number("04870001000011"), Some(4_870_001_000_011));
        assert_eq!(number("4870001000011"), Some(4_870_001_000_011));
        assert_eq!(number("96385074"), Some(96_385_074));
        for wrong in [
            "04870001000012",
            "487000100001",
            "",
            "0000000000000",
            "4870 01000011",
            "x",
        ] {
            assert_eq!(number(wrong), None, "{wrong}");
        }
    }
}
