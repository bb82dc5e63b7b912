//! The verbs, and the cache that answers every request's first question: who asks?

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use amana_ledger::VerifierKey;
use amana_seal::member::MemberId;
use amana_store::{Act, Committed, LedgerId, Reader, Row, Service, Store};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::acts::access_key::{AccessKeyBody, AccessKeyLinks, CreateAccessKey, RevokeAccessKey};
use crate::acts::{
    self, AddInstitution, AddOfficial, InstitutionLinks, OfficialBody, OfficialLinks, Reason,
    Resume, Suspend,
};
use crate::model::official_key;
use crate::passwords::base32;
use crate::views;
use crate::{
    AccessKey, AccessKeyId, Caller, Error, GivenKey, Grant, Institution, InstitutionId,
    InstitutionName, KeyLabel, Member, NewAccessKey, Official, OfficialName, Operation, Result,
    Right, Role, Session,
};

/// Callers kept in memory; the cache begins anew when it is full.
const MAX_CACHED: usize = 10_000;
/// Passwords that are looked at at a time, of 19 MiB each.
const MAX_HASHING: usize = 8;
/// The longest reason for a suspension, in bytes.
const MAX_REASON_BYTES: usize = 1000;

/// Institutions, officials and access keys over a store.
pub struct Access {
    store: Arc<Store>,
    cache: RwLock<Cache>,
    /// Passwords that are looked at at a time.
    pub(crate) hashing: Semaphore,
}

/// Callers by access key id, and members by institution and id. `changes` counts invalidations, so that what was read
/// before one is not kept after it.
#[derive(Default)]
pub(crate) struct Cache {
    changes: u64,
    callers: HashMap<String, Known>,
    pub(crate) members: HashMap<(String, MemberId), Arc<Member>>,
}

impl Cache {
    fn forget(&mut self) {
        self.callers.clear();
        self.members.clear();
    }
}

type Known = (Arc<Caller>, Zeroizing<String>);

impl Access {
    /// Over that store, whose catalog must hold [`Access::service`].
    #[must_use]
    pub fn new(store: Arc<Store>) -> Self {
        Self {
            store,
            cache: RwLock::default(),
            hashing: Semaphore::new(MAX_HASHING),
        }
    }

    /// The views and acts of this service.
    #[must_use]
    pub fn service() -> Service {
        Service {
            name: "access",
            views: &views::VIEWS,
            kinds: acts::kinds(),
        }
    }

