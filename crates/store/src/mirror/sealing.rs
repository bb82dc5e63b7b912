//! A place seen through its cover: streams as they are in one of the operator's own, age files in any other.
//!
//! Each age file is sealed to the operator's mirror identity, and, when it is an institution's, to the institution's own
//! recipients as well. So neither needs the other, nor any program of ours, to open its part.

use std::io::{self, Read};

use amana_seal::age::{
    self, CHUNK_BYTES, HybridIdentity, Identity, Opener, Recipient, Sealer, TAG_BYTES,
};
use zeroize::{Zeroize as _, Zeroizing};

use super::names::{AGE, MARK};
use super::place::{Place, failed, get_bytes, put_bytes};
use crate::{Error, Result};

/// A header of age holds nine hybrid recipients: the operator's and these.
const MAX_OTHERS: usize = 8;
pub(super) const MARK_LINE: &str = "amana/mirror/v1 ";
pub(super) const MAX_MARK_BYTES: u64 = 64;

/// What opens every file of a sealed mirror: the operator's mirror identity, which derives from its seed; of an
/// institution's own mirror the identity of a member, or of the root.
pub struct MirrorKey {
    identity: [Identity; 1],
    recipient: Recipient,
    text: Zeroizing<String>,
}

impl MirrorKey {
    /// The hybrid identity of that seed.
    #[must_use]
    pub fn from_seed(seed: Zeroizing<[u8; 32]>) -> Self {
        let identity = HybridIdentity::from_seed(seed);
        Self {
            recipient: Recipient::Hybrid(identity.recipient()),
            text: identity.reveal(),
            identity: [Identity::Hybrid(identity)],
        }
    }

    /// Its text, `AGE-SECRET-KEY-PQ-1…`, for age itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// The operator, and those of `others` that a header has room for.
    fn recipients(&self, others: &[Recipient]) -> Vec<Recipient> {
        let others = others.iter().take(MAX_OTHERS).cloned();
        std::iter::once(self.recipient.clone())
            .chain(others)
            .collect()
    }
}

/// A place and what covers its streams.
pub(super) struct Covered<'p> {
    pub(super) place: &'p dyn Place,
    key: Option<&'p MirrorKey>,
}

impl<'p> Covered<'p> {
    /// Opens a place for writing, and marks it at its first use.
    pub(super) fn to_write(place: &'p dyn Place, key: Option<&'p MirrorKey>) -> Result<Self> {
        match is_sealed(place)? {
            Some(sealed) if sealed != key.is_some() => {
                let (is, wanted) = match sealed {
                    true => ("sealed", "open"),
                    false => ("open", "sealed"),
                };
                return Err(failed(
                    place,
                    MARK,
                    &format!(
                        "this mirror was begun {is} and is now configured {wanted}: set operator as it was, or begin \
                         another place"
                    ),
                ));
            }
            Some(_) => {}
            None => {
                let how = if key.is_some() { "sealed" } else { "plain" };
                put_bytes(place, MARK, format!("{MARK_LINE}{how}\n").as_bytes())?;
            }
        }
        Ok(Self { place, key })
    }

    /// A place that was opened before.
    pub(super) fn known(place: &'p dyn Place, key: Option<&'p MirrorKey>) -> Self {
        Self { place, key }
    }

    /// Opens a place for reading. `key` is needed, and used, only where streams are sealed.
    pub(super) fn to_read(place: &'p dyn Place, key: Option<&'p MirrorKey>) -> Result<Self> {
        match (is_sealed(place)?, key) {
            (None, _) => Err(failed(place, MARK, &"there is no mirror in this place")),
            (Some(true), None) => Err(failed(
                place,
                MARK,
                &"this mirror is sealed: the operator's seed opens it, give --seed-file",
            )),
            (Some(true), Some(key)) => Ok(Self {
                place,
                key: Some(key),
            }),
            (Some(false), _) => Ok(Self { place, key: None }),
        }
    }

    /// Whether streams are age files.
    pub(super) fn is_sealed(&self) -> bool {
        self.key.is_some()
    }

    /// The name under which a stream lies.
    pub(super) fn name(&self, name: &str) -> String {
        match self.key {
            Some(_) => format!("{name}{AGE}"),
            None => name.to_owned(),
        }
    }

    /// Puts bytes, for the operator and `others`; says how many went.
    pub(super) fn put(&self, name: &str, bytes: &[u8], others: &[Recipient]) -> Result<u64> {
        let Some(key) = self.key else {
            put_bytes(self.place, name, bytes)?;
            return Ok(bytes.len() as u64);
        };
        let sealed = age::seal_all(&key.recipients(others), bytes);
        let sealed = sealed.map_err(|error| failed(self.place, name, &error))?;
        put_bytes(self.place, &self.name(name), &sealed)?;
        Ok(sealed.len() as u64)
    }

    /// Puts a stream, for the operator and `others`.
    pub(super) fn put_stream(
        &self,
        name: &str,
        size_bytes: u64,
        content: &mut dyn Read,
        others: &[Recipient],
    ) -> Result<()> {
        let Some(key) = self.key else {
            return self.place.put(name, Some(size_bytes), content);
        };
        let sealer = Sealer::new(&key.recipients(others));
        let sealer = sealer.map_err(|error| failed(self.place, name, &error))?;
        let prologue_bytes = sealer.prologue().len() as u64;
        let mut sealing = Sealing {
            ready: sealer.prologue().to_vec(),
            given: 0,
            next: Some(Zeroizing::new(Vec::new())),
            plain: content,
            sealer,
        };
        let size_bytes = age::sealed_size(prologue_bytes, size_bytes);
        self.place
            .put(&self.name(name), Some(size_bytes), &mut sealing)
    }

