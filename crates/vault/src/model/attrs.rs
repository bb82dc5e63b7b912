//! What is said of an object beside its content.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::{Checksum, ObjectLock};
use crate::{Error, Result};

/// Tags of one version.
pub const MAX_TAGS: usize = 10;
/// The longest key of a tag, in characters.
pub const MAX_TAG_KEY_CHARS: usize = 128;
/// The longest value of a tag, in characters.
pub const MAX_TAG_VALUE_CHARS: usize = 256;
/// Bytes of user metadata, names and values together.
const MAX_METADATA_BYTES: usize = 2048;

/// An object's tags: at most 10, keys unique and of 1 to 128 characters, values of at most 256.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tags(Vec<(String, String)>);

impl Tags {
    /// Parses tags; their order is kept.
    ///
    /// # Errors
    /// [`Error::TooManyTags`], [`Error::InvalidTag`].
    pub fn parse(tags: Vec<(String, String)>) -> Result<Self> {
        if tags.len() > MAX_TAGS {
            return Err(Error::TooManyTags { max: MAX_TAGS });
        }
        for (place, (key, value)) in tags.iter().enumerate() {
            let why = if key.is_empty() || key.chars().count() > MAX_TAG_KEY_CHARS {
                "a tag's key has 1 to 128 characters"
            } else if value.chars().count() > MAX_TAG_VALUE_CHARS {
                "a tag's value has at most 256 characters"
            } else if !key.chars().chain(value.chars()).all(in_tag) {
                "a tag has letters, digits, spaces and _ . : / = + - @ only"
            } else if key.starts_with("aws:") {
                "keys that begin with aws: are reserved"
            } else if tags[..place].iter().any(|(other, _)| other == key) {
                "a key stands twice"
            } else {
                continue;
            };
            return Err(Error::InvalidTag {
                key: key.chars().take(MAX_TAG_KEY_CHARS).collect(),
                why,
            });
        }
        Ok(Self(tags))
    }

    /// The pairs.
    #[must_use]
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn in_tag(char: char) -> bool {
    char.is_alphanumeric() || char == ' ' || "_.:/=+-@".contains(char)
}

/// User metadata, names without `x-amz-meta-`: at most 2 KiB.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Metadata(BTreeMap<String, String>);

impl Metadata {
    /// Parses metadata.
    ///
    /// # Errors
    /// [`Error::MetadataTooLarge`].
    pub fn parse(pairs: BTreeMap<String, String>) -> Result<Self> {
        let size_bytes: usize = pairs
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum();
        if size_bytes > MAX_METADATA_BYTES {
            return Err(Error::MetadataTooLarge {
                size_bytes,
                max_bytes: MAX_METADATA_BYTES,
            });
        }
        Ok(Self(pairs))
    }

    /// The pairs, by name.
    #[must_use]
    pub fn pairs(&self) -> &BTreeMap<String, String> {
        &self.0
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What a depositor says of an object.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct ObjectAttrs {
    /// `Content-Type`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// `Content-Encoding`, without `aws-chunked`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_encoding: Option<String>,
    /// `Content-Language`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_language: Option<String>,
    /// `Content-Disposition`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_disposition: Option<String>,
    /// `Cache-Control`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_control: Option<String>,
    /// `Expires`, as it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// User metadata.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// Tags given with the deposit; later ones stand apart.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
    /// `x-amz-storage-class`, kept and shown; it changes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_class: Option<String>,
    /// `x-amz-website-redirect-location`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub website_redirect: Option<String>,
    /// The checksum that the depositor asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<Checksum>,
    /// The lock that the depositor asked for. What is read never has it: how a version is locked stands apart, and changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<ObjectLock>,
}
