//! The portal's end of SMPP against a real server, over TCP.

use senim_portal::conversation::Outcome;
use senim_portal::conversation::words::Said;
use senim_portal::phone::Phone;
use senim_portal::smpp::message::TEXT_UNITS_MAX;
use senim_portal::smpp::smsc::{Mood, Smsc, Subscriber};
use senim_portal::smpp::{Esme, EsmeConfig, FromSmsc, Incoming, ToSend};
use senim_types::Code;
use std::time::Duration;
use tokio::sync::mpsc;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

fn phone(number: u8) -> Phone {
    Phone::read(&format!("770100000{number:02}")).expect("a number")
}

/// The portal's end, with hurried manners.
struct Link {
    to_send: mpsc::Sender<ToSend>,
    from: mpsc::Receiver<FromSmsc>,
}

impl Link {
    fn to(address: std::net::SocketAddr) -> Link {
        let mut config = EsmeConfig::new(&address.to_string(), "portal", "secret", "1414");
        config.pause_min = Duration::from_millis(20);
        config.pause_max = Duration::from_millis(100);
        config.answer_max = Duration::from_millis(500);
        config.enquire_every = Duration::from_millis(200);
        let (to_send, messages) = mpsc::channel(16);
        let (out, from) = mpsc::channel(16);
        tokio::spawn(Esme::new(config, messages, out).run());
        Link { to_send, from }
    }

    async fn send(&self, id: u64, to: Phone, text: &str) {
        let text = text.to_owned();
        self.to_send
            .send(ToSend { id, to, text })
            .await
            .expect("it runs");
    }

    /// What comes next; deliveries are kept.
    async fn next(&mut self) -> FromSmsc {
        let next = tokio::time::timeout(PATIENCE, self.from.recv()).await;
        next.expect("in time").expect("it runs")
    }

    /// What comes next of this kind; deliveries of other kinds are kept.
    async fn until<T>(&mut self, what: &str, mut wanted: impl FnMut(&FromSmsc) -> Option<T>) -> T {
        for _ in 0..500 {
            let next = self.next().await;
            let found = wanted(&next);
            if let FromSmsc::Delivered { kept, .. } = next {
                kept.send(()).expect("it waits");
            }
            if let Some(found) = found {
                return found;
            }
        }
        panic!("{what} does not come");
    }

    async fn taken(&mut self, id: u64) -> Vec<String> {
        self.until("taken", |from| match from {
            FromSmsc::Taken { id: of, parts } if *of == id => Some(parts.clone()),
            FromSmsc::Unsendable { id: of, .. } if *of == id => panic!("{id} is unsendable"),
            _ => None,
        })
        .await
    }

    async fn down(&mut self) -> Code {
        self.until("down", |from| match from {
            FromSmsc::Down(code) => Some(*code),
            _ => None,
        })
        .await
    }

    async fn message(&mut self) -> (Option<Phone>, String) {
        self.until("a message", |from| match from {
            FromSmsc::Delivered {
                incoming: Incoming::Message { from, text },
                ..
            } => Some((*from, text.clone())),
            _ => None,
        })
        .await
    }

    async fn receipt(&mut self) -> Outcome {
        self.until("a receipt", |from| match from {
            FromSmsc::Delivered {
                incoming: Incoming::Receipt { outcome, .. },
                ..
            } => Some(*outcome),
            _ => None,
        })
        .await
    }
}

fn question() -> String {
    let question = Said::Question {
        child: "Айгерім",
        number: 1,
        again: false,
    };
    question.text()
}

#[tokio::test]
async fn a_question_in_two_languages_arrives_whole_and_is_answered() {
    let smsc = Smsc::listen("127.0.0.1:0").await.expect("a port is free");
    smsc.subscriber(phone(1), Subscriber::Yes);
    let mut link = Link::to(smsc.address());
    link.send(7, phone(1), &question()).await;
    let parts = link.taken(7).await;
    assert!(parts.len() > 2, "{} parts", parts.len());
    assert_eq!(link.message().await, (Some(phone(1)), "2#1".to_owned()));
    let shown = smsc.shown();
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0].text, question());
    assert_eq!(
        (shown[0].from.as_str(), shown[0].parts),
        ("1414", parts.len())
    );
}

#[tokio::test]
async fn subscribers_who_cannot_be_reached() {
    let smsc = Smsc::listen("127.0.0.1:0").await.expect("a port is free");
    let mut link = Link::to(smsc.address());
    for (number, behaves, outcome) in [
        (1, Subscriber::Silent, Outcome::Delivered),
        (2, Subscriber::Blocked, Outcome::Blocked),
        (3, Subscriber::Away, Outcome::Failed),
    ] {
        smsc.subscriber(phone(number), behaves);
        link.send(u64::from(number), phone(number), "қысқа").await;
        assert_eq!(link.taken(u64::from(number)).await.len(), 1);
        assert_eq!(link.receipt().await, outcome, "{number}");
    }
    smsc.subscriber(phone(4), Subscriber::Unknown);
    link.send(4, phone(4), "қысқа").await;
    let outcome = link.until("refused", |from| match from {
        FromSmsc::Unsendable { id: 4, outcome } => Some(*outcome),
        _ => None,
    });
    assert_eq!(outcome.await, Outcome::Failed);
}

