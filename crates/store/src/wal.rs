//! Moves pages from the write-ahead log into the database beside the writer, so that commits don't wait for it.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use crate::sqlite::{self, Use};
use crate::store::Shared;

const PAUSE: Duration = Duration::from_millis(500);
/// Beyond this many pages (128 MiB) the writer begins the log anew at its next pause.
const MAX_LOG_PAGES: u64 = 32 * 1024;

pub(crate) fn run(shared: &Arc<Shared>, ended: &Receiver<()>) {
    let connection = match sqlite::connect(&shared.folder.join("amana.db"), Use::Write) {
        Ok(connection) => connection,
        Err(error) => return shared.stop(&error),
    };
    // The writer's pages are no use here.
    let _ = connection.pragma_update(None, "cache_size", -2048);
    let log = shared.folder.join("amana.db-wal");
    let mut seen = None;
    while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(PAUSE) {
        let written = std::fs::metadata(&log).and_then(|log| log.modified()).ok();
        if written == seen {
            continue;
        }
        seen = written;
        let pages = connection
            .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
                row.get::<_, i64>(1)
            })
            .map_or(0, |pages| u64::try_from(pages).unwrap_or(0));
        if pages > MAX_LOG_PAGES {
            shared.ask_restart_log();
        }
    }
}
