//! The files under version control, read once for a test.

use std::path::{Path, PathBuf};
use std::process::Command;

/// One text file of the repository.
pub(crate) struct Source {
    /// Relative to the root of the repository, with `/`.
    pub(crate) path: String,
    /// What it holds.
    pub(crate) text: String,
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("crates/tidy is two below the root")
        .to_owned()
}

/// Every path under version control, new files that are not ignored included.
pub(crate) fn tracked() -> Vec<String> {
    let output = Command::new("git")
        .args([
            "ls-files",
            "--cached",
            "--others",
            "--exclude-standard",
            "-z",
        ])
        .current_dir(root())
        .output()
        .expect("git runs");
    assert!(
        output.status.success(),
        "git ls-files: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let listing = String::from_utf8(output.stdout).expect("paths are UTF-8");
    let mut paths: Vec<String> = listing.split_terminator('\0').map(str::to_owned).collect();
    paths.retain(|path| root().join(path).is_file());
    paths
}

/// Every text file whose path `wanted` accepts. Files that are not UTF-8 (vectors) have no text to check.
pub(crate) fn texts(wanted: impl Fn(&str) -> bool) -> Vec<Source> {
    let sources: Vec<Source> = tracked()
        .into_iter()
        .filter(|path| wanted(path))
        .filter_map(|path| {
            Some(Source {
                text: std::fs::read_to_string(root().join(&path)).ok()?,
                path,
            })
        })
        .collect();
    assert!(
        !sources.is_empty(),
        "a rule that looks at no file holds nothing"
    );
    sources
}

/// Every Rust file of the crates.
pub(crate) fn rust() -> Vec<Source> {
    texts(|path| path.starts_with("crates/") && path.ends_with(".rs"))
}

/// True for a line inside a test: a file of `tests/`, a `tests.rs`, or what follows `#[cfg(test)]`, which this house
/// writes last in a file.
pub(crate) fn test_lines(source: &Source) -> impl Iterator<Item = (usize, &str)> {
    let whole = source.path.contains("/tests/") || source.path.ends_with("/tests.rs");
    let mut inside = whole;
    source
        .text
        .lines()
        .enumerate()
        .filter_map(move |(number, line)| {
            inside |= line.trim_start().starts_with("#[cfg(test)]");
            inside.then_some((number + 1, line))
        })
}
