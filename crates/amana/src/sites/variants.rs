//! The folder of sites' files in other codings: each is named by the digest of what it decodes to, and by its coding. Nobody
//! believes it, and what is lost is made again, so that nothing here is synced.

use std::collections::HashSet;
use std::fs::{self, DirEntry, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use amana_ledger::{Hash, digits};
use amana_sites::serve::Coding;
use bytes::Bytes;

/// Where a file in another coding lies; none for what is no such name.
pub(super) fn path(folder: &Path, name: &str) -> Option<PathBuf> {
    digest_of(name)?;
    Some(folder.join(name.get(..2)?).join(name))
}

/// At most so many bytes of it; nothing when there is none.
pub(super) fn read(path: &Path, at_most: u64) -> io::Result<Option<Bytes>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.take(at_most).read_to_end(&mut bytes)?;
    Ok(Some(bytes.into()))
}

pub(super) fn keep(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    // Half of it decodes to nothing, and is made again.
    let temporary = path.with_extension("new");
    fs::write(&temporary, bytes)?;
    fs::rename(&temporary, path)
}

/// Removes what is older than `until` and of no content that is served, and gives how many files that were. Content that leaves
/// a site for a week and comes back is made again.
pub(super) fn sweep(folder: &Path, served: &HashSet<Hash>, until: SystemTime) -> io::Result<usize> {
    let served: HashSet<String> = served.iter().map(digits).collect();
    let mut removed = 0;
    for group in entries(folder)? {
        let group = group?;
        if !group.file_type()?.is_dir() {
            continue;
        }
        for kept in entries(&group.path())? {
            let kept = kept?;
            if is_gone(&kept, &served, until) {
                fs::remove_file(kept.path())?;
                removed += 1;
            }
        }
    }
    Ok(removed)
}

/// Names that none of ours are, a write that was cut off among them, are of no content.
fn is_gone(kept: &DirEntry, served: &HashSet<String>, until: SystemTime) -> bool {
    let is_served = kept
        .file_name()
        .to_str()
        .and_then(digest_of)
        .is_some_and(|digest| served.contains(digest));
    let is_old = kept
        .metadata()
        .and_then(|metadata| metadata.modified())
        .is_ok_and(|modified| modified < until);
    !is_served && is_old
}

/// The digits that such a name begins with.
fn digest_of(name: &str) -> Option<&str> {
    let mut endings = Coding::ALL.iter().map(|coding| coding.ending());
    endings.find_map(|ending| name.strip_suffix(ending))
}

fn entries(folder: &Path) -> io::Result<impl Iterator<Item = io::Result<DirEntry>>> {
    match fs::read_dir(folder) {
        Ok(entries) => Ok(Some(entries).into_iter().flatten()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None.into_iter().flatten()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn only_old_files_of_content_that_left_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let (stays, leaves) = (Hash::from([0xaa; 32]), Hash::from([0xbb; 32]));
        let made = |digest: &Hash, ending: &str| {
            let path = path(folder.path(), &format!("{}{ending}", digits(digest))).unwrap();
            keep(&path, b"coded").unwrap();
            path
        };
        let mut paths: Vec<_> = Coding::ALL
            .iter()
            .flat_map(|coding| {
                [
                    made(&stays, coding.ending()),
                    made(&leaves, coding.ending()),
                ]
            })
            .collect();
        let cut = paths[1].with_extension("new");
        fs::write(&cut, b"co").unwrap();
        paths.push(cut);
        let served = HashSet::from([stays]);
        let made_at = fs::metadata(&paths[0]).unwrap().modified().unwrap();
        let earlier = made_at - Duration::from_secs(60);
        assert_eq!(sweep(folder.path(), &served, earlier).unwrap(), 0);
        let later = made_at + Duration::from_secs(60);
        assert_eq!(sweep(folder.path(), &served, later).unwrap(), 4);
        let left: Vec<_> = paths.iter().filter(|path| path.exists()).collect();
        assert_eq!(left.len(), 3);
        assert!(
            left.iter()
                .all(|path| &read(path, 5).unwrap().unwrap()[..] == b"coded")
        );
    }

    #[test]
    fn no_folder_holds_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let absent = folder.path().join("variants");
        assert_eq!(
            sweep(&absent, &HashSet::new(), SystemTime::UNIX_EPOCH).unwrap(),
            0
        );
        assert_eq!(read(&absent.join("aa"), 1).unwrap(), None);
        assert_eq!(path(&absent, "aa.txt"), None);
    }
}
