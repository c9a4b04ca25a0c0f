//! Parameters that make sense.

use senim_abi::policy::measure::{Parameters, Price, Rules, WHOLE};
use senim_abi::voucher::Arms;
use senim_abi::voucher::Settings;
use senim_types::Tiyn;

/// One arm or more, each of rules that can be kept.
pub fn parameters(parameters: &Parameters) -> bool {
    let counted = (1..=Arms::ARMS_MAX).contains(&parameters.0.len());
    counted && parameters.0.iter().all(rules)
}

fn rules(rules: &Rules) -> bool {
    let price = match rules.price {
        Price::Cap(price) | Price::Fixed(price) => price != Tiyn::ZERO,
        Price::Listed => true,
    };
    let hours = rules
        .hours
        .is_none_or(|(from, to)| from < to && to <= 24 * 60);
    price
        && hours
        && (1..=WHOLE).contains(&rules.share_basis_points)
        && rules.weekdays != 0
        && rules.weekdays <= Rules::EVERY_DAY
        && rules.proofs != 0
        && rules.proofs < 1 << 4
        && (1..=Settings::VALIDITY_MS_MAX).contains(&rules.validity_ms_max)
}
