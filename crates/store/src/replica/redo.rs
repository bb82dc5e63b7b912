//! The redo log: the sealed pages of one save, written and synced before any of them goes to its place.
//!
//! ```text
//! record  := page number (8, big-endian) ‖ sealed page (4136)
//! end     := sealed( pages of the file (8) ‖ records (8) ‖ SHA-256 of the records (32) )
//! log     := record* ‖ end
//! ```
//!
//! A log without its end is that of a save that never came about. A complete one is written to its place again, which
//! changes nothing that is there already.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use sha2::{Digest as _, Sha256};

use super::sealing::{OVERHEAD_BYTES, Place, SEALED_BYTES, Sealing};

const RECORD_BYTES: usize = 8 + SEALED_BYTES;
const END_BYTES: usize = 8 + 8 + 32 + OVERHEAD_BYTES;

/// The sealed pages of a save.
pub(super) struct Redo {
    records: Vec<u8>,
    /// Pages of the file after it.
    pub(super) pages: u64,
}

impl Redo {
    pub(super) fn new(pages: u64) -> Self {
        Self {
            records: Vec::new(),
            pages,
        }
    }

    pub(super) fn add(&mut self, sealing: &Sealing, number: u64, page: &[u8]) -> io::Result<()> {
        self.records.extend_from_slice(&number.to_be_bytes());
        sealing.seal(Place::Page(number), page, &mut self.records)
    }

    /// Writes it and syncs: on return it is durable.
    pub(super) fn write(&self, sealing: &Sealing, log: &File) -> io::Result<()> {
        let mut end = Vec::with_capacity(48);
        end.extend_from_slice(&self.pages.to_be_bytes());
        end.extend_from_slice(&((self.records.len() / RECORD_BYTES) as u64).to_be_bytes());
        end.extend_from_slice(&Sha256::digest(&self.records));
        let mut sealed = Vec::with_capacity(END_BYTES);
        sealing.seal(Place::Redo, &end, &mut sealed)?;
        log.set_len(0)?;
        log.write_all_at(&self.records, 0)?;
        log.write_all_at(&sealed, self.records.len() as u64)?;
        log.sync_data()
    }

    /// The log that a save left, if it is complete.
    pub(super) fn read(sealing: &Sealing, log: &File) -> io::Result<Option<Self>> {
        let size = usize::try_from(log.metadata()?.len()).map_err(io::Error::other)?;
        let Some(until) = size.checked_sub(END_BYTES) else {
            return Ok(None);
        };
        if until % RECORD_BYTES != 0 {
            return Ok(None);
        }
        let mut bytes = vec![0; size];
        log.read_exact_at(&mut bytes, 0)?;
        let Ok(end) = sealing.open(Place::Redo, &bytes[until..]) else {
            return Ok(None);
        };
        bytes.truncate(until);
        let (pages, digest) = (&end[..8], &end[16..]);
        if *digest != *Sha256::digest(&bytes) {
            return Ok(None);
        }
        let mut number = [0; 8];
        number.copy_from_slice(pages);
        Ok(Some(Self {
            records: bytes,
            pages: u64::from_be_bytes(number),
        }))
    }

    /// The pages: number and sealed bytes.
    pub(super) fn pages(&self) -> impl Iterator<Item = (u64, &[u8])> {
        self.records.chunks_exact(RECORD_BYTES).map(|record| {
            let (number, sealed) = record.split_at(8);
            let mut bytes = [0; 8];
            bytes.copy_from_slice(number);
            (u64::from_be_bytes(bytes), sealed)
        })
    }
}
