//! The payload of an age file: STREAM over chunks of 64 KiB (C2SP age, "Payload").

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce};
use aws_lc_rs::hkdf;
use zeroize::Zeroizing;

use super::header::{Draft, FileKey, Header};
use super::recipients::{check_together, unwrap_any};
use super::{CHUNK_BYTES, Identity, NONCE_BYTES, Recipient, TAG_BYTES};
use crate::signing::fill_random;
use crate::{Error, Format, Result};

/// Seals one file, chunk after chunk.
pub struct Sealer {
    prologue: Vec<u8>,
    key: LessSafeKey,
    next: u64,
    finished: bool,
}

impl Sealer {
    /// Begins a file to `recipients`, under a file key and a nonce of its own.
    ///
    /// # Errors
    /// [`Error::Recipients`] if there is none, too many, or hybrid ones among others; [`Error::Malformed`] for a
    /// recipient that is no key; [`Error::Randomness`].
    pub fn new(recipients: &[Recipient]) -> Result<Self> {
        check_together(recipients)?;
        Self::begin(|file_key, draft| {
            recipients
                .iter()
                .try_for_each(|recipient| recipient.wrap(file_key, draft))
        })
    }

    /// Begins a file whose stanzas `wrap` writes.
    pub(super) fn begin(wrap: impl FnOnce(&FileKey, &mut Draft) -> Result<()>) -> Result<Self> {
        let mut random = Zeroizing::new([0; 16 + NONCE_BYTES]);
        fill_random(random.as_mut_slice())?;
        let mut file_key = FileKey(Zeroizing::new([0; 16]));
        file_key.0.copy_from_slice(&random[..16]);
        let mut nonce = [0; NONCE_BYTES];
        nonce.copy_from_slice(&random[16..]);
        let mut draft = Draft::new();
        wrap(&file_key, &mut draft)?;
        Ok(Self {
            prologue: draft.close(&file_key, &nonce)?,
            key: payload_key(&file_key, &nonce),
            next: 0,
            finished: false,
        })
    }

    /// What stands before the first chunk: header ‖ 16-byte nonce.
    #[must_use]
    pub fn prologue(&self) -> &[u8] {
        &self.prologue
    }

    /// Seals the next chunk in place: plaintext in, ciphertext ‖ tag out.
    ///
    /// Every chunk but the last has exactly [`CHUNK_BYTES`]; the last is empty only in an empty file. Give `chunk` a
    /// capacity of [`CHUNK_BYTES`] + [`TAG_BYTES`]: a vector that grows leaves plaintext behind.
    ///
    /// # Errors
    /// [`Error::Chunk`] if the chunk can't stand here, or after the last one.
    pub fn seal_chunk(&mut self, chunk: &mut Vec<u8>, last: bool) -> Result<()> {
        let nonce = self.advance(chunk.len(), last)?;
        self.key
            .seal_in_place_append_tag(nonce, Aad::empty(), chunk)
            .expect("a chunk is within the cipher's bounds");
        Ok(())
    }

    /// Seals the next chunk, `plain`, onto the end of `sealed`; otherwise as [`Self::seal_chunk`].
    ///
    /// # Errors
    /// As [`Self::seal_chunk`].
    pub fn append_chunk(&mut self, plain: &[u8], last: bool, sealed: &mut Vec<u8>) -> Result<()> {
        let nonce = self.advance(plain.len(), last)?;
        let start = sealed.len();
        sealed.reserve(plain.len() + TAG_BYTES);
        sealed.extend_from_slice(plain);
        let tag = self
            .key
            .seal_in_place_separate_tag(nonce, Aad::empty(), &mut sealed[start..])
            .expect("a chunk is within the cipher's bounds");
        sealed.extend_from_slice(tag.as_ref());
        Ok(())
    }

    /// The nonce of the next chunk, which has `size` bytes.
    fn advance(&mut self, size: usize, last: bool) -> Result<Nonce> {
        let number = self.next;
        let why = if self.finished {
            "the last one was sealed already"
        } else if size > CHUNK_BYTES {
            "it is larger than 64 KiB"
        } else if !last && size < CHUNK_BYTES {
            "only the last one may be smaller than 64 KiB"
        } else if last && size == 0 && number > 0 {
            "the last one is empty"
        } else {
            self.finished = last;
            // 2^64 chunks are 2^80 bytes: the counter can't come round.
            self.next += 1;
            return Ok(chunk_nonce(number, last));
        };
        Err(Error::Chunk { why })
    }
}

