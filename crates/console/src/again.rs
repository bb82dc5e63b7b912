//! A form that is refused is answered by its own page: what is wrong stands above it and beside the field, and what was typed stands
//! in it again.
//!
//! It is done once for all forms, around every route, so that no handler does it and none can forget it. Reading a form leaves its
//! fields with its request ([`Sent`]); an answer that is a refusal ([`Refused`]) becomes the page of that form ([`pages`]), which is
//! asked for by its own route as the same person, and is then filled ([`fill`]). A form sent twice is known by a field that each
//! page puts into its forms ([`once`]).
//!
//! A form whose token is another session's is given back to a browser that says itself that a page of ours sent it, and to no other:
//! nobody else writes into the fields of these pages.

mod fill;
mod html;
pub(crate) mod once;
mod pages;

use std::sync::{Arc, Mutex, PoisonError};

use amana_access::Session;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use http_body::Body as _;
use tower_service::Service as _;

use crate::account::form::Fields;
use crate::account::onward::to_sign_in;
use crate::error::Refused;
use crate::page::{Around, Exit, refusal_page};
use crate::{Error, Language, Result};

use fill::Alert;
use once::{Claim, Once};

/// The longest page that is read to be mended.
const MAX_PAGE_BYTES: usize = 4 * 1024 * 1024;
/// Fields of what people write at length, which are given back by a page that isn't theirs.
const WRITTEN: [&str; 8] = [
    "subject", "text", "fr", "en", "what", "note", "contact", "reason",
];

/// Each form's route, and its page: for the test that finds each form on its page.
#[must_use]
pub fn forms() -> &'static [(&'static str, &'static str)] {
    pages::PAGES
}

/// The routes by which pages are asked for again, and the forms that were taken.
#[derive(Clone)]
pub(crate) struct Again {
    pages: Router,
    once: Arc<Once>,
}

impl Again {
    /// Of these routes, which answer as if nothing were around them.
    pub(crate) fn of(pages: Router) -> Self {
        Self {
            pages,
            once: Arc::default(),
        }
    }
}

/// What a form brought, beside its request.
#[derive(Clone)]
pub(crate) struct Sent {
    once: Arc<Once>,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    fields: Option<Fields>,
    /// Whether the fields came from a page of the asker's own session.
    is_own: bool,
    claim: Option<Claim>,
}

impl Sent {
    fn new(once: Arc<Once>) -> Self {
        Self {
            once,
            kept: Arc::default(),
        }
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what was typed.
    pub(crate) fn keep(&self, fields: &Fields) {
        self.kept().fields = Some(fields.clone());
    }

    /// The form brought the token of that session, and comes for the first time.
    ///
    /// # Errors
    /// [`Error::Repeated`].
    pub(crate) fn take(&self, session: &Session, path: &str, fields: &Fields) -> Result<()> {
        let mut kept = self.kept();
        kept.is_own = true;
        // A program that sends what a page's form would send has no such field, and means each of them.
        if !fields.is_once() {
            return Ok(());
        }
        let claim = Claim::of(session, path, fields);
        if !self.once.take(&claim) {
            return Err(Error::Repeated);
        }
        kept.claim = Some(claim);
        Ok(())
    }
}

/// Says of an answer that it is the form's page already: what was typed is filled in, and nothing else.
#[derive(Clone)]
pub(crate) struct Retyped;

/// A request, as far as another one is made of it.
struct Asked {
    path: String,
    route: String,
    headers: HeaderMap,
    session: Option<Arc<Session>>,
    language: Language,
}

impl Asked {
    fn of(request: &Request, language: Language) -> Self {
        let route = request.extensions().get::<MatchedPath>();
        Self {
            path: request.uri().path().to_owned(),
            route: route.map_or_else(String::new, |route| route.as_str().to_owned()),
            headers: request.headers().clone(),
            session: request.extensions().get().cloned(),
            language,
        }
    }

    /// Whether the browser says that a page of ours asked, which no page of others makes it say (Fetch Metadata §2.3).
    fn is_from_here(&self) -> bool {
        let site = self.headers.get("sec-fetch-site");
        site.is_some_and(|site| site == "same-origin")
    }

    fn has_files(&self) -> bool {
        let kind = self.headers.get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok());
        kind.is_some_and(|kind| kind.starts_with("multipart/"))
    }
}

/// Around every route of the pages: see above.
pub(crate) async fn again(
    State(again): State<Again>,
    language: Language,
    mut request: Request,
    next: Next,
) -> Response {
    if request.uri().path().starts_with("/api/") {
        return next.run(request).await;
    }
    let asked = Asked::of(&request, language);
    if request.method() != Method::POST {
        let mut answer = next.run(request).await;
        return match answer.extensions_mut().remove::<Refused>() {
            Some(refused) => refusal(&asked, answer.status(), refused, Exit::default()),
            None => stamped(&asked, answer).await,
        };
    }
    let sent = Sent::new(again.once.clone());
    request.extensions_mut().insert(sent.clone());
    let mut answer = next.run(request).await;
    let refused = answer.extensions_mut().remove::<Refused>();
    let kept = std::mem::take(&mut *sent.kept());
    match refused {
        None if answer.extensions_mut().remove::<Retyped>().is_some() => {
            let fields = kept.fields.unwrap_or_default();
            let filled = |html: &str| fill::filled(html, &asked.path, &fields, None);
            stamped(&asked, mended(answer, filled).await).await
        }
        None => stamped(&asked, answer).await,
        Some(refused) => {
            if let Some(claim) = &kept.claim {
                again.once.forget(claim);
            }
            refused_form(&again, &asked, &kept, answer.status(), refused).await
        }
    }
}

