//! The wallet's folder: one secret, and records without secrets.
//!
//! ```text
//! secret.key   32 bytes from which every key is derived; readable by its owner only
//! wallet.json  how many keys were made, what they hold, how far the ledger was looked through
//! offer.json   what its person said of the offer, signed and confirmed
//! ID.shared    what opens the medicine data that another shared, sealed to a key of the wallet's
//! ID.contents  a prescription's content key that the wallet took in, wrapped to a key of its own
//! ```

use crate::failure::{Failure, Result};
use crate::offer::Signed;
use crate::one_time::{pair_from_text, pair_to_text};
use crate::sealing::{ContentKey, KEPT_BYTES, OpeningKey, SHARED_BYTES_MAX};
use crate::{files, keys, words};
use senim_abi::prescription::{Delegation, Group, GroupId, ItemMask};
use senim_abi::voucher::VoucherId;
use senim_types::crypto::SecretKey;
use senim_types::{ChainId, Code, PublicKey, TimeMs};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Prefix of the text of the wallet's secret.
const SECRET_PREFIX: &str = "senimwalletsecret";
/// Prefix of the text of a wallet's public key pair.
const PUBLIC_PREFIX: &str = "senimwallet";

/// What a wallet leaves with an issuer: the token's key, and the key that its contents are wrapped to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WalletKey {
    /// Signs QRs and cancellations.
    pub token: PublicKey,
    /// X25519: opens the sealed part.
    pub opening: [u8; 32],
}

impl WalletKey {
    /// `senimwallet1…`: bech32m of version, Ed25519 point, X25519 point.
    pub fn to_text(self) -> String {
        pair_to_text(PUBLIC_PREFIX, &self.token, &self.opening)
    }

    /// Reads the text.
    pub fn from_text(text: &str) -> Result<WalletKey> {
        let wrong = || {
            Failure::usage(
                "the holder is not a wallet's key: `senim wallet key` prints one (senimwallet1…)",
            )
        };
        let (token, opening) = pair_from_text(PUBLIC_PREFIX, text).ok_or_else(wrong)?;
        Ok(WalletKey { token, opening })
    }
}

/// A wallet.
pub struct Wallet {
    secret: Zeroizing<[u8; 32]>,
    path: PathBuf,
    /// What is known besides the secret.
    pub records: Records,
}

/// What a wallet knows besides its secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Records {
    /// Keys made so far: they are numbered from 0.
    pub keys: u32,
    /// The last block that was looked through. A wallet that was written before vouchers were looked for has another name
    /// for it, and looks through everything once more.
    #[serde(rename = "looked_through", default)]
    pub seen: u64,
    /// The prescriptions.
    pub prescriptions: Vec<Held>,
    /// The vouchers.
    #[serde(default)]
    pub vouchers: Vec<HeldVoucher>,
    /// Vouchers of others, of which a part is shared with this wallet.
    #[serde(default)]
    pub shared: Vec<SharedVoucher>,
    /// Prescriptions of others that the wallet collects, each with the number of its own key for it.
    #[serde(default)]
    pub collected: Vec<Held>,
}

/// By what a wallet opens a prescription.
pub struct Access {
    /// The number of its key.
    pub key: u32,
    /// What is shared with that key, where another holds the prescription.
    pub delegation: Option<Delegation>,
}

impl Access {
    /// The items that it opens, of a prescription with so many.
    pub fn items(&self, count: usize) -> ItemMask {
        self.delegation
            .map_or(ItemMask::first(count), |one| one.items)
    }

    /// Whether a QR of these items would open them: at the counter it would be refused only.
    pub fn check(&self, items: ItemMask, now: TimeMs) -> Result<()> {
        let Some(one) = &self.delegation else {
            return Ok(());
        };
        if now >= one.until {
            return Err(Failure::new(Code::DELEGATION_ENDED));
        }
        if !one.items.contains(items) {
            let message = format!(
                "Only {} of it may be collected by this wallet. Name those with --items.",
                words::items(one.items)
            );
            return Err(Failure::with(Code::QR_OTHER_TOKEN, message));
        }
        Ok(())
    }
}

/// A voucher of the wallet's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldVoucher {
    /// Which.
    pub voucher: VoucherId,
    /// The number of the key that holds it.
    pub key: u32,
}

/// A voucher of which a part was shared by a code. The code itself is its picture, and stays there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedVoucher {
    /// Which.
    pub voucher: VoucherId,
    /// The public half of the code's key.
    pub delegate: PublicKey,
}

/// A prescription of the wallet's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Which.
    pub group: GroupId,
    /// The number of the key that holds it.
    pub key: u32,
}

/// In place of what is known of the same prescription.
fn put(known: &mut Vec<Held>, one: Held) {
    match known.iter_mut().find(|held| held.group == one.group) {
        Some(held) => *held = one,
        None => known.push(one),
    }
}

