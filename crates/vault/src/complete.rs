//! Completing an upload: the object becomes the list of its parts, and no byte is copied.

use std::collections::HashMap;

use amana_access::{Caller, Right};
use amana_store::{EntryId, LedgerInfo, Reader, entries};
use md5::{Digest as _, Md5};

use crate::acts::recorded::{self, ObjectBody};
use crate::acts::upload::{CompleteLinks, CompleteUpload, PartBody};
use crate::backing::Fresh;
use crate::buckets::{admit, require};
use crate::get::{entry_of, recorded_object};
use crate::model::{
    Checksum, ChecksumAlgorithm, ChecksumType, ETag, Extent, ObjectAttrs, ObjectKey, UploadId,
    WriteConditions, combined, composed,
};
use crate::parts::MAX_PARTS;
use crate::views::{uploads, versions};
use crate::{Done, Error, Put, Result, UploadInfo, Vault};

/// Each part but the last has at least this many bytes.
const MIN_PART_BYTES: u64 = 5 * 1024 * 1024;

/// A part as the client lists it.
#[derive(Clone, Debug)]
pub struct CompletedPart {
    /// Its number.
    pub number: u32,
    /// Its tag, with or without quotes.
    pub etag: String,
    /// Its checksums, if the client gives them, big-endian.
    pub checksums: Vec<(ChecksumAlgorithm, Vec<u8>)>,
}

/// How an upload is completed.
#[derive(Clone, Default, Debug)]
pub struct Completion {
    /// The parts to join, in the order of their numbers.
    pub parts: Vec<CompletedPart>,
    /// What must hold.
    pub conditions: WriteConditions,
    /// The full-object checksum that the client expects, big-endian.
    pub checksum: Option<(ChecksumAlgorithm, Vec<u8>)>,
    /// The length that the client expects.
    pub size_bytes: Option<u64>,
}

/// What a completed upload became.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Completed {
    /// The object.
    pub put: Put,
    /// Its checksum, if the upload was begun with one.
    pub checksum: Option<Checksum>,
}

impl Vault {
    /// Completes an upload. Asked again after it was completed, it answers the same for as long as that is the latest
    /// version.
    ///
    /// # Errors
    /// [`crate::Error::NoSuchUpload`], [`crate::Error::MalformedParts`], [`crate::Error::InvalidPartOrder`],
    /// [`crate::Error::InvalidPart`], [`crate::Error::EntityTooSmall`], [`crate::Error::BadDigest`],
    /// [`crate::Error::PreconditionFailed`], [`crate::Error::ConditionalConflict`].
    pub async fn complete_upload(
        &self,
        caller: &Caller,
        bucket: &str,
        key: &ObjectKey,
        upload: UploadId,
        completion: Completion,
    ) -> Result<Done<Completed>> {
        require(caller, bucket, Right::Write)?;
        in_order(&completion.parts)?;
        let conditions = completion.conditions.clone();
        let (bucket, key) = (bucket.to_owned(), key.clone());
        let asked = (caller.clone(), bucket.clone(), key.clone());
        let joined = self
            .read_apart(move |rows| {
                let (caller, bucket, key) = &asked;
                match join(rows, caller, bucket, key, upload, &completion) {
                    Err(Error::NoSuchUpload) => Ok(Joined::Before(completed_before(
                        rows, caller, bucket, key, upload,
                    )?)),
                    other => other.map_err(|error| error.naming(|| format!("{bucket}/{key}"))),
                }
            })
            .await?;
        let (body, parts) = match joined {
            Joined::Before(done) => return Ok(done),
            Joined::Now { body, parts } => (body, parts),
        };
        let (etag, checksum) = (body.etag, body.attrs.checksum.clone());
        let act = CompleteUpload {
            by: caller.actor.clone(),
            ledger: caller.ledger,
            upload,
            conditions,
            parts,
            links: CompleteLinks::default(),
            body: *body,
        };
        // Its bytes were admitted as parts.
        let admitted = self.admit_deposit(caller.ledger, 0, 1).await?;
        let committed = match self.store.commit(act, Fresh::Nothing).await {
            // A rival completed it in the meantime, or aborted it.
            Err(Error::NoSuchUpload) => {
                let before =
                    |rows: &Reader<'_>| completed_before(rows, caller, &bucket, &key, upload);
                return self.store.read(before);
            }
            committed => committed?,
        };
        if let Some(admitted) = admitted {
            admitted.recorded();
        }
        Ok(Done {
            receipt: committed.receipt(),
            value: Completed {
                put: Put {
                    etag,
                    version: committed.output.version,
                    modified_ms: committed.output.time_ms,
                },
                checksum,
            },
        })
    }
}

/// An upload as it stands before the act: ready to become an object, or one already.
enum Joined {
    Now {
        body: Box<ObjectBody>,
        parts: Vec<(u32, EntryId)>,
    },
    Before(Done<Completed>),
}

fn in_order(parts: &[CompletedPart]) -> Result<()> {
    if parts.is_empty() || parts.len() > MAX_PARTS as usize {
        return Err(Error::MalformedParts { max: MAX_PARTS });
    }
    match parts
        .windows(2)
        .find(|pair| pair[0].number >= pair[1].number)
    {
        Some(pair) => Err(Error::InvalidPartOrder {
            number: pair[1].number,
        }),
        None => Ok(()),
    }
}

