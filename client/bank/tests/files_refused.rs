//! A payment file that a bank refuses as a whole: at once, again, late, after some of its acts went on; and what comes back.

mod common;

use ActState::{Paid, PaymentFailed, PaymentPending, Returned};
use common::*;
use senim_abi::settlement::msg::Ordered;
use senim_abi::settlement::{Act, ActState, Execute, MessageId};
use senim_bank::answer::read;
use senim_bank::{Meaning, Verdict, ledgers_id, message_id, reconcile};

fn meanings(verdicts: &[Verdict]) -> Vec<Meaning> {
    verdicts.iter().map(|verdict| verdict.meaning).collect()
}

/// Three acts, the first attempts of which are in one file, as the ledger has it.
fn file() -> (Vec<Act>, Vec<Ordered>, String) {
    let acts: Vec<Act> = (50..53)
        .map(|provider| act(provider, 100, PaymentPending, 1))
        .collect();
    let ordered = acts
        .iter()
        .map(|act| Ordered {
            act: act.body.act,
            attempt: 1,
        })
        .collect();
    let ids: Vec<String> = acts.iter().map(|act| id_of(act, 1)).collect();
    (acts, ordered, message_id(&ids))
}

#[test]
fn each_act_of_a_refused_file_ends_by_how_it_stands() {
    // (how the second act stands, the attempts that were made of it) → what the refusal means for it.
    let cases = [
        (PaymentPending, 1, Meaning::Refused),
        // Repeated.
        (PaymentFailed, 1, Meaning::Nothing),
        // Late: it went on in another file.
        (PaymentPending, 2, Meaning::Nothing),
        (Paid, 2, Meaning::Nothing),
        (PaymentFailed, 2, Meaning::Nothing),
        // Late: the account says that it was paid, or that the money is back.
        (Paid, 1, Meaning::RefusedLate),
        (Returned, 1, Meaning::Nothing),
    ];
    let (sound, ordered, name) = file();
    for (state, attempts, expected) in cases {
        let mut acts = sound.clone();
        acts[1] = act(51, 100, state, attempts);
        let answer = read(report(&name, Some("RJCT"), &[]).as_bytes()).expect("it is read");
        assert_eq!(answer.refused_file, Some((name.clone(), *b"FF01")));
        let verdicts = reconcile(&answer, &acts, &ordered);
        let all = [Meaning::Refused, expected, Meaning::Refused];
        assert_eq!(meanings(&verdicts), all, "{state:?} after {attempts}");
        let tells = verdicts[1].call.is_some();
        assert_eq!(tells, expected != Meaning::Nothing);
    }
}

#[test]
fn a_file_that_all_acts_left_is_known_still() {
    let (mut acts, ordered, name) = file();
    for act in &mut acts {
        let payment = act.payment.as_mut().expect("it is ordered");
        payment.attempt = 2;
    }
    let answer = read(report(&name, Some("RJCT"), &[]).as_bytes()).expect("it is read");
    let verdicts = reconcile(&answer, &acts, &ordered);
    assert_eq!(meanings(&verdicts), [Meaning::Nothing; 3]);
}

#[test]
fn a_refused_part_refuses_what_it_does_not_name() {
    let (acts, ordered, name) = file();
    let id = id_of(&acts[1], 1);
    let message = report(&name, None, &[(&id, "RJCT", Some("AC04"))])
        .replace("<TxInfAndSts>", "<PmtInfSts>RJCT</PmtInfSts><TxInfAndSts>");
    let answer = read(message.as_bytes()).expect("it is read");
    let verdicts = reconcile(&answer, &acts, &ordered);
    let expected = [
        Meaning::Refused,
        Meaning::Refused,
        Meaning::Refused,
        Meaning::Nothing,
    ];
    assert_eq!(meanings(&verdicts), expected);
}

#[test]
fn what_a_node_says_is_in_a_file_is_believed_only_if_its_id_follows() {
    let (acts, ordered, name) = file();
    let answer = read(report(&name, Some("RJCT"), &[]).as_bytes()).expect("it is read");
    let mut more = ordered.clone();
    let other = act(60, 100, PaymentPending, 1);
    more.push(Ordered {
        act: other.body.act,
        attempt: 1,
    });
    let mut with_other = acts.clone();
    with_other.push(other);
    let mut another_attempt = ordered.clone();
    another_attempt[0].attempt = 2;
    for lie in [&ordered[1..], &[], &more, &another_attempt] {
        let verdicts = reconcile(&answer, &with_other, lie);
        assert_eq!(meanings(&verdicts), [Meaning::Unknown], "{lie:?}");
        assert_eq!(verdicts[0].call, None);
    }
    // An act of another programme is not among those that were asked about.
    let verdicts = reconcile(&answer, &acts[..2], &ordered);
    assert_eq!(meanings(&verdicts), [Meaning::Unknown]);
}

#[test]
fn a_message_id_is_one_of_ours_or_none() {
    let (_, _, name) = file();
    let MessageId(bytes) = ledgers_id(&name).expect("it is ours");
    let again: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(format!("B{again}"), name);
    for other in [
        "",
        "B",
        "B1",
        "INVOICE",
        &name[1..],
        &name.replace('B', "C"),
        &name.to_uppercase(),
    ] {
        assert_eq!(ledgers_id(other), None, "{other}");
    }
}

#[test]
fn a_payment_and_its_return_end_alike_in_whatever_order_they_are_booked() {
    let act = act(50, 700, PaymentPending, 1);
    let id = id_of(&act, 1);
    let paid = Entry::paid(&id, "7.00");
    let back = Entry {
        side: "CRDT",
        returned: Some("AC04"),
        ..Entry::paid(&id, "7.00")
    };
    let told = |entries: &[Entry<'_>]| {
        let answer = read(statement(entries, "").as_bytes()).expect("it is read");
        reconcile(&answer, std::slice::from_ref(&act), &[])
    };
    let forth = told(&[paid, back]);
    assert_eq!(meanings(&forth), [Meaning::Paid, Meaning::Returned]);
    let paid = Entry::paid(&id, "7.00");
    let twice = Entry {
        side: "CRDT",
        returned: Some("AC04"),
        ..Entry::paid(&id, "7.00")
    };
    let back = Entry {
        side: "CRDT",
        returned: Some("AC04"),
        ..Entry::paid(&id, "7.00")
    };
    let turned = told(&[back, paid, twice]);
    let expected = [Meaning::Returned, Meaning::Nothing, Meaning::Nothing];
    assert_eq!(meanings(&turned), expected);
    for verdicts in [&forth, &turned] {
        let last = verdicts
            .iter()
            .filter_map(|it| it.call.as_ref())
            .next_back();
        assert!(matches!(last, Some(Execute::ReturnPayment { .. })));
    }
}
