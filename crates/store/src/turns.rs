//! What one node at a time does beside closing epochs: keeping up a mirror, the scrub. Any node may be asked to; who has the turn
//! does it, and another takes it over when that one ends, or isn't heard of for ten seconds by the database's clock.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::postgres::{Database, Lease};
use crate::store::lock_state;
use crate::{Error, Result, Store, nodes};

/// A turn that isn't renewed ends after this.
const FOR: Duration = Duration::from_secs(10);
/// It is renewed this often.
const RENEW_EVERY: Duration = Duration::from_secs(3);
/// Who ends waits so long for the database to know it; after that the turn ends by itself.
const GIVE_UP_WITHIN: Duration = Duration::from_secs(2);

/// A turn at one thing, taken or not.
pub struct Turn {
    what: String,
    /// Nothing where there is one node.
    lease: Option<(Arc<Lease>, Database)>,
}

/// A turn that is ours, until it is dropped or lost.
pub struct Held {
    what: String,
    kept: Option<Kept>,
}

struct Kept {
    lease: Arc<Lease>,
    database: Database,
    /// Until when it is ours for certain: reckoned from before it was asked for, by this machine's clock.
    until: Arc<Mutex<Instant>>,
    end: Option<Sender<()>>,
    given_up: Mutex<Receiver<()>>,
}

impl Store {
    /// The turn at something, which all nodes call by the same name.
    #[must_use]
    pub fn turn(&self, what: &str) -> Turn {
        Turn::at(what, self.shared.database.as_ref())
    }
}

impl Turn {
    /// The turn at something among the nodes of a database; without one it is always ours.
    #[must_use]
    pub fn at(what: &str, database: Option<&Database>) -> Self {
        let for_ms = i64::try_from(FOR.as_millis()).unwrap_or(i64::MAX);
        let lease = |database: &Database| {
            let lease = Lease::new(what.to_owned(), nodes::name(), for_ms);
            (Arc::new(lease), database.clone())
        };
        Self {
            what: what.to_owned(),
            lease: database.map(lease),
        }
    }

    /// Takes the turn, unless another node has it. Blocking.
    ///
    /// # Errors
    /// A failure of the database; of a thread that doesn't start.
    pub fn take(&self) -> Result<Option<Held>> {
        let what = self.what.clone();
        let Some((lease, database)) = &self.lease else {
            return Ok(Some(Held { what, kept: None }));
        };
        let asked = Instant::now();
        if !lease.take(database)? {
            return Ok(None);
        }
        let ((end, ended), (gone, given_up)) = (channel(), channel());
        let kept = Kept {
            lease: lease.clone(),
            database: database.clone(),
            until: Arc::new(Mutex::new(asked + FOR)),
            end: Some(end),
            given_up: Mutex::new(given_up),
        };
        let (lease, database) = (lease.clone(), database.clone());
        let until = kept.until.clone();
        let thread = std::thread::Builder::new().name("amana-turn".into());
        let spawned = thread.spawn(move || {
            while ended.recv_timeout(RENEW_EVERY) == Err(RecvTimeoutError::Timeout) {
                if let Err(error) = renew(&lease, &database, &until) {
                    tracing::debug!(%error, "a turn was not renewed");
                }
            }
            lease.give_up();
            // Who ended may not have waited.
            let _ = gone.send(());
        });
        let failed = |error: std::io::Error| Error::Failed {
            why: format!("a thread didn't start: {error}"),
        };
        spawned.map_err(failed)?;
        let kept = Some(kept);
        Ok(Some(Held { what, kept }))
    }
}

/// Says whether it is ours still.
fn renew(lease: &Lease, database: &Database, until: &Mutex<Instant>) -> Result<bool> {
    let asked = Instant::now();
    let ours = lease.take(database)?;
    *lock_state(until) = if ours { asked + FOR } else { asked };
    Ok(ours)
}

impl Held {
    /// Whether nobody else has it, as far as is known here.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        let kept = self.kept.as_ref();
        kept.is_none_or(|kept| Instant::now() < *lock_state(&kept.until))
    }

    /// Fails unless nobody else has it, as far as is known here.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub fn see(&self) -> Result<()> {
        if self.is_ours() {
            return Ok(());
        }
        Err(Error::Failed {
            why: format!("another node has the turn at {} now", self.what),
        })
    }

    /// As [`Held::see`], by the database's word: for what another node must not be overtaken in. Blocking.
    ///
    /// # Errors
    /// [`Error::Failed`], a failure of the database.
    pub fn confirm(&self) -> Result<()> {
        if let Some(kept) = &self.kept {
            renew(&kept.lease, &kept.database, &kept.until)?;
        }
        self.see()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let Some(mut kept) = self.kept.take() else {
            return;
        };
        drop(kept.end.take());
        let _ = lock_state(&kept.given_up).recv_timeout(GIVE_UP_WITHIN);
    }
}
