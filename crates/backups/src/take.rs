//! From a backup to the folder from which its application is set up, and a report for a person.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::application::{Application, is_shown};
use crate::dump::{self, Dump};
use crate::find::{self, Found, Kind, Part};
use crate::look::{Looked, Marks, look};
use crate::made::{self, Random, Source};
use crate::php::Settings;
use crate::report::{Facts, Report};
use crate::unpack::{Bounds, unpack};
use crate::{Error, Result};

/// What is asked of a backup.
pub struct Wanted<'a> {
    /// A folder, or an archive.
    pub backup: &'a Path,
    /// The dump, where it isn't in the backup.
    pub database: Option<&'a Path>,
    /// The application's folder in the backup, where several are there.
    pub root: Option<&'a str>,
    /// How it will be set up; what the backup says takes the place of its kind, prefix and old hosts.
    pub application: Application,
    /// How much the backup may hold.
    pub bounds: Bounds,
    /// Whether PHP runs on this machine; the version that is used is a guess where it doesn't.
    pub has_php: bool,
    /// The newest core that this machine knows of, by kind: its version, and who says so.
    pub known: &'a dyn Fn(Kind) -> Option<(String, String)>,
    /// What is known elsewhere of what intruders leave.
    pub marks: Marks<'a>,
}

/// Where the state of an import lies: beside the folder.
#[must_use]
pub fn state_of(out: &Path) -> PathBuf {
    amana_crawl::folder::state_of(out)
}

/// Unpacks, looks, and makes the folder `out`; the report stands beside it. `progress` is told what is done, how much of it, and of
/// how much.
///
/// # Errors
/// When the backup can't be read or trusted, holds no application, or its dump isn't whole.
pub fn take(
    wanted: Wanted<'_>,
    out: &Path,
    random: Random<'_>,
    progress: &mut dyn FnMut(&'static str, u64, u64),
) -> Result<(Application, Report)> {
    wanted.application.check()?;
    if out.exists() {
        return Err(Error::Taken {
            path: out.to_owned(),
        });
    }
    let state = state_of(out);
    fs::create_dir_all(&state).map_err(Error::file(&state))?;
    let (unpacked, making) = (state.join("unpacked"), state.join("making"));
    for folder in [&unpacked, &making] {
        remove(folder)?;
    }
    fs::DirBuilder::new()
        .mode(0o700)
        .create(&making)
        .map_err(Error::file(&making))?;
    let done = unpack(wanted.backup, &unpacked, wanted.bounds, &mut |read, of| {
        progress("unpacking", read, of);
    })?;
    let taking = Taking::begin(&wanted, &unpacked)?;
    let dump = taking.dump(&wanted, &unpacked, &making.join("dump.sql"))?;
    taking.check_paths(dump.as_ref())?;
    progress("looking", 0, done.members);
    let looked = look(&taking.root, wanted.marks, &mut |files| {
        progress("looking", files as u64, done.members);
    })?;
    let application = taking.application(&wanted, dump.as_ref());
    let mut facts = taking.facts(&wanted, &application, dump.as_ref(), &looked)?;
    facts.links = &done.left_out;
    let source = Source {
        root: &taking.root,
        settings: &taking.settings,
        looked: &looked,
    };
    let left = made::make(&application, &source, &making, random)?;
    facts.settings_left = &left;
    let report = Report::new(&facts);
    remove(&unpacked)?;
    fs::rename(&making, out).map_err(Error::file(out))?;
    Ok((application, report))
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::file(folder)(error)),
        _ => Ok(()),
    }
}

/// What is known once the backup is unpacked.
struct Taking {
    found: Found,
    others: Vec<Found>,
    root: PathBuf,
    settings: Settings,
    parts: Vec<Part>,
    prefix: String,
}

impl Taking {
    fn begin(wanted: &Wanted<'_>, unpacked: &Path) -> Result<Self> {
        let (found, others) = find::application(unpacked, wanted.backup, wanted.root)?;
        let root = unpacked.join(&found.place);
        let settings = find::settings(&root, found.kind)?;
        let prefix = match found.kind {
            Kind::WordPress => settings.variable("table_prefix").unwrap_or("wp_"),
            Kind::Joomla => settings.variable("dbprefix").unwrap_or("jos_"),
            Kind::Php => "",
        };
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        if !prefix.chars().all(is_plain) {
            return Err(Error::Name {
                text: prefix.to_owned(),
                why: "the prefix of tables has letters, digits and _ alone",
            });
        }
        let prefix = prefix.to_owned();
        Ok(Self {
            parts: find::parts(&root, found.kind)?,
            found,
            others,
            root,
            settings,
            prefix,
        })
    }

