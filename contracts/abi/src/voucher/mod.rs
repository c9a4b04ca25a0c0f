//! Vouchers: money for a purpose, used a little at a time by whoever it was issued for. [`msg`] in, [`record`] kept,
//! [`event`] out; [`proof`] is what people's keys sign, [`offline`] what a terminal without connection does.
//!
//! A voucher is backed: its money is locked in the programme's budget line when it is issued, leaves as it is used, and
//! what is left goes back to the same line when it ends. What a programme allows, its [policy](crate::policy) says. A
//! school meal is a voucher that is used once a day.

mod answer;
mod arms;
mod due;
pub mod event;
mod id;
pub mod msg;
pub mod offline;
pub mod proof;
pub mod record;
mod tally;
mod uses;

pub use crate::treasury::ProgrammeId;
pub use arms::Arms;
pub use due::{Asked, DueEntry};
pub use event::VoucherEvent;
pub use id::VoucherId;
pub use msg::{Channel, Entry, Execute, Genesis, Proof, Query};
pub use offline::{Excess, OfflineBounds, OfflineChain, OfflineRecord, OfflineSession};
pub use record::{Calendar, Policy, Service, Settings, Standing, Status, Tally, Voucher, Window};
