//! The encryption of the secret before it is shared: four Feistel rounds of PBKDF2-HMAC-SHA256 (SLIP-0039, Encryption).
//!
//! With the empty passphrase that we use it hides nothing; it is done because it is the standard, so that any other
//! implementation gives the same secret back.

use std::num::NonZeroU32;

use aws_lc_rs::pbkdf2::{PBKDF2_HMAC_SHA256, derive};
use zeroize::Zeroizing;

use super::mnemonic::SetHeader;

/// Iterations of each of the four rounds, for an exponent of 0.
const BASE_ITERATIONS: u32 = 2500;

/// The encrypted secret of a secret of an even number of bytes.
pub(super) fn encrypt(secret: &[u8], passphrase: &[u8], set: &SetHeader) -> Zeroizing<Vec<u8>> {
    rounds(secret, passphrase, set, [0, 1, 2, 3])
}

/// The secret of an encrypted secret.
pub(super) fn decrypt(sealed: &[u8], passphrase: &[u8], set: &SetHeader) -> Zeroizing<Vec<u8>> {
    rounds(sealed, passphrase, set, [3, 2, 1, 0])
}

fn rounds(bytes: &[u8], passphrase: &[u8], set: &SetHeader, order: [u8; 4]) -> Zeroizing<Vec<u8>> {
    let (left, right) = bytes.split_at(bytes.len() / 2);
    let mut left = Zeroizing::new(left.to_vec());
    let mut right = Zeroizing::new(right.to_vec());
    for round in order {
        let key = round_key(round, &right, passphrase, set);
        for (byte, key) in left.iter_mut().zip(key.iter()) {
            *byte ^= key;
        }
        std::mem::swap(&mut left, &mut right);
    }
    Zeroizing::new([right.as_slice(), left.as_slice()].concat())
}

fn round_key(round: u8, right: &[u8], passphrase: &[u8], set: &SetHeader) -> Zeroizing<Vec<u8>> {
    let password = Zeroizing::new([&[round], passphrase].concat());
    let mut salt = Zeroizing::new(Vec::with_capacity(8 + right.len()));
    // An extendable set has no identifier in its salt, so that a later set can share the same encrypted secret.
    if !set.extendable {
        salt.extend(b"shamir");
        salt.extend(set.identifier.to_be_bytes());
    }
    salt.extend(right);
    let iterations =
        NonZeroU32::new(BASE_ITERATIONS << set.iteration_exponent).expect("never zero");
    let mut key = Zeroizing::new(vec![0; right.len()]);
    derive(PBKDF2_HMAC_SHA256, iterations, &salt, &password, &mut key);
    key
}
