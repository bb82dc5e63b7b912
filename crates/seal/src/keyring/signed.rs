//! A keyring with its signature lines, as it travels and as the next one names it.

use std::collections::BTreeMap;

use super::text::{Holder, Keyring, MAX_KEYRING_BYTES};
use crate::error::{Error, Format, Result};
use crate::signing::{DASH, sha256};
use crate::text::{Lines, base64_bytes, to_base64};

/// The most signatures of a keyring.
pub const MAX_SIGNATURES: usize = 16;

/// A keyring's text and who signed it: `— root <base64>` and `— <member id> <base64>`, the root first, then by id.
///
/// It means nothing until [`super::accept`] has accepted it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedKeyring {
    keyring: Keyring,
    signatures: BTreeMap<Holder, [u8; 64]>,
}

impl SignedKeyring {
    /// A signed keyring from its bytes.
    ///
    /// # Errors
    /// [`Error::TooLarge`] over [`MAX_KEYRING_BYTES`] or over the bound of a field; [`Error::Malformed`] for whatever isn't
    /// the one spelling of a keyring.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let too_large = |max| Error::TooLarge {
            format: Format::Keyring,
            max,
        };
        if bytes.len() > MAX_KEYRING_BYTES {
            return Err(too_large(MAX_KEYRING_BYTES));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| malformed("not UTF-8"))?;
        let mut lines = Lines::new(Format::Keyring, text);
        let keyring = Keyring::read(&mut lines)?;
        let mut signatures = BTreeMap::new();
        while !lines.rest().is_empty() {
            if signatures.len() == MAX_SIGNATURES {
                return Err(too_large(MAX_SIGNATURES));
            }
            let (signer, signature) = read_signature(&mut lines)?;
            if signatures
                .last_key_value()
                .is_some_and(|(last, _)| *last >= signer)
            {
                return Err(malformed(
                    "signatures are not the root's and then in the order of ids",
                ));
            }
            signatures.insert(signer, signature);
        }
        if signatures.is_empty() {
            return Err(malformed("nobody signed it"));
        }
        Ok(Self {
            keyring,
            signatures,
        })
    }

    /// Joins a text and its signatures, and reads the whole as any reader will.
    pub(super) fn join(text: &str, signatures: &BTreeMap<Holder, [u8; 64]>) -> Result<Self> {
        Self::parse((text.to_owned() + &signature_lines(signatures)).as_bytes())
    }

    /// What it says.
    #[must_use]
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// Who signed it, as it claims.
    #[must_use]
    pub fn signatures(&self) -> &BTreeMap<Holder, [u8; 64]> {
        &self.signatures
    }

    /// The whole text, with its signatures.
    #[must_use]
    pub fn text(&self) -> String {
        self.keyring.text() + &signature_lines(&self.signatures)
    }

    /// SHA-256 of the whole text, by which the next keyring names this one.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        sha256(self.text().as_bytes())
    }
}

fn signature_lines(signatures: &BTreeMap<Holder, [u8; 64]>) -> String {
    let line = |(signer, signature): (&Holder, &[u8; 64])| {
        format!("{DASH}{signer} {}\n", to_base64(signature))
    };
    signatures.iter().map(line).collect()
}

fn read_signature(lines: &mut Lines<'_>) -> Result<(Holder, [u8; 64])> {
    let why = "a signature line is not a dash, a signer and 64 bytes in base64";
    let (signer, base64) = lines
        .line(why)?
        .strip_prefix(DASH)
        .and_then(|line| line.split_once(' '))
        .ok_or(malformed(why))?;
    let signature = base64_bytes(base64).ok_or(malformed(why))?;
    Ok((signer.parse()?, signature))
}

const fn malformed(why: &'static str) -> Error {
    Format::Keyring.malformed(why)
}
