//! The portal's end of SMPP: a transceiver that is bound again whenever it breaks.
//!
//! What is to be sent is handed over once and stays here until the SMSC took it or refused it for good; the durable
//! copy is the journal's, which hands everything over again after a restart. What is delivered is acknowledged only
//! when its receiver has it in the journal, so the SMSC delivers it again if this process ends before that.

use super::message::{Incoming, ToSend};
use crate::conversation::Outcome;
use futures_util::{SinkExt, StreamExt};
use rusmpp::pdus::{BindTransceiver, DeliverSmResp, SubmitSm};
use rusmpp::tokio_codec::CommandCodec;
use rusmpp::types::COctetString;
use rusmpp::values::InterfaceVersion;
use rusmpp::{Command, CommandStatus, Pdu};
use senim_types::Code;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::codec::Framed;

/// Bytes of a PDU: a long message in a parameter, with room.
const PDU_BYTES_MAX: usize = 4096;
/// The largest sequence number of the specification.
const SEQUENCE_MAX: u32 = 0x7fff_ffff;
/// Times that a message is refused for a reason that nobody here knows before it counts as refused for good.
const ATTEMPTS_MAX: u32 = 5;
/// Messages that wait here beside those under way; more wait with whoever hands them over.
const WAITING_MAX: usize = 64;

/// Where the SMSC is, and the manners on the way.
#[derive(Clone)]
pub struct EsmeConfig {
    /// `host:port`.
    pub address: String,
    /// Login.
    pub system_id: String,
    /// Its password, at most eight bytes.
    pub password: String,
    /// The short number that messages come from and replies go to.
    pub sender: String,
    /// Messages under way at once.
    pub window: usize,
    /// How long an answer may take.
    pub answer_max: Duration,
    /// How often an idle connection is tried.
    pub enquire_every: Duration,
    /// The first pause after a broken connection; each next is twice as long.
    pub pause_min: Duration,
    /// The longest pause.
    pub pause_max: Duration,
}

impl EsmeConfig {
    /// Ordinary manners.
    pub fn new(address: &str, system_id: &str, password: &str, sender: &str) -> EsmeConfig {
        EsmeConfig {
            address: address.to_owned(),
            system_id: system_id.to_owned(),
            password: password.to_owned(),
            sender: sender.to_owned(),
            window: 10,
            answer_max: Duration::from_secs(10),
            enquire_every: Duration::from_secs(30),
            pause_min: Duration::from_secs(1),
            pause_max: Duration::from_secs(60),
        }
    }
}

/// What comes from the SMSC.
#[derive(Debug)]
pub enum FromSmsc {
    /// The connection stands.
    Up,
    /// The connection does not stand, and why. It is made again.
    Down(Code),
    /// All parts of a message were taken.
    Taken {
        /// Which message.
        id: u64,
        /// The SMSC's names of its parts.
        parts: Vec<String>,
    },
    /// A message will never be taken.
    Unsendable {
        /// Which message.
        id: u64,
        /// What that means.
        outcome: Outcome,
    },
    /// A message or receipt. Dropping `kept` refuses it for now.
    Delivered {
        /// What.
        incoming: Incoming,
        /// To be told when it is in the journal.
        kept: oneshot::Sender<()>,
    },
}

/// A message with what was taken of it.
struct Pending {
    message: ToSend,
    rest: VecDeque<SubmitSm>,
    taken: Vec<String>,
    attempts: u32,
}

type Wire = Framed<TcpStream, CommandCodec>;

/// Why a connection ends.
enum End {
    /// It broke, or has to be broken.
    Broken(Code),
    /// Nobody is there to be told anything.
    Alone,
}

/// What a connection waits for.
#[derive(Default)]
struct UnderWay {
    /// Submitted, by sequence number, with the latest time of an answer.
    submitted: BTreeMap<u32, (Pending, Instant)>,
    /// When an enquiry has to be answered.
    enquired: Option<Instant>,
    last: u32,
}

impl UnderWay {
    fn next(&mut self) -> u32 {
        self.last = if self.last == SEQUENCE_MAX {
            1
        } else {
            self.last + 1
        };
        self.last
    }

    /// When the earliest answer is overdue.
    fn overdue(&self) -> Option<Instant> {
        let submitted = self.submitted.values().map(|(_, until)| *until);
        submitted.chain(self.enquired).min()
    }
}

/// The task's own state.
pub struct Esme {
    config: EsmeConfig,
    to_send: mpsc::Receiver<ToSend>,
    out: mpsc::Sender<FromSmsc>,
    waiting: VecDeque<Pending>,
}

impl Esme {
    /// A connection that sends what comes through `to_send` and tells through `out`.
    pub fn new(
        config: EsmeConfig,
        to_send: mpsc::Receiver<ToSend>,
        out: mpsc::Sender<FromSmsc>,
    ) -> Esme {
        Esme {
            config,
            to_send,
            out,
            waiting: VecDeque::new(),
        }
    }

