//! Finding files by a part of their name, in the gateway's own index: nobody else is asked.

use amana_vault::{ListQuery, MAX_PAGE};

use super::{Entry, Kind, Tree};
use crate::Result;
use crate::path::is_shown;

/// The most files that are found, and that are looked at.
const MAX_FOUND: usize = 200;
const MAX_LOOKED_AT: usize = 200_000;

/// What was found.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Found {
    /// Files, each by its path from the top, without a `/` before it.
    pub files: Vec<Entry>,
    /// Whether there may be more.
    pub may_be_more: bool,
}

impl Tree {
    /// Files whose path below their bucket has that part in it, in whatever case.
    ///
    /// # Errors
    /// [`crate::Error::Vault`].
    pub async fn find(&self, part: &str) -> Result<Found> {
        let part = part.to_lowercase();
        let mut found = Found::default();
        let mut left = MAX_LOOKED_AT;
        let (buckets, more) = self
            .vault
            .list_buckets(&self.caller, "", None, MAX_PAGE)
            .await?;
        found.may_be_more = more;
        for bucket in buckets {
            let mut query = ListQuery {
                max: MAX_PAGE,
                ..ListQuery::default()
            };
            loop {
                let asked = query.clone();
                let page = self
                    .vault
                    .list_objects(&self.caller, &bucket.name, asked)
                    .await?;
                left = left.saturating_sub(page.objects.len());
                for object in page.objects {
                    if object.key.split('/').all(is_shown)
                        && object.key.to_lowercase().contains(&part)
                    {
                        found.files.push(Entry {
                            name: format!("{}/{}", bucket.name, object.key),
                            kind: Kind::File {
                                size_bytes: object.size_bytes,
                                etag: object.etag.to_string(),
                            },
                            modified_ms: object.modified_ms,
                        });
                    }
                }
                if found.files.len() >= MAX_FOUND || left == 0 {
                    found.files.truncate(MAX_FOUND);
                    found.may_be_more = true;
                    return Ok(found);
                }
                match page.next {
                    Some(next) => query.after = Some(next),
                    None => break,
                }
            }
        }
        Ok(found)
    }
}
