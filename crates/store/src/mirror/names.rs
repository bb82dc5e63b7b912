//! The names of a mirror's streams. None of them says more than numbers, sizes and times do.

use std::fmt;
use std::str::FromStr;

use crate::{BlobId, LedgerId};

/// Marks a place as a mirror, and says of which version: in clear, so that whoever finds the place knows what it is.
pub(super) const MARK: &str = "amana-mirror";
/// The state of the mirror.
pub(super) const HEAD: &str = "head";
/// The trust policy, as it stands in the data folder.
pub(super) const POLICY: &str = "policy";
/// The configuration, as it stands in the data folder.
pub(super) const CONFIG: &str = "amana.toml";
/// Secrets, sealed under the operator's seed.
pub(super) const SECRETS: &str = "secrets";
/// Before every segment.
pub(super) const LEDGERS: &str = "ledgers/";
/// Before every blob.
pub(super) const BLOBS: &str = "blobs/";
/// Before every day's list of what was freed.
pub(super) const FREED: &str = "freed/";
/// After the name of what is an age file of the mirror's own.
pub(super) const AGE: &str = ".age";

/// A segment's place in its ledger: `ledgers/<ledger>/<from>-<until>`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SegmentName {
    /// The ledger.
    pub ledger: LedgerId,
    /// Its first entry.
    pub from: u64,
    /// One past its last entry.
    pub until: u64,
}

impl fmt::Display for SegmentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            ledger,
            from,
            until,
        } = self;
        write!(f, "{LEDGERS}{}/{from}-{until}", ledger.0)
    }
}

impl FromStr for SegmentName {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        let (ledger, range) = name
            .strip_prefix(LEDGERS)
            .and_then(|rest| rest.split_once('/'))
            .ok_or(())?;
        let (from, until) = range.split_once('-').ok_or(())?;
        let parsed = Self {
            ledger: LedgerId(ledger.parse().map_err(|_| ())?),
            from: from.parse().map_err(|_| ())?,
            until: until.parse().map_err(|_| ())?,
        };
        // One spelling, and never empty.
        (parsed.to_string() == name && parsed.from < parsed.until)
            .then_some(parsed)
            .ok_or(())
    }
}

/// The name of a blob, which is the one that it has in the data folder: `blobs/<2 hex>/<32 hex>`.
#[must_use]
pub fn blob_name(blob: BlobId) -> String {
    let id = blob.to_string();
    format!("{BLOBS}{}/{id}", &id[..2])
}

/// The blob of that name, as it stands or as an age file.
pub(super) fn parse_blob(name: &str) -> Option<BlobId> {
    let plain = name.strip_suffix(AGE).unwrap_or(name);
    let id = plain.strip_prefix(BLOBS)?.split_once('/')?.1.parse().ok()?;
    (blob_name(id) == plain).then_some(id)
}
