//! The register of mobile citizens (БМГ), as the portal has it: which telephone belongs to which person. A file of the
//! portal's, sealed; where the register is a service, this is the place for its client.

use crate::list::persons::Iin;
use crate::phone::Phone;
use senim_cli::failure::{Failure, Result};
use senim_cli::files;
use senim_cli::vault::Vault;
use senim_types::{Code, codec};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Bytes of the file: 3 million persons.
const NUMBERS_BYTES_MAX: usize = 64 << 20;
const PLACE: &[u8] = b"senim register of mobile citizens 1";

/// The register.
#[derive(Default)]
pub struct Numbers(BTreeMap<Iin, Phone>);

#[derive(Deserialize)]
struct Row {
    iin: String,
    phone: String,
}

impl Numbers {
    /// Reads a table with the columns `iin` and `phone`. `FILE_CONTENT` with the line.
    pub fn of_table(table: &[u8]) -> Result<Numbers> {
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_reader(table);
        let mut numbers = BTreeMap::new();
        for (row, number) in reader.deserialize::<Row>().zip(2_usize..) {
            let wrong =
                |what: &str| Failure::with(Code::FILE_CONTENT, format!("Line {number}: {what}."));
            let row = row.map_err(|_| wrong("not the columns iin, phone"))?;
            let iin = Iin::read(&row.iin).ok_or_else(|| wrong("not an ИИН"))?;
            let phone = Phone::read(&row.phone).ok_or_else(|| wrong("not a mobile number"))?;
            if numbers.insert(iin, phone).is_some() {
                return Err(wrong("the same person again"));
            }
        }
        Ok(Numbers(numbers))
    }

    /// Reads the sealed file; empty where there is none. `PORTAL_JOURNAL` for another key.
    pub fn read(path: &Path, vault: &Vault) -> Result<Numbers> {
        if !path.exists() {
            return Ok(Numbers::default());
        }
        let sealed = files::read(path, NUMBERS_BYTES_MAX as u64)?;
        let plain = vault.unseal(PLACE, &sealed);
        let plain = plain.ok_or_else(|| Failure::new(Code::PORTAL_JOURNAL))?;
        let numbers = codec::decode(&plain, NUMBERS_BYTES_MAX)
            .map_err(|_| files::content(path, "not a register of this version"))?;
        Ok(Numbers(numbers))
    }

    /// Writes the sealed file.
    pub fn write(&self, path: &Path, vault: &Vault) -> Result<()> {
        files::replace(path, &vault.seal(PLACE, &codec::encode(&self.0))?)
    }

    /// The person's number.
    pub fn of(&self, iin: &Iin) -> Option<Phone> {
        self.0.get(iin).copied()
    }

    /// How many it has.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
