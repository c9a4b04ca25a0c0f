//! Messages and receipts in their SMPP form.

use crate::conversation::Outcome;
use crate::phone::Phone;
use rusmpp::pdus::{DeliverSm, SubmitSm};
use rusmpp::tlvs::TlvValue;
use rusmpp::types::{COctetString, OctetString};
use rusmpp::values::{
    DataCoding, EsmClass, IntermediateNotification, MCDeliveryReceipt, MessageState, Npi,
    RegisteredDelivery, SmeOriginatedAcknowledgement, Ton,
};
use std::fmt;

/// Letters (UTF-16 units) of a message of one part: 140 bytes.
const SINGLE_UNITS_MAX: usize = 70;
/// Letters of each part of a longer one: 140 bytes less the header that joins them (3GPP TS 23.040, 9.2.3.24.1).
const PART_UNITS: usize = 67;
/// Letters of a message: ten parts.
pub const TEXT_UNITS_MAX: usize = 670;
/// The bit of `esm_class` that says that a message begins with a header of its own.
const UDHI: u8 = 0x40;
/// The bits of `esm_class` that say what kind of message it is, and a delivery receipt's.
const KIND: u8 = 0x3c;
const RECEIPT: u8 = 0x04;

/// A message that is to be sent.
#[derive(Clone)]
pub struct ToSend {
    /// The portal's number for it.
    pub id: u64,
    /// To which telephone.
    pub to: Phone,
    /// What.
    pub text: String,
}

/// What a `deliver_sm` brings.
#[derive(Clone, PartialEq, Eq)]
pub enum Incoming {
    /// What a subscriber sent.
    Message {
        /// From which number; none where it is no mobile number.
        from: Option<Phone>,
        /// What; empty where it cannot be read.
        text: String,
    },
    /// What became of a part of a message.
    Receipt {
        /// The SMSC's name of the part.
        part: String,
        /// What became of it.
        outcome: Outcome,
    },
    /// A notice on the way that decides nothing.
    Notice,
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Incoming::Message { .. } => "Message",
            Incoming::Receipt { .. } => "Receipt",
            Incoming::Notice => "Notice",
        })
    }
}

impl ToSend {
    /// The message in UCS-2, in as many parts as it needs, each asking for a receipt. `None` where it is too long, or
    /// the sender's address is none.
    pub fn parts(&self, sender: &str) -> Option<Vec<SubmitSm>> {
        let text = basic_plane(&self.text);
        if text.encode_utf16().count() > TEXT_UNITS_MAX {
            return None;
        }
        let receipts = RegisteredDelivery::new(
            MCDeliveryReceipt::McDeliveryReceiptRequestedWhereFinalDeliveryOutcomeIsSuccessOrFailure,
            SmeOriginatedAcknowledgement::NoReceiptSmeAcknowledgementRequested,
            IntermediateNotification::NoIntermediaryNotificationRequested,
            0,
        );
        let units: Vec<u16> = text.encode_utf16().collect();
        let part = |header: &[u8], units: &[u16]| {
            let units = units.iter().flat_map(|unit| unit.to_be_bytes());
            let bytes = header.iter().copied().chain(units).collect();
            let class = if header.is_empty() { 0 } else { UDHI };
            let part = SubmitSm::builder()
                // A short number is no number of the world's plan.
                .source_addr_ton(Ton::NetworkSpecific)
                .source_addr_npi(Npi::Unknown)
                .source_addr(COctetString::from_string(sender.to_owned()).ok()?)
                .dest_addr_ton(Ton::International)
                .dest_addr_npi(Npi::Isdn)
                .destination_addr(COctetString::from_string(self.to.digits()).ok()?)
                .esm_class(EsmClass::from(class))
                .registered_delivery(receipts)
                .data_coding(DataCoding::Ucs2)
                .short_message(OctetString::from_vec(bytes).ok()?);
            Some(part.build())
        };
        if units.len() <= SINGLE_UNITS_MAX {
            return Some(vec![part(&[], &units)?]);
        }
        // Parts of one message share a number, which need only differ from the last few to the same telephone.
        let reference = (self.id % 256) as u8;
        let total = u8::try_from(units.len().div_ceil(PART_UNITS)).ok()?;
        let parts = units.chunks(PART_UNITS).zip(1_u8..);
        parts
            .map(|(units, number)| part(&[5, 0, 3, reference, total, number], units))
            .collect()
    }
}

