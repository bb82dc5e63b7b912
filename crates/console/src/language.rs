//! Which language the asker reads: what they chose (`?lang=`, kept in a cookie), else what their browser says, else
//! French.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, header};
use tokio::task_local;

use crate::texts::{EN, FR, Texts};

/// Name of the cookie, and of the parameter, that hold the choice.
pub(crate) const LANG: &str = "lang";

task_local! {
    /// What the page under way was asked with, beside its path and its language.
    static ASKED: String;
}

/// A language of the pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Language {
    /// The source of every sentence.
    #[default]
    French,
    /// Complete beside it.
    English,
}

impl Language {
    /// Every language, in the order in which pages offer them.
    pub const ALL: [Self; 2] = [Self::French, Self::English];

    /// Its words.
    #[must_use]
    pub const fn texts(self) -> &'static Texts {
        match self {
            Self::French => &FR,
            Self::English => &EN,
        }
    }

    /// The language with that tag (BCP 47), by its first part alone.
    #[must_use]
    pub fn tagged(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next()?.trim();
        Self::ALL
            .into_iter()
            .find(|language| language.texts().tag.eq_ignore_ascii_case(primary))
    }

    /// The link to the page under way in this language: it asks for the same, except for the language.
    pub(crate) fn link(self) -> String {
        let lang = format!("{LANG}={}", self.texts().tag);
        let asked = ASKED.try_with(|asked| match asked.as_str() {
            "" => format!("?{lang}"),
            asked => format!("?{asked}&{lang}"),
        });
        // A page that is made outside of any request was asked with nothing.
        asked.unwrap_or_else(|_| format!("?{lang}"))
    }

    /// What the asker just chose by a link.
    pub(crate) fn chosen(query: &str) -> Option<Self> {
        query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(name, _)| *name == LANG)
            .and_then(|(_, tag)| Self::tagged(tag))
    }

    /// The language of a request.
    pub(crate) fn of(query: &str, headers: &HeaderMap) -> Self {
        Self::chosen(query)
            .or_else(|| kept(headers))
            .or_else(|| accepted(headers))
            .unwrap_or_default()
    }
}

/// Makes the answer to a request of that query, whose pages link to themselves in other languages.
pub(crate) async fn linking<A>(query: &str, answer: impl Future<Output = A>) -> A {
    let others = query.split('&').filter(|pair| {
        let name = pair.split_once('=').map_or(*pair, |(name, _)| name);
        !pair.is_empty() && name != LANG
    });
    let asked = others.collect::<Vec<_>>().join("&");
    ASKED.scope(asked, answer).await
}

/// What the asker chose before.
fn kept(headers: &HeaderMap) -> Option<Language> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|cookies| cookies.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find(|(name, _)| *name == LANG)
        .and_then(|(_, tag)| Language::tagged(tag))
}

/// What the browser prefers among what there is (RFC 9110 §12.5.4). Of equals the first stands.
fn accepted(headers: &HeaderMap) -> Option<Language> {
    let wanted = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
    let mut best = None;
    for range in wanted.split(',') {
        let (tag, weight) = match range.split_once(";q=") {
            Some((tag, weight)) => (tag, weight.trim().parse().unwrap_or(0.0)),
            None => (range, 1.0_f32),
        };
        let Some(language) = Language::tagged(tag) else {
            continue;
        };
        if weight > 0.0 && best.is_none_or(|(_, heaviest)| weight > heaviest) {
            best = Some((language, weight));
        }
    }
    best.map(|(language, _)| language)
}

impl<S: Sync> FromRequestParts<S> for Language {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self::of(
            parts.uri.query().unwrap_or_default(),
            &parts.headers,
        ))
    }
}
