//! Guards, and the automaton of a transfer.

use senim_abi::SETTLEMENT;
use senim_abi::treasury::msg::RESERVATION_MS_MAX;
use senim_abi::treasury::{Budget, BudgetStanding, Release, Transfer, TransferState};
use senim_sdk::{CallContext, Caller, Refusal, Roles, ensure, refuse};
use senim_types::{Code, ContractId, OrgId, TimeMs, Tiyn, TiynTotal};

/// In whose name a message is carried out.
#[derive(Clone, Copy)]
pub enum Authority {
    /// Genesis: in the name of any payer.
    Ledger,
    /// A device of a payer's.
    Payer(OrgId),
    /// A contract.
    Contract(ContractId),
}

/// The authority of a caller; `NOT_AUTHORISED` where it has none.
pub fn authority_of(context: &CallContext) -> Result<Authority, Refusal> {
    match context.caller {
        Caller::Contract(contract) => Ok(Authority::Contract(contract)),
        Caller::Device if context.roles.contains(Roles::FUND) => Ok(Authority::Payer(context.org)),
        Caller::Device | Caller::Ledger => Err(Refusal::new(Code::NOT_AUTHORISED)),
    }
}

/// A payer commands its own lines only.
pub fn acts_for(authority: &Authority, payer: OrgId) -> Result<(), Refusal> {
    match authority {
        Authority::Ledger => Ok(()),
        Authority::Payer(own) => ensure(*own == payer, Code::NOT_AUTHORISED),
        Authority::Contract(_) => refuse(Code::NOT_AUTHORISED),
    }
}

/// Transfers are contracts' business: no payer's device moves money to a provider.
pub fn contract_only(authority: &Authority) -> Result<ContractId, Refusal> {
    match authority {
        Authority::Contract(contract) => Ok(*contract),
        Authority::Ledger | Authority::Payer(_) => Err(Refusal::new(Code::NOT_AUTHORISED)),
    }
}

/// How claims are paid is the settlement contract's business alone.
pub fn settlement_only(authority: &Authority) -> Result<(), Refusal> {
    let is_settlement =
        matches!(authority, Authority::Contract(contract) if *contract == SETTLEMENT);
    ensure(is_settlement, Code::NOT_AUTHORISED)
}

/// The line names the immediate caller.
pub fn named_by(budget: &Budget, contract: ContractId) -> Result<(), Refusal> {
    ensure(
        budget.callers.binary_search(&contract).is_ok(),
        Code::NOT_AUTHORISED,
    )
}

/// Few contracts, strictly ascending, and never the ledger or the treasury itself.
pub fn callers_in_range(callers: &[ContractId]) -> Result<(), Refusal> {
    let ascending = callers.windows(2).all(|pair| pair[0] < pair[1]);
    let counted = callers.len() <= Budget::CALLERS_MAX;
    let others = !callers.contains(&ContractId::LEDGER) && !callers.contains(&senim_abi::TREASURY);
    ensure(ascending && counted && others, Code::OUT_OF_RANGE)
}

/// Nothing new is spent from a line that is suspended or closed.
pub fn is_open(budget: &Budget) -> Result<(), Refusal> {
    ensure(budget.standing == BudgetStanding::Open, Code::WRONG_STATE)
}

/// The automaton of a line: open ⇄ suspended → closed, which is final, and not while money is reserved. True if
/// anything changes.
pub fn change_of_standing(budget: &Budget, to: BudgetStanding) -> Result<bool, Refusal> {
    match (budget.standing, to) {
        // What is so already stays so.
        (from, to) if from == to => Ok(false),
        // Closed is for ever.
        (BudgetStanding::Closed, _) => refuse(Code::WRONG_STATE).map(|()| true),
        // A promise outlives a suspension, not the line.
        (_, BudgetStanding::Closed) => {
            ensure(budget.pending.0 == 0, Code::WRONG_STATE).map(|()| true)
        }
        (_, BudgetStanding::Open | BudgetStanding::Suspended) => Ok(true),
    }
}

/// No overspending: reserved money is spoken for.
pub fn covers(budget: &Budget, amount: Tiyn) -> Result<(), Refusal> {
    ensure(
        u128::from(amount.0) <= budget.available().0,
        Code::BUDGET_EXHAUSTED,
    )
}

/// A movement of nothing is a mistake.
pub fn not_zero(amount: Tiyn) -> Result<(), Refusal> {
    ensure(amount != Tiyn::ZERO, Code::AMOUNT_ZERO)
}

