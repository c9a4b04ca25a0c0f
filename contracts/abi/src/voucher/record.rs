//! What the contract keeps. The first byte of each value is the version of its record.
//!
//! | collection | key after the collection byte | value |
//! | --- | --- | --- |
//! | 1 voucher | voucher (32) | [`VoucherRecord`] |
//! | 2 programme | programme (4, BE) | [`ProgrammeRecord`] |
//! | 3 service | programme (4, BE) ‖ place (4, BE) | [`ServiceRecord`] |
//! | 4 policy | programme (4, BE) ‖ version (4, BE) | [`PolicyRecord`] |
//! | 5 listing | programme (4, BE) ‖ product (9, see [`listing_key`]) | [`ListingRecord`] |
//! | 6 calendar | programme (4, BE) ‖ place (4, BE) ‖ month (4, BE) | [`CalendarRecord`] |
//! | 7 tally | programme (4, BE) ‖ place (4, BE) ‖ day (4, BE) | [`TallyRecord`] |
//! | 8 nullifier | group (4, BE) ‖ nullifier (32) | voucher (32) |
//! | 9 chain | programme (4, BE) ‖ terminal (33) | [`OfflineChainRecord`] |
//! | 10 taken | programme (4, BE) ‖ terminal (33) ‖ sequence (8, BE) | hash of the record (32) |
//! | 11 excess | programme (4, BE) ‖ terminal (33) ‖ sequence (8, BE) | [`ExcessRecord`] |
//! | 12 finding | programme (4, BE) ‖ provider (4, BE) ‖ month (4, BE) ‖ place (4, BE) ‖ day (4, BE) | [`FindingRecord`] |
//! | 13 forgotten chains | programme (4, BE) | [`ForgottenChainsRecord`](super::offline::ForgottenChainsRecord) |
//!
//! Those of terminals without connection are in [`offline`](super::offline). A use writes the voucher's own key and that of the day's tally, which all uses of a place share.

pub use super::offline::{
    Excess, ExcessRecord, ForgottenChains, ForgottenChainsRecord, OfflineBounds, OfflineChain,
    OfflineChainRecord, OfflineSession, chain_key, excess_key, excess_prefix, forgotten_chains_key,
    taken_key,
};
pub use super::uses::{Absences, DAYS_KNOWN, LastUse, RecentUse, Used};

pub use super::tally::{
    FindingKind, FindingRecord, Served, Tally, TallyRecord, finding_key, findings_prefix, tally_key,
};
use super::{Arms, VoucherId};
use crate::civil::{Month, UtcOffsets};
use crate::key::Key;
use crate::policy::{Clock, Delegated, Product, Token};
use crate::treasury::{BudgetId, ProgrammeId};
use crate::versioned::versioned;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::{ContractId, Hash, OrgId, PublicKey, TimeMs, Tiyn};

/// Collection of vouchers.
pub const COLLECTION_VOUCHER: u8 = 1;
/// Collection of programmes.
pub const COLLECTION_PROGRAMME: u8 = 2;
/// Collection of services.
pub const COLLECTION_SERVICE: u8 = 3;
/// Collection of policies.
pub const COLLECTION_POLICY: u8 = 4;
/// Collection of listings.
pub const COLLECTION_LISTING: u8 = 5;
/// Collection of calendars.
pub const COLLECTION_CALENDAR: u8 = 6;
/// Collection of tallies.
pub const COLLECTION_TALLY: u8 = 7;
/// Collection of nullifiers.
pub const COLLECTION_NULLIFIER: u8 = 8;
/// Collection of the edit check's findings.
pub const COLLECTION_FINDING: u8 = 12;

/// Key of a [`VoucherRecord`].
pub fn voucher_key(voucher: &VoucherId) -> Key {
    Key::new(COLLECTION_VOUCHER).hash(&voucher.0)
}

/// Key of a [`ProgrammeRecord`].
pub fn programme_key(programme: ProgrammeId) -> Key {
    Key::new(COLLECTION_PROGRAMME).u32(programme.0)
}

