//! A place in a folder: another disk, a disk that is carried away, a mounted share.

use std::fs::{self, File};
use std::io::{self, Read, Seek as _, SeekFrom};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::place::{Listed, Place};
use crate::{Error, Result};

/// Where streams are written before they get their name; nothing there is ever read.
const TMP: &str = "tmp";

/// Streams as files under a folder. A stream is written under `tmp`, synced, renamed, and its folder synced.
pub struct FolderPlace {
    root: PathBuf,
    /// Device and number of the folder, as it was opened.
    opened: (u64, u64),
    puts: AtomicU64,
}

impl FolderPlace {
    /// The folder, which must be there: a disk that isn't mounted must not be taken for an empty one.
    ///
    /// # Errors
    /// [`Error::Folder`] when it isn't a folder.
    pub fn open(root: &Path) -> Result<Self> {
        let Some(opened) = identity(root) else {
            return Err(Error::Folder {
                path: root.to_owned(),
                why: "there is no such folder; mount the disk, or make the folder".into(),
            });
        };
        Ok(Self {
            root: root.to_owned(),
            opened,
            puts: AtomicU64::new(0),
        })
    }

    /// The path of a stream. Names come from listings too, so that none may lead out of the folder.
    fn path(&self, name: &str) -> Result<PathBuf> {
        let plain = |part: &str| {
            !part.is_empty()
                && part != "."
                && part != ".."
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte))
        };
        if !name.split('/').all(plain) {
            return Err(self.wrong(name, &"it is no name of a stream"));
        }
        Ok(self.root.join(name))
    }

    /// What is written where a disk was mounted, and isn't any more, would fill another disk and be of no use.
    fn still_here(&self) -> io::Result<()> {
        match identity(&self.root) == Some(self.opened) {
            true => Ok(()),
            false => Err(io::Error::other(
                "its disk was taken away, or another one is in its place",
            )),
        }
    }

    fn wrong(&self, name: &str, why: &dyn std::fmt::Display) -> Error {
        super::place::failed(self, name, why)
    }

    /// Makes the folders above a stream, each durable in the one above it.
    fn make_folders(&self, name: &str) -> io::Result<()> {
        let mut folder = self.root.clone();
        let Some((above, _)) = name.rsplit_once('/') else {
            return Ok(());
        };
        for part in above.split('/') {
            let next = folder.join(part);
            match fs::create_dir(&next) {
                Ok(()) => sync(&folder)?,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
            folder = next;
        }
        Ok(())
    }

    fn write(&self, tmp: &Path, path: &Path, name: &str, content: &mut dyn Read) -> io::Result<()> {
        self.make_folders(name)?;
        let mut file = File::create(tmp)?;
        io::copy(content, &mut file)?;
        file.sync_all()?;
        fs::rename(tmp, path)?;
        sync(path.parent().unwrap_or(&self.root))
    }
}

impl Place for FolderPlace {
    fn describe(&self) -> String {
        self.root.display().to_string()
    }

    fn put(&self, name: &str, _: Option<u64>, content: &mut dyn Read) -> Result<()> {
        let path = self.path(name)?;
        let folder = self.root.join(TMP);
        // One writer has a place at a time; the number tells its own streams apart.
        let number = self.puts.fetch_add(1, Ordering::Relaxed);
        let tmp = folder.join(format!("{}-{number}", std::process::id()));
        let make = |folder: &Path| match fs::create_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            made => made,
        };
        let written = self
            .still_here()
            .and_then(|()| make(&folder))
            .and_then(|()| self.write(&tmp, &path, name, content));
        written.map_err(|error| {
            // What stays is swept at the next start.
            let _ = fs::remove_file(&tmp);
            self.wrong(name, &error)
        })
    }

    fn open(&self, name: &str, from: u64) -> Result<Option<Box<dyn Read + Send>>> {
        let mut file = match File::open(self.path(name)?) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.wrong(name, &error)),
        };
        file.seek(SeekFrom::Start(from))
            .map_err(|error| self.wrong(name, &error))?;
        Ok(Some(Box::new(file)))
    }

    fn list(&self, prefix: &str, visit: &mut dyn FnMut(Listed) -> Result<()>) -> Result<()> {
        let mut folders = vec![String::new()];
        while let Some(folder) = folders.pop() {
            let path = self.root.join(&folder);
            let files = fs::read_dir(&path).map_err(|error| self.wrong(&folder, &error))?;
            for file in files {
                let file = file.map_err(|error| self.wrong(&folder, &error))?;
                let Some(last) = file.file_name().to_str().map(str::to_owned) else {
                    continue;
                };
                let name = format!("{folder}{last}");
                let about = file.metadata().map_err(|error| self.wrong(&name, &error))?;
                if about.is_dir() {
                    let below = format!("{name}/");
                    if name != TMP && (below.starts_with(prefix) || prefix.starts_with(&below)) {
                        folders.push(below);
                    }
                } else if name.starts_with(prefix) {
                    visit(Listed {
                        name,
                        size_bytes: about.len(),
                    })?;
                }
            }
        }
        Ok(())
    }

    fn delete(&self, name: &str) -> Result<()> {
        let path = self.path(name)?;
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(self.wrong(name, &error));
            }
            _ => {}
        }
        match path.parent() {
            Some(folder) if folder.is_dir() => {
                sync(folder).map_err(|error| self.wrong(name, &error))
            }
            _ => Ok(()),
        }
    }

    fn sweep_unfinished(&self) -> Result<()> {
        match fs::remove_dir_all(self.root.join(TMP)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.wrong(TMP, &error)),
            _ => Ok(()),
        }
    }
}

/// What tells a folder from another one of its name; nothing when it is none.
fn identity(folder: &Path) -> Option<(u64, u64)> {
    let about = fs::metadata(folder).ok().filter(fs::Metadata::is_dir)?;
    Some((about.dev(), about.ino()))
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
