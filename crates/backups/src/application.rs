//! An application as it is set up on a machine: its names, its places, its limits.

use std::fs;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::find::Kind;
use crate::{Error, Result};

/// The file of a made folder that says all this.
pub const FILE: &str = "application.json";
/// Behind `amana-site-`, a user's name has so much room (`useradd(8)`: 32).
const MAX_NAME_BYTES: usize = 20;

/// A host's name at most (RFC 1035).
const MAX_TEXT_BYTES: usize = 253;

/// What is set up.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Application {
    /// Its short name, of which the others are made.
    pub name: String,
    /// The site that it stands behind.
    pub host: String,
    /// What it is.
    pub kind: Kind,
    /// Its folder on the machine.
    pub place: PathBuf,
    /// The folder of its socket.
    pub run: PathBuf,
    /// PHP's version, as Debian's packages are named by it: `8.2`.
    pub php: String,
    /// The database server's socket.
    pub database_socket: PathBuf,
    /// What the names of its tables begin with.
    pub prefix: String,
    /// Whether it replaces its own code from its dashboard, for which it reaches the network.
    pub updates_itself: bool,
    /// Addresses of those who edit.
    pub editors: Vec<String>,
    /// Hosts that its content may still name.
    pub was: Vec<String>,
}

impl Application {
    /// Reads what a made folder says.
    ///
    /// # Errors
    /// When its file isn't there or isn't one.
    pub fn of(folder: &Path) -> Result<Self> {
        let file = folder.join(FILE);
        Self::read(&fs::read(&file).map_err(Error::file(&file))?)
    }

    /// Reads the file of a made folder.
    ///
    /// # Errors
    /// When it isn't one, or says what couldn't be set up.
    pub fn read(text: &[u8]) -> Result<Self> {
        let made: Self = serde_json::from_slice(text).map_err(|error| Error::Text {
            what: FILE,
            why: error.to_string(),
        })?;
        made.check()?;
        Ok(made)
    }

    /// Whether each of its texts can stand where it will: in files of PHP, systemd and MariaDB, each with signs of its own.
    ///
    /// # Errors
    /// [`Error::Name`] with the first that can't.
    pub fn check(&self) -> Result<()> {
        check_name(&self.name)?;
        let is_host =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
        let is_address = |byte: u8| byte.is_ascii_hexdigit() || b".:/".contains(&byte);
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        check_text(&self.host, &is_host, "it is no host's name")?;
        for editor in &self.editors {
            check_text(
                editor,
                &is_address,
                "an address of editors is written as 10.1.0.0/16",
            )?;
        }
        if !self.prefix.is_empty() {
            let why = "the prefix of tables has letters, digits and _ alone";
            check_text(&self.prefix, &is_word, why)?;
        }
        let (major, minor) = self.php.split_once('.').unwrap_or_default();
        for number in [major, minor] {
            let is_digit = |byte: u8| byte.is_ascii_digit();
            check_text(number, &is_digit, "a version of PHP is written as 8.2")
                .map_err(|_| named(&self.php, "a version of PHP is written as 8.2"))?;
        }
        if let Some(host) = self.was.iter().find(|host| !is_shown(host)) {
            return Err(named(host, "it is no host's name"));
        }
        check_place(&self.place, Some(&self.name))?;
        check_place(&self.run, Some(&self.user()))?;
        check_place(&self.database_socket, None)
    }

    /// The user that it runs as, and its group.
    #[must_use]
    pub fn user(&self) -> String {
        format!("amana-site-{}", self.name)
    }

    /// Its database, and the database's user.
    #[must_use]
    pub fn database(&self) -> String {
        format!("amana_{}", self.name.replace('-', "_"))
    }

    /// Its unit.
    #[must_use]
    pub fn unit(&self) -> String {
        format!("{}.service", self.user())
    }

    /// The folder of its programs.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        self.place.join("files")
    }

    /// Where PHP listens.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.run.join("php.sock")
    }

    /// What it may write, below its root.
    #[must_use]
    pub fn writable(&self) -> &'static [&'static str] {
        match (self.updates_itself, self.kind) {
            (true, _) => &["."],
            (false, Kind::Php) => &["uploads"],
            (false, Kind::WordPress) => &["wp-content/uploads"],
            (false, Kind::Joomla) => &[
                "images",
                "media",
                "tmp",
                "cache",
                "administrator/cache",
                "administrator/logs",
            ],
        }
    }

    /// Folders in which nothing is run, as addresses.
    #[must_use]
    pub fn no_scripts(&self) -> &'static [&'static str] {
        match self.kind {
            Kind::WordPress => &["/wp-content/uploads"],
            Kind::Joomla => &[
                "/images",
                "/media",
                "/tmp",
                "/cache",
                "/administrator/cache",
                "/administrator/logs",
            ],
            Kind::Php => &["/uploads"],
        }
    }

    /// The program that runs PHP.
    #[must_use]
    pub fn program(&self) -> String {
        format!("/usr/sbin/php-fpm{}", self.php)
    }
}

/// The short name that follows from a host: `finances` from `www.finances.example`.
#[must_use]
pub fn name_of(host: &str) -> String {
    let host = host.strip_prefix("www.").unwrap_or(host);
    let label = host.split('.').next().unwrap_or_default();
    let letters = label.chars().take(MAX_NAME_BYTES);
    letters.collect::<String>().trim_end_matches('-').to_owned()
}

/// Whether a host of old, of which a database tells, can be one.
pub(crate) fn is_shown(host: &str) -> bool {
    (1..=MAX_TEXT_BYTES).contains(&host.len())
        && !host.contains(|letter: char| letter.is_control() || letter.is_whitespace())
}

fn named(text: &str, why: &'static str) -> Error {
    Error::Name {
        text: text.escape_debug().to_string(),
        why,
    }
}

fn check_text(text: &str, is_plain: &dyn Fn(u8) -> bool, why: &'static str) -> Result<()> {
    match (1..=MAX_TEXT_BYTES).contains(&text.len()) && text.bytes().all(is_plain) {
        true => Ok(()),
        false => Err(named(text, why)),
    }
}

fn check_place(place: &Path, name: Option<&str>) -> Result<()> {
    let text = place.to_string_lossy();
    let is_plain = text
        .chars()
        .all(|letter| letter.is_alphanumeric() || "/-_.".contains(letter));
    let is_below = place
        .components()
        .all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
    if !place.is_absolute() || !is_plain || !is_below {
        let why = "it must be an absolute path of letters, digits, -, _ and .";
        return Err(named(&text, why));
    }
    match name.is_none_or(|name| place.file_name().is_some_and(|last| last == name)) {
        true => Ok(()),
        false => Err(named(&text, "it must end with the application's name")),
    }
}

/// Whether a user, a database, a unit and a folder can be named by it.
///
/// # Errors
/// [`Error::Name`] when they can't.
pub fn check_name(name: &str) -> Result<()> {
    let is_plain = name
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let is_edged = name.starts_with('-') || name.ends_with('-');
    if name.is_empty() || name.len() > MAX_NAME_BYTES || !is_plain || is_edged {
        return Err(Error::Name {
            text: name.to_owned(),
            why: "a name has 1 to 20 of a-z, 0-9 and -, and no - at an end",
        });
    }
    Ok(())
}
