//! Rewrites `data/gs1-application-identifiers.txt` from a release of the GS1 Barcode Syntax Dictionary.
//!
//! `cargo run -p senim-codes --example gs1_table -- gs1-syntax-dictionary.txt > client/codes/data/gs1-application-identifiers.txt`
//!
//! Kept: identifiers, the `*` flag (predefined length), components with their checks, `req`, `ex`, title.
//! Left out: comments, the `?` flag and `dlpkey`, which serve GS1 Digital Link and nothing here.

use std::{env, fs, process::ExitCode};

const HEADER: &str = "\
# GS1 Application Identifiers: identifier(s), flags, components, associations, # title.
# Derived from the GS1 Barcode Syntax Dictionary (https://github.com/gs1/gs1-syntax-dictionary):
#   Copyright (c) 2020-2021 BWIPP project, (c) 2020-2021 Zint Project, (c) 2021-2025 GS1 AISBL,
#   licensed under the Apache License, Version 2.0 (http://www.apache.org/licenses/LICENSE-2.0).
# Changed: columns squeezed; comments and what concerns GS1 Digital Link removed. Written by `examples/gs1_table.rs`.
";

fn main() -> ExitCode {
    let Some(path) = env::args().nth(1) else {
        eprintln!("usage: gs1_table <gs1-syntax-dictionary.txt>");
        return ExitCode::from(2);
    };
    let dictionary = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("{path}: {error}");
            return ExitCode::FAILURE;
        }
    };
    print!("{HEADER}");
    for line in dictionary
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
    {
        let (entry, title) = line.split_once('#').unwrap_or((line, ""));
        let kept: Vec<String> = entry
            .split_whitespace()
            .filter(|word| !word.starts_with("dlpkey"))
            .map(|word| {
                if matches!(word, "*?" | "?") {
                    word.replace('?', "")
                } else {
                    word.to_owned()
                }
            })
            .filter(|word| !word.is_empty())
            .collect();
        let title = title.trim();
        println!(
            "{}{}",
            kept.join(" "),
            if title.is_empty() {
                String::new()
            } else {
                format!(" # {title}")
            }
        );
    }
    ExitCode::SUCCESS
}
