//! A mirror against its own ledgers, and against the data folder: neither is taken on its word.
//!
//! The rows are made again from the mirror, in a folder that is thrown away, and then everything is asked of them that is
//! asked of a data folder. The operator's signatures count only under the keys that the trust policy leads to.

use std::collections::{HashMap, HashSet};
use std::io::Read as _;
use std::path::Path;

use amana_ledger::{Checkpoint, Hash, Policy, RegistryRow, VerifierKey, root_at};
use sha2::{Digest as _, Sha256};

use super::{Audit, EachContent, Found, Holding, Report};
use crate::blobs::CHUNK_BYTES;
use crate::content::{read_chunks, read_inline};
use crate::keys::Keys;
use crate::mirror::{Freed, HeadLedger, Mirror, rebuild};
use crate::national::policy::TrustPolicy;
use crate::national::row_at;
use crate::rows::{Connection, Isolation};
use crate::sqlite::{self, Use};
use crate::store::Shared;
use crate::{
    BlobId, Blobs, Catalog, Database, EntryId, Error, LedgerId, LedgerInfo, Options, Reader,
    Result, Source, Tiles,
};

/// What a mirror is held against.
pub struct Against<'a> {
    /// The trust policy's text, from somebody whom one trusts.
    pub policy: &'a str,
    /// The operator's seed, if it is at hand: it proves slots, and heads that no epoch has committed to yet.
    pub keys: Option<Keys>,
    /// The data folder, if it is at hand: both must be one history.
    pub folder: Option<&'a Path>,
    /// What keeps its rows, if not the embedded engine.
    pub database: Option<&'a Database>,
}

/// Checks a mirror. `scratch` is an empty folder, for rows that are made again.
///
/// # Errors
/// Only when nothing can be looked at: a place that doesn't answer, a policy that is none.
pub fn check_mirror(
    mirror: &Mirror,
    against: Against<'_>,
    scratch: &Path,
    catalog: &Catalog,
    each_content: EachContent<'_>,
) -> Result<Report> {
    let mut report = Report::default();
    let policy = Policy::parse(against.policy.as_bytes())?;
    let database = scratch.join("amana.db");
    for (what, why) in rebuild(mirror, &database, catalog, &policy)?.faults {
        report.fault("mirror", what, why);
    }
    let centre = &mirror.head().centre;
    let proves_slots = against.keys.is_some();
    let keys = match against.keys {
        Some(keys) => keys,
        None => Keys::blank(centre)?,
    };
    let blobs = Blobs::at(scratch.join("blobs"));
    let options = Options::new(centre);
    let shared = Shared::new(scratch, catalog.clone(), options, keys, blobs);
    let text = against.policy.to_owned();
    shared.trust(TrustPolicy { text, policy });
    let connection = sqlite::connect(&database, Use::Read)?;
    let rows = Reader::embedded(&connection);
    let ledgers = LedgerInfo::all(&rows)?;
    let mut audit = Audit {
        shared: &shared,
        rows: &rows,
        report: &mut report,
        names: ledgers
            .iter()
            .map(|info| (info.id, info.name.clone()))
            .collect(),
        proves_slots,
    };
    audit.ids(&ledgers);
    let outside = super::Outside::default();
    for info in &ledgers {
        let walked = audit
            .registered(info)
            .and_then(|()| audit.ledger(info, &outside));
        if let Err(error) = walked {
            audit
                .report
                .failed(&format!("ledger {}", info.name), &error);
        }
    }
    if let Err(error) = audit.epochs(&ledgers) {
        audit.report.failed("the national log", &error);
    }
    for ledger in &mirror.head().ledgers {
        audit.signed(ledger)?;
    }
    if proves_slots && let Err(error) = audit.secrets() {
        audit.report.failed("the secrets", &error);
    }
    audit.copies(mirror, each_content)?;
    if let Some(folder) = against.folder {
        audit.one_history(folder, against.database, &ledgers)?;
    }
    Ok(report)
}

