//! The scrub among several nodes: one at a time goes through a pass, where it is stands in a memo, and whoever takes over goes on
//! there. A pass that is wanted at once is wanted of all, and begun by the one whose turn it is.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use amana_store::Store;
use amana_store::turns::{Held, Turn};
use anyhow::Result;

use super::pace::MAX_PAUSE;
use super::{Scrub, State, note};
use crate::centre::{Centre, blocking};

/// What the nodes call the turn at it.
pub(super) const TURN: &str = "scrub";
/// Kind of its memos.
const KIND: &str = "scrub";
/// The memo of how far it is.
const STATE: &str = "state";
/// The memo of a pass that is wanted at once; it says whether without giving way.
const WANTED: &str = "wanted";
/// How often a node looks whether another one began, ended, or wants a pass.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(2);

/// The longest pause between two looks.
pub(super) fn longest_pause(store: &Store) -> Duration {
    match store.has_nodes() {
        true => LOOK_EVERY,
        false => MAX_PAUSE,
    }
}

/// Tells the other nodes how far it is. Blocking.
///
/// # Errors
/// A failure of the memos.
pub(super) fn tell(store: &Store, state: String) -> Result<()> {
    store.change_memo(KIND, STATE, |_| Ok::<_, anyhow::Error>((Some(state), ())))
}

/// This node's place among the others.
pub(super) struct Place {
    turn: Arc<Turn>,
    held: Option<Held>,
    looked: Option<Instant>,
}

impl Place {
    pub(super) fn new(store: &Store) -> Self {
        Self {
            turn: Arc::new(store.turn(TURN)),
            held: None,
            looked: None,
        }
    }

    /// Whether the pass is this node's to go on with. One that has no period takes part only while a pass is wanted.
    pub(super) async fn is_ours(&mut self, centre: &Arc<Centre>, has_period: bool) -> bool {
        if !centre.store.has_nodes() {
            return true;
        }
        let is_ours = |held: &Option<Held>| held.as_ref().is_some_and(Held::is_ours);
        if is_ours(&self.held)
            && self
                .looked
                .is_some_and(|at| Instant::now() - at < LOOK_EVERY)
        {
            return true;
        }
        self.looked = Some(Instant::now());
        let held = self.held.take().filter(Held::is_ours);
        let (turn, centre) = (self.turn.clone(), centre.clone());
        match blocking(move || look(&centre, &turn, held, has_period)).await {
            Ok(held) => self.held = held,
            Err(error) => tracing::warn!(%error, "the scrub waits for the database"),
        }
        is_ours(&self.held)
    }
}

/// Takes the turn if there is something to do, and what is wanted; otherwise looks how far another node is.
fn look(
    centre: &Centre,
    turn: &Turn,
    held: Option<Held>,
    has_period: bool,
) -> amana_store::Result<Option<Held>> {
    let (store, scrub) = (&centre.store, &centre.scrub);
    let wanted = store.memo(KIND, WANTED)?;
    if held.is_none() {
        scrub.follow(store)?;
    }
    if !has_period && wanted.is_none() && !scrub.at_once.load(Ordering::Relaxed) {
        return Ok(None);
    }
    let held = match held {
        Some(held) => held,
        None => {
            let Some(taken) = turn.take()? else {
                return Ok(None);
            };
            // Where another node left it just now.
            scrub.follow(store)?;
            taken
        }
    };
    if let Some(wanted) = wanted {
        scrub.begin_at_once(wanted.text == "now");
        note(store, scrub);
        store.change_memo(KIND, WANTED, |_| Ok::<_, amana_store::Error>((None, ())))?;
    }
    Ok(Some(held))
}

impl Scrub {
    /// Takes over how far another node is. Blocking; nothing is done where there is one node.
    ///
    /// # Errors
    /// A failure of the memos.
    pub(super) fn follow(&self, store: &Store) -> amana_store::Result<()> {
        if !store.has_nodes() {
            return Ok(());
        }
        let memo = store.memo(KIND, STATE)?;
        // One that can't be read only means that the pass begins anew.
        let told: Option<State> = memo.and_then(|memo| serde_json::from_str(&memo.text).ok());
        let told = told.unwrap_or_default();
        self.at_once.store(told.at_once, Ordering::Relaxed);
        self.now.store(told.now, Ordering::Relaxed);
        *self.lock() = told;
        Ok(())
    }

    /// Has a whole pass begin at once, at whichever node scrubs. Blocking.
    ///
    /// # Errors
    /// A failure of the memos.
    pub(crate) fn want_at_once(&self, store: &Store, now: bool) -> amana_store::Result<()> {
        if !store.has_nodes() {
            self.begin_at_once(now);
            return Ok(());
        }
        let how = if now { "now" } else { "gently" };
        store.change_memo(KIND, WANTED, |_| Ok((Some(how.to_owned()), ())))
    }
}
