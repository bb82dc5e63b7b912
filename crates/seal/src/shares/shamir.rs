//! One level of sharing: any `threshold` of the shares give the secret back, fewer say nothing of it.
//!
//! The secret is the polynomials' value at 255; a digest of it, under a random key, is their value at 254, so that a
//! wrong share is noticed (SLIP-0039, Sharing a secret).

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::field::{Point, interpolate};
use crate::error::Result;
use crate::signing::fill_random;

const SECRET_X: u8 = 255;
const DIGEST_X: u8 = 254;
const DIGEST_BYTES: usize = 4;

/// Shares of the secret at the indices 0 to `count - 1`.
pub(super) fn split(threshold: u8, count: u8, secret: &[u8]) -> Result<Vec<Zeroizing<Vec<u8>>>> {
    let mut shares: Vec<_> = Vec::with_capacity(usize::from(count));
    if threshold == 1 {
        shares.resize_with(usize::from(count), || Zeroizing::new(secret.to_vec()));
        return Ok(shares);
    }
    for _ in 0..threshold - 2 {
        let mut random = Zeroizing::new(vec![0; secret.len()]);
        fill_random(&mut random)?;
        shares.push(random);
    }
    let mut digest = Zeroizing::new(vec![0; secret.len()]);
    fill_random(&mut digest[DIGEST_BYTES..])?;
    let sum = digest_of(&digest[DIGEST_BYTES..], secret);
    digest[..DIGEST_BYTES].copy_from_slice(&sum);

    let computed: Vec<_> = {
        let random = (0..).zip(&shares).map(|(x, y)| Point { x, y });
        let fixed = [
            Point {
                x: DIGEST_X,
                y: &digest,
            },
            Point {
                x: SECRET_X,
                y: secret,
            },
        ];
        let points: Vec<_> = random.chain(fixed).collect();
        (threshold - 2..count)
            .map(|x| interpolate(x, &points))
            .collect()
    };
    shares.extend(computed);
    Ok(shares)
}

/// The secret of exactly `threshold` points; none if the digest says that one of them is wrong.
pub(super) fn recover(threshold: u8, points: &[Point<'_>]) -> Option<Zeroizing<Vec<u8>>> {
    if threshold == 1 {
        return points.first().map(|point| Zeroizing::new(point.y.to_vec()));
    }
    let secret = interpolate(SECRET_X, points);
    let digest = interpolate(DIGEST_X, points);
    let (sum, key) = digest.split_at_checked(DIGEST_BYTES)?;
    bool::from(digest_of(key, &secret).ct_eq(sum)).then_some(secret)
}

fn digest_of(key: &[u8], secret: &[u8]) -> [u8; DIGEST_BYTES] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(secret);
    let whole = mac.finalize().into_bytes();
    let (digest, _) = whole
        .split_first_chunk()
        .expect("a digest is longer than 4 bytes");
    *digest
}
