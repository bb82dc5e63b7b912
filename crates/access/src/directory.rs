//! The directory: institutions that let themselves be found, each by its own word.

use serde::Serialize;

use crate::acts::contact::{ContactBody, ContactLinks, PublishContact};
use crate::said::{one_line, said};
use crate::views::{self, contacts};
use crate::{Access, Error, InstitutionName, Operation, Result, Session};

/// The longest name and the longest line, in characters.
const MAX_CHARS: usize = 200;

/// How an institution lets itself be found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Contact {
    /// Its name in ledgers and receipts.
    pub institution: String,
    /// What it calls itself.
    pub name: Option<String>,
    /// How it is reached.
    pub contact: Option<String>,
    /// Since when it says so, milliseconds since 1970.
    pub since_ms: i64,
}

impl Access {
    /// Puts the institution of who is signed in into the directory: what it calls itself, and how it is reached; or takes it
    /// out. Gives the act's receipt name.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Invalid`], [`Error::Busy`], [`Error::Store`].
    pub async fn publish_contact(
        &self,
        session: &Session,
        contact: Option<(&str, &str)>,
    ) -> Result<String> {
        let own = session.account.owner.institution();
        if own.is_none() || !session.may(Operation::WriteMessages) {
            return Err(Error::Forbidden);
        }
        let body = match contact {
            Some((name, contact)) => Some(ContactBody {
                name: one_line("the name", name, MAX_CHARS)?,
                contact: one_line("the contact", contact, MAX_CHARS)?,
            }),
            None => None,
        };
        let act = PublishContact {
            by: session.actor().to_string(),
            ledger: session.ledger,
            links: ContactLinks {
                official: session.account.official,
                listed: body.is_some(),
            },
            body,
        };
        Ok(self.commit(act).await?.receipt())
    }

    /// The directory after that name, in the order of names. Blocking.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn directory(&self, after: &str, max: u32) -> Result<Vec<Contact>> {
        self.store().read(|rows| {
            let mut shown = Vec::new();
            for row in contacts::after(rows, after, max)? {
                let body: Option<ContactBody> = said(rows, row.ledger, row.number)?;
                let (name, contact) =
                    body.map_or((None, None), |body| (Some(body.name), Some(body.contact)));
                shown.push(Contact {
                    institution: row.institution,
                    name,
                    contact,
                    since_ms: row.since_ms,
                });
            }
            Ok(shown)
        })
    }

    /// What an institution says of itself, name and contact; nothing if it isn't in the directory. Blocking.
    ///
    /// # Errors
    /// [`Error::UnknownInstitution`], [`Error::Store`].
    pub fn contact(&self, institution: &InstitutionName) -> Result<Option<(String, String)>> {
        self.store().read(|rows| {
            let found = views::institution_named(rows, institution.as_str())?;
            let ledger = views::ledger_of(&found)?;
            let Some(number) = contacts::of(rows, ledger)? else {
                return Ok(None);
            };
            let body: Option<ContactBody> = said(rows, ledger, number)?;
            Ok(body.map(|body| (body.name, body.contact)))
        })
    }
}
