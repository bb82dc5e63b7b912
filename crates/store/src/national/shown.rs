//! What witnesses showed us of ourselves that we don't have: kept in the folder, so that a restart doesn't forget it and
//! write over history.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use amana_ledger::{Checkpoint, Note};

use super::evidence::Anomaly;
use super::latest_head;
use crate::store::{Shared, lock_state};
use crate::{Error, LedgerInfo, Result, folders};

/// Folder of the signed checkpoints that are ahead of us, one a ledger.
const FOLDER: &str = "behind";
/// Ledgers of which such checkpoints are kept at most.
const MAX_SHOWN: usize = 4096;

/// The largest checkpoint shown of each ledger, by origin.
#[derive(Default)]
pub(crate) struct Shown(BTreeMap<String, Note>);

impl Shared {
    fn behind_folder(&self) -> PathBuf {
        self.folder.join(FOLDER)
    }

    /// Remembers a checkpoint, whose signature was verified, that shows us behind. Durable on return.
    pub(crate) fn remember_shown(&self, note: &Note) -> Result<()> {
        let checkpoint = Checkpoint::parse(&note.text)?;
        let mut shown = lock_state(&self.shown);
        let known = shown.0.get(&checkpoint.origin);
        let known = known.and_then(|known| Checkpoint::parse(&known.text).ok());
        if known.is_some_and(|known| known.size >= checkpoint.size) || shown.0.len() >= MAX_SHOWN {
            return Ok(());
        }
        let folder = self.behind_folder();
        folders::make(&folder, 0o755)?;
        let path = folder.join(file_name(&checkpoint.origin));
        let tmp = path.with_extension("new");
        let mut file = fs::File::create(&tmp).map_err(Error::file("create", &tmp))?;
        file.write_all(note.to_string().as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(Error::file("write", &tmp))?;
        fs::rename(&tmp, &path).map_err(Error::file("rename", &tmp))?;
        folders::sync(&folder)?;
        shown.0.insert(checkpoint.origin, note.clone());
        Ok(())
    }

    /// At the start: what was shown before, as far as it is missing still.
    pub(crate) fn recall_shown(&self) -> Result<()> {
        let folder = self.behind_folder();
        let Ok(files) = fs::read_dir(&folder) else {
            return Ok(());
        };
        for file in files {
            let path = file.map_err(Error::file("list", &folder))?.path();
            if path.extension().is_some_and(|end| end == "new") {
                continue;
            }
            let text = fs::read(&path).map_err(Error::file("read", &path))?;
            let note = Note::parse(&text)?;
            let origin = Checkpoint::parse(&note.text)?.origin;
            lock_state(&self.shown).0.insert(origin, note);
        }
        self.settle_what_witnesses_showed()
    }

    /// Forgets what is there again, and takes writes if nothing is missing any more; otherwise stays read-only, and says
    /// for which reason.
    pub(crate) fn settle_what_witnesses_showed(&self) -> Result<()> {
        let mut shown = lock_state(&self.shown);
        let mut left: Option<Anomaly> = None;
        for (origin, note) in std::mem::take(&mut shown.0) {
            match self.read(|rows| self.judge(rows, &note))? {
                None => {
                    let path = self.behind_folder().join(file_name(&origin));
                    match fs::remove_file(&path) {
                        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                            return Err(Error::file("remove", &path)(error));
                        }
                        _ => {}
                    }
                }
                Some(anomaly) => {
                    left = left.or(Some(anomaly));
                    shown.0.insert(origin, note);
                }
            }
        }
        drop(shown);
        let why = match left {
            Some(anomaly) => Some(anomaly.to_string()),
            None => self.read(|rows| self.behind_its_epochs(rows))?,
        };
        self.read_only_for_witnesses(why);
        Ok(())
    }

    /// A ledger that has less than the national log committed of it.
    fn behind_its_epochs(&self, rows: &crate::Reader<'_>) -> Result<Option<String>> {
        let last = rows.one("SELECT MAX(ledger) FROM epoch_heads", &[], |row| {
            row.opt_int(0)
        })?;
        for id in 1..=last.flatten().unwrap_or(0) {
            let id = crate::LedgerId(u32::try_from(id).unwrap_or(u32::MAX));
            let info = LedgerInfo::by_id(rows, id)?;
            let size = info.as_ref().map_or(0, |info| info.size);
            if let Some((committed, _)) = latest_head(rows, id, u64::MAX)?
                && committed > size
            {
                let name = info.map_or_else(|| format!("ledger {}", id.0), |info| info.name);
                return Ok(Some(format!(
                    "the national log commits {committed} entries of {name}, and we have {size}: whoever followed it gives \
                     them back (amana ledger give-back)"
                )));
            }
        }
        Ok(None)
    }
}

/// A name that any origin has, and no two.
fn file_name(origin: &str) -> String {
    use sha2::{Digest as _, Sha256};
    hex::encode(Sha256::digest(origin))
}
