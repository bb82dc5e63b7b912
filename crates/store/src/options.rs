//! How a store is opened.

use crate::ObjectPlace;
use crate::clock::{self, Clock};
use crate::faults::Faults;
use crate::postgres::Database;

/// How to open a store.
pub struct Options {
    /// Name of the data centre, the first part of every origin: a domain name, usually.
    pub centre: String,
    /// Time.
    pub clock: Clock,
    /// Writes that fail, in tests.
    pub faults: Faults,
    /// What keeps the rows, in place of the embedded engine.
    pub database: Option<Database>,
    /// The object store that holds the blobs, in place of the folder.
    pub object_place: Option<ObjectPlace>,
}

impl Options {
    /// The system's clock and no faults.
    #[must_use]
    pub fn new(centre: &str) -> Self {
        Self {
            centre: centre.to_owned(),
            clock: clock::system(),
            faults: Faults::default(),
            database: None,
            object_place: None,
        }
    }
}
