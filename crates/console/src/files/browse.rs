//! `/folders`: what a folder holds, and what is found.

use std::sync::Arc;

use amana_folders::{Keeping, Kind, Place};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::Files;
use super::places::{Past, Row, Step, folder_href, href, name, push_encoded, way};
use super::session::Signed;
use crate::assets::Asset;
use crate::frame::{FolderPage, Frame};
use crate::query::{Denied, Query, Unfit, Why};
use crate::{Language, Page, Result};

/// The longest part of a name that is looked for.
const MAX_PART_CHARS: usize = 200;

#[derive(Template)]
#[template(path = "files/folder.html")]
struct Folder {
    frame: Frame,
    token: String,
    script: &'static str,
    /// Its name; nothing at the top.
    name: Option<String>,
    path: String,
    way: Vec<Step>,
    rows: Vec<Row>,
    next: Option<String>,
    removed: Vec<Past>,
    keeping: Option<Keeping>,
    /// Whether it is a bucket's own folder.
    is_bucket: bool,
    may_write: bool,
    upload: String,
}

/// Where a page goes on.
#[derive(Deserialize)]
pub(super) struct After {
    after: Option<String>,
}

/// The folder of all buckets.
pub(super) async fn top(
    files: State<Arc<Files>>,
    signed: Signed,
    language: Language,
    after: Query<After>,
) -> Result<Response> {
    folder(files, signed, language, Path(String::new()), after).await
}

/// A folder.
pub(super) async fn folder(
    State(files): State<Arc<Files>>,
    signed: Signed,
    language: Language,
    Path(path): Path<String>,
    Query(After { after }): Query<After>,
) -> Result<Response> {
    let (place, tree) = (Place::parse(&path)?, files.tree(&signed.caller));
    let path = place.path();
    if tree.stat(&place).await?.kind != Kind::Folder {
        return Ok(Redirect::to(&href("file", &path)).into_response());
    }
    let (entries, next) = tree.list(&place, after).await?;
    let removed = tree.removed(&place).await?;
    let texts = language.texts();
    let within = |name: &str| format!("{path}/{name}");
    let removed = removed.into_iter();
    let page = Folder {
        frame: Frame::folders(
            texts,
            texts.files.title,
            &files.institution,
            FolderPage::Folders,
        ),
        token: signed.form_token,
        script: Asset::Files.path(),
        name: (place != Place::Top).then(|| name(&place)),
        way: way(&place),
        rows: entries
            .into_iter()
            .map(|entry| Row::of(texts, &path, entry))
            .collect(),
        next: next.map(|next| {
            let mut href = folder_href(&place) + "?after=";
            push_encoded(&mut href, &next);
            href
        }),
        removed: removed
            .map(|one| Past::of(texts, within(&one.name), one))
            .collect(),
        keeping: tree.keeping(&place)?,
        is_bucket: matches!(place, Place::Bucket(_)),
        may_write: tree.may_write(&place),
        upload: href("upload", &path),
        path,
    };
    Ok(Page::of(&page)?.into_response())
}

#[derive(Template)]
#[template(path = "files/search.html")]
struct Search {
    frame: Frame,
    part: String,
    rows: Vec<Row>,
    may_be_more: bool,
}

/// What is looked for.
#[derive(Deserialize)]
pub(super) struct Part {
    #[serde(default)]
    q: String,
}

/// Files by a part of their name.
pub(super) async fn search(
    State(files): State<Arc<Files>>,
    signed: Signed,
    language: Language,
    Query(Part { q }): Query<Part>,
) -> Result<Page, Denied> {
    let part = q.trim().to_owned();
    if part.chars().count() > MAX_PART_CHARS {
        return Err(Unfit::new("q", Why::Long(MAX_PART_CHARS)).into());
    }
    let found = match part.is_empty() {
        true => amana_folders::Found::default(),
        false => files.tree(&signed.caller).find(&part).await?,
    };
    let texts = language.texts();
    let rows = found.files.into_iter();
    let title = texts.files.search;
    let frame = Frame::folders(texts, title, &files.institution, FolderPage::Folders);
    let page = Search {
        frame,
        part,
        rows: rows.map(|file| Row::of(texts, "", file)).collect(),
        may_be_more: found.may_be_more,
    };
    Ok(Page::of(&page)?)
}
