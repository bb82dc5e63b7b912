//! How files and folders look to programs.

use time::OffsetDateTime;
use time::macros::format_description;

use super::wire::Attributes;
use crate::{Entry, Kind};

/// A file that its owner reads and writes.
pub(super) const FILE: u32 = 0o100_600;
const FOLDER: u32 = 0o040_700;

/// What is known of something.
pub(super) fn attributes(entry: &Entry) -> Attributes {
    let modified_s = u32::try_from(entry.modified_ms / 1000);
    let (size_bytes, permissions) = match entry.kind {
        Kind::Folder => (None, FOLDER),
        Kind::File { size_bytes, .. } => (Some(size_bytes), FILE),
    };
    Attributes {
        size_bytes,
        permissions: Some(permissions),
        modified_s: modified_s.ok().filter(|time_s| *time_s > 0),
        others: false,
    }
}

/// The line that `ls -l` shows of it.
pub(super) fn line(entry: &Entry) -> String {
    let (mode, size_bytes) = match entry.kind {
        Kind::Folder => ("drwx------", 0),
        Kind::File { size_bytes, .. } => ("-rw-------", size_bytes),
    };
    let format = format_description!("[month repr:short] [day] [year]");
    let time = OffsetDateTime::from_unix_timestamp(entry.modified_ms / 1000);
    let date = time.ok().and_then(|time| time.format(format).ok());
    let (date, name) = (date.unwrap_or_default(), &entry.name);
    format!("{mode}    1 amana    amana    {size_bytes:>12} {date} {name}")
}

/// A path from the top, without `.` and `..`.
pub(super) fn real(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_from_the_top() {
        for (path, shown) in [
            (".", "/"),
            ("", "/"),
            ("/office/", "/office"),
            ("office/./a/../b", "/office/b"),
            ("/../..", "/"),
        ] {
            assert_eq!(real(path), shown);
        }
    }

    #[test]
    fn lines_are_those_of_ls() {
        let entry = Entry {
            name: "note.txt".into(),
            kind: Kind::File {
                size_bytes: 12,
                etag: String::new(),
            },
            modified_ms: 1_782_000_000_000,
        };
        assert_eq!(
            line(&entry),
            "-rw-------    1 amana    amana              12 Jun 21 2026 note.txt"
        );
    }
}
