//! Six words that two people compare over the telephone, to know that the keys which both sides hold are the same.
//!
//! # Why a commitment
//! Whoever sits on the line can hold two conversations, one with each side, and needs the six words of both to agree. If the
//! words came from the keys alone, it would try keys until they agree: 2^60 trials, or 2^30 if it may choose on both sides, which
//! is a matter of minutes. So each side adds a nonce, and the side that begins first *commits* to its own: it sends a digest of its
//! nonce and of the transcript, gets the other's nonce, and only then reveals. Neither side can choose anything after it has
//! seen what the other chose, and an attacker has one blind guess in 2^60.
//!
//! # Order
//! 1. The gateway sends [`Commitment::of`] its nonce and transcript.
//! 2. The data centre answers with its own nonce, once an enrolment; it never answers a second commitment under the same code.
//! 3. The gateway reveals its nonce and the transcript's parts; the data centre checks [`Commitment::check`].
//! 4. Both compute [`SixWords::of`] and show them. People compare; only then is a key pinned.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::error::{Error, Format, Result};
use crate::shares::{index_of, word};
use crate::signing::fill_random;
use crate::text::hex_bytes;

/// How many words there are: ten bits each.
pub const SIX: usize = 6;
/// The longest text that is read as six words, in bytes.
pub const MAX_TYPED_BYTES: usize = 256;

const TRANSCRIPT_DOMAIN: &[u8] = b"amana.words/v1 transcript\n";
const COMMITMENT_DOMAIN: &[u8] = b"amana.words/v1 commitment\n";
const WORDS_DOMAIN: &[u8] = b"amana.words/v1 words\n";

/// A side's 32 random bytes, used once. As text: 64 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nonce([u8; 32]);

impl Nonce {
    /// A new one.
    ///
    /// # Errors
    /// [`Error::Randomness`].
    pub fn generate() -> Result<Self> {
        let mut bytes = [0; 32];
        fill_random(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// One of known bytes, which came from the other side or from where it was kept.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// What both sides must hold alike: SHA-256 over a domain and each part behind its length (8 bytes, big-endian).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transcript([u8; 32]);

impl Transcript {
    /// The transcript of its parts in the order that both sides agreed on: the data centre's origin, the institution, the
    /// root's public key, the digest of the first keyring, of the trust policy …
    #[must_use]
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new_with_prefix(TRANSCRIPT_DOMAIN);
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }
}

/// What the side that begins sends before it has seen the other's nonce. As text: 64 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commitment([u8; 32]);

impl Commitment {
    /// The commitment to a nonce and a transcript.
    #[must_use]
    pub fn of(nonce: &Nonce, transcript: &Transcript) -> Self {
        let hash = Sha256::new_with_prefix(COMMITMENT_DOMAIN)
            .chain_update(nonce.0)
            .chain_update(transcript.0);
        Self(hash.finalize().into())
    }

    /// Checks what was revealed.
    ///
    /// # Errors
    /// [`Error::WrongReveal`] if something else was committed to.
    pub fn check(&self, nonce: &Nonce, transcript: &Transcript) -> Result<()> {
        if bool::from(Self::of(nonce, transcript).0.ct_eq(&self.0)) {
            Ok(())
        } else {
            Err(Error::WrongReveal)
        }
    }
}

macro_rules! hex_text {
    ($($type:ident)*) => {$(
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl FromStr for $type {
            type Err = Error;

            fn from_str(hex: &str) -> Result<Self> {
                let malformed = || Format::SixWords.malformed("not 64 lower-case hex digits");
                hex_bytes(hex).map(Self).ok_or_else(malformed)
            }
        }
    )*};
}

hex_text!(Nonce Commitment);

/// The six words, of the list of SLIP-0039. As text: the words with a space between them; read from words in any case, from
/// their first four letters, or from their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SixWords([u16; SIX]);

impl SixWords {
    /// The words of both nonces and the transcript: the first 60 bits of a digest over all three.
    #[must_use]
    pub fn of(committed: &Nonce, answered: &Nonce, transcript: &Transcript) -> Self {
        let digest: [u8; 32] = Sha256::new_with_prefix(WORDS_DOMAIN)
            .chain_update(committed.0)
            .chain_update(answered.0)
            .chain_update(transcript.0)
            .finalize()
            .into();
        let (first, _) = digest
            .split_first_chunk()
            .expect("a digest is longer than 8 bytes");
        let bits = u64::from_be_bytes(*first);
        Self(
            [54, 44, 34, 24, 14, 4]
                .map(|shift| u16::try_from(bits >> shift & 1023).expect("ten bits")),
        )
    }

    /// The words.
    #[must_use]
    pub fn words(&self) -> [&'static str; SIX] {
        self.0.map(word)
    }

    /// Their numbers in the word list, from 1 to 1024, for those who don't read English.
    #[must_use]
    pub fn numbers(&self) -> [u16; SIX] {
        self.0.map(|index| index + 1)
    }
}

impl fmt::Display for SixWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words().join(" "))
    }
}

impl FromStr for SixWords {
    type Err = Error;

    fn from_str(typed: &str) -> Result<Self> {
        let malformed = |why| Format::SixWords.malformed(why);
        if typed.len() > MAX_TYPED_BYTES {
            return Err(Error::TooLarge {
                format: Format::SixWords,
                max: MAX_TYPED_BYTES,
            });
        }
        let indices: Option<Vec<u16>> = typed.split_whitespace().map(index_of).collect();
        indices
            .ok_or_else(|| malformed("a word is not in the word list"))?
            .try_into()
            .map(Self)
            .map_err(|_| malformed("there are not six words"))
    }
}
