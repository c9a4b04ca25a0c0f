//! The outbox, rule by rule, and under whatever order of failures.

mod always;

use senim_connector::outbox::{Event, Message, Outbox, Outcome, Pace, Trouble};
use senim_types::{Code, Hash, TimeMs};
use std::collections::BTreeSet;

const PACE: Pace = Pace {
    first_ms: 100,
    longest_ms: 1_000,
};

fn message(number: u8, subject: u8, lane: u8) -> Message {
    Message {
        id: Hash::of(&[number]),
        subject: Hash::of(&[subject]),
        lane,
        what: format!("message {number}"),
        body: vec![number],
        since: TimeMs(u64::from(number)),
    }
}

fn id(number: u8) -> Hash {
    Hash::of(&[number])
}

fn outbox(messages: &[Message]) -> Outbox {
    let mut outbox = Outbox::default();
    for message in messages {
        outbox.step(&Event::Queued(message.clone()));
    }
    outbox
}

/// What would be sent now, by its bytes.
fn sent(outbox: &Outbox, now: u64, under_way: &[u8]) -> Vec<u8> {
    let under_way: BTreeSet<Hash> = under_way.iter().map(|number| id(*number)).collect();
    let chosen = outbox.to_send(TimeMs(now), &under_way, 3);
    chosen.iter().map(|message| message.body[0]).collect()
}

fn came(outbox: &mut Outbox, number: u8, outcome: Outcome, at: u64) {
    let event = outbox.judged(&id(number), outcome, TimeMs(at), &PACE, u32::MAX);
    outbox.step(&event);
}

#[test]
fn a_subjects_messages_go_one_after_the_other_and_others_beside_it() {
    let mut outbox = outbox(&[
        message(1, 1, 0),
        message(2, 1, 0),
        message(3, 2, 0),
        message(4, 3, 0),
        message(5, 4, 0),
    ]);
    assert_eq!(
        sent(&outbox, 10, &[]),
        [1, 3, 4],
        "no more than there is room for"
    );
    assert_eq!(sent(&outbox, 10, &[1, 3]), [4, 5]);
    came(&mut outbox, 1, Outcome::Acknowledged, 11);
    assert_eq!(sent(&outbox, 11, &[]), [2, 3, 4]);
    // The same report queued again is the same, and one that is delivered is gone.
    outbox.step(&Event::Queued(message(2, 1, 0)));
    came(&mut outbox, 1, Outcome::Acknowledged, 12);
    assert_eq!(outbox.waiting().len(), 4);
    assert_eq!(outbox.delivered(), 1);
}

#[test]
fn pauses_double_up_to_the_longest_and_jitter_shortens_them_by_half_at_most() {
    let whole: Vec<u64> = (1..7)
        .map(|failures| PACE.pause_ms(failures, u32::MAX))
        .collect();
    assert_eq!(whole, [100, 200, 400, 800, 1_000, 1_000]);
    let half: Vec<u64> = (1..7).map(|failures| PACE.pause_ms(failures, 0)).collect();
    assert_eq!(half, [50, 100, 200, 400, 500, 500]);
    assert_eq!(PACE.pause_ms(u32::MAX, u32::MAX), 1_000);
}

#[test]
fn nonsense_rests_its_own_message_alone() {
    let mut outbox = outbox(&[message(1, 1, 0), message(2, 1, 0), message(3, 2, 0)]);
    came(
        &mut outbox,
        1,
        Outcome::failed(Trouble::Nonsense, "<html>"),
        10,
    );
    assert_eq!(sent(&outbox, 10, &[]), [3], "2 waits for 1");
    assert_eq!(sent(&outbox, 109, &[3]), [0; 0]);
    assert_eq!(sent(&outbox, 110, &[3]), [1]);
    let standing = outbox.get(&id(1)).expect("it waits");
    assert_eq!(standing.attempts, 1);
    let (said, at) = standing.last.clone().expect("an answer");
    assert_eq!(
        (said.as_str(), at),
        ("OUTSIDE_NONSENSE: <html>", TimeMs(10))
    );
}

