//! What happened in a run: one hash of it, and the lines where somebody wants to read them.

use senim_types::{Hash, TimeMs};

/// See the module.
#[derive(Clone, Debug)]
pub struct Trace {
    hash: Hash,
    begin: TimeMs,
    is_printed: bool,
}

impl Trace {
    /// An empty trace of a run that begins at `begin`; printed line by line, or only hashed.
    pub fn new(begin: TimeMs, is_printed: bool) -> Trace {
        Trace {
            hash: Hash::ZERO,
            begin,
            is_printed,
        }
    }

    /// Adds a line.
    pub fn line(&mut self, now: TimeMs, what: &str) {
        let ms = now.since_ms(self.begin);
        let line = format!("{:>5}.{:03} s  {what}", ms / 1_000, ms % 1_000);
        let chained = [self.hash.as_bytes().as_slice(), line.as_bytes()].concat();
        self.hash = Hash::of(&chained);
        if self.is_printed {
            println!("{line}");
        }
    }

    /// Over all lines.
    pub fn hash(&self) -> Hash {
        self.hash
    }
}
