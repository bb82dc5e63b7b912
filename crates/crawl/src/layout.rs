//! Which file of the folder holds what an address answers: the one that its path names where that can be, otherwise one in
//! `_addresses.d`, named by its digest. Equal contents are stored once.

use std::collections::{HashMap, HashSet};

/// Files that `_addresses` alone publishes.
const BEHIND: &str = "_addresses.d";
/// A file's name at most, and its path.
const MAX_NAME_BYTES: usize = 200;
const MAX_PATH_BYTES: usize = 1500;
/// What a folder says beside its files, and names that a site's own files can't have.
const RESERVED: [&str; 5] = ["_redirects", "_headers", "_addresses", BEHIND, "404.html"];

/// What an address answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Item {
    /// Path, and query if there is one.
    pub address: String,
    /// Its content type, as the server said it.
    pub content_type: String,
    /// SHA-256 of the body.
    pub digest: [u8; 32],
    /// Whether the body is UTF-8, on which a file's own type depends.
    pub is_utf8: bool,
}

/// Where an item is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Placed {
    /// In this file, whose path alone says address and type.
    File(String),
    /// In this file, and a line of `_addresses` says address and type.
    Line(String),
    /// Nowhere: what the path without the query answers is the same.
    SameAsPath,
}

impl Placed {
    /// The file.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        match self {
            Self::File(file) | Self::Line(file) => Some(file),
            Self::SameAsPath => None,
        }
    }
}

/// The type that a file has by its name, and by whether it is UTF-8.
pub type TypeOf<'a> = &'a dyn Fn(&str, bool) -> String;

/// Finds a place for each item; the answer is in the order of the items.
#[must_use]
pub fn lay_out(items: &[Item], type_of: TypeOf<'_>) -> Vec<Placed> {
    let mut order: Vec<usize> = (0..items.len()).collect();
    // Paths come before what differs from them by a query alone.
    order.sort_by_key(|at| (items[*at].address.contains('?'), *at));
    let mut layout = Layout {
        files: HashMap::new(),
        folders: HashSet::new(),
        by_path: HashMap::new(),
        by_digest: HashMap::new(),
        type_of,
    };
    let mut placed = vec![Placed::SameAsPath; items.len()];
    for at in order {
        placed[at] = layout.place(&items[at]);
    }
    placed
}

struct Layout<'a> {
    /// Files, with their digests.
    files: HashMap<String, [u8; 32]>,
    folders: HashSet<String>,
    /// What each path answers without a query.
    by_path: HashMap<String, ([u8; 32], String)>,
    by_digest: HashMap<[u8; 32], String>,
    type_of: TypeOf<'a>,
}

impl Layout<'_> {
    fn place(&mut self, item: &Item) -> Placed {
        let (path, query) = match item.address.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (item.address.as_str(), None),
        };
        let same = (item.digest, item.content_type.clone());
        let natural = match (self.by_path.get(path), query) {
            (Some(known), Some(_)) if *known == same => return Placed::SameAsPath,
            (Some(_), Some(_)) => None,
            // A picture with a version is the picture; a page with a parameter may be any page.
            (None, Some(query)) if !is_version(query) => None,
            (None, Some(_)) if is_page(&item.content_type) => None,
            _ => natural(path, &item.content_type, self.type_of).filter(|file| self.is_free(file)),
        };
        let Some(file) = natural else {
            return Placed::Line(self.behind(item));
        };
        let own = (self.type_of)(&file, item.is_utf8);
        self.take(&file, item.digest);
        self.by_path.insert(path.to_owned(), same);
        let says_path = !path.ends_with('/') || file.ends_with("index.html");
        match says_path && is_same_type(&own, &item.content_type) {
            true => Placed::File(file),
            false => Placed::Line(file),
        }
    }

    /// A file that only lines of `_addresses` name.
    fn behind(&mut self, item: &Item) -> String {
        if let Some(file) = self.by_digest.get(&item.digest) {
            return file.clone();
        }
        let ending = ending(&item.content_type);
        let file = format!("{BEHIND}/{}{ending}", hex::encode(&item.digest[..16]));
        self.take(&file, item.digest);
        file
    }

    fn take(&mut self, file: &str, digest: [u8; 32]) {
        self.files.insert(file.to_owned(), digest);
        self.by_digest
            .entry(digest)
            .or_insert_with(|| file.to_owned());
        self.folders.extend(above(file).map(str::to_owned));
    }

    /// Whether neither the file nor a folder above it is something else already.
    fn is_free(&self, file: &str) -> bool {
        !self.files.contains_key(file)
            && !self.folders.contains(file)
            && above(file).all(|folder| !self.files.contains_key(folder))
    }
}

