//! Who asks, on routes that an institution's software and its gateways both use.

use std::sync::Arc;

use amana_access::Caller;
use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, Method, Uri};

use super::basic;
use super::member::Signed;
use crate::centre::Centre;

/// The head of a request, for whoever must know who sent it.
pub(crate) struct Credentials {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
}

impl<S: Send + Sync> FromRequestParts<S> for Credentials {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self {
            method: parts.method.clone(),
            uri: parts.uri.clone(),
            headers: parts.headers.clone(),
        })
    }
}

impl Credentials {
    /// Who sent it: the holder of an access key, a member, or the root. Blocking.
    pub(crate) fn caller(&self, centre: &Centre) -> amana_access::Result<Option<Arc<Caller>>> {
        if let Some(caller) = basic::caller(&centre.access, &self.headers)? {
            return Ok(Some(caller));
        }
        let Some(signed) = Signed::of(&self.method, &self.uri, &self.headers) else {
            return Ok(None);
        };
        signed.caller(&centre.access, centre.store.now_ms())
    }
}
