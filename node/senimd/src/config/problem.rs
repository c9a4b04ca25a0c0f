//! What is wrong with settings: where, which key, what was found, what is expected.

use super::keys::find;
use senim_types::Code;
use std::fmt;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, the variable or the flag.
    pub source: String,
    /// The key; empty where the source itself is wrong.
    pub key: String,
    /// What was found, and what is expected.
    pub message: String,
}

impl Problem {
    /// A problem in words.
    pub fn of(source: &str, key: &str, message: &str) -> Problem {
        Problem {
            source: source.to_owned(),
            key: key.to_owned(),
            message: message.to_owned(),
        }
    }

    /// A name that means nothing, and the known one that is most like it.
    pub fn unknown(source: &str, key: &str, near: Option<&str>) -> Problem {
        let hint = match near {
            Some(near) => format!("; did you mean {near}?"),
            None => "; `senimd config show` lists all".to_owned(),
        };
        Problem::of(source, key, &format!("there is no such setting{hint}"))
    }

    /// A value that is not what the key takes.
    pub fn value(source: &str, key: &str, found: &str, detail: &str) -> Problem {
        let expects = find(key).map_or("another value", |key| key.expects);
        let detail = if detail.is_empty() {
            String::new()
        } else {
            format!(" ({detail})")
        };
        Problem::of(
            source,
            key,
            &format!("found {found}, expected {expects}{detail}"),
        )
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.key.is_empty() {
            write!(f, "{}: {}", self.source, self.message)
        } else {
            write!(f, "{}: {}: {}", self.source, self.key, self.message)
        }
    }
}

/// Settings that cannot be used: everything that is wrong with them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// At least one.
    pub problems: Vec<Problem>,
}

impl ConfigError {
    /// The stable code.
    pub fn code(&self) -> Code {
        Code::CONFIGURATION
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.problems[..] {
            [problem] => problem.fmt(f),
            problems => {
                write!(f, "{} settings cannot be used:", problems.len())?;
                problems
                    .iter()
                    .try_for_each(|problem| write!(f, "\n  {problem}"))
            }
        }
    }
}
