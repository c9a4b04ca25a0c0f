//! Meals: a voucher each, used once at a terminal of the school's caterer.

use super::{DAY_MS, Encoded, Redemption, SCHOOL, Signer, call, key};
use senim_abi::VOUCHER;
use senim_abi::treasury::ProgrammeId;
use senim_abi::voucher::{Execute, VoucherId};
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
            let issue = Execute::Issue {
                index,
                programme: ProgrammeId(2),
                holder: key("pupil", number).public(),
                place: SCHOOL,
                amount: Tiyn(170 * PRICE.0),
                until: TimeMs(now.0 + 250 * DAY_MS),
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
    let redeem = Execute::Redeem {
        voucher,
        price: PRICE,
    };
    let signed = terminal.sign(vec![call(VOUCHER, &redeem)], vec![]);
    Redemption {
        first: Encoded::new(&signed),
        then: None,
    }
}