/// UCS-2 has the basic plane only.
fn basic_plane(text: &str) -> String {
    let plain = |letter: char| if letter.len_utf16() == 1 { letter } else { '?' };
    text.chars().map(plain).collect()
}

impl Incoming {
    /// Reads what the SMSC delivers. Nothing in it is trusted to be well-formed.
    pub fn read(pdu: &DeliverSm) -> Incoming {
        let class = u8::from(pdu.esm_class);
        if class & KIND != 0 {
            return receipt(pdu).unwrap_or(Incoming::Notice);
        }
        let payload = payload(pdu);
        // A header of its own (a part of a longer message) is skipped: its length is the first byte.
        let body = match payload.first() {
            Some(length) if class & UDHI != 0 => payload.get(1 + usize::from(*length)..),
            _ => Some(&payload[..]),
        };
        Incoming::Message {
            from: Phone::read(pdu.source_addr.as_str()),
            text: decode(body.unwrap_or_default(), pdu.data_coding).unwrap_or_default(),
        }
    }
}

/// The text, from where a long one would be.
fn payload(pdu: &DeliverSm) -> Vec<u8> {
    for tlv in pdu.tlvs() {
        if let Some(TlvValue::MessagePayload(payload)) = tlv.value() {
            return payload.value.clone().into_vec();
        }
    }
    pdu.short_message().clone().into_vec()
}

/// Codes consist of digits and `#`, which are the same in GSM's alphabet, ASCII and Latin-1.
fn decode(bytes: &[u8], coding: DataCoding) -> Option<String> {
    match coding {
        DataCoding::McSpecific | DataCoding::Ia5 | DataCoding::Latin1 => {
            Some(bytes.iter().copied().map(char::from).collect())
        }
        DataCoding::Ucs2 => {
            let (pairs, rest) = bytes.as_chunks::<2>();
            let units: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
            if rest.is_empty() {
                String::from_utf16(&units).ok()
            } else {
                None
            }
        }
        _ => None,
    }
}

/// A delivery receipt: SMPP 3.4 leaves its form to the vendor; parameters first, then the customary text.
fn receipt(pdu: &DeliverSm) -> Option<Incoming> {
    if u8::from(pdu.esm_class) & KIND != RECEIPT {
        return None;
    }
    let (mut part, mut outcome) = (None, None);
    for tlv in pdu.tlvs() {
        match tlv.value() {
            Some(TlvValue::ReceiptedMessageId(id)) => part = Some(id.as_str().to_owned()),
            Some(TlvValue::MessageState(state)) => outcome = of_state(*state),
            _ => {}
        }
    }
    let text = payload(pdu);
    let text = String::from_utf8_lossy(&text);
    let field = |name: &str| {
        let mut words = text.split_whitespace();
        words
            .find_map(|word| word.strip_prefix(name))
            .map(str::to_owned)
    };
    let part = part.or_else(|| field("id:"))?;
    let outcome = outcome.or_else(|| of_word(&field("stat:")?))?;
    Some(Incoming::Receipt { part, outcome })
}

fn of_state(state: MessageState) -> Option<Outcome> {
    match state {
        MessageState::Delivered => Some(Outcome::Delivered),
        // The network or the subscriber refuses this service.
        MessageState::Rejected => Some(Outcome::Blocked),
        MessageState::Expired | MessageState::Deleted | MessageState::Undeliverable => {
            Some(Outcome::Failed)
        }
        _ => None,
    }
}

fn of_word(word: &str) -> Option<Outcome> {
    match word {
        "DELIVRD" => Some(Outcome::Delivered),
        "REJECTD" => Some(Outcome::Blocked),
        "EXPIRED" | "DELETED" | "UNDELIV" | "UNKNOWN" => Some(Outcome::Failed),
        _ => None,
    }
}
