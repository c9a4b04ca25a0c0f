//! What the ledger makes of a terminal that keeps to no rule while it is alone: a clock that is wrong, more meals than its
//! bounds allow, records that are no chain. The client's own terminal would not write them down, so one of another maker
//! does, and sends them over HTTP with the role's key. Whoever was served honestly before and after is paid for once.

#[path = "support/school.rs"]
mod school;
#[path = "support/terminal.rs"]
mod terminal;

use school::{ALLOTTED, School};
use senim_abi::VOUCHER;
use senim_abi::voucher::msg::Taken;
use senim_abi::voucher::{OfflineChain, OfflineRecord, VoucherId};
use senim_tests::world::Request;
use senim_types::text::KeyKind;
use senim_types::{Code, Receipt, TimeMs};
use serde_json::json;
use terminal::{MEAL, Terminal, sync, taken};

const SECOND_MS: u64 = 1_000;
const HOUR_MS: u64 = 60 * 60 * SECOND_MS;
/// What a voucher is issued with, in tiyn.
const GIVEN: u64 = 900_000;

impl School {
    /// So many pupils' vouchers.
    fn pupils<const COUNT: usize>(&self) -> [VoucherId; COUNT] {
        let issued = || serde_json::from_value(json!(self.voucher()));
        [(); COUNT].map(|()| issued().expect("an id"))
    }

    fn sync(&self, device: &str) -> Receipt {
        let synced = self.ledger.called(device, VOUCHER, &sync());
        synced.expect("it syncs")
    }

    /// A terminal that has synced, and is alone from now on.
    fn terminal(&self, device: &str) -> Terminal {
        let (key, chain) = (self.ledger.key(device), self.ledger.chain());
        Terminal::new(key, chain, &self.sync(device))
    }

    /// Paid, waiting for the payer, known before.
    fn send(&self, device: &str, request: Request) -> Result<(u32, u32, u32), Code> {
        let receipt = self.ledger.submitted(device, request)?;
        let Taken {
            paid,
            excess,
            known,
            ..
        } = taken(&receipt);
        Ok((paid, excess, known))
    }

    /// Why records wait for the payer, in the order of their numbers.
    fn codes(&self) -> Vec<Code> {
        self.waiting().into_iter().map(|(code, _)| code).collect()
    }

    /// How often a voucher was used, and what is left of it.
    fn stands(&self, voucher: VoucherId) -> (u64, u64) {
        let shown = self.ledger.done(&["voucher", "show", &voucher.to_string()]);
        let number = |name: &str| shown["record"][name].as_u64().expect("a number");
        (number("uses"), number("left"))
    }

    /// So many meals are paid of so many pupils' vouchers, and this much of the line itself.
    #[track_caller]
    fn has_paid(&self, meals: u64, pupils: u64, answered: u64) {
        let expected = (
            ALLOTTED - pupils * GIVEN - answered,
            pupils * GIVEN - meals * MEAL,
            meals * MEAL + answered,
        );
        assert_eq!(self.money(), expected);
    }
}

const UNUSED: (u64, u64) = (0, GIVEN);
const USED: (u64, u64) = (1, GIVEN - MEAL);

