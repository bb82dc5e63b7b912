//! `/folders/sign-in`: with an access key.

use std::sync::Arc;
use std::time::Instant;

use askama::Template;
use axum::Form;
use axum::extract::FromRequest as _;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::session::{Posted, set_cookie};
use super::{Files, Peer};
use crate::frame::{FolderPage, Frame};
use crate::{Error, Language, Page, Result};

#[derive(Template)]
#[template(path = "files/sign_in.html")]
struct SignInPage {
    frame: Frame,
    told: Option<String>,
    id: String,
}

/// The page.
pub(super) async fn page(State(files): State<Arc<Files>>, language: Language) -> Result<Page> {
    shown(&files, language, None, "")
}

fn shown(files: &Files, language: Language, told: Option<String>, id: &str) -> Result<Page> {
    let texts = language.texts();
    let title = texts.files.sign_in_title;
    let frame = Frame::folders(texts, title, &files.institution, FolderPage::Nowhere);
    let id = id.to_owned();
    Page::of(&SignInPage { frame, told, id })
}

/// What a person types.
#[derive(Deserialize)]
struct Typed {
    id: String,
    secret: Zeroizing<String>,
}

/// Lets in whoever has a key, and has whoever hasn't wait.
pub(super) async fn enter(
    State(files): State<Arc<Files>>,
    language: Language,
    request: Request,
) -> Result<Response> {
    if !comes_from_here(request.headers()) {
        return Err(Error::Form);
    }
    let address = request.extensions().get::<Peer>().map(|peer| peer.0);
    let form = Form::<Typed>::from_request(request, &()).await;
    let Form(typed) = form.map_err(|_| Error::Form)?;
    let (id, words) = (typed.id.trim(), &language.texts().files);
    let now = Instant::now();
    let told = match files.patience.wait(address, id, now) {
        Some(wait) => (words.wait)(wait.as_secs() + 1),
        None => {
            if let Some((caller, secret)) = (files.callers)(id)
                && Sha256::digest(secret.as_bytes()) == Sha256::digest(typed.secret.as_bytes())
            {
                files.patience.right(address, id);
                let cookie = files.sessions.begin(&caller.access_key_id);
                let cookie = cookie.ok_or(Error::SignIn)?;
                tracing::info!(access_key = %caller.access_key_id, "signed in at the file page");
                let cookie = [(header::SET_COOKIE, set_cookie(&files, Some(&cookie)))];
                return Ok((cookie, Redirect::to("/folders")).into_response());
            }
            files.patience.wrong(address, id, now);
            words.wrong.to_owned()
        }
    };
    let page = shown(&files, language, Some(told), id)?;
    Ok((StatusCode::UNAUTHORIZED, page).into_response())
}

/// Forms of other sites sign nobody in (a browser says where a form comes from).
fn comes_from_here(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site").map(|site| site.as_bytes());
    matches!(site, None | Some(b"same-origin" | b"none"))
}

/// Ends the session.
pub(super) async fn leave(State(files): State<Arc<Files>>, posted: Posted) -> Response {
    files.sessions.end(&posted.signed.cookie);
    let cookie = [(header::SET_COOKIE, set_cookie(&files, None))];
    (cookie, Redirect::to("/folders/sign-in")).into_response()
}
