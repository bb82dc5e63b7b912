//! What the vault refuses, as S3 says it. Only this file chooses statuses for the vault's errors.

use amana_vault::Error;
use http::StatusCode;
use s3s::S3Error;

use crate::refusal::Refusal;
use crate::times;

/// The answer to a verb that failed, for `?` with `.map_err(refused)`.
pub(crate) fn refused(error: Error) -> S3Error {
    refusal(error).into()
}

pub(crate) fn refusal(error: Error) -> Refusal {
    match error {
        Error::Busy => Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "SlowDown",
            "Please reduce your request rate: too many requests wait to be recorded.",
        )
        .with_header("retry-after", "1"),
        Error::Full(cause) => {
            tracing::error!(%cause, "new content is refused");
            Refusal::new(
                StatusCode::INSUFFICIENT_STORAGE,
                "InsufficientStorage",
                "The disk is full: new content is refused, reads and deletes still work.",
            )
        }
        Error::Away(cause) => {
            tracing::error!(%cause, "a request needs large content");
            Refusal::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "SlowDown",
                "Large content can't be reached for now: try again later. Small objects still work.",
            )
            .with_header("retry-after", "5")
        }
        Error::ReadOnly(cause) => Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "ServiceUnavailable",
            cause.to_string(),
        ),
        Error::Unreachable { .. } | Error::Spooled { .. } | Error::OutcomeUnknown { .. } => {
            tracing::warn!(%error, "a request needs the data centre");
            Refusal::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "ServiceUnavailable",
                sentence(&error.to_string()),
            )
        }
        Error::Damaged { object, why } => {
            tracing::error!(%object, %why, "content is damaged");
            internal(format!(
                "The content of {object} is damaged and is not given out."
            ))
        }
        Error::Store(cause) => store_failure(&cause),
        client => client_error(client),
    }
}

pub(crate) fn store_failure(cause: &amana_store::Error) -> Refusal {
    tracing::error!(%cause, "a request failed in the store");
    let unavailable = |message| {
        Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "ServiceUnavailable",
            message,
        )
    };
    match cause {
        amana_store::Error::Stopped { .. } => unavailable(
            "A write failed, and it is unknown whether this was recorded until the store has recovered.",
        ),
        amana_store::Error::Unreachable { .. } => {
            unavailable("The database is out of reach; nothing was changed.")
        }
        _ => internal("We encountered an internal error. Please try again.".into()),
    }
}

pub(crate) fn internal(message: String) -> Refusal {
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", message)
}

fn client_error(error: Error) -> Refusal {
    let message = sentence(&error.to_string());
    match error {
        Error::InvalidBucketName { .. } => Refusal::bad("InvalidBucketName", message),
        Error::NoSuchBucket { .. } => {
            Refusal::missing("NoSuchBucket", "The specified bucket does not exist")
        }
        Error::BucketAlreadyOwnedByYou { .. } => conflict(
            "BucketAlreadyOwnedByYou",
            "Your previous request to create the named bucket succeeded and you already own it.",
        ),
        Error::BucketAlreadyExists { .. } => conflict(
            "BucketAlreadyExists",
            "The requested bucket name is not available. The bucket namespace is shared by all users of the system. \
             Please select a different name and try again.",
        ),
        Error::BucketNotEmpty { .. } => conflict(
            "BucketNotEmpty",
            "The bucket you tried to delete is not empty",
        ),
        Error::AccessDenied => Refusal::denied("Access Denied"),
        Error::SealedBucket { .. } => {
            Refusal::denied("This bucket is sealed: only its institution's gateway can use it")
        }
        Error::KeyEmpty => Refusal::argument("A key must have at least one byte"),
        Error::KeyTooLong { .. } => Refusal::bad("KeyTooLongError", "Your key is too long"),
        Error::NoSuchKey => no_such_key(),
        Error::NoSuchVersion => {
            Refusal::missing("NoSuchVersion", "The specified version does not exist.")
        }
        Error::InvalidVersionId { .. } => Refusal::argument("Invalid version id specified"),
        Error::DeleteMarker { version } => {
            let version = version.map_or_else(|| "null".into(), |id| id.to_string());
            no_such_key()
                .with_header("x-amz-delete-marker", "true")
                .with_header("x-amz-version-id", &version)
        }
        Error::MethodNotAllowed { modified_ms } => Refusal::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "MethodNotAllowed",
            "The specified method is not allowed against this resource.",
        )
        .with_header("x-amz-delete-marker", "true")
        .with_header("allow", "DELETE")
        .with_header("last-modified", &times::http_date(modified_ms)),
        Error::PreconditionFailed { .. } => Refusal::new(
            StatusCode::PRECONDITION_FAILED,
            "PreconditionFailed",
            "At least one of the pre-conditions you specified did not hold",
        ),
        Error::ConditionalConflict => conflict(
            "ConditionalRequestConflict",
            "The conditional request cannot succeed due to a conflicting operation against this resource.",
        ),
        Error::InvalidRange { size_bytes, .. } => invalid_range(size_bytes),
        Error::Locked | Error::TimeUnproved => {
            Refusal::denied("Access Denied because object protected by object lock.")
        }
        Error::QuotaExceeded => Refusal::new(StatusCode::FORBIDDEN, "QuotaExceeded", message),
        Error::Leaving => Refusal::denied(message),
        Error::NoObjectLock => no_object_lock(),
        Error::InvalidBucketState { .. } => {
            Refusal::new(StatusCode::CONFLICT, "InvalidBucketState", message)
        }
        Error::InvalidRetention { .. } => Refusal::argument(message),
        Error::InvalidRetentionPeriod => Refusal::bad("InvalidRetentionPeriod", message),
        other => upload_error(&other, message),
    }
}

