//! Which application a backup holds, where in it, and in which version.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::php::{MAX_SOURCE_BYTES, Settings};
use crate::{Error, Result};

/// Folders below the backup's own in which an application is looked for.
const MAX_DEPTH: usize = 8;
/// Of a plugin's or a theme's file, what is read for its version.
const HEADER_BYTES: u64 = 8192;
/// Where servers commonly have what visitors see.
const USUAL: [&str; 6] = [
    "homedir/public_html",
    "public_html",
    "htdocs",
    "httpdocs",
    "www",
    "html",
];

/// What runs a site.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// WordPress.
    WordPress,
    /// Joomla.
    Joomla,
    /// Other programs in PHP.
    Php,
}

impl Kind {
    /// A stable name, by which the site's folder names the application, too.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::WordPress => "wordpress",
            Self::Joomla => "joomla",
            Self::Php => "application",
        }
    }
}

/// An application in a backup.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Found {
    /// Which.
    pub kind: Kind,
    /// Its folder, below the backup's.
    pub place: PathBuf,
}

/// Something that has a version.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Part {
    /// `core`, `plugin` or `theme`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its version, as it says.
    pub version: Option<String>,
    /// Its file or its folder.
    pub place: String,
}

/// The application that is meant, and others that lie within or beside it.
///
/// # Errors
/// When there is none, or nothing says which of several is meant.
pub fn application(
    unpacked: &Path,
    backup: &Path,
    asked: Option<&str>,
) -> Result<(Found, Vec<Found>)> {
    let mut all = all(unpacked)?;
    if let Some(asked) = asked {
        let is_below = Path::new(asked)
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)));
        let place = PathBuf::from(asked);
        if !is_below || !unpacked.join(&place).is_dir() {
            return Err(Error::NoSuchFolder {
                path: asked.to_owned(),
            });
        }
        let at = all.iter().position(|found| found.place == place);
        let kind = at.map_or(Kind::Php, |at| all.remove(at).kind);
        return Ok((Found { kind, place }, all));
    }
    let is_within = |found: &Found| {
        all.iter().any(|other| {
            found.place != other.place
                && found.place.starts_with(&other.place)
                && other.kind <= found.kind
        })
    };
    let tops: Vec<Found> = all
        .iter()
        .filter(|found| !is_within(found))
        .cloned()
        .collect();
    let known: Vec<&Found> = tops
        .iter()
        .filter(|found| found.kind != Kind::Php)
        .collect();
    let candidates: Vec<&Found> = if known.is_empty() {
        tops.iter().collect()
    } else {
        known
    };
    let usual = USUAL.iter().find_map(|place| {
        candidates
            .iter()
            .find(|found| found.place == Path::new(place))
    });
    let meant = match (&candidates[..], usual) {
        ([], _) => {
            return Err(Error::NoApplication {
                path: backup.to_owned(),
            });
        }
        ([only], _) => (*only).clone(),
        (_, Some(usual)) => (*usual).clone(),
        (several, None) => {
            let places: Vec<String> = several
                .iter()
                .take(10)
                .map(|found| shown(&found.place))
                .collect();
            return Err(Error::Several {
                what: "applications",
                places: places.join(", "),
                option: "--root",
            });
        }
    };
    all.retain(|found| *found != meant && found.kind != Kind::Php);
    Ok((meant, all))
}

fn shown(place: &Path) -> String {
    match place.as_os_str().is_empty() {
        true => ".".to_owned(),
        false => place.display().to_string(),
    }
}

/// Every application, the shallower first. Below a folder of programs that isn't known, none but those that are is looked for.
fn all(unpacked: &Path) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    let mut waiting = VecDeque::from([(PathBuf::new(), 0, false)]);
    while let Some((place, depth, is_inside)) = waiting.pop_front() {
        let folder = unpacked.join(&place);
        let kind = kind(&folder);
        if let Some(kind) = kind.filter(|kind| *kind != Kind::Php || !is_inside) {
            found.push(Found {
                kind,
                place: place.clone(),
            });
        }
        if depth == MAX_DEPTH {
            continue;
        }
        for name in folders(&folder)? {
            waiting.push_back((place.join(name), depth + 1, is_inside || kind.is_some()));
        }
    }
    Ok(found)
}

