//! Documents that name what exists: links, anchors, paths, and fences that close.

use std::collections::BTreeMap;
use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::rust::{line_of, split};
use super::{File, Finding, Tree};

/// Every rule of this module.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.with_extension("md") {
        findings.extend(check_links(file, tree));
        findings.extend(check_paths(file, tree));
        findings.extend(check_fences(file));
    }
    for file in tree.with_extension("rs") {
        findings.extend(check_comments(file, tree));
    }
    findings.extend(check_index(tree));
    findings
}

/// Relative links lead to a file or folder, and anchors to a heading.
pub fn check_links(file: &File, tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (event, range) in events(file) {
        let (Event::Start(Tag::Link { dest_url, .. }) | Event::Start(Tag::Image { dest_url, .. })) =
            event
        else {
            continue;
        };
        if dest_url.contains("://") || dest_url.starts_with("mailto:") {
            continue;
        }
        let (link, anchor) = dest_url.split_once('#').unwrap_or((&dest_url, ""));
        let target = if link.is_empty() {
            file.path.clone()
        } else {
            resolve(&file.path, link)
        };
        let dead = |what: &str| Finding::at(&file.path, line_of(&file.text, range.start), what);
        if !tree.exists(&target) {
            findings.push(dead(&format!("link to {dest_url}: no such file")));
        } else if !anchor.is_empty() && target.ends_with(".md") {
            let text = tree.text(&target).unwrap_or_default();
            if !anchors(text).contains(&anchor.to_owned()) {
                findings.push(dead(&format!("link to {dest_url}: no such heading")));
            }
        }
    }
    findings
}

/// Paths in backticks exist. A path is a word with a slash whose first part is at the root of the tree; a
/// part with `*`, `<` or `{` stands for many, and what is before it must exist.
pub fn check_paths(file: &File, tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (event, range) in events(file) {
        let Event::Code(span) = event else { continue };
        let Some(path) = path_in(&span, tree) else {
            continue;
        };
        if !tree.exists(&path) {
            let message = format!("names `{span}`, which does not exist");
            findings.push(Finding::at(
                &file.path,
                line_of(&file.text, range.start),
                message,
            ));
        }
    }
    findings
}

/// Paths in backticks in the comments of code exist too: from the root of the tree, or from a folder that
/// the file lies in.
pub fn check_comments(file: &File, tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in split(&file.text).comments.lines().enumerate() {
        for span in line.split('`').skip(1).step_by(2) {
            let Some(path) = path_in(span, tree) else {
                continue;
            };
            let mut folders = file
                .path
                .rmatch_indices('/')
                .map(|(at, _)| &file.path[..at]);
            let exists = tree.exists(&path)
                || folders.any(|folder| tree.exists(&format!("{folder}/{path}")));
            if !exists {
                let message = format!("names `{span}`, which does not exist");
                findings.push(Finding::at(&file.path, index + 1, message));
            }
        }
    }
    findings
}

fn path_in(span: &str, tree: &Tree) -> Option<String> {
    let first = span.split_once('/')?.0;
    if first.is_empty() || span.contains(char::is_whitespace) || !tree.exists(first) {
        return None;
    }
    let path = span.split_once(':').map_or(span, |(path, _line)| path);
    let known = path
        .split('/')
        .take_while(|part| !part.contains(['*', '<', '{']));
    Some(known.collect::<Vec<_>>().join("/"))
}

/// A fence that is opened is closed; the renderer would swallow the rest of the page in silence.
pub fn check_fences(file: &File) -> Vec<Finding> {
    let mut open: Option<(usize, &str)> = None;
    for (index, line) in file.text.lines().enumerate() {
        let line = line.trim_start();
        let length = line.find(|letter| letter != '`').unwrap_or(line.len());
        if length < 3 {
            continue;
        }
        open = match open {
            None => Some((index + 1, &line[..length])),
            Some((_, fence)) if line.trim_end() == fence => None,
            still => still,
        };
    }
    open.map(|(line, _)| Finding::at(&file.path, line, "this code fence is never closed"))
        .into_iter()
        .collect()
}

/// Every page below `docs/` is linked from the `README.md` of its folder or of `docs/`, so that it can be
/// found.
pub fn check_index(tree: &Tree) -> Vec<Finding> {
    const INDEX: &str = "docs/README.md";
    let pages = tree
        .with_extension("md")
        .filter(|file| file.path.starts_with("docs/") && file.path != INDEX);
    let mut findings = Vec::new();
    for page in pages {
        let folder = page.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let indexes = [format!("{folder}/README.md"), INDEX.to_owned()];
        if !indexes
            .iter()
            .any(|index| links(index, tree).contains(&page.path))
        {
            findings.push(Finding::file(
                &page.path,
                format!("is not listed in {}", indexes.join(" or ")),
            ));
        }
    }
    findings
}

/// Where a document's links lead, as paths from the root.
fn links(path: &str, tree: &Tree) -> Vec<String> {
    let Some(text) = tree.text(path) else {
        return Vec::new();
    };
    Parser::new_ext(text, Options::ENABLE_TABLES)
        .filter_map(|event| match event {
            Event::Start(Tag::Link { dest_url, .. }) => Some(resolve(path, &dest_url)),
            _ => None,
        })
        .collect()
}

/// The events of a document with their places in its text.
pub fn events(file: &File) -> impl Iterator<Item = (Event<'_>, Range<usize>)> {
    Parser::new_ext(&file.text, Options::ENABLE_TABLES).into_offset_iter()
}

/// A link in the document at `from`, as a path from the root.
fn resolve(from: &str, link: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The anchors of a document's headings, as the usual renderers make them: lower case, punctuation left
/// out, spaces as hyphens, a number after the second of a kind.
pub fn anchors(text: &str) -> Vec<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut anchors = Vec::new();
    let mut heading: Option<String> = None;
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::Text(words) | Event::Code(words) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&words);
                }
            }
            Event::End(TagEnd::Heading(_)) => {
                let slug = slug(&heading.take().unwrap_or_default());
                let times = seen.entry(slug.clone()).or_default();
                anchors.push(if *times == 0 {
                    slug
                } else {
                    format!("{slug}-{times}")
                });
                *times += 1;
            }
            _ => {}
        }
    }
    anchors
}

fn slug(heading: &str) -> String {
    heading
        .to_lowercase()
        .chars()
        .filter_map(|letter| match letter {
            ' ' => Some('-'),
            '-' | '_' => Some(letter),
            letter => letter.is_alphanumeric().then_some(letter),
        })
        .collect()
}
