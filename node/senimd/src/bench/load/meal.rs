//! Meals: a voucher each, used once at a terminal of the school's caterer.

use super::{DAY_MS, Encoded, Redemption, SCHOOL, Signer, call, key};
use senim_abi::VOUCHER;
use senim_abi::policy::{Line, Product};
use senim_abi::treasury::ProgrammeId;
use senim_abi::voucher::{Entry, Execute, Proof, VoucherId};
use senim_types::limits::CALLS_MAX;
use senim_types::{TimeMs, Tiyn};
use std::ops::Range;

/// What a meal costs.
pub const PRICE: Tiyn = Tiyn(90_000);

/// A voucher for a school year for each number.
pub(super) fn vouchers(
    numbers: Range<usize>,
    now: TimeMs,
    payer: &mut Signer<'_>,
) -> (Vec<Encoded>, Vec<VoucherId>) {
    let (mut setup, mut vouchers) = (Vec::new(), Vec::with_capacity(numbers.len()));
    for first in numbers.clone().step_by(CALLS_MAX) {
        let part = first..numbers.end.min(first + CALLS_MAX);
        let calls = part.clone().zip(0u16..).map(|(number, index)| {
            let until = TimeMs(now.0 + 250 * DAY_MS);
            let issue = Execute::Issue {
                index,
                programme: ProgrammeId(2),
                holder: Some(key("pupil", number).public()),
                entry: Entry {
                    place: Some(SCHOOL),
                    amount: Tiyn(170 * PRICE.0),
                    mature_at: until,
                    until,
                },
            };
            call(VOUCHER, &issue)
        });
        let signed = payer.sign(calls.collect(), vec![]);
        let hash = signed.hash();
        let ids = part.zip(0u16..);
        vouchers.extend(ids.map(|(_, index)| VoucherId::derive(&hash, index)));
        setup.push(Encoded::new(&signed));
    }
    (setup, vouchers)
}

/// One meal.
pub(super) fn redemption(voucher: VoucherId, terminal: &mut Signer<'_>) -> Redemption {
    let meal = Line {
        product: Product::Service(1),
        units: 1,
        price: PRICE,
        listing: None,
    };
    let redeem = Execute::Redeem {
        voucher,
        place: SCHOOL,
        lines: vec![meal],
        proof: Proof::Attested,
    };
    let signed = terminal.sign(vec![call(VOUCHER, &redeem)], vec![]);
    Redemption {
        first: Encoded::new(&signed),
        then: None,
    }
}
