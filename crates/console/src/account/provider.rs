//! `/account/provider`: out to the provider of the State, and back.
//!
//! Our cookies are `SameSite=Strict`, so what comes straight from another site brings none. A browser therefore comes back to a
//! page that holds nothing and goes on by itself to the next, which is then asked by us and not by the provider: there the flow's
//! cookie says whose errand it was. Out it goes the same way, by a page of ours: so no form's target is another site, and the
//! policy for browsers stays as it is. Both pages have a link for browsers that don't go on by themselves.

use std::sync::Arc;

use amana_access::{EnrolmentCode, Errand, Flow, Identity, Leave, Session};
use askama::Template;
use axum::Extension;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, header};
use serde::Deserialize;

use super::cookies::Cookie;
use super::form::{Answered, Posted, browser, flow_of};
use super::onward::local;
use super::sign_in::{Entering, first_page, let_in, with_flow};
use super::{enrol, frame, me, sign_in};
use crate::frame::Frame;
use crate::provider::{Fetched, Provider, fields};
use crate::{Console, Error, Language, Page, Result};

const BACK: &str = "/account/provider/back";
const ARRIVED: &str = "/account/provider/arrived";
/// The longest code that is passed on, in bytes.
const MAX_CODE_BYTES: usize = 4096;
const MAX_STATE_BYTES: usize = 128;
const MAX_ISSUER_BYTES: usize = 512;

#[derive(Template)]
#[template(path = "account/passage.html")]
struct PassagePage {
    frame: Frame,
    to: String,
    told: String,
}

fn passage(console: &Console, language: Language, to: String, is_out: bool) -> Result<Response> {
    let texts = language.texts();
    let words = &texts.provider;
    let (title, told) = match is_out {
        true => (words.out, words.out_to),
        false => (words.back, words.back_from),
    };
    let page = Page::of(&PassagePage {
        frame: frame(texts, title, &console.centre),
        to,
        told: told(provider(console)?.name(language)),
    })?;
    let mut answer = page.into_response();
    let headers = answer.headers_mut();
    let kept = http::HeaderValue::from_static("no-store");
    headers.insert(header::CACHE_CONTROL, kept);
    Ok(answer)
}

fn provider(console: &Console) -> Result<&Provider> {
    console.provider.as_deref().ok_or(Error::NotFound)
}

fn back_url(console: &Console) -> String {
    format!("{}{BACK}", console.origin.origin())
}

/// Whether the page that was left tells it, and not a page of its own: its asker can try again, or come in another way.
fn is_told(error: &Error) -> bool {
    match error {
        Error::Provider { .. } | Error::Access(amana_access::Error::Identity(_)) => {
            tracing::warn!(%error, "the provider of the State");
            true
        }
        error => !error.status().is_server_error(),
    }
}

async fn leave(
    console: &Console,
    language: Language,
    flow: &Flow,
    errand: Errand,
    bound_to: &str,
) -> Result<Response> {
    let now_ms = console.store.now_ms();
    let back = back_url(console);
    let to = provider(console)?
        .leaving(flow, errand, bound_to, language, &back, now_ms)
        .await?;
    let page = passage(console, language, to, true)?;
    Ok(with_flow(console, flow, page))
}

/// Out, to sign in.
pub(super) async fn to_sign_in(
    State(console): State<Arc<Console>>,
    language: Language,
    answered: Answered,
) -> Result<Response> {
    let Answered {
        flow,
        headers,
        fields,
    } = &answered;
    let next = local(fields.text("next"));
    match leave(&console, language, flow, Errand::SignIn, "").await {
        Ok(mut left) => {
            // An earlier errand's page isn't this one's.
            let onward = match next {
                Some(page) => Cookie::Onward.set(&console.origin, &URL_SAFE_NO_PAD.encode(page)),
                None => Cookie::Onward.end(&console.origin),
            };
            left.headers_mut().append(header::SET_COOKIE, onward);
            Ok(left)
        }
        Err(error) if is_told(&error) => {
            let entering = Entering::onward(next.map(str::to_owned));
            sign_in::shown(&console, language, headers, Some(&error), &entering)
        }
        Err(error) => Err(error),
    }
}

