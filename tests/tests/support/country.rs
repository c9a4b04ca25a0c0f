//! A ledger with a service centre, a clinic and pharmacies, for the scenarios of benefit cards.
#![allow(dead_code)] // Each scenario uses its own part of it.

#[path = "prescribed.rs"]
mod prescribed;

use prescribed::ledger::Ledger;
pub use prescribed::{AMLODIPINE, METFORMIN, PEOPLE, text};
use senim_types::Code;
use serde_json::Value;

/// A ledger with a service centre, a clinic and pharmacies that have folders of their own.
pub struct Country {
    pub ledger: Ledger,
}

impl Country {
    pub fn start() -> Country {
        Country {
            ledger: Ledger::start(),
        }
    }

    pub fn path(&self, name: &str) -> String {
        self.ledger.path(name)
    }

    pub fn chip(&self, number: usize) -> String {
        self.ledger.chip(number)
    }

    /// A command of the service centre.
    pub fn centre(&self, args: &[&str]) -> Result<Value, Code> {
        self.ledger.centre(args)
    }

    /// Issues a card to one of the people; answers its number.
    pub fn card(&self, number: usize) -> String {
        self.ledger.issue_card(number)
    }

    /// The key that a clinic's system gets for a card's number.
    pub fn key(&self, number: &str) -> Result<String, Code> {
        self.ledger.card_key(number)
    }

    /// A clinic issues a message under the programme of cards.
    pub fn issue(&self, message: &str, card: Option<&str>) -> Result<String, Code> {
        let mut more = vec!["--programme", "7"];
        more.extend(card.iter().flat_map(|card| ["--card", card]));
        self.ledger.prescribe(message, &more)
    }

    /// A command of a pharmacy's terminal.
    pub fn pharmacy(&self, device: &str, args: &[&str]) -> Result<Value, Code> {
        self.ledger.pharmacy(device, args)
    }

    /// A card put to a terminal's own reader.
    pub fn hold(&self, device: &str, group: &str, chip: &str) -> Result<(), Code> {
        let held = self.pharmacy(device, &["hold", "--group", group, "--chip", chip]);
        held.map(|_| ())
    }

    pub fn dispense(
        &self,
        device: &str,
        group: &str,
        pack: &str,
        units: &str,
        price: &str,
    ) -> Result<(), Code> {
        let args = [
            "dispense", "--group", group, "--item", "1", "--pack", pack, "--units", units,
            "--price", price,
        ];
        self.pharmacy(device, &args).map(|_| ())
    }

    /// Nothing that a node keeps has one of these, as text or in hexadecimal.
    pub fn nodes_do_not_have(&self, needles: &[&str]) {
        let mut folders = vec![std::path::PathBuf::from(self.path("network/nodes"))];
        let mut files = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder of the nodes") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let bytes = std::fs::read(&path).expect("a file of the nodes");
                files += 1;
                for needle in needles {
                    let hex: String = needle.bytes().map(|byte| format!("{byte:02x}")).collect();
                    for needle in [needle.as_bytes(), hex.as_bytes()] {
                        let found = bytes.windows(needle.len()).any(|part| part == needle);
                        assert!(!found, "{} has personal data", path.display());
                    }
                }
            }
        }
        assert!(files > 3, "there is something to look through");
    }

    /// What the programme's budget line has, in tiyn.
    pub fn available(&self) -> u64 {
        let line = self.ledger.done(&["budget", "7"]);
        line["available_tiyn"].as_u64().expect("a sum")
    }
}
