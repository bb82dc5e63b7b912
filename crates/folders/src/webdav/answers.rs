//! What the library's answers leave out: why something was refused, and that one may try again.

use std::sync::{Mutex, PoisonError};

use amana_vault::Error as VaultError;
use dav_server::body::Body;
use dav_server::fs::FsError;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};

use crate::Error;

/// The last thing that went wrong in one request.
#[derive(Default)]
pub(super) struct Answers(Mutex<Option<Said>>);

struct Said {
    text: String,
    may_try_again: bool,
}

impl Answers {
    /// Remembers an error, and gives the library its own word for it.
    pub(super) fn note(&self, error: &Error) -> FsError {
        let said = Said {
            text: error.to_string(),
            may_try_again: may_try_again(error),
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(said);
        match error {
            Error::Missing => FsError::NotFound,
            Error::Exists => FsError::Exists,
            Error::Name { .. }
            | Error::TopName { .. }
            | Error::OtherKind(_)
            | Error::NotEmpty
            | Error::TooMany { .. } => FsError::Forbidden,
            Error::Broken(_) | Error::HostKey { .. } => FsError::GeneralFailure,
            Error::Vault(error) => match error {
                VaultError::AccessDenied
                | VaultError::Locked
                | VaultError::Leaving
                | VaultError::SealedBucket { .. }
                | VaultError::Sealed(_) => FsError::Forbidden,
                VaultError::EntityTooLarge { .. } => FsError::TooLarge,
                VaultError::KeyTooLong { .. } => FsError::PathTooLong,
                VaultError::Full(_)
                | VaultError::QuotaExceeded
                | VaultError::MetadataTooLarge { .. } => FsError::InsufficientStorage,
                other => {
                    tracing::warn!(code = other.code(), error = %other, "a folder's request failed");
                    FsError::GeneralFailure
                }
            },
        }
    }

    /// Says in the answer what was remembered, if it is one of failure.
    pub(super) fn complete(&self, answer: &mut Response<Body>) {
        let said = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(said) = said.filter(|_| answer.status().as_u16() >= 400) else {
            return;
        };
        if said.may_try_again {
            *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            let soon = HeaderValue::from_static("5");
            answer.headers_mut().insert(RETRY_AFTER, soon);
        }
        answer.headers_mut().remove(CONTENT_LENGTH);
        let plain = HeaderValue::from_static("text/plain; charset=utf-8");
        answer.headers_mut().insert(CONTENT_TYPE, plain);
        *answer.body_mut() = Body::from(format!("{}\n", said.text));
    }
}

/// Whether the same request may do later.
fn may_try_again(error: &Error) -> bool {
    matches!(
        error,
        Error::Vault(
            VaultError::Busy
                | VaultError::ReadOnly(_)
                | VaultError::Away(_)
                | VaultError::Unreachable { .. }
                | VaultError::OutcomeUnknown { .. }
                | VaultError::ConditionalConflict
        )
    )
}
