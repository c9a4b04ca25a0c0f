//! The item's automaton and the ledger's own guards beside it. What a programme's rules say is decided by
//! [`senim_abi::prescription::judge`]. No state is read or written here.

use senim_abi::PRESCRIPTION;
use senim_abi::prescription::{Group, ItemStatus, NewItem, ProgrammeId, Rules, Share};
use senim_abi::treasury::{Budget, BudgetStanding};
use senim_sdk::{CallContext, Caller, Refusal, ensure, refuse, refuse_with};
use senim_types::{Code, OrgId, TimeMs};

/// A payer commands its own programmes only; a genesis those of all.
pub fn acts_for(context: &CallContext, payer: OrgId) -> Result<(), Refusal> {
    let is_own = context.caller == Caller::Ledger || context.org == payer;
    ensure(is_own, Code::NOT_AUTHORISED)
}

/// The line is the programme's; an open programme needs one that lets this contract pay and is not closed.
pub fn is_line_of(line: &Budget, programme: ProgrammeId, open: bool) -> Result<(), Refusal> {
    ensure(line.programme == programme, Code::NOT_AUTHORISED)?;
    let names_this = line.callers.contains(&PRESCRIPTION);
    ensure(!open || names_this, Code::NOT_AUTHORISED)?;
    let can_pay = !open || line.standing != BudgetStanding::Closed;
    ensure(can_pay, Code::WRONG_STATE)
}

/// Who holds an item, as seen by the pharmacy that asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldBy {
    /// Nobody.
    Nobody,
    /// This pharmacy did, and its lease is over.
    Lapsed,
    /// This pharmacy.
    Me,
    /// Another pharmacy.
    Another(OrgId),
}

/// Who holds the item at `index`, as seen by `org` at `now`.
pub fn held_by(group: &Group, index: usize, org: OrgId, now: TimeMs) -> HeldBy {
    match group.hold_of(index, now) {
        Some(hold) if hold.org == org => HeldBy::Me,
        Some(hold) => HeldBy::Another(hold.org),
        None if group
            .holds
            .iter()
            .any(|hold| hold.org == org && hold.items.has(index)) =>
        {
            HeldBy::Lapsed
        }
        None => HeldBy::Nobody,
    }
}

/// What can happen to an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// The clinic releases its draft.
    Release,
    /// A pharmacy takes it, or fetches again what it holds.
    Hold {
        /// Who holds it now.
        holder: HeldBy,
        /// Whether its window has not begun.
        is_early: bool,
        /// Whether it is marked for cancellation.
        is_marked: bool,
    },
    /// The pharmacy holds it longer.
    Extend {
        /// Who holds it now.
        holder: HeldBy,
        /// Whether it is marked for cancellation.
        is_marked: bool,
    },
    /// Units of it are dispensed.
    Dispense {
        /// Who holds it now.
        holder: HeldBy,
        /// Whether nothing remains then.
        is_last: bool,
        /// Whether it is marked for cancellation.
        is_marked: bool,
    },
    /// The pharmacy gives it back undispensed.
    Reject {
        /// Who holds it now.
        holder: HeldBy,
        /// Whether something of it was dispensed before.
        is_begun: bool,
        /// Whether it is marked for cancellation.
        is_marked: bool,
    },
    /// Clinic or holder cancel what remains.
    Cancel,
    /// The holder lets another collect it.
    Delegate,
    /// A dispensing of it is undone.
    Restore {
        /// Whether nothing of it is dispensed then.
        is_whole: bool,
        /// Whether it is marked for cancellation.
        is_marked: bool,
        /// Whether its window is over.
        is_over: bool,
    },
}

