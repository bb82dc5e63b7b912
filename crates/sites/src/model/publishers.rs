//! Who signs for a site, and how many of them must: the same file that lists rebuilders of a release.

use amana_ledger::{Hash, Note, PolicyWitness, Rebuilders};

use super::digest;
use crate::{Error, Result};

/// A site's publishers, k of n: a file in the syntax of tlog-policy, whose `witness` lines hold plain Ed25519 keys (type 1), with a
/// quorum and no log. Two files that mean the same are two: what is signed is the file's digest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Publishers {
    text: String,
    keys: Rebuilders,
}

impl Publishers {
    /// The publishers of a file.
    ///
    /// # Errors
    /// [`Error::Signed`] for anything but such a file.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let keys = Rebuilders::parse(bytes)?;
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Self {
                text: text.to_owned(),
                keys,
            }),
            Err(_) => Err(Error::PublishersText),
        }
    }

    /// The file.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The file's SHA-256.
    #[must_use]
    pub fn digest(&self) -> Hash {
        Self::digest_of(&self.text)
    }

    /// SHA-256 of a file that may list publishers.
    #[must_use]
    pub fn digest_of(text: &str) -> Hash {
        digest::of(text.as_bytes())
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[PolicyWitness] {
        self.keys.all()
    }

    /// How many of them must sign, at least.
    #[must_use]
    pub fn needed(&self) -> usize {
        self.keys.fewest()
    }

    /// The names, in the file, of those who signed, and whether they are enough.
    ///
    /// # Errors
    /// [`Error::Signed`] when a line in the name of one of them doesn't verify.
    pub fn signed(&self, note: &Note) -> Result<(Vec<String>, bool)> {
        Ok(self.keys.signed(note)?)
    }
}
