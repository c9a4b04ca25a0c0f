//! What a command says when it did what it was asked to: the same content for people and for programs.

use serde_json::Value;
use std::fmt::Write;

/// A command's answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Lines for people.
    pub text: String,
    /// One object for programs.
    pub json: Value,
}

impl Answer {
    /// An answer of one object and no lines yet.
    pub fn new(json: Value) -> Answer {
        Answer {
            text: String::new(),
            json,
        }
    }

    /// An answer whose text is its JSON, whoever reads it.
    pub fn json_only(json: Value) -> Answer {
        Answer {
            text: format!("{json}\n"),
            json,
        }
    }

    /// Adds a line.
    #[must_use]
    pub fn line(mut self, line: impl AsRef<str>) -> Answer {
        writeln!(self.text, "{}", line.as_ref()).expect("writing to memory cannot fail");
        self
    }

    /// Adds lines.
    #[must_use]
    pub fn lines(self, lines: impl IntoIterator<Item = impl AsRef<str>>) -> Answer {
        lines.into_iter().fold(self, Answer::line)
    }
}
