//! What people's keys sign about prescriptions. Each is borsh, signed under its [`Domain`], and
//! travels as a witness of the transaction whose call relies on it.
//!
//! | statement | signed by | domain | says |
//! | --- | --- | --- | --- |
//! | [`QrStatement`] | the token's key, in the wallet, or a delegate's | `Qr` | whoever has this ephemeral key may hold these items, for a minute |
//! | [`HoldStatement`] | the QR's ephemeral key; the paper's key | `Hold` | it is this organisation and device that hold, with this hold key |
//! | [`CardStatement`] | the card's key for this token | `Card` | the card was at this terminal at that time |
//! | [`HeldStep`] | the hold key, at the pharmacy | `HeldStep` | dispense, reject, extend, reverse |
//! | [`HolderAct`] | the token's key, in the wallet | `Holder` | cancel, let another collect |
//!
//! A copied QR is worthless: the ephemeral *private* key travels in the QR image only, and the hold
//! that it signs names the organisation and the device.

use crate::prescription::{Delegation, DispenseLine, GroupId, ItemMask, RejectReason};
use crate::statement::statement;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::{Hash, OrgId, PublicKey, TimeMs, codec};

/// A live QR, without its ephemeral private key. Domain `Qr`, by the token's key or a delegate's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct QrStatement {
    /// The prescription.
    pub group: GroupId,
    /// The items that it opens.
    pub items: ItemMask,
    /// Whose private half signs the hold.
    pub ephemeral: PublicKey,
    /// When the wallet made it. The contract takes only later ones than the last it took.
    pub issued_at: TimeMs,
    /// From when on it is worthless; a minute or so after `issued_at`.
    pub expires_at: TimeMs,
}

/// Who holds what, with which key. Domain `Hold`, by the QR's ephemeral key or the paper's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct HoldStatement {
    /// The prescription.
    pub group: GroupId,
    /// The items to hold.
    pub items: ItemMask,
    /// The pharmacy.
    pub org: OrgId,
    /// The device that submits the hold.
    pub device: PublicKey,
    /// The pharmacy's key for the later steps.
    pub hold_key: PublicKey,
}

/// A terminal's challenge, answered by the card (or by the card system for it). Domain `Card`, by the key that card
/// has for this token alone, so that no two tokens of one card can be joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct CardStatement {
    /// What the terminal asks to hold.
    pub hold: HoldStatement,
    /// When the terminal asked.
    pub challenged_at: TimeMs,
    /// From when on the answer is worthless.
    pub expires_at: TimeMs,
}

/// A step of the pharmacy that holds. Domain `HeldStep`, by the hold key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum HeldStep {
    /// Dispense.
    Dispense {
        /// The prescription.
        group: GroupId,
        /// [`lines_hash`] of what is dispensed.
        lines: Hash,
    },
    /// Give items back undispensed.
    Reject {
        /// The prescription.
        group: GroupId,
        /// The items.
        items: ItemMask,
        /// Why.
        reason: RejectReason,
    },
    /// Hold longer.
    Extend {
        /// The prescription.
        group: GroupId,
        /// The items.
        items: ItemMask,
        /// New end of the lease.
        until: TimeMs,
    },
    /// Undo a dispensing that did not take place.
    Reverse {
        /// The prescription.
        group: GroupId,
        /// Number of the dispense within the prescription, from 0.
        dispense: u8,
        /// The packs of it, by position, that left the pharmacy and came back.
        left: ItemMask,
    },
}

/// An act of the person whom the prescription is for. Domain `Holder`, by the token's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum HolderAct {
    /// Cancel what remains of items.
    Cancel {
        /// The prescription.
        group: GroupId,
        /// The items.
        items: ItemMask,
    },
    /// Let another collect, or take that back.
    Delegate {
        /// The prescription.
        group: GroupId,
        /// When it was signed.
        at: TimeMs,
        /// Who may collect what until when; none takes it back.
        delegation: Option<Delegation>,
    },
}

/// What [`HeldStep::Dispense`] signs of the lines: blake3 of their borsh encoding.
pub fn lines_hash(lines: &[DispenseLine]) -> Hash {
    Hash::of(&codec::encode(&lines))
}

statement!(QrStatement, Qr);
statement!(HoldStatement, Hold);
statement!(CardStatement, Card);
statement!(HeldStep, HeldStep);
statement!(HolderAct, Holder);
