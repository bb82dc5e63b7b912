//! Which bodies of sealed acts may be erased: those of what is gone, the oldest first, as with plain acts.
//!
//! The data centre can't see what an envelope did, so it goes by the statement alone. A slot that another entry touched
//! since, a piece that was released, a bucket that was deleted: of these nothing stands on the body any more.

use amana_seal::statement::Touch;
use amana_store::{Entry, EntryId, LedgerId, Reader, Result, entries};

use super::act::{SealedBody, SealedLinks, Step};
use super::views;
use crate::acts::linked;

/// Whether the body may be erased.
pub(crate) fn may_go(rows: &Reader<'_>, entry: &Entry) -> Result<bool> {
    let Some((_, body)) = &entry.body else {
        return Ok(false);
    };
    let core = entry.core()?;
    let (Ok(body), Ok(links)) = (
        serde_json::from_slice::<SealedBody>(body),
        serde_json::from_str::<SealedLinks>(core.links.get()),
    ) else {
        return Ok(false);
    };
    let (ledger, statement) = (entry.id.ledger(), body.statement.statement());
    let bucket = match links.bucket {
        Some(index) => linked(ledger, index)?,
        None => entry.id,
    };
    // What a setting was is sealed, so it stands as long as its bucket; when that goes, its making goes before the rest.
    if Step::of(statement) != Step::Within {
        let made_here = links.bucket.is_none();
        return Ok(views::settings(rows, bucket)?.is_none()
            && (made_here || is_erased(rows, ledger, bucket.index())?));
    }
    if let Some(piece) = &statement.piece
        && views::piece(rows, ledger, piece.id)?.is_some_and(|row| row.live)
    {
        return Ok(false);
    }
    for Touch { slot, last } in statement.touches.iter().chain(&statement.retires) {
        let stands = views::slot(rows, bucket, slot)? == Some(entry.id.index());
        if stands || !last.map_or(Ok(true), |index| is_erased(rows, ledger, index))? {
            return Ok(false);
        }
    }
    for index in &body.frees {
        if !is_erased(rows, ledger, *index)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn is_erased(rows: &Reader<'_>, ledger: LedgerId, index: u64) -> Result<bool> {
    let Some(id) = EntryId::new(ledger, index) else {
        return Ok(true);
    };
    Ok(entries::entry(rows, id)?.is_some_and(|entry| entry.body.is_none()))
}
