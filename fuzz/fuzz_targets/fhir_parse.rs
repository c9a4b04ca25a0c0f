//! What a clinic's system sends: an order or a refusal by name, and the same bytes give the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use senim_fhir::{ITEMS_MAX, MedicineMap, ParseOptions, parse_order};
use std::sync::LazyLock;

static MEDICINES: LazyLock<MedicineMap> = LazyLock::new(MedicineMap::shipped);

fuzz_target!(|bytes: &[u8]| {
    let options = ParseOptions::new(1_760_000_000_000, [7; 32]);
    match parse_order(bytes, &MEDICINES, &options) {
        Ok(order) => {
            let again = parse_order(bytes, &MEDICINES, &options).expect("it was read just now");
            assert_eq!(order.ledger, again.ledger);
            assert!(order.sealed.items.len() <= ITEMS_MAX);
        }
        Err(refusal) => assert!(
            refusal.code.entry().is_some(),
            "a code that is in the table"
        ),
    }
});
