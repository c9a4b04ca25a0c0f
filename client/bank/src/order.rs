//! The payment file: `pain.001.001.11` for a batch of accepted acts.

use crate::error::BankError;
use crate::text::{self, amount_text, utc};
use crate::{Details, xml};
use mx20022_model::common::ChoiceWrapper;
use mx20022_model::generated::pain::pain_001_001_11 as pain;
use senim_abi::settlement::act::end_to_end_id;
use senim_abi::settlement::{ActId, Payment};
use senim_types::{Hash, TimeMs, Tiyn};
use std::collections::BTreeSet;

/// The namespace of the message.
pub const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.11";
/// Payments of one file at most: what a person still reads.
pub const PAYMENTS_MAX: usize = 1_000;

/// An accepted act that is to be paid.
#[derive(Clone, Debug)]
pub struct PaymentOrder {
    /// Which act.
    pub act: ActId,
    /// Its hash.
    pub hash: Hash,
    /// Which attempt, from 1.
    pub attempt: u8,
    /// How much.
    pub amount: Tiyn,
    /// When the payer accepted it.
    pub accepted_at: TimeMs,
    /// Where the money goes: the details that are confirmed.
    pub provider: Details,
}

impl PaymentOrder {
    /// Which attempt comes next for an act with this last payment; the same one again while it is under way.
    pub fn next_attempt(payment: Option<&Payment>, is_pending: bool) -> Option<u8> {
        match payment {
            None => Some(1),
            Some(payment) if is_pending => Some(payment.attempt),
            Some(payment) if payment.attempt < Payment::ATTEMPTS_MAX => Some(payment.attempt + 1),
            Some(_) => None,
        }
    }

    /// The name of this payment from the file to the statement.
    pub fn end_to_end_id(&self) -> String {
        end_to_end_id(&self.hash, self.attempt)
    }
}

/// A payment file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentFile {
    /// Its message id, which follows from the payments: a bank takes no message twice.
    pub message_id: String,
    /// The XML.
    pub xml: String,
}

impl PaymentFile {
    /// What the ledger has.
    pub fn hash(&self) -> Hash {
        Hash::of(self.xml.as_bytes())
    }
}

/// Makes the file. The same payments give the same bytes, in whatever order they come and whenever it is made: the time in
/// it is when the last of the acts was accepted. `execute_on` is the day on which the bank shall pay, YYYY-MM-DD.
pub fn payment_file(
    payer: &Details,
    execute_on: &str,
    orders: &[PaymentOrder],
) -> Result<PaymentFile, BankError> {
    let counted = (1..=PAYMENTS_MAX).contains(&orders.len());
    let positive = orders.iter().all(|order| order.amount != Tiyn::ZERO);
    let acts: BTreeSet<ActId> = orders.iter().map(|order| order.act).collect();
    if !counted || !positive || acts.len() != orders.len() {
        return Err(BankError::Batch);
    }
    if !text::is_day(execute_on) {
        return Err(BankError::Day(execute_on.to_owned()));
    }
    let mut orders: Vec<&PaymentOrder> = orders.iter().collect();
    orders.sort_by_key(|order| order.act);
    let sum = orders
        .iter()
        .map(|order| u128::from(order.amount.0))
        .sum::<u128>();
    let count = pain::Max15NumericText(orders.len().to_string());
    let control = pain::DecimalNumber(amount_text(sum));
    let ids: Vec<String> = orders.iter().map(|order| order.end_to_end_id()).collect();
    let message_id = message_id(&ids);
    let last = orders.iter().map(|order| order.accepted_at).max();
    let header = pain::GroupHeader95::builder()
        .msg_id(pain::Max35Text(message_id.clone()))
        .cre_dt_tm(pain::ISODateTime(utc(last.unwrap_or(TimeMs(0)))))
        .nb_of_txs(count.clone())
        .ctrl_sum(control.clone())
        .initg_pty(party(payer, "KOD"))
        .build()?;
    let day = pain::DateAndDateTime2Choice::Dt(pain::ISODate(execute_on.to_owned()));
    let transfers = orders.iter().map(|order| transfer(order));
    let instruction = pain::PaymentInstruction40::builder()
        .pmt_inf_id(pain::Max35Text(message_id.clone()))
        .pmt_mtd(pain::PaymentMethod3Code::Trf)
        .nb_of_txs(count)
        .ctrl_sum(control)
        .reqd_exctn_dt(ChoiceWrapper::new(day))
        .dbtr(party(payer, "KOD"))
        .dbtr_acct(account(payer)?)
        .dbtr_agt(agent(payer)?)
        .cdt_trf_tx_inf(transfers.collect::<Result<Vec<_>, _>>()?)
        .build()?;
    let initiation = pain::CustomerCreditTransferInitiationV11::builder()
        .grp_hdr(header)
        .pmt_inf(vec![instruction])
        .build()?;
    let document = pain::Document::builder()
        .cstmr_cdt_trf_initn(initiation)
        .build()?;
    Ok(PaymentFile {
        message_id,
        xml: xml::write(&document, NAMESPACE)?,
    })
}

