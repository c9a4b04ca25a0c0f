//! Contracts with providers, and their details.

use crate::contract::emit;
use crate::{cut, rules, state};
use senim_abi::settlement::{
    Agreement, ProgrammeId, Proposal, SettlementEvent, SettlementKind, Signed,
};
use senim_abi::treasury;
use senim_sdk::{CallContext, Env, Refusal, ensure};
use senim_types::{Code, Hash, OrgId, TimeMs, Tiyn};

/// A contract to be set.
pub struct Order {
    pub programme: ProgrammeId,
    pub provider: OrgId,
    pub document: Hash,
    pub from: TimeMs,
    pub until: TimeMs,
    pub ceiling: Tiyn,
    pub vat_basis_points: u16,
    pub kind: SettlementKind,
}

/// Sets a contract, or an addendum to it, and tells the treasury what it may post.
pub fn agreement<E: Env>(env: &mut E, context: &CallContext, order: &Order) -> Result<(), Refusal> {
    let (programme, provider) = (order.programme, order.provider);
    rules::check_agreement(provider, (order.from, order.until), order.vat_basis_points)?;
    let owner = state::owner(env, programme)?;
    rules::acts_for(context, owner.payer)?;
    let before = state::find_agreement(env, programme, provider)?;
    let month = owner.offsets.month_of(env.now());
    if let Some(known) = &before
        && known.document != order.document
    {
        // One act is of one contract.
        let claim = state::claim(env, programme, provider, month)?;
        let waits = known.next_cut.is_some_and(|next| next < month);
        ensure(claim.is_none() && !waits, Code::AGREEMENT_IN_USE)?;
    }
    let next_cut = before.and_then(|known| known.next_cut);
    let mut agreement = Agreement {
        payer: owner.payer,
        document: order.document,
        from: order.from,
        until: order.until,
        ceiling: order.ceiling,
        vat_basis_points: order.vat_basis_points,
        kind: order.kind,
        offsets: owner.offsets,
        next_cut,
    };
    cut::arm(env, programme, provider, &mut agreement, month);
    let terms = treasury::Execute::SetTerms {
        payer: agreement.payer,
        programme,
        provider,
        agreement: order.document,
        from: order.from,
        until: order.until,
        ceiling: order.ceiling,
        vat_basis_points: order.vat_basis_points,
        kind: order.kind,
    };
    state::command(env, &terms)?;
    let event = SettlementEvent::AgreementSet {
        programme,
        provider,
        payer: agreement.payer,
        document: order.document,
        from: order.from,
        until: order.until,
        ceiling: order.ceiling,
        vat_basis_points: order.vat_basis_points,
        kind: order.kind,
    };
    state::save_agreement(env, programme, provider, agreement);
    emit(env, &event);
    Ok(())
}

/// A provider proposes its details: its device's transaction is the signature over their hash.
pub fn propose<E: Env>(
    env: &mut E,
    context: &CallContext,
    payer: OrgId,
    hash: Hash,
) -> Result<(), Refusal> {
    let by = signed(env, context)?;
    let provider = context.org;
    let mut details = state::details(env, payer, provider)?;
    if details.confirmed == Some(hash) && details.proposal.is_none() {
        return Ok(());
    }
    if let Some(known) = details.proposal
        && known.details == hash
    {
        // The same again keeps the approval that it has.
        return Ok(());
    }
    details.proposal = Some(Proposal {
        details: hash,
        by,
        approved: None,
    });
    state::save_details(env, payer, provider, details);
    let event = SettlementEvent::DetailsProposed {
        payer,
        provider,
        details: hash,
    };
    emit(env, &event);
    Ok(())
}

/// The payer's first or second approval.
pub fn approve<E: Env>(
    env: &mut E,
    context: &CallContext,
    provider: OrgId,
    hash: Hash,
) -> Result<(), Refusal> {
    let (by, payer) = (signed(env, context)?, context.org);
    let mut details = state::details(env, payer, provider)?;
    let proposal = details.proposal.filter(|known| known.details == hash);
    let Some(mut proposal) = proposal else {
        // What holds already needs no further approval.
        return ensure(details.confirmed == Some(hash), Code::DETAILS_UNKNOWN);
    };
    let confirmed = match proposal.approved {
        None => {
            proposal.approved = Some(by);
            details.proposal = Some(proposal);
            false
        }
        Some(first) => {
            ensure(first.device != by.device, Code::SAME_APPROVER)?;
            details.confirmed = Some(hash);
            details.proposal = None;
            true
        }
    };
    state::save_details(env, payer, provider, details);
    let event = SettlementEvent::DetailsApproved {
        payer,
        provider,
        details: hash,
        device: by.device,
        confirmed,
    };
    emit(env, &event);
    Ok(())
}

/// The signature that a device's transaction is.
pub fn signed<E: Env>(env: &E, context: &CallContext) -> Result<Signed, Refusal> {
    let device = context.device.ok_or(Refusal::new(Code::NOT_AUTHORISED))?;
    Ok(Signed {
        device,
        at: env.now(),
    })
}
