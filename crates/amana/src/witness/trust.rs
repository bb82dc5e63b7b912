//! What a witness believes without proof: the national log's key and its first root, out of a trust policy.
//!
//! The policy is copied to `policy` in the folder once, at first start, and never replaced: a witness that could be
//! moved to another history by a new file would witness nothing.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use amana_ledger::{Hash, Policy, VerifierKey};
use anyhow::{Context as _, Result, bail};

use crate::durable::write_whole;

/// The pinned beginning of everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trust {
    /// The national log's key, which signs registry rows as well.
    pub(crate) national: VerifierKey,
    /// Root of the national log at one entry.
    pub(crate) genesis: Hash,
    /// SHA-256 of the policy that was pinned, in groups that a person can compare.
    pub(crate) digest: String,
}

impl Trust {
    /// What a policy pins.
    ///
    /// # Errors
    /// For a policy that isn't well-formed, or doesn't pin exactly one log with its genesis.
    pub(crate) fn of_policy(text: &[u8]) -> Result<Self> {
        let policy = Policy::parse(text)?;
        let [log] = policy.logs() else {
            bail!("it must list one log, the national log");
        };
        let Some(genesis) = policy.genesis() else {
            bail!("it has no `# genesis` line, which pins the beginning of the national log");
        };
        Ok(Self {
            national: log.key.clone(),
            genesis,
            digest: grouped(&Hash::of(&[text])),
        })
    }

    /// What the folder pins, if anything.
    ///
    /// # Errors
    /// When the copy can't be read or isn't a policy any more.
    pub(crate) fn load(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join("policy");
        match fs::read(&path) {
            Ok(text) => Self::of_policy(&text)
                .map(Some)
                .with_context(|| format!("{}: restore it from its backup", path.display())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("{} can't be read", path.display())),
        }
    }

    /// Pins a policy: for ever.
    ///
    /// # Errors
    /// As [`Trust::of_policy`], and when the copy can't be written.
    pub(crate) fn pin(folder: &Path, text: &[u8]) -> Result<Self> {
        let trust = Self::of_policy(text)?;
        let text = std::str::from_utf8(text).context("it is not UTF-8")?;
        write_whole(&folder.join("policy"), text)?;
        Ok(trust)
    }

    /// Whether another policy speaks of the same history, whatever it says of witnesses.
    pub(crate) fn agrees_with(&self, other: &Self) -> bool {
        self.national == other.national && self.genesis == other.genesis
    }
}

/// Sixteen groups of four digits: what a person reads aloud from a gazette.
fn grouped(digest: &Hash) -> String {
    let mut text = String::new();
    for pair in digest.as_bytes().chunks(2) {
        let space = if text.is_empty() { "" } else { " " };
        // Writing to a string can't fail.
        let _ = write!(text, "{space}{}", hex::encode(pair));
    }
    text
}
