//! The keys that a provider publishes: a JWK Set (RFC 7517, RFC 7518 §6), of which those are kept that we could use.

use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::TokenFault;

/// The longest set that is read, in bytes.
const MAX_BYTES: usize = 128 * 1024;
/// The most keys of a set, those that we pass over included.
const MAX_KEYS: usize = 64;
const MAX_KID_BYTES: usize = 256;
/// Moduli of 2048 to 4096 bits.
const MODULUS_BYTES: std::ops::RangeInclusive<usize> = 256..=512;

/// The keys by which a provider's tokens are judged.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeySet {
    keys: Vec<Key>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Key {
    kid: Option<String>,
    material: Material,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Material {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256 { modulus: Vec<u8>, exponent: Vec<u8> },
    /// ECDSA on P-256 with SHA-256: the point, uncompressed.
    Es256([u8; 65]),
}

/// How a token is signed, as its header claims and a key decides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Algorithm {
    Rs256,
    Es256,
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<serde_json::Value>,
}

/// Members beyond these are for others.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    r#use: Option<String>,
    alg: Option<String>,
    kid: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

impl KeySet {
    /// Reads a set. Keys of other kinds, and those that aren't for signatures, are passed over (RFC 7517 §5).
    ///
    /// # Errors
    /// [`TokenFault::Keys`] for what isn't a set, or is too large.
    pub fn parse(json: &[u8]) -> Result<Self, TokenFault> {
        if json.len() > MAX_BYTES {
            return Err(TokenFault::Keys);
        }
        let set: Jwks = serde_json::from_slice(json).map_err(|_| TokenFault::Keys)?;
        if set.keys.len() > MAX_KEYS {
            return Err(TokenFault::Keys);
        }
        let keys = set.keys.into_iter().filter_map(|key| {
            let key: Jwk = serde_json::from_value(key).ok()?;
            Key::of(key)
        });
        Ok(Self {
            keys: keys.collect(),
        })
    }

    /// Whether one of the keys that a header may mean signed the message.
    ///
    /// # Errors
    /// [`TokenFault::UnknownKey`] when there is none, [`TokenFault::Signature`] when none of them did.
    pub(super) fn verify(
        &self,
        algorithm: Algorithm,
        kid: Option<&str>,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), TokenFault> {
        let meant = |key: &&Key| {
            key.material.algorithm() == algorithm && (kid.is_none() || key.kid.as_deref() == kid)
        };
        let mut candidates = self.keys.iter().filter(meant).peekable();
        if candidates.peek().is_none() {
            return Err(TokenFault::UnknownKey);
        }
        match candidates.any(|key| key.material.verifies(message, signature)) {
            true => Ok(()),
            false => Err(TokenFault::Signature),
        }
    }
}

impl Key {
    fn of(jwk: Jwk) -> Option<Self> {
        let decoded = |part: &Option<String>| URL_SAFE_NO_PAD.decode(part.as_ref()?).ok();
        let material = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("RSA", _) => {
                let modulus = without_zero(decoded(&jwk.n)?);
                let exponent = without_zero(decoded(&jwk.e)?);
                let possible =
                    MODULUS_BYTES.contains(&modulus.len()) && (1..=8).contains(&exponent.len());
                possible.then_some(Material::Rs256 { modulus, exponent })?
            }
            ("EC", Some("P-256")) => {
                let x: [u8; 32] = decoded(&jwk.x)?.try_into().ok()?;
                let y: [u8; 32] = decoded(&jwk.y)?.try_into().ok()?;
                let mut point = [4; 65];
                point[1..33].copy_from_slice(&x);
                point[33..].copy_from_slice(&y);
                ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).ok()?;
                Material::Es256(point)
            }
            _ => return None,
        };
        let signs = jwk.r#use.as_deref().is_none_or(|purpose| purpose == "sig");
        let named = jwk.alg.as_deref();
        let ours = named.is_none_or(|name| Algorithm::named(name) == Some(material.algorithm()));
        let short = jwk
            .kid
            .as_ref()
            .is_none_or(|kid| kid.len() <= MAX_KID_BYTES);
        (signs && ours && short).then_some(Self {
            kid: jwk.kid,
            material,
        })
    }
}

/// Some write a number as DER does, with a zero before its first bit (RFC 7518 §2 forbids it).
fn without_zero(mut number: Vec<u8>) -> Vec<u8> {
    if number.first() == Some(&0) {
        number.remove(0);
    }
    number
}

impl Algorithm {
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "RS256" => Some(Self::Rs256),
            "ES256" => Some(Self::Es256),
            _ => None,
        }
    }
}

impl Material {
    fn algorithm(&self) -> Algorithm {
        match self {
            Self::Rs256 { .. } => Algorithm::Rs256,
            Self::Es256(_) => Algorithm::Es256,
        }
    }

    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let verified = match self {
            Self::Rs256 { modulus, exponent } => PublicKeyComponents {
                n: modulus,
                e: exponent,
            }
            .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature),
            // JWS signatures are the two numbers side by side (RFC 7518 §3.4), not DER.
            Self::Es256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature)
            }
        };
        verified.is_ok()
    }
}
