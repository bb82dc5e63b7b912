//! A folder that comes in: looked through as `amana site deploy` does at home, kept, and made a change that waits to be signed.
//!
//! Browsers send a chosen folder as a form of files, each with its way in the folder (WHATWG HTML, `webkitdirectory`), with or
//! without scripts.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use amana_access::{InstitutionName, Operation, Session};
use amana_ledger::{Hash, digits};
use amana_sites::{Folder, MAX_FILE_BYTES, Piece, Place, Site, Wrong, read_folder};
use askama::Template;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::{Extension, Json};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use http::StatusCode;
use tokio::io::AsyncReadExt as _;

use super::change::{self, Change};
use super::spool::{Incoming, Spool};
use super::{Named, found};
use crate::account::form::Tokened;
use crate::account::guard::Signed;
use crate::content::Official;
use crate::content::multipart::{Multipart, Source};
use crate::frame::Frame;
use crate::messages::institution_of;
use crate::{Console, Error, Language, Page, Result, blocking, menu};

/// Fields before the files.
const MAX_FIELDS: usize = 8;
/// Files that are kept at once: the store syncs them together.
const AT_ONCE: usize = 8;
/// How long a folder may take to come in: its seat is others' then.
const IN_ALL: Duration = Duration::from_secs(2 * 60 * 60);
/// Of a file, what is read at a time.
const CHUNK_BYTES: u64 = 256 * 1024;

