//! The content that entries brought, fetched as it lies at the data centre and held against the digests in the entries.

use std::io::{self, Read};

use amana_ledger::Hash;
use amana_seal::age::Recipient;
use amana_store::Entry;
use amana_store::blobs::CHUNK_BYTES;
use amana_store::mirror::home::HomeMirror;
use amana_store::mirror::{ChunkList, Segment};
use amana_vault::Extent;
use bytes::Bytes;
use futures::StreamExt as _;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use tokio::runtime::Handle;

use super::{Mirroring, Open};
use crate::centre::Answer;
use crate::{Error, Result};

/// Small contents that are asked for side by side: a far data centre answers each after a while.
const SIDE_BY_SIDE: usize = 8;
/// Small content has at most this many bytes at the data centre.
const MAX_SMALL_BYTES: usize = 64 * 1024;

/// What an entry brought.
pub(super) struct Brought {
    pub(super) index: u64,
    pub(super) is_sealed: bool,
    pub(super) extents: Vec<Extent>,
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    extent: Option<Extent>,
    #[serde(default)]
    extents: Vec<Extent>,
}

impl Brought {
    /// What an entry brought that can be asked for by its index: a piece, or a version of an open object.
    pub(super) fn of(entry: &Entry) -> Result<Option<Self>> {
        let kind = entry.core()?.kind;
        let is_sealed = kind == "sealed.act";
        let Some((_, body)) = &entry.body else {
            return Ok(None);
        };
        if !is_sealed && !matches!(kind.as_ref(), "object.put" | "upload.complete") {
            return Ok(None);
        }
        let body: Body = serde_json::from_slice(body)
            .map_err(|error| Error::malformed(&format!("entry {}", entry.id), error))?;
        let extents: Vec<Extent> = body.extents.into_iter().chain(body.extent).collect();
        Ok((!extents.is_empty()).then_some(Self {
            index: entry.id.index(),
            is_sealed,
            extents,
        }))
    }

    /// Whether it lies in the rows of the data centre, and comes in one answer.
    fn is_small(&self) -> bool {
        matches!(&*self.extents, [extent] if extent.blob.is_none())
    }
}

impl Mirroring {
    /// Fetches what the segment's entries brought and the place lacks. What is deleted by now nobody has any more.
    pub(super) fn contents(
        &self,
        handle: &Handle,
        open: &mut Open,
        segment: &mut Segment,
        others: &[Recipient],
    ) -> Result<()> {
        let brought: Vec<Brought> = segment
            .entries
            .iter()
            .filter_map(|entry| Brought::of(entry).transpose())
            .collect::<Result<_>>()?;
        let (small, large): (Vec<Brought>, Vec<Brought>) =
            brought.into_iter().partition(Brought::is_small);
        self.small(handle, &small, segment)?;
        for brought in large {
            self.give_way()?;
            let home = &open.home;
            let lacks = |extent: &Extent| {
                extent.blob.is_none_or(|blob| {
                    let listed = segment.chunks.iter().any(|list| list.blob == blob);
                    !listed && !home.lists_blob(blob)
                })
            };
            if brought.extents.iter().any(lacks) {
                self.large(handle, open, &brought, segment, others)?;
            }
        }
        Ok(())
    }

    fn small(&self, handle: &Handle, all: &[Brought], segment: &mut Segment) -> Result<()> {
        for some in all.chunks(SIDE_BY_SIDE) {
            self.give_way()?;
            let asked = futures::stream::iter(some.iter().map(|one| self.one_small(one)))
                .buffered(SIDE_BY_SIDE)
                .collect::<Vec<_>>();
            for found in handle.block_on(asked) {
                segment.contents.extend(found?);
            }
        }
        Ok(())
    }

    async fn one_small(&self, brought: &Brought) -> Result<Option<(u64, Vec<u8>)>> {
        let path = self.path(brought.index);
        let bytes = match self.parts.centre.get(&path, MAX_SMALL_BYTES).await {
            Err(Error::Refused { status: 404, .. }) => return Ok(None),
            found => found?,
        };
        let is = |extent: &Extent| {
            extent.size_bytes == bytes.len() as u64
                && extent.sha256 == <[u8; 32]>::from(Sha256::digest(&bytes))
        };
        match brought.extents.iter().all(is) {
            true => Ok(Some((brought.index, bytes.to_vec()))),
            false => Err(Error::malformed(&path, "it is not what its entry says")),
        }
    }

