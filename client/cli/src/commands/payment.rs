//! Payments by a bank: the file that goes to it, and what its answers mean.

use crate::answer::Answer;
use crate::args::Global;
use crate::commands::act::{list, parse_act, submitted};
use crate::commands::details;
use crate::context::{device, enrolled, session};
use crate::describe::reason_text;
use crate::failure::{Failure, Result};
use crate::files;
use crate::session::Session;
use crate::words::{self, counted, tenge, tenge_total};
use clap::{Args, Subcommand};
use senim_abi::SETTLEMENT;
use senim_abi::settlement::act::end_to_end_id;
use senim_abi::settlement::msg::{Ordered, OrderedAnswer};
use senim_abi::settlement::record::{DetailsRecord, details_key};
use senim_abi::settlement::{Act, ActId, ActState, Execute, ProgrammeId, Query, SettlementKind};
use senim_bank::rehearsal::Outcome;
use senim_bank::{
    BankError, Details, MESSAGE_BYTES_MAX, Meaning, PAYMENTS_MAX, PaymentOrder, Verdict,
};
use senim_types::{Code, Hash, OrgId, TiynTotal};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Payments by a bank: the file that goes to it, and what its answers mean.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Writes a payment file (ISO 20022 pain.001) for accepted acts and says so on the ledger. Send it only after this
    /// succeeded; the same command again makes the same file.
    #[command(
        after_help = "Example:\n  senim payment file --programme 1 --payer-details fund.json --provider-details pharmacy.json --execute-on 2027-02-05 --out payments.xml --key fund"
    )]
    File(File),
    /// Reads a bank's answer (camt.053, camt.054 or pain.002) and tells the ledger what it means for each act.
    #[command(
        after_help = "Example:\n  senim payment answer statement.xml --programme 1 --key fund"
    )]
    Answer(BankAnswer),
    /// Writes what an invented bank would answer to a payment file, to rehearse with: that each payment was debited
    /// (camt.054), or with --refuse that each is refused (pain.002). It asks no bank, no node, and moves no money.
    #[command(
        after_help = "Examples:\n  senim payment rehearse payments.xml --out answer.xml\n  senim payment rehearse payments.xml --refuse AC04 --out answer.xml"
    )]
    Rehearse(Rehearse),
    /// Lists acts that are in a payment file, and since when the bank is silent.
    #[command(after_help = "Example:\n  senim payment status --programme 1")]
    Status(Status),
}

/// Arguments of `payment file`.
#[derive(Debug, Args)]
pub struct File {
    /// Under which programme.
    #[arg(long)]
    pub programme: u32,
    /// Which acts; all that are accepted, failed or came back if none is named. Name them to make a file again.
    #[arg(long = "act", value_parser = parse_act)]
    pub acts: Vec<ActId>,
    /// The payer's own details: whose account is debited.
    #[arg(long)]
    pub payer_details: PathBuf,
    /// A provider's details, those that are confirmed; again for each provider.
    #[arg(long = "provider-details", required = true)]
    pub provider_details: Vec<PathBuf>,
    /// The day on which the bank shall pay, such as 2027-02-05.
    #[arg(long)]
    pub execute_on: String,
    /// Where to write the file.
    #[arg(long)]
    pub out: PathBuf,
    /// The payer's device key, by name or file.
    #[arg(long, default_value = "fund")]
    pub key: String,
}

/// Arguments of `payment answer`.
#[derive(Debug, Args)]
pub struct BankAnswer {
    /// The bank's message.
    pub file: PathBuf,
    /// Under which programme the acts are.
    #[arg(long)]
    pub programme: u32,
    /// The payer's device key, by name or file.
    #[arg(long, default_value = "fund")]
    pub key: String,
}

/// Arguments of `payment rehearse`.
#[derive(Debug, Args)]
pub struct Rehearse {
    /// The payment file.
    pub file: PathBuf,
    /// Refuses each payment for this reason, an ISO code such as AC04; without it each is paid.
    #[arg(long, value_parser = reason)]
    pub refuse: Option<String>,
    /// Where to write the bank's message.
    #[arg(long)]
    pub out: PathBuf,
}

