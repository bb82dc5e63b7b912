//! Whether a site is what its institution signed: the public ledger is read and verified, the site is visited, and each answer
//! compared with the manifest. Nothing that the data centre says of itself is believed.

pub(crate) mod compare;
pub(crate) mod published;
pub(crate) mod visit;
pub(crate) mod visitor;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use amana_sites::{Address, Answer, Manifest};
use amana_tls::Connector;
use anyhow::Result;
use futures::future::try_join_all;
use serde::Serialize;

use visit::{FACES, Face, Kept, Visit};
use visitor::{Visitor, offering_h2};

/// Visits that are told; a site that is wholly another one need not be listed file by file.
pub(crate) const MAX_TOLD: usize = 1000;
/// Visits that are under way together, each on a connection of its own.
const LINES: usize = 8;

/// What a look around a site found.
pub(crate) struct Looked {
    /// Requests that were answered.
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

/// What there is to visit.
pub(crate) struct Plan {
    /// The visits, the site's first page first.
    pub(crate) visits: Vec<Visit>,
    /// Addresses that aren't visited, since an application answers them.
    pub(crate) dynamic: u64,
}

/// Every address of the manifest, or every `nth`, at each machine that its name leads to: pages as each kind of visitor, since a defaced
/// one often shows itself to some only, and other files as one of them in turn.
///
/// # Errors
/// When the name leads nowhere.
pub(crate) async fn plan(connector: &Connector, manifest: &Manifest, nth: usize) -> Result<Plan> {
    let machines = connector.addresses().await?;
    let (dynamic, addresses): (Vec<_>, Vec<_>) = addresses(manifest)
        .into_iter()
        .partition(|address| manifest.is_dynamic(address));
    let mut visits = Vec::new();
    for (place, address) in addresses.into_iter().step_by(nth).enumerate() {
        let faces: &[Face] = match is_page(&manifest.answer(&address)) {
            true => &FACES,
            false => std::slice::from_ref(&FACES[place % FACES.len()]),
        };
        visits.extend(machines.iter().flat_map(|at| {
            faces.iter().map(|face| Visit {
                address: address.clone(),
                face,
                at: *at,
            })
        }));
    }
    Ok(Plan {
        visits,
        dynamic: dynamic.len() as u64,
    })
}

/// Makes the visits, several at a time, and compares each answer with the manifest. Of the first `kept` that differ, what came is kept.
///
/// # Errors
/// When the site doesn't answer one of them.
pub(crate) async fn look(
    connector: &Connector,
    manifest: &Manifest,
    visits: &[Visit],
    kept: usize,
    told: &(dyn Fn(u64) + Sync),
) -> Result<Looked> {
    let newer = offering_h2(connector)?;
    let (next, asked) = (AtomicUsize::new(0), AtomicU64::new(0));
    let lines = (0..LINES.min(visits.len())).map(|_| async {
        let mut visitor = Visitor::new(connector.clone(), newer.clone());
        let mut found = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(visit) = visits.get(place) else {
                return anyhow::Ok(found);
            };
            let expected = manifest.answer(&visit.address);
            let answered = visitor.ask(visit, compare::most_bytes(&expected)).await?;
            told(asked.fetch_add(1, Ordering::Relaxed) + 1);
            let what = compare::differences(manifest, &visit.address, &expected, &answered);
            if !what.is_empty() && found.len() < MAX_TOLD {
                let kept = (found.len() < kept).then(|| answered.kept(visit));
                let visit = visit.clone();
                found.push((place, Found { visit, what, kept }));
            }
        }
    });
    let mut found: Vec<_> = try_join_all(lines).await?.into_iter().flatten().collect();
    found.sort_by_key(|(place, _)| *place);
    found.truncate(MAX_TOLD);
    Ok(Looked {
        asked: asked.into_inner(),
        found: found.into_iter().map(|(_, found)| found).collect(),
    })
}

fn is_page(answer: &Answer<'_>) -> bool {
    matches!(answer, Answer::File { file, .. } if file.media_type.starts_with("text/html"))
}

/// The files, the folders that they are the pages of, where exact rules begin, and something that isn't there.
fn addresses(manifest: &Manifest) -> BTreeSet<Address> {
    let files = manifest.files().keys();
    let folders = files.clone().filter_map(|file| {
        file.strip_suffix("index.html")
            .filter(|folder| folder.ends_with('/'))
    });
    let rules = manifest
        .redirects()
        .map(|rule| rule.from.as_str())
        .filter(|from| !from.contains([':', '*']));
    let absent = [
        "/amana-looks-for-what-is-not-there",
        "/wp-login.php",
        "/.env",
    ];
    files
        .map(String::as_str)
        .chain(folders)
        .chain(rules)
        .chain(absent)
        .filter_map(|address| Address::parse(address).ok())
        .collect()
}
