//! What the contract keeps. The first byte of each value is the version of its record.
//!
//! | collection | key after the collection byte | value |
//! | --- | --- | --- |
//! | 1 key | public key (33) | [`CardKeyRecord`] |
//! | 2 batch | the first of its keys (33) | [`BatchRecord`]: what is forgotten together |
//! | 3 programme | programme (4, BE) | [`CategoriesRecord`]: the categories that it serves |

use super::ProgrammeId;
use crate::key::Key;
use crate::prescription::GroupId;
use crate::versioned::versioned;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::{OrgId, PublicKey, TimeMs};

/// Collection of keys.
pub const COLLECTION_KEY: u8 = 1;
/// Collection of batches.
pub const COLLECTION_BATCH: u8 = 2;
/// Collection of programmes.
pub const COLLECTION_PROGRAMME: u8 = 3;

/// Key of a [`CardKeyRecord`].
pub fn card_key(key: &PublicKey) -> Key {
    Key::new(COLLECTION_KEY).public_key(key)
}

/// Key of a [`BatchRecord`].
pub fn batch_key(first: &PublicKey) -> Key {
    Key::new(COLLECTION_BATCH).public_key(first)
}

/// Key of a [`CategoriesRecord`].
pub fn programme_key(programme: ProgrammeId) -> Key {
    Key::new(COLLECTION_PROGRAMME).u32(programme.0)
}

/// A category of people who are entitled, 0 to 31, by the state's own list.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(transparent)
)]
pub struct Category(pub u8);

impl Category {
    /// The highest number of a category: a programme names those that it serves as bits.
    pub const MAX: u8 = 31;

    /// Whether it is one of these, a bit for each.
    pub const fn is_in(self, categories: u32) -> bool {
        self.0 <= Category::MAX && categories >> self.0 & 1 == 1
    }
}

/// A key that some card has for one prescription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct CardKey {
    /// The service centre that registered it.
    pub issuer: OrgId,
    /// Why its card's owner is entitled.
    pub category: Category,
    /// From this block time on the card proves nothing: the entitlement has ended.
    pub entitled_until: TimeMs,
    /// Its card is lost or withdrawn.
    pub blocked: bool,
    /// The prescription that it is for, once it is written into one. For ever: a key serves one prescription.
    pub bound: Option<GroupId>,
}

impl CardKey {
    /// How long a key is kept after the entitlement for which it was registered: as long as a prescription may be
    /// disputed, with room.
    pub const KEPT_MS: u64 = 180 * 24 * 60 * 60 * 1000;
    /// How far ahead an entitlement may end: five years.
    pub const AHEAD_MS_MAX: u64 = 5 * 366 * 24 * 60 * 60 * 1000;
}

versioned! {
    /// A stored [`CardKey`].
    CardKeyRecord(CardKey)
}
versioned! {
    /// The keys that are forgotten together.
    BatchRecord(Vec<PublicKey>)
}
versioned! {
    /// The categories that a programme serves, a bit for each.
    CategoriesRecord(u32)
}
