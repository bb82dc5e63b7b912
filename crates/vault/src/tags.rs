//! Tags of a version, after its deposit.

use amana_access::{Caller, Right};

use crate::acts::object::{SetTags, TagsBody, TagsLinks};
use crate::backing::Fresh;
use crate::buckets::{admit, require};
use crate::get::{entry_of, recorded_object, standing};
use crate::model::{ObjectKey, Tags, VersionId, VersionRef};
use crate::views::tags;
use crate::{Done, Error, Result, Vault};

impl Vault {
    /// Replaces the tags of a version; empty tags delete them.
    ///
    /// # Errors
    /// As [`Vault::object`].
    pub async fn set_tags(
        &self,
        caller: &Caller,
        bucket: &str,
        key: &ObjectKey,
        version: VersionRef,
        tags: Tags,
    ) -> Result<Done<Option<VersionId>>> {
        require(caller, bucket, Right::Write)?;
        let act = SetTags {
            by: caller.actor.clone(),
            ledger: caller.ledger,
            version,
            links: TagsLinks::default(),
            body: TagsBody {
                bucket: bucket.to_owned(),
                key: key.clone(),
                tags,
            },
        };
        Ok(Done::of(self.store.commit(act, Fresh::Nothing).await?))
    }

    /// The tags of a version, and which version that is.
    ///
    /// # Errors
    /// As [`Vault::object`].
    pub fn tags(
        &self,
        caller: &Caller,
        bucket: &str,
        key: &ObjectKey,
        version: VersionRef,
    ) -> Result<(Tags, Option<VersionId>)> {
        let read = self.store.read(|rows| {
            let found = admit(rows, caller, bucket, Right::Read)?;
            let version = standing(rows, found.id, key, version)?;
            let entry = entry_of(found.id, version.index)?;
            let tags = match tags::of(rows, entry)? {
                Some(tags) => tags,
                None => {
                    recorded_object(rows, bucket, key.as_bytes(), entry, &version)?
                        .attrs
                        .tags
                }
            };
            Ok((tags, version.id()))
        });
        read.map_err(|error: Error| error.naming(|| format!("{bucket}/{key}")))
    }
}
