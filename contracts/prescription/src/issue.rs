//! A prescription's beginning and end: issue, release, cancel, rebind, forget.

use crate::contract::emit;
use crate::dispense::transfer_id;
use crate::judged::Case;
use crate::rules::{self, Input};
use crate::{card, proofs, state};
use alloc::vec::Vec;
use senim_abi::policy::Judge;
use senim_abi::prescription::due::DueEntry;
use senim_abi::prescription::record::ITEMS_MAX;
use senim_abi::prescription::{
    CancelReason, Dispense, Facts, Group, GroupId, IssueFacts, Item, ItemFacts, ItemMask,
    ItemStage, ItemStatus, Looks, Money, NewItem, PrescriberId, PrescriptionEvent, ProgrammeId,
    Rules, judge,
};
use senim_abi::proof::HolderAct;
use senim_abi::{TREASURY, treasury};
use senim_sdk::{CallContext, Env, Refusal, codec, ensure};
use senim_types::{Code, Hash, PublicKey, TimeMs};

/// How soon a prescription that is not finished is looked at again, in ms.
const FORGET_AGAIN_MS: u64 = 24 * 60 * 60 * 1000;

/// What a clinic asks to issue: the fields of `Execute::Issue`.
pub struct Order {
    pub index: u16,
    pub programme: ProgrammeId,
    pub prescriber: PrescriberId,
    pub holder: PublicKey,
    pub card: Option<PublicKey>,
    pub paper: Option<PublicKey>,
    pub sealed: Option<Hash>,
    pub draft: bool,
    pub items: Vec<NewItem>,
}

/// Issues a prescription under an id that can never come again.
pub fn issue<E: Env>(env: &mut E, context: &CallContext, order: Order) -> Result<GroupId, Refusal> {
    let now = env.now();
    let programme = state::programme(env, order.programme)?;
    let case = Case {
        programme: order.programme,
        version: programme.version,
        rules: state::rules(env, order.programme, programme.version)?,
        group: None,
    };
    let facts = facts(env, context, &order, programme.open)?;
    let decision = judge::issue(&case.rules, &facts, &mut Judge::default());
    case.settle(decision, || Facts::Issue(facts.clone()))?;
    let id = GroupId(env.hash(&GroupId::preimage(&context.transaction, order.index)));
    ensure(
        state::find_group(env, &id)?.is_none(),
        Code::PRESCRIPTION_EXISTS,
    )?;
    if let Some(key) = order.card {
        card::bind(env, key, id, order.programme)?;
    }

    let stage = if order.draft {
        ItemStage::Draft
    } else {
        ItemStage::Open
    };
    let group = Group {
        programme: order.programme,
        version: case.version,
        issuer: context.org,
        prescriber: order.prescriber,
        created: now,
        touched: now,
        holder: order.holder,
        card: order.card,
        paper: order.paper,
        sealed: order.sealed,
        delegation: None,
        delegated_at: TimeMs(0),
        last_proof_at: TimeMs(0),
        items: order
            .items
            .iter()
            .zip(&facts.items)
            .map(|(item, facts)| to_item(item, facts, stage))
            .collect(),
        holds: Vec::new(),
        dispenses: Vec::new(),
        looks: Looks::default(),
    };
    forget_later(env, id, end_of_disputes(&group, &case.rules));
    state::save_group(env, &id, group);
    emit(
        env,
        &PrescriptionEvent::Issued {
            group: id,
            issuer: context.org,
            programme: order.programme,
            holder: order.holder,
            items: ItemMask::first(order.items.len()),
            draft: order.draft,
            version: case.version,
            facts,
        },
    );
    Ok(id)
}

