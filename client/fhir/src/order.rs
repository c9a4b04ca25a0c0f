//! What a message says, in two halves: one for the ledger and one that is sealed.

use serde::Serialize;

use crate::accounting::Accounted;
use crate::link::LinkId;
use crate::medicine::Medicine;

/// Most items of one message, each part counted: the ledger keeps a prescription in one record, and
/// every part is an item there.
pub const ITEMS_MAX: usize = 16;
/// Most parts of one item.
pub const PARTS_MAX: u32 = 16;

/// What the reader has to be told, since it reads no clock and keeps no secrets.
#[derive(Clone)]
pub struct ParseOptions {
    /// When the message arrived, Unix ms: the start of a window that the message leaves open.
    pub received_at_ms: u64,
    /// Offset of civil dates from UTC in minutes (Kazakhstan: +300).
    pub utc_offset_minutes: i16,
    /// Days that a prescription is valid when its message states no end; the programme's rule.
    pub validity_days: u16,
    /// The clinic's secret for [`LinkId`]s. The same key finds the same line again at a cancel.
    pub link_key: [u8; 32],
}

impl ParseOptions {
    /// Kazakhstan's offset and a validity of 30 days.
    pub fn new(received_at_ms: u64, link_key: [u8; 32]) -> Self {
        Self {
            received_at_ms,
            utc_offset_minutes: 300,
            validity_days: 30,
            link_key,
        }
    }
}

impl std::fmt::Debug for ParseOptions {
    /// Leaves the key out.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ParseOptions")
            .field("received_at_ms", &self.received_at_ms)
            .field("utc_offset_minutes", &self.utc_offset_minutes)
            .field("validity_days", &self.validity_days)
            .finish_non_exhaustive()
    }
}

/// A message that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// What goes on the ledger. Holds no personal data.
    pub ledger: LedgerOrder,
    /// What is encrypted and kept off the ledger. Holds personal data: never log it.
    pub sealed: SealedOrder,
    /// Every leaf of the message, in its order, and what became of it.
    pub accounting: Vec<Accounted>,
}

/// The half for the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum LedgerOrder {
    /// New prescriptions of one person.
    Issue {
        /// One per request, in the order of the message; at least one.
        items: Vec<Item>,
    },
    /// Withdrawal of earlier ones.
    Cancel {
        /// One per request, in the order of the message; at least one.
        targets: Vec<CancelTarget>,
    },
}

/// One prescribed medicine: one token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// What is supplied, as the medicine map has it; quantities count its unit.
    pub medicine: Medicine,
    /// The supplies of this item in their order; one if there are no repeats.
    pub parts: Vec<Part>,
    /// Whether the pharmacy may supply another product of the same medicine. The ledger keeps to INN, strength and form;
    /// whether this says no is read in the sealed part.
    pub substitution_allowed: bool,
    /// The GTIN of the product ordered, where no other may be supplied and the order names one: the ledger keeps to it.
    pub product: Option<u64>,
    /// The line, to be found again by a cancellation; none if the message gives it no identifier.
    pub link: Option<LinkId>,
    /// The prescription that the line belongs to.
    pub group: Option<LinkId>,
    /// Who prescribed.
    pub prescriber: Option<LinkId>,
}

impl Item {
    /// All parts together, in smallest units. Reading has checked that the sum fits.
    pub fn quantity(&self) -> u32 {
        self.parts
            .iter()
            .map(|part| part.quantity)
            .fold(0, u32::saturating_add)
    }

    /// From the opening of the first part to the end of the last.
    pub fn window(&self) -> Window {
        let opens = self
            .parts
            .iter()
            .map(|part| part.window.not_before_ms)
            .min();
        let ends = self.parts.iter().map(|part| part.window.until_ms).max();
        Window {
            not_before_ms: opens.unwrap_or(0),
            until_ms: ends.unwrap_or(0),
        }
    }
}

/// One supply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// In smallest units, above zero.
    pub quantity: u32,
    /// When it can be collected.
    pub window: Window,
}

/// A span of time, Unix ms; never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Window {
    /// First moment inside.
    pub not_before_ms: u64,
    /// First moment after it.
    pub until_ms: u64,
}

/// What a cancellation is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CancelTarget {
    /// Identifiers of the line. An item is meant if its link is one of them.
    pub links: Vec<LinkId>,
    /// The prescription. With no `links` all of its items are meant; otherwise it only informs:
    /// a line's identifier is its own, and systems renumber prescriptions.
    pub group: Option<LinkId>,
    /// Why, where the message says it with a code that is known here.
    pub reason: Option<WithdrawalReason>,
}

/// Why an order is withdrawn, in the ledger's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WithdrawalReason {
    /// A mistake in the prescription.
    PrescribingError,
    /// Treatment has changed.
    TreatmentChanged,
    /// The person asked for it.
    HolderRequest,
    /// Another reason, whose code is known.
    Other,
}

/// The half that is encrypted. Canonical JSON, UTF-8: names sorted, no spaces.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedOrder {
    /// The whole message, with its signature: the issuer's evidence.
    pub message: Vec<u8>,
    /// Per item a FHIR `Bundle` with its request and what that refers to, and no other item: what
    /// a pharmacy that holds only this item may read. As many as items or targets.
    pub items: Vec<Vec<u8>>,
}

impl std::fmt::Debug for SealedOrder {
    /// Sizes only: the content is personal.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sizes: Vec<usize> = self.items.iter().map(Vec::len).collect();
        write!(
            f,
            "SealedOrder({} bytes, items {sizes:?})",
            self.message.len()
        )
    }
}
