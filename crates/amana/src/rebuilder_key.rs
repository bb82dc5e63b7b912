//! The private key of who signs notes, a rebuilder of releases or a publisher of sites: a file of one line, as Go's `note` package writes keys,
//! `PRIVATE+KEY+<name>+<8 hexadecimal digits of the id>+<base64 of type byte ‖ seed>`.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use amana_ledger::SigningKey;
use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::durable::write_private;

/// What the line begins with.
const PRIVATE: &str = "PRIVATE+KEY+";
/// The type byte of a key that signs notes.
const ED25519: u8 = 1;

/// The key of that file, made under `name` when there is none.
///
/// # Errors
/// When it can't be made or read, or has another name.
pub(crate) fn load_or_create(path: &Path, name: &str) -> Result<SigningKey> {
    if !path.exists() {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut_slice())
            .map_err(|error| anyhow::anyhow!("/dev/urandom: {error}"))?;
        let unfit = || format!("nobody who signs can be named {name:?}");
        let key = SigningKey::from_seed(name, *seed).with_context(unfit)?;
        let id = hex::encode(key.verifier().key_id());
        let mut data = Zeroizing::new(vec![ED25519]);
        data.extend_from_slice(seed.as_slice());
        let data = Zeroizing::new(STANDARD.encode(&*data));
        let line = Zeroizing::new(format!("{PRIVATE}{name}+{id}+{}\n", *data));
        write_private(path, &line)?;
    }
    let key = load(path)?;
    if key.name() != name {
        bail!(
            "the key in {} is of {}, not of {name}",
            path.display(),
            key.name()
        );
    }
    Ok(key)
}

/// The key of that file.
///
/// # Errors
/// When it can't be read, others may read it, or it isn't a key.
pub(crate) fn load(path: &Path) -> Result<SigningKey> {
    let shown = || path.display().to_string();
    let mode = fs::metadata(path).with_context(shown)?.mode();
    if mode & 0o077 != 0 {
        bail!(
            "{}: other users of this machine can read the key; chmod 600 it",
            shown()
        );
    }
    let text = Zeroizing::new(fs::read_to_string(path).with_context(shown)?);
    parse(&text).with_context(|| format!("{} holds no private key", shown()))
}

fn parse(text: &str) -> Option<SigningKey> {
    let (name, rest) = text.trim_end().strip_prefix(PRIVATE)?.split_once('+')?;
    let (id, data) = rest.split_once('+')?;
    let data = Zeroizing::new(STANDARD.decode(data).ok()?);
    let (&[ED25519], seed) = data.split_first_chunk()? else {
        return None;
    };
    let seed = Zeroizing::new(<[u8; 32]>::try_from(seed).ok()?);
    let key = SigningKey::from_seed(name, *seed).ok()?;
    (hex::encode(key.verifier().key_id()) == id).then_some(key)
}
