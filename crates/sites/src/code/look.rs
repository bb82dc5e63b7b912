//! Looking at an application's folder: every path below it, no link followed, and only what changed since the last look read again.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::AsFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use amana_ledger::Hash;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat, openat, readlinkat, statat};
use sha2::{Digest as _, Sha256};

use super::{CodeList, Entry, Kind, encoded};
use crate::{Error, Result};

/// The most paths of an application. WordPress with fifty plugins has a third of it.
const MAX_PATHS: usize = 100_000;
/// The most bytes of an application's programs.
const MAX_BYTES: u64 = 4 << 30;
/// How deep folders lie in folders.
const MAX_DEPTH: usize = 64;
/// A file may change twice within one tick of a file system's clock: what was changed so short a while ago is read again next time.
const SETTLED_S: i64 = 3;
const PART_BYTES: usize = 256 * 1024;

/// The folder of an application's programs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CodeFolder {
    /// Where it is.
    pub root: PathBuf,
    /// Folders in it that are left out, as paths: nothing in them is run.
    pub without: Vec<String>,
}

/// The digests of files that were read before, so that only what changed is read again. A file counts as unchanged while it is the
/// same one, as long, as new, and its inode wasn't touched, which nobody but the system can say otherwise.
#[derive(Debug, Default)]
pub struct Known(HashMap<Vec<u8>, (Seen, Hash)>);

/// A file, as the file system tells it from its earlier self.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Seen {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl CodeFolder {
    /// What the folder holds now. Of what is `known` only what changed is read; that is what is known afterwards. `now_s` are the
    /// seconds since 1970. Blocking.
    ///
    /// # Errors
    /// [`Error::Read`] for what can't be read, [`Error::Code`] for what is neither file, folder nor link, and beyond 100,000
    /// paths, 4 GiB or 64 folders in one another: then nothing is proved of the folder.
    pub fn look(&self, known: &mut Known, now_s: i64) -> Result<CodeList> {
        // Its own path may lead over links: `current`, to a release.
        let root = File::options()
            .read(true)
            .open(&self.root)
            .map_err(|source| self.unreadable(b"", source))?;
        let without = self.without.iter().map(|folder| {
            let folder = folder.trim_end_matches('/');
            if folder.is_empty() {
                b"/".to_vec()
            } else {
                folder.as_bytes().to_vec()
            }
        });
        let mut looking = Looking {
            folder: self,
            list: CodeList {
                without: without.collect(),
                ..CodeList::default()
            },
            before: std::mem::take(known),
            known,
            left_bytes: MAX_BYTES,
            now_s,
        };
        looking.walk(&root, &mut Vec::new(), 0)?;
        Ok(looking.list)
    }

    fn unreadable(&self, path: &[u8], source: io::Error) -> Error {
        let below = OsStr::from_bytes(path.strip_prefix(b"/").unwrap_or(path));
        Error::Read {
            path: if path.is_empty() {
                self.root.clone()
            } else {
                self.root.join(below)
            },
            source,
        }
    }
}

struct Looking<'a> {
    folder: &'a CodeFolder,
    list: CodeList,
    before: Known,
    known: &'a mut Known,
    left_bytes: u64,
    now_s: i64,
}

