//! The guards, and the automaton of an act.

use senim_abi::settlement::{
    Act, ActBody, ActId, ActState, Agreement, Despite, EditCheck, FlawedDay, Payment,
    SettlementKind,
};
use senim_abi::treasury::{Claim, Outstanding, Terms};
use senim_abi::voucher::msg::Finding;
use senim_abi::voucher::record::FindingKind;
use senim_sdk::{CallContext, Caller, Refusal, codec, ensure, refuse, refuse_with};
use senim_types::{Code, Hash, OrgId, TimeMs, Tiyn};

/// A payer commands its own contracts only; a genesis those of all.
pub fn acts_for(context: &CallContext, org: OrgId) -> Result<(), Refusal> {
    let is_own = context.caller == Caller::Ledger || context.org == org;
    ensure(is_own, Code::NOT_AUTHORISED)
}

/// A contract within its ranges.
pub fn check_agreement(
    provider: OrgId,
    (from, until): (TimeMs, TimeMs),
    vat_basis_points: u16,
) -> Result<(), Refusal> {
    let in_range =
        provider != OrgId(0) && from < until && vat_basis_points <= Agreement::VAT_BASIS_POINTS_MAX;
    ensure(in_range, Code::OUT_OF_RANGE)
}

/// What happens to an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// The provider signs.
    Sign,
    /// The payer signs.
    Accept(Due),
    /// The payer disputes.
    Dispute,
    /// The payer takes its dispute back; whether the provider had signed before.
    WithdrawDispute {
        /// As it is in the record: a signature is never taken off.
        signed: bool,
    },
    /// The provider admits that lines are wrong, and another act takes its place.
    Correct,
    /// It goes into a payment file.
    Order,
    /// The bank paid.
    Confirm,
    /// The bank refused.
    Fail,
    /// The money came back.
    Return,
}

/// What is due when an act is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Nothing: it was paid at each redemption, or is set off.
    Nothing,
    /// Digital tenge, at once.
    Purse,
    /// A bank payment.
    Bank,
}

/// The automaton of an act.
pub fn next(state: ActState, input: Input) -> Result<ActState, Refusal> {
    use ActState::{
        Accepted, Corrected, Disputed, Generated, Paid, PaymentFailed, PaymentPending, Returned,
        SignedByProvider,
    };
    Ok(match (state, input) {
        (Generated, Input::Sign) => SignedByProvider,
        // The provider signs first: the payer accepts what was handed over.
        (SignedByProvider, Input::Accept(Due::Bank)) => Accepted,
        // Digital tenge moves in the same transaction.
        (SignedByProvider, Input::Accept(Due::Nothing | Due::Purse)) => Paid,
        // What was accepted is disputed no more.
        (Generated | SignedByProvider, Input::Dispute) => Disputed,
        (Disputed, Input::WithdrawDispute { signed: false }) => Generated,
        (Disputed, Input::WithdrawDispute { signed: true }) => SignedByProvider,
        (Disputed, Input::Correct) => Corrected,
        (Accepted | PaymentFailed | Returned, Input::Order) => PaymentPending,
        (PaymentPending, Input::Confirm) => Paid,
        // An answer that came late: the bank had refused, and paid after all.
        (PaymentFailed, Input::Confirm) => Paid,
        (PaymentPending, Input::Fail) => PaymentFailed,
        // A report moves no money: the account says that it was paid, and has yet to say that it is back.
        (Paid, Input::Fail) => Paid,
        // Where its payment was not told yet, the payment that is told later is the one that came back.
        (PaymentPending | PaymentFailed | Paid, Input::Return) => Returned,
        _ => return refuse(Code::WRONG_STATE).map(|()| state),
    })
}

/// What the act says is due.
pub fn due(body: &ActBody) -> Due {
    match (body.payable, body.kind) {
        (Tiyn::ZERO, _) => Due::Nothing,
        (_, SettlementKind::BankFile) => Due::Bank,
        // Paid at each redemption: what is owed all the same was posted before the contract said so.
        (_, SettlementKind::TengeAtAcceptance | SettlementKind::TengeAtRedemption) => Due::Purse,
        // Nothing can be posted any more; what was posted under the contract before is owed.
        (_, SettlementKind::StockOnly) => Due::Bank,
    }
}

/// The hash that a device names is the act's own.
pub fn is_what_it_says(act: &Act, hash: &Hash) -> Result<(), Refusal> {
    ensure(act.body.hash() == *hash, Code::ACT_HASH)
}

