//! Publishing: what is live, to anybody; what is missing of a new deploy, and its upload, by whoever holds a publisher's key; and
//! the statement that publishes it, which is judged by its own signatures.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use amana_ledger::{Hash, Note, digits, parse_digits};
use amana_sites::{
    Deploy, Host, Incoming, MAX_FILE_BYTES, MAX_MANIFEST_BYTES, Piece, Publishers, Site,
};
use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::{DefaultBodyLimit, Path, Query, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use http::{StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

use super::publisher::{AsPublisher, in_good_standing};
use super::refusal::Refusal;
use crate::centre::{Centre, blocking};

/// A publisher that sends nothing for this long is let go.
const SILENCE: Duration = Duration::from_secs(60);
/// The longest list of pieces: a manifest, and a mark for each piece.
const MAX_PARTS_BYTES: usize = MAX_MANIFEST_BYTES + 1024 * 1024;
/// Begins a piece that an earlier deploy has, by its SHA-256.
const KNOWN: u8 = b'=';
/// Begins a piece that comes along.
const HERE: u8 = b'+';

/// The routes of publishing.
pub(super) fn routes() -> Router<Arc<Centre>> {
    let site = "/api/v1/sites/{host}";
    Router::new()
        .route(site, get(show))
        .route(&format!("{site}/missing"), post(missing))
        .route(&format!("{site}/files/{{sha256}}"), put(keep))
        .route(
            &format!("{site}/manifests/{{sha256}}"),
            get(manifest).merge(put(join).layer(DefaultBodyLimit::max(MAX_PARTS_BYTES))),
        )
        .route(&format!("{site}/changes"), post(change))
}

/// How many of the newest deploys are told: who only deploys, on a thin line, needs none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    deploys: Option<usize>,
}

async fn show(
    State(centre): State<Arc<Centre>>,
    Path(host): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Value>, Refusal> {
    let host: Host = host.parse()?;
    blocking(move || {
        let site = centre.sites.site(&host)?;
        let mut deploys = centre.sites.deploys(&host)?;
        deploys.truncate(wanted.deploys.unwrap_or(usize::MAX));
        Ok(Json(shown(&centre, &site, &deploys)))
    })
    .await
}

fn shown(centre: &Centre, site: &Site, deploys: &[Deploy]) -> Value {
    let deploy = |deploy: &Deploy| {
        json!({
            "number": deploy.number,
            "manifest": digits(&deploy.manifest),
            "receipt": deploy.receipt(),
            "since_ms": deploy.since_ms,
            "note": deploy.note,
        })
    };
    json!({
        "host": site.place.host.as_str(),
        "institution": site.place.institution,
        "centre": centre.name,
        "ledger": centre.sites.origin(&site.place),
        "number": site.number,
        "publishers": site.publishers,
        "live": site.live.as_ref().map(deploy),
        "deploys": deploys.iter().map(deploy).collect::<Vec<_>>(),
    })
}

/// A manifest, to anybody who has its digest: whoever is to sign it looks at it first.
async fn manifest(
    State(centre): State<Arc<Centre>>,
    Path((host, sha256)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let (host, sha256) = (host.parse::<Host>()?, digest(&sha256)?);
    let reader = centre.clone();
    let site = blocking(move || reader.sites.site(&host)).await?;
    let bytes = centre.sites.manifest(&site.place, &sha256).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, bytes).into_response())
}

/// What a deployer has.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(default)]
    pieces: Vec<String>,
    #[serde(default)]
    files: Vec<String>,
}

