//! What the contract can be asked. The first byte of a message is its method.
//!
//! Refusals that any method of a token can meet are not repeated: `VOUCHER_UNKNOWN`, `PROGRAMME_UNKNOWN`, `NOT_AUTHORISED`
//! for whoever the programme does not name, and `VOUCHER_STATE` where the token does not stand as the method needs it. A
//! policy's refusals come with a [`Refused`] as detail.

pub use super::answer::{Redeemed, Refused};
pub use super::offline::Taken;
pub use super::tally::Finding;

use super::offline::{Excess, OfflineChain, OfflineRecord};
use super::proof::{HolderStatement, VoucherQr};
use super::record::{Calendar, Policy, Programme, Service, Settings, Status, Tally, Voucher};
use super::{ProgrammeId, VoucherId};
use crate::civil::Month;
use crate::policy::{Line, Listing, Product};
use crate::roles::Roles;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::{Hash, OrgId, PublicKey, TimeMs, Tiyn};

/// A person who is entitled, by pseudonym: the id that the list's transaction and the position in it give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Entry {
    /// The only place where it may be used; none: any that is served.
    pub place: Option<OrgId>,
    /// Its money, in tiyn.
    pub amount: Tiyn,
    /// From when on it belongs to the person.
    pub mature_at: TimeMs,
    /// From this block time on it cannot be used.
    pub until: TimeMs,
}

/// What the identity service says of a listed person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Attestation {
    /// Whose voucher.
    pub voucher: VoucherId,
    /// Keyed hash of the person, the programme's exclusion group and its period.
    pub nullifier: Hash,
}

/// Whether a person was absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Mark {
    /// Whose voucher.
    pub voucher: VoucherId,
    /// False takes an absence back.
    pub absent: bool,
}

/// Where a person answered.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[repr(u8)]
pub enum Channel {
    /// By SMS, from the number that was asked.
    Sms = 0,
    /// In the wallet.
    Wallet = 1,
    /// At a public service centre (ЦОН).
    ServiceCentre = 2,
    /// At the school.
    School = 3,
}

/// What proves who stands at a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Proof {
    /// A live QR. Witnesses: this statement by the holder's or the delegate's key, and the
    /// [`UseStatement`](super::proof::UseStatement) by the QR's ephemeral key.
    LiveQr(VoucherQr),
    /// A shared or printed code. Witness: the [`UseStatement`](super::proof::UseStatement) by the delegate's key.
    Code {
        /// When, by the terminal's clock.
        at: TimeMs,
    },
    /// The terminal itself knows who stands before it.
    Attested,
}

