//! The pack register and the product catalogue: [`msg`] in, [`record`] kept, [`event`] out.
//!
//! [`value`] has what a pack's code consists of (GTIN, serial, lot, expiry), [`product`] what a
//! medicine is. The prescription contract speaks the same words.

pub mod event;
pub mod msg;
pub mod product;
pub mod record;
pub mod value;

pub use event::MarkingEvent;
pub use msg::{
    BatchMark, Execute, Exit, Genesis, PackCode, PackId, PackView, Query, Stage, SuppliedLine,
    SupplyLine,
};
pub use product::{Form, InnCode, Product, Strength, Unit};
pub use record::{Batch, Pack, PackState, Settings};
pub use value::{Day, Gtin, Lot, Serial, Text};
