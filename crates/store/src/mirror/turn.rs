//! A place that is written to while the turn at it is ours: a node that stood still changes nothing in it once another took over.

use std::io::Read;
use std::sync::Arc;

use super::names::{AGE, HEAD};
use super::place::{Listed, Place};
use crate::Result;
use crate::turns::Held;

/// A place, and the turn at it.
pub struct PlaceInTurn {
    place: Arc<dyn Place>,
    held: Arc<Held>,
}

impl PlaceInTurn {
    /// The place, for as long as `held` lasts.
    #[must_use]
    pub fn new(place: Arc<dyn Place>, held: Arc<Held>) -> Self {
        Self { place, held }
    }
}

impl Place for PlaceInTurn {
    fn describe(&self) -> String {
        self.place.describe()
    }

    fn put(&self, name: &str, size_bytes: Option<u64>, content: &mut dyn Read) -> Result<()> {
        // An older head counts less than the place has; anything else that comes late is what another node puts as well.
        if name.strip_suffix(AGE).unwrap_or(name) == HEAD {
            self.held.confirm()?;
        }
        self.held.see()?;
        self.place.put(name, size_bytes, content)
    }

    fn open(&self, name: &str, from: u64) -> Result<Option<Box<dyn Read + Send>>> {
        self.place.open(name, from)
    }

    fn list(&self, prefix: &str, visit: &mut dyn FnMut(Listed) -> Result<()>) -> Result<()> {
        self.place.list(prefix, visit)
    }

    fn delete(&self, name: &str) -> Result<()> {
        self.held.see()?;
        self.place.delete(name)
    }

    fn sweep_unfinished(&self) -> Result<()> {
        self.held.see()?;
        self.place.sweep_unfinished()
    }
}
