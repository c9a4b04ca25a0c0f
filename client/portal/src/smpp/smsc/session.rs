//! One connection of the SMSC.

use super::{Mood, Shared, Shown, Subscriber, lock};
use crate::phone::Phone;
use futures_util::{SinkExt, StreamExt};
use rusmpp::pdus::{BindTransceiverResp, DeliverSm, SubmitSm, SubmitSmResp};
use rusmpp::tlvs::MessageDeliveryRequestTlvValue;
use rusmpp::tokio_codec::CommandCodec;
use rusmpp::types::{COctetString, OctetString};
use rusmpp::values::{DataCoding, EsmClass, Ton};
use rusmpp::{Command, CommandStatus, Pdu};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio_util::codec::Framed;

/// Bytes of a PDU.
const PDU_BYTES_MAX: usize = 4096;
/// What is no SMPP: a length beyond any.
const GARBAGE: [u8; 32] = [0xfe; 32];
/// A status that no specification has.
const UNHEARD_STATUS: u32 = 0x0000_07d1;

pub struct Session {
    shared: Arc<Mutex<Shared>>,
    wake: Arc<Notify>,
    /// Sent to the portal and not acknowledged, by sequence number.
    sent: BTreeMap<u32, DeliverSm>,
    next: u32,
    is_bound: bool,
}

impl Drop for Session {
    fn drop(&mut self) {
        let mut shared = lock(&self.shared);
        let unacknowledged = std::mem::take(&mut self.sent);
        for message in unacknowledged.into_values().rev() {
            shared.queue.push_front(message);
        }
    }
}

impl Session {
    pub fn new(shared: Arc<Mutex<Shared>>, wake: Arc<Notify>) -> Session {
        Session {
            shared,
            wake,
            sent: BTreeMap::new(),
            next: 0,
            is_bound: false,
        }
    }

    pub async fn run(mut self, stream: TcpStream) {
        let codec = CommandCodec::new().with_max_length(PDU_BYTES_MAX);
        let mut framed = Framed::new(stream, codec);
        loop {
            if self.is_bound {
                for command in self.due() {
                    if framed.send(command).await.is_err() {
                        return;
                    }
                }
            }
            let wake = Arc::clone(&self.wake);
            tokio::select! {
                command = framed.next() => {
                    let Some(Ok(command)) = command else { return };
                    if !self.answer(&mut framed, command).await {
                        return;
                    }
                }
                () = wake.notified() => {}
            }
        }
    }

    /// What is to be delivered now.
    fn due(&mut self) -> Vec<Command> {
        let messages: Vec<DeliverSm> = lock(&self.shared).queue.drain(..).collect();
        let command = |message: DeliverSm| {
            self.next += 2;
            self.sent.insert(self.next, message.clone());
            Command::new(CommandStatus::EsmeRok, self.next, message)
        };
        messages.into_iter().map(command).collect()
    }

    /// False when the connection has to end.
    async fn answer(
        &mut self,
        framed: &mut Framed<TcpStream, CommandCodec>,
        command: Command,
    ) -> bool {
        let number = command.sequence_number();
        let mood = lock(&self.shared).mood.unwrap_or(Mood::Well);
        let answer = match command.pdu() {
            Some(Pdu::BindTransceiver(_)) if mood == Mood::Locked => Command::new(
                CommandStatus::EsmeRinvpaswd,
                number,
                BindTransceiverResp::default(),
            ),
            Some(Pdu::BindTransceiver(_)) => {
                self.is_bound = true;
                let name = COctetString::from_string("smsc".to_owned()).expect("short enough");
                let bound = BindTransceiverResp::builder().system_id(name).build();
                Command::new(CommandStatus::EsmeRok, number, bound)
            }
            Some(Pdu::EnquireLink) => {
                Command::new(CommandStatus::EsmeRok, number, Pdu::EnquireLinkResp)
            }
            Some(Pdu::Unbind) => {
                let answer = Command::new(CommandStatus::EsmeRok, number, Pdu::UnbindResp);
                // It ends anyway.
                let _sent = framed.send(answer).await;
                return false;
            }
            Some(Pdu::SubmitSm(_)) if !self.is_bound => Command::new(
                CommandStatus::EsmeRinvbndsts,
                number,
                SubmitSmResp::default(),
            ),
            Some(Pdu::SubmitSm(message)) => match mood {
                Mood::Mute => return true,
                Mood::Garbage => return framed.get_mut().write_all(&GARBAGE).await.is_ok(),
                Mood::Slow(delay) => {
                    tokio::time::sleep(delay).await;
                    self.submit(number, message)
                }
                Mood::Throttles(left) if left > 0 => {
                    lock(&self.shared).mood = Some(Mood::Throttles(left - 1));
                    Command::new(
                        CommandStatus::EsmeRthrottled,
                        number,
                        SubmitSmResp::default(),
                    )
                }
                Mood::Unheard => {
                    let status = CommandStatus::from(UNHEARD_STATUS);
                    Command::new(status, number, SubmitSmResp::default())
                }
                _ => self.submit(number, message),
            },
            _ => {
                // An answer: what the portal has is done with, what it could not keep comes again.
                if let Some(message) = self.sent.remove(&number)
                    && command.status() != CommandStatus::EsmeRok
                {
                    lock(&self.shared).queue.push_back(message);
                }
                return true;
            }
        };
        framed.send(answer).await.is_ok()
    }

