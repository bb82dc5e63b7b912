//! The one act.

use amana_ledger::{Note, RELEASES, Release, digits};
use amana_store::{
    Act, At, Denied, Kind, LedgerId, LedgerInfo, Reader, Target, Visibility, Writer,
};
use serde::{Deserialize, Serialize};

use crate::{Error, views};

pub(crate) fn kinds() -> Vec<Kind> {
    vec![Kind::of::<RecordRelease>()]
}

/// Records a signed release. The first one opens the ledger.
pub(crate) struct RecordRelease {
    pub(crate) by: String,
    /// The ledger, once it is there.
    pub(crate) ledger: Option<LedgerId>,
    pub(crate) links: ReleaseLinks,
    pub(crate) body: ReleaseBody,
}

/// What names the release: whoever looks for a file looks for its digest.
#[derive(Serialize, Deserialize)]
pub(crate) struct ReleaseLinks {
    pub(crate) version: String,
    pub(crate) target: String,
    pub(crate) binary: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) package: Option<String>,
}

/// The note, as it was signed.
#[derive(Serialize, Deserialize)]
pub(crate) struct ReleaseBody {
    pub(crate) note: String,
}

impl RecordRelease {
    pub(crate) fn new(by: &str, ledger: Option<LedgerId>, release: &Release, note: &Note) -> Self {
        Self {
            by: by.to_owned(),
            ledger,
            links: ReleaseLinks {
                version: release.version.to_string(),
                target: release.target.clone(),
                binary: digits(&release.binary),
                package: release.package.as_ref().map(digits),
            },
            body: ReleaseBody {
                note: note.to_string(),
            },
        }
    }
}

impl Act for RecordRelease {
    const KIND: &'static str = "release.record";
    type Links = ReleaseLinks;
    type Body = ReleaseBody;
    type Output = ();
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        match self.ledger {
            Some(ledger) => Target::Ledger(ledger),
            None => Target::Open {
                name: RELEASES.to_owned(),
                visibility: Visibility::Public,
            },
        }
    }

    fn check(&mut self, views: &Reader<'_>, _now_ms: i64) -> Result<(), Denied<Error>> {
        // Two first releases at once: the second one asks again, and finds the ledger.
        if self.ledger.is_none() && LedgerInfo::named(views, RELEASES)?.is_some() {
            return Err(Denied::Refused(Error::Busy));
        }
        let newest = views::newest(views, &self.links.binary)?;
        match newest {
            Some(recorded) if recorded.note == self.body.note => {
                Err(Denied::Refused(Error::Recorded {
                    receipt: recorded.receipt(),
                }))
            }
            _ => Ok(()),
        }
    }

    fn links(&self) -> &ReleaseLinks {
        &self.links
    }

    fn body(&self) -> Option<&ReleaseBody> {
        Some(&self.body)
    }

    fn apply(
        links: &ReleaseLinks,
        body: Option<&ReleaseBody>,
        rows: &Writer<'_>,
        at: &At,
    ) -> amana_store::Result<()> {
        views::insert(rows, links, body, at)
    }
}
