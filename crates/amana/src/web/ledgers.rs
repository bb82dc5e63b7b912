//! Ledgers over HTTP, as C2SP tlog-tiles lays them out: the national log to all, a private ledger to its institution.
//!
//! Beside tlog-tiles stand `acts/<from>`, what the leaves commit; `cosignatures`, who vouched for which size; and `row`, the
//! ledger's row in the registry, signed by the national log. The national log has no acts: what is kept beside its leaves
//! would tell everybody who was busy.

use std::sync::Arc;

use amana_ledger::{TILE_WIDTH, TileId, TileLevel, encode_bundle};
use amana_store::national::NATIONAL;
use amana_store::{Entry, Error, LedgerId, LedgerInfo, Reader, Tiles, Visibility, entries};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde::Serialize;

use super::NOT_FOUND;
use super::credentials::Credentials;
use crate::centre::{Centre, blocking};
use crate::wire::{ActText, Acts, Cosigned, SaltedBody};

/// A page of acts ends with the one that fills this many bytes, or after as many as a tile is wide.
const ACTS_PAGE_BYTES: usize = 4 * 1024 * 1024;

/// What a path under a ledger names.
pub(crate) enum Wanted {
    Checkpoint,
    Tile(TileId),
    Acts(u64),
    Cosignatures,
    Row,
}

impl Wanted {
    /// From a path under a ledger.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        match path {
            "checkpoint" => Some(Self::Checkpoint),
            "cosignatures" => Some(Self::Cosignatures),
            "row" => Some(Self::Row),
            path => match path.strip_prefix("acts/") {
                Some(from) => from.parse().ok().map(Self::Acts),
                None => TileId::parse(path).ok().map(Self::Tile),
            },
        }
    }

    /// A tile never changes; all else is out of date at once.
    fn cache(&self) -> &'static str {
        match self {
            Self::Tile(_) => "max-age=31536000, immutable",
            _ => "no-cache",
        }
    }

    fn content_type(&self) -> &'static str {
        match self {
            Self::Checkpoint | Self::Row => "text/plain; charset=utf-8",
            Self::Tile(_) => "application/octet-stream",
            Self::Acts(_) | Self::Cosignatures => "application/json",
        }
    }
}

/// The national log: public.
pub(crate) async fn national(
    State(centre): State<Arc<Centre>>,
    Path(path): Path<String>,
) -> Response {
    answer(centre, NATIONAL.to_owned(), &path, |_, _| Ok(true)).await
}

/// A ledger of an institution: open if public, otherwise to the institution's own keys and members alone.
pub(crate) async fn owned(
    State(centre): State<Arc<Centre>>,
    Path((owner, name, path)): Path<(String, String, String)>,
    credentials: Credentials,
) -> Response {
    let ledger = format!("{owner}/{name}");
    let may = move |centre: &Centre, info: &LedgerInfo| {
        if info.visibility == Visibility::Public {
            return Ok(true);
        }
        let caller = credentials.caller(centre)?;
        Ok(caller.is_some_and(|caller| *caller.name == *owner))
    };
    answer(centre, ledger, &path, may).await
}

/// A ledger to the operator, who has its rows anyway.
pub(crate) async fn to_operator(
    State(centre): State<Arc<Centre>>,
    Path((owner, name, path)): Path<(String, String, String)>,
) -> Response {
    answer(centre, format!("{owner}/{name}"), &path, |_, _| Ok(true)).await
}

