//! What each reply does in each state.

use super::{DAY, Talk, parent, stranger, voucher};
use crate::conversation::{Event, Outcome, Phase, What};
use senim_abi::voucher::Asked;
use senim_abi::voucher::Standing;
use senim_abi::voucher::msg::Channel;
use senim_types::Code;

type After = (What, Option<Code>);

const BAD: After = (What::Garbled, Some(Code::BAD_CODE));
const MANY: After = (What::Ambiguous, Some(Code::AMBIGUOUS_CONSENT));
const LATE: After = (What::Late, Some(Code::CONSENT_CLOSED));
const SAME: After = (What::Repeated, None);
const LISTED: After = (What::Listed, None);

#[test]
fn one_question() {
    // What came before, the reply, what waits for the ledger then, and the last line of the report.
    let yes = [(voucher(1), true)];
    let no = [(voucher(1), false)];
    let rows: &[(&[&str], &str, &[_], After)] = &[
        (&[], "2#1", &yes, LISTED),
        (&[], "２＃１ ", &yes, LISTED),
        (&[], "2#0", &no, LISTED),
        (&[], "2#2", &[], BAD),
        (&[], "1", &[], BAD),
        (&[], "да", &[], BAD),
        (&[], "", &[], BAD),
        (&[], "2#1 2#0", &[], MANY),
        (&["2#1"], "2#1", &[], SAME),
        (&["2#1"], "2#0", &no, (What::Yes, None)),
        (&["2#1"], "2#0#1", &no, (What::Yes, None)),
        (&["2#1", "2#0"], "2#0", &[], SAME),
        (&["2#0"], "2#0", &[], SAME),
        (&["2#0"], "2#1", &[], LATE),
        (&["2#1", "2#0"], "2#1", &[], LATE),
        (&["2#1"], "ok", &[], BAD),
    ];
    for (before, text, waiting, after) in rows {
        let mut talk = Talk::new();
        talk.ask(1, Some(parent()));
        for text in *before {
            talk.reply(parent(), text);
            talk.settle();
        }
        talk.settle();
        talk.reply(parent(), text);
        assert_eq!(talk.answers(), *waiting, "{before:?} then {text:?}");
        assert_eq!(talk.last(), *after, "{before:?} then {text:?}");
    }
}

#[test]
fn a_second_answer_before_the_ledger_has_the_first() {
    let (yes, no) = ((voucher(1), true), (voucher(1), false));
    for (replies, answers, last) in [
        (["2#1", "2#1"], vec![yes], SAME),
        (["2#1", "2#0"], vec![yes, no], LISTED),
        (["2#0", "2#1"], vec![no], LATE),
        (["2#0", "2#0"], vec![no], SAME),
    ] {
        let mut talk = Talk::new();
        talk.ask(1, Some(parent()));
        replies.iter().for_each(|text| talk.reply(parent(), text));
        assert_eq!(talk.answers(), answers, "{replies:?}");
        assert_eq!(talk.last(), last, "{replies:?}");
    }
}

#[test]
fn two_children_of_one_parent() {
    let rows: &[(&str, &[_], After)] = &[
        ("2#1", &[(voucher(1), true)], LISTED),
        ("2#2", &[(voucher(2), true)], LISTED),
        ("2#0#2", &[(voucher(2), false)], LISTED),
        ("2#0", &[], MANY),
        ("2#3", &[], MANY),
        ("2#1 2#2", &[], MANY),
        ("1", &[], MANY),
        ("иә", &[], MANY),
    ];
    for (text, answers, after) in rows {
        let mut talk = Talk::new();
        talk.ask(1, Some(parent()));
        talk.ask(2, Some(parent()));
        talk.reply(parent(), text);
        assert_eq!(talk.answers(), *answers, "{text}");
        assert_eq!(talk.last(), *after, "{text}");
    }
    // After the first has said no, the short no is the second's.
    let mut talk = Talk::new();
    talk.ask(1, Some(parent()));
    talk.ask(2, Some(parent()));
    talk.reply(parent(), "2#0#1");
    talk.settle();
    talk.reply(parent(), "2#0");
    assert_eq!(talk.answers(), [(voucher(2), false)]);
    assert!(
        talk.texts()
            .iter()
            .any(|text| text.contains("Child2") && text.contains("2#2") && text.contains("2#0#2"))
    );
}

