//! What a page shows that it shouldn't: scripts that hide what they do, frames and links that nobody is to see.

use std::collections::BTreeSet;

use super::Suspicion::{HiddenFrame, HiddenLinks, HiddenScript, SendsAway};
use super::marks::{Place, marks};
use super::{Found, found};
use crate::html::Tag;
use crate::references::{is_data, refresh};
use crate::site::Origin;
use crate::text::references_resolved;

/// Codes of characters in a row, by which texts are hidden: addresses for mail too.
const MAX_CODES: usize = 40;
/// So far beside the page nobody sees anything, in whichever unit.
const FAR: u32 = 1000;
/// Elements that hold nothing.
const EMPTY: [&str; 9] = [
    "img", "br", "input", "meta", "link", "hr", "source", "area", "wbr",
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
const AWAY: [&str; 3] = ["left:-", "text-indent:-", "top:-"];

/// What a page shows that it shouldn't. `is_own` says which hosts are the site's.
#[must_use]
pub fn page(page: &[u8], tags: &[Tag], is_own: &dyn Fn(&str) -> bool) -> Vec<Found> {
    let mut all = BTreeSet::new();
    for tag in tags.iter().filter(|tag| !tag.is_end) {
        let content = tag.content.clone().map(|range| &page[range]);
        match (tag.name.as_str(), content) {
            ("script", Some(text)) if !is_data(tag) => all.extend(script(text)),
            ("iframe" | "frame", _) => all.extend(frame(tag, is_own)),
            ("meta", _) => {
                let away = refresh(tag).and_then(|to| host(to).map(|host| (to, host)));
                if let Some((to, _)) = away.filter(|(_, host)| !is_own(host)) {
                    let why = "a page that sends its visitors to another host";
                    all.insert(found(SendsAway, to, why, false));
                }
            }
            _ => {}
        }
        for attribute in &tag.attributes {
            if attribute.name.starts_with("on") || is_program(&attribute.value) {
                all.extend(script(attribute.value.as_bytes()));
            }
        }
    }
    all.extend(hidden_links(tags, is_own));
    all.extend(marks(page, &[Place::Text]));
    all.into_iter().collect()
}

/// What a script shows.
#[must_use]
pub fn script(text: &[u8]) -> Option<Found> {
    let mut all = marks(text, &[Place::Script]);
    all.sort_by_key(|one| !one.is_sure);
    all.into_iter().next().or_else(|| codes(text))
}

fn codes(text: &[u8]) -> Option<Found> {
    let plain: String = String::from_utf8_lossy(text)
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .collect::<String>()
        .to_lowercase();
    let is_row = |codes: &str| {
        let codes = codes.split(')').next().unwrap_or_default();
        let is_code = |byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b',' | b'x');
        codes.split(',').count() > MAX_CODES && codes.bytes().all(is_code)
    };
    let mut calls = plain.split("string.fromcharcode(").skip(1);
    let why = "a script with a text in codes of its letters";
    calls
        .any(is_row)
        .then(|| found(HiddenScript, "String.fromCharCode(…)", why, false))
}

/// What a picture has that runs in whoever opens it by itself.
pub(super) fn picture(tags: &[Tag]) -> Vec<Found> {
    const WHY: &str = "a picture with a script in it";
    let mut all = Vec::new();
    for tag in tags.iter().filter(|tag| !tag.is_end) {
        let is_script = tag.name == "script" && !is_data(tag);
        let runs = tag
            .attributes
            .iter()
            .any(|attribute| attribute.name == "onload" || is_program(&attribute.value));
        if is_script || runs {
            all.push(found(HiddenScript, &format!("<{}>", tag.name), WHY, true));
        }
    }
    all
}

fn is_program(address: &str) -> bool {
    let begin = address.trim_start().get(..11);
    begin.is_some_and(|begin| begin.eq_ignore_ascii_case("javascript:"))
}

fn host(address: &str) -> Option<String> {
    let whole = match address.strip_prefix("//") {
        Some(rest) => format!("https://{rest}"),
        None => address.to_owned(),
    };
    let url = url::Url::parse(&references_resolved(&whole)).ok()?;
    Origin::of(&url).map(|origin| origin.authority)
}

/// Whether nobody sees the element: surely not, or perhaps not.
fn hiding(tag: &Tag) -> Option<bool> {
    let style = tag.value("style")?;
    let style: String = style
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .collect();
    let style = format!("{};", style.to_lowercase());
    let is_far = AWAY.iter().any(|way| {
        style.split(way).skip(1).any(|rest| {
            let end = rest.find(|letter: char| !letter.is_ascii_digit());
            let digits = &rest[..end.unwrap_or(rest.len())];
            digits.parse().is_ok_and(|far: u32| far >= FAR)
        })
    });
    let is_hidden = INVISIBLE.iter().any(|way| style.contains(way));
    is_hidden.then_some(is_far)
}

fn frame(tag: &Tag, is_own: &dyn Fn(&str) -> bool) -> Option<Found> {
    let address = tag.value("src")?;
    let is_dot = |name: &str| {
        matches!(
            tag.value(name).map(str::trim),
            Some("0" | "1" | "0px" | "1px")
        )
    };
    let is_point = is_dot("width") && is_dot("height");
    let hiding = hiding(tag);
    let style = tag.value("style").unwrap_or_default().to_lowercase();
    let is_sure =
        is_point || hiding == Some(true) || style.contains("none") || style.contains("hidden");
    // The measuring tool's frame for visitors without scripts is no intruder's.
    let is_foreign =
        host(address).is_some_and(|host| !is_own(&host) && host != "www.googletagmanager.com");
    let is_hidden = is_point || hiding.is_some();
    let why = "a frame of another host that shows nothing";
    (is_hidden && is_foreign).then(|| found(HiddenFrame, address, why, is_sure))
}

/// Links to other hosts inside an element that isn't shown. Menus and windows that open later are hidden in their place, so that only
/// what stands far beside the page is surely an intruder's.
fn hidden_links(tags: &[Tag], is_own: &dyn Fn(&str) -> bool) -> Vec<Found> {
    let mut all = Vec::new();
    // The hidden element that is open, how many of its name are open within, and whether it surely isn't seen.
    let mut hidden: Option<(&str, usize, bool)> = None;
    for tag in tags {
        match &mut hidden {
            Some((name, depth, _)) if tag.name == *name => match tag.is_end {
                true if *depth == 0 => hidden = None,
                true => *depth -= 1,
                false => *depth += 1,
            },
            None if !tag.is_end && !EMPTY.contains(&tag.name.as_str()) => {
                hidden = hiding(tag).map(|is_sure| (tag.name.as_str(), 0, is_sure));
            }
            _ => {}
        }
        let Some((_, _, is_sure)) = hidden else {
            continue;
        };
        let address = tag.value("href").filter(|_| tag.name == "a");
        let is_foreign = |address: &&str| host(address).is_some_and(|host| !is_own(&host));
        if let Some(address) = address.filter(is_foreign) {
            let why = "a link to another host that nobody sees";
            all.push(found(HiddenLinks, address, why, is_sure));
        }
    }
    all
}

/// Hosts whose scripts the page runs.
#[must_use]
pub fn script_hosts(tags: &[Tag]) -> BTreeSet<String> {
    tags.iter()
        .filter(|tag| !tag.is_end && tag.name == "script")
        .filter_map(|tag| host(tag.value("src")?))
        .collect()
}
