//! The nouns, each parsed once at the edge into a type that can't be wrong.

mod attrs;
mod checksum;
mod content;
mod etag;
mod lock;
mod names;
mod version;

pub use attrs::{MAX_TAG_KEY_CHARS, MAX_TAG_VALUE_CHARS, MAX_TAGS, Metadata, ObjectAttrs, Tags};
pub use checksum::{Checksum, ChecksumAlgorithm, ChecksumType};
pub(crate) use checksum::{Digests, combined, composed};
pub use content::{Extent, Held, SealedPiece};
pub use etag::{ETag, ETagMatch, WriteConditions};
pub(crate) use lock::Told;
pub use lock::{BucketLock, DefaultRetention, ObjectLock, Period, Retention, RetentionMode};
pub use names::{BucketName, MAX_KEY_BYTES, ObjectKey};
pub use version::{UploadId, VersionId, VersionRef, Versioning};
