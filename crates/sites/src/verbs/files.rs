//! Content of sites on its way in, before the statement that publishes it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Range;

use amana_ledger::{Hash, digits};
use bytes::Bytes;
use futures::StreamExt as _;
use futures::TryStreamExt as _;

use super::Sites;
use crate::{
    Error, Host, Incoming, MAX_FILES, MAX_MANIFEST_BYTES, Manifest, Opened, Place, Result, pieces,
    views,
};

/// Deploys whose manifests a new one is pieced together from: a site's changes go from one to the next, or back by one.
const PIECED_FROM: u32 = 2;

/// What the data centre hasn't.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Lacking {
    /// Of the pieces of a manifest.
    pub pieces: Vec<Hash>,
    /// Of the files.
    pub files: Vec<Hash>,
}

/// A piece of a manifest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Piece {
    /// One of an earlier deploy, by its SHA-256.
    Known(Hash),
    /// Its bytes.
    Here(Vec<u8>),
}

impl Sites {
    /// What of a new deploy isn't there: of its manifest's pieces, and of files.
    ///
    /// # Errors
    /// [`Error::TooMany`], [`Error::Store`], and those of the shelf.
    pub async fn lacking(&self, place: &Place, pieces: &[Hash], files: &[Hash]) -> Result<Lacking> {
        if pieces.len().max(files.len()) > MAX_FILES {
            return Err(Error::TooMany { max: MAX_FILES });
        }
        let known = if pieces.is_empty() {
            Pieces::default()
        } else {
            self.pieces(place).await?
        };
        let names: BTreeSet<String> = files.iter().map(digits).collect();
        let there = if names.is_empty() {
            BTreeMap::new()
        } else {
            self.shelf.sizes(place, &names).await?
        };
        let mut said = HashSet::new();
        let absent = |file: &&Hash| !there.contains_key(&digits(file)) && said.insert(**file);
        Ok(Lacking {
            pieces: pieces
                .iter()
                .filter(|piece| !known.places.contains_key(*piece))
                .copied()
                .collect(),
            files: files.iter().filter(absent).copied().collect(),
        })
    }

    /// Keeps a file. One that is there already is not kept again, and not read.
    ///
    /// # Errors
    /// [`Error::OtherContent`] when it isn't the content of that digest, [`Error::Leaving`], [`Error::Busy`], [`Error::Store`],
    /// and those of the shelf.
    pub async fn keep_file(&self, place: &Place, by: &str, content: Incoming) -> Result<()> {
        let name = content
            .sha256
            .map_or_else(String::new, |hash| digits(&hash));
        let asked = BTreeSet::from([name.clone()]);
        if self.shelf.sizes(place, &asked).await?.contains_key(&name) {
            return Ok(());
        }
        self.may_bring(&place.institution).await?;
        self.shelf.keep(place, &name, by, content).await
    }

    /// Keeps a manifest, put together from its pieces.
    ///
    /// # Errors
    /// [`Error::NoPiece`] for a piece that no earlier deploy has, [`Error::OtherContent`] when the whole hasn't that digest,
    /// [`Error::Manifest`], [`Error::OtherHost`], and those of [`Sites::keep_file`].
    pub async fn keep_manifest(
        &self,
        place: &Place,
        sha256: &Hash,
        parts: Vec<Piece>,
        by: &str,
    ) -> Result<()> {
        let needs = |part: &Piece| matches!(part, Piece::Known(_));
        let known = if parts.iter().any(needs) {
            self.pieces(place).await?
        } else {
            Pieces::default()
        };
        let (host, sha256) = (place.host.clone(), *sha256);
        let whole = super::apart(move || whole(&known, parts, &sha256, &host)).await?;
        let content = Incoming {
            stream: futures::stream::iter([Ok(whole)]).boxed(),
            sha256: Some(sha256),
            max_bytes: MAX_MANIFEST_BYTES as u64,
        };
        self.keep_file(place, by, content).await
    }

    /// The bytes of a manifest: those that have that digest.
    ///
    /// # Errors
    /// [`Error::NoManifest`], [`Error::OtherContent`] when it was altered, and those of the shelf.
    pub async fn manifest(&self, place: &Place, sha256: &Hash) -> Result<Bytes> {
        let name = digits(sha256);
        let opened = self.shelf.open(place, &name).await?;
        let opened = opened.ok_or_else(|| Error::NoManifest {
            sha256: name.clone(),
        })?;
        let bytes = gathered(opened).await?;
        if pieces::digest(&bytes) != *sha256 {
            return Err(Error::OtherContent { sha256: name });
        }
        Ok(bytes)
    }

    /// The pieces of the newest deploys' manifests. One that can't be read has none: it is sent whole again.
    async fn pieces(&self, place: &Place) -> Result<Pieces> {
        let host = place.host.clone();
        let newest = self
            .read(move |rows| {
                let site = views::found(rows, &host)?;
                Ok(views::deploys(rows, &site, PIECED_FROM)?)
            })
            .await?;
        let mut known = Pieces::default();
        for deploy in newest {
            if let Ok(bytes) = self.manifest(place, &deploy.manifest).await {
                known = super::apart(move || Ok(known.and(bytes))).await?;
            }
        }
        Ok(known)
    }
}

/// Pieces of manifests, by their digests.
#[derive(Default)]
struct Pieces {
    manifests: Vec<Bytes>,
    places: HashMap<Hash, (usize, Range<usize>)>,
}

impl Pieces {
    fn and(mut self, manifest: Bytes) -> Self {
        let number = self.manifests.len();
        for piece in pieces::cut(&manifest) {
            let hash = pieces::digest(&manifest[piece.clone()]);
            self.places.entry(hash).or_insert((number, piece));
        }
        self.manifests.push(manifest);
        self
    }

    fn piece(&self, hash: &Hash) -> Option<&[u8]> {
        let (manifest, piece) = self.places.get(hash)?;
        self.manifests.get(*manifest)?.get(piece.clone())
    }
}

fn whole(known: &Pieces, parts: Vec<Piece>, sha256: &Hash, host: &Host) -> Result<Bytes> {
    let mut whole = Vec::new();
    for part in &parts {
        let bytes = match part {
            Piece::Here(bytes) => bytes.as_slice(),
            Piece::Known(hash) => known.piece(hash).ok_or_else(|| Error::NoPiece {
                sha256: digits(hash),
            })?,
        };
        if whole.len() + bytes.len() > MAX_MANIFEST_BYTES {
            return Err(Error::TooMany {
                max: MAX_MANIFEST_BYTES,
            });
        }
        whole.extend_from_slice(bytes);
    }
    if pieces::digest(&whole) != *sha256 {
        return Err(Error::OtherContent {
            sha256: digits(sha256),
        });
    }
    let manifest = Manifest::parse(&whole)?;
    if manifest.host() != host {
        return Err(Error::OtherHost {
            given: manifest.host().to_string(),
            host: host.to_string(),
        });
    }
    Ok(whole.into())
}

async fn gathered(opened: Opened) -> Result<Bytes> {
    let too_long = || Error::TooMany {
        max: MAX_MANIFEST_BYTES,
    };
    let size = usize::try_from(opened.size_bytes).map_err(|_| too_long())?;
    if size > MAX_MANIFEST_BYTES {
        return Err(too_long());
    }
    let gather = |mut all: Vec<u8>, chunk: Bytes| async move {
        all.extend_from_slice(&chunk);
        Ok(all)
    };
    let bytes = opened.stream.try_fold(Vec::with_capacity(size), gather);
    Ok(bytes.await?.into())
}
