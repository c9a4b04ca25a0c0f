//! A ledger with a clinic, a wallet and pharmacies that have folders of their own, and the medicines of the scenarios of
//! private pharmacies: `scripts/demo/pharmacy.sh` plays with the same.
#![allow(dead_code)] // Each scenario uses its own part of it.

#[path = "prescribed.rs"]
mod prescribed;

use prescribed::ledger::Ledger;
pub use prescribed::*;
use senim_cli::keys;
use senim_cli::session::Session;
use senim_types::text::KeyKind;
use senim_types::{Code, Hash};
use serde_json::{Value, json};
use std::path::Path;

/// Packs of the devnet on the shelf of the first pharmacy.
pub const METFORMIN_2: &str = "(01)04870001000011(21)MF0002(17)310531(10)M2601";
pub const AMLODIPINE_2: &str = "(01)04870001000028(21)AM0002(17)310228(10)A2604";
/// The same medicines by other makers: metformin at both pharmacies, amlodipine at the first; and another strength.
pub const OTHER_METFORMIN: &str = "(01)04870001000059(21)OM0001(17)310531(10)O2601";
pub const RIVALS_METFORMIN: &str = "(01)04870001000059(21)OM0100(17)310531(10)O2602";
pub const STRONG_METFORMIN: &str = "(01)04870001000066(21)SM0001(17)310531(10)S2601";
pub const OTHER_AMLODIPINE: &str = "(01)04870001000073(21)OA0001(17)310531(10)N2601";
/// Of a lot that is recalled.
pub const RECALLED: &str = "(01)04870001000011(21)RC0001(17)310531(10)R2601";

/// The devnet's budget line of the programme, in tiyn.
pub const ALLOTTED: u64 = 50_000_000_000;

/// What a pharmacy is told of one item: how it is to be taken.
pub fn dosage(held: &Value, item: u64) -> Option<&str> {
    let items = held["contents"].as_array().expect("a list");
    let of = items.iter().find(|one| one["item"] == item)?;
    let entries = of["fhir"]["entry"].as_array().expect("a bundle");
    let request = entries
        .iter()
        .find(|entry| entry["resource"]["resourceType"] == "MedicationRequest");
    request?
        .pointer("/resource/dosageInstruction/0/text")?
        .as_str()
}

pub struct Dispensary {
    pub ledger: Ledger,
}

impl Dispensary {
    /// The devnet, with the regulator's further products and packs.
    pub fn start() -> Dispensary {
        let ledger = Ledger::start();
        let product =
            |gtin: &str, name: &str, inn: &str, strength: &str, units: &str, cap: &str| {
                ledger.done(&[
                    "pack",
                    "product",
                    "--gtin",
                    gtin,
                    "--name",
                    name,
                    "--inn",
                    inn,
                    "--strength",
                    strength,
                    "--form",
                    "tablet",
                    "--unit",
                    "tablet",
                    "--units-per-pack",
                    units,
                    "--price-cap",
                    cap,
                ]);
            };
        let metformin = "A10BA02";
        product(
            "04870001000059",
            "Metformin Other No 30",
            metformin,
            "500mg",
            "30",
            "900",
        );
        product(
            "04870001000066",
            "Metformin Strong No 60",
            metformin,
            "850mg",
            "60",
            "1900",
        );
        product(
            "04870001000073",
            "Amlodipine Other No 30",
            "C08CA01",
            "5mg",
            "30",
            "1800",
        );
        let shop = Dispensary { ledger };
        let introduce = |gtin: &str, lot: &str, serials: &str, at: &str| {
            let introduced = shop.introduce(gtin, (lot, "2031-05-31"), serials, at);
            introduced.expect("a pack of the regulator's");
        };
        introduce("04870001000059", "O2601", "OM0001,OM0002", "20");
        introduce("04870001000059", "O2602", "OM0100", "21");
        introduce("04870001000066", "S2601", "SM0001", "20");
        introduce("04870001000073", "N2601", "OA0001,OA0002", "20");
        introduce("04870001000011", "R2601", "RC0001", "20");
        let lot = ["--gtin", "04870001000011", "--lot", "R2601"];
        shop.ledger.done(&[&["pack", "recall"][..], &lot].concat());
        shop
    }

    /// Packs of a lot with this expiry are entered where they lie.
    pub fn introduce(
        &self,
        gtin: &str,
        (lot, expiry): (&str, &str),
        serials: &str,
        at: &str,
    ) -> Result<(), Code> {
        let introduce = ["pack", "introduce", "--gtin", gtin, "--lot", lot];
        let what = ["--expiry", expiry, "--serials", serials];
        let place = ["--at", at, "--stage", "opening-stock"];
        let words = [&introduce[..], &what, &place].concat();
        self.ledger.senim(&words).map(|_| ())
    }

