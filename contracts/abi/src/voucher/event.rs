//! What the contract tells. Kind and version stand beside the body.

use super::msg::Channel;
use super::offline::{Excess, OfflineSession};
use super::record::{Calendar, Policy, RecentUse, Service, Settings, Standing};
use super::{Asked, VoucherId};
use crate::civil::Month;
use crate::policy::{Facts, Listing, Product, Terms};
use crate::treasury::ProgrammeId;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::{Hash, OrgId, PublicKey, TimeMs, Tiyn};

/// Version of the events' bodies.
pub const EVENT_VERSION: u8 = 1;

/// An event. Its kind is [`VoucherEvent::kind`], its body the borsh encoding of this enum.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum VoucherEvent {
    /// A programme's frame was set.
    ProgrammeSet {
        /// Which.
        programme: ProgrammeId,
        /// Whose.
        payer: OrgId,
        /// All of its frame.
        settings: Settings,
    },
    /// A version of a programme's rules was set.
    PolicySet {
        /// Of which programme.
        programme: ProgrammeId,
        /// Its number.
        version: u32,
        /// What it is.
        policy: Policy,
    },
    /// Who serves a place was set or ended.
    ServiceSet {
        /// Under which programme.
        programme: ProgrammeId,
        /// Where.
        place: OrgId,
        /// None: nobody.
        service: Option<Service>,
    },
    /// What a programme's list says of a product was set or removed.
    ListingSet {
        /// Under which programme.
        programme: ProgrammeId,
        /// Which product.
        product: Product,
        /// None: not on the list.
        listing: Option<Listing>,
    },
    /// A place's month was set.
    CalendarSet {
        /// Under which programme.
        programme: ProgrammeId,
        /// Where.
        place: OrgId,
        /// Which month.
        month: Month,
        /// Its days.
        calendar: Calendar,
    },
    /// A place said who was present on a day.
    Attended {
        /// Under which programme.
        programme: ProgrammeId,
        /// Where.
        place: OrgId,
        /// The civil day, counted from 1970-01-01.
        day: u32,
        /// How many were present.
        present: u32,
        /// How many the message marked absent.
        absent: u32,
    },
    /// Persons were listed: their ids follow from the transaction.
    Listed {
        /// Under which programme.
        programme: ProgrammeId,
        /// Index of the first.
        index: u16,
        /// How many.
        count: u16,
    },
    /// A person's nullifier became known.
    Attested {
        /// Whose voucher.
        voucher: VoucherId,
        /// In which exclusion group.
        group: u32,
        /// The nullifier.
        nullifier: Hash,
    },
    /// A listed person was put into an arm.
    Assigned {
        /// Whose voucher.
        voucher: VoucherId,
        /// Which arm.
        arm: u8,
    },
    /// A person was asked for consent, or an issued voucher waits to be activated.
    Asked {
        /// Whose.
        voucher: VoucherId,
        /// Under which programme.
        programme: ProgrammeId,
        /// What.
        asked: Asked,
        /// Until when.
        until: TimeMs,
    },
    /// It is time to remind somebody who has not answered.
    Reminded {
        /// Whose.
        voucher: VoucherId,
        /// Under which programme.
        programme: ProgrammeId,
        /// Of what.
        asked: Asked,
    },
    /// A person answered.
    Answered {
        /// Whose.
        voucher: VoucherId,
        /// Under which programme.
        programme: ProgrammeId,
        /// Where.
        channel: Channel,
        /// Yes or no.
        consents: bool,
    },
    /// A voucher was issued: its money is locked.
    Issued {
        /// Which.
        voucher: VoucherId,
        /// Under which programme.
        programme: ProgrammeId,
        /// The version of its rules.
        version: u32,
        /// What was judged.
        facts: Facts,
    },
    /// The holder activated it.
    Activated {
        /// Which.
        voucher: VoucherId,
        /// Under which programme.
        programme: ProgrammeId,
        /// The version of its rules.
        version: u32,
        /// What was judged.
        facts: Facts,
    },
    /// The person's key was set.
    Bound {
        /// Which.
        voucher: VoucherId,
    },
    /// The holder delegated it, or took that back.
    Delegated {
        /// Which.
        voucher: VoucherId,
        /// Under which programme.
        programme: ProgrammeId,
        /// The version of its rules.
        version: u32,
        /// What was judged; none: taken back.
        facts: Option<Facts>,
    },
    /// It got more money or a later end.
    ToppedUp {
        /// Which.
        voucher: VoucherId,
        /// Under which programme.
        programme: ProgrammeId,
        /// The version of its rules.
        version: u32,
        /// What was judged.
        facts: Facts,
        /// The new end.
        until: TimeMs,
    },
    /// It may be used elsewhere.
    Moved {
        /// Which.
        voucher: VoucherId,
        /// None: anywhere that is served.
        place: Option<OrgId>,
    },
    /// It was suspended, or a suspension ended.
    Suspended {
        /// Which.
        voucher: VoucherId,
        /// Whether it is suspended.
        suspended: bool,
    },
    /// A voucher was used.
    Redeemed {
        /// Which.
        voucher: VoucherId,
        /// Under which programme.
        programme: ProgrammeId,
        /// The version of its rules.
        version: u32,
        /// Which use of the voucher, from 1.
        number: u32,
        /// What was judged: where, when, what, by which proof.
        facts: Facts,
        /// What the programme pays, and what the citizen bears.
        terms: Terms,
    },
    /// A voucher ended.
    Ended {
        /// Which.
        voucher: VoucherId,
        /// Under which programme.
        programme: ProgrammeId,
        /// How.
        standing: Standing,
        /// What returned to the budget line, in tiyn.
        returned: Tiyn,
    },
    /// The seed of a programme's arms was revealed.
    ArmsRevealed {
        /// Of which programme.
        programme: ProgrammeId,
        /// The seed.
        seed: Hash,
    },
    /// A terminal synced: it may do without connection for a while.
    OfflineSynced {
        /// Under which programme.
        programme: ProgrammeId,
        /// Which terminal.
        terminal: PublicKey,
        /// Where, within which bounds.
        session: OfflineSession,
    },
    /// Records of a terminal were taken: before this stand their uses and their excess.
    OfflineTaken {
        /// Under which programme.
        programme: ProgrammeId,
        /// Which terminal.
        terminal: PublicKey,
        /// Sequence of the first that was not known.
        first: u64,
        /// How many.
        count: u32,
    },
    /// A record of a terminal was not paid: the payer answers.
    Exceeded {
        /// Under which programme.
        programme: ProgrammeId,
        /// The version of the voucher's rules; 0 where no policy was asked.
        version: u32,
        /// The rule of the policy that decided; 0 where none was asked.
        rule: u16,
        /// What the policy judged.
        facts: Option<Facts>,
        /// What the payer answers.
        excess: Excess,
    },
    /// The payer answered.
    ExcessAnswered {
        /// Under which programme.
        programme: ProgrammeId,
        /// What was paid is in it.
        excess: Excess,
    },
    /// A use was undone: its money is on the voucher again.
    Refunded {
        /// Which voucher.
        voucher: VoucherId,
        /// Under which programme.
        programme: ProgrammeId,
        /// Which use, where, and for how much.
        refunded: RecentUse,
        /// Who undid it.
        org: OrgId,
        /// What is left of the voucher's money, in tiyn.
        left: Tiyn,
    },
}

