use amana_store::CommitError;

use crate::SealedRefusal;
use crate::model::VersionId;

/// Result of this crate's verbs.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a verb was refused, or failed: one variant for each cause that S3 tells apart.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The name breaks the rules.
    #[error("{name:?} can't name a bucket: {why}")]
    InvalidBucketName {
        /// The name given.
        name: String,
        /// Which rule.
        why: &'static str,
    },
    /// There is no such bucket.
    #[error("there is no bucket {name:?}")]
    NoSuchBucket {
        /// The name given.
        name: String,
    },
    /// The institution has that bucket already.
    #[error("the bucket {name:?} is yours already")]
    BucketAlreadyOwnedByYou {
        /// Its name.
        name: String,
    },
    /// Another institution has a bucket of that name.
    #[error("the name {name:?} is taken")]
    BucketAlreadyExists {
        /// Its name.
        name: String,
    },
    /// Only an empty bucket is deleted.
    #[error("the bucket {name:?} still holds objects or versions")]
    BucketNotEmpty {
        /// Its name.
        name: String,
    },
    /// The caller has no right to it; or it belongs to somebody else.
    #[error("access denied")]
    AccessDenied,
    /// The data centre can't read it: only its institution's gateway can use it.
    #[error("the bucket {name:?} is sealed: only its institution's gateway can use it")]
    SealedBucket {
        /// Its name.
        name: String,
    },
    /// A sealed act, or its ciphertext, is not taken or not there.
    #[error(transparent)]
    Sealed(#[from] SealedRefusal),
    /// A key has at least one byte.
    #[error("a key is not empty")]
    KeyEmpty,
    /// A key is too long.
    #[error("a key has at most {max_bytes} bytes, this one has {size_bytes}")]
    KeyTooLong {
        /// Its length.
        size_bytes: usize,
        /// The bound.
        max_bytes: usize,
    },
    /// There is no such object.
    #[error("there is no such object")]
    NoSuchKey,
    /// There is no such version of the object.
    #[error("there is no such version of this object")]
    NoSuchVersion,
    /// The text can't be a version id.
    #[error("{given:?} can't be a version id")]
    InvalidVersionId {
        /// The text given.
        given: String,
    },
    /// The latest version is a delete marker: there is no such object now.
    #[error("the object is deleted")]
    DeleteMarker {
        /// The marker; `None` for the null version.
        version: Option<VersionId>,
    },
    /// The version that was named is a delete marker, which has no content, attributes or tags.
    #[error("that version is a delete marker")]
    MethodNotAllowed {
        /// When it was made, milliseconds since 1970.
        modified_ms: i64,
    },
    /// A condition of the request does not hold.
    #[error("the condition {condition} does not hold")]
    PreconditionFailed {
        /// The header that named it.
        condition: &'static str,
    },
    /// Another request changed what this one was about while it ran; ask again.
    #[error("another request changed this at the same time; try again")]
    ConditionalConflict,
    /// There is no such upload: never begun, completed, or aborted.
    #[error("there is no such upload")]
    NoSuchUpload,
    /// Parts have the numbers 1 to 10,000.
    #[error("parts have the numbers 1 to {max}, not {number}")]
    InvalidPartNumber {
        /// The number given.
        number: u32,
        /// The highest.
        max: u32,
    },
    /// A part that is to be joined was not uploaded, or has another tag or checksum.
    #[error("part {number} was not uploaded, or not with this tag and checksum")]
    InvalidPart {
        /// Its number.
        number: u32,
    },
    /// Parts are to be listed in the order of their numbers, each once.
    #[error("parts are listed in ascending order, each once; part {number} is not")]
    InvalidPartOrder {
        /// The number out of order.
        number: u32,
    },
    /// An upload is completed with at least one part.
    #[error("an upload is completed with 1 to {max} parts")]
    MalformedParts {
        /// The most.
        max: u32,
    },
    /// Each part but the last has at least 5 MiB.
    #[error("part {number} has {size_bytes} bytes; each but the last has at least {min_bytes}")]
    EntityTooSmall {
        /// Its number.
        number: u32,
        /// Its length.
        size_bytes: u64,
        /// The least.
        min_bytes: u64,
    },
    /// The content is longer than it may be.
    #[error("the content has more than {max_bytes} bytes")]
    EntityTooLarge {
        /// The bound.
        max_bytes: u64,
    },
    /// The range lies outside of the content.
    #[error("the range {from}..{until} is not within the {size_bytes} bytes of the object")]
    InvalidRange {
        /// First byte.
        from: u64,
        /// One past the last byte.
        until: u64,
        /// The object's length.
        size_bytes: u64,
    },
    /// A checksum, a digest or a length is not the one that the client gave.
    #[error("the {what} is not the one that was given")]
    BadDigest {
        /// Which.
        what: &'static str,
    },
    /// The algorithm can't have that type, or isn't the upload's.
    #[error("this checksum doesn't fit the request: {why}")]
    InvalidChecksum {
        /// What is wrong.
        why: &'static str,
    },
    /// Too many tags.
    #[error("an object has at most {max} tags")]
    TooManyTags {
        /// The most.
        max: usize,
    },
    /// A tag breaks the rules.
    #[error("the tag {key:?} is not allowed: {why}")]
    InvalidTag {
        /// Its key, cut.
        key: String,
        /// Which rule.
        why: &'static str,
    },
    /// Too much user metadata.
    #[error("user metadata has at most {max_bytes} bytes, this has {size_bytes}")]
    MetadataTooLarge {
        /// Its length.
        size_bytes: usize,
        /// The bound.
        max_bytes: usize,
    },
    /// Versioning can't be taken off again, only suspended.
    #[error("versioning is enabled or suspended, never removed")]
    InvalidVersioning,
    /// A lock keeps the version as it is.
    #[error("a retention or a legal hold keeps this version")]
    Locked,
    /// By the clock the retention is over; the witnesses were not asked yet. The verbs ask them, and never tell this.
    #[error("whether the retention is over is for the witnesses to say")]
    TimeUnproved,
    /// The bucket's versions can't be locked.
    #[error("the bucket's versions can't be locked")]
    NoObjectLock,
    /// The bucket is not one of which this can be asked.
    #[error("the bucket can't be changed so: {why}")]
    InvalidBucketState {
        /// What stands against it.
        why: &'static str,
    },
    /// A date that can't be one of a retention.
    #[error("{why}")]
    InvalidRetention {
        /// What is wrong.
        why: &'static str,
    },
    /// A default period that can't be one.
    #[error("new versions are retained for 1 to 36,500 days, or 1 to 100 years")]
    InvalidRetentionPeriod,
    /// An object is copied onto itself with nothing changed.
    #[error("a copy onto itself changes something, its attributes at least")]
    CopyChangesNothing,
    /// A proposal can't be carried out by that official, or not any more.
    #[error(transparent)]
    Proposal(amana_access::Error),
    /// The operator's limit for the institution is reached.
    #[error("the institution's quota is used up: delete something, or ask the operator for more")]
    QuotaExceeded,
    /// Two officials decided that the institution leaves.
    #[error(
        "two of the institution's officials decided that it leaves: nothing new is taken in; reading, exporting, deleting and \
         revoking go on, and two of them can decide that it stays"
    )]
    Leaving,
    /// Too many requests wait; try again.
    #[error("too many requests wait to be recorded; try again")]
    Busy,
    /// No space for new content.
    #[error("{0}")]
    Full(amana_store::Error),
    /// No writes are taken for now.
    #[error("{0}")]
    ReadOnly(amana_store::Error),
    /// Large content can't be reached for now: the object store that holds it is away. Small content goes on.
    #[error("{0}")]
    Away(amana_store::Error),
    /// The data centre can't be reached from this gateway; nothing was changed.
    #[error("the data centre can't be reached: {why}")]
    Unreachable {
        /// What failed.
        why: String,
    },
    /// The data centre can't be reached; the gateway keeps the change, and has it recorded when it can. The verbs whose acts
    /// may be spooled tell this as a success.
    #[error(
        "the change is spooled at the gateway, to be recorded when the data centre is in reach"
    )]
    Spooled {
        /// When it was taken, milliseconds since 1970.
        time_ms: i64,
    },
    /// The data centre was asked, and its answer did not come: the change was recorded or not.
    #[error("the data centre did not answer, and may have recorded this or not: {why}")]
    OutcomeUnknown {
        /// What failed.
        why: String,
    },
    /// What the ledger commits to and what is stored differ; nothing wrong was given out.
    #[error("{object} is damaged: {why}")]
    Damaged {
        /// Bucket and key.
        object: String,
        /// How it was noticed.
        why: String,
    },
    /// Anything else below.
    #[error("{0}")]
    Store(amana_store::Error),
}