#[test]
fn only_the_number_that_was_asked() {
    let wrong = (What::WrongNumber, Some(Code::WRONG_NUMBER));
    let mut talk = Talk::new();
    talk.ask(1, Some(parent()));
    talk.reply(stranger(), "2#1");
    assert_eq!((talk.answers(), talk.last()), (vec![], wrong));
    let (from, text, at) = (None, "2#1".to_owned(), talk.now());
    talk.step(Event::Received { from, text, at });
    assert_eq!((talk.answers(), talk.last()), (vec![], wrong));
    // A number that is asked about another child answers for that child alone.
    talk.ask(2, Some(stranger()));
    talk.reply(stranger(), "2#1");
    assert_eq!(talk.answers(), [(voucher(2), true)]);
}

#[test]
fn a_reply_after_the_end_is_late_and_its_number_rests() {
    let mut talk = Talk::new();
    talk.ask(1, Some(parent()));
    let (standing, at) = (Standing::Lapsed, talk.now());
    talk.step(Event::Ended {
        voucher: voucher(1),
        standing,
        at,
    });
    assert_eq!(talk.last(), (What::Lapsed, None));
    assert!(
        talk.texts().is_empty(),
        "a question that lapsed is not sent"
    );
    for text in ["2#1", "2#0"] {
        talk.reply(parent(), text);
        assert_eq!((talk.answers(), talk.last()), (vec![], LATE), "{text}");
    }
    // A reply to the old question does not open the new one.
    talk.ask(2, Some(parent()));
    talk.reply(parent(), "2#1");
    assert_eq!((talk.answers(), talk.last()), (vec![], LATE));
    talk.reply(parent(), "2#2");
    assert_eq!(talk.answers(), [(voucher(2), true)]);
    // A long time later the number is free again.
    talk.at += 100 * DAY;
    talk.ask(3, Some(parent()));
    talk.reply(parent(), "2#1");
    assert_eq!(talk.answers().last(), Some(&(voucher(3), true)));
}

#[test]
fn reminder_lapse_and_activation() {
    let mut talk = Talk::new();
    talk.ask(1, Some(parent()));
    let remind = |talk: &mut Talk, asked| {
        let at = talk.now();
        talk.step(Event::Reminded {
            voucher: voucher(1),
            asked,
            at,
        });
    };
    remind(&mut talk, Asked::Consent);
    assert_eq!(talk.texts().len(), 2);
    assert!(talk.texts()[1].starts_with("Еске салу. "));
    talk.reply(parent(), "2#1");
    remind(&mut talk, Asked::Consent);
    assert_eq!(
        talk.texts().len(),
        2,
        "whoever has answered is not reminded"
    );
    talk.settle();
    remind(&mut talk, Asked::Activation);
    assert!(
        talk.texts()[3].contains("не активирован"),
        "{:?}",
        talk.texts()
    );
}

#[test]
fn who_cannot_be_reached_is_reported_and_can_answer_elsewhere() {
    let mut talk = Talk::new();
    talk.ask(1, None);
    assert_eq!(
        talk.last(),
        (What::Unregistered, Some(Code::SUBSCRIBER_UNREGISTERED))
    );
    assert!(talk.texts().is_empty());
    let at = talk.now();
    talk.step(Event::Answered {
        voucher: voucher(1),
        channel: Channel::School,
        consents: true,
        at,
    });
    assert_eq!(talk.last(), (What::Yes, None));
    assert!(talk.texts().is_empty());

    // Nine questions have nine codes; the tenth goes another way.
    let mut talk = Talk::new();
    (1..=10).for_each(|number| talk.ask(number, Some(parent())));
    assert_eq!(talk.texts().len(), 9);
    assert_eq!(talk.last(), (What::TooMany, Some(Code::QUESTIONS_TOO_MANY)));
    talk.reply(parent(), "2#9");
    assert_eq!(talk.answers(), [(voucher(9), true)]);
}

