//! Payment files: ids that follow from the acts, the same bytes whatever the order, and the public schema.

mod common;

use common::{ORDERS_IN_ANY_ORDER, order, payer};
use proptest::prelude::*;
use senim_bank::{BankError, PaymentOrder, payment_file};
use senim_types::TimeMs;

#[test]
fn the_same_acts_give_the_same_file_in_any_order_and_at_any_time() {
    let orders = [order(20, 1, 145_050), order(21, 1, 7), order(22, 3, 100)];
    let file = payment_file(&payer(), "2027-02-05", &orders).expect("a sound batch");
    for indices in ORDERS_IN_ANY_ORDER {
        let turned: Vec<PaymentOrder> = indices.map(|index| orders[index].clone()).to_vec();
        let again = payment_file(&payer(), "2027-02-05", &turned).expect("a sound batch");
        assert_eq!(again, file);
    }
    assert_eq!(file.message_id.len(), 33);
    let mut later = orders.clone();
    later[0].attempt = 2;
    let next = payment_file(&payer(), "2027-02-05", &later).expect("a sound batch");
    assert_ne!(next.message_id, file.message_id);
    assert!(
        file.xml.contains("<CtrlSum>1451.57</CtrlSum>"),
        "{}",
        file.xml
    );
    assert!(
        file.xml
            .contains(r#"<InstdAmt Ccy="KZT">1450.50</InstdAmt>"#)
    );
    assert!(file.xml.contains("<NbOfTxs>3</NbOfTxs>"));
    for order in &orders {
        let id = format!("<EndToEndId>{}</EndToEndId>", order.end_to_end_id());
        assert_eq!(file.xml.matches(&id).count(), 1);
    }
}

#[test]
fn a_batch_of_nothing_of_too_much_or_of_an_act_twice_is_refused() {
    let one = order(20, 1, 100);
    let mut many = Vec::new();
    for provider in 0..=1_000 {
        many.push(order(provider, 1, 1));
    }
    let cases = [
        vec![],
        vec![one.clone(), one.clone()],
        // The same act by another attempt is the same act.
        vec![one.clone(), order(20, 2, 100)],
        vec![order(20, 1, 0)],
        many,
    ];
    for orders in cases {
        let file = payment_file(&payer(), "2027-02-05", &orders);
        assert_eq!(file, Err(BankError::Batch));
    }
    for day in ["2027-02-29", "5.2.2027", ""] {
        let file = payment_file(&payer(), day, std::slice::from_ref(&one));
        assert_eq!(file, Err(BankError::Day(day.to_owned())));
    }
}

#[test]
fn which_attempt_comes_next_follows_from_the_last_payment() {
    let payment = |attempt| senim_abi::settlement::Payment {
        attempt,
        file: senim_types::Hash([1; 32]),
        details: senim_types::Hash([2; 32]),
        ordered_at: TimeMs(1),
        answer: None,
        refused_late: None,
        returned: 0,
    };
    assert_eq!(PaymentOrder::next_attempt(None, false), Some(1));
    let (first, last) = (
        payment(1),
        payment(senim_abi::settlement::Payment::ATTEMPTS_MAX),
    );
    assert_eq!(PaymentOrder::next_attempt(Some(&first), true), Some(1));
    assert_eq!(PaymentOrder::next_attempt(Some(&first), false), Some(2));
    assert_eq!(PaymentOrder::next_attempt(Some(&last), false), None);
}

#[test]
fn a_file_is_valid_against_the_public_schema() {
    let Some(schemas) = common::Schemas::find() else {
        return;
    };
    let orders: Vec<PaymentOrder> = (0..40)
        .map(|number| order(20 + number, 1, 1 + u64::from(number) * 997))
        .collect();
    let mut marked = orders.clone();
    // What XML has to escape, and what is not ASCII.
    marked[0].provider.name = "ТОО «A & B» <C> \"D\" 'E'".to_owned();
    let file = payment_file(&payer(), "2027-02-05", &marked).expect("a sound batch");
    schemas.assert_valid("pain.001.001.11", &file.xml);
    // The check can fail: the same file without an element that the schema demands, and one with an id that is too long.
    let without = file.xml.replacen("<PmtMtd>TRF</PmtMtd>", "", 1);
    schemas.assert_invalid("pain.001.001.11", &without);
    let id = marked[0].end_to_end_id();
    schemas.assert_invalid(
        "pain.001.001.11",
        &file.xml.replace(&id, &format!("{id}xxxxx")),
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn sums_are_of_what_is_in_the_file(amounts in proptest::collection::vec(1u64..u64::MAX / 64, 1..32)) {
        let orders: Vec<PaymentOrder> = amounts.iter().zip(1..).map(|(amount, provider)| order(provider, 1, *amount)).collect();
        let file = payment_file(&payer(), "2027-02-05", &orders).expect("a sound batch");
        let sum: u128 = amounts.iter().map(|amount| u128::from(*amount)).sum();
        let control = format!("<CtrlSum>{}.{:02}</CtrlSum>", sum / 100, sum % 100);
        prop_assert_eq!(file.xml.matches(&control).count(), 2);
    }
}
