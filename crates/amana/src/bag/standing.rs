//! What stands at the end of an institution's ledger and has content: the pieces of sealed objects, and open objects.

use std::collections::{BTreeMap, HashMap};

use amana_seal::statement::SignedStatement;
use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::wire::ActText;

/// A fold over the acts of one ledger, in order.
#[derive(Default)]
pub(crate) struct Standing {
    /// By the entry that brought it.
    held: BTreeMap<u64, Held>,
    pieces: HashMap<[u8; 16], u64>,
}

/// What an entry brought.
pub(crate) enum Held {
    /// An age file.
    Piece(Piece),
    /// A version of an open object.
    Object(Object),
    /// A delete marker: no content, but newer than the versions before it.
    Marker(Place),
}

/// Where a version stands.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) bucket: String,
    pub(crate) key: String,
}

/// One age file.
pub(crate) struct Piece {
    pub(crate) id: [u8; 16],
    /// Length and SHA-256.
    pub(crate) run: (u64, [u8; 32]),
}

/// A version of an open object.
pub(crate) struct Object {
    pub(crate) place: Place,
    /// `null`, or the version id.
    pub(crate) version_id: String,
    /// Length and SHA-256 of each run of its content.
    pub(crate) runs: Vec<(u64, [u8; 32])>,
}

#[derive(Deserialize)]
struct Core<'a> {
    kind: String,
    #[serde(borrow)]
    links: &'a RawValue,
}

/// Of all acts that make or end a version.
#[derive(Deserialize)]
struct Links {
    replaces: Option<u64>,
    removes: Option<u64>,
    #[serde(default)]
    null: bool,
    #[serde(default)]
    marker: bool,
}

#[derive(Deserialize)]
struct SealedBody {
    statement: String,
}

#[derive(Deserialize)]
struct ObjectBody {
    bucket: String,
    key: String,
    extents: Vec<Extent>,
}

/// Of every act on a key.
#[derive(Deserialize)]
struct KeyBody {
    bucket: String,
    key: String,
}

#[derive(Deserialize)]
struct Extent {
    size: u64,
    sha256: String,
}

impl Standing {
    /// Takes the next act. `tag` is the first 8 bytes of its digest.
    ///
    /// # Errors
    /// An act that says what no version of Amana writes.
    pub(crate) fn take(&mut self, act: &ActText, tag: [u8; 8]) -> Result<()> {
        let fold = || format!("act {}", act.index);
        let core: Core<'_> = serde_json::from_str(&act.core).with_context(fold)?;
        let body = act.body.as_ref().map(|body| body.text.as_str());
        match (core.kind.as_str(), body) {
            ("sealed.act", Some(body)) => self.sealed(act.index, body).with_context(fold),
            ("object.put" | "upload.complete" | "object.delete", body) => {
                let links: Links = serde_json::from_str(core.links.get()).with_context(fold)?;
                for gone in [links.replaces, links.removes].into_iter().flatten() {
                    // Only a member's signed word releases a piece.
                    if !matches!(self.held.get(&gone), Some(Held::Piece(_))) {
                        self.held.remove(&gone);
                    }
                }
                let Some(body) = body else { return Ok(()) };
                let held = if core.kind != "object.delete" {
                    Held::Object(object(act.index, tag, links.null, body).with_context(fold)?)
                } else if links.marker {
                    Held::Marker(place(body).with_context(fold)?)
                } else {
                    return Ok(());
                };
                self.held.insert(act.index, held);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// All that stands, by entry.
    pub(crate) fn held(&self) -> &BTreeMap<u64, Held> {
        &self.held
    }

    fn sealed(&mut self, index: u64, body: &str) -> Result<()> {
        let body: SealedBody = serde_json::from_str(body)?;
        let signed = SignedStatement::parse(body.statement.as_bytes())?;
        let statement = signed.statement();
        if let Some(piece) = &statement.piece {
            self.pieces.insert(piece.id.0, index);
            let held = Piece {
                id: piece.id.0,
                run: (piece.size_bytes, piece.sha256),
            };
            self.held.insert(index, Held::Piece(held));
        }
        for released in &statement.releases {
            if let Some(entry) = self.pieces.remove(&released.0) {
                self.held.remove(&entry);
            }
        }
        Ok(())
    }
}

fn object(index: u64, tag: [u8; 8], null: bool, body: &str) -> Result<Object> {
    let body: ObjectBody = serde_json::from_str(body)?;
    let run = |extent: &Extent| {
        let sha256 = STANDARD.decode(&extent.sha256).ok();
        let sha256 = sha256.and_then(|digest| digest.try_into().ok());
        Ok((extent.size, sha256.context("a digest is not 32 bytes")?))
    };
    Ok(Object {
        runs: body.extents.iter().map(run).collect::<Result<_>>()?,
        version_id: if null {
            "null".to_owned()
        } else {
            format!("{index:016x}{}", hex::encode(tag))
        },
        place: Place {
            bucket: body.bucket,
            key: body.key,
        },
    })
}

fn place(body: &str) -> Result<Place> {
    let KeyBody { bucket, key } = serde_json::from_str(body)?;
    Ok(Place { bucket, key })
}

impl Held {
    /// Length and SHA-256 of each run of its content.
    pub(crate) fn runs(&self) -> &[(u64, [u8; 32])] {
        match self {
            Self::Piece(piece) => std::slice::from_ref(&piece.run),
            Self::Object(object) => &object.runs,
            Self::Marker(_) => &[],
        }
    }
}
