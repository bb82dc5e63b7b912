//! The folder's own authority: `keys/authority.key`, and `keys/authority.crt` that others pin. Made when a listener first
//! needs it, and kept for ever: whoever pinned it goes by it.

use std::fs;
use std::path::{Path, PathBuf};

use amana_store::Store;
use amana_tls::Authority;
use anyhow::{Context as _, Result, bail};
use zeroize::Zeroizing;

use crate::durable::{make_private_folder, write_private, write_whole};

/// Path of its certificate.
pub(crate) fn certificate_in(folder: &Path) -> PathBuf {
    folder.join("keys/authority.crt")
}

/// Path of its key.
pub(crate) fn key_in(folder: &Path) -> PathBuf {
    folder.join("keys/authority.key")
}

/// The authority of a folder; made if there is none. Durable on return.
///
/// # Errors
/// When a file can't be read or written, or one of the two is missing.
pub(crate) fn load_or_make(folder: &Path, now_s: i64) -> Result<Authority> {
    if let Some(authority) = load(folder)? {
        return Ok(authority);
    }
    make_private_folder(&folder.join("keys"))?;
    let authority = Authority::generate(now_s)?;
    // The key first: a crash in between leaves one that nobody pinned, and the next start makes another.
    write_private(&key_in(folder), &authority.key_pem())?;
    write_whole(&certificate_in(folder), &authority.certificate_pem())?;
    Ok(authority)
}

/// The name of the authority among the data centre's secrets.
const SECRET: &str = "tls/authority";
/// Between key and certificate in it; neither has one.
const BETWEEN: char = '\0';

/// In a folder that was restored, brings back the authority that everybody pinned. Durable on return.
///
/// # Errors
/// When a file can't be written, or the secret doesn't open.
pub(crate) fn bring_back(folder: &Path, store: &Store) -> Result<()> {
    if key_in(folder).exists() || certificate_in(folder).exists() {
        return Ok(());
    }
    let Some(kept) = store.secret(SECRET)? else {
        return Ok(());
    };
    let text = std::str::from_utf8(&kept).context(SECRET)?;
    let (key, certificate) = text.split_once(BETWEEN).context(SECRET)?;
    make_private_folder(&folder.join("keys"))?;
    write_private(&key_in(folder), key)?;
    write_whole(&certificate_in(folder), certificate)
}

/// Keeps the authority of a folder among the data centre's secrets, so that it comes back with them. A store that takes
/// nothing keeps what it has.
///
/// # Errors
/// When a file can't be read, or the rows fail.
pub(crate) fn keep(folder: &Path, store: &Store) -> Result<()> {
    let Some(authority) = load(folder)? else {
        return Ok(());
    };
    let key = authority.key_pem();
    let both = Zeroizing::new([key.as_str(), &authority.certificate_pem()].join("\0"));
    let kept = store.secret(SECRET)?;
    if kept.is_some_and(|kept| *kept == *both.as_bytes()) || store.writable().is_err() {
        return Ok(());
    }
    Ok(store.keep_secret(SECRET, both.as_bytes())?)
}

/// The authority of a folder, if there is one.
///
/// # Errors
/// As [`load_or_make`].
pub(crate) fn load(folder: &Path) -> Result<Option<Authority>> {
    let (certificate, key) = (certificate_in(folder), key_in(folder));
    if !certificate.exists() {
        return Ok(None);
    }
    if !key.exists() {
        bail!(
            "{} is missing: restore it from its backup. To begin with another authority, which everybody must pin anew, \
             remove {}",
            key.display(),
            certificate.display()
        );
    }
    let read = |path: &Path| {
        fs::read_to_string(path).with_context(|| format!("{} can't be read", path.display()))
    };
    let secret = Zeroizing::new(read(&key)?);
    let authority = Authority::of_pem(&read(&certificate)?, &secret)
        .with_context(|| folder.join("keys").display().to_string())?;
    Ok(Some(authority))
}
