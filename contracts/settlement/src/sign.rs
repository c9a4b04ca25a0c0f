//! What provider and payer say about an act: signatures, disputes, corrections.

use crate::contract::emit;
use crate::rules::{self, Due, Input};
use crate::setup::signed;
use crate::{cut, forget, state};
use alloc::vec::Vec;
use senim_abi::settlement::record::Dispute;
use senim_abi::settlement::{
    ActBody, ActId, ActState, CorrectionLine, Despite, DisputeReason, EditCheck, SettlementEvent,
};
use senim_abi::treasury::{self, Claim};
use senim_abi::voucher;
use senim_sdk::{CallContext, Env, Refusal, ensure};
use senim_types::{Code, Hash, Tiyn};

/// The provider hands the work over.
pub fn sign<E: Env>(
    env: &mut E,
    context: &CallContext,
    id: &ActId,
    hash: &Hash,
) -> Result<(), Refusal> {
    let mut act = state::act(env, id)?;
    rules::acts_for(context, id.provider)?;
    rules::is_what_it_says(&act, hash)?;
    if act.signed.is_some() && act.state != ActState::Generated {
        // Signed already: the same again.
        return Ok(());
    }
    act.state = rules::next(act.state, Input::Sign)?;
    let by = signed(env, context)?;
    act.signed = Some(by);
    state::save_act(env, act);
    let event = SettlementEvent::ActSigned {
        act: *id,
        hash: *hash,
        device: by.device,
    };
    emit(env, &event);
    Ok(())
}

/// The payer accepts it, and digital tenge moves.
pub fn accept<E: Env>(
    env: &mut E,
    context: &CallContext,
    id: &ActId,
    hash: &Hash,
    (check, despite): (Option<EditCheck>, Option<Despite>),
) -> Result<(), Refusal> {
    let mut act = state::act(env, id)?;
    rules::acts_for(context, act.body.payer)?;
    rules::is_what_it_says(&act, hash)?;
    if act.accepted.is_some() {
        return Ok(());
    }
    let due = rules::due(&act.body);
    act.state = rules::next(act.state, Input::Accept(due))?;
    rules::is_the_claim(&act.body, &claim_of(env, id)?)?;
    let terms = state::terms(env, id.programme, id.provider)?;
    rules::is_below_ceiling(&act.body, terms.as_ref())?;
    let details = state::details(env, act.body.payer, id.provider)?;
    ensure(details.confirmed.is_some(), Code::DETAILS_UNCONFIRMED)?;
    rules::check_passed(check.as_ref())?;
    check_days(env, id, despite.as_ref())?;
    let by = signed(env, context)?;
    (act.accepted, act.check, act.despite) = (Some(by), check, despite.clone());
    let event = SettlementEvent::ActAccepted {
        act: *id,
        hash: *hash,
        device: by.device,
        check,
        despite,
    };
    let payable = act.body.payable;
    state::save_act(env, act);
    emit(env, &event);
    match due {
        Due::Bank => Ok(()),
        Due::Nothing => {
            paid(env, id, Tiyn::ZERO);
            Ok(())
        }
        Due::Purse => {
            let pay = treasury::Execute::PayClaim {
                id: *hash,
                provider: id.provider,
                programme: id.programme,
                period: id.period,
                amount: payable,
                to_purse: true,
            };
            state::command(env, &pay)?;
            paid(env, id, payable);
            Ok(())
        }
    }
}

/// The edit check of the days: the voucher contract found nothing wrong with what it posted, or the payer names each day all
/// the same. It ends at the first that is not named, so its cost is bounded by the days that one message can name.
fn check_days<E: Env>(env: &mut E, id: &ActId, despite: Option<&Despite>) -> Result<(), Refusal> {
    let mut named = rules::named_days(despite)?.iter();
    let mut after = None;
    loop {
        let page = state::findings(env, id, after)?;
        for finding in &page {
            rules::is_named(named.next(), finding)?;
        }
        after = page.last().map(|last| (last.place, last.day));
        if page.len() < voucher::Query::FINDINGS_MAX {
            return rules::nothing_named(named.next());
        }
    }
}

