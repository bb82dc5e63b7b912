//! A folder that was restored, or copied by `amana backup`, takes nothing before a quorum of its witnesses has called:
//! they may hold more of it than the copy had, and whatever was written over that would be a fork.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::{Arc, PoisonError};

use amana_ledger::VerifierKey;

use super::policy::TrustPolicy;
use crate::store::Shared;
use crate::{Error, Result, folders};

/// The file in the folder that says so.
pub(crate) const FILE: &str = "awaiting-witnesses";

/// Raw keys of the witnesses that called since the start, and know of nothing that isn't here.
pub(crate) type Heard = BTreeSet<Vec<u8>>;

/// Marks a folder, before it is first opened. Durable on return.
pub(crate) fn await_witnesses(folder: &Path) -> Result<()> {
    let path = folder.join(FILE);
    let file = fs::File::create(&path).map_err(Error::file("create", &path))?;
    file.sync_all().map_err(Error::file("sync", &path))?;
    folders::sync(folder)
}

impl Shared {
    /// At the start: waits for the witnesses of the policy, if the folder is marked and there are any.
    pub(crate) fn recall_awaited(&self) -> Result<()> {
        if !self.folder.join(FILE).exists() {
            return Ok(());
        }
        let policy = self.policy_now();
        if !policy.policy.has_quorum() {
            return self.no_longer_awaited();
        }
        self.read_only_until_heard(Some(format!(
            "this data centre was restored from a copy, and takes nothing until a quorum of its witnesses has \
             called: they may hold more of it than the copy had. If too few of them are left, stop the server, remove {} and \
             start again; what was signed after the copy was made is then contradicted",
            self.folder.join(FILE).display()
        )));
        Ok(())
    }

    /// Notes that a witness called and holds nothing that isn't here; takes writes again once a quorum did.
    pub(crate) fn heard_from(&self, witness: &VerifierKey) -> Result<()> {
        if !self.is_awaiting() {
            return Ok(());
        }
        let heard = self.note_heard(witness.key_bytes().as_slice());
        let policy = self.policy_now();
        let called = |key: &VerifierKey| heard.contains(key.key_bytes().as_slice());
        if policy.policy.quorum_met(&called) {
            self.no_longer_awaited()?;
            tracing::info!(
                "a quorum of witnesses knows of nothing more: the restored data centre takes writes"
            );
        }
        Ok(())
    }

    fn policy_now(&self) -> Arc<TrustPolicy> {
        let policy = self.policy.read();
        policy.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn no_longer_awaited(&self) -> Result<()> {
        let path = self.folder.join(FILE);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::file("remove", &path)(error));
            }
            _ => {}
        }
        folders::sync(&self.folder)?;
        self.read_only_until_heard(None);
        Ok(())
    }
}
