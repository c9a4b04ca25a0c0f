//! What a medicine is: the catalogue's words, which prescriptions are compared with.

use super::value::Text;
use alloc::string::String;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::Tiyn;

/// The active substance (INN, МНН) by its code: the fifth-level ATC code (`N02BE01` paracetamol),
/// or the regulator's own code of at most 8 characters where a substance has several ATC codes.
/// A prescription and a product fit if these are equal.
pub type InnCode = Text<8>;

/// Strength in the catalogue's controlled spelling, without spaces: `500mg`, `30mg+500mg`,
/// `100ug/dose`, `250mg/5ml`. Compared as text: equal or not.
pub type Strength = Text<24>;

/// Pharmaceutical form. Numbers are permanent.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[repr(u8)]
pub enum Form {
    /// Tablet, coated or not.
    Tablet = 1,
    /// Tablet to be dissolved.
    SolubleTablet = 2,
    /// Tablet or capsule that releases slowly.
    ProlongedRelease = 3,
    /// Capsule.
    Capsule = 4,
    /// Solution, syrup or suspension to drink.
    OralLiquid = 5,
    /// Powder or granules to drink.
    OralPowder = 6,
    /// Solution or powder for injection or infusion.
    Injection = 7,
    /// Pressurised or powder inhaler.
    Inhaler = 8,
    /// Solution for a nebuliser.
    Nebules = 9,
    /// Spray for nose or mouth.
    Spray = 10,
    /// Drops for eye, ear or nose.
    Drops = 11,
    /// Cream, ointment, gel.
    Topical = 12,
    /// Suppository or pessary.
    Suppository = 13,
    /// Transdermal patch.
    Patch = 14,
    /// Test strips, lancets, needles and other devices that a programme lists.
    Device = 15,
    /// Anything else.
    Other = 16,
}

/// The smallest unit that is counted. Numbers are permanent.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[repr(u8)]
pub enum Unit {
    /// A tablet.
    Tablet = 1,
    /// A capsule.
    Capsule = 2,
    /// A measured dose (inhaler, spray).
    Dose = 3,
    /// A millilitre.
    Millilitre = 4,
    /// A gram.
    Gram = 5,
    /// An ampoule, vial or prefilled syringe.
    Ampoule = 6,
    /// A sachet.
    Sachet = 7,
    /// A suppository, patch, strip, needle: anything that is counted by the piece.
    Piece = 8,
}

/// A catalogue entry. Substance, strength, form, unit and units per pack are fixed with the GTIN
/// (GS1: a change of content is another GTIN); name, cap and `marketed` may change.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Product {
    /// Trade name, 1 to [`Product::NAME_BYTES_MAX`] bytes.
    #[borsh(deserialize_with = "crate::text::read")]
    pub name: String,
    /// Active substance.
    pub inn: InnCode,
    /// Strength per unit.
    pub strength: Strength,
    /// Form.
    pub form: Form,
    /// What is counted.
    pub unit: Unit,
    /// Units in a full pack, at least 1.
    pub units_per_pack: u32,
    /// Highest price of a full pack, in tiyn.
    pub price_cap: Tiyn,
    /// False once the authorisation has ended: no more packs are introduced; what is on the market
    /// may be used up (a batch that must not be is withdrawn).
    pub marketed: bool,
}

impl Product {
    /// Bytes of a trade name.
    pub const NAME_BYTES_MAX: usize = 96;
    /// Units in a pack.
    pub const UNITS_PER_PACK_MAX: u32 = 100_000;
}
