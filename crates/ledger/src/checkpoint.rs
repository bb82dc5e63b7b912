//! Checkpoints: the signed head of a log. Source: C2SP tlog-checkpoint v1.0.0, without extension lines.

use crate::error::{Error, Format, Result};
use crate::hash::Hash;
use crate::note::Note;
use crate::text::{decimal, take_line};
use crate::tree::MAX_TREE_SIZE;
use crate::vkey::{KeyType, SigningKey, VerifierKey, is_key_name};

/// A log's head: `origin \n size \n root in base64 \n`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name, which is the name of its key.
    pub origin: String,
    /// Number of leaves.
    pub size: u64,
    /// The Merkle tree hash at that size.
    pub root: Hash,
}

impl Checkpoint {
    /// The text that is signed.
    #[must_use]
    pub fn body(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, self.root)
    }

    /// A checkpoint from a note's text. Extension lines are refused: no monitor can audit them, and we make none.
    ///
    /// # Errors
    /// [`Error::Malformed`] for anything else than the three lines.
    pub fn parse(text: &str) -> Result<Self> {
        let malformed = |why| Format::Checkpoint.malformed(why);
        let mut rest = text;
        let origin = take_line(&mut rest).ok_or(malformed("no origin line"))?;
        if !is_key_name(origin) {
            return Err(malformed("the origin is not a key's name"));
        }
        let size = take_line(&mut rest)
            .and_then(decimal)
            .ok_or(malformed("no size line"))?;
        if size > MAX_TREE_SIZE {
            return Err(malformed("the size exceeds 2^62"));
        }
        let root = take_line(&mut rest).ok_or(malformed("no root line"))?;
        let root = root
            .parse()
            .map_err(|_| malformed("the root is not a hash"))?;
        if !rest.is_empty() {
            return Err(malformed("extension lines are not accepted"));
        }
        Ok(Self {
            origin: origin.to_owned(),
            size,
            root,
        })
    }

    /// The checkpoint as a note signed by its log.
    ///
    /// # Errors
    /// [`Error::WrongOrigin`] unless the key bears the origin's name.
    pub fn sign(&self, key: &SigningKey) -> Result<Note> {
        self.check_origin(key.name())?;
        Note::sign(&self.body(), key)
    }

    /// A checkpoint from a note's bytes, if its log signed it. The note is given back with its other signatures.
    ///
    /// # Errors
    /// [`Error::Malformed`] and [`Error::TooLarge`] for what isn't a checkpoint, [`Error::WrongOrigin`] if it is of
    /// another log, [`Error::Unsigned`], [`Error::BadSignature`], [`Error::WrongKeyType`] if `log` is a witness's key.
    pub fn open(note: &[u8], log: &VerifierKey) -> Result<(Self, Note)> {
        let note = Note::parse(note)?;
        let checkpoint = Self::of_note(&note, log)?;
        Ok((checkpoint, note))
    }

    /// The checkpoint of a parsed note, if its log signed it.
    ///
    /// # Errors
    /// As [`Checkpoint::open`].
    pub fn of_note(note: &Note, log: &VerifierKey) -> Result<Self> {
        if log.key_type() != KeyType::Ed25519 {
            return Err(Error::WrongKeyType {
                key: log.name().to_owned(),
            });
        }
        let checkpoint = Self::parse(&note.text)?;
        checkpoint.check_origin(log.name())?;
        note.verify(log)?;
        Ok(checkpoint)
    }

    fn check_origin(&self, expected: &str) -> Result<()> {
        if self.origin == expected {
            return Ok(());
        }
        Err(Error::WrongOrigin {
            expected: expected.to_owned(),
            found: self.origin.clone(),
        })
    }
}
