//! Whatever the order of corrections, reversals and uses that are undone.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::corrections::*;
use common::*;
use proptest::prelude::*;
use senim_abi::civil::{Month, UtcOffsets};
use senim_abi::treasury::{BudgetId, CorrectionLine, Execute};
use senim_types::{Code, Tiyn};

/// What may happen to the lines of January.
#[derive(Clone, Debug)]
enum Step {
    Pay(u64),
    Spend(bool, u64),
    Reverse(usize),
    Unspend(usize),
    Correct(bool, Vec<(usize, u64)>),
    NextMonth,
}

/// A line as a plain list has it.
#[derive(Clone, Copy, Debug)]
struct Plain {
    number: u64,
    budget: BudgetId,
    is_kept: bool,
    amount: u64,
    posted_in: Month,
    corrected: Option<u64>,
    is_off: bool,
}

fn step() -> impl Strategy<Value = Step> {
    let amount = || 1..5_000u64;
    let which = || 0..12usize;
    prop_oneof![
        3 => amount().prop_map(Step::Pay),
        3 => (any::<bool>(), amount()).prop_map(|(second, amount)| Step::Spend(second, amount)),
        3 => which().prop_map(Step::Reverse),
        3 => which().prop_map(Step::Unspend),
        4 => (any::<bool>(), proptest::collection::vec((which(), 0..1_050u64), 1..4))
            .prop_map(|(own, lines)| Step::Correct(own, lines)),
        1 => Just(Step::NextMonth),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_the_order_a_line_comes_off_once_and_its_money_is_where_it_came_from(
        steps in proptest::collection::vec(step(), 1..60)
    ) {
        let mut env = world();
        let offsets = UtcOffsets::fixed(300);
        let mut lines: Vec<Plain> = Vec::new();
        for step in steps {
            env.advance(1);
            let month = offsets.month_of(env.time());
            let number = lines.len() as u64 + 10;
            let posted = |budget, is_kept, amount| Plain {
                number, budget, is_kept, amount, posted_in: month, corrected: None, is_off: false,
            };
            match step {
                Step::NextMonth => env.advance(31 * DAY_MS),
                Step::Pay(amount) => {
                    applied(&by_named(&mut env, &pay(number, amount)));
                    lines.push(posted(LINE, true, amount));
                }
                Step::Spend(second, amount) => {
                    let budget = if second { SECOND_LINE } else { LINE };
                    spent(&mut env, budget, PHARMACY, number, amount);
                    lines.push(posted(budget, false, amount));
                }
                Step::Reverse(index) => {
                    let Some(known) = lines.get_mut(index).filter(|line| line.is_kept) else { continue };
                    let outcome = by(&mut env, NAMED, &reverse(known.number));
                    prop_assert_eq!(outcome.code(), None, "again is the same answer");
                    known.is_off = true;
                }
                Step::Unspend(index) => {
                    let Some(known) = lines.get_mut(index).filter(|line| !line.is_kept) else { continue };
                    let message = Execute::Unspend {
                        id: id(known.number), budget: known.budget, provider: PHARMACY,
                        amount: Tiyn(known.amount), reference: id(900),
                        period: known.posted_in, vat_basis_points: VAT,
                    };
                    let outcome = by(&mut env, NAMED, &message);
                    prop_assert_eq!(outcome.code(), known.is_off.then_some(Code::LINE_REVERSED));
                    known.is_off = true;
                }
                Step::Correct(own, parts) => {
                    // Another provider names the same lines, and has no claim to take them off.
                    let provider = if own { PHARMACY } else { OTHER_PHARMACY };
                    // In thousandths of each line, and rarely of more than it.
                    let parts = parts.into_iter().filter_map(|(index, part)| {
                        let known = lines.get(index)?;
                        Some((index, (known.amount * part).div_ceil(1_000)))
                    });
                    let parts: Vec<(usize, u64)> = parts.collect();
                    let named = parts.iter().map(|(index, amount)| CorrectionLine {
                        budget: lines[*index].budget,
                        ..line(lines[*index].number, *amount)
                    });
                    let outcome = correct(&mut env, provider, named.collect());
                    let mut after = lines.clone();
                    let all = parts.iter().all(|(index, amount)| {
                        let known = &mut after[*index];
                        let may = own && known.posted_in == JANUARY && !known.is_off
                            && known.corrected.is_none() && *amount > 0 && *amount <= known.amount;
                        known.corrected = Some(*amount);
                        may
                    });
                    if all && !parts.is_empty() {
                        prop_assert_eq!(outcome.code(), None);
                        lines = after;
                    } else if outcome.code().is_none() {
                        // Nothing is known of what was spent but the sum: the provider took off its own claim more
                        // than stood in one line, or what stands in another month. It is not a line of this list.
                        let unknown = parts.iter().any(|(index, amount)| {
                            let known = &lines[*index];
                            !known.is_kept && (*amount > known.amount || known.posted_in != JANUARY)
                        });
                        prop_assert!(own && unknown, "{:?}", parts);
                        return Ok(());
                    }
                }
            }
            let standing = |line: &Plain| if line.is_off { 0 } else { line.amount - line.corrected.unwrap_or(0) };
            for budget in [LINE, SECOND_LINE] {
                let of_line = lines.iter().filter(|line| line.budget == budget);
                // What an issuer took off is locked again, and no more available than before.
                let away: u64 = of_line.map(|line| {
                    if line.is_off && !line.is_kept { line.amount } else { standing(line) }
                }).sum();
                prop_assert_eq!(left_in(&mut env, budget), u128::from(ALLOTTED - away));
            }
            let counted_now: u64 = lines.iter().map(standing).sum();
            prop_assert_eq!(counted(&mut env), u128::from(counted_now));
            let claims = (0..64).scan(JANUARY, |month, _| {
                let now = *month;
                *month = month.next();
                Some(now)
            });
            let (mut owed, mut vat, mut vat_off, mut parts) = (0i128, 0, 0, 0);
            for month in claims {
                let claim = claim_of(&mut env, PHARMACY, month);
                owed += claim.owed().0 as i128 - claim.excess().0 as i128;
                vat += claim.vat.0;
                vat_off += claim.vat_corrected.0 + claim.vat_reversed.0;
                parts += u128::from(claim.off.times);
            }
            prop_assert!(vat_off <= vat + parts);
            prop_assert_eq!(owed, i128::from(counted_now));
        }
    }
}
