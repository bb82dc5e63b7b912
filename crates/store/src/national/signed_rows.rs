//! Registry rows under the national log's signature, kept: a row hardly ever changes, and every witness's visit and every
//! receipt asks for one.

use std::collections::HashMap;
use std::sync::Mutex;

use amana_ledger::{Note, RegistryRow};

use crate::store::{Shared, lock_state};
use crate::{LedgerId, Result};

/// Rows kept at most; memory begins anew when it is full.
const MAX_KEPT: usize = 65_536;

/// The newest row of each ledger that was asked for.
#[derive(Default)]
pub(crate) struct SignedRows(Mutex<HashMap<LedgerId, Note>>);

impl Shared {
    /// A ledger's row, signed.
    pub(crate) fn sign_row(&self, ledger: LedgerId, row: &RegistryRow) -> Result<Note> {
        let text = row.to_string();
        let kept = lock_state(&self.signed_rows.0).get(&ledger).cloned();
        if let Some(note) = kept.filter(|note| note.text == text) {
            return Ok(note);
        }
        let note = row.sign(&self.keys.national_key())?;
        let mut rows = lock_state(&self.signed_rows.0);
        if rows.len() >= MAX_KEPT {
            rows.clear();
        }
        rows.insert(ledger, note.clone());
        Ok(note)
    }
}