impl Wallet {
    /// Makes a wallet in a folder that has none.
    pub fn make(folder: &Path) -> Result<Wallet> {
        let file = folder.join("secret.key");
        if file.exists() {
            return Err(files::content(folder, "there is a wallet already"));
        }
        let secret = keys::read_or_make_secret(&file, SECRET_PREFIX)?;
        let wallet = Wallet {
            secret,
            path: folder.join("wallet.json"),
            records: Records::default(),
        };
        wallet.save()?;
        Ok(wallet)
    }

    /// Opens a wallet.
    pub fn open(folder: &Path) -> Result<Wallet> {
        let file = folder.join("secret.key");
        if !file.exists() {
            return Err(files::content(
                folder,
                "there is no wallet: `senim wallet new` makes one",
            ));
        }
        let path = folder.join("wallet.json");
        Ok(Wallet {
            secret: keys::read_or_make_secret(&file, SECRET_PREFIX)?,
            records: files::read_records(&path)?.unwrap_or_default(),
            path,
        })
    }

    /// Writes the records.
    pub fn save(&self) -> Result<()> {
        files::write_records(&self.path, &self.records)
    }

    /// The key that signs for the prescription of this number.
    pub fn token(&self, number: u32) -> SecretKey {
        SecretKey::from_seed(&self.derive("senim 2026-02 wallet token key", number))
    }

    /// The key that opens the sealed part of the prescription of this number.
    pub fn opening(&self, number: u32) -> OpeningKey {
        OpeningKey::from_seed(&self.derive("senim 2026-02 wallet opening key", number))
    }

    /// The key that signs what the person says of the offer, and nothing else.
    pub fn offer_key(&self) -> SecretKey {
        SecretKey::from_seed(&self.derive("senim 2026-11 wallet offer key", 0))
    }

    /// What the person said of the offer, the latest last.
    pub fn said(&self) -> Result<Vec<Signed>> {
        let said = files::read_records(&self.path.with_file_name("offer.json"))?;
        Ok(said.unwrap_or_default())
    }

    /// Keeps what the person said of the offer.
    pub fn keep_said(&self, said: &[Signed]) -> Result<()> {
        files::write_records(&self.path.with_file_name("offer.json"), &said)
    }

    /// What an issuer is given of the key of this number.
    pub fn public(&self, number: u32) -> WalletKey {
        WalletKey {
            token: self.token(number).public(),
            opening: self.opening(number).public(),
        }
    }

    /// The number of the key that holds for this holder.
    pub fn number_of(&self, holder: &PublicKey) -> Option<u32> {
        (0..self.records.keys).find(|number| self.token(*number).public() == *holder)
    }

    /// The number of the key that holds this prescription.
    pub fn held(&self, group: &GroupId, holder: &PublicKey) -> Result<u32> {
        let known = self
            .records
            .prescriptions
            .iter()
            .find(|held| held.group == *group);
        let known = known
            .map(|held| held.key)
            .filter(|key| self.token(*key).public() == *holder);
        known
            .or_else(|| self.number_of(holder))
            .ok_or_else(|| Failure::new(Code::NOT_IN_WALLET))
    }

    /// By what the wallet opens a prescription: its own, or what is shared with it. Else `NOT_IN_WALLET`.
    pub fn access(&self, id: &GroupId, group: &Group) -> Result<Access> {
        let refused = match self.held(id, &group.holder) {
            Ok(key) => {
                return Ok(Access {
                    key,
                    delegation: None,
                });
            }
            Err(refused) => refused,
        };
        let delegation = group.delegation.as_ref();
        let key = delegation.and_then(|one| self.number_of(&one.key));
        Ok(Access {
            key: key.ok_or(refused)?,
            delegation: group.delegation,
        })
    }