#[test]
fn a_terminal_with_a_wrong_clock_is_paid_for_what_it_did_at_a_time_that_is_possible() {
    let school = School::start();
    let [before, behind, ahead, between, back, after] = school.pupils();
    let mut terminal = school.terminal("canteen");
    let synced = terminal.synced_at();
    let at = |ms: i64| TimeMs(synced.0.saturating_add_signed(ms));
    let day = 24 * HOUR_MS as i64;
    // The battery of its clock is empty, it falls back, somebody sets it, to the wrong day, and sets it again.
    let records: Vec<OfflineRecord> = [
        (before, at(10)),
        (behind, at(-day)),
        (ahead, at(day)),
        (between, at(20)),
        // A little behind the record before: whoever could put records back could choose the day.
        (back, at(19)),
        (after, at(20)),
    ]
    .into_iter()
    .map(|(voucher, at)| terminal.serves(voucher, at))
    .collect();
    assert_eq!(
        school.send("canteen", terminal.signed(&records)),
        Ok((3, 3, 0))
    );
    assert_eq!(school.codes(), [Code::OFFLINE_CLOCK; 3]);
    for voucher in [before, between, after] {
        assert_eq!(school.stands(voucher), USED);
    }
    for voucher in [behind, ahead, back] {
        assert_eq!(school.stands(voucher), UNUSED, "nothing is taken of it");
    }
    school.has_paid(3, 6, 0);

    // In whatever cut it comes again, from either terminal: nothing more is paid.
    let all = terminal.signed(&records);
    assert_eq!(school.send("canteen-2", all), Ok((0, 0, 6)));
    let some = terminal.signed(&records[1..4]);
    assert_eq!(school.send("canteen", some), Ok((0, 0, 3)));
    school.has_paid(3, 6, 0);

    // The payer pays one of them, whose pupil was there, and refuses another; the third waits.
    let waiting = school.waiting();
    school
        .answer(&["accept", &waiting[0].1])
        .expect("the payer accepts");
    school
        .answer(&["refuse", &waiting[1].1])
        .expect("the payer refuses");
    assert_eq!(school.codes(), [Code::OFFLINE_CLOCK]);
    school.has_paid(3, 6, MEAL);
    assert_eq!(school.stands(behind), UNUSED, "it was paid of the line");

    // Whom the clock kept from being paid for eats all the same, and that is paid.
    let meal = terminal.serves(ahead, at(30));
    assert_eq!(
        school.send("canteen", terminal.signed(&[meal])),
        Ok((1, 0, 0))
    );
    school.has_paid(4, 6, MEAL);
}

#[test]
fn what_is_beyond_the_bounds_of_a_session_waits_and_what_is_within_them_is_paid() {
    let school = School::start();
    let [first, late, many, unsent, next, stolen, last] = school.pupils();
    // Three meals between two syncs, each within half a minute of the sync.
    let mut frame = school.ledger.done(&["programme", "show", "2"])["frame"].clone();
    frame["offline"] = json!({ "uses_max": 3, "ms_max": 30 * SECOND_MS });
    let path = school.ledger.path("frame.json");
    std::fs::write(&path, frame.to_string()).expect("the frame's file");
    school
        .ledger
        .done(&["programme", "set", "2", "--file", &path]);
    let mut terminal = school.terminal("canteen");
    let [unknown] = school.pupils();

    let in_time = TimeMs(terminal.synced_at().0 + 10);
    let too_late = TimeMs(terminal.synced_at().0 + 31 * SECOND_MS);
    let records = [
        terminal.serves(first, in_time),
        terminal.serves(unknown, in_time),
        terminal.serves(late, too_late),
        terminal.serves(many, too_late),
    ];
    // The ledger's clock is not the terminal's: half a minute ahead is no wrong clock.
    assert_eq!(
        school.send("canteen", terminal.signed(&records)),
        Ok((1, 3, 0))
    );
    let beyond = [
        Code::OFFLINE_UNKNOWN,
        Code::OFFLINE_HOURS,
        Code::OFFLINE_COUNT,
    ];
    assert_eq!(school.codes(), beyond);
    school.has_paid(1, 8, 0);

    // It synced before it sent: what it had not sent waits, and what it does from now on is paid.
    let forgotten = terminal.serves(unsent, too_late);
    terminal.synced(&school.sync("canteen"));
    let in_session = terminal.serves(next, TimeMs(terminal.synced_at().0 + 10));
    let sent = terminal.signed(&[forgotten, in_session]);
    assert_eq!(school.send("canteen", sent), Ok((1, 1, 0)));
    assert_eq!(school.codes()[3..], [Code::OFFLINE_SESSION]);
    school.has_paid(2, 8, 0);

    // It is stolen and suspended: what it sends nobody takes, and what its organisation finds on it the payer answers.
    let name = terminal.key.public().to_text(KeyKind::Device);
    school.ledger.done(&["device", "suspend", &name]);
    let record = terminal.serves(stolen, TimeMs(terminal.synced_at().0 + 10));
    let request = terminal.signed(&[record]);
    let by_itself = school.send("canteen", request.clone());
    assert_eq!(by_itself, Err(Code::DEVICE_SUSPENDED));
    assert_eq!(school.send("canteen-2", request), Ok((0, 1, 0)));
    assert_eq!(school.codes()[4..], [Code::OFFLINE_DEVICE]);
    for voucher in [late, many, unsent, stolen, unknown] {
        assert_eq!(school.stands(voucher), UNUSED);
    }
    // It was only lost, is found, and syncs.
    school.ledger.done(&["device", "resume", &name]);
    terminal.synced(&school.sync("canteen"));
    let record = terminal.serves(last, TimeMs(terminal.synced_at().0 + 10));
    let request = terminal.signed(&[record]);
    assert_eq!(school.send("canteen", request), Ok((1, 0, 0)));
    school.has_paid(3, 8, 0);
    assert_eq!(school.codes().len(), 5);
}

