//! A change that pages and calls ask for alike: what comes is read as a form or as JSON, one function does it, and what is answered
//! leads a person to the next page and tells a program the facts.

use std::sync::Arc;

use amana_access::Session;
use axum::Json;
use axum::extract::{FromRequest, FromRequestParts as _, Request};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Call;
use crate::account::form::{Fields, Posted, Tokened};
use crate::{Console, Error, Result};

/// What a change asks for; a call brings it as JSON.
pub(crate) trait Asks: DeserializeOwned + Send {
    /// The whole of it, where nothing is brought but the token.
    const NOTHING: Option<Self> = None;

    /// As the form of a page brings it.
    ///
    /// # Errors
    /// [`Error::Form`] for what no page of ours sends, or the error that names what was filled in wrongly.
    fn of_form(fields: &Fields) -> Result<Self>;
}

impl Asks for () {
    const NOTHING: Option<Self> = Some(());

    fn of_form(_: &Fields) -> Result<Self> {
        Ok(())
    }
}

/// Words that a form or a call may leave out.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reason {
    /// Why.
    #[serde(default)]
    pub(crate) reason: Option<String>,
}

impl Asks for Reason {
    fn of_form(fields: &Fields) -> Result<Self> {
        let reason = fields.filled("reason").map(str::to_owned);
        Ok(Self { reason })
    }
}

/// A person's or an institution's name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Named {
    pub(crate) name: String,
}

impl Asks for Named {
    fn of_form(fields: &Fields) -> Result<Self> {
        let name = fields.text("name").to_owned();
        Ok(Self { name })
    }
}

/// What is written, in one's own words.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Text {
    pub(crate) text: String,
}

impl Asks for Text {
    fn of_form(fields: &Fields) -> Result<Self> {
        let text = fields.text("text").to_owned();
        Ok(Self { text })
    }
}

/// How a change came, and so how it is answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    /// By the form of a page.
    Form,
    /// By a call under `/api/`.
    Call,
}

impl Way {
    fn of(request: &Request) -> Self {
        match request.uri().path().starts_with("/api/") {
            true => Self::Call,
            false => Self::Form,
        }
    }

    /// The facts to a program; to a person, where it goes on.
    pub(crate) fn answer(self, facts: impl Serialize, next: impl IntoResponse) -> Response {
        match self {
            Self::Form => next.into_response(),
            Self::Call => Json(facts).into_response(),
        }
    }
}

/// Such a change, of who is signed in and brought the session's token.
pub(crate) struct Asked<T> {
    pub(crate) session: Arc<Session>,
    pub(crate) body: T,
    pub(crate) way: Way,
}

impl<T: Asks> FromRequest<Arc<Console>> for Asked<T> {
    type Rejection = Error;

    async fn from_request(request: Request, console: &Arc<Console>) -> Result<Self> {
        let way = Way::of(&request);
        let (session, body) = match (way, T::NOTHING) {
            (Way::Form, _) => {
                let Posted {
                    session, fields, ..
                } = Posted::from_request(request, console).await?;
                (session, T::of_form(&fields)?)
            }
            (Way::Call, Some(nothing)) => {
                let (mut parts, _) = request.into_parts();
                let Tokened { session } = Tokened::from_request_parts(&mut parts, console).await?;
                (session, nothing)
            }
            (Way::Call, None) => {
                let Call { session, body } = Call::from_request(request, console).await?;
                (session, body)
            }
        };
        Ok(Self { session, body, way })
    }
}

/// What a change that made something numbered answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Numbered {
    /// Its number.
    pub(crate) number: u64,
    /// `<ledger>/<index>` of the act.
    pub(crate) receipt: String,
}

impl From<(u64, String)> for Numbered {
    fn from((number, receipt): (u64, String)) -> Self {
        Self { number, receipt }
    }
}
