//! What opens single items: what a pharmacy has after a proof, and keeps as long as it may have to look again.

use super::{ContentKey, HandedKeys, PartKey, not_opened};
use crate::failure::Result;
use borsh::BorshDeserialize;
use senim_abi::prescription::ItemMask;
use senim_abi::prescription::record::ITEMS_MAX;
use senim_codes::live_qr::ContentKey as QrContentKey;
use senim_types::codec;
use zeroize::Zeroizing;

/// Bytes of the keys of all items that a prescription may have.
const BYTES_MAX: usize = 4 + ITEMS_MAX * 33;

/// The keys of some items' parts, by index. Never the whole message's.
#[derive(Clone, Default)]
pub struct ItemKeys(Vec<(u8, PartKey)>);

impl ItemKeys {
    /// What a QR hands over of the chosen items.
    pub fn of_qr(handed: &QrContentKey, chosen: ItemMask) -> Result<ItemKeys> {
        let handed = HandedKeys::try_from_slice(handed.as_bytes()).map_err(|_| not_opened())?;
        Ok(match &handed {
            HandedKeys::All(key) => ItemKeys::of_content(key, chosen),
            HandedKeys::Items(keys) => {
                let chosen = keys
                    .iter()
                    .filter(|(item, _)| chosen.has(usize::from(*item)));
                ItemKeys(chosen.cloned().collect())
            }
        })
    }

    /// The chosen items' keys.
    pub fn of_content(key: &ContentKey, chosen: ItemMask) -> ItemKeys {
        let keys = (0u8..).zip(0..ITEMS_MAX);
        let chosen = keys.filter(|(_, index)| chosen.has(*index));
        ItemKeys(chosen.map(|(item, _)| (item, key.part(item))).collect())
    }

    /// The items that it opens.
    pub fn items(&self) -> ItemMask {
        let items = self
            .0
            .iter()
            .map(|(item, _)| ItemMask::one(usize::from(*item)));
        items.fold(ItemMask::NONE, ItemMask::or)
    }

    /// With another's keys besides; where both have one, the other's.
    pub fn and(&self, other: &ItemKeys) -> ItemKeys {
        let mut keys = self.without(other.items());
        keys.0.extend(other.0.iter().cloned());
        keys
    }

    /// Without the keys of these items.
    pub fn without(&self, items: ItemMask) -> ItemKeys {
        let rest = self
            .0
            .iter()
            .filter(|(item, _)| !items.has(usize::from(*item)));
        ItemKeys(rest.cloned().collect())
    }

    /// Its bytes. They are a secret.
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(codec::encode(&self.0))
    }

    /// Reads its bytes.
    pub fn decode(bytes: &[u8]) -> Result<ItemKeys> {
        codec::decode(bytes, BYTES_MAX)
            .map(ItemKeys)
            .map_err(|_| not_opened())
    }

    /// The key of the item at `index`.
    pub(super) fn of(&self, index: usize) -> Option<&PartKey> {
        let mut keys = self.0.iter();
        keys.find(|(item, _)| usize::from(*item) == index)
            .map(|(_, key)| key)
    }
}
