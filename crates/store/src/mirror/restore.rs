//! A data folder again from a mirror, on a bare machine: rows first, so that it is ready to serve; blobs as they are read,
//! and one after the other until all are there.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::ops::ControlFlow;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use amana_ledger::{Checkpoint, Policy};
use sha2::{Digest as _, Sha256};

use super::names::{CONFIG, POLICY};
use super::read::Mirror;
use super::rebuild::{Rebuilt, rebuild};
use super::write::Pace;
use crate::blobs::{CHUNK_BYTES, parse_chunks};
use crate::folders::{self, sync as sync_folder};
use crate::keys::Keys;
use crate::national::awaited::{FILE as AWAITED, await_witnesses};
use crate::{BlobId, Blobs, Catalog, Error, LedgerId, Result, Store};

/// Where the rows are made before they get their place; a restore that was cut off leaves it, and begins again.
const UNDER_WAY: &str = "restoring";
/// What a restore writes before the rows; nothing else may be in the folder.
const OURS: [&str; 6] = [UNDER_WAY, "keys", POLICY, CONFIG, "lock", AWAITED];

/// Restores everything but the blobs into `folder`, which is empty, or holds what a restore left that was cut off. On
/// return the folder is durable, and [`Store::open`] opens it.
///
/// # Errors
/// [`Error::Folder`] for a folder that isn't empty, or a seed that isn't the one of the mirror's checkpoints;
/// [`Error::Damaged`] for a mirror that isn't whole, with what is wrong; [`Error::Place`], [`Error::File`].
pub fn restore(mirror: &Mirror, folder: &Path, seed: &str, catalog: &Catalog) -> Result<Rebuilt> {
    folders::make(folder, 0o700)?;
    refuse_what_is_there(folder)?;
    let head = mirror.head();
    let keys = Keys::of_text(seed, &head.centre)?;
    for ledger in &head.ledgers {
        let key = match ledger.ledger() {
            LedgerId::NATIONAL => keys.national_key(),
            _ => keys.ledger_key(&ledger.name),
        };
        let (_, note) = ledger.checkpoint()?;
        Checkpoint::of_note(&note, &key.verifier()).map_err(|error| Error::Folder {
            path: mirror.describe().into(),
            why: format!(
                "the checkpoint of {} was not signed under this seed: {error}; give the seed of that data centre",
                ledger.name
            ),
        })?;
    }
    let under_way = folder.join(UNDER_WAY);
    if under_way.exists() {
        fs::remove_dir_all(&under_way).map_err(Error::file("remove", &under_way))?;
    }
    folders::make(&under_way, 0o700)?;
    let policy_text = mirror.policy()?;
    let policy = Policy::parse(&policy_text)?;
    let rebuilt = rebuild(mirror, &under_way.join("amana.db"), catalog, &policy)?;
    if let Some((what, why)) = rebuilt.faults.first() {
        let others = rebuilt.faults.len() - 1;
        return Err(Error::Damaged {
            what: mirror.describe(),
            why: format!(
                "{what}: {why} (and {others} more faults; `amana check --mirror` names them all). Restore from another \
                 mirror"
            ),
        });
    }
    folders::make(&folder.join("keys"), 0o700)?;
    let seed = zeroize::Zeroizing::new(format!("{}\n", seed.trim()));
    write_private(&folder.join("keys/operator.seed"), seed.as_bytes())?;
    write_private(&folder.join(POLICY), &policy_text)?;
    write_private(&folder.join(CONFIG), &mirror.config()?)?;
    await_witnesses(folder)?;
    // The rows come last: a folder with a database is one that is whole, but for its blobs.
    let database = folder.join("amana.db");
    let made = under_way.join("amana.db");
    fs::rename(&made, &database).map_err(Error::file("rename", &made))?;
    sync_folder(folder)?;
    fs::remove_dir_all(&under_way).map_err(Error::file("remove", &under_way))?;
    Ok(rebuilt)
}

