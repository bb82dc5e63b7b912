//! The access keys of the institution's own programs: made at the gateway, known to nobody else.
//!
//! They are kept in the replica, which is encrypted; the data centre sees neither the keys nor which of them asked.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use amana_access::{AccessKeyId, Caller, Grant, InstitutionId, Secret};
use amana_store::{LedgerId, Value, clock};

use crate::rows::Rows;
use crate::{Error, Result};

/// The most keys of one gateway.
const MAX_KEYS: usize = 10_000;
/// Characters of an id and of a secret that are made here, as S3 programs expect them.
const ID_CHARS: usize = 20;
const SECRET_CHARS: usize = 40;
const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A key, without its secret.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct LocalKey {
    /// Its id.
    pub access_key_id: String,
    /// What it may do.
    #[serde(flatten)]
    pub grant: Grant,
    /// When it was made, milliseconds since 1970.
    pub since_ms: i64,
}

/// The keys of this gateway.
pub struct Callers {
    rows: Rows,
    institution: Arc<str>,
    canonical_id: Arc<str>,
    ledger: LedgerId,
    known: RwLock<HashMap<String, (Arc<Caller>, Secret)>>,
}

impl Callers {
    pub(crate) fn open(rows: Rows, institution: &str, ledger: LedgerId) -> Result<Self> {
        // Any fixed function of the name serves: S3 programs compare it, and never more.
        let id = amana_ledger::Hash::of(&[b"amana/gateway-owner/v1\0", institution.as_bytes()]);
        let callers = Self {
            rows,
            institution: institution.into(),
            canonical_id: hex::encode(id.as_bytes()).into(),
            ledger,
            known: RwLock::default(),
        };
        let stored = callers.rows.read(|rows| {
            rows.all("SELECT id, secret, rights FROM gateway_keys", &[], |row| {
                Ok((
                    row.text(0)?.to_owned(),
                    zeroize::Zeroizing::new(row.text(1)?.to_owned()),
                    row.text(2)?.to_owned(),
                ))
            })
        })?;
        for (id, secret, rights) in stored {
            let grant = serde_json::from_str(&rights).map_err(damaged)?;
            let secret = secret.parse().map_err(damaged)?;
            callers.remember(&id, grant, secret);
        }
        Ok(callers)
    }

    /// Who holds that key, and its secret; nothing when it isn't known here.
    #[must_use]
    pub fn caller(&self, access_key_id: &str) -> Option<(Arc<Caller>, Secret)> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(access_key_id).cloned()
    }

    /// Makes a key. The secret is shown this once. Blocking.
    ///
    /// # Errors
    /// [`Error::Setting`] for a grant that can't be, or too many keys; [`Error::Random`]; a failure of the replica.
    pub fn create(&self, grant: Grant) -> Result<(AccessKeyId, Secret)> {
        let id = random(ID_CHARS)?.as_str().parse().map_err(damaged)?;
        let secret = random(SECRET_CHARS)?.as_str().parse().map_err(damaged)?;
        self.take_in(&id, &secret, grant)?;
        Ok((id, secret))
    }

    /// Takes a key that programs have already. Blocking.
    ///
    /// # Errors
    /// As [`Callers::create`], and [`Error::Setting`] for an id that is known.
    pub fn take_in(&self, id: &AccessKeyId, secret: &Secret, grant: Grant) -> Result<()> {
        let refused = |why: String| Error::Setting {
            what: format!("the access key {}", id.as_str()),
            why,
        };
        let grant = grant
            .checked()
            .map_err(|error| refused(error.to_string()))?;
        let rights = serde_json::to_string(&grant).map_err(damaged)?;
        if self.caller(id.as_str()).is_some() {
            return Err(refused("it exists already".into()));
        }
        if self.count() >= MAX_KEYS {
            return Err(refused(format!("there are {MAX_KEYS} keys already")));
        }
        self.rows.write(|rows| {
            rows.execute(
                "INSERT INTO gateway_keys (id, secret, rights, since_ms) VALUES ($1, $2, $3, $4)",
                &[
                    id.as_str().into(),
                    secret.reveal().into(),
                    rights.as_str().into(),
                    Value::Int(clock::system_ms()),
                ],
            )?;
            Ok(())
        })?;
        self.rows.flush()?;
        self.remember(id.as_str(), grant, secret.clone());
        Ok(())
    }

    /// Takes a key away: it is refused from now on. Says whether there was one. Blocking.
    ///
    /// # Errors
    /// A failure of the replica.
    pub fn revoke(&self, access_key_id: &str) -> Result<bool> {
        // First from memory: a failure of the disk must not leave it in force.
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let had = known.remove(access_key_id).is_some();
        drop(known);
        self.rows.write(|rows| {
            rows.execute(
                "DELETE FROM gateway_keys WHERE id = $1",
                &[access_key_id.into()],
            )?;
            Ok(())
        })?;
        self.rows.flush()?;
        Ok(had)
    }

    /// The keys, oldest first. Blocking.
    ///
    /// # Errors
    /// A failure of the replica.
    pub fn list(&self) -> Result<Vec<LocalKey>> {
        let stored = self.rows.read(|rows| {
            rows.all(
                "SELECT id, rights, since_ms FROM gateway_keys ORDER BY since_ms, id",
                &[],
                |row| {
                    Ok((
                        row.text(0)?.to_owned(),
                        row.text(1)?.to_owned(),
                        row.int(2)?,
                    ))
                },
            )
        })?;
        let key = |(access_key_id, rights, since_ms): (String, String, i64)| {
            Ok(LocalKey {
                access_key_id,
                grant: serde_json::from_str(&rights).map_err(damaged)?,
                since_ms,
            })
        };
        stored.into_iter().map(key).collect()
    }

    /// The institution itself, on this machine: for the gateway's own command line.
    #[must_use]
    pub fn own(&self, user: &str) -> Caller {
        self.caller_of("", Grant::everything(), &format!("gateway:{user}"))
    }

    fn count(&self) -> usize {
        self.known
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
    }

    fn remember(&self, id: &str, grant: Grant, secret: Secret) {
        let caller = Arc::new(self.caller_of(id, grant, &format!("key:{id}")));
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(id.to_owned(), (caller, secret));
    }

    fn caller_of(&self, id: &str, grant: Grant, actor: &str) -> Caller {
        Caller {
            institution: InstitutionId::from(self.ledger),
            name: self.institution.clone(),
            canonical_id: self.canonical_id.clone(),
            ledger: self.ledger,
            actor: actor.into(),
            access_key_id: id.into(),
            grant,
        }
    }
}

/// Random letters and digits, five bits each.
fn random(chars: usize) -> Result<zeroize::Zeroizing<String>> {
    let mut bytes = zeroize::Zeroizing::new(vec![0; chars]);
    getrandom::fill(&mut bytes).map_err(|error| Error::Random(error.to_string()))?;
    let letters = bytes
        .iter()
        .map(|b| char::from(LETTERS[usize::from(b % 32)]));
    Ok(zeroize::Zeroizing::new(letters.collect()))
}

fn damaged(error: impl std::fmt::Display) -> Error {
    Error::Store(amana_store::Error::Damaged {
        what: "a local access key".into(),
        why: error.to_string(),
    })
}
