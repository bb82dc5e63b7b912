//! Headers of the old site's answers that visitors would miss, as `_headers` writes them.
//!
//! A rule there is for a path, whatever the query: where that can't say what the site did, it is told.

use std::collections::{BTreeMap, BTreeSet};

/// What changes an answer for visitors, and isn't said by its type, its bytes or the server.
pub const KEPT: [&str; 4] = [
    "content-disposition",
    "content-language",
    "refresh",
    "x-robots-tag",
];
/// Rules at most: a server goes through all of them at each answer.
const MAX_RULES: usize = 200;
const MAX_VALUE_BYTES: usize = 8192;

/// What each address answers: its headers of those that are kept.
pub type Answers = BTreeMap<String, Vec<(&'static str, String)>>;

/// The lines for `_headers`, and what they can't say: header and value, with its addresses.
#[must_use]
pub fn lines(answers: &Answers) -> (String, BTreeMap<String, Vec<String>>) {
    let mut rules: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut lost: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for header in KEPT {
        let by_path = by_path(answers, header);
        if let Some(value) = of_all(&by_path, header) {
            let line = format!("  {header}: {value}\n");
            rules.entry("/*".to_owned()).or_default().push(line);
            continue;
        }
        let mut covered: Vec<String> = Vec::new();
        for (path, values) in &by_path {
            let Some(value) = values.iter().flatten().next() else {
                continue;
            };
            if covered.iter().any(|top| path.starts_with(top.as_str())) {
                continue;
            }
            let top = top(path).filter(|top| is_common(&by_path, top, value));
            let place = top.map_or_else(|| path.clone(), |top| format!("{top}*"));
            let is_sayable = is_plain(value) && !path.contains(['*', '#']) && !path.contains("/:");
            let is_full = !rules.contains_key(&place) && rules.len() == MAX_RULES;
            if values.len() > 1 || !is_sayable || is_full {
                note(answers, header, path, &mut lost);
                continue;
            }
            covered.extend(top.map(str::to_owned));
            rules
                .entry(place)
                .or_default()
                .push(format!("  {header}: {value}\n"));
        }
    }
    let text = rules
        .into_iter()
        .map(|(path, lines)| format!("{path}\n{}", lines.concat()));
    (text.collect(), lost)
}

/// The values that a header has at each path, whatever the query.
fn by_path<'a>(answers: &'a Answers, header: &str) -> BTreeMap<String, BTreeSet<Option<&'a str>>> {
    let mut by_path: BTreeMap<String, BTreeSet<Option<&str>>> = BTreeMap::new();
    for (address, headers) in answers {
        let path = address.split('?').next().unwrap_or_default();
        let own = headers.iter().find(|(name, _)| *name == header);
        let value = own.map(|(_, value)| value.as_str());
        by_path.entry(path.to_owned()).or_default().insert(value);
    }
    by_path
}

/// The language of a whole site, if it is one: nobody minds a picture that has it too.
fn of_all<'a>(
    by_path: &BTreeMap<String, BTreeSet<Option<&'a str>>>,
    header: &str,
) -> Option<&'a str> {
    let mut all = by_path.values().flatten().flatten();
    let first = *all.next().filter(|_| header == "content-language")?;
    (all.all(|value| *value == first) && is_plain(first)).then_some(first)
}

fn is_plain(value: &str) -> bool {
    value.len() <= MAX_VALUE_BYTES && value.bytes().all(|byte| (b' '..0x7f).contains(&byte))
}

/// The first folder of a path, as `/wp-json/`.
fn top(path: &str) -> Option<&str> {
    let end = path.get(1..)?.find('/')? + 2;
    path.get(..end)
}

/// Whether everything below a folder, and more than one thing, has that value.
fn is_common(by_path: &BTreeMap<String, BTreeSet<Option<&str>>>, top: &str, value: &str) -> bool {
    let mut below = by_path
        .range(top.to_owned()..)
        .take_while(|(path, _)| path.starts_with(top));
    let is_own = |(_, values): (_, &BTreeSet<Option<&str>>)| {
        values.len() == 1 && values.contains(&Some(value))
    };
    below.clone().count() > 1 && below.all(is_own)
}

fn note(answers: &Answers, header: &str, path: &str, lost: &mut BTreeMap<String, Vec<String>>) {
    for (address, headers) in answers {
        let is_here = address.split('?').next() == Some(path);
        let own = headers.iter().find(|(name, _)| *name == header);
        if let Some((_, value)) = own.filter(|_| is_here) {
            let what = format!("{header}: {value}");
            lost.entry(what).or_default().push(address.clone());
        }
    }
}
