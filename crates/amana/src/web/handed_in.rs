//! Content that a restored data centre lacks: which acts of an institution's brought it, and what its gateway hands in of it.

use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;

use amana_store::{Entry, EntryId, Reader, Result as StoreResult, Source, Wanted, entries};
use amana_vault::Vault;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::routing::{get, put};
use axum::{Json, Router};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::give_back::refusal;
use super::member::AsMember;
use super::refusal::Refusal;
use crate::centre::{Centre, blocking};

/// Entries that one answer looks at, and indexes that it names.
const MAX_LOOKED_AT: u64 = 4096;
const MAX_NAMED: usize = 512;
/// A gateway that sends nothing for this long is let go.
const SILENCE: Duration = Duration::from_secs(60);
/// Runs of content that wait for the disk.
const AHEAD: usize = 8;
/// Small content has at most this many bytes.
const MAX_SMALL_BYTES: u64 = 64 * 1024;

/// The routes of those who give content back.
pub(super) fn routes() -> Router<Arc<Centre>> {
    Router::new()
        .route("/api/v1/given-back/missing", get(missing))
        .route("/api/v1/given-back/contents/{index}", put(take))
}

/// From which entry on it is looked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct From {
    #[serde(default)]
    from: u64,
}

/// The acts whose content is held and has no place here, and where to look on; nothing at the ledger's end.
async fn missing(
    State(centre): State<Arc<Centre>>,
    AsMember(member): AsMember,
    Query(From { from }): Query<From>,
) -> Result<Json<Value>, Refusal> {
    let store = centre.store.clone();
    let found = blocking(move || {
        store.read(|rows| -> StoreResult<_> {
            let (mut missing, mut next) = (Vec::new(), None);
            for index in from.. {
                let id = EntryId::new(member.caller.ledger, index);
                let Some(entry) = id.map(|id| entries::entry(rows, id)).transpose()?.flatten()
                else {
                    break;
                };
                if index - from == MAX_LOOKED_AT || missing.len() == MAX_NAMED {
                    next = Some(index);
                    break;
                }
                let has = |wanted: &Wanted| store.has_place_of(rows, wanted);
                let wanted = wanted(rows, &entry)?;
                if !wanted
                    .iter()
                    .map(has)
                    .collect::<StoreResult<Vec<_>>>()?
                    .into_iter()
                    .all(|has| has)
                {
                    missing.push(index);
                }
            }
            Ok((missing, next))
        })
    });
    let (contents, next) = found.await?;
    Ok(Json(json!({ "contents": contents, "next": next })))
}

/// What an entry brought and is held still, run by run.
fn wanted(rows: &Reader<'_>, entry: &Entry) -> StoreResult<Vec<Wanted>> {
    // Parts of uploads under way can't be asked for by an act, so they can't be handed in by one.
    if entry.core()?.kind == "upload.part" {
        return Ok(Vec::new());
    }
    let held = Vault::contents_of(rows, entry)?;
    Ok(held.iter().map(amana_vault::Held::wanted).collect())
}

/// Takes the content of one act in, all of it, in the order of its runs.
async fn take(
    State(centre): State<Arc<Centre>>,
    AsMember(member): AsMember,
    Path(index): Path<u64>,
    body: Body,
) -> Result<Json<Value>, Refusal> {
    let found = centre
        .read(move |rows| {
            let id = EntryId::new(member.caller.ledger, index);
            let entry = id.map(|id| entries::entry(rows, id)).transpose()?.flatten();
            entry.map_or(Ok(Vec::new()), |entry| wanted(rows, &entry))
        })
        .await?;
    if found.is_empty() {
        return Err(Refusal::absent());
    }
    let (sender, receiver) = mpsc::channel(AHEAD);
    let mut incoming = Incoming {
        receiver,
        ready: Bytes::new(),
    };
    let working = centre.clone();
    let runtime = tokio::runtime::Handle::current();
    let taking = tokio::task::spawn_blocking(move || -> StoreResult<bool> {
        let mut taken = false;
        for wanted in found {
            let mut run = (&mut incoming).take(wanted.size_bytes);
            taken |= match wanted.source {
                Source::Blob(_) => working.store.take_blob(&wanted, &mut run)?,
                Source::Entry(_) => {
                    let mut bytes = Vec::new();
                    let read = (&mut run).take(MAX_SMALL_BYTES).read_to_end(&mut bytes);
                    read.map_err(|source| cut(&wanted, &source))?;
                    runtime.block_on(working.store.take_small(&wanted, bytes.into()))?
                }
            };
            // What wasn't needed is read over, so that the next run begins where it does.
            io::copy(&mut run, &mut io::sink()).map_err(|source| cut(&wanted, &source))?;
        }
        Ok(taken)
    });
    feed(body, sender).await;
    let taken = taking.await.map_err(|_| Refusal::absent())?;
    Ok(Json(json!({ "taken": taken.map_err(refusal)? })))
}

/// Hands the body on, until its end, until it stands still, or until nobody takes it.
async fn feed(mut body: Body, to: mpsc::Sender<Bytes>) {
    while let Ok(Some(Ok(frame))) = tokio::time::timeout(SILENCE, body.frame()).await {
        if let Ok(bytes) = frame.into_data()
            && to.send(bytes).await.is_err()
        {
            // Read to its end, so that the gateway hears the answer.
            while let Ok(Some(Ok(_))) = tokio::time::timeout(SILENCE, body.frame()).await {}
            return;
        }
    }
}

fn cut(wanted: &Wanted, why: &io::Error) -> amana_store::Error {
    amana_store::Error::Refused {
        what: format!("the content of {}", wanted.entry),
        why: format!("it ended early: {why}"),
    }
}

/// A body as a stream that blocks; cut short, it ends.
struct Incoming {
    receiver: mpsc::Receiver<Bytes>,
    ready: Bytes,
}

impl Read for Incoming {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        while self.ready.is_empty() {
            match self.receiver.blocking_recv() {
                Some(bytes) => self.ready = bytes,
                None => return Ok(0),
            }
        }
        let now = self.ready.split_to(to.len().min(self.ready.len()));
        to[..now.len()].copy_from_slice(&now);
        Ok(now.len())
    }
}
