//! What an infected site would bring home: programs that hide what they do, frames and links that nobody is to see, the marks of
//! known web shells.
//!
//! This finds what intruders commonly leave. It proves nothing about a site in which it finds nothing.

mod names;

use std::collections::BTreeSet;

pub use names::{address, is_litter, name};

use crate::html::Tag;
use crate::references::{is_data, refresh};
use crate::site::Origin;
use crate::text::references_resolved;

/// What was found.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Suspicion {
    /// A script unpacks another one and runs it.
    HiddenScript,
    /// A frame that shows nothing.
    HiddenFrame,
    /// Links to elsewhere that nobody sees.
    HiddenLinks,
    /// A page that sends its visitors elsewhere by itself.
    SendsAway,
    /// What a known web shell says.
    WebShell,
    /// Passwords, private keys, settings.
    Secret,
    /// A database, or a copy of one.
    Database,
    /// An old copy, or a backup.
    Copy,
    /// The source of a program.
    Program,
}

impl Suspicion {
    /// A stable name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::HiddenScript => "hidden-script",
            Self::HiddenFrame => "hidden-frame",
            Self::HiddenLinks => "hidden-links",
            Self::SendsAway => "sends-away",
            Self::WebShell => "web-shell",
            Self::Secret => "secret",
            Self::Database => "database",
            Self::Copy => "copy",
            Self::Program => "program",
        }
    }
}

/// Ways of running what can't be read, without blanks.
const HIDING: [&str; 10] = [
    "eval(atob(",
    "eval(unescape(",
    "eval(function(p,a,c,k,e",
    "eval(string.fromcharcode(",
    "document.write(unescape(",
    "document.write(atob(",
    "eval(base64_decode(",
    "eval(gzinflate(",
    "newfunction(atob(",
    "eval(decodeuricomponent(",
];
/// Codes of characters in a row, by which texts are hidden.
const MAX_CODES: usize = 40;
/// What web shells and programs' sources show.
const SHELLS: [&str; 12] = [
    "<?php",
    "filesman",
    "c99shell",
    "r57shell",
    "b374k",
    "wso shell",
    "web shell by orb",
    "indoxploit",
    "alfa team shell",
    "mini shell",
    "safe_mode bypass",
    "uname -a:",
];
const INVISIBLE: [&str; 8] = [
    "display:none",
    "visibility:hidden",
    "left:-",
    "text-indent:-",
    "top:-",
    "opacity:0;",
    "font-size:0",
    "height:0",
];

/// A place that somebody should look at.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Found {
    /// What it looks like.
    pub suspicion: Suspicion,
    /// What gave it away.
    pub what: String,
}

/// What a site answers at an address at which none should.
#[must_use]
pub fn exposed(address: &str) -> Option<Found> {
    let (what, suspicion, _) = self::address(address)?;
    Some(of(suspicion, &what))
}

/// What a page shows that it shouldn't. `is_own` says which hosts are the site's.
#[must_use]
pub fn page(page: &[u8], tags: &[Tag], is_own: &dyn Fn(&str) -> bool) -> Vec<Found> {
    let mut found = BTreeSet::new();
    for tag in tags.iter().filter(|tag| !tag.is_end) {
        let content = tag.content.clone().map(|range| &page[range]);
        match (tag.name.as_str(), content) {
            ("script", Some(text)) if !is_data(tag) => found.extend(script(text)),
            ("iframe" | "frame", _) => found.extend(frame(tag, is_own)),
            ("meta", _) => {
                let away = refresh(tag).and_then(|to| host(to).map(|host| (to, host)));
                if let Some((to, _)) = away.filter(|(_, host)| !is_own(host)) {
                    found.insert(of(Suspicion::SendsAway, to));
                }
            }
            _ => {}
        }
    }
    found.extend(hidden_links(tags, is_own));
    found.extend(shell(page));
    found.into_iter().collect()
}

