//! Where content lies, and what is believed of it: bytes with the signed digest, and no others.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use amana_ledger::{Hash, digits};
use bytes::{Bytes, BytesMut};
use futures::future::BoxFuture;
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;

use super::cache::{Cache, Held, Key};
use super::coding::Coding;
use super::variants;
use crate::Host;

/// A file up to this size is read whole; a larger one in pieces.
pub(super) const MAX_WHOLE_BYTES: u64 = 1024 * 1024;
/// A piece of a larger file, in bytes.
pub(super) const PIECE_BYTES: u64 = 256 * 1024;
/// Reads at a time, each of at most [`variants::MAX_FILE_BYTES`]: what floods of requests for cold files take of the memory.
const MAX_READS: usize = 32;

/// Where the content of sites lies. Nothing that it gives is believed.
pub trait Content: Send + Sync + 'static {
    /// What `site` keeps under `name`, from the byte `from` on: `at_most` bytes, and fewer only where it ends. None when nothing is
    /// kept under that name; an error of [`io::ErrorKind::InvalidData`] where the place itself knows that it is damaged.
    fn read<'a>(
        &'a self,
        site: &'a Host,
        name: &'a str,
        from: u64,
        at_most: u64,
    ) -> BoxFuture<'a, io::Result<Option<Bytes>>>;

    /// Keeps what can be made again: a file in another coding.
    fn keep<'a>(
        &'a self,
        site: &'a Host,
        name: &'a str,
        bytes: Bytes,
    ) -> BoxFuture<'a, io::Result<()>>;
}

/// What a manifest says of a file.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) digest: Hash,
    pub(super) size: u64,
    /// The digest in digits, under which it is kept.
    pub(super) name: Box<str>,
}

impl Wanted {
    pub(super) fn new(digest: Hash, size: u64) -> Self {
        let name = digits(&digest).into();
        Self { digest, size, name }
    }

    /// Whether it is read in pieces.
    fn is_large(&self) -> bool {
        self.size > MAX_WHOLE_BYTES
    }

    /// The number of the piece that has that byte, and where the piece lies.
    pub(super) fn piece_at(&self, offset: u64) -> (u64, std::ops::Range<u64>) {
        if !self.is_large() {
            return (0, 0..self.size);
        }
        let number = offset / PIECE_BYTES;
        let from = number * PIECE_BYTES;
        (number, from..self.size.min(from + PIECE_BYTES))
    }
}

/// Why content can't be sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// It isn't there, or isn't what was signed.
    #[error("the content isn't what was signed")]
    Damaged,
    /// Nobody knows: where it lies doesn't answer.
    #[error("the content can't be read now")]
    Unavailable(#[source] io::Error),
}

/// Content that was compared with its signed digest, the last used of it in memory.
pub(super) struct Verified {
    content: Arc<dyn Content>,
    cache: Cache,
    /// Who reads what, so that a thousand who ask for one cold file read it once.
    reading: Mutex<HashMap<Key, Arc<tokio::sync::Mutex<()>>>>,
    reads: Semaphore,
}

impl Verified {
    pub(super) fn new(content: Arc<dyn Content>, cache_bytes: usize) -> Self {
        Self {
            content,
            cache: Cache::new(cache_bytes),
            reading: Mutex::default(),
            reads: Semaphore::new(MAX_READS),
        }
    }

    /// The piece, if it is in memory.
    pub(super) fn at_hand(&self, file: &Wanted, number: u64) -> Option<Bytes> {
        match self.cache.find(&Key::Piece(file.digest, number))? {
            Held::Bytes(bytes) => Some(bytes),
            Held::Pieces(_) | Held::Absent => None,
        }
    }

    /// Whether the file is known to be there in a coding, and it, if that is in memory.
    pub(super) fn coded_at_hand(&self, file: &Wanted, coding: Coding) -> Option<Option<Bytes>> {
        match self.cache.find(&Key::Coded(file.digest, coding))? {
            Held::Bytes(bytes) => Some(Some(bytes)),
            Held::Pieces(_) | Held::Absent => Some(None),
        }
    }

    /// A piece of a file, compared with what was signed. Of a large file, the whole was compared before.
    ///
    /// # Errors
    /// [`Trouble`].
    pub(super) async fn piece(
        &self,
        site: &Host,
        file: &Wanted,
        number: u64,
    ) -> Result<Bytes, Trouble> {
        let key = Key::Piece(file.digest, number);
        let wanted = match file.is_large() {
            false => file.digest,
            true => {
                let number = usize::try_from(number).map_err(|_| Trouble::Damaged)?;
                let pieces = self.pieces(site, file).await?;
                *pieces.get(number).ok_or(Trouble::Damaged)?
            }
        };
        if let Some(bytes) = self.at_hand(file, number) {
            return Ok(bytes);
        }
        let turn = self.turn(key);
        let _turn = turn.lock().await;
        if let Some(bytes) = self.at_hand(file, number) {
            return Ok(bytes);
        }
        let (_, range) = file.piece_at(number * PIECE_BYTES);
        let read = self.read(site, &file.name, range.clone()).await;
        self.end_turn(key);
        let bytes = read?;
        if bytes.len() as u64 != range.end - range.start || of(&bytes) != wanted {
            // Whoever asks next has the whole read again, and is answered from another deploy.
            self.cache.forget(&Key::Pieces(file.digest));
            return Err(Trouble::Damaged);
        }
        self.cache.put(key, Held::Bytes(bytes.clone()));
        Ok(bytes)
    }

