//! Rows again from a mirror: entries verbatim, tiles and views by the code of daily work.

use std::path::Path;

use amana_ledger::Policy;

use super::head::HeadLedger;
use super::read::Mirror;
use super::segment::Segment;
use crate::erase::lost_bodies;
use crate::ledgers::Head as LedgerHead;
use crate::sqlite::{self, Use};
use crate::{Catalog, Error, LedgerId, Result, Writer, content, schema};

/// What was made of a mirror, and what is wrong with it.
#[derive(Debug, Default)]
pub struct Rebuilt {
    /// Ledgers.
    pub ledgers: u64,
    /// Entries.
    pub entries: u64,
    /// Small content.
    pub contents: u64,
    /// What is wrong: what it is, and how that showed.
    pub faults: Vec<(String, String)>,
}

impl Rebuilt {
    fn fault(&mut self, what: impl Into<String>, why: impl std::fmt::Display) {
        self.faults.push((what.into(), why.to_string()));
    }
}

/// Fills a new database with what a mirror holds: every table of the data centre. `policy` tells whose cosignatures are
/// kept. Each ledger must have the root of its checkpoint in the head; who signed that is for the caller to judge.
///
/// # Errors
/// Only when the database can't be written, or the place doesn't answer: what is wrong with the mirror is in the answer.
pub fn rebuild(
    mirror: &Mirror,
    database: &Path,
    catalog: &Catalog,
    policy: &Policy,
) -> Result<Rebuilt> {
    let connection = sqlite::connect(database, Use::Write)?;
    schema::create(&connection, catalog)?;
    // One transaction a ledger: a crash leaves a folder that is made anew.
    connection.pragma_update(None, "synchronous", "OFF")?;
    connection.pragma_update(None, "wal_autocheckpoint", 4096)?;
    let rows = Writer::embedded(&connection);
    let mut rebuilt = Rebuilt::default();
    for ledger in &mirror.head().ledgers {
        rows.execute("BEGIN", &[])?;
        match one(mirror, ledger, catalog, &rows, &mut rebuilt) {
            Ok(()) => rebuilt.ledgers += 1,
            Err(
                error @ (Error::Damaged { .. } | Error::Missing { .. } | Error::TooLarge { .. }),
            ) => {
                rebuilt.fault(format!("ledger {}", ledger.name), error);
            }
            Err(error) => return Err(error),
        }
        cosignatures(ledger, &rows, policy)?;
        rows.execute("COMMIT", &[])?;
    }
    let secrets = mirror.secrets().unwrap_or_else(|error| {
        rebuilt.fault("the secrets", error);
        Default::default()
    });
    for (name, sealed) in secrets {
        rows.execute(
            "INSERT INTO secrets (name, sealed) VALUES ($1, $2)",
            &[name.as_str().into(), sealed.as_slice().into()],
        )?;
    }
    // Everything durable at once, before anything is said of it.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(rebuilt)
}

fn one(
    mirror: &Mirror,
    ledger: &HeadLedger,
    catalog: &Catalog,
    rows: &Writer<'_>,
    rebuilt: &mut Rebuilt,
) -> Result<()> {
    let (checkpoint, _) = ledger.checkpoint()?;
    let mut head = LedgerHead::new(&ledger.name, ledger.visibility);
    let mut broken = false;
    let walked = mirror.each_segment(ledger, &mut |segment| {
        let vouched = segment.checkpoint.as_ref().map(|note| note.text.clone());
        let name = segment.name;
        append(&segment, catalog, rows, &mut head, rebuilt)?;
        let now = amana_ledger::Checkpoint {
            origin: checkpoint.origin.clone(),
            size: head.size(),
            root: head.frontier.root(),
        };
        // The first segment that is not what was signed at its end is the one that was changed.
        if vouched.is_some_and(|text| text != now.body()) && !std::mem::replace(&mut broken, true) {
            rebuilt.fault(
                format!("entries {} to {} of {}", name.from, name.until - 1, ledger.name),
                "one of them is not what was recorded: they don't have the root that was signed at their end",
            );
        }
        Ok(())
    });
    head.store(rows, ledger.ledger())?;
    walked?;
    if ledger.ledger() != LedgerId::NATIONAL {
        for lost in lost_bodies(rows, ledger.ledger(), 0..head.size())? {
            rebuilt.fault(
                format!("the body of entry {} of {}", lost.index(), ledger.name),
                "it is gone, and no act of its institution erased it",
            );
        }
    }
    if head.frontier.root() != checkpoint.root {
        rebuilt.fault(
            format!("ledger {}", ledger.name),
            "its entries don't have the root of its checkpoint in the mirror's head",
        );
    }
    Ok(())
}

fn append(
    segment: &Segment,
    catalog: &Catalog,
    rows: &Writer<'_>,
    head: &mut LedgerHead,
    rebuilt: &mut Rebuilt,
) -> Result<()> {
    for (index, data) in &segment.contents {
        if let Some(id) = crate::EntryId::new(segment.name.ledger, *index) {
            rows.execute(
                "INSERT INTO contents (id, data) VALUES ($1, $2)",
                &[id.into(), data.as_slice().into()],
            )?;
            rebuilt.contents += 1;
        }
    }
    for list in &segment.chunks {
        let digests: Vec<u8> = list
            .digests
            .iter()
            .flat_map(|digest| *digest.as_bytes())
            .collect();
        rows.execute(
            "INSERT INTO blob_chunks (blob, digests) VALUES ($1, $2) ON CONFLICT (blob) DO NOTHING",
            &[
                list.blob.as_bytes().as_slice().into(),
                digests.as_slice().into(),
            ],
        )?;
    }
    for entry in &segment.entries {
        let what = || format!("entry {} of {}", entry.id.index(), head.name);
        if entry.id.index() != head.size() {
            return Err(Error::Missing {
                what: format!("entry {} of {}", head.size(), head.name),
            });
        }
        if !entry.body_is_genuine() {
            rebuilt.fault(
                format!("the body of {}", what()),
                "its salted hash is not the one in the ledger",
            );
        }
        if let Err(error) = catalog.replay(entry, rows) {
            rebuilt.fault(what(), error);
        }
        head.append(rows, entry)?;
        rebuilt.entries += 1;
    }
    // What the mirror still holds though its last holder let go of it.
    content::settle(rows).map(drop)
}

/// Others' evidence: each line proves itself, and one whose witness the policy doesn't list is of no use here.
fn cosignatures(ledger: &HeadLedger, rows: &Writer<'_>, policy: &Policy) -> Result<()> {
    for (size, signature) in ledger.signatures()? {
        let mut keys = policy.witnesses().iter().map(|witness| &witness.key);
        let Some(witness) = keys.find(|key| signature.is_by(key)) else {
            continue;
        };
        rows.execute(
            "INSERT INTO cosignatures (ledger, size, witness, line) VALUES ($1, $2, $3, $4)
             ON CONFLICT (ledger, size, witness) DO NOTHING",
            &[
                LedgerId(ledger.id).0.into(),
                size.cast_signed().into(),
                witness.key_bytes().as_slice().into(),
                signature.to_string().as_str().into(),
            ],
        )?;
    }
    Ok(())
}