/// Out, to bind an identity by a link. The link's code waits here, in a cookie: it is nothing for the provider to see.
pub(super) async fn to_enrol(
    State(console): State<Arc<Console>>,
    language: Language,
    answered: Answered,
) -> Result<Response> {
    let Answered {
        flow,
        fields,
        headers,
    } = &answered;
    let code: EnrolmentCode = fields.text("link").parse()?;
    let code = code.reveal().to_string();
    match leave(&console, language, flow, Errand::Enrol, &code).await {
        Ok(mut left) => {
            let kept = Cookie::Link.set(&console.origin, &code);
            left.headers_mut().append(header::SET_COOKIE, kept);
            Ok(left)
        }
        Err(error) if is_told(&error) => {
            enrol::shown(&console, language, headers, &code, Some(&error)).await
        }
        Err(error) => Err(error),
    }
}

/// Out, to bind an identity while signed in.
pub(super) async fn to_bind(
    State(console): State<Arc<Console>>,
    language: Language,
    posted: Posted,
) -> Result<Response> {
    let Posted {
        session, headers, ..
    } = &posted;
    if session.is_lent {
        return Err(amana_access::Error::NeedsOwn.into());
    }
    let flow = flow_of(&console, headers).ok_or(Error::Form)?;
    match leave(&console, language, &flow, Errand::Bind, &session.form_token).await {
        Err(error) if is_told(&error) => {
            me::shown(&console, language, session, headers, Some(&error))
        }
        left => left,
    }
}

/// What a provider sends a browser back with (RFC 6749 §4.1.2, RFC 9207).
#[derive(Deserialize)]
pub(super) struct Brought {
    #[serde(default)]
    code: String,
    #[serde(default)]
    state: String,
    iss: Option<String>,
    error: Option<String>,
}

impl Brought {
    fn checked(self) -> Result<Self> {
        let issuer_bytes = self.iss.as_ref().map_or(0, String::len);
        let short = self.code.len() <= MAX_CODE_BYTES
            && self.state.len() <= MAX_STATE_BYTES
            && issuer_bytes <= MAX_ISSUER_BYTES;
        short.then_some(self).ok_or(Error::Form)
    }
}

/// Back, from another site: it holds nothing, and goes on.
pub(super) async fn back(
    State(console): State<Arc<Console>>,
    language: Language,
    Query(brought): Query<Brought>,
) -> Result<Response> {
    let brought = brought.checked()?;
    let mut pairs = vec![("state", &*brought.state)];
    match &brought.error {
        Some(_) => pairs.push(("error", "refused")),
        None => pairs.push(("code", &brought.code)),
    }
    pairs.extend(brought.iss.as_deref().map(|issuer| ("iss", issuer)));
    let to = format!("{ARRIVED}?{}", fields(&pairs));
    passage(&console, language, to, false)
}

/// Back, asked by our own page: the errand is done, if it was this browser's.
pub(super) async fn arrived(
    State(console): State<Arc<Console>>,
    language: Language,
    session: Option<Extension<Arc<Session>>>,
    Query(brought): Query<Brought>,
    headers: HeaderMap,
) -> Result<Response> {
    let brought = brought.checked()?;
    let flow = flow_of(&console, &headers).ok_or(Error::Form)?;
    let errand = Errand::of_state(&brought.state).ok_or(Error::Form)?;
    let returned = Returned {
        console: &console,
        language,
        headers: &headers,
        flow: &flow,
        brought: &brought,
    };
    match errand {
        Errand::SignIn => returned.to_sign_in().await,
        Errand::Enrol => returned.to_enrol().await,
        Errand::Bind => {
            let Extension(session) = session.ok_or(Error::SignIn)?;
            returned.to_bind(&session).await
        }
    }
}

