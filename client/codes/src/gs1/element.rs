//! Element strings as values: checked elements with what a pharmacy reads from them.

use core::fmt;

use serde::{Serialize, Serializer, ser::SerializeMap};

use super::{
    Gs1Error,
    ai::Ai,
    date::{Date, DayZero, ReferenceYear, yymmdd},
    rules,
    table::AiTable,
};

/// The separator after elements without a predefined length: the character GS, which stands for FNC1.
pub const SEPARATOR: u8 = 0x1D;

/// One identifier with its value. The value fits the identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// The application identifier.
    pub ai: Ai,
    /// Its value, in the characters of its set.
    pub value: String,
}

/// A global trade item number, filled up to 14 digits; its check digit is right.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gtin([u8; 14]);

impl Gtin {
    /// The 14 digits as text.
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).expect("only ASCII digits are stored")
    }

    /// The 14 digits as a number.
    pub fn number(&self) -> u64 {
        self.0
            .iter()
            .fold(0, |number, digit| number * 10 + u64::from(digit - b'0'))
    }

    /// From a value of AI 01 that has been checked.
    fn from_checked(value: &str) -> Gtin {
        Gtin(
            value
                .as_bytes()
                .try_into()
                .expect("the table gives AI 01 fourteen digits"),
        )
    }
}

impl fmt::Display for Gtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Gtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gtin({self})")
    }
}

/// A sound GS1 element string: every value fits its identifier, no identifier stands twice, none excludes
/// another, and each has what it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElementString {
    elements: Vec<Element>,
    expiry: Option<Date>,
}

impl ElementString {
    /// Checks elements and puts them together. An identifier that stands twice with the same value is kept once
    /// (GS1 General Specifications 4.13: repeated element strings must agree).
    pub fn new(
        elements: impl IntoIterator<Item = Element>,
        reference: ReferenceYear,
    ) -> Result<ElementString, Gs1Error> {
        let table = AiTable::shipped();
        let mut kept: Vec<Element> = Vec::new();
        for element in elements {
            rules::check_value(table, element.ai, element.value.as_bytes(), reference)?;
            match kept.iter().find(|earlier| earlier.ai == element.ai) {
                Some(earlier) if earlier.value == element.value => {}
                Some(_) => return Err(Gs1Error::RepeatedAi { ai: element.ai }),
                None => kept.push(element),
            }
        }
        if kept.is_empty() {
            return Err(Gs1Error::Empty);
        }
        rules::check_associations(table, &kept)?;
        let expiry = earliest_expiry(&kept, reference);
        Ok(ElementString {
            elements: kept,
            expiry,
        })
    }

    /// The elements in the order in which they were read.
    pub fn elements(&self) -> &[Element] {
        &self.elements
    }

    /// The value of an identifier.
    pub fn get(&self, ai: Ai) -> Option<&str> {
        self.elements
            .iter()
            .find(|element| element.ai == ai)
            .map(|element| element.value.as_str())
    }

    /// AI 01.
    pub fn gtin(&self) -> Option<Gtin> {
        self.get(Ai::GTIN).map(Gtin::from_checked)
    }

    /// AI 21.
    pub fn serial(&self) -> Option<&str> {
        self.get(Ai::SERIAL)
    }

    /// AI 10.
    pub fn lot(&self) -> Option<&str> {
        self.get(Ai::LOT)
    }

    /// The last day of use: AI 17, or the day of AI 7003; the earlier one if both are there.
    pub fn expiry(&self) -> Option<Date> {
        self.expiry
    }

    /// The bytes that a symbol carries after its first FNC1: a separator after every element that needs one,
    /// except the last.
    pub fn to_bytes(&self) -> Vec<u8> {
        let table = AiTable::shipped();
        let mut bytes = Vec::new();
        for (place, element) in self.elements.iter().enumerate() {
            bytes.extend_from_slice(element.ai.as_str().as_bytes());
            bytes.extend_from_slice(element.value.as_bytes());
            let last = place + 1 == self.elements.len();
            if !last
                && table
                    .get(element.ai)
                    .is_some_and(|entry| !entry.predefined_length)
            {
                bytes.push(SEPARATOR);
            }
        }
        bytes
    }

    /// The form for people: `(01)…(21)…`, brackets inside values written `\(`.
    pub fn to_bracketed(&self) -> String {
        let bracketed =
            |element: &Element| format!("({}){}", element.ai, element.value.replace('(', "\\("));
        self.elements.iter().map(bracketed).collect()
    }
}

fn earliest_expiry(elements: &[Element], reference: ReferenceYear) -> Option<Date> {
    elements
        .iter()
        .filter_map(|element| match element.ai {
            Ai::EXPIRY => yymmdd(element.value.as_bytes(), DayZero::LastOfMonth, reference),
            Ai::EXPIRY_TIME => yymmdd(&element.value.as_bytes()[..6], DayZero::Refused, reference),
            _ => None,
        })
        .min()
}

/// `{gtin, serial, expiry: "YYYY-MM-DD", lot, ais: {"01": …}}`; what is absent is null.
impl Serialize for ElementString {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ais = Ais(&self.elements);
        let mut map = serializer.serialize_map(Some(5))?;
        map.serialize_entry("gtin", &self.gtin().as_ref().map(Gtin::as_str))?;
        map.serialize_entry("serial", &self.serial())?;
        map.serialize_entry("expiry", &self.expiry.map(|date| date.to_string()))?;
        map.serialize_entry("lot", &self.lot())?;
        map.serialize_entry("ais", &ais)?;
        map.end()
    }
}

struct Ais<'a>(&'a [Element]);

impl Serialize for Ais<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(
            self.0
                .iter()
                .map(|element| (element.ai.as_str(), &element.value)),
        )
    }
}

/// What the pack register knows a pack by, read from its code: an element string that has GTIN and serial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pack {
    /// AI 01.
    pub gtin: Gtin,
    /// AI 21, 1 to 20 characters.
    pub serial: String,
    /// Last day of use, if the code has one; CIS packs leave it to the register.
    pub expiry: Option<Date>,
    /// AI 10, 1 to 20 characters, if the code has one.
    pub lot: Option<String>,
}

impl TryFrom<&ElementString> for Pack {
    type Error = Gs1Error;

    fn try_from(elements: &ElementString) -> Result<Pack, Gs1Error> {
        Ok(Pack {
            gtin: elements.gtin().ok_or(Gs1Error::NotAPack { ai: Ai::GTIN })?,
            serial: elements
                .serial()
                .ok_or(Gs1Error::NotAPack { ai: Ai::SERIAL })?
                .to_owned(),
            expiry: elements.expiry(),
            lot: elements.lot().map(str::to_owned),
        })
    }
}