/// Messages that change something. The roles that may send them are in [`RIGHTS`].
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Execute {
    /// By the payer of the budget line: sets a programme's frame. `NO_BUDGET`; `NOT_AUTHORISED` if the line is another
    /// payer's or another programme's, or not the one that backs the programme already; `OUT_OF_RANGE`;
    /// `ARMS_COMMITTED` to change what was committed to; `EXCLUSION_SET` to change the group once there are rules.
    SetProgramme {
        /// Which.
        programme: ProgrammeId,
        /// All of its frame. A seed in it is ignored: it is revealed by [`Execute::RevealArms`].
        settings: Settings,
    },
    /// By the payer: from now on, new tokens are judged by this policy with these parameters. Answers the version. What was
    /// issued before stays with its own. `OUT_OF_RANGE`; `NOT_A_POLICY` for a contract whose code could be changed.
    SetPolicy {
        /// Which programme.
        programme: ProgrammeId,
        /// Contract and parameters.
        policy: Policy,
    },
    /// By the payer: sets or ends who serves a place. `OUT_OF_RANGE`.
    SetService {
        /// Under which programme.
        programme: ProgrammeId,
        /// Where, such as a school.
        place: OrgId,
        /// None ends it.
        service: Option<Service>,
    },
    /// By the payer: sets or removes what the programme's list says of a product. `OUT_OF_RANGE`.
    SetListing {
        /// Under which programme.
        programme: ProgrammeId,
        /// Which product.
        product: Product,
        /// None removes it.
        listing: Option<Listing>,
    },
    /// By the place itself, or the payer: which days of a month are open. A day on which something was used is opened
    /// afterwards by the place alone (`NOT_AUTHORISED`).
    SetCalendar {
        /// Under which programme.
        programme: ProgrammeId,
        /// Where.
        place: OrgId,
        /// Which month.
        month: Month,
        /// Its days.
        calendar: Calendar,
    },
    /// By the place itself, never by the provider: how many entitled persons were present on a day, and who was not. For
    /// today or the week before, and again as often as it has to be mended. `OUT_OF_RANGE`, `WRONG_PLACE` for a voucher of
    /// another place.
    Attend {
        /// Under which programme.
        programme: ProgrammeId,
        /// Where.
        place: OrgId,
        /// The civil day, counted from 1970-01-01.
        day: u32,
        /// How many were present.
        present: u32,
        /// Who was absent, or was not after all; at most [`BATCH_MAX`].
        marks: Vec<Mark>,
    },
    /// By the programme's office: lists persons who are entitled. Answers nothing: ids follow from the transaction.
    /// `NOT_AUTHORISED` for another office; `OUT_OF_RANGE`; `PROGRAMME_UNKNOWN` for one without rules.
    List {
        /// Under which programme.
        programme: ProgrammeId,
        /// Index of the first in this transaction; the others follow.
        index: u16,
        /// The persons; at most [`BATCH_MAX`].
        entries: Vec<Entry>,
    },
    /// By an identity service: the nullifiers of listed persons. `DUPLICATE_PROGRAMME` if the person has a live voucher in
    /// the group; the same again is a success.
    Attest {
        /// The persons; at most [`BATCH_MAX`].
        attestations: Vec<Attestation>,
    },
    /// By the payer: which arms listed persons are in, before they are asked. `OUT_OF_RANGE`, `NOT_ATTESTED`.
    Assign {
        /// Vouchers and their arms; at most [`BATCH_MAX`].
        arms: Vec<(VoucherId, u8)>,
    },
    /// By the programme's portal: these persons are asked now. `NOT_ATTESTED` where the programme excludes double benefit.
    Offer {
        /// The vouchers; at most [`BATCH_MAX`].
        vouchers: Vec<VoucherId>,
    },
    /// What a person answered. By the programme's portal for SMS; by a wallet service, a service centre, the voucher's place
    /// for their own channels. A yes opens the voucher by itself, if the line has the money. `CONSENT_CLOSED` when the
    /// offer has lapsed or was answered otherwise; the same again is a success.
    Answer {
        /// Whose.
        voucher: VoucherId,
        /// Where.
        channel: Channel,
        /// Yes or no.
        consents: bool,
    },
    /// By the payer: opens a voucher whose person consented when the line had no money. The codes of the treasury's lock.
    Open {
        /// Which.
        voucher: VoucherId,
    },
    /// By the payer, where the programme has no portal: issues a voucher and locks its money. Answers the [`VoucherId`].
    /// `OUT_OF_RANGE`, `VOUCHER_EXISTS` for an index used before in this transaction, `CONSENT_REQUIRED`, the policy's
    /// codes, and those of the treasury's lock.
    Issue {
        /// Which voucher of this transaction.
        index: u16,
        /// Under which programme.
        programme: ProgrammeId,
        /// One-time key of the person whom it is for.
        holder: Option<PublicKey>,
        /// What it is.
        entry: Entry,
    },
    /// By an identity service: from now on the person's key is this one. A delegation ends with the old key.
    Bind {
        /// Which.
        voucher: VoucherId,
        /// The key.
        holder: PublicKey,
    },
    /// By the holder, through a wallet service: an act that the holder's key signed. Witness: the
    /// [`HolderStatement`]. `NO_HOLDER`, `NOT_SIGNED`, `STATEMENT_REPLAYED`, the policy's codes.
    ByHolder {
        /// What was signed.
        statement: HolderStatement,
    },
    /// By the payer: more money, or a later end. The policy's codes, and those of the treasury's lock.
    TopUp {
        /// Which.
        voucher: VoucherId,
        /// How much more, in tiyn.
        amount: Tiyn,
        /// The new end, not before the old one.
        until: TimeMs,
    },
    /// By the payer: from now on it may be used there. `OUT_OF_RANGE`.
    Move {
        /// Which.
        voucher: VoucherId,
        /// None: anywhere that is served.
        place: Option<OrgId>,
    },
    /// By the payer: suspends it, or ends a suspension. The same again is a success. A suspension holds no longer than the
    /// payer may take the voucher back: it is refused with the policy's codes (`MATURED`) from then on, and one that was
    /// made before ends by itself when the voucher is mature.
    Suspend {
        /// Which.
        voucher: VoucherId,
        /// Whether it is suspended.
        suspended: bool,
    },
    /// By the payer: takes a voucher back; what is left returns to the budget line. The same again is a
    /// success. `VOUCHER_EXPIRED`, and the policy's codes (`MATURED`).
    Revoke {
        /// Which.
        voucher: VoucherId,
    },
    /// By a terminal of the place's service: one use of the voucher, paid at once. Answers [`Redeemed`]. `VOUCHER_REVOKED`,
    /// `VOUCHER_EXPIRED`, `VOUCHER_STATE`, `NOT_WHITELISTED`, `WRONG_PLACE`, those of the proof, the policy's,
    /// `INSUFFICIENT`.
    Redeem {
        /// Which.
        voucher: VoucherId,
        /// Where.
        place: OrgId,
        /// What is bought; at most [`Line::LINES_MAX`], without listings.
        lines: Vec<Line>,
        /// What proves who stands there.
        proof: Proof,
    },
    /// By the payer: the seed of the arms, when the comparison is over. `WRONG_SEED`.
    RevealArms {
        /// Of which programme.
        programme: ProgrammeId,
        /// The seed.
        seed: Hash,
    },
    /// By a terminal of the place's service, in its own name: from now on it may do without connection what the programme
    /// allows. Answers the [`OfflineChain`]. `OFFLINE_NOT_ALLOWED`, `NOT_WHITELISTED`, `WRONG_PLACE`.
    SyncOffline {
        /// Under which programme.
        programme: ProgrammeId,
        /// Where.
        place: OrgId,
    },
    /// By any terminal of the same organisation: takes what a terminal did without connection. Each record is paid as a use
    /// of its own day, or kept as an [`Excess`] with its code; one that was taken before is a success again. Answers
    /// [`Taken`]. Witness: the [`OfflineStatement`](super::offline::OfflineStatement) over the last record by the
    /// terminal's device, and those of each record's proof. `OFFLINE_NO_SESSION`, `NOT_AUTHORISED` for another
    /// organisation, `OUT_OF_RANGE`, `OFFLINE_CHAIN`, `OFFLINE_NOT_SIGNED`, `OFFLINE_GAP`, `OFFLINE_FORK`,
    /// `EXCESS_WAITS`.
    RedeemOffline {
        /// Under which programme.
        programme: ProgrammeId,
        /// Whose records.
        terminal: PublicKey,
        /// The records in their order; at most [`OfflineRecord::BATCH_MAX`].
        records: Vec<OfflineRecord>,
    },
    /// By the payer: pays an [`Excess`] out of the programme's budget line, or refuses it. The same again is a success.
    /// `EXCESS_UNKNOWN`, `EXCESS_ANSWERED`, `OUT_OF_RANGE` above its cost, and the codes of the treasury's lock and spend.
    AnswerExcess {
        /// Under which programme.
        programme: ProgrammeId,
        /// Whose record.
        terminal: PublicKey,
        /// Which.
        sequence: u64,
        /// What is paid, in tiyn; 0 refuses it.
        pays: Tiyn,
    },
    /// By whoever took a use, or is paid for it: undoes it. Its money goes from the provider's claim back to the voucher, and
    /// it counts no more. The same again is a success. `USE_UNKNOWN`, `NOT_REDEEMED_HERE`, `REFUND_TOO_LATE`,
    /// `BUDGET_EXHAUSTED`, `VOUCHER_EXPIRED`, `VOUCHER_REVOKED`.
    Refund {
        /// Of which voucher.
        voucher: VoucherId,
        /// Which of its uses, by the number that [`Redeemed`] has.
        number: u32,
    },
}