fn refuse_what_is_there(folder: &Path) -> Result<()> {
    for file in fs::read_dir(folder).map_err(Error::file("list", folder))? {
        let name = file.map_err(Error::file("list", folder))?.file_name();
        let known = OURS.iter().any(|ours| name == *ours);
        if !known || !folder.join(UNDER_WAY).exists() {
            return Err(Error::Folder {
                path: folder.to_owned(),
                why: "a restore needs an empty folder, and this one isn't: choose another, or move away what is in it"
                    .into(),
            });
        }
    }
    Ok(())
}

fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(path).map_err(Error::file("create", path))?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(Error::file("write", path))?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// How a folder's blobs are coming along.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Fetched {
    /// Blobs that came.
    pub blobs: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Blobs that the mirror hasn't got, or has damaged.
    pub missing: Vec<String>,
}

/// Fetches every blob that the rows name and the folder hasn't got. Each is verified, synced and named before the next, so
/// that it goes on where it was cut off. Blocking.
///
/// # Errors
/// [`Error::Place`], [`Error::File`], a failure of the rows.
pub fn fetch_blobs(store: &Store, mirror: &Mirror, pace: &Pace) -> Result<Fetched> {
    let mut fetched = Fetched::default();
    let mut names = Vec::new();
    store.read(|rows| {
        rows.each("SELECT blob FROM blob_chunks ORDER BY blob", &[], |row| {
            let id = row.blob(0)?.try_into().map(BlobId::from_bytes);
            names.extend(id.ok().filter(|id| !store.blobs().path(*id).exists()));
            Ok(ControlFlow::Continue(()))
        })
    })?;
    for blob in names {
        let sql = "SELECT digests FROM blob_chunks WHERE blob = $1";
        let chunks = store.read(|rows| {
            rows.one(sql, &[blob.as_bytes().as_slice().into()], |row| {
                Ok(parse_chunks(row.blob(0)?))
            })
        })?;
        // Nothing: it was freed in the meantime.
        let Some(chunks) = chunks else { continue };
        match fetch(store.blobs(), mirror, blob, &chunks, pace) {
            Ok(bytes) => {
                fetched.blobs += 1;
                fetched.bytes += bytes;
            }
            Err(error @ (Error::Missing { .. } | Error::Damaged { .. })) => {
                fetched.missing.push(error.to_string());
            }
            Err(error) => return Err(error),
        }
    }
    Ok(fetched)
}

/// Fetches one blob; its bytes are held against the digests in the rows, and these against the ledger whenever it is read.
fn fetch(
    blobs: &Blobs,
    mirror: &Mirror,
    blob: BlobId,
    chunks: &[amana_ledger::Hash],
    pace: &Pace,
) -> Result<u64> {
    let what = || format!("blob {blob} in {}", mirror.describe());
    let mut stream = mirror
        .blob(blob)?
        .ok_or_else(|| Error::Missing { what: what() })?;
    let path = blobs.path(blob);
    let tmp = path.with_extension("fetched");
    let mut file = File::create(&tmp).map_err(Error::file("create", &tmp))?;
    let mut bytes = 0;
    for digest in chunks {
        let mut chunk = Vec::with_capacity(CHUNK_BYTES);
        let failed = |error: std::io::Error| super::place::stream_failed(mirror, blob, &error);
        pace(CHUNK_BYTES).map_err(failed)?;
        (&mut stream)
            .take(CHUNK_BYTES as u64)
            .read_to_end(&mut chunk)
            .map_err(failed)?;
        if <[u8; 32]>::from(Sha256::digest(&chunk)) != *digest.as_bytes() {
            fs::remove_file(&tmp).map_err(Error::file("remove", &tmp))?;
            return Err(Error::Damaged {
                what: what(),
                why: format!(
                    "bytes from {bytes} on don't have the digest that the ledger commits to"
                ),
            });
        }
        file.write_all(&chunk).map_err(Error::file("write", &tmp))?;
        bytes += chunk.len() as u64;
    }
    file.sync_all().map_err(Error::file("sync", &tmp))?;
    fs::rename(&tmp, &path).map_err(Error::file("rename", &tmp))?;
    path.parent().map_or(Ok(()), sync_folder)?;
    Ok(bytes)
}
