//! The very product that an order insists on has to be one of that medicine: nobody could dispense another.

use crate::failure::{Failure, Result};
use crate::session::Session;
use senim_abi::MARKING;
use senim_abi::marking::record::{ProductRecord, product_key};
use senim_abi::prescription::NewItem;
use senim_types::Code;

/// Compares each such product with the catalogue, proven. `ORDERED_PRODUCT` names the item.
pub fn check(session: &Session, items: &[NewItem]) -> Result<()> {
    for (index, item) in items.iter().enumerate() {
        let Some(gtin) = item.product else { continue };
        let proven = session.record::<ProductRecord>(&product_key(gtin), MARKING)?;
        let product = proven.value.map(ProductRecord::into_current);
        let is_it = product.is_some_and(|product| {
            product.inn == item.inn
                && item.strength.is_none_or(|it| it == product.strength)
                && item.form.is_none_or(|it| it == product.form)
                && item.unit == product.unit
        });
        if !is_it {
            return Err(Failure::new(Code::ORDERED_PRODUCT)
                .field("item", (index + 1).to_string())
                .line(format!("  item {}: product {gtin}", index + 1)));
        }
    }
    Ok(())
}
