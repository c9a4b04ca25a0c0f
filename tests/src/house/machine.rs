//! Traces of one machine, or of a person, that have no place in the tree.

use super::rust::{is_word, line_of};
use super::{Finding, Tree};

/// Hosts that may be named, and why. A host below one that is listed may be named too.
pub const HOSTS: &[(&str, &str)] = &[
    ("localhost", "this machine, whichever it is"),
    ("127.0.0.1", "this machine, whichever it is"),
    ("[::1]", "this machine, whichever it is"),
    ("0.0.0.0", "every address of this machine"),
    ("example", "reserved for examples"),
    ("example.com", "reserved for examples"),
    ("example.org", "reserved for examples"),
    ("invalid", "reserved for examples"),
    (
        "ietf.org",
        "specifications, and identifiers in FHIR messages",
    ),
    ("apache.org", "the licence's text"),
    ("c2sp.org", "checkpoints and tiles: the specification"),
    ("debian.org", "the form of a package's copyright"),
    ("docs.rs", "documentation of crates"),
    (
        "fhir.nhs.uk",
        "identifiers in messages of the English prescription service",
    ),
    (
        "fhir.hl7.org.uk",
        "identifiers in messages of the English prescription service",
    ),
    (
        "gematik.de",
        "identifiers in messages of the German prescription service",
    ),
    ("github.com", "sources that are cited"),
    ("gs1.org", "the specification of pack codes"),
    ("hl7.org", "identifiers in FHIR messages"),
    ("keepachangelog.com", "the form of the changelog"),
    ("rfc-editor.org", "specifications"),
    ("age-encryption.org", "the specification of encrypted files"),
    ("rust-lang.org", "the language"),
    ("semver.org", "the form of versions"),
    ("snomed.info", "identifiers in FHIR messages"),
    ("unitsofmeasure.org", "identifiers in FHIR messages"),
    ("w3.org", "namespaces in drawings"),
    ("whocc.no", "identifiers of the ATC classification"),
    ("zips.z.cash", "the rule for signatures: ZIP-215"),
];

/// Folders that exist on one machine only, at the root of its file system.
const FOLDERS: &[&str] = &["home", "root", "Users", "work"];

/// Every rule of this module, over every text file but the lock files, which cargo writes.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree
        .files()
        .iter()
        .filter(|file| file.extension() != "lock")
    {
        let text = file.text.as_str();
        let mut found: Vec<(usize, String)> = Vec::new();
        found.extend(machine_paths(text));
        found.extend(mail_addresses(text));
        found.extend(unknown_hosts(text));
        found.extend(private_addresses(text));
        found.extend(personal_numbers(text));
        findings.extend(
            found
                .into_iter()
                .map(|(at, message)| Finding::at(&file.path, line_of(text, at), message)),
        );
    }
    findings
}

fn machine_paths(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for folder in FOLDERS {
        let path = format!("/{folder}/");
        for (at, _) in text.match_indices(&path) {
            let inside = |letter: char| {
                is_word(letter) || matches!(letter, '.' | '/' | '-' | '}' | ')' | '*')
            };
            if !text[..at].ends_with(inside) {
                found.push((at, format!("a path of one machine: {path}…")));
            }
        }
    }
    found
}

fn mail_addresses(text: &str) -> Vec<(usize, String)> {
    text.match_indices('@')
        .filter(|&(at, _)| text[..at].ends_with(|letter: char| letter.is_ascii_alphanumeric()))
        .filter_map(|(at, _)| {
            let domain = host_at(&text[at + 1..]);
            let end = domain.rsplit_once('.')?.1;
            let is_name = end.len() >= 2 && end.chars().all(|letter| letter.is_ascii_alphabetic());
            let reserved = domain == "example.com" || domain == "example.org" || end == "example";
            (is_name && !reserved && end != "invalid").then(|| {
                (
                    at,
                    format!("a mail address at {domain}: use one at example.org"),
                )
            })
        })
        .collect()
}

fn unknown_hosts(text: &str) -> Vec<(usize, String)> {
    text.match_indices("://")
        .filter_map(|(at, mark)| {
            let host = host_at(&text[at + mark.len()..]);
            let known = |name: &str| host == name || host.ends_with(&format!(".{name}"));
            let named = host.contains('.')
                && host.starts_with(|letter: char| letter.is_ascii_alphanumeric());
            (named && !HOSTS.iter().any(|(name, _)| known(name)))
                .then(|| (at, format!("the host {host} has no row in machine.rs")))
        })
        .collect()
}

fn host_at(text: &str) -> &str {
    let inside = |letter: char| {
        letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '[' | ']' | ':')
    };
    let end = text.find(|letter| !inside(letter)).unwrap_or(text.len());
    let host = text[..end].trim_end_matches(['.', ':', '-']);
    match host.rsplit_once(':') {
        Some((name, port)) if port.chars().all(|digit| digit.is_ascii_digit()) => name,
        _ => host,
    }
}

fn private_addresses(text: &str) -> Vec<(usize, String)> {
    numbers(text, |letter| letter.is_ascii_digit() || letter == '.')
        .filter_map(|(at, address)| {
            let parts: Vec<u8> = address
                .split('.')
                .map(str::parse)
                .collect::<Result<_, _>>()
                .ok()?;
            let private = match parts[..] {
                [10, _, _, _] | [192, 168, _, _] => true,
                [172, second, _, _] => (16..32).contains(&second),
                _ => false,
            };
            private.then(|| {
                (
                    at,
                    format!("the private address {address}: use loopback or 192.0.2.1"),
                )
            })
        })
        .collect()
}

/// Numbers that could be a living person's national number: twelve digits, a date, a century from 1900
/// on, and a right check digit. Tests compute theirs; examples take a birth before 1900.
fn personal_numbers(text: &str) -> Vec<(usize, String)> {
    numbers(text, |letter| letter.is_ascii_digit())
        .filter(|(_, number)| could_be_a_person(number))
        .map(|(at, _)| {
            (
                at,
                "could be a living person's national number: compute it in the test".to_owned(),
            )
        })
        .collect()
}

fn could_be_a_person(number: &str) -> bool {
    let digits: Vec<u32> = number
        .chars()
        .filter_map(|digit| digit.to_digit(10))
        .collect();
    if digits.len() != 12 || !(3..=6).contains(&digits[6]) {
        return false;
    }
    let (month, day) = (digits[2] * 10 + digits[3], digits[4] * 10 + digits[5]);
    let rest = |first: u32| {
        digits[..11]
            .iter()
            .zip(0..)
            .map(|(digit, i)| digit * ((first + i) % 11 + 1))
            .sum::<u32>()
            % 11
    };
    let check = if rest(0) == 10 { rest(2) } else { rest(0) };
    (1..=12).contains(&month) && (1..=31).contains(&day) && check == digits[11]
}

/// Runs of letters that `inside` accepts, not part of a longer word.
fn numbers(text: &str, inside: fn(char) -> bool) -> impl Iterator<Item = (usize, &str)> {
    let starts = text.char_indices().filter(move |&(at, letter)| {
        inside(letter) && !text[..at].ends_with(|before: char| is_word(before) || inside(before))
    });
    starts.filter_map(move |(at, _)| {
        let end = text[at..]
            .find(|letter| !inside(letter))
            .map_or(text.len(), |length| at + length);
        let whole = !text[end..].starts_with(is_word);
        whole.then(|| (at, text[at..end].trim_end_matches('.')))
    })
}
