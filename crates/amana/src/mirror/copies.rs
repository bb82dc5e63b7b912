//! A mirror as a place that reads heal from: opened when it is first needed, and again after it failed.

use std::io::{Cursor, Read};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use amana_store::copies::{Copies, Wanted};
use amana_store::mirror::Mirror;
use amana_store::{Error, Source, Store};

use super::config::{MirrorConfig, open_place};
use super::stop::Stop;

/// After a place didn't answer, nobody waits for it for this long.
const AWAY: Duration = Duration::from_secs(5);

/// A mirror's content for a data centre that lost its own.
pub(crate) struct MirrorCopies {
    config: MirrorConfig,
    store: std::sync::Weak<Store>,
    stop: Stop,
    line: Mutex<Line>,
}

/// Whether the place answers.
#[derive(Default)]
enum Line {
    #[default]
    Unopened,
    Open(Arc<Mirror>),
    /// It didn't, and isn't asked before then.
    Away(Instant),
}

impl MirrorCopies {
    /// Of that place.
    pub(crate) fn new(store: &Arc<Store>, config: &MirrorConfig, stop: &Stop) -> Self {
        Self {
            config: config.clone(),
            // The store holds its copies: they must not hold it.
            store: Arc::downgrade(store),
            stop: stop.clone(),
            line: Mutex::default(),
        }
    }

    fn mirror(&self) -> amana_store::Result<Arc<Mirror>> {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        match &*line {
            Line::Open(mirror) => return Ok(mirror.clone()),
            Line::Away(until) if Instant::now() < *until => {
                return Err(self.failed("it didn't answer a moment ago".into()));
            }
            Line::Away(_) | Line::Unopened => {}
        }
        // Who waits for this lock meanwhile learns what came of it.
        let opened = self.open();
        *line = match &opened {
            Ok(mirror) => Line::Open(mirror.clone()),
            Err(_) => Line::Away(Instant::now() + AWAY),
        };
        opened
    }

    fn open(&self) -> amana_store::Result<Arc<Mirror>> {
        let store = self.store.upgrade();
        let store = store.ok_or_else(|| self.failed("the data centre is being stopped".into()))?;
        let place = open_place(&self.config, &self.stop);
        let place = place.map_err(|error| self.failed(format!("{error:#}")))?;
        let mirror = Mirror::open(place, Some(store.keys().mirror_key()))?;
        Ok(Arc::new(mirror))
    }

    fn failed(&self, why: String) -> Error {
        Error::Place {
            place: self.config.place.clone(),
            name: self.config.name.clone(),
            why,
        }
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
            let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
            // A disk that was away may be another one when it is back.
            if matches!(*line, Line::Open(_)) {
                *line = Line::Away(Instant::now() + AWAY);
            }
        })
    }
}
