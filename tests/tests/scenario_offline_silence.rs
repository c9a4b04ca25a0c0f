//! A terminal that is silent for longer than a machine's clock can be waited for: its records come weeks late, and then
//! years. The world's own time passes; every message goes to a node over HTTP, signed with a role's own key.

#[path = "support/over_http.rs"]
mod over_http;
#[path = "support/terminal.rs"]
mod terminal;

use over_http::OverHttp;
use senim_abi::VOUCHER;
use senim_abi::voucher::msg::Taken;
use senim_abi::voucher::{Entry, Execute, OfflineChain, Proof, VoucherId};
use senim_tests::world::Request;
use senim_types::{Code, Receipt, TimeMs, Tiyn};
use serde_json::Value;
use terminal::{MEAL, MEALS, SCHOOL, Terminal, meal, sync, taken};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// What a device says, at the world's time.
fn said(ledger: &mut OverHttp, device: &str, message: &Execute) -> Result<Receipt, Code> {
    ledger.submitted(device, Request::call(VOUCHER, message))
}

/// A pupil's voucher, for this many meals.
fn pupil(ledger: &mut OverHttp, meals: u64) -> VoucherId {
    let until = TimeMs(ledger.world.now().0 + 200 * DAY_MS);
    let issue = Execute::Issue {
        index: 0,
        programme: MEALS,
        holder: None,
        entry: Entry {
            place: Some(SCHOOL),
            amount: Tiyn(meals * MEAL),
            mature_at: until,
            until,
        },
    };
    let issued = said(ledger, "education", &issue).expect("the department issues");
    VoucherId::derive(&issued.transaction, 0)
}

fn synced(ledger: &mut OverHttp) -> Receipt {
    said(ledger, "canteen", &sync()).expect("it syncs")
}

/// Paid, waiting for the payer, known before.
fn send(ledger: &mut OverHttp, request: Request) -> Result<(u32, u32, u32), Code> {
    let Taken {
        paid,
        excess,
        known,
        ..
    } = taken(&ledger.submitted("canteen", request)?);
    Ok((paid, excess, known))
}

/// What waits for the payer.
fn waiting(ledger: &mut OverHttp) -> Vec<Value> {
    let list = ledger.done(&["voucher", "excess", "list"]);
    list["excess"].as_array().expect("a list").clone()
}

#[test]
fn records_that_come_weeks_late_wait_and_those_of_a_forgotten_terminal_are_not_taken() {
    let mut ledger = OverHttp::new(1, 82);
    let (faithful, other) = (pupil(&mut ledger, 5), pupil(&mut ledger, 5));
    let key = ledger.world.network.device("canteen").clone();
    let chain = ledger.world.network.chain;
    let receipt = synced(&mut ledger);
    let mut terminal = Terminal::new(key.clone(), chain, &receipt);
    let at = |terminal: &Terminal, ms: u64| TimeMs(terminal.synced_at().0 + ms);
    let first = terminal.serves(other, at(&terminal, 1_000));
    let second = terminal.serves(faithful, at(&terminal, 1_000));
    let third = terminal.serves(pupil(&mut ledger, 1), at(&terminal, 2_000));

    // Seventeen days later one of the pupils eats, and the terminal is found again.
    ledger.world.advance(17 * DAY_MS);
    let redeem = Execute::Redeem {
        voucher: faithful,
        place: SCHOOL,
        lines: vec![meal()],
        proof: Proof::Attested,
    };
    said(&mut ledger, "canteen-2", &redeem).expect("a meal like any other");
    let late = terminal.signed(&[first.clone(), second.clone()]);
    assert_eq!(send(&mut ledger, late), Ok((1, 1, 0)));
    let waits = waiting(&mut ledger);
    let code = &waits[0]["excess"]["code"];
    let code: Code = serde_json::from_value(code.clone()).expect("a code");
    assert_eq!((waits.len(), code), (1, Code::OFFLINE_LATE));
    let refuse = terminal.answered(second.sequence, 0);
    said(&mut ledger, "education", &refuse).expect("the payer answers");

    // Then nobody hears of it for more than a year: the ledger has nothing left that it could be compared with.
    ledger.world.advance(OfflineChain::SILENT_MS);
    let unsent = terminal.signed(std::slice::from_ref(&third));
    let found = send(&mut ledger, unsent);
    assert_eq!(found, Err(Code::OFFLINE_NO_SESSION));
    let receipt = synced(&mut ledger);
    for records in [&[first.clone()][..], &[first, second]] {
        let again = send(&mut ledger, terminal.signed(records));
        assert_eq!(again, Err(Code::OFFLINE_FORGOTTEN));
    }
    // What it had not sent follows nothing that is known; it begins a chain of its own, and that is paid.
    let kept = send(&mut ledger, terminal.signed(&[third]));
    assert_eq!(kept, Err(Code::OFFLINE_FORK));
    let mut terminal = Terminal::new(key, chain, &receipt);
    let voucher = pupil(&mut ledger, 1);
    let receipt = synced(&mut ledger);
    terminal.synced(&receipt);
    let eaten = terminal.serves(voucher, at(&terminal, 1_000));
    assert_eq!(send(&mut ledger, terminal.signed(&[eaten])), Ok((1, 0, 0)));
    assert_eq!(waiting(&mut ledger), Vec::<Value>::new());
}
