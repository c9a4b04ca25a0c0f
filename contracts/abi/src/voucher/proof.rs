//! What people's keys sign about vouchers. Each is borsh, signed under its [`Domain`], and travels as a witness of the
//! transaction whose call relies on it.
//!
//! | statement | signed by | domain | says |
//! | --- | --- | --- | --- |
//! | [`VoucherQr`] | the holder's key, or a delegate's | `VoucherQr` | whoever has this ephemeral key may use it once, within a minute |
//! | [`UseStatement`] | the QR's ephemeral key; the key of a printed code | `VoucherUse` | it is this organisation and device where it is used, for this |
//! | [`HolderStatement`] | the holder's key | `VoucherHolder` | activate, delegate, take a delegation back, withdraw the consent |
//!
//! A copied QR is worthless, and so is a printed code's statement that somebody else submits: the use names organisation,
//! device and what is bought.

use super::VoucherId;
use super::record::Delegation;
use crate::policy::Line;
use crate::statement::statement;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::{Hash, OrgId, PublicKey, TimeMs, codec};

/// A live QR, without its ephemeral private key. Domain `VoucherQr`, by the holder's key or a delegate's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct VoucherQr {
    /// The voucher.
    pub voucher: VoucherId,
    /// Whose private half signs the use.
    pub ephemeral: PublicKey,
    /// When it was made. The contract takes only later ones than the last it took.
    pub issued_at: TimeMs,
    /// From when on it is worthless.
    pub expires_at: TimeMs,
}

/// Where and for what a voucher is used. Domain `VoucherUse`, by the QR's ephemeral key or the key of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct UseStatement {
    /// The voucher.
    pub voucher: VoucherId,
    /// Whose terminal it is.
    pub org: OrgId,
    /// The terminal.
    pub device: PublicKey,
    /// When, by the terminal's clock. The contract takes only later ones than the last it took.
    pub at: TimeMs,
    /// [`lines_hash`] of what is bought.
    pub lines: Hash,
}

/// What a holder does with a voucher. Domain `VoucherHolder`, by the holder's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct HolderStatement {
    /// The voucher.
    pub voucher: VoucherId,
    /// When it was signed. The contract takes only later ones than the last it took.
    pub at: TimeMs,
    /// What is done.
    pub act: HolderAct,
}

/// An act of a holder's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum HolderAct {
    /// Begin to use it.
    Activate,
    /// Let another key use it within bounds; it takes the place of an earlier one.
    Delegate(Delegation),
    /// Take the delegation back.
    Undelegate,
    /// Take the consent back: the voucher ends, and what is left returns to the budget line.
    Withdraw,
}

/// What [`UseStatement`] signs of the lines: blake3 of their borsh encoding.
pub fn lines_hash(lines: &[Line]) -> Hash {
    Hash::of(&codec::encode(&lines))
}

statement!(VoucherQr, VoucherQr);
statement!(UseStatement, VoucherUse);
statement!(HolderStatement, VoucherHolder);