/// What the parts that the client lists become. The act's check sees to it that they are still the same.
fn join(
    rows: &Reader<'_>,
    caller: &Caller,
    bucket: &str,
    key: &ObjectKey,
    id: UploadId,
    completion: &Completion,
) -> Result<Joined> {
    let (entry, upload) = crate::uploads::find(rows, caller, bucket, key, id)?;
    let standing: HashMap<_, _> = uploads::parts(rows, entry, 0, MAX_PARTS as usize)?
        .into_iter()
        .map(|part| (part.number, part))
        .collect();
    let mut tags = Md5::new();
    let mut extents = Vec::with_capacity(completion.parts.len());
    let mut parts = Vec::with_capacity(completion.parts.len());
    for (place, listed) in completion.parts.iter().enumerate() {
        let number = listed.number;
        let etag = listed.etag.trim_matches('"').parse::<ETag>();
        let part = standing
            .get(&number)
            .filter(|part| etag == Ok(ETag::whole(part.md5)))
            .ok_or(Error::InvalidPart { number })?;
        if part.size_bytes < MIN_PART_BYTES && place + 1 < completion.parts.len() {
            return Err(Error::EntityTooSmall {
                number,
                size_bytes: part.size_bytes,
                min_bytes: MIN_PART_BYTES,
            });
        }
        let extent = recorded::body::<PartBody>(rows, part.entry)?.extent;
        if !checksums_agree(&extent, &listed.checksums) {
            return Err(Error::InvalidPart { number });
        }
        tags.update(part.md5);
        extents.push(extent);
        parts.push((number, part.entry));
    }
    let size_bytes: u64 = extents.iter().map(|extent| extent.size_bytes).sum();
    if completion.size_bytes.unwrap_or(size_bytes) != size_bytes {
        return Err(Error::BadDigest {
            what: "length of the object",
        });
    }
    let body = Box::new(ObjectBody {
        bucket: bucket.to_owned(),
        key: key.clone(),
        etag: ETag {
            md5: tags.finalize().into(),
            parts: u32::try_from(extents.len()).ok(),
        },
        attrs: ObjectAttrs {
            checksum: whole_checksum(&upload, &extents, completion)?,
            ..upload.attrs
        },
        extents,
        copied_from: None,
    });
    Ok(Joined::Now { body, parts })
}

/// Whether the checksums that the client lists for a part are those it was uploaded with. One of an algorithm that the
/// upload doesn't have can't be compared, and doesn't pass.
fn checksums_agree(extent: &Extent, listed: &[(ChecksumAlgorithm, Vec<u8>)]) -> bool {
    listed.iter().all(|(algorithm, value)| {
        extent
            .checksum
            .as_ref()
            .is_some_and(|found| found.algorithm == *algorithm && found.value == *value)
    })
}

/// The checksum of the object, if its upload was begun with one.
fn whole_checksum(
    upload: &UploadInfo,
    extents: &[Extent],
    completion: &Completion,
) -> Result<Option<Checksum>> {
    let Some((algorithm, kind)) = upload.checksum else {
        return Ok(None);
    };
    let parts: Vec<(&[u8], u64)> = extents
        .iter()
        .filter_map(|extent| {
            let checksum = extent.checksum.as_ref()?;
            Some((checksum.value.as_slice(), extent.size_bytes))
        })
        .collect();
    let value = match kind {
        ChecksumType::FullObject => combined(algorithm, &parts).unwrap_or_default(),
        ChecksumType::Composite => {
            let values: Vec<_> = parts.iter().map(|(value, _)| *value).collect();
            composed(algorithm, &values)
        }
    };
    if let Some((expected, bytes)) = &completion.checksum
        && (*expected != algorithm || *bytes != value)
    {
        return Err(Error::BadDigest {
            what: "checksum of the object",
        });
    }
    let composite = kind == ChecksumType::Composite;
    Ok(Some(Checksum {
        algorithm,
        kind,
        value,
        parts: composite.then(|| u32::try_from(extents.len()).unwrap_or(u32::MAX)),
    }))
}

/// What an upload became, if it was completed before and is still the latest version of its key: a client whose
/// connection broke asks again.
///
/// # Errors
/// [`Error::NoSuchUpload`] otherwise.
fn completed_before(
    rows: &Reader<'_>,
    caller: &Caller,
    bucket: &str,
    key: &ObjectKey,
    upload: UploadId,
) -> Result<Done<Completed>> {
    let found = admit(rows, caller, bucket, Right::Write)?;
    let ledger = found.id.ledger();
    let version = versions::latest(rows, found.id, key.as_bytes())?.ok_or(Error::NoSuchUpload)?;
    let id = entry_of(found.id, version.index)?;
    let entry = entries::entry(rows, id)?.ok_or(Error::NoSuchUpload)?;
    let core = entry.core()?;
    let links = serde_json::from_str::<CompleteLinks>(core.links.get());
    let begun = EntryId::new(ledger, upload.0.index)
        .map(|id| entries::entry(rows, id))
        .transpose()?
        .flatten()
        .ok_or(Error::NoSuchUpload)?;
    let same = core.kind == "upload.complete"
        && links.is_ok_and(|links| links.upload == upload.0.index)
        && begun.at()?.tag == upload.0.tag;
    let ledger = LedgerInfo::by_id(rows, ledger)?
        .filter(|_| same)
        .ok_or(Error::NoSuchUpload)?;
    let body = recorded_object(rows, bucket, key.as_bytes(), id, &version)
        .map_err(|error| error.naming(|| format!("{bucket}/{key}")))?;
    Ok(Done {
        value: Completed {
            put: Put {
                etag: body.etag,
                version: version.id(),
                modified_ms: version.time_ms,
            },
            checksum: body.attrs.checksum,
        },
        receipt: format!("{}/{}", ledger.name, id.index()),
    })
}
