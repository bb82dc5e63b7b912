//! The folder that a deploy takes, made from what was fetched.

mod deciding;

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::charset::Charset;
use crate::crawl::{Crawled, Outcome, Seen, Why};
use crate::csp::Scripts;
use crate::fetch::Answer;
use crate::forms::{Form, Purpose, forms};
use crate::html::tags;
use crate::keep;
use crate::layout::{Item, Placed, TypeOf, lay_out};
use crate::redirects::{self, Redirect};
use crate::report::{Became, Decision, Report, Row};
use crate::rewrite::{Language, Rewriter};
use crate::scan::{self, Found};
use crate::search::{self, Index};
use crate::site::Target;
use crate::{Error, Result, css};

/// Where the folder is made, beside the archive.
const MAKING: &str = "making";
/// Says which applications stand behind the site: no answer tells that, so it stays from one import to the next.
pub const APPLICATIONS: &str = "_applications";
/// The page for what isn't there.
const MISSING: &str = "404.html";
/// Where contents wait, each under its digest.
const CONTENTS: &str = "contents";

/// Where an import keeps what it knows: beside the folder.
#[must_use]
pub fn state_of(out: &Path) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(".import");
    PathBuf::from(name)
}

/// Makes the folder of the import's state, unless the folder that is to be made holds something else.
///
/// # Errors
/// [`Error::Taken`] when it does, or the state's folder can't be made.
pub fn prepare(out: &Path) -> Result<PathBuf> {
    let state = state_of(out);
    let is_empty =
        |path: &Path| fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none());
    if out.exists() && !state.exists() && !is_empty(out) {
        return Err(Error::Taken {
            path: out.to_owned(),
        });
    }
    fs::create_dir_all(&state).map_err(Error::file(&state))?;
    Ok(state)
}

/// Writes the folder, in the place of one that an earlier import made, and says what became of each address. `type_of` says
/// which type a file has by its name.
///
/// # Errors
/// When the archive can't be read, or the folder can't be written.
pub fn write(crawled: &Crawled, out: &Path, type_of: TypeOf<'_>) -> Result<Report> {
    let state = state_of(out);
    let making = state.join(MAKING);
    let contents = state.join(CONTENTS);
    for folder in [&making, &contents] {
        remove(folder)?;
        fs::create_dir_all(folder).map_err(Error::file(folder))?;
    }
    let mut writing = Writing::new(crawled, making.clone(), contents.clone());
    writing.read_answers()?;
    writing.place(type_of)?;
    writing.write_missing_page()?;
    let report = writing.finish()?;
    let own = out.join(APPLICATIONS);
    if own.is_file() {
        let to = making.join(APPLICATIONS);
        fs::copy(&own, &to).map_err(Error::file(own))?;
    }
    remove(&contents)?;
    remove(out)?;
    fs::rename(&making, out).map_err(Error::file(out))?;
    Ok(report)
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::file(folder)(error))
        }
        _ => Ok(()),
    }
}

struct Writing<'a> {
    crawled: &'a Crawled,
    rewriter: Rewriter<'a>,
    brought: HashSet<Target>,
    making: PathBuf,
    contents: PathBuf,
    items: Vec<Item>,
    /// The row that each item belongs to.
    rows_of_items: Vec<usize>,
    rows: Vec<Row>,
    redirects: Vec<(usize, Redirect)>,
    addresses: BTreeSet<String>,
    scripts: Scripts,
    index: Index,
    forms: BTreeMap<Form, Vec<String>>,
    found: BTreeMap<Found, Vec<String>>,
    naming_old_host: Vec<String>,
    headers: keep::Answers,
}

impl<'a> Writing<'a> {
    fn new(crawled: &'a Crawled, making: PathBuf, contents: PathBuf) -> Self {
        let brought: HashSet<Target> = crawled
            .seen
            .iter()
            .filter(|seen| seen.target.asset_host.is_some() && is_file(seen))
            .map(|seen| seen.target.clone())
            .collect();
        Self {
            crawled,
            rewriter: Rewriter::new(&crawled.site, brought.clone()),
            brought,
            making,
            contents,
            items: Vec::new(),
            rows_of_items: Vec::new(),
            rows: Vec::new(),
            redirects: Vec::new(),
            addresses: BTreeSet::new(),
            scripts: Scripts::default(),
            index: Index::default(),
            forms: BTreeMap::new(),
            found: BTreeMap::new(),
            naming_old_host: Vec::new(),
            headers: keep::Answers::new(),
        }
    }

