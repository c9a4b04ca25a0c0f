//! The guards of what happens to a voucher that was issued or listed. Whatever is refused changes nothing.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::*;
use senim_abi::VOUCHER;
use senim_abi::voucher::Execute;
use senim_sdk::codec;
use senim_types::{Code, Tiyn};

#[test]
fn what_has_ended_goes_nowhere_and_gets_no_other_holder() {
    let mut world = World::new();
    let voucher = world.issued(10);
    world.done(education(), &Execute::Revoke { voucher });
    let moved = Execute::Move {
        voucher,
        place: Some(OTHER_SCHOOL),
    };
    let cases = vec![
        ("moved", education(), moved, Code::VOUCHER_STATE),
        (
            "bound",
            identity(),
            bind(voucher, CHILD),
            Code::VOUCHER_STATE,
        ),
    ];
    refused(&mut world, cases);
}

/// Without money there is nothing to take back or to add to.
#[test]
fn what_has_no_money_is_given_no_more_and_what_nobody_took_is_not_taken_back() {
    let mut world = World::new();
    let voucher = world.offered();
    let until = world.in_days(300);
    let amount = Tiyn(100_000);
    let top_up = |voucher| Execute::TopUp {
        voucher,
        amount,
        until,
    };
    let more = ("more", education(), top_up(voucher), Code::VOUCHER_STATE);
    refused(&mut world, vec![more]);
    world.env.advance(30 * DAY_MS);
    world.env.serve_due();
    let revoke = Execute::Revoke { voucher };
    let cases = vec![
        ("more", education(), top_up(voucher), Code::VOUCHER_STATE),
        ("taken back", education(), revoke, Code::VOUCHER_STATE),
    ];
    refused(&mut world, cases);
}

/// The payer could activate it otherwise, by suspending it and letting it go on.
#[test]
fn what_waits_for_its_person_is_not_suspended() {
    let mut world = World::new();
    let voucher = world.consented();
    let suspend = |suspended| Execute::Suspend { voucher, suspended };
    let cases = vec![
        ("suspended", education(), suspend(true), Code::VOUCHER_STATE),
        ("goes on", education(), suspend(false), Code::VOUCHER_STATE),
    ];
    refused(&mut world, cases);
}

#[test]
fn one_index_of_a_list_stands_for_one_person() {
    let mut world = World::new();
    let list = (VOUCHER, codec::encode(&world.list_message(2)));
    let twice = [list.clone(), list];
    let outcome = world.env.submit(&office(), &twice, &[]);
    assert_eq!(outcome.code(), Some(Code::VOUCHER_EXISTS));
}
