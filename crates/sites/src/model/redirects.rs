//! Redirects and rewrites, as `_redirects` writes them: `/from [name=value …] /to [status][!]`.

use serde::{Deserialize, Serialize};

use super::address::pairs;
use super::lines::{Line, lines};
use super::pattern::{self, Captured, Pattern};
use super::{Address, Host};
use crate::Wrong;

/// The most rules of a site.
pub(super) const MAX_RULES: usize = 50_000;

/// One rule. Fields in the order of the canonical JSON.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redirect {
    /// Whether it goes before files.
    pub force: bool,
    /// The path, with placeholders.
    pub from: String,
    /// The whole query, in any order: name and value, or name and placeholder. Without any, the query doesn't matter.
    pub query: Vec<(String, String)>,
    /// 301, 302, 303, 307 or 308; 200 for a rewrite; 404 or 410 with the page at `to`.
    pub status: u16,
    /// Where it leads: a path of the site, or a whole address elsewhere; with placeholders.
    pub to: String,
}

impl Redirect {
    /// Whether it sends the visitor elsewhere, rather than answering with a file of the site.
    #[must_use]
    pub fn is_redirect(&self) -> bool {
        (300..400).contains(&self.status)
    }

    pub(super) fn parse(line: &Line<'_>, host: &Host) -> Result<Self, Wrong> {
        let mut words = line.words();
        let from = words.next().unwrap_or_default();
        let from = on_this_host(from, host)
            .ok_or_else(|| line.wrong("the first word is a path of this site"))?;
        let mut query = Vec::new();
        let to = loop {
            match words.next() {
                None => return Err(line.wrong("it doesn't say where to")),
                Some(word) if word.starts_with('/') || is_absolute(word) => break word,
                Some(word) => query.push(condition(word).ok_or_else(|| {
                    line.wrong(&format!(
                        "{word:?} is neither a path, nor an address, nor name=value"
                    ))
                })?),
            }
        };
        let (status, force) = match words.next() {
            None => (301, false),
            Some(word) => {
                let digits = word.strip_suffix('!').unwrap_or(word);
                let status = digits
                    .parse()
                    .map_err(|_| line.wrong(&format!("{word:?} is no status")))?;
                (status, digits.len() < word.len())
            }
        };
        if let Some(word) = words.next() {
            let why =
                format!("{word:?}: answers don't depend on country, language, role or cookie here");
            return Err(line.wrong(&why));
        }
        let rule = Self {
            force,
            from,
            query,
            status,
            to: on_this_host(to, host).unwrap_or_else(|| to.to_owned()),
        };
        rule.check().map_err(|why| line.wrong(why))?;
        Ok(rule)
    }

    /// The rules that a manifest's redirect is held to, whoever wrote it.
    pub(super) fn check(&self) -> Result<Pattern, &'static str> {
        if ![200, 301, 302, 303, 307, 308, 404, 410].contains(&self.status) {
            return Err("the status is one of 200, 301, 302, 303, 307, 308, 404, 410");
        }
        if self.to.bytes().any(|byte| byte <= b' ' || byte >= 0x7f) || self.to.starts_with("//") {
            return Err(
                "the place that it leads to isn't a path, or a whole address, of plain characters",
            );
        }
        let elsewhere = is_absolute(&self.to);
        if !elsewhere && !self.to.starts_with('/') {
            return Err("it leads neither to a path nor to a whole address");
        }
        if elsewhere && !self.is_redirect() {
            return Err("another server's content isn't this site's: give a status of a redirect");
        }
        Pattern::parse(&self.from)
    }

    /// Where it leads from that address, if it fits.
    pub(super) fn target(&self, pattern: &Pattern, asked: &Address) -> Option<String> {
        let mut captured = pattern.captures(asked.path())?;
        if !self.query.is_empty() {
            captured.extend(self.query_captures(asked.query()?)?);
        }
        let mut to = pattern::fill(&self.to, &captured);
        // What a visitor puts in a path of the site must not make it another host's: browsers take /\\ for //.
        if self.to.starts_with('/') && !self.to.starts_with("//") {
            while to[1..].starts_with(['/', '\\']) {
                to.remove(1);
            }
        }
        if let (true, true, Some(query)) = (
            self.is_redirect(),
            self.query.is_empty() && !to.contains('?'),
            asked.query(),
        ) {
            let fragment = to.find('#').map(|at| to.split_off(at));
            to.push('?');
            to.push_str(query);
            to.push_str(fragment.as_deref().unwrap_or_default());
        }
        (to != asked.as_str()).then_some(to)
    }

    fn query_captures<'a>(&'a self, query: &'a str) -> Option<Captured<'a>> {
        let asked: Vec<_> = pairs(query).collect();
        if asked.len() != self.query.len() {
            return None;
        }
        let mut captured = Vec::new();
        for (name, value) in &self.query {
            let (_, found) = asked.iter().find(|(asked, _)| asked == name)?;
            match value.strip_prefix(':') {
                Some(placeholder) if pattern::is_name(placeholder) => {
                    captured.push((placeholder, *found))
                }
                _ if value == found => {}
                _ => return None,
            }
        }
        Some(captured)
    }
}

/// The rules of a file, or every line that is wrong.
pub(super) fn parse(file: &str, text: &str, host: &Host) -> Result<Vec<Redirect>, Vec<Wrong>> {
    let mut rules = Vec::new();
    let mut wrong = Vec::new();
    for line in lines(file, text) {
        match Redirect::parse(&line, host) {
            Ok(rule) => rules.push(rule),
            Err(why) => wrong.push(why),
        }
    }
    if rules.len() > MAX_RULES {
        wrong.push(Wrong {
            file: file.to_owned(),
            line: 0,
            why: format!("more than {MAX_RULES} rules"),
        });
    }
    if wrong.is_empty() {
        Ok(rules)
    } else {
        Err(wrong)
    }
}

fn is_absolute(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

/// The path, of a path or of an address of this very site.
fn on_this_host(text: &str, host: &Host) -> Option<String> {
    if text.starts_with('/') {
        return Some(text.to_owned());
    }
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))?;
    let path = rest.strip_prefix(host.as_str())?;
    match path {
        "" => Some("/".to_owned()),
        path => path.starts_with('/').then(|| path.to_owned()),
    }
}

/// `name=value`, in the spelling of addresses.
fn condition(word: &str) -> Option<(String, String)> {
    let address = Address::parse(&format!("/?{word}")).ok()?;
    let (name, value) = address.query()?.split_once('=')?;
    (!name.is_empty()).then(|| (name.to_owned(), value.to_owned()))
}
