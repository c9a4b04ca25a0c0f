//! The process around the outbox: what becomes of a thread that ends by a mistake, and how long its journal gets.
#![allow(clippy::expect_used, reason = "a test that cannot go on fails")]

use senim_connector::marking::Cursor;
use senim_connector::outbox::{Event, Message, Outcome, Pace};
use senim_connector::service::{self, Facts, Outside, Reader, Record, Settings, State, Store};
use senim_types::{Code, Hash, TimeMs};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

fn settings(folder: &Path) -> Settings {
    let state = folder.join("connector");
    Settings {
        node: "http://127.0.0.1:1".to_owned(),
        network: folder.join("network"),
        vault: folder.join("vault.key"),
        state,
        poll_ms: 10,
        pace: Pace {
            first_ms: 1,
            longest_ms: 10,
        },
    }
}

fn message(number: u8, subject: u8) -> Message {
    Message {
        id: Hash::of(&[number]),
        subject: Hash::of(&[subject]),
        lane: 0,
        what: format!("message {number}"),
        body: vec![number],
        since: TimeMs(0),
    }
}

fn queued(number: u8, subject: u8) -> Record<u64> {
    Record::Outbox(Event::Queued(message(number, subject)))
}

/// Ends by a mistake at its first two messages; stops the connector at the last.
struct Mistaken {
    sent: Mutex<Vec<u8>>,
    attempts: AtomicU32,
    stop: Arc<AtomicBool>,
}

impl Outside for Mistaken {
    fn send(&self, message: &Message) -> Outcome {
        let attempt = self.attempts.fetch_add(1, Ordering::Relaxed);
        assert!(attempt >= 2, "a mistake");
        let mut sent = self.sent.lock().expect("nobody ends with it");
        sent.push(message.body[0]);
        if sent.len() == 3 {
            self.stop.store(true, Ordering::Relaxed);
        }
        Outcome::Acknowledged
    }
}

#[test]
fn a_sender_that_ends_by_a_mistake_is_told_and_its_message_goes_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = settings(folder.path());
    let store = Store::<Cursor>::open(&settings.state, &settings.vault).expect("it opens");
    let stop = Arc::new(AtomicBool::new(false));
    let outside = Arc::new(Mistaken {
        sent: Mutex::new(Vec::new()),
        attempts: AtomicU32::new(0),
        stop: Arc::clone(&stop),
    });
    let reader: Reader<u64> = Box::new(|teller| {
        let told = teller.tell(vec![queued(1, 1), queued(2, 1), queued(3, 2)]);
        assert!(told.is_ok());
        while !teller.is_over() {
            teller.rest(10);
        }
    });
    let ended = service::run(&settings, store, Arc::clone(&outside), vec![reader], &stop);
    assert!(ended.is_ok());
    let mut sent = outside.sent.lock().expect("it ended").clone();
    // In the order of their subject.
    let place = |number| sent.iter().position(|one| *one == number);
    assert!(place(1) < place(2));
    sent.sort_unstable();
    assert_eq!(sent, [1, 2, 3]);
}

/// Takes everything.
struct Well;

impl Outside for Well {
    fn send(&self, _message: &Message) -> Outcome {
        Outcome::Acknowledged
    }
}

#[test]
fn a_reader_that_ends_by_a_mistake_ends_the_connector() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = settings(folder.path());
    let store = Store::<Cursor>::open(&settings.state, &settings.vault).expect("it opens");
    let stop = Arc::new(AtomicBool::new(false));
    let readers: Vec<Reader<u64>> = vec![
        Box::new(|_teller| panic!("a mistake")),
        Box::new(|teller| {
            while !teller.is_over() {
                teller.rest(10);
            }
        }),
    ];
    let ended = service::run(&settings, store, Arc::new(Well), readers, &stop);
    let failure = ended.expect_err("nothing is read any more");
    assert_eq!(failure.code, Code::CONNECTOR_THREAD);
}

#[test]
fn a_journal_is_shortened_while_it_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = settings(folder.path());
    let mut store = Store::<Cursor>::open(&settings.state, &settings.vault).expect("it opens");
    store.note(&[queued(1, 1)]).expect("it is kept");
    let length = || {
        let journal = settings.state.join("journal.sealed");
        std::fs::metadata(journal).expect("it is there").len()
    };
    let mut longest = 0;
    for number in 1..=2_500 {
        store.note(&[Record::Facts(number)]).expect("it is kept");
        longest = longest.max(length());
    }
    // A thousand entries of less than 100 bytes, and what makes the state.
    assert!(longest < 110_000, "{longest} bytes");
    assert!(length() < longest);
    drop(store);
    let state = State::<Cursor>::read(&settings.state, &settings.vault).expect("it can be read");
    assert_eq!(state.outbox.waiting().len(), 1);
    let again = Store::<Cursor>::open(&settings.state, &settings.vault).expect("it opens");
    assert_eq!(again.state.outbox, state.outbox);
    assert_eq!(again.state.facts.events(), [2_500]);
}
