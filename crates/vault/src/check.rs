//! What only the vault knows of whether everything agrees: for the fsck.

use std::ops::ControlFlow;

use amana_store::Reader;

use crate::model::Held;
use crate::{Result, Vault};

/// Something that does not agree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// What is wrong: a version, a part, a blob.
    pub what: String,
    /// How it was noticed.
    pub why: String,
    /// What to do.
    pub advice: &'static str,
}

impl Vault {
    /// Compares versions, parts, entries, rows of content and blob files with each other; reads no content. Blocking,
    /// for as long as there are versions.
    ///
    /// # Errors
    /// A failure of the store; what does not agree is reported.
    pub fn check(&self, rows: &Reader<'_>, report: &mut dyn FnMut(Fault)) -> Result<()> {
        unimplemented!()
    }

    /// Visits all content that a version or a part names, until `visit` breaks; entries that can't be read are left to
    /// [`Vault::check`]. Blocking.
    ///
    /// # Errors
    /// A failure of the store, or what `visit` returns.
    pub fn each_content(
        rows: &Reader<'_>,
        visit: &mut dyn FnMut(Held) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        unimplemented!()
    }

    /// Reads one content whole and verifies it. Blocking.
    ///
    /// # Errors
    /// [`crate::Error::Damaged`].
    pub fn verify(&self, held: &Held) -> Result<()> {
        unimplemented!()
    }
}
