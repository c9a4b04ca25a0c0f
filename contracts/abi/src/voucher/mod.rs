//! Vouchers: money for a purpose, used a little at a time by whoever it was issued for. [`msg`] in, [`record`] kept,
//! [`event`] out.
//!
//! A voucher is backed: its money is locked in the programme's budget line when it is issued, leaves as it is used, and
//! what is left goes back to the same line when it ends. A school meal is a voucher that is used once a day.

pub mod event;
pub mod msg;
pub mod record;

pub use crate::treasury::ProgrammeId;
pub use event::VoucherEvent;
pub use msg::{DueEntry, Execute, Genesis, Query};
pub use record::{LastUse, Rules, Service, Standing, Status, Voucher, VoucherId};
