//! What was fetched, on disk: `HOST.pem` with the key and the chain, so that one rename replaces both, and the account.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::Host;

/// A folder of mode 700.
pub(super) struct Kept(PathBuf);

impl Kept {
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
        Ok(Self(folder.to_owned()))
    }

    pub(super) fn certificate(&self, host: &Host) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
        read(&self.0.join(format!("{host}.pem")))
    }

    pub(super) fn keep_certificate(&self, host: &Host, key_and_chain: &[u8]) -> io::Result<()> {
        self.keep(&format!("{host}.pem"), key_and_chain)
    }

    pub(super) fn account(&self, name: &str) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
        read(&self.0.join(name))
    }

    pub(super) fn keep_account(&self, name: &str, account: &[u8]) -> io::Result<()> {
        self.keep(name, account)
    }

    /// Old or new, and durable on return.
    fn keep(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let temporary = self.0.join(format!(".{name}.new"));
        match fs::remove_file(&temporary) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, self.0.join(name))?;
        fs::File::open(&self.0)?.sync_all()
    }
}

fn read(path: &Path) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(Zeroizing::new(bytes))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
