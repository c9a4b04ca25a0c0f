//! Every other party's files are searched for who it was: as it stands, and by trying numbers.

use crate::keys_of_others;
use crate::parties::{Child, Parties};
use senim_portal::list::file::List;
use senim_types::{Code, Hash, TimeMs};
use std::collections::{BTreeSet, HashSet};
use std::path::Path;

/// A file of another party.
pub struct Found {
    pub name: String,
    pub bytes: Vec<u8>,
}

pub fn files(folder: &Path, into: &mut Vec<Found>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, into);
        } else {
            let bytes = std::fs::read(&path).expect("a file");
            into.push(Found {
                name: path.display().to_string(),
                bytes,
            });
        }
    }
}

/// What is looked for, in the forms in which it could stand: UTF-8, UTF-16 both ways, hexadecimal.
fn forms(text: &str) -> Vec<Vec<u8>> {
    let hex = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
            .into_bytes()
    };
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    vec![
        text.as_bytes().to_vec(),
        hex(text.as_bytes()),
        hex(text.as_bytes()).to_ascii_uppercase(),
        hex(&big),
        big,
        little,
    ]
}

/// Which of the needles stands in the hay; one pass.
fn contained<'a>(hay: &[u8], needles: &'a BTreeSet<Vec<u8>>) -> Option<&'a [u8]> {
    let mut by_pair: Vec<Vec<&[u8]>> = vec![Vec::new(); 1 << 16];
    let pair = |two: &[u8]| usize::from(two[0]) << 8 | usize::from(two[1]);
    for needle in needles {
        by_pair[pair(needle)].push(needle);
    }
    let mut starts = 0..hay.len().saturating_sub(1);
    starts.find_map(|at| {
        let here = by_pair[pair(&hay[at..])].iter();
        here.copied().find(|needle| hay[at..].starts_with(needle))
    })
}

/// What is searched for the beginnings of hashes: one pass over the bytes.
struct Hashes(HashSet<[u8; 8]>);

impl Hashes {
    fn add(&mut self, hash: &[u8]) {
        self.0
            .insert(hash[..8].try_into().expect("a hash is longer"));
    }

    fn found(&self, bytes: &[u8]) -> usize {
        bytes
            .array_windows::<8>()
            .filter(|window| self.0.contains(*window))
            .count()
    }
}

/// Every hash that somebody without the secret could have made of a number.
fn hashes(numbers: &BTreeSet<String>, contexts: &[Vec<u8>]) -> Hashes {
    let mut hashes = Hashes(HashSet::new());
    for number in numbers {
        let value: u64 = number.parse().expect("digits");
        let forms = [
            number.as_bytes().to_vec(),
            value.to_be_bytes().to_vec(),
            value.to_le_bytes().to_vec(),
        ];
        for form in &forms {
            for context in contexts {
                for preimage in [
                    [context.as_slice(), form].concat(),
                    [form.as_slice(), context].concat(),
                ] {
                    hashes.add(Hash::of(&preimage).as_bytes());
                    hashes.add(&sha256(&preimage));
                }
            }
        }
    }
    hashes
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    use sha2::Digest;
    sha2::Sha256::digest(bytes).into()
}