    /// The content of one entry, run by run. One that a crash left behind is read here instead.
    fn large(
        &self,
        handle: &Handle,
        open: &mut Open,
        brought: &Brought,
        segment: &mut Segment,
        others: &[Recipient],
    ) -> Result<()> {
        let mut left = Vec::new();
        for extent in &brought.extents {
            left.push(self.left_behind(&open.home, extent)?);
        }
        if left.iter().any(Option::is_none) {
            let path = self.path(brought.index);
            let answer = match handle.block_on(self.parts.centre.stream(&path)) {
                Err(Error::Refused { status: 404, .. }) => return Ok(()),
                answer => answer?,
            };
            let mut incoming = Incoming {
                mirroring: self,
                handle,
                answer,
                ready: Bytes::new(),
                failed: None,
            };
            for (extent, found) in brought.extents.iter().zip(&mut left) {
                let mut run = Run::of(extent, &mut incoming);
                let put = match extent.blob {
                    // Of a version in parts each part is a blob; one without is in the rows, and is small.
                    None => {
                        let mut bytes = Vec::new();
                        let read = run.read_to_end(&mut bytes).map(drop);
                        segment.contents.push((brought.index, bytes));
                        read.map_err(|error| Error::malformed(&path, error))
                    }
                    Some(blob) => {
                        let size = extent.size_bytes;
                        let sealed = brought.is_sealed;
                        open.home
                            .put_blob(blob, sealed, size, &mut run, others)
                            .map_err(Error::Store)
                    }
                };
                let digests = std::mem::take(&mut run.digests);
                if let Err(error) = put {
                    // The line's own words, when it was the line.
                    return Err(incoming.failed.take().unwrap_or(error));
                }
                *found = Some(digests);
            }
        }
        for (extent, digests) in brought.extents.iter().zip(left) {
            let listed = |list: &ChunkList| Some(list.blob) == extent.blob;
            if let (Some(blob), Some(digests)) = (extent.blob, digests)
                && !segment.chunks.iter().any(listed)
                && !open.home.lists_blob(blob)
            {
                segment.chunks.push(ChunkList {
                    blob,
                    sealed: brought.is_sealed,
                    digests,
                });
            }
        }
        Ok(())
    }

    /// The digests of a blob that is there already, if it is whole.
    fn left_behind(&self, home: &HomeMirror, extent: &Extent) -> Result<Option<Vec<Hash>>> {
        let Some(blob) = extent.blob.filter(|blob| home.has_blob(*blob)) else {
            return Ok(None);
        };
        let Some(mut stream) = home.blob(blob)? else {
            return Ok(None);
        };
        let mut run = Run::of(extent, &mut *stream);
        match io::copy(&mut run, &mut io::sink()) {
            Ok(_) => Ok(Some(run.digests)),
            Err(_) => Ok(None),
        }
    }

    fn path(&self, index: u64) -> String {
        format!("/contents/{}/{index}", self.parts.follower.trust.row.name)
    }
}

/// An answer as a stream that blocks.
struct Incoming<'m> {
    mirroring: &'m Mirroring,
    handle: &'m Handle,
    answer: Answer,
    ready: Bytes,
    failed: Option<Error>,
}

impl Read for Incoming<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if self.ready.is_empty() {
            let next = self.mirroring.give_way();
            let next = next.and_then(|()| self.handle.block_on(self.answer.chunk()));
            match next {
                Ok(Some(bytes)) => self.ready = bytes,
                Ok(None) => return Ok(0),
                Err(error) => {
                    let why = io::Error::other(error.to_string());
                    self.failed = Some(error);
                    return Err(why);
                }
            }
        }
        let now = self.ready.split_to(to.len().min(self.ready.len()));
        to[..now.len()].copy_from_slice(&now);
        Ok(now.len())
    }
}

/// One run of content, judged at its end: what isn't what the entry says fails there, before it has a name anywhere.
struct Run<'r> {
    from: &'r mut dyn Read,
    left: u64,
    sha256: [u8; 32],
    whole: Sha256,
    chunk: Sha256,
    in_chunk: usize,
    digests: Vec<Hash>,
    is_judged: bool,
}

impl<'r> Run<'r> {
    fn of(extent: &Extent, from: &'r mut dyn Read) -> Self {
        Self {
            from,
            left: extent.size_bytes,
            sha256: extent.sha256,
            whole: Sha256::new(),
            chunk: Sha256::new(),
            in_chunk: 0,
            digests: Vec::new(),
            is_judged: false,
        }
    }

    fn end_chunk(&mut self) {
        if self.in_chunk > 0 {
            let digest: [u8; 32] = std::mem::take(&mut self.chunk).finalize().into();
            self.digests.push(Hash::from_bytes(digest));
            self.in_chunk = 0;
        }
    }
}

impl Read for Run<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            if !self.is_judged {
                self.end_chunk();
                let found: [u8; 32] = std::mem::take(&mut self.whole).finalize().into();
                if found != self.sha256 {
                    return Err(io::Error::other("it is not what its entry says"));
                }
                self.is_judged = true;
            }
            return Ok(0);
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX);
        let most = most.min(to.len()).min(CHUNK_BYTES - self.in_chunk);
        let read = self.from.read(&mut to[..most])?;
        if read == 0 {
            return Err(io::Error::other("it is cut short"));
        }
        self.whole.update(&to[..read]);
        self.chunk.update(&to[..read]);
        self.in_chunk += read;
        self.left -= read as u64;
        if self.in_chunk == CHUNK_BYTES {
            self.end_chunk();
        }
        Ok(read)
    }
}
