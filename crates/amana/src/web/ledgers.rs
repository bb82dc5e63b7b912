//! Ledgers over HTTP, as C2SP tlog-tiles lays them out: the national log to all, a private ledger to its institution.

use std::sync::Arc;

use amana_ledger::{Checkpoint, TileId, TileLevel, encode_bundle};
use amana_store::{LedgerInfo, Reader, Tiles, Visibility, entries};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};

use super::{NOT_FOUND, basic};
use crate::centre::{Centre, blocking};

/// What a path under a ledger names.
enum Wanted {
    Checkpoint,
    Tile(TileId),
}

impl Wanted {
    fn parse(path: &str) -> Option<Self> {
        match path {
            "checkpoint" => Some(Self::Checkpoint),
            tile => TileId::parse(tile).ok().map(Self::Tile),
        }
    }

    /// A tile never changes; a checkpoint is out of date at once.
    fn cache(&self) -> &'static str {
        match self {
            Self::Checkpoint => "no-cache",
            Self::Tile(_) => "max-age=31536000, immutable",
        }
    }

    fn content_type(&self) -> &'static str {
        match self {
            Self::Checkpoint => "text/plain; charset=utf-8",
            Self::Tile(_) => "application/octet-stream",
        }
    }
}

/// The national log: public.
pub(crate) async fn national(
    State(centre): State<Arc<Centre>>,
    Path(path): Path<String>,
) -> Response {
    let Some(wanted) = Wanted::parse(&path) else {
        return NOT_FOUND.into_response();
    };
    let found = blocking(move || {
        let bytes = centre
            .store
            .read(|rows| match LedgerInfo::named(rows, "national")? {
                Some(info) => serve(&centre, rows, &info, &wanted),
                None => Ok(None),
            })?;
        Ok(bytes.map(|bytes| (wanted, bytes)))
    });
    respond(found.await, "public")
}

/// A ledger of an institution: open if public, otherwise to the institution's own keys alone.
pub(crate) async fn owned(
    State(centre): State<Arc<Centre>>,
    Path((owner, name, path)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Response {
    let Some(wanted) = Wanted::parse(&path) else {
        return NOT_FOUND.into_response();
    };
    let found = blocking(move || {
        let caller = basic::caller(&centre.access, &headers)?;
        let bytes = centre.store.read(|rows| {
            let Some(info) = LedgerInfo::named(rows, &format!("{owner}/{name}"))? else {
                return Ok(None);
            };
            let own = caller.is_some_and(|caller| *caller.name == *owner);
            if own || info.visibility == Visibility::Public {
                serve(&centre, rows, &info, &wanted)
            } else {
                Ok(None)
            }
        })?;
        Ok(bytes.map(|bytes| (wanted, bytes)))
    });
    respond(found.await, "private")
}

fn respond(found: amana_access::Result<Option<(Wanted, Vec<u8>)>>, scope: &str) -> Response {
    match found {
        Ok(Some((wanted, bytes))) => {
            let cache = format!("{scope}, {}", wanted.cache());
            let headers = [
                (header::CONTENT_TYPE, wanted.content_type().to_owned()),
                (header::CACHE_CONTROL, cache),
            ];
            (headers, bytes).into_response()
        }
        Ok(None) => NOT_FOUND.into_response(),
        Err(error) => {
            tracing::error!(%error, "a ledger can't be read");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn serve(
    centre: &Centre,
    rows: &Reader<'_>,
    info: &LedgerInfo,
    wanted: &Wanted,
) -> amana_store::Result<Option<Vec<u8>>> {
    match wanted {
        Wanted::Checkpoint => Ok(Some(checkpoint(centre, info)?.into_bytes())),
        Wanted::Tile(tile) => serve_tile(rows, info, *tile),
    }
}

fn checkpoint(centre: &Centre, info: &LedgerInfo) -> amana_store::Result<String> {
    let keys = centre.store.keys();
    let key = if info.id == amana_store::LedgerId::NATIONAL {
        keys.national_key()
    } else {
        keys.ledger_key(&info.name)
    };
    let checkpoint = Checkpoint {
        origin: key.name().to_owned(),
        size: info.size,
        root: info.root,
    };
    Ok(checkpoint.sign(&key)?.to_string())
}

/// A tile that the ledger fills as far as asked, or nothing.
fn serve_tile(
    rows: &Reader<'_>,
    info: &LedgerInfo,
    tile: TileId,
) -> amana_store::Result<Option<Vec<u8>>> {
    let width = usize::from(tile.width);
    let from = tile.index.saturating_mul(256);
    match tile.level {
        TileLevel::Entries => {
            let until = from.saturating_add(width as u64);
            if until > info.size {
                return Ok(None);
            }
            let mut leaves = Vec::with_capacity(width);
            entries::each_entry(rows, info.id, from..until, |entry| {
                leaves.push(entry.leaf());
                Ok(())
            })?;
            Ok(Some(encode_bundle(leaves.iter().map(Vec::as_slice))?))
        }
        TileLevel::Hashes(level) => {
            let there = info.size >> (8 * u32::from(level));
            if from.saturating_add(width as u64) > there {
                return Ok(None);
            }
            let mut tiles = Tiles::new(rows, info.id);
            let hashes = tiles.tile(level, tile.index)?;
            let hashes = hashes.get(..width).unwrap_or_default();
            Ok(Some(
                hashes.iter().flat_map(|hash| *hash.as_bytes()).collect(),
            ))
        }
    }
}