impl VoucherEvent {
    /// The number of this kind of event. Permanent.
    pub const fn kind(&self) -> u16 {
        match self {
            VoucherEvent::ProgrammeSet { .. } => 0,
            VoucherEvent::PolicySet { .. } => 1,
            VoucherEvent::ServiceSet { .. } => 2,
            VoucherEvent::ListingSet { .. } => 3,
            VoucherEvent::CalendarSet { .. } => 4,
            VoucherEvent::Attended { .. } => 5,
            VoucherEvent::Listed { .. } => 6,
            VoucherEvent::Attested { .. } => 7,
            VoucherEvent::Assigned { .. } => 8,
            VoucherEvent::Asked { .. } => 9,
            VoucherEvent::Reminded { .. } => 10,
            VoucherEvent::Answered { .. } => 11,
            VoucherEvent::Issued { .. } => 12,
            VoucherEvent::Activated { .. } => 13,
            VoucherEvent::Bound { .. } => 14,
            VoucherEvent::Delegated { .. } => 15,
            VoucherEvent::ToppedUp { .. } => 16,
            VoucherEvent::Moved { .. } => 17,
            VoucherEvent::Suspended { .. } => 18,
            VoucherEvent::Redeemed { .. } => 19,
            VoucherEvent::Ended { .. } => 20,
            VoucherEvent::ArmsRevealed { .. } => 21,
            VoucherEvent::OfflineSynced { .. } => 22,
            VoucherEvent::OfflineTaken { .. } => 23,
            VoucherEvent::Exceeded { .. } => 24,
            VoucherEvent::ExcessAnswered { .. } => 25,
            VoucherEvent::Refunded { .. } => 26,
        }
    }
}
