//! A backup is unpacked into a new folder, and nothing of it lands outside.
//!
//! No symbolic link is ever made, so that no later member can be written through one; links, devices and pipes are left out, and
//! listed. A path that leads out ends the work, since a program for backups writes none.

use std::cell::Cell;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, BufReader, Read, Write};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use flate2::read::MultiGzDecoder;
use serde::Serialize;

use crate::tar::{Kind, Members};
use crate::{Error, Result};

const MAX_PATH_BYTES: usize = 4096;
const MAX_SEGMENT_BYTES: usize = 255;
const MAX_DEPTH: usize = 100;
/// What was left out is listed up to this.
const MAX_LEFT_OUT: usize = 1000;
/// cPanel's tool for whole accounts packs the home folder by itself, within.
const PACKED_HOME: &[u8] = b"homedir.tar";

/// How much a backup may hold.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Files and folders.
    pub members: u64,
    /// Bytes of all files, unpacked.
    pub bytes: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            members: 1_000_000,
            bytes: 20 << 30,
        }
    }
}

/// What was unpacked.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Unpacked {
    /// Files and folders.
    pub members: u64,
    /// Bytes of all files.
    pub bytes: u64,
    /// Links and devices, which aren't there.
    pub left_out: Vec<String>,
}

/// Unpacks a folder, a tar archive, or one that gzip packed into `into`, which is made. `progress` is told how many bytes of how
/// many are read.
///
/// # Errors
/// When the archive isn't one, is damaged, leads out or holds too much, or a file can't be written.
pub fn unpack(
    backup: &Path,
    into: &Path,
    bounds: Bounds,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Unpacked> {
    fs::DirBuilder::new()
        .mode(0o700)
        .create(into)
        .map_err(Error::file(into))?;
    let mut unpacking = Unpacking {
        backup,
        into,
        bounds,
        done: Unpacked::default(),
        folders: 0,
    };
    if fs::metadata(backup).map_err(Error::file(backup))?.is_dir() {
        unpacking.folder(backup, Path::new(""), progress)?;
        return Ok(unpacking.done);
    }
    let file = File::open(backup).map_err(Error::file(backup))?;
    let size = file.metadata().map_err(Error::file(backup))?.len();
    let passed = Rc::new(Cell::new(0));
    let mut counted = BufReader::with_capacity(
        1 << 17,
        Counted {
            from: file,
            passed: Rc::clone(&passed),
        },
    );
    let mut told = || progress(passed.get(), size);
    match Packing::of(&first(&mut counted).map_err(Error::file(backup))?) {
        Packing::None => unpacking.archive(counted, &[], &mut told)?,
        Packing::Gzip => unpacking.archive(MultiGzDecoder::new(counted), &[], &mut told)?,
        Packing::Other(what) => {
            return Err(Error::Archive {
                path: backup.to_owned(),
                why: format!(
                    "{what} isn't read here; unpack it, and give the folder, or a .tar.gz"
                ),
            });
        }
    }
    Ok(unpacking.done)
}

/// How a file is packed, by its first bytes.
pub(crate) enum Packing {
    None,
    Gzip,
    Other(&'static str),
}

impl Packing {
    pub(crate) fn of(first: &[u8]) -> Self {
        match first {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [b'P', b'K', 3 | 5, ..] => Self::Other("a zip archive"),
            [b'B', b'Z', b'h', ..] => Self::Other("what bzip2 packed"),
            [0xfd, b'7', b'z', b'X', ..] => Self::Other("what xz packed"),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Other("what zstd packed"),
            [b'7', b'z', 0xbc, ..] => Self::Other("a 7z archive"),
            [b'R', b'a', b'r', b'!', ..] => Self::Other("a rar archive"),
            _ => Self::None,
        }
    }
}

/// The first bytes, which stay to be read.
pub(crate) fn first<R: Read>(from: &mut BufReader<R>) -> io::Result<Vec<u8>> {
    use std::io::BufRead as _;
    let held = from.fill_buf()?;
    Ok(held[..held.len().min(8)].to_vec())
}

struct Counted {
    from: File,
    passed: Rc<Cell<u64>>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(buffer)?;
        self.passed.set(self.passed.get() + read as u64);
        Ok(read)
    }
}

struct Unpacking<'a> {
    backup: &'a Path,
    into: &'a Path,
    bounds: Bounds,
    done: Unpacked,
    /// Folders that were made.
    folders: u64,
}

