//! Prescriptions: [`msg`] in, [`record`] kept, [`event`] out; [`programme`] has the rules of a
//! support measure, and [`judge`] decides by them on [`facts`]. What people sign about them is in [`crate::proof`].

pub mod delegation;
pub mod due;
pub mod event;
pub mod facts;
pub mod judge;
pub mod look;
pub mod msg;
pub mod programme;
pub mod record;

pub use delegation::Delegation;
pub use event::PrescriptionEvent;
pub use facts::{
    DispenseFacts, DispensedLine, Facts, HoldFacts, IssueFacts, ItemFacts, Ordered, ReverseFacts,
    SuppliedPack,
};
pub use look::{Look, LookReason, Looks};
pub use msg::{
    CancelReason, DispenseLine, Execute, Genesis, NewItem, PackUse, Proof, Query, RejectReason,
};
pub use programme::{
    MedicineRule, PrescriberId, PrescriberRight, Programme, ProgrammeId, ProofKinds, Provider,
    Rules, Settlement, Share,
};
pub use record::{
    Dispense, Group, GroupId, Hold, Item, ItemMask, ItemStage, ItemStatus, Money, Part,
};
