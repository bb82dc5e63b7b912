//! The witness's key: a seed in `keys/witness.seed`, and beside it the public half, which also keeps the name.
//!
//! One Ed25519 key cosigns checkpoints and signs polls; the texts that it signs begin differently, and the two have
//! different types as keys of notes.

use std::fs;
use std::path::{Path, PathBuf};

use amana_ledger::{CosigningKey, SigningKey, VerifierKey};
use anyhow::{Context as _, Result, bail};
use zeroize::Zeroizing;

use crate::durable::{make_private_folder, write_private, write_whole};

/// The key, in the two roles that it has.
pub(crate) struct Key {
    /// Cosigns checkpoints.
    pub(crate) cosigning: CosigningKey,
    /// Signs polls.
    pub(crate) polling: SigningKey,
}

impl Key {
    /// The public half, as trust policies list it.
    pub(crate) fn vkey(&self) -> VerifierKey {
        self.cosigning.verifier()
    }

    /// Whether the folder has a key.
    pub(crate) fn exists(folder: &Path) -> bool {
        public_path(folder).exists()
    }

    /// The key of the folder; made at first, under `name` or a random one.
    ///
    /// # Errors
    /// When the files can't be written, aren't what they must be, or the key has another name.
    pub(crate) fn load_or_create(folder: &Path, name: Option<&str>) -> Result<Self> {
        make_private_folder(&folder.join("keys"))?;
        let (seed_path, public_path) = (folder.join("keys/witness.seed"), public_path(folder));
        if !seed_path.exists() {
            if public_path.exists() {
                bail!(
                    "{} is missing: restore it from its backup, or begin anew with another folder",
                    seed_path.display()
                );
            }
            create_seed(&seed_path)?;
        }
        let seed = load_seed(&seed_path)?;
        if !public_path.exists() {
            let name = name.map_or_else(random_name, |name| Ok(name.to_owned()))?;
            let vkey = Self::from_seed(&name, &seed)?.vkey();
            write_whole(&public_path, &format!("{vkey}\n"))?;
        }
        let public = fs::read_to_string(&public_path)
            .with_context(|| format!("{} can't be read", public_path.display()))?;
        let wrong = || format!("{} is not the key's public half", public_path.display());
        let public: VerifierKey = public.trim_end().parse().with_context(wrong)?;
        if let Some(name) = name
            && name != public.name()
        {
            bail!(
                "this witness is named {}, and its name stands in its cosignatures: it can't become {name}; take \
                 another folder for another witness",
                public.name()
            );
        }
        let key = Self::from_seed(public.name(), &seed)?;
        if key.vkey() != public {
            bail!(wrong());
        }
        Ok(key)
    }

    fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self> {
        let unfit = || format!("a witness can't be named {name:?}");
        Ok(Self {
            cosigning: CosigningKey::from_seed(name, *seed).with_context(unfit)?,
            polling: SigningKey::from_seed(name, *seed).with_context(unfit)?,
        })
    }
}

fn public_path(folder: &Path) -> PathBuf {
    folder.join("keys/witness.vkey")
}

fn create_seed(path: &Path) -> Result<()> {
    let mut seed = Zeroizing::new([0; 32]);
    fill_random(seed.as_mut_slice())?;
    let text = Zeroizing::new(format!("{}\n", hex::encode(seed.as_slice())));
    write_private(path, &text)
}

fn load_seed(path: &Path) -> Result<Zeroizing<[u8; 32]>> {
    let text = fs::read_to_string(path).map(Zeroizing::new);
    let text = text.with_context(|| format!("{} can't be read", path.display()))?;
    let mut seed = Zeroizing::new([0; 32]);
    hex::decode_to_slice(text.trim_end(), seed.as_mut_slice()).map_err(|_| {
        anyhow::anyhow!(
            "{} must hold 64 hexadecimal digits; restore it from its backup",
            path.display()
        )
    })?;
    Ok(seed)
}

fn random_name() -> Result<String> {
    let mut random = [0; 4];
    fill_random(&mut random)?;
    Ok(format!("witness-{}", hex::encode(random)))
}

fn fill_random(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes).map_err(|error| anyhow::anyhow!("/dev/urandom: {error}"))
}
