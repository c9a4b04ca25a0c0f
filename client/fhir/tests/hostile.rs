//! Whatever the bytes, reading ends in an order or a refusal, and never in a panic.

mod support;

use proptest::prelude::*;
use senim_fhir::{LedgerOrder, MedicineMap, parse_order};
use serde_json::Value;
use support::*;

#[test]
fn a_message_of_nothing_but_references_to_its_last_place_is_read() {
    let mut value: Value = serde_json::from_slice(&message("single.json")).unwrap();
    let filler = |index| serde_json::json!({ "resourceType": "Basic", "id": format!("b{index}") });
    let contained = value["contained"].as_array_mut().unwrap();
    contained.extend((0..4_000).map(filler));
    let reference = serde_json::json!({ "reference": "#b3999" });
    value["supportingInformation"] = vec![reference; 8_000].into();
    assert_eq!(items(&parse_value(&value).unwrap()).len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        let _ = parse(&bytes);
    }

    #[test]
    fn a_message_with_bytes_changed_is_read_or_refused(
        name in proptest::sample::select(&MESSAGES[..]),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        length in any::<prop::sample::Index>(),
        cut in any::<bool>(),
    ) {
        let mut bytes = message(name);
        for (index, byte) in changes {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        if cut {
            bytes.truncate(length.index(bytes.len()));
        }
        let _ = parse(&bytes);
    }

    /// Any leaf may be replaced by anything: what is taken keeps the invariants of an order.
    #[test]
    fn a_message_with_a_leaf_replaced_keeps_the_invariants(
        name in proptest::sample::select(&MESSAGES[..]),
        at in any::<prop::sample::Index>(),
        new in prop_oneof![
            Just("null".to_owned()),
            Just("true".to_owned()),
            Just("{}".to_owned()),
            Just("[]".to_owned()),
            Just("[[[]]]".to_owned()),
            "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,30})?",
            "\"[a-zA-Z0-9:#/ T+-]{0,30}\"",
            "\"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)?\"",
        ],
        received_at_ms in any::<u64>(),
        utc_offset_minutes in any::<i16>(),
        validity_days in any::<u16>(),
    ) {
        let mut value: Value = serde_json::from_slice(&message(name)).unwrap();
        let (path, _) = leaves(&value).swap_remove(at.index(leaves(&value).len()));
        let pointer = path.split_once('.').unwrap().1;
        let pointer = format!("/{}", pointer.replace(['.', '['], "/").replace(']', ""));
        *value.pointer_mut(&pointer).unwrap() = "\u{1}".into();
        // As text: a value type would round the numbers that this is about.
        let text = value.to_string().replace("\"\\u0001\"", &new);
        let mut options = options();
        options.received_at_ms = received_at_ms;
        options.utc_offset_minutes = utc_offset_minutes;
        options.validity_days = validity_days;
        let Ok(order) = parse_order(text.as_bytes(), &MedicineMap::shipped(), &options) else {
            return Ok(());
        };
        match &order.ledger {
            LedgerOrder::Issue { items } => {
                prop_assert!(!items.is_empty());
                for item in items {
                    prop_assert!(!item.parts.is_empty());
                    let total: u64 = item.parts.iter().map(|part| u64::from(part.quantity)).sum();
                    prop_assert_eq!(total, u64::from(item.quantity()));
                    for part in &item.parts {
                        prop_assert!(part.quantity > 0);
                        prop_assert!(part.window.not_before_ms < part.window.until_ms);
                    }
                }
                prop_assert_eq!(items.len(), order.sealed.items.len());
            }
            LedgerOrder::Cancel { targets } => {
                prop_assert_eq!(targets.len(), order.sealed.items.len());
                for target in targets {
                    prop_assert!(!target.links.is_empty() || target.group.is_some());
                }
            }
        }
        // Each replacement is one leaf again.
        prop_assert_eq!(order.accounting.len(), leaves(&value).len());
    }
}
