//! The verbs, and the cache that answers every request's first question: who asks?

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use amana_ledger::VerifierKey;
use amana_seal::member::MemberId;
use amana_store::{Act, Committed, LedgerId, Service, Store};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::acts::{
    self, AccessKeyLinks, AddInstitution, AddOfficial, CreateAccessKey, InstitutionLinks,
    OfficialBody, OfficialLinks, OfficialNumber, Reason, RemoveOfficial, Resume, RevokeAccessKey,
    Suspend,
};
use crate::model::official_key;
use crate::views;
use crate::{
    AccessKey, AccessKeyId, Caller, Error, GivenKey, Grant, Institution, InstitutionId,
    InstitutionName, Member, NewAccessKey, Official, OfficialName, Result, Role,
};

/// Callers kept in memory; the cache begins anew when it is full.
const MAX_CACHED: usize = 10_000;
/// The longest reason for a suspension, in bytes.
const MAX_REASON_BYTES: usize = 1000;

/// Institutions, officials and access keys over a store.
pub struct Access {
    store: Arc<Store>,
    cache: RwLock<Cache>,
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
    /// institution suspended. Blocking, but answered from memory as a rule.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn caller(&self, access_key_id: &str) -> Result<Option<Known>> {
        self.cached(
            |cache| cache.callers.get(access_key_id).cloned(),
            || self.load(access_key_id),
            |cache, known| {
                cache.callers.insert(access_key_id.to_owned(), known);
            },
        )
    }

    /// What memory has, or else what `load` finds, kept unless anything changed meanwhile.
    pub(crate) fn cached<T: Clone>(
        &self,
        recall: impl Fn(&Cache) -> Option<T>,
        load: impl FnOnce() -> Result<Option<T>>,
        keep: impl FnOnce(&mut Cache, T),
    ) -> Result<Option<T>> {
        let changes = {
            let cache = self.cache.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(known) = recall(&cache) {
                return Ok(Some(known));
            }
            cache.changes
        };
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

    /// Ends an official's role. Gives the act's receipt name.
    ///
    /// # Errors
    /// [`Error::UnknownInstitution`], [`Error::UnknownOfficial`], [`Error::Busy`], [`Error::Store`].
    pub async fn remove_official(
        &self,
        institution: &InstitutionName,
        number: u64,
        by: &str,
    ) -> Result<String> {
        let act = RemoveOfficial {
            by: by.to_owned(),
            institution: institution.to_string(),
            ledger: self.ledger(institution)?,
            links: OfficialNumber { official: number },
        };
        Ok(self.commit(act).await?.receipt())
    }

    /// The officials of an institution.
    ///
    /// # Errors
    /// [`Error::UnknownInstitution`], [`Error::Store`].
    pub fn officials(&self, institution: &InstitutionName) -> Result<Vec<Official>> {
        let ledger = self.ledger(institution)?;
        Ok(self.store.read(|rows| views::officials(rows, ledger))?)
    }

    /// Hands out an access key: a new one, or one brought from elsewhere.
    ///
    /// # Errors
    /// [`Error::UnknownInstitution`], [`Error::AccessKeyExists`], [`Error::Invalid`] for a grant that no bucket could
    /// match, [`Error::Busy`], [`Error::Store`].
    pub async fn create_access_key(
        &self,
        institution: &InstitutionName,
        given: Option<GivenKey>,
        grant: Grant,
        by: &str,
    ) -> Result<NewAccessKey> {
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
            grant: grant.checked()?,
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
        let bits = five
            .iter()
            .fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        for digit in (0..8).rev() {
            let value = bits >> (5 * digit) & 31;
            id.push(char::from(
                b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[usize::try_from(value).unwrap_or_default()],
            ));
        }
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
