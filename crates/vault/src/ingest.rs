//! Taking content in: hashed while it comes, small content in memory, large content in a blob.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::model::ChecksumAlgorithm;
use crate::{Result, Vault};

/// How content is taken in.
#[derive(Clone, Debug)]
pub struct IngestOptions {
    /// Checksums to compute beside MD5 and SHA-256.
    pub algorithms: Vec<ChecksumAlgorithm>,
    /// The most that is taken.
    pub max_bytes: u64,
}

/// Content on its way in. Dropped, it leaves nothing.
pub struct Ingest {}

/// Content that is in, with its digests; dropped without being committed, it leaves nothing.
pub struct Ingested {
    /// Its length.
    pub size_bytes: u64,
    /// MD5.
    pub md5: [u8; 16],
    /// SHA-256.
    pub sha256: [u8; 32],
    /// The checksums that were asked for, big-endian.
    pub checksums: BTreeMap<ChecksumAlgorithm, Vec<u8>>,
}

impl Vault {
    /// Begins to take content in.
    ///
    /// # Errors
    /// [`crate::Error::Full`], before any of it is read.
    pub fn ingest(&self, options: IngestOptions) -> Result<Ingest> {
        unimplemented!()
    }
}

impl Ingest {
    /// Takes more; at most about 2 MiB wait for the disk.
    ///
    /// # Errors
    /// [`crate::Error::EntityTooLarge`], [`crate::Error::Full`], a failure of the file.
    pub async fn write(&mut self, bytes: Bytes) -> Result<()> {
        unimplemented!()
    }

    /// Ends it: on return, content too large for rows is durable in its blob.
    ///
    /// # Errors
    /// [`crate::Error::Full`], a failure of the file.
    pub async fn finish(self) -> Result<Ingested> {
        unimplemented!()
    }
}