    /// Runs until nobody is there to be told.
    pub async fn run(mut self) {
        let mut pause = self.config.pause_min;
        loop {
            let code = match self.bind().await {
                Ok(mut wire) => {
                    pause = self.config.pause_min;
                    if self.out.send(FromSmsc::Up).await.is_err() {
                        return;
                    }
                    let mut under_way = UnderWay::default();
                    let ended = self.serve(&mut wire, &mut under_way).await;
                    // What was under way when it broke is sent again: a question that comes twice is answered once.
                    for (pending, _) in under_way.submitted.into_values().rev() {
                        self.waiting.push_front(pending);
                    }
                    match ended {
                        End::Broken(code) => code,
                        End::Alone => return,
                    }
                }
                Err(code) => code,
            };
            if self.out.send(FromSmsc::Down(code)).await.is_err() {
                return;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(self.config.pause_max);
        }
    }

    async fn bind(&self) -> Result<Wire, Code> {
        let config = &self.config;
        let stream = timeout(config.answer_max, TcpStream::connect(&config.address)).await;
        let Ok(Ok(stream)) = stream else {
            return Err(Code::SMSC_UNREACHABLE);
        };
        let codec = CommandCodec::new().with_max_length(PDU_BYTES_MAX);
        let mut wire = Framed::new(stream, codec);
        let refused = |_| Code::SMSC_REFUSED;
        let login = BindTransceiver::builder()
            .system_id(COctetString::from_string(config.system_id.clone()).map_err(refused)?)
            .password(COctetString::from_string(config.password.clone()).map_err(refused)?)
            // Operators speak 3.4.
            .interface_version(InterfaceVersion::Smpp3_4)
            .build();
        let login = Command::new(CommandStatus::EsmeRok, 1, login);
        let asked = async {
            wire.send(login).await.map_err(|_| Code::SMSC_UNREACHABLE)?;
            match wire.next().await {
                Some(Ok(answer)) if !answer.id().is_response() => Err(Code::SMSC_NONSENSE),
                Some(Ok(answer)) if answer.status() != CommandStatus::EsmeRok => {
                    Err(Code::SMSC_REFUSED)
                }
                Some(Ok(_)) => Ok(()),
                Some(Err(error)) => Err(broken(&error)),
                None => Err(Code::SMSC_UNREACHABLE),
            }
        };
        let bound = timeout(config.answer_max, asked).await;
        bound.unwrap_or(Err(Code::SMSC_UNREACHABLE))?;
        Ok(wire)
    }

    /// Serves one connection until it ends.
    async fn serve(&mut self, wire: &mut Wire, under_way: &mut UnderWay) -> End {
        // The login had the first number.
        under_way.last = 1;
        let mut is_fed = true;
        let mut enquire_at = Instant::now() + self.config.enquire_every;
        // While the SMSC is full, nothing is submitted before this.
        let mut held_until = Instant::now();
        loop {
            while under_way.submitted.len() < self.config.window && held_until <= Instant::now() {
                let Some(pending) = self.waiting.pop_front() else {
                    break;
                };
                if let Err(end) = self.submit(wire, under_way, pending).await {
                    return end;
                }
            }
            let overdue = under_way.overdue().unwrap_or(enquire_at);
            let is_held = held_until > Instant::now();
            tokio::select! {
                command = wire.next() => {
                    let ended = match command {
                        Some(Ok(command)) => {
                            enquire_at = Instant::now() + self.config.enquire_every;
                            self.take_command(wire, under_way, command, &mut held_until).await
                        }
                        Some(Err(error)) => Err(End::Broken(broken(&error))),
                        None => Err(End::Broken(Code::SMSC_UNREACHABLE)),
                    };
                    if let Err(end) = ended {
                        return end;
                    }
                }
                message = self.to_send.recv(), if is_fed && self.waiting.len() < WAITING_MAX => match message {
                    Some(message) => {
                        if let Err(end) = self.take_message(message).await {
                            return end;
                        }
                    }
                    None => is_fed = false,
                },
                () = sleep_until(overdue), if under_way.overdue().is_some() => {
                    // Whether an answer that did not come was a yes is not known: the connection is suspect.
                    return End::Broken(Code::SMSC_UNREACHABLE);
                }
                () = sleep_until(held_until), if is_held => {}
                () = sleep_until(enquire_at), if under_way.enquired.is_none() => {
                    let enquiry = Command::new(CommandStatus::EsmeRok, under_way.next(), Pdu::EnquireLink);
                    under_way.enquired = Some(Instant::now() + self.config.answer_max);
                    if let Err(end) = self.write(wire, enquiry).await {
                        return end;
                    }
                }
                () = self.out.closed() => return End::Alone,
            }
        }
    }

    /// Writes within the time that an answer may take: an SMSC that reads nothing is as good as none.
    async fn write(&self, wire: &mut Wire, command: Command) -> Result<(), End> {
        match timeout(self.config.answer_max, wire.send(command)).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(End::Broken(Code::SMSC_UNREACHABLE)),
        }
    }

