//! Content on its way out, verified chunk by chunk.

use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::Stream;

use crate::{ObjectInfo, Result, Vault};

/// Verified content; an error ends it. At most two chunks of 256 KiB are in memory.
pub struct ContentStream {}

impl Stream for ContentStream {
    type Item = Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        unimplemented!()
    }
}

impl Vault {
    /// Content small enough to lie in rows, verified, in one piece; `None` for larger content.
    ///
    /// # Errors
    /// [`crate::Error::Damaged`]; [`crate::Error::ConditionalConflict`] when the version was deleted or replaced since it
    /// was looked up: look it up again.
    pub fn read_small(&self, object: &ObjectInfo) -> Result<Option<Bytes>> {
        unimplemented!()
    }

    /// The bytes of `range`. On return the first chunk is verified, so that damage there is an error here and not in
    /// the stream.
    ///
    /// # Errors
    /// [`crate::Error::InvalidRange`], [`crate::Error::Damaged`]; [`crate::Error::ConditionalConflict`] when the version
    /// was deleted or replaced since it was looked up: look it up again.
    pub async fn read(&self, object: &ObjectInfo, range: Range<u64>) -> Result<ContentStream> {
        unimplemented!()
    }
}