/// Vouchers in one message at most: each may have an event, of which a transaction has 64.
pub const BATCH_MAX: usize = 60;

const WALLETS: Roles = Roles::WALLET_SERVICE;
const TERMINALS: Roles = Roles(Roles::PROVIDER.0 | Roles::SCHOOL.0 | Roles::PHARMACY.0);
const ANSWERS: Roles =
    Roles(Roles::PORTAL.0 | WALLETS.0 | Roles::SERVICE_CENTRE.0 | Roles::SCHOOL.0);

/// Who may call each method, in the order of the methods: what a genesis enters in the registry.
pub const RIGHTS: [(&str, Roles); 25] = [
    ("set_programme", Roles::FUND),
    ("set_policy", Roles::FUND),
    ("set_service", Roles::FUND),
    ("set_listing", Roles::FUND),
    ("set_calendar", Roles(Roles::FUND.0 | Roles::SCHOOL.0)),
    ("attend", Roles::SCHOOL),
    ("list", Roles::DATA_OFFICE),
    ("attest", Roles::IDENTITY_SERVICE),
    ("assign", Roles::FUND),
    ("offer", Roles::PORTAL),
    ("answer", ANSWERS),
    ("open", Roles::FUND),
    ("issue", Roles::FUND),
    ("bind", Roles::IDENTITY_SERVICE),
    ("by_holder", WALLETS),
    ("top_up", Roles::FUND),
    ("move", Roles::FUND),
    ("suspend", Roles::FUND),
    ("revoke", Roles::FUND),
    ("redeem", TERMINALS),
    ("reveal_arms", Roles::FUND),
    ("sync_offline", TERMINALS),
    ("redeem_offline", TERMINALS),
    ("answer_excess", Roles::FUND),
    ("refund", TERMINALS),
];

