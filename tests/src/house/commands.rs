//! Commands that documents name: a reader pastes them, so they must exist.

use pulldown_cmark::{CodeBlockKind, Event, Tag, TagEnd};

use super::docs::events;
use super::rust::line_of;
use super::{Finding, Tree};

/// A command as a document shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The document.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// The words of the command, the program first; settings before the program are left out.
    pub words: Vec<String>,
}

/// Every use of `program` in the documents: in backticks, and at the start of a line of a code block.
pub fn named(tree: &Tree, program: &str) -> Vec<Named> {
    let mut found = Vec::new();
    for file in tree.with_extension("md") {
        let mut in_shell = false;
        for (event, range) in events(file) {
            let code = match event {
                Event::Start(Tag::CodeBlock(kind)) => {
                    in_shell = is_shell(&kind);
                    continue;
                }
                Event::End(TagEnd::CodeBlock) => {
                    in_shell = false;
                    continue;
                }
                Event::Code(code) => code,
                Event::Text(code) if in_shell => code,
                _ => continue,
            };
            let first = line_of(&file.text, range.start);
            for (index, line) in code.lines().enumerate() {
                let words = words(line);
                if words.first().is_some_and(|word| word == program) {
                    found.push(Named {
                        path: file.path.clone(),
                        line: first + index,
                        words,
                    });
                }
            }
        }
    }
    found
}

fn is_shell(kind: &CodeBlockKind<'_>) -> bool {
    match kind {
        CodeBlockKind::Fenced(language) => {
            matches!(
                &**language,
                "sh" | "bash" | "shell" | "console" | "text" | ""
            )
        }
        CodeBlockKind::Indented => false,
    }
}

/// The words of a line of shell: without a prompt, settings before the program, and a comment.
fn words(line: &str) -> Vec<String> {
    let line = line.trim();
    let line = line.strip_prefix("$ ").unwrap_or(line);
    line.split_whitespace()
        .take_while(|word| {
            !word.starts_with('#') && !matches!(*word, "|" | ">" | "&&" | ";" | "\\")
        })
        .skip_while(|word| {
            word.contains('=') && word.starts_with(|letter: char| letter.is_uppercase())
        })
        .map(str::to_owned)
        .collect()
}

/// Every `make` target that a document names is in the Makefile.
pub fn check_make(tree: &Tree) -> Vec<Finding> {
    let makefile = tree.text("Makefile").unwrap_or_default();
    let is_target = |word: &str| {
        makefile
            .lines()
            .any(|line| line.starts_with(&format!("{word}:")))
    };
    let mut findings = Vec::new();
    for command in named(tree, "make") {
        // A value in quotes goes on to the word that has the other quote.
        let mut is_quoted = false;
        let targets = command.words[1..].iter().filter(|word| {
            let was_quoted = is_quoted;
            is_quoted ^= word.matches('"').count() % 2 == 1;
            !was_quoted && !word.contains('=') && !word.starts_with('-')
        });
        for target in targets {
            if !is_target(target) {
                let message = format!("names `make {target}`, and the Makefile has no such target");
                findings.push(Finding::at(&command.path, command.line, message));
            }
        }
    }
    findings
}

/// Every subcommand of `program` that a document names is known. `is_known` gets the words after the
/// program up to the first flag, placeholder or value, longest reading first: `["pack", "parse"]`, then
/// `["pack"]`.
pub fn check_program(
    tree: &Tree,
    program: &str,
    is_known: &dyn Fn(&[String]) -> bool,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for command in named(tree, program) {
        let plain = |word: &&String| {
            word.chars()
                .all(|letter| letter.is_ascii_lowercase() || letter == '-')
        };
        let words: Vec<String> = command.words[1..]
            .iter()
            .take_while(plain)
            .take_while(|word| !word.starts_with('-'))
            .cloned()
            .collect();
        let known = words.is_empty()
            || (1..=words.len())
                .rev()
                .any(|length| is_known(&words[..length]));
        if !known {
            let message = format!(
                "names `{program} {}`, which the program does not know",
                words.join(" ")
            );
            findings.push(Finding::at(&command.path, command.line, message));
        }
    }
    findings
}
