//! Checksums that clients ask for, beside the MD5 and SHA-256 that are always computed.

use std::collections::{BTreeMap, BTreeSet};

use crc_fast::CrcAlgorithm;
use md5::Md5;
use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use crate::encoding;

/// A checksum algorithm of S3.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChecksumAlgorithm {
    /// CRC-32 (ISO HDLC).
    Crc32,
    /// CRC-32C (Castagnoli).
    Crc32c,
    /// CRC-64/NVME.
    Crc64Nvme,
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
}

impl ChecksumAlgorithm {
    /// All of them, in the order of their numbers in rows, which begin at 1.
    const NUMBERED: [Self; 5] = [
        Self::Crc32,
        Self::Crc32c,
        Self::Crc64Nvme,
        Self::Sha1,
        Self::Sha256,
    ];

    /// Its number in rows.
    pub(crate) fn number(self) -> i64 {
        let place = Self::NUMBERED.iter().position(|known| *known == self);
        place.map_or(0, |place| place as i64 + 1)
    }

    /// The algorithm with that number.
    pub(crate) fn numbered(number: i64) -> Option<Self> {
        let place = usize::try_from(number).ok()?.checked_sub(1)?;
        Self::NUMBERED.get(place).copied()
    }

    fn crc(self) -> Option<CrcAlgorithm> {
        match self {
            Self::Crc32 => Some(CrcAlgorithm::Crc32IsoHdlc),
            Self::Crc32c => Some(CrcAlgorithm::Crc32Iscsi),
            Self::Crc64Nvme => Some(CrcAlgorithm::Crc64Nvme),
            Self::Sha1 | Self::Sha256 => None,
        }
    }

    /// Length of its value, in bytes.
    #[must_use]
    pub fn size_bytes(self) -> usize {
        match self {
            Self::Crc32 | Self::Crc32c => 4,
            Self::Crc64Nvme => 8,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    /// The type that a multipart upload has when none was asked for.
    #[must_use]
    pub fn multipart_default(self) -> ChecksumType {
        match self {
            Self::Crc64Nvme => ChecksumType::FullObject,
            _ => ChecksumType::Composite,
        }
    }

    /// Whether a multipart upload can have it: CRC-64 only over the full object, SHA only composite.
    #[must_use]
    pub fn allows(self, kind: ChecksumType) -> bool {
        match kind {
            ChecksumType::FullObject => self.crc().is_some(),
            ChecksumType::Composite => self != Self::Crc64Nvme,
        }
    }
}

/// What a multipart upload's checksum covers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChecksumType {
    /// The whole content.
    FullObject,
    /// The parts' checksums, one after the other.
    Composite,
}

/// A checksum, with what it covers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Checksum {
    /// By which algorithm.
    pub algorithm: ChecksumAlgorithm,
    /// What it covers.
    #[serde(rename = "type")]
    pub kind: ChecksumType,
    /// The value, big-endian.
    #[serde(with = "encoding::base64_bytes")]
    pub value: Vec<u8>,
    /// How many parts, for a composite one: S3 shows it as `<base64>-<parts>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts: Option<u32>,
}

/// Digests under way over a stream, SHA-256 excepted: that one is computed where the content is kept.
pub(crate) struct Digests {
    md5: Md5,
    sha1: Option<Sha1>,
    crcs: Vec<(ChecksumAlgorithm, crc_fast::Digest)>,
    sha256: bool,
}

impl Digests {
    pub(crate) fn new(algorithms: &[ChecksumAlgorithm]) -> Self {
        let asked: BTreeSet<_> = algorithms.iter().copied().collect();
        Self {
            md5: Md5::new(),
            sha1: asked.contains(&ChecksumAlgorithm::Sha1).then(Sha1::new),
            crcs: asked
                .iter()
                .filter_map(|algorithm| Some((*algorithm, crc_fast::Digest::new(algorithm.crc()?))))
                .collect(),
            sha256: asked.contains(&ChecksumAlgorithm::Sha256),
        }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.md5.update(bytes);
        if let Some(sha1) = &mut self.sha1 {
            sha1.update(bytes);
        }
        for (_, crc) in &mut self.crcs {
            crc.update(bytes);
        }
    }

    pub(crate) fn finish(
        self,
        sha256: [u8; 32],
    ) -> ([u8; 16], BTreeMap<ChecksumAlgorithm, Vec<u8>>) {
        let mut found: BTreeMap<_, _> = self
            .crcs
            .into_iter()
            .map(|(algorithm, crc)| (algorithm, crc_bytes(algorithm, crc.finalize())))
            .collect();
        if let Some(sha1) = self.sha1 {
            found.insert(ChecksumAlgorithm::Sha1, sha1.finalize().to_vec());
        }
        if self.sha256 {
            found.insert(ChecksumAlgorithm::Sha256, sha256.to_vec());
        }
        (self.md5.finalize().into(), found)
    }
}

/// The CRC's low bytes, big-endian.
fn crc_bytes(algorithm: ChecksumAlgorithm, crc: u64) -> Vec<u8> {
    crc.to_be_bytes()[8 - algorithm.size_bytes()..].to_vec()
}

/// The full-object checksum of parts, from each part's CRC and length; `None` for an algorithm that has none, or without parts.
pub(crate) fn combined(algorithm: ChecksumAlgorithm, parts: &[(&[u8], u64)]) -> Option<Vec<u8>> {
    let crc = algorithm.crc()?;
    let number = |value: &[u8]| {
        value
            .iter()
            .fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
    };
    let whole = parts
        .iter()
        .map(|(value, size)| (number(value), *size))
        .reduce(|(before, length), (value, size)| {
            (
                crc_fast::checksum_combine(crc, before, value, size),
                length + size,
            )
        })?;
    Some(crc_bytes(algorithm, whole.0))
}

/// The composite checksum of parts: the algorithm over their checksums.
pub(crate) fn composed(algorithm: ChecksumAlgorithm, parts: &[&[u8]]) -> Vec<u8> {
    let all = parts.concat();
    match algorithm.crc() {
        Some(crc) => crc_bytes(algorithm, crc_fast::checksum(crc, &all)),
        None if algorithm == ChecksumAlgorithm::Sha1 => Sha1::digest(&all).to_vec(),
        None => Sha256::digest(&all).to_vec(),
    }
}
