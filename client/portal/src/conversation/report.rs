//! What became of it, by pseudonym.

use senim_abi::voucher::VoucherId;
use senim_types::{Code, TimeMs};
use serde::Serialize;

/// A line of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// When, Unix ms.
    pub at: TimeMs,
    /// Whose; none where a reply belongs to nobody or to several.
    pub voucher: Option<VoucherId>,
    /// What.
    pub what: What,
    /// The stable code, where something was refused.
    pub code: Option<Code>,
}

/// What a line tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// On an eligibility list.
    Listed,
    /// The register of mobile citizens has no number: the wallet, a service centre or the school asks.
    Unregistered,
    /// The telephone has nine open questions: another channel asks.
    TooMany,
    /// The question was taken by the SMSC.
    Asked,
    /// The question is on the telephone.
    Delivered,
    /// The subscriber takes no messages of this service.
    Blocked,
    /// The question could not be delivered.
    Undelivered,
    /// Reminded.
    Reminded,
    /// The ledger has a yes.
    Yes,
    /// The ledger has a no.
    No,
    /// The ledger has a no after a yes.
    Withdrawn,
    /// Nobody answered in time.
    Lapsed,
    /// Ended otherwise.
    Ended,
    /// The same answer again.
    Repeated,
    /// An answer to a question that is closed.
    Late,
    /// A reply from a number that was not asked.
    WrongNumber,
    /// A reply without the code.
    Garbled,
    /// A reply that fits several questions.
    Ambiguous,
    /// The ledger refused what was brought.
    Refused,
}