    /// Who holds that key, and its secret to check signatures with; nothing when the key is unknown or revoked, or its
    /// institution suspended. Blocking, but answered from memory as a rule where there are no other nodes.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn caller(&self, access_key_id: &str) -> Result<Option<Known>> {
        let stands = |rows: &Reader<'_>| views::may_still_ask(rows, access_key_id);
        self.known(access_key_id, || Ok(self.store.read(stands)?))
    }

    /// As [`Access::caller`], but where there are other nodes the answer may be out of date: whoever acts on it asks
    /// [`Access::stands`] first. What it says of a key that stands is true, for a key's secret and grant never change.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn recall(&self, access_key_id: &str) -> Result<Option<Known>> {
        self.known(access_key_id, || Ok(true))
    }

    fn known(
        &self,
        access_key_id: &str,
        stands: impl FnOnce() -> Result<bool>,
    ) -> Result<Option<Known>> {
        self.cached(
            |cache| cache.callers.get(access_key_id).cloned(),
            |_| stands(),
            || self.load(access_key_id),
            |cache, known| {
                cache.callers.insert(access_key_id.to_owned(), known);
            },
        )
    }

    /// Whether a caller's key stands still: not revoked, and its institution not suspended, at an instant after the call.
    /// Another node's word changes that without telling this one, so where there may be others the rows are asked each time;
    /// those who ask at the same time share a round trip.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn stands(&self, access_key_id: &str) -> Result<bool> {
        if !self.store.has_nodes() {
            return Ok(true);
        }
        let key = [access_key_id.into()];
        let found = |row: Option<&Row<'_>>| Ok::<_, Error>(row.is_some());
        let stands = self.store.first(views::MAY_STILL_ASK, &key, found).await?;
        if !stands {
            let mut cache = self.cache.write().unwrap_or_else(PoisonError::into_inner);
            cache.callers.remove(access_key_id);
        }
        Ok(stands)
    }

    /// What memory has, or else what `load` finds, kept unless anything changed meanwhile. Where other nodes may have changed
    /// it, `stands` says whether what memory has holds still.
    pub(crate) fn cached<T: Clone>(
        &self,
        recall: impl Fn(&Cache) -> Option<T>,
        stands: impl FnOnce(&T) -> Result<bool>,
        load: impl FnOnce() -> Result<Option<T>>,
        keep: impl FnOnce(&mut Cache, T),
    ) -> Result<Option<T>> {
        let (known, changes) = {
            let cache = self.cache.read().unwrap_or_else(PoisonError::into_inner);
            (recall(&cache), cache.changes)
        };
        if let Some(known) = known
            && (!self.store.has_nodes() || stands(&known)?)
        {
            return Ok(Some(known));
        }
        let Some(found) = load()? else {
            return Ok(None);
        };
        let mut cache = self.cache.write().unwrap_or_else(PoisonError::into_inner);
        if cache.changes == changes {
            if cache.callers.len() + cache.members.len() >= MAX_CACHED {
                cache.forget();
            }
            keep(&mut cache, found.clone());
        }
        Ok(Some(found))
    }

    pub(crate) fn store(&self) -> &Arc<Store> {
        &self.store
    }

    fn load(&self, access_key_id: &str) -> Result<Option<Known>> {
        let found = self.store.read(|rows| {
            let Some((ledger, key)) = views::access_key(rows, access_key_id)? else {
                return Ok(None);
            };
            let institution = views::institution(rows, ledger)?;
            if key.revoked_ms.is_some() || institution.suspended {
                return Ok(None);
            }
            let sealed = views::sealed_secret(rows, access_key_id)?;
            Ok::<_, amana_store::Error>(Some((ledger, key, institution, sealed)))
        })?;
        let Some((ledger, key, institution, sealed)) = found else {
            return Ok(None);
        };
        let name = views::secret_name(access_key_id);
        let secret = self.store.keys().unseal(&name, &sealed)?;
        let secret = std::str::from_utf8(&secret).map_err(|_| amana_store::Error::Damaged {
            what: format!("the secret {name}"),
            why: "it is not text".into(),
        })?;
        let caller = Caller {
            institution: ledger.into(),
            name: institution.name.into(),
            canonical_id: institution.canonical_id.into(),
            ledger,
            actor: format!("key:{access_key_id}").into(),
            access_key_id: access_key_id.into(),
            grant: key.grant,
        };
        Ok(Some((Arc::new(caller), Zeroizing::new(secret.to_owned()))))
    }

    /// Commits an act and forgets what is cached, since the act may change who may ask.
    pub(crate) async fn commit<A: Act<Refusal = Error>>(
        &self,
        act: A,
    ) -> Result<Committed<A::Output>> {
        let committed = self.store.commit(act).await;
        let mut cache = self.cache.write().unwrap_or_else(PoisonError::into_inner);
        cache.changes += 1;
        cache.forget();
        Ok(committed?)
    }

    /// Adds an institution and opens its ledger.
    ///
    /// # Errors
    /// [`Error::InstitutionExists`], [`Error::Busy`], [`Error::Store`].
    pub async fn add_institution(&self, name: &InstitutionName, by: &str) -> Result<Institution> {
        name.must_be_real()?;
        let canonical_id = views::canonical_id(name.as_str(), &random()?);
        let act = AddInstitution {
            by: by.to_owned(),
            name: name.clone(),
            links: InstitutionLinks {
                institution: name.to_string(),
                canonical_id: canonical_id.clone(),
            },
        };
        let committed = self.commit(act).await?;
        Ok(Institution {
            name: name.to_string(),
            canonical_id,
            ledger: name.vault_ledger(),
            since_ms: committed.time_ms,
            suspended: false,
            leaving_ms: None,
            id: InstitutionId::from(committed.output),
        })
    }

    /// All institutions, in the order of their names.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn institutions(&self) -> Result<Vec<Institution>> {
        Ok(self.store.read(views::institutions)?)
    }

    /// The institution of that name.
    ///
    /// # Errors
    /// [`Error::UnknownInstitution`], [`Error::Store`].
    pub fn institution(&self, name: &InstitutionName) -> Result<Institution> {
        self.store
            .read(|rows| views::institution_named(rows, name.as_str()))
    }

    pub(crate) fn ledger(&self, name: &InstitutionName) -> Result<LedgerId> {
        Ok(views::ledger_of(&self.institution(name)?)?)
    }

    /// The operator as a caller for an institution: its acts stand in the institution's ledger under the operator's name,
    /// with no access key.
    ///
    /// # Errors
    /// [`Error::UnknownInstitution`], [`Error::Store`].
    pub fn on_behalf(&self, name: &InstitutionName, by: &str) -> Result<Caller> {
        let institution = self.institution(name)?;
        Ok(Caller {
            institution: institution.id,
            ledger: views::ledger_of(&institution)?,
            name: institution.name.into(),
            canonical_id: institution.canonical_id.into(),
            actor: by.into(),
            access_key_id: "".into(),
            grant: Grant::everything(),
        })
    }

    /// An official as a caller for the own institution: acts stand in its ledger under the official's number, with no access
    /// key. Which operation is asked for, a guard judged before; what the role never allows isn't in the grant either.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for the operator's staff, which has no institution; [`Error::Store`].
    pub fn as_official(&self, session: &Session) -> Result<Caller> {
        let institution = session.account.owner.institution();
        let by = session.actor().to_string();
        let caller = self.on_behalf(institution.ok_or(Error::Forbidden)?, &by)?;
        let grant = match () {
            () if session.may(Operation::ManageBuckets) => Grant::everything(),
            () if session.may(Operation::ListBuckets) => Grant {
                buckets: None,
                right: Right::Read,
            },
            () => Grant::nothing(),
        };
        Ok(Caller { grant, ..caller })
    }

    /// Refuses all its keys until it is resumed. Nothing of what it deposited changes. Gives the act's receipt name.
    ///
    /// # Errors
    /// [`Error::UnknownInstitution`], [`Error::AlreadySuspended`], [`Error::Invalid`] for a reason over 1,000 bytes,
    /// [`Error::Busy`], [`Error::Store`].
    pub async fn suspend(
        &self,
        name: &InstitutionName,
        reason: Option<&str>,
        by: &str,
    ) -> Result<String> {
        let act = Suspend {
            by: by.to_owned(),
            ledger: self.ledger(name)?,
            reason: checked_reason(reason)?,
        };
        Ok(self.commit(act).await?.receipt())
    }

    /// Lets a suspended institution act again. Gives the act's receipt name.
    ///
    /// # Errors
    /// [`Error::UnknownInstitution`], [`Error::NotSuspended`], [`Error::Invalid`] for a reason over 1,000 bytes,
    /// [`Error::Busy`], [`Error::Store`].
    pub async fn resume(
        &self,
        name: &InstitutionName,
        reason: Option<&str>,
        by: &str,
    ) -> Result<String> {
        let act = Resume {
            by: by.to_owned(),
            ledger: self.ledger(name)?,
            reason: checked_reason(reason)?,
        };
        Ok(self.commit(act).await?.receipt())
    }

    /// Names an official of an institution. Gives its number and the act's receipt name.
    ///
    /// # Errors
    /// [`Error::UnknownInstitution`], [`Error::Invalid`] for a witness's key, [`Error::Busy`], [`Error::Store`].
    pub async fn add_official(
        &self,
        institution: &InstitutionName,
        name: &OfficialName,
        role: Role,
        key: Option<&VerifierKey>,
        by: &str,
    ) -> Result<(u64, String)> {
        institution.must_be_real()?;
        let act = AddOfficial {
            by: by.to_owned(),
            ledger: self.ledger(institution)?,
            links: OfficialLinks { official: 0, role },
            body: OfficialBody {
                name: name.as_str().to_owned(),
                key: key.map(official_key).transpose()?,
            },
        };
        let committed = self.commit(act).await?;
        Ok((committed.output, committed.receipt()))
    }

    /// The officials of an institution.
    ///
    /// # Errors
    /// [`Error::UnknownInstitution`], [`Error::Store`].
    pub fn officials(&self, institution: &InstitutionName) -> Result<Vec<Official>> {
        let ledger = self.ledger(institution)?;
        Ok(self.store.read(|rows| views::officials(rows, ledger))?)
    }

    /// Hands out an access key: a new one, or one brought from elsewhere, with what it is for, if that is said.
    ///
    /// # Errors
    /// [`Error::UnknownInstitution`], [`Error::AccessKeyExists`], [`Error::Invalid`] for a grant that no bucket could
    /// match, [`Error::Busy`], [`Error::Store`].
    pub async fn create_access_key(
        &self,
        institution: &InstitutionName,
        given: Option<GivenKey>,
        grant: Grant,
        label: Option<&KeyLabel>,
        by: &str,
    ) -> Result<NewAccessKey> {
        institution.must_be_real()?;
        let GivenKey { id, secret } = match given {
            Some(given) => given,
            None => fresh_key()?,
        };
        let act = CreateAccessKey {
            by: by.to_owned(),
            ledger: self.ledger(institution)?,
            links: AccessKeyLinks {
                access_key_id: id.as_str().to_owned(),
            },
            body: AccessKeyBody::new(grant.checked()?, label),
            secret: secret.clone(),
        };
        let receipt = self.commit(act).await?.receipt();
        Ok(NewAccessKey {
            id,
            secret,
            receipt,
        })
    }

    /// Ends an access key, from the next request on; of that institution alone, if one is named. Gives the act's
    /// receipt name.
    ///
    /// # Errors
    /// [`Error::UnknownInstitution`], [`Error::UnknownAccessKey`], [`Error::Busy`], [`Error::Store`].
    pub async fn revoke_access_key(
        &self,
        institution: Option<&InstitutionName>,
        id: &AccessKeyId,
        by: &str,
    ) -> Result<String> {
        let id = id.as_str().to_owned();
        let named = institution.map(|name| self.ledger(name)).transpose()?;
        let found = self.store.read(|rows| views::access_key(rows, &id))?;
        let ledger = match found {
            Some((ledger, _)) if named.is_none_or(|named| named == ledger) => ledger,
            _ => return Err(Error::UnknownAccessKey { id }),
        };
        let act = RevokeAccessKey {
            by: by.to_owned(),
            ledger,
            links: AccessKeyLinks { access_key_id: id },
        };
        Ok(self.commit(act).await?.receipt())
    }

    /// The access keys of an institution, revoked ones included.
    ///
    /// # Errors
    /// [`Error::UnknownInstitution`], [`Error::Store`].
    pub fn access_keys(&self, institution: &InstitutionName) -> Result<Vec<AccessKey>> {
        let ledger = self.ledger(institution)?;
        Ok(self.store.read(|rows| views::access_keys(rows, ledger))?)
    }
}

pub(crate) fn checked_reason(reason: Option<&str>) -> Result<Option<Reason>> {
    match reason {
        Some(reason) if reason.len() > MAX_REASON_BYTES => Err(Error::Invalid {
            what: "the reason",
            why: "must be at most 1000 bytes",
        }),
        reason => Ok(reason.map(|reason| Reason {
            reason: reason.to_owned(),
        })),
    }
}

/// `AMAN` and 80 random bits in base 32, as S3 programs expect ids to look; 240 random bits as the secret.
fn fresh_key() -> Result<GivenKey> {
    let bytes = Zeroizing::new(random::<40>()?);
    let mut id = String::from("AMAN");
    for five in bytes[..10].as_chunks::<5>().0 {
        id.push_str(&base32(*five));
    }
    let secret = Zeroizing::new(URL_SAFE_NO_PAD.encode(&bytes[10..]));
    Ok(GivenKey {
        id: id.parse()?,
        secret: secret.parse()?,
    })
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| amana_store::Error::Folder {
        path: "/dev/urandom".into(),
        why: e.to_string(),
    })?;
    Ok(bytes)
}