#[test]
fn a_system_that_does_not_answer_is_asked_for_one_message_at_a_time() {
    let mut outbox = outbox(&[
        message(1, 1, 0),
        message(2, 2, 0),
        message(3, 3, 0),
        message(4, 4, 1),
    ]);
    came(
        &mut outbox,
        1,
        Outcome::failed(Trouble::Unreachable, ""),
        10,
    );
    assert_eq!(
        sent(&outbox, 20, &[]),
        [4],
        "another system is asked all the same"
    );
    assert_eq!(
        sent(&outbox, 110, &[4]),
        [2],
        "who rested longest is the one that finds out"
    );
    assert_eq!(sent(&outbox, 110, &[2, 4]), [0; 0]);
    came(&mut outbox, 2, Outcome::failed(Trouble::Slow, ""), 120);
    assert_eq!(
        sent(&outbox, 300, &[4]),
        [0; 0],
        "the system's own pause has doubled"
    );
    assert_eq!(
        sent(&outbox, 320, &[4]),
        [3],
        "a message that is always slow is not alone in trying"
    );
    came(&mut outbox, 3, Outcome::Acknowledged, 330);
    assert_eq!(sent(&outbox, 330, &[4]), [1, 2]);
}

#[test]
fn a_refused_message_waits_for_a_person_and_those_after_it_go_on() {
    let mut outbox = outbox(&[message(1, 1, 0), message(2, 1, 0)]);
    came(&mut outbox, 1, Outcome::refused("no such\nline"), 10);
    assert_eq!(sent(&outbox, 10, &[]), [2]);
    let standing = outbox.get(&id(1)).expect("it is in the register");
    assert!(standing.is_refused);
    assert_eq!(standing.last, Some(("no such line".to_owned(), TimeMs(10))));
    // A person has it tried again: it came first.
    outbox.step(&Event::Retried {
        id: id(1),
        at: TimeMs(20),
    });
    assert_eq!(sent(&outbox, 20, &[]), [1]);
    came(&mut outbox, 1, Outcome::refused("no"), 30);
    outbox.step(&Event::Dismissed {
        id: id(1),
        reason: "told by telephone".to_owned(),
        at: TimeMs(40),
    });
    assert_eq!(outbox.get(&id(1)), None);
    let dismissed: Vec<&str> = outbox.dismissed().map(|one| one.reason.as_str()).collect();
    assert_eq!(dismissed, ["told by telephone"]);
    assert_eq!(sent(&outbox, 40, &[]), [2]);
}

#[test]
fn a_busy_system_is_left_alone_for_as_long_as_it_asks_within_the_longest_pause() {
    let mut outbox = outbox(&[message(1, 1, 0)]);
    let busy = |after_ms| Outcome::Failed {
        trouble: Trouble::Busy,
        detail: "HTTP 503".to_owned(),
        after_ms,
    };
    came(&mut outbox, 1, busy(700), 0);
    assert_eq!(
        outbox.get(&id(1)).map(|one| one.again_at),
        Some(TimeMs(700))
    );
    came(&mut outbox, 1, busy(u64::MAX), 0);
    assert_eq!(
        outbox.get(&id(1)).map(|one| one.again_at),
        Some(TimeMs(1_000))
    );
    assert_eq!(Trouble::Busy.code(), Code::OUTSIDE_BUSY);
}

#[test]
fn a_shortened_journal_makes_the_same_outbox() {
    let mut outbox = outbox(&[message(1, 1, 0), message(2, 1, 0), message(3, 2, 1)]);
    came(&mut outbox, 1, Outcome::refused("no"), 10);
    came(&mut outbox, 2, Outcome::failed(Trouble::Nonsense, "?"), 20);
    outbox.step(&Event::Dismissed {
        id: id(3),
        reason: "by telephone".to_owned(),
        at: TimeMs(30),
    });
    let mut shortened = Outbox::default();
    outbox
        .events()
        .iter()
        .for_each(|event| shortened.step(event));
    assert_eq!(shortened.waiting(), outbox.waiting());
    assert!(shortened.dismissed().eq(outbox.dismissed()));
    assert_eq!(sent(&shortened, 500, &[]), sent(&outbox, 500, &[]));
}
