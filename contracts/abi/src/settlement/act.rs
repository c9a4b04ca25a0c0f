//! The act of completed work: what provider and payer sign.

use crate::civil::Month;
use crate::treasury::{CorrectionLine, ProgrammeId, SettlementKind};
use alloc::string::String;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use core::fmt;
use senim_types::{Hash, OrgId, TimeMs, Tiyn, TiynTotal};

/// Which act. One month of one contract has one act, and the correcting acts after it.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct ActId {
    /// Under which programme.
    pub programme: ProgrammeId,
    /// Whose work.
    pub provider: OrgId,
    /// Of which month of the programme's civil time.
    pub period: Month,
    /// 0 for the act that the ledger cut; then one more for each correcting act.
    pub number: u8,
}

impl fmt::Display for ActId {
    /// Such as `2-50-2027-01` or, for the first correcting act, `2-50-2027-01-1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month) = (self.period.year(), self.period.month());
        write!(
            f,
            "{}-{}-{year:04}-{month:02}",
            self.programme, self.provider.0
        )?;
        match self.number {
            0 => Ok(()),
            number => write!(f, "-{number}"),
        }
    }
}

/// What an act says. It is made by the ledger and never changes; [`ActBody::preimage`] is what its hash is of.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct ActBody {
    /// Which act.
    pub act: ActId,
    /// Who pays.
    pub payer: OrgId,
    /// Under which contract: the hash of its document.
    pub agreement: Hash,
    /// When and how it is paid.
    pub kind: SettlementKind,
    /// The rate of the VAT when it was cut, in 1/10,000; each line has its own.
    pub vat_basis_points: u16,
    /// The block's time.
    pub cut_at: TimeMs,
    /// Lines posted in the month.
    pub lines: u32,
    /// Lines of the month that take off, also such as stood in an earlier month's act.
    pub reversed_lines: u32,
    /// Σ of the lines posted, VAT included, in tiyn.
    pub sum: TiynTotal,
    /// Σ of the lines that take off, in tiyn.
    pub reversed: TiynTotal,
    /// Σ of the VAT in the lines posted, in tiyn.
    pub vat: TiynTotal,
    /// Σ of the VAT in the lines that take off, in tiyn.
    pub vat_reversed: TiynTotal,
    /// The act that this one takes the place of: its hash.
    pub corrects: Option<Hash>,
    /// What this act takes off the one before. Those of the ones before stand there.
    pub corrections: Vec<CorrectionLine>,
    /// Σ of all corrections of the month so far, in tiyn.
    pub corrected: TiynTotal,
    /// Σ of the VAT in them, each at its own rate and rounded by itself, in tiyn.
    pub vat_corrected: TiynTotal,
    /// What of it makes up for lines taken off after their month had been paid, in tiyn.
    pub set_off: TiynTotal,
    /// What was made good of it out of another month, in tiyn: a line of a month that had no contract was taken off in this
    /// one, before all of that month was paid.
    pub made_good: TiynTotal,
    /// What had been paid of it when this act was made, in tiyn: at each redemption, or before the contract began.
    pub paid: TiynTotal,
    /// What is still to be paid, in tiyn: 0 where it was paid at each redemption.
    pub payable: Tiyn,
    /// The hash chain over the month's lines: the list that people read must reproduce it.
    pub chain: Hash,
}

impl ActBody {
    /// Lines that one correcting act may take off.
    pub const CORRECTIONS_MAX: usize = crate::treasury::msg::CORRECTIONS_MAX;
    /// Correcting acts of one month.
    pub const NUMBER_MAX: u8 = 16;

    /// What is hashed.
    pub fn preimage(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(320);
        bytes.extend_from_slice(b"senim/act");
        self.serialize(&mut bytes)
            .expect("writing to memory cannot fail and corrections are few");
        bytes
    }

    /// The act's hash: what provider and payer sign.
    pub fn hash(&self) -> Hash {
        Hash::of(&self.preimage())
    }

    /// What the work cost after all that was taken off, VAT included, in tiyn. Negative where more was taken off than done.
    pub fn total(&self) -> i128 {
        let part = |total: TiynTotal| i128::try_from(total.0).unwrap_or(i128::MAX);
        part(self.sum)
            .saturating_sub(part(self.reversed))
            .saturating_sub(part(self.corrected))
    }

    /// The total, with what was set off, made good and paid, in tiyn: what is payable, if it is not negative.
    pub fn balance(&self) -> i128 {
        let part = |total: TiynTotal| i128::try_from(total.0).unwrap_or(i128::MAX);
        let rest = self.total().saturating_add(part(self.made_good));
        rest.saturating_sub(part(self.set_off))
            .saturating_sub(part(self.paid))
    }
}

/// Characters of an end-to-end id, as ISO 20022 has it at most.
pub const END_TO_END_CHARACTERS: usize = 35;

/// The end-to-end id of an attempt to pay an act: `S`, 29 hex digits of the act's hash (116 bits), `-`, and the attempt. It
/// follows from the act, so whoever makes the file again makes the same id, and no file can pay an act under another one.
pub fn end_to_end_id(act: &Hash, attempt: u8) -> String {
    alloc::format!("S{}-{attempt}", &alloc::format!("{act}")[..29])
}

/// What is hashed for the treasury's name of a bank payment: one for each attempt.
pub fn payment_preimage(act: &Hash, attempt: u8) -> Vec<u8> {
    [b"senim/payment".as_slice(), act.as_bytes(), &[attempt]].concat()
}
