//! What is printed on a paper prescription: the prescription and one secret, as one QR. The key that signs holds for it and
//! the key that opens its medicine data are both made of that secret.

use crate::failure::{Failure, Result};
use crate::files;
use crate::sealing::OpeningKey;
use bech32::{Bech32m, Hrp};
use senim_abi::prescription::GroupId;
use senim_codes::image::PNG_BYTES_MAX;
use senim_codes::scan::scan_png;
use senim_codes::symbol::Symbol;
use senim_types::crypto::SecretKey;
use senim_types::{Code, Hash};
use std::path::Path;
use zeroize::Zeroizing;

/// Prefix of the text.
const PREFIX: &str = "senimpaper";
/// Version of the text.
const VERSION: u8 = 1;
/// Pixels of a module of a printed code.
const MODULE_PIXELS: usize = 6;

/// The code of a paper prescription. Whoever reads it can sign a hold: it is as secret as the paper.
pub struct PaperCode {
    /// The prescription.
    pub group: GroupId,
    seed: Zeroizing<[u8; 32]>,
}

impl PaperCode {
    /// The code of a prescription and the key that was issued with it.
    pub fn new(group: GroupId, seed: &[u8; 32]) -> PaperCode {
        PaperCode {
            group,
            seed: Zeroizing::new(*seed),
        }
    }

    /// Signs holds.
    pub fn key(&self) -> SecretKey {
        SecretKey::from_seed(&self.seed)
    }

    /// Opens the medicine data.
    pub fn opening(&self) -> OpeningKey {
        paper_opening(&self.seed)
    }

    /// Draws it as a QR to be printed. Whoever has the picture has the paper.
    pub fn draw(&self, file: &Path) -> Result<()> {
        let symbol = Symbol::qr(&self.to_text())?;
        files::write_secret(file, &symbol.to_png(MODULE_PIXELS))
    }

    /// Reads a picture of it.
    pub fn scan(picture: &Path) -> Result<PaperCode> {
        let picture = Zeroizing::new(files::read(picture, PNG_BYTES_MAX as u64)?);
        PaperCode::from_text(&Zeroizing::new(scan_png(&picture)?.text))
    }

    /// `senimpaper1…`: bech32m of version, prescription and key, in capitals, so that a QR holds it densely.
    pub fn to_text(&self) -> Zeroizing<String> {
        let group = self.group.0.as_bytes().as_slice();
        let data = Zeroizing::new([&[VERSION], group, self.seed.as_slice()].concat());
        let prefix = Hrp::parse(PREFIX).expect("lower-case ASCII letters");
        let text = bech32::encode_upper::<Bech32m>(prefix, &data);
        Zeroizing::new(text.expect("65 bytes are far below the length limit"))
    }

    /// Reads the text.
    pub fn from_text(text: &str) -> Result<PaperCode> {
        let wrong = || {
            Failure::with(
                Code::PROOF_NOT_ACCEPTED,
                "The picture is no code of a paper prescription: it says senimpaper1….",
            )
        };
        let checked = bech32::primitives::decode::CheckedHrpstring::new::<Bech32m>(text.trim());
        let checked = checked.map_err(|_| wrong())?;
        let data = Zeroizing::new(checked.byte_iter().collect::<Vec<u8>>());
        let data: &[u8; 65] = data.as_slice().try_into().map_err(|_| wrong())?;
        if checked.hrp().to_lowercase() != PREFIX || data[0] != VERSION {
            return Err(wrong());
        }
        let (mut group, mut seed) = ([0; 32], Zeroizing::new([0; 32]));
        group.copy_from_slice(&data[1..33]);
        seed.copy_from_slice(&data[33..]);
        Ok(PaperCode {
            group: GroupId(Hash(group)),
            seed,
        })
    }
}

/// What opens the medicine data, of the secret that is printed.
pub fn paper_opening(seed: &[u8; 32]) -> OpeningKey {
    let purpose = "senim 2026-11 opening key of a paper prescription";
    OpeningKey::from_seed(&Zeroizing::new(blake3::derive_key(purpose, seed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paper_code_is_read_back_and_a_changed_letter_is_noticed() {
        let code = PaperCode::new(GroupId(Hash([7; 32])), &[9; 32]);
        let text = code.to_text();
        for text in [text.as_str(), &text.to_lowercase()] {
            let read = PaperCode::from_text(text).unwrap_or_else(|_| panic!("it is sound"));
            assert_eq!(read.group, code.group);
            assert_eq!(read.key().public(), code.key().public());
            assert_eq!(read.opening().public(), code.opening().public());
        }
        let mut changed = text.as_bytes().to_vec();
        changed[20] = if changed[20] == b'Q' { b'P' } else { b'Q' };
        let changed = String::from_utf8(changed).expect("ASCII");
        for wrong in [changed.as_str(), "", "senimpaper1", "SENIMQR1"] {
            assert!(PaperCode::from_text(wrong).is_err(), "{wrong}");
        }
    }
}
