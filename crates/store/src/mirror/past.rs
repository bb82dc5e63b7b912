//! Whether what a place holds is a copy of this data centre's own past.

use super::head::Head;
use super::names::HEAD;
use super::place::{Place, failed};
use crate::store::Shared;
use crate::{LedgerInfo, Reader, Result};

/// A place whose head is not of our past must not be written to: it may hold what we lost.
pub(super) fn is_our_past(
    shared: &Shared,
    rows: &Reader<'_>,
    head: &Head,
    place: &dyn Place,
) -> Result<()> {
    if head.centre != shared.keys.centre() {
        let why = format!("it is the mirror of another data centre, {}", head.centre);
        return Err(failed(place, HEAD, &why));
    }
    let mut older = None;
    for ledger in &head.ledgers {
        let (mirrored, _) = ledger.checkpoint()?;
        let info = LedgerInfo::by_id(rows, ledger.ledger())?;
        let info = info.filter(|info| info.name == ledger.name);
        let ours = match &info {
            Some(info) if info.size >= mirrored.size => {
                Some(shared.checkpoint(rows, info, mirrored.size)?.root)
            }
            _ => None,
        };
        if ours.is_some_and(|root| root != mirrored.root) {
            let why = format!(
                "{} has another history there at {} entries: keep both, and compare them with `amana check --mirror`",
                ledger.name, mirrored.size
            );
            return Err(failed(place, HEAD, &why));
        }
        if ours.is_none() {
            older.get_or_insert_with(|| {
                format!(
                    "{} has {} entries there, and {} here: this data folder is older than its mirror. Nothing is written \
                     to it; restore from it, or bring back the newest copy of the folder",
                    ledger.name,
                    mirrored.size,
                    info.map_or(0, |info| info.size)
                )
            });
        }
    }
    older.map_or(Ok(()), |why| Err(failed(place, HEAD, &why)))
}