fn folders(folder: &Path) -> Result<Vec<std::ffi::OsString>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::file(folder))? {
        let entry = entry.map_err(Error::file(folder))?;
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            names.push(entry.file_name());
        }
    }
    names.sort();
    Ok(names)
}

fn kind(folder: &Path) -> Option<Kind> {
    let has = |path: &str| folder.join(path).is_file();
    if has("wp-includes/version.php") {
        Some(Kind::WordPress)
    } else if has("configuration.php") && folder.join("administrator").is_dir() {
        Some(Kind::Joomla)
    } else {
        has("index.php").then_some(Kind::Php)
    }
}

/// The settings of an application: those of the file that holds its database's name.
///
/// # Errors
/// When the file can't be read.
pub fn settings(root: &Path, kind: Kind) -> Result<Settings> {
    let file = match kind {
        Kind::WordPress => {
            let own = root.join("wp-config.php");
            // WordPress also looks one folder above, so that visitors can't ask for it.
            let above = root.parent().map(|above| above.join("wp-config.php"));
            if own.exists() { Some(own) } else { above }
        }
        Kind::Joomla => Some(root.join("configuration.php")),
        Kind::Php => None,
    };
    match file.filter(|file| file.is_file()) {
        None => Ok(Settings::default()),
        Some(file) => Ok(Settings::read(&beginning(&file, MAX_SOURCE_BYTES as u64)?)),
    }
}

/// Up to so many bytes of a file.
pub(crate) fn beginning(file: &Path, bytes: u64) -> Result<Vec<u8>> {
    let mut source = Vec::new();
    let opened = File::open(file).map_err(Error::file(file))?;
    opened
        .take(bytes)
        .read_to_end(&mut source)
        .map_err(Error::file(file))?;
    Ok(source)
}

/// The core, plugins and themes, with the versions that they say.
///
/// # Errors
/// When a file can't be read.
pub fn parts(root: &Path, kind: Kind) -> Result<Vec<Part>> {
    match kind {
        Kind::WordPress => wordpress(root),
        Kind::Joomla => Ok(vec![joomla(root)?]),
        Kind::Php => Ok(Vec::new()),
    }
}

fn wordpress(root: &Path) -> Result<Vec<Part>> {
    let place = "wp-includes/version.php";
    let said = Settings::read(&beginning(&root.join(place), MAX_SOURCE_BYTES as u64)?);
    let mut parts = vec![Part {
        kind: "core".to_owned(),
        name: "WordPress".to_owned(),
        version: said.variable("wp_version").map(str::to_owned),
        place: place.to_owned(),
    }];
    for (kind, folder, field) in [
        ("plugin", "wp-content/plugins", "Plugin Name"),
        ("plugin", "wp-content/mu-plugins", "Plugin Name"),
        ("theme", "wp-content/themes", "Theme Name"),
    ] {
        let above = root.join(folder);
        if !above.is_dir() {
            continue;
        }
        let mut entries: Vec<PathBuf> = fs::read_dir(&above)
            .map_err(Error::file(&above))?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect();
        entries.sort();
        for entry in entries {
            parts.extend(part(root, &entry, kind, field)?);
        }
    }
    Ok(parts)
}

fn part(root: &Path, entry: &Path, kind: &str, field: &str) -> Result<Option<Part>> {
    let candidates = match (entry.is_dir(), kind) {
        (false, _) => vec![entry.to_owned()],
        (true, "theme") => vec![entry.join("style.css")],
        (true, _) => {
            let mut files: Vec<PathBuf> = fs::read_dir(entry)
                .map_err(Error::file(entry))?
                .filter_map(|file| Some(file.ok()?.path()))
                .collect();
            files.sort();
            files
        }
    };
    for file in candidates {
        let ending = file.extension().and_then(|ending| ending.to_str());
        if !file.is_file() || !matches!(ending, Some("php" | "css")) {
            continue;
        }
        let header = beginning(&file, HEADER_BYTES)?;
        let header = String::from_utf8_lossy(&header);
        if let Some(name) = header_field(&header, field) {
            let place = file.strip_prefix(root).unwrap_or(&file);
            return Ok(Some(Part {
                kind: kind.to_owned(),
                name,
                version: header_field(&header, "Version"),
                place: place.display().to_string(),
            }));
        }
    }
    Ok(None)
}

