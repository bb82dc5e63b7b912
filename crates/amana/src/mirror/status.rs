//! How far a mirror lags: its head against the rows, whether a server runs or not.

use std::path::Path;

use amana_store::blobs::CHUNK_BYTES;
use amana_store::entries::Entry;
use amana_store::keys::Keys;
use amana_store::mirror::{Mirror, MirrorKey};
use amana_store::{BlobId, EntryId, LedgerInfo, Reader, clock, entries};
use amana_vault::Vault;
use anyhow::{Context as _, Result};
use serde::Serialize;

use super::background::{last_error, noted_lacking};
use super::config::{MirrorConfig, open_place};
use super::stop::Stop;
use crate::config::Config;

/// A mirror's lag.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Lag {
    /// Its name.
    pub(crate) mirror: String,
    /// Where it is.
    pub(crate) place: String,
    /// When what it holds was read, milliseconds since 1970; nothing before it is first complete.
    pub(crate) head_time_ms: Option<i64>,
    /// Entries that it lacks.
    pub(crate) entries: u64,
    /// Bytes of these entries, of their small content and of their blobs.
    pub(crate) bytes: u64,
    /// For how long the oldest of them has been waiting, in seconds.
    pub(crate) seconds: u64,
    /// Blobs that it should have and hasn't, when it was last kept up: damaged here, or lost there.
    pub(crate) lacking: Vec<BlobId>,
    /// Why it isn't kept up, if it isn't.
    pub(crate) error: Option<String>,
}

/// The lags of the mirrors that a configuration names. Blocking, for as long as the places take to show their heads.
///
/// # Errors
/// When the folder's rows or its seed can't be read; a place that doesn't answer is an error in its lag.
pub(crate) fn lags(data: &Path, config: &Config) -> Result<Vec<Lag>> {
    let centre = config
        .centre
        .as_deref()
        .with_context(|| format!("{}: there is no data centre in this folder", data.display()))?;
    amana_store::check::read_folder(data, config.database()?.as_ref(), |rows: &Reader<'_>| {
        let blob_bytes = |entry: &Entry| {
            let mentions = Vault::mentions(entry).unwrap_or_default();
            let sizes = mentions
                .iter()
                .map(|mention| at_most_bytes(rows, mention.blob).unwrap_or_default());
            sizes.sum()
        };
        let each = config.mirrors.iter().map(|mirror| -> Result<Lag> {
            let key = Keys::load(&data.join("keys"), centre)?.mirror_key();
            lag(data, rows, key, mirror, &blob_bytes)
        });
        Ok(each.collect::<Result<Vec<Lag>>>())
    })?
}

/// How many bytes a blob has at most, by its whole chunks; none when it was freed. Wherever it lies, the rows know it.
fn at_most_bytes(rows: &Reader<'_>, blob: BlobId) -> amana_store::Result<u64> {
    let sql = "SELECT LENGTH(digests) / 32 FROM blob_chunks WHERE blob = $1";
    let name = blob.as_bytes().as_slice();
    let chunks = rows.one(sql, &[name.into()], |row| row.int(0))?;
    Ok(chunks.unwrap_or_default().cast_unsigned() * CHUNK_BYTES as u64)
}

/// The lag of a mirror; a place that doesn't answer is an error in it.
fn lag(
    data: &Path,
    rows: &Reader<'_>,
    key: MirrorKey,
    config: &MirrorConfig,
    blob_bytes: &dyn Fn(&Entry) -> u64,
) -> Result<Lag> {
    let mut lag = Lag {
        mirror: config.name.clone(),
        place: config.place.clone(),
        lacking: noted_lacking(data, config).into_iter().collect(),
        error: last_error(data, config),
        ..Lag::default()
    };
    let opened =
        open_place(config, &Stop::default()).and_then(|place| Ok(Mirror::open(place, Some(key))?));
    let head = match opened {
        Ok(mirror) => Some(mirror.head().clone()),
        Err(error) => {
            lag.error.get_or_insert_with(|| format!("{error:#}"));
            None
        }
    };
    lag.head_time_ms = head.as_ref().map(|head| head.time_ms);
    let mut oldest_ms = None;
    for info in LedgerInfo::all(rows)? {
        let ledgers = head.iter().flat_map(|head| &head.ledgers);
        let there = ledgers.into_iter().find(|there| there.id == info.id.0);
        let from = match there {
            Some(there) => there.checkpoint()?.0.size,
            None => 0,
        };
        lag.entries += info.size.saturating_sub(from);
        entries::each_entry(rows, info.id, from..info.size.max(from), |entry| {
            let at_ms = entry.at()?.time_ms;
            oldest_ms = Some(oldest_ms.map_or(at_ms, |oldest: i64| oldest.min(at_ms)));
            let body = entry.body.as_ref().map_or(0, |(_, body)| body.len());
            lag.bytes +=
                (entry.text.len() + body) as u64 + small(rows, entry.id)? + blob_bytes(&entry);
            Ok(())
        })?;
    }
    let waited_ms = oldest_ms.map_or(0, |oldest| clock::system_ms() - oldest);
    lag.seconds = u64::try_from(waited_ms / 1000).unwrap_or(0);
    Ok(lag)
}

fn small(rows: &Reader<'_>, entry: EntryId) -> amana_store::Result<u64> {
    let sql = "SELECT LENGTH(data) FROM contents WHERE id = $1";
    let size = rows.one(sql, &[entry.into()], |row| row.int(0))?;
    Ok(size.map_or(0, i64::cast_unsigned))
}
