//! Files that one person shows another by a link: who shared what, until when, and when the link was used.
//!
//! Kept in a sealed file beside the access keys, on this gateway alone. A link carries the share's number, its end, and a mac
//! under this gateway's own key, so that none is looked up that was not given here.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use amana_seal::envelope::{self, EnvelopeKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::callers::write_whole;
use crate::{Error, Result};

/// What the file is sealed with, beside its key.
const CONTEXT: &[u8] = b"amana.shares/v1";
/// What links are signed for.
const DOMAIN: &[u8] = b"amana/share-link/v1\0";
/// The longest that a link opens: a week.
pub const MAX_SHARE_MS: i64 = 7 * DAY_MS;
/// After its end a share is kept for so long, so that its person can see when it was used.
const KEPT_MS: i64 = 30 * DAY_MS;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// The most shares of one gateway, and of one access key.
const MAX_SHARES: usize = 10_000;
const MAX_OF_ONE: usize = 500;
const ID_BYTES: usize = 16;
const MAC_BYTES: usize = 32;

/// Something that is shared.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Share {
    /// The access key of whoever shared it: with its rights the file is read.
    pub access_key_id: String,
    /// The path, without a `/` at either end.
    pub path: String,
    /// When, milliseconds since 1970.
    pub made_ms: i64,
    /// Until when, milliseconds since 1970; earlier once it was taken back.
    pub until_ms: i64,
    /// How often the link was used.
    pub uses: u64,
    /// When it was used last, milliseconds since 1970.
    pub last_use_ms: Option<i64>,
}

/// The shares of this gateway.
pub struct Shares {
    path: PathBuf,
    key: EnvelopeKey,
    signing: Zeroizing<[u8; 32]>,
    known: Mutex<BTreeMap<String, Share>>,
}

impl Shares {
    pub(crate) fn open(
        path: &Path,
        key: EnvelopeKey,
        signing: Zeroizing<[u8; 32]>,
    ) -> Result<Self> {
        let known = match fs::read(path) {
            Ok(sealed) => {
                let plain = envelope::open(&key, CONTEXT, &sealed)?;
                serde_json::from_slice(&plain).map_err(damaged)?
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(Error::file("read", path)(error)),
        };
        Ok(Self {
            path: path.to_owned(),
            key,
            signing,
            known: Mutex::new(known),
        })
    }

    /// Shares a file until then, a week at most, and gives what stands in the link. Blocking; on disk on return.
    ///
    /// # Errors
    /// [`Error::Setting`] for too many shares, [`Error::Random`], [`Error::File`].
    pub fn share(
        &self,
        access_key_id: &str,
        path: &str,
        until_ms: i64,
        now_ms: i64,
    ) -> Result<String> {
        let mut random = [0; ID_BYTES];
        getrandom::fill(&mut random).map_err(|error| Error::Random(error.to_string()))?;
        let id = hex::encode(random);
        let until_ms = until_ms.clamp(now_ms, now_ms + MAX_SHARE_MS);
        let mut known = self.lock();
        known.retain(|_, share| share.until_ms + KEPT_MS > now_ms);
        let mine = known
            .values()
            .filter(|share| share.access_key_id == access_key_id);
        if known.len() >= MAX_SHARES || mine.count() >= MAX_OF_ONE {
            return Err(Error::Setting {
                what: "the share".into(),
                why: format!(
                    "there are {MAX_OF_ONE} of one access key at most, and {MAX_SHARES} in all"
                ),
            });
        }
        let share = Share {
            access_key_id: access_key_id.to_owned(),
            path: path.to_owned(),
            made_ms: now_ms,
            until_ms,
            uses: 0,
            last_use_ms: None,
        };
        known.insert(id.clone(), share);
        self.save(&known).inspect_err(|_| {
            known.remove(&id);
        })?;
        tracing::info!(share = %id, access_key = access_key_id, "a file was shared");
        Ok(self.token(random, until_ms))
    }

    /// What a link shows, if it was given here, stands, and isn't over.
    #[must_use]
    pub fn find(&self, token: &str, now_ms: i64) -> Option<(String, Share)> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (id, rest) = bytes.split_first_chunk::<ID_BYTES>()?;
        let (until, mac) = rest.split_first_chunk::<8>()?;
        let mac = <&[u8; MAC_BYTES]>::try_from(mac).ok()?;
        self.mac(id, until).verify(mac.into()).ok()?;
        let id = hex::encode(id);
        let share = self.lock().get(&id)?.clone();
        (share.until_ms > now_ms).then_some((id, share))
    }

    /// Notes that a link was used. Blocking; on disk on return.
    ///
    /// # Errors
    /// [`Error::File`]: then it must not be served.
    pub fn used(&self, id: &str, now_ms: i64) -> Result<()> {
        let mut known = self.lock();
        if let Some(share) = known.get_mut(id) {
            share.uses += 1;
            share.last_use_ms = Some(now_ms);
            tracing::info!(share = id, uses = share.uses, "a shared file was fetched");
        }
        self.save(&known)
    }

