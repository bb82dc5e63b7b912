//! A segment: consecutive entries of a ledger, verbatim, with what they brought.
//!
//! `amana/mirror-segment/v1\n ‖ records ‖ end`; each record is `kind (1) ‖ length (u32, big-endian) ‖ payload`, and the
//! end is a record too: the SHA-256 of all that stands before it. That digest tells damage from a cut; what the entries
//! are worth the ledger's tree tells.

use amana_ledger::{Hash, Note};
use sha2::{Digest as _, Sha256};

use super::names::SegmentName;
use crate::{BlobId, Entry, EntryId, Error, Result};

/// A segment is ended once it has this many bytes, so that it is written and read in one piece.
pub const FULL_SEGMENT_BYTES: usize = 4 * 1024 * 1024;
/// Entries of one segment at most.
pub const MAX_SEGMENT_ENTRIES: u64 = 4096;
/// A longer stream is no segment: a full one, and one entry of the largest body with the longest lists.
pub const MAX_SEGMENT_BYTES: u64 = 64 * 1024 * 1024;

const MAGIC: &[u8] = b"amana/mirror-segment/v1\n";
const ENTRY: u8 = b'E';
const CONTENT: u8 = b'C';
const CHUNKS: u8 = b'B';
const CHECKPOINT: u8 = b'H';
const END: u8 = b'Z';

/// A blob that the entries of a segment name first, and the SHA-256 of each of its chunks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChunkList {
    /// The blob.
    pub blob: BlobId,
    /// Whether the blob is ciphertext, which lies in any place as it is.
    pub sealed: bool,
    /// SHA-256 of each chunk.
    pub digests: Vec<Hash>,
}

/// A segment, read or about to be written.
#[derive(Clone, Debug)]
pub struct Segment {
    /// Where it stands.
    pub name: SegmentName,
    /// Its entries, without a gap.
    pub entries: Vec<Entry>,
    /// Small content that stood in the rows, by the index of its entry.
    pub contents: Vec<(u64, Vec<u8>)>,
    /// Blobs.
    pub chunks: Vec<ChunkList>,
    /// The ledger's checkpoint at its end, signed by the operator.
    pub checkpoint: Option<Note>,
}

