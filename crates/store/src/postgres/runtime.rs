//! What drives a connection: a runtime of its own, on whichever thread waits for an answer.

use std::future::Future;

use tokio::runtime::{Builder, Handle, Runtime, RuntimeFlavor};

use super::failure::unreachable;
use crate::Result;

/// A runtime that may be dropped anywhere.
pub(super) struct OwnRuntime(Option<Runtime>);

impl OwnRuntime {
    pub(super) fn new() -> Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build();
        Ok(Self(Some(
            runtime.map_err(|error| unreachable(error.to_string()))?,
        )))
    }

    /// Waits. Within a server's runtime, the other tasks of this thread go on elsewhere meanwhile.
    pub(super) fn block<T>(&self, work: impl Future<Output = T>) -> T {
        let runtime = self.0.as_ref().expect("it is there until it is dropped");
        let hands_over = Handle::try_current()
            .is_ok_and(|handle| handle.runtime_flavor() == RuntimeFlavor::MultiThread);
        if hands_over {
            tokio::task::block_in_place(|| runtime.block_on(work))
        } else {
            runtime.block_on(work)
        }
    }
}

impl Drop for OwnRuntime {
    fn drop(&mut self) {
        // Otherwise it would wait for its threads, which no task of another runtime may.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
