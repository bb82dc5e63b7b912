//! The key by which programs know this gateway again.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use amana_store::folders;
use russh::keys::ssh_key::LineEnding;
use russh::keys::ssh_key::private::Ed25519Keypair;
use russh::keys::{HashAlg, PrivateKey, PublicKey};
use zeroize::Zeroizing;

use crate::{Error, Result};

/// An Ed25519 key in OpenSSH's own format, so that one that programs know already can be put in its place.
pub struct HostKey(PrivateKey);

impl HostKey {
    /// The key in that file, which is made, mode 600, if it isn't there: on return it is on disk.
    ///
    /// # Errors
    /// [`Error::HostKey`] for a file that can't be read or written, or is no such key.
    pub fn open(path: &Path) -> Result<Self> {
        let wrong = |why: String| Error::HostKey {
            path: path.to_owned(),
            why,
        };
        match fs::read(path) {
            Ok(text) => {
                let text = Zeroizing::new(text);
                let key = PrivateKey::from_openssh(&*text);
                let key = key.map_err(|error| wrong(error.to_string()))?;
                if key.is_encrypted() {
                    return Err(wrong("it has a passphrase: take that off".to_owned()));
                }
                return Ok(Self(key));
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(wrong(error.to_string())),
        }
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *seed).map_err(|error| wrong(error.to_string()))?;
        let key = PrivateKey::from(Ed25519Keypair::from_seed(&seed));
        let text = key.to_openssh(LineEnding::LF);
        let text = text.map_err(|error| wrong(error.to_string()))?;
        write_whole(path, text.as_bytes()).map_err(|error| wrong(error.to_string()))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        folders::sync(folder).map_err(|error| wrong(error.to_string()))?;
        Ok(Self(key))
    }

    /// What `ssh` shows of it at the first connection: `SHA256:` and its digest.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.0.public_key().fingerprint(HashAlg::Sha256).to_string()
    }

    pub(super) fn into_key(self) -> PrivateKey {
        self.0
    }
}

/// A person's public key as it is compared, without the comment, and its fingerprint; nothing for what is none.
#[must_use]
pub fn public_key(text: &str) -> Option<(String, String)> {
    let mut key = PublicKey::from_openssh(text.trim()).ok()?;
    key.set_comment("");
    let fingerprint = key.fingerprint(HashAlg::Sha256).to_string();
    Some((key.to_openssh().ok()?.trim_end().to_owned(), fingerprint))
}

fn write_whole(path: &Path, text: &[u8]) -> std::io::Result<()> {
    let new = path.with_extension("new");
    let mut options = fs::OpenOptions::new();
    let mut file = options
        .create(true)
        .write(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)?;
    file.write_all(text)?;
    file.sync_data()?;
    fs::rename(&new, path)
}