    fn dump(&self, wanted: &Wanted<'_>, unpacked: &Path, copy: &Path) -> Result<Option<Dump>> {
        let name = match self.found.kind {
            Kind::Joomla => self.settings.variable("db"),
            _ => self.settings.text("DB_NAME"),
        };
        let path = match wanted.database {
            Some(given) => given.to_owned(),
            None => match find::dump(unpacked, &self.found.place, name) {
                // A program without a database is one all the same.
                Err(Error::NoDump) if self.found.kind == Kind::Php => return Ok(None),
                found => found?,
            },
        };
        let opened = File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(copy);
        let mut to = BufWriter::new(opened.map_err(Error::file(copy))?);
        let dump = dump::read(&path, &self.prefix, wanted.bounds, &mut to)?;
        if !dump
            .tables
            .iter()
            .any(|table| table.starts_with(&self.prefix))
        {
            let why = format!(
                "none of its tables begins with {}, as the settings say: is it another site's?",
                self.prefix
            );
            return Err(Error::Dump { path, why });
        }
        Ok(Some(dump))
    }

    /// An address as the settings say it, otherwise as the database does.
    fn address<'a>(&'a self, dump: Option<&'a Dump>, constant: &str, option: &str) -> &'a str {
        let said = self.settings.text(constant);
        said.or_else(|| Some(dump?.options.get(option)?.as_str()))
            .unwrap_or_default()
    }

    /// A WordPress below a path would be asked at the host's root, where it isn't.
    fn check_paths(&self, dump: Option<&Dump>) -> Result<()> {
        if self.found.kind != Kind::WordPress {
            return Ok(());
        }
        for (constant, option) in [("WP_HOME", "home"), ("WP_SITEURL", "siteurl")] {
            let address = self.address(dump, constant, option);
            let path = parted(address).1;
            if !path.is_empty() {
                return Err(Error::BelowPath {
                    address: address.to_owned(),
                    path,
                });
            }
        }
        Ok(())
    }

    fn application(&self, wanted: &Wanted<'_>, dump: Option<&Dump>) -> Application {
        let mut application = wanted.application.clone();
        application.kind = self.found.kind;
        application.prefix.clone_from(&self.prefix);
        let twin = |host: &str| host.strip_prefix("www.").unwrap_or(host).to_owned();
        let addresses = [
            self.address(dump, "WP_HOME", "home"),
            self.address(dump, "WP_SITEURL", "siteurl"),
            dump.and_then(|dump| dump.options.get("home"))
                .map_or("", String::as_str),
        ];
        let mut was: Vec<String> = addresses
            .iter()
            .map(|address| parted(address).0)
            .filter(|host| is_shown(host) && twin(host) != twin(&application.host))
            .collect();
        was.sort();
        was.dedup();
        application.was = was;
        application
    }

    fn facts<'a>(
        &'a self,
        wanted: &Wanted<'a>,
        application: &'a Application,
        dump: Option<&'a Dump>,
        looked: &'a Looked,
    ) -> Result<Facts<'a>> {
        let version = self.root.join("wp-includes/version.php");
        let needed = match self.found.kind {
            Kind::WordPress => {
                let said = Settings::read(&find::beginning(&version, 1 << 20)?);
                said.variable("required_php_version").map(str::to_owned)
            }
            _ => None,
        };
        Ok(Facts {
            application,
            backup: wanted.backup,
            place: &self.found.place,
            others: &self.others,
            settings: &self.settings,
            parts: &self.parts,
            dump,
            looked,
            links: &[],
            settings_left: &[],
            known: (wanted.known)(self.found.kind),
            needed_php: needed,
            has_php: wanted.has_php,
        })
    }
}

/// Host (with a port) and path of an address, without the slash at its end.
fn parted(address: &str) -> (String, String) {
    let Some((_, rest)) = address.split_once("://") else {
        return (String::new(), String::new());
    };
    let (host, path) = match rest.find('/') {
        Some(slash) => rest.split_at(slash),
        None => (rest, ""),
    };
    (
        host.to_ascii_lowercase(),
        path.trim_end_matches('/').to_owned(),
    )
}
