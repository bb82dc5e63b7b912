//! What only the vault knows of whether everything agrees: for the fsck.
//!
//! The store compares tables with a replay, and content with what holds it; here it is told what holds content, and seen
//! without any replay that each row's entry says the same.

use std::collections::HashMap;
use std::ops::ControlFlow;

use amana_store::check::Fault;
use amana_store::{EntryId, Reader};

use crate::acts::recorded::{self, KeyBody};
use crate::acts::upload::PartBody;
use crate::error::is_damage;
use crate::get::{entry_of, recorded_object};
use crate::list::text;
use crate::model::{Extent, Held};
use crate::views::versions::{self, Version};
use crate::{Error, Result, Vault, sealed};

impl Vault {
    /// Compares versions and parts with the entries that made them; reads no content. Blocking, for as long as there are
    /// versions.
    ///
    /// # Errors
    /// A failure of the store; what does not agree is reported.
    pub fn check(rows: &Reader<'_>, report: &mut dyn FnMut(Fault)) -> Result<()> {
        each_holder(rows, &mut |what, found| {
            if let Err(why) = found {
                report(Fault {
                    code: "version",
                    what,
                    why,
                    advice: "Compare with the object's receipt, and restore the newest copy of this folder that agrees",
                });
            }
            Ok(ControlFlow::Continue(()))
        })
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
            let Ok((entry, extents)) = found else {
                return Ok(ControlFlow::Continue(()));
            };
            for extent in extents {
                let held = Held {
                    object: object.clone(),
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
}

/// Turns damage into a reason, and lets failures of the store pass.
pub(crate) fn reported<T>(found: Result<T>) -> Result<std::result::Result<T, String>> {
    match found {
        Ok(found) => Ok(Ok(found)),
        Err(Error::Store(error)) if is_damage(&error) => Ok(Err(error.to_string())),
        Err(other) => Err(other),
    }
}

/// What a version or a part holds: its entry and extents, or why they can't be read.
pub(crate) type Holding = std::result::Result<(EntryId, Vec<Extent>), String>;
pub(crate) type Visit<'v> = dyn FnMut(String, Holding) -> Result<ControlFlow<()>> + 'v;

fn each_holder(rows: &Reader<'_>, visit: &mut Visit<'_>) -> Result<()> {
    if each_version(rows, visit)?.is_continue() && each_part(rows, visit)?.is_continue() {
        // Nothing comes after the pieces, whether the visit broke or not.
        let _ = sealed::each_piece(rows, visit)?;
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
            let version = reported(versions::read(row).map_err(Error::from));
            outcome = version.and_then(|version| match version {
                Err(why) => visit(format!("{name}/{}", text(key)), Err(why)),
                Ok(version) => {
                    let object = match version.id() {
                        Some(id) => format!("{name}/{} (version {id})", text(key)),
                        None => format!("{name}/{}", text(key)),
                    };
                    let bucket = EntryId::from_i64(bucket);
                    let held = reported(version_extents(rows, bucket, name, key, &version))?;
                    visit(object, held)
                }
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
        why: format!("it doesn't say what entry {entry} says; rebuild the tables from the ledgers"),
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