/// What a script shows.
#[must_use]
pub fn script(text: &[u8]) -> Option<Found> {
    let plain: String = String::from_utf8_lossy(text)
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .collect::<String>()
        .to_lowercase();
    if let Some(mark) = HIDING.iter().find(|mark| plain.contains(**mark)) {
        return Some(of(Suspicion::HiddenScript, mark));
    }
    let (_, codes) = plain.split_once("string.fromcharcode(")?;
    let codes = codes.split(')').next().unwrap_or_default();
    let is_row = codes.split(',').count() > MAX_CODES
        && codes
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b',' | b'x'));
    is_row.then(|| of(Suspicion::HiddenScript, "String.fromCharCode(…)"))
}

fn of(suspicion: Suspicion, what: &str) -> Found {
    Found {
        suspicion,
        what: what.chars().take(200).collect(),
    }
}

fn host(address: &str) -> Option<String> {
    let whole = match address.strip_prefix("//") {
        Some(rest) => format!("https://{rest}"),
        None => address.to_owned(),
    };
    let url = url::Url::parse(&references_resolved(&whole)).ok()?;
    Origin::of(&url).map(|origin| origin.authority)
}

fn is_invisible(tag: &Tag) -> bool {
    let style = tag.value("style").unwrap_or_default();
    let style: String = style
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .collect();
    let style = format!("{};", style.to_lowercase());
    INVISIBLE.iter().any(|way| style.contains(way))
}

fn frame(tag: &Tag, is_own: &dyn Fn(&str) -> bool) -> Option<Found> {
    let address = tag.value("src")?;
    let is_dot = |name: &str| {
        matches!(
            tag.value(name).map(str::trim),
            Some("0" | "1" | "0px" | "1px")
        )
    };
    let is_hidden = (is_dot("width") && is_dot("height")) || is_invisible(tag);
    // The measuring tool's frame for visitors without scripts is no intruder's.
    let is_foreign =
        host(address).is_some_and(|host| !is_own(&host) && host != "www.googletagmanager.com");
    (is_hidden && is_foreign).then(|| of(Suspicion::HiddenFrame, address))
}

/// Links to other hosts inside an element that isn't shown.
fn hidden_links(tags: &[Tag], is_own: &dyn Fn(&str) -> bool) -> Vec<Found> {
    const EMPTY: [&str; 9] = [
        "img", "br", "input", "meta", "link", "hr", "source", "area", "wbr",
    ];
    let mut found = Vec::new();
    // The hidden element that is open, and how many of its name are open within.
    let mut hidden: Option<(&str, usize)> = None;
    for tag in tags {
        match &mut hidden {
            Some((name, depth)) if tag.name == *name => match tag.is_end {
                true if *depth == 0 => hidden = None,
                true => *depth -= 1,
                false => *depth += 1,
            },
            None if !tag.is_end && is_invisible(tag) && !EMPTY.contains(&tag.name.as_str()) => {
                hidden = Some((&tag.name, 0));
            }
            _ => {}
        }
        let address = tag
            .value("href")
            .filter(|_| tag.name == "a" && hidden.is_some());
        if let Some(address) =
            address.filter(|address| host(address).is_some_and(|host| !is_own(&host)))
        {
            found.push(of(Suspicion::HiddenLinks, address));
        }
    }
    found
}

/// The marks of a web shell, or of a program's source that is shown instead of run.
#[must_use]
pub fn shell(page: &[u8]) -> Option<Found> {
    let text = String::from_utf8_lossy(page).to_lowercase();
    // Pages about programs write them with character references; only the beginning is a program's.
    let is_source = text.trim_start().starts_with(SHELLS[0]);
    let mark = SHELLS[1..].iter().find(|mark| text.contains(**mark));
    match (is_source, mark) {
        (true, _) => Some(of(Suspicion::WebShell, SHELLS[0])),
        (false, mark) => mark.map(|mark| of(Suspicion::WebShell, mark)),
    }
}

/// Hosts whose scripts the page runs.
#[must_use]
pub fn script_hosts(tags: &[Tag]) -> BTreeSet<String> {
    tags.iter()
        .filter(|tag| !tag.is_end && tag.name == "script")
        .filter_map(|tag| host(tag.value("src")?))
        .collect()
}
