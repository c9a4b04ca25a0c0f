//! What the keys of all other parties open of a sealed list: each key that lies in any folder but the portal's is tried on
//! both halves of every record, and on all numbers.

use crate::parties::{Child, Parties, checked};
use crate::privacy::{Found, files};
use senim_abi::voucher::{Entry, VoucherId};
use senim_codes::scan::scan_png;
use senim_codes::voucher_code::VoucherCode;
use senim_portal::list::file::List;
use senim_portal::list::open::{nullifier, voucher};
use senim_portal::sealing::BoxKey;
use senim_types::text::{KeyKind, from_bech32m};
use senim_types::{Hash, codec};
use std::collections::{BTreeMap, BTreeSet};

/// What a record is sealed for, once for each party: the format's own words.
const PURPOSES: [&[u8]; 2] = [
    b"senim list record for the portal 1",
    b"senim list record for the identity service 1",
];
/// Bytes of a half before it is sealed.
const HALF_BYTES: usize = 192;
/// The period of the scenario's lists, and the exclusion group of the devnet's free meals.
const PERIOD: (u32, &str) = (1, "2026-2027");
/// Bytes of the longest text of a secret, and more.
const SECRET_BYTES_MAX: usize = 200;
/// How the text of every secret of the project begins.
const PREFIXES: [&str; 11] = [
    KeyKind::Organisation.secret_prefix(),
    KeyKind::Validator.secret_prefix(),
    KeyKind::Peer.secret_prefix(),
    KeyKind::Device.secret_prefix(),
    KeyKind::Token.secret_prefix(),
    KeyKind::Hold.secret_prefix(),
    KeyKind::Any.secret_prefix(),
    senim_portal::sealing::SECRET_PREFIX,
    "senimnullifiersecret",
    "senimvaultsecret",
    "senimwalletsecret",
];

/// A record as it is written, with its two halves.
type Halves = (VoucherId, Entry, Vec<u8>, Vec<u8>);

/// Every number that somebody born on the children's day, or on their parents', can have.
pub fn numbers(children: &[&Child]) -> BTreeSet<String> {
    let mut numbers = BTreeSet::new();
    let of = |iin: &str| (iin[..6].to_owned(), iin.as_bytes()[6] - b'0');
    let days: BTreeSet<(String, u8)> = children
        .iter()
        .flat_map(|child| [of(&child.iin), of(&child.parent)])
        .collect();
    for (day, digit) in days {
        // The seventh digit has the century and the sex: an odd one and the even one after it are of one century.
        let odd = digit - (digit + 1) % 2;
        for digit in [odd, odd + 1] {
            let all = (0..10_000).filter_map(|counter| checked(&day, digit, counter));
            numbers.extend(all);
        }
    }
    for child in children {
        assert!(numbers.contains(&child.iin) && numbers.contains(&child.parent));
    }
    assert!(numbers.len() > 39_000, "{}", numbers.len());
    numbers
}

/// The secrets that lie in all folders but the portal's, by the names of their files.
fn secrets(parties: &Parties) -> BTreeMap<String, [u8; 32]> {
    let mut found: Vec<Found> = Vec::new();
    let root = parties.path("");
    for entry in std::fs::read_dir(&root).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() && !path.ends_with("portal") {
            files(&path, &mut found);
        }
    }
    let mut secrets = BTreeMap::new();
    for file in found {
        let name = file
            .name
            .strip_prefix(&parties.text(""))
            .unwrap_or(&file.name);
        let name = name.trim_start_matches('/').to_owned();
        let text = std::str::from_utf8(&file.bytes).map(str::trim);
        let text = text.ok().filter(|text| text.len() < SECRET_BYTES_MAX);
        if let Some(text) = text {
            let mut kinds = PREFIXES.iter();
            if let Some(secret) = kinds.find_map(|kind| from_bech32m(kind, text).ok()) {
                secrets.insert(name, secret);
                continue;
            }
        }
        let begins = file.bytes.iter().take(20).copied().collect::<Vec<u8>>();
        let begins = String::from_utf8_lossy(&begins).into_owned();
        let is_secret = begins.starts_with("senim") && begins.contains("secret");
        assert!(!is_secret, "{name} is a secret of a kind that is not tried");
        if name.ends_with(".png") {
            let scanned = scan_png(&file.bytes).expect("a code");
            if let Ok(VoucherCode::Printed(code)) = VoucherCode::from_text(&scanned.text) {
                secrets.insert(name, *code.key().seed());
            }
        }
    }
    secrets
}