fn upload_error(error: &Error, message: String) -> Refusal {
    match error {
        Error::NoSuchUpload => Refusal::missing(
            "NoSuchUpload",
            "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted \
             or completed.",
        ),
        Error::InvalidPartNumber { max, .. } => Refusal::argument(format!(
            "Part number must be an integer between 1 and {max}, inclusive"
        )),
        Error::InvalidPart { .. } => Refusal::bad(
            "InvalidPart",
            "One or more of the specified parts could not be found.  The part may not have been uploaded, or the \
             specified entity tag may not match the part's entity tag.",
        ),
        Error::InvalidPartOrder { .. } => Refusal::bad(
            "InvalidPartOrder",
            "The list of parts was not in ascending order. Parts must be ordered by part number.",
        ),
        Error::MalformedParts { .. } => Refusal::bad(
            "MalformedXML",
            "The XML you provided was not well-formed or did not validate against our published schema",
        ),
        Error::EntityTooSmall { .. } => Refusal::bad(
            "EntityTooSmall",
            "Your proposed upload is smaller than the minimum allowed size",
        ),
        Error::EntityTooLarge { .. } => Refusal::bad(
            "EntityTooLarge",
            "Your proposed upload exceeds the maximum allowed size",
        ),
        Error::BadDigest { .. } => Refusal::bad("BadDigest", message),
        Error::InvalidChecksum { .. } | Error::CopyChangesNothing => Refusal::request(message),
        Error::TooManyTags { max } => Refusal::bad(
            "BadRequest",
            format!("Object tags cannot be greater than {max}"),
        ),
        Error::InvalidTag { .. } => Refusal::bad("InvalidTag", message),
        Error::MetadataTooLarge { .. } => Refusal::bad(
            "MetadataTooLarge",
            "Your metadata headers exceed the maximum allowed metadata size",
        ),
        Error::InvalidVersioning => {
            Refusal::bad("IllegalVersioningConfigurationException", message)
        }
        _ => internal("We encountered an internal error. Please try again.".into()),
    }
}

pub(crate) fn no_object_lock() -> Refusal {
    Refusal::request("Bucket is missing Object Lock Configuration")
}

fn no_such_key() -> Refusal {
    Refusal::missing("NoSuchKey", "The specified key does not exist.")
}

pub(crate) fn invalid_range(size_bytes: u64) -> Refusal {
    Refusal::new(
        StatusCode::RANGE_NOT_SATISFIABLE,
        "InvalidRange",
        "The requested range is not satisfiable",
    )
    .with_header("content-range", &format!("bytes */{size_bytes}"))
}

fn conflict(code: &'static str, message: &'static str) -> Refusal {
    Refusal::new(StatusCode::CONFLICT, code, message)
}

/// A crate's message, which begins small and has no stop, as S3 writes its own.
fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_store_s_troubles_have_statuses_that_clients_act_on() {
        let full = amana_store::Error::Full {
            path: "D".into(),
            free_bytes: 0,
            reserve_bytes: 1,
        };
        let stopped = amana_store::Error::Stopped { why: "sync".into() };
        let away = amana_store::Error::Unreachable {
            why: "a cut".into(),
        };
        let missing = amana_store::Error::Missing {
            what: "a row".into(),
        };
        for (error, status, code) in [
            (Error::Busy, 503, "SlowDown"),
            (Error::from(full), 507, "InsufficientStorage"),
            (Error::from(stopped), 503, "ServiceUnavailable"),
            (Error::from(away), 503, "ServiceUnavailable"),
            (Error::from(missing), 500, "InternalError"),
        ] {
            let refusal = refusal(error);
            assert_eq!((refusal.status.as_u16(), refusal.code), (status, code));
        }
    }
}
