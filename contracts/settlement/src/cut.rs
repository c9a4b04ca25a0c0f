//! How an act is made: by the ledger itself when the month has ended, out of the treasury's claim.

use crate::contract::emit;
use crate::{rules, state};
use alloc::vec::Vec;
use senim_abi::civil::Month;
use senim_abi::settlement::{
    Act, ActBody, ActId, ActState, Agreement, DueEntry, ProgrammeId, SettlementEvent,
};
use senim_abi::treasury::Claim;
use senim_sdk::{CallContext, Env, Refusal, codec, ensure};
use senim_types::{Code, OrgId, Tiyn, TiynTotal};

/// Asks to be entered at the end of the month that is cut next, if lines can still come; from `month` on, where nothing is
/// asked for yet.
pub fn arm<E: Env>(
    env: &mut E,
    programme: ProgrammeId,
    provider: OrgId,
    agreement: &mut Agreement,
    month: Month,
) {
    if agreement.next_cut.is_some() {
        return;
    }
    let last = agreement.offsets.month_of(agreement.until).0;
    if month.0 > last.saturating_add(Agreement::MONTHS_AFTER_END) {
        return;
    }
    agreement.next_cut = Some(month);
    let due = DueEntry::Cut {
        programme,
        provider,
        period: month,
    };
    env.schedule(
        agreement.offsets.start_of(month.next()),
        &codec::encode(&due),
    );
}

/// An entry of the due-queue. One that does not concern the month that is cut next was overtaken by a cut by hand.
pub fn by_ledger<E: Env>(
    env: &mut E,
    programme: ProgrammeId,
    provider: OrgId,
    period: Month,
) -> Result<(), Refusal> {
    let agreement = state::agreement(env, programme, provider)?;
    if agreement.next_cut != Some(period) {
        return Ok(());
    }
    let claim = state::claim(env, programme, provider, period)?;
    advance(env, programme, provider, agreement.clone(), period);
    match claim {
        // A month without a line has no act.
        None => Ok(()),
        Some(claim) => make(env, &agreement, programme, provider, period, &claim).map(|_| ()),
    }
}

/// Makes an act that the due-queue did not make; none where nothing was posted in the month.
pub fn by_hand<E: Env>(
    env: &mut E,
    context: &CallContext,
    programme: ProgrammeId,
    provider: OrgId,
    period: Month,
) -> Result<Option<ActId>, Refusal> {
    let agreement = state::agreement(env, programme, provider)?;
    let is_party = [agreement.payer, provider].contains(&context.org);
    ensure(is_party, Code::NOT_AUTHORISED)?;
    let has_ended = agreement.offsets.month_of(env.now()) > period;
    ensure(has_ended, Code::PERIOD_OPEN)?;
    let claim = state::claim(env, programme, provider, period)?;
    if agreement.next_cut.is_some_and(|next| next <= period) {
        advance(env, programme, provider, agreement.clone(), period);
    }
    claim
        .map(|claim| make(env, &agreement, programme, provider, period, &claim))
        .transpose()
}

/// The month is cut: the next one is waited for.
fn advance<E: Env>(
    env: &mut E,
    programme: ProgrammeId,
    provider: OrgId,
    mut agreement: Agreement,
    period: Month,
) {
    agreement.next_cut = None;
    arm(env, programme, provider, &mut agreement, period.next());
    state::save_agreement(env, programme, provider, agreement);
}

/// Makes the act of a month, once.
fn make<E: Env>(
    env: &mut E,
    agreement: &Agreement,
    programme: ProgrammeId,
    provider: OrgId,
    period: Month,
    claim: &Claim,
) -> Result<ActId, Refusal> {
    let id = ActId {
        programme,
        provider,
        period,
        number: 0,
    };
    if state::find_act(env, &id)?.is_some() {
        return Ok(id);
    }
    let body = ActBody {
        act: id,
        payer: agreement.payer,
        agreement: agreement.document,
        kind: agreement.kind,
        vat_basis_points: agreement.vat_basis_points,
        cut_at: env.now(),
        lines: claim.lines,
        reversed_lines: claim.reversed_lines,
        sum: claim.sum,
        reversed: claim.reversed,
        vat: claim.vat,
        vat_reversed: claim.vat_reversed,
        corrects: None,
        corrections: Vec::new(),
        corrected: TiynTotal(0),
        vat_corrected: TiynTotal(0),
        set_off: claim.set_off,
        made_good: claim.made_good,
        paid: claim.paid(),
        payable: payable(claim)?,
        chain: claim.chain,
    };
    rules::is_the_claim(&body, claim)?;
    save_new(env, body);
    Ok(id)
}

/// What is still to be paid of a claim.
pub fn payable(claim: &Claim) -> Result<Tiyn, Refusal> {
    let amount = u64::try_from(claim.owed().0);
    amount
        .map(Tiyn)
        .map_err(|_| Refusal::new(Code::AMOUNT_OVERFLOW))
}

/// Keeps and tells an act that was made.
pub fn save_new<E: Env>(env: &mut E, body: ActBody) {
    let event = SettlementEvent::ActMade {
        act: body.act,
        hash: env.hash(&body.preimage()),
        payer: body.payer,
        lines: body.lines,
        reversed_lines: body.reversed_lines,
        sum: body.sum,
        reversed: body.reversed,
        payable: body.payable,
        corrects: body.corrects,
        corrections: body.corrections.clone(),
    };
    let act = Act {
        body,
        state: ActState::Generated,
        signed: None,
        accepted: None,
        check: None,
        despite: None,
        dispute: None,
        payment: None,
    };
    state::save_act(env, act);
    emit(env, &event);
}
