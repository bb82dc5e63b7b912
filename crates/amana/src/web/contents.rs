//! Content by the act that brought it: what an institution takes with it when it leaves.
//!
//! A sealed act has its piece, an act that made a version of an open object has that version's content; for as long as
//! they stand. Content is verified before it is sent, as it is everywhere.

use std::sync::Arc;

use amana_access::Caller;
use amana_seal::statement::{PieceId, SignedStatement};
use amana_store::{Entry, EntryId, LedgerInfo, Reader, entries};
use amana_vault::{ObjectKey, SealedRefusal, VersionId, VersionRef};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use http::{StatusCode, header};
use serde::Deserialize;

use super::NOT_FOUND;
use super::credentials::Credentials;
use crate::admin::Asker;
use crate::centre::{Centre, blocking};

/// What an act brought.
enum Brought {
    Piece(PieceId),
    Object {
        bucket: String,
        key: ObjectKey,
        version: VersionRef,
    },
}

#[derive(Deserialize)]
struct KeyBody {
    bucket: String,
    key: String,
}

#[derive(Deserialize)]
struct SealedBody {
    statement: String,
}

#[derive(Deserialize)]
struct Links {
    #[serde(default)]
    null: bool,
}

type Content = (u64, BoxStream<'static, amana_vault::Result<Bytes>>);

/// `GET /contents/<owner>/<name>/<index>`, to the owner's own keys and gateways.
pub(crate) async fn to_owner(
    State(centre): State<Arc<Centre>>,
    Path((owner, name, index)): Path<(String, String, u64)>,
    credentials: Credentials,
) -> Response {
    let asked = centre.clone();
    match blocking(move || credentials.caller(&asked)).await {
        Ok(Some(caller)) if *caller.name == *owner => {
            answer(&centre, &caller, format!("{owner}/{name}"), index).await
        }
        Ok(_) => NOT_FOUND.into_response(),
        Err(error) => failed(&error),
    }
}

/// The same to the operator.
pub(crate) async fn to_operator(
    State(centre): State<Arc<Centre>>,
    axum::Extension(by): axum::Extension<Asker>,
    Path((owner, name, index)): Path<(String, String, u64)>,
) -> Response {
    let Ok(institution) = owner.parse() else {
        return NOT_FOUND.into_response();
    };
    let asked = centre.clone();
    let caller = blocking(move || asked.access.on_behalf(&institution, by.as_str())).await;
    match caller {
        Ok(caller) => answer(&centre, &caller, format!("{owner}/{name}"), index).await,
        Err(amana_access::Error::UnknownInstitution { .. }) => NOT_FOUND.into_response(),
        Err(error) => failed(&error),
    }
}

async fn answer(centre: &Arc<Centre>, caller: &Caller, ledger: String, index: u64) -> Response {
    let found = centre.read(move |rows| brought(rows, &ledger, index)).await;
    let content = match found {
        Ok(Some(Brought::Object {
            bucket,
            key,
            version,
        })) => object(centre, caller, &bucket, &key, version, index).await,
        Ok(Some(Brought::Piece(id))) => piece(centre, caller, id).await,
        Ok(None) => Ok(None),
        Err(error) => return failed(&error),
    };
    match content {
        Ok(Some((size, stream))) => (
            [
                (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
                (header::CONTENT_LENGTH, size.to_string()),
                (header::CACHE_CONTROL, "private, no-cache".to_owned()),
            ],
            Body::from_stream(stream),
        )
            .into_response(),
        Ok(None) => NOT_FOUND.into_response(),
        Err(error) => failed(&error),
    }
}

/// What the act at that index brought; nothing if it brought no content, or there is none.
fn brought(rows: &Reader<'_>, ledger: &str, index: u64) -> amana_store::Result<Option<Brought>> {
    let entry = match LedgerInfo::named(rows, ledger)? {
        Some(info) => EntryId::new(info.id, index).map(|id| entries::entry(rows, id)),
        None => None,
    };
    Ok(entry.transpose()?.flatten().and_then(|entry| read(&entry)))
}

fn read(entry: &Entry) -> Option<Brought> {
    let core = entry.core().ok()?;
    let (_, body) = entry.body.as_ref()?;
    match core.kind.as_ref() {
        "object.put" | "upload.complete" => {
            let links: Links = serde_json::from_str(core.links.get()).ok()?;
            let body: KeyBody = serde_json::from_slice(body).ok()?;
            let at = entry.at().ok()?;
            Some(Brought::Object {
                bucket: body.bucket,
                key: ObjectKey::parse(body.key).ok()?,
                version: if links.null {
                    VersionRef::Null
                } else {
                    VersionRef::Id(VersionId {
                        index: entry.id.index(),
                        tag: at.tag,
                    })
                },
            })
        }
        "sealed.act" => {
            let body: SealedBody = serde_json::from_slice(body).ok()?;
            let signed = SignedStatement::parse(body.statement.as_bytes()).ok()?;
            let piece = signed.statement().piece.as_ref()?;
            Some(Brought::Piece(piece.id))
        }
        _ => None,
    }
}

async fn piece(
    centre: &Arc<Centre>,
    caller: &Caller,
    id: PieceId,
) -> amana_vault::Result<Option<Content>> {
    let (vault, asker) = (centre.vault.clone(), caller.clone());
    let opened = match blocking(move || vault.sealed_piece(&asker, id)).await {
        Ok(found) => {
            let stream = centre
                .vault
                .read_sealed(caller, &found, 0..found.size_bytes);
            stream.await.map(|stream| (found.size_bytes, stream))
        }
        Err(error) => Err(error),
    };
    match opened {
        Ok(content) => Ok(Some(content)),
        // It was released since.
        Err(amana_vault::Error::Sealed(SealedRefusal::NoSuchPiece { .. })) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn object(
    centre: &Centre,
    caller: &Caller,
    bucket: &str,
    key: &ObjectKey,
    version: VersionRef,
    index: u64,
) -> amana_vault::Result<Option<Content>> {
    use amana_vault::Error::{
        ConditionalConflict, DeleteMarker, MethodNotAllowed, NoSuchBucket, NoSuchKey, NoSuchVersion,
    };
    let opened = match centre.vault.ask_open(caller, bucket, key, version).await {
        Ok(found) if found.entry.index() == index => {
            let stream = centre.vault.read(&found, 0..found.size_bytes).await;
            stream.map(|stream| (found.size_bytes, stream.boxed()))
        }
        Ok(_) => return Ok(None),
        Err(error) => Err(error),
    };
    match opened {
        Ok(content) => Ok(Some(content)),
        // It was deleted or replaced since.
        Err(
            NoSuchBucket { .. }
            | NoSuchKey
            | NoSuchVersion
            | DeleteMarker { .. }
            | MethodNotAllowed { .. }
            | ConditionalConflict,
        ) => Ok(None),
        Err(error) => Err(error),
    }
}

fn failed(error: &dyn std::fmt::Display) -> Response {
    tracing::error!(%error, "content can't be given out");
    (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response()
}
