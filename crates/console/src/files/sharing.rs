//! Files that one colleague shows another: by a link that opens for whoever reaches this gateway, for its time, and that is noted.

use std::sync::Arc;

use amana_folders::{Kind, Place};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, header};

use super::download::handed_out;
use super::places::{name, seconds};
use super::session::{Posted, Signed};
use super::{Files, SharedFile};
use crate::frame::{FolderPage, Frame};
use crate::{Error, Language, Page, Result, blocking};

/// The hours that a page offers; the last is the longest.
const HOURS: [u32; 3] = [1, 24, 168];

/// A share, as its person sees it.
struct Mine {
    share: SharedFile,
    link: String,
    until_s: u64,
    last_s: Option<u64>,
    is_over: bool,
}

#[derive(Template)]
#[template(path = "files/shares.html")]
struct SharesPage {
    frame: Frame,
    token: String,
    mine: Vec<Mine>,
}

/// Shares a file, and shows the link.
pub(super) async fn share(State(files): State<Arc<Files>>, posted: Posted) -> Result<Response> {
    let place = Place::parse(posted.text("path"))?;
    let hours: u32 = posted.text("hours").parse().map_err(|_| Error::Form)?;
    if !HOURS.contains(&hours) {
        return Err(Error::Form);
    }
    let caller = &posted.signed.caller;
    // Only what this person can read is shared.
    let Kind::File { .. } = files.tree(caller).open(&place).await?.entry().kind else {
        return Err(Error::NotFound);
    };
    let (shares, id, path) = (
        files.shares.clone(),
        caller.access_key_id.clone(),
        place.path(),
    );
    let shared = blocking(move || shares.share(&id, &path, hours)).await;
    shared.ok_or(Error::NotShared)?;
    Ok(Redirect::to("/folders/shares").into_response())
}

/// What this person shares, and shared lately.
pub(super) async fn list(
    State(files): State<Arc<Files>>,
    signed: Signed,
    language: Language,
    headers: HeaderMap,
) -> Result<Page> {
    let (shares, id) = (files.shares.clone(), signed.caller.access_key_id.clone());
    let mine = blocking(move || shares.of(&id)).await;
    let now_ms = amana_store::clock::system_ms();
    let scheme = if files.is_tls { "https" } else { "http" };
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let host = host.unwrap_or_default();
    let texts = language.texts();
    let mine = mine.into_iter().map(|share| Mine {
        link: format!("{scheme}://{host}/folders/shared/{}", share.token),
        until_s: seconds(share.until_ms).unwrap_or_default(),
        last_s: share.last_use_ms.and_then(seconds),
        is_over: share.until_ms <= now_ms,
        share,
    });
    Page::of(&SharesPage {
        frame: Frame::folders(
            texts,
            texts.files.shares,
            &files.institution,
            FolderPage::Shares,
        ),
        token: signed.form_token,
        mine: mine.collect(),
    })
}

/// Ends a share.
pub(super) async fn take_back(State(files): State<Arc<Files>>, posted: Posted) -> Result<Redirect> {
    let shares = files.shares.clone();
    let key = posted.signed.caller.access_key_id.clone();
    let id = posted.text("id").to_owned();
    if !blocking(move || shares.take_back(&key, &id)).await {
        return Err(Error::NotFound);
    }
    Ok(Redirect::to("/folders/shares"))
}

#[derive(Template)]
#[template(path = "files/shared.html")]
struct SharedPage {
    frame: Frame,
    name: String,
    size: String,
    until_s: u64,
    fetch: String,
}

/// What a link leads to: a page first, so that programs that look at links fetch nothing.
pub(super) async fn shown(
    State(files): State<Arc<Files>>,
    language: Language,
    Path(token): Path<String>,
) -> Result<Page> {
    let (place, reading, share) = opened(&files, &token).await?;
    let Kind::File { size_bytes, .. } = reading.entry().kind else {
        return Err(Error::NotFound);
    };
    let texts = language.texts();
    Page::of(&SharedPage {
        frame: Frame::folders(
            texts,
            texts.files.shared,
            &files.institution,
            FolderPage::Nowhere,
        ),
        name: name(&place),
        size: texts.size(&size_bytes),
        until_s: seconds(share.until_ms).unwrap_or_default(),
        fetch: format!("/folders/shared/{token}/file"),
    })
}

/// The file, once that was noted.
pub(super) async fn fetch(
    State(files): State<Arc<Files>>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response> {
    let (place, reading, share) = opened(&files, &token).await?;
    let shares = files.shares.clone();
    if !blocking(move || shares.used(&share.id)).await {
        return Err(Error::NotShared);
    }
    handed_out(&place, reading, &headers)
}

/// What a link shows, with the rights that its person has now.
async fn opened(files: &Files, token: &str) -> Result<(Place, amana_folders::Reading, SharedFile)> {
    let (shares, given) = (files.shares.clone(), token.to_owned());
    let share = blocking(move || shares.find(&given)).await;
    let share = share.ok_or(Error::NotFound)?;
    let (caller, _) = (files.callers)(&share.access_key_id).ok_or(Error::NotFound)?;
    let place = Place::parse(&share.path)?;
    let reading = files.tree(&caller).open(&place).await?;
    Ok((place, reading, share))
}
