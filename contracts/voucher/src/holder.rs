//! What a holder signs.

use crate::contract::emit;
use crate::{life, proof, rules, state};
use senim_abi::policy::Act;
use senim_abi::voucher::proof::{HolderAct, HolderStatement};
use senim_abi::voucher::record::{Delegation, Programme};
use senim_abi::voucher::{Standing, Voucher, VoucherEvent};
use senim_sdk::{Env, Refusal, codec, ensure};
use senim_types::{Code, Domain};

/// An act that the holder's key signed.
pub fn act<E: Env>(env: &mut E, statement: &HolderStatement) -> Result<(), Refusal> {
    let mut voucher = state::voucher(env, &statement.voucher)?;
    let programme = state::programme(env, voucher.programme)?;
    let holder = voucher.holder.ok_or(Code::NO_HOLDER)?;
    let message = codec::encode(statement);
    let is_signed = env.witnessed(&holder, Domain::VoucherHolder, &message);
    ensure(is_signed, Code::NOT_SIGNED)?;
    proof::is_later(&voucher, statement.at)?;
    proof::is_recent(&programme.settings, env.now(), statement.at)?;
    rules::is_live(&voucher, env.now())?;
    voucher.stated_at = statement.at;
    match statement.act {
        HolderAct::Activate => activate(env, statement, voucher, &programme),
        HolderAct::Delegate(delegation) => {
            delegate(env, statement, voucher, &programme, delegation)
        }
        HolderAct::Undelegate => {
            voucher.delegation = None;
            let event = VoucherEvent::Delegated {
                voucher: statement.voucher,
                programme: voucher.programme,
                version: voucher.version,
                facts: None,
            };
            state::save_voucher(env, &statement.voucher, voucher);
            emit(env, &event);
            Ok(())
        }
        HolderAct::Withdraw => {
            // Nobody was asked: there is no consent to take back.
            ensure(voucher.consented, Code::VOUCHER_STATE)?;
            let settings = &programme.settings;
            life::end(
                env,
                statement.voucher,
                voucher,
                settings,
                Standing::Declined,
            )
        }
    }
}

fn activate<E: Env>(
    env: &mut E,
    statement: &HolderStatement,
    mut voucher: Voucher,
    programme: &Programme,
) -> Result<(), Refusal> {
    ensure(voucher.standing == Standing::Issued, Code::VOUCHER_STATE)?;
    let (id, settings) = (statement.voucher, &programme.settings);
    let facts = life::judged(env, id, &voucher, settings, Act::Activate)?;
    voucher.standing = Standing::Active;
    let event = VoucherEvent::Activated {
        voucher: id,
        programme: voucher.programme,
        version: voucher.version,
        facts,
    };
    state::save_voucher(env, &id, voucher);
    emit(env, &event);
    Ok(())
}

fn delegate<E: Env>(
    env: &mut E,
    statement: &HolderStatement,
    mut voucher: Voucher,
    programme: &Programme,
    delegation: Delegation,
) -> Result<(), Refusal> {
    // A delegate with the holder's own key could not be told from the holder.
    ensure(voucher.holder != Some(delegation.key), Code::OUT_OF_RANGE)?;
    let bounds = &delegation.bounds;
    let is_one = bounds.until > env.now() && bounds.uses > 0 && bounds.uses_per_day > 0;
    ensure(is_one, Code::OUT_OF_RANGE)?;
    let (id, settings) = (statement.voucher, &programme.settings);
    let act = Act::Delegate(delegation.bounds);
    let facts = life::judged(env, id, &voucher, settings, act)?;
    voucher.delegation = Some(delegation);
    // What an earlier delegate used never was of this one's uses.
    for recent in &mut voucher.recent {
        recent.delegated = false;
    }
    let event = VoucherEvent::Delegated {
        voucher: id,
        programme: voucher.programme,
        version: voucher.version,
        facts: Some(facts),
    };
    state::save_voucher(env, &id, voucher);
    emit(env, &event);
    Ok(())
}
