//! Whose books are read, and by whom: an official reads those of the institution that he or she serves.

use std::sync::Arc;

use amana_access::{InstitutionName, Operation, Owner, Session};
use amana_store::LedgerInfo;
use axum::extract::FromRequestParts;
use http::request::Parts;

use super::names::Names;
use super::support;
use super::tally::{Tallies, Tally};
use crate::frame::Frame;
use crate::texts::Texts;
use crate::{Console, Error, Result, menu};

/// An institution's space, as one person sees it.
#[derive(Clone)]
pub(crate) struct Space {
    pub(crate) session: Arc<Session>,
    pub(crate) institution: InstitutionName,
    /// Where its pages begin: nothing for its own officials.
    pub(crate) base: String,
    tallies: Arc<Tallies>,
}

impl Space {
    /// Name of its ledger.
    pub(crate) fn ledger(&self) -> String {
        self.institution.vault_ledger()
    }

    /// How many entries its ledger has.
    pub(crate) async fn size(&self, console: &Arc<Console>) -> Result<u64> {
        let ledger = self.ledger();
        console
            .read(move |_, rows| {
                let info = LedgerInfo::named(rows, &ledger)?.ok_or(Error::NotFound)?;
                Ok(info.size)
            })
            .await
    }

    /// Whether that is offered here.
    pub(crate) fn may(&self, operation: Operation) -> bool {
        match self.is_own() {
            true => self.session.may(operation),
            false => operation.rights().support,
        }
    }

    /// Whether an official of the institution looks, and not the operator's staff by its leave.
    pub(crate) fn is_own(&self) -> bool {
        self.base.is_empty()
    }

    /// The officials' names.
    pub(crate) async fn names(&self, console: &Arc<Console>) -> Result<Names> {
        let institution = self.institution.clone();
        let (people, keys) = console
            .ask(move |access| {
                let keys = access.access_keys(&institution)?;
                let people = access.people(&Owner::Institution(institution))?;
                Ok((people, keys))
            })
            .await?;
        Ok(Names::of(&self.institution, people, keys))
    }

    /// What the last months add up to, as far as it is counted.
    pub(crate) async fn tally(&self, console: &Arc<Console>) -> Result<Tally> {
        self.tallies.of(console, self.ledger()).await
    }

    /// The frame of a page: `at` is its entry of the menu.
    pub(crate) fn frame(
        &self,
        texts: &'static Texts,
        at: &'static str,
        title: &'static str,
    ) -> Frame {
        match self.is_own() {
            true => menu::frame(texts, &self.session, at, title),
            // Staff's own menu, and above the page whose space it is.
            false => Frame {
                owner: self.institution.to_string(),
                note: Some((texts.support.inside)(self.institution.as_str())),
                ..menu::frame(texts, &self.session, "/support", title)
            },
        }
    }
}

impl FromRequestParts<Arc<Console>> for Space {
    type Rejection = Error;

    /// Of an official, the institution that he or she serves; of the operator's staff, the one that lets it in and whose
    /// ledger just learned of it.
    async fn from_request_parts(parts: &mut Parts, console: &Arc<Console>) -> Result<Self> {
        let session = parts.extensions.get::<Arc<Session>>().cloned();
        let session = session.ok_or(Error::SignIn)?;
        let tallies = parts.extensions.get::<Arc<Tallies>>().cloned();
        let tallies = tallies.ok_or(Error::NotFound)?;
        let (institution, base) = match session.account.owner.clone() {
            Owner::Institution(institution) => (institution, String::new()),
            Owner::Operator => {
                let institution = support::come_in(console, &session, parts).await?;
                let base = support::BASE.replace("{institution}", institution.as_str());
                (institution, base)
            }
        };
        Ok(Self {
            session,
            institution,
            base,
            tallies,
        })
    }
}
