//! References to the old host, replaced where they stand; every other byte stays.

use std::collections::HashSet;

use url::Url;

use crate::charset::Charset;
use crate::references::{Place, places};
use crate::site::{Site, Target};
use crate::text::{Mention, mentions};
use crate::{css, html};

/// What a body is read as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Language {
    /// HTML.
    Html,
    /// CSS.
    Css,
    /// JavaScript and JSON.
    Script,
    /// XML, feeds, plain text.
    Text,
    /// Pictures and the like, which aren't read.
    Other,
}

impl Language {
    /// By its content type. Encodings that don't hold ASCII as it is aren't read.
    #[must_use]
    pub fn of(content_type: &str) -> Self {
        let lower = content_type.to_ascii_lowercase();
        if lower.contains("utf-16") || lower.contains("utf-32") {
            return Self::Other;
        }
        Self::spoken(&lower)
    }

    /// By its content type, in whichever encoding: of what is decoded before it is read.
    #[must_use]
    pub fn spoken(content_type: &str) -> Self {
        let lower = content_type.to_ascii_lowercase();
        let kind = lower.split(';').next().unwrap_or_default().trim();
        match kind {
            "text/html" | "application/xhtml+xml" => Self::Html,
            "text/css" => Self::Css,
            "text/javascript" | "application/javascript" | "application/x-javascript" => {
                Self::Script
            }
            kind if kind.ends_with("json") => Self::Script,
            kind if kind.ends_with("xml") || kind.starts_with("text/") => Self::Text,
            _ => Self::Other,
        }
    }
}

/// Replaces references.
pub struct Rewriter<'a> {
    site: &'a Site,
    authorities: Vec<String>,
    /// What came along from other hosts: the rest stays where it is.
    brought: HashSet<Target>,
}

impl<'a> Rewriter<'a> {
    /// For that site, of which `brought` came along from other hosts.
    #[must_use]
    pub fn new(site: &'a Site, brought: HashSet<Target>) -> Self {
        Self {
            site,
            authorities: site.authorities(),
            brought,
        }
    }

    /// A body that was at `target`, as the new site has it.
    #[must_use]
    pub fn body(
        &self,
        body: &[u8],
        language: Language,
        charset: Charset,
        target: &Target,
    ) -> Vec<u8> {
        let (places, rest) = match language {
            Language::Html => (places(&html::tags(body)), Place::Absolute),
            Language::Css => (Vec::new(), Place::Relative),
            Language::Script => (Vec::new(), Place::Script),
            Language::Text => (Vec::new(), Place::Absolute),
            Language::Other => return body.to_vec(),
        };
        let mut edits = Vec::new();
        let mut next = 0;
        for mention in mentions(body, &self.authorities) {
            let start = mention.range.start;
            while places
                .get(next)
                .is_some_and(|(range, _)| range.end <= start)
            {
                next += 1;
            }
            let place = places
                .get(next)
                .filter(|(range, _)| range.contains(&start))
                .map_or(rest, |(_, place)| *place);
            if let Some(text) = self.replacement(body, &mention, place, charset) {
                edits.push((mention.range.clone(), text));
            }
        }
        if let (Language::Css, Some(host)) = (language, target.asset_host) {
            // A path there begins at the other host's root.
            let prefix = self.site.asset_prefix(host);
            for found in css::references(body) {
                if found.value.starts_with('/') && !found.value.starts_with("//") {
                    edits.push((found.range.start..found.range.start, prefix.clone()));
                }
            }
        }
        spliced(body, edits)
    }

    /// A path and query as the new site has it: addresses hold addresses.
    #[must_use]
    pub fn address(&self, address: &str) -> String {
        let text = address.as_bytes();
        let edits = mentions(text, &self.authorities)
            .into_iter()
            .filter_map(|mention| {
                let text = self.replacement(text, &mention, Place::Absolute, Charset::UTF_8)?;
                Some((mention.range, text))
            })
            .collect();
        String::from_utf8_lossy(&spliced(text, edits)).into_owned()
    }

    /// What stands instead of the mention's scheme and host; nothing if it stays.
    fn replacement(
        &self,
        text: &[u8],
        mention: &Mention,
        place: Place,
        charset: Charset,
    ) -> Option<String> {
        let slash = mention.slash;
        let asset_host = self.site.asset_at(mention.authority);
        let prefix = match asset_host {
            Some(_) => {
                let path = mention.path(text, charset);
                let target = named(self.site, &self.authorities, mention, &path, charset)?;
                if !self.brought.contains(&target) {
                    return None;
                }
                self.site.asset_prefix(target.asset_host?)
            }
            None => String::new(),
        };
        let next = text.get(mention.rest.start).copied().unwrap_or(b' ');
        let is_bare = mention.rest.is_empty() || matches!(next, b'?' | b'#' | b'&');
        let goes_nowhere = is_bare || text[mention.rest.clone()] == *slash.as_bytes();
        let is_whole = match place {
            Place::Absolute => true,
            Place::Script => goes_nowhere && asset_host.is_none(),
            Place::Relative => false,
        };
        if is_whole || slash.starts_with('%') {
            return self.whole(mention, &prefix);
        }
        let root = if is_bare { slash } else { "" };
        Some(format!("{}{root}", prefix.replace('/', slash)))
    }

    /// The new host instead of the old one, written as the text writes it; nothing if that changes nothing.
    fn whole(&self, mention: &Mention, prefix: &str) -> Option<String> {
        let origin = self.site.new_origin();
        let is_same = mention.authority == 0 && origin == self.site.home.url();
        if is_same {
            return None;
        }
        let (scheme, host) = origin.split_once("://").unwrap_or(("https", &origin));
        let scheme = mention
            .colon
            .map(|colon| format!("{scheme}{colon}"))
            .unwrap_or_default();
        let slash = mention.slash;
        let host = match slash.starts_with('%') {
            true => host.replace(':', "%3A"),
            false => host.to_owned(),
        };
        Some(format!(
            "{scheme}{slash}{slash}{host}{}",
            prefix.replace('/', slash)
        ))
    }
}

/// The target that a mention names, whose path and query are these.
#[must_use]
pub fn named(
    site: &Site,
    authorities: &[String],
    mention: &Mention,
    path: &str,
    charset: Charset,
) -> Option<Target> {
    let host = &authorities[mention.authority];
    if !path.starts_with(['/', '?', '#']) && !path.is_empty() {
        return None;
    }
    let start = Url::parse(&format!("https://{host}")).ok()?;
    site.target(&charset.join(&start, &format!("https://{host}{path}"))?)
}

/// The text with each range replaced; the ranges don't overlap.
fn spliced(text: &[u8], mut edits: Vec<(std::ops::Range<usize>, String)>) -> Vec<u8> {
    edits.sort_by_key(|(range, _)| range.start);
    let mut whole = Vec::with_capacity(text.len());
    let mut at = 0;
    for (range, new) in edits {
        if range.start < at {
            continue;
        }
        whole.extend_from_slice(&text[at..range.start]);
        whole.extend_from_slice(new.as_bytes());
        at = range.end;
    }
    whole.extend_from_slice(&text[at..]);
    whole
}
