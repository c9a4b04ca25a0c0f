//! What a programme's list may call a product.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use senim_abi::policy::Product;

fn names(code: &str) -> Vec<String> {
    let product = Product::Inn(code.parse().unwrap());
    product.listed_as().map(|name| name.to_string()).collect()
}

#[test]
fn a_substance_is_in_its_atc_groups_the_narrowest_first() {
    assert_eq!(names("A10BA02"), ["A10BA02", "A10BA", "A10B", "A10", "A"]);
    assert_eq!(names("A10B"), ["A10B", "A10", "A"]);
    assert_eq!(names("A"), ["A"]);
    // A regulator's own code of a substance that has several.
    assert_eq!(
        names("A10BA02X"),
        ["A10BA02X", "A10BA02", "A10BA", "A10B", "A10", "A"]
    );
}

#[test]
fn what_is_no_atc_code_is_in_no_group() {
    for code in [
        "A1", "A10BA0", "10BA02", "A10BAXX", "ABCDE", "a10b", "X1234567",
    ] {
        assert_eq!(names(code), [code]);
    }
    let gtin = Product::Gtin("04870001000011".parse().unwrap());
    for product in [gtin, Product::Service(1)] {
        assert!(product.listed_as().eq([product]));
    }
}