    /// Takes a part of a message; the subscriber reacts when all parts are there.
    fn submit(&self, number: u32, message: &SubmitSm) -> Command {
        let shared = &mut *lock(&self.shared);
        let to = Phone::read(message.destination_addr.as_str());
        let behaves = |to: &Phone| {
            shared
                .subscribers
                .get(to)
                .cloned()
                .unwrap_or(Subscriber::Silent)
        };
        let Some((to, behaves)) = to
            .map(|to| (to, behaves(&to)))
            .filter(|(_, is)| *is != Subscriber::Unknown)
        else {
            return Command::new(
                CommandStatus::EsmeRinvdstadr,
                number,
                SubmitSmResp::default(),
            );
        };
        shared.next += 1;
        let id = format!("{:08x}", shared.next);
        let outcome = match behaves {
            Subscriber::Blocked => "REJECTD",
            Subscriber::Away => "UNDELIV",
            _ => "DELIVRD",
        };
        shared.queue.push_back(receipt(&to.digits(), &id, outcome));
        if outcome == "DELIVRD"
            && let Some((text, parts)) = assemble(shared, to, message)
        {
            shared.shown.push(Shown {
                to,
                from: message.source_addr.as_str().to_owned(),
                text: text.clone(),
                parts,
            });
            react(shared, to, &behaves, &text);
        }
        let id = COctetString::from_string(id).expect("short enough");
        Command::new(
            CommandStatus::EsmeRok,
            number,
            SubmitSmResp::new(id, Vec::new()),
        )
    }
}

/// The whole message with the number of its parts, when all are there.
fn assemble(shared: &mut Shared, to: Phone, message: &SubmitSm) -> Option<(String, usize)> {
    let bytes = message.short_message().clone().into_vec();
    if u8::from(message.esm_class) & 0x40 == 0 {
        return Some((ucs2(&bytes), 1));
    }
    // Concatenation with a reference of one byte: 05 00 03 reference total number.
    let [5, 0, 3, reference, total, part, rest @ ..] = &bytes[..] else {
        return None;
    };
    let parts = shared.parts.entry((to, *reference)).or_default();
    parts.insert(*part, ucs2(rest));
    if parts.len() < usize::from(*total) {
        return None;
    }
    let parts = shared.parts.remove(&(to, *reference))?;
    Some((
        parts.values().map(String::as_str).collect(),
        usize::from(*total),
    ))
}

fn ucs2(bytes: &[u8]) -> String {
    let (pairs, _) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
    String::from_utf16_lossy(&units)
}

/// What the subscriber does with a question.
fn react(shared: &mut Shared, to: Phone, behaves: &Subscriber, text: &str) {
    let mut codes = text
        .split(|letter: char| !letter.is_ascii_digit() && letter != '#')
        .filter(|word| word.starts_with("2#"));
    // A question names the code of the yes, then that of the no; other messages name one or none.
    let (Some(yes), Some(no)) = (codes.next(), codes.next()) else {
        return;
    };
    let (from, reply) = match behaves {
        Subscriber::Yes => (to, yes),
        Subscriber::No => (to, no),
        Subscriber::Says(words) => (to, words.as_str()),
        Subscriber::From(other) => (*other, yes),
        _ => return,
    };
    if yes != no && !yes.starts_with("2#0") {
        shared.queue.push_back(message(&from.digits(), reply));
    }
}

/// A subscriber's message: UCS-2 where it has to be.
pub fn message(from: &str, text: &str) -> DeliverSm {
    let (coding, bytes) = if text.is_ascii() {
        (DataCoding::McSpecific, text.as_bytes().to_vec())
    } else {
        let units = text.encode_utf16().flat_map(u16::to_be_bytes);
        (DataCoding::Ucs2, units.collect())
    };
    DeliverSm::builder()
        .source_addr_ton(Ton::International)
        .source_addr(COctetString::from_string(from.to_owned()).expect("a number is short enough"))
        .esm_class(EsmClass::from(0))
        .data_coding(coding)
        .short_message(OctetString::from_vec(bytes).unwrap_or_default())
        .build()
}

fn receipt(from: &str, id: &str, outcome: &str) -> DeliverSm {
    let text = format!(
        "id:{id} sub:001 dlvrd:001 submit date:2609010800 done date:2609010800 stat:{outcome} err:000 text:"
    );
    let id = COctetString::from_string(id.to_owned()).expect("short enough");
    DeliverSm::builder()
        .source_addr(COctetString::from_string(from.to_owned()).expect("a number is short enough"))
        .esm_class(EsmClass::from(0x04))
        .short_message(OctetString::from_string(text).expect("short enough"))
        .push_tlv(MessageDeliveryRequestTlvValue::ReceiptedMessageId(id))
        .build()
}
