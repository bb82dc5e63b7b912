//! The programs of an application, as a site's publishers sign them: a list of what its folder holds, and the digest of that list.
//! Drawn in `docs/formats/site.md`.

mod look;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use amana_ledger::{Hash, digits, parse_digits};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

pub use look::{CodeFolder, Known};

use crate::{Error, Result};

const FORMAT: &str = "amana/site-code/v1";

/// What the folder of an application holds, but for what lies in the folders that are left out.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CodeList {
    without: BTreeSet<Vec<u8>>,
    /// By path, with a slash first.
    entries: BTreeMap<Vec<u8>, Entry>,
}

/// One path of a folder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Entry {
    kind: Kind,
    sha256: Hash,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// The digest is of what it holds.
    File,
    /// The digest is of where it leads, as it is written there.
    Link,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Link => "link",
        }
    }
}

/// A path that isn't what it was.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct CodeChange {
    /// What became of it.
    pub what: Became,
    /// Percent-encoded.
    pub path: String,
}

/// What became of a path.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Became {
    /// It has other content, or leads elsewhere.
    Changed,
    /// It wasn't there.
    New,
    /// It isn't there any more.
    Gone,
    /// What lies below it was looked at, and isn't any more.
    LeftOut,
    /// What lies below it wasn't looked at, and is now.
    LookedAt,
}

impl fmt::Display for CodeChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.what {
            Became::Changed => "changed",
            Became::New => "new",
            Became::Gone => "gone",
            Became::LeftOut => "now left out",
            Became::LookedAt => "no longer left out",
        };
        write!(f, "{what} {}", self.path)
    }
}

impl CodeList {
    /// The list of its text.
    ///
    /// # Errors
    /// [`Error::CodeList`] for anything but the one spelling of a list.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = |line: usize, why| Error::CodeList { line, why };
        let mut lines = text.lines().enumerate();
        if lines.next().is_none_or(|(_, first)| first != FORMAT) {
            return Err(wrong(1, "it isn't amana/site-code/v1"));
        }
        let mut list = Self::default();
        for (before, line) in lines {
            list.take(line).map_err(|why| wrong(before + 1, why))?;
        }
        // Order, what stands twice, the last line's end: one spelling.
        if list.text() != text {
            return Err(wrong(0, "it isn't written as it must be"));
        }
        Ok(list)
    }

    fn take(&mut self, line: &str) -> Result<(), &'static str> {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["without", folder] => {
                self.without.insert(decoded(folder)?);
            }
            [kind @ ("file" | "link"), digest, path] => {
                let kind = if kind == "file" {
                    Kind::File
                } else {
                    Kind::Link
                };
                let sha256 = parse_digits(digest).map_err(|_| "its digest is none")?;
                self.entries.insert(decoded(path)?, Entry { kind, sha256 });
            }
            _ => return Err("it is neither without, file nor link"),
        }
        Ok(())
    }

    /// Its text: a line a folder that is left out, a line a path.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{FORMAT}\n");
        for folder in &self.without {
            text.push_str(&format!("without {}\n", encoded(folder)));
        }
        for (path, entry) in &self.entries {
            let (kind, digest) = (entry.kind.name(), digits(&entry.sha256));
            text.push_str(&format!("{kind} {digest} {}\n", encoded(path)));
        }
        text
    }

    /// SHA-256 of its text, which publishers sign.
    #[must_use]
    pub fn digest(&self) -> Hash {
        Self::digest_of(&self.text())
    }

    /// SHA-256 of a text that may be a list's.
    #[must_use]
    pub fn digest_of(text: &str) -> Hash {
        Hash::from(<[u8; 32]>::from(Sha256::digest(text)))
    }

    /// How many paths it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What differs from an earlier list: first what was changed, then what is new, then what is gone, each by path.
    #[must_use]
    pub fn changes_since(&self, before: &Self) -> Vec<CodeChange> {
        let of = |what, path: &[u8]| CodeChange {
            what,
            path: encoded(path),
        };
        let mut changes = Vec::new();
        for (path, entry) in &self.entries {
            match before.entries.get(path) {
                Some(known) if known == entry => {}
                Some(_) => changes.push(of(Became::Changed, path)),
                None => changes.push(of(Became::New, path)),
            }
        }
        let gone = before.entries.keys();
        let gone = gone.filter(|path| !self.entries.contains_key(*path));
        changes.extend(gone.map(|path| of(Became::Gone, path)));
        let left_out = self.without.difference(&before.without);
        changes.extend(left_out.map(|folder| of(Became::LeftOut, folder)));
        let looked_at = before.without.difference(&self.without);
        changes.extend(looked_at.map(|folder| of(Became::LookedAt, folder)));
        changes.sort_by_key(|change| change.what);
        changes
    }
}

