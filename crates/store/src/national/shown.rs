//! What witnesses showed us of ourselves that we don't have, or have otherwise: kept in the folder, so that a restart
//! doesn't forget it and write over history.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use amana_ledger::{Checkpoint, Note};

use super::evidence::Anomaly;
use super::latest_head;
use crate::store::{Shared, lock_state};
use crate::{Error, LedgerInfo, Result, Store, folders};

/// Folder of the signed checkpoints that are ahead of us, or contradict us: one of each a ledger.
const FOLDER: &str = "behind";
/// Ledgers of which such checkpoints are kept at most.
const MAX_SHOWN: usize = 4096;
/// End of the names of those that contradict what we have.
const FORKED: &str = "forked";

/// What was shown of each ledger, by origin.
#[derive(Default)]
pub(crate) struct Shown {
    /// The largest checkpoint that is ahead of us: obsolete once what it counts is here.
    behind: BTreeMap<String, Note>,
    /// The first one that contradicts us, and what it says. Nothing that is appended takes a fork back, so that it is
    /// weighed again at a start alone, when somebody may have brought back another folder.
    forked: BTreeMap<String, (Note, Anomaly)>,
}

impl Shared {
    fn behind_folder(&self) -> PathBuf {
        self.folder.join(FOLDER)
    }

    /// Judges a checkpoint under our signature, and takes no writes if it shows that we are behind or forked. Durable on
    /// return; a disk that fails changes nothing of the decision.
    pub(crate) fn weigh_shown(&self, note: &Note) -> Result<Option<Anomaly>> {
        // Held from the judgement to the decision: otherwise what was given back meanwhile would be forgotten, or what
        // is decided here be overwritten by whoever settles.
        let mut shown = lock_state(&self.shown);
        let Some(anomaly) = self.read(|rows| self.judge(rows, note))? else {
            return Ok(None);
        };
        tracing::error!(%anomaly, "read-only");
        let kept = shown.keep(note, &anomaly)?;
        let why = shown.fork().unwrap_or_else(|| anomaly.to_string());
        self.read_only_for_witnesses(Some(why));
        let path = self.path_of(&anomaly);
        // Witnesses come back with the same one at every call.
        let is_there = || fs::read(&path).is_ok_and(|there| there == note.to_string().as_bytes());
        if kept && !is_there() {
            self.write_shown(&path, note)?;
            self.show_nodes(note)?;
        }
        Ok(Some(anomaly))
    }

    fn path_of(&self, anomaly: &Anomaly) -> PathBuf {
        let (Anomaly::Behind { origin, .. } | Anomaly::Forked { origin, .. }) = anomaly;
        let path = self.behind_folder().join(file_name(origin));
        match anomaly {
            Anomaly::Behind { .. } => path,
            Anomaly::Forked { .. } => path.with_extension(FORKED),
        }
    }

