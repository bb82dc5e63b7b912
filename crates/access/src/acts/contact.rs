//! The line by which an institution lets itself be found: its own word, in its own ledger.

use amana_store::{Act, At, Denied, LedgerId, Reader, Target, Writer};
use serde::{Deserialize, Serialize};

use super::{Applied, Checked, refuse};
use crate::people::in_office;
use crate::views::contacts;
use crate::{Error, Operation, may};

/// `contact.publish`: puts the institution in the directory, or takes it out.
pub(crate) struct PublishContact {
    pub(crate) by: String,
    pub(crate) ledger: LedgerId,
    pub(crate) links: ContactLinks,
    /// Nothing takes it out.
    pub(crate) body: Option<ContactBody>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct ContactLinks {
    pub(crate) official: u64,
    pub(crate) listed: bool,
}

/// What may be erased once another one stands in its place.
#[derive(Serialize, Deserialize)]
pub(crate) struct ContactBody {
    /// What the institution calls itself.
    pub(crate) name: String,
    /// How it is reached.
    pub(crate) contact: String,
}

impl Act for PublishContact {
    const KIND: &'static str = "contact.publish";
    type Links = ContactLinks;
    type Body = ContactBody;
    type Output = ();
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(&mut self, views: &Reader<'_>, _: i64) -> Checked {
        let official = in_office(views, self.ledger, self.links.official).map_err(refuse)?;
        match may(official.role, Operation::WriteMessages) {
            true => Ok(()),
            false => Err(Denied::Refused(Error::Forbidden)),
        }
    }

    fn links(&self) -> &ContactLinks {
        &self.links
    }

    fn body(&self) -> Option<&ContactBody> {
        self.body.as_ref()
    }

    fn apply(links: &ContactLinks, _: Option<&ContactBody>, rows: &Writer<'_>, at: &At) -> Applied {
        contacts::remove(rows, at)?;
        match links.listed {
            true => contacts::insert(rows, at),
            false => Ok(()),
        }
    }
}
