//! The operator's SMSC fails in every way while a list is under way: no question is lost, none is noted twice.

use crate::parties::{Child, Parties, phone, wait};
use crate::{Operator, log_lines};
use senim_abi::voucher::Standing;
use senim_portal::conversation::What;
use senim_portal::phone::Phone;
use senim_portal::smpp::smsc::{Mood, Smsc, Subscriber};
use std::time::Duration;

const NAMES: [&str; 8] = [
    "Аружан",
    "Батыр",
    "Венера",
    "Ғалия",
    "Динара",
    "Ерлан",
    "Жібек",
    "Нұрлан",
];

/// How often the portal said since then that it has no connection, by the reason.
fn down(since: usize, code: &str) -> usize {
    let lines = String::from_utf8_lossy(&log_lines()[since..]).into_owned();
    let is_it = |line: &&str| line.contains("no connection to the SMSC") && line.contains(code);
    lines.lines().filter(is_it).count()
}

/// Parents behave as is usual; this for this test.
fn people(smsc: &Smsc) {
    for (number, behaves) in [
        (1, Subscriber::Yes),
        (2, Subscriber::Yes),
        (3, Subscriber::No),
        (4, Subscriber::Silent),
        (5, Subscriber::Blocked),
        (6, Subscriber::Away),
        (7, Subscriber::Yes),
        (8, Subscriber::Unknown),
    ] {
        smsc.subscriber(phone(number), behaves);
    }
}

#[test]
fn an_smsc_that_is_gone_babbles_and_is_slow_delays_questions_and_loses_none() {
    let since = log_lines().len();
    let operator = Operator::start();
    let address = operator.smsc.address().to_string();
    let children: Vec<Child> = NAMES
        .iter()
        .zip(1_u8..)
        .map(|(name, number)| Child::new(name, 40 + u32::from(number), number, true))
        .collect();
    let children: Vec<&Child> = children.iter().collect();
    let parties = Parties::new(&children, &operator.smsc, (3_600_000, 7_200_000));
    parties
        .list("under-fire", &children, "office")
        .expect("the office lists them");
    parties
        .open(&parties.path("office/under-fire.list"))
        .expect("it is the portal's");
    parties.attest("under-fire");

    // Nobody listens when the portal starts, and while it learns whom to ask.
    drop(operator);
    let portal = parties.start();
    parties.until(What::Listed, 8);
    wait("an SMSC that cannot be reached", || {
        down(since, "SMSC_UNREACHABLE") > 1
    });
    // It is back, and answers what is no SMPP.
    let operator = Operator::at(&address);
    people(&operator.smsc);
    operator.smsc.mood(Mood::Garbage);
    wait("nonsense", || down(since, "SMSC_NONSENSE") > 1);
    assert_eq!(parties.count(What::Asked), 0);
    assert!(operator.smsc.shown().is_empty(), "nothing was taken");
    // It takes no question for longer than the portal waits.
    operator.smsc.mood(Mood::Mute);
    let before = down(since, "SMSC_UNREACHABLE");
    wait("no answer in time", || {
        down(since, "SMSC_UNREACHABLE") > before
    });
    assert_eq!(parties.count(What::Asked), 0);
    // It is slow, within what the portal waits; and gone again in the middle of the list.
    operator.smsc.mood(Mood::Slow(Duration::from_millis(200)));
    wait("the first question", || parties.count(What::Asked) > 0);
    drop(operator);
    let operator = Operator::at(&address);
    let smsc = &operator.smsc;
    people(smsc);

    // The report has each question once, and each parent has answered or is reported.
    parties.until(What::Asked, 7);
    // What the broken SMSC had for the portal is lost with it; a parent who sees nothing come of a reply repeats it.
    for number in [1, 2, 7] {
        smsc.say(phone(number), "2#1");
    }
    smsc.say(phone(3), "2#0");
    parties.until(What::Yes, 3);
    parties.until(What::No, 1);
    for number in [1, 2, 7] {
        assert_eq!(parties.standing(children[number - 1]), Standing::Issued);
    }
    assert_eq!(parties.standing(children[2]), Standing::Declined);
    // There is no such number: that is known without a receipt.
    wait("who cannot be reached", || {
        parties.count(What::Undelivered) > 0
    });
    for number in [4, 5, 6, 8] {
        assert_eq!(parties.standing(children[number - 1]), Standing::Offered);
    }

    // From then on a broken connection repeats nothing, and no answer is counted twice.
    wait("an idle portal", || {
        parties.conversation().outbox.is_empty()
    });
    let shown = smsc.shown().len();
    smsc.break_connections();
    smsc.say(phone(4), "2#1");
    wait("the yes after the break", || {
        parties.standing(children[3]) == Standing::Issued
    });
    let to = |phone: Phone| {
        let shown = smsc.shown().into_iter().skip(shown);
        shown.filter(|shown| shown.to == phone).count()
    };
    wait("its confirmation", || to(phone(4)) == 1);
    assert_eq!(
        smsc.shown().len(),
        shown + 1,
        "one confirmation and no question"
    );
    let counts = parties.conversation().counts();
    assert_eq!(
        (counts[&What::Asked], counts[&What::Yes], counts[&What::No]),
        (7, 4, 1),
        "{counts:?}"
    );
    // Whoever saw a question twice saw the same one.
    for number in 1..=7 {
        let shown = smsc.shown_to(phone(number));
        let questions = shown.iter().filter(|text| text.contains("назначено"));
        let mut questions: Vec<_> = questions.collect();
        questions.dedup();
        assert!(questions.len() <= 1, "{questions:?}");
    }
    drop(portal);
}
