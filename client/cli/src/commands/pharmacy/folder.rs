//! The pharmacy's folder: one hold key for each prescription that it ever held, made before the hold and kept, since
//! undoing a dispensing takes the same key; and what opens the medicine data of what it held, for a later look.

use crate::failure::{Failure, Result};
use crate::sealing::ItemKeys;
use crate::{files, keys};
use senim_abi::prescription::{GroupId, ItemMask};
use senim_types::Code;
use senim_types::crypto::SecretKey;
use senim_types::text::KeyKind;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

fn file(folder: &Path, group: &GroupId) -> PathBuf {
    folder.join(format!("{group}{}", keys::EXTENSION))
}

/// The hold key of a prescription; made where there is none.
pub fn key_for_hold(folder: &Path, group: &GroupId) -> Result<SecretKey> {
    let file = file(folder, group);
    if file.exists() {
        keys::read(&file, KeyKind::Hold)
    } else {
        keys::make(&file, KeyKind::Hold)
    }
}

/// The hold key of a prescription that was held before.
pub fn key_of_hold(folder: &Path, group: &GroupId) -> Result<SecretKey> {
    let file = file(folder, group);
    if !file.exists() {
        return Err(Failure::new(Code::NOT_HELD_HERE));
    }
    keys::read(&file, KeyKind::Hold)
}

/// The salt of the record of an identity check, one for each prescription: without it the hash on the ledger could be
/// tried against guessed records.
pub fn salt_of_check(folder: &Path, group: &GroupId) -> Result<Zeroizing<[u8; 32]>> {
    keys::read_or_make_secret(&folder.join(format!("{group}.salt")), "senimchecksalt")
}

fn item_keys_file(folder: &Path, group: &GroupId) -> PathBuf {
    folder.join(format!("{group}.opens"))
}

/// What opens items of a prescription here; nothing where none of it was opened.
pub fn item_keys(folder: &Path, group: &GroupId) -> Result<ItemKeys> {
    let file = item_keys_file(folder, group);
    if !file.exists() {
        return Ok(ItemKeys::default());
    }
    let text = files::read_secret(&file)?;
    let bytes = hex::decode(text.trim()).map(Zeroizing::new);
    let bytes = bytes.map_err(|_| files::content(&file, "not the keys of items"))?;
    ItemKeys::decode(&bytes)
}

/// Keeps the keys of items beside those that are there.
pub fn keep_item_keys(folder: &Path, group: &GroupId, keys: &ItemKeys) -> Result<()> {
    if keys.items().is_empty() {
        return Ok(());
    }
    write_item_keys(folder, group, &item_keys(folder, group)?.and(keys))
}

/// Forgets the keys of items that were given back.
pub fn forget_item_keys(folder: &Path, group: &GroupId, items: ItemMask) -> Result<()> {
    let before = item_keys(folder, group)?;
    if before.items().and(items).is_empty() {
        return Ok(());
    }
    write_item_keys(folder, group, &before.without(items))
}

fn write_item_keys(folder: &Path, group: &GroupId, keys: &ItemKeys) -> Result<()> {
    let text = Zeroizing::new(hex::encode(&*keys.encode()));
    files::write_secret(&item_keys_file(folder, group), text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use senim_types::Hash;

    #[test]
    fn a_hold_has_one_key_for_ever() {
        let folder = tempfile::tempdir().expect("a folder");
        let group = GroupId(Hash([1; 32]));
        assert_eq!(
            key_of_hold(folder.path(), &group)
                .expect_err("not held")
                .code,
            Code::NOT_HELD_HERE
        );
        let key = key_for_hold(folder.path(), &group)
            .expect("it can be made")
            .public();
        assert_eq!(
            key_for_hold(folder.path(), &group)
                .expect("it is there")
                .public(),
            key
        );
        assert_eq!(
            key_of_hold(folder.path(), &group)
                .expect("it is there")
                .public(),
            key
        );
        let other = GroupId(Hash([2; 32]));
        assert_ne!(
            key_for_hold(folder.path(), &other)
                .expect("another")
                .public(),
            key
        );
    }
}
