//! Which refusals of a movement are final.
//!
//! A final one says something of the movement itself: brought again it would be refused again, so it waits for a person
//! and those after it are brought. Every other one says something of the moment, the device or the node, and passes: a
//! sequence number that was used, a rate, an expired transaction, a suspended device, a right that is missing. Then the
//! movement is brought again, and those after it wait, since packs move in order.

use senim_types::Code;

/// The final ones, ascending. What is not here is tried again.
pub const FINAL: [Code; 25] = [
    Code::TOO_LARGE,
    Code::OUT_OF_FUEL,
    Code::NOT_AUTHORISED,
    Code::WRONG_STATE,
    Code::OUT_OF_RANGE,
    Code::PRODUCT_UNKNOWN,
    Code::PRODUCT_EXISTS,
    Code::PACK_UNKNOWN,
    Code::PACK_EXISTS,
    Code::PACK_ALREADY_SUPPLIED,
    Code::PACK_RECALLED,
    Code::PACK_WITHDRAWN,
    Code::PACK_EXPIRED,
    Code::PACK_LOT_MISMATCH,
    Code::PACK_EXPIRY_MISMATCH,
    Code::PACK_NOT_HERE,
    Code::PACK_STOLEN,
    Code::PACK_WRONG_STATE,
    Code::PACK_UNITS_EXCEEDED,
    Code::PACK_LEFT,
    Code::GTIN_INVALID,
    Code::BATCH_UNKNOWN,
    Code::PACK_PRICE_CHANGED,
    Code::TOO_MANY_ITEMS,
    Code::MOVEMENT_FORM,
];

/// Whether a movement that was refused with this code is refused for good.
pub fn is_final(code: Code) -> bool {
    FINAL.binary_search(&code).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use senim_types::code::CODES;

    #[test]
    fn what_says_something_of_the_movement_is_final_and_all_else_passes() {
        assert!(FINAL.windows(2).all(|pair| pair[0] < pair[1]), "in order");
        // Of the register's own only that an undoing came too late is about no movement.
        let own = |code: &Code| (3200..3300).contains(&code.0);
        for code in CODES.iter().map(|entry| entry.code).filter(own) {
            assert_eq!(is_final(code), code != Code::REVERSAL_TOO_LATE, "{code}");
        }
        for code in [
            Code::BAD_SIGNATURE,
            Code::TRANSACTION_EXPIRED,
            Code::VALID_UNTIL_TOO_FAR,
            Code::DEVICE_UNKNOWN,
            Code::DEVICE_SUSPENDED,
            Code::ORGANISATION_SUSPENDED,
            Code::SEQUENCE_USED,
            Code::SEQUENCE_TOO_OLD,
            Code::SEQUENCE_TOO_FAR,
            Code::MEMPOOL_FULL,
            Code::DEVICE_RATE,
            Code::NOT_READY,
            Code::NOT_FOUND,
            Code::TIMED_OUT,
            Code::ROLE_NOT_ALLOWED,
            Code::TRAP,
            Code::BLOCK_FULL,
            Code::BAD_USAGE,
            Code(65_000),
        ] {
            assert!(!is_final(code), "{code}");
        }
        // Nothing of admission but the size is the movement's.
        let admission = |code: &Code| (1000..1200).contains(&code.0);
        let finals: Vec<Code> = FINAL.into_iter().filter(admission).collect();
        assert_eq!(finals, [Code::TOO_LARGE]);
    }
}
