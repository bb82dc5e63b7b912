//! `/account`: one's own passkeys, password, identities and sessions.

use std::borrow::Cow;
use std::sync::Arc;

use amana_access::{Credential, CredentialKind, Leave, OpenSession, Role, Session};
use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, StatusCode, header};
use serde::Serialize;

use super::cookies::Cookie;
use super::enrol::{New, passkey, password};
use super::form::{Posted, Tokened, flow_of};
use super::guard::Signed;
use super::sign_in::{fresh_flow, named_provider, with_flow};
use crate::api::Asked;
use crate::content::Receipt;
use crate::frame::Frame;
use crate::{Console, Error, Language, Page, Result, menu};

#[derive(Template)]
#[template(path = "account/me.html")]
struct AccountPage {
    frame: Frame,
    session: Arc<Session>,
    role: &'static str,
    /// What could be done by the provider of the State, if one of the credentials is its word.
    means: Option<String>,
    credentials: Vec<Credential>,
    sessions: Vec<OpenSession>,
}

impl AccountPage {
    fn moment(&self, time_ms: &i64) -> String {
        self.frame.texts.moment(&seconds(*time_ms))
    }

    /// What a credential is called.
    fn called(&self, one: &Credential) -> String {
        let label = one.label.clone().unwrap_or_default();
        match one.kind {
            CredentialKind::Passkey => label,
            CredentialKind::Password => self.frame.texts.account.a_password.to_owned(),
            CredentialKind::Identity => (self.frame.texts.provider.identity)(&label),
        }
    }

    /// The last one stays, and the last of one's own: the page offers nothing that is refused.
    fn may_remove(&self, one: &Credential) -> bool {
        let is_own = |one: &Credential| one.kind != CredentialKind::Identity;
        let others = self.credentials.iter().filter(|other| *other != one);
        let mut enough = others.filter(|other| is_own(other) || !is_own(one));
        !self.session.is_lent && enough.next().is_some()
    }
}

/// Times in acts are in milliseconds, on pages in seconds.
pub(crate) fn seconds(time_ms: i64) -> u64 {
    u64::try_from(time_ms / 1000).unwrap_or_default()
}

/// The page.
pub(super) async fn page(
    State(console): State<Arc<Console>>,
    language: Language,
    Signed(session): Signed,
) -> Result<Page> {
    let Account {
        credentials,
        sessions,
        ..
    } = Account::read(&console, &session).await?;
    let texts = language.texts();
    let is_identity = |one: &Credential| one.kind == CredentialKind::Identity;
    let provider =
        named_provider(&console, language).filter(|_| credentials.iter().any(is_identity));
    Page::of(&AccountPage {
        means: provider.map(|name| (texts.provider.means)(&name)),
        frame: menu::frame(texts, &session, "/account", texts.account.account),
        role: (texts.account.role)(session.role),
        session,
        credentials,
        sessions,
    })
}

/// One's own account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Account {
    /// Its name.
    account: String,
    /// The role.
    role: Role,
    /// What one signs in with.
    credentials: Vec<Credential>,
    /// Where one is signed in.
    sessions: Vec<OpenSession>,
}

impl Account {
    async fn read(console: &Arc<Console>, session: &Arc<Session>) -> Result<Self> {
        let session = session.clone();
        console
            .ask(move |access| {
                Ok(Self {
                    account: session.account.to_string(),
                    role: session.role,
                    credentials: access.credentials(&session)?,
                    sessions: access.sessions(&session)?,
                })
            })
            .await
    }
}

/// `GET /api/v1/account`
pub(super) async fn api(
    State(console): State<Arc<Console>>,
    Signed(session): Signed,
) -> Result<Json<Account>> {
    Account::read(&console, &session).await.map(Json)
}

/// Who is signed in, for programs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct SignedIn {
    /// The account.
    account: String,
    /// The role.
    role: Role,
    /// The token that every call that changes something brings in the header `x-amana-token`.
    token: String,
    /// When the session ends at the latest, in seconds since 1970.
    expires_s: u64,
}

/// Who is signed in, and the token. Another site can't read it: it isn't the same origin, and the cookie doesn't travel.
pub(super) async fn session(Signed(session): Signed) -> Json<SignedIn> {
    Json(SignedIn {
        account: session.account.to_string(),
        role: session.role,
        token: session.form_token.clone(),
        expires_s: seconds(session.expires_ms),
    })
}

