//! A made folder, as root takes it over from the account that made it, which may have put anything there and may change it meanwhile.
//!
//! The folder is opened once, and what is below it through that, link by link refused: what was judged is what is read. Of its texts
//! the application and the password alone are taken, in the forms that they have; everything else is made anew.

use std::ffi::OsStr;
use std::fs::{DirBuilder, File};
use std::io::{self, Read as _};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{Dir, Mode, OFlags, openat};

use crate::application::{Application, FILE};
use crate::made;
use crate::{Error, Result};

const FILES: &str = "files";
const DUMP: &str = "dump.sql";
const PASSWORD: &str = "database.cnf";
/// A text of the folder at most.
const MAX_TEXT_BYTES: u64 = 1 << 20;
/// An import makes none that is deeper.
const MAX_DEPTH: usize = 100;

/// A made folder that was taken over.
pub struct Handed {
    folder: PathBuf,
    files: File,
    dump: Option<File>,
    application: Application,
    password: String,
}

impl Handed {
    /// Opens a folder, and judges what is in it but for the files, which are judged as they are copied.
    ///
    /// # Errors
    /// When it isn't as an import makes it.
    pub fn open(folder: &Path) -> Result<Self> {
        let opened = File::open(folder).map_err(Error::file(folder))?;
        let text = |name: &str| text(&opened, folder, name);
        let application = Application::read(text(FILE)?.as_bytes())?;
        let settings = text(PASSWORD)?;
        let password = password(&settings).ok_or_else(|| Error::Made {
            path: folder.join(PASSWORD),
            why: "the password that an import makes isn't in it".to_owned(),
        })?;
        let dump = match below(&opened, OsStr::new(DUMP)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            file => Some(real(file, Kind::File, &folder.join(DUMP))?),
        };
        let files = below(&opened, OsStr::new(FILES));
        Ok(Self {
            folder: folder.to_owned(),
            files: real(files, Kind::Folder, &folder.join(FILES))?,
            dump,
            password: password.to_owned(),
            application,
        })
    }

    /// What is set up.
    #[must_use]
    pub fn application(&self) -> &Application {
        &self.application
    }

    /// Its dump, open.
    #[must_use]
    pub fn dump(&self) -> Option<&File> {
        self.dump.as_ref()
    }

    /// Makes all texts anew, in a folder that is there.
    ///
    /// # Errors
    /// When one can't be written.
    pub fn write_texts(&self, into: &Path) -> Result<()> {
        made::write_texts(&self.application, &self.password, into)
    }

    /// Copies its files into a folder, which is made, for nobody else to read.
    ///
    /// # Errors
    /// When it is there already, when anything but files and folders is among them, or when one can't be read or written.
    pub fn copy_files(&self, into: &Path) -> Result<()> {
        copy(&self.files, &self.folder.join(FILES), into, 0)
    }
}

fn copy(from: &File, shown: &Path, into: &Path, depth: usize) -> Result<()> {
    if depth > MAX_DEPTH {
        return Err(Error::Made {
            path: shown.to_owned(),
            why: "it is too deep".to_owned(),
        });
    }
    DirBuilder::new()
        .mode(0o700)
        .create(into)
        .map_err(Error::file(into))?;
    let entries = Dir::read_from(from).map_err(|error| Error::file(shown)(error.into()))?;
    for entry in entries {
        let entry = entry.map_err(|error| Error::file(shown)(error.into()))?;
        let name = OsStr::from_bytes(entry.file_name().to_bytes());
        if name == "." || name == ".." {
            continue;
        }
        let (shown, into) = (shown.join(name), into.join(name));
        let mut file = real(below(from, name), Kind::Any, &shown)?;
        if file.metadata().map_err(Error::file(&shown))?.is_dir() {
            copy(&file, &shown, &into, depth + 1)?;
            continue;
        }
        let mut to = File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&into)
            .map_err(Error::file(&into))?;
        io::copy(&mut file, &mut to).map_err(Error::file(&shown))?;
    }
    Ok(())
}

/// Opens what stands in a folder under a name, and follows no link. A pipe isn't waited for.
fn below(folder: &File, name: &OsStr) -> io::Result<File> {
    let flags =
        OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    Ok(File::from(openat(
        folder.as_fd(),
        name,
        flags,
        Mode::empty(),
    )?))
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    File,
    Folder,
    Any,
}

/// What was opened, if it is of its kind, and no link, pipe or device.
fn real(opened: io::Result<File>, kind: Kind, shown: &Path) -> Result<File> {
    let is_link =
        |error: &io::Error| error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error());
    let why = match kind {
        Kind::File => "it isn't a file",
        Kind::Folder => "it isn't a folder",
        Kind::Any => "it is neither a file nor a folder",
    };
    let wrong = || Error::Made {
        path: shown.to_owned(),
        why: why.to_owned(),
    };
    let file = match opened {
        Err(error) if is_link(&error) => return Err(wrong()),
        opened => opened.map_err(Error::file(shown))?,
    };
    let found = file.metadata().map_err(Error::file(shown))?;
    let is_right = match kind {
        Kind::File => found.is_file(),
        Kind::Folder => found.is_dir(),
        Kind::Any => found.is_file() || found.is_dir(),
    };
    if is_right { Ok(file) } else { Err(wrong()) }
}

fn text(folder: &File, shown: &Path, name: &str) -> Result<String> {
    let shown = shown.join(name);
    let file = real(below(folder, OsStr::new(name)), Kind::File, &shown)?;
    let mut text = String::new();
    file.take(MAX_TEXT_BYTES)
        .read_to_string(&mut text)
        .map_err(Error::file(&shown))?;
    Ok(text)
}

/// As `made` has made it: 64 digits.
fn password(settings: &str) -> Option<&str> {
    let mut lines = settings.lines();
    let said = lines.find_map(|line| line.strip_prefix("password="))?;
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    (said.len() == 64 && said.bytes().all(is_digit)).then_some(said)
}
