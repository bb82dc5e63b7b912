//! Who is signed in at the file page: a random cookie, of which the digest is kept, in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use amana_access::Caller;
use amana_store::clock;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, header};
use sha2::{Digest as _, Sha256};

use super::Files;
use crate::{Error, Result};

/// A session ends so long after its last request.
const IDLE_MS: i64 = 30 * 60 * 1000;
/// And so long after its first.
const LONGEST_MS: i64 = 12 * 60 * 60 * 1000;
/// The most sessions; then the one that was idle longest ends.
const MAX_SESSIONS: usize = 2000;
const COOKIE: &str = "amana-folders";

/// The sessions of this process.
#[derive(Default)]
pub(super) struct Sessions(Mutex<HashMap<[u8; 32], Session>>);

struct Session {
    access_key_id: String,
    begun_ms: i64,
    seen_ms: i64,
}

impl Session {
    fn stands(&self, now_ms: i64) -> bool {
        now_ms - self.seen_ms < IDLE_MS && now_ms - self.begun_ms < LONGEST_MS
    }
}

impl Sessions {
    /// Begins one, and gives the cookie's value; nothing when the system has no randomness.
    pub(super) fn begin(&self, access_key_id: &str) -> Option<String> {
        let mut random = [0; 32];
        getrandom::fill(&mut random).ok()?;
        let token = URL_SAFE_NO_PAD.encode(random);
        let now_ms = clock::system_ms();
        let mut all = self.lock();
        all.retain(|_, session| session.stands(now_ms));
        if all.len() >= MAX_SESSIONS {
            let idlest = all.iter().min_by_key(|(_, session)| session.seen_ms);
            if let Some(idlest) = idlest.map(|(digest, _)| *digest) {
                all.remove(&idlest);
            }
        }
        let session = Session {
            access_key_id: access_key_id.to_owned(),
            begun_ms: now_ms,
            seen_ms: now_ms,
        };
        all.insert(digest(b"session", &token), session);
        Some(token)
    }

    /// Whose it is, if it stands.
    fn find(&self, token: &str) -> Option<String> {
        let now_ms = clock::system_ms();
        let mut all = self.lock();
        let session = all.get_mut(&digest(b"session", token))?;
        if !session.stands(now_ms) {
            return None;
        }
        session.seen_ms = now_ms;
        Some(session.access_key_id.clone())
    }

    /// Ends one.
    pub(super) fn end(&self, token: &str) {
        self.lock().remove(&digest(b"session", token));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<[u8; 32], Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn digest(what: &[u8], token: &str) -> [u8; 32] {
    let digest = Sha256::new().chain_update(b"amana/folders/");
    digest
        .chain_update(what)
        .chain_update(token)
        .finalize()
        .into()
}

/// Who is signed in.
pub(super) struct Signed {
    pub(super) caller: Arc<Caller>,
    /// What a form must carry: nobody who hasn't the cookie can make it.
    pub(super) form_token: String,
    pub(super) cookie: String,
}

impl Signed {
    /// Whether a form came from a page of this session.
    ///
    /// # Errors
    /// [`Error::Form`].
    pub(super) fn check(&self, token: &str) -> Result<()> {
        // Both are digests of what only the session has: how long the comparison takes tells nothing that serves.
        if digest(b"compare", token) == digest(b"compare", &self.form_token) {
            return Ok(());
        }
        Err(Error::Form)
    }
}

impl FromRequestParts<Arc<Files>> for Signed {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, files: &Arc<Files>) -> Result<Self, Response> {
        let signed = signed(files, &parts.headers);
        signed.ok_or_else(|| match parts.method {
            Method::GET => Redirect::to("/folders/sign-in").into_response(),
            _ => Error::SignIn.into_response(),
        })
    }
}

fn signed(files: &Files, headers: &HeaderMap) -> Option<Signed> {
    let cookie = cookie_of(files, headers)?;
    let id = files.sessions.find(&cookie)?;
    // A key that was revoked ends its sessions.
    let (caller, _) = (files.callers)(&id)?;
    Some(Signed {
        caller,
        form_token: hex::encode(digest(b"form", &cookie)),
        cookie,
    })
}

/// The fields of a form of who is signed in, once its token was found right.
pub(super) struct Posted {
    pub(super) signed: Signed,
    fields: HashMap<String, String>,
}

impl Posted {
    /// A field; empty when it isn't there.
    pub(super) fn text(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }
}

impl FromRequest<Arc<Files>> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, files: &Arc<Files>) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let signed = Signed::from_request_parts(&mut parts, files).await?;
        let request = Request::from_parts(parts, body);
        let form = axum::Form::<HashMap<String, String>>::from_request(request, files).await;
        let Ok(axum::Form(fields)) = form else {
            return Err(Error::Form.into_response());
        };
        let posted = Self { signed, fields };
        let checked = posted.signed.check(posted.text("token"));
        checked.map_err(IntoResponse::into_response)?;
        Ok(posted)
    }
}

fn cookie_name(files: &Files) -> &'static str {
    if files.is_tls {
        "__Host-amana-folders"
    } else {
        COOKIE
    }
}

fn cookie_of(files: &Files, headers: &HeaderMap) -> Option<String> {
    let name = cookie_name(files);
    let cookies = headers.get_all(header::COOKIE).iter();
    cookies
        .filter_map(|cookies| cookies.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find(|(one, _)| *one == name)
        .map(|(_, value)| value.to_owned())
}

/// The header that sets the cookie, or ends it.
pub(super) fn set_cookie(files: &Files, value: Option<&str>) -> HeaderValue {
    let secure = if files.is_tls { "; Secure" } else { "" };
    let kept = if value.is_some() { "" } else { "; Max-Age=0" };
    let (name, value) = (cookie_name(files), value.unwrap_or_default());
    let text = format!("{name}={value}; Path=/{kept}; HttpOnly; SameSite=Strict{secure}");
    let mut header = HeaderValue::try_from(text).expect("our cookies are base64url");
    header.set_sensitive(true);
    header
}
