//! A blob on its way to a place, each chunk held against its digest first.

use std::io::{self, Read};

use bytes::Bytes;

use super::write::Pace;
use crate::{BlobReader, Error};

/// A blob's chunks as a stream, each checked before it goes.
pub(super) struct Verified {
    chunks: BlobReader,
    number: u64,
    ready: Bytes,
    pace: Pace,
    /// Why it can't be read, when it is its own fault and not the place's.
    pub(super) damage: Option<Error>,
}

impl Verified {
    pub(super) fn new(chunks: BlobReader, pace: Pace) -> Self {
        Self {
            chunks,
            number: 0,
            ready: Bytes::new(),
            pace,
            damage: None,
        }
    }
}

impl Read for Verified {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if self.ready.is_empty() {
            if self.number == self.chunks.chunk_count() {
                return Ok(0);
            }
            match self.chunks.chunk(self.number) {
                Ok(chunk) => self.ready = chunk,
                Err(error) => {
                    let why = io::Error::other(error.to_string());
                    self.damage = Some(error);
                    return Err(why);
                }
            }
            (self.pace)(self.ready.len())?;
            self.number += 1;
        }
        let now = self.ready.split_to(to.len().min(self.ready.len()));
        to[..now.len()].copy_from_slice(&now);
        Ok(now.len())
    }
}