/// Ends the session, for programs.
pub(super) async fn end_this(
    State(console): State<Arc<Console>>,
    Tokened { session }: Tokened,
) -> Result<StatusCode> {
    console.access.end_session(&session, session.number).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends the session, and takes its cookie away.
pub(super) async fn sign_out(
    State(console): State<Arc<Console>>,
    posted: Posted,
) -> Result<Response> {
    let session = &posted.session;
    console.access.end_session(session, session.number).await?;
    let mut answer = Redirect::to("/account/sign-in").into_response();
    let ended = Cookie::Session.end(&console.origin);
    answer.headers_mut().append(header::SET_COOKIE, ended);
    Ok(answer)
}

/// Ends another session.
pub(super) async fn end_session(
    State(console): State<Arc<Console>>,
    Path(number): Path<u64>,
    asked: Asked<()>,
) -> Result<Response> {
    let Asked { session, way, .. } = asked;
    let receipt = console.access.end_session(&session, number).await?;
    Ok(way.answer(Receipt::of(receipt), Redirect::to("/account")))
}

/// Takes a passkey, a password or an identity away.
pub(super) async fn remove(
    State(console): State<Arc<Console>>,
    Path(number): Path<u64>,
    asked: Asked<()>,
) -> Result<Response> {
    let Asked { session, way, .. } = asked;
    let receipt = console.access.remove_credential(&session, number).await?;
    Ok(way.answer(Receipt::of(receipt), Redirect::to("/account")))
}

#[derive(Template)]
#[template(path = "account/add.html")]
struct AddPage {
    frame: Frame,
    told: Option<Cow<'static, str>>,
    new: New,
}

/// The page on which another passkey, or a password, is added.
pub(super) async fn adding(
    State(console): State<Arc<Console>>,
    language: Language,
    Signed(session): Signed,
    headers: HeaderMap,
) -> Result<Response> {
    if session.is_lent {
        return Err(amana_access::Error::NeedsOwn.into());
    }
    shown(&console, language, &session, &headers, None)
}

/// The page, with what went wrong.
pub(super) fn shown(
    console: &Console,
    language: Language,
    session: &Session,
    headers: &HeaderMap,
    error: Option<&Error>,
) -> Result<Response> {
    let texts = language.texts();
    let flow = fresh_flow(console, headers)?;
    let new = New {
        action: "/account/credentials",
        token: session.form_token.clone(),
        ..New::of(
            console,
            language,
            &flow,
            &session.account,
            session.name.clone(),
        )?
    };
    let page = Page::of(&AddPage {
        frame: menu::frame(texts, session, "/account", texts.account.add),
        told: error.map(|error| error.told(texts)),
        new,
    })?;
    let status = error.map_or(StatusCode::OK, Error::status);
    Ok((status, with_flow(console, &flow, page.into_response())).into_response())
}

/// Another passkey.
pub(super) async fn add_passkey(
    State(console): State<Arc<Console>>,
    language: Language,
    posted: Posted,
) -> Result<Response> {
    let flow = flow_of(&console, &posted.headers).ok_or(Error::Form)?;
    let leave = Leave::Session(&posted.session);
    let added = passkey(&console, &leave, &flow, &posted.fields).await;
    added_or_told(&console, language, &posted, added.map(drop))
}

/// Another password.
pub(super) async fn set_password(
    State(console): State<Arc<Console>>,
    language: Language,
    posted: Posted,
) -> Result<Response> {
    let flow = flow_of(&console, &posted.headers).ok_or(Error::Form)?;
    let leave = Leave::Session(&posted.session);
    let added = password(&console, &leave, &flow, &posted.fields).await;
    added_or_told(&console, language, &posted, added.map(drop))
}

/// A flow that made a credential makes no other: its challenge was answered, its seed is somebody's.
fn added_or_told(
    console: &Console,
    language: Language,
    posted: &Posted,
    added: Result<()>,
) -> Result<Response> {
    match added {
        Ok(()) => {
            let mut answer = Redirect::to("/account").into_response();
            let ended = Cookie::Flow.end(&console.origin);
            answer.headers_mut().append(header::SET_COOKIE, ended);
            Ok(answer)
        }
        Err(error) if error.status().is_server_error() => Err(error),
        Err(error) => shown(
            console,
            language,
            &posted.session,
            &posted.headers,
            Some(&error),
        ),
    }
}