/// A path without blanks and without ends of lines, so that it is one word of one line.
fn encoded(path: &[u8]) -> String {
    let mut text = String::with_capacity(path.len());
    for &byte in path {
        match byte {
            b'!'..=b'~' if byte != b'%' => text.push(char::from(byte)),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

fn decoded(text: &str) -> Result<Vec<u8>, &'static str> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = after.first_chunk::<2>();
        let escaped = digits.and_then(|digits| hex::decode(digits).ok());
        let escaped = escaped.ok_or("after % stand two hexadecimal digits")?;
        bytes.extend(escaped);
        rest = &after[2..];
    }
    match bytes.first() {
        Some(b'/') => Ok(bytes),
        _ => Err("its path doesn't begin with /"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZEROS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

    fn list(lines: &[&str]) -> Result<CodeList> {
        let mut text = format!("{FORMAT}\n");
        for line in lines {
            text.push_str(&format!("{}\n", line.replace("000", ZEROS)));
        }
        CodeList::parse(&text)
    }

    #[test]
    fn a_list_has_one_spelling() {
        let good = [
            "without /up",
            "file 000 /a%20b",
            "link 000 /c",
            "file 000 /é",
        ];
        // Letters beyond ASCII are escaped.
        assert!(list(&good).is_err());
        let good = ["without /up", "file 000 /a%20b", "link 000 /c"];
        assert_eq!(list(&good).unwrap().len(), 2);
        for (wrong, named) in [
            (&["file 000 /c", "file 000 /a"][..], "as it must be"),
            (&["file 000 /a", "file 000 /a"], "as it must be"),
            (&["file 000 /a", "without /up"], "as it must be"),
            (&["file 000 /%61"], "as it must be"),
            (&["file 000 /%e9"], "as it must be"),
            (&["file 000 a"], "line 2"),
            (&["file 0 /a"], "line 2"),
            (&["file 000 /a%2"], "two hexadecimal digits"),
            (&["folder 000 /a"], "neither without"),
            (&["file 000 /a b"], "neither without"),
            (&[""], "neither without"),
        ] {
            let told = list(wrong).unwrap_err().to_string();
            assert!(told.contains(named), "{wrong:?}: {told}");
        }
        for wrong in ["", "amana/site-code/v1", "amana/site-code/v2\n"] {
            assert!(CodeList::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn what_differs_is_told_in_order() {
        let before = list(&["without /up", "file 000 /a", "file 000 /b", "link 000 /c"]).unwrap();
        let after = list(&[
            "without /cache",
            "file 000 /0",
            "file 000 /a",
            "file 000 /c",
        ])
        .unwrap();
        let told = after.changes_since(&before);
        let told: Vec<String> = told.iter().map(ToString::to_string).collect();
        let expected = [
            "changed /c",
            "new /0",
            "gone /b",
            "now left out /cache",
            "no longer left out /up",
        ];
        assert_eq!(told, expected);
        assert!(after.changes_since(&after).is_empty());
    }
}