/// Opens the chunks of one file, in any order.
pub struct Opener {
    key: LessSafeKey,
}

impl Opener {
    /// Reads a prologue, which is exactly header ‖ 16-byte nonce, with the first of `identities` that can.
    ///
    /// # Errors
    /// [`Error::Malformed`], [`Error::TooLarge`], [`Error::NotForUs`], or [`Error::Altered`] if the header's MAC is
    /// not that of its file key.
    pub fn new(prologue: &[u8], identities: &[Identity]) -> Result<Self> {
        Self::begin(prologue, |header| unwrap_any(identities, header))
    }

    /// Reads a prologue whose file key `unwrap` finds.
    pub(super) fn begin(
        prologue: &[u8],
        unwrap: impl FnOnce(&Header<'_>) -> Result<FileKey>,
    ) -> Result<Self> {
        let header = Header::parse(prologue)?;
        let nonce = <&[u8; NONCE_BYTES]>::try_from(&prologue[header.size()..])
            .map_err(|_| Format::AgeFile.malformed("its nonce has not 16 bytes"))?;
        let file_key = unwrap(&header)?;
        header.verify(&file_key)?;
        Ok(Self {
            key: payload_key(&file_key, nonce),
        })
    }

    /// Opens chunk `number`, counted from 0, in place: ciphertext ‖ tag in, plaintext out.
    ///
    /// Whether it is the `last` one follows from the file's size. A caller who reads a range of a file whose size it
    /// doesn't know from elsewhere opens the last chunk first.
    ///
    /// # Errors
    /// [`Error::AlteredChunk`]; `chunk` then holds nothing of use.
    pub fn open_chunk(&self, number: u64, last: bool, chunk: &mut Vec<u8>) -> Result<()> {
        let altered = Error::AlteredChunk { chunk: number };
        let Some(size) = chunk.len().checked_sub(TAG_BYTES) else {
            return Err(altered);
        };
        if !stands(size, number, last) {
            return Err(altered);
        }
        match self
            .key
            .open_in_place(chunk_nonce(number, last), Aad::empty(), chunk)
        {
            Ok(_) => chunk.truncate(size),
            Err(_) => return Err(altered),
        }
        Ok(())
    }

    /// Opens chunk `number` from `sealed` onto the end of `plain`; otherwise as [`Self::open_chunk`].
    ///
    /// # Errors
    /// [`Error::AlteredChunk`]; `plain` is then as it was.
    pub fn append_chunk(
        &self,
        number: u64,
        last: bool,
        sealed: &[u8],
        plain: &mut Vec<u8>,
    ) -> Result<()> {
        let altered = Error::AlteredChunk { chunk: number };
        let Some(size) = sealed.len().checked_sub(TAG_BYTES) else {
            return Err(altered);
        };
        if !stands(size, number, last) {
            return Err(altered);
        }
        let (sealed, tag) = sealed.split_at(size);
        let start = plain.len();
        plain.extend_from_slice(sealed);
        let nonce = chunk_nonce(number, last);
        match self
            .key
            .open_in_place_separate_tag(nonce, Aad::empty(), tag, &mut plain[start..])
        {
            Ok(_) => Ok(()),
            Err(_) => {
                plain.truncate(start);
                Err(altered)
            }
        }
    }
}

/// Whether a chunk of `size` bytes of plaintext can stand at `number`.
fn stands(size: usize, number: u64, last: bool) -> bool {
    if last {
        size <= CHUNK_BYTES && (size > 0 || number == 0)
    } else {
        size == CHUNK_BYTES
    }
}

fn payload_key(file_key: &FileKey, nonce: &[u8; NONCE_BYTES]) -> LessSafeKey {
    let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, nonce).extract(file_key.0.as_slice());
    let okm = prk.expand(&[b"payload"], &CHACHA20_POLY1305);
    LessSafeKey::new(okm.expect("32 bytes are within HKDF's bounds").into())
}

/// Eleven bytes of big-endian counter, then 1 for the last chunk.
fn chunk_nonce(number: u64, last: bool) -> Nonce {
    let mut nonce = [0; 12];
    nonce[3..11].copy_from_slice(&number.to_be_bytes());
    nonce[11] = u8::from(last);
    Nonce::assume_unique_for_key(nonce)
}
