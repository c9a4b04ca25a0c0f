//! Golden bytes: the encodings of messages, records and events, approved in the repository.
//!
//! `UPDATE_GOLDEN=1 cargo test --test golden` in the contract's crate writes them anew; the difference is the approval.

extern crate std;

use crate::codec;
use alloc::string::String;
use borsh::{BorshDeserialize, BorshSerialize};
use core::fmt::{Debug, Write};
use std::path::Path;

/// Named encodings, one per line: name, space, hexadecimal bytes.
#[derive(Default)]
pub struct Golden {
    lines: String,
}

impl Golden {
    /// None yet.
    pub fn new() -> Golden {
        Golden::default()
    }

    /// Adds a value, which must decode to itself.
    pub fn add<T>(&mut self, name: &str, value: &T)
    where
        T: BorshSerialize + BorshDeserialize + PartialEq + Debug,
    {
        let bytes = codec::encode(value);
        let decoded = T::try_from_slice(&bytes).expect("what is encoded decodes");
        assert_eq!(&decoded, value, "{name}");
        self.lines.push_str(name);
        self.lines.push(' ');
        for byte in bytes {
            write!(self.lines, "{byte:02x}").expect("writing to a string cannot fail");
        }
        self.lines.push('\n');
    }

    /// Compares with the approved file, or writes it if `UPDATE_GOLDEN` is set.
    ///
    /// # Panics
    ///
    /// Names the first line that differs.
    pub fn check(&self, path: impl AsRef<Path>) {
        let path = path.as_ref();
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            let folder = path.parent().expect("the file is in a folder");
            std::fs::create_dir_all(folder).expect("the folder can be made");
            std::fs::write(path, &self.lines).expect("the golden file can be written");
        }
        let approved = std::fs::read_to_string(path).expect("run with UPDATE_GOLDEN=1 once");
        for (line, approved) in self.lines.lines().zip(approved.lines()) {
            assert_eq!(line, approved, "the bytes changed: {}", path.display());
        }
        assert_eq!(
            self.lines.len(),
            approved.len(),
            "lines are missing: {}",
            path.display()
        );
    }
}
