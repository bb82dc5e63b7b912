//! Signed notes: a text and the lines that sign it. Source: C2SP signed-note v1.0.0.

use std::fmt;
use std::str::FromStr;

use crate::cosignature::verify_cosignature;
use crate::error::{Error, Format, Result};
use crate::text;
use crate::vkey::{KeyType, SigningKey, VerifierKey, is_key_name};

/// The longest note, in bytes.
pub const MAX_NOTE_BYTES: usize = 64 * 1024;

/// The most signatures of a note.
pub const MAX_SIGNATURES: usize = 64;

/// What a signature line begins with: an em dash and a space.
const DASH: &str = "\u{2014} ";

/// A signature line: `— name base64(key id ‖ bytes)`, without its newline.
///
/// Signatures of unknown types are carried along, since a verifier must ignore them and not refuse the note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Name of the key.
    pub name: String,
    /// Id of the key, which depends on its name and type.
    pub key_id: [u8; 4],
    /// The signature itself; for a cosignature, `time (u64, big-endian seconds) ‖ 64 bytes`.
    pub bytes: Vec<u8>,
}

impl Signature {
    /// Whether this line claims to be of that key. It proves nothing yet.
    #[must_use]
    pub fn is_by(&self, key: &VerifierKey) -> bool {
        self.name == key.name() && self.key_id == key.key_id()
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&self.key_id, self.bytes.as_slice()].concat();
        write!(f, "{DASH}{} {}", self.name, text::to_base64(&bytes))
    }
}

impl FromStr for Signature {
    type Err = Error;

    fn from_str(line: &str) -> Result<Self> {
        let malformed =
            || Format::Note.malformed("a signature line is not a dash, a name and base64");
        if line.len() > MAX_NOTE_BYTES {
            return Err(Error::TooLarge {
                format: Format::Note,
                max: MAX_NOTE_BYTES,
            });
        }
        let (name, base64) = line
            .strip_prefix(DASH)
            .and_then(|rest| rest.split_once(' '))
            .ok_or_else(malformed)?;
        let bytes = text::from_base64(base64).ok_or_else(malformed)?;
        let (key_id, bytes) = bytes.split_first_chunk().ok_or_else(malformed)?;
        if !is_key_name(name) || bytes.is_empty() {
            return Err(malformed());
        }
        Ok(Self {
            name: name.to_owned(),
            key_id: *key_id,
            bytes: bytes.to_vec(),
        })
    }
}

/// A text and its signatures. Shown as `text ‖ "\n" ‖ signature lines`.
///
/// The text means nothing until [`Note::verify`] has accepted it under a trusted key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The text that is signed, with its final newline.
    pub text: String,
    /// The signature lines, in the order of the note.
    pub signatures: Vec<Signature>,
}

impl Note {
    /// A note of `text` signed by `key`.
    ///
    /// # Errors
    /// [`Error::Malformed`] if the text can't stand in a note, [`Error::TooLarge`] over [`MAX_NOTE_BYTES`].
    pub fn sign(text: &str, key: &SigningKey) -> Result<Self> {
        check_text(text)?;
        Ok(Self {
            text: text.to_owned(),
            signatures: vec![key.sign(text)],
        })
    }

    /// A note from its bytes.
    ///
    /// # Errors
    /// [`Error::Malformed`] for anything that isn't a note, [`Error::TooLarge`] over [`MAX_NOTE_BYTES`] or
    /// [`MAX_SIGNATURES`].
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let malformed = |why| Format::Note.malformed(why);
        if bytes.len() > MAX_NOTE_BYTES {
            return Err(Error::TooLarge {
                format: Format::Note,
                max: MAX_NOTE_BYTES,
            });
        }
        let note = std::str::from_utf8(bytes).map_err(|_| malformed("not UTF-8"))?;
        // The text may have empty lines of its own: the last one parts it from the signatures.
        let parting = note
            .rfind("\n\n")
            .ok_or(malformed("no empty line before the signatures"))?;
        let (text, lines) = (&note[..=parting], &note[parting + 2..]);
        check_text(text)?;
        let lines = lines
            .strip_suffix('\n')
            .ok_or(malformed("it does not end in a newline"))?;
        let mut signatures = Vec::new();
        for line in lines.split('\n') {
            if signatures.len() == MAX_SIGNATURES {
                return Err(Error::TooLarge {
                    format: Format::Note,
                    max: MAX_SIGNATURES,
                });
            }
            signatures.push(line.parse()?);
        }
        Ok(Self {
            text: text.to_owned(),
            signatures,
        })
    }

    /// Checks that `key` signed the text. Lines of other keys are ignored.
    ///
    /// # Errors
    /// [`Error::Unsigned`] without a line of that key; [`Error::BadSignature`] if one of its lines doesn't verify.
    pub fn verify(&self, key: &VerifierKey) -> Result<()> {
        let mut found = false;
        for signature in self
            .signatures
            .iter()
            .filter(|signature| signature.is_by(key))
        {
            match key.key_type() {
                KeyType::Ed25519 => key.check(self.text.as_bytes(), &signature.bytes)?,
                KeyType::Cosignature => {
                    verify_cosignature(&self.text, signature, key).map(|_time_s| ())?
                }
            }
            found = true;
        }
        if found {
            Ok(())
        } else {
            Err(Error::Unsigned {
                key: key.name().to_owned(),
            })
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures
            .iter()
            .try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

impl SigningKey {
    /// Signs a note's text, which ends in a newline.
    #[must_use]
    pub fn sign(&self, text: &str) -> Signature {
        Signature {
            name: self.name().to_owned(),
            key_id: self.verifier().key_id(),
            bytes: self.sign_bytes(text.as_bytes()).to_vec(),
        }
    }
}

fn check_text(text: &str) -> Result<()> {
    let malformed = |why| Err(Format::Note.malformed(why));
    if text.len() > MAX_NOTE_BYTES {
        return Err(Error::TooLarge {
            format: Format::Note,
            max: MAX_NOTE_BYTES,
        });
    }
    if !text.ends_with('\n') {
        return malformed("the text does not end in a newline");
    }
    if text.bytes().any(|b| b < 0x20 && b != b'\n') {
        return malformed("the text has a control character");
    }
    Ok(())
}