    /// What opens the sealed part of a prescription: any key that the wallet made, the newest first. The one that it was
    /// sealed for may be older than the one that holds it now.
    pub fn openings(&self) -> impl Iterator<Item = OpeningKey> + '_ {
        (0..self.records.keys)
            .rev()
            .map(|number| self.opening(number))
    }

    /// Keeps a prescription's content key, wrapped to the key of this number.
    pub fn keep_contents(
        &self,
        chain: &ChainId,
        group: &GroupId,
        number: u32,
        key: &ContentKey,
    ) -> Result<()> {
        let kept = key.kept_for(chain, &self.public(number).opening)?;
        files::replace(&self.contents_path(group), &kept)
    }

    /// The content key that was kept of a prescription.
    pub fn kept_contents(&self, chain: &ChainId, group: &GroupId) -> Result<Option<ContentKey>> {
        let path = self.contents_path(group);
        if !path.exists() {
            return Ok(None);
        }
        let kept = files::read(&path, KEPT_BYTES as u64)?;
        let mut openings = self.openings();
        Ok(openings.find_map(|opening| opening.unwrap_kept(chain, &kept)))
    }

    /// Keeps the file that came with what another shared.
    pub fn keep_shared(&self, group: &GroupId, sealed: &[u8]) -> Result<()> {
        files::replace(&self.shared_path(group), sealed)
    }

    /// The file that came with what another shared.
    pub fn kept_shared(&self, group: &GroupId) -> Result<Option<Vec<u8>>> {
        let path = self.shared_path(group);
        let kept = path
            .exists()
            .then(|| files::read(&path, SHARED_BYTES_MAX as u64));
        kept.transpose()
    }

    fn shared_path(&self, group: &GroupId) -> PathBuf {
        self.path.with_file_name(format!("{group}.shared"))
    }

    fn contents_path(&self, group: &GroupId) -> PathBuf {
        self.path.with_file_name(format!("{group}.contents"))
    }

    /// Remembers a prescription, and by which key it is held now.
    pub fn remember(&mut self, group: GroupId, key: u32) {
        put(&mut self.records.prescriptions, Held { group, key });
    }

    /// Remembers another's prescription that the wallet collects with this key.
    pub fn remember_collected(&mut self, group: GroupId, key: u32) {
        put(&mut self.records.collected, Held { group, key });
    }

    /// Remembers a voucher, and by which key it is held now.
    pub fn remember_voucher(&mut self, voucher: VoucherId, key: u32) {
        let known = &mut self.records.vouchers;
        match known.iter_mut().find(|held| held.voucher == voucher) {
            Some(held) => held.key = key,
            None => known.push(HeldVoucher { voucher, key }),
        }
    }

    /// Remembers a voucher of which a part was shared with this wallet.
    pub fn remember_shared(&mut self, voucher: VoucherId, delegate: PublicKey) {
        let shared = SharedVoucher { voucher, delegate };
        if !self.records.shared.contains(&shared) {
            self.records.shared.push(shared);
        }
    }

    fn derive(&self, purpose: &str, number: u32) -> Zeroizing<[u8; 32]> {
        let mut material = Zeroizing::new([0; 36]);
        material[..32].copy_from_slice(self.secret.as_ref());
        material[32..].copy_from_slice(&number.to_be_bytes());
        Zeroizing::new(blake3::derive_key(purpose, material.as_ref()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Exit;
    use senim_types::Hash;

    #[test]
    fn a_wallets_keys_are_many_and_come_back_from_its_secret() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut wallet = Wallet::make(folder.path()).expect("an empty folder");
        let keys: Vec<WalletKey> = (0..3).map(|number| wallet.public(number)).collect();
        assert!(keys[0].token != keys[1].token && keys[0].opening != keys[1].opening);
        assert_ne!(keys[0].token.point(), &keys[0].opening);
        wallet.records.keys = 3;
        wallet.remember(GroupId(Hash([1; 32])), 2);
        wallet.remember(GroupId(Hash([1; 32])), 0);
        wallet.remember_voucher(VoucherId(Hash([2; 32])), 1);
        wallet.remember_shared(VoucherId(Hash([3; 32])), keys[0].token);
        wallet.remember_shared(VoucherId(Hash([3; 32])), keys[0].token);
        wallet.save().expect("the folder can be written");

        let again = Wallet::open(folder.path()).expect("the same folder");
        assert_eq!(again.records, wallet.records);
        let [held] = again.records.prescriptions[..] else {
            panic!("it is one prescription")
        };
        assert_eq!(held.key, 0, "by the key that it was bound to last");
        assert_eq!(again.records.shared.len(), 1);
        assert_eq!(again.public(1), keys[1]);
        assert_eq!(again.number_of(&keys[2].token), Some(2));
        assert_eq!(
            again.held(&GroupId(Hash([9; 32])), &keys[1].token).ok(),
            Some(1)
        );
        let stranger = SecretKey::from_seed(&[9; 32]).public();
        let refused = again
            .held(&GroupId(Hash([1; 32])), &stranger)
            .expect_err("another's");
        assert_eq!(refused.code, Code::NOT_IN_WALLET);
        assert!(
            Wallet::make(folder.path()).is_err(),
            "a wallet is never replaced"
        );
    }

    #[test]
    fn a_wallets_key_is_read_back_and_a_changed_letter_is_noticed() {
        let folder = tempfile::tempdir().expect("a folder");
        let key = Wallet::make(folder.path())
            .expect("an empty folder")
            .public(0);
        let text = key.to_text();
        assert!(text.starts_with("senimwallet1"));
        assert_eq!(WalletKey::from_text(&text).ok(), Some(key));
        for place in 12..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[place] = if changed[place] == b'q' { b'p' } else { b'q' };
            let changed = String::from_utf8(changed).expect("ASCII");
            assert_eq!(
                WalletKey::from_text(&changed).expect_err("a checksum").exit,
                Exit::Usage
            );
        }
        let device = key.token.to_text(senim_types::text::KeyKind::Device);
        assert!(
            WalletKey::from_text(&device).is_err(),
            "a key of another kind"
        );
    }
}