/// Key of a [`ServiceRecord`].
pub fn service_key(programme: ProgrammeId, place: OrgId) -> Key {
    Key::new(COLLECTION_SERVICE).u32(programme.0).org(place)
}

/// Key of a [`PolicyRecord`].
pub fn policy_key(programme: ProgrammeId, version: u32) -> Key {
    Key::new(COLLECTION_POLICY).u32(programme.0).u32(version)
}

/// Key of a [`ListingRecord`]: a byte for the kind of product, and its number (8, BE) or ATC code padded with zero bytes.
pub fn listing_key(programme: ProgrammeId, product: &Product) -> Key {
    let key = Key::new(COLLECTION_LISTING).u32(programme.0);
    match product {
        Product::Service(number) => key.u8(0).u64(u64::from(*number)),
        Product::Gtin(gtin) => key.u8(1).u64(gtin.number()),
        Product::Inn(inn) => key.u8(2).bytes(inn.padded()),
    }
}

/// Key of a [`CalendarRecord`].
pub fn calendar_key(programme: ProgrammeId, place: OrgId, month: Month) -> Key {
    let key = Key::new(COLLECTION_CALENDAR).u32(programme.0);
    key.org(place).u32(month.0)
}

/// Key of the voucher that lives under a nullifier.
pub fn nullifier_key(group: u32, nullifier: &Hash) -> Key {
    Key::new(COLLECTION_NULLIFIER).u32(group).hash(nullifier)
}

/// How long somebody has to answer, and when they are reminded, once.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Window {
    /// From the question to the reminder, in ms; below `lapse_ms`.
    pub remind_ms: u64,
    /// From the question to the lapse, in ms.
    pub lapse_ms: u64,
}

/// What a programme is besides its policy: the frame in which tokens live.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Settings {
    /// False: nothing is listed, issued or used until it is true again.
    pub open: bool,
    /// The treasury's budget line that backs the vouchers. Its payer sets this, and it never changes.
    pub budget: BudgetId,
    /// Who lists the persons who are entitled; none: the payer issues by itself.
    pub office: Option<OrgId>,
    /// Who asks listed persons for their consent and brings their answers; none: no consent is asked.
    pub portal: Option<OrgId>,
    /// How long an offer stands.
    pub consent: Window,
    /// How long an issued voucher waits to be activated; none: it is active at once.
    pub activation: Option<Window>,
    /// No person has two live vouchers under the programmes of one group, by the identity service's nullifiers. None: not
    /// asked.
    pub exclusion: Option<u32>,
    /// Variants that are compared.
    pub arms: Option<Arms>,
    /// How long a voucher that has ended, and a day's tally, are kept for disputes, in ms.
    pub dispute_ms: u64,
    /// Longest time between making and taking a live QR or a terminal's record, in ms.
    pub proof_ms_max: u64,
    /// Civil time of the programme: which day a use belongs to.
    pub offsets: UtcOffsets,
    /// What a terminal may do without connection; none: nothing.
    pub offline: Option<OfflineBounds>,
    /// Whether each day at each place is checked against the attendance that the place reports, as for meals. What the check
    /// finds stands in the way of the act of the month.
    #[cfg_attr(feature = "json", serde(default))]
    pub attendance: bool,
}

impl Settings {
    /// Longest life of a voucher: 400 days, so that a school year fits.
    pub const VALIDITY_MS_MAX: u64 = 400 * crate::civil::DAY_MS;
    /// Longest time that what has ended is kept: two years.
    pub const DISPUTE_MS_MAX: u64 = 2 * 366 * crate::civil::DAY_MS;
    /// Shortest time that what has ended is kept where attendance is checked: longer than a place may mend its report.
    pub const DISPUTE_MS_MIN_WITH_ATTENDANCE: u64 = 14 * crate::civil::DAY_MS;
    /// Longest window of an offer or an activation: a year.
    pub const WINDOW_MS_MAX: u64 = 366 * crate::civil::DAY_MS;
    /// Longest life of a proof: an hour.
    pub const PROOF_MS_MAX: u64 = 60 * 60 * 1000;

