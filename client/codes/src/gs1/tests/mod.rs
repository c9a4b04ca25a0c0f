//! Tests of the GS1 module: reading, refusing, the table, and properties.

mod property;
mod reading;
mod refusing;
mod table;
mod values;

use super::{ElementString, Gs1Error, ReferenceYear};

pub(super) fn reference() -> ReferenceYear {
    ReferenceYear::new(2026).expect("in range")
}

pub(super) fn parse(text: &str) -> Result<ElementString, Gs1Error> {
    super::parse(text.as_bytes(), reference())
}
