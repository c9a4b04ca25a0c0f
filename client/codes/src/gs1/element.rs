//! Element strings as values: checked elements with what a pharmacy reads from them.

use senim_abi::marking::{Day, Gtin, Lot, PackCode, PackId, Serial};
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
        self.get(Ai::GTIN).map(|value| {
            value
                .parse()
                .expect("checked: 14 digits, check digit, not zero")
        })
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
        map.serialize_entry("gtin", &self.gtin().map(|gtin| gtin.to_string()))?;
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

/// A serialised pack: an element string that has GTIN and serial number, in the register's terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pack {
    /// AI 01.
    pub gtin: Gtin,
    /// AI 21.
    pub serial: Serial,
    /// Last day of use, if the code has one; CIS packs leave it to the register.
    pub expiry: Option<Date>,
    /// AI 10, if the code has one.
    pub lot: Option<Lot>,
}

impl Pack {
    /// The pack's name in the register.
    pub fn id(&self) -> PackId {
        PackId {
            gtin: self.gtin,
            serial: self.serial,
        }
    }

    /// All four parts that the register compares, if the code has them all.
    pub fn code(&self) -> Option<PackCode> {
        let date = self.expiry?;
        let expiry =
            Day::from_ymd(date.year().into(), date.month().into(), date.day().into()).ok()?;
        Some(PackCode {
            gtin: self.gtin,
            serial: self.serial,
            lot: self.lot?,
            expiry,
        })
    }
}

impl TryFrom<&ElementString> for Pack {
    type Error = Gs1Error;

    fn try_from(elements: &ElementString) -> Result<Pack, Gs1Error> {
        const CHECKED: &str = "checked: 1 to 20 characters of set 82";
        let serial = elements
            .serial()
            .ok_or(Gs1Error::NotAPack { ai: Ai::SERIAL });
        Ok(Pack {
            gtin: elements.gtin().ok_or(Gs1Error::NotAPack { ai: Ai::GTIN })?,
            serial: serial?.parse().expect(CHECKED),
            expiry: elements.expiry(),
            lot: elements.lot().map(|lot| lot.parse().expect(CHECKED)),
        })
    }
}
