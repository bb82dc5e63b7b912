//! The verbs.

use std::sync::Arc;

use amana_ledger::{Hash, Note, RELEASES, Release, digits};
use amana_store::{CommitError, LedgerInfo, Service, Store};
use serde::Serialize;

use crate::acts::{self, RecordRelease};
use crate::{Error, Result, views};

/// Releases over a store.
pub struct Releases {
    store: Arc<Store>,
}

/// A release, as it was recorded.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Recorded {
    /// Its number in the ledger.
    pub number: u64,
    /// The version.
    pub version: String,
    /// What it runs on.
    pub target: String,
    /// SHA-256 of the binary, in hexadecimal.
    pub binary: String,
    /// SHA-256 of the package, in hexadecimal.
    pub package: Option<String>,
    /// The signed note.
    #[serde(skip)]
    pub note: String,
    /// When it was recorded, milliseconds since 1970.
    pub since_ms: i64,
}

impl Recorded {
    /// `<ledger>/<index>`: what `amana receipt get` takes.
    #[must_use]
    pub fn receipt(&self) -> String {
        format!("{RELEASES}/{}", self.number)
    }
}

impl Releases {
    /// Over that store, whose catalog must hold [`Releases::service`].
    #[must_use]
    pub fn new(store: Arc<Store>) -> Self {
        Self { store }
    }

    /// The view and the act of this service.
    #[must_use]
    pub fn service() -> Service {
        Service {
            name: "releases",
            views: &views::VIEWS,
            kinds: acts::kinds(),
        }
    }

    /// Records a signed release. Gives the name of its receipt; durable on return.
    ///
    /// # Errors
    /// [`Error::Malformed`] when the note's text is no release, [`Error::Recorded`], [`Error::Busy`], [`Error::Store`].
    pub async fn record(&self, note: &Note, by: &str) -> Result<String> {
        let release: Release = note.text.parse()?;
        let ledger = self.store.read(|rows| LedgerInfo::named(rows, RELEASES))?;
        let act = RecordRelease::new(by, ledger.map(|info| info.id), &release, note);
        match self.store.commit(act).await {
            Ok(committed) => Ok(committed.receipt()),
            Err(CommitError::Refused(refusal)) => Err(refusal),
            Err(CommitError::Busy) => Err(Error::Busy),
            Err(CommitError::Store(error)) => Err(Error::Store(error)),
        }
    }

    /// The newest release that holds a file of that digest. Blocking.
    ///
    /// # Errors
    /// [`Error::Unknown`], [`Error::Store`].
    pub fn find(&self, file: &Hash) -> Result<Recorded> {
        let digest = digits(file);
        let found = self.store.read(|rows| views::newest(rows, &digest))?;
        found.ok_or(Error::Unknown { digest })
    }

    /// All releases, oldest first. Blocking.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn all(&self) -> Result<Vec<Recorded>> {
        Ok(self.store.read(views::all)?)
    }
}
