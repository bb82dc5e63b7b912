//! What a running process says of itself to `amana doctor`.

use rustix::process::{Resource, getpid, getrlimit};
use serde_json::{Value, json};

use crate::tls::Listeners;

/// Its id, its limits, and what its listeners show.
pub(crate) fn of_process(tls: &Listeners) -> Value {
    let files = getrlimit(Resource::Nofile).current;
    let core = getrlimit(Resource::Core).current;
    json!({
        "pid": getpid().as_raw_nonzero().get(),
        // Without a limit there are enough of them.
        "max_files": files.unwrap_or(u64::MAX),
        "core_dumps": core != Some(0),
        "tls": tls.shown(),
    })
}
