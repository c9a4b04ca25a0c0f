//! The card system's folder, and the file that stands for a card's chip.
//!
//! ```text
//! register.sealed   the register of cards, encrypted
//! register.key      what opens it, where no other place is named; readable by its owner only
//! ```

use super::Centre;
use crate::failure::Result;
use crate::session::Session;
use crate::{files, keys};
use senim_card_system::{Chip, Register, VAULT_BYTES_MAX, VaultKey};
use senim_types::ChainId;
use senim_types::text::{from_bech32m, to_bech32m};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Prefix of the text of the secret that opens the register.
const KEY_PREFIX: &str = "senimcardregister";
/// Prefix of the text of a software card.
const CHIP_PREFIX: &str = "senimcardchip";

/// The register with the place where it lies.
pub struct CardFolder {
    /// The register.
    pub register: Register,
    key: VaultKey,
    path: PathBuf,
    chain: ChainId,
}

impl CardFolder {
    /// Opens the register, and makes an empty one where there is none.
    pub fn open(centre: &Centre, session: &Session) -> Result<CardFolder> {
        let in_folder = || centre.cards.join("register.key");
        let key_file = centre.cards_key.clone().unwrap_or_else(in_folder);
        let path = centre.cards.join("register.sealed");
        let is_new = !path.exists();
        if !is_new && !key_file.exists() {
            return Err(files::content(
                &path,
                format!("its key {} is not there", key_file.display()),
            ));
        }
        let secret = keys::read_or_make_secret(&key_file, KEY_PREFIX)?;
        let (key, chain) = (VaultKey::new(&secret), session.chain);
        let register = if is_new {
            Register::default()
        } else {
            let bytes = files::read(&path, VAULT_BYTES_MAX as u64)?;
            let opened = key.open(&bytes, &chain);
            opened.map_err(|code| files::content(&path, format!("{code}: {}", code.advice())))?
        };
        Ok(CardFolder {
            register,
            key,
            path,
            chain,
        })
    }

    /// Writes the register.
    pub fn save(&self) -> Result<()> {
        let nonce = files::random::<24>()?;
        let sealed = self.key.seal(&self.register, &self.chain, &nonce);
        files::replace(&self.path, &sealed)
    }
}

/// Writes a card's chip: a new file that only its owner can read.
pub fn write_chip(path: &Path, secret: &[u8; 32]) -> Result<()> {
    let text = Zeroizing::new(to_bech32m(CHIP_PREFIX, secret));
    files::write_new_secret(path, text.as_bytes())
}

/// Reads a card's chip.
pub fn chip(path: &Path) -> Result<Chip> {
    let text = files::read_secret(path)?;
    let secret = from_bech32m(CHIP_PREFIX, &text).map_err(|error| files::content(path, error))?;
    Ok(Chip::new(&Zeroizing::new(secret)))
}
