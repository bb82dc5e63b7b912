//! Who is signed in, and whether the role allows what a route is.

use std::sync::Arc;

use amana_access::{Operation, Session};
use axum::Router;
use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::MethodRouter;
use http::request::Parts;
use http::{HeaderValue, Method, header};

use super::cookies::Cookie;
use super::form::fields;
use super::onward::to_sign_in;
use crate::{Console, Error, Result, banner};

/// Routes for who is signed in, each beside the operation that it is.
pub(crate) struct Guarded {
    router: Router<Arc<Console>>,
    operations: Vec<Guard>,
}

/// What a method on a path is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Guard {
    /// The method.
    pub method: Method,
    /// The path, as the router has it.
    pub path: &'static str,
    /// Who may, in the table of rights.
    pub operation: Operation,
}

impl Guarded {
    pub(crate) fn new() -> Self {
        Self {
            router: Router::new(),
            operations: Vec::new(),
        }
    }

    /// Adds a route, which is one operation whatever the method.
    pub(crate) fn route(
        self,
        path: &'static str,
        operation: Operation,
        methods: MethodRouter<Arc<Console>>,
    ) -> Self {
        let each = [Method::GET, Method::POST].map(|method| (method, operation));
        self.verbs(path, each, methods)
    }

    /// Adds a route, each of whose methods is an operation of its own. A method that isn't named is judged as the first.
    pub(crate) fn verbs<const N: usize>(
        mut self,
        path: &'static str,
        each: [(Method, Operation); N],
        methods: MethodRouter<Arc<Console>>,
    ) -> Self {
        const { assert!(N > 0, "a route is an operation") };
        let guards = each.clone().map(|(method, operation)| Guard {
            method,
            path,
            operation,
        });
        self.operations.extend(guards);
        let guard = from_fn(move |request: Request, next: Next| {
            let named = each.iter().find(|(method, _)| method == request.method());
            judge(named.unwrap_or(&each[0]).1, request, next)
        });
        self.router = self.router.route(path, methods.layer(guard));
        self
    }

    /// Adds the routes of another part of the pages.
    pub(crate) fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.operations.extend(other.operations);
        self
    }

    pub(crate) fn into_router(self) -> Router<Arc<Console>> {
        self.router
    }

    /// Each path with what it is, for the test that tries every role on every route.
    pub(crate) fn operations(self) -> Vec<Guard> {
        self.operations
    }
}

async fn judge(operation: Operation, request: Request, next: Next) -> Response {
    let api = request.uri().path().starts_with("/api/");
    match request.extensions().get::<Arc<Session>>() {
        Some(session) if session.may(operation) => next.run(request).await,
        Some(session) => Error::Access(session.refusal(operation)).into_response(),
        None if !api && request.method() == Method::GET => {
            let page = request
                .uri()
                .path_and_query()
                .map_or("", |page| page.as_str());
            Redirect::to(&to_sign_in(page)).into_response()
        }
        None => {
            // What was typed is read all the same: it is given back to be copied.
            if !api {
                let _ = fields(request, &()).await;
            }
            Error::SignIn.into_response()
        }
    }
}

/// Finds out who asks, before any route; stamps the session's cookie anew when it is due; and keeps what a person alone may
/// see out of every cache.
pub(crate) async fn known(
    State(console): State<Arc<Console>>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(cookie) = Cookie::Session.read(&console.origin, request.headers()) else {
        return next.run(request).await;
    };
    let found = console
        .ask(move |access| {
            let session = access.session(&cookie)?;
            let notices = match session {
                Some(_) => access.current_notices()?,
                None => Vec::new(),
            };
            Ok(session.map(|session| (session, notices)))
        })
        .await;
    let (session, notices) = match found {
        Ok(Some((session, notices))) => (Arc::new(session), notices),
        Ok(None) => return next.run(request).await,
        Err(error) => return error.into_response(),
    };
    request.extensions_mut().insert(session.clone());
    let mut answer = banner::above(notices, next.run(request)).await;
    let headers = answer.headers_mut();
    if !headers.contains_key(header::ETAG) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if let Some(stamped) = &session.next_cookie
        && !Cookie::Session.is_set_by(&console.origin, headers)
    {
        headers.append(
            header::SET_COOKIE,
            Cookie::Session.set(&console.origin, stamped),
        );
    }
    answer
}

/// Who is signed in, for routes in [`Guarded`].
pub(crate) struct Signed(pub(crate) Arc<Session>);

impl<S: Sync> FromRequestParts<S> for Signed {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let session = parts.extensions.get::<Arc<Session>>().cloned();
        session.map(Self).ok_or(Error::SignIn)
    }
}
