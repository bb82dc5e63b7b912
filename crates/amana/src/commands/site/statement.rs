//! Statements on their way to enough signatures: a note in a file, which publishers hand on to one another.

use std::path::Path;

use amana_ledger::{MAX_NOTE_BYTES, Note, SigningKey, digits};
use amana_sites::{Host, Says, Statement};
use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::state::State;
use crate::commands::receipt::read_bounded;
use crate::durable::write_whole;

/// A text, and who has signed it so far.
pub(super) struct Signing(Note);

impl Signing {
    /// Of the site's next change.
    pub(super) fn next(state: &State, host: &Host, says: Says) -> Self {
        let statement = Statement {
            ledger: state.ledger.clone(),
            host: host.clone(),
            number: state.number + 1,
            says,
        };
        Self::of_text(statement.to_string())
    }

    pub(super) fn of_text(text: String) -> Self {
        Self(Note {
            text,
            signatures: Vec::new(),
        })
    }

    /// Of a file: a note, or the statement alone, which nobody has signed yet.
    ///
    /// # Errors
    /// When it can't be read, or holds no statement about a site.
    pub(super) fn read(file: &Path) -> Result<(Self, Statement)> {
        let no = || format!("{} is no change of a site", file.display());
        let bytes = read_bounded(file, MAX_NOTE_BYTES)?;
        let text = std::str::from_utf8(&bytes).unwrap_or_default();
        if let Ok(statement) = text.parse() {
            return Ok((Self::of_text(text.to_owned()), statement));
        }
        let note = Note::parse(&bytes).with_context(no)?;
        let statement = note.text.parse().with_context(no)?;
        Ok((Self(note), statement))
    }

    /// Signs it; a signature of the same key is replaced.
    pub(super) fn add(&mut self, key: &SigningKey) {
        let own = key.verifier();
        self.0.signatures.retain(|signature| !signature.is_by(&own));
        self.0.signatures.push(key.sign(&self.0.text));
    }

    pub(super) fn note(&self) -> &Note {
        &self.0
    }

    /// Writes it to a file.
    ///
    /// # Errors
    /// When that fails.
    pub(super) fn write(&self, file: &Path) -> Result<()> {
        write_whole(file, &self.0.to_string())
    }

    /// Who has signed, by their own word.
    pub(super) fn signers(&self) -> Vec<&str> {
        let names = self.0.signatures.iter().map(|one| one.name.as_str());
        names.collect()
    }
}

/// A statement, for programs.
pub(super) fn shown(statement: &Statement, signers: &[&str]) -> Value {
    let (what, digest) = match &statement.says {
        Says::Deploy { manifest } => ("manifest", manifest),
        Says::Publishers { publishers } => ("publishers", publishers),
    };
    json!({
        "host": statement.host.as_str(),
        "ledger": statement.ledger,
        "number": statement.number,
        what: digits(digest),
        "signed_by": signers,
    })
}
