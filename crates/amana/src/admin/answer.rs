//! Answers of the administration: JSON, or an error with a stable code and a sentence for the operator.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::{Value, json};

use crate::requests;

/// What a route gives.
pub(crate) type Answer<T = Json<Value>> = Result<T, Refusal>;

/// Why it doesn't.
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut body = json!({ "error": { "code": self.code, "message": self.message } });
        requests::name_in(&mut body["error"]);
        (self.status, Json(body)).into_response()
    }
}

impl Refusal {
    /// The request is not one that could be done.
    pub(crate) fn wrong(code: &'static str, message: String) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code,
            message,
        }
    }
}

impl From<amana_vault::Error> for Refusal {
    fn from(error: amana_vault::Error) -> Self {
        use amana_vault::Error as E;
        let status = match error {
            E::Store(error) => return error.into(),
            E::BucketAlreadyExists { .. } | E::BucketAlreadyOwnedByYou { .. } => {
                StatusCode::CONFLICT
            }
            _ => StatusCode::BAD_REQUEST,
        };
        Self {
            status,
            code: error.code(),
            message: error.to_string(),
        }
    }
}

impl From<amana_store::Error> for Refusal {
    fn from(error: amana_store::Error) -> Self {
        use amana_store::Error as E;
        let status = match &error {
            E::Missing { .. } => StatusCode::NOT_FOUND,
            E::Full { .. } => StatusCode::INSUFFICIENT_STORAGE,
            E::ReadOnly { .. } | E::Stopped { .. } | E::Unreachable { .. } => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self {
            status,
            code: error.code(),
            message: error.to_string(),
        }
    }
}

impl From<amana_access::Error> for Refusal {
    fn from(error: amana_access::Error) -> Self {
        use amana_access::Error as E;
        let status = match error {
            E::Store(error) => return error.into(),
            E::Invalid { .. } | E::NoSuchShare { .. } | E::TooFewShares { .. } => {
                StatusCode::BAD_REQUEST
            }
            E::UnknownInstitution { .. }
            | E::UnknownOfficial { .. }
            | E::UnknownAccessKey { .. }
            | E::UnknownEnrolment { .. }
            | E::UnknownCode
            | E::UnknownAccount
            | E::UnknownCredential { .. }
            | E::UnknownSession { .. }
            | E::UnknownProposal { .. }
            | E::UnknownThread { .. }
            | E::UnknownNotice { .. }
            | E::UnknownAgreement { .. }
            | E::NoSchool
            | E::NoStaff => StatusCode::NOT_FOUND,
            E::SignInRefused
            | E::Passkey(_)
            | E::CodeUsed
            | E::Identity(_)
            | E::IdentityUnbound => StatusCode::UNAUTHORIZED,
            E::Forbidden
            | E::OwnMatter
            | E::NeedsTwo
            | E::NeedsAnother
            | E::NeedsOwn
            | E::NoConsent => StatusCode::FORBIDDEN,
            E::Wait { .. } => StatusCode::TOO_MANY_REQUESTS,
            E::InstitutionExists { .. }
            | E::SchoolFull { .. }
            | E::LessonPassed
            | E::LessonsMissing
            | E::AlreadySuspended { .. }
            | E::NotSuspended { .. }
            | E::AlreadyLeaving { .. }
            | E::NotLeaving { .. }
            | E::CustodiansNeedTwo { .. }
            | E::AccessKeyExists { .. }
            | E::EnrolmentOver { .. }
            | E::OtherRoot
            | E::NotEnrolled { .. }
            | E::PasskeyExists
            | E::IdentityTaken
            | E::LastCredential
            | E::ProposalOver { .. }
            | E::ThreadClosed { .. }
            | E::AgreementSigned { .. }
            | E::NeedsDirector
            | E::TooMany { .. }
            | E::Keyring(_) => StatusCode::CONFLICT,
            E::Busy => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self {
            status,
            code: error.code(),
            message: error.to_string(),
        }
    }
}

impl From<amana_releases::Error> for Refusal {
    fn from(error: amana_releases::Error) -> Self {
        use amana_releases::Error as E;
        let status = match error {
            E::Store(error) => return error.into(),
            E::Malformed(error) => return error.into(),
            E::Unknown { .. } => StatusCode::NOT_FOUND,
            E::Recorded { .. } => StatusCode::CONFLICT,
            E::Busy => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self {
            status,
            code: error.code(),
            message: error.to_string(),
        }
    }
}

impl From<amana_sites::Error> for Refusal {
    fn from(error: amana_sites::Error) -> Self {
        use amana_sites::Error as E;
        let status = match error {
            E::Store(error) => return error.into(),
            E::UnknownSite { .. } | E::UnknownDeploy { .. } | E::NoManifest { .. } => {
                StatusCode::NOT_FOUND
            }
            E::SiteExists { .. } => StatusCode::CONFLICT,
            E::Busy => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        };
        Self {
            status,
            code: error.code(),
            message: error.to_string(),
        }
    }
}

impl From<amana_gateway::Error> for Refusal {
    fn from(error: amana_gateway::Error) -> Self {
        use amana_gateway::Error as E;
        let status = match &error {
            E::Store(_) | E::File { .. } | E::Random(_) => StatusCode::INTERNAL_SERVER_ERROR,
            E::Refused { status, .. } => {
                StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_GATEWAY)
            }
            E::Setting { .. } => StatusCode::BAD_REQUEST,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self {
            status,
            code: error.code(),
            message: error.to_string(),
        }
    }
}

impl From<amana_ledger::Error> for Refusal {
    fn from(error: amana_ledger::Error) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code: error.code(),
            message: error.to_string(),
        }
    }
}