    fn write_shown(&self, path: &Path, note: &Note) -> Result<()> {
        let folder = self.behind_folder();
        folders::make(&folder, 0o755)?;
        let tmp = path.with_extension("new");
        let mut file = fs::File::create(&tmp).map_err(Error::file("create", &tmp))?;
        file.write_all(note.to_string().as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(Error::file("write", &tmp))?;
        fs::rename(&tmp, path).map_err(Error::file("rename", &tmp))?;
        folders::sync(&folder)
    }

    /// At the start: what was shown before, as far as it holds still.
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
            match self.read(|rows| self.judge(rows, &note))? {
                None => remove(&path)?,
                Some(anomaly) => {
                    let kept = lock_state(&self.shown).keep(&note, &anomaly)?;
                    // Under the other name, the next checkpoint ahead of us would take its place.
                    if kept && matches!(anomaly, Anomaly::Forked { .. }) {
                        let right = self.path_of(&anomaly);
                        fs::rename(&path, &right).map_err(Error::file("rename", &path))?;
                    }
                }
            }
        }
        folders::sync(&folder)?;
        self.settle_what_witnesses_showed()
    }

    /// Forgets what is there again, and takes writes if nothing is missing any more; otherwise stays read-only, and says
    /// for which reason. A failure leaves everything as it was.
    pub(crate) fn settle_what_witnesses_showed(&self) -> Result<()> {
        let mut shown = lock_state(&self.shown);
        let mut left: Option<Anomaly> = None;
        for (origin, note) in shown.behind.clone() {
            match self.read(|rows| self.judge(rows, &note))? {
                Some(anomaly @ Anomaly::Behind { .. }) => left = left.or(Some(anomaly)),
                // What was given back led to another checkpoint of ours.
                Some(forked) => {
                    shown.keep(&note, &forked)?;
                    self.write_shown(&self.path_of(&forked), &note)?;
                    self.forget_behind(&mut shown, &origin)?;
                    self.show_nodes(&note)?;
                }
                None => self.forget_behind(&mut shown, &origin)?,
            }
        }
        let why = match (shown.fork(), left) {
            (Some(fork), _) => Some(fork),
            (None, Some(anomaly)) => Some(anomaly.to_string()),
            (None, None) => self.read(|rows| self.behind_its_epochs(rows))?,
        };
        self.read_only_for_witnesses(why);
        Ok(())
    }

    fn forget_behind(&self, shown: &mut Shown, origin: &str) -> Result<()> {
        remove(&self.behind_folder().join(file_name(origin)))?;
        if let Some(note) = shown.behind.remove(origin) {
            self.unshow_nodes(&note)?;
        }
        Ok(())
    }

    /// Whether a checkpoint ahead of us is waited for.
    pub(super) fn is_behind(&self) -> bool {
        !lock_state(&self.shown).behind.is_empty()
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

impl Store {
    /// What witnesses showed that stands against this data centre still, forks first: what anybody may know.
    ///
    /// # Errors
    /// A failure of the rows.
    pub fn anomalies(&self) -> Result<Vec<Anomaly>> {
        let (mut found, notes): (Vec<_>, Vec<_>) = {
            let shown = lock_state(&self.shared.shown);
            let forks = shown.forked.values().map(|(_, fork)| fork.clone());
            (forks.collect(), shown.behind.values().cloned().collect())
        };
        for note in notes {
            found.extend(self.shared.read(|rows| self.shared.judge(rows, &note))?);
        }
        Ok(found)
    }
}

impl Shown {
    /// Keeps a checkpoint unless more is known of its ledger; says whether it is kept, by this or by an earlier call.
    fn keep(&mut self, note: &Note, anomaly: &Anomaly) -> Result<bool> {
        match anomaly {
            Anomaly::Forked { origin, .. } => {
                if let Some((known, _)) = self.forked.get(origin) {
                    return Ok(known.text == note.text);
                }
                let has_room = self.forked.len() < MAX_SHOWN;
                if has_room {
                    let kept = (note.clone(), anomaly.clone());
                    self.forked.insert(origin.clone(), kept);
                }
                Ok(has_room)
            }
            Anomaly::Behind { origin, signed, .. } => {
                let has_more = match self.behind.get(origin) {
                    Some(known) if known.text == note.text => return Ok(true),
                    Some(known) => Checkpoint::parse(&known.text)?.size < *signed,
                    None => self.behind.len() < MAX_SHOWN,
                };
                if has_more {
                    self.behind.insert(origin.clone(), note.clone());
                }
                Ok(has_more)
            }
        }
    }

    /// The worst that was shown.
    fn fork(&self) -> Option<String> {
        let (_, anomaly) = self.forked.values().next()?;
        Some(anomaly.to_string())
    }
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::file("remove", path)(error))
        }
        _ => Ok(()),
    }
}

/// A name that any origin has, and no two.
fn file_name(origin: &str) -> String {
    use sha2::{Digest as _, Sha256};
    hex::encode(Sha256::digest(origin))
}