impl Segment {
    /// Its bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        for entry in &self.entries {
            record(&mut bytes, ENTRY, |to| {
                to.extend_from_slice(&entry.id.index().to_be_bytes());
                to.extend_from_slice(entry.body_hash.as_bytes());
                sized(to, &entry.text);
                if let Some((salt, body)) = &entry.body {
                    to.extend_from_slice(salt);
                    to.extend_from_slice(body);
                }
            });
        }
        for (index, data) in &self.contents {
            record(&mut bytes, CONTENT, |to| {
                to.extend_from_slice(&index.to_be_bytes());
                to.extend_from_slice(data);
            });
        }
        for list in &self.chunks {
            record(&mut bytes, CHUNKS, |to| {
                to.extend_from_slice(list.blob.as_bytes());
                to.push(u8::from(list.sealed));
                for digest in &list.digests {
                    to.extend_from_slice(digest.as_bytes());
                }
            });
        }
        if let Some(note) = &self.checkpoint {
            record(&mut bytes, CHECKPOINT, |to| {
                to.extend_from_slice(note.to_string().as_bytes());
            });
        }
        let digest: [u8; 32] = Sha256::digest(&bytes).into();
        record(&mut bytes, END, |to| to.extend_from_slice(&digest));
        bytes
    }

    /// Reads a segment; `name` is the one that it was found under. Its entries are the ones that the name promises, in
    /// order; whether they are the ledger's is not judged here.
    ///
    /// # Errors
    /// [`Error::Damaged`], which names the segment.
    pub fn decode(name: SegmentName, bytes: &[u8]) -> Result<Self> {
        let wrong = |why: &str| Error::Damaged {
            what: format!("the mirror's segment {name}"),
            why: why.to_owned(),
        };
        let body = bytes
            .split_last_chunk::<37>()
            .filter(|(body, end)| {
                let digest: [u8; 32] = Sha256::digest(body).into();
                end[0] == END && end[1..5] == 32_u32.to_be_bytes() && end[5..] == digest
            })
            .map(|(body, _)| body);
        let body = body.ok_or_else(|| wrong("it is cut short, or its bytes were changed"))?;
        let rest = body
            .strip_prefix(MAGIC)
            .ok_or_else(|| wrong("it is not of a version that this binary reads"))?;
        let mut segment = Self {
            name,
            entries: Vec::new(),
            contents: Vec::new(),
            chunks: Vec::new(),
            checkpoint: None,
        };
        let mut rest = rest;
        while !rest.is_empty() {
            let (kind, payload, after) =
                take_record(rest).ok_or_else(|| wrong("a record is cut"))?;
            segment
                .take(kind, payload)
                .ok_or_else(|| wrong("a record in it is malformed"))?;
            rest = after;
        }
        let promised = (name.from..name.until).eq(segment.entries.iter().map(|e| e.id.index()));
        if !promised {
            return Err(wrong("its entries are not the ones that its name promises"));
        }
        Ok(segment)
    }

    /// Joins the segment that follows.
    pub fn append(&mut self, next: Self) {
        self.name.until = next.name.until;
        self.entries.extend(next.entries);
        self.contents.extend(next.contents);
        self.chunks.extend(next.chunks);
        self.checkpoint = next.checkpoint;
    }

    /// Leaves out what stands before an entry, and from another on.
    pub(super) fn cut(&mut self, from: u64, until: u64) {
        let within = |index: u64| (from..until).contains(&index);
        self.entries.retain(|entry| within(entry.id.index()));
        self.contents.retain(|(index, _)| within(*index));
        if self.name.until > until {
            self.checkpoint = None;
        }
    }

    /// Takes a record in; `None` for a malformed one.
    fn take(&mut self, kind: u8, payload: &[u8]) -> Option<()> {
        match kind {
            ENTRY => {
                let (index, rest) = payload.split_first_chunk::<8>()?;
                let (body_hash, rest) = rest.split_first_chunk::<32>()?;
                let (length, rest) = rest.split_first_chunk::<4>()?;
                let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
                let (text, rest) = rest.split_at_checked(length)?;
                let body = match rest.split_first_chunk::<32>() {
                    Some((salt, body)) => Some((*salt, body.to_vec())),
                    None if rest.is_empty() => None,
                    None => return None,
                };
                self.entries.push(Entry {
                    id: EntryId::new(self.name.ledger, u64::from_be_bytes(*index))?,
                    text: text.to_vec(),
                    body_hash: Hash::from_bytes(*body_hash),
                    body,
                });
            }
            CONTENT => {
                let (index, data) = payload.split_first_chunk::<8>()?;
                let index = u64::from_be_bytes(*index);
                let within = (self.name.from..self.name.until).contains(&index);
                self.contents.push(within.then(|| (index, data.to_vec()))?);
            }
            CHUNKS => {
                let (blob, rest) = payload.split_first_chunk::<16>()?;
                let (sealed, digests) = rest.split_first()?;
                let (digests, odd) = digests.as_chunks::<32>();
                let digests = digests.iter().map(|digest| Hash::from_bytes(*digest));
                self.chunks.push(ChunkList {
                    blob: BlobId::from_bytes(*blob),
                    sealed: (*sealed <= 1).then_some(*sealed == 1)?,
                    digests: odd.is_empty().then(|| digests.collect())?,
                });
            }
            CHECKPOINT => {
                let note = Note::parse(payload).ok()?;
                self.checkpoint = self.checkpoint.is_none().then_some(note);
                self.checkpoint.as_ref()?;
            }
            _ => return None,
        }
        Some(())
    }
}

fn record(bytes: &mut Vec<u8>, kind: u8, payload: impl FnOnce(&mut Vec<u8>)) {
    bytes.push(kind);
    let at = bytes.len();
    bytes.extend_from_slice(&[0; 4]);
    payload(bytes);
    let length = u32::try_from(bytes.len() - at - 4).expect("a record is far below 4 GiB");
    bytes[at..at + 4].copy_from_slice(&length.to_be_bytes());
}

fn sized(to: &mut Vec<u8>, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).expect("a core is far below 4 GiB");
    to.extend_from_slice(&length.to_be_bytes());
    to.extend_from_slice(bytes);
}

/// A record's kind and payload, and what follows it.
fn take_record(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (kind, rest) = bytes.split_first()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (payload, after) = rest.split_at_checked(length)?;
    Some((*kind, payload, after))
}