/// The automaton: the state that follows, or the refusal.
pub fn next(status: ItemStatus, input: Input) -> Result<ItemStatus, Refusal> {
    use Input as I;
    use ItemStatus as S;
    match (status, input) {
        // A draft is the clinic's alone: released, or thrown away.
        (S::Draft, I::Release) => Ok(S::Ready),
        (S::Draft, I::Cancel) => Ok(S::Cancelled),
        (S::Draft, _) => refuse(Code::WRONG_STATE).map(|()| status),
        // Releasing again what is released changes nothing.
        (S::Ready | S::Held | S::Partial | S::Dispensed, I::Release) => Ok(status),

        // Who collects is no matter of the item's state, as long as something of it is to be collected.
        (S::Ready | S::Held | S::Partial, I::Delegate) => Ok(status),

        // Ready/Partial → Held: one pharmacy, inside the window.
        (S::Ready | S::Partial, I::Hold { is_early: true, .. }) => {
            refuse(Code::NOT_YET).map(|()| status)
        }
        (S::Ready | S::Partial, I::Hold { .. }) => Ok(S::Held),
        // The same pharmacy may fetch again; nobody may hold on against a cancellation.
        (
            S::Held,
            I::Hold {
                holder: HeldBy::Me,
                is_marked: true,
                ..
            }
            | I::Extend {
                holder: HeldBy::Me,
                is_marked: true,
            },
        ) => refuse(Code::CANCEL_REQUESTED).map(|()| status),
        (
            S::Held,
            I::Hold {
                holder: HeldBy::Me, ..
            }
            | I::Extend {
                holder: HeldBy::Me, ..
            },
        ) => Ok(S::Held),

        // Held → Dispensed | Partial; what remains of a marked item is cancelled with its hold.
        (
            S::Held,
            I::Dispense {
                holder: HeldBy::Me,
                is_last: true,
                ..
            },
        ) => Ok(S::Dispensed),
        (
            S::Held,
            I::Dispense {
                holder: HeldBy::Me,
                is_marked: true,
                ..
            },
        ) => Ok(S::Cancelled),
        (
            S::Held,
            I::Dispense {
                holder: HeldBy::Me, ..
            },
        ) => Ok(S::Partial),

        // Held → the state before the hold.
        (
            S::Held,
            I::Reject {
                holder: HeldBy::Me,
                is_marked: true,
                ..
            },
        ) => Ok(S::Cancelled),
        (
            S::Held,
            I::Reject {
                holder: HeldBy::Me,
                is_begun: true,
                ..
            },
        ) => Ok(S::Partial),
        (
            S::Held,
            I::Reject {
                holder: HeldBy::Me, ..
            },
        ) => Ok(S::Ready),

        // Held elsewhere: the answer names the pharmacy, so that the person can be told.
        (
            S::Held,
            I::Hold { holder, .. }
            | I::Extend { holder, .. }
            | I::Dispense { holder, .. }
            | I::Reject { holder, .. },
        ) => match holder {
            HeldBy::Another(org) => {
                let detail = org.0.to_be_bytes().to_vec();
                refuse_with(Code::WITH_ANOTHER_DISPENSER, detail).map(|()| status)
            }
            // Not reachable: the state is Held only if somebody's lease runs.
            HeldBy::Me | HeldBy::Nobody | HeldBy::Lapsed => Err(Code::NOT_HELD.into()),
        },

        // Steps of a hold that is not there (any more).
        (
            S::Ready | S::Partial,
            I::Extend { holder, .. } | I::Dispense { holder, .. } | I::Reject { holder, .. },
        ) => match holder {
            HeldBy::Lapsed => refuse(Code::LEASE_EXPIRED).map(|()| status),
            _ => refuse(Code::NOT_HELD).map(|()| status),
        },

        // Cancelling: what remains, and while held only the mark. Again is no error.
        (S::Ready | S::Partial | S::Cancelled, I::Cancel) => Ok(S::Cancelled),
        (S::Held, I::Cancel) => Ok(S::Held),

        // Undoing gives units back; what is held, cancelled or over stays that.
        (S::Held | S::Cancelled | S::Expired, I::Restore { .. }) => Ok(status),
        (
            S::Dispensed | S::Partial,
            I::Restore {
                is_marked: true, ..
            },
        ) => Ok(S::Cancelled),
        (S::Dispensed | S::Partial, I::Restore { is_over: true, .. }) => Ok(S::Expired),
        (S::Dispensed | S::Partial, I::Restore { is_whole: true, .. }) => Ok(S::Ready),
        (S::Dispensed | S::Partial, I::Restore { .. }) => Ok(S::Partial),
        // Not reachable: nothing of it was dispensed.
        (S::Ready, I::Restore { .. }) => Err(Code::DISPENSE_UNKNOWN.into()),

        // The ends.
        (S::Dispensed, _) => refuse(Code::ALREADY_DISPENSED).map(|()| status),
        (S::Cancelled, _) => refuse(Code::CANCELLED).map(|()| status),
        (S::Expired, _) => refuse(Code::EXPIRED).map(|()| status),
    }
}

/// Whether an item's numbers are possible, whatever the programme.
pub fn check_new_item(item: &NewItem, now: TimeMs) -> Result<(), Refusal> {
    ensure(item.quantity > 0, Code::OUT_OF_RANGE)?;
    let starts = item.not_before.max(now);
    ensure(item.until > starts, Code::OUT_OF_RANGE)?;
    ensure(
        item.until.since_ms(now) <= Rules::AHEAD_MS_MAX,
        Code::OUT_OF_RANGE,
    )?;
    let is_part_possible = item
        .part
        .is_none_or(|part| part.of >= 2 && (1..=part.of).contains(&part.number));
    ensure(is_part_possible, Code::OUT_OF_RANGE)
}

/// Whether a programme's own numbers are possible.
pub fn check_programme(rules: &Rules) -> Result<(), Refusal> {
    let share_fits = match rules.share {
        Share::BasisPoints(points) => points <= Share::WHOLE,
        Share::UpToReference => rules.listed_only,
    };
    let durations_fit = rules.lease_ms > 0
        && rules.hold_ms_max >= rules.lease_ms
        && rules.proof_ms_max > 0
        && rules.validity_ms_max > 0
        && rules.validity_ms_max <= Rules::AHEAD_MS_MAX
        && rules.reversal_ms <= Rules::REVERSAL_MS_MAX
        && rules.dispute_ms >= rules.reversal_ms;
    ensure(share_fits && durations_fit, Code::OUT_OF_RANGE)
}