/// The answer to a form that is refused.
async fn refused_form(
    again: &Again,
    asked: &Asked,
    kept: &Kept,
    status: StatusCode,
    refused: Refused,
) -> Response {
    let fields = kept.fields.as_ref();
    let page = pages::page_of(&asked.route, &asked.path, fields);
    let from_here = asked.is_from_here();
    if refused.code == "sign-in" {
        let written = fields.filter(|_| from_here);
        let exit = Exit {
            sign_in: Some(to_sign_in(page.as_deref().unwrap_or_default())),
            written: written
                .map(|fields| fields.written(&WRITTEN))
                .unwrap_or_default(),
            told: Some(asked.language.texts().forms.over),
            back: None,
        };
        return refusal(asked, status, refused, exit);
    }
    let may_fill = kept.is_own || from_here;
    let is_form = asked.has_files() || fields.is_some();
    if let Some(page) = page
        .as_deref()
        .filter(|_| is_form && refused.code != "repeated")
    {
        let typed = fields.filter(|_| may_fill).cloned().unwrap_or_default();
        match asked_again(again, asked, page).await {
            Some(html) => {
                if let Some(answer) = page_again(asked, html, &typed, &refused).await {
                    return with_status(answer, status);
                }
            }
            // What isn't there, or isn't the asker's to see, is nothing to go back to.
            None => return refusal(asked, status, refused, Exit::default()),
        }
    }
    let exit = Exit {
        back: page,
        ..Exit::default()
    };
    refusal(asked, status, refused, exit)
}

/// The form's page, as its own route answers; nothing where there is none for the asker now.
async fn asked_again(again: &Again, asked: &Asked, page: &str) -> Option<Response> {
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = page.parse().ok()?;
    for name in [header::COOKIE, header::ACCEPT_LANGUAGE, header::USER_AGENT] {
        for value in asked.headers.get_all(&name) {
            request.headers_mut().append(&name, value.clone());
        }
    }
    if let Some(session) = &asked.session {
        request.extensions_mut().insert(session.clone());
    }
    let Ok(answer) = again.pages.clone().call(request).await;
    (answer.status() == StatusCode::OK && is_page(&answer)).then_some(answer)
}

/// That page, filled; nothing if it has no such form now.
async fn page_again(
    asked: &Asked,
    page: Response,
    typed: &Fields,
    refused: &Refused,
) -> Option<Response> {
    let texts = asked.language.texts();
    let told = refused.said(texts);
    let fields = refused.wrong.fields.iter().map(|name| &**name);
    let alert = Alert {
        mark: texts.forms.refused,
        told: &told,
        code: refused.wrong.fault.is_none().then_some(refused.code),
        fields: fields.collect(),
    };
    let (head, html) = read(page).await.ok()?;
    let filled = fill::filled(&html, &asked.path, typed, Some(&alert))?;
    Some(stamped(asked, Response::from_parts(head, Body::from(filled))).await)
}

fn with_status(mut answer: Response, status: StatusCode) -> Response {
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// A refusal with a page of its own, in the menu of who is signed in.
fn refusal(asked: &Asked, status: StatusCode, refused: Refused, exit: Exit) -> Response {
    let texts = asked.language.texts();
    let around = match &asked.session {
        Some(session) => Around::Session(session),
        None => Around::Public,
    };
    match refusal_page(texts, refused, around, exit) {
        Ok(page) => (status, page).into_response(),
        Err(error) => error.into_response(),
    }
}

fn is_page(answer: &Response) -> bool {
    let kind = answer.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok());
    // Only what is whole in memory says how long it is at most.
    let longest = answer.body().size_hint().upper();
    kind.is_some_and(|kind| kind.starts_with("text/html"))
        && longest.is_some_and(|bytes| bytes <= MAX_PAGE_BYTES as u64)
}

async fn read(answer: Response) -> Result<(http::response::Parts, String)> {
    let (mut head, body) = answer.into_parts();
    head.headers.remove(header::CONTENT_LENGTH);
    let bytes: Bytes = to_bytes(body, MAX_PAGE_BYTES)
        .await
        .map_err(|_| Error::Cut)?;
    let html = String::from_utf8(bytes.into()).map_err(|_| Error::Cut)?;
    Ok((head, html))
}

/// The answer with its page mended, where it is one.
async fn mended(answer: Response, mend: impl Fn(&str) -> Option<String>) -> Response {
    if !is_page(&answer) {
        return answer;
    }
    match read(answer).await {
        Ok((head, html)) => {
            let html = mend(&html).unwrap_or(html);
            Response::from_parts(head, Body::from(html))
        }
        Err(error) => error.into_response(),
    }
}

/// The page of who is signed in, in whose forms stands what a repeat is known by.
async fn stamped(asked: &Asked, answer: Response) -> Response {
    if asked.session.is_none() {
        return answer;
    }
    let mut random = [0; 16];
    // Without a random field forms go as they did: a repeat is then taken as another form.
    if getrandom::fill(&mut random).is_err() {
        return answer;
    }
    let nonce = URL_SAFE_NO_PAD.encode(random);
    mended(answer, |html| Some(fill::stamped(html, &nonce))).await
}