    /// The programme's civil time at an instant.
    pub fn clock(&self, now: TimeMs) -> Clock {
        Clock {
            now,
            // A u32 of days reaches far beyond what a u64 of milliseconds is used for.
            day: u32::try_from(self.offsets.day_of(now)).unwrap_or(u32::MAX),
            minute: self.offsets.minute_of(now),
        }
    }
}

/// A programme: its payer, its frame, and the version of its rules that new tokens get.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Programme {
    /// Whose budget line it is.
    pub payer: OrgId,
    /// The frame.
    pub settings: Settings,
    /// Version of the rules that a new token is pinned to; 0: none was set yet.
    pub version: u32,
}

/// A version of a programme's rules. Never changed: a token is pinned to one.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Policy {
    /// The policy contract: its number stands for its code, which never changes.
    pub contract: ContractId,
    /// What it is asked with.
    pub parameters: Vec<u8>,
}

/// Who serves a place under a programme: the contract with a provider.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Service {
    /// Who is paid.
    pub provider: OrgId,
    /// Whose enrolled terminals attest who stands before them: the provider, the place itself, or a meal system.
    pub terminals: OrgId,
    /// The place's region: a number of the programme's choice.
    pub region: u32,
    /// The contract's end.
    pub until: TimeMs,
}

/// A place's month: which of its days are open.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Calendar {
    /// The first of the month is the lowest bit.
    pub open: u32,
}

impl Calendar {
    /// Whether a day of the month, from 1, is open.
    pub const fn is_open(&self, day_of_month: u8) -> bool {
        day_of_month >= 1 && day_of_month <= 31 && self.open >> (day_of_month - 1) & 1 == 1
    }
}

/// How a voucher stands. That its time is over is judged by block time.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[repr(u8)]
pub enum Standing {
    /// On the list of those who are entitled; not asked yet.
    Listed = 0,
    /// Asked for consent.
    Offered = 1,
    /// Consented; waits for money in the budget line.
    Consented = 2,
    /// Backed; waits for its activation.
    Issued = 3,
    /// May be used.
    Active = 4,
    /// Not to be used until the payer says so.
    Suspended = 5,
    /// Said no, or took the consent back.
    Declined = 6,
    /// Did not answer, or did not activate it, in time.
    Lapsed = 7,
    /// Taken back by the payer.
    Revoked = 8,
    /// Its time is over.
    Swept = 9,
}

impl Standing {
    /// Whether its money is locked.
    pub const fn is_backed(self) -> bool {
        matches!(
            self,
            Standing::Issued | Standing::Active | Standing::Suspended
        )
    }

    /// Whether it has ended; what was left is in the budget line.
    pub const fn has_ended(self) -> bool {
        self as u8 >= Standing::Declined as u8
    }
}

/// A key that may use the voucher within bounds: the child's phone, or a printed code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Delegation {
    /// The delegate's key.
    pub key: PublicKey,
    /// Its bounds; `uses` counts down.
    pub bounds: Delegated,
}

/// A voucher.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Voucher {
    /// Under which programme.
    pub programme: ProgrammeId,
    /// The version of its rules that it is pinned to.
    pub version: u32,
    /// Which of the programme's variants it is part of.
    pub arm: u8,
    /// How it stands.
    pub standing: Standing,
    /// One-time key of the person whom it is for, once there is one.
    pub holder: Option<PublicKey>,
    /// The only place where it may be used; none: any that is served.
    pub place: Option<OrgId>,
    /// When it was issued, or listed before that.
    pub issued_at: TimeMs,
    /// From when on it belongs to the person.
    pub mature_at: TimeMs,
    /// From this block time on it cannot be used.
    pub until: TimeMs,
    /// All the money that it was ever given, in tiyn.
    pub amount: Tiyn,
    /// What is left of it, in tiyn. While the voucher is backed it is locked in the budget line.
    pub left: Tiyn,
    /// How often it was used; a use that was undone is none.
    pub uses: u32,
    /// How many uses were undone.
    pub refunds: u32,
    /// The last uses, at most [`RecentUse::KNOWN_MAX`], the latest at the end.
    pub recent: Vec<RecentUse>,
    /// The uses of the last days and months.
    pub last_use: Option<LastUse>,
    /// Days on which the person was absent.
    pub absences: Absences,
    /// A delegate.
    pub delegation: Option<Delegation>,
    /// The person's nullifier in the programme's group.
    pub nullifier: Option<Hash>,
    /// Whether the person consented.
    pub consented: bool,
    /// When the latest statement of the holder's or a delegate's was made: from now on only later ones are taken.
    pub stated_at: TimeMs,
}