/// Nothing is owed any more.
fn paid<E: Env>(env: &mut E, id: &ActId, amount: Tiyn) {
    let event = SettlementEvent::ActPaid {
        act: *id,
        amount,
        attempt: None,
        message: Hash::ZERO,
    };
    emit(env, &event);
    forget::later(env, *id);
}

/// What the treasury says of the act's month.
pub fn claim_of<E: Env>(env: &mut E, id: &ActId) -> Result<Claim, Refusal> {
    let claim = state::claim(env, id.programme, id.provider, id.period)?;
    claim.ok_or(Refusal::new(Code::ACT_MISMATCH))
}

/// What the payer objects to.
pub struct Objection {
    pub reason: DisputeReason,
    pub statement: Hash,
    pub lines: Vec<Hash>,
}

/// The payer disputes an act.
pub fn dispute<E: Env>(
    env: &mut E,
    context: &CallContext,
    id: &ActId,
    hash: &Hash,
    objection: Objection,
) -> Result<(), Refusal> {
    let mut act = state::act(env, id)?;
    rules::acts_for(context, act.body.payer)?;
    rules::is_what_it_says(&act, hash)?;
    let few = objection.lines.len() <= Dispute::LINES_MAX;
    ensure(few, Code::OUT_OF_RANGE)?;
    act.state = rules::next(act.state, Input::Dispute)?;
    let Objection {
        reason,
        statement,
        lines,
    } = objection;
    act.dispute = Some(Dispute {
        reason,
        statement,
        lines: lines.clone(),
        by: signed(env, context)?,
    });
    state::save_act(env, act);
    let event = SettlementEvent::ActDisputed {
        act: *id,
        reason,
        statement,
        lines,
    };
    emit(env, &event);
    Ok(())
}

/// The payer takes its dispute back; that there was one stays in the events.
pub fn withdraw_dispute<E: Env>(
    env: &mut E,
    context: &CallContext,
    id: &ActId,
) -> Result<(), Refusal> {
    let mut act = state::act(env, id)?;
    rules::acts_for(context, act.body.payer)?;
    let signed = act.signed.is_some();
    act.state = rules::next(act.state, Input::WithdrawDispute { signed })?;
    state::save_act(env, act);
    emit(env, &SettlementEvent::DisputeWithdrawn { act: *id });
    Ok(())
}

/// The provider admits that lines are wrong: another act takes the place of this one.
pub fn correct<E: Env>(
    env: &mut E,
    context: &CallContext,
    id: &ActId,
    lines: Vec<CorrectionLine>,
) -> Result<ActId, Refusal> {
    let mut act = state::act(env, id)?;
    rules::acts_for(context, id.provider)?;
    act.state = rules::next(act.state, Input::Correct)?;
    let number = rules::next_number(id)?;
    let original = act.body.hash();
    let correct = treasury::Execute::Correct {
        id: number_hash(env, &original, number.number),
        provider: id.provider,
        programme: id.programme,
        period: id.period,
        lines: lines.clone(),
        reference: original,
    };
    state::command(env, &correct)?;
    let claim = claim_of(env, id)?;
    let body = ActBody {
        act: number,
        cut_at: env.now(),
        corrects: Some(original),
        corrections: lines,
        corrected: claim.corrected,
        vat_corrected: claim.vat_corrected,
        set_off: claim.set_off,
        made_good: claim.made_good,
        paid: claim.paid(),
        payable: cut::payable(&claim)?,
        ..act.body.clone()
    };
    rules::is_the_claim(&body, &claim)?;
    state::save_act(env, act);
    cut::save_new(env, body);
    Ok(number)
}

/// The treasury's name for the movement of a correction: one for each correcting act.
fn number_hash<E: Env>(env: &E, original: &Hash, number: u8) -> Hash {
    let preimage = [
        b"senim/correction".as_slice(),
        original.as_bytes(),
        &[number],
    ]
    .concat();
    env.hash(&preimage)
}
