//! What the contract can be asked. The first byte of a message is its method.

use super::ProgrammeId;
use super::record::{CardKey, Category};
use crate::prescription::GroupId;
use crate::roles::Roles;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::{PublicKey, TimeMs};

/// Keys in one message.
pub const KEYS_MAX: usize = 64;

/// Messages that change something. The roles that may send them are in [`RIGHTS`].
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Execute {
    /// By the payer: which categories of people a programme serves by card. What is not set serves none.
    SetProgramme {
        /// Which.
        programme: ProgrammeId,
        /// A bit for each [`Category`]; 0 serves none.
        categories: u32,
    },
    /// By a service centre: keys of cards, of many cards together, or the ledger joins a person's prescriptions. A key
    /// that is registered alike already is no error. `TOO_MANY_ITEMS` for none or more than [`KEYS_MAX`];
    /// `OUT_OF_RANGE`; `CARD_KEY_EXISTS` for one that is registered otherwise.
    Register {
        /// Which.
        keys: Vec<PublicKey>,
        /// Why the cards' owners are entitled.
        category: Category,
        /// Until when: an end that many cards share.
        entitled_until: TimeMs,
    },
    /// By the service centre that registered them: the card is lost or withdrawn. Blocked already is no error. Keys
    /// that are in prescriptions go one to a transaction, or the ledger joins them. `CARD_UNKNOWN`, `NOT_AUTHORISED`,
    /// `TOO_MANY_ITEMS`.
    Block {
        /// Which.
        keys: Vec<PublicKey>,
    },
    /// By the service centre that registered them: the entitlement ends earlier. The same end again is no error.
    /// Keys that are in prescriptions go one to a transaction.
    /// `CARD_UNKNOWN`, `NOT_AUTHORISED`, `TOO_MANY_ITEMS`; `OUT_OF_RANGE` for an end later than the one registered.
    End {
        /// Which.
        keys: Vec<PublicKey>,
        /// From when on.
        at: TimeMs,
    },
    /// By the prescription contract alone: the key is written into a prescription, for ever. The same again is no error.
    /// The codes of [`Query::Check`], and `CARD_KEY_USED` if it is in another; `NOT_AUTHORISED` for everybody else.
    Bind {
        /// Which.
        key: PublicKey,
        /// The prescription.
        group: GroupId,
        /// The programme that bears it.
        programme: ProgrammeId,
    },
}

/// Who may call each method, in the order of the methods: what a genesis enters in the registry. A method of nobody's
/// is for contracts alone.
pub const RIGHTS: [(&str, Roles); 5] = [
    ("set_programme", Roles(Roles::FUND.0 | Roles::OPERATOR.0)),
    ("register", Roles::SERVICE_CENTRE),
    ("block", Roles::SERVICE_CENTRE),
    ("end", Roles::SERVICE_CENTRE),
    ("bind", Roles::NONE),
];

/// The input of `Entry::Genesis`: what programmes serve, carried out with the ledger's authority, in order, all or
/// none. Others are `NOT_AUTHORISED` here.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(transparent)
)]
pub struct Genesis(pub Vec<Execute>);

/// The input of `Entry::Due`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum DueEntry {
    /// The time for disputes is over: the keys of a batch go.
    Forget {
        /// The batch, by its first key.
        batch: PublicKey,
    },
}

/// Questions. Each names the borsh type of its answer.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Query {
    /// [`KeyAnswer`].
    Key {
        /// Which.
        key: PublicKey,
    },
    /// Nothing, if the key is good now for prescriptions of the programme. `CARD_UNKNOWN`, `CARD_BLOCKED`,
    /// `ENTITLEMENT_ENDED`, `CARD_CATEGORY`.
    Check {
        /// Which.
        key: PublicKey,
        /// The programme that bears the prescription.
        programme: ProgrammeId,
    },
    /// [`CategoriesAnswer`].
    Programme {
        /// Which.
        programme: ProgrammeId,
    },
}

/// Answer to [`Query::Key`]: none if it was never registered, or is forgotten.
pub type KeyAnswer = Option<CardKey>;
/// Answer to [`Query::Programme`]: a bit for each [`Category`] that it serves.
pub type CategoriesAnswer = u32;
