//! A ledger with a service centre, a clinic and pharmacies, for the scenarios of benefit cards.
#![allow(dead_code)] // Each scenario uses its own part of it.

#[path = "ledger.rs"]
pub mod ledger;

use ledger::Ledger;
use senim_types::Code;
use serde_json::Value;

/// Packs on the shelf of the first pharmacy.
pub const METFORMIN: &str = "(01)04870001000011(21)MF0001(17)310531(10)M2601";
pub const AMLODIPINE: &str = "(01)04870001000028(21)AM0001(17)310228(10)A2604";

/// People who do not exist: their numbers are of a century in which nobody had one.
pub const PEOPLE: [(&str, &str); 3] = [
    ("Үлгігүл Сынақова", "610309200172"),
    ("Мысалбек Үлгібаев", "550412100209"),
    ("Үлгі Мысалова", "721128200307"),
];

pub fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    let text = value.pointer(pointer).and_then(Value::as_str);
    text.unwrap_or_else(|| panic!("{pointer} in {value}"))
}

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
        self.path(&format!("card-{number}.chip"))
    }

    /// A command of the service centre.
    pub fn centre(&self, args: &[&str]) -> Result<Value, Code> {
        let cards = self.path("cards");
        let args = [&["card"], args, &["--cards", &cards]].concat();
        self.ledger.senim(&args).map(|answer| answer.json)
    }

    /// Issues a card to one of the people; answers its number.
    pub fn card(&self, number: usize) -> String {
        let (name, iin) = PEOPLE[number];
        let chip = self.chip(number);
        let issued = self.centre(&[
            "issue",
            "--name",
            name,
            "--iin",
            iin,
            "--category",
            "1",
            "--until",
            "2099-12-31",
            "--chip",
            &chip,
        ]);
        // Five years at most, on the ledger; the entitlement itself may be longer.
        text(&issued.expect("a card is issued"), "/number").to_owned()
    }

    /// The key that a clinic's system gets for a card's number.
    pub fn key(&self, number: &str) -> Result<String, Code> {
        let answer = self.centre(&["key", "--number", number])?;
        Ok(text(&answer, "/card").to_owned())
    }

    /// A clinic issues a message under the programme of cards.
    pub fn issue(&self, message: &str, card: Option<&str>) -> Result<String, Code> {
        let (clinic, holder) = (self.path("clinic"), self.ledger.holder());
        let file = senim_tests::world::network::root()
            .join("tests/data/demo")
            .join(message);
        let file = file.to_str().expect("UTF-8");
        let mut args = vec![
            "prescription",
            "issue",
            "--fhir",
            file,
            "--holder",
            &holder,
            "--programme",
            "7",
            "--clinic",
            &clinic,
        ];
        args.extend(card.iter().flat_map(|card| ["--card", card]));
        let answer = self.ledger.senim(&args)?;
        Ok(text(&answer.json, "/group").to_owned())
    }

    /// A command of a pharmacy's terminal.
    pub fn pharmacy(&self, device: &str, args: &[&str]) -> Result<Value, Code> {
        let folder = self.path(device);
        let args = [
            &["pharmacy"],
            args,
            &["--key", device, "--hold-dir", &folder],
        ]
        .concat();
        self.ledger.senim(&args).map(|answer| answer.json)
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
