//! Opening a data folder: one process, its own rows, and nothing lost that may be somebody's.

use std::fs::{self, File};
use std::path::Path;
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use rustix::fs::FlockOperation;
use tokio::sync::oneshot;

use crate::group::Group;
use crate::job::Queued;
use crate::keys::Keys;
use crate::national::CloseEpoch;
use crate::rows::Connection;
use crate::store::{Shared, stopped};
use crate::{BlobId, Blobs, CommitError, Error, LedgerId, LedgerInfo, Options, Result, clock};

/// Blobs that no row names are kept aside for this long: in a folder that was restored from an older copy they are
/// acknowledged content, which the newest rows would name.
const ASIDE: Duration = Duration::from_secs(30 * 24 * 3600);

/// Two processes on one folder would fork its ledgers.
pub(crate) fn lock(folder: &Path) -> Result<File> {
    let path = folder.join("lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(Error::file("create", &path))?;
    rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive).map_err(|_| {
        Error::Folder {
            path: folder.to_owned(),
            why: "another amana serves this folder; stop it first, or choose another --data".into(),
        }
    })?;
    Ok(file)
}

/// A folder that has keys and a policy, and no rows, is a data centre that lost them: a new history under its old keys
/// would be a fork.
pub(crate) fn refuse_a_folder_without_its_rows(folder: &Path) -> Result<()> {
    let has = |name: &str| folder.join(name).exists();
    if !has("amana.db") && has("keys/operator.seed") && has("policy") {
        return Err(Error::Folder {
            path: folder.join("amana.db"),
            why: "it is missing, and this folder's keys have signed with it: restore it from the newest copy; for a new \
                  data centre, choose an empty folder"
                .into(),
        });
    }
    Ok(())
}

/// A node without the operator's seed would make one of its own, which is nothing to the database's ledgers.
pub(crate) fn refuse_a_node_without_its_seed(folder: &Path, rows: &Connection) -> Result<()> {
    let path = folder.join("keys/operator.seed");
    if path.exists() || LedgerInfo::by_id(&rows.reader(), LedgerId::NATIONAL)?.is_none() {
        return Ok(());
    }
    Err(Error::Folder {
        path,
        why: "it is missing, and the database belongs to a data centre: copy the file from one of its nodes, mode 600".into(),
    })
}

/// The data centre's keys, and its blobs, which are no other's.
pub(crate) fn keys_and_blobs(folder: &Path, options: &Options) -> Result<(Keys, Blobs)> {
    let place = options.object_place.as_ref();
    let blobs = Blobs::open(folder.join("blobs"), place, options.faults.clone())?;
    blobs.sweep_unfinished()?;
    let keys = Keys::load_or_create(&folder.join("keys"), &options.centre)?;
    blobs.claim(keys.national_key().verifier().to_string())?;
    Ok((keys, blobs))
}

/// The national log begins with an epoch over no ledger: its genesis, which witnesses pin.
pub(crate) fn open_national(group: &mut Group) -> Result<()> {
    let shared = group.shared.clone();
    if shared
        .read(|rows| LedgerInfo::by_id(rows, LedgerId::NATIONAL))?
        .is_some()
    {
        return Ok(());
    }
    let (reply, mut answer) = oneshot::channel();
    let act = CloseEpoch::new(shared, true);
    let queued = Queued {
        act,
        content: Vec::new(),
        reply,
        output: None,
        refusal: None,
    };
    group.commit(vec![Box::new(queued)]);
    match answer.try_recv() {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(CommitError::Store(error))) => Err(error),
        _ => Err(stopped()),
    }
}

/// Moves blobs that no row names to `blobs/unnamed`: what a crash left between a rename and a commit, or between a commit
/// and a removal. Those that have been there for [`ASIDE`] go.
pub(crate) fn set_nameless_aside(shared: &Shared) -> Result<()> {
    if shared.blobs.elsewhere().is_some() {
        // `Store::sweep_blobs` goes through the object store's list while it serves.
        return Ok(());
    }
    shared.blobs.each(|id, path| {
        let Some(id) = id else {
            tracing::warn!(path = %path.display(), "a file among the blobs is no blob; it is left alone");
            return Ok(());
        };
        if !is_named(shared, id)? {
            tracing::warn!(blob = %id, "no act names this blob; it is set aside under blobs/unnamed for 30 days");
            shared.blobs.set_aside(id)?;
        }
        Ok(())
    })?;
    shared.blobs.each_parity(|id, path| {
        match id {
            Some(id) if is_named(shared, id)? => Ok(()),
            // It can be made again: nothing is lost with it.
            _ => fs::remove_file(path).map_err(Error::file("remove", path)),
        }
    })?;
    let now = SystemTime::UNIX_EPOCH + Duration::from_millis(clock::system_ms().cast_unsigned());
    shared.blobs.each_aside(|path| {
        let changed = fs::metadata(path)
            .and_then(|file| file.modified())
            .map_err(Error::file("stat", path))?;
        if now.duration_since(changed).is_ok_and(|age| age > ASIDE) {
            fs::remove_file(path).map_err(Error::file("remove", path))?;
        }
        Ok(())
    })
}

fn is_named(shared: &Shared, id: BlobId) -> Result<bool> {
    let sql = "SELECT 1 FROM blob_chunks WHERE blob = $1";
    let named =
        shared.read(|rows| rows.one(sql, &[id.as_bytes().as_slice().into()], |_| Ok(())))?;
    Ok(named.is_some())
}

/// Starts a thread.
pub(crate) fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(run);
    thread.map_err(Error::file("start a thread for", Path::new(name)))
}
