//! Files under a passphrase, for keys at rest (C2SP age, "The scrypt recipient type").

use std::ops::RangeInclusive;

use aws_lc_rs::aead::{CHACHA20_POLY1305, LessSafeKey, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use zeroize::Zeroizing;

use super::header::{FileKey, Stanza, decode_exactly};
use super::whole::{open_with, seal_with};
use super::{Opener, Sealer, wrapping};
use crate::signing::fill_random;
use crate::{Error, Format, Result};

const KIND: &str = "scrypt";
const LABEL: &[u8] = b"age-encryption.org/v1/scrypt";
const SALT_BYTES: usize = 16;
const BLOCK_SIZE: u32 = 8;

/// The work factors that files are sealed with: scrypt's N is two to that power, and it takes a KiB times N of memory.
pub const WORK_FACTORS: RangeInclusive<u8> = 15..=18;
/// The greatest work factor that is opened: 1 GiB of memory, for the time of opening one file.
pub const MAX_WORK_FACTOR: u8 = 20;

/// A passphrase. Wiped when dropped.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// A passphrase as it was typed.
    #[must_use]
    pub fn new(text: Zeroizing<String>) -> Self {
        Self(text)
    }

    /// Seals `plain` under this passphrase: one whole age file.
    ///
    /// # Errors
    /// [`Error::WorkFactor`] if it is not one of [`WORK_FACTORS`]; [`Error::Randomness`].
    pub fn seal_all(&self, work_factor: u8, plain: &[u8]) -> Result<Vec<u8>> {
        if !WORK_FACTORS.contains(&work_factor) {
            return Err(Error::WorkFactor {
                found: work_factor,
                max: *WORK_FACTORS.end(),
            });
        }
        let mut salt = [0; SALT_BYTES];
        fill_random(&mut salt)?;
        let sealer = Sealer::begin(|file_key, draft| {
            let body = wrapping::wrap(&self.wrap_key(&salt, work_factor), [0; 12], file_key);
            let salt = STANDARD_NO_PAD.encode(salt);
            draft.stanza(&[KIND, &salt, &work_factor.to_string()], &body);
            Ok(())
        })?;
        seal_with(sealer, plain)
    }

    /// Opens one whole age file under this passphrase.
    ///
    /// # Errors
    /// [`Error::NotForUs`] if the passphrase is wrong or the file has none, [`Error::WorkFactor`] beyond
    /// [`MAX_WORK_FACTOR`], otherwise as [`super::open_all`].
    pub fn open_all(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        open_with(sealed, |prologue| {
            Opener::begin(prologue, |header| match header.stanzas.as_slice() {
                [stanza] if stanza.kind == KIND => self.unwrap(stanza),
                _ => Err(Error::NotForUs),
            })
        })
    }

    fn unwrap(&self, stanza: &Stanza<'_>) -> Result<FileKey> {
        let mut arguments = stanza.arguments();
        let (Some(salt), Some(work_factor), None) =
            (arguments.next(), arguments.next(), arguments.next())
        else {
            return Err(Format::AgeHeader.malformed("a stanza has the wrong number of arguments"));
        };
        let salt = decode_exactly::<SALT_BYTES>(salt)?;
        let work_factor = parse_work_factor(work_factor)?;
        let body = stanza.wrapped_key()?;
        wrapping::unwrap(&self.wrap_key(&salt, work_factor), [0; 12], body).ok_or(Error::NotForUs)
    }

    fn wrap_key(&self, salt: &[u8; SALT_BYTES], work_factor: u8) -> LessSafeKey {
        let parameters = scrypt::Params::new(work_factor, BLOCK_SIZE, 1)
            .expect("work factors up to 20 are within scrypt's bounds");
        let salt = [LABEL, salt].concat();
        let mut key = Zeroizing::new([0; 32]);
        scrypt::scrypt(self.0.as_bytes(), &salt, &parameters, key.as_mut_slice())
            .expect("32 bytes are within scrypt's bounds");
        let key = UnboundKey::new(&CHACHA20_POLY1305, key.as_slice());
        LessSafeKey::new(key.expect("the key has the cipher's size"))
    }
}

/// A decimal number without sign or leading zero, up to [`MAX_WORK_FACTOR`].
fn parse_work_factor(text: &str) -> Result<u8> {
    if text.starts_with('0') || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Format::AgeHeader.malformed("the work factor is not a plain decimal number"));
    }
    let found = text.parse().unwrap_or(u8::MAX);
    if found > MAX_WORK_FACTOR {
        return Err(Error::WorkFactor {
            found,
            max: MAX_WORK_FACTOR,
        });
    }
    Ok(found)
}