    /// The digests of a large file's pieces, from having read it whole and compared that.
    async fn pieces(&self, site: &Host, file: &Wanted) -> Result<Arc<[Hash]>, Trouble> {
        let key = Key::Pieces(file.digest);
        if let Some(Held::Pieces(pieces)) = self.cache.find(&key) {
            return Ok(pieces);
        }
        let turn = self.turn(key);
        let _turn = turn.lock().await;
        if let Some(Held::Pieces(pieces)) = self.cache.find(&key) {
            return Ok(pieces);
        }
        let pieces = self.read_through(site, file).await;
        self.end_turn(key);
        let pieces: Arc<[Hash]> = pieces?.into();
        self.cache.put(key, Held::Pieces(pieces.clone()));
        Ok(pieces)
    }

    /// Reads the whole file past the cache and compares it with what was signed; gives the digests of its pieces.
    ///
    /// # Errors
    /// [`Trouble`].
    pub(super) async fn read_through(
        &self,
        site: &Host,
        file: &Wanted,
    ) -> Result<Vec<Hash>, Trouble> {
        let (mut whole, mut pieces, mut from) = (Sha256::new(), Vec::new(), 0);
        loop {
            let range = from..file.size.min(from + PIECE_BYTES);
            let bytes = self.read(site, &file.name, range.clone()).await?;
            if bytes.len() as u64 != range.end - range.start {
                return Err(Trouble::Damaged);
            }
            whole.update(&bytes);
            pieces.push(of(&bytes));
            from = range.end;
            if from == file.size {
                break;
            }
            // A large file must not keep a worker from everybody else.
            tokio::task::yield_now().await;
        }
        match Hash::from(<[u8; 32]>::from(whole.finalize())) == file.digest {
            true => Ok(pieces),
            false => Err(Trouble::Damaged),
        }
    }

    /// The file in a coding, if it is kept and decodes to what was signed.
    pub(super) async fn coded(&self, site: &Host, file: &Wanted, coding: Coding) -> Option<Bytes> {
        if file.size > variants::MAX_FILE_BYTES {
            return None;
        }
        let key = Key::Coded(file.digest, coding);
        match self.cache.find(&key) {
            Some(Held::Bytes(bytes)) => return Some(bytes),
            Some(_) => return None,
            None => {}
        }
        let turn = self.turn(key);
        let _turn = turn.lock().await;
        if let Some(held) = self.cache.find(&key) {
            return match held {
                Held::Bytes(bytes) => Some(bytes),
                Held::Pieces(_) | Held::Absent => None,
            };
        }
        let name = format!("{}{}", file.name, coding.ending());
        let read = self.read(site, &name, 0..file.size).await;
        self.end_turn(key);
        let held = match read {
            Ok(bytes) if variants::decodes_to(coding, &bytes, file) => Held::Bytes(bytes),
            Ok(_) => {
                tracing::warn!(%site, name, "a compressed file isn't what was signed, and is left out");
                Held::Absent
            }
            Err(Trouble::Damaged) => Held::Absent,
            // Perhaps it answers the next time.
            Err(Trouble::Unavailable(_)) => return None,
        };
        self.cache.put(key, held.clone());
        match held {
            Held::Bytes(bytes) => Some(bytes),
            Held::Pieces(_) | Held::Absent => None,
        }
    }

    /// Keeps the file in a coding, for the next who asks.
    ///
    /// # Errors
    /// When it can't be kept.
    pub(super) async fn keep_coded(
        &self,
        site: &Host,
        file: &Wanted,
        coding: Coding,
        bytes: Bytes,
    ) -> io::Result<()> {
        let name = format!("{}{}", file.name, coding.ending());
        self.content.keep(site, &name, bytes).await?;
        self.cache.forget(&Key::Coded(file.digest, coding));
        Ok(())
    }

    /// Reads as much as the range has, if there is as much.
    async fn read(
        &self,
        site: &Host,
        name: &str,
        range: std::ops::Range<u64>,
    ) -> Result<Bytes, Trouble> {
        let closed = |_| Trouble::Unavailable(io::ErrorKind::Interrupted.into());
        let _place = self.reads.acquire().await.map_err(closed)?;
        let at_most = range.end - range.start;
        let bytes = match self.content.read(site, name, range.start, at_most).await {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Err(Trouble::Damaged),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(Trouble::Damaged);
            }
            Err(error) => return Err(Trouble::Unavailable(error)),
        };
        // Bytes that are part of something larger would keep all of it in memory.
        match bytes.len() as u64 <= at_most {
            true => Ok(bytes),
            false => Ok(
                BytesMut::from(&bytes[..usize::try_from(at_most).unwrap_or(usize::MAX)]).freeze(),
            ),
        }
    }

    fn turn(&self, key: Key) -> Arc<tokio::sync::Mutex<()>> {
        let mut reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        reading.entry(key).or_default().clone()
    }

    /// Whoever still waits for the turn holds it; who comes later finds the cache, or takes a new turn.
    fn end_turn(&self, key: Key) {
        let mut reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        reading.remove(&key);
    }
}

pub(super) fn of(bytes: &[u8]) -> Hash {
    Hash::from(<[u8; 32]>::from(Sha256::digest(bytes)))
}
