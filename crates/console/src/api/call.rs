//! A call that changes something: who is signed in, the token in its header, and what is asked, as JSON.

use std::sync::Arc;

use amana_access::Session;
use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Request};
use serde::de::DeserializeOwned;

use crate::account::form::Tokened;
use crate::{Console, Error, Result};

/// Such a call. The token is looked at before the body is read.
pub(crate) struct Call<T> {
    pub(crate) session: Arc<Session>,
    pub(crate) body: T,
}

impl<T: DeserializeOwned> FromRequest<Arc<Console>> for Call<T> {
    type Rejection = Error;

    async fn from_request(request: Request, console: &Arc<Console>) -> Result<Self> {
        let (mut parts, body) = request.into_parts();
        let Tokened { session } = Tokened::from_request_parts(&mut parts, console).await?;
        let request = Request::from_parts(parts, body);
        let Json(body) = Json::from_request(request, console)
            .await
            .map_err(|_| Error::Malformed)?;
        Ok(Self { session, body })
    }
}
