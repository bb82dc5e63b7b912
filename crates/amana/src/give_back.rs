//! Giving back what a restored data centre has lost: from a mirror, or from a segment of one, to whoever serves the folder.

use std::path::Path;
use std::sync::Arc;

use amana_store::mirror::{FolderPlace, Mirror, Segment, SegmentName};
use amana_store::national::NATIONAL;
use amana_store::national::give_back::{GivenBack, TakenBack};
use amana_store::{Error, LedgerId, LedgerInfo, Result, Store};

/// Entries that are handed over at once, about: then the next checkpoint ends them.
const MAX_ENTRIES: usize = 65_536;

/// What came back, ledger by ledger.
#[derive(Default, serde::Serialize)]
pub(crate) struct Given {
    /// Entries taken back, by ledger.
    pub(crate) ledgers: Vec<(String, TakenBack)>,
    /// What could not be taken back, and why.
    pub(crate) left_out: Vec<String>,
    /// Why the data centre is read-only still, if so.
    pub(crate) read_only: Option<String>,
}

/// Gives back all that a mirror's folder, or one segment of it, holds beyond what is there. The national log comes first:
/// its rows say which ledgers there are.
///
/// # Errors
/// When the place can't be read.
pub(crate) async fn from_path(store: &Arc<Store>, path: &Path) -> Result<Given> {
    let mut given = Given::default();
    if path.is_file() {
        let (ledger, one) = segment_file(store, path)?;
        take(store, &ledger, one, &mut given).await;
    } else {
        let place = Arc::new(FolderPlace::open(path)?);
        let mirror = Mirror::open(place, Some(store.keys().mirror_key()))?;
        for at in 0..mirror.head().ledgers.len() {
            let name = mirror.head().ledgers[at].name.clone();
            for part in missing_of(store, &mirror, at)? {
                take(store, &name, part, &mut given).await;
            }
        }
    }
    given.read_only = store.read_only();
    Ok(given)
}

async fn take(store: &Store, name: &str, part: GivenBack, given: &mut Given) {
    match store.take_back(part).await {
        Ok(taken) => given.ledgers.push((name.to_owned(), taken)),
        Err(error) => given.left_out.push(format!("{name}: {error}")),
    }
}

/// What a mirror has of a ledger beyond our end, in parts that each end at a signed checkpoint.
fn missing_of(store: &Store, mirror: &Mirror, at: usize) -> Result<Vec<GivenBack>> {
    let ledger = &mirror.head().ledgers[at];
    let (checkpoint, note) = ledger.checkpoint()?;
    let ours = store.read(|rows| LedgerInfo::named(rows, &ledger.name))?;
    let ours = ours.map_or(0, |info| info.size);
    let mut parts = Vec::new();
    let (mut waiting, mut entries) = (Vec::new(), 0);
    if checkpoint.size <= ours {
        return Ok(parts);
    }
    mirror.each_segment(ledger, &mut |segment: Segment| {
        if segment.name.until <= ours {
            return Ok(());
        }
        entries += segment.entries.len();
        let whole = segment.checkpoint.is_some() && entries >= MAX_ENTRIES;
        waiting.push(segment);
        if whole {
            let part = std::mem::take(&mut waiting);
            parts.push(GivenBack::of_segments(&ledger.name, part, None)?);
            entries = 0;
        }
        Ok(())
    })?;
    if !waiting.is_empty() {
        parts.push(GivenBack::of_segments(&ledger.name, waiting, Some(note))?);
    }
    Ok(parts)
}

/// A segment in a file, whose own name and folder say what it is: `…/ledgers/<ledger>/<from>-<until>`.
fn segment_file(store: &Store, path: &Path) -> Result<(String, GivenBack)> {
    let part = |path: &Path| {
        path.file_name()
            .map(|name| name.to_string_lossy().into_owned())
    };
    let folder = path.parent().and_then(part).unwrap_or_default();
    let name = format!("ledgers/{folder}/{}", part(path).unwrap_or_default());
    let wrong = |why: String| Error::Folder {
        path: path.to_owned(),
        why,
    };
    let name: SegmentName = name.parse().map_err(|()| {
        wrong("it is not named ledgers/<ledger>/<from>-<until>, as in a mirror".into())
    })?;
    let bytes = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
    of_segment(store, name, &bytes)
}

/// A segment as it was handed in.
///
/// # Errors
/// [`Error::Damaged`], or a ledger that isn't known.
pub(crate) fn of_segment(
    store: &Store,
    name: SegmentName,
    bytes: &[u8],
) -> Result<(String, GivenBack)> {
    let segment = Segment::decode(name, bytes)?;
    let ledger = match name.ledger {
        LedgerId::NATIONAL => NATIONAL.to_owned(),
        id => store
            .read(|rows| LedgerInfo::by_id(rows, id))?
            .map(|info| info.name)
            .ok_or_else(|| Error::Missing {
                what: format!("ledger {}", id.0),
            })?,
    };
    let given = GivenBack::of_segments(&ledger, vec![segment], None)?;
    Ok((ledger, given))
}