    async fn tell(&self, told: FromSmsc) -> Result<(), End> {
        self.out.send(told).await.map_err(|_| End::Alone)
    }

    async fn take_message(&mut self, message: ToSend) -> Result<(), End> {
        let Some(rest) = message.parts(&self.config.sender) else {
            let (id, outcome) = (message.id, Outcome::Failed);
            return self.tell(FromSmsc::Unsendable { id, outcome }).await;
        };
        self.waiting.push_back(Pending {
            message,
            rest: rest.into(),
            taken: Vec::new(),
            attempts: 0,
        });
        Ok(())
    }

    /// Submits the next part of a message.
    async fn submit(
        &mut self,
        wire: &mut Wire,
        under_way: &mut UnderWay,
        pending: Pending,
    ) -> Result<(), End> {
        let Some(part) = pending.rest.front().cloned() else {
            let (id, parts) = (pending.message.id, pending.taken);
            return self.tell(FromSmsc::Taken { id, parts }).await;
        };
        let number = under_way.next();
        let until = Instant::now() + self.config.answer_max;
        under_way.submitted.insert(number, (pending, until));
        let command = Command::new(CommandStatus::EsmeRok, number, part);
        self.write(wire, command).await
    }

    async fn take_command(
        &mut self,
        wire: &mut Wire,
        under_way: &mut UnderWay,
        command: Command,
        held_until: &mut Instant,
    ) -> Result<(), End> {
        let number = command.sequence_number();
        match command.pdu() {
            Some(Pdu::DeliverSm(pdu)) => self.deliver(wire, number, Incoming::read(pdu)).await,
            Some(Pdu::EnquireLink) => {
                let answer = Command::new(CommandStatus::EsmeRok, number, Pdu::EnquireLinkResp);
                self.write(wire, answer).await
            }
            Some(Pdu::Unbind) => {
                let answer = Command::new(CommandStatus::EsmeRok, number, Pdu::UnbindResp);
                self.write(wire, answer).await?;
                Err(End::Broken(Code::SMSC_UNREACHABLE))
            }
            Some(Pdu::EnquireLinkResp) => {
                under_way.enquired = None;
                Ok(())
            }
            // The answer to a submission: a refusal may come without a body, or as a generic_nack.
            _ => match under_way.submitted.remove(&number) {
                Some((pending, _)) => {
                    let id = match command.pdu() {
                        Some(Pdu::SubmitSmResp(taken)) => taken.message_id().as_str().to_owned(),
                        _ => String::new(),
                    };
                    self.settle(pending, command.status(), id, held_until).await
                }
                // An answer that nobody waits for, or what only an SMSC is asked.
                None => Ok(()),
            },
        }
    }

    /// What an answer to a submission means for its message.
    async fn settle(
        &mut self,
        mut pending: Pending,
        status: CommandStatus,
        part: String,
        held_until: &mut Instant,
    ) -> Result<(), End> {
        let id = pending.message.id;
        let outcome = match status {
            CommandStatus::EsmeRok => {
                pending.taken.push(part);
                pending.rest.pop_front();
                pending.attempts = 0;
                // Its other parts go before other messages.
                self.waiting.push_front(pending);
                return Ok(());
            }
            CommandStatus::EsmeRthrottled
            | CommandStatus::EsmeRmsgqful
            | CommandStatus::EsmeRsyserr => {
                *held_until = Instant::now() + self.config.pause_min;
                self.waiting.push_front(pending);
                return Ok(());
            }
            CommandStatus::EsmeRinvdstadr
            | CommandStatus::EsmeRinvdstton
            | CommandStatus::EsmeRinvdstnpi => Outcome::Failed,
            // The operator's code for a subscriber that takes no messages of the service.
            CommandStatus::EsmeRsubmitfail => Outcome::Blocked,
            _ if pending.attempts < ATTEMPTS_MAX => {
                pending.attempts += 1;
                self.waiting.push_back(pending);
                return Ok(());
            }
            _ => Outcome::Failed,
        };
        self.tell(FromSmsc::Unsendable { id, outcome }).await
    }

    async fn deliver(&self, wire: &mut Wire, number: u32, incoming: Incoming) -> Result<(), End> {
        let (kept, is_kept) = oneshot::channel();
        self.tell(FromSmsc::Delivered { incoming, kept }).await?;
        let status = match is_kept.await {
            Ok(()) => CommandStatus::EsmeRok,
            // It comes again.
            Err(_) => CommandStatus::EsmeRsyserr,
        };
        let answer = Command::new(status, number, DeliverSmResp::default());
        self.write(wire, answer).await
    }
}

fn broken(error: &rusmpp::tokio_codec::DecodeError) -> Code {
    match error {
        rusmpp::tokio_codec::DecodeError::Io(_) => Code::SMSC_UNREACHABLE,
        _ => Code::SMSC_NONSENSE,
    }
}
