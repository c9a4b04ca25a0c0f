//! What each command does.

use crate::args::{
    Cli, Clinic, ClinicRun, Command, Dismiss, List, Marking, MarkingRun, One, Place, Running, Send,
};
use crate::clinic;
use crate::clinic::door;
use crate::clinic::intake::Intake;
use crate::clinic::system::ClinicSystem;
use crate::clinic::watch::Watch;
use crate::http::Endpoint;
use crate::marking;
use crate::marking::operator::MarkingOperator;
use crate::outbox::{Outcome, Pace};
use crate::rehearsal::Mood;
use crate::service::{Facts, Settings, State, order};
use senim_cli::answer::Answer;
use senim_cli::failure::{Failure, Result};
use senim_cli::{files, keys, words};
use senim_types::Code;
use senim_types::crypto::SecretKey;
use senim_types::text::KeyKind;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// Runs a command.
pub fn run(cli: Cli) -> Result<Answer> {
    senim_cli::words::check_clock()?;
    match cli.command {
        Command::Clinic(Clinic::Run(args)) => clinic_run(&args),
        Command::Clinic(Clinic::List(args)) => list::<Watch>(&args),
        Command::Clinic(Clinic::Retry(args)) => retry::<Watch>(&args),
        Command::Clinic(Clinic::Dismiss(args)) => dismiss::<Watch>(&args),
        Command::Clinic(Clinic::Send(args)) => send(&args),
        Command::Clinic(Clinic::System { listen }) => until_stopped(clinic_system(listen)),
        Command::Marking(Marking::Run(args)) => marking_run(&args),
        Command::Marking(Marking::List(args)) => list::<marking::Cursor>(&args),
        Command::Marking(Marking::Retry(args)) => retry::<marking::Cursor>(&args),
        Command::Marking(Marking::Dismiss(args)) => dismiss::<marking::Cursor>(&args),
        Command::Marking(Marking::Operator { listen }) => until_stopped(marking_operator(listen)),
    }
}

fn runtime() -> Runtime {
    Runtime::new().expect("a process that gets no threads can do nothing else")
}

/// A runtime that is not waited for: a thread may be reading what nobody types.
fn until_stopped(done: impl Future<Output = Result<Answer>>) -> Result<Answer> {
    let runtime = runtime();
    let answer = runtime.block_on(done);
    runtime.shutdown_background();
    answer
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

fn device(dir: &Path, key: &str) -> Result<SecretKey> {
    let path = files::named(key, &dir.join("keys"), keys::EXTENSION);
    keys::read(&path, KeyKind::Device)
}

fn settings(running: &Running) -> Settings {
    Settings {
        node: running.node.clone(),
        network: running.dir.clone(),
        state: running.place.state.clone(),
        vault: running.place.vault(),
        poll_ms: running.poll_ms,
        pace: Pace {
            first_ms: running.pause_ms,
            longest_ms: running.pause_max_ms,
        },
    }
}

fn endpoint(running: &Running) -> Result<Endpoint> {
    let token = running.token.as_deref().map(files::read_secret);
    let token = token.transpose()?.map(|token| token.to_string());
    Endpoint::new(&running.endpoint, running.answer_ms, token)
}

/// Stops what runs when the process is told to.
fn stop_on_signal(runtime: &Runtime) -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let of_signal = Arc::clone(&stop);
    runtime.spawn(async move {
        stopped().await;
        of_signal.store(true, Ordering::Relaxed);
    });
    stop
}

async fn bind(listen: SocketAddr) -> Result<TcpListener> {
    let bound = TcpListener::bind(listen).await;
    bound.map_err(|error| Failure::with(Code::CANNOT_LISTEN, format!("{listen}: {error}")))
}

fn clinic_run(args: &ClinicRun) -> Result<Answer> {
    let settings = settings(&args.running);
    let token = args.door_token.as_deref().map(files::read_secret);
    let token = token.transpose()?.map(|token| token.to_string());
    if token.is_none() && !args.listen.ip().is_loopback() {
        return Err(Failure::usage(
            "Whoever reaches this address could issue prescriptions: name a --door-token, or listen on 127.0.0.1.",
        ));
    }
    let intake = Intake {
        node: settings.node.clone(),
        network: settings.network.clone(),
        trusted: settings.trusted_path(),
        folder: args.clinic.clone(),
        device: device(&settings.network, &args.key)?,
        offset: args.offset,
        programme: args.programme,
        prescriber: args.prescriber,
    };
    let runtime = runtime();
    let listener = runtime.block_on(bind(args.listen))?;
    runtime.spawn(door::serve(listener, intake, token));
    let stop = stop_on_signal(&runtime);
    clinic::run(&settings, &args.clinic, endpoint(&args.running)?, &stop)?;
    runtime.shutdown_background();
    Ok(Answer::new(json!({ "stopped": true })))
}

