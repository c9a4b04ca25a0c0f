//! Settlement: from posted redemptions to a paid act of completed work (АВР). [`msg`] in, [`record`] kept, [`event`] out;
//! [`act`] has the act itself, which is what is signed.
//!
//! A contract between a payer and a provider says what may be posted and how it is paid. At the end of each month the
//! ledger makes the act by itself, out of exactly what the treasury posted. Nobody edits it: it is signed, accepted and paid,
//! or it is disputed and another act takes its place, which names it.

pub mod act;
pub mod event;
pub mod msg;
pub mod record;

pub use crate::treasury::{CorrectionLine, ProgrammeId, SettlementKind};
pub use act::{ActBody, ActId};
pub use event::SettlementEvent;
pub use msg::{DueEntry, Execute, Genesis, Query};
pub use record::{
    Act, ActState, Agreement, Despite, Details, DisputeReason, EditCheck, FlawedDay, MessageId,
    Payment, Proposal, Signed,
};