    /// Ends a share of that person's. Says whether there was one. Blocking; on disk on return.
    ///
    /// # Errors
    /// [`Error::File`]: it is over all the same, until the gateway is restarted.
    pub fn take_back(&self, access_key_id: &str, id: &str, now_ms: i64) -> Result<bool> {
        let mut known = self.lock();
        let mine = known
            .get_mut(id)
            .filter(|share| share.access_key_id == access_key_id);
        let Some(share) = mine else {
            return Ok(false);
        };
        share.until_ms = share.until_ms.min(now_ms);
        tracing::info!(share = id, "a share was taken back");
        self.save(&known)?;
        Ok(true)
    }

    /// What stands in the link of a share.
    #[must_use]
    pub fn token_of(&self, id: &str, share: &Share) -> Option<String> {
        let id = hex::decode(id).ok()?.try_into().ok()?;
        Some(self.token(id, share.until_ms))
    }

    /// The shares of one person, the newest first, each with its number.
    #[must_use]
    pub fn of(&self, access_key_id: &str) -> Vec<(String, Share)> {
        let known = self.lock();
        let mine = known
            .iter()
            .filter(|(_, share)| share.access_key_id == access_key_id);
        let mut mine: Vec<_> = mine
            .map(|(id, share)| (id.clone(), share.clone()))
            .collect();
        mine.sort_by_key(|(_, share)| std::cmp::Reverse(share.made_ms));
        mine
    }

    fn token(&self, id: [u8; ID_BYTES], until_ms: i64) -> String {
        let until = until_ms.to_be_bytes();
        let mac = self.mac(&id, &until).finalize().into_bytes();
        URL_SAFE_NO_PAD.encode([&id[..], &until[..], &mac[..]].concat())
    }

    fn mac(&self, id: &[u8; ID_BYTES], until: &[u8; 8]) -> Hmac<Sha256> {
        let mac = Hmac::<Sha256>::new_from_slice(&*self.signing);
        let mac = mac.expect("HMAC takes keys of any length");
        mac.chain_update(DOMAIN)
            .chain_update(id)
            .chain_update(until)
    }

    /// Writes all anew: durable on return, old or new and never mixed.
    fn save(&self, known: &BTreeMap<String, Share>) -> Result<()> {
        let plain = Zeroizing::new(serde_json::to_vec(known).map_err(damaged)?);
        write_whole(&self.path, &envelope::seal(&self.key, CONTEXT, &plain)?)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Share>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn damaged(error: impl std::fmt::Display) -> Error {
    Error::Store(amana_store::Error::Damaged {
        what: "the shares".into(),
        why: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(path: &Path) -> Shares {
        let key = EnvelopeKey::from_bytes(Zeroizing::new([1; 32]));
        Shares::open(path, key, Zeroizing::new([2; 32])).expect("the file opens")
    }

    #[test]
    fn a_link_opens_for_its_time_until_it_is_taken_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("shares");
        let now_ms = 1_800_000_000_000;
        let here = shares(&path);
        let link = here
            .share("ME", "office/a.txt", i64::MAX, now_ms)
            .expect("shared");
        let other = here
            .share("ME", "office/b.txt", now_ms + 5, now_ms)
            .expect("shared");
        let (id, share) = here.find(&link, now_ms).expect("it stands");
        assert_eq!(
            (share.path.as_str(), share.until_ms),
            ("office/a.txt", now_ms + MAX_SHARE_MS)
        );
        assert!(here.find(&link, now_ms + MAX_SHARE_MS).is_none());
        assert!(here.find(&other, now_ms + 5).is_none());
        here.used(&id, now_ms + 1).expect("noted");
        // Another start, another person.
        let here = shares(&path);
        assert_eq!(
            here.find(&link, now_ms).map(|(_, share)| share.uses),
            Some(1)
        );
        assert!(!here.take_back("YOU", &id, now_ms + 2).expect("asked"));
        assert!(here.take_back("ME", &id, now_ms + 2).expect("asked"));
        assert!(here.find(&link, now_ms + 2).is_none());
        assert_eq!((here.of("ME").len(), here.of("YOU").len()), (2, 0));
    }

    #[test]
    fn nobody_makes_links() {
        let folder = tempfile::tempdir().expect("a folder");
        let here = shares(&folder.path().join("shares"));
        let link = here.share("ME", "office/a.txt", 2, 1).expect("shared");
        let bytes = URL_SAFE_NO_PAD.decode(&link).expect("base64url");
        for place in 0..bytes.len() {
            let mut bent = bytes.clone();
            bent[place] ^= 1;
            assert!(
                here.find(&URL_SAFE_NO_PAD.encode(bent), 1).is_none(),
                "byte {place}"
            );
        }
        assert!(here.find(&link[..link.len() - 2], 1).is_none() && here.find("", 1).is_none());
        assert!(here.find(&link, 1).is_some());
    }
}