/// The page that was asked for before the errand. It is judged again where it is used.
fn onward(console: &Console, headers: &HeaderMap) -> Option<String> {
    let kept = Cookie::Onward.read(&console.origin, headers)?;
    String::from_utf8(URL_SAFE_NO_PAD.decode(kept).ok()?).ok()
}

/// A browser that is back.
struct Returned<'a> {
    console: &'a Arc<Console>,
    language: Language,
    headers: &'a HeaderMap,
    flow: &'a Flow,
    brought: &'a Brought,
}

impl Returned<'_> {
    /// Who it is; refused before the provider is asked unless the errand was this browser's.
    async fn identity(&self, errand: Errand, bound_to: &str) -> Result<Identity> {
        let Brought {
            code,
            state,
            iss,
            error,
        } = self.brought;
        if !self.flow.is_state(errand, bound_to, state) {
            return Err(Error::Form);
        }
        if error.is_some() || code.is_empty() {
            return Err(Error::ProviderRefused);
        }
        let back = back_url(self.console);
        let fetched = Fetched {
            code,
            issuer: iss.as_deref(),
            back: &back,
        };
        let now_ms = self.console.store.now_ms();
        provider(self.console)?
            .identity(self.flow, errand, &fetched, now_ms)
            .await
    }

    async fn to_sign_in(&self) -> Result<Response> {
        let (console, headers) = (self.console, self.headers);
        let done = async {
            let identity = self.identity(Errand::SignIn, "").await?;
            let browser = browser(headers);
            let signed_in = console.access.sign_in_with_identity(&identity, &browser);
            Ok(signed_in.await?)
        };
        let next = onward(console, headers);
        match done.await {
            Ok(signed_in) => {
                let to = first_page(&signed_in, next.as_deref().unwrap_or_default());
                let mut answer = let_in(console, &signed_in, to);
                let over = Cookie::Onward.end(&console.origin);
                answer.headers_mut().append(header::SET_COOKIE, over);
                Ok(answer)
            }
            Err(error) if is_told(&error) => {
                let entering = Entering::onward(next);
                sign_in::shown(console, self.language, headers, Some(&error), &entering)
            }
            Err(error) => Err(error),
        }
    }

    async fn to_enrol(&self) -> Result<Response> {
        let (console, headers) = (self.console, self.headers);
        let kept = Cookie::Link.read(&console.origin, headers);
        let kept = kept.ok_or(Error::Form)?;
        let done = async {
            let code: EnrolmentCode = kept.parse()?;
            let identity = self.identity(Errand::Enrol, &kept).await?;
            let leave = Leave::Code(&code);
            let added = console.access.bind_identity(&leave, &identity).await?;
            let browser = browser(headers);
            let signed_in = console.access.sign_in_after(&added, &browser);
            Ok(signed_in.await?)
        };
        match done.await {
            Ok(signed_in) => {
                // A passkey is what the account needs next.
                let mut answer = let_in(console, &signed_in, "/account/credentials");
                let over = Cookie::Link.end(&console.origin);
                answer.headers_mut().append(header::SET_COOKIE, over);
                Ok(answer)
            }
            Err(error) if is_told(&error) => {
                enrol::shown(console, self.language, headers, &kept, Some(&error)).await
            }
            Err(error) => Err(error),
        }
    }

    async fn to_bind(&self, session: &Arc<Session>) -> Result<Response> {
        let (console, headers) = (self.console, self.headers);
        let done = async {
            let identity = self.identity(Errand::Bind, &session.form_token).await?;
            let leave = Leave::Session(session);
            Ok(console.access.bind_identity(&leave, &identity).await?)
        };
        match done.await {
            Ok(_) => {
                let mut answer = Redirect::to("/account").into_response();
                let over = Cookie::Flow.end(&console.origin);
                answer.headers_mut().append(header::SET_COOKIE, over);
                Ok(answer)
            }
            Err(error) if is_told(&error) => {
                me::shown(console, self.language, session, headers, Some(&error))
            }
            Err(error) => Err(error),
        }
    }
}
