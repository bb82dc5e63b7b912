//! The access keys of the institution's own programs: made at the gateway, known to nobody else.
//!
//! They are kept in a sealed file of their own, beside the replica, which can be made anew from the ledger while these can't.
//! The data centre sees neither the keys nor which of them asked.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use amana_access::{AccessKeyId, Caller, Grant, InstitutionId, KeyLabel, Secret};
use amana_seal::envelope::{self, EnvelopeKey};
use amana_store::{LedgerId, clock, folders};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{Error, Result};

/// What the file is sealed with, beside its key.
const CONTEXT: &[u8] = b"amana.access-keys/v1";
/// The most keys of one gateway.
const MAX_KEYS: usize = 5_000;
/// Characters of an id and of a secret that are made here, as S3 programs expect them.
const ID_CHARS: usize = 20;
const SECRET_CHARS: usize = 40;
/// The most public keys that one access key lets in.
const MAX_PUBLIC_KEYS: usize = 16;
const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A key, without its secret.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct LocalKey {
    /// Its id.
    pub access_key_id: String,
    /// What it is for, if that was said.
    pub label: Option<String>,
    /// What it may do.
    #[serde(flatten)]
    pub grant: Grant,
    /// When it was made, milliseconds since 1970.
    pub since_ms: i64,
    /// Public keys that are let in by SFTP in its place, in OpenSSH's form.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub public_keys: Vec<String>,
}

/// A key as the file has it.
#[derive(Serialize, Deserialize)]
struct Kept {
    secret: Zeroizing<String>,
    grant: Grant,
    since_ms: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    public_keys: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    label: Option<String>,
}

/// A key in force.
struct Known {
    caller: Arc<Caller>,
    secret: Secret,
    since_ms: i64,
    public_keys: Vec<String>,
    label: Option<String>,
}

/// The keys of this gateway.
pub struct Callers {
    path: PathBuf,
    key: EnvelopeKey,
    institution: Arc<str>,
    canonical_id: Arc<str>,
    ledger: LedgerId,
    known: Mutex<BTreeMap<String, Known>>,
}

impl Callers {
    pub(crate) fn open(
        path: &Path,
        key: EnvelopeKey,
        institution: &str,
        ledger: LedgerId,
    ) -> Result<Self> {
        // Any fixed function of the name serves: S3 programs compare it, and never more.
        let id = amana_ledger::Hash::of(&[b"amana/gateway-owner/v1\0", institution.as_bytes()]);
        let callers = Self {
            path: path.to_owned(),
            key,
            institution: institution.into(),
            canonical_id: hex::encode(id.as_bytes()).into(),
            ledger,
            known: Mutex::default(),
        };
        let sealed = match fs::read(path) {
            Ok(sealed) => sealed,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(callers),
            Err(error) => return Err(Error::file("read", path)(error)),
        };
        let plain = envelope::open(&callers.key, CONTEXT, &sealed)?;
        let kept: BTreeMap<String, Kept> = serde_json::from_slice(&plain).map_err(damaged)?;
        let mut known = callers.lock();
        for (id, kept) in kept {
            let secret = kept.secret.parse().map_err(damaged)?;
            let mut one = callers.known(&id, kept.grant, secret, kept.since_ms);
            one.public_keys = kept.public_keys;
            one.label = kept.label;
            known.insert(id, one);
        }
        drop(known);
        Ok(callers)
    }

    /// Who holds that key, and its secret; nothing when it isn't known here.
    #[must_use]
    pub fn caller(&self, access_key_id: &str) -> Option<(Arc<Caller>, Secret)> {
        let known = self.lock();
        let known = known.get(access_key_id)?;
        Some((known.caller.clone(), known.secret.clone()))
    }

    /// Makes a key. The secret is shown this once. Blocking.
    ///
    /// # Errors
    /// [`Error::Setting`] for a grant that can't be, or too many keys; [`Error::Random`]; a failure of the replica.
    pub fn create(&self, grant: Grant, label: Option<KeyLabel>) -> Result<(AccessKeyId, Secret)> {
        let id = random(ID_CHARS)?.as_str().parse().map_err(damaged)?;
        let secret = random(SECRET_CHARS)?.as_str().parse().map_err(damaged)?;
        self.take_in(&id, &secret, grant, label)?;
        Ok((id, secret))
    }

    /// Takes a key that programs have already. Blocking.
    ///
    /// # Errors
    /// As [`Callers::create`], and [`Error::Setting`] for an id that is known.
    pub fn take_in(
        &self,
        id: &AccessKeyId,
        secret: &Secret,
        grant: Grant,
        label: Option<KeyLabel>,
    ) -> Result<()> {
        let refused = |why: String| Error::Setting {
            what: format!("the access key {}", id.as_str()),
            why,
        };
        let grant = grant
            .checked()
            .map_err(|error| refused(error.to_string()))?;
        let mut known = self.lock();
        if known.contains_key(id.as_str()) {
            return Err(refused("it exists already".into()));
        }
        if known.len() >= MAX_KEYS {
            return Err(refused(format!("there are {MAX_KEYS} keys already")));
        }
        let mut new = self.known(id.as_str(), grant, secret.clone(), clock::system_ms());
        new.label = label.map(|label| label.as_str().to_owned());
        known.insert(id.as_str().to_owned(), new);
        self.save(&known).inspect_err(|_| {
            known.remove(id.as_str());
        })
    }

