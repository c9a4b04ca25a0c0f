//! The check that every node makes of every block, outside the contract: Σ debits = Σ credits over its postings.

use super::account::Account;
use super::event::{EVENT_VERSION, KIND_POSTING, Posting, Side, TreasuryEvent};
use crate::ids::TREASURY;
use alloc::collections::BTreeMap;
use borsh::BorshDeserialize;
use senim_types::{Event, TiynTotal};

/// What moved in a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Movement {
    /// Number of postings.
    pub postings: u32,
    /// Σ of their debits, which is Σ of their credits, in tiyn.
    pub amount: TiynTotal,
}

/// Why a block's postings do not balance. The block is invalid, and the treasury's code is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unbalanced {
    /// A posting of the treasury's that does not decode, or is of an unknown version.
    Unreadable,
    /// A posting from an account to itself, or of nothing.
    Void,
    /// The two sides of a posting differ, or a sum does not fit.
    Sides,
    /// An account's total after a posting is not its total before, plus the amount.
    Discontinuous {
        /// The account.
        account: Account,
    },
}

/// Checks the treasury's postings among a block's events, in order: both sides of each are equal, and the totals of each
/// account run on from posting to posting, so that no movement is hidden between two.
///
/// Give it the events of all receipts of the block with status applied, in block order. Other events are passed over.
pub fn check_postings<'a>(
    events: impl IntoIterator<Item = &'a Event>,
) -> Result<Movement, Unbalanced> {
    let mut totals: BTreeMap<(Account, bool), u128> = BTreeMap::new();
    let mut movement = Movement::default();
    for event in events {
        if event.contract != TREASURY || event.kind != KIND_POSTING {
            continue;
        }
        let posting = read(event)?;
        if posting.debit.amount != posting.credit.amount {
            return Err(Unbalanced::Sides);
        }
        if posting.debit.account == posting.credit.account || posting.debit.amount.0 == 0 {
            return Err(Unbalanced::Void);
        }
        run_on(&mut totals, &posting.debit, false)?;
        run_on(&mut totals, &posting.credit, true)?;
        let sum = movement.amount.0.checked_add(posting.debit.amount.0.into());
        movement.amount = TiynTotal(sum.ok_or(Unbalanced::Sides)?);
        movement.postings += 1;
    }
    Ok(movement)
}

fn read(event: &Event) -> Result<Posting, Unbalanced> {
    if event.version != EVENT_VERSION {
        return Err(Unbalanced::Unreadable);
    }
    match TreasuryEvent::try_from_slice(&event.body) {
        Ok(TreasuryEvent::Posting(posting)) => Ok(posting),
        _ => Err(Unbalanced::Unreadable),
    }
}

/// Notes an account's total on one side; the first one seen in a block is taken as it is.
fn run_on(
    totals: &mut BTreeMap<(Account, bool), u128>,
    side: &Side,
    credit: bool,
) -> Result<(), Unbalanced> {
    let discontinuous = Unbalanced::Discontinuous {
        account: side.account,
    };
    let before = side
        .total
        .0
        .checked_sub(side.amount.0.into())
        .ok_or(discontinuous)?;
    match totals.insert((side.account, credit), side.total.0) {
        Some(last) if last != before => Err(discontinuous),
        _ => Ok(()),
    }
}
