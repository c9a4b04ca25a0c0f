//! Cards: what the card contract is asked. A card is written into a prescription once, looked at again at each hold by it,
//! and replaced by its service centre.

use crate::contract::emit;
use crate::state;
use senim_abi::CARD;
use senim_abi::card::msg::{self, KeyAnswer};
use senim_abi::prescription::{Group, GroupId, PrescriptionEvent, ProgrammeId};
use senim_sdk::{CallContext, Env, Refusal, codec, ensure};
use senim_types::{Code, OrgId, PublicKey};

/// Writes a card's key into a prescription. The card contract refuses one that is not good.
pub fn bind<E: Env>(
    env: &mut E,
    key: PublicKey,
    group: GroupId,
    programme: ProgrammeId,
) -> Result<(), Refusal> {
    let bind = msg::Execute::Bind {
        key,
        group,
        programme,
    };
    env.call(CARD, &codec::encode(&bind)).map(|_| ())
}

/// The card that signed is still good: not blocked, its entitlement not ended.
pub fn is_good<E: Env>(env: &mut E, group: &Group) -> Result<(), Refusal> {
    let key = group.card.ok_or(Code::CARD_MISMATCH)?;
    let check = msg::Query::Check {
        key,
        programme: group.programme,
    };
    env.query(CARD, &codec::encode(&check)).map(|_| ())
}

/// Binds a prescription to a key of the person's new card.
pub fn replace<E: Env>(
    env: &mut E,
    context: &CallContext,
    id: GroupId,
    card: PublicKey,
) -> Result<(), Refusal> {
    let mut group = state::group(env, &id)?;
    let old = group.card.ok_or(Code::CARD_MISMATCH)?;
    for key in [old, card] {
        let is_theirs = issuer(env, key)? == context.org;
        ensure(is_theirs, Code::NOT_AUTHORISED)?;
    }
    if old != card {
        bind(env, card, id, group.programme)?;
        group.card = Some(card);
        state::save_group(env, &id, group);
        emit(env, &PrescriptionEvent::CardReplaced { group: id });
    }
    Ok(())
}

/// The service centre that registered a key.
fn issuer<E: Env>(env: &mut E, key: PublicKey) -> Result<OrgId, Refusal> {
    let question = codec::encode(&msg::Query::Key { key });
    let answer: KeyAnswer = codec::decode(&env.query(CARD, &question)?)?;
    answer
        .map(|key| key.issuer)
        .ok_or(Refusal::new(Code::CARD_UNKNOWN))
}
