//! What each command does.

use crate::args::{Attest, Cli, Command, ListCommand, Make, Network};
use crate::config::Config;
use crate::journal;
use crate::list::{file, make, open, persons};
use crate::numbers::Numbers;
use crate::phone::Phone;
use crate::sealing::{BoxKey, SECRET_PREFIX};
use crate::service;
use crate::smpp::smsc::{Smsc, Subscriber};
use senim_abi::voucher::ProgrammeId;
use senim_cli::answer::Answer;
use senim_cli::failure::{Failure, Result};
use senim_cli::session::Session;
use senim_cli::vault::Vault;
use senim_cli::{files, keys};
use senim_types::Code;
use senim_types::crypto::SecretKey;
use senim_types::text::KeyKind;
use serde_json::json;
use std::net::SocketAddr;
use std::path::Path;
use tokio::io::{AsyncBufReadExt, BufReader};

/// Bytes of a table.
const TABLE_BYTES_MAX: u64 = 64 << 20;
/// Ahead of the text of the secret of nullifiers.
const NULLIFIER_PREFIX: &str = "senimnullifiersecret";

/// Runs a command.
pub fn run(cli: Cli) -> Result<Answer> {
    senim_cli::words::check_clock()?;
    match cli.command {
        Command::Key { file } => key(&file),
        Command::List(ListCommand::Make(args)) => list_make(&args),
        Command::List(ListCommand::Open { config, list }) => list_open(&config, &list),
        Command::List(ListCommand::Attest(args)) => list_attest(&args),
        Command::Numbers { config, table } => numbers(&config, &table),
        Command::Run { config } => {
            let config = Config::read(&config)?;
            runtime().block_on(service::run(config, stopped()))?;
            Ok(Answer::new(json!({ "stopped": true })))
        }
        Command::Report { config } => report(&config),
        Command::Smsc { listen, subscriber } => {
            let runtime = runtime();
            let ended = runtime.block_on(smsc(listen, subscriber));
            // A thread that reads the input cannot be told to end: it is left to the end of the process.
            runtime.shutdown_background();
            ended
        }
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Runtime::new().expect("a process that gets no threads can do nothing else")
}

/// Done when the process is told to stop.
async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    let interrupt = tokio::signal::ctrl_c();
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => {
            let _ended = interrupt.await;
        }
    }
}

fn session(network: &Network) -> Result<Session> {
    Session::open(
        &network.node,
        &network.dir,
        &network.dir.join("trusted.light"),
    )
}

fn device(network: &Network, key: &str) -> Result<SecretKey> {
    let path = files::named(key, &network.dir.join("keys"), keys::EXTENSION);
    keys::read(&path, KeyKind::Device)
}

fn box_key(path: &Path) -> Result<BoxKey> {
    Ok(BoxKey::from_seed(&*keys::read_or_make_secret(
        path,
        SECRET_PREFIX,
    )?))
}

fn key(file: &Path) -> Result<Answer> {
    let public = box_key(file)?.public().to_string();
    Ok(Answer::new(json!({ "public": public })).line(public))
}

fn list_make(args: &Make) -> Result<Answer> {
    let table = zeroize::Zeroizing::new(files::read(&args.persons, TABLE_BYTES_MAX)?);
    let lines = persons::read(&table, &args.categories)?;
    if args.out.exists() {
        let there = format!("{} is there already.", args.out.display());
        return Err(Failure::with(Code::FILE_UNWRITABLE, there));
    }
    let session = session(&args.network)?;
    let office = device(&args.network, &args.key)?;
    let programme = ProgrammeId(args.programme);
    let made = make::make(
        &session,
        &office,
        programme,
        lines,
        &args.portal_key,
        &args.identity_key,
    )?;
    files::replace(&args.out, &made.file)?;
    if let Err(failure) = make::submit(&session, &made) {
        // Of a list that is there in part, nobody is asked.
        std::fs::remove_file(&args.out).map_err(|error| files::unwritable(&args.out, &error))?;
        return Err(failure);
    }
    let transactions: Vec<_> = made
        .transactions
        .iter()
        .map(|signed| signed.hash())
        .collect();
    let persons = made.persons;
    let answer = Answer::new(json!({ "persons": persons, "transactions": transactions }));
    Ok(answer.line(format!(
        "{persons} persons are listed; {} goes to the portal and the identity service.",
        args.out.display()
    )))
}

