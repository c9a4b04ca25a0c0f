//! The invented bank's answers are read as a real one's: for each payment of the file what was rehearsed, and no other.

mod common;

use common::{Schemas, order, payer};
use senim_bank::rehearsal::{Outcome, rehearse};
use senim_bank::{BankError, Said, answer, payment_file};
use senim_types::{TimeMs, Tiyn};

const AT: TimeMs = TimeMs(1_801_600_000_000);

fn file() -> (Vec<String>, String) {
    let orders = [order(50, 1, 378_000), order(51, 2, 1)];
    let ids = orders.iter().map(|order| order.end_to_end_id()).collect();
    let file = payment_file(&payer(), "2027-02-05", &orders).expect("a file");
    (ids, file.xml)
}

#[test]
fn each_payment_of_a_file_is_answered() {
    let (ids, file) = file();
    let refused = Outcome::Refused("AC04".to_owned());
    for (outcome, message, said) in [
        (
            Outcome::Paid,
            "camt.054.001.11",
            [378_000, 1].map(|tiyn| Said::Paid {
                amount: Some(Tiyn(tiyn)),
            }),
        ),
        (
            refused,
            "pain.002.001.14",
            [(); 2].map(|()| Said::Refused { reason: *b"AC04" }),
        ),
    ] {
        let xml = rehearse(file.as_bytes(), &outcome, AT).expect("it is a payment file");
        let read = answer::read(xml.as_bytes()).expect("it is a bank's message");
        let told: Vec<(String, Said)> = read
            .statements
            .into_iter()
            .map(|one| (one.end_to_end_id, one.said))
            .collect();
        let expected: Vec<(String, Said)> = ids.iter().cloned().zip(said).collect();
        assert_eq!(told, expected);
        assert_eq!((read.refused_file, read.others), (None, 0));
        if let Some(schemas) = Schemas::find() {
            schemas.assert_valid(message, &xml);
        }
    }
}

#[test]
fn what_is_no_payment_file_is_not_answered() {
    let (_, file) = file();
    let other = file.replace("pain.001.001.11", "pain.001.001.03");
    let answer = rehearse(file.as_bytes(), &Outcome::Paid, AT).expect("it is a payment file");
    for nonsense in ["", "<Document/>", &other, &answer] {
        let refused = rehearse(nonsense.as_bytes(), &Outcome::Paid, AT);
        assert!(matches!(refused, Err(BankError::Message(_))), "{nonsense}");
    }
}
