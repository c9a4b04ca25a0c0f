//! The treasury's events.

use crate::names::Names;
use crate::words::{tenge, time};
use senim_abi::treasury::{Account, PostingKind, TreasuryEvent};

fn account(account: &Account, names: &Names) -> String {
    match account {
        Account::Outside(payer) => format!("outside money of {}", names.of_org(*payer)),
        Account::Budget(budget) => format!("budget line {budget}"),
        Account::Claim {
            provider,
            programme,
            period,
        } => format!(
            "claim of {} on programme {programme} for {:04}-{:02}",
            names.of_org(*provider),
            period.year(),
            period.month()
        ),
        Account::Purse(provider) => format!("purse of {}", names.of_org(*provider)),
    }
}

/// What an event says, in a line.
pub fn line(event: &TreasuryEvent, names: &Names) -> String {
    use TreasuryEvent as E;
    match event {
        E::Posting(posting) => {
            let word = match posting.kind {
                PostingKind::Allot => "allotted",
                PostingKind::Withdraw => "withdrawn",
                PostingKind::Pay | PostingKind::Post => "paid",
                PostingKind::Reverse => "taken back",
                PostingKind::Settle => "settled",
                PostingKind::PayOut => "paid out",
                PostingKind::Leave => "taken out",
                PostingKind::SetOff => "set off",
                PostingKind::Correct => "corrected",
                PostingKind::Return => "come back",
            };
            format!(
                "{word} {}: {} → {}",
                tenge(posting.debit.amount),
                account(&posting.debit.account, names),
                account(&posting.credit.account, names)
            )
        }
        E::Reserved {
            budget,
            provider,
            amount,
            expires_at,
            ..
        } => format!(
            "reserved {} of budget line {budget} for {} until {}",
            tenge(*amount),
            names.of_org(*provider),
            time(*expires_at)
        ),
        E::Released {
            budget,
            amount,
            release,
            ..
        } => {
            format!(
                "{} are free again in budget line {budget} ({release:?})",
                tenge(*amount)
            )
        }
        E::BudgetOpened {
            budget,
            payer,
            programme,
            ..
        } => {
            format!(
                "{} opened budget line {budget} for programme {programme}",
                names.of_org(*payer)
            )
        }
        E::BudgetCallersSet { budget, callers } => {
            let callers: Vec<String> = callers.iter().map(ToString::to_string).collect();
            format!(
                "budget line {budget} may be moved by contracts {}",
                callers.join(", ")
            )
        }
        E::BudgetStandingSet { budget, standing } => {
            format!("budget line {budget} is now {standing:?}")
        }
        E::TermsSet {
            programme,
            provider,
            ceiling,
            until,
            ..
        } => format!(
            "at most {} of programme {programme} may be posted to {} until {}",
            tenge(*ceiling),
            names.of_org(*provider),
            time(*until)
        ),
        E::Locked { budget, amount, .. } => {
            format!("locked {} of budget line {budget}", tenge(*amount))
        }
        E::Unlocked { budget, amount, .. } => {
            format!("{} are free again in budget line {budget}", tenge(*amount))
        }
    }
}
