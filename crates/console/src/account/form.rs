//! Forms: their fields, and the token without which none is taken.

use std::collections::HashMap;
use std::sync::Arc;

use amana_access::{Flow, Session};
use axum::Form;
use axum::extract::{FromRequest, FromRequestParts, Request};
use http::HeaderMap;
use http::request::Parts;
use zeroize::Zeroizing;

use super::cookies::Cookie;
use crate::again::Sent;
use crate::fault::Fault;
use crate::{Console, Error, Result};

/// Name of the field of the token.
pub(crate) const TOKEN: &str = "token";
/// Name of the field by which a form that is sent twice is known.
pub(crate) const ONCE: &str = "once";
/// Name of the box that confirms what a form does.
pub(crate) const SURE: &str = "sure";

/// The fields of a form. They are erased when dropped: some are passwords.
#[derive(Clone, Default)]
pub(crate) struct Fields(HashMap<String, Zeroizing<String>>);

impl Fields {
    /// Of names and texts; the last of a name stands.
    pub(crate) fn of(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let erased = |(name, text)| (name, Zeroizing::new(text));
        Self(pairs.into_iter().map(erased).collect())
    }

    /// A field as it came, if it did.
    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|text| text.as_str())
    }

    /// All of them, by their names.
    pub(crate) fn sorted(&self) -> Vec<(&str, &str)> {
        let pairs = self
            .0
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()));
        let mut pairs: Vec<_> = pairs.collect();
        pairs.sort_unstable();
        pairs
    }

    /// Whether a repeat of the form can be known.
    pub(crate) fn is_once(&self) -> bool {
        !self.text(ONCE).is_empty()
    }

    /// What was written in these fields.
    pub(crate) fn written(&self, names: &[&str]) -> Vec<String> {
        let filled = names.iter().filter_map(|name| self.filled(name));
        filled.map(str::to_owned).collect()
    }

    /// Passes if the box that confirms was ticked.
    ///
    /// # Errors
    /// [`Error::Typed`].
    pub(crate) fn must_be_sure(&self) -> Result<()> {
        match self.filled(SURE) {
            Some(_) => Ok(()),
            None => Err(Error::typed(SURE, Fault::Unsure)),
        }
    }

    /// A field; empty when it isn't there.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |text| text.as_str())
    }

    /// What stands in the names of fields after `mark`, in order: a group of boxes, each with a name of its own.
    pub(crate) fn marked(&self, mark: &str) -> Vec<String> {
        let names = self.0.keys().filter_map(|name| name.strip_prefix(mark));
        let mut found: Vec<_> = names.map(str::to_owned).collect();
        found.sort();
        found
    }

    /// A field that may be left empty.
    pub(crate) fn filled(&self, name: &str) -> Option<&str> {
        Some(self.text(name).trim()).filter(|text| !text.is_empty())
    }
}

/// The fields of a request's form, which stay with it so that they can be given back.
pub(super) async fn fields<S: Send + Sync>(request: Request, state: &S) -> Result<Fields> {
    let sent = request.extensions().get::<Sent>().cloned();
    let form: Form<HashMap<String, String>> = Form::from_request(request, state)
        .await
        .map_err(|_| Error::Form)?;
    let fields = Fields::of(form.0);
    if let Some(sent) = sent {
        sent.keep(&fields);
    }
    Ok(fields)
}

/// A form of who is signed in.
pub(crate) struct Posted {
    pub(crate) session: Arc<Session>,
    pub(crate) fields: Fields,
    pub(super) headers: HeaderMap,
}

impl FromRequest<Arc<Console>> for Posted {
    type Rejection = Error;

    async fn from_request(request: Request, state: &Arc<Console>) -> Result<Self> {
        let session = request.extensions().get::<Arc<Session>>().cloned();
        let session = session.ok_or(Error::SignIn)?;
        let headers = request.headers().clone();
        let sent = request.extensions().get::<Sent>().cloned();
        let path = request.uri().path().to_owned();
        let fields = fields(request, state).await?;
        if !session.is_form(fields.text(TOKEN)) {
            return Err(Error::Stale);
        }
        if let Some(sent) = sent {
            sent.take(&session, &path, &fields)?;
        }
        Ok(Self {
            session,
            fields,
            headers,
        })
    }
}

/// A call of the API that changes something, by who is signed in: the token travels in a header that no form of another
/// site can send.
pub(crate) struct Tokened {
    pub(crate) session: Arc<Session>,
}

/// The header that brings the token.
pub(crate) const TOKEN_HEADER: &str = "x-amana-token";

impl FromRequestParts<Arc<Console>> for Tokened {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Console>) -> Result<Self> {
        let session = parts.extensions.get::<Arc<Session>>().cloned();
        let session = session.ok_or(Error::SignIn)?;
        let token = parts.headers.get(TOKEN_HEADER);
        let token = token.and_then(|token| token.to_str().ok());
        if !session.is_form(token.unwrap_or_default()) {
            return Err(Error::Form);
        }
        Ok(Self { session })
    }
}

/// A form that answers a page, of who isn't signed in yet.
pub(super) struct Answered {
    pub(super) flow: Flow,
    pub(super) fields: Fields,
    pub(super) headers: HeaderMap,
}

impl FromRequest<Arc<Console>> for Answered {
    type Rejection = Error;

    async fn from_request(request: Request, state: &Arc<Console>) -> Result<Self> {
        let headers = request.headers().clone();
        let fields = fields(request, state).await?;
        let flow = flow_of(state, &headers).ok_or(Error::Form)?;
        if !flow.is_form(fields.text(TOKEN)) {
            return Err(Error::Form);
        }
        Ok(Self {
            flow,
            fields,
            headers,
        })
    }
}

/// The flow whose cookie a request brings, if it isn't over.
pub(super) fn flow_of(console: &Console, headers: &HeaderMap) -> Option<Flow> {
    let cookie = Cookie::Flow.read(&console.origin, headers)?;
    console.access.flow(&cookie)
}

/// The browser's own name: the part that people know it by.
pub(super) fn browser(headers: &HeaderMap) -> String {
    let agent = headers
        .get(http::header::USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let known = |names: &[(&'static str, &'static str)]| {
        let found = names.iter().find(|(mark, _)| agent.contains(mark));
        found.map(|(_, name)| *name)
    };
    let program = known(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = known(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (program, system) {
        (Some(program), Some(system)) => format!("{program}, {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => agent.chars().take(40).collect(),
    }
}
