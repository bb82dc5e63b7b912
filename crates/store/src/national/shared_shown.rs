//! What a witness showed one node is shown to all: the checkpoints stand in the database too, and every transaction that
//! writes asks whether there is one.

use amana_ledger::Note;
use sha2::{Digest as _, Sha256};

use crate::rows::{Isolation, Value};
use crate::store::Shared;
use crate::{Result, Store};

/// Whether any node was shown anything, for a transaction that writes.
pub(crate) const ANY: &str = "EXISTS (SELECT 1 FROM shown)";

impl Shared {
    /// Shows the other nodes what was shown here. Durable on return; nothing is done where there is one node alone.
    pub(super) fn show_nodes(&self, note: &Note) -> Result<()> {
        let text = note.to_string();
        self.change_shown(
            "INSERT INTO shown (name, note) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
            &[name(&text).as_str().into(), text.as_str().into()],
        )
    }

    /// Takes back what holds no more: what it counts is here again.
    pub(super) fn unshow_nodes(&self, note: &Note) -> Result<()> {
        let name = name(&note.to_string());
        self.change_shown("DELETE FROM shown WHERE name = $1", &[name.as_str().into()])
    }

    fn change_shown(&self, sql: &str, values: &[Value<'_>]) -> Result<()> {
        if self.database.is_none() {
            return Ok(());
        }
        let rows = self.connect_to_write()?;
        rows.begin(Isolation::Newest)?;
        rows.writer().execute(sql, values)?;
        rows.commit()
    }

    /// Judges what other nodes were shown, as if it had been shown here; takes back what holds no more.
    pub(crate) fn follow_shown(&self) -> Result<()> {
        if self.database.is_none() {
            return Ok(());
        }
        let sql = "SELECT note FROM shown ORDER BY name";
        let texts = self.read(|rows| rows.all(sql, &[], |row| Ok(row.text(0)?.to_owned())))?;
        for text in texts {
            let note = Note::parse(text.as_bytes())?;
            if self.weigh_shown(&note)?.is_none() {
                self.unshow_nodes(&note)?;
            }
        }
        if self.is_behind() {
            self.settle_what_witnesses_showed()?;
        }
        Ok(())
    }
}

impl Store {
    /// Takes over what other nodes were shown, or what they take back. [`Store::run_epochs`] does at every turn.
    pub async fn follow_what_was_shown(&self) {
        let shared = self.shared.clone();
        let followed = tokio::task::spawn_blocking(move || shared.follow_shown()).await;
        if let Ok(Err(error)) = followed {
            tracing::warn!(%error, "what other nodes were shown could not be followed");
        }
    }
}

fn name(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}
