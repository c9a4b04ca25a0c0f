//! A bank's answers: paid, refused, partly refused, repeated, late, wrong, nonsense; each ends in the right state.

mod common;

use ActState::{Paid, PaymentFailed, PaymentPending, Returned};
use common::*;
use proptest::prelude::*;
use senim_abi::settlement::{ActState, Execute};
use senim_bank::answer::read;
use senim_bank::{BankError, Meaning, Said, Verdict, reconcile};
use senim_types::Tiyn;

fn meanings(verdicts: &[Verdict]) -> Vec<Meaning> {
    verdicts.iter().map(|verdict| verdict.meaning).collect()
}

#[test]
fn every_answer_in_every_state_of_the_act() {
    // (what the account or the bank says, state, attempts made, attempt it is about) → meaning.
    let cases = [
        ("paid", PaymentPending, 1, 1, Meaning::Paid),
        ("paid", PaymentFailed, 1, 1, Meaning::Late),
        ("paid", Paid, 1, 1, Meaning::Nothing),
        ("paid", Returned, 1, 1, Meaning::Nothing),
        ("paid", PaymentPending, 2, 1, Meaning::Superseded),
        ("paid", Paid, 2, 1, Meaning::Superseded),
        ("paid", PaymentPending, 1, 2, Meaning::Unknown),
        ("paid less", PaymentPending, 1, 1, Meaning::WrongAmount),
        ("paid more", PaymentPending, 1, 1, Meaning::WrongAmount),
        ("paid less", Paid, 1, 1, Meaning::WrongAmount),
        ("pending", PaymentPending, 1, 1, Meaning::Nothing),
        ("pending", PaymentFailed, 1, 1, Meaning::Nothing),
        ("pending", Returned, 1, 1, Meaning::Nothing),
        ("returned", Paid, 1, 1, Meaning::Returned),
        ("returned", PaymentPending, 1, 1, Meaning::Returned),
        ("returned", PaymentFailed, 1, 1, Meaning::Returned),
        ("returned", Returned, 1, 1, Meaning::Nothing),
        ("returned", PaymentPending, 2, 1, Meaning::Returned),
        ("returned", Paid, 1, 2, Meaning::Unknown),
        ("returned in part", Paid, 1, 1, Meaning::WrongAmount),
        ("debited as a return", Paid, 1, 1, Meaning::Unclear),
        (
            "debited as a return",
            PaymentPending,
            1,
            1,
            Meaning::Unclear,
        ),
        ("refused", PaymentPending, 1, 1, Meaning::Refused),
        ("refused", PaymentFailed, 1, 1, Meaning::Nothing),
        ("refused", PaymentPending, 2, 1, Meaning::Nothing),
        ("refused", Paid, 1, 1, Meaning::RefusedLate),
        ("refused", Returned, 1, 1, Meaning::Nothing),
        ("accepted", PaymentPending, 1, 1, Meaning::Nothing),
        ("accepted", Returned, 1, 1, Meaning::Nothing),
    ];
    let schemas = Schemas::find();
    for (said, state, attempts, about, meaning) in cases {
        let act = act(50, 145_050, state, attempts);
        let id = id_of(&act, about);
        let entry = |amount, side, status, returned| {
            let entry = Entry {
                id: &id,
                amount,
                side,
                status,
                returned,
            };
            (notification(&[entry], OTHER_ENTRY), "camt.054.001.11")
        };
        let (message, kind) = match said {
            "paid" => entry("1450.50", "DBIT", "BOOK", None),
            "paid less" => entry("1450.49", "DBIT", "BOOK", None),
            "paid more" => entry("14505.00", "DBIT", "BOOK", None),
            "pending" => entry("1450.50", "DBIT", "PDNG", None),
            "returned" => entry("1450.50", "CRDT", "BOOK", Some("AC04")),
            "returned in part" => entry("1400.00", "CRDT", "BOOK", Some("AC04")),
            "debited as a return" => entry("1450.50", "DBIT", "BOOK", Some("AC04")),
            "refused" => (
                report("B1", None, &[(&id, "RJCT", Some("AC01"))]),
                "pain.002.001.14",
            ),
            _ => (
                report("B1", None, &[(&id, "ACSC", None)]),
                "pain.002.001.14",
            ),
        };
        if let Some(schemas) = &schemas {
            schemas.assert_valid(kind, &message);
        }
        let answer = read(message.as_bytes()).unwrap_or_else(|error| panic!("{said}: {error}"));
        let verdicts = reconcile(&answer, std::slice::from_ref(&act), &[]);
        assert_eq!(
            meanings(&verdicts),
            [meaning],
            "{said} in {state:?}, {about} of {attempts}"
        );
        let call = verdicts[0].call.clone();
        match meaning {
            Meaning::Paid | Meaning::Late => assert_eq!(
                call,
                Some(Execute::ConfirmPayment {
                    act: act.body.act,
                    attempt: about,
                    amount: Tiyn(145_050),
                    message: answer.hash,
                })
            ),
            Meaning::Returned => assert_eq!(
                call,
                Some(Execute::ReturnPayment {
                    act: act.body.act,
                    attempt: about,
                    amount: Tiyn(145_050),
                    message: answer.hash,
                    reason: *b"AC04",
                })
            ),
            Meaning::Refused | Meaning::RefusedLate => assert_eq!(
                call,
                Some(Execute::FailPayment {
                    act: act.body.act,
                    attempt: about,
                    message: answer.hash,
                    reason: *b"AC01",
                })
            ),
            _ => assert_eq!(call, None, "{said} in {state:?}"),
        }
    }
}