/// The input of `Entry::Genesis`: programmes, policies, services, listings, calendars, carried out with the ledger's
/// authority, in order, all or none. Others are `NOT_AUTHORISED` here.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(transparent)
)]
pub struct Genesis(pub Vec<Execute>);

/// Questions. Each names the borsh type of its answer.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Query {
    /// [`VoucherView`]; `VOUCHER_UNKNOWN`.
    Voucher {
        /// Which.
        voucher: VoucherId,
    },
    /// [`Programme`]; `PROGRAMME_UNKNOWN`.
    Programme {
        /// Which.
        programme: ProgrammeId,
    },
    /// [`Policy`]; `PROGRAMME_UNKNOWN`.
    Policy {
        /// Of which programme.
        programme: ProgrammeId,
        /// Which version of its rules.
        version: u32,
    },
    /// `Option<`[`Service`]`>`.
    Service {
        /// Under which programme.
        programme: ProgrammeId,
        /// Where.
        place: OrgId,
    },
    /// `Option<`[`Listing`]`>`.
    Listing {
        /// Under which programme.
        programme: ProgrammeId,
        /// Of what.
        product: Product,
    },
    /// `Option<`[`Calendar`]`>`.
    Calendar {
        /// Under which programme.
        programme: ProgrammeId,
        /// Where.
        place: OrgId,
        /// Which month.
        month: Month,
    },
    /// `Option<`[`Tally`]`>`.
    Tally {
        /// Under which programme.
        programme: ProgrammeId,
        /// Where.
        place: OrgId,
        /// The civil day, counted from 1970-01-01.
        day: u32,
    },
    /// `Option<`[`OfflineChain`]`>`.
    OfflineChain {
        /// Under which programme.
        programme: ProgrammeId,
        /// Whose.
        terminal: PublicKey,
    },
    /// [`ExcessPage`]: what the payer answers or has answered, at most 64 of them after `after`.
    Excess {
        /// Under which programme.
        programme: ProgrammeId,
        /// None for the first page, then terminal and sequence of the last of the page before.
        after: Option<(PublicKey, u64)>,
    },
    /// `Vec<`[`Finding`]`>`: what the edit check finds wrong with what was posted to a provider in a month, above `after`, by
    /// place and day, at most [`Query::FINDINGS_MAX`].
    Findings {
        /// Under which programme.
        programme: ProgrammeId,
        /// To whom.
        provider: OrgId,
        /// In which month.
        period: Month,
        /// None for the first page, then place and day of the last finding of the page before.
        after: Option<(OrgId, u32)>,
    },
}

impl Query {
    /// Findings of one page.
    pub const FINDINGS_MAX: usize = 64;
}

/// Answer to [`Query::Voucher`].
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct VoucherView {
    /// The voucher.
    pub voucher: Voucher,
    /// The block's time.
    pub now: TimeMs,
    /// What the voucher is then.
    pub status: Status,
}

/// Answer to [`Query::Programme`].
pub type ProgrammeAnswer = Programme;
/// Answer to [`Query::Policy`].
pub type PolicyAnswer = Policy;
/// Answer to [`Query::Service`].
pub type ServiceAnswer = Option<Service>;
/// Answer to [`Query::Listing`].
pub type ListingAnswer = Option<Listing>;
/// Answer to [`Query::Calendar`].
pub type CalendarAnswer = Option<Calendar>;
/// Answer to [`Query::Tally`].
pub type TallyAnswer = Option<Tally>;
/// Answer to [`Query::OfflineChain`].
pub type OfflineChainAnswer = Option<OfflineChain>;
/// Answer to [`Query::Excess`].
pub type ExcessPage = Vec<Excess>;
/// Answer to [`Query::Findings`].
pub type FindingsAnswer = Vec<Finding>;
