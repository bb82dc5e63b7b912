//! A data folder again from a mirror, on a bare machine: rows first, so that it is ready to serve; blobs come as they are
//! read, and by `fetch.rs`.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use amana_ledger::{Checkpoint, Policy};

use super::names::{CONFIG, POLICY};
use super::read::Mirror;
use super::rebuild::{Rebuilt, rebuild};
use crate::folders::{self, sync as sync_folder};
use crate::keys::Keys;
use crate::national::awaited::{FILE as AWAITED, await_witnesses};
use crate::{Catalog, Error, LedgerId, Result};

/// Where the rows are made before they get their place; a restore that was cut off leaves it, and begins again.
const UNDER_WAY: &str = "restoring";
/// What a restore writes before the rows; nothing else may be in the folder.
const OURS: [&str; 6] = [UNDER_WAY, "keys", POLICY, CONFIG, "lock", AWAITED];

/// Restores everything but the blobs into `folder`, which is empty, or holds what a restore left that was cut off. On
/// return the folder is durable, and [`crate::Store::open`] opens it. `policy_text` is the trust policy that it gets: whoever
/// holds the place may have put an older one there.
///
/// # Errors
/// [`Error::Folder`] for a folder that isn't empty, or a seed that isn't the one of the mirror's checkpoints;
/// [`Error::Damaged`] for a mirror that isn't whole, with what is wrong; [`Error::Place`], [`Error::File`].
pub fn restore(
    mirror: &Mirror,
    folder: &Path,
    seed: &str,
    policy_text: &[u8],
    catalog: &Catalog,
) -> Result<Rebuilt> {
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
    let policy = Policy::parse(policy_text)?;
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
    write_private(&folder.join(POLICY), policy_text)?;
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
