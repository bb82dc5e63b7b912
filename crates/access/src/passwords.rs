//! A password with a time-based code beside it, for where there is no passkey.
//!
//! Argon2id (RFC 9106) with 19 MiB, two passes and one lane, as OWASP advises: about 30 ms on an old server, and a copy of
//! the rows isn't enough to try one, since they are sealed under the data centre's key as well. Codes are RFC 6238 with
//! SHA-1, 30 s and six digits, because that is what telephones know.

use std::str::FromStr;

use argon2::{Algorithm, Argon2, Params, Version};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::verbs::random;
use crate::{Error, Result};

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;
/// Bytes of a TOTP seed: as many as SHA-1 gives.
pub const SEED_BYTES: usize = 20;
const STEP_MS: i64 = 30_000;
/// Steps before and after now whose code is taken, for clocks that are off.
const SLACK_STEPS: i64 = 1;

/// A password as it was typed: 12 characters to 200 bytes. Never shown by `Debug`, erased when dropped.
pub struct Password(Zeroizing<String>);

impl FromStr for Password {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let one = text.chars().next();
        if text.chars().count() < 12 || text.len() > 200 || text.chars().all(|c| Some(c) == one) {
            return Err(Error::Invalid {
                what: "the password",
                why: "must have at least 12 characters, not all the same, and at most 200 bytes",
            });
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }
}

/// What is kept of a password and its codes, sealed: `version (1) ‖ salt (16) ‖ hash (32) ‖ seed (20)`.
pub(crate) struct Kept(Zeroizing<Vec<u8>>);

const VERSION: u8 = 1;
const KEPT_BYTES: usize = 1 + SALT_BYTES + HASH_BYTES + SEED_BYTES;

impl Kept {
    /// Of a password that is being set. Takes as long as Argon2 does.
    pub(crate) fn of(password: &Password, seed: &[u8; SEED_BYTES]) -> Result<Self> {
        let salt = random::<SALT_BYTES>()?;
        let hash = hash(password, &salt);
        let mut kept = Zeroizing::new(Vec::with_capacity(KEPT_BYTES));
        kept.push(VERSION);
        kept.extend_from_slice(&salt);
        kept.extend_from_slice(&*hash);
        kept.extend_from_slice(seed);
        Ok(Self(kept))
    }

    /// For an account that isn't there: the answer takes as long as for one that is.
    pub(crate) fn nobody() -> Self {
        Self(Zeroizing::new(vec![VERSION; KEPT_BYTES]))
    }

    /// As it was sealed.
    pub(crate) fn from_bytes(bytes: Zeroizing<Vec<u8>>) -> Option<Self> {
        (bytes.len() == KEPT_BYTES && bytes[0] == VERSION).then_some(Self(bytes))
    }

    /// To be sealed.
    pub(crate) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        self.0.clone()
    }

    /// The step whose code was given, if the password is right too. Both are always looked at.
    pub(crate) fn step(&self, password: &Password, code: &str, now_ms: i64) -> Option<i64> {
        let (salt, rest) = self.0[1..].split_at(SALT_BYTES);
        let (known, seed) = rest.split_at(HASH_BYTES);
        let right = bool::from(hash(password, salt).ct_eq(known));
        let step = step_of(seed, code, now_ms);
        step.filter(|_| right)
    }
}

fn hash(password: &Password, salt: &[u8]) -> Zeroizing<[u8; HASH_BYTES]> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(HASH_BYTES))
        .expect("the parameters are within Argon2's bounds");
    let mut out = Zeroizing::new([0; HASH_BYTES]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password.0.as_bytes(), salt, &mut *out)
        .expect("a salt of 16 bytes and a hash of 32 are within Argon2's bounds");
    out
}

/// The step of which `code` is the code, around now; each possible one is compared, in the same time.
pub(crate) fn step_of(seed: &[u8], code: &str, now_ms: i64) -> Option<i64> {
    let now = now_ms.div_euclid(STEP_MS);
    let typed: Zeroizing<String> =
        Zeroizing::new(code.chars().filter(|c| !c.is_whitespace()).collect());
    let mut found = None;
    for step in now - SLACK_STEPS..=now + SLACK_STEPS {
        let is_it = totp(seed, step).as_bytes().ct_eq(typed.as_bytes());
        if bool::from(is_it) {
            found = Some(step);
        }
    }
    found
}

/// The code of a step (RFC 4226 §5.3).
fn totp(seed: &[u8], step: i64) -> Zeroizing<String> {
    let mut mac = Hmac::<Sha1>::new_from_slice(seed).expect("HMAC takes a key of any length");
    mac.update(&step.to_be_bytes());
    let mac: [u8; 20] = mac.finalize().into_bytes().into();
    let from = usize::from(mac[19] & 15);
    let word = mac[from..from + 4]
        .iter()
        .fold(0_u32, |word, byte| word << 8 | u32::from(*byte));
    Zeroizing::new(format!("{:06}", (word & 0x7fff_ffff) % 1_000_000))
}

/// The seed in base 32 without padding (RFC 4648 §6), as telephones take it.
#[must_use]
pub fn seed_in_base32(seed: &[u8; SEED_BYTES]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(SEED_BYTES / 5 * 8));
    for five in seed.as_chunks::<5>().0 {
        text.push_str(&base32(*five));
    }
    text
}

/// Eight digits of base 32.
pub(crate) fn base32(five: [u8; 5]) -> Zeroizing<String> {
    let bits = five
        .iter()
        .fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    let digit = |place: u64| {
        let value = usize::try_from(bits >> (5 * place) & 31).unwrap_or_default();
        char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[value])
    };
    Zeroizing::new((0..8).rev().map(digit).collect())
}

#[cfg(test)]
mod tests {
    use super::totp;

    /// RFC 6238, appendix B: the vectors of SHA-1, their last six digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        let seed = b"12345678901234567890";
        for (time_s, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(totp(seed, time_s / 30).as_str(), code, "{time_s}");
        }
    }
}
