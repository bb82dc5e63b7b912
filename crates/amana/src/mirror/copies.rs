//! A mirror as a place that reads heal from: opened when it is first needed, and again after it failed.

use std::io::{Cursor, Read};
use std::sync::{Arc, Mutex, PoisonError};

use amana_store::copies::{Copies, Wanted};
use amana_store::mirror::Mirror;
use amana_store::{Error, Source, Store};

use super::config::{MirrorConfig, open_place};

/// A mirror's content for a data centre that lost its own.
pub(crate) struct MirrorCopies {
    config: MirrorConfig,
    store: std::sync::Weak<Store>,
    opened: Mutex<Option<Arc<Mirror>>>,
}

impl MirrorCopies {
    /// Of that place.
    pub(crate) fn new(store: &Arc<Store>, config: &MirrorConfig) -> Self {
        Self {
            config: config.clone(),
            // The store holds its copies: they must not hold it.
            store: Arc::downgrade(store),
            opened: Mutex::default(),
        }
    }

    fn mirror(&self) -> amana_store::Result<Arc<Mirror>> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mirror) = &*opened {
            return Ok(mirror.clone());
        }
        let failed = |why: String| Error::Place {
            place: self.config.place.clone(),
            name: self.config.name.clone(),
            why,
        };
        let store = self.store.upgrade();
        let store = store.ok_or_else(|| failed("the data centre is being stopped".into()))?;
        let place = open_place(&self.config).map_err(|error| failed(format!("{error:#}")))?;
        let mirror = Arc::new(Mirror::open(place, Some(store.keys().mirror_key()))?);
        *opened = Some(mirror.clone());
        Ok(mirror)
    }

    fn find(&self, wanted: &Wanted) -> amana_store::Result<Option<Box<dyn Read + Send>>> {
        let mirror = self.mirror()?;
        match wanted.source {
            Source::Blob(blob) => mirror.blob(blob),
            Source::Entry(index) => {
                let entry = amana_store::EntryId::new(wanted.ledger(), index);
                let found = entry.map(|entry| mirror.content(entry)).transpose()?;
                let bytes = found.flatten().map(Cursor::new);
                Ok(bytes.map(|bytes| Box::new(bytes) as Box<dyn Read + Send>))
            }
        }
    }
}

impl Copies for MirrorCopies {
    fn name(&self) -> String {
        format!("the mirror {}", self.config.name)
    }

    fn open(&self, wanted: &Wanted) -> amana_store::Result<Option<Box<dyn Read + Send>>> {
        self.find(wanted).inspect_err(|_| {
            // A disk that was away may be another one when it is back.
            *self.opened.lock().unwrap_or_else(PoisonError::into_inner) = None;
        })
    }
}
