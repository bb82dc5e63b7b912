//! What only the vault knows of whether everything agrees: for the fsck.
//!
//! Tables are compared with a replay elsewhere; here it is seen that each row's entry says the same, and that the content
//! it names is there, and that no content is there that nothing names.

use std::collections::HashMap;
use std::ops::ControlFlow;

use amana_store::{BlobId, EntryId, Reader, content};

use crate::acts::recorded::{self, KeyBody};
use crate::acts::upload::PartBody;
use crate::get::{entry_of, recorded_object};
use crate::list::text;
use crate::model::{Extent, Held};
use crate::read::open_blob;
use crate::views::versions::{self, Version};
use crate::{Error, Result, Vault};

/// Something that does not agree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// What is wrong: a version, a part, a blob.
    pub what: String,
    /// How it was noticed.
    pub why: String,
    /// What to do.
    pub advice: &'static str,
}

const RESTORE: &str =
    "restore this object from a mirror or a backup; its receipt proves what it was";
const RESTART: &str = "restart amana, which sweeps what nothing names";
const REBUILD: &str = "rebuild the tables from the ledgers";

impl Vault {
    /// Compares versions, parts, entries, rows of content and blob files with each other; reads no content. Blocking,
    /// for as long as there are versions.
    ///
    /// # Errors
    /// A failure of the store; what does not agree is reported.
    pub fn check(&self, rows: &Reader<'_>, report: &mut dyn FnMut(Fault)) -> Result<()> {
        each_holder(rows, &mut |object, found| {
            match found {
                Err(why) => report(Fault {
                    what: object,
                    why,
                    advice: RESTORE,
                }),
                Ok((entry, extents)) => {
                    for extent in &extents {
                        if let Some(why) = self.not_there(rows, entry, extent)? {
                            report(Fault {
                                what: object.clone(),
                                why,
                                advice: RESTORE,
                            });
                        }
                    }
                }
            }
            Ok(ControlFlow::Continue(()))
        })?;
        nameless_blobs(rows, report)?;
        nameless_contents(rows, report)
    }

    /// Visits all content that a version or a part names, until `visit` breaks; entries that can't be read are left to
    /// [`Vault::check`]. Blocking.
    ///
    /// # Errors
    /// A failure of the store, or what `visit` returns.
    pub fn each_content(
        rows: &Reader<'_>,
        visit: &mut dyn FnMut(Held) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        each_holder(rows, &mut |object, found| {
            for (entry, extent) in found
                .into_iter()
                .flat_map(|(entry, extents)| extents.into_iter().map(move |extent| (entry, extent)))
            {
                let object = object.clone();
                let held = Held {
                    object,
                    entry,
                    extent,
                };
                if visit(held)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            Ok(ControlFlow::Continue(()))
        })
    }

    /// Reads one content whole and verifies it. Blocking.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn verify(&self, held: &Held) -> Result<()> {
        let read = |rows: &Reader<'_>| {
            if held.extent.blob.is_none() {
                content::read_inline(rows, held.entry, &held.extent.sha256)?;
                return Ok(());
            }
            let blob = open_blob(&self.store, rows, &held.extent)?;
            for chunk in 0..blob.chunk_count() {
                blob.chunk(chunk)?;
            }
            Ok(())
        };
        self.store
            .read(read)
            .map_err(|error: Error| error.naming(|| held.object.clone()))
    }

    /// Why an extent's content is not where it should be, if so.
    fn not_there(
        &self,
        rows: &Reader<'_>,
        entry: EntryId,
        extent: &Extent,
    ) -> Result<Option<String>> {
        let found = match extent.blob {
            Some(_) => open_blob(&self.store, rows, extent).map(|_| ()),
            None => rows
                .one(
                    "SELECT 1 FROM contents WHERE id = $1",
                    &[entry.into()],
                    |_| Ok(()),
                )?
                .ok_or_else(|| {
                    Error::Store(amana_store::Error::Missing {
                        what: format!("the content of entry {entry}"),
                    })
                }),
        };
        reported(found).map(std::result::Result::err)
    }
}

/// Turns what is damaged or missing into a reason, and lets failures of the store pass.
fn reported<T>(found: Result<T>) -> Result<std::result::Result<T, String>> {
    match found {
        Ok(found) => Ok(Ok(found)),
        Err(
            error @ (Error::Damaged { .. }
            | Error::Store(
                amana_store::Error::Damaged { .. }
                | amana_store::Error::Missing { .. }
                | amana_store::Error::Decode { .. }
                | amana_store::Error::File { .. },
            )),
        ) => Ok(Err(error.to_string())),
        Err(other) => Err(other),
    }
}

/// What a version or a part holds: its entry and extents, or why they can't be read.
type Holding = std::result::Result<(EntryId, Vec<Extent>), String>;
type Visit<'v> = dyn FnMut(String, Holding) -> Result<ControlFlow<()>> + 'v;

fn each_holder(rows: &Reader<'_>, visit: &mut Visit<'_>) -> Result<()> {
    if each_version(rows, visit)?.is_continue() {
        // Nothing comes after the parts, whether the visit broke or not.
        let _ = each_part(rows, visit)?;
    }
    Ok(())
}

