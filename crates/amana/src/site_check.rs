//! Whether a site is what its institution signed: the public ledger is read and verified, the site is visited, and each answer
//! compared with the manifest. Nothing that the data centre says of itself is believed.

pub(crate) mod compare;
pub(crate) mod plan;
pub(crate) mod published;
pub(crate) mod visit;
pub(crate) mod visitor;

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use amana_sites::Manifest;
use amana_tls::Connector;
use anyhow::Result;
use futures::future::try_join_all;
use serde::Serialize;

use visit::{Kept, Visit};
use visitor::{Visitor, offering_h2};

/// Once so many visits have no answer, and none has one, nobody is there.
const ENOUGH_SILENCE: u64 = 3;
/// Visits that are under way together, each on a connection of its own.
const LINES: usize = 8;

/// What a look around a site found.
pub(crate) struct Looked {
    /// Requests that were made.
    pub(crate) asked: u64,
    /// What wasn't as signed, in the order of the visits.
    pub(crate) found: Vec<Found>,
}

/// A visit whose answer isn't what was signed.
pub(crate) struct Found {
    /// The visit.
    pub(crate) visit: Visit,
    /// What differs, and how.
    pub(crate) what: Vec<String>,
    /// What was asked and what came, if it was to be kept.
    pub(crate) kept: Option<Kept>,
}

/// Something that isn't as signed.
#[derive(Serialize)]
pub(crate) struct Difference {
    address: String,
    seen_as: &'static str,
    /// The machine that answered.
    at: String,
    what: String,
}

impl Looked {
    /// One by one, for programs.
    pub(crate) fn differences(&self) -> Vec<Difference> {
        let each = |found: &Found| {
            let Visit { address, face, at } = &found.visit;
            let difference = |what: &String| Difference {
                address: address.to_string(),
                seen_as: face.name,
                at: at.to_string(),
                what: what.clone(),
            };
            found.what.iter().map(difference).collect::<Vec<_>>()
        };
        self.found.iter().flat_map(each).collect()
    }
}

/// Makes the visits, several at a time, and compares each answer with the manifest. Of the first `kept` that differ, what came is kept.
/// A visit that isn't answered differs.
///
/// # Errors
/// When the site answers none of the first ones.
pub(crate) async fn look(
    connector: &Connector,
    manifest: &Manifest,
    visits: &[Visit],
    kept: usize,
    told: &(dyn Fn(u64) + Sync),
) -> Result<Looked> {
    let newer = offering_h2(connector)?;
    let base = connector.place().to_string();
    let next = AtomicUsize::new(0);
    let (answered, unanswered) = (AtomicU64::new(0), AtomicU64::new(0));
    let lines = (0..LINES.min(visits.len())).map(|_| async {
        let mut visitor = Visitor::new(connector.clone(), newer.clone());
        let mut found = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(visit) = visits.get(place) else {
                return anyhow::Ok(found);
            };
            let expected = manifest.answer(&visit.address);
            let came = visitor.ask(visit, compare::most_bytes(&expected)).await;
            let (what, kept) = match came {
                Ok(came) => {
                    told(answered.fetch_add(1, Ordering::Relaxed) + 1);
                    let what = compare::differences(manifest, &base, visit, &expected, &came);
                    let kept = !what.is_empty() && found.len() < kept;
                    (what, kept.then(|| came.kept(visit)))
                }
                Err(error) => {
                    let silent = unanswered.fetch_add(1, Ordering::Relaxed) + 1;
                    if answered.load(Ordering::Relaxed) == 0 && silent >= ENOUGH_SILENCE {
                        return Err(error);
                    }
                    (vec![format!("{error:#}")], None)
                }
            };
            if !what.is_empty() {
                let visit = visit.clone();
                found.push((place, Found { visit, what, kept }));
            }
        }
    });
    let mut found: Vec<_> = try_join_all(lines).await?.into_iter().flatten().collect();
    found.sort_by_key(|(place, _)| *place);
    Ok(Looked {
        asked: answered.into_inner() + unanswered.into_inner(),
        found: found.into_iter().map(|(_, found)| found).collect(),
    })
}
