//! FHIR R4 prescription messages in, dispense reports out.
//!
//! A clinic's system sends what it already speaks: a `MedicationRequest`, a bundle of them, or a
//! message. [`parse_order`] turns those bytes into an [`Order`] of two halves that never mix:
//!
//! * [`Order::ledger`] – what goes on the ledger. Its strings come from the [`MedicineMap`] alone,
//!   never from the message; everything else in it is a number, a time or a keyed hash.
//! * [`Order::sealed`] – what is encrypted and kept off the ledger, in canonical JSON.
//!
//! [`Order::accounting`] names every leaf of the message and what became of it, so that a receipt
//! can show it; nothing is dropped in silence. A message is refused only for an element that would
//! change **what** is supplied, **how much**, **for whom** or **when**, and the refusal names it.
//!
//! The crate is pure: bytes in, values out; no clock, no I/O, no floats. `docs/fhir.md` tables the
//! elements; `docs/decisions/fhir-library.md` says why there is no generated FHIR model under it.
#![forbid(unsafe_code)]

mod accounting;
mod cursor;
mod datetime;
mod decimal;
mod item;
mod json;
mod link;
mod medicine;
mod message;
mod order;
mod parse;
mod product;
mod reason;
mod refusal;
mod report;
mod schedule;
mod sealed;

pub use accounting::{Accounted, Disposition, Secret};
pub use json::{DEPTH_MAX, KEY_BYTES_MAX, LEAVES_MAX, MESSAGE_BYTES_MAX};
pub use link::LinkId;
pub use medicine::{Form, MapError, MapErrorKind, Medicine, MedicineMap, Unit};
pub use order::{
    CancelTarget, ITEMS_MAX, Item, LedgerOrder, Order, PARTS_MAX, ParseOptions, Part, SealedOrder,
    Window, WithdrawalReason,
};
pub use parse::parse_order;
pub use refusal::FhirRefusal;
pub use report::{
    DispenseReport, DispenseStatus, EVENT_SYSTEM, GROUP_SYSTEM, ReportMessage, RequestReport,
    RequestStatus, dispense_report, line_identifier, report_message, request_report,
};
pub use sealed::canonical_message;
pub use senim_types::Code;