/// An ISO reason code.
fn reason(text: &str) -> std::result::Result<String, String> {
    let is_code =
        (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let malformed = || format!("`{text}` is no reason code: one to four letters and digits");
    is_code.then(|| text.to_owned()).ok_or_else(malformed)
}

/// Arguments of `payment status`.
#[derive(Debug, Args)]
pub struct Status {
    /// Under which programme.
    #[arg(long)]
    pub programme: u32,
}

/// Runs a command about payments.
pub fn run(command: &Command, global: &Global) -> Result<Answer> {
    match command {
        Command::File(args) => file(args, global),
        Command::Answer(args) => answer(args, global),
        Command::Rehearse(args) => rehearse(args),
        Command::Status(args) => status(args, global),
    }
}

fn failure(error: &BankError) -> Failure {
    Failure::with(error.code(), error.to_string())
}

/// What an act needs from the provider: details whose hash the ledger has.
struct Wanted {
    act: Act,
    attempt: u8,
    details: Hash,
}

fn file(args: &File, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let payer = enrolled(&session, &device(global, &args.key)?)?.org;
    let own = details::read(&args.payer_details)?;
    let mut known: BTreeMap<Hash, Details> = BTreeMap::new();
    for path in &args.provider_details {
        let details = details::read(path)?;
        known.insert(details.hash(), details);
    }
    let wanted = wanted(args, payer, &session)?;
    let mut orders = Vec::new();
    for want in &wanted {
        let provider = known.get(&want.details).ok_or_else(|| {
            Failure::new(Code::DETAILS_UNCONFIRMED).line(format!(
                "  no --provider-details has the hash {} that holds for {}",
                want.details,
                session.names.of_org(want.act.body.act.provider)
            ))
        })?;
        orders.push(PaymentOrder {
            act: want.act.body.act,
            hash: want.act.body.hash(),
            attempt: want.attempt,
            amount: want.act.body.payable,
            accepted_at: want
                .act
                .accepted
                .map_or(want.act.body.cut_at, |signed| signed.at),
            provider: provider.clone(),
        });
    }
    let made = senim_bank::payment_file(&own, &args.execute_on, &orders);
    let made = made.map_err(|error| failure(&error))?;
    let message_id =
        senim_bank::ledgers_id(&made.message_id).ok_or_else(|| Failure::new(Code::BANK_MESSAGE))?;
    // Written first: a crash after an order on the ledger then finds the file that was ordered.
    files::replace(&args.out, made.xml.as_bytes())?;
    for (want, order) in wanted.iter().zip(&orders) {
        let execute = Execute::OrderPayment {
            act: order.act,
            attempt: want.attempt,
            file: made.hash(),
            message_id,
            details: want.details,
        };
        submitted(&session, global, &args.key, &execute).map_err(|failure| {
            failure.line(format!(
                "Do not send {}: act {} is not ordered by it.",
                args.out.display(),
                order.act
            ))
        })?;
    }
    let sum: u128 = orders.iter().map(|order| u128::from(order.amount.0)).sum();
    let payments: Vec<Value> = orders
        .iter()
        .map(|order| {
            json!({
                "act": order.act.to_string(), "end_to_end_id": order.end_to_end_id(),
                "attempt": order.attempt, "amount_tiyn": order.amount,
            })
        })
        .collect();
    let json = json!({
        "file": args.out, "hash": made.hash(), "message_id": made.message_id, "payments": payments,
    });
    Ok(Answer::new(json)
        .line(format!(
            "Payment file {}: {}, {}",
            made.message_id,
            counted(orders.len(), "payment"),
            tenge_total(TiynTotal(sum))
        ))
        .line(format!(
            "  written to {}: it may be sent",
            args.out.display()
        )))
}

/// The acts of a file, each with the attempt and the details that are to be in it.
fn wanted(args: &File, payer: OrgId, session: &Session) -> Result<Vec<Wanted>> {
    let mut acts = list::all(session, ProgrammeId(args.programme))?;
    acts.retain(|act| {
        let open = matches!(
            act.state,
            ActState::Accepted | ActState::PaymentFailed | ActState::Returned
        );
        act.body.payer == payer
            && act.body.kind == SettlementKind::BankFile
            && (args.acts.contains(&act.body.act) || (args.acts.is_empty() && open))
    });
    if let Some(missing) = args
        .acts
        .iter()
        .find(|id| acts.iter().all(|act| act.body.act != **id))
    {
        let failure = Failure::new(Code::ACT_UNKNOWN);
        return Err(failure.line(format!(
            "  {missing} is no act that this payer pays by a bank"
        )));
    }
    if acts.is_empty() {
        return Err(Failure::new(Code::BANK_BATCH).line("  no act is accepted and unpaid"));
    }
    let mut wanted = Vec::new();
    for act in acts {
        // What the node listed is only whom to ask for: what is paid is proven.
        let (act, _) = super::act::proven(session, &act.body.act)?;
        let is_pending = matches!(act.state, ActState::PaymentPending | ActState::Paid);
        let attempt = PaymentOrder::next_attempt(act.payment.as_ref(), is_pending)
            .ok_or_else(|| Failure::new(Code::PAYMENT_UNKNOWN))?;
        let details = match act.payment {
            Some(payment) if is_pending => payment.details,
            _ => confirmed(session, payer, act.body.act.provider)?,
        };
        wanted.push(Wanted {
            act,
            attempt,
            details,
        });
    }
    Ok(wanted)
}

fn confirmed(session: &Session, payer: OrgId, provider: OrgId) -> Result<Hash> {
    let record = session.record::<DetailsRecord>(&details_key(payer, provider), SETTLEMENT)?;
    let confirmed = record
        .value
        .and_then(|known| known.into_current().confirmed);
    confirmed.ok_or_else(|| Failure::new(Code::DETAILS_UNCONFIRMED))
}

fn answer(args: &BankAnswer, global: &Global) -> Result<Answer> {
    let bytes = files::read(&args.file, MESSAGE_BYTES_MAX as u64)?;
    let answer = senim_bank::answer::read(&bytes).map_err(|error| failure(&error))?;
    let session = session(global)?;
    let mut acts = Vec::new();
    for listed in list::all(&session, ProgrammeId(args.programme))? {
        if listed.payment.is_some() {
            acts.push(super::act::proven(&session, &listed.body.act)?.0);
        }
    }
    let refused = match &answer.refused_file {
        Some((name, _)) => in_file(&session, global, &args.key, name)?,
        None => Vec::new(),
    };
    let verdicts = senim_bank::reconcile(&answer, &acts, &refused);
    let mut lines = vec![format!(
        "{}: {} of ours, {} of other business",
        answer.kind,
        counted(verdicts.len(), "payment"),
        counted(answer.others, "line")
    )];
    let mut told = Vec::new();
    for verdict in &verdicts {
        if let Some(execute) = &verdict.call {
            submitted(&session, global, &args.key, execute)?;
        }
        lines.push(format!(
            "  {} {}: {}",
            verdict.end_to_end_id,
            verdict
                .act
                .map_or("of no act that is known".to_owned(), |act| format!(
                    "act {act}"
                )),
            word(verdict)
        ));
        told.push(json!({
            "end_to_end_id": verdict.end_to_end_id, "act": verdict.act.map(|act| act.to_string()),
            "meaning": name(verdict.meaning), "needs_person": verdict.meaning.needs_person(),
        }));
    }
    let persons = verdicts
        .iter()
        .filter(|verdict| verdict.meaning.needs_person());
    let persons = persons.count();
    if persons > 0 {
        lines.push(format!(
            "{} for a person to look at",
            counted(persons, "payment")
        ));
    }
    let json = json!({
        "kind": answer.kind, "hash": answer.hash, "payments": told, "others": answer.others,
        "needs_person": persons,
    });
    Ok(Answer::new(json).lines(lines))
}

fn rehearse(args: &Rehearse) -> Result<Answer> {
    let file = files::read(&args.file, MESSAGE_BYTES_MAX as u64)?;
    let (outcome, said) = match &args.refuse {
        Some(reason) => (
            Outcome::Refused(reason.clone()),
            "refuses each payment: pain.002",
        ),
        None => (Outcome::Paid, "has debited each payment: camt.054"),
    };
    let message = senim_bank::rehearsal::rehearse(&file, &outcome, words::now());
    let message = message.map_err(|error| failure(&error))?;
    files::replace(&args.out, message.as_bytes())?;
    let out = args.out.display().to_string();
    Ok(Answer::new(json!({ "message": out }))
        .line(format!("An invented bank {said}"))
        .line(format!(
            "  written to {out}: to rehearse with, and no proof of anything"
        )))
}

/// What is in a payment file of the payer's, as the node says; the file's message id proves it.
fn in_file(session: &Session, global: &Global, key: &str, name: &str) -> Result<Vec<Ordered>> {
    let Some(message_id) = senim_bank::ledgers_id(name) else {
        return Ok(Vec::new());
    };
    let payer = enrolled(session, &device(global, key)?)?.org;
    let mut all: Vec<Ordered> = Vec::new();
    // No file has more.
    while all.len() <= PAYMENTS_MAX {
        let question = Query::Ordered {
            payer,
            message_id,
            after: all.last().map(|last| last.act),
        };
        let page: OrderedAnswer = session.query(SETTLEMENT, &question)?;
        let is_last = page.len() < Query::ORDERED_MAX;
        all.extend(page);
        if is_last {
            break;
        }
    }
    Ok(all)
}

fn name(meaning: Meaning) -> &'static str {
    match meaning {
        Meaning::Paid => "paid",
        Meaning::Late => "late",
        Meaning::Refused => "refused",
        Meaning::Nothing => "nothing",
        Meaning::WrongAmount => "wrong_amount",
        Meaning::Superseded => "superseded",
        Meaning::RefusedLate => "refused_late",
        Meaning::Unclear => "unclear",
        Meaning::Returned => "returned",
        Meaning::Unknown => "unknown",
    }
}