fn list_open(config: &Path, list: &Path) -> Result<Answer> {
    let config = Config::read(config)?;
    let session = Session::open(&config.node, &config.network, &config.trusted_path())?;
    let sealed = files::read(list, file::LIST_BYTES_MAX as u64)?;
    let (read, _) = open::read(&session, &sealed)?;
    let opened = open::open(&session, &read, &box_key(&config.box_path())?)?;
    let vault = Vault::open(&config.vault_path())?;
    let numbers = Numbers::read(&config.numbers_path(), &vault)?;
    let registered = opened
        .iter()
        .filter(|opened| numbers.of(&opened.person.parent).is_some());
    let (persons, registered) = (opened.len(), registered.count());
    let name = senim_types::Hash::of(&sealed);
    files::replace(&config.inbox_path().join(format!("{name}.list")), &sealed)?;
    let answer = Answer::new(json!({ "persons": persons, "registered": registered }));
    Ok(answer.line(format!(
        "{persons} persons, {registered} with a telephone number; `senim-portal run` asks them."
    )))
}

fn list_attest(args: &Attest) -> Result<Answer> {
    let session = session(&args.network)?;
    let (list, programme) = open::read(
        &session,
        &files::read(&args.list, file::LIST_BYTES_MAX as u64)?,
    )?;
    let group = programme
        .settings
        .exclusion
        .ok_or_else(|| Failure::usage("The programme excludes nothing, so nothing is attested."))?;
    let secret = keys::read_or_make_secret(&args.secret, NULLIFIER_PREFIX)?;
    let (key, device) = (box_key(&args.file)?, device(&args.network, &args.key)?);
    let done = open::attest(
        &session,
        &list,
        group,
        &args.period,
        (&key, &secret, &device),
    )?;
    let refused: Vec<_> = done
        .refused
        .iter()
        .map(|(voucher, code)| json!({ "voucher": voucher, "code": code }))
        .collect();
    let lines = done
        .refused
        .iter()
        .map(|(voucher, code)| format!("{voucher} {code}"));
    let answer = Answer::new(json!({ "attested": done.attested, "refused": refused }));
    Ok(answer
        .line(format!("{} persons are attested.", done.attested))
        .lines(lines))
}

fn numbers(config: &Path, table: &Path) -> Result<Answer> {
    let config = Config::read(config)?;
    let vault = Vault::open(&config.vault_path())?;
    let table = zeroize::Zeroizing::new(files::read(table, TABLE_BYTES_MAX)?);
    let numbers = Numbers::of_table(&table)?;
    numbers.write(&config.numbers_path(), &vault)?;
    let count = numbers.len();
    Ok(Answer::new(json!({ "numbers": count })).line(format!("The register has {count} numbers.")))
}

fn report(config: &Path) -> Result<Answer> {
    let config = Config::read(config)?;
    let conversation = journal::read(&config.journal_path(), &Vault::open(&config.vault_path())?)?;
    let (unsent, unbrought) = (conversation.outbox.len(), conversation.ledger.len());
    Ok(Answer::json_only(json!({
        "counts": conversation.counts(),
        "unsent": unsent,
        "unbrought": unbrought,
        "followed": conversation.followed,
        "rows": conversation.rows,
    })))
}

async fn smsc(listen: SocketAddr, subscribers: Vec<(Phone, Subscriber)>) -> Result<Answer> {
    let smsc = Smsc::listen(listen)
        .await
        .map_err(|error| Failure::with(Code::SMSC_UNREACHABLE, format!("{listen}: {error}")))?;
    for (phone, behaves) in subscribers {
        smsc.subscriber(phone, behaves);
    }
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let (mut shown, mut is_read) = (0, true);
    let stop = stopped();
    tokio::pin!(stop);
    loop {
        for message in smsc.shown().iter().skip(shown) {
            shown += 1;
            senim_cli::say(&format!(
                "{} ← {}\n{}\n\n",
                message.to.digits(),
                message.from,
                message.text
            ));
        }
        tokio::select! {
            () = &mut stop => return Ok(Answer::new(json!({ "shown": shown }))),
            line = lines.next_line(), if is_read => match line {
                Ok(Some(line)) => match line.split_once(' ').map(|(from, text)| (Phone::read(from), text)) {
                    Some((Some(from), text)) => smsc.say(from, text),
                    _ => senim_cli::say("NUMBER TEXT, such as: 77010000001 2#1\n"),
                },
                _ => is_read = false,
            },
            () = tokio::time::sleep(std::time::Duration::from_millis(100)) => {}
        }
    }
}