/// What the programme's rules judge. What no programme would take is refused here.
fn facts<E: Env>(
    env: &E,
    context: &CallContext,
    order: &Order,
    open: bool,
) -> Result<IssueFacts, Refusal> {
    let now = env.now();
    ensure(!order.items.is_empty(), Code::OUT_OF_RANGE)?;
    ensure(order.items.len() <= ITEMS_MAX, Code::TOO_MANY_ITEMS)?;
    let right = state::prescriber(env, order.programme, context.org, order.prescriber)?
        .ok_or(Code::PRESCRIBER_NOT_AUTHORISED)?;
    ensure(now < right.until, Code::PRESCRIBER_NOT_AUTHORISED)?;
    let mut items = Vec::with_capacity(order.items.len());
    for (index, item) in order.items.iter().enumerate() {
        rules::check_new_item(item, now)?;
        let is_part_again = item.part.is_some_and(|part| {
            let earlier = &order.items[..index];
            earlier.iter().filter_map(|item| item.part).any(|other| {
                other.line == part.line && (other.number == part.number || other.of != part.of)
            })
        });
        ensure(!is_part_again, Code::OUT_OF_RANGE)?;
        items.push(ItemFacts {
            item: index as u8,
            inn: item.inn,
            quantity: item.quantity,
            not_before: item.not_before,
            until: item.until,
            rule: state::medicine(env, order.programme, &item.inn)?,
        });
    }
    Ok(IssueFacts {
        open,
        now,
        has_card: order.card.is_some(),
        categories: right.categories,
        items,
    })
}

fn to_item(new: &NewItem, facts: &ItemFacts, stage: ItemStage) -> Item {
    Item {
        inn: new.inn,
        strength: new.strength,
        form: new.form,
        product: new.product,
        unit: new.unit,
        quantity: new.quantity,
        remaining: new.quantity,
        not_before: new.not_before,
        until: new.until,
        price_cap: new.price_cap,
        // What is promised now is paid, whatever the list says by then.
        reference_price: facts.rule.map(|rule| rule.reference_price),
        part: new.part,
        stage,
        cancel_requested: false,
    }
}

/// Releases a draft. Items that were cancelled meanwhile stay cancelled.
pub fn release<E: Env>(env: &mut E, context: &CallContext, id: GroupId) -> Result<(), Refusal> {
    let (mut group, now) = (state::group(env, &id)?, env.now());
    ensure(group.issuer == context.org, Code::NOT_AUTHORISED)?;
    let mut is_changed = false;
    for index in 0..group.items.len() {
        match group.status(index, now) {
            None | Some(ItemStatus::Cancelled) => {}
            Some(status) => {
                rules::next(status, Input::Release)?;
                is_changed |= status == ItemStatus::Draft;
                group.items[index].stage = ItemStage::Open;
            }
        }
    }
    if is_changed {
        state::save_group(env, &id, group);
        emit(env, &PrescriptionEvent::Released { group: id });
    }
    Ok(())
}

/// Cancels what remains; what is held is marked, and cancelled when its hold ends.
pub fn cancel<E: Env>(
    env: &mut E,
    context: &CallContext,
    id: GroupId,
    items: ItemMask,
    reason: CancelReason,
) -> Result<(), Refusal> {
    let (mut group, now) = (state::group(env, &id)?, env.now());
    check_mask(&group, items)?;
    let act = HolderAct::Cancel { group: id, items };
    let by_holder = proofs::is_by_holder(env, &group.holder, &act);
    ensure(
        by_holder || group.issuer == context.org,
        Code::HOLDER_NOT_SIGNED,
    )?;
    let (mut cancelled, mut marked) = (ItemMask::NONE, ItemMask::NONE);
    for index in items.indices() {
        let status = group.status(index, now).ok_or(Code::PRESCRIPTION_UNKNOWN)?;
        let next = rules::next(status, Input::Cancel)?;
        let item = &mut group.items[index];
        match next {
            ItemStatus::Held => {
                item.cancel_requested = true;
                marked = marked.or(ItemMask::one(index));
            }
            _ => {
                item.stage = ItemStage::Cancelled;
                cancelled = cancelled.or(ItemMask::one(index));
            }
        }
    }
    state::save_group(env, &id, group);
    let event = PrescriptionEvent::Cancelled {
        group: id,
        items: cancelled,
        marked,
        by_holder,
        reason,
    };
    emit(env, &event);
    Ok(())
}