/// What `path` names under the ledger, if there is one and the asker may read it.
async fn answer(
    centre: Arc<Centre>,
    ledger: String,
    path: &str,
    may: impl FnOnce(&Centre, &LedgerInfo) -> amana_access::Result<bool> + Send + 'static,
) -> Response {
    let Some(wanted) = Wanted::parse(path) else {
        return NOT_FOUND.into_response();
    };
    let scope = if ledger == NATIONAL {
        "public"
    } else {
        "private"
    };
    let found = blocking(move || {
        let bytes = centre
            .store
            .read(|rows| match LedgerInfo::named(rows, &ledger)? {
                Some(info) if may(&centre, &info)? => Ok(serve(&centre, rows, &info, &wanted)?),
                _ => Ok::<_, amana_access::Error>(None),
            })?;
        Ok(bytes.map(|bytes| (wanted, bytes)))
    });
    respond(found.await, scope)
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
        Wanted::Checkpoint => {
            let note = centre.store.signed_checkpoint(rows, info, info.size)?;
            Ok(Some(note.to_string().into_bytes()))
        }
        Wanted::Tile(tile) => serve_tile(rows, info, *tile),
        Wanted::Acts(_) | Wanted::Row if info.id == LedgerId::NATIONAL => Ok(None),
        Wanted::Row => {
            let row = centre.store.signed_row(rows, info)?;
            Ok(Some(row.to_string().into_bytes()))
        }
        Wanted::Acts(from) => serve_acts(rows, info, *from).map(Some),
        Wanted::Cosignatures => {
            let lines = centre.store.cosignatures(rows, info.id)?.into_iter();
            let lines: Vec<_> = lines
                .map(|(size, line)| Cosigned {
                    size,
                    line: line.to_string(),
                })
                .collect();
            json(&lines).map(Some)
        }
    }
}

/// A tile that the ledger fills as far as asked, or nothing.
fn serve_tile(
    rows: &Reader<'_>,
    info: &LedgerInfo,
    tile: TileId,
) -> amana_store::Result<Option<Vec<u8>>> {
    let width = usize::from(tile.width);
    let from = tile.index.saturating_mul(TILE_WIDTH.into());
    let until = from.saturating_add(width as u64);
    match tile.level {
        TileLevel::Entries if until <= info.size => {
            let mut leaves = Vec::with_capacity(width);
            entries::each_entry(rows, info.id, from..until, |entry| {
                leaves.push(entry.leaf());
                Ok(())
            })?;
            Ok(Some(encode_bundle(leaves.iter().map(Vec::as_slice))?))
        }
        TileLevel::Hashes(level) if until <= info.size >> (8 * u32::from(level)) => {
            let mut tiles = Tiles::new(rows, info.id);
            let hashes = tiles.tile(level, tile.index)?;
            let hashes = hashes.get(..width).unwrap_or_default();
            Ok(Some(
                hashes.iter().flat_map(|hash| *hash.as_bytes()).collect(),
            ))
        }
        _ => Ok(None),
    }
}

fn serve_acts(rows: &Reader<'_>, info: &LedgerInfo, from: u64) -> amana_store::Result<Vec<u8>> {
    let mut acts = Vec::new();
    let mut bytes = 0;
    let until = from.saturating_add(TILE_WIDTH.into()).min(info.size);
    for index in from..until {
        let Some(id) = amana_store::EntryId::new(info.id, index) else {
            break;
        };
        let entry = entries::entry(rows, id)?.ok_or_else(|| Error::Missing {
            what: format!("entry {id}"),
        })?;
        bytes += entry.text.len() + entry.body.as_ref().map_or(0, |(_, body)| body.len());
        acts.push(act_text(&entry)?);
        if bytes >= ACTS_PAGE_BYTES {
            break;
        }
    }
    json(&Acts { acts })
}

fn act_text(entry: &Entry) -> amana_store::Result<ActText> {
    let text = |bytes: &[u8]| {
        String::from_utf8(bytes.to_vec()).map_err(|_| Error::Damaged {
            what: format!("entry {}", entry.id),
            why: "it is not UTF-8".into(),
        })
    };
    let body = match &entry.body {
        Some((salt, body)) => Some(SaltedBody {
            salt: hex::encode(salt),
            text: text(body)?,
        }),
        None => None,
    };
    Ok(ActText {
        index: entry.id.index(),
        core: text(&entry.text)?,
        body_hash: entry.body_hash.to_string(),
        body,
    })
}

fn json(value: &impl Serialize) -> amana_store::Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(|source| Error::Decode {
        what: "an answer".into(),
        source,
    })
}