fn marking_run(args: &MarkingRun) -> Result<Answer> {
    let settings = settings(&args.running);
    let key = |name: &Option<String>| {
        let key = name.as_deref().map(|name| device(&settings.network, name));
        key.transpose()
    };
    let (pharmacy, operator) = (key(&args.key)?, key(&args.operator_key)?);
    let runtime = runtime();
    let stop = stop_on_signal(&runtime);
    let endpoint = endpoint(&args.running)?;
    marking::run(&settings, endpoint, pharmacy, operator, &stop)?;
    runtime.shutdown_background();
    Ok(Answer::new(json!({ "stopped": true })))
}

fn list<F: Facts>(args: &List) -> Result<Answer> {
    let state = State::<F>::read(&args.place.state, &args.place.vault())?;
    let waiting = state.outbox.waiting();
    let refused = waiting.iter().filter(|one| one.is_refused).count();
    let rows: Vec<_> = waiting
        .iter()
        .map(|one| {
            json!({
                "id": one.message.id,
                "what": one.message.what,
                "since": one.message.since,
                "attempts": one.attempts,
                "last": one.last.as_ref().map(|(said, _)| said),
                "last_at": one.last.as_ref().map(|(_, at)| at),
                "for_a_person": one.is_refused,
            })
        })
        .collect();
    let dismissed: Vec<_> = state
        .outbox
        .dismissed()
        .filter(|_| args.dismissed)
        .map(|one| json!({ "id": one.id, "what": one.what, "reason": one.reason, "at": one.at }))
        .collect();
    let json = json!({
        "followed": state.followed, "waiting": rows, "dismissed": dismissed,
    });
    if args.json {
        return Ok(Answer::json_only(json));
    }
    let lines = waiting.iter().map(|one| {
        let last = one.last.as_ref().map_or_else(
            || "not tried yet".to_owned(),
            |(said, at)| {
                format!(
                    "{} attempts, last {}: {said}",
                    one.attempts,
                    words::time(*at)
                )
            },
        );
        let mark = if one.is_refused {
            "for a person"
        } else {
            "waits"
        };
        let message = &one.message;
        format!(
            "{} {mark}: {}, since {}\n  {last}",
            message.id,
            message.what,
            words::time(message.since)
        )
    });
    let lines: Vec<String> = lines.collect();
    let gone = state.outbox.dismissed().filter(|_| args.dismissed);
    let gone = gone.map(|one| {
        format!(
            "{} dismissed: {}, {}: {}",
            one.id,
            one.what,
            words::time(one.at),
            one.reason
        )
    });
    Ok(Answer::new(json).lines(lines).lines(gone).line(format!(
        "{} waiting, {refused} of them for a person.",
        words::counted(waiting.len(), "message")
    )))
}

fn ordered(id: &senim_types::Hash, words: &str) -> Answer {
    Answer::new(json!({ "id": id })).line(format!("{id} {words}"))
}

fn retry<F: Facts>(args: &One) -> Result<Answer> {
    order::<F>(&args.place.state, &args.place.vault(), &args.id, None)?;
    Ok(ordered(
        &args.id,
        "is tried again by the connector that runs, or at its next start.",
    ))
}

fn dismiss<F: Facts>(args: &Dismiss) -> Result<Answer> {
    let Place { state, .. } = &args.place;
    order::<F>(state, &args.place.vault(), &args.id, Some(&args.reason))?;
    Ok(ordered(
        &args.id,
        "is dismissed by the connector that runs, or at its next start.",
    ))
}

/// How long a message may take until it is final, in ms.
const SENT_MS: u64 = 60_000;