/// The edit check of the ledger's own: the act is exactly the treasury's claim, to the tiyn and to the line.
pub fn is_the_claim(body: &ActBody, claim: &Claim) -> Result<(), Refusal> {
    let same = body.lines == claim.lines
        && body.reversed_lines == claim.reversed_lines
        && body.sum == claim.sum
        && body.reversed == claim.reversed
        && body.vat == claim.vat
        && body.vat_reversed == claim.vat_reversed
        && body.corrected == claim.corrected
        && body.vat_corrected == claim.vat_corrected
        && body.chain == claim.chain
        && u128::from(body.payable.0) == claim.owed().0;
    ensure(same, Code::ACT_MISMATCH)
}

/// The payer may have lowered a ceiling since.
pub fn is_below_ceiling(body: &ActBody, terms: Option<&Terms>) -> Result<(), Refusal> {
    let exceeded = terms.is_some_and(|terms| {
        terms.agreement == body.agreement && terms.posted.0 > u128::from(terms.ceiling.0)
    });
    ensure(!exceeded, Code::CONTRACT_EXCEEDED)
}

/// What the payer's edit check found allows the act.
pub fn check_passed(check: Option<&EditCheck>) -> Result<(), Refusal> {
    let excess = check.map_or(Tiyn::ZERO, |check| check.excess);
    ensure(excess == Tiyn::ZERO, Code::EDIT_CHECK_FAILED)
}

/// The days that the payer names: each once, in order, so that one pass compares them with the findings.
pub fn named_days(despite: Option<&Despite>) -> Result<&[FlawedDay], Refusal> {
    let Some(despite) = despite else {
        return Ok(&[]);
    };
    let counted = (1..=Despite::DAYS_MAX).contains(&despite.days.len());
    let ordered = despite.days.windows(2).all(|pair| pair[0] < pair[1]);
    ensure(counted && ordered, Code::OUT_OF_RANGE)?;
    Ok(&despite.days)
}

/// What the edit check found is named by the payer: the next day that it names is this one.
pub fn is_named(named: Option<&FlawedDay>, finding: &Finding) -> Result<(), Refusal> {
    let found = FlawedDay {
        place: finding.place,
        day: finding.day,
    };
    match named {
        Some(day) if *day == found => Ok(()),
        Some(day) if *day < found => nothing_named(Some(day)),
        _ => {
            let code = match finding.kind {
                FindingKind::ExceedsPresent => Code::DAY_EXCEEDS_PRESENT,
                FindingKind::Closed => Code::DAY_NOT_OPEN,
                FindingKind::Unreported => Code::DAY_UNREPORTED,
            };
            refuse_with(code, codec::encode(finding))
        }
    }
}

/// Nobody accepts in spite of nothing: else all days could be named before anybody looked.
pub fn nothing_named(named: Option<&FlawedDay>) -> Result<(), Refusal> {
    match named {
        None => Ok(()),
        Some(day) => refuse_with(Code::DAY_NOT_FLAWED, codec::encode(day)),
    }
}

/// Which correcting act comes next.
pub fn next_number(act: &ActId) -> Result<ActId, Refusal> {
    ensure(act.number < ActBody::NUMBER_MAX, Code::OUT_OF_RANGE)?;
    Ok(ActId {
        number: act.number + 1,
        ..*act
    })
}

/// How an answer stands to the attempts that were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// It is about the latest.
    Latest,
    /// It is about one before.
    Earlier,
}

/// The attempt that an answer is about.
pub fn attempt_of(act: &Act, attempt: u8) -> Result<(Payment, Attempt), Refusal> {
    let latest = act.payment.ok_or(Refusal::new(Code::PAYMENT_UNKNOWN))?;
    let is_known = (1..=latest.attempt).contains(&attempt);
    ensure(is_known, Code::PAYMENT_UNKNOWN)?;
    let which = if attempt == latest.attempt {
        Attempt::Latest
    } else {
        Attempt::Earlier
    };
    Ok((latest, which))
}

/// The act that would take the place of this one.
pub const fn after(act: &ActId) -> ActId {
    ActId {
        number: act.number.saturating_add(1),
        ..*act
    }
}

/// Whether an act that nothing took the place of was over long enough ago. One that another took the place of, which is
/// gone, is over with that one.
pub fn is_over(act: &Act, now: TimeMs) -> bool {
    let ordered = act.payment.map(|payment| payment.ordered_at);
    let last = act.accepted.map(|signed| signed.at).max(ordered);
    match act.state {
        ActState::Corrected => true,
        ActState::Paid => last.is_some_and(|last| now.since_ms(last) >= Act::KEPT_MS),
        _ => false,
    }
}

/// Whether an act that is over still waits for something: for money that its bank refused after it had been paid, or for
/// what its month is short of to be set off.
pub fn waits(act: &Act, claim: Option<&Claim>, outstanding: &Outstanding) -> bool {
    let is_expected_back = act.payment.is_some_and(|it| it.refused_late.is_some());
    let is_even = claim.is_none_or(Claim::is_even);
    let is_debt = outstanding.debt == Some(act.body.act.period);
    is_expected_back || !is_even || is_debt
}
