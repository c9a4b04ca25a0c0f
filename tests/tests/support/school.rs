//! A school whose caterer's terminals lose their connection: its pupils' vouchers, and what waits for the payer.
#![allow(dead_code)] // Each scenario uses its own part of it.

#[path = "ledger.rs"]
pub mod ledger;

use ledger::Ledger;
use senim_types::Code;
use serde_json::Value;

/// What the devnet allots to programme 2, in tiyn.
pub const ALLOTTED: u64 = 20_000_000_000;

/// Canteens of one school, and the vouchers of its pupils, of 9 000 tenge each.
pub struct School {
    pub ledger: Ledger,
}

impl School {
    pub fn start() -> School {
        School {
            ledger: Ledger::start(),
        }
    }

    /// A pupil's voucher.
    pub fn voucher(&self) -> String {
        let holder = self.ledger.holder();
        let issue = [
            "voucher", "issue", "--holder", &holder, "--place", "40", "--amount", "9000",
        ];
        let issued = self.ledger.done(&issue);
        issued["voucher"].as_str().expect("an id").to_owned()
    }

    /// What waits for the payer: codes and names of records.
    pub fn waiting(&self) -> Vec<(Code, String)> {
        let list = self.ledger.done(&["voucher", "excess", "list"]);
        let records = list["excess"].as_array().expect("a list").iter();
        let code = |it: &Value| serde_json::from_value(it["excess"]["code"].clone());
        let name = |it: &Value| it["record"].as_str().map(str::to_owned);
        records
            .map(|it| (code(it).expect("a code"), name(it).expect("a name")))
            .collect()
    }

    /// The payer answers.
    pub fn answer(&self, words: &[&str]) -> Result<Value, Code> {
        let words = [&["voucher", "excess"], words].concat();
        self.ledger.senim(&words).map(|answer| answer.json)
    }

    /// Available and reserved in the budget line, and the caterer's claim, in tiyn.
    pub fn money(&self) -> (u64, u64, u64) {
        let line = self.ledger.done(&["budget", "2"]);
        let sum = |name: &str| line[name].as_u64().expect("a sum");
        let claims = r#"{"claims":{"provider":50,"after":null}}"#;
        let claims = self.ledger.done(&["query", "treasury", claims]);
        let claim = claims[0][2]["sum"].as_u64().unwrap_or(0);
        (sum("available_tiyn"), sum("reserved_tiyn"), claim)
    }
}
