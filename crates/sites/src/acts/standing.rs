//! Sites that come and go: the operator's acts, in the institution's public ledger.

use amana_ledger::digits;
use amana_store::{Act, At, LedgerId, LedgerInfo, Reader, Target, Visibility, Writer};
use serde::{Deserialize, Serialize};

use super::{Applied, Checked, may_bring, refuse};
use crate::{Error, Host, Publishers, TakesIn, views};

/// `site.add`: a name is an institution's to publish under, and these sign for it. The first one opens the ledger.
///
/// A site that was removed and comes back goes on with its numbers, so that no statement of before holds again.
pub(crate) struct AddSite {
    pub(crate) by: String,
    /// The ledger, once it is there.
    pub(crate) ledger: Option<LedgerId>,
    /// Its name.
    pub(crate) name: String,
    pub(crate) takes_in: TakesIn,
    pub(crate) links: AddedLinks,
    pub(crate) body: PublishersBody,
}

/// The names are links: they stand in the names of the ledger and of the site, which are in every receipt and every address.
#[derive(Serialize, Deserialize)]
pub(crate) struct AddedLinks {
    pub(crate) institution: String,
    pub(crate) host: String,
    /// SHA-256 of the file.
    pub(crate) publishers: String,
}

/// Who signs.
#[derive(Serialize, Deserialize)]
pub(crate) struct PublishersBody {
    /// The file, as it was given.
    pub(crate) publishers: String,
}

impl AddSite {
    pub(crate) fn new(
        by: &str,
        ledger: Option<LedgerId>,
        name: String,
        institution: &str,
        host: &Host,
        publishers: &Publishers,
    ) -> Self {
        Self {
            by: by.to_owned(),
            ledger,
            name,
            takes_in: |_, _| Ok(true),
            links: AddedLinks {
                institution: institution.to_owned(),
                host: host.to_string(),
                publishers: digits(&publishers.digest()),
            },
            body: PublishersBody {
                publishers: publishers.text().to_owned(),
            },
        }
    }
}

impl Act for AddSite {
    const KIND: &'static str = "site.add";
    type Links = AddedLinks;
    type Body = PublishersBody;
    type Output = ();
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        match self.ledger {
            Some(ledger) => Target::Ledger(ledger),
            None => Target::Open {
                name: self.name.clone(),
                visibility: Visibility::Public,
            },
        }
    }

    fn check(&mut self, views: &Reader<'_>, _now_ms: i64) -> Checked {
        may_bring(views, self.takes_in, &self.links.institution).map_err(refuse)?;
        // Two first sites at once: the second one asks again, and finds the ledger.
        if self.ledger.is_none() && LedgerInfo::named(views, &self.name)?.is_some() {
            return Err(refuse(Error::Busy));
        }
        match views::standing(views, &self.links.host)? {
            Some(_) => Err(refuse(Error::SiteExists {
                host: self.links.host.clone(),
            })),
            None => Ok(()),
        }
    }

    fn links(&self) -> &AddedLinks {
        &self.links
    }

    fn body(&self) -> Option<&PublishersBody> {
        Some(&self.body)
    }

    fn apply(
        links: &AddedLinks,
        body: Option<&PublishersBody>,
        rows: &Writer<'_>,
        at: &At,
    ) -> Applied {
        let publishers = body.map(|body| body.publishers.as_str());
        views::add(rows, links, publishers, at)
    }

    /// No two institutions have one name.
    fn looks_beyond(&self) -> bool {
        true
    }
}

/// `site.remove`: nothing is published under the name any more.
pub(crate) struct RemoveSite {
    pub(crate) by: String,
    pub(crate) ledger: LedgerId,
    pub(crate) links: RemovedLinks,
    pub(crate) body: Option<ReasonBody>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct RemovedLinks {
    pub(crate) host: String,
}

/// Why, in a person's words.
#[derive(Serialize, Deserialize)]
pub(crate) struct ReasonBody {
    pub(crate) reason: String,
}

impl Act for RemoveSite {
    const KIND: &'static str = "site.remove";
    type Links = RemovedLinks;
    type Body = ReasonBody;
    type Output = ();
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(&mut self, views: &Reader<'_>, _now_ms: i64) -> Checked {
        views::of_ledger(views, self.ledger, &self.links.host).map_err(refuse)?;
        Ok(())
    }

    fn links(&self) -> &RemovedLinks {
        &self.links
    }

    fn body(&self) -> Option<&ReasonBody> {
        self.body.as_ref()
    }

    fn apply(links: &RemovedLinks, _: Option<&ReasonBody>, rows: &Writer<'_>, at: &At) -> Applied {
        views::remove(rows, &links.host, at)
    }

    fn frees(&self) -> bool {
        true
    }
}
