//! What an address asks with: each parameter is taken as it must be, or refused by its name. Nothing is left out in silence, since a
//! list through a filter that nobody heard looks like one through the filter that was asked for.

use std::sync::Arc;

use amana_access::Session;
use askama::Template;
use axum::extract::{self, FromRequestParts, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{StatusCode, Uri};
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::frame::{FolderPage, Frame, Place};
use crate::language::LANG;
use crate::{Error, Language, Page, menu};

/// The longest name or value that a refusal repeats, in characters.
const MAX_REPEATED_CHARS: usize = 80;

/// The parameters of an address, but for the language.
pub(crate) struct Query<T>(pub(crate) T);

/// A parameter that can't be taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unfit {
    /// Its name.
    pub name: String,
    /// Why it can't.
    pub why: Why,
}

/// Why a parameter can't be taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Why {
    /// Nothing of that name is asked for there.
    Unknown,
    /// It must be given.
    Missing,
    /// That isn't what it takes.
    Value(String),
    /// That is no day.
    Day(String),
    /// That is no month.
    Month(String),
    /// It takes one of those.
    Choice(String, Vec<&'static str>),
    /// It is longer than so many characters.
    Long(usize),
    /// Names of institutions hold other letters.
    Letters(String),
    /// Those aren't numbers of the ledger's entries.
    Entries(Vec<String>),
    /// More than so many were asked for at once.
    Many(usize),
}

impl Unfit {
    pub(crate) fn new(name: &str, why: Why) -> Self {
        Self {
            name: name.to_owned(),
            why,
        }
    }
}

/// Cut, so that an address doesn't fill the page that refuses it.
pub(crate) fn repeated(text: &str) -> String {
    text.chars().take(MAX_REPEATED_CHARS).collect()
}

/// Why a page that reads parameters isn't given.
#[derive(Debug)]
pub(crate) enum Denied {
    /// For a parameter.
    Unfit(Unfit),
    /// For any other reason.
    Other(Error),
}

impl<E: Into<Error>> From<E> for Denied {
    fn from(error: E) -> Self {
        Self::Other(error.into())
    }
}

impl From<Unfit> for Denied {
    fn from(unfit: Unfit) -> Self {
        Self::Unfit(unfit)
    }
}

impl IntoResponse for Unfit {
    fn into_response(self) -> Response {
        let mut answer = StatusCode::BAD_REQUEST.into_response();
        answer.extensions_mut().insert(self);
        answer
    }
}

impl IntoResponse for Denied {
    fn into_response(self) -> Response {
        match self {
            Self::Unfit(unfit) => unfit.into_response(),
            Self::Other(error) => error.into_response(),
        }
    }
}

impl<S, T> FromRequestParts<S> for Query<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Send,
{
    type Rejection = Unfit;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Unfit> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs = query.split('&').filter(|pair| name(pair) != LANG);
        let pairs: Vec<_> = pairs.filter(|pair| !pair.is_empty()).collect();
        read(&pairs).map(Self).map_err(|why| {
            // The pair without which the rest is taken, or fails for another reason, is the one.
            let unfit = (0..pairs.len()).find(|at| {
                let mut others = pairs.clone();
                others.remove(*at);
                read::<T>(&others).map_or_else(|other| other != why, |_| true)
            });
            match unfit {
                Some(at) => unfit_pair(pairs[at], &why),
                None => Unfit {
                    name: quoted(&why).unwrap_or_default(),
                    why: Why::Missing,
                },
            }
        })
    }
}

/// All of them, or why not, in the words of the reader.
fn read<T: DeserializeOwned>(pairs: &[&str]) -> Result<T, String> {
    let uri = format!("/?{}", pairs.join("&"));
    let uri: Uri = uri.parse().map_err(|_| String::new())?;
    let read = extract::Query::try_from_uri(&uri);
    read.map(|extract::Query(read)| read)
        .map_err(|error| error.body_text())
}

fn name(pair: &str) -> &str {
    pair.split_once('=').map_or(pair, |(name, _)| name)
}

fn unfit_pair(pair: &str, why: &str) -> Unfit {
    let value = pair.split_once('=').map_or("", |(_, value)| value);
    let decoded = read::<Vec<(String, String)>>(&[pair]);
    let (name, value) = match decoded.map(|mut pairs| pairs.pop()) {
        Ok(Some(decoded)) => decoded,
        _ => (name(pair).to_owned(), value.to_owned()),
    };
    let why = match why.contains("unknown field") {
        true => Why::Unknown,
        false => Why::Value(repeated(&value)),
    };
    Unfit::new(&repeated(&name), why)
}

/// What stands between backquotes: a missing field's name.
fn quoted(why: &str) -> Option<String> {
    why.split('`').nth(1).map(str::to_owned)
}

#[derive(Template)]
#[template(path = "unfit.html")]
struct UnfitPage {
    frame: Frame,
    told: String,
    /// The page itself, asked with nothing.
    path: String,
}

/// Tells of a parameter that wasn't taken: on a page with the menu of who is signed in, or in JSON.
pub(crate) async fn told(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default();
    let language = Language::of(query, request.headers());
    let session = request.extensions().get::<Arc<Session>>().cloned();
    let mut answer = next.run(request).await;
    let Some(unfit) = answer.extensions_mut().remove::<Unfit>() else {
        return answer;
    };
    let texts = language.texts();
    let told = (texts.queries.told)(&unfit);
    if path.starts_with("/api/") {
        let told = json!({ "code": "malformed-call", "message": told });
        return (StatusCode::BAD_REQUEST, axum::Json(told)).into_response();
    }
    let title = texts.frame.refused;
    let frame = match &session {
        Some(session) => menu::frame(texts, session, "", title),
        None if path.starts_with("/folders") => {
            Frame::folders(texts, title, "", FolderPage::Nowhere)
        }
        None => Frame::public(texts, title, "", Place::Nowhere),
    };
    let page = UnfitPage { frame, told, path };
    match Page::of(&page) {
        Ok(page) => (StatusCode::BAD_REQUEST, page).into_response(),
        Err(error) => error.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize, PartialEq, Debug)]
    #[serde(deny_unknown_fields)]
    struct Asked {
        key: String,
        before: Option<u64>,
    }

    async fn asked(query: &str) -> Result<Asked, Unfit> {
        let mut parts = http::Request::builder()
            .uri(format!("/x?{query}"))
            .body(())
            .expect("an address")
            .into_parts()
            .0;
        let read = Query::<Asked>::from_request_parts(&mut parts, &());
        read.await.map(|Query(asked)| asked)
    }

    async fn unfit(query: &str) -> Option<Unfit> {
        asked(query).await.err()
    }

    #[tokio::test]
    async fn what_is_wrong_is_named() {
        let taken = Asked {
            key: "a".to_owned(),
            before: Some(3),
        };
        assert_eq!(asked("key=a&before=3&lang=fr").await, Ok(taken));
        let value = Why::Value("d\u{e9}but".to_owned());
        let wrong = Unfit::new("before", value);
        assert_eq!(unfit("key=a&before=d%C3%A9but").await, Some(wrong));
        let unknown = Unfit::new("befor", Why::Unknown);
        assert_eq!(unfit("befor=3&key=a").await, Some(unknown));
        assert_eq!(
            unfit("before=3").await,
            Some(Unfit::new("key", Why::Missing))
        );
        assert_eq!(unfit("").await, Some(Unfit::new("key", Why::Missing)));
    }
}