impl Looking<'_> {
    fn walk(&mut self, folder: &File, path: &mut Vec<u8>, depth: usize) -> Result<()> {
        let unreadable =
            |path: &[u8], error: rustix::io::Errno| self.folder.unreadable(path, error.into());
        if depth > MAX_DEPTH {
            return Err(self.wrong(path, "folders lie too deep here"));
        }
        let entries = Dir::read_from(folder).map_err(|error| unreadable(path, error))?;
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| unreadable(path, error))?;
            let name = entry.file_name().to_bytes();
            if name == b"." || name == b".." {
                continue;
            }
            if self.list.len() + names.len() >= MAX_PATHS {
                let why = format!("it holds more than {MAX_PATHS} files");
                return Err(self.wrong(b"", &why));
            }
            names.push(name.to_vec());
        }
        for name in names {
            let before = path.len();
            path.push(b'/');
            path.extend_from_slice(&name);
            self.one(folder, &name, path, depth)?;
            path.truncate(before);
        }
        Ok(())
    }

    fn one(&mut self, folder: &File, name: &[u8], path: &mut Vec<u8>, depth: usize) -> Result<()> {
        let shown = OsStr::from_bytes(name);
        let found = statat(folder, shown, AtFlags::SYMLINK_NOFOLLOW)
            .map_err(|error| self.folder.unreadable(path, error.into()))?;
        match FileType::from_raw_mode(found.st_mode) {
            FileType::Directory if self.is_left_out(path) => Ok(()),
            FileType::Directory => {
                let below = self.open(folder, name, path)?;
                self.walk(&below, path, depth + 1)
            }
            FileType::RegularFile => {
                let sha256 = self.file(folder, name, path, &Seen::of_stat(&found))?;
                self.add(path, Kind::File, sha256);
                Ok(())
            }
            FileType::Symlink => {
                let to = readlinkat(folder, shown, Vec::new())
                    .map_err(|error| self.folder.unreadable(path, error.into()))?;
                let sha256 = Hash::from(<[u8; 32]>::from(Sha256::digest(to.to_bytes())));
                self.add(path, Kind::Link, sha256);
                Ok(())
            }
            _ => Err(self.wrong(path, "it is neither a file, a folder nor a link")),
        }
    }

    fn add(&mut self, path: &[u8], kind: Kind, sha256: Hash) {
        let entry = Entry { kind, sha256 };
        self.list.entries.insert(path.to_vec(), entry);
    }

    fn is_left_out(&self, path: &[u8]) -> bool {
        let mut without = self.list.without.iter();
        self.list.without.contains(&b"/"[..]) || without.any(|folder| folder == path)
    }

    fn file(&mut self, folder: &File, name: &[u8], path: &[u8], seen: &Seen) -> Result<Hash> {
        let known = self.before.0.remove(path);
        let same = known.filter(|(before, _)| before == seen);
        if let Some((seen, sha256)) = same {
            self.count(seen.size)?;
            self.known.0.insert(path.to_vec(), (seen, sha256));
            return Ok(sha256);
        }
        let mut file = self.open(folder, name, path)?;
        let unreadable = |source| self.folder.unreadable(path, source);
        let opened = Seen::of(&file).map_err(unreadable)?;
        let mut hasher = Sha256::new();
        let mut part = vec![0; PART_BYTES];
        loop {
            let unreadable = |source| self.folder.unreadable(path, source);
            let read = file.read(&mut part).map_err(unreadable)?;
            if read == 0 {
                break;
            }
            // Of what is really read: a file may grow, or have holes.
            self.count(read as u64)?;
            hasher.update(&part[..read]);
        }
        let sha256 = Hash::from(<[u8; 32]>::from(hasher.finalize()));
        let unreadable = |source| self.folder.unreadable(path, source);
        let after = Seen::of(&file).map_err(unreadable)?;
        if opened == after && after.changed.0 < self.now_s - SETTLED_S {
            self.known.0.insert(path.to_vec(), (after, sha256));
        }
        Ok(sha256)
    }

    fn count(&mut self, bytes: u64) -> Result<()> {
        match self.left_bytes.checked_sub(bytes) {
            Some(left) => {
                self.left_bytes = left;
                Ok(())
            }
            None => Err(self.wrong(b"", &format!("it holds more than {} GiB", MAX_BYTES >> 30))),
        }
    }

    /// Opens what stands in a folder, and follows no link. A pipe isn't waited for.
    fn open(&self, folder: &File, name: &[u8], path: &[u8]) -> Result<File> {
        let flags =
            OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let opened = openat(
            folder.as_fd(),
            OsStr::from_bytes(name),
            flags,
            Mode::empty(),
        );
        let opened = opened.map_err(|error| self.folder.unreadable(path, error.into()))?;
        Ok(File::from(opened))
    }

    fn wrong(&self, path: &[u8], why: &str) -> Error {
        Error::Code {
            folder: self.folder.root.clone(),
            why: match path.is_empty() {
                true => why.to_owned(),
                false => format!("{}: {why}", encoded(path)),
            },
        }
    }
}

impl Seen {
    fn of(file: &File) -> io::Result<Self> {
        let found = file.metadata()?;
        Ok(Self {
            device: found.dev(),
            inode: found.ino(),
            size: found.size(),
            modified: (found.mtime(), found.mtime_nsec()),
            changed: (found.ctime(), found.ctime_nsec()),
        })
    }