/// What a voucher is at an instant.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[repr(u8)]
pub enum Status {
    /// As [`Standing::Listed`].
    Listed = 0,
    /// As [`Standing::Offered`].
    Offered = 1,
    /// As [`Standing::Consented`].
    Consented = 2,
    /// As [`Standing::Issued`].
    Issued = 3,
    /// May be used.
    Active = 4,
    /// As [`Standing::Suspended`].
    Suspended = 5,
    /// Nothing is left of its money.
    Spent = 6,
    /// Its time is over.
    Expired = 7,
    /// As [`Standing::Declined`].
    Declined = 8,
    /// As [`Standing::Lapsed`].
    Lapsed = 9,
    /// As [`Standing::Revoked`].
    Revoked = 10,
}

impl Voucher {
    /// What it is at block time `now`.
    pub fn status(&self, now: TimeMs) -> Status {
        match self.standing {
            Standing::Declined => Status::Declined,
            Standing::Lapsed => Status::Lapsed,
            Standing::Revoked => Status::Revoked,
            Standing::Swept => Status::Expired,
            _ if now >= self.until => Status::Expired,
            Standing::Listed => Status::Listed,
            Standing::Offered => Status::Offered,
            Standing::Consented => Status::Consented,
            Standing::Issued => Status::Issued,
            Standing::Suspended => Status::Suspended,
            Standing::Active if self.left == Tiyn::ZERO => Status::Spent,
            Standing::Active => Status::Active,
        }
    }

    /// Whether the person began to use it, or never had to.
    pub const fn activated(&self) -> bool {
        matches!(self.standing, Standing::Active | Standing::Suspended)
    }

    /// What a policy is told of it at this time, before an act of a delegate's or not.
    pub fn token(&self, clock: &Clock, delegated: Option<Delegated>) -> Token {
        let month = self.uses_in(clock.month());
        Token {
            arm: self.arm,
            issued_at: self.issued_at,
            mature_at: self.mature_at,
            until: self.until,
            amount: self.amount,
            left: self.left,
            uses: self.uses,
            uses_today: self.uses_on(clock.day),
            uses_this_month: month.uses,
            spent_this_month: month.spent,
            consented: self.consented,
            activated: self.activated(),
            absent: self.absences.contains(clock.day),
            delegated,
        }
    }

    /// The number of its latest use: it never goes back, so that no two lines have one id.
    pub const fn last_number(&self) -> u32 {
        self.uses.saturating_add(self.refunds)
    }

    /// Uses on a civil day; 0 for one too far back to be known.
    pub fn uses_on(&self, day: u32) -> u8 {
        self.last_use.map_or(0, |last| last.on(day))
    }

    /// Uses in a civil month, and what the programme paid for them.
    pub fn uses_in(&self, month: Month) -> Used {
        self.last_use
            .map_or(Used::default(), |last| last.in_month(month))
    }
}

versioned! {
    /// A stored [`Programme`].
    ProgrammeRecord(Programme)
}
versioned! {
    /// A stored [`Policy`].
    PolicyRecord(Policy)
}
versioned! {
    /// A stored [`Service`].
    ServiceRecord(Service)
}
versioned! {
    /// A stored [`Listing`](crate::policy::Listing).
    ListingRecord(crate::policy::Listing)
}
versioned! {
    /// A stored [`Calendar`].
    CalendarRecord(Calendar)
}
versioned! {
    /// A stored [`Voucher`].
    VoucherRecord(Voucher)
}
