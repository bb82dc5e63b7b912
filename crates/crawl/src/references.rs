//! What a page refers to, and what kind of place in it each reference stands in.

use std::ops::Range;

use serde_json::Value;

use crate::html::{Attribute, Tag};
use crate::{css, srcset};

/// What a reference asks for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// Another page.
    Link,
    /// What the page needs to look as it does.
    Asset,
    /// What may be an address: in scripts and data.
    Guess,
}

/// Something that a page refers to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reference {
    /// As the page writes it, escapes resolved.
    pub value: String,
    /// What it asks for.
    pub kind: Kind,
}

/// How an absolute reference to the old host is replaced.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// By a path: where the browser resolves references.
    Relative,
    /// By a path, except a bare host, to which scripts add paths.
    Script,
    /// By the new host: where readers take the text as it is.
    Absolute,
}

/// Attributes that hold one reference.
const REFERENCES: [&str; 14] = [
    "href",
    "src",
    "poster",
    "background",
    "data",
    "action",
    "formaction",
    "xlink:href",
    "cite",
    "longdesc",
    "manifest",
    "data-src",
    "data-href",
    "data-bg",
];
/// Words in the names of attributes by which scripts load pictures late.
const LAZY: [&str; 9] = [
    "src",
    "bg",
    "background",
    "poster",
    "url",
    "image",
    "original",
    "lazy",
    "href",
];
/// Relations of `link` that a page needs to look as it does.
const NEEDED: [&str; 9] = [
    "stylesheet",
    "icon",
    "apple-touch-icon",
    "apple-touch-icon-precomposed",
    "preload",
    "modulepreload",
    "prefetch",
    "manifest",
    "mask-icon",
];
/// Those that name no page.
const CONNECTIONS: [&str; 4] = ["dns-prefetch", "preconnect", "pingback", "profile"];
/// Those that say what this page's address is, and want it whole.
const ADDRESSES: [&str; 3] = ["canonical", "alternate", "shortlink"];

/// The address that relative references of the page start from, if it names one.
#[must_use]
pub fn base(tags: &[Tag]) -> Option<&str> {
    let base = |tag: &&Tag| !tag.is_end && tag.name == "base";
    tags.iter().filter(base).find_map(|tag| tag.value("href"))
}

/// Everything that the page refers to, except what the search for absolute addresses finds.
#[must_use]
pub fn of_page(page: &[u8], tags: &[Tag]) -> Vec<Reference> {
    let mut found = Vec::new();
    for tag in tags.iter().filter(|tag| !tag.is_end) {
        for attribute in &tag.attributes {
            of_attribute(tag, attribute, &mut found);
        }
        if let Some(content) = &tag.content {
            of_content(tag, &page[content.clone()], &mut found);
        }
    }
    found
}

fn of_attribute(tag: &Tag, attribute: &Attribute, found: &mut Vec<Reference>) {
    let value = attribute.value.trim();
    let name = attribute.name.as_str();
    let mut push = |value: &str, kind| {
        found.push(Reference {
            value: value.to_owned(),
            kind,
        });
    };
    if value.is_empty() {
        return;
    }
    if name == "style" {
        let inside = css::references(value.as_bytes());
        return inside.iter().for_each(|one| push(&one.value, Kind::Asset));
    }
    if name.contains("srcset") || name == "imagesrcset" {
        let inside = srcset::addresses(value);
        return inside
            .into_iter()
            .for_each(|one| push(&value[one], Kind::Asset));
    }
    if tag.name == "meta" && name == "content" {
        if let Some(address) = refresh(tag) {
            push(address, Kind::Link);
        }
        return;
    }
    if name.starts_with("data-") {
        if value.starts_with(['{', '[']) {
            return json_paths(value, found);
        }
        // As a style says it: data-bg="url(/bg.png)".
        if value.to_ascii_lowercase().contains("url(") {
            let inside = css::references(value.as_bytes());
            return inside.iter().for_each(|one| push(&one.value, Kind::Guess));
        }
        if LAZY.iter().any(|word| name.contains(word)) {
            push(value, Kind::Guess);
        }
        return;
    }
    if let Some(kind) = kind_of(tag, name) {
        push(value, kind);
    }
}

fn kind_of(tag: &Tag, name: &str) -> Option<Kind> {
    let has = |words: &[&str]| words.iter().any(|word| tag.has_rel(word));
    match (tag.name.as_str(), name) {
        ("a" | "area", "href") => Some(Kind::Link),
        ("link", "href") if has(&NEEDED) => Some(Kind::Asset),
        ("link", "href") if has(&CONNECTIONS) => None,
        ("link", "href") => Some(Kind::Link),
        ("iframe" | "frame", "src") => Some(Kind::Link),
        ("object", "data") | (_, "src" | "poster" | "background" | "manifest") => Some(Kind::Asset),
        ("use" | "image" | "feimage", "href" | "xlink:href") => Some(Kind::Asset),
        _ => None,
    }
}