/// The folders above a file.
fn above(file: &str) -> impl Iterator<Item = &str> {
    file.match_indices('/').map(|(at, _)| &file[..at])
}

/// `ver=6.1`, `v=3`, or a bare number or digest, as systems append to outwit caches.
fn is_version(query: &str) -> bool {
    let name = query.split('=').next().unwrap_or_default();
    let is_plain = !query.contains('=')
        && query
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
    !query.contains('&')
        && (is_plain || matches!(name, "ver" | "v" | "version" | "rev" | "t" | "ts" | "_"))
}

fn is_page(content_type: &str) -> bool {
    kind(content_type) == "text/html"
}

fn kind(content_type: &str) -> String {
    let kind = content_type.split(';').next().unwrap_or_default();
    kind.trim().to_ascii_lowercase()
}

/// Types are compared as HTTP does: case and blanks aside (RFC 9110 §8.3.1).
fn is_same_type(one: &str, other: &str) -> bool {
    let plain = |text: &str| text.replace([' ', '"'], "").to_ascii_lowercase();
    plain(one) == plain(other)
}

/// The file that a path names, if it can be one.
fn natural(path: &str, content_type: &str, type_of: TypeOf<'_>) -> Option<String> {
    let plain = decoded(path.strip_prefix('/')?)?;
    let is_page = is_page(content_type);
    let file = if plain.is_empty() || plain.ends_with('/') {
        let ending = if is_page {
            ".html".to_owned()
        } else {
            ending(content_type)
        };
        format!("{plain}index{ending}")
    } else if is_page && !plain.ends_with(".html") && !plain.ends_with(".htm") {
        format!("{plain}.html")
    } else {
        plain
    };
    // What has no known ending may be anything, and names that look like programs aren't published.
    let is_known = is_page || !type_of(&file, true).starts_with("application/octet-stream");
    (is_known && is_fit(&file)).then_some(file)
}

fn is_fit(file: &str) -> bool {
    let segments = || file.split('/');
    let is_reserved = segments()
        .next()
        .is_some_and(|first| RESERVED.contains(&first));
    let fits = |name: &str| {
        let is_hidden = name.starts_with('.') && name != ".well-known";
        !name.is_empty()
            && !is_hidden
            && name.len() <= MAX_NAME_BYTES
            && !name.contains(char::is_control)
    };
    !is_reserved && file.len() <= MAX_PATH_BYTES && segments().all(fits)
}

/// Percent-encoding resolved; nothing where that isn't UTF-8, or hides a slash.
fn decoded(path: &str) -> Option<String> {
    let bytes = path.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'%' {
            let byte = u8::from_str_radix(path.get(at + 1..at + 3)?, 16).ok()?;
            if byte == b'/' {
                return None;
            }
            plain.push(byte);
            at += 3;
        } else {
            plain.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(plain).ok()
}

/// An ending for files whose path says nothing.
fn ending(content_type: &str) -> String {
    let ending = match kind(content_type).as_str() {
        "text/html" => ".html",
        "text/css" => ".css",
        "text/javascript" | "application/javascript" | "application/x-javascript" => ".js",
        "text/plain" => ".txt",
        "image/png" => ".png",
        "image/jpeg" => ".jpg",
        "image/gif" => ".gif",
        "image/webp" => ".webp",
        "application/pdf" => ".pdf",
        kind if kind.ends_with("xml") => ".xml",
        kind if kind.ends_with("json") => ".json",
        _ => "",
    };
    ending.to_owned()
}