fn send(args: &Send) -> Result<Answer> {
    let message = files::read(&args.fhir, senim_fhir::MESSAGE_BYTES_MAX as u64 + 1)?;
    let token = args.token.as_deref().map(files::read_secret);
    let token = token.transpose()?.map(|token| token.to_string());
    let door = Endpoint::new(&args.to, SENT_MS, token)?;
    let holder = args.holder.as_deref().map(str::trim);
    let beside = holder.map_or_else(String::new, |holder| format!("?holder={holder}"));
    let path = format!("/fhir/$process-message{beside}");
    let answered = door.post(&path, clinic::FHIR_JSON, &message);
    let answered = answered.map_err(|outcome| match outcome {
        Outcome::Failed {
            trouble, detail, ..
        } => Failure::with(trouble.code(), detail),
        _ => Failure::new(Code::OUTSIDE_NONSENSE),
    })?;
    let answer: Value =
        serde_json::from_slice(&answered.body).map_err(|_| Failure::new(Code::OUTSIDE_NONSENSE))?;
    let word = |pointer: &str| answer.pointer(pointer).and_then(Value::as_str);
    if answered.status != 200 {
        let name = word("/issue/0/details/coding/0/code").unwrap_or_default();
        let code = Code::from_name(name).unwrap_or(Code::OUTSIDE_NONSENSE);
        return Err(Failure::with(
            code,
            word("/issue/0/diagnostics").unwrap_or_default(),
        ));
    }
    let focus = answer
        .pointer("/entry/0/resource/focus")
        .and_then(Value::as_array);
    let about = focus.into_iter().flatten().filter_map(|about| {
        let group = about.pointer("/identifier/value")?.as_str()?;
        Some(format!(
            "  prescription {group}, {}",
            about["display"].as_str()?
        ))
    });
    let about: Vec<String> = about.collect();
    let response = word("/entry/0/resource/response/code").unwrap_or_default();
    let transaction = word("/identifier/value").unwrap_or_default();
    Ok(Answer::new(answer.clone())
        .line(format!(
            "HTTP 200, {response}, by transaction {transaction}"
        ))
        .lines(about))
}

async fn clinic_system(listen: SocketAddr) -> Result<Answer> {
    let system = ClinicSystem::new();
    let serving = tokio::spawn(system.clone().serve(bind(listen).await?));
    let (shows, changes) = (system.clone(), system.clone());
    let shown = rehearse(
        |shown| {
            shows
                .reports()
                .iter()
                .skip(shown)
                .map(clinic::system::line)
                .collect()
        },
        |line| match Mood::read(line) {
            Some(mood) => now(line, || changes.mood(mood)),
            None => senim_cli::say("well, down, slow MS, nonsense, refuse TEXT\n"),
        },
    )
    .await;
    serving.abort();
    Ok(Answer::new(json!({ "shown": shown })))
}

async fn marking_operator(listen: SocketAddr) -> Result<Answer> {
    let operator = MarkingOperator::new();
    let serving = tokio::spawn(operator.clone().serve(bind(listen).await?));
    let (shows, changes) = (operator.clone(), operator.clone());
    let shown = rehearse(
        |shown| shows.reports().iter().skip(shown).map(marking::operator::line).collect(),
        |line| match (Mood::read(line), serde_json::from_str(line)) {
            (Some(mood), _) => now(line, || changes.mood(mood)),
            (None, Ok(movement)) => now(line, || changes.moved(movement)),
            (None, Err(_)) => senim_cli::say(
                "well, down, slow MS, nonsense, refuse TEXT, or a movement such as {\"kind\":\"receive\",\"packs\":[{\"gtin\":\"04870001000011\",\"serial\":\"MF0001\"}]}\n",
            ),
        },
    )
    .await;
    serving.abort();
    Ok(Answer::new(json!({ "shown": shown })))
}

/// Does what was typed and says so: whoever types from a script knows when it is done.
fn now(typed: &str, done: impl FnOnce()) {
    done();
    senim_cli::say(&format!("now: {typed}\n"));
}

/// Shows what comes, and does what is typed, until the process is told to stop.
async fn rehearse(show: impl Fn(usize) -> Vec<String>, typed: impl Fn(&str)) -> usize {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let (mut shown, mut is_read) = (0, true);
    let stop = stopped();
    tokio::pin!(stop);
    loop {
        for line in show(shown) {
            shown += 1;
            senim_cli::say(&format!("{line}\n"));
        }
        tokio::select! {
            () = &mut stop => return shown,
            line = lines.next_line(), if is_read => match line {
                Ok(Some(line)) => typed(&line),
                _ => is_read = false,
            },
            () = tokio::time::sleep(std::time::Duration::from_millis(100)) => {}
        }
    }
}
