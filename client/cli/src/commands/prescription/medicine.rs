//! The message's words for medicines in the ledger's terms.

use crate::failure::{Failure, Result};
use senim_abi::marking::{Form, Gtin, InnCode, Unit};
use senim_abi::prescription::{NewItem, Part};
use senim_fhir::{Item, MedicineMap};
use senim_types::{Code, TimeMs};

macro_rules! same_names {
    ($from:ty => $to:ident, $value:expr, [$($name:ident)*]) => {
        match $value { $(<$from>::$name => $to::$name),* }
    };
}

fn form(form: senim_fhir::Form) -> Form {
    same_names!(senim_fhir::Form => Form, form, [
        Tablet SolubleTablet ProlongedRelease Capsule OralLiquid OralPowder Injection Inhaler Nebules Spray Drops
        Topical Suppository Patch Device Other
    ])
}

fn unit(unit: senim_fhir::Unit) -> Unit {
    same_names!(senim_fhir::Unit => Unit, unit, [Tablet Capsule Dose Millilitre Gram Ampoule Sachet Piece])
}

/// The ledger's items of a message's items: each part of a repeat is one of its own. With each, which of the message's
/// items it came from.
pub fn new_items(items: &[Item]) -> Result<Vec<(usize, NewItem)>> {
    let mut new = Vec::new();
    for (line, item) in items.iter().enumerate() {
        let unfit = || {
            Failure::with(
                Code::FHIR_MEDICINE_UNKNOWN,
                "The medicine map has a medicine that the ledger's catalogue cannot name.",
            )
        };
        let medicine = &item.medicine;
        let inn = medicine.atc.parse().map_err(|_| unfit())?;
        let strength = medicine.strength.parse().map_err(|_| unfit())?;
        let product = item.product.map(Gtin::new).transpose();
        let product = product.map_err(|_| Failure::new(Code::ORDERED_PRODUCT))?;
        let of =
            u8::try_from(item.parts.len()).map_err(|_| Failure::new(Code::FHIR_TOO_MANY_PARTS))?;
        for (number, part) in (1u8..).zip(&item.parts) {
            let line = u8::try_from(line).map_err(|_| Failure::new(Code::FHIR_TOO_MANY_ITEMS))?;
            let place = Part { line, number, of };
            let new_item = NewItem {
                inn,
                strength: Some(strength),
                form: Some(form(medicine.form)),
                product,
                unit: unit(medicine.unit),
                quantity: part.quantity,
                not_before: TimeMs(part.window.not_before_ms),
                until: TimeMs(part.window.until_ms),
                price_cap: None,
                part: (of > 1).then_some(place),
            };
            new.push((usize::from(line), new_item));
        }
    }
    Ok(new)
}

/// The international name of a substance, for people; its code where the map does not have it.
pub fn name(inn: &InnCode) -> String {
    let map = MedicineMap::shipped();
    let known = map
        .medicines()
        .find(|medicine| medicine.atc == inn.as_str());
    known.map_or_else(|| inn.to_string(), |medicine| medicine.inn.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use senim_fhir::{LedgerOrder, ParseOptions, parse_order};

    #[test]
    fn every_medicine_of_the_map_has_the_ledgers_words() {
        for medicine in MedicineMap::shipped().medicines() {
            let code = &medicine.code;
            assert!(medicine.atc.parse::<InnCode>().is_ok(), "{code}");
            assert!(
                medicine
                    .strength
                    .parse::<senim_abi::marking::Strength>()
                    .is_ok(),
                "{code}"
            );
            assert_eq!(
                serde_json::json!(form(medicine.form)),
                serde_json::json!(medicine.form)
            );
            assert_eq!(
                serde_json::json!(unit(medicine.unit)),
                serde_json::json!(medicine.unit)
            );
        }
    }

    #[test]
    fn each_part_of_a_repeat_is_an_item_of_its_own() {
        let message = include_bytes!("../../../../../tests/data/fhir/repeats.json");
        let options = ParseOptions::new(1_770_102_000_000, [7; 32]);
        let order = parse_order(message, &MedicineMap::shipped(), &options).expect("it is sound");
        let LedgerOrder::Issue { items } = order.ledger else {
            panic!("an order")
        };
        let new = new_items(&items).expect("the map's medicines");
        let places: Vec<_> = new
            .iter()
            .map(|(line, item)| (*line, item.part.map(|part| (part.number, part.of))))
            .collect();
        let part = |number, of| Some((number, of));
        assert_eq!(
            places,
            [
                (0, None),
                (1, part(1, 3)),
                (1, part(2, 3)),
                (1, part(3, 3)),
                (2, part(1, 4)),
                (2, part(2, 4)),
                (2, part(3, 4)),
                (2, part(4, 4)),
            ]
        );
    }
}
