//! The pharmacy's folder: one hold key for each prescription that it ever held, made before the hold and kept, since
//! undoing a dispensing takes the same key.

use crate::failure::{Failure, Result};
use crate::keys;
use senim_abi::prescription::GroupId;
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