    /// Reads a stream of at most `max_bytes` whole; nothing when there is none.
    pub(super) fn get(&self, name: &str, max_bytes: u64) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let stored = get_bytes(self.place, &self.name(name), max_bytes)?;
        let (Some(bytes), Some(key)) = (&stored, self.key) else {
            return Ok(stored.map(Zeroizing::new));
        };
        let opened = age::open_all(&key.identity, bytes).map_err(|error| Error::Damaged {
            what: format!("{} in {}", self.name(name), self.place.describe()),
            why: error.to_string(),
        })?;
        Ok(Some(opened))
    }

    /// Reads a stream that may be long, opened; nothing when there is none.
    pub(super) fn open(&self, name: &str) -> Result<Option<Box<dyn Read + Send>>> {
        let Some(mut stream) = self.place.open(&self.name(name), 0)? else {
            return Ok(None);
        };
        let Some(key) = self.key else {
            return Ok(Some(stream));
        };
        let wrong = |why: &dyn std::fmt::Display| Error::Damaged {
            what: format!("{} in {}", self.name(name), self.place.describe()),
            why: why.to_string(),
        };
        let mut read = Vec::new();
        let prologue_bytes = loop {
            match age::prologue_size(&read).map_err(|error| wrong(&error))? {
                Some(size) if size <= read.len() => break size,
                _ => {}
            }
            let more = (&mut stream).take(4096).read_to_end(&mut read);
            if more.map_err(|error| failed(self.place, name, &error))? == 0 {
                return Err(wrong(&"it is cut short"));
            }
        };
        let after = read.split_off(prologue_bytes);
        let opener = Opener::new(&read, &key.identity).map_err(|error| wrong(&error))?;
        Ok(Some(Box::new(Opening {
            sealed: Box::new(io::Cursor::new(after).chain(stream)),
            opener,
            ahead: None,
            number: 0,
            ready: Zeroizing::new(Vec::new()),
            given: 0,
            ended: false,
        })))
    }
}

/// Whether a place's mirror is sealed; nothing where there is none.
fn is_sealed(place: &dyn Place) -> Result<Option<bool>> {
    let Some(mark) = get_bytes(place, MARK, MAX_MARK_BYTES)? else {
        return Ok(None);
    };
    match std::str::from_utf8(&mark)
        .ok()
        .and_then(|text| text.strip_prefix(MARK_LINE))
    {
        Some("plain\n") => Ok(Some(false)),
        Some("sealed\n") => Ok(Some(true)),
        Some("home\n") => Err(failed(
            place,
            MARK,
            &"this is an institution's own mirror, not a data centre's: its gateway gives back from it, and amana import \
              deposits it elsewhere",
        )),
        _ => Err(failed(
            place,
            MARK,
            &"it is not of a version that this binary knows",
        )),
    }
}

/// Fills `chunk` up to `size`; less only at the end.
fn fill(from: &mut dyn Read, chunk: &mut Vec<u8>, size: usize) -> io::Result<()> {
    chunk.reserve_exact(size - chunk.len());
    from.take((size - chunk.len()) as u64)
        .read_to_end(chunk)
        .map(drop)
}

/// A stream on its way into an age file.
struct Sealing<'c> {
    plain: &'c mut dyn Read,
    sealer: Sealer,
    /// The chunk that was read ahead; none once the last is sealed.
    next: Option<Zeroizing<Vec<u8>>>,
    ready: Vec<u8>,
    given: usize,
}

impl Read for Sealing<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        while self.given == self.ready.len() {
            let Some(mut chunk) = self.next.take() else {
                return Ok(0);
            };
            fill(self.plain, &mut chunk, CHUNK_BYTES)?;
            // Whether a chunk is the last one shows only when nothing follows it.
            let mut ahead = Zeroizing::new(Vec::new());
            fill(self.plain, &mut ahead, 1)?;
            let last = ahead.is_empty();
            self.ready.zeroize();
            self.given = 0;
            let mut sealed = Vec::with_capacity(chunk.len() + TAG_BYTES);
            self.sealer
                .append_chunk(&chunk, last, &mut sealed)
                .map_err(io::Error::other)?;
            self.ready = sealed;
            self.next = (!last).then_some(ahead);
        }
        let count = to.len().min(self.ready.len() - self.given);
        to[..count].copy_from_slice(&self.ready[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}

/// A stream on its way out of an age file. Nothing of a chunk is given before the chunk is proved.
struct Opening {
    sealed: Box<dyn Read + Send>,
    opener: Opener,
    ahead: Option<u8>,
    number: u64,
    ready: Zeroizing<Vec<u8>>,
    given: usize,
    ended: bool,
}

impl Read for Opening {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        while self.given == self.ready.len() {
            if self.ended {
                return Ok(0);
            }
            let mut chunk: Vec<u8> = self.ahead.take().into_iter().collect();
            fill(&mut self.sealed, &mut chunk, CHUNK_BYTES + TAG_BYTES)?;
            let mut next = Vec::new();
            fill(&mut self.sealed, &mut next, 1)?;
            self.ahead = next.first().copied();
            self.ended = self.ahead.is_none();
            self.opener
                .open_chunk(self.number, self.ended, &mut chunk)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
            self.number += 1;
            self.ready = Zeroizing::new(chunk);
            self.given = 0;
        }
        let count = to.len().min(self.ready.len() - self.given);
        to[..count].copy_from_slice(&self.ready[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}
