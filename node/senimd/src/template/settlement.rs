//! Contracts with providers: what may be paid to whom, and how.

use super::{TemplateError, until};
use senim_abi::settlement::{Execute, ProgrammeId, SettlementKind};
use senim_types::{Hash, OrgId, Tiyn};
use serde::Deserialize;

/// A contract of a payer with a provider under a programme.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    programme: u32,
    provider: u32,
    /// Number and date, as the document has them; the ledger keeps the hash.
    document: String,
    from: String,
    until: String,
    ceiling_tiyn: u64,
    vat_basis_points: u16,
    settlement: SettlementKind,
}

impl Agreement {
    /// The call that sets it.
    pub fn call(&self) -> Result<Execute, TemplateError> {
        Ok(Execute::SetAgreement {
            programme: ProgrammeId(self.programme),
            provider: OrgId(self.provider),
            document: Hash::of(self.document.as_bytes()),
            from: until(&self.from)?,
            until: until(&self.until)?,
            ceiling: Tiyn(self.ceiling_tiyn),
            vat_basis_points: self.vat_basis_points,
            kind: self.settlement,
        })
    }
}
