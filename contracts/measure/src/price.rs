//! What a use costs the programme, and what the citizen bears.

use senim_abi::policy::measure::{Price, Rules, WHOLE};
use senim_sdk::policy::{Decision, Denial, Facts, Judge, Line, Terms};
use senim_types::{Code, Tiyn};

/// The terms of a use.
pub fn terms(rules: &Rules, facts: &Facts, judge: &mut Judge) -> Decision {
    for (number, line) in (1_u64..).zip(facts.lines()) {
        let may = rules.products.allows_by_any_name(line.product.listed_as());
        judge.keep(27, Code::WRONG_PURPOSE, may, (number, 0))?;
    }
    let price = facts.price();
    let pays = match rules.price {
        Price::Cap(Tiyn(most)) => {
            judge.at_most(20, Code::PRICE_ABOVE_CAP, price.0, most)?;
            share(price.0, rules.share_basis_points)
        }
        Price::Fixed(Tiyn(fixed)) => {
            let is_it = price.0 == fixed;
            judge.keep(21, Code::PRICE_NOT_FIXED, is_it, (price.0, fixed))?;
            share(price.0, rules.share_basis_points)
        }
        Price::Listed => listed(rules, facts.lines(), judge)?,
    };
    // A share is at most the whole of each line, and the price is their sum.
    let bears = price.0.saturating_sub(pays);
    if let Some(Tiyn(most)) = rules.citizen_bears_max {
        judge.at_most(24, Code::PRICE_ABOVE_CAP, bears, most)?;
    }
    if let Some(Tiyn(most)) = rules.spent_per_month_max {
        let spent = facts.token.spent_this_month.0.saturating_add(pays);
        judge.at_most(25, Code::PERIOD_LIMIT, spent, most)?;
    }
    if !rules.partial {
        let left = facts.token.left.0;
        judge.keep(26, Code::WHOLE_AMOUNT, pays == left, (pays, left))?;
    }
    Ok(Terms {
        pays: Tiyn(pays),
        bears: Tiyn(bears),
    })
}

/// Lines of the programme's list: of each, a share up to the list's price of as many packs as are begun.
fn listed(rules: &Rules, lines: &[Line], judge: &mut Judge) -> Result<u64, Denial> {
    let mut pays = 0_u64;
    for (number, line) in (1_u64..).zip(lines) {
        judge.keep(22, Code::WRONG_PURPOSE, line.listing.is_some(), (number, 0))?;
        let Some(listing) = line.listing else {
            continue;
        };
        // A list's packs have at least one unit each.
        let per_pack = listing.units_per_pack.max(1);
        if rules.whole_packs {
            let whole = line.units.is_multiple_of(per_pack);
            judge.keep(23, Code::WRONG_PURPOSE, whole, (number, per_pack.into()))?;
        }
        let packs = u64::from(line.units.div_ceil(per_pack));
        let reference = listing.price_max.0.saturating_mul(packs);
        let basis_points = listing
            .share_basis_points
            .unwrap_or(rules.share_basis_points);
        let part = share(line.price.0.min(reference), basis_points);
        pays = pays.saturating_add(part);
    }
    Ok(pays)
}

/// A share of a price, rounded down to a tiyn: the programme never pays more than its share.
fn share(price: u64, basis_points: u16) -> u64 {
    let part = u128::from(price) * u128::from(basis_points) / u128::from(WHOLE);
    // At most the price, since a share is at most a whole.
    part as u64
}