#[tokio::test]
async fn an_smsc_that_comes_late_and_breaks_loses_no_question() {
    // A port that nobody listens on yet.
    let address = {
        let smsc = Smsc::listen("127.0.0.1:0").await.expect("a port is free");
        smsc.address()
    };
    let mut link = Link::to(address);
    link.send(1, phone(1), &question()).await;
    assert_eq!(link.down().await, Code::SMSC_UNREACHABLE);
    let smsc = loop {
        // The port may be in TIME_WAIT for a moment.
        match Smsc::listen(address).await {
            Ok(smsc) => break smsc,
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    };
    link.taken(1).await;
    smsc.break_connections();
    assert_eq!(link.down().await, Code::SMSC_UNREACHABLE);
    link.send(2, phone(2), &question()).await;
    link.taken(2).await;
    assert_eq!(smsc.shown_to(phone(1)).len(), 1);
    assert_eq!(smsc.shown_to(phone(2)).len(), 1);
}

#[tokio::test]
async fn an_smsc_in_each_of_its_moods() {
    let smsc = Smsc::listen("127.0.0.1:0").await.expect("a port is free");
    let mut link = Link::to(smsc.address());
    // Full for longer than any patience that would give up.
    smsc.mood(Mood::Throttles(12));
    link.send(1, phone(1), "бір").await;
    link.taken(1).await;
    smsc.mood(Mood::Slow(Duration::from_millis(200)));
    link.send(2, phone(1), "екі").await;
    link.taken(2).await;
    // Nothing of it can be told from a question that was lost, so it is asked again.
    for (id, mood, code) in [
        (3, Mood::Mute, Code::SMSC_UNREACHABLE),
        (4, Mood::Garbage, Code::SMSC_NONSENSE),
    ] {
        smsc.mood(mood);
        link.send(id, phone(1), "үш").await;
        assert_eq!(link.down().await, code, "{mood:?}");
        smsc.mood(Mood::Well);
        link.taken(id).await;
    }
    smsc.mood(Mood::Locked);
    smsc.break_connections();
    assert_eq!(link.down().await, Code::SMSC_UNREACHABLE);
    assert_eq!(link.down().await, Code::SMSC_REFUSED);
    smsc.mood(Mood::Unheard);
    link.send(5, phone(1), "бес").await;
    let outcome = link.until("given up", |from| match from {
        FromSmsc::Unsendable { id: 5, outcome } => Some(*outcome),
        _ => None,
    });
    assert_eq!(outcome.await, Outcome::Failed);
    smsc.mood(Mood::Well);
    assert_eq!(smsc.shown_to(phone(1)).len(), 4);
}

#[tokio::test]
async fn what_is_not_kept_comes_again() {
    let smsc = Smsc::listen("127.0.0.1:0").await.expect("a port is free");
    let mut link = Link::to(smsc.address());
    smsc.say(phone(1), "2#1");
    // The first time it cannot be kept.
    let first = loop {
        if let FromSmsc::Delivered { incoming, kept } = link.next().await {
            drop(kept);
            break incoming;
        }
    };
    let from = Some(phone(1));
    assert_eq!(
        first,
        Incoming::Message {
            from,
            text: "2#1".to_owned()
        }
    );
    smsc.say(phone(2), "Ия, келісемін");
    let mut both = vec![link.message().await, link.message().await];
    both.sort();
    assert_eq!(
        both,
        [
            (Some(phone(1)), "2#1".to_owned()),
            (Some(phone(2)), "Ия, келісемін".to_owned()),
        ]
    );
}

#[tokio::test]
async fn the_longest_words_fit() {
    let child = "Ә".repeat(senim_portal::conversation::words::CHILD_CHARS_MAX);
    let child = child.as_str();
    let said = [
        Said::Question {
            child,
            number: 9,
            again: true,
        },
        Said::Accepted { child, number: 9 },
        Said::Declined { child },
        Said::Activate { child },
        Said::Closed,
        Said::Unclear {
            numbers: &[1, 2, 3, 4, 5, 6, 7, 8, 9],
        },
    ];
    for said in said {
        let units = said.text().encode_utf16().count();
        assert!(units <= TEXT_UNITS_MAX, "{units}: {said:?}");
    }
    // What is longer is not sent in half.
    let (id, to) = (1, phone(1));
    let text = "ұ".repeat(TEXT_UNITS_MAX + 1);
    assert!(ToSend { id, to, text }.parts("1414").is_none());
    let text = "ұ".repeat(TEXT_UNITS_MAX);
    let parts = ToSend { id, to, text }.parts("1414").expect("it fits");
    assert_eq!(parts.len(), 10);
    assert!(parts.iter().all(|part| part.short_message().len() <= 140));
}