    /// Takes a key away: it is refused from now on. Says whether there was one. Blocking.
    ///
    /// # Errors
    /// [`Error::File`]: the key is refused all the same, until the gateway is restarted.
    pub fn revoke(&self, access_key_id: &str) -> Result<bool> {
        let mut known = self.lock();
        let had = known.remove(access_key_id).is_some();
        self.save(&known)?;
        Ok(had)
    }

    /// Lets a public key in, in place of the secret, where a protocol knows them. It is taken as it is written: `ssh-ed25519 …`,
    /// without a comment. It goes when the access key does. Blocking.
    ///
    /// # Errors
    /// [`Error::Setting`] for an id that isn't known here, or too many keys; [`Error::File`].
    pub fn authorize(&self, access_key_id: &str, public_key: &str) -> Result<()> {
        let refused = |why: String| Error::Setting {
            what: format!("the access key {access_key_id}"),
            why,
        };
        let mut known = self.lock();
        let Some(one) = known.get_mut(access_key_id) else {
            return Err(refused("this gateway has none of that id".into()));
        };
        if one.public_keys.iter().any(|one| one == public_key) {
            return Ok(());
        }
        if one.public_keys.len() >= MAX_PUBLIC_KEYS {
            let why = format!("it lets {MAX_PUBLIC_KEYS} public keys in already");
            return Err(refused(why));
        }
        one.public_keys.push(public_key.to_owned());
        self.save(&known).inspect_err(|_| {
            if let Some(one) = known.get_mut(access_key_id) {
                one.public_keys.pop();
            }
        })
    }

    /// Whether a public key was let in for an access key.
    #[must_use]
    pub fn lets_in(&self, access_key_id: &str, public_key: &str) -> bool {
        let known = self.lock();
        let known = known.get(access_key_id);
        known.is_some_and(|one| one.public_keys.iter().any(|one| one == public_key))
    }

    /// The keys, oldest first.
    ///
    /// # Errors
    /// None today; whoever lists must not depend on it.
    pub fn list(&self) -> Result<Vec<LocalKey>> {
        let known = self.lock();
        let mut keys: Vec<LocalKey> = known
            .iter()
            .map(|(id, known)| LocalKey {
                access_key_id: id.clone(),
                label: known.label.clone(),
                grant: known.caller.grant.clone(),
                since_ms: known.since_ms,
                public_keys: known.public_keys.clone(),
            })
            .collect();
        keys.sort_by_key(|key| key.since_ms);
        Ok(keys)
    }

    /// The institution itself, on this machine: for the gateway's own command line.
    #[must_use]
    pub fn own(&self, user: &str) -> Caller {
        self.caller_of("", Grant::everything(), &format!("gateway:{user}"))
    }

    fn known(&self, id: &str, grant: Grant, secret: Secret, since_ms: i64) -> Known {
        Known {
            caller: Arc::new(self.caller_of(id, grant, &format!("key:{id}"))),
            secret,
            since_ms,
            public_keys: Vec::new(),
            label: None,
        }
    }

    /// Writes all keys anew: durable on return, old or new and never mixed.
    fn save(&self, known: &BTreeMap<String, Known>) -> Result<()> {
        let kept: BTreeMap<&String, Kept> = known
            .iter()
            .map(|(id, known)| {
                let kept = Kept {
                    secret: Zeroizing::new(known.secret.reveal().to_owned()),
                    grant: known.caller.grant.clone(),
                    since_ms: known.since_ms,
                    public_keys: known.public_keys.clone(),
                    label: known.label.clone(),
                };
                (id, kept)
            })
            .collect();
        let plain = Zeroizing::new(serde_json::to_vec(&kept).map_err(damaged)?);
        let sealed = envelope::seal(&self.key, CONTEXT, &plain)?;
        write_whole(&self.path, &sealed)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
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

/// Writes a file whole: durable on return.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let new = path.with_extension("new");
    let mut file = fs::File::create(&new).map_err(Error::file("create", &new))?;
    file.write_all(bytes).map_err(Error::file("write", &new))?;
    file.sync_data().map_err(Error::file("sync", &new))?;
    fs::rename(&new, path).map_err(Error::file("rename", &new))?;
    let folder = path.parent().unwrap_or(Path::new("."));
    Ok(folders::sync(folder)?)
}

/// Random letters and digits, five bits each.
fn random(chars: usize) -> Result<Zeroizing<String>> {
    let mut bytes = Zeroizing::new(vec![0; chars]);
    getrandom::fill(&mut bytes).map_err(|error| Error::Random(error.to_string()))?;
    let letters = bytes
        .iter()
        .map(|b| char::from(LETTERS[usize::from(b % 32)]));
    Ok(Zeroizing::new(letters.collect()))
}

fn damaged(error: impl std::fmt::Display) -> Error {
    Error::Store(amana_store::Error::Damaged {
        what: "a local access key".into(),
        why: error.to_string(),
    })
}