    fn read_answers(&mut self) -> Result<()> {
        for seen in &self.crawled.seen {
            let from = seen.from.map(|from| &self.crawled.seen[from].target);
            let mut row = Row {
                address: self.crawled.site.address(&seen.target),
                status: None,
                became: Became::LeftOut,
                file: None,
                to: None,
                content_type: None,
                note: None,
                named_at: from.map(|from| self.crawled.site.address(from)),
            };
            match &seen.outcome {
                Outcome::Waiting => {}
                Outcome::LeftOut(why) => row.note = Some(why.code().to_owned()),
                Outcome::Failed(why) => {
                    row.became = Became::Failed;
                    row.note = Some(why.clone());
                }
                Outcome::Answered { status, place } => {
                    row.status = Some(*status);
                    if seen.why != Why::Probe && is_worth_reading(*status) {
                        self.answered(seen, &mut row, &self.crawled.archive.read(*place)?)?;
                    } else {
                        row.became = became_of(seen, *status);
                    }
                }
            }
            // Nobody asked for what was only looked for.
            let is_told = seen.why < Why::Guess
                || !matches!(
                    row.became,
                    Became::Missing | Became::Failed | Became::Refused
                );
            if is_told && row.became != Became::Probe {
                self.rows.push(row);
            }
        }
        Ok(())
    }

    fn answered(&mut self, seen: &Seen, row: &mut Row, answer: &Answer) -> Result<()> {
        if let Some(location) = answer.location() {
            row.became = Became::Redirect;
            row.to =
                redirects::destination(&self.crawled.site, &seen.target, location, &self.brought);
            let Some(to) = row.to.clone().filter(|to| *to != row.address) else {
                // To itself under another scheme or host: the new site is there already.
                row.became = Became::SameAsPath;
                return Ok(());
            };
            let redirect = Redirect {
                from: row.address.clone(),
                to,
                status: answer.status,
            };
            self.redirects.push((self.rows.len(), redirect));
            return Ok(());
        }
        if answer.status != 200 {
            row.became = became_of(seen, answer.status);
            return Ok(());
        }
        row.became = Became::File;
        row.content_type = Some(answer.content_type().to_owned());
        let body = self.rewritten(seen, answer, &row.address);
        let digest: [u8; 32] = Sha256::digest(&body).into();
        let path = self.contents.join(hex::encode(digest));
        fs::write(&path, &body).map_err(Error::file(&path))?;
        let is_utf8 = std::str::from_utf8(&body).is_ok();
        // An address that holds the old host's answers under the new one's, too.
        let addresses = BTreeSet::from([row.address.clone(), self.rewriter.address(&row.address)]);
        for address in addresses {
            self.items.push(Item {
                address: address.clone(),
                content_type: answer.content_type().replace('\t', " "),
                digest,
                is_utf8,
            });
            self.rows_of_items.push(self.rows.len());
            self.headers.insert(address.clone(), self.kept(answer));
            self.addresses.insert(address);
        }
        Ok(())
    }

    /// What visitors would miss of an answer's headers.
    fn kept(&self, answer: &Answer) -> Vec<(&'static str, String)> {
        let value = |name| Some((name, self.rewriter.address(answer.header(name)?.trim())));
        keep::KEPT.into_iter().filter_map(value).collect()
    }

    /// The body as it is published; what the page shows that somebody should know of is noted on the way.
    fn rewritten(&mut self, seen: &Seen, answer: &Answer, address: &str) -> Vec<u8> {
        let kind = answer.content_type();
        let language = Language::of(kind);
        let content = answer.content();
        let charset = Charset::of(kind, &content);
        let body = self
            .rewriter
            .body(&content, language, charset, &seen.target);
        let is_own = self.is_own();
        // What is read of it, and hashed by browsers, is the text, in whichever encoding it came.
        let text = charset.text(&body);
        let text = text.as_bytes();
        if Language::spoken(kind) == Language::Html {
            let tags = tags(text);
            // What answers at a path is found; the same page behind a query would be found twice.
            if !address.contains('?') {
                self.index.add(address, &search::said(text));
            }
            self.scripts.add(text, &tags, &is_own);
            for form in forms(&tags) {
                self.forms.entry(form).or_default().push(address.to_owned());
            }
        }
        let old = &self.crawled.site.home.authority;
        let is_renamed = self
            .crawled
            .site
            .new_host
            .as_ref()
            .is_some_and(|new| new != old);
        if is_renamed && language != Language::Other && css::find(&body, old.as_bytes()).is_some() {
            self.naming_old_host.push(address.to_owned());
        }
        body
    }

    fn is_own(&self) -> impl Fn(&str) -> bool + use<> {
        let mut own = self.crawled.site.authorities();
        own.extend(self.crawled.site.new_host.clone());
        move |host| own.iter().any(|one| one == host)
    }