/// Organisation 0 is nobody.
pub fn is_somebody(org: OrgId) -> Result<(), Refusal> {
    ensure(org != OrgId(0), Code::OUT_OF_RANGE)
}

/// A reservation lapses ahead of now, and not in another age.
pub fn lapses_in_range(now: TimeMs, expires_at: TimeMs) -> Result<(), Refusal> {
    let ahead_ms = expires_at.since_ms(now);
    ensure(
        (1..=RESERVATION_MS_MAX).contains(&ahead_ms),
        Code::OUT_OF_RANGE,
    )
}

/// `total` + `amount`; `AMOUNT_OVERFLOW` where it does not fit.
pub fn plus(total: TiynTotal, amount: Tiyn) -> Result<TiynTotal, Refusal> {
    let sum = total.0.checked_add(amount.0.into());
    sum.map(TiynTotal)
        .ok_or(Refusal::new(Code::AMOUNT_OVERFLOW))
}

/// `total` − `amount`, where `amount` was added before.
pub fn minus(total: TiynTotal, amount: Tiyn) -> Result<TiynTotal, Refusal> {
    let rest = total.0.checked_sub(amount.0.into());
    rest.map(TiynTotal)
        .ok_or(Refusal::new(Code::CORRUPT_RECORD))
}

/// What happens to a transfer after it was made.
#[derive(Clone, Copy)]
pub enum Step {
    /// Its issuer posts this much.
    Post(Tiyn),
    /// Its issuer gives it up.
    Void,
    /// Its time ran out.
    Lapse,
    /// Its issuer takes it back.
    Reverse,
}

/// What a step does.
#[derive(Clone, Copy)]
pub enum Resolution {
    /// Nothing: it was done before, and the answer is the same.
    AsBefore,
    /// Moves the amount of the step into the claim, and releases the rest.
    Post,
    /// Releases all of it.
    Release(Release),
    /// Takes the posted amount off the claim.
    Reverse,
}

/// The automaton of a transfer: pending → posted | voided | expired, posted → reversed.
pub fn resolve(transfer: &Transfer, step: Step, now: TimeMs) -> Result<Resolution, Refusal> {
    use TransferState::{Expired, Pending, Posted, Reversed, Voided};
    let lapsed = transfer.expires_at.is_some_and(|at| now >= at);
    let two_phase = transfer.expires_at.is_some();
    let code = match (transfer.state, step) {
        // A promise ends on time, even where the ledger has not come to clear it away.
        (Pending, Step::Post(_)) if lapsed => Code::TRANSFER_EXPIRED,
        (Pending, Step::Post(Tiyn::ZERO)) => Code::AMOUNT_ZERO,
        (Pending, Step::Post(amount)) if amount > transfer.amount => Code::AMOUNT_EXCEEDS_PENDING,
        (Pending, Step::Post(_)) => return Ok(Resolution::Post),
        (Pending, Step::Void | Step::Lapse) if lapsed => {
            return Ok(Resolution::Release(Release::Expired));
        }
        (Pending, Step::Void) => return Ok(Resolution::Release(Release::Voided)),
        // Whoever is early comes again: nothing is released before its time.
        (Pending, Step::Lapse) => Code::WRONG_STATE,
        (Pending | Voided | Expired, Step::Reverse) => Code::REVERSAL_EXCEEDS_POSTED,
        // Resolved once: the same again is the same answer, anything else is refused.
        (Posted { amount, .. } | Reversed { amount, .. }, Step::Post(again))
            if two_phase && again == amount =>
        {
            return Ok(Resolution::AsBefore);
        }
        (Posted { .. } | Reversed { .. } | Voided, Step::Post(_)) => Code::TRANSFER_RESOLVED,
        (Expired, Step::Post(_)) => Code::TRANSFER_EXPIRED,
        (Posted { .. } | Reversed { .. }, Step::Void) => Code::TRANSFER_RESOLVED,
        // Nothing is held any more, which is what was asked for.
        (Voided | Expired, Step::Void) => return Ok(Resolution::AsBefore),
        (Posted { .. } | Reversed { .. } | Voided | Expired, Step::Lapse) => {
            return Ok(Resolution::AsBefore);
        }
        (Posted { .. }, Step::Reverse) => return Ok(Resolution::Reverse),
        (Reversed { .. }, Step::Reverse) => return Ok(Resolution::AsBefore),
    };
    refuse(code).map(|()| Resolution::AsBefore)
}
