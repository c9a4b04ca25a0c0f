//! What a bank's message says about payments, one by one: `camt.053` (statement), `camt.054` (notification) and `pain.002`
//! (status report).

use crate::error::BankError;
use crate::text::parse_amount;
use crate::xml;
use mx20022_model::generated::camt::{camt_053_001_11 as camt053, camt_054_001_11 as camt054};
use mx20022_model::generated::pain::pain_002_001_13 as pain002;
use senim_types::{Hash, Tiyn};

/// What was said of one payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// The payer's account was debited.
    Paid {
        /// By how much; `None` where it is not an amount in tenge.
        amount: Option<Tiyn>,
    },
    /// The bank will not pay.
    Refused {
        /// Its reason code; zero bytes where it gave none.
        reason: [u8; 4],
    },
    /// The payer's account was credited: the money came back.
    Returned {
        /// How much; `None` where it is not an amount in tenge.
        amount: Option<Tiyn>,
        /// The reason code, or zero bytes.
        reason: [u8; 4],
    },
    /// A debit that calls itself a return or a reversal: it is neither a payment nor money that came back.
    Unclear,
    /// The bank has it, and nothing is final.
    Pending,
}

/// A statement about one payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The payment's end-to-end id.
    pub end_to_end_id: String,
    /// What was said.
    pub said: Said,
}

/// A bank's message, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What kind: `camt.053`, `camt.054` or `pain.002`.
    pub kind: &'static str,
    /// The hash of its bytes: what the ledger has.
    pub hash: Hash,
    /// What it says of payments that it names, in order.
    pub statements: Vec<Statement>,
    /// The message id of a payment file that it refuses as a whole.
    pub refused_file: Option<(String, [u8; 4])>,
    /// Entries that name no payment of ours, such as other business of the account.
    pub others: usize,
}

/// Versions of `camt.053` and `camt.054` whose entries have the layout that is read.
const CAMT_VERSIONS: std::ops::RangeInclusive<u32> = 8..=14;
/// Versions of `pain.002` likewise.
const PAIN_VERSIONS: std::ops::RangeInclusive<u32> = 10..=15;

/// Reads an entry of a statement or a notification: the library has the same types once for each message.
macro_rules! read_entry {
    ($message:ident, $entry:expr, $answer:expr) => {{
        let entry: &$message::ReportEntry13 = $entry;
        let is_booked = match &entry.sts.inner {
            $message::EntryStatus1Choice::Cd(code) => code.0 == "BOOK",
            $message::EntryStatus1Choice::Prtry(_) => false,
        };
        let is_reversal = entry.rvsl_ind.as_ref().is_some_and(|flag| flag.0);
        let mut named = 0;
        for details in entry.ntry_dtls.iter().flat_map(|part| &part.tx_dtls) {
            let refs = details.refs.as_ref();
            let Some(id) = refs.and_then(|refs| refs.end_to_end_id.as_ref()) else {
                continue;
            };
            let side = details.cdt_dbt_ind.as_ref().unwrap_or(&entry.cdt_dbt_ind);
            let amount = details.amt.as_ref().unwrap_or(&entry.amt);
            let reason = details.rtr_inf.as_ref().and_then(|info| info.rsn.as_ref());
            let reason = reason.map(|reason| match &reason.inner {
                $message::ReturnReason5Choice::Cd(code) => reason_code(&code.0),
                $message::ReturnReason5Choice::Prtry(_) => [0; 4],
            });
            let is_debit = matches!(side, $message::CreditDebitCode::Dbit);
            let is_tenge = amount.ccy.0 == "KZT";
            let amount = is_tenge.then(|| parse_amount(&amount.value.0)).flatten();
            let said = match (is_booked, is_debit) {
                (false, _) => Said::Pending,
                (true, true) if is_reversal || reason.is_some() => Said::Unclear,
                (true, true) => Said::Paid { amount },
                (true, false) => Said::Returned {
                    amount,
                    reason: reason.unwrap_or([0; 4]),
                },
            };
            named += 1;
            $answer.statements.push(Statement {
                end_to_end_id: id.0.clone(),
                said,
            });
        }
        $answer.others += usize::from(named == 0);
    }};
}