fn word(verdict: &Verdict) -> String {
    match (&verdict.call, verdict.meaning) {
        (Some(Execute::FailPayment { reason, .. }), Meaning::RefusedLate) => format!(
            "refused, {}, though it was paid: the money is expected back",
            reason_text(reason)
        ),
        (Some(Execute::FailPayment { reason, .. }), _) => {
            format!("refused, {}", reason_text(reason))
        }
        (Some(Execute::ReturnPayment { reason, .. }), _) => {
            format!("the money came back, {}", reason_text(reason))
        }
        (_, Meaning::Paid) => "paid".to_owned(),
        (_, Meaning::Late) => "paid after all".to_owned(),
        (_, Meaning::Refused) => "refused".to_owned(),
        (_, Meaning::Nothing) => "nothing new".to_owned(),
        (_, Meaning::WrongAmount) => "another amount than the act's".to_owned(),
        (_, Meaning::Superseded) => "paid by an attempt before the latest".to_owned(),
        (_, Meaning::RefusedLate) => "refused, though it was paid".to_owned(),
        (_, Meaning::Unclear) => "a debit that calls itself a return".to_owned(),
        (_, Meaning::Returned) => "the money came back".to_owned(),
        (_, Meaning::Unknown) => "was never ordered".to_owned(),
    }
}

fn status(args: &Status, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let mut acts = list::all(&session, ProgrammeId(args.programme))?;
    acts.retain(|act| act.payment.is_some());
    let mut lines = Vec::new();
    let mut all = Vec::new();
    for act in &acts {
        let Some(payment) = act.payment else { continue };
        let id = end_to_end_id(&act.body.hash(), payment.attempt);
        let said = list::answer_text(act.state, &payment);
        lines.push(format!(
            "{:<16} {id} {:>18}  {said}",
            act.body.act.to_string(),
            tenge(act.body.payable)
        ));
        all.push(json!({
            "act": act.body.act.to_string(), "end_to_end_id": id, "state": act.state,
            "amount_tiyn": act.body.payable, "payment": payment,
        }));
    }
    let count = counted(all.len(), "payment");
    let json = json!({ "payments": all });
    Ok(Answer::new(json).lines(lines).line(count))
}
