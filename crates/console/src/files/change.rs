//! What forms change: each is an act, or several.

use std::sync::Arc;

use amana_folders::{Error as FoldersError, Kind, Place};
use amana_vault::VersionRef;
use axum::extract::State;
use axum::response::Redirect;

use super::Files;
use super::places::{folder_href, href};
use super::session::Posted;
use crate::Result;

/// Makes a folder in the one of `path`; at the top, one that keeps versions.
pub(super) async fn make(State(files): State<Arc<Files>>, posted: Posted) -> Result<Redirect> {
    let folder = Place::parse(posted.text("path"))?;
    let name = posted.text("name").trim();
    let place = Place::parse(&format!("{}/{name}", folder.path()))?;
    if place.parent() != folder {
        return Err(amana_folders::Error::OtherKind("one folder at a time").into());
    }
    let tree = files.tree(&posted.signed.caller);
    tree.make_folder(&place).await?;
    // Who knows folders expects that what was replaced can be had again. Cut off in between, the folder's page offers it.
    if matches!(place, Place::Bucket(_)) {
        tree.keep_versions(&place).await?;
    }
    Ok(Redirect::to(&folder_href(&folder)))
}

/// Takes a file away, or an empty folder.
pub(super) async fn delete(State(files): State<Arc<Files>>, posted: Posted) -> Result<Redirect> {
    let place = Place::parse(posted.text("path"))?;
    let tree = files.tree(&posted.signed.caller);
    match tree.stat(&place).await?.kind {
        Kind::Folder => tree.remove_folder(&place).await?,
        Kind::File { .. } => tree.remove_file(&place).await?,
    }
    Ok(Redirect::to(&folder_href(&place.parent())))
}

/// Makes a file what it was, or brings it back.
pub(super) async fn restore(State(files): State<Arc<Files>>, posted: Posted) -> Result<Redirect> {
    let place = Place::parse(posted.text("path"))?;
    let version: VersionRef = posted.text("version").parse().map_err(FoldersError::from)?;
    files
        .tree(&posted.signed.caller)
        .restore(&place, version)
        .await?;
    Ok(Redirect::to(&href("file", &place.path())))
}

/// Has a bucket keep versions from now on.
pub(super) async fn keep(State(files): State<Arc<Files>>, posted: Posted) -> Result<Redirect> {
    let place = Place::parse(posted.text("path"))?;
    files
        .tree(&posted.signed.caller)
        .keep_versions(&place)
        .await?;
    Ok(Redirect::to(&folder_href(&place)))
}