impl Audit<'_> {
    /// A ledger's checkpoint in the head, under the key that the policy leads to: the national log's own, or the one in
    /// the registry row that an epoch committed to.
    fn signed(&mut self, ledger: &HeadLedger) -> Result<()> {
        let what = format!("the checkpoint of {} in the mirror's head", ledger.name);
        let (_, note) = ledger.checkpoint()?;
        let judged = match self.key_of(ledger)? {
            None => Err(
                "no epoch has committed to this ledger yet: mirror again, or give the operator's seed".to_owned(),
            ),
            Some(key) => Checkpoint::of_note(&note, &key)
                .map(drop)
                .map_err(|error| error.to_string()),
        };
        if let Err(why) = judged {
            self.report.fault("mirror", what, why);
        }
        Ok(())
    }

    fn key_of(&self, ledger: &HeadLedger) -> Result<Option<VerifierKey>> {
        if ledger.ledger() == LedgerId::NATIONAL {
            let origin = self.shared.keys.national_origin();
            let trust = self.shared.trusted();
            let mut logs = trust.policy.logs().iter();
            return Ok(logs
                .find(|log| log.key.name() == origin)
                .map(|log| log.key.clone()));
        }
        if let Some(text) = row_at(self.rows, ledger.ledger(), u64::MAX)? {
            let row: RegistryRow = text.parse()?;
            return Ok((row.name == ledger.name).then_some(row.log));
        }
        let derived = || self.shared.keys.ledger_key(&ledger.name).verifier();
        Ok(self.proves_slots.then(derived))
    }

    /// Everything that an object holds, read from the mirror.
    fn copies(&mut self, mirror: &Mirror, each_content: EachContent<'_>) -> Result<()> {
        let mut seen = HashSet::new();
        let rows = self.rows;
        let visited = each_content(rows, &mut |found| {
            let holding = match found {
                Found::Fault(fault) => {
                    self.report.add(fault);
                    return Ok(());
                }
                Found::Content(holding) => holding,
            };
            self.report.contents += 1;
            let place = match holding.wanted.source {
                Source::Blob(_) => LedgerId(0),
                Source::Entry(_) => holding.wanted.ledger(),
            };
            if !seen.insert((place, holding.wanted.source)) {
                return Ok(());
            }
            match copy(rows, mirror, &holding) {
                Ok(bytes) => self.report.content_bytes += bytes,
                Err(error @ Error::Place { .. }) => return Err(error),
                Err(error) => {
                    let name = self.name_of(holding.wanted.ledger(), holding.wanted.source);
                    let what = format!("{} ({name}) in the mirror", holding.object);
                    self.report.fault("mirror", what, error.to_string());
                }
            }
            Ok(())
        });
        match visited {
            Err(error @ Error::Place { .. }) => Err(error),
            Err(error) => {
                self.report.failed("the contents", &error);
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// The shorter of the two is a beginning of the longer one; and the folder isn't the shorter one.
    fn one_history(
        &mut self,
        folder: &Path,
        database: Option<&Database>,
        mirrored: &[LedgerInfo],
    ) -> Result<()> {
        let connection = Connection::open(folder, database, Use::Read)?;
        connection.begin(Isolation::Snapshot)?;
        let local = connection.reader();
        let ours: HashMap<String, LedgerInfo> = LedgerInfo::all(&local)?
            .into_iter()
            .map(|info| (info.name.clone(), info))
            .collect();
        for theirs in mirrored {
            let what = format!("ledger {}", theirs.name);
            let Some(ours) = ours.get(&theirs.name).filter(|ours| ours.id == theirs.id) else {
                let why = "the mirror has it, and the data folder has no such ledger";
                self.report.fault("behind", what, why);
                continue;
            };
            if ours.size < theirs.size {
                let why = format!(
                    "the data folder has {} entries, and the mirror {}",
                    ours.size, theirs.size
                );
                self.report.fault("behind", what.clone(), why);
            }
            let size = ours.size.min(theirs.size);
            if root(&local, ours, size)? != root(self.rows, theirs, size)? {
                let why = format!(
                    "its first {size} entries in the data folder are not those in the mirror: one of the two was changed"
                );
                self.report.fault("fork", what, why);
            }
        }
        Ok(())
    }
}

fn root(rows: &Reader<'_>, info: &LedgerInfo, size: u64) -> Result<Hash> {
    let mut tiles = Tiles::new(rows, info.id);
    root_at(size, &mut |node| tiles.node(node))
}

/// Reads a piece of content from the mirror and holds it against its digests; says how many bytes it has.
fn copy(rows: &Reader<'_>, mirror: &Mirror, holding: &Holding) -> Result<u64> {
    let wanted = &holding.wanted;
    let blob = match wanted.source {
        Source::Entry(index) => {
            let id = EntryId::new(wanted.ledger(), index);
            let id = id.ok_or(Error::TooLarge {
                what: "an entry's index",
                max: 1 << 40,
            })?;
            return Ok(read_inline(rows, id, &wanted.sha256)?.len() as u64);
        }
        Source::Blob(blob) => blob,
    };
    let root = wanted.chunks_root.ok_or_else(|| Error::Damaged {
        what: format!("blob {blob}"),
        why: "the ledger holds no digest of it".into(),
    })?;
    let freed = mirror.head().freed.contains(&Freed::Blob(blob));
    let chunks = match read_chunks(rows, blob, &root) {
        Err(Error::Missing { .. }) if freed => return Ok(0),
        chunks => chunks?,
    };
    match whole(mirror, blob, wanted.size_bytes, &chunks) {
        Err(Error::Missing { .. }) if freed => Ok(0),
        read => read,
    }
}

fn whole(mirror: &Mirror, blob: BlobId, size_bytes: u64, chunks: &[Hash]) -> Result<u64> {
    let damaged = |why: String| Error::Damaged {
        what: format!("blob {blob}"),
        why,
    };
    let mut stream = mirror.blob(blob)?.ok_or_else(|| Error::Missing {
        what: format!("blob {blob}"),
    })?;
    let mut read_bytes = 0;
    for digest in chunks {
        let mut chunk = Vec::with_capacity(CHUNK_BYTES);
        let read = (&mut stream)
            .take(CHUNK_BYTES as u64)
            .read_to_end(&mut chunk);
        read.map_err(|error| damaged(error.to_string()))?;
        if <[u8; 32]>::from(Sha256::digest(&chunk)) != *digest.as_bytes() {
            return Err(damaged(format!(
                "bytes {read_bytes} to {} don't have the digest that the ledger commits to",
                read_bytes + chunk.len() as u64
            )));
        }
        read_bytes += chunk.len() as u64;
    }
    let more = stream
        .read(&mut [0])
        .map_err(|error| damaged(error.to_string()))?;
    if read_bytes != size_bytes || more != 0 {
        return Err(damaged(format!(
            "its length is not the {size_bytes} bytes that the ledger says"
        )));
    }
    Ok(read_bytes)
}
