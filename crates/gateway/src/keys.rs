//! The institution's keys, as far as this gateway's own secret opens them.
//!
//! Who may sign, and which epochs there are, is taken from the keyrings of the followed ledger alone, each accepted on the
//! one before it, the first on the pinned root. Secrets are found by the commitments of those keyrings: where they came
//! from doesn't matter, since only the right one fits.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use amana_ledger::Note;
use amana_seal::age::{Identity, Recipient};
use amana_seal::envelope::EnvelopeKey;
use amana_seal::epoch::EpochSecret;
use amana_seal::keyring::{self, Accepted, Bundle, Holder};
use amana_seal::member::{MemberId, MemberKey, VerifyingKey};
use amana_seal::names::NameKey;
use amana_seal::root::RootKey;
use amana_store::Value;

use crate::rows::Rows;
use crate::{Error, Result};

/// Bucket keys kept ready; each takes tens of microseconds to derive.
const MAX_READY: usize = 4096;

/// A keyring in force.
pub(crate) struct Ring {
    /// Its number.
    pub(crate) number: u64,
    /// Its signed text, for evidence.
    pub(crate) text: String,
    accepted: Accepted,
    /// Who opens what is sealed to the institution as a whole: the root first, then the members by id.
    holders: Vec<(Holder, Recipient)>,
}

impl Ring {
    /// The key of a member that stands in it.
    pub(crate) fn key_of(&self, member: MemberId) -> Option<VerifyingKey> {
        Some(self.accepted.keyring().member(member)?.key)
    }

    /// The admin in it who signed a note; nothing if none did.
    pub(crate) fn admin_of(&self, note: &Note) -> Option<MemberId> {
        amana_access::admin_of(self.accepted.keyring(), note)
    }

    /// The newest epoch, under which alone anything may be sealed while it is in force.
    pub(crate) fn newest_epoch(&self) -> Option<u32> {
        Some(self.accepted.keyring().epochs.last()?.number)
    }

    fn commitment_of(&self, epoch: u32) -> Option<[u8; 32]> {
        let epochs = &self.accepted.keyring().epochs;
        let found = epochs.iter().find(|known| known.number == epoch)?;
        Some(found.commitment)
    }
}

/// What an act is sealed and signed under.
pub(crate) struct Current {
    /// The keyring's number.
    pub(crate) number: u64,
    /// Its newest epoch.
    pub(crate) epoch: u32,
    /// The key of that epoch's envelopes.
    pub(crate) envelope_key: Arc<EnvelopeKey>,
}

/// The keys of this gateway.
pub(crate) struct Keys {
    root: RootKey,
    member: MemberKey,
    ring: RwLock<Option<Arc<Ring>>>,
    secrets: RwLock<Secrets>,
    ready: Mutex<HashMap<(u32, String), Arc<Identity>>>,
}

/// Opened secrets, by their commitments.
#[derive(Default)]
struct Secrets {
    epochs: HashMap<[u8; 32], (Arc<EpochSecret>, Arc<EnvelopeKey>)>,
    names: HashMap<[u8; 32], Arc<NameKey>>,
}

impl Keys {
    /// The keys of a member, with every keyring that the replica remembers accepted once more.
    pub(crate) fn open(root: RootKey, member: MemberKey, rows: &Rows) -> Result<Self> {
        let keys = Self {
            root,
            member,
            ring: RwLock::default(),
            secrets: RwLock::default(),
            ready: Mutex::default(),
        };
        let kept = rows.read(|rows| {
            rows.all(
                "SELECT bundle FROM gateway_keyrings ORDER BY number",
                &[],
                |row| Ok(row.text(0)?.to_owned()),
            )
        })?;
        for bundle in kept {
            keys.accept(&bundle)?;
        }
        Ok(keys)
    }

    /// This gateway's member id.
    pub(crate) fn member_id(&self) -> MemberId {
        self.member.id()
    }

    pub(crate) fn member(&self) -> &MemberKey {
        &self.member
    }

    /// The keyring in force where the follower stands.
    pub(crate) fn ring(&self) -> Option<Arc<Ring>> {
        self.ring
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Who, beside this gateway, opens what is sealed to the institution as a whole, under the keyring in force; nothing
    /// before there is one.
    pub(crate) fn holders(&self) -> Option<Vec<Recipient>> {
        let (ring, own) = (self.ring()?, Holder::Member(self.member_id()));
        let others = ring.holders.iter().filter(|(holder, _)| *holder != own);
        Some(others.map(|(_, recipient)| recipient.clone()).collect())
    }

    /// What custodians hold the root, in the words of the keyring in force.
    pub(crate) fn custodians(&self) -> Option<String> {
        let ring = self.ring()?;
        let held = &ring.accepted.keyring().custodians;
        Some(format!("{} {}", held.plan, held.set))
    }

    /// Takes the next keyring of the ledger, and remembers it.
    ///
    /// # Errors
    /// [`Error::Seal`] when it breaks the rules.
    pub(crate) fn publish(&self, index: u64, bundle: &str, rows: &Rows) -> Result<()> {
        let before = self.ring().map_or(0, |ring| ring.number);
        let parsed = Bundle::parse(bundle.as_bytes())?;
        // Followed once more after a crash: what was accepted then stands at the same entry. At another one it is brought
        // back, from before a revocation perhaps.
        let number = parsed.keyring().number;
        if number <= before && self.is_kept(number, index, rows)? {
            return Ok(());
        }
        let number = self.accept(bundle)?;
        rows.write(|rows| {
            rows.execute(
                "INSERT INTO gateway_keyrings (number, entry, bundle) VALUES ($1, $2, $3) \
                 ON CONFLICT (number) DO NOTHING",
                &[
                    Value::Int(number.cast_signed()),
                    Value::Int(index.cast_signed()),
                    bundle.into(),
                ],
            )?;
            Ok(())
        })
    }

    /// Whether the keyring of that number came with that entry: what an entry holds is settled by the ledger's tree.
    fn is_kept(&self, number: u64, index: u64, rows: &Rows) -> Result<bool> {
        let kept = rows.read(|rows| {
            rows.one(
                "SELECT entry FROM gateway_keyrings WHERE number = $1",
                &[Value::Int(number.cast_signed())],
                |row| row.int(0),
            )
        })?;
        Ok(kept == Some(index.cast_signed()))
    }

    fn accept(&self, bundle: &str) -> Result<u64> {
        let parsed = Bundle::parse(bundle.as_bytes())?;
        let before = self.ring();
        let previous = before.as_deref().map(|ring| &ring.accepted);
        let accepted = keyring::accept(previous, parsed.signed().clone(), &self.root)?;
        self.learn(&parsed)?;
        let holders = accepted.keyring().holders().filter_map(|holder| {
            let recipient = parsed.recipient(holder)?.clone();
            Some((holder, Recipient::Hybrid(recipient)))
        });
        let ring = Ring {
            holders: holders.collect(),
            number: accepted.keyring().number,
            text: accepted.signed().text(),
            accepted,
        };
        let number = ring.number;
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(ring));
        Ok(number)
    }

