//! The page of one file: what it is, what it was, its receipt, whom it is shown.

use std::sync::Arc;

use amana_folders::{Kind, Place};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::Files;
use super::places::{Past, Step, folder_href, href, name, seconds, way};
use super::session::Signed;
use crate::frame::{FolderPage, Frame};
use crate::{Language, Page, Result};

#[derive(Template)]
#[template(path = "files/file.html")]
struct FilePage {
    frame: Frame,
    token: String,
    name: String,
    path: String,
    way: Vec<Step>,
    size: String,
    modified_s: Option<u64>,
    /// The entry that made it, in the institution's ledger.
    entry: String,
    download: String,
    receipt: String,
    versions: Vec<Past>,
    keeps: bool,
    may_write: bool,
}

/// The page.
pub(super) async fn page(
    State(files): State<Arc<Files>>,
    signed: Signed,
    language: Language,
    Path(path): Path<String>,
) -> Result<Response> {
    let (place, tree) = (Place::parse(&path)?, files.tree(&signed.caller));
    let entry = tree.stat(&place).await?;
    let Kind::File { size_bytes, .. } = entry.kind else {
        return Ok(Redirect::to(&folder_href(&place)).into_response());
    };
    let reading = tree.open(&place).await?;
    let texts = language.texts();
    let path = place.path();
    let versions = tree.versions(&place).await?.into_iter();
    let page = FilePage {
        frame: Frame::folders(
            texts,
            texts.files.file,
            &files.institution,
            FolderPage::Folders,
        ),
        token: signed.form_token,
        name: name(&place),
        way: way(&place),
        size: texts.size(&size_bytes),
        modified_s: seconds(entry.modified_ms),
        entry: format!("{}/vault/{}", files.institution, reading.entry_index()),
        download: href("download", &path),
        receipt: href("receipt", &path),
        versions: versions
            .map(|one| Past::of(texts, path.clone(), one))
            .collect(),
        keeps: tree.keeping(&place)?.is_some_and(|keeping| keeping.keeps),
        may_write: tree.may_write(&place),
        path,
    };
    Ok(Page::of(&page)?.into_response())
}