/// The identity service's keys open which number a child has, and nothing else; everybody else's open nothing. `is_there`
/// is told each nullifier that the identity service's secret makes of a child's number.
pub fn open_nothing(
    parties: &Parties,
    children: &[&Child],
    list: &List,
    numbers: &BTreeSet<String>,
    is_there: impl Fn(Hash),
) {
    let secrets = secrets(parties);
    for name in [
        "network/keys/office.key",
        "network/keys/portal.key",
        "identity/lists.key",
        "identity/nullifiers.key",
        "canteen/device.key",
        "canteen/scanned.png",
        "school/device.key",
        "wallet/secret.key",
        "child/secret.key",
    ] {
        assert!(secrets.contains_key(name), "{name}: {:?}", secrets.keys());
    }
    let session = parties.session();
    let halves: Vec<Halves> = list
        .records
        .iter()
        .map(|record| codec::decode(&codec::encode(record), 1 << 12).expect("a record's bytes"))
        .collect();
    let children_all: BTreeSet<&str> = children.iter().map(|child| &child.iin[..]).collect();
    assert_eq!(halves.len(), children_all.len());
    // Each of both halves, under each of both purposes: what opens, by whose key.
    let opened = |secret: &[u8; 32]| {
        let key = BoxKey::from_seed(secret);
        let mut opened = Vec::new();
        for (voucher, _, for_portal, for_identity) in &halves {
            let bound = codec::encode(&(session.chain.0, list.programme, *voucher));
            for (half, sealed) in [for_portal, for_identity].into_iter().enumerate() {
                for (purpose, words) in PURPOSES.iter().enumerate() {
                    let plain = key.open(words, &bound, sealed);
                    opened.extend(plain.map(|plain| (half, purpose, plain.to_vec())));
                }
            }
        }
        opened
    };
    // The nullifiers that stand on the ledger, and which numbers a secret finds behind them.
    let on_ledger: BTreeSet<Hash> = halves
        .iter()
        .map(|(id, ..)| {
            let found = voucher(&session, id).unwrap_or_else(|failure| panic!("{failure:?}"));
            let found = found.expect("it is listed").nullifier;
            found.expect("it is attested")
        })
        .collect();
    let (group, period) = PERIOD;
    let digits = |number: &str| *number.as_bytes().as_array().expect("twelve digits");
    let found = |secret: &[u8; 32]| -> BTreeSet<&str> {
        let is_found = |number: &&String| {
            let iin = digits(number);
            on_ledger.contains(&nullifier(secret, group, period, &iin))
                || on_ledger.contains(&Hash(*blake3::keyed_hash(secret, &iin).as_bytes()))
        };
        numbers
            .iter()
            .filter(is_found)
            .map(String::as_str)
            .collect()
    };
    let of = |name: &str| secrets[name];
    for (name, secret) in &secrets {
        match name.as_str() {
            "identity/lists.key" => {}
            _ => assert_eq!(opened(secret), [], "{name} opens a record"),
        }
        match name.as_str() {
            "identity/nullifiers.key" => {}
            _ => assert!(found(secret).is_empty(), "{name} finds a number"),
        }
    }

    // The identity service: the child's number, filled up with zeros. No name, no telephone, no parent.
    let own = opened(&of("identity/lists.key"));
    let mut of_children = BTreeSet::new();
    for (half, purpose, plain) in &own {
        assert_eq!((*half, *purpose, plain.len()), (1, 1, HALF_BYTES));
        let (number, rest) = plain.split_at(12);
        assert!(rest.iter().all(|byte| *byte == 0), "and nothing beside it");
        of_children.insert(std::str::from_utf8(number).expect("digits"));
    }
    assert_eq!(own.len(), halves.len());
    assert_eq!(of_children, children_all);
    let secret = of("identity/nullifiers.key");
    assert_eq!(found(&secret), children_all);
    for child in children {
        is_there(nullifier(&secret, group, period, &digits(&child.iin)));
    }

    // The portal's own key opens the other half, so what opens nothing above is no fault of the trying.
    let portal = parties.path("portal/lists.key");
    let portal = std::fs::read_to_string(portal).expect("the portal made it");
    let portal = from_bech32m(senim_portal::sealing::SECRET_PREFIX, portal.trim());
    let portals = opened(&portal.expect("a key"));
    assert!(
        portals
            .iter()
            .all(|(half, purpose, _)| (half, purpose) == (&0, &0))
    );
    assert_eq!(portals.len(), halves.len());
    for (_, _, plain) in &portals {
        let is_in = |text: &str| {
            plain
                .windows(text.len())
                .any(|part| part == text.as_bytes())
        };
        assert!(children.iter().any(|child| is_in(&child.parent)));
        assert!(children.iter().all(|child| !is_in(&child.iin)));
    }
}
