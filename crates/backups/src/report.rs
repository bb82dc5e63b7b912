//! What a backup holds, and what needs a decision, for people and for programs.

mod texts;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use askama::Template;
use serde::Serialize;

use crate::application::Application;
use crate::dump::Dump;
use crate::find::{Found, Kind, Part};
use crate::look::Looked;
use crate::php::{Settings, Value};
use crate::versions::{Verdict, compare, is_below};
use crate::{Error, Result};
use texts::{ENGLISH, FRENCH, Texts};

/// Files that one finding names at most.
const MAX_EXAMPLES: usize = 50;

/// What a report is made of.
pub(crate) struct Facts<'a> {
    pub(crate) application: &'a Application,
    pub(crate) backup: &'a Path,
    pub(crate) place: &'a Path,
    pub(crate) others: &'a [Found],
    pub(crate) settings: &'a Settings,
    pub(crate) parts: &'a [Part],
    pub(crate) dump: Option<&'a Dump>,
    pub(crate) looked: &'a Looked,
    pub(crate) links: &'a [String],
    pub(crate) settings_left: &'a [String],
    pub(crate) known: Option<(String, String)>,
    pub(crate) needed_php: Option<String>,
    pub(crate) has_php: bool,
}

/// A report. As JSON it is what programs read.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The backup.
    pub backup: String,
    /// The application's folder in it.
    pub place: String,
    /// The application, as it is set up.
    pub application: Application,
    /// Core, plugins and themes.
    pub parts: Vec<Part>,
    /// What a comparison of the core's version says.
    pub core: Verdict,
    /// What it was compared with, and who says so.
    pub known: Option<(String, String)>,
    /// The database.
    pub dump: Option<Dump>,
    /// Files that were looked through.
    pub files: usize,
    /// What somebody has to decide, or to look at.
    pub decisions: Vec<Decision>,
}

/// Something that somebody has to decide, or to look at.
#[derive(Clone, Debug, Serialize)]
pub struct Decision {
    /// A stable name of its kind.
    pub code: &'static str,
    /// What it is about.
    pub what: String,
    /// Where it was found: some of the files.
    pub at: Vec<String>,
    /// In how many.
    pub count: usize,
}

impl Decision {
    fn of(code: &'static str, what: &str, at: &[String]) -> Self {
        Self {
            code,
            what: what.to_owned(),
            at: at.iter().take(MAX_EXAMPLES).cloned().collect(),
            count: at.len(),
        }
    }
}

impl Report {
    pub(crate) fn new(facts: &Facts<'_>) -> Self {
        let core = facts.parts.first().and_then(|core| core.version.as_deref());
        let verdict = match (core, &facts.known) {
            (Some(found), Some((known, _))) => compare(found, known),
            _ => Verdict::NotCompared,
        };
        let mut decisions = Vec::new();
        found_in_files(facts, &mut decisions);
        found_in_database(facts, &mut decisions);
        found_in_settings(facts, &mut decisions);
        versions(facts, verdict, core, &mut decisions);
        Self {
            backup: facts.backup.display().to_string(),
            place: match facts.place.as_os_str().is_empty() {
                true => ".".to_owned(),
                false => facts.place.display().to_string(),
            },
            application: facts.application.clone(),
            parts: facts.parts.to_vec(),
            core: verdict,
            known: facts.known.clone(),
            dump: facts.dump.cloned(),
            files: facts.looked.files,
            decisions,
        }
    }

