//! What became of each address, for people and for programs.

mod texts;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use askama::Template;
use serde::Serialize;

use crate::{Error, Result};
use texts::{ENGLISH, FRENCH, Texts};

/// Addresses that one finding names at most.
const MAX_EXAMPLES: usize = 50;

/// An import's report. As JSON it is what programs read.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Where the site was.
    pub site: String,
    /// Whether all that is known of the site was asked for: no bound, no trap and no `robots.txt` kept anything back.
    pub complete: bool,
    /// The name that it will have, if it is another one.
    pub new_host: Option<String>,
    /// Hosts whose files came along.
    pub asset_hosts: Vec<String>,
    /// What somebody has to decide, or to look at.
    pub decisions: Vec<Decision>,
    /// Every address.
    pub addresses: Vec<Row>,
}

/// What became of an address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Became {
    /// A file of the folder.
    File,
    /// What its path answers without the query is the same.
    SameAsPath,
    /// A redirect, as it was.
    Redirect,
    /// It wasn't there before either.
    Missing,
    /// The server refused it, or failed.
    Refused,
    /// There was no answer.
    Failed,
    /// It wasn't asked for.
    LeftOut,
    /// It was asked for to learn of others.
    Probe,
}

/// An address.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Path and query, as the new site has them.
    pub address: String,
    /// What the old site answered.
    pub status: Option<u16>,
    /// What became of it.
    pub became: Became,
    /// The file in the folder.
    pub file: Option<String>,
    /// Where it sends visitors.
    pub to: Option<String>,
    /// Its content type.
    pub content_type: Option<String>,
    /// Why.
    pub note: Option<String>,
    /// The address that first named it.
    pub named_at: Option<String>,
}

/// Something that somebody has to decide, or to look at.
#[derive(Clone, Debug, Serialize)]
pub struct Decision {
    /// A stable name of its kind.
    pub code: String,
    /// What it is about.
    pub what: String,
    /// Where it was found: some of the addresses.
    pub at: Vec<String>,
    /// At how many.
    pub count: usize,
}

impl Decision {
    pub(crate) fn of(code: &str, what: &str, at: &[String]) -> Self {
        Self {
            code: code.to_owned(),
            what: what.to_owned(),
            at: at.iter().take(MAX_EXAMPLES).cloned().collect(),
            count: at.len(),
        }
    }
}

impl Report {
    /// How many addresses became that.
    #[must_use]
    pub fn count(&self, became: Became) -> usize {
        self.addresses
            .iter()
            .filter(|row| row.became == became)
            .count()
    }

    /// The decisions of a kind.
    pub fn decisions_of(&self, code: &str) -> impl Iterator<Item = &Decision> {
        self.decisions
            .iter()
            .filter(move |decision| decision.code == code)
    }

    /// Adds what somebody has to know before all else.
    pub fn put_first(&mut self, code: &str, what: &str) {
        self.decisions.insert(0, Decision::of(code, what, &[]));
    }

    /// Writes `report.json`, and for people `report.html` and `rapport.html`, into a folder.
    ///
    /// # Errors
    /// When a file can't be written.
    pub fn write(&self, folder: &Path, date: &str) -> Result<()> {
        let failed = |why: String| Error::Report { why };
        let json = serde_json::to_string_pretty(self).map_err(|error| failed(error.to_string()))?;
        let mut files = vec![("report.json", json)];
        for (name, texts) in [("report.html", &ENGLISH), ("rapport.html", &FRENCH)] {
            let page = Page::new(self, texts, date).render();
            files.push((name, page.map_err(|error| failed(error.to_string()))?));
        }
        for (name, text) in files {
            let path = folder.join(name);
            fs::write(&path, text).map_err(Error::file(&path))?;
        }
        Ok(())
    }
}

/// Findings of one kind.
struct Group<'a> {
    title: &'a str,
    advice: &'a str,
    decisions: Vec<&'a Decision>,
}

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    t: &'static Texts,
    report: &'a Report,
    date: &'a str,
    counts: Vec<(&'static str, usize)>,
    groups: Vec<Group<'a>>,
}

impl<'a> Page<'a> {
    fn new(report: &'a Report, t: &'static Texts, date: &'a str) -> Self {
        let mut by_code: BTreeMap<usize, Vec<&Decision>> = BTreeMap::new();
        for decision in &report.decisions {
            by_code
                .entry(t.place(&decision.code))
                .or_default()
                .push(decision);
        }
        let groups = by_code
            .into_iter()
            .map(|(place, decisions)| {
                let (_, title, advice) = t.decisions[place];
                Group {
                    title,
                    advice,
                    decisions,
                }
            })
            .collect();
        let counts = [
            Became::File,
            Became::SameAsPath,
            Became::Redirect,
            Became::Missing,
            Became::Refused,
            Became::Failed,
            Became::LeftOut,
        ];
        Self {
            t,
            report,
            date,
            counts: counts
                .into_iter()
                .map(|became| (t.became(became), report.count(became)))
                .collect(),
            groups,
        }
    }
}
