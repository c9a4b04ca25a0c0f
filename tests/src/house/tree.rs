//! The files that the rules look at: this repository, or a few lines made up by a test.

use std::fs;
use std::path::{Path, PathBuf};

/// One text file.
#[derive(Debug, Clone)]
pub struct File {
    /// Path from the root, with `/` between folders.
    pub path: String,
    /// The whole text. Empty for a file that is not UTF-8: such a file only exists.
    pub text: String,
}

impl File {
    /// The name after the last dot, or nothing.
    pub fn extension(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name.rsplit_once('.').map_or("", |(_, extension)| extension)
    }

    /// Whether this ends up in what is shipped. What does not: tests and their helpers (a folder `testing`,
    /// behind the feature of that name), benches, examples, fuzz targets, and build scripts, which speak to
    /// cargo by printing. Goes by the place of the file.
    pub fn is_shipped(&self) -> bool {
        let aside = |part| matches!(part, "tests" | "testing" | "benches" | "examples" | "fuzz");
        let in_folder = self.path.split('/').rev().skip(1).any(aside);
        let file = self.path.rsplit('/').next().unwrap_or_default();
        let is_tests = file == "tests.rs" || file.ends_with("_tests.rs");
        !in_folder && !is_tests && file != "build.rs"
    }
}

/// A set of files, ordered by path.
#[derive(Debug, Clone)]
pub struct Tree {
    files: Vec<File>,
}

impl Tree {
    /// This repository as it lies on disk, without what `.gitignore` names at the root.
    ///
    /// # Panics
    /// When the repository cannot be read.
    pub fn repository() -> Self {
        let root = root();
        let ignored =
            fs::read_to_string(root.join(".gitignore")).expect("the root has a .gitignore");
        let mut skipped: Vec<&str> = ignored
            .lines()
            .filter_map(|line| line.strip_prefix('/'))
            .collect();
        skipped.push(".git");
        let mut files = Vec::new();
        walk(&root, "", &skipped, &mut files);
        files.sort_by(|left, right| left.path.cmp(&right.path));
        Self { files }
    }

    /// A made-up tree, for showing that a rule fails where it should.
    pub fn of<const N: usize>(files: [(&str, &str); N]) -> Self {
        let mut files: Vec<File> = files
            .into_iter()
            .map(|(path, text)| File {
                path: path.to_owned(),
                text: text.to_owned(),
            })
            .collect();
        files.sort_by(|left, right| left.path.cmp(&right.path));
        Self { files }
    }

    /// Every file, by path.
    pub fn files(&self) -> &[File] {
        &self.files
    }

    /// The files with one extension, for example `rs`.
    pub fn with_extension<'a>(&'a self, extension: &'a str) -> impl Iterator<Item = &'a File> {
        self.files
            .iter()
            .filter(move |file| file.extension() == extension)
    }

    /// The text of one file, if it is there.
    pub fn text(&self, path: &str) -> Option<&str> {
        let found = self
            .files
            .binary_search_by(|file| file.path.as_str().cmp(path))
            .ok()?;
        Some(&self.files[found].text)
    }

    /// Whether a path names a file or a folder that has files.
    pub fn exists(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        let folder = format!("{path}/");
        path.is_empty()
            || self.text(path).is_some()
            || self.files.iter().any(|file| file.path.starts_with(&folder))
    }
}

/// The root of this repository.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent()
        .expect("the tests lie one folder below the root")
        .to_owned()
}

fn walk(folder: &Path, prefix: &str, skipped: &[&str], files: &mut Vec<File>) {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let entry = entry.expect("a folder entry can be read");
        let name = entry
            .file_name()
            .into_string()
            .expect("file names are UTF-8");
        let path = if prefix.is_empty() {
            name
        } else {
            format!("{prefix}/{name}")
        };
        if skipped.contains(&path.as_str()) {
            continue;
        }
        let kind = entry.file_type().expect("a folder entry has a kind");
        if kind.is_dir() {
            walk(&entry.path(), &path, skipped, files);
        } else if kind.is_file() {
            let bytes = fs::read(entry.path()).unwrap_or_else(|error| panic!("{path}: {error}"));
            files.push(File {
                path,
                text: String::from_utf8(bytes).unwrap_or_default(),
            });
        }
    }
}
