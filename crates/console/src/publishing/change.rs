//! `/publishing/{host}/changes/{manifest}`: a deploy that waits for its signature: what it would change, the file to be signed at
//! home, and the form that takes it signed. Also the way back: to an older deploy's manifest.

use std::sync::Arc;

use amana_access::{InstitutionName, Session};
use amana_ledger::{Hash, digits};
use amana_sites::{Publishers, Says, Site};
use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::header;
use serde::{Deserialize, Serialize};

use super::deploy::sorts;
use super::difference::{Addresses, Difference};
use super::{digest, found, manifest, statement};
use crate::account::guard::Signed;
use crate::assets::Asset;
use crate::frame::Frame;
use crate::messages::institution_of;
use crate::{Console, Language, Page, Result, blocking, menu};

/// A manifest of a site.
#[derive(Deserialize)]
pub(super) struct Named {
    host: String,
    manifest: String,
}

/// A deploy that waits for its signature.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(super) struct Change {
    host: String,
    /// The number that it has, unless another change comes first.
    number: u64,
    manifest: String,
    /// What publishers sign.
    statement: String,
    /// How many of them must, at least.
    needed: u64,
    files: u64,
    bytes: u64,
    /// The deploy that the difference is to, if there is one and it is kept.
    against: Option<u64>,
    difference: Difference,
    /// Whether it is what is to be served already.
    live: bool,
}

/// What a manifest would change.
pub(super) async fn read(console: &Arc<Console>, site: &Site, sha256: Hash) -> Result<Change> {
    let new = manifest(console, &site.place, &sha256).await?;
    let before = match &site.live {
        Some(live) => match manifest(console, &site.place, &live.manifest).await {
            Ok(manifest) => Some((live.number, manifest)),
            // What is live can't be read now: the change is shown as one of everything.
            Err(_) => None,
        },
        None => None,
    };
    let says = Says::Deploy { manifest: sha256 };
    let statement = statement(console, site, says);
    let needed = Publishers::parse(site.publishers.as_bytes())?.needed();
    let live = site.live.as_ref();
    let live = live.is_some_and(|live| live.manifest == sha256);
    let counted = blocking(move || Change {
        host: statement.host.to_string(),
        number: statement.number,
        manifest: digits(&sha256),
        statement: statement.to_string(),
        needed: needed as u64,
        files: new.files().len() as u64,
        bytes: new.files().values().map(|file| file.size).sum(),
        difference: match &before {
            Some((_, before)) => Difference::between(before, &new),
            None => Difference::of_all(&new),
        },
        against: before.map(|(number, _)| number),
        live,
    });
    Ok(counted.await)
}

async fn named(console: &Arc<Console>, session: &Session, named: &Named) -> Result<(Site, Hash)> {
    let institution: InstitutionName = institution_of(session)?;
    let sha256 = digest(&named.manifest)?;
    let site = found(console, institution.as_str(), &named.host).await?;
    Ok((site, sha256))
}

#[derive(Template)]
#[template(path = "publishing/change.html")]
struct ChangePage {
    frame: Frame,
    session: Arc<Session>,
    script: &'static str,
    change: Change,
}

impl ChangePage {
    fn holds(&self) -> String {
        let (texts, change) = (self.frame.texts, &self.change);
        let files = texts.number(&change.files);
        (texts.publishing.files)(change.files, &files, &texts.size(&change.bytes))
    }

    fn others(&self, addresses: &Addresses) -> Option<String> {
        let texts = self.frame.texts;
        let others = addresses.others();
        (others > 0).then(|| (texts.publishing.and_others)(&texts.number(&others)))
    }

    fn against(&self) -> String {
        let texts = self.frame.texts;
        match &self.change.against {
            Some(number) => (texts.publishing.against)(&texts.number(number)),
            None => texts.publishing.against_nothing.to_owned(),
        }
    }

    fn sorts<'a>(&self, difference: &'a Difference) -> Vec<(String, &'a Addresses)> {
        sorts(&self.frame, difference)
    }

    fn file(&self) -> String {
        file_name(&self.change.host, self.change.number)
    }

    fn more_must(&self) -> Option<String> {
        let texts = self.frame.texts;
        let needed = self.change.needed;
        (needed > 1).then(|| (texts.publishing.more_must)(&texts.number(&needed)))
    }
}

fn file_name(host: &str, number: u64) -> String {
    format!("{host}-{number}.change")
}

/// The page.
pub(super) async fn page(
    State(console): State<Arc<Console>>,
    language: Language,
    Signed(session): Signed,
    Path(path): Path<Named>,
) -> Result<Page> {
    let (site, sha256) = named(&console, &session, &path).await?;
    let change = read(&console, &site, sha256).await?;
    let texts = language.texts();
    let number = texts.number(&change.number);
    let title = (texts.publishing.change_title)(&number, &change.host);
    Page::of(&ChangePage {
        frame: menu::frame(texts, &session, "/publishing", title),
        session,
        script: Asset::Sign.path(),
        change,
    })
}

/// The same for programs.
pub(super) async fn call(
    State(console): State<Arc<Console>>,
    Signed(session): Signed,
    Path(path): Path<Named>,
) -> Result<Json<Change>> {
    let (site, sha256) = named(&console, &session, &path).await?;
    read(&console, &site, sha256).await.map(Json)
}

/// What is signed, as a file.
pub(super) async fn file(
    State(console): State<Arc<Console>>,
    Signed(session): Signed,
    Path(path): Path<Named>,
) -> Result<Response> {
    let (site, sha256) = named(&console, &session, &path).await?;
    let says = Says::Deploy { manifest: sha256 };
    let statement = statement(&console, &site, says);
    let name = file_name(statement.host.as_str(), statement.number);
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    Ok((headers, statement.to_string()).into_response())
}
