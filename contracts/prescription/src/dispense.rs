//! Dispensing: prescription, packs and money in one transaction, or nothing of it.

use crate::contract::emit;
use crate::hold::check_signed;
use crate::judged::Case;
use crate::rules::{self, Input, held_by};
use crate::{pending, state};
use alloc::vec::Vec;
use senim_abi::marking::msg::{self as marking, SUPPLY_LINES_MAX, SuppliedLine, SupplyLine};
use senim_abi::policy::Judge;
use senim_abi::prescription::msg::DispenseReceipt;
use senim_abi::prescription::record::{DISPENSES_MAX, DispensedPack, GROUP_PACKS_MAX};
use senim_abi::prescription::{
    Dispense, DispenseFacts, DispenseLine, DispensedLine, Facts, Group, GroupId, ItemMask, Money,
    Ordered, PrescriptionEvent, Rules, SuppliedPack, judge,
};
use senim_abi::proof::HeldStep;
use senim_abi::treasury::BudgetId;
use senim_abi::{MARKING, TREASURY, treasury};
use senim_sdk::{CallContext, Env, Refusal, codec, ensure};
use senim_types::{Code, Hash, OrgId, TimeMs, Tiyn};

/// Dispenses the lines: checks the hold, takes the packs, settles, and writes the group once.
pub fn dispense<E: Env>(
    env: &mut E,
    context: &CallContext,
    id: GroupId,
    lines: &[DispenseLine],
) -> Result<DispenseReceipt, Refusal> {
    let (mut group, now) = (state::group(env, &id)?, env.now());
    check_room(&group, lines)?;
    let items = check_lines(&group, lines, context.org, now)?;
    let signed = HeldStep::Dispense {
        group: id,
        lines: env.hash(&codec::encode(&lines)),
    };
    check_signed(env, &group, items, now, &signed)?;
    let case = Case::of(env, id, &group)?;
    let provider = state::provider(env, group.programme, context.org)?;

    let supplied = supply(env, context.org, lines)?;
    let facts = DispenseFacts {
        settlement: provider.settlement,
        lines: facts(&group, lines, &supplied)?,
    };
    let decision = judge::dispense(&case.rules, &facts, &mut Judge::default());
    let terms = case.settle(decision, || Facts::Dispense(facts.clone()))?;
    let taken = take_units(&mut group, lines, &supplied)?;
    let is_missing = supplied.iter().any(|line| line.movement_missing);
    let borne = terms.pays;
    let number = group.dispenses.len() as u8;
    let payment = Payment {
        group: id,
        dispense: number,
        org: context.org,
        amount: borne,
    };
    let budget = state::programme(env, group.programme)?.budget;
    let money = pay(env, budget, &payment, is_missing, now)?;

    let key = hold_key(&group, items, now)?;
    for hold in &mut group.holds {
        hold.items = hold.items.without(items);
    }
    let org = context.org;
    let packs = taken.packs;
    let event = PrescriptionEvent::Dispensed {
        group: id,
        issuer: group.issuer,
        programme: group.programme,
        org,
        dispense: number,
        packs: packs.clone(),
        completed: completed(&group, items),
        borne,
        citizen: terms.bears,
        money,
        version: case.version,
        facts,
    };
    group.dispenses.push(Dispense {
        org,
        key,
        at: now,
        packs,
        borne,
        money,
        reversed: false,
    });
    state::save_group(env, &id, group);
    emit(env, &event);
    Ok(DispenseReceipt {
        dispense: number,
        cost: taken.cost,
        borne,
        money,
    })
}

/// A message and a record have their limits.
fn check_room(group: &Group, lines: &[DispenseLine]) -> Result<(), Refusal> {
    let packs: usize = lines.iter().map(|line| line.packs.len()).sum();
    ensure(
        !lines.is_empty() && lines.iter().all(|line| !line.packs.is_empty()),
        Code::OUT_OF_RANGE,
    )?;
    let kept: usize = group
        .dispenses
        .iter()
        .map(|dispense| dispense.packs.len())
        .sum();
    let fits = packs <= SUPPLY_LINES_MAX
        && kept + packs <= GROUP_PACKS_MAX
        && group.dispenses.len() < DISPENSES_MAX;
    ensure(fits, Code::TOO_MANY_ITEMS)
}

/// Every line's item is held by this pharmacy and has that much left. Returns the items.
fn check_lines(
    group: &Group,
    lines: &[DispenseLine],
    org: OrgId,
    now: TimeMs,
) -> Result<ItemMask, Refusal> {
    let mut items = ItemMask::NONE;
    for line in lines {
        let index = usize::from(line.item);
        let status = group.status(index, now).ok_or(Code::PRESCRIPTION_UNKNOWN)?;
        let item = &group.items[index];
        let units = units_of(line)?;
        let input = Input::Dispense {
            holder: held_by(group, index, org, now),
            is_last: units == item.remaining,
            is_marked: item.cancel_requested,
        };
        rules::next(status, input)?;
        ensure(units <= item.remaining, Code::QTY_EXCEEDS_REMAINING)?;
        ensure(!items.has(index), Code::OUT_OF_RANGE)?;
        items = items.or(ItemMask::one(index));
    }
    Ok(items)
}

