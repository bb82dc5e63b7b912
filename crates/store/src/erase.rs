//! Erasing a body: the act that its institution signs, and after which the core, its receipts, and replay all stand.

use amana_ledger::NO_BODY;
use serde::{Deserialize, Serialize};

use crate::act::{Denied, Target};
use crate::entries::entry;
use crate::{Act, At, Catalog, EntryId, LedgerId, Reader, Result, View, Writer};

pub(crate) const VIEW: View = View {
    table: "erasures",
    columns: "entry BIGINT NOT NULL, by_entry BIGINT NOT NULL, PRIMARY KEY (entry)",
    key: "entry",
    clustered: true,
    indexes: &[],
};

/// Most entries that are named at a time.
const MAX_NAMED: i64 = 100;

/// Entries of a ledger, among these, whose body is gone though no act erased it: the first hundred. A body that is left
/// out doesn't change its leaf, so that no root tells.
pub(crate) fn lost_bodies(
    rows: &Reader<'_>,
    ledger: LedgerId,
    range: std::ops::Range<u64>,
) -> Result<Vec<EntryId>> {
    let (Some(from), Some(last)) = (
        EntryId::new(ledger, range.start),
        EntryId::new(ledger, range.end.max(1) - 1),
    ) else {
        return Ok(Vec::new());
    };
    rows.all(
        "SELECT id FROM entries WHERE id >= $1 AND id <= $2 AND body IS NULL AND body_hash <> $3
         AND id NOT IN (SELECT entry FROM erasures) ORDER BY id LIMIT $4",
        &[
            from.into(),
            last.into(),
            NO_BODY.as_bytes().as_slice().into(),
            MAX_NAMED.into(),
        ],
        |row| Ok(EntryId::from_i64(row.int(0)?)),
    )
}

/// Erases the body of one entry.
pub struct Erase {
    actor: String,
    entry: EntryId,
    links: EraseLinks,
    body: EraseBody,
    catalog: Catalog,
}

/// Which entry.
#[derive(Serialize, Deserialize)]
pub struct EraseLinks {
    /// Index in the same ledger.
    erases: u64,
}

/// Who allowed it.
#[derive(Serialize, Deserialize)]
pub struct EraseBody {
    /// The signed request, verbatim: see [`request_text`].
    request: String,
    /// Why, in a person's words.
    reason: String,
}

/// Why a body is not erased.
#[derive(Debug, thiserror::Error)]
pub enum EraseRefusal {
    /// There is no such entry, or it has no body any more.
    #[error("entry {0} has no body to erase")]
    NoBody(u64),
    /// What it says is still in force.
    #[error("entry {0} is still in force; delete what it made first")]
    InForce(u64),
}

/// What an official signs, as a note: `amana/erase/v1`, the ledger's origin, the index, the body's hash.
#[must_use]
pub fn request_text(origin: &str, index: u64, body_hash: &amana_ledger::Hash) -> String {
    format!("amana/erase/v1\n{origin}\n{index}\n{body_hash}\n")
}

impl Erase {
    /// `request` is the signed note; its signature was verified by whoever knows the institution's officials.
    #[must_use]
    pub fn new(catalog: Catalog, actor: &str, entry: EntryId, request: &str, reason: &str) -> Self {
        Self {
            actor: actor.to_owned(),
            entry,
            links: EraseLinks {
                erases: entry.index(),
            },
            body: EraseBody {
                request: request.to_owned(),
                reason: reason.to_owned(),
            },
            catalog,
        }
    }
}

impl Act for Erase {
    const KIND: &'static str = "body.erase";
    type Links = EraseLinks;
    type Body = EraseBody;
    type Output = ();
    type Refusal = EraseRefusal;

    fn actor(&self) -> &str {
        &self.actor
    }

    fn target(&self) -> Target {
        Target::Ledger(self.entry.ledger())
    }

    fn check(&mut self, views: &Reader<'_>, _: i64) -> Result<(), Denied<EraseRefusal>> {
        let index = self.entry.index();
        let Some(found) = entry(views, self.entry)?.filter(|found| found.body.is_some()) else {
            return Err(Denied::Refused(EraseRefusal::NoBody(index)));
        };
        if !self.catalog.is_erasable(views, &found)? {
            return Err(Denied::Refused(EraseRefusal::InForce(index)));
        }
        Ok(())
    }

    fn links(&self) -> &EraseLinks {
        &self.links
    }

    fn body(&self) -> Option<&EraseBody> {
        Some(&self.body)
    }

    fn erases(&self) -> Option<EntryId> {
        Some(self.entry)
    }

    fn frees(&self) -> bool {
        true
    }

    fn apply(links: &EraseLinks, _: Option<&EraseBody>, rows: &Writer<'_>, at: &At) -> Result<()> {
        if let Some(erased) = EntryId::new(at.entry.ledger(), links.erases) {
            rows.execute(
                "INSERT INTO erasures (entry, by_entry) VALUES ($1, $2) ON CONFLICT (entry) DO NOTHING",
                &[erased.into(), at.entry.into()],
            )?;
        }
        Ok(())
    }
}
