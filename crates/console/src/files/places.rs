//! Paths in links, and how files look on pages.

use std::fmt::Write as _;

use amana_folders::{Entry, Kind, Place, Version};
use amana_vault::VersionRef;

use crate::texts::Texts;

/// A link below `/folders`, to a path.
pub(super) fn href(verb: &str, path: &str) -> String {
    let mut href = format!("/folders/{verb}/");
    push_encoded(&mut href, path);
    href
}

/// The page of a folder.
pub(super) fn folder_href(place: &Place) -> String {
    match place {
        Place::Top => "/folders".to_owned(),
        inside => href("browse", &inside.path()),
    }
}

/// Percent-encoded but for what never needs it (RFC 3986 §2.3), and `/`.
pub(super) fn push_encoded(to: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            to.push(char::from(byte));
        } else {
            // Writing to a string can't fail.
            let _ = write!(to, "%{byte:02X}");
        }
    }
}

/// The last part of a place's path.
pub(super) fn name(place: &Place) -> String {
    let path = place.path();
    path.rsplit('/').next().unwrap_or_default().to_owned()
}

/// A link of the way down to a folder.
pub(super) struct Step {
    pub(super) name: String,
    pub(super) href: String,
}

/// The way from the top to a place, without the place itself.
pub(super) fn way(place: &Place) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut at = place.parent();
    while at != Place::Top {
        steps.push(Step {
            name: name(&at),
            href: folder_href(&at),
        });
        at = at.parent();
    }
    steps.reverse();
    steps
}

/// A row of a folder.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) href: String,
    /// Where it is fetched; nothing for a folder.
    pub(super) download: Option<String>,
    pub(super) size: String,
    pub(super) modified_s: Option<u64>,
}

impl Row {
    /// Something in a folder, or found at its path from the top.
    pub(super) fn of(texts: &Texts, folder: &str, entry: Entry) -> Self {
        let path = match folder {
            "" => entry.name.clone(),
            folder => format!("{folder}/{}", entry.name),
        };
        let (href, download, size) = match entry.kind {
            Kind::Folder => (href("browse", &path), None, String::new()),
            Kind::File { size_bytes, .. } => (
                href("file", &path),
                Some(href("download", &path)),
                texts.size(&size_bytes),
            ),
        };
        Self {
            name: entry.name,
            href,
            download,
            size,
            modified_s: seconds(entry.modified_ms),
        }
    }
}

/// A row of what a file was.
pub(super) struct Past {
    pub(super) name: String,
    pub(super) path: String,
    pub(super) version: String,
    pub(super) download: String,
    pub(super) is_latest: bool,
    pub(super) size: String,
    pub(super) modified_s: Option<u64>,
}

impl Past {
    pub(super) fn of(texts: &Texts, path: String, version: Version) -> Self {
        let id = match version.version {
            VersionRef::Id(id) => id.to_string(),
            _ => "null".to_owned(),
        };
        let mut download = href("download", &path) + "?version=";
        push_encoded(&mut download, &id);
        Self {
            name: version.name,
            path,
            version: id,
            download,
            is_latest: version.is_latest,
            size: texts.size(&version.size_bytes),
            modified_s: seconds(version.modified_ms),
        }
    }
}

/// Milliseconds as the seconds that pages show; nothing where nobody knows.
pub(super) fn seconds(time_ms: i64) -> Option<u64> {
    u64::try_from(time_ms / 1000)
        .ok()
        .filter(|time_s| *time_s > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_hold_any_name() {
        assert_eq!(
            href("file", "a/été 1%.txt"),
            "/folders/file/a/%C3%A9t%C3%A9%201%25.txt"
        );
    }
}