fn each_version(rows: &Reader<'_>, visit: &mut Visit<'_>) -> Result<ControlFlow<()>> {
    let names: HashMap<i64, String> = rows
        .all("SELECT id, name FROM buckets", &[], |row| {
            Ok((row.int(0)?, row.text(1)?.to_owned()))
        })?
        .into_iter()
        .collect();
    let mut outcome = Ok(ControlFlow::Continue(()));
    rows.each(
        "SELECT nseq, tag, size, etag, time_ms, flags, key, bucket FROM versions ORDER BY bucket, key, nseq",
        &[],
        |row| {
            let (key, bucket) = (row.blob(6)?, row.int(7)?);
            let name = names.get(&bucket).map_or("(no bucket)", String::as_str);
            outcome = versions::read(row)
                .map_err(Error::from)
                .and_then(|version| {
                    let object = match version.id() {
                        Some(id) => format!("{name}/{} (version {id})", text(key)),
                        None => format!("{name}/{}", text(key)),
                    };
                    let bucket = EntryId::from_i64(bucket);
                    let held = reported(version_extents(rows, bucket, name, key, &version))?;
                    visit(object, held)
                });
            Ok(match &outcome {
                Ok(flow) => *flow,
                Err(_) => ControlFlow::Break(()),
            })
        },
    )?;
    outcome
}

fn version_extents(
    rows: &Reader<'_>,
    bucket: EntryId,
    name: &str,
    key: &[u8],
    version: &Version,
) -> Result<(EntryId, Vec<Extent>)> {
    let entry = entry_of(bucket, version.index)?;
    if !version.is_marker() {
        let body = recorded_object(rows, name, key, entry, version)?;
        return Ok((entry, body.extents));
    }
    let body: KeyBody = recorded::body(rows, entry)?;
    if body.bucket == name && body.key.as_bytes() == key {
        return Ok((entry, Vec::new()));
    }
    Err(Error::Store(amana_store::Error::Damaged {
        what: "its row".into(),
        why: format!("it doesn't say what entry {entry} says; {REBUILD}"),
    }))
}

fn each_part(rows: &Reader<'_>, visit: &mut Visit<'_>) -> Result<ControlFlow<()>> {
    let mut outcome = Ok(ControlFlow::Continue(()));
    rows.each(
        "SELECT entry, number FROM upload_parts ORDER BY upload, number",
        &[],
        |row| {
            let (entry, number) = (EntryId::from_i64(row.int(0)?), row.int(1)?);
            let body = recorded::body::<PartBody>(rows, entry).map_err(Error::from);
            outcome = reported(body).and_then(|body| match body {
                Ok(body) => {
                    let object = format!("{}/{} (part {number})", body.bucket, body.key);
                    visit(object, Ok((entry, vec![body.extent])))
                }
                Err(why) => visit(
                    format!("part {number} of an upload (entry {entry})"),
                    Err(why),
                ),
            });
            Ok(match &outcome {
                Ok(flow) => *flow,
                Err(_) => ControlFlow::Break(()),
            })
        },
    )?;
    outcome
}

/// Blobs in rows that have no holder, and holders' counts without a blob.
fn nameless_blobs(rows: &Reader<'_>, report: &mut dyn FnMut(Fault)) -> Result<()> {
    let mut each = |sql, why: &str, advice| {
        rows.each(sql, &[], |row| {
            let what = match row.blob(0)?.try_into() {
                Ok(id) => format!("blob {}", BlobId::from_bytes(id)),
                Err(_) => "a blob whose name is not 16 bytes".to_owned(),
            };
            report(Fault {
                what,
                why: why.to_owned(),
                advice,
            });
            Ok(ControlFlow::Continue(()))
        })
    };
    each(
        "SELECT blob FROM blob_chunks WHERE blob NOT IN (SELECT blob FROM blob_holders)",
        "no version and no part holds it",
        REBUILD,
    )?;
    each(
        "SELECT blob FROM blob_holders WHERE blob NOT IN (SELECT blob FROM blob_chunks)",
        "versions or parts hold it, but its chunk digests are gone",
        RESTORE,
    )?;
    Ok(())
}

/// Content in rows whose version is gone.
fn nameless_contents(rows: &Reader<'_>, report: &mut dyn FnMut(Fault)) -> Result<()> {
    rows.each("SELECT id FROM contents ORDER BY id", &[], |row| {
        let entry = EntryId::from_i64(row.int(0)?);
        let named = match recorded::body_if_kept::<KeyBody>(rows, entry) {
            Ok(Some(body)) => {
                let bucket = rows.one(
                    "SELECT id FROM buckets WHERE name = $1",
                    &[body.bucket.as_str().into()],
                    |row| row.int(0),
                )?;
                match bucket.map(EntryId::from_i64) {
                    Some(bucket) => {
                        versions::at(rows, bucket, body.key.as_bytes(), entry.index())?.is_some()
                    }
                    None => false,
                }
            }
            _ => false,
        };
        if !named {
            report(Fault {
                what: format!("the content of entry {entry}"),
                why: "no version holds it".to_owned(),
                advice: RESTART,
            });
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(())
}
