//! Which line of a refused message the programme does not bear. The contract says only that one is not borne; its rules
//! are state, so anybody can read them and see which.

use super::medicine::name;
use crate::context::enrolled;
use crate::failure::{Failure, Result};
use crate::programmes;
use crate::session::Session;
use crate::words::{item_numbers, items, quantity};
use senim_abi::PRESCRIPTION;
use senim_abi::prescription::programme::{MedicineRecord, PrescriberRecord};
use senim_abi::prescription::record::{medicine_key, prescriber_key};
use senim_abi::prescription::{ItemMask, MedicineRule, NewItem, PrescriberId, ProgrammeId};
use senim_types::Code;
use senim_types::crypto::SecretKey;

/// What decides whether items may be prescribed.
struct Rules {
    /// Whether only listed medicines may.
    is_listed_only: bool,
    /// The categories that the prescriber has a right to, a bit each.
    categories: u32,
    /// What the programme says of each item's medicine.
    medicines: Vec<Option<MedicineRule>>,
}

/// Adds to a final refusal the items that it is about.
pub fn name_items(
    failure: Failure,
    session: &Session,
    device: &SecretKey,
    order: (ProgrammeId, PrescriberId),
    new: &[NewItem],
) -> Failure {
    if ![Code::CATEGORY_NOT_ENTITLED, Code::MAX_QUANTITY].contains(&failure.code) {
        return failure;
    }
    // Without the rules the refusal stands as it is: it is final, and told by its own code.
    let Ok(rules) = read_rules(session, device, order, new) else {
        return failure;
    };
    let unfit = unfit(&rules, new);
    let mask = unfit.iter().fold(ItemMask::NONE, |mask, (index, _)| {
        mask.or(ItemMask::one(*index))
    });
    let lines = unfit.iter().map(|(_, line)| line.clone());
    let failure = failure.field("items", item_numbers(mask));
    let failure = if mask.is_empty() {
        failure
    } else {
        failure.line(format!("  because of {}:", items(mask)))
    };
    lines.fold(failure, Failure::line)
}

fn read_rules(
    session: &Session,
    device: &SecretKey,
    (programme, prescriber): (ProgrammeId, PrescriberId),
    new: &[NewItem],
) -> Result<Rules> {
    let org = enrolled(session, device)?.org;
    let is_listed_only = programmes::current(session, programme)?.rules.listed_only;
    let right = |prescriber| {
        let key = prescriber_key(programme, org, prescriber);
        session.record::<PrescriberRecord>(&key, PRESCRIPTION)
    };
    let right = match right(prescriber)?.value {
        Some(own) => Some(own),
        None => right(PrescriberId::ANY)?.value,
    };
    let medicine = |item: &NewItem| -> Result<Option<MedicineRule>> {
        let key = medicine_key(programme, &item.inn);
        let record = session.record::<MedicineRecord>(&key, PRESCRIPTION)?;
        Ok(record.value.map(MedicineRecord::into_current))
    };
    Ok(Rules {
        is_listed_only,
        categories: right.map_or(0, |right| right.into_current().categories),
        medicines: new.iter().map(medicine).collect::<Result<_>>()?,
    })
}

/// The items that the rules do not let be prescribed, with a line about each.
fn unfit(rules: &Rules, new: &[NewItem]) -> Vec<(usize, String)> {
    let reason = |item: &NewItem, rule: Option<&MedicineRule>| -> Option<String> {
        let Some(rule) = rule else {
            return rules
                .is_listed_only
                .then(|| "the programme does not list it".to_owned());
        };
        let has_right = rules.categories.checked_shr(rule.category.into());
        if has_right.is_none_or(|bits| bits & 1 == 0) {
            let category = rule.category;
            return Some(format!(
                "the prescriber has no right to category {category}"
            ));
        }
        (item.quantity > rule.units_max).then(|| {
            let (asked, most) = (item.quantity, quantity(rule.units_max, item.unit));
            format!("{asked} are more than {most}, the most of one item")
        })
    };
    let items = new.iter().zip(&rules.medicines).enumerate();
    items
        .filter_map(|(index, (item, rule))| {
            let reason = reason(item, rule.as_ref())?;
            let (number, name) = (index + 1, name(&item.inn));
            Some((
                index,
                format!("  {number}. {name} ({}): {reason}", item.inn),
            ))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use senim_abi::marking::Unit;
    use senim_types::{TimeMs, Tiyn};

    fn item(inn: &str, quantity: u32) -> NewItem {
        NewItem {
            inn: inn.parse().expect("an ATC code"),
            strength: None,
            form: None,
            product: None,
            unit: Unit::Tablet,
            quantity,
            not_before: TimeMs(0),
            until: TimeMs(1),
            price_cap: None,
            part: None,
        }
    }

    #[test]
    fn each_item_that_is_not_borne_is_named_with_its_reason() {
        let rule = |category, units_max| {
            Some(MedicineRule {
                category,
                units_max,
                reference_price: Tiyn(1),
            })
        };
        let rules = Rules {
            is_listed_only: true,
            categories: 1,
            medicines: vec![rule(0, 60), None, rule(3, 60), rule(0, 60)],
        };
        let new = [
            item("A10BA02", 60),
            item("N02BE01", 10),
            item("C08CA01", 30),
            item("A10BA02", 61),
        ];
        let found = unfit(&rules, &new);
        let numbers: Vec<usize> = found.iter().map(|(index, _)| *index).collect();
        assert_eq!(numbers, [1, 2, 3]);
        assert!(found[0].1.contains("N02BE01") && found[0].1.contains("not list"));
        assert!(found[1].1.contains("category 3"));
        assert!(found[2].1.contains("61 are more than 60 tablets"));
    }
}
