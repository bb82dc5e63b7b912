//! Parity made in the background, after the deposit: nobody waits for it, and what is left out the scrub makes.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use amana_ledger::Hash;

use super::{Fraction, Verdict, verify};
use crate::blobs::chunks_root;
use crate::store::{Shared, lock_state};
use crate::{BlobId, BlobInfo, Content, Result};

/// Blobs that wait for their parity at most; the scrub makes what doesn't fit.
const MAX_WAITING: usize = 1024;

/// A blob that a durable group brought.
pub(crate) struct Brought {
    pub(crate) id: BlobId,
    pub(crate) size_bytes: u64,
    pub(crate) chunks: Vec<Hash>,
}

impl Brought {
    pub(crate) fn of(content: &Content) -> Option<Self> {
        match content {
            Content::Inline(_) => None,
            Content::Blob(BlobInfo {
                id,
                size_bytes,
                chunks,
                ..
            }) => Some(Self {
                id: *id,
                size_bytes: *size_bytes,
                chunks: chunks.clone(),
            }),
        }
    }
}

/// The thread that makes parity, if it is asked for.
#[derive(Default)]
pub(crate) struct Keeper {
    running: Mutex<Option<Running>>,
    /// One parity is made at a time: this thread and the scrub may come upon the same blob.
    making: Mutex<()>,
}

struct Running {
    fraction: Fraction,
    waiting: SyncSender<Brought>,
    thread: JoinHandle<()>,
}

impl Keeper {
    pub(crate) fn begin(&self, shared: &Arc<Shared>, fraction: Fraction) -> Result<()> {
        let (waiting, queue) = sync_channel(MAX_WAITING);
        // Weak: the thread must not keep the store that ends it.
        let weak = Arc::downgrade(shared);
        let run = move || run(&weak, &queue, fraction);
        let thread = std::thread::Builder::new().name("amana-parity".to_owned());
        let thread = thread.spawn(run).map_err(crate::Error::file(
            "start a thread for",
            "amana-parity".as_ref(),
        ))?;
        *lock_state(&self.running) = Some(Running {
            fraction,
            waiting,
            thread,
        });
        Ok(())
    }

    pub(crate) fn fraction(&self) -> Option<Fraction> {
        lock_state(&self.running)
            .as_ref()
            .map(|running| running.fraction)
    }

    pub(crate) fn brought(&self, blob: Brought) {
        if let Some(running) = &*lock_state(&self.running) {
            // A full queue is no loss: the scrub finds what has no parity.
            let _ = running.waiting.try_send(blob);
        }
    }

    /// Ends the thread, after the blob under way.
    pub(crate) fn end(&self) {
        let running = lock_state(&self.running).take();
        if let Some(Running {
            waiting, thread, ..
        }) = running
        {
            drop(waiting);
            let _ = thread.join();
        }
    }
}

fn run(shared: &std::sync::Weak<Shared>, queue: &Receiver<Brought>, fraction: Fraction) {
    while let Ok(blob) = queue.recv() {
        let Some(shared) = shared.upgrade() else {
            return;
        };
        if shared.parity.fraction().is_none() {
            return;
        }
        if let Err(error) = shared.make_parity(&blob, fraction) {
            tracing::warn!(blob = %blob.id, %error, "no parity was made; the scrub tries again");
        }
    }
}

impl Shared {
    /// Makes the parity of a blob that is still named when it is done.
    pub(crate) fn make_parity(&self, blob: &Brought, fraction: Fraction) -> Result<()> {
        let _one = lock_state(&self.parity.making);
        let root = chunks_root(&blob.chunks);
        if verify(&self.blobs, blob.id, blob.size_bytes, &root) == Verdict::Whole {
            return Ok(());
        }
        self.room_for_content()?;
        super::make(
            &self.blobs,
            blob.id,
            blob.size_bytes,
            &blob.chunks,
            fraction,
        )?;
        let sql = "SELECT 1 FROM blob_chunks WHERE blob = $1";
        let name = blob.id.as_bytes().as_slice();
        if self
            .read(|rows| rows.one(sql, &[name.into()], |_| Ok(())))?
            .is_none()
        {
            self.blobs.remove_parity(blob.id)?;
        }
        Ok(())
    }
}
