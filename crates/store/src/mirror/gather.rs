//! Reads from the rows what goes into a mirror.

use std::collections::HashSet;
use std::ops::ControlFlow;

use super::head::{CosignedLine, Head, HeadLedger};
use super::names::SegmentName;
use super::segment::{ChunkList, FULL_SEGMENT_BYTES, MAX_SEGMENT_ENTRIES, Segment};
use super::{Mention, Services};
use crate::blobs::parse_chunks;
use crate::entries::entry;
use crate::ledgers::TILE_HASHES;
use crate::national::evidence::newest_witnessed;
use crate::national::quorum::Quorums;
use crate::store::Shared;
use crate::{BlobId, EntryId, Error, LedgerId, LedgerInfo, Reader, Result, Tiles};
use amana_ledger::{leaf_hash, root_at};

/// The instant that the rows show: every ledger's signed checkpoint, and what witnesses cosigned.
pub(super) fn head(shared: &Shared, rows: &Reader<'_>) -> Result<Head> {
    let mut ledgers = Vec::new();
    for info in LedgerInfo::all(rows)? {
        let note = shared.cosigned(rows, &info, info.size)?;
        ledgers.push(HeadLedger {
            id: info.id.0,
            name: info.name.clone(),
            visibility: info.visibility,
            checkpoint: note.to_string(),
            cosigned: cosigned(shared, rows, &info)?,
        });
    }
    let now_ms = (shared.clock)();
    Ok(Head::new(shared.keys.centre(), now_ms, ledgers))
}

/// The cosignatures of the newest size at which the quorum stood, from which any receipt is made, and those after it.
fn cosigned(shared: &Shared, rows: &Reader<'_>, info: &LedgerInfo) -> Result<Vec<CosignedLine>> {
    let quorums = Quorums::of(shared, rows, info.id)?;
    let witnessed = newest_witnessed(rows, &quorums, info.id)?;
    rows.all(
        "SELECT size, line FROM cosignatures WHERE ledger = $1 AND size >= $2 AND size <= $3 ORDER BY size, witness",
        &[
            info.id.0.into(),
            witnessed.unwrap_or(0).cast_signed().into(),
            info.size.cast_signed().into(),
        ],
        |row| {
            Ok(CosignedLine {
                size: row.int(0)?.cast_unsigned(),
                line: row.text(1)?.to_owned(),
            })
        },
    )
}

/// The next segment of a ledger: entries from `from` on, before `until`, until it is full, with what they brought and
/// still stands. Blobs in `listed` are in another segment already.
pub(super) fn segment(
    shared: &Shared,
    services: &Services,
    rows: &Reader<'_>,
    info: &LedgerInfo,
    (from, until): (u64, u64),
    listed: &dyn Fn(BlobId) -> bool,
) -> Result<Segment> {
    let name = SegmentName {
        ledger: info.id,
        from,
        until: from,
    };
    let mut segment = Segment {
        name,
        entries: Vec::new(),
        contents: Vec::new(),
        chunks: Vec::new(),
        checkpoint: None,
    };
    let mut weight_bytes = 0;
    let mut tiles = Tiles::new(rows, info.id);
    // A tile that isn't full is made from the very rows that are judged: only the root that was kept tells.
    if root_at(info.size, &mut |node| tiles.node(node))? != info.root {
        return Err(Error::Damaged {
            what: format!("ledger {}", info.name),
            why: "its entries don't have its root, and are not copied to the mirror; run `amana check`".into(),
        });
    }
    let mut here = HashSet::new();
    let last = until.min(from.saturating_add(MAX_SEGMENT_ENTRIES));
    while segment.name.until < last && weight_bytes < FULL_SEGMENT_BYTES {
        let index = segment.name.until;
        let missing = || Error::Missing {
            what: format!("entry {index} of {}", info.name),
        };
        let id = EntryId::new(info.id, index).ok_or_else(missing)?;
        let found = entry(rows, id)?.ok_or_else(missing)?;
        let leaf = leaf_hash(&found.leaf());
        let place = usize::try_from(index % TILE_HASHES).unwrap_or(usize::MAX);
        let in_tile = tiles.tile(0, index / TILE_HASHES)?.get(place) == Some(&leaf);
        if !in_tile || !found.body_is_genuine() {
            return Err(Error::Damaged {
                what: format!("entry {index} of {}", info.name),
                why: "it is not the one that was recorded, and is not copied to the mirror; run `amana check`".into(),
            });
        }
        let content = rows.one(
            "SELECT data FROM contents WHERE id = $1",
            &[id.into()],
            |row| Ok(row.blob(0)?.to_vec()),
        )?;
        let body = found.body.as_ref().map_or(0, |(_, body)| body.len());
        weight_bytes += 128 + found.text.len() + body + content.as_ref().map_or(0, Vec::len);
        segment.contents.extend(content.map(|data| (index, data)));
        if info.id != LedgerId::NATIONAL {
            for Mention { blob, sealed } in (services.mentions)(&found)? {
                if !listed(blob)
                    && here.insert(blob)
                    && let Some(digests) = chunk_list(rows, blob)?
                {
                    weight_bytes += 32 * digests.len();
                    segment.chunks.push(ChunkList {
                        blob,
                        sealed,
                        digests,
                    });
                }
            }
        }
        segment.entries.push(found);
        segment.name.until += 1;
    }
    let checkpoint = shared.checkpoint(rows, info, segment.name.until)?;
    segment.checkpoint = Some(checkpoint.sign(&shared.log_key(info))?);
    Ok(segment)
}

/// The digests of a blob's chunks, while the blob stands.
pub(super) fn chunk_list(
    rows: &Reader<'_>,
    blob: BlobId,
) -> Result<Option<Vec<amana_ledger::Hash>>> {
    rows.one(
        "SELECT digests FROM blob_chunks WHERE blob = $1",
        &[blob.as_bytes().as_slice().into()],
        |row| Ok(parse_chunks(row.blob(0)?)),
    )
}

/// Secrets as they stand in the rows, sealed under the operator's seed: `<name> <hex>` a line.
pub(super) fn secrets(rows: &Reader<'_>) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    rows.each(
        "SELECT name, sealed FROM secrets ORDER BY name",
        &[],
        |row| {
            let line = format!("{} {}\n", row.text(0)?, hex::encode(row.blob(1)?));
            text.extend_from_slice(line.as_bytes());
            Ok(ControlFlow::Continue(()))
        },
    )?;
    Ok(text)
}
