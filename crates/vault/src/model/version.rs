//! Versions and uploads, both named by the entry that made them.

use std::fmt;
use std::str::FromStr;

use amana_store::At;

use crate::Error;

/// Whether a bucket keeps the versions that are replaced.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Versioning {
    /// Never enabled: each key has at most the null version.
    Unversioned,
    /// Each put and each delete makes a version.
    Enabled,
    /// Versions are kept; puts and deletes replace the null version.
    Suspended,
}

impl Versioning {
    pub(crate) fn as_i64(self) -> i64 {
        match self {
            Self::Unversioned => 0,
            Self::Enabled => 1,
            Self::Suspended => 2,
        }
    }

    pub(crate) fn from_i64(number: i64) -> Option<Self> {
        match number {
            0 => Some(Self::Unversioned),
            1 => Some(Self::Enabled),
            2 => Some(Self::Suspended),
            _ => None,
        }
    }
}

/// Names a version: the index of the entry that made it, and 8 bytes of that entry's hash, so that an id given out
/// before the ledger was cut back by a restore never names another version.
///
/// As text: 32 hex digits, index ‖ tag, big-endian.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct VersionId {
    /// Index of the entry in the bucket's ledger.
    pub index: u64,
    /// First bytes of the entry's hash.
    pub tag: [u8; 8],
}

impl VersionId {
    pub(crate) fn of(at: &At) -> Self {
        Self {
            index: at.entry.index(),
            tag: at.tag,
        }
    }
}

impl fmt::Display for VersionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:016x}{:016x}",
            self.index,
            u64::from_be_bytes(self.tag)
        )
    }
}

impl FromStr for VersionId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let invalid = || Error::InvalidVersionId {
            given: text.chars().take(64).collect(),
        };
        if text.len() != 32
            || !text
                .bytes()
                .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
        {
            return Err(invalid());
        }
        let half = |digits| u64::from_str_radix(digits, 16).map_err(|_| invalid());
        Ok(Self {
            index: half(&text[..16])?,
            tag: half(&text[16..])?.to_be_bytes(),
        })
    }
}

/// Which version of an object is meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VersionRef {
    /// The newest.
    Latest,
    /// The one that was made without versioning: `null`.
    Null,
    /// That one.
    Id(VersionId),
}

impl FromStr for VersionRef {
    type Err = Error;

    /// `null`, or a version id.
    fn from_str(text: &str) -> Result<Self, Error> {
        if text == "null" {
            return Ok(Self::Null);
        }
        text.parse().map(Self::Id)
    }
}

/// Names a multipart upload, as a version id names a version.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct UploadId(pub VersionId);

impl UploadId {
    pub(crate) fn of(at: &At) -> Self {
        Self(VersionId::of(at))
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for UploadId {
    type Err = Error;

    /// # Errors
    /// [`Error::NoSuchUpload`]: an id that can't be one names no upload.
    fn from_str(text: &str) -> Result<Self, Error> {
        match text.parse() {
            Ok(id) => Ok(Self(id)),
            Err(_) => Err(Error::NoSuchUpload),
        }
    }
}
