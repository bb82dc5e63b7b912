//! A folder, read into a manifest.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use amana_crawl::scan;
use amana_ledger::Hash;

use super::lines::{Line, lines};
use super::{
    Address, File, Host, Manifest, Redirect, applications, digest, headers, media_type, redirects,
};
use crate::{Error, Result, Wrong};

const REDIRECTS: &str = "_redirects";
const HEADERS: &str = "_headers";
const ADDRESSES: &str = "_addresses";
const APPLICATIONS: &str = "_applications";
/// What says how the folder is served, and isn't served itself.
const OWN: [&str; 4] = [REDIRECTS, HEADERS, ADDRESSES, APPLICATIONS];
/// Files that only [`ADDRESSES`] publishes.
const BEHIND_ADDRESSES: &str = "_addresses.d";

/// The largest file of a site, in bytes.
pub const MAX_FILE_BYTES: u64 = 5 << 30;

/// Reasons that are given for one file.
const MAX_WHYS: usize = 3;

/// How deep folders lie in folders.
const MAX_DEPTH: usize = 64;

/// What a folder publishes.
#[derive(Debug)]
pub struct Folder {
    /// The manifest.
    pub manifest: Manifest,
    /// Where each content lies.
    pub contents: BTreeMap<Hash, PathBuf>,
}

/// As [`look_through`], of which nobody is told what may be as it should. Blocking.
///
/// # Errors
/// As [`look_through`].
pub fn read_folder(folder: &Path, host: &Host, allowed: &BTreeSet<String>) -> Result<Folder> {
    Ok(look_through(folder, host, allowed)?.0)
}

/// Reads a folder for a site: its files, and `_redirects`, `_headers`, `_addresses` and `_applications`. Files named in `allowed`, by their path in
/// the folder, are published whatever they look like. Gives too what may be as it should, and what somebody should look at. Blocking.
///
/// # Errors
/// [`Error::Folder`] with everything that is wrong, or mustn't be published; [`Error::Read`].
pub fn look_through(
    folder: &Path,
    host: &Host,
    allowed: &BTreeSet<String>,
) -> Result<(Folder, Vec<Wrong>)> {
    let mut reading = Reading {
        allowed,
        host,
        told: Vec::new(),
        refused: BTreeSet::new(),
        files: BTreeMap::new(),
        hidden: BTreeMap::new(),
        contents: BTreeMap::new(),
        wrong: Vec::new(),
    };
    reading.walk(folder, &mut Vec::new())?;
    let redirects = match text(folder, REDIRECTS)? {
        Some(text) => {
            redirects::parse(REDIRECTS, &text, host).unwrap_or_else(|wrong| reading.note(wrong))
        }
        None => Vec::new(),
    };
    let headers = match text(folder, HEADERS)? {
        Some(text) => headers::parse(HEADERS, &text).unwrap_or_else(|wrong| reading.note(wrong)),
        None => Vec::new(),
    };
    let applications = match text(folder, APPLICATIONS)? {
        Some(text) => applications::parse(APPLICATIONS, &text).unwrap_or_else(|wrong| {
            reading.wrong.extend(wrong);
            applications::Said::default()
        }),
        None => applications::Said::default(),
    };
    if let Some(text) = text(folder, ADDRESSES)? {
        for line in lines(ADDRESSES, &text) {
            if let Err(wrong) = reading.address(&line) {
                reading.wrong.push(wrong);
            }
        }
    }
    let is_empty =
        reading.files.is_empty() && redirects.is_empty() && applications.rules.is_empty();
    if is_empty && reading.wrong.is_empty() {
        reading
            .wrong
            .push(whole(".", "there is no file in this folder"));
    }
    if !reading.wrong.is_empty() {
        reading.wrong.sort();
        return Err(Error::Folder(reading.wrong));
    }
    let manifest = Manifest::new(host.clone(), reading.files, headers, redirects)?
        .with_applications(applications.rules)?
        .with_code(applications.code)?;
    let lost = lost_rewrites(&manifest);
    if !lost.is_empty() {
        return Err(Error::Folder(lost));
    }
    reading.told.sort();
    let folder = Folder {
        manifest,
        contents: reading.contents,
    };
    Ok((folder, reading.told))
}

struct Reading<'a> {
    allowed: &'a BTreeSet<String>,
    host: &'a Host,
    told: Vec<Wrong>,
    /// Files that mustn't be published.
    refused: BTreeSet<String>,
    files: BTreeMap<String, File>,
    /// Files that only `_addresses` publishes, by their path in the folder.
    hidden: BTreeMap<String, File>,
    contents: BTreeMap<Hash, PathBuf>,
    wrong: Vec<Wrong>,
}

