//! This gateway's secret at rest: an `age` file under a passphrase, which `age -d` opens too.
//!
//! Inside stand 64 hexadecimal digits and a newline: the member's seed.

use std::fs;

use amana_seal::age::Passphrase;
use amana_seal::member::MemberKey;
use anyhow::{Context as _, Result, anyhow, bail};
use zeroize::Zeroizing;

use super::folder::Folder;
use super::passphrase::Sources;
use crate::durable::write_private_bytes;

/// 2^18 rounds of scrypt, as `age` takes: a second and 256 MiB at each start.
const WORK_FACTOR: u8 = 18;
/// The longest file: ours have 300 bytes.
const MAX_BYTES: u64 = 64 * 1024;

/// Seals a key under a passphrase and keeps it. Durable on return; a key that was there is replaced.
///
/// # Errors
/// When the file can't be written.
pub(crate) fn keep(folder: &Folder, key: &MemberKey, passphrase: Zeroizing<String>) -> Result<()> {
    let text = Zeroizing::new(format!(
        "{}\n",
        Zeroizing::new(hex::encode(key.seed())).as_str()
    ));
    let sealed = Passphrase::new(passphrase).seal_all(WORK_FACTOR, text.as_bytes())?;
    write_private_bytes(&folder.member_key(), &sealed)
}

/// Opens this gateway's key.
///
/// # Errors
/// When there is none, or the passphrase is wrong.
pub(crate) fn open(folder: &Folder, sources: &Sources) -> Result<MemberKey> {
    let path = folder.member_key();
    let sealed = match fs::metadata(&path) {
        Ok(file) if file.len() <= MAX_BYTES => fs::read(&path),
        Ok(_) => bail!("{} is far too long for a key", path.display()),
        Err(error) => Err(error),
    };
    let sealed = sealed.with_context(|| {
        format!(
            "{}: this gateway's key can't be read; restore it from its backup, or recover with amana keys recover",
            path.display()
        )
    })?;
    let opened = Passphrase::new(sources.passphrase()?).open_all(&sealed);
    let text = opened.with_context(|| {
        format!(
            "{}: this gateway's key can't be opened; is it the right passphrase?",
            path.display()
        )
    })?;
    let mut seed = Zeroizing::new([0; 32]);
    let digits = text.strip_suffix(b"\n").unwrap_or(&text);
    hex::decode_to_slice(digits, seed.as_mut_slice())
        .map_err(|_| anyhow!("{} doesn't hold a gateway's key", path.display()))?;
    Ok(MemberKey::from_seed(seed))
}
