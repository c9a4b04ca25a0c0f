//! The guards of the contracts, as they stand in their sources.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// What a guard's expression begins with, one a line. `scripts/guards.sh` reads the same file.
const HEADS: &str = include_str!("../../data/guard-heads.txt");

/// The folder of what contracts, node and clients agree on: a programme's rules that both apply are there.
const ABI: &str = "abi";

/// A guard of a contract.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Guard {
    /// Its file from the folder of the contracts, as in `voucher/src/rules.rs`.
    pub file: String,
    /// The line where its expression begins, from 1.
    pub line: u32,
    /// Its expression in one line; a number follows where the file has the same once more.
    pub text: String,
    /// The codes that it names; none where the code is computed.
    pub codes: BTreeSet<String>,
}

impl Guard {
    /// The contract's name, which is its artefact's: of its own folder, or of its module of what all agree on.
    pub fn contract(&self) -> &str {
        let mut parts = self.file.split('/');
        let name = match parts.next().unwrap_or_default() {
            ABI => parts.nth(1).unwrap_or_default(),
            folder => folder,
        };
        name.trim_end_matches(".rs")
    }
}

/// Every guard of every contract, by file and line. `contracts` is the folder of their workspace.
pub fn guards(contracts: &Path) -> io::Result<Vec<Guard>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(contracts)? {
        let folder = entry?.path();
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
        if manifest.contains("[package.metadata.senim]") || folder.ends_with(ABI) {
            let mut files = Vec::new();
            sources(&folder.join("src"), &mut files)?;
            for path in files {
                let name = path.strip_prefix(contracts).unwrap_or(&path);
                let name = name.to_string_lossy().replace('\\', "/");
                found.extend(of_file(&name, &fs::read_to_string(&path)?));
            }
        }
    }
    found.sort();
    Ok(found)
}

fn sources(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sources(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

/// The guards of a file's text.
pub fn of_file(file: &str, text: &str) -> Vec<Guard> {
    let mut found = Vec::new();
    let mut times: BTreeMap<String, u32> = BTreeMap::new();
    let mut begin = 0;
    for (number, line) in (1_u32..).zip(text.split_inclusive('\n')) {
        let code = line.trim_start();
        if !code.starts_with("//") {
            for at in heads(line) {
                let expression = expression(&text[begin + at..]);
                let count = times.entry(expression.clone()).or_default();
                *count += 1;
                let text = match *count {
                    1 => expression.clone(),
                    count => format!("{expression} #{count}"),
                };
                let (file, codes) = (file.to_owned(), codes(&expression));
                found.push(Guard {
                    file,
                    line: number,
                    text,
                    codes,
                });
            }
        }
        begin += line.len();
    }
    found
}

/// Where guards begin in a line.
fn heads(line: &str) -> Vec<usize> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.';
    let mut found: Vec<usize> = HEADS
        .lines()
        .filter(|head| !head.starts_with('#'))
        .flat_map(|head| line.match_indices(head))
        .map(|(at, _)| at)
        .filter(|at| *at == 0 || !is_word(line.as_bytes()[at - 1]))
        .filter(|at| !line[..*at].ends_with("fn "))
        .collect();
    found.sort_unstable();
    found
}

/// The call that a text begins with, in one line.
fn expression(text: &str) -> String {
    let mut depth = 0_u32;
    let mut end = text.len();
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => continue,
        }
        if depth == 0 {
            end = at + 1;
            break;
        }
    }
    let words: Vec<&str> = text[..end].split_whitespace().collect();
    let line = words.join(" ").replace("( ", "(");
    line.replace(", )", ")").replace(" )", ")")
}

/// The codes that a text names as the contracts do.
fn codes(text: &str) -> BTreeSet<String> {
    let named = text.split("Code::").skip(1);
    named
        .map(|rest| {
            rest.split(|c: char| !is_of_code(c))
                .next()
                .unwrap_or_default()
                .to_owned()
        })
        .collect()
}

const fn is_of_code(letter: char) -> bool {
    letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_'
}

/// The guards by whose codes a scenario that names these may be refused. What more than `shared_max` guards share says
/// little of any, and is left out.
pub fn asked<'a>(
    guards: &'a [Guard],
    codes: &BTreeSet<String>,
    shared_max: usize,
) -> Vec<&'a Guard> {
    let mut shared: BTreeMap<&str, usize> = BTreeMap::new();
    for code in guards.iter().flat_map(|guard| &guard.codes) {
        *shared.entry(code).or_default() += 1;
    }
    let is_asked = |code: &String| codes.contains(code) && shared[code.as_str()] <= shared_max;
    let asked = guards
        .iter()
        .filter(|guard| guard.codes.iter().any(is_asked));
    asked.collect()
}

/// The codes that a scenario's sources name.
pub fn codes_of_scenario(tests: &Path, scenario: &str) -> io::Result<BTreeSet<String>> {
    let mut files = Vec::new();
    let folder = tests.join(scenario);
    if folder.is_dir() {
        sources(&folder, &mut files)?;
    } else {
        files.push(tests.join(format!("{scenario}.rs")));
    }
    let mut named = BTreeSet::new();
    for file in files {
        named.append(&mut codes(&fs::read_to_string(file)?));
    }
    Ok(named)
}
