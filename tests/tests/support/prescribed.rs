//! What service centre, clinic and pharmacies do with a prescription, each by the client's own commands.
#![allow(dead_code)] // Each scenario uses its own part of it.

#[path = "ledger.rs"]
pub mod ledger;

use ledger::Ledger;
pub use ledger::text;
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

/// A benefit card, and a key of it for one prescription.
pub struct Card {
    pub number: String,
    pub chip: String,
    pub key: String,
}

impl Ledger {
    /// A command of the service centre.
    pub fn centre(&self, args: &[&str]) -> Result<Value, Code> {
        let cards = self.path("cards");
        let args = [&["card"], args, &["--cards", &cards]].concat();
        self.senim(&args).map(|answer| answer.json)
    }

    /// The chip of a person's card.
    pub fn chip(&self, person: usize) -> String {
        self.path(&format!("card-{person}.chip"))
    }

    /// Issues a card to one of the people; answers its number.
    pub fn issue_card(&self, person: usize) -> String {
        let ((name, iin), chip) = (PEOPLE[person], self.chip(person));
        let until = ["--category", "1", "--until", "2099-12-31", "--chip", &chip];
        let issue = ["issue", "--name", name, "--iin", iin];
        // Five years at most, on the ledger; the entitlement itself may be longer.
        let issued = self.centre(&[&issue[..], &until].concat());
        text(&issued.expect("a card is issued"), "/number").to_owned()
    }

    /// The key that a clinic's system gets for a card's number.
    pub fn card_key(&self, number: &str) -> Result<String, Code> {
        let answer = self.centre(&["key", "--number", number])?;
        Ok(text(&answer, "/card").to_owned())
    }

    /// A card of the first of the people, with its keys registered, and one of them.
    pub fn card(&self) -> Card {
        let number = self.issue_card(0);
        self.centre(&["keys"]).expect("keys are registered");
        let key = self.card_key(&number).expect("a key");
        let chip = self.chip(0);
        Card { number, chip, key }
    }

    /// A reader that is another program puts a terminal's challenge to a chip.
    pub fn tap(&self, chip: &str, challenge: &str, answer: &str) {
        let tap = ["card", "tap", "--chip", chip, "--challenge", challenge];
        self.done(&[&tap[..], &["--out", answer]].concat());
    }

    /// The clinic issues a message to a fresh key of the wallet.
    pub fn prescribe(&self, message: &str, more: &[&str]) -> Result<String, Code> {
        let (clinic, holder) = (self.path("clinic"), self.holder());
        let file = senim_tests::world::network::root()
            .join("tests/data/demo")
            .join(message);
        let file = file.to_str().expect("UTF-8");
        let issue = ["prescription", "issue", "--fhir", file];
        let rest = ["--holder", &holder, "--clinic", &clinic];
        let answer = self.senim(&[&issue[..], &rest, more].concat())?;
        Ok(text(&answer.json, "/group").to_owned())
    }

    /// A command of a pharmacy's terminal, with the pharmacy's own folder.
    pub fn pharmacy(&self, device: &str, args: &[&str]) -> Result<Value, Code> {
        let folder = self.path(device);
        let own = ["--key", device, "--hold-dir", &folder];
        let args = [&["pharmacy"], args, &own].concat();
        self.senim(&args).map(|answer| answer.json)
    }
}
