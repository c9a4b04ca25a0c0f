//! A support measure of the department's own, beside those of the devnet: its budget line, frame, rules, and who serves.
#![allow(dead_code)] // Each scenario uses its own part of it.

#[path = "ledger.rs"]
pub mod ledger;
#[path = "rules.rs"]
mod rules;

pub use ledger::{Ledger, text};
#[allow(unused_imports)] // As above.
pub use rules::{rules, terms};
use serde_json::{Value, json};
use std::fs;

impl Ledger {
    /// A file of a role's.
    pub fn file(&self, name: &str, content: &str) -> String {
        let path = self.path(name);
        fs::write(&path, content).expect("a file can be written");
        path
    }

    /// A budget line of 100 000 tenge for the vouchers of a programme of the same number.
    pub fn open_line(&self, number: &str) {
        let open = ["fund", "open", number, "--programme", number];
        self.done(&[&open[..], &["--caller", "voucher"]].concat());
        self.done(&["fund", "allot", number, "--amount", "100000"]);
    }

    /// The frame of another programme for this one, with the budget line of its own number, and changed.
    pub fn set_frame(&self, number: &str, of: &str, change: impl FnOnce(&mut Value)) {
        let mut frame = self.done(&["programme", "show", of])["frame"].clone();
        frame["budget"] = json!(number.parse::<u32>().expect("a number"));
        change(&mut frame);
        let path = self.file("frame.json", &frame.to_string());
        self.done(&["programme", "set", number, "--file", &path]);
    }

    /// The rules of a programme from now on.
    pub fn set_rules(&self, number: &str, changes: &[(&str, &str)]) {
        let path = self.file("rules.toml", &rules(changes));
        self.done(&["programme", "rules", number, "--file", &path]);
    }

    /// A provider is paid for what is used at a place, in a region, by the caterer's terminals.
    pub fn set_service(&self, number: &str, (place, provider): (&str, &str), region: &str) {
        let serve = ["programme", "serve", number, "--place", place];
        let by = ["--provider", provider, "--terminals", "50"];
        self.done(&[&serve[..], &by, &["--region", region]].concat());
    }

    /// A voucher of the wallet's under a programme, for this many tenge.
    pub fn issued(&self, number: &str, tenge: &str, more: &[&str]) -> String {
        let holder = self.holder();
        let issue = ["voucher", "issue", "--programme", number];
        let rest = ["--holder", &holder, "--amount", tenge];
        let told = self.done(&[&issue[..], &rest, more].concat());
        text(&told, "/voucher").to_owned()
    }
}
