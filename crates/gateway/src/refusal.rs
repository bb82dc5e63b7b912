//! The data centre's refusals and our own failures, in the words that the vault's callers know.

use amana_vault::remote::RecordError;

use crate::Error;

/// What a code in the answer to a batch means for its act.
pub(crate) fn of_code(code: &str, message: &str, bucket: &str) -> RecordError {
    use amana_vault::Error as Vault;
    let name = bucket.to_owned();
    let why = || format!("the data centre: {message}");
    match code {
        // The keyring moved on: catching up brings the newest, and the act is sealed and signed again.
        "conflict" | "stale-keyring" | "no-such-piece" => RecordError::Conflict,
        "busy" => RecordError::Busy,
        "used" => RecordError::Refused(Vault::ConditionalConflict),
        "bucket-already-exists" => RecordError::Refused(Vault::BucketAlreadyExists { name }),
        "bucket-already-owned-by-you" => {
            RecordError::Refused(Vault::BucketAlreadyOwnedByYou { name })
        }
        "no-such-bucket" => RecordError::Refused(Vault::NoSuchBucket { name }),
        "bucket-not-empty" => RecordError::Refused(Vault::BucketNotEmpty { name }),
        "invalid-bucket-name" => RecordError::Refused(Vault::InvalidBucketName {
            name,
            why: "the data centre refuses it",
        }),
        "quota-exceeded" => RecordError::Refused(Vault::QuotaExceeded),
        "leaving" => RecordError::Refused(Vault::Leaving),
        "disk-full" | "too-many-pieces" => {
            RecordError::Refused(Vault::Full(amana_store::Error::Failed { why: why() }))
        }
        _ => RecordError::Refused(read_only(format!("{} ({code})", why()))),
    }
}

/// Why a batch was not taken at all.
pub(crate) fn not_sent(error: &Error, bucket: &str) -> RecordError {
    match error {
        Error::Unreachable { .. } => RecordError::Unreachable {
            why: error.to_string(),
        },
        Error::Refused {
            status: 503, code, ..
        } if code == "busy" => RecordError::Busy,
        Error::Refused { status: 503, .. } => RecordError::Unreachable {
            why: error.to_string(),
        },
        Error::Refused { code, message, .. } if !code.is_empty() => of_code(code, message, bucket),
        other => RecordError::Refused(read_only(other.to_string())),
    }
}

/// Why an act could not even be sealed.
pub(crate) fn not_recorded(error: Error, bucket: &str) -> RecordError {
    match error {
        Error::Store(error) => RecordError::Refused(amana_vault::Error::Store(error)),
        other => not_sent(&other, bucket),
    }
}

fn read_only(why: String) -> amana_vault::Error {
    amana_vault::Error::ReadOnly(amana_store::Error::Refused {
        what: "the change".into(),
        why,
    })
}

impl Error {
    /// A failure of the vault on this gateway's own replica.
    pub(crate) fn of_vault(error: amana_vault::Error) -> Self {
        match error {
            amana_vault::Error::Store(error) => Self::Store(error),
            other => Self::Store(amana_store::Error::Failed {
                why: other.to_string(),
            }),
        }
    }

    /// The same failure, as a verb of the vault tells it.
    pub(crate) fn into_vault(self) -> amana_vault::Error {
        use amana_vault::Error as Vault;
        match self {
            Self::DamagedPiece { piece, why, .. } => Vault::Store(amana_store::Error::Damaged {
                what: format!("piece {piece}"),
                why,
            }),
            Self::Refused { what, ref code, .. } if code == "no-such-piece" => {
                Vault::Store(amana_store::Error::Missing { what })
            }
            Self::Refused { ref code, .. } if code == "disk-full" || code == "too-many-pieces" => {
                Vault::Full(amana_store::Error::Failed {
                    why: self.to_string(),
                })
            }
            Self::Busy => Vault::Busy,
            Self::Unknown { why } => Vault::OutcomeUnknown { why },
            Self::Store(error) => Vault::Store(error),
            Self::Alarm(_) | Self::Revoked { .. } => read_only(self.to_string()),
            error if error.is_offline() => Vault::Unreachable {
                why: error.to_string(),
            },
            other => Vault::Store(amana_store::Error::Failed {
                why: other.to_string(),
            }),
        }
    }
}
