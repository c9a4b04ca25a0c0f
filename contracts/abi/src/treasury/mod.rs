//! Programme money: budget lines, claims of providers, transfers. [`msg`] in, [`record`] kept, [`event`] out;
//! [`account`] has the words that they share, [`balance`] the check that every node makes of every block.
//!
//! Double entry in integer tiyn. An amount enters a budget line from the payer's outside account (allot), becomes a claim
//! of a provider (pay, or reserve and post), and leaves to the outside again when the claim is settled or the rest is
//! withdrawn. Every movement debits one account and credits another by the same amount, so over all accounts
//! Σ debits = Σ credits at all times. A reservation is not a movement: it only makes a part of the line unavailable. Nor is a lock, which does the same for all tokens of a contract together.

pub mod account;
pub mod balance;
pub mod event;
pub mod msg;
pub mod record;

pub use account::{
    Account, BudgetId, ClaimLine, CorrectionLine, Issuer, PostingKind, ProgrammeId, SettlementKind,
    TransferKey, vat_share,
};
pub use balance::{Movement, Unbalanced, check_postings};
pub use event::{Posting, Release, Side, TreasuryEvent};
pub use msg::{DueEntry, Execute, Forgotten, Genesis, Posted, Query, Reserved, Reversed, Spent};
pub use record::{
    Budget, BudgetStanding, Claim, Off, Outside, Outstanding, Purse, TakenOff, Terms, Transfer,
    TransferState,
};
