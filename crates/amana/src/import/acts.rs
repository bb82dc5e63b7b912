//! Acts as they were before they were sealed, or as they stand in the clear.

use amana_seal::keyring::Bundle;
use amana_seal::statement::{SignedStatement, Statement};
use amana_vault::{ETag, Extent, ObjectAttrs, Tags, Versioning};
use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::keys::{Chain, Opener};
use crate::bag::Place;
use crate::wire::ActText;

/// Opens acts one after the other, from the ledger's first on.
pub(super) struct Opened<'o> {
    opener: &'o Opener,
    chain: Option<Chain>,
}

/// A plain act.
pub(super) struct Plain {
    pub(super) kind: String,
    pub(super) links: Links,
    body: Option<Box<RawValue>>,
    /// The statement, of one that was sealed.
    pub(super) statement: Option<Statement>,
}

/// Of any act, what a fold needs.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Links {
    pub(super) bucket: Option<u64>,
    pub(super) replaces: Option<u64>,
    pub(super) removes: Option<u64>,
    pub(super) version: Option<u64>,
    pub(super) versioning: Option<Versioning>,
    null: bool,
    marker: bool,
}

/// A version that an act made: an object, or a delete marker.
pub(super) struct Made {
    pub(super) place: Place,
    pub(super) null: bool,
    pub(super) object: Option<Object>,
}

/// What is said of an object.
#[derive(Deserialize)]
pub(super) struct Object {
    bucket: String,
    key: String,
    pub(super) etag: ETag,
    pub(super) extents: Vec<Extent>,
    #[serde(default)]
    pub(super) attrs: ObjectAttrs,
}

#[derive(Deserialize)]
struct Key {
    bucket: String,
    key: String,
}

/// `bucket.create`.
#[derive(Deserialize)]
pub(super) struct NewBucket {
    pub(super) name: String,
}

#[derive(Deserialize)]
struct TagsBody {
    tags: Tags,
}

#[derive(Deserialize)]
struct Core<'a> {
    kind: String,
    #[serde(borrow)]
    links: &'a RawValue,
}

#[derive(Deserialize)]
struct SealedBody {
    statement: String,
    envelope: String,
}

#[derive(Deserialize)]
struct Envelope {
    kind: String,
    links: Links,
    body: Option<Box<RawValue>>,
}

/// Whether an act publishes a keyring.
pub(super) fn is_keyring(act: &ActText) -> Result<bool> {
    let core: Core<'_> = serde_json::from_str(&act.core)?;
    Ok(core.kind == "keyring.publish")
}

/// The entry whose body an act erased.
pub(super) fn erased_by(act: &ActText) -> Result<Option<u64>> {
    #[derive(Deserialize)]
    struct Erasure {
        erases: u64,
    }
    let core: Core<'_> = serde_json::from_str(&act.core)?;
    if core.kind != "body.erase" {
        return Ok(None);
    }
    let erasure: Erasure = serde_json::from_str(core.links.get())?;
    Ok(Some(erasure.erases))
}

impl<'o> Opened<'o> {
    /// With those keys.
    pub(super) fn new(opener: &'o Opener) -> Self {
        Self {
            opener,
            chain: None,
        }
    }

    /// Opens the next act; nothing for one that makes no change to buckets and objects.
    ///
    /// # Errors
    /// An act that no member of that moment signed, an envelope that doesn't open.
    pub(super) fn take(&mut self, act: &ActText) -> Result<Option<Plain>> {
        self.open(act).with_context(|| format!("act {}", act.index))
    }

    fn open(&mut self, act: &ActText) -> Result<Option<Plain>> {
        let core: Core<'_> = serde_json::from_str(&act.core)?;
        let body = act.body.as_ref().map(|body| body.text.as_str());
        match (core.kind.as_str(), body) {
            ("keyring.publish", Some(body)) => {
                let chain = match self.chain.take() {
                    Some(chain) => chain,
                    None => self.opener.chain()?,
                };
                self.chain = Some(chain.follow(&Bundle::parse(body.as_bytes())?)?);
                Ok(None)
            }
            ("sealed.act", Some(body)) => self.unseal(body).map(Some),
            // What it did went with its body; whoever erased it saw to it that nothing stood on it any more.
            ("sealed.act", None) => Ok(None),
            (kind, body) if is_plain(kind) => Ok(Some(Plain {
                kind: kind.to_owned(),
                links: serde_json::from_str(core.links.get())?,
                body: body.map(serde_json::from_str).transpose()?,
                statement: None,
            })),
            _ => Ok(None),
        }
    }

    fn unseal(&self, body: &str) -> Result<Plain> {
        let body: SealedBody = serde_json::from_str(body)?;
        let signed = SignedStatement::parse(body.statement.as_bytes())?;
        let statement = signed.statement();
        let chain = self.chain.as_ref().context("there was no keyring yet")?;
        let key = chain.member(statement.keyring, statement.member)?;
        signed.verify(&key)?;
        let envelope = STANDARD.decode(&body.envelope)?;
        let content = self.opener.envelope(&signed, &envelope)?;
        let plain: Envelope = serde_json::from_slice(&content)?;
        Ok(Plain {
            kind: plain.kind,
            links: plain.links,
            body: plain.body,
            statement: Some(statement.clone()),
        })
    }
}

fn is_plain(kind: &str) -> bool {
    ["bucket.", "object.", "upload."]
        .iter()
        .any(|noun| kind.starts_with(noun))
}

impl Plain {
    /// The version that it made, if it made one.
    pub(super) fn made(&self) -> Option<Made> {
        let body = self.body.as_ref()?.get();
        match self.kind.as_str() {
            "object.put" | "upload.complete" => {
                let object: Object = serde_json::from_str(body).ok()?;
                Some(Made {
                    place: Place {
                        bucket: object.bucket.clone(),
                        key: object.key.clone(),
                    },
                    null: self.links.null,
                    object: Some(object),
                })
            }
            "object.delete" if self.links.marker => {
                let Key { bucket, key } = serde_json::from_str(body).ok()?;
                Some(Made {
                    place: Place { bucket, key },
                    null: self.links.null,
                    object: None,
                })
            }
            _ => None,
        }
    }

    /// The bucket that it made.
    pub(super) fn new_bucket(&self) -> Option<NewBucket> {
        let body = self.body.as_ref().filter(|_| self.kind == "bucket.create");
        serde_json::from_str(body?.get()).ok()
    }

    /// The tags that it set.
    pub(super) fn tags(&self) -> Option<Tags> {
        let body = self.body.as_ref().filter(|_| self.kind == "object.tags");
        let body: TagsBody = serde_json::from_str(body?.get()).ok()?;
        Some(body.tags)
    }
}

impl Made {
    /// Bytes of its content.
    pub(super) fn size_bytes(&self) -> u64 {
        let extents = self.object.iter().flat_map(|object| &object.extents);
        extents.map(|extent| extent.size_bytes).sum()
    }
}