#[test]
fn receipts() {
    for (outcome, after) in [
        (Outcome::Delivered, (What::Delivered, None)),
        (
            Outcome::Blocked,
            (What::Blocked, Some(Code::SUBSCRIBER_BLOCKED)),
        ),
        (
            Outcome::Failed,
            (What::Undelivered, Some(Code::SMS_UNDELIVERED)),
        ),
    ] {
        for is_early in [false, true] {
            let mut talk = Talk::new();
            talk.ask(1, Some(parent()));
            let sms = *talk.conversation.outbox.keys().next().expect("a question");
            let at = talk.now();
            let submitted = Event::Submitted {
                sms,
                parts: vec!["a".into(), "b".into()],
                at,
            };
            let receipts = ["a", "b", "a", "unknown"].map(|part| Event::Receipt {
                part: part.into(),
                outcome,
                at,
            });
            if is_early {
                receipts.into_iter().for_each(|receipt| talk.step(receipt));
                talk.step(submitted);
            } else {
                talk.step(submitted);
                receipts.into_iter().for_each(|receipt| talk.step(receipt));
            }
            assert_eq!(talk.last(), after, "early: {is_early}");
            let count = talk.conversation.counts()[&after.0];
            assert_eq!(count, 1, "two parts are one message");
            let at = talk.now();
            talk.step(Event::Reminded {
                voucher: voucher(1),
                asked: Asked::Consent,
                at,
            });
            let is_reminded = !talk.texts().is_empty();
            assert_eq!(is_reminded, outcome != Outcome::Blocked);
        }
    }
}

#[test]
fn a_telephone_that_answers_by_itself_is_answered_three_times_a_day() {
    let mut talk = Talk::new();
    talk.ask(1, Some(parent()));
    for _ in 0..20 {
        talk.reply(parent(), "I am on holiday");
    }
    assert_eq!(talk.texts().len(), 1 + 3);
    talk.at += DAY;
    talk.reply(parent(), "I am on holiday");
    assert_eq!(talk.texts().len(), 1 + 4);
    talk.reply(parent(), "2#1");
    assert_eq!(talk.answers(), [(voucher(1), true)]);
}

#[test]
fn what_the_ledger_refuses_can_be_said_again() {
    let mut talk = Talk::new();
    talk.ask(1, Some(parent()));
    talk.settle();
    talk.reply(parent(), "2#1");
    let task = *talk.conversation.ledger.keys().last().expect("an answer");
    let (code, at) = (Code::NOT_AUTHORISED, talk.now());
    talk.step(Event::Refused { task, code, at });
    assert_eq!(talk.last(), (What::Refused, Some(Code::NOT_AUTHORISED)));
    assert_eq!(talk.conversation.persons[&voucher(1)].phase, Phase::Waiting);
    talk.reply(parent(), "2#1");
    assert_eq!(talk.answers(), [(voucher(1), true)]);
}

#[test]
fn messages_are_short_and_confirmed_when_final() {
    let mut talk = Talk::new();
    talk.ask(1, Some(parent()));
    talk.reply(parent(), "2#1");
    assert_eq!(
        talk.texts().len(),
        1,
        "nothing is confirmed that is not final"
    );
    talk.settle();
    let texts = talk.texts();
    assert!(texts[1].contains("қабылданды") && texts[1].contains("согласие принято"));
    talk.reply(parent(), "2#0");
    talk.settle();
    assert!(talk.texts()[2].contains("отказ принят"));
    assert_eq!(talk.last(), (What::Withdrawn, None));
}
