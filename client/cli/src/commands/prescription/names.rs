//! What the clinic's system calls the lines of a message, sealed in the clinic's folder: a report names a line by it.

use super::clinic::{ClinicFolder, Issued, Line};
use crate::failure::Result;
use crate::vault::Vault;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_abi::prescription::ItemMask;
use senim_fhir::{LedgerOrder, Medicine, MedicineMap, Order, line_identifier};
use senim_types::codec;

/// Bytes of what a line is called: its identifier is within a message's limits.
const NAME_BYTES_MAX: usize = 2 << 20;
/// What a name is sealed as.
const PLACE: &[u8] = b"senim clinic line 1";
/// What the vault's key is derived for.
const VAULT_CONTEXT: &str = "senim clinic line names 1";
/// What the key of messages' hashes is derived for.
const MESSAGE_CONTEXT: &str = "senim clinic messages 1";

/// What the clinic's system says for a line.
#[derive(BorshSerialize, BorshDeserialize)]
struct Name {
    /// Identifier `(system, value)`, where it has one.
    identifier: Option<(String, String)>,
    /// Code of the medicine `(system, code)`.
    medicine: (String, String),
}

/// A line of an issued message, as its reports name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedLine {
    /// Identifier `(system, value)`, as the clinic sent it; none if it has none.
    pub identifier: Option<(String, String)>,
    /// What was ordered.
    pub medicine: Medicine,
    /// The items that it became.
    pub items: ItemMask,
}

impl ClinicFolder {
    fn vault(&self) -> Vault {
        Vault::of_secret(blake3::derive_key(VAULT_CONTEXT, self.secret()))
    }

    /// The lines of a message's items, whose names only this folder's secret opens.
    pub fn lines(&self, order: &Order) -> Result<Vec<Line>> {
        let LedgerOrder::Issue { items } = &order.ledger else {
            return Ok(Vec::new());
        };
        let vault = self.vault();
        let mut lines = Line::of(items);
        for ((line, item), part) in lines.iter_mut().zip(items).zip(&order.sealed.items) {
            let name = Name {
                identifier: line_identifier(part),
                medicine: (item.medicine.system.clone(), item.medicine.code.clone()),
            };
            let sealed = vault.seal(PLACE, &codec::encode(&name))?;
            line.name = Some(hex::encode(sealed));
        }
        Ok(lines)
    }

    /// What the lines of an issued message are called; none for a line that was issued before names were kept, or whose
    /// medicine the map does not have any more.
    pub fn named(&self, issued: &Issued) -> Vec<NamedLine> {
        let (vault, map) = (self.vault(), MedicineMap::shipped());
        let named = |line: &Line| {
            let sealed = hex::decode(line.name.as_ref()?).ok()?;
            let plain = vault.unseal(PLACE, &sealed)?;
            let name: Name = codec::decode(&plain, NAME_BYTES_MAX).ok()?;
            let (system, code) = &name.medicine;
            Some(NamedLine {
                identifier: name.identifier,
                medicine: map.medicine(system, code)?.clone(),
                items: line.items(),
            })
        };
        issued.lines.iter().filter_map(named).collect()
    }

    /// By what a message is known again: a hash of its canonical text that only this folder can make.
    pub fn message_id(&self, canonical: &[u8]) -> String {
        let key = blake3::derive_key(MESSAGE_CONTEXT, self.secret());
        blake3::keyed_hash(&key, canonical).to_hex().to_string()
    }
}