/// A parent's wallet begins to use the voucher to which the parent said yes by SMS, and shares it with the child, which a
/// canteen feeds by the printed code: the meal system knows the child by name, the terminal the voucher, and what its
/// commands say goes into its log.
pub fn a_meal_at_the_canteen(parties: &Parties, child: &Child) {
    let voucher = parties.voucher(child).to_string();
    let text = |name: &str| parties.text(name);
    let (wallet, scanned) = (text("wallet"), text("canteen/scanned.png"));
    let (childs, printed) = (text("child"), text("child/printed.png"));
    parties.write("canteen/pupils.csv", &format!("{},{voucher}\n", child.name));
    for name in ["canteen", "school"] {
        std::fs::create_dir_all(parties.path(name)).expect("it can be made");
        let from = parties.path(&format!("network/keys/{name}.key"));
        std::fs::copy(from, parties.path(name).join("device.key")).expect("the devnet has it");
    }
    let done = |args: &[&str]| {
        let done = parties.senim(args);
        done.unwrap_or_else(|code| panic!("{args:?}: {code}"))
    };
    // The day at the school, five hours east of UTC.
    let there = TimeMs(senim_cli::words::now().0 + 5 * 60 * 60 * 1000);
    let day = senim_cli::words::date_time(there);
    let school = text("school/device.key");
    let calendar = [
        "school",
        "calendar",
        "--programme",
        "3",
        "--month",
        &day[..7],
    ];
    done(&[&calendar[..], &["--weekdays", "1-7", "--key", &school]].concat());
    done(&["wallet", "new", "--wallet", &wallet]);
    let key = ["wallet", "key", "--wallet", &wallet];
    let key = done(&key)["holder"].as_str().expect("a key").to_owned();
    done(&[
        "voucher", "bind", &voucher, "--holder", &key, "--key", "identity",
    ]);
    done(&[
        "wallet", "voucher", "activate", &voucher, "--wallet", &wallet, "--key", "identity",
    ]);
    done(&["wallet", "agree", "--yes", "--wallet", &wallet]);
    done(&["wallet", "new", "--wallet", &childs]);
    let share = ["wallet", "voucher", "share", &voucher, "--wallet", &wallet];
    let bounds = ["--days", "200d", "--uses", "170", "--out", &printed];
    done(&[&share[..], &bounds, &["--key", "identity"]].concat());
    done(&[
        "wallet", "voucher", "add", "--shared", &printed, "--wallet", &childs,
    ]);
    // The child shows its paper.
    std::fs::copy(printed, &scanned).expect("it was made");
    let before = parties.said.borrow().len();
    let canteen = text("canteen/device.key");
    done(&[
        "voucher", "redeem", "--scan", &scanned, "--price", "900", "--key", &canteen,
    ]);
    let again = [
        "voucher", "redeem", "--scan", &scanned, "--price", "900", "--key", &canteen,
    ];
    assert_eq!(parties.senim(&again), Err(Code::DAILY_LIMIT));
    let childs = done(&["wallet", "list", "--wallet", &childs]);
    assert_eq!(childs["vouchers"][0]["delegated"]["uses"], 169);
    // The parent sees it with all that was before it was theirs: from the list to the meal.
    let list = done(&["wallet", "list", "--wallet", &wallet]);
    assert_eq!(list["vouchers"][0]["voucher"], voucher.as_str());
    assert_eq!(list["vouchers"][0]["status"], "active");
    let log = done(&["wallet", "log", &voucher, "--wallet", &wallet]);
    let events = log["history"].as_array().expect("a list").iter();
    let kinds: Vec<&str> = events
        .filter_map(|one| one["event"].as_object()?.keys().next())
        .map(String::as_str)
        .collect();
    let life = [
        "listed",
        "attested",
        "asked",
        "answered",
        "issued",
        "asked",
        "bound",
        "activated",
        "delegated",
        "redeemed",
    ];
    assert_eq!(kinds, life);
    assert_eq!(log["complete"], true);
    done(&["terminal", "contact", "--key", &canteen]);
    std::fs::write(
        parties.path("canteen/terminal.log"),
        &parties.said.borrow()[before..],
    )
    .expect("it can be written");
    let attend = [
        "school",
        "attend",
        "--programme",
        "3",
        "--present",
        "412",
        "--day",
        &day[..10],
    ];
    let attended = done(&[&attend[..], &["--key", &school]].concat());
    parties.write("school/attendance.log", &attended.to_string());
}

