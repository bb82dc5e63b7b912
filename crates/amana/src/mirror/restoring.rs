//! A restored folder whose blobs are still on their way: where they come from is kept in it until all are there.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use amana_gateway::centre::limit::Limit;
use amana_store::check::read_folder;
use amana_store::copies::Copies;
use amana_store::mirror::{Fetched, Mirror, Pace, absent_blobs, fetch_blobs};
use amana_store::{Blobs, Store};
use anyhow::{Context as _, Result};
use serde::Serialize;

use super::config::{MirrorConfig, open_place};
use super::copies::MirrorCopies;
use super::stop::Stop;
use crate::config::{Config, path_in};
use crate::durable::write_private;

/// The file in the data folder.
const FILE: &str = "restoring.json";

/// Where a restored folder's blobs come from.
pub(crate) struct Restoring {
    from: MirrorConfig,
}

/// Content that a restored folder hasn't got yet.
#[derive(Debug, Serialize)]
pub(crate) struct OnItsWay {
    /// The place.
    pub(crate) from: String,
    /// How many blobs.
    pub(crate) blobs: usize,
    /// Their bytes, by whole chunks: each blob's last one may be shorter.
    pub(crate) at_most_bytes: u64,
}

impl Restoring {
    /// Notes the place in a folder that was just restored.
    ///
    /// # Errors
    /// When it can't be written.
    pub(crate) fn note(data: &Path, from: &MirrorConfig) -> Result<()> {
        write_private(&data.join(FILE), &serde_json::to_string(from)?)
    }

    /// The place, if blobs are still on their way.
    ///
    /// # Errors
    /// A note that can't be read.
    pub(crate) fn find(data: &Path) -> Result<Option<Self>> {
        let path = data.join(FILE);
        match fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            read => {
                let from =
                    serde_json::from_slice(&read.with_context(|| path.display().to_string())?);
                let from = from.with_context(|| path.display().to_string())?;
                Ok(Some(Self { from }))
            }
        }
    }

    /// What of a folder's content is still on its way.
    ///
    /// # Errors
    /// A failure of the rows.
    pub(crate) fn on_its_way(&self, data: &Path) -> Result<OnItsWay> {
        let config = Config::read(&path_in(data))?;
        let blobs = Blobs::of(data, config.object_place()?.as_ref())?;
        // A restored folder has its rows in itself.
        let absent = read_folder(data, None, |rows| absent_blobs(rows, &blobs))?;
        Ok(OnItsWay {
            from: self.from.place.clone(),
            blobs: absent.len(),
            at_most_bytes: absent.iter().map(|(_, bytes)| bytes).sum(),
        })
    }

    /// The limits of the line to the place.
    ///
    /// # Errors
    /// One that is none.
    pub(crate) fn limits(&self) -> Result<Vec<Limit>> {
        self.from.limits()
    }

    /// Fetches what is left, and tells the log how far that came; true once all is there, or what is missing isn't in the
    /// place either.
    pub(crate) fn go_on(&self, store: &Store, pace: &Pace, stop: &Stop) -> bool {
        match self.fetch(store, pace, stop) {
            Ok(fetched) => {
                let (blobs, bytes) = (fetched.blobs, fetched.bytes);
                tracing::info!(blobs, bytes, from = self.from.place, "content was fetched");
                for missing in &fetched.missing {
                    tracing::error!(missing, "content could not be had");
                }
                true
            }
            Err(error) => {
                let error = format!("{error:#}");
                tracing::error!(
                    error,
                    "the content of the restored folder is still on its way"
                );
                false
            }
        }
    }

    /// As a place to read from meanwhile.
    pub(crate) fn copies(&self, store: &Arc<Store>, stop: &Stop) -> Arc<dyn Copies> {
        Arc::new(MirrorCopies::new(store, &self.from, stop))
    }

    /// Fetches what is left; once nothing is missing the note goes. Blocking.
    ///
    /// # Errors
    /// When the place doesn't answer, or a write fails; what was fetched stays.
    pub(crate) fn fetch(&self, store: &Store, pace: &Pace, stop: &Stop) -> Result<Fetched> {
        let key = store.keys().mirror_key();
        let mirror = Mirror::open(open_place(&self.from, stop)?, Some(key))?;
        let fetched = fetch_blobs(store, &mirror, pace)?;
        if fetched.missing.is_empty() {
            fs::remove_file(store.folder().join(FILE)).context(FILE)?;
        }
        Ok(fetched)
    }
}
