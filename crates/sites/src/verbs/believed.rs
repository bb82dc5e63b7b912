//! What the ledger's own entries say of a site, by their signatures, whatever stands in the rows that are made of them: who edits a
//! row publishes nothing.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use amana_store::{LedgerId, LedgerInfo, entries};
use serde::Deserialize;

use super::Sites;
use crate::{Error, History, Host, Place, Recorded, Result};

/// The histories that were read, each as far as its ledger went then.
pub(super) type Histories = Mutex<HashMap<Place, Followed>>;

/// A history, and the entry after its last one.
pub(super) struct Followed {
    ledger: LedgerId,
    next: u64,
    history: History,
}

impl Sites {
    /// The site's history, as far as its publishers signed each change; with the entry at which that ends, if it doesn't reach the
    /// ledger's end. Blocking.
    ///
    /// # Errors
    /// [`Error::UnknownSite`] without a ledger, [`Error::Store`].
    pub fn history(&self, place: &Place) -> Result<(History, Option<Error>)> {
        self.store.read(|rows| {
            let ledger = LedgerInfo::named(rows, &place.ledger())?;
            let ledger = ledger.ok_or_else(|| Error::UnknownSite {
                host: place.host.to_string(),
            })?;
            let mut known = self
                .histories
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let followed = known.entry(place.clone()).or_insert_with(|| Followed {
                ledger: ledger.id,
                next: 0,
                history: History::new(self.origin(place), place.host.clone()),
            });
            let mut broken = None;
            let rest = followed.next..ledger.size;
            entries::each_entry(rows, followed.ledger, rest, |entry| {
                if broken.is_none() {
                    match taken(&mut followed.history, &entry) {
                        Ok(()) => followed.next = entry.id.index() + 1,
                        Err(error) => broken = Some(error),
                    }
                }
                Ok(())
            })?;
            Ok((followed.history.clone(), broken))
        })
    }

    /// The sites that stand by the entries of the ledgers, whatever the rows say: whoever deletes a row takes no site down. Blocking;
    /// reads the ledgers of sites whole.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn standing(&self) -> Result<Vec<Place>> {
        self.store.read(|rows| {
            let mut standing = Vec::new();
            for ledger in LedgerInfo::all(rows)? {
                let Some(Ok(institution)) = ledger.name.strip_suffix("/sites").map(str::parse)
                else {
                    continue;
                };
                let mut hosts = BTreeSet::new();
                entries::each_entry(rows, ledger.id, 0..ledger.size, |entry| {
                    // An entry that can't be read ends a history, which tells of it.
                    if let Ok(core) = entry.core()
                        && let Ok(named) = serde_json::from_str::<Named>(core.links.get())
                        && let Ok(host) = named.host.parse::<Host>()
                    {
                        match core.kind.as_ref() {
                            "site.add" => drop(hosts.insert(host)),
                            "site.remove" => drop(hosts.remove(&host)),
                            _ => {}
                        }
                    }
                    Ok(())
                })?;
                let place = |host| Place {
                    institution: Clone::clone(&institution),
                    host,
                };
                standing.extend(hosts.into_iter().map(place));
            }
            Ok(standing)
        })
    }
}

/// The site that an entry is about.
#[derive(Deserialize)]
struct Named {
    host: String,
}

fn taken(history: &mut History, entry: &entries::Entry) -> Result<()> {
    let index = entry.id.index();
    let wrong = |why: &str| Error::History {
        index,
        why: why.to_owned(),
    };
    if !entry.body_is_genuine() {
        return Err(wrong("its body isn't the one that was recorded"));
    }
    let core = entry.core()?;
    let body = entry
        .body
        .as_ref()
        .map(|(_, body)| std::str::from_utf8(body));
    history.take(&Recorded {
        index,
        kind: &core.kind,
        links: core.links.get(),
        body: body.transpose().map_err(|_| wrong("its body isn't text"))?,
    })
}
