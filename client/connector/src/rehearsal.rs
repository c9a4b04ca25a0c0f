//! Moods of the systems to rehearse with.

use std::time::Duration;

/// How an outside system behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mood {
    /// As it should.
    Well,
    /// It answers 503.
    Down,
    /// It takes what it gets, and answers so late.
    Slow(Duration),
    /// It takes nothing, and answers with a page for people.
    Nonsense,
    /// It refuses for good whatever has this text in it.
    Refuses(String),
}

impl Mood {
    /// Reads `well`, `down`, `slow MS`, `nonsense`, or `refuse TEXT`.
    pub fn read(line: &str) -> Option<Mood> {
        let (word, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        match (word, rest) {
            ("well", "") => Some(Mood::Well),
            ("down", "") => Some(Mood::Down),
            ("nonsense", "") => Some(Mood::Nonsense),
            ("slow", ms) => Some(Mood::Slow(Duration::from_millis(ms.parse().ok()?))),
            ("refuse", text) if !text.is_empty() => Some(Mood::Refuses(text.to_owned())),
            _ => None,
        }
    }
}

/// What such a system says where it says nonsense.
pub const PAGE: &str = "<html><body>It works!</body></html>";