/// Nothing of these children and their parents is in a file that is not the portal's.
pub fn nothing_of_it_is_elsewhere(parties: &Parties, children: &[&Child], list: &str) {
    let mut found = Vec::new();
    for folder in ["network", "office", "identity", "canteen", "school"] {
        files(&parties.path(folder), &mut found);
    }
    // And what processes say: nodes, commands and the portal itself in the log, every command to whoever ran it.
    for (name, bytes) in [
        ("log lines", crate::log_lines()),
        ("what commands said", parties.said.borrow().clone()),
    ] {
        let name = name.to_owned();
        found.push(Found { name, bytes });
    }
    let is_said = |name: &str, words: &str| {
        let mut files = found.iter().filter(|file| file.name.ends_with(name));
        let is_in = |file: &Found| {
            file.bytes
                .windows(words.len())
                .any(|part| part == words.as_bytes())
        };
        assert!(files.any(is_in), "{name} does not say {words:?}");
    };
    is_said("log lines", "connected to the SMSC");
    is_said("log lines", "committed");
    is_said("log lines", &parties.voucher(children[0]).to_string());
    is_said("what commands said", "persons are listed");
    is_said("terminal.log", "DAILY_LIMIT");
    is_said("pupils.csv", children[0].name);
    assert!(
        found.iter().any(|file| file.name.ends_with(".list")),
        "the sealed list is among them"
    );
    let bytes: usize = found.iter().map(|file| file.bytes.len()).sum();
    assert!(bytes > 500_000, "a node's files are {bytes} bytes");

    let mut needles = BTreeSet::new();
    for child in children {
        for text in [
            child.name,
            &child.iin,
            &child.parent,
            &child.phone.digits(),
            &child.phone.digits()[1..],
        ] {
            needles.extend(forms(text));
        }
    }
    // The meal system tells children apart by their names; nobody else has one, and it has nothing but that.
    let names: BTreeSet<Vec<u8>> = children
        .iter()
        .flat_map(|child| forms(child.name))
        .collect();
    let numbers_alone = needles.difference(&names).cloned().collect();
    for file in &found {
        let is_meal_system = file.name.ends_with("canteen/pupils.csv");
        let needles = if is_meal_system {
            &numbers_alone
        } else {
            &needles
        };
        let found = contained(&file.bytes, needles);
        let found = found.map(String::from_utf8_lossy);
        assert_eq!(found, None, "{}", file.name);
    }

    // By trying all numbers of two days of birth, the right ones: with everything that stands beside them as salt.
    let session = parties.session();
    let path = parties.path(&format!("office/{list}.list"));
    let (sealed, _) = List::read(&session.chain, &std::fs::read(path).expect("it is there"))
        .expect("it is whole");
    let mut contexts: Vec<Vec<u8>> = vec![
        Vec::new(),
        session.chain.0.as_bytes().to_vec(),
        b"senim nullifier 1".to_vec(),
        b"senim/voucher".to_vec(),
        b"2026-2027".to_vec(),
        1_u32.to_be_bytes().to_vec(),
        3_u32.to_be_bytes().to_vec(),
    ];
    contexts.extend(
        sealed
            .records
            .iter()
            .map(|record| record.voucher.0.as_bytes().to_vec()),
    );
    let numbers = keys_of_others::numbers(children);
    let hashes = hashes(&numbers, &contexts);
    for file in &found {
        assert_eq!(hashes.found(&file.bytes), 0, "{}", file.name);
    }

    // The search finds what is there: a number planted in a file, a hash of the right number, and the real nullifier by
    // whoever has the secret.
    let hay = &found
        .iter()
        .max_by_key(|file| file.bytes.len())
        .expect("there are files")
        .bytes;
    let planted = [&hay[..], children[0].phone.digits().as_bytes()].concat();
    assert!(contained(&planted, &needles).is_some());
    let hash = sha256(children[0].iin.as_bytes());
    assert_eq!(hashes.found(&[&hay[..], &hash].concat()), 1);
    keys_of_others::open_nothing(parties, children, &sealed, &numbers, |nullifier| {
        let mut real = Hashes(HashSet::new());
        real.add(nullifier.as_bytes());
        let is_there = found.iter().any(|file| real.found(&file.bytes) > 0);
        assert!(is_there, "the nullifier itself is on the ledger");
    });
}