impl Unpacking<'_> {
    fn archive(&mut self, from: impl Read, below: &[u8], told: &mut dyn FnMut()) -> Result<()> {
        // Without this bound the compiler would unpack archives in archives for ever.
        let mut members = Members::new(Box::new(from) as Box<dyn Read + '_>);
        let backup = self.backup;
        let wrong = |error: io::Error| Error::Archive {
            path: backup.to_owned(),
            why: error.to_string(),
        };
        while let Some(member) = members.next_member().map_err(wrong)? {
            told();
            let path = [below, &member.path].concat();
            let place = self.place(&path)?;
            let Some(place) = place else { continue };
            match member.kind {
                Kind::Folder => self.make_folder(&place)?,
                Kind::File if below.is_empty() && is_packed_home(&place) => {
                    let home = place.with_extension("");
                    let home = [home.as_os_str().as_bytes(), b"/"].concat();
                    self.archive(&mut members, &home, told)?;
                }
                Kind::File => self.file(&place, &mut members)?,
                Kind::Link(to) => self.link(&place, &[below, &to].concat())?,
                Kind::Symlink(to) => {
                    self.leave_out(&place, &format!(" → {}", String::from_utf8_lossy(&to)));
                }
                Kind::Device => self.leave_out(&place, ""),
            }
        }
        Ok(())
    }

    fn folder(
        &mut self,
        from: &Path,
        below: &Path,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<()> {
        let mut entries = fs::read_dir(from)
            .and_then(Iterator::collect::<io::Result<Vec<_>>>)
            .map_err(Error::file(from))?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            progress(self.done.members, self.done.members + 1);
            let (path, kind) = (entry.path(), entry.file_type());
            let kind = kind.map_err(Error::file(&path))?;
            let wanted = below.join(entry.file_name());
            let Some(place) = self.place(wanted.as_os_str().as_bytes())? else {
                continue;
            };
            if kind.is_dir() {
                self.make_folder(&place)?;
                self.folder(&path, &place, progress)?;
            } else if kind.is_file() {
                let mut file = File::open(&path).map_err(Error::file(&path))?;
                self.file(&place, &mut file)?;
            } else {
                self.leave_out(&place, "");
            }
        }
        Ok(())
    }

    /// The place of a member below the folder; nothing for the folder itself.
    fn place(&mut self, path: &[u8]) -> Result<Option<PathBuf>> {
        let wrong = |why| Error::Member {
            path: self.backup.to_owned(),
            member: String::from_utf8_lossy(path).escape_debug().to_string(),
            why,
        };
        if path.first() == Some(&b'/') {
            return Err(wrong("begins at the root of the machine"));
        }
        if path.len() > MAX_PATH_BYTES || path.contains(&0) {
            return Err(wrong("is no path"));
        }
        let mut place = PathBuf::new();
        let segments = path.split(|byte| *byte == b'/');
        for (depth, segment) in segments
            .filter(|segment| !matches!(*segment, b"" | b"."))
            .enumerate()
        {
            if segment == b".." {
                return Err(wrong("leads out of the archive"));
            }
            if segment.len() > MAX_SEGMENT_BYTES || depth == MAX_DEPTH {
                return Err(wrong("is too long or too deep"));
            }
            place.push(OsStr::from_bytes(segment));
        }
        if place.as_os_str().is_empty() {
            return Ok(None);
        }
        self.done.members += 1;
        if self.done.members > self.bounds.members {
            return Err(self.too_much(&format!("{} files", self.bounds.members), "--max-files"));
        }
        Ok(Some(place))
    }

    fn too_much(&self, bound: &str, option: &'static str) -> Error {
        Error::TooMuch {
            path: self.backup.to_owned(),
            bound: bound.to_owned(),
            option,
        }
    }

    /// Makes a folder, and those above it, which no member has to name.
    fn make_folder(&mut self, place: &Path) -> Result<()> {
        let is_missing =
            |below: &&Path| !below.as_os_str().is_empty() && !self.into.join(below).is_dir();
        let missing: Vec<&Path> = place.ancestors().take_while(is_missing).collect();
        for below in missing.into_iter().rev() {
            self.folders += 1;
            if self.folders > self.bounds.members {
                let bound = format!("{} folders", self.bounds.members);
                return Err(self.too_much(&bound, "--max-files"));
            }
            let folder = self.into.join(below);
            fs::create_dir(&folder).map_err(Error::file(folder))?;
        }
        Ok(())
    }

    fn file(&mut self, place: &Path, from: &mut dyn Read) -> Result<()> {
        if let Some(parent) = place.parent() {
            self.make_folder(parent)?;
        }
        let path = self.into.join(place);
        // A member that comes again takes the place of the first, as tar has it.
        let mut to = File::options()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)
            .map_err(Error::file(&path))?;
        let mut buffer = vec![0; 1 << 16];
        loop {
            let read = from.read(&mut buffer).map_err(|error| Error::Archive {
                path: self.backup.to_owned(),
                why: format!("{}: {error}", place.display()),
            })?;
            if read == 0 {
                return Ok(());
            }
            self.done.bytes += read as u64;
            if self.done.bytes > self.bounds.bytes {
                let bound = format!("{} GiB", self.bounds.bytes >> 30);
                return Err(self.too_much(&bound, "--max-gib"));
            }
            to.write_all(&buffer[..read]).map_err(Error::file(&path))?;
        }
    }

    /// Another name of a file that was unpacked becomes a file of its own.
    fn link(&mut self, place: &Path, to: &[u8]) -> Result<()> {
        let Some(to) = self.place(to)? else {
            return Ok(());
        };
        let source = self.into.join(&to);
        let is_file = fs::symlink_metadata(&source).is_ok_and(|found| found.is_file());
        if !is_file || to == place {
            self.leave_out(place, &format!(" → {}", to.display()));
            return Ok(());
        }
        let mut file = File::open(&source).map_err(Error::file(&source))?;
        self.file(place, &mut file)
    }

    fn leave_out(&mut self, place: &Path, to: &str) {
        if self.done.left_out.len() < MAX_LEFT_OUT {
            let what = format!("{}{to}", place.display());
            self.done.left_out.push(what);
        }
    }
}

fn is_packed_home(place: &Path) -> bool {
    place.file_name() == Some(OsStr::from_bytes(PACKED_HOME)) && place.components().count() <= 2
}