/// `B` and 32 hex digits of a hash over the payments' ids, in the order of their acts. The same payments for another day are
/// the same message, which the bank has to refuse.
pub fn message_id(end_to_end_ids: &[String]) -> String {
    let mut bytes = b"senim/payment-file".to_vec();
    for id in end_to_end_ids {
        bytes.push(b'/');
        bytes.extend_from_slice(id.as_bytes());
    }
    let hash = Hash::of(&bytes).to_string();
    format!("B{}", &hash[..32])
}

fn transfer(order: &PaymentOrder) -> Result<pain::CreditTransferTransaction54, BankError> {
    let provider = &order.provider;
    let id = order.end_to_end_id();
    let name = pain::PaymentIdentification6::builder()
        .instr_id(pain::Max35Text(id.clone()))
        .end_to_end_id(pain::Max35Text(id))
        .build()?;
    let amount = pain::ActiveOrHistoricCurrencyAndAmount {
        value: pain::ActiveOrHistoricCurrencyAndAmountSimpleType(amount_text(
            order.amount.0.into(),
        )),
        ccy: pain::ActiveOrHistoricCurrencyCode("KZT".to_owned()),
    };
    let hash = order.hash.to_string();
    let what = format!("Act of completed work {}, {}", order.act, &hash[..16]);
    let remittance = pain::RemittanceInformation21::builder()
        .ustrd(vec![pain::Max140Text(what)])
        .build()?;
    let purpose = pain::Purpose2Choice::Prtry(pain::Max35Text(provider.knp.clone()));
    let transfer = pain::CreditTransferTransaction54::builder()
        .pmt_id(name)
        .amt(ChoiceWrapper::new(pain::AmountType4Choice::InstdAmt(
            amount,
        )))
        .cdtr_agt(agent(provider)?)
        .cdtr(party(provider, "KBE"))
        .cdtr_acct(account(provider)?)
        .purp(ChoiceWrapper::new(purpose))
        .rmt_inf(remittance)
        .build()?;
    Ok(transfer)
}

/// A party by its name, its БИН, and the code of its residency and sector (КОд of who pays, КБе of who is paid).
fn party(details: &Details, sector: &str) -> pain::PartyIdentification135 {
    let other = |id: &str, scheme: &str| pain::GenericOrganisationIdentification1 {
        id: pain::Max35Text(id.to_owned()),
        schme_nm: Some(ChoiceWrapper::new(
            pain::OrganisationIdentificationSchemeName1Choice::Prtry(pain::Max35Text(
                scheme.to_owned(),
            )),
        )),
        issr: None,
    };
    let organisation = pain::OrganisationIdentification29 {
        any_bic: None,
        lei: None,
        othr: vec![other(&details.bin, "BIN"), other(&details.kbe, sector)],
    };
    pain::PartyIdentification135 {
        nm: Some(pain::Max140Text(details.name.clone())),
        pstl_adr: None,
        id: Some(ChoiceWrapper::new(pain::Party38Choice::OrgId(organisation))),
        ctry_of_res: None,
        ctct_dtls: None,
    }
}

fn account(details: &Details) -> Result<pain::CashAccount40, BankError> {
    let iban = pain::IBAN2007Identifier(details.iban.clone());
    let account = pain::CashAccount40::builder()
        .id(ChoiceWrapper::new(
            pain::AccountIdentification4Choice::IBAN(iban),
        ))
        .build()?;
    Ok(account)
}

fn agent(
    details: &Details,
) -> Result<pain::BranchAndFinancialInstitutionIdentification6, BankError> {
    let institution = pain::FinancialInstitutionIdentification18::builder()
        .bicfi(pain::BICFIDec2014Identifier(details.bic.clone()))
        .build()?;
    let agent = pain::BranchAndFinancialInstitutionIdentification6::builder()
        .fin_instn_id(institution)
        .build()?;
    Ok(agent)
}