    fn place(&mut self, type_of: TypeOf<'_>) -> Result<()> {
        let mut lines = BTreeSet::new();
        let placed = lay_out(&self.items, type_of);
        let is_own = self.is_own();
        let mut looked: HashMap<[u8; 32], Vec<Found>> = HashMap::new();
        for ((item, placed), row) in self.items.iter().zip(&placed).zip(&self.rows_of_items) {
            if let Some(found) = scan::exposed(&item.address) {
                let at = self.found.entry(found).or_default();
                at.push(item.address.clone());
            }
            let row = &mut self.rows[*row];
            match placed {
                Placed::SameAsPath => row.became = Became::SameAsPath,
                Placed::Line(file) => {
                    lines.insert(format!("{}\t{file}\t{}\n", item.address, item.content_type));
                }
                Placed::File(_) => {}
            }
            if let Some(file) = placed.file() {
                row.file = Some(file.to_owned());
                let to = self.making.join(file);
                if let Some(folder) = to.parent() {
                    fs::create_dir_all(folder).map_err(Error::file(folder))?;
                }
                let content = self.contents.join(hex::encode(item.digest));
                fs::copy(&content, &to).map_err(Error::file(&to))?;
                let found = match looked.entry(item.digest) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(new) => {
                        let mut opened = fs::File::open(&content).map_err(Error::file(&content))?;
                        let found = scan::look(&mut opened, file, &is_own);
                        new.insert(found.map_err(Error::file(&content))?)
                    }
                };
                for found in found {
                    let at = self.found.entry(found.clone()).or_default();
                    at.push(item.address.clone());
                }
            }
        }
        self.write("_addresses", &lines.into_iter().collect::<String>())
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        let path = self.making.join(name);
        fs::write(&path, text).map_err(Error::file(&path))
    }

    fn write_missing_page(&self) -> Result<()> {
        let Some(place) = self.crawled.missing else {
            return Ok(());
        };
        let answer = self.crawled.archive.read(place)?;
        let language = Language::of(answer.content_type());
        if language != Language::Html {
            return Ok(());
        }
        let content = answer.content();
        let charset = Charset::of(answer.content_type(), &content);
        let target = Target::own("/404");
        let body = self.rewriter.body(&content, language, charset, &target);
        let path = self.making.join(MISSING);
        fs::write(&path, body).map_err(Error::file(&path))
    }

    fn finish(mut self) -> Result<Report> {
        let pages: HashSet<String> = self.addresses.iter().cloned().collect();
        let mut lines = Vec::new();
        let mut decisions = Vec::new();
        self.decide_left_out(true, &mut decisions);
        let gone = self.gone();
        self.redirects.extend(gone);
        for (row, redirect) in &self.redirects {
            match redirects::line(redirect, &pages) {
                Some(line) => lines.push((line, redirect.from.contains('?'))),
                None => {
                    let row = &mut self.rows[*row];
                    row.note = Some("not-written".to_owned());
                    decisions.push(Decision::of("redirect-not-written", &row.address, &[]));
                }
            }
        }
        lines.extend(self.write_search()?);
        self.write("_redirects", &redirects::file(&lines))?;
        let (headers, lost) = keep::lines(&self.headers);
        self.write("_headers", &format!("{}{headers}", self.scripts.file()))?;
        for (what, at) in lost {
            decisions.push(Decision::of("header-not-kept", &what, &at));
        }
        self.decide(&mut decisions);
        let site = &self.crawled.site;
        let is_cut = |seen: &Seen| matches!(seen.outcome, Outcome::LeftOut(why) if why.is_cut() && seen.why < Why::Guess);
        Ok(Report {
            site: site.home.url(),
            complete: !self.crawled.seen.iter().any(is_cut),
            new_host: site.new_host.clone(),
            asset_hosts: site
                .assets
                .iter()
                .map(|origin| origin.authority.clone())
                .collect(),
            addresses: self.rows,
            decisions,
        })
    }

    /// What the site said is gone for good, which is another answer than 404.
    fn gone(&self) -> Vec<(usize, Redirect)> {
        if !self.making.join(MISSING).is_file() {
            return Vec::new();
        }
        let rows = self.rows.iter().enumerate();
        let gone = rows.filter(|(_, row)| row.status == Some(410));
        gone.map(|(number, row)| {
            let rule = Redirect {
                from: row.address.clone(),
                to: format!("/{MISSING}"),
                status: 410,
            };
            (number, rule)
        })
        .collect()
    }

    /// Where the site had a search, ours takes its place: the index, and rules that lead searches to it.
    fn write_search(&self) -> Result<Vec<(String, bool)>> {
        let site = &self.crawled.site;
        let searches = self
            .forms
            .keys()
            .filter(|form| form.purpose == Purpose::Search);
        let rules: BTreeSet<String> = searches
            .filter_map(|form| redirects::search(site, form))
            .collect();
        if !rules.is_empty() {
            let folder = self.making.join(search::FOLDER);
            fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
            for (name, text) in self.index.files() {
                self.write(&name, &text)?;
            }
        }
        Ok(rules.into_iter().map(|rule| (rule, true)).collect())
    }
}

fn is_file(seen: &Seen) -> bool {
    matches!(seen.outcome, Outcome::Answered { status: 200, .. })
}

fn is_worth_reading(status: u16) -> bool {
    status == 200 || (300..400).contains(&status)
}

fn became_of(seen: &Seen, status: u16) -> Became {
    match status {
        _ if seen.why == Why::Probe => Became::Probe,
        404 | 410 => Became::Missing,
        _ => Became::Refused,
    }
}