#[test]
fn a_statement_says_the_same_as_a_notification_and_other_business_is_passed_over() {
    let act = act(50, 700, PaymentPending, 1);
    let id = id_of(&act, 1);
    let theirs = [
        "NOTPROVIDED",
        "INVOICE-7",
        "S12-1",
        "S0123456789abcdef0123456789abX-1",
    ];
    let mut entries = vec![Entry::paid(&id, "7")];
    entries.extend(theirs.iter().map(|id| Entry::paid(id, "9.00")));
    for message in [
        notification(&entries, OTHER_ENTRY),
        statement(&entries, OTHER_ENTRY),
    ] {
        let answer = read(message.as_bytes()).expect("it is read");
        assert_eq!(answer.others, 1);
        assert_eq!(answer.statements.len(), 5);
        let verdicts = reconcile(&answer, std::slice::from_ref(&act), &[]);
        assert_eq!(meanings(&verdicts), [Meaning::Paid]);
    }
}

#[test]
fn one_file_is_partly_refused_and_each_act_ends_for_itself() {
    let acts: Vec<_> = (50..54)
        .map(|provider| act(provider, 100, PaymentPending, 1))
        .collect();
    let ids: Vec<String> = acts.iter().map(|act| id_of(act, 1)).collect();
    let message = report(
        "B1",
        Some("PART"),
        &[
            (&ids[0], "ACSC", None),
            (&ids[1], "RJCT", Some("AC04")),
            (&ids[2], "PDNG", None),
            // Said twice in one message.
            (&ids[1], "RJCT", Some("AC04")),
        ],
    );
    let answer = read(message.as_bytes()).expect("it is read");
    let verdicts = reconcile(&answer, &acts, &[]);
    let expected = [
        Meaning::Nothing,
        Meaning::Refused,
        Meaning::Nothing,
        Meaning::Nothing,
    ];
    assert_eq!(meanings(&verdicts), expected);

    // Two debits of one payment in one statement: the first pays it, the second says nothing new.
    let twice = [Entry::paid(&ids[3], "1.00"), Entry::paid(&ids[3], "1.00")];
    let answer = read(statement(&twice, "").as_bytes()).expect("it is read");
    let verdicts = reconcile(&answer, &acts, &[]);
    assert_eq!(meanings(&verdicts), [Meaning::Paid, Meaning::Nothing]);
    assert_eq!(
        verdicts
            .iter()
            .filter(|verdict| verdict.call.is_some())
            .count(),
        1
    );
}

#[test]
fn an_amount_in_another_currency_is_no_amount() {
    let act = act(50, 700, PaymentPending, 1);
    let id = id_of(&act, 1);
    let message = notification(&[Entry::paid(&id, "7.00")], "").replace("KZT", "USD");
    let answer = read(message.as_bytes()).expect("it is read");
    assert_eq!(answer.statements[0].said, Said::Paid { amount: None });
    let verdicts = reconcile(&answer, std::slice::from_ref(&act), &[]);
    assert_eq!(meanings(&verdicts), [Meaning::WrongAmount]);
}

#[test]
fn nonsense_is_refused() {
    let sound = notification(&[Entry::paid("X", "7.00")], "");
    let old = sound.replace("camt.054.001.11", "camt.054.001.02");
    let other = sound.replace("camt.054.001.11", "pacs.008.001.08");
    let none = sound.replace(
        " xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.054.001.11\"",
        "",
    );
    for text in [&old, &other, &none] {
        assert!(
            matches!(read(text.as_bytes()), Err(BankError::Namespace(_))),
            "{text}"
        );
    }
    let entity = sound.replacen(
        "<Document",
        "<!DOCTYPE d [<!ENTITY a \"aaaa\">]><Document",
        1,
    );
    let cut = &sound[..sound.len() - 20];
    let wrong = sound.replace("BkToCstmrDbtCdtNtfctn", "BkToCstmrStmt");
    for text in ["", "{}", "<html/>", cut, &entity, &wrong, "\u{feff}"] {
        assert!(
            matches!(read(text.as_bytes()), Err(BankError::Message(_))),
            "{text}"
        );
    }
    assert!(matches!(read(&[0xff, 0xfe, 0]), Err(BankError::Message(_))));
    let large = vec![b' '; senim_bank::MESSAGE_BYTES_MAX + 1];
    assert!(matches!(read(&large), Err(BankError::TooLarge(_))));
}

proptest! {
    #[test]
    fn whatever_bytes_come_nothing_breaks(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes);
    }

    #[test]
    fn a_sound_message_with_a_hole_is_read_or_refused(at in 0usize..900, length in 1usize..40) {
        let act = act(50, 700, PaymentPending, 1);
        let id = id_of(&act, 1);
        let mut bytes = notification(&[Entry::paid(&id, "7.00")], OTHER_ENTRY).into_bytes();
        let at = at.min(bytes.len());
        let end = (at + length).min(bytes.len());
        bytes.drain(at..end);
        if let Ok(answer) = read(&bytes) {
            for verdict in reconcile(&answer, std::slice::from_ref(&act), &[]) {
                // A hole never makes a payment of another amount.
                if let Some(Execute::ConfirmPayment { amount, .. }) = verdict.call {
                    prop_assert_eq!(amount, Tiyn(700));
                }
            }
        }
    }
}