    /// Opens this gateway's own file of a keyring, if it has one there, and keeps the secrets under their commitments.
    pub(crate) fn learn(&self, bundle: &Bundle) -> Result<()> {
        let own = Holder::Member(self.member_id());
        if bundle.file(own).is_none() {
            return Ok(());
        }
        let opened = bundle.open(own, self.member.identity())?;
        let mut secrets = self.secrets.write().unwrap_or_else(PoisonError::into_inner);
        for epoch in opened.epochs {
            let key = Arc::new(epoch.envelope_key());
            secrets
                .epochs
                .insert(epoch.commitment(), (Arc::new(epoch), key));
        }
        let names = opened.name_key;
        secrets.names.insert(names.commitment(), Arc::new(names));
        Ok(())
    }

    /// What the next act is sealed and signed under.
    ///
    /// # Errors
    /// [`Error::Revoked`] when the keyring in force no longer names this gateway.
    pub(crate) fn current(&self) -> Result<Current> {
        let ring = self.standing()?;
        let epoch = ring
            .accepted
            .keyring()
            .epochs
            .last()
            .map(|epoch| epoch.number);
        let epoch = epoch.ok_or(Error::NoEpoch { epoch: 0 })?;
        Ok(Current {
            number: ring.number,
            epoch,
            envelope_key: self.envelope_key(&ring, epoch)?,
        })
    }

    /// The key of an epoch's envelopes.
    pub(crate) fn envelope_key(&self, ring: &Ring, epoch: u32) -> Result<Arc<EnvelopeKey>> {
        let commitment = ring.commitment_of(epoch).ok_or(Error::NoEpoch { epoch })?;
        let secrets = self.secrets.read().unwrap_or_else(PoisonError::into_inner);
        let found = secrets.epochs.get(&commitment);
        found
            .map(|(_, key)| key.clone())
            .ok_or(Error::NoEpoch { epoch })
    }

    /// What content for a bucket is sealed to, and the epoch whose key it is.
    pub(crate) fn recipient(&self, bucket: &str) -> Result<(u32, Recipient)> {
        let epoch = self.current()?.epoch;
        Ok((epoch, self.identity(epoch, bucket)?.recipient()))
    }

    /// What opens the content of a bucket.
    pub(crate) fn identity(&self, epoch: u32, bucket: &str) -> Result<Arc<Identity>> {
        let ring = self.standing()?;
        let place = (epoch, bucket.to_owned());
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(identity) = ready.get(&place) {
            return Ok(identity.clone());
        }
        let commitment = ring.commitment_of(epoch).ok_or(Error::NoEpoch { epoch })?;
        let secrets = self.secrets.read().unwrap_or_else(PoisonError::into_inner);
        let (secret, _) = secrets
            .epochs
            .get(&commitment)
            .ok_or(Error::NoEpoch { epoch })?;
        let identity = Arc::new(Identity::X25519(secret.bucket_identity(bucket)));
        if ready.len() >= MAX_READY {
            ready.clear();
        }
        ready.insert(place, identity.clone());
        Ok(identity)
    }

    /// What names are hidden under.
    pub(crate) fn name_key(&self) -> Result<Arc<NameKey>> {
        self.names_of(&*self.standing()?)
    }

    /// The key of names under a keyring, whether this gateway stands in it or came later.
    pub(crate) fn names_of(&self, ring: &Ring) -> Result<Arc<NameKey>> {
        let secrets = self.secrets.read().unwrap_or_else(PoisonError::into_inner);
        let found = secrets.names.get(&ring.accepted.keyring().name_key);
        found.cloned().ok_or(Error::NoEpoch { epoch: 0 })
    }

    /// The keyring in force, if this gateway stands in it.
    fn standing(&self) -> Result<Arc<Ring>> {
        let ring = self.ring().ok_or_else(|| Error::Setting {
            what: "the keyring".into(),
            why: "the ledger has none yet, or was not followed so far: wait for the first sync"
                .into(),
        })?;
        if ring.key_of(self.member_id()).is_none() {
            return Err(Error::Revoked {
                member: self.member_id().to_string(),
                keyring: ring.number,
            });
        }
        Ok(ring)
    }
}