/// Binds a prescription to other keys of the same person. Only the identity service may (a right of
/// the registry's); a hold that runs is not touched by it.
pub fn rebind<E: Env>(
    env: &mut E,
    id: GroupId,
    holder: PublicKey,
    new_card: Option<PublicKey>,
    paper: Option<PublicKey>,
) -> Result<(), Refusal> {
    let mut group = state::group(env, &id)?;
    if (group.holder, group.card, group.paper) != (holder, new_card, paper) {
        if let Some(key) = new_card.filter(|_| group.card != new_card) {
            card::bind(env, key, id, group.programme)?;
        }
        // Who was to collect was named by the key that is lost.
        group.delegation = group.delegation.filter(|_| group.holder == holder);
        (group.holder, group.card, group.paper) = (holder, new_card, paper);
        state::save_group(env, &id, group);
        emit(env, &PrescriptionEvent::Rebound { group: id, holder });
    }
    Ok(())
}

/// Asks to forget the group when all is over: not before `at`.
fn forget_later<E: Env>(env: &mut E, id: GroupId, at: TimeMs) {
    env.schedule(at, &codec::encode(&DueEntry::Forget { group: id }));
}

/// When a group that nothing more happens to can be forgotten: after its time for disputes.
fn end_of_disputes(group: &Group, rules: &Rules) -> TimeMs {
    let last = last_instant(group).0;
    TimeMs(last.saturating_add(rules.dispute_ms).saturating_add(1))
}

/// An entry of the due-queue: forgets a finished prescription after its time for disputes, with what the treasury knows of
/// its payments. One that is not finished is looked at again.
pub fn forget<E: Env>(env: &mut E, id: GroupId) -> Result<(), Refusal> {
    let Some(group) = state::find_group(env, &id)? else {
        return Ok(());
    };
    let rules = state::rules(env, group.programme, group.version)?;
    let (now, at) = (env.now(), end_of_disputes(&group, &rules));
    if now < at || !is_finished(&group, now) {
        let tomorrow = TimeMs(now.0.saturating_add(FORGET_AGAIN_MS));
        forget_later(env, id, at.max(tomorrow));
        return Ok(());
    }
    let dispenses = (0u8..).zip(&group.dispenses);
    let paid = dispenses.filter(|(_, dispense)| dispense.money != Money::None);
    let ids: Vec<Hash> = paid
        .map(|(number, _)| transfer_id(env, id, number))
        .collect();
    if !ids.is_empty() {
        let message = treasury::Execute::Forget { ids };
        env.call(TREASURY, &codec::encode(&message))?;
    }
    for number in 0..group.dispenses.len() as u8 {
        if state::overdue(env, &id, number)?.is_some() {
            state::set_overdue(env, &id, number, None);
        }
    }
    state::delete_group(env, &id);
    emit(env, &PrescriptionEvent::Pruned { group: id });
    Ok(())
}

/// Whether nothing can happen to the group any more but a reversal.
fn is_finished(group: &Group, now: TimeMs) -> bool {
    let items_ended = (0..group.items.len()).all(|index| {
        matches!(
            group.status(index, now),
            Some(ItemStatus::Dispensed | ItemStatus::Cancelled | ItemStatus::Expired)
        )
    });
    items_ended
        && !group
            .dispenses
            .iter()
            .any(|dispense| is_awaited(dispense, now))
}

/// Whether a payment may still be posted; what nobody resolved in time has lapsed in the treasury.
fn is_awaited(dispense: &Dispense, now: TimeMs) -> bool {
    dispense.money == Money::Pending && now.since_ms(dispense.at) <= Rules::PENDING_MS_MAX
}

/// When the group came to its end: its last step, the end of its last lease, or the end of the last
/// window that ran out.
fn last_instant(group: &Group) -> TimeMs {
    let windows = group
        .items
        .iter()
        .filter(|item| item.remaining > 0 && item.stage != ItemStage::Cancelled);
    let ends = windows
        .map(|item| item.until)
        .chain(group.holds.iter().map(|hold| hold.until));
    ends.fold(group.touched, TimeMs::max)
}

/// At least one item, and none that the group has not.
pub fn check_mask(group: &Group, items: ItemMask) -> Result<(), Refusal> {
    ensure(!items.is_empty(), Code::OUT_OF_RANGE)?;
    ensure(
        ItemMask::first(group.items.len()).contains(items),
        Code::PRESCRIPTION_UNKNOWN,
    )
}