#[test]
fn records_that_are_no_chain_are_not_taken_and_the_chain_itself_is_paid_once() {
    let school = School::start();
    let [first, second, third] = school.pupils();
    let (synced, other) = (school.sync("canteen"), school.ledger.key("canteen-2"));
    let alone = |key| Terminal::new(key, school.ledger.chain(), &synced);
    let mut terminal = alone(school.ledger.key("canteen"));
    let at = TimeMs(terminal.synced_at().0 + 10);
    let records = [
        terminal.serves(first, at),
        terminal.serves(second, at),
        terminal.serves(third, at),
    ];
    let of_another = OfflineRecord {
        voucher: second,
        ..records[0].clone()
    };
    let renumbered = OfflineRecord {
        sequence: 2,
        ..records[1].clone()
    };
    let refusals = [
        (
            "as if the other terminal had synced",
            alone(other.clone()).signed(&records),
            Code::OFFLINE_NO_SESSION,
        ),
        (
            "one is left out",
            terminal.signed(&[records[0].clone(), records[2].clone()]),
            Code::OFFLINE_CHAIN,
        ),
        (
            "one has another's number",
            terminal.signed(&[records[0].clone(), renumbered]),
            Code::OFFLINE_CHAIN,
        ),
        (
            "one is exchanged, and those after it not",
            terminal.signed(&[of_another.clone(), records[1].clone()]),
            Code::OFFLINE_CHAIN,
        ),
        (
            "nobody signed",
            terminal.unsigned(&records),
            Code::OFFLINE_NOT_SIGNED,
        ),
        (
            "who sends it signed",
            terminal.signed_by(&other, &records),
            Code::OFFLINE_NOT_SIGNED,
        ),
        (
            "the first is not there",
            terminal.signed(&records[1..]),
            Code::OFFLINE_GAP,
        ),
    ];
    for (what, request, code) in refusals {
        assert_eq!(school.send("canteen-2", request), Err(code), "{what}");
        school.has_paid(0, 3, 0);
    }
    assert_eq!(school.waiting(), []);

    assert_eq!(
        school.send("canteen-2", terminal.signed(&records)),
        Ok((3, 0, 0))
    );
    // Signed by the terminal itself, but it had said otherwise.
    let follows = OfflineRecord {
        previous: of_another.hash(),
        ..terminal.serves(third, at)
    };
    for twice in [of_another, follows] {
        let twice = terminal.signed(&[twice]);
        assert_eq!(school.send("canteen", twice), Err(Code::OFFLINE_FORK));
    }
    assert_eq!(
        school.send("canteen", terminal.signed(&records)),
        Ok((0, 0, 3))
    );
    // And the payer is asked for nothing that was paid.
    let answer = terminal.answered(0, MEAL);
    let answered = school.ledger.called("education", VOUCHER, &answer);
    assert_eq!(answered.err(), Some(Code::EXCESS_UNKNOWN));
    school.has_paid(3, 3, 0);
}

#[test]
fn a_thousand_records_wait_for_the_payer_and_the_next_is_taken_when_one_is_answered() {
    let school = School::start();
    let [pupil] = school.pupils();
    let mut terminal = school.terminal("canteen");
    // Its clock is years behind, and nobody looks.
    let records: Vec<OfflineRecord> = (0..=OfflineChain::WAITING_MAX)
        .map(|_| terminal.serves(pupil, TimeMs(1)))
        .collect();
    let (waits, next) = records.split_at(OfflineChain::WAITING_MAX as usize);
    for batch in waits.chunks(OfflineRecord::BATCH_MAX) {
        let count = batch.len() as u32;
        let sent = school.send("canteen", terminal.signed(batch));
        assert_eq!(sent, Ok((0, count, 0)));
    }
    let sent = school.send("canteen", terminal.signed(next));
    assert_eq!(sent, Err(Code::EXCESS_WAITS));
    let answer = terminal.answered(0, MEAL);
    let answered = school.ledger.called("education", VOUCHER, &answer);
    answered.expect("the payer pays one");
    let sent = school.send("canteen", terminal.signed(next));
    assert_eq!(sent, Ok((0, 1, 0)));
    school.has_paid(0, 1, MEAL);
}
