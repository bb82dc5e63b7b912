//! Taking what publishers signed: judged here, before the queue; the commit only sees that nothing came between.

use std::collections::{BTreeMap, BTreeSet};

use amana_ledger::{Hash, Note, digits};

use super::{Deploy, Site, Sites};
use crate::acts::change::{DeploySite, ReplacePublishers, Signed};
use crate::{Error, Host, Manifest, Place, Publishers, Result, Says, Statement, views};

/// Files that an error names at most; all are counted.
const MAX_NAMED: usize = 1000;

/// A change that stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Changed {
    /// Its number.
    pub number: u64,
    /// Name of the act's receipt.
    pub receipt: String,
}

impl Site {
    /// Whether a change may have that number.
    ///
    /// # Errors
    /// [`Error::Number`].
    pub(crate) fn takes(&self, number: u64) -> Result<()> {
        let next = self.number.saturating_add(1);
        if number == next {
            return Ok(());
        }
        Err(Error::Number {
            host: self.place.host.to_string(),
            given: number,
            next,
        })
    }
}

impl Sites {
    /// Takes a statement of a site's publishers: a deploy, of which everything must be there, or new publishers, whose file comes
    /// along. From the commit on it holds. A statement that was taken before is answered as it was then.
    ///
    /// # Errors
    /// [`Error::UnknownSite`]; [`Error::Statement`], [`Error::OtherHost`], [`Error::OtherLedger`] for a statement that is no
    /// change of this site; [`Error::Number`] for an old one, or one too far ahead; [`Error::Stranger`], [`Error::TooFew`] and
    /// [`Error::Signed`] for its signatures; [`Error::NoManifest`], [`Error::Manifest`], [`Error::Lacking`] for what isn't there;
    /// [`Error::NoPublishers`]; [`Error::Leaving`] for a deploy; [`Error::Busy`] when another change came between; [`Error::Store`].
    pub async fn change(
        &self,
        host: &Host,
        note: &Note,
        publishers: Option<&Publishers>,
    ) -> Result<Changed> {
        let statement: Statement = note.text.parse()?;
        if statement.host != *host {
            return Err(Error::OtherHost {
                given: statement.host.to_string(),
                host: host.to_string(),
            });
        }
        let (asked, number) = (host.clone(), statement.number);
        let (site, before) = self
            .read(move |rows| {
                let site = views::found(rows, &asked)?;
                let before = views::deploy_at(rows, &site, number)?;
                Ok((site, before))
            })
            .await?;
        let origin = self.origin(&site.place);
        if statement.ledger != origin {
            return Err(Error::OtherLedger {
                given: statement.ledger,
                origin,
            });
        }
        if let Some(known) = before.filter(|known| says(known, &note.text)) {
            return Ok(Changed {
                number,
                receipt: known.receipt(),
            });
        }
        site.takes(number)?;
        let signed = judged(&site, note)?;
        let receipt = match &statement.says {
            Says::Deploy { manifest } => {
                let _kept = self.sweeping.read().await;
                self.complete(&site.place, manifest).await?;
                let act = DeploySite::new(signed, self.takes_in, &statement, manifest, note);
                self.told(self.store.commit(act).await)?
            }
            Says::Publishers { publishers: named } => {
                let given = publishers.filter(|given| given.digest() == *named);
                let given = given.ok_or(Error::NoPublishers {
                    sha256: digits(named),
                })?;
                let act = ReplacePublishers::new(signed, &statement, given, note);
                self.told(self.store.commit(act).await)?
            }
        };
        Ok(Changed { number, receipt })
    }

    /// Sees that a manifest is there, is the site's, and that every file of it is there in its length.
    ///
    /// The bytes of files are not read again: their digests were compared when they came, and are once more before any is
    /// served.
    async fn complete(&self, place: &Place, sha256: &Hash) -> Result<()> {
        let bytes = self.manifest(place, sha256).await?;
        let manifest = super::apart(move || Manifest::parse(&bytes)).await?;
        if *manifest.host() != place.host {
            return Err(Error::OtherHost {
                given: manifest.host().to_string(),
                host: place.host.to_string(),
            });
        }
        let files: BTreeMap<String, u64> = manifest
            .files()
            .values()
            .map(|file| (digits(&file.sha256), file.size))
            .collect();
        let names: BTreeSet<String> = files.keys().cloned().collect();
        let there = self.shelf.sizes(place, &names).await?;
        let lacking = files
            .iter()
            .filter(|(name, size)| there.get(*name) != Some(size));
        let all: Vec<&String> = lacking.map(|(name, _)| name).collect();
        if all.is_empty() {
            return Ok(());
        }
        Err(Error::Lacking {
            host: place.host.to_string(),
            count: all.len(),
            files: all.into_iter().take(MAX_NAMED).cloned().collect(),
        })
    }
}

/// Whether a deploy is what that statement asks for.
fn says(known: &Deploy, text: &str) -> bool {
    Note::parse(known.note.as_bytes()).is_ok_and(|note| note.text == text)
}

/// A note that enough publishers signed, in the name of the first of them.
fn judged(site: &Site, note: &Note) -> Result<Signed> {
    let publishers = Publishers::parse(site.publishers.as_bytes())?;
    let (signed, enough) = publishers.signed(note)?;
    let Some(by) = signed.first().map(|first| format!("publisher:{first}")) else {
        return Err(Error::Stranger {
            host: site.place.host.to_string(),
        });
    };
    if !enough {
        return Err(Error::TooFew {
            host: site.place.host.to_string(),
            signed,
            listed: publishers.all().len(),
        });
    }
    Ok(Signed {
        by,
        ledger: site.id,
        under: publishers.digest(),
    })
}