impl Error {
    /// Stable name of the variant, for logs, scripts and the console's texts.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidBucketName { .. } => "invalid-bucket-name",
            Self::NoSuchBucket { .. } => "no-such-bucket",
            Self::BucketAlreadyOwnedByYou { .. } => "bucket-already-owned-by-you",
            Self::BucketAlreadyExists { .. } => "bucket-already-exists",
            Self::BucketNotEmpty { .. } => "bucket-not-empty",
            Self::AccessDenied => "access-denied",
            Self::SealedBucket { .. } => "sealed-bucket",
            Self::Sealed(refusal) => refusal.code(),
            Self::KeyEmpty => "key-empty",
            Self::KeyTooLong { .. } => "key-too-long",
            Self::NoSuchKey => "no-such-key",
            Self::NoSuchVersion => "no-such-version",
            Self::InvalidVersionId { .. } => "invalid-version-id",
            Self::DeleteMarker { .. } => "delete-marker",
            Self::MethodNotAllowed { .. } => "method-not-allowed",
            Self::PreconditionFailed { .. } => "precondition-failed",
            Self::ConditionalConflict => "conditional-conflict",
            Self::NoSuchUpload => "no-such-upload",
            Self::InvalidPartNumber { .. } => "invalid-part-number",
            Self::InvalidPart { .. } => "invalid-part",
            Self::InvalidPartOrder { .. } => "invalid-part-order",
            Self::MalformedParts { .. } => "malformed-parts",
            Self::EntityTooSmall { .. } => "entity-too-small",
            Self::EntityTooLarge { .. } => "entity-too-large",
            Self::InvalidRange { .. } => "invalid-range",
            Self::BadDigest { .. } => "bad-digest",
            Self::InvalidChecksum { .. } => "invalid-checksum",
            Self::TooManyTags { .. } => "too-many-tags",
            Self::InvalidTag { .. } => "invalid-tag",
            Self::MetadataTooLarge { .. } => "metadata-too-large",
            Self::InvalidVersioning => "invalid-versioning",
            Self::Locked => "object-locked",
            Self::TimeUnproved => "time-unproved",
            Self::NoObjectLock => "no-object-lock",
            Self::InvalidBucketState { .. } => "invalid-bucket-state",
            Self::InvalidRetention { .. } => "invalid-retention",
            Self::InvalidRetentionPeriod => "invalid-retention-period",
            Self::CopyChangesNothing => "copy-changes-nothing",
            Self::Proposal(error) => error.code(),
            Self::QuotaExceeded => "quota-exceeded",
            Self::Leaving => "leaving",
            Self::Busy => "busy",
            Self::Full(_) => "disk-full",
            Self::ReadOnly(_) => "read-only",
            Self::Away(_) => "blobs-away",
            Self::Unreachable { .. } => "unreachable",
            Self::Spooled { .. } => "spooled",
            Self::OutcomeUnknown { .. } => "outcome-unknown",
            Self::Damaged { .. } => "damaged",
            Self::Store(error) => error.code(),
        }
    }

    /// Puts the object's name in front of what the store found damaged, missing or unreadable.
    pub(crate) fn naming(self, object: impl FnOnce() -> String) -> Self {
        match self {
            Self::Store(error) if is_damage(&error) => Self::Damaged {
                object: object(),
                why: error.to_string(),
            },
            other => other,
        }
    }
}

