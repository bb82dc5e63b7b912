//! Public keys, as authenticators write them: `COSE_Key` (RFC 9052, RFC 9053), of the kinds that we ask for.

use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
};

use super::PasskeyFault;
use super::cbor::Value;

const KIND: i64 = 1;
const ALGORITHM: i64 = 3;
const CURVE: i64 = -1;
const X: i64 = -2;
const Y: i64 = -3;
const MODULUS: i64 = -1;
const EXPONENT: i64 = -2;
/// The longest modulus, in bytes: 4096 bits.
const MAX_MODULUS_BYTES: usize = 512;

/// A passkey's public key, verbatim as its authenticator gave it, and known to be one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PublicKey {
    cose: Vec<u8>,
    kind: Kind,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Kind {
    /// ECDSA on P-256 with SHA-256 (-7): the point, uncompressed.
    Es256([u8; 65]),
    /// Ed25519 (-8).
    EdDsa([u8; 32]),
    /// RSASSA-PKCS1-v1_5 with SHA-256 (-257).
    Rs256 { modulus: Vec<u8>, exponent: Vec<u8> },
}

impl PublicKey {
    /// Reads a key, and gives what follows it.
    ///
    /// # Errors
    /// [`PasskeyFault::Key`] when it isn't one that we take.
    pub(super) fn read(bytes: &[u8]) -> Result<(Self, &[u8]), PasskeyFault> {
        let (value, rest) = Value::read(bytes).ok_or(PasskeyFault::Key)?;
        let kind = Kind::of(&value).ok_or(PasskeyFault::Key)?;
        let cose = bytes[..bytes.len() - rest.len()].to_vec();
        Ok((Self { cose, kind }, rest))
    }

    /// Of the bytes that [`PublicKey::to_bytes`] gave.
    ///
    /// # Errors
    /// [`PasskeyFault::Key`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PasskeyFault> {
        match Self::read(bytes)? {
            (key, []) => Ok(key),
            _ => Err(PasskeyFault::Key),
        }
    }

    /// The `COSE_Key`, to the byte as it came.
    #[must_use]
    pub fn to_bytes(&self) -> &[u8] {
        &self.cose
    }

    /// # Errors
    /// [`PasskeyFault::Signature`].
    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), PasskeyFault> {
        let verified = match &self.kind {
            Kind::Es256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature)
            }
            Kind::EdDsa(key) => UnparsedPublicKey::new(&ED25519, key).verify(message, signature),
            Kind::Rs256 { modulus, exponent } => PublicKeyComponents {
                n: modulus,
                e: exponent,
            }
            .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature),
        };
        verified.map_err(|_| PasskeyFault::Signature)
    }
}

impl Kind {
    fn of(key: &Value<'_>) -> Option<Self> {
        let number = |name| match key.numbered(name) {
            Some(Value::Int(number)) => Some(*number),
            _ => None,
        };
        let bytes = |name| key.numbered(name).and_then(Value::bytes);
        match (number(KIND)?, number(ALGORITHM)?) {
            (2, -7) if number(CURVE)? == 1 => {
                let x: [u8; 32] = bytes(X)?.try_into().ok()?;
                let y: [u8; 32] = bytes(Y)?.try_into().ok()?;
                let mut point = [4; 65];
                point[1..33].copy_from_slice(&x);
                point[33..].copy_from_slice(&y);
                // A point off the curve would be found out only when its owner signs in, and can't.
                ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).ok()?;
                Some(Self::Es256(point))
            }
            (1, -8) if number(CURVE)? == 6 => Some(Self::EdDsa(bytes(X)?.try_into().ok()?)),
            (3, -257) => {
                let (modulus, exponent) = (bytes(MODULUS)?, bytes(EXPONENT)?);
                let possible = (256..=MAX_MODULUS_BYTES).contains(&modulus.len())
                    && (1..=8).contains(&exponent.len());
                possible.then(|| Self::Rs256 {
                    modulus: modulus.to_vec(),
                    exponent: exponent.to_vec(),
                })
            }
            _ => None,
        }
    }
}
