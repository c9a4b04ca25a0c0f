//! What an invented bank answers to a payment file, for whoever rehearses with no bank at hand: a `camt.054` that says that
//! each payment was debited, or a `pain.002` that refuses each. No real bank is asked, and no money moves.

use crate::error::BankError;
use crate::order::NAMESPACE;
use crate::text::utc;
use crate::xml;
use mx20022_model::generated::pain::pain_001_001_11 as pain;
use quick_xml::escape::escape;
use senim_types::TimeMs;
use std::fmt::Write;

/// What the invented bank does with all payments of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It pays them: the payer's account is debited.
    Paid,
    /// It refuses them for a reason: an ISO code of one to four letters and digits, such as `AC04` for a closed account.
    Refused(String),
}

/// The names of the namespaces begin so.
const NAMESPACES: &str = "urn:iso:std:iso:20022:tech:xsd";

/// The bank's message about a payment file, made at this time. [`BankError`] if it is no `pain.001` that this library
/// writes.
pub fn rehearse(file: &[u8], outcome: &Outcome, at: TimeMs) -> Result<String, BankError> {
    let (text, namespace) = xml::open(file)?;
    if namespace != NAMESPACE {
        return Err(BankError::Message(format!(
            "`{namespace}` is no payment file: {NAMESPACE}"
        )));
    }
    let document: pain::Document = xml::read(text)?;
    let initiation = &document.cstmr_cdt_trf_initn;
    let name = escape(&initiation.grp_hdr.msg_id.0);
    let header = format!(
        "<GrpHdr><MsgId>REHEARSAL</MsgId><CreDtTm>{}</CreDtTm></GrpHdr>",
        utc(at)
    );
    let mut parts = String::new();
    for instruction in &initiation.pmt_inf {
        let part = match outcome {
            Outcome::Paid => notification(instruction)?,
            Outcome::Refused(reason) => refusal(instruction, reason),
        };
        parts.push_str(&part);
    }
    let (message, body) = match outcome {
        Outcome::Paid => (
            "camt.054.001.11",
            format!("<BkToCstmrDbtCdtNtfctn>{header}{parts}</BkToCstmrDbtCdtNtfctn>"),
        ),
        Outcome::Refused(_) => (
            "pain.002.001.14",
            format!(
                "<CstmrPmtStsRpt>{header}<OrgnlGrpInfAndSts><OrgnlMsgId>{name}</OrgnlMsgId>\
                 <OrgnlMsgNmId>pain.001.001.11</OrgnlMsgNmId></OrgnlGrpInfAndSts>{parts}</CstmrPmtStsRpt>"
            ),
        ),
    };
    Ok(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"{NAMESPACES}:{message}\">{body}</Document>\n"
    ))
}

/// A booked debit for each payment.
fn notification(instruction: &pain::PaymentInstruction40) -> Result<String, BankError> {
    let id = instruction.dbtr_acct.id.as_ref().map(|id| &id.inner);
    let Some(pain::AccountIdentification4Choice::IBAN(account)) = id else {
        return Err(BankError::Message(
            "the payer's account is no IBAN".to_owned(),
        ));
    };
    let mut entries = String::new();
    for transfer in &instruction.cdt_trf_tx_inf {
        let pain::AmountType4Choice::InstdAmt(amount) = &transfer.amt.inner else {
            return Err(BankError::Message("a payment has no amount".to_owned()));
        };
        let (id, sum) = (
            escape(&transfer.pmt_id.end_to_end_id.0),
            escape(&amount.value.0),
        );
        let currency = escape(&amount.ccy.0);
        write!(
            entries,
            "<Ntry><Amt Ccy=\"{currency}\">{sum}</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
             <BkTxCd><Prtry><Cd>NTRF</Cd></Prtry></BkTxCd><NtryDtls><TxDtls><Refs><EndToEndId>{id}</EndToEndId></Refs>\
             <Amt Ccy=\"{currency}\">{sum}</Amt><CdtDbtInd>DBIT</CdtDbtInd></TxDtls></NtryDtls></Ntry>"
        )
        .expect("writing to memory cannot fail");
    }
    Ok(format!(
        "<Ntfctn><Id>REHEARSAL</Id><Acct><Id><IBAN>{}</IBAN></Id></Acct>{entries}</Ntfctn>",
        escape(&account.0)
    ))
}

/// A refusal of each payment.
fn refusal(instruction: &pain::PaymentInstruction40, reason: &str) -> String {
    let reason = escape(reason);
    let payments: String = instruction
        .cdt_trf_tx_inf
        .iter()
        .map(|transfer| {
            let id = escape(&transfer.pmt_id.end_to_end_id.0);
            format!(
                "<TxInfAndSts><OrgnlEndToEndId>{id}</OrgnlEndToEndId><TxSts>RJCT</TxSts>\
                 <StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf></TxInfAndSts>"
            )
        })
        .collect();
    format!(
        "<OrgnlPmtInfAndSts><OrgnlPmtInfId>{}</OrgnlPmtInfId>{payments}</OrgnlPmtInfAndSts>",
        escape(&instruction.pmt_inf_id.0)
    )
}
