//! Adopting an act that is recorded: one's own when the answer comes, and everybody's as the ledger is followed.

use amana_ledger::{NO_BODY, body_hash};

use super::plan::freed_blobs;
use super::{MAX_ADOPTED, MAX_WAITING, PlainAct, Replica};
use crate::store::lock_state;
use crate::{At, BlobId, Entry, Error, Result, Writer, clock, entries};

/// Bodies are hashed with a salt in the ledger, where the hash is shown. Here both lie in one encrypted file, and the
/// hash only finds damage.
const SALT: [u8; 32] = [0; 32];

/// What adopting did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Adopted {
    /// The act was applied.
    Now {
        /// The blobs that nobody holds after it.
        frees: Vec<BlobId>,
    },
    /// It had been before.
    Before,
}

impl Replica {
    /// Applies a recorded act to the views, once, whatever order acts come in, and keeps its entry, so that what the views
    /// point to can be read. `also` runs in the same instant, whether the act was adopted before or not.
    ///
    /// # Errors
    /// [`Error::Refused`] when another act was adopted at that entry, [`Error::UnknownKind`], [`Error::Decode`],
    /// [`Error::Full`], a failure of the rows, what `also` returns: nothing is changed then.
    pub fn adopt(
        &self,
        at: &At,
        act: &PlainAct,
        also: impl FnOnce(&Writer<'_>, &Adopted) -> Result<()>,
    ) -> Result<()> {
        self.sound()?;
        self.room()?;
        let entry = entry(at, act)?;
        let mut engine = lock_state(&self.engine);
        let adopted = engine.in_savepoint(
            |rows| {
                let adopted = self.apply(rows, &entry, act)?;
                also(rows, &adopted)
            },
            Result::is_ok,
        );
        engine.adopted += 1;
        let full = engine.adopted >= MAX_ADOPTED;
        drop(engine);
        self.named(adopted)?;
        if full || self.file.waiting() > MAX_WAITING {
            // Its failure is the next flush's: this act is adopted.
            let _ = self.flush();
        }
        Ok(())
    }

    fn apply(&self, rows: &Writer<'_>, entry: &Entry, act: &PlainAct) -> Result<Adopted> {
        if let Some(found) = entries::entry(rows, entry.id)? {
            same(&found, entry, act)?;
            return Ok(Adopted::Before);
        }
        let body = entry.body.as_ref();
        rows.execute(
            "INSERT INTO entries (id, core, body_hash, salt, body) VALUES ($1, $2, $3, $4, $5)",
            &[
                entry.id.into(),
                entry.text.as_slice().into(),
                entry.body_hash.as_bytes().as_slice().into(),
                body.map(|(salt, _)| salt.as_slice()).into(),
                body.map(|(_, body)| body.as_slice()).into(),
            ],
        )?;
        self.catalog.replay(entry, rows)?;
        Ok(Adopted::Now {
            frees: freed_blobs(rows)?,
        })
    }
}

/// The entry as the replica keeps it: `{"kind","at","by","act","links"}`, and the plain body.
fn entry(at: &At, act: &PlainAct) -> Result<Entry> {
    let encode = |source| Error::Decode {
        what: format!("an act {}", act.kind),
        source,
    };
    let mut text = Vec::with_capacity(256);
    text.extend_from_slice(b"{\"kind\":");
    serde_json::to_writer(&mut text, &act.kind).map_err(encode)?;
    text.extend_from_slice(b",\"at\":\"");
    text.extend_from_slice(clock::rfc3339(at.time_ms).as_bytes());
    text.extend_from_slice(b"\",\"by\":");
    serde_json::to_writer(&mut text, &act.by).map_err(encode)?;
    text.extend_from_slice(b",\"act\":\"");
    text.extend_from_slice(hex::encode(at.tag).as_bytes());
    text.extend_from_slice(b"\",\"links\":");
    text.extend_from_slice(act.links.get().as_bytes());
    text.push(b'}');
    let body = act.body.as_ref().map(|body| body.get().as_bytes());
    Ok(Entry {
        id: at.entry,
        text,
        body_hash: body.map_or(NO_BODY, |body| body_hash(&SALT, body)),
        body: body.map(|body| (SALT, body.to_vec())),
    })
}

/// Whether an entry that is there is of the same act. Who asked is left out: not every envelope says it.
fn same(found: &Entry, entry: &Entry, act: &PlainAct) -> Result<()> {
    let core = found.core()?;
    let (there, here) = (found.at()?, entry.at()?);
    if core.kind == act.kind
        && core.links.get() == act.links.get()
        && found.body_hash == entry.body_hash
        && there.tag == here.tag
        && there.time_ms == here.time_ms
    {
        return Ok(());
    }
    Err(Error::Refused {
        what: format!("entry {}", entry.id),
        why: "another act stands there already: the ledger was rewritten, or this index is not its"
            .into(),
    })
}