    pub fn path(&self, name: &str) -> String {
        self.ledger.path(name)
    }

    /// The clinic issues a message to a fresh key of the wallet.
    pub fn issue(&self, message: &str, more: &[&str]) -> Result<String, Code> {
        self.ledger.prescribe(message, more)
    }

    /// A command of a pharmacy's terminal, with the pharmacy's own folder.
    pub fn pharmacy(&self, device: &str, args: &[&str]) -> Result<Value, Code> {
        self.ledger.pharmacy(device, args)
    }

    /// A telephone of somebody else's, or another of the same person: a wallet of another secret, and a key of it.
    pub fn new_telephone(&self, name: &str) -> (String, String) {
        let wallet = self.path(name);
        self.ledger.done(&["wallet", "new", "--wallet", &wallet]);
        self.ledger.agrees(&wallet);
        let key = self.ledger.senim(&["wallet", "key", "--wallet", &wallet]);
        let key = key.expect("a wallet gives keys").text.trim().to_owned();
        (wallet, key)
    }

    /// A QR of these items, in a picture of its own; what the command says of it.
    pub fn qr(&self, wallet: &str, group: &str, items: &str, out: &str) -> Result<Value, Code> {
        let words = [
            "wallet", "qr", group, "--items", items, "--ttl", "300s", "--out", out, "--wallet",
            wallet,
        ];
        self.ledger.senim(&words).map(|answer| answer.json)
    }

    /// The wallet shows a fresh QR of these items, and the pharmacy holds by it.
    pub fn hold(&self, device: &str, group: &str, items: &str) -> Result<Value, Code> {
        let (wallet, qr) = (self.path("wallet"), self.path("qr.png"));
        self.ledger.agrees(&wallet);
        self.qr(&wallet, group, items, &qr).expect("a QR");
        self.pharmacy(device, &["hold", "--qr", &qr])
    }

    /// Units of a pack for an item; answers what the programme bears, in tiyn.
    pub fn dispense(
        &self,
        device: &str,
        group: &str,
        (item, pack): (&str, &str),
        units: &str,
        price: &str,
    ) -> Result<u64, Code> {
        let told = self.pharmacy(
            device,
            &[
                "dispense", "--group", group, "--item", item, "--pack", pack, "--units", units,
                "--price", price,
            ],
        )?;
        Ok(told["dispense"]["borne"].as_u64().expect("a sum"))
    }

    /// What the wallet says of who looked.
    pub fn log(&self, group: &str) -> Value {
        let wallet = self.path("wallet");
        self.ledger
            .done(&["wallet", "log", group, "--wallet", &wallet])
    }

    /// What the programme's budget line has, in tiyn.
    pub fn available(&self) -> u64 {
        let line = self.ledger.done(&["budget", "1"]);
        line["available_tiyn"].as_u64().expect("a sum")
    }

    /// What the programme owes a pharmacy this month, in tiyn.
    pub fn sales(&self, device: &str) -> Value {
        self.ledger.done(&["pharmacy", "sales", "--key", device])
    }

    /// Where the register has a pack, as JSON.
    pub fn pack(&self, pack: &str) -> Value {
        let rest = pack.strip_prefix("(01)").expect("a GTIN");
        let (gtin, rest) = rest.split_once("(21)").expect("a serial number");
        let (serial, _) = rest.split_once("(17)").expect("an expiry");
        let question = json!({ "pack": { "pack": { "gtin": gtin, "serial": serial } } });
        let told = self
            .ledger
            .done(&["query", "marking", &question.to_string()]);
        told["pack"]["state"].clone()
    }

    /// What the node answers a device that asks for a sealed object, saying that it is of this prescription.
    pub fn fetch(&self, device: &str, sealed: &Hash, group: &str) -> Result<Vec<u8>, Code> {
        let network = self.path("network");
        let folder = Path::new(&network);
        let key = keys::read(&folder.join(format!("keys/{device}.key")), KeyKind::Device);
        let session = Session::open(self.ledger.url(), folder, &folder.join("trusted.light"));
        let session = session.unwrap_or_else(|failure| panic!("{}", failure.code));
        let key = key.unwrap_or_else(|failure| panic!("{}", failure.code));
        let group = senim_cli::context::group_id(group).expect("an id");
        let fetched = session.get_sealed(&key, sealed, Some(&group));
        fetched.map_err(|failure| failure.code)
    }

    /// The hash of what was sealed with a prescription.
    pub fn sealed(&self, group: &str) -> Hash {
        let shown = self.ledger.done(&["prescription", "show", group]);
        text(&shown, "/record/sealed").parse().expect("a hash")
    }
}
