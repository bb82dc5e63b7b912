//! Members of an institution: gateways and officials who stand in its newest keyring, by its own word.

use std::sync::Arc;

use amana_seal::member::{MemberId, VerifyingKey};
use amana_seal::root::RootKey;
use amana_store::{LedgerId, Reader};

use crate::views::{self, keyrings, members};
use crate::{Access, Caller, Error, Grant, InstitutionName, Result};

/// What the newest keyring says of a member.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The keyring's number.
    pub keyring: u64,
    /// The keyring's newest epoch.
    pub epoch: u32,
    /// The member's key.
    pub key: VerifyingKey,
    /// Whether it may sign keyrings.
    pub admin: bool,
    /// `gateway` or `official`.
    pub kind: String,
    /// Its name.
    pub name: String,
}

/// A member of an institution that isn't suspended.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its id.
    pub id: MemberId,
    /// Its key.
    pub key: VerifyingKey,
    /// Whether it may sign keyrings.
    pub admin: bool,
    /// `gateway` or `official`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Name of its institution's ledger.
    pub ledger_name: String,
    /// Itself, as who asks: its institution, and all rights on its buckets.
    pub caller: Arc<Caller>,
}

impl Access {
    /// The member of that institution, if it stands in the newest keyring and the institution isn't suspended. Blocking, but
    /// answered from memory as a rule.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn member(&self, institution: &str, id: MemberId) -> Result<Option<Arc<Member>>> {
        let name = (institution.to_owned(), id);
        self.cached(
            |cache| cache.members.get(&name).cloned(),
            |member| {
                let (ledger, key) = (member.caller.ledger, &member.key);
                let stands =
                    |rows: &Reader<'_>| members::stands(rows, ledger, id, key, member.admin);
                Ok(self.store().read(stands)?)
            },
            || self.load_member(institution, id),
            |cache, found| {
                cache.members.insert(name.clone(), found);
            },
        )
    }

    fn load_member(&self, institution: &str, id: MemberId) -> Result<Option<Arc<Member>>> {
        self.store().read(|rows| {
            let institution = match views::institution_named(rows, institution) {
                Ok(found) if !found.suspended => found,
                Ok(_) | Err(Error::UnknownInstitution { .. }) => return Ok(None),
                Err(other) => return Err(other),
            };
            let ledger = views::ledger_of(&institution)?;
            let Some(standing) = members::standing(rows, ledger, id)? else {
                return Ok(None);
            };
            Ok(Some(Arc::new(Member {
                id,
                key: standing.key,
                admin: standing.admin,
                kind: standing.kind,
                name: standing.name,
                ledger_name: institution.ledger,
                caller: Arc::new(Caller {
                    institution: institution.id,
                    name: institution.name.into(),
                    canonical_id: institution.canonical_id.into(),
                    ledger,
                    actor: format!("member:{id}").into(),
                    access_key_id: "".into(),
                    grant: Grant::everything(),
                }),
            })))
        })
    }

    /// The root of that institution, as who asks, and its pinned key; nothing before it enrolled, or while it is suspended.
    /// Custodians rebuild the root when no member is left, so it must find its keyring by itself. Blocking.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn root(&self, institution: &str) -> Result<Option<(RootKey, Arc<Caller>)>> {
        self.store().read(|rows| {
            let institution = match views::institution_named(rows, institution) {
                Ok(found) if !found.suspended => found,
                Ok(_) | Err(Error::UnknownInstitution { .. }) => return Ok(None),
                Err(other) => return Err(other),
            };
            let ledger = views::ledger_of(&institution)?;
            let Some(key) = keyrings::root(rows, ledger)? else {
                return Ok(None);
            };
            let caller = Caller {
                institution: institution.id,
                name: institution.name.into(),
                canonical_id: institution.canonical_id.into(),
                ledger,
                actor: "root".into(),
                access_key_id: "".into(),
                grant: Grant::everything(),
            };
            Ok(Some((key, Arc::new(caller))))
        })
    }

    /// What the newest keyring of the institution with that ledger says of a member; for the writer.
    ///
    /// # Errors
    /// A failure of the rows.
    pub fn standing(
        rows: &Reader<'_>,
        ledger: LedgerId,
        member: MemberId,
    ) -> amana_store::Result<Option<Standing>> {
        members::standing(rows, ledger, member)
    }

    /// The institutions that have enrolled, by ledger and name.
    ///
    /// # Errors
    /// A failure of the rows.
    pub fn enrolled(rows: &Reader<'_>) -> amana_store::Result<Vec<(LedgerId, String)>> {
        keyrings::enrolled(rows)
    }

    /// The witness that the gateway of an institution brought at its enrolment, as a verifier key.
    ///
    /// # Errors
    /// [`Error::UnknownInstitution`], [`Error::Store`].
    pub fn own_witness(&self, institution: &InstitutionName) -> Result<Option<String>> {
        let ledger = self.ledger(institution)?;
        Ok(self.store().read(|rows| keyrings::witness(rows, ledger))?)
    }
}
