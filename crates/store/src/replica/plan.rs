//! Planning an act: what it will do, found out without doing it.

use super::{PlainAct, Replica};
use crate::store::lock_state;
use crate::{Act, At, BlobId, Denied, EntryId, Error, Reader, Result, Source};

/// The index at which a planned act is tried: the highest, where no entry is.
const TRIED_AT: u64 = (1 << 40) - 1;

/// What an act would do.
#[derive(Debug)]
pub struct Planned<O, T> {
    /// What it says, links filled in.
    pub plain: PlainAct,
    /// What it would give, at an entry and a time that aren't its own yet.
    pub output: O,
    /// The blobs that nobody would hold after it.
    pub frees: Vec<BlobId>,
    /// What `look` saw.
    pub seen: T,
}

impl Replica {
    /// Checks an act, which fills its links, and applies it in a savepoint that is rolled back. `look` sees the rows as
    /// they would be after it. Nothing is written. All of it is as of one instant.
    ///
    /// # Errors
    /// [`Denied`], as the act's check says.
    pub fn plan<A: Act, T>(
        &self,
        act: &mut A,
        tag: [u8; 8],
        look: impl FnOnce(&A, &Reader<'_>) -> Result<T>,
    ) -> Result<Planned<A::Output, T>, Denied<A::Refusal>> {
        self.sound()?;
        self.room()?;
        let crate::Target::Ledger(ledger) = act.target() else {
            return Err(Denied::Store(Error::Refused {
                what: "an act that opens a ledger".into(),
                why: "a replica follows ledgers that exist".into(),
            }));
        };
        let entry = EntryId::new(ledger, TRIED_AT).ok_or(Error::TooLarge {
            what: "a ledger's number",
            max: EntryId::MAX_LEDGERS.into(),
        })?;
        let time_ms = self.now_ms();
        let at = At {
            entry,
            time_ms,
            tag,
        };
        let mut engine = lock_state(&self.engine);
        let planned = engine.in_savepoint(
            |rows| {
                act.check(rows, time_ms)?;
                let output = A::apply(act.links(), act.body(), rows, &at)?;
                let frees = freed_blobs(rows)?;
                Ok(Planned {
                    plain: PlainAct::of(act)?,
                    output,
                    frees,
                    seen: look(act, rows)?,
                })
            },
            |_: &Result<_, Denied<A::Refusal>>| false,
        );
        drop(engine);
        self.named(planned)
    }
}

/// Settles an act that was applied; tells the blobs that it freed. Content in rows is not kept in a replica.
pub(super) fn freed_blobs(rows: &crate::Writer<'_>) -> crate::Result<Vec<BlobId>> {
    let freed = rows.settle()?.into_iter();
    let blobs = freed
        .filter_map(|(_, source)| match source {
            Source::Blob(blob) => Some(blob),
            Source::Entry(_) => None,
        })
        .collect();
    Ok(blobs)
}
