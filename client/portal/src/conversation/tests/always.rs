//! What holds whatever happens.

use super::{Talk, voucher};
use crate::conversation::{Event, Outcome, ToLedger};
use crate::phone::Phone;
use proptest::prelude::*;
use senim_abi::voucher::Asked;
use senim_abi::voucher::Standing;
use senim_abi::voucher::msg::Channel;
use senim_types::{Code, TimeMs};
use std::collections::BTreeMap;

fn phones() -> impl Strategy<Value = Option<Phone>> {
    prop_oneof![
        1 => Just(None),
        6 => (1..4_u64).prop_map(|number| Phone::read(&format!("7701000000{number}"))),
    ]
}

fn replies() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => (0..5_u8).prop_map(|number| format!("2#{number}")),
        2 => (1..5_u8).prop_map(|number| format!("2#0#{number}")),
        1 => (1..3_u8, 1..3_u8).prop_map(|(one, other)| format!("2#{one} 2#{other}")),
        1 => "[2#01 да]{0,8}",
    ]
}

fn events() -> impl Strategy<Value = Event> {
    let at = TimeMs(0);
    let of = (1..6_u8).prop_map(voucher);
    let asked = prop_oneof![Just(Asked::Consent), Just(Asked::Activation)];
    let ends = prop_oneof![
        Just(Standing::Lapsed),
        Just(Standing::Revoked),
        Just(Standing::Declined)
    ];
    let outcome = prop_oneof![
        Just(Outcome::Delivered),
        Just(Outcome::Blocked),
        Just(Outcome::Failed)
    ];
    prop_oneof![
        2 => of.clone().prop_map(|voucher| Event::Offerable { voucher }),
        4 => (of.clone(), phones()).prop_map(move |(voucher, phone)| Event::Listed { voucher, phone, child: None, at }),
        4 => of.clone().prop_map(move |voucher| Event::Asked { voucher, asked: Asked::Consent, at }),
        1 => (of.clone(), asked).prop_map(move |(voucher, asked)| Event::Reminded { voucher, asked, at }),
        2 => (of.clone(), any::<bool>()).prop_map(move |(voucher, consents)| Event::Answered {
            voucher, channel: Channel::Sms, consents, at,
        }),
        1 => (of, ends).prop_map(move |(voucher, standing)| Event::Ended { voucher, standing, at }),
        12 => (phones(), replies()).prop_map(move |(from, text)| Event::Received { from, text, at }),
        1 => (0..30_u64).prop_map(move |task| Event::Refused { task, code: Code::TIMED_OUT, at }),
        2 => (0..30_u64).prop_map(|task| Event::Brought { task }),
        2 => (0..30_u64, "[ab]{1,2}").prop_map(move |(sms, part)| Event::Submitted { sms, parts: vec![part], at }),
        1 => ("[ab]{1,2}", outcome).prop_map(move |(part, outcome)| Event::Receipt { part, outcome, at }),
    ]
}

/// With the conversation's clock instead of the strategy's.
fn timed(event: &Event, now: TimeMs) -> Event {
    let mut event = event.clone();
    match &mut event {
        Event::Listed { at, .. }
        | Event::Asked { at, .. }
        | Event::Reminded { at, .. }
        | Event::Answered { at, .. }
        | Event::Ended { at, .. }
        | Event::Refused { at, .. }
        | Event::Received { at, .. }
        | Event::Submitted { at, .. }
        | Event::Unsendable { at, .. }
        | Event::Receipt { at, .. } => *at = now,
        Event::Brought { .. } | Event::Followed { .. } | Event::Offerable { .. } => {}
    }
    event
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    /// A voucher is never opened but by the number that was asked for it, with its own code, while it was open; and
    /// what happens twice changes nothing the second time, replies apart.
    #[test]
    fn a_yes_comes_from_the_number_that_was_asked(events in prop::collection::vec((events(), 0..40_u64), 1..80)) {
        let mut talk = Talk::new();
        for (event, days) in events {
            talk.at += days * super::DAY;
            let event = timed(&event, talk.now());
            let before = talk.conversation.clone();
            talk.step(event.clone());
            let after = &talk.conversation;
            for (task, what) in after.ledger.iter().filter(|(task, _)| !before.ledger.contains_key(task)) {
                let ToLedger::Answer { voucher, consents } = what else { continue };
                let person = &before.persons[voucher];
                let Event::Received { from, text, .. } = &event else {
                    return Err(TestCaseError::fail(format!("task {task} out of {event:?}")));
                };
                prop_assert!(from.is_some() && *from == person.phone);
                if *consents {
                    prop_assert!(person.is_open());
                    let code = format!("2#{}", person.number.expect("asked"));
                    prop_assert!(text.split_whitespace().all(|word| word == code));
                }
            }
            // At most one open question per number and code.
            let mut open = BTreeMap::new();
            for person in after.persons.values().filter(|person| person.closed_at.is_none()) {
                if let (Some(phone), Some(number)) = (person.phone, person.number) {
                    prop_assert!(open.insert((phone, number), ()).is_none());
                }
            }
            if !matches!(event, Event::Received { .. } | Event::Reminded { .. }) {
                let mut again = after.clone();
                again.step(&event);
                prop_assert_eq!(&again.ledger, &after.ledger);
                prop_assert_eq!(again.outbox.len(), after.outbox.len());
                prop_assert_eq!(again.rows.len(), after.rows.len());
            }
        }
    }
}