    /// Writes `report.json`, and for people `report.html` and `rapport.html`, into a folder.
    ///
    /// # Errors
    /// When a file can't be written.
    pub fn write(&self, folder: &Path, date: &str) -> Result<()> {
        let failed = |why: String| Error::Text {
            what: "the report",
            why,
        };
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

fn found_in_files(facts: &Facts<'_>, decisions: &mut Vec<Decision>) {
    let mut found: BTreeMap<(&'static str, &str), Vec<String>> = BTreeMap::new();
    for finding in &facts.looked.findings {
        let at = found.entry((finding.code, &finding.what)).or_default();
        at.push(finding.file.clone());
    }
    for ((code, what), at) in found {
        decisions.push(Decision::of(code, what, &at));
    }
    let mut behind: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for (place, why) in &facts.looked.stay_behind {
        // Findings say it already.
        if *why != "program-in-uploads" {
            behind
                .entry(why)
                .or_default()
                .push(place.display().to_string());
        }
    }
    for (why, at) in behind {
        decisions.push(Decision::of(why, "", &at));
    }
    if !facts.links.is_empty() {
        decisions.push(Decision::of("links", "", facts.links));
    }
    for other in facts.others {
        let place = other.place.display().to_string();
        decisions.push(Decision::of("another-application", &place, &[]));
    }
}

fn found_in_database(facts: &Facts<'_>, decisions: &mut Vec<Decision>) {
    let Some(dump) = facts.dump else {
        return;
    };
    if !dump.administrators.is_empty() {
        let names: Vec<&str> = dump.administrators.iter().map(String::as_str).collect();
        decisions.push(Decision::of("administrators", &names.join(", "), &[]));
    }
    if dump
        .options
        .get("users_can_register")
        .is_some_and(|can| can == "1")
    {
        decisions.push(Decision::of("registration", "users_can_register", &[]));
    }
    if !dump.left_out.is_empty() {
        decisions.push(Decision::of("statements-left-out", "", &dump.left_out));
    }
    if dump.has_definers {
        decisions.push(Decision::of("definers", "DEFINER", &[]));
    }
    for host in &facts.application.was {
        decisions.push(Decision::of("other-name", host, &[]));
    }
}

fn found_in_settings(facts: &Facts<'_>, decisions: &mut Vec<Decision>) {
    let uncertain: BTreeSet<&str> = ["DB_NAME", "WP_HOME", "WP_SITEURL"]
        .into_iter()
        .filter(|name| facts.settings.is_uncertain(name))
        .collect();
    for name in uncertain {
        decisions.push(Decision::of("settings-uncertain", name, &[]));
    }
    if facts.settings.constant("MULTISITE") == Some(&Value::Flag(true)) {
        decisions.push(Decision::of("multisite", "MULTISITE", &[]));
    }
    if !facts.settings_left.is_empty() {
        decisions.push(Decision::of("settings-left", "", facts.settings_left));
    }
    if facts.application.kind == Kind::Php {
        decisions.push(Decision::of("settings-by-hand", "", &[]));
    }
}

fn versions(
    facts: &Facts<'_>,
    verdict: Verdict,
    core: Option<&str>,
    decisions: &mut Vec<Decision>,
) {
    match (verdict, &facts.known) {
        (Verdict::Older, Some((known, source))) => {
            let what = format!("{} < {known} ({source})", core.unwrap_or("?"));
            decisions.push(Decision::of("core-old", &what, &[]));
        }
        (Verdict::NotOlder, _) => {}
        _ if facts.application.kind != Kind::Php => {
            decisions.push(Decision::of("core-not-compared", core.unwrap_or("?"), &[]));
        }
        _ => {}
    }
    if facts.parts.len() > 1 {
        decisions.push(Decision::of("parts-not-compared", "", &[]));
    }
    let php = &facts.application.php;
    if !facts.has_php {
        decisions.push(Decision::of("php-missing", &format!("php{php}-fpm"), &[]));
    }
    if let Some(needed) = &facts.needed_php
        && is_below(php, needed)
    {
        let what = format!("{php} < {needed}");
        decisions.push(Decision::of("php-old", &what, &[]));
    }
}

/// Findings of one kind.
struct Group<'a> {
    title: &'a str,
    advice: &'a str,
    decisions: Vec<&'a Decision>,
}

#[derive(Template)]
#[template(path = "backup.html")]
struct Page<'a> {
    t: &'static Texts,
    report: &'a Report,
    date: &'a str,
    core: String,
    groups: Vec<Group<'a>>,
}

impl<'a> Page<'a> {
    fn new(report: &'a Report, t: &'static Texts, date: &'a str) -> Self {
        let mut by_place: BTreeMap<usize, Vec<&Decision>> = BTreeMap::new();
        for decision in &report.decisions {
            by_place
                .entry(t.place(decision.code))
                .or_default()
                .push(decision);
        }
        let groups = by_place
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
        let known = report
            .known
            .as_ref()
            .map_or(String::new(), |(version, source)| {
                format!(" ({version}, {source})")
            });
        Self {
            t,
            report,
            date,
            core: format!("{}{known}", t.verdict(report.core)),
            groups,
        }
    }
}
