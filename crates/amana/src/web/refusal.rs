//! Refusals of the JSON API: `{"error": code, "message": sentence, "request_id": id}`.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Value, json};

use crate::requests;

/// Why a request is not done.
pub(crate) struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
    header: Option<(HeaderName, HeaderValue)>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            header: None,
        }
    }

    /// The request is not one that could be done.
    pub(crate) fn wrong(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// The one answer for what isn't there and for what isn't the asker's to see.
    pub(crate) fn absent() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not-found",
            "there is none, or it is not yours to see",
        )
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: impl Into<HeaderValue>) -> Self {
        self.header = Some((HeaderName::from_static(name), value.into()));
        self
    }

    /// The body alone, where it stands among others.
    pub(crate) fn to_json(&self) -> Value {
        json!({ "error": self.code, "message": self.message })
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut body = self.to_json();
        requests::name_in(&mut body);
        let mut answer = (self.status, Json(body)).into_response();
        if let Some((name, value)) = self.header {
            answer.headers_mut().insert(name, value);
        }
        answer
    }
}

/// What the administration and an institution's own gateway may both ask for.
impl From<crate::admin::answer::Refusal> for Refusal {
    fn from(refusal: crate::admin::answer::Refusal) -> Self {
        Self::new(refusal.status, refusal.code, refusal.message)
    }
}

impl From<amana_store::Error> for Refusal {
    fn from(error: amana_store::Error) -> Self {
        use amana_store::Error as E;
        let status = match &error {
            E::Full { .. } => StatusCode::INSUFFICIENT_STORAGE,
            E::ReadOnly { .. } | E::Stopped { .. } | E::Away { .. } | E::Unreachable { .. } => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            E::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            _ => {
                tracing::error!(%error, "a request could not be answered");
                return Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "failed",
                    "the data centre failed; its log says why",
                );
            }
        };
        Self::new(status, error.code(), error.to_string())
    }
}

impl From<amana_access::Error> for Refusal {
    fn from(error: amana_access::Error) -> Self {
        use amana_access::Error as E;
        let status = match error {
            E::Store(error) => return error.into(),
            E::UnknownInstitution { .. } => return Self::absent(),
            E::UnknownCode | E::UnknownEnrolment { .. } => StatusCode::NOT_FOUND,
            E::Busy => StatusCode::SERVICE_UNAVAILABLE,
            E::EnrolmentOver { .. }
            | E::OtherRoot
            | E::Keyring(_)
            | E::CustodiansNeedTwo { .. } => StatusCode::CONFLICT,
            _ => StatusCode::BAD_REQUEST,
        };
        Self::new(status, error.code(), error.to_string())
    }
}

impl From<amana_vault::Error> for Refusal {
    fn from(error: amana_vault::Error) -> Self {
        use amana_vault::Error as E;
        let error = match error {
            E::Store(error) => return error.into(),
            other => other,
        };
        let status = match &error {
            E::Full(_) => StatusCode::INSUFFICIENT_STORAGE,
            E::QuotaExceeded | E::Leaving => StatusCode::FORBIDDEN,
            E::Busy | E::ReadOnly(_) | E::Away(_) => StatusCode::SERVICE_UNAVAILABLE,
            E::EntityTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            E::InvalidRange { .. } => StatusCode::RANGE_NOT_SATISFIABLE,
            E::NoSuchBucket { .. } => StatusCode::NOT_FOUND,
            E::BucketAlreadyExists { .. } | E::BucketAlreadyOwnedByYou { .. } => {
                StatusCode::CONFLICT
            }
            E::Damaged { .. } => {
                tracing::error!(%error, "content is damaged");
                StatusCode::INTERNAL_SERVER_ERROR
            }
            E::Sealed(refusal) => sealed_status(refusal),
            _ => StatusCode::BAD_REQUEST,
        };
        let refusal = Self::new(status, error.code(), error.to_string());
        match error {
            E::Sealed(amana_vault::SealedRefusal::WrongOffset { offset, .. }) => {
                refusal.with_header("upload-offset", offset)
            }
            _ => refusal,
        }
    }
}

impl From<amana_sites::Error> for Refusal {
    fn from(error: amana_sites::Error) -> Self {
        use amana_sites::Error as E;
        let error = match error {
            E::Store(error) => return error.into(),
            other => other,
        };
        let status = match &error {
            E::UnknownSite { .. } | E::UnknownDeploy { .. } | E::NoManifest { .. } => {
                StatusCode::NOT_FOUND
            }
            E::SiteExists { .. } | E::Number { .. } | E::Lacking { .. } | E::Alerted => {
                StatusCode::CONFLICT
            }
            E::Stranger { .. } | E::TooFew { .. } | E::Leaving { .. } => StatusCode::FORBIDDEN,
            E::TooLarge { .. } | E::TooMany { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            E::Busy => StatusCode::SERVICE_UNAVAILABLE,
            E::Shelf(source) => {
                tracing::error!(error = %source, "content of a site");
                StatusCode::INTERNAL_SERVER_ERROR
            }
            _ => StatusCode::BAD_REQUEST,
        };
        Self::new(status, error.code(), error.to_string())
    }
}

fn sealed_status(refusal: &amana_vault::SealedRefusal) -> StatusCode {
    use amana_vault::SealedRefusal as R;
    match refusal {
        R::NotAMember { .. } => StatusCode::FORBIDDEN,
        R::NoSuchPiece { .. } => StatusCode::NOT_FOUND,
        R::TooManyPieces { .. } => StatusCode::TOO_MANY_REQUESTS,
        R::StaleKeyring { .. }
        | R::Moved { .. }
        | R::Recorded { .. }
        | R::Used { .. }
        | R::NotEmpty { .. }
        | R::WrongOffset { .. }
        | R::PieceBusy { .. } => StatusCode::CONFLICT,
        _ => StatusCode::BAD_REQUEST,
    }
}