/// Whether stored bytes, and not the reading of them, are at fault.
pub(crate) fn is_damage(error: &amana_store::Error) -> bool {
    matches!(
        error,
        amana_store::Error::Damaged { .. }
            | amana_store::Error::Missing { .. }
            | amana_store::Error::Decode { .. }
    )
}

impl From<amana_store::Error> for Error {
    fn from(error: amana_store::Error) -> Self {
        match error {
            full if full.is_full() => Self::Full(full),
            read_only @ amana_store::Error::ReadOnly { .. } => Self::ReadOnly(read_only),
            away @ amana_store::Error::Away { .. } => Self::Away(away),
            other => Self::Store(other),
        }
    }
}

impl From<amana_access::Error> for Error {
    fn from(error: amana_access::Error) -> Self {
        match error {
            amana_access::Error::Store(error) => error.into(),
            other => Self::Proposal(other),
        }
    }
}

impl From<CommitError<Error>> for Error {
    fn from(error: CommitError<Error>) -> Self {
        match error {
            CommitError::Refused(error) => error,
            CommitError::Busy => Self::Busy,
            CommitError::Store(error) => error.into(),
        }
    }
}

impl From<Error> for amana_store::Denied<Error> {
    fn from(error: Error) -> Self {
        match error {
            Error::Store(error) => Self::Store(error),
            other => Self::Refused(other),
        }
    }
}