impl Reading<'_> {
    fn note<T>(&mut self, wrong: Vec<Wrong>) -> Vec<T> {
        self.wrong.extend(wrong);
        Vec::new()
    }

    fn walk(&mut self, folder: &Path, names: &mut Vec<String>) -> Result<()> {
        let unreadable = |source| Error::Read {
            path: folder.to_owned(),
            source,
        };
        for entry in fs::read_dir(folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let kind = entry.file_type().map_err(unreadable)?;
            let Ok(name) = entry.file_name().into_string() else {
                let shown = entry.path().display().to_string();
                self.wrong.push(whole(&shown, "its name isn't UTF-8"));
                continue;
            };
            let own = names.is_empty() && OWN.contains(&&*name);
            if own || scan::is_litter(&name) {
                continue;
            }
            names.push(name);
            let path = names.join("/");
            let refused = scan::name(names.last().map_or("", String::as_str));
            if let Some((_, why)) = refused.filter(|_| !self.allowed.contains(&path)) {
                self.wrong.push(whole(&path, why));
            } else if kind.is_dir() && names.len() < MAX_DEPTH {
                self.walk(&entry.path(), names)?;
            } else if kind.is_file() {
                self.file(&entry.path(), &path, names)?;
            } else {
                let why = if kind.is_dir() {
                    "folders lie too deep here"
                } else {
                    "a link, or no file: put a copy in its place"
                };
                self.wrong.push(whole(&path, why));
            }
            names.pop();
        }
        Ok(())
    }

    fn file(&mut self, place: &Path, path: &str, names: &[String]) -> Result<()> {
        let unreadable = |source| Error::Read {
            path: place.to_owned(),
            source,
        };
        let size = fs::metadata(place).map_err(unreadable)?.len();
        if size > MAX_FILE_BYTES {
            self.wrong.push(whole(path, "a file of more than 5 GiB"));
            return Ok(());
        }
        let (sha256, begin) = digest::of_file(place).map_err(unreadable)?;
        if !self.allowed.contains(path) && self.is_refused(place, path)? {
            return Ok(());
        }
        let file = File {
            sha256,
            size,
            media_type: media_type(path, &begin),
        };
        self.contents
            .entry(sha256)
            .or_insert_with(|| place.to_owned());
        if names.first().is_some_and(|first| first == BEHIND_ADDRESSES) {
            self.hidden.insert(path.to_owned(), file);
            return Ok(());
        }
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        match Address::of_file(&names) {
            Ok(address) => {
                self.files.insert(address.to_string(), file);
            }
            Err(error) => self.wrong.push(whole(path, &error.to_string())),
        }
        Ok(())
    }

    /// Looks a file through: whether it mustn't be published, which is noted.
    fn is_refused(&mut self, place: &Path, path: &str) -> Result<bool> {
        let unreadable = |source| Error::Read {
            path: place.to_owned(),
            source,
        };
        let own = self.host.as_str();
        let is_own = |host: &str| {
            let bare = |name: &str| name.strip_prefix("www.").unwrap_or(name).to_owned();
            bare(host) == bare(own)
        };
        let mut file = fs::File::open(place).map_err(unreadable)?;
        let found = scan::look(&mut file, path, &is_own).map_err(unreadable)?;
        let (sure, perhaps): (Vec<_>, Vec<_>) = found.iter().partition(|found| found.is_sure);
        let whys: Vec<String> = sure
            .iter()
            .take(MAX_WHYS)
            .map(|found| found.told())
            .collect();
        if whys.is_empty() {
            let told = perhaps.iter().map(|found| whole(path, &found.told()));
            self.told.extend(told);
            return Ok(false);
        }
        self.wrong.push(whole(path, &whys.join("; ")));
        self.refused.insert(path.to_owned());
        Ok(true)
    }

    /// One line of `_addresses`: address, file, type, with a TAB between.
    fn address(&mut self, line: &Line<'_>) -> Result<(), Wrong> {
        let mut cells = line.text.split('\t');
        let (Some(address), Some(path), Some(media_type), None) =
            (cells.next(), cells.next(), cells.next(), cells.next())
        else {
            return Err(line.wrong("it is written address, file, type, with a TAB between"));
        };
        let address = Address::parse(address).map_err(|error| line.wrong(&error.to_string()))?;
        // Whatever the file is called here, visitors would ask for that name.
        let asked = address.path().trim_start_matches('/');
        let is_allowed = self.allowed.contains(asked) || self.allowed.contains(path);
        if let Some((_, _, why)) = scan::address(address.path()).filter(|_| !is_allowed) {
            return Err(line.wrong(&format!("{address}: {why}")));
        }
        let own: Vec<&str> = path.split('/').collect();
        let own = Address::of_file(&own).map_err(|error| line.wrong(&error.to_string()))?;
        let named = self
            .hidden
            .get(path)
            .or_else(|| self.files.get(own.as_str()));
        if named.is_none() && self.refused.contains(path) {
            // Why is said of the file.
            return Ok(());
        }
        let file = named.ok_or_else(|| line.wrong(&format!("there is no file {path}")))?;
        let file = File {
            media_type: media_type.to_owned(),
            ..file.clone()
        };
        self.files.insert(address.to_string(), file);
        Ok(())
    }
}

/// Rewrites that lead to a file that isn't there.
fn lost_rewrites(manifest: &Manifest) -> Vec<Wrong> {
    let is_lost = |rule: &Redirect| {
        let plain = !rule.is_redirect() && !rule.to.contains(':');
        plain
            && Address::parse(&rule.to).is_ok_and(|to| {
                manifest.page(200, to.path()).is_none() && manifest.page(200, to.as_str()).is_none()
            })
    };
    let rules = manifest.redirects.iter().map(|(_, rule)| rule);
    rules
        .filter(|rule| is_lost(rule))
        .map(|rule| {
            whole(
                REDIRECTS,
                &format!(
                    "{} leads to {}, and there is no such file",
                    rule.from, rule.to
                ),
            )
        })
        .collect()
}

fn whole(file: &str, why: &str) -> Wrong {
    Wrong {
        file: file.to_owned(),
        line: 0,
        why: why.to_owned(),
    }
}

fn text(folder: &Path, name: &str) -> Result<Option<String>> {
    let path = folder.join(name);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::Read { path, source }),
    }
}
