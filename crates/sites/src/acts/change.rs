//! What publishers sign: each statement is one act, and takes the site's next number.

use amana_ledger::{Hash, Note, digits};
use amana_store::{Act, At, Denied, LedgerId, Reader, Target, Writer};
use serde::{Deserialize, Serialize};

use super::{Applied, Checked, may_bring, refuse};
use crate::{Error, Publishers, Site, Statement, TakesIn, views};

/// Which site is changed, and under whose signatures that was found to be right.
pub(crate) struct Signed {
    pub(crate) by: String,
    pub(crate) ledger: LedgerId,
    /// The publishers by whom the note was judged.
    pub(crate) under: Hash,
}

impl Signed {
    /// Between the judgement and the commit another change may have come: then it is judged anew.
    fn check(&self, views: &Reader<'_>, host: &str, number: u64) -> Result<Site, Denied<Error>> {
        let site = views::of_ledger(views, self.ledger, host).map_err(refuse)?;
        site.takes(number).map_err(refuse)?;
        if Publishers::digest_of(&site.publishers) != self.under {
            return Err(Denied::Refused(Error::Busy));
        }
        Ok(site)
    }
}

/// `site.deploy`: what is published from now on. Also a way back, to the manifest of an older deploy.
pub(crate) struct DeploySite {
    pub(crate) signed: Signed,
    pub(crate) takes_in: TakesIn,
    pub(crate) links: DeployLinks,
    pub(crate) body: NoteBody,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct DeployLinks {
    pub(crate) host: String,
    pub(crate) number: u64,
    /// SHA-256 of the manifest.
    pub(crate) manifest: String,
}

/// The statement as it was signed.
#[derive(Serialize, Deserialize)]
pub(crate) struct NoteBody {
    pub(crate) note: String,
}

impl DeploySite {
    pub(crate) fn new(
        signed: Signed,
        takes_in: TakesIn,
        statement: &Statement,
        manifest: &Hash,
        note: &Note,
    ) -> Self {
        Self {
            signed,
            takes_in,
            links: DeployLinks {
                host: statement.host.to_string(),
                number: statement.number,
                manifest: digits(manifest),
            },
            body: NoteBody {
                note: note.to_string(),
            },
        }
    }
}

impl Act for DeploySite {
    const KIND: &'static str = "site.deploy";
    type Links = DeployLinks;
    type Body = NoteBody;
    type Output = ();
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.signed.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.signed.ledger)
    }

    fn check(&mut self, views: &Reader<'_>, _now_ms: i64) -> Checked {
        let (host, number) = (&self.links.host, self.links.number);
        let site = self.signed.check(views, host, number)?;
        may_bring(views, self.takes_in, &site.place.institution).map_err(refuse)
    }

    fn links(&self) -> &DeployLinks {
        &self.links
    }

    fn body(&self) -> Option<&NoteBody> {
        Some(&self.body)
    }

    fn apply(links: &DeployLinks, body: Option<&NoteBody>, rows: &Writer<'_>, at: &At) -> Applied {
        views::deploy(rows, links, body.map(|body| body.note.as_str()), at)
    }

    /// Whether its institution leaves stands in another ledger than the site's.
    fn looks_beyond(&self) -> bool {
        true
    }
}

/// `site.publishers`: who signs from the next change on.
pub(crate) struct ReplacePublishers {
    pub(crate) signed: Signed,
    pub(crate) links: PublishersLinks,
    pub(crate) body: ReplacedBody,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct PublishersLinks {
    pub(crate) host: String,
    pub(crate) number: u64,
    /// SHA-256 of the file.
    pub(crate) publishers: String,
}

/// The statement as it was signed, and the file that it names.
#[derive(Serialize, Deserialize)]
pub(crate) struct ReplacedBody {
    pub(crate) note: String,
    pub(crate) publishers: String,
}

impl ReplacePublishers {
    pub(crate) fn new(
        signed: Signed,
        statement: &Statement,
        publishers: &Publishers,
        note: &Note,
    ) -> Self {
        Self {
            signed,
            links: PublishersLinks {
                host: statement.host.to_string(),
                number: statement.number,
                publishers: digits(&publishers.digest()),
            },
            body: ReplacedBody {
                note: note.to_string(),
                publishers: publishers.text().to_owned(),
            },
        }
    }
}

impl Act for ReplacePublishers {
    const KIND: &'static str = "site.publishers";
    type Links = PublishersLinks;
    type Body = ReplacedBody;
    type Output = ();
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.signed.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.signed.ledger)
    }

    fn check(&mut self, views: &Reader<'_>, _now_ms: i64) -> Checked {
        let (host, number) = (&self.links.host, self.links.number);
        self.signed.check(views, host, number).map(drop)
    }

    fn links(&self) -> &PublishersLinks {
        &self.links
    }

    fn body(&self) -> Option<&ReplacedBody> {
        Some(&self.body)
    }

    fn apply(
        links: &PublishersLinks,
        body: Option<&ReplacedBody>,
        rows: &Writer<'_>,
        at: &At,
    ) -> Applied {
        let publishers = body.map(|body| body.publishers.as_str());
        views::replace_publishers(rows, links, publishers, at)
    }
}
