//! What the data centre tells of itself: a file of a deploy isn't what was signed, or the programs of an application aren't.

use amana_store::{Act, At, LedgerId, Reader, Target, Writer};
use serde::{Deserialize, Serialize};

use super::{Applied, Checked, refuse};
use crate::{Error, views};

/// Alerts that one deploy has at most: a disk that loses a site whole says so often enough.
const MAX_OF_A_DEPLOY: u64 = 20;

/// `site.alert`: content that the site's server was about to give out hasn't the digest that was signed, once a file and deploy;
/// or an application's programs haven't, once a digest that was found and deploy.
pub(crate) struct AlertSite {
    pub(crate) ledger: LedgerId,
    pub(crate) links: AlertLinks,
    pub(crate) body: AlertBody,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct AlertLinks {
    pub(crate) host: String,
    /// The deploy.
    pub(crate) number: u64,
    /// SHA-256 that the file should have; of an application's programs, the digest that was found, or the signed one where none
    /// could be.
    pub(crate) file: String,
    /// The application, where it is about one's programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) application: Option<String>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct AlertBody {
    /// What was found, and what is served instead.
    pub(crate) why: String,
}

impl Act for AlertSite {
    const KIND: &'static str = "site.alert";
    type Links = AlertLinks;
    type Body = AlertBody;
    type Output = ();
    type Refusal = Error;

    fn actor(&self) -> &'static str {
        "operator"
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(&mut self, views: &Reader<'_>, _now_ms: i64) -> Checked {
        let links = &self.links;
        let (all, same) = views::alerts(views, self.ledger, links)?;
        if same || all >= MAX_OF_A_DEPLOY {
            return Err(refuse(Error::Alerted));
        }
        Ok(())
    }

    fn links(&self) -> &AlertLinks {
        &self.links
    }

    fn body(&self) -> Option<&AlertBody> {
        Some(&self.body)
    }

    fn apply(links: &AlertLinks, _: Option<&AlertBody>, rows: &Writer<'_>, at: &At) -> Applied {
        views::alert(rows, links, at)
    }

    /// It says that something is wrong, which a full disk may be.
    fn frees(&self) -> bool {
        true
    }
}