    fn of_stat(found: &Stat) -> Self {
        let nanoseconds = |given| i64::try_from(given).unwrap_or_default();
        Self {
            device: found.st_dev,
            inode: found.st_ino,
            size: u64::try_from(found.st_size).unwrap_or_default(),
            modified: (found.st_mtime, nanoseconds(found.st_mtime_nsec)),
            changed: (found.st_ctime, nanoseconds(found.st_ctime_nsec)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    /// Far enough from any file's time that all count as settled.
    const LATER_S: i64 = i64::MAX / 2;

    fn ground() -> (tempfile::TempDir, CodeFolder) {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in [
            ("index.php", "<?php echo 1;"),
            (".htaccess", "deny"),
            (".user.ini", "x=1"),
            ("up/photo.jpg", "photo"),
            ("upmore/x.php", "x"),
            ("a b/é.php", "é"),
            ("lib/deep/er.php", "y"),
        ] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        symlink("/etc/passwd", folder.path().join("out.php")).unwrap();
        symlink("lib", folder.path().join("folder")).unwrap();
        fs::create_dir(folder.path().join("empty")).unwrap();
        let code = CodeFolder {
            root: folder.path().to_owned(),
            without: vec!["/up/".to_owned()],
        };
        (folder, code)
    }

    fn paths(list: &CodeList) -> Vec<String> {
        list.entries.keys().map(|path| encoded(path)).collect()
    }

    #[test]
    fn all_that_may_run_is_listed_and_no_link_followed() {
        let (_folder, code) = ground();
        let list = code.look(&mut Known::default(), LATER_S).unwrap();
        let expected = [
            "/.htaccess",
            "/.user.ini",
            "/a%20b/%C3%A9.php",
            "/folder",
            "/index.php",
            "/lib/deep/er.php",
            "/out.php",
            "/upmore/x.php",
        ];
        assert_eq!(paths(&list), expected);
        assert!(list.text().contains("\nwithout /up\n"));
        let linked = Hash::from(<[u8; 32]>::from(Sha256::digest("/etc/passwd")));
        assert_eq!(list.entries[&b"/out.php"[..]].sha256, linked);
        assert_eq!(CodeList::parse(&list.text()).unwrap(), list);
        let all = CodeFolder {
            without: Vec::new(),
            ..code.clone()
        };
        let all = all.look(&mut Known::default(), LATER_S).unwrap();
        assert_eq!(all.len(), list.len() + 1);
        assert_ne!(all.digest(), list.digest());
    }

    #[test]
    fn whatever_changes_is_seen_at_the_next_look() {
        let (folder, code) = ground();
        let mut known = Known::default();
        let look = |known: &mut Known| code.look(known, LATER_S).unwrap();
        let signed = look(&mut known);
        let told = |list: &CodeList| -> Vec<String> {
            let changes = list.changes_since(&signed);
            changes.iter().map(ToString::to_string).collect()
        };
        assert_eq!(look(&mut known), signed);
        // As long as before, and dated back: its inode was touched all the same.
        let path = folder.path().join("index.php");
        let dated = fs::metadata(&path).unwrap().modified().unwrap();
        fs::write(&path, "<?php echo 2;").unwrap();
        let file = File::options().write(true).open(&path).unwrap();
        file.set_modified(dated).unwrap();
        assert_eq!(told(&look(&mut known)), ["changed /index.php"]);
        fs::write(&path, "<?php echo 1;").unwrap();
        assert_eq!(look(&mut known), signed);
        fs::remove_file(folder.path().join("folder")).unwrap();
        symlink("up", folder.path().join("folder")).unwrap();
        fs::write(folder.path().join("shell.php"), "x").unwrap();
        fs::remove_file(folder.path().join(".htaccess")).unwrap();
        fs::write(folder.path().join("up/shell.php"), "x").unwrap();
        let found = ["changed /folder", "new /shell.php", "gone /.htaccess"];
        assert_eq!(told(&look(&mut known)), found);
    }

    #[test]
    fn what_can_not_be_looked_at_is_named() {
        let (folder, code) = ground();
        let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("php.sock"));
        let told = code.look(&mut Known::default(), LATER_S).unwrap_err();
        assert!(told.to_string().contains("/php.sock"), "{told}");
        let nowhere = CodeFolder {
            root: folder.path().join("nowhere"),
            without: Vec::new(),
        };
        let told = nowhere.look(&mut Known::default(), LATER_S).unwrap_err();
        assert!(told.to_string().contains("nowhere"), "{told}");
    }
}
