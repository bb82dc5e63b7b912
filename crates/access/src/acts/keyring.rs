//! `keyring.publish`: the institution's own word on who acts for it.

use amana_store::{Act, At, LedgerId, Reader, Target, Writer};
use serde::{Deserialize, Serialize};

use super::{Applied, Checked, refuse};
use crate::Error;
use crate::custodians::agreed;
use crate::keyrings::{KeyringBundle, Published, Recorded};
use crate::views::{keyrings, members, proposals};

/// Publishes the next keyring; its signatures are the institution's, whoever hands it in.
pub(crate) struct PublishKeyring {
    pub(crate) by: String,
    pub(crate) ledger: LedgerId,
    pub(crate) institution: String,
    pub(crate) links: KeyringLinks,
    pub(crate) body: KeyringBundle,
}

/// Given in the check.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct KeyringLinks {
    pub(crate) number: u64,
    /// The proposal by which two officials agreed on other custodians, and which this uses up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) proposal: Option<u64>,
}

impl Act for PublishKeyring {
    const KIND: &'static str = "keyring.publish";
    type Links = KeyringLinks;
    type Body = KeyringBundle;
    type Output = u64;
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(&mut self, views: &Reader<'_>, now_ms: i64) -> Checked {
        let root = keyrings::root(views, self.ledger)?.ok_or_else(|| {
            refuse(Error::NotEnrolled {
                institution: self.institution.clone(),
            })
        })?;
        let newest = Published::newest(views, self.ledger)?;
        let next = newest.next(&self.body, &root, &self.institution);
        let next = next.map_err(refuse)?;
        let before = newest.custodians().map_err(refuse)?;
        let asked = (self.institution.as_str(), self.ledger);
        let wanted = &next.keyring().custodians;
        let proposal = agreed(views, asked, before.as_ref(), wanted, now_ms);
        self.links = KeyringLinks {
            number: next.keyring().number,
            proposal: proposal.map_err(refuse)?,
        };
        Ok(())
    }

    fn links(&self) -> &KeyringLinks {
        &self.links
    }

    fn body(&self) -> Option<&KeyringBundle> {
        Some(&self.body)
    }

    fn apply(
        links: &KeyringLinks,
        body: Option<&KeyringBundle>,
        rows: &Writer<'_>,
        at: &At,
    ) -> Applied<u64> {
        if let Some(body) = body {
            let ledger = at.entry.ledger();
            let recorded = Recorded::read(body, at.entry)?;
            keyrings::set_newest(rows, at.entry, recorded.keyring())?;
            members::replace(rows, ledger, recorded.keyring())?;
        }
        if let Some(proposal) = links.proposal {
            proposals::used(rows, at, proposal)?;
        }
        Ok(links.number)
    }

    fn weight_bytes(&self) -> usize {
        self.body.weight_bytes()
    }

    /// A full disk must not keep a stolen gateway in the keyring.
    fn frees(&self) -> bool {
        true
    }
}
