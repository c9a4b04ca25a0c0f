//! On what an act about a prescription is decided, beside the rules of its programme. Events and refusals have them, so
//! that whatever was decided can be decided again. The ledger's own guards (who holds, who signed, what is left) are not
//! here: those are no programme's to set.

use super::programme::{MedicineRule, ProofKinds, Settlement};
use crate::marking::msg::SuppliedLine;
use crate::marking::{Form, Gtin, InnCode, Strength, Unit};
use alloc::vec;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::{TimeMs, Tiyn};

/// The facts of an act.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Facts {
    /// A clinic issues.
    Issue(IssueFacts),
    /// A pharmacy holds.
    Hold(HoldFacts),
    /// A pharmacy dispenses.
    Dispense(DispenseFacts),
    /// A pharmacy undoes a dispense.
    Reverse(ReverseFacts),
}

/// What a clinic issues.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct IssueFacts {
    /// Whether the programme is open.
    pub open: bool,
    /// Block time.
    pub now: TimeMs,
    /// Whether a card is written in.
    pub has_card: bool,
    /// The categories that the prescriber has a right to, a bit each.
    pub categories: u32,
    /// The items.
    pub items: Vec<ItemFacts>,
}

/// An item to be issued.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct ItemFacts {
    /// Its index in the prescription.
    pub item: u8,
    /// Active substance.
    pub inn: InnCode,
    /// Units.
    pub quantity: u32,
    /// Not to be held before this time.
    pub not_before: TimeMs,
    /// Not to be held from this time on.
    pub until: TimeMs,
    /// What the programme's list says of the medicine now; none: nothing.
    pub rule: Option<MedicineRule>,
}

/// How a pharmacy holds. Who signed what is judged before, whatever the programme.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct HoldFacts {
    /// Whether the programme is open.
    pub open: bool,
    /// Block time.
    pub now: TimeMs,
    /// The kind of proof: one bit.
    pub proof: ProofKinds,
    /// From the proof's beginning to its end, in ms; 0 for paper.
    pub proof_ms: u64,
    /// The earliest end of the items' windows.
    pub window_until: TimeMs,
}

/// What a pharmacy dispenses.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct DispenseFacts {
    /// How the pharmacy is settled with.
    pub settlement: Settlement,
    /// The items that something is given of.
    pub lines: Vec<DispensedLine>,
}

/// What is given of an item.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct DispensedLine {
    /// Its index in the prescription.
    pub item: u8,
    /// What the item says.
    pub ordered: Ordered,
    /// What is given.
    pub packs: Vec<SuppliedPack>,
}

/// What an item prescribes.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Ordered {
    /// Active substance.
    pub inn: InnCode,
    /// Strength; none leaves it open.
    pub strength: Option<Strength>,
    /// Form; none leaves it open.
    pub form: Option<Form>,
    /// The very product; none leaves it open.
    pub product: Option<Gtin>,
    /// What is counted.
    pub unit: Unit,
    /// Highest cost per unit, in tiyn.
    pub price_cap: Option<Tiyn>,
    /// Reference price per unit as it was at issue, in tiyn.
    pub reference_price: Option<Tiyn>,
}

/// A part or all of a pack that is given.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct SuppliedPack {
    /// The product.
    pub gtin: Gtin,
    /// Units taken out.
    pub units: u32,
    /// What the register says that it is, and what it costs.
    pub supplied: SuppliedLine,
}

/// When a dispense is undone.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct ReverseFacts {
    /// Block time.
    pub now: TimeMs,
    /// When it was dispensed.
    pub dispensed_at: TimeMs,
}

impl Facts {
    /// The same act with one item, or one pack of one, at a time: what a refusal's few bytes can hold.
    pub fn parts(&self) -> Vec<Facts> {
        match self {
            Facts::Issue(facts) => {
                let with = |item: &ItemFacts| IssueFacts {
                    items: vec![*item],
                    ..facts.clone()
                };
                facts.items.iter().map(with).map(Facts::Issue).collect()
            }
            Facts::Dispense(facts) => {
                let lines = facts.lines.iter();
                let packs = lines.flat_map(|line| line.packs.iter().map(move |pack| (line, pack)));
                let with = |(line, pack): (&DispensedLine, &SuppliedPack)| DispenseFacts {
                    settlement: facts.settlement,
                    lines: vec![DispensedLine {
                        item: line.item,
                        ordered: line.ordered,
                        packs: vec![*pack],
                    }],
                };
                packs.map(with).map(Facts::Dispense).collect()
            }
            Facts::Hold(_) | Facts::Reverse(_) => Vec::new(),
        }
    }
}
