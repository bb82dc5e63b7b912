//! Entity tags, and the conditions that writes put on them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// An entity tag: the MD5 of the content, or for a multipart upload the MD5 of its parts' MD5s and their number.
///
/// As text, without quotes: `<32 hex digits>` or `<32 hex digits>-<parts>`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ETag {
    /// The digest.
    pub md5: [u8; 16],
    /// How many parts, for a multipart upload.
    pub parts: Option<u32>,
}

impl ETag {
    /// Of content that was put whole.
    #[must_use]
    pub fn whole(md5: [u8; 16]) -> Self {
        Self { md5, parts: None }
    }

    /// As it stands in rows: `md5 ‖ parts (u32, big-endian, only for a multipart upload)`.
    pub(crate) fn to_row(self) -> Vec<u8> {
        let mut bytes = self.md5.to_vec();
        if let Some(parts) = self.parts {
            bytes.extend_from_slice(&parts.to_be_bytes());
        }
        bytes
    }

    pub(crate) fn from_row(bytes: &[u8]) -> Option<Self> {
        let (md5, parts) = bytes.split_first_chunk::<16>()?;
        let parts = match parts {
            [] => None,
            parts => Some(u32::from_be_bytes(parts.try_into().ok()?)),
        };
        Some(Self { md5: *md5, parts })
    }
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.md5))?;
        match self.parts {
            Some(parts) => write!(f, "-{parts}"),
            None => Ok(()),
        }
    }
}

impl FromStr for ETag {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (digest, parts) = match text.split_once('-') {
            Some((digest, parts)) => (digest, Some(parts.parse().map_err(|_| ())?)),
            None => (text, None),
        };
        let mut md5 = [0; 16];
        hex::decode_to_slice(digest, &mut md5).map_err(|_| ())?;
        Ok(Self { md5, parts })
    }
}

impl Serialize for ETag {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ETag {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(|()| serde::de::Error::custom("not an entity tag"))
    }
}

/// What `If-Match` asks of the object that stands there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ETagMatch {
    /// `*`: that there is one.
    Any,
    /// That it has one of these tags, unquoted.
    OneOf(Vec<String>),
}

impl ETagMatch {
    /// Whether a tag is meant.
    #[must_use]
    pub fn matches(&self, etag: ETag) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(tags) => {
                let etag = etag.to_string();
                tags.iter().any(|tag| tag.trim_matches('"') == etag)
            }
        }
    }
}

/// What must hold for a write to happen; judged by the one writer, so that of two rivals one loses.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct WriteConditions {
    /// `If-Match`: the latest version has this tag.
    pub if_match: Option<ETagMatch>,
    /// `If-None-Match: *`: there is no such object.
    pub if_none_match_any: bool,
}

impl WriteConditions {
    pub(crate) fn is_none(&self) -> bool {
        self.if_match.is_none() && !self.if_none_match_any
    }

    /// Judges them on the latest version: `None` when there is none, or a delete marker.
    ///
    /// # Errors
    /// [`Error::NoSuchKey`], [`Error::PreconditionFailed`].
    pub(crate) fn judge(&self, latest: Option<ETag>) -> Result<()> {
        if self.if_none_match_any && latest.is_some() {
            return Err(Error::PreconditionFailed {
                condition: "If-None-Match",
            });
        }
        match (&self.if_match, latest) {
            (Some(_), None) => Err(Error::NoSuchKey),
            (Some(wanted), Some(found)) if !wanted.matches(found) => {
                Err(Error::PreconditionFailed {
                    condition: "If-Match",
                })
            }
            _ => Ok(()),
        }
    }
}