/// Takes a folder in, and leads to its change; or tells everything that stands against it.
pub(super) async fn page(
    State(console): State<Arc<Console>>,
    Extension(spool): Extension<Arc<Spool>>,
    language: Language,
    Path(Named { host }): Path<Named>,
    Signed(session): Signed,
    request: Request,
) -> Result<Response> {
    let site = own(&console, &session, &host).await?;
    match taken(&console, &spool, &session, &site, request, true).await {
        Ok(manifest) => {
            let path = format!("/publishing/{host}/changes/{}", digits(&manifest));
            Ok(Redirect::to(&path).into_response())
        }
        Err(Error::Sites(amana_sites::Error::Folder(wrong))) => {
            let page = refused(language, &session, host, wrong)?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(error) => Err(error),
    }
}

/// `POST /api/v1/publishing/{host}/folder`
pub(super) async fn call(
    State(console): State<Arc<Console>>,
    Extension(spool): Extension<Arc<Spool>>,
    Path(Named { host }): Path<Named>,
    Tokened { session }: Tokened,
    request: Request,
) -> Result<Json<Change>> {
    let site = own(&console, &session, &host).await?;
    let manifest = taken(&console, &spool, &session, &site, request, false).await?;
    change::read(&console, &site, manifest).await.map(Json)
}

async fn own(console: &Arc<Console>, session: &Session, host: &str) -> Result<Site> {
    let institution: InstitutionName = institution_of(session)?;
    found(console, institution.as_str(), host).await
}

/// Takes a folder from a form, and keeps it.
async fn taken(
    console: &Arc<Console>,
    spool: &Spool,
    session: &Arc<Session>,
    site: &Site,
    request: Request,
    by_token: bool,
) -> Result<Hash> {
    console.sites.may_bring(&site.place.institution).await?;
    let received = received(console, spool, session, site, request, by_token);
    let received = tokio::time::timeout(IN_ALL, received).await;
    let (incoming, allowed) = received.map_err(|_| Error::Cut)??;
    // It came for a long time, perhaps.
    still_may(console, session).await?;
    let caller = Official::of(console, session).await?.caller;
    kept(console, &site.place, &caller.actor, &incoming, allowed).await
}

/// Whether who began may still go on: a session that ended meanwhile brings nothing.
async fn still_may(console: &Arc<Console>, session: &Arc<Session>) -> Result<()> {
    let asked = session.clone();
    let may = console
        .ask(move |access| Ok(access.still_may(&asked, Operation::ManageSites)?))
        .await?;
    may.then_some(()).ok_or(Error::SignIn)
}

/// Reads a form to its end: its fields first, the token among them where no header brought it, then the files.
async fn received(
    console: &Arc<Console>,
    spool: &Spool,
    session: &Arc<Session>,
    site: &Site,
    request: Request,
    by_token: bool,
) -> Result<(Incoming, BTreeSet<String>)> {
    let (head, body) = request.into_parts();
    let mut form = Multipart::of(&head.headers, body.into_data_stream())?;
    let mut fields: HashMap<String, String> = HashMap::new();
    let mut incoming = None;
    while let Some(part) = form.part().await? {
        let Some(path) = &part.file else {
            if fields.len() == MAX_FIELDS {
                return Err(Error::Form);
            }
            fields.insert(part.name, form.text().await?);
            continue;
        };
        let token = fields.get("token").map_or("", String::as_str);
        if by_token && !session.is_form(token) {
            return Err(Error::Form);
        }
        let incoming = match &mut incoming {
            Some(incoming) => incoming,
            none => {
                let begun = spool.begin(&site.place.institution).await?;
                still_may(console, session).await?;
                none.insert(begun)
            }
        };
        one_file(&mut form, incoming, path).await?;
    }
    let incoming = incoming.ok_or(Error::Form)?;
    let allowed = fields.get("allow").map_or("", String::as_str);
    let allowed = allowed.lines().map(|line| line.trim().to_owned());
    let allowed = allowed.filter(|line| !line.is_empty()).collect();
    Ok((incoming, allowed))
}

async fn one_file<S: Source>(
    form: &mut Multipart<S>,
    incoming: &mut Incoming,
    path: &str,
) -> Result<()> {
    // A form in which nothing was chosen.
    if path.is_empty() {
        return Err(Error::NoFolder);
    }
    let mut file = incoming.file(path).await?;
    while let Some(bytes) = form.chunk().await? {
        incoming.write(&mut file, &bytes).await?;
    }
    incoming.end(file).await
}

/// Looks a folder through, and keeps what isn't there yet: its files, then its manifest.
async fn kept(
    console: &Arc<Console>,
    place: &Place,
    by: &str,
    incoming: &Incoming,
    allowed: BTreeSet<String>,
) -> Result<Hash> {
    let (root, host) = (incoming.root().to_owned(), place.host.clone());
    let read = blocking(move || read_folder(&root, &host, &allowed)).await;
    let Folder { manifest, contents } = read?;
    tracing::debug!(host = %place.host, files = incoming.files(), "a folder came in");
    let all: Vec<Hash> = contents.keys().copied().collect();
    let lacking = console.sites.lacking(place, &[], &all).await?.files;
    let lacking: BTreeMap<Hash, PathBuf> = contents
        .into_iter()
        .filter(|(hash, _)| lacking.contains(hash))
        .collect();
    let keep = |(hash, path): (Hash, PathBuf)| async move {
        let content = content(hash, path).await?;
        console.sites.keep_file(place, by, content).await?;
        Ok::<_, Error>(())
    };
    let all = stream::iter(lacking).map(keep).buffer_unordered(AT_ONCE);
    all.try_collect::<()>().await?;
    let (whole, hash) = blocking(move || (manifest.to_bytes(), manifest.digest())).await;
    let parts = vec![Piece::Here(whole)];
    console.sites.keep_manifest(place, &hash, parts, by).await?;
    Ok(hash)
}

async fn content(hash: Hash, path: PathBuf) -> Result<amana_sites::Incoming> {
    let opened = tokio::fs::File::open(&path).await;
    let file = opened.map_err(|source| amana_sites::Error::Read { path, source })?;
    let next = |mut file: tokio::fs::File| async move {
        let mut chunk = Vec::new();
        match (&mut file).take(CHUNK_BYTES).read_to_end(&mut chunk).await {
            Ok(0) => None,
            Ok(_) => Some((Ok(bytes::Bytes::from(chunk)), file)),
            Err(error) => Some((Err(error), file)),
        }
    };
    Ok(amana_sites::Incoming {
        stream: stream::unfold(file, next).boxed(),
        sha256: Some(hash),
        max_bytes: MAX_FILE_BYTES,
    })
}

#[derive(Template)]
#[template(path = "publishing/refused.html")]
struct RefusedPage {
    frame: Frame,
    host: String,
    wrong: Vec<Wrong>,
}

impl RefusedPage {
    fn place(&self, wrong: &Wrong) -> String {
        match wrong.line {
            0 => wrong.file.clone(),
            line => format!("{}:{line}", wrong.file),
        }
    }

    /// The reason in this page's language, or as it stands.
    fn why<'a>(&self, wrong: &'a Wrong) -> &'a str {
        (self.frame.texts.publishing.reason)(&wrong.why).unwrap_or(&wrong.why)
    }

    /// Whether the reason is in English on a page that isn't.
    fn is_foreign(&self, wrong: &Wrong) -> bool {
        let texts = self.frame.texts;
        texts.tag != "en" && (texts.publishing.reason)(&wrong.why).is_none()
    }
}

/// What stands against a folder; nothing of it is kept.
fn refused(language: Language, session: &Session, host: String, wrong: Vec<Wrong>) -> Result<Page> {
    let texts = language.texts();
    let title = texts.publishing.refused;
    Page::of(&RefusedPage {
        frame: menu::frame(texts, session, "/publishing", title),
        host,
        wrong,
    })
}