/// Where `<meta http-equiv="refresh" content="3; url=…">` leads.
#[must_use]
pub fn refresh(tag: &Tag) -> Option<&str> {
    let is_refresh = tag
        .value("http-equiv")
        .is_some_and(|what| what.eq_ignore_ascii_case("refresh"));
    refresh_target(tag.value("content").filter(|_| is_refresh)?)
}

/// Where a `Refresh` leads: `3; url=…`.
#[must_use]
pub fn refresh_target(content: &str) -> Option<&str> {
    let at = content.to_ascii_lowercase().find("url")?;
    let address = content[at + 3..].trim_start().strip_prefix('=')?;
    Some(address.trim().trim_matches(['"', '\'']))
}

/// What a `Link` header names (RFC 8288 §3): `<address>; rel=preload, …`.
#[must_use]
pub fn of_link_header(value: &str) -> Vec<Reference> {
    let mut found = Vec::new();
    let mut rest = value;
    while let Some((_, behind)) = rest.split_once('<') {
        let Some((address, behind)) = behind.split_once('>') else {
            break;
        };
        let words = behind.split('<').next().unwrap_or_default();
        let (_, rel) = words.split_once("rel=").unwrap_or_default();
        let rel = rel.split([';', ',']).next().unwrap_or_default();
        let rel = rel.trim().trim_matches('"').to_ascii_lowercase();
        let has = |known: &[&str]| rel.split(' ').any(|word| known.contains(&word));
        if !has(&CONNECTIONS) {
            let kind = if has(&NEEDED) {
                Kind::Asset
            } else {
                Kind::Link
            };
            let value = address.to_owned();
            found.push(Reference { value, kind });
        }
        rest = behind;
    }
    found
}

fn of_content(tag: &Tag, content: &[u8], found: &mut Vec<Reference>) {
    match tag.name.as_str() {
        "style" => found.extend(css::references(content).into_iter().map(|one| Reference {
            value: one.value,
            kind: Kind::Asset,
        })),
        "script" if is_data(tag) => json_paths(&String::from_utf8_lossy(content), found),
        _ => {}
    }
}

/// Whether a script is data, not a program.
#[must_use]
pub fn is_data(script: &Tag) -> bool {
    let kind = script.value("type").unwrap_or_default();
    kind.ends_with("json") || kind == "importmap" || kind == "speculationrules"
}

/// Paths of files in JSON: absolute addresses are found without it.
fn json_paths(text: &str, found: &mut Vec<Reference>) {
    let Ok(value) = serde_json::from_str::<Value>(text) else {
        return;
    };
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match value {
            Value::Array(items) => open.extend(items),
            Value::Object(fields) => open.extend(fields.into_iter().map(|(_, value)| value)),
            Value::String(text) if is_file_path(&text) => found.push(Reference {
                value: text,
                kind: Kind::Guess,
            }),
            _ => {}
        }
    }
}

fn is_file_path(text: &str) -> bool {
    let last = text.split(['?', '#']).next().unwrap_or_default();
    let last = last.rsplit('/').next().unwrap_or_default();
    let ending = last.rsplit_once('.').map_or("", |(_, ending)| ending);
    text.starts_with('/')
        && !text.starts_with("//")
        && (2..=5).contains(&ending.len())
        && ending.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The parts of a page that aren't read as text, with how references in each are replaced.
#[must_use]
pub fn places(tags: &[Tag]) -> Vec<(Range<usize>, Place)> {
    let mut places = Vec::new();
    for tag in tags.iter().filter(|tag| !tag.is_end) {
        for attribute in &tag.attributes {
            places.push((attribute.range.clone(), place(tag, &attribute.name)));
        }
        let Some(content) = &tag.content else {
            continue;
        };
        match tag.name.as_str() {
            "style" => places.push((content.clone(), Place::Relative)),
            "script" if tag.value("type") == Some("application/ld+json") => {}
            "script" => places.push((content.clone(), Place::Script)),
            _ => {}
        }
    }
    places.sort_by_key(|(range, _)| range.start);
    places
}

fn place(tag: &Tag, name: &str) -> Place {
    let is_address = tag.name == "link" && ADDRESSES.iter().any(|word| tag.has_rel(word));
    match name {
        "href" if is_address => Place::Absolute,
        "style" | "srcset" | "imagesrcset" | "content"
            if refresh(tag).is_some() || name != "content" =>
        {
            Place::Relative
        }
        name if REFERENCES.contains(&name) => Place::Relative,
        name if name.starts_with("data-") || name.starts_with("on") => Place::Script,
        _ => Place::Absolute,
    }
}
