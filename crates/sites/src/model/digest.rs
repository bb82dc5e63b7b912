//! SHA-256 digests as they stand in JSON: 64 hexadecimal digits.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use amana_ledger::{Hash, digits, parse_digits};
use serde::{Deserialize, Deserializer, Serializer, de};
use sha2::{Digest as _, Sha256};

pub(super) fn serialize<S: Serializer>(hash: &Hash, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&digits(hash))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Hash, D::Error> {
    let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
    parse_digits(&text).map_err(de::Error::custom)
}

/// A digest in a map or a list.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub(super) struct Digits(#[serde(with = "super::digest")] pub(super) Hash);

pub(super) fn of(bytes: &[u8]) -> Hash {
    Hash::from(<[u8; 32]>::from(Sha256::digest(bytes)))
}

/// Of a file, how much is given back beside its digest: by it, its type is told.
const BEGIN_BYTES: usize = 4 << 20;

/// A file's digest, and what it begins with.
pub(super) fn of_file(path: &Path) -> io::Result<(Hash, Vec<u8>)> {
    let mut file = File::open(path)?;
    let mut begin = Vec::new();
    file.by_ref()
        .take(BEGIN_BYTES as u64)
        .read_to_end(&mut begin)?;
    let mut hasher = Sha256::new();
    hasher.update(&begin);
    if begin.len() == BEGIN_BYTES {
        let mut piece = vec![0; 1 << 20];
        loop {
            match file.read(&mut piece)? {
                0 => break,
                read => hasher.update(&piece[..read]),
            }
        }
    }
    Ok((Hash::from(<[u8; 32]>::from(hasher.finalize())), begin))
}