/// A line such as ` * Version: 1.2` in a comment.
fn header_field(header: &str, field: &str) -> Option<String> {
    header.lines().find_map(|line| {
        let line = line.trim_start_matches([' ', '\t', '/', '*', '#', '@', '<', '?']);
        let line = line.strip_prefix("php ").unwrap_or(line);
        let value = line.strip_prefix(field)?.trim_start().strip_prefix(':')?;
        let value = value.trim().trim_end_matches("*/").trim();
        (!value.is_empty()).then(|| value.chars().take(100).collect())
    })
}

fn joomla(root: &Path) -> Result<Part> {
    let place = "libraries/src/Version.php";
    let file = root.join(place);
    let mut version = None;
    if file.is_file() {
        let said = Settings::read(&beginning(&file, MAX_SOURCE_BYTES as u64)?);
        let number = |name: &str| match said.constant(name) {
            Some(crate::php::Value::Number(number)) => Some(number.clone()),
            _ => None,
        };
        let numbers: Option<Vec<String>> = ["MAJOR_VERSION", "MINOR_VERSION", "PATCH_VERSION"]
            .iter()
            .map(|name| number(name))
            .collect();
        version = numbers.map(|numbers| numbers.join("."));
    }
    Ok(Part {
        kind: "core".to_owned(),
        name: "Joomla".to_owned(),
        version,
        place: place.to_owned(),
    })
}

/// The dump that is meant: by its name that of the database, or the only one. One in the application's folder `inside`, where it is
/// old, or an intruder's, is meant only where there is no other.
///
/// # Errors
/// When there is none, or nothing says which of several is meant.
pub fn dump(unpacked: &Path, inside: &Path, database: Option<&str>) -> Result<PathBuf> {
    let mut dumps = dumps(unpacked)?;
    if dumps.iter().any(|path| !path.starts_with(inside)) {
        dumps.retain(|path| !path.starts_with(inside));
    }
    let is_named = |path: &PathBuf| {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        let stem = name.strip_suffix(".gz").unwrap_or(name);
        database.is_some_and(|database| stem.strip_suffix(".sql") == Some(database))
    };
    if dumps.iter().any(is_named) {
        dumps.retain(is_named);
    }
    match &dumps[..] {
        [] => Err(Error::NoDump),
        [only] => Ok(unpacked.join(only)),
        several => {
            let places: Vec<String> = several.iter().take(10).map(|path| shown(path)).collect();
            Err(Error::Several {
                what: "dumps",
                places: places.join(", "),
                option: "--database",
            })
        }
    }
}

/// Files by the name of a dump, except what cPanel keeps beside: rights, and what makes databases.
fn dumps(unpacked: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut waiting = VecDeque::from([(PathBuf::new(), 0)]);
    while let Some((place, depth)) = waiting.pop_front() {
        let folder = unpacked.join(&place);
        for entry in fs::read_dir(&folder).map_err(Error::file(&folder))? {
            let entry = entry.map_err(Error::file(&folder))?;
            let path = place.join(entry.file_name());
            let name = entry.file_name().to_string_lossy().to_ascii_lowercase();
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            // What a plugin or a theme brings along is an example, and no copy of this site.
            let is_example = matches!(&*name, "plugins" | "themes" | "wp-includes" | "vendor");
            if is_folder && depth < MAX_DEPTH && !is_example {
                waiting.push_back((path, depth + 1));
            } else if !is_folder && is_dump(&name) && name != "mysql.sql" {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Whether a file's name, in small letters, is a dump's.
pub(crate) fn is_dump(name: &str) -> bool {
    name.ends_with(".sql") || name.ends_with(".sql.gz")
}