fn units_of(line: &DispenseLine) -> Result<u32, Refusal> {
    let units = line
        .packs
        .iter()
        .try_fold(0u32, |sum, pack| sum.checked_add(pack.units));
    units.ok_or(Code::QTY_EXCEEDS_REMAINING.into())
}

/// The packs leave the register, in one call.
fn supply<E: Env>(
    env: &mut E,
    place: OrgId,
    lines: &[DispenseLine],
) -> Result<Vec<SuppliedLine>, Refusal> {
    let packs = lines.iter().flat_map(|line| &line.packs);
    let lines = packs
        .map(|used| SupplyLine {
            pack: used.pack,
            units: used.units,
            price: used.price,
        })
        .collect();
    let message = codec::encode(&marking::Execute::Supply { place, lines });
    codec::decode(&env.call(MARKING, &message)?)
}

/// What the programme's rules judge: each line with what its item says and what the register answered.
fn facts(
    group: &Group,
    lines: &[DispenseLine],
    supplied: &[SuppliedLine],
) -> Result<Vec<DispensedLine>, Refusal> {
    let mut answers = supplied.iter();
    let mut facts = Vec::with_capacity(lines.len());
    for line in lines {
        let item = &group.items[usize::from(line.item)];
        let mut packs = Vec::with_capacity(line.packs.len());
        for used in &line.packs {
            packs.push(SuppliedPack {
                gtin: used.pack.gtin,
                units: used.units,
                supplied: *answers.next().ok_or(Code::CORRUPT_RECORD)?,
            });
        }
        facts.push(DispensedLine {
            item: line.item,
            ordered: Ordered {
                inn: item.inn,
                strength: item.strength,
                form: item.form,
                product: item.product,
                unit: item.unit,
                price_cap: item.price_cap,
                reference_price: item.reference_price,
            },
            packs,
        });
    }
    Ok(facts)
}

/// What leaves, and what it costs.
struct Taken {
    packs: Vec<DispensedPack>,
    cost: Tiyn,
}

/// Takes the units off the items.
fn take_units(
    group: &mut Group,
    lines: &[DispenseLine],
    supplied: &[SuppliedLine],
) -> Result<Taken, Refusal> {
    let mut taken = Taken {
        packs: Vec::with_capacity(supplied.len()),
        cost: Tiyn::ZERO,
    };
    let uses = lines
        .iter()
        .flat_map(|line| line.packs.iter().map(move |used| (line.item, used)));
    for ((item, used), answer) in uses.zip(supplied) {
        group.items[usize::from(item)].remaining -= used.units;
        taken.cost = sum(taken.cost, answer.cost)?;
        taken.packs.push(DispensedPack {
            item,
            pack: used.pack.id(),
            units: used.units,
            cost: answer.cost,
        });
    }
    Ok(taken)
}

fn sum(a: Tiyn, b: Tiyn) -> Result<Tiyn, Refusal> {
    a.checked_add(b).ok_or(Code::AMOUNT_OVERFLOW.into())
}

/// What the treasury is asked for.
struct Payment {
    group: GroupId,
    dispense: u8,
    org: OrgId,
    amount: Tiyn,
}

/// The programme's part goes to the pharmacy: at once, or reserved while a movement is missing.
fn pay<E: Env>(
    env: &mut E,
    budget: BudgetId,
    payment: &Payment,
    is_missing: bool,
    now: TimeMs,
) -> Result<Money, Refusal> {
    let Payment {
        group,
        dispense,
        org: provider,
        amount,
    } = *payment;
    if amount == Tiyn::ZERO {
        return Ok(Money::None);
    }
    let reference = group.0;
    let id = transfer_id(env, group, dispense);
    if !is_missing {
        let pay = treasury::Execute::Pay {
            id,
            budget,
            provider,
            amount,
            reference,
        };
        env.call(TREASURY, &codec::encode(&pay))?;
        return Ok(Money::Posted);
    }
    let expires_at = TimeMs(now.0.saturating_add(Rules::PENDING_MS_MAX));
    let reserve = treasury::Execute::Reserve {
        id,
        budget,
        provider,
        amount,
        reference,
        expires_at,
    };
    env.call(TREASURY, &codec::encode(&reserve))?;
    pending::check_later(env, group, dispense, now);
    Ok(Money::Pending)
}

/// The name of a dispense's transfer: unique, since a group's id and the number in it are.
pub fn transfer_id<E: Env>(env: &E, group: GroupId, dispense: u8) -> Hash {
    env.hash(
        &[
            b"senim/dispense".as_slice(),
            group.0.as_bytes(),
            &[dispense],
        ]
        .concat(),
    )
}

/// The key that a reversal will have to be signed by: that of the first hold that is used.
fn hold_key(
    group: &Group,
    items: ItemMask,
    now: TimeMs,
) -> Result<senim_types::PublicKey, Refusal> {
    let used = group
        .holds
        .iter()
        .find(|hold| now < hold.until && !hold.items.and(items).is_empty());
    Ok(used.ok_or(Code::NOT_HELD)?.key)
}

fn completed(group: &Group, items: ItemMask) -> ItemMask {
    items
        .indices()
        .filter(|index| group.items[*index].remaining == 0)
        .fold(ItemMask::NONE, |mask, index| mask.or(ItemMask::one(index)))
}