/// Reads a bank's message.
pub fn read(bytes: &[u8]) -> Result<Answer, BankError> {
    let (text, namespace) = xml::open(bytes)?;
    let kind = kind_of(&namespace).ok_or_else(|| BankError::Namespace(namespace.clone()))?;
    let mut answer = Answer {
        kind,
        hash: Hash::of(bytes),
        statements: Vec::new(),
        refused_file: None,
        others: 0,
    };
    match kind {
        "camt.053" => {
            let document: camt053::Document = xml::read(text)?;
            let statements = document.bk_to_cstmr_stmt.stmt.iter();
            statements
                .flat_map(|statement| &statement.ntry)
                .for_each(|entry| read_entry!(camt053, entry, answer));
        }
        "camt.054" => {
            let document: camt054::Document = xml::read(text)?;
            let notifications = document.bk_to_cstmr_dbt_cdt_ntfctn.ntfctn.iter();
            notifications
                .flat_map(|notification| &notification.ntry)
                .for_each(|entry| read_entry!(camt054, entry, answer));
        }
        _ => read_report(&xml::read(text)?, &mut answer),
    }
    Ok(answer)
}

fn kind_of(namespace: &str) -> Option<&'static str> {
    let message = namespace.strip_prefix("urn:iso:std:iso:20022:tech:xsd:")?;
    let (kind, version) = message.split_once(".001.")?;
    let version: u32 = version.parse().ok()?;
    let (kind, versions) = match kind {
        "camt.053" => ("camt.053", CAMT_VERSIONS),
        "camt.054" => ("camt.054", CAMT_VERSIONS),
        "pain.002" => ("pain.002", PAIN_VERSIONS),
        _ => return None,
    };
    versions.contains(&version).then_some(kind)
}

fn read_report(document: &pain002::Document, answer: &mut Answer) {
    let report = &document.cstmr_pmt_sts_rpt;
    let group = &report.orgnl_grp_inf_and_sts;
    if group
        .grp_sts
        .as_ref()
        .is_some_and(|status| status.0 == "RJCT")
    {
        let reason = first_reason(&group.sts_rsn_inf);
        answer.refused_file = Some((group.orgnl_msg_id.0.clone(), reason));
    }
    for part in &report.orgnl_pmt_inf_and_sts {
        let part_refused = part
            .pmt_inf_sts
            .as_ref()
            .is_some_and(|status| status.0 == "RJCT");
        if part_refused {
            // A file has one part, whose id is the file's. Whichever payments it names, the others are refused with them.
            let reason = first_reason(&part.sts_rsn_inf);
            answer.refused_file = Some((part.orgnl_pmt_inf_id.0.clone(), reason));
        }
        for payment in &part.tx_inf_and_sts {
            let Some(id) = &payment.orgnl_end_to_end_id else {
                answer.others += 1;
                continue;
            };
            let status = payment.tx_sts.as_ref().map(|status| status.0.as_str());
            // Only a statement of the account proves that money moved; a report says at most that it will.
            let said = match status {
                Some("RJCT" | "CANC") => Said::Refused {
                    reason: first_reason(&payment.sts_rsn_inf),
                },
                _ => Said::Pending,
            };
            answer.statements.push(Statement {
                end_to_end_id: id.0.clone(),
                said,
            });
        }
    }
}

fn first_reason(all: &[pain002::StatusReasonInformation12]) -> [u8; 4] {
    let coded = all.iter().filter_map(|info| info.rsn.as_ref());
    let mut codes = coded.filter_map(|reason| match &reason.inner {
        pain002::StatusReason6Choice::Cd(code) => Some(reason_code(&code.0)),
        pain002::StatusReason6Choice::Prtry(_) => None,
    });
    codes.next().unwrap_or([0; 4])
}

/// An ISO reason code: 1 to 4 letters and digits, filled with zero bytes; anything else is no code.
fn reason_code(text: &str) -> [u8; 4] {
    let mut code = [0; 4];
    let is_code =
        (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_code {
        code[..text.len()].copy_from_slice(text.as_bytes());
    }
    code
}
