//! `/account/sign-in`: by a passkey, by the provider of the State, or by a password and a code.

use std::borrow::Cow;
use std::sync::Arc;

use amana_access::{Assertion, Flow, Owner, Purpose, SignedIn, Typed};
use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;

use super::cookies::Cookie;
use super::form::{Answered, Fields, browser, flow_of};
use super::frame;
use super::onward::local;
use crate::assets::Asset;
use crate::frame::Frame;
use crate::{Console, Error, Language, Page, Result};

/// A page is given a new flow when its own would soon be over.
const FRESH_MS: i64 = 10 * 60 * 1000;

/// What a script needs to ask an authenticator.
pub(super) struct Ask {
    /// The domain; nothing where browsers make no passkeys.
    pub(super) party: Option<String>,
    pub(super) challenge: String,
    pub(super) script: &'static str,
}

impl Ask {
    pub(super) fn of(console: &Console, flow: &Flow, purpose: Purpose) -> Self {
        Self {
            party: console.origin.id().map(str::to_owned),
            challenge: URL_SAFE_NO_PAD.encode(flow.challenge(purpose)),
            script: Asset::Passkey.path(),
        }
    }
}

#[derive(Template)]
#[template(path = "account/sign_in.html")]
struct SignInPage {
    frame: Frame,
    ask: Ask,
    /// What the provider is called, if there is one.
    provider: Option<String>,
    token: String,
    told: Option<Cow<'static, str>>,
    account: String,
    /// Where one goes on.
    onward: Option<String>,
}

/// What the page is asked with, and asked again with.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Entering {
    next: String,
    /// What was typed before.
    #[serde(skip)]
    account: String,
}

impl Entering {
    fn of(fields: &Fields) -> Self {
        Self {
            next: fields.text("next").to_owned(),
            account: fields.text("account").to_owned(),
        }
    }

    /// For a browser that went to the provider.
    pub(super) fn onward(next: Option<String>) -> Self {
        Self {
            next: next.unwrap_or_default(),
            account: String::new(),
        }
    }
}

/// The page.
pub(super) async fn page(
    State(console): State<Arc<Console>>,
    language: Language,
    Query(entering): Query<Entering>,
    headers: HeaderMap,
) -> Result<Response> {
    shown(&console, language, &headers, None, &entering)
}

/// What the provider of the State is called, if there is one.
pub(super) fn named_provider(console: &Console, language: Language) -> Option<String> {
    let provider = console.provider.as_ref()?;
    Some(provider.name(language).to_owned())
}

/// The page, with what went wrong.
pub(super) fn shown(
    console: &Console,
    language: Language,
    headers: &HeaderMap,
    error: Option<&Error>,
    entering: &Entering,
) -> Result<Response> {
    let texts = language.texts();
    let flow = fresh_flow(console, headers)?;
    let page = Page::of(&SignInPage {
        frame: frame(texts, texts.account.sign_in, &console.centre),
        ask: Ask::of(console, &flow, Purpose::SignIn),
        provider: named_provider(console, language),
        token: flow.form_token(),
        told: error.map(|error| error.told(texts)),
        account: entering.account.clone(),
        onward: local(&entering.next).map(str::to_owned),
    })?;
    let status = error.map_or(StatusCode::OK, Error::status);
    Ok((status, with_flow(console, &flow, page.into_response())).into_response())
}

/// The flow that the browser has, or a new one.
pub(super) fn fresh_flow(console: &Console, headers: &HeaderMap) -> Result<Flow> {
    let now_ms = console.store.now_ms();
    match flow_of(console, headers) {
        Some(flow) if flow.until_ms() - now_ms > FRESH_MS => Ok(flow),
        _ => Ok(console.access.begin_flow()?),
    }
}

/// Sets the flow's cookie, and keeps the page out of caches.
pub(super) fn with_flow(console: &Console, flow: &Flow, mut page: Response) -> Response {
    let headers = page.headers_mut();
    headers.append(
        header::SET_COOKIE,
        Cookie::Flow.set(&console.origin, &flow.cookie()),
    );
    headers.insert(
        header::CACHE_CONTROL,
        http::HeaderValue::from_static("no-store"),
    );
    page
}

/// Lets the browser in, and leads it on: the cookie of the session is made here and never before.
pub(super) fn let_in(console: &Console, signed_in: &SignedIn, to: &str) -> Response {
    let mut answer = Redirect::to(to).into_response();
    let headers = answer.headers_mut();
    let session = Cookie::Session.set(&console.origin, &signed_in.cookie);
    headers.append(header::SET_COOKIE, session);
    headers.append(header::SET_COOKIE, Cookie::Flow.end(&console.origin));
    if let Some(device) = &signed_in.device_cookie {
        let known = Cookie::Device.set(&console.origin, device);
        headers.append(header::SET_COOKIE, known);
    }
    answer
}

/// Where who signed in goes on: to the page that was asked for, or to the first one: each role of an institution reads its
/// overview.
pub(super) fn first_page<'a>(signed_in: &SignedIn, next: &'a str) -> &'a str {
    if let Some(page) = local(next) {
        return page;
    }
    match signed_in.account.owner {
        Owner::Institution(_) => "/overview",
        Owner::Operator => "/account",
    }
}

/// By a passkey.
pub(super) async fn by_passkey(
    State(console): State<Arc<Console>>,
    language: Language,
    answered: Answered,
) -> Result<Response> {
    let Answered {
        flow,
        fields,
        headers,
    } = answered;
    let assertion = Assertion::parse(
        fields.text("id"),
        fields.text("client-data"),
        fields.text("authenticator-data"),
        fields.text("signature"),
    )?;
    let (access, browser) = (&console.access, browser(&headers));
    let tried = access.sign_in_with_passkey(&flow, &console.origin, &assertion, &browser);
    match tried.await.map_err(Error::from) {
        Ok(signed_in) => {
            let to = first_page(&signed_in, fields.text("next"));
            Ok(let_in(&console, &signed_in, to))
        }
        Err(error) if error.status().is_server_error() => Err(error),
        Err(error) => shown(
            &console,
            language,
            &headers,
            Some(&error),
            &Entering::of(&fields),
        ),
    }
}

/// By a password and a code. What isn't even an account's name is answered as one that is nobody's.
pub(super) async fn by_password(
    State(console): State<Arc<Console>>,
    language: Language,
    answered: Answered,
) -> Result<Response> {
    let Answered {
        fields, headers, ..
    } = answered;
    let account = fields.text("account");
    let device = Cookie::Device.read(&console.origin, &headers);
    let refused = || Error::Access(amana_access::Error::SignInRefused);
    let tried = match (account.parse(), fields.text("password").parse()) {
        (Ok(account), Ok(password)) => {
            let typed = Typed {
                account,
                password,
                code: fields.text("code").to_owned(),
                device_cookie: device.as_deref(),
            };
            let browser = browser(&headers);
            let tried = console.access.sign_in_with_password(typed, &browser).await;
            tried.map_err(Error::from)
        }
        _ => Err(refused()),
    };
    match tried {
        Ok(signed_in) => {
            let to = first_page(&signed_in, fields.text("next"));
            Ok(let_in(&console, &signed_in, to))
        }
        Err(error) if error.status() == StatusCode::INTERNAL_SERVER_ERROR => Err(error),
        Err(error) => shown(
            &console,
            language,
            &headers,
            Some(&error),
            &Entering::of(&fields),
        ),
    }
}