async fn missing(
    State(centre): State<Arc<Centre>>,
    publisher: AsPublisher,
    Json(asked): Json<Asked>,
) -> Result<Json<Value>, Refusal> {
    let parse = |all: &[String]| -> Result<Vec<Hash>, Refusal> {
        all.iter().map(|text| digest(text)).collect()
    };
    let (pieces, files) = (parse(&asked.pieces)?, parse(&asked.files)?);
    let lacking = centre
        .sites
        .lacking(&publisher.place, &pieces, &files)
        .await?;
    let told = |all: &[Hash]| all.iter().map(digits).collect::<Vec<_>>();
    Ok(Json(
        json!({ "pieces": told(&lacking.pieces), "files": told(&lacking.files) }),
    ))
}

async fn keep(
    State(centre): State<Arc<Centre>>,
    Path((_, sha256)): Path<(String, String)>,
    publisher: AsPublisher,
    request: Request,
) -> Result<StatusCode, Refusal> {
    let content = Incoming {
        stream: patient(request.into_body()),
        sha256: Some(digest(&sha256)?),
        max_bytes: MAX_FILE_BYTES,
    };
    centre
        .sites
        .keep_file(&publisher.place, &publisher.by, content)
        .await?;
    Ok(StatusCode::CREATED)
}

/// The bytes of a body, as long as they come.
fn patient(body: Body) -> BoxStream<'static, io::Result<Bytes>> {
    let next = |mut body: BodyDataStream| async move {
        let chunk = match tokio::time::timeout(SILENCE, body.next()).await {
            Ok(None) => return None,
            Ok(Some(chunk)) => chunk.map_err(io::Error::other),
            Err(_) => Err(io::Error::from(io::ErrorKind::TimedOut)),
        };
        Some((chunk, body))
    };
    stream::unfold(body.into_data_stream(), next).boxed()
}

/// A manifest, from its pieces: one a line, since a manifest has no line's end in it.
async fn join(
    State(centre): State<Arc<Centre>>,
    Path((_, sha256)): Path<(String, String)>,
    publisher: AsPublisher,
    lines: Bytes,
) -> Result<StatusCode, Refusal> {
    let sha256 = digest(&sha256)?;
    let parts = parts(&lines)?;
    centre
        .sites
        .keep_manifest(&publisher.place, &sha256, parts, &publisher.by)
        .await?;
    Ok(StatusCode::CREATED)
}

fn parts(lines: &[u8]) -> Result<Vec<Piece>, Refusal> {
    let whole = lines.strip_suffix(b"\n").unwrap_or(lines);
    let part = |line: &[u8]| match line.split_first() {
        Some((&KNOWN, hash)) => {
            let hash = std::str::from_utf8(hash).unwrap_or_default();
            Ok(Piece::Known(digest(hash)?))
        }
        Some((&HERE, bytes)) => Ok(Piece::Here(bytes.to_vec())),
        _ => Err(Refusal::wrong(
            "wrong-pieces",
            "a line is = and the SHA-256 of a piece, or + and a piece",
        )),
    };
    whole.split(|byte| *byte == b'\n').map(part).collect()
}

/// A signed statement, and the file that it names when it is about publishers.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stated {
    note: String,
    publishers: Option<String>,
}

async fn change(
    State(centre): State<Arc<Centre>>,
    Path(host): Path<String>,
    Json(stated): Json<Stated>,
) -> Result<Json<Value>, Refusal> {
    let host: Host = host.parse()?;
    let note = Note::parse(stated.note.as_bytes()).map_err(amana_sites::Error::from)?;
    let publishers = stated.publishers.as_deref();
    let publishers = publishers.map(|text| Publishers::parse(text.as_bytes()));
    let publishers = publishers.transpose()?;
    let (reader, asked) = (centre.clone(), host.clone());
    blocking(move || in_good_standing(&reader, &reader.sites.site(&asked)?.place)).await?;
    let changed = centre
        .sites
        .change(&host, &note, publishers.as_ref())
        .await?;
    Ok(Json(
        json!({ "number": changed.number, "receipt": changed.receipt }),
    ))
}

fn digest(text: &str) -> Result<Hash, Refusal> {
    parse_digits(text).map_err(|error| amana_sites::Error::from(error).into())
}
