//! A gateway: its parts put together, and kept going.

mod rooms;
mod telling;

use std::future::Future;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use amana_ledger::Policy;
use amana_seal::envelope::EnvelopeKey;
use amana_seal::keyring::Bundle;
use amana_seal::member::MemberKey;
use amana_seal::root::RootKey;
use amana_store::{clock, folders};
use amana_tls::Connector;
use amana_vault::Vault;

use crate::acks::Acks;
use crate::alarm::Alarms;
use crate::callers::Callers;
use crate::centre::dial::Dial;
use crate::centre::limit::{Limit, Limited};
use crate::centre::{Asker, Centre, ClockSeconds, MEMBER, Patience};
use crate::follow::{Follower, Parts, Tell, Trust};
use crate::freshness::{Freshness, MAX_AGE_S, Vouched};
use crate::keys::Keys;
use crate::link::Link;
use crate::mirror::{self, MirrorOptions, Mirroring};
use crate::pieces::Pieces;
use crate::recorder::Recorder;
use crate::rows::Rows;
use crate::shares::Shares;
use crate::spool::{Delivery, Spool, SpoolOptions, Spooling, apart};
use crate::wire::{self, CosignedLine};
use crate::{Error, LEDGER, Result};
use rooms::{open_rows, open_spool, own_key};

/// Between two looks at what witnesses cosigned.
const WEIGH_EVERY: Duration = Duration::from_secs(10);
/// The longest receipt that is asked for.
const MAX_RECEIPT_BYTES: usize = amana_ledger::MAX_RECEIPT_BYTES;

/// How to open a gateway.
pub struct Options {
    /// Its folder: the replica, and evidence.
    pub folder: PathBuf,
    /// The data centre, and whom to believe there.
    pub centre: Connector,
    /// The institution's name.
    pub institution: String,
    /// The root's public key, pinned at enrolment.
    pub root: RootKey,
    /// This gateway's own secret.
    pub member: MemberKey,
    /// The trust policy, pinned at enrolment.
    pub policy: Vec<u8>,
    /// Between two looks at the ledger.
    pub poll: Duration,
    /// How long is waited for the data centre.
    pub patience: Patience,
    /// Another way to the data centre than that, for tests.
    pub dial: Option<Arc<dyn Dial>>,
    /// How much of the line may be used, and when; the first that applies.
    pub limits: Vec<Limit>,
    /// By how much the limits' hours are ahead of UTC, in seconds.
    pub utc_offset_s: i64,
    /// What is spooled while the data centre is out of reach; nothing answers such changes with an error.
    pub spool: Option<SpoolOptions>,
    /// Where a copy of everything is kept, if anywhere.
    pub mirror: Option<MirrorOptions>,
    /// Told how far the first sync has come.
    pub tell: Option<Tell>,
}

impl Options {
    /// With the usual pace and patience.
    #[must_use]
    pub fn new(
        folder: PathBuf,
        centre: Connector,
        institution: &str,
        root: RootKey,
        member: MemberKey,
        policy: Vec<u8>,
    ) -> Self {
        Self {
            folder,
            centre,
            institution: institution.to_owned(),
            root,
            member,
            policy,
            poll: Duration::from_secs(2),
            patience: Patience::default(),
            dial: None,
            limits: Vec::new(),
            utc_offset_s: 0,
            spool: None,
            mirror: None,
            tell: None,
        }
    }
}

/// A gateway. Its vault serves while [`Gateway::run`] is polled.
pub struct Gateway {
    vault: Arc<Vault>,
    callers: Arc<Callers>,
    shares: Arc<Shares>,
    alarms: Arc<Alarms>,
    keys: Arc<Keys>,
    centre: Arc<Centre>,
    recorder: Arc<Recorder>,
    follower: Arc<Follower>,
    freshness: Freshness,
    rows: Rows,
    poll: Duration,
    online: Arc<AtomicBool>,
    spooling: Option<Arc<Spooling>>,
    mirroring: Option<Arc<Mirroring>>,
    pieces: Arc<Pieces>,
    trouble: Mutex<Option<String>>,
}

impl Gateway {
    /// Opens the gateway in its folder. The first time, the data centre must be in reach: it names the ledger, on the
    /// word of the policy's national log.
    ///
    /// # Errors
    /// [`Error::Setting`] for options that can't be, [`Error::File`], a failure of the replica; at the first start those
    /// of the line.
    pub async fn open(options: Options) -> Result<Self> {
        let Options {
            folder,
            centre,
            institution,
            root,
            member,
            policy,
            poll,
            patience,
            dial,
            limits,
            utc_offset_s,
            spool,
            mirror,
            tell,
        } = options;
        let pinned = policy.clone();
        folders::make(&folder, 0o755)?;
        let policy = Policy::parse(&policy)?;
        let rows = open_rows(folder.join("index"), &institution, &member).await?;
        let own = EnvelopeKey::from_bytes(own_key(b"amana.access-keys-key/v1\0", &member));
        let callers = Callers::open(&folder.join("access-keys"), own, &institution, LEDGER)?;
        let shares_key = EnvelopeKey::from_bytes(own_key(b"amana.shares-key/v1\0", &member));
        let links_key = own_key(b"amana.share-links-key/v1\0", &member);
        let shares = Shares::open(&folder.join("shares"), shares_key, links_key)?;
        let online = Arc::new(AtomicBool::new(false));
        let spool_key = EnvelopeKey::from_bytes(own_key(b"amana.spool-key/v1\0", &member));
        let spooling = open_spool(spool, spool_key, &online).await?;
        let keys = Arc::new(Keys::open(root, member, &rows)?);
        let now_s: ClockSeconds = Arc::new(|| clock::system_ms().div_euclid(1000));
        let dial: Arc<dyn Dial> = match dial {
            Some(dial) => dial,
            None => Arc::new(centre.clone()),
        };
        let dial = if limits.is_empty() {
            dial
        } else {
            Arc::new(Limited::new(dial, limits, now_s.clone(), utc_offset_s))
        };
        let signer = keys.clone();
        let asker = Asker {
            scheme: MEMBER,
            institution: institution.clone(),
            member: keys.member_id().to_string(),
            sign: Arc::new(move |text| signer.member().sign(text)),
        };
        let centre = Arc::new(Centre::new(centre.place(), asker, dial, patience, now_s)?);
        let trust = Trust::load(policy, &centre, &rows).await?;
        let alarms = Arc::new(Alarms::open(&folder.join("evidence"))?);
        let acks = Arc::new(Acks::open(rows.clone())?);
        let pieces = Arc::new(Pieces::new(
            centre.clone(),
            keys.clone(),
            alarms.clone(),
            trust.origin(),
            spooling.clone(),
        ));
        let recorder = Arc::new(Recorder::new(
            centre.clone(),
            keys.clone(),
            alarms.clone(),
            acks.clone(),
            trust.row.log.clone(),
        ));
        let link = Arc::new(Link {
            keys: keys.clone(),
            pieces: pieces.clone(),
            recorder: recorder.clone(),
            spooling: spooling.clone(),
            follower: OnceLock::new(),
        });
        let vault = Arc::new(Vault::on_replica(rows.0.clone(), link.clone()));
        let follower = Arc::new(Follower::open(Parts {
            centre: centre.clone(),
            keys: keys.clone(),
            alarms: alarms.clone(),
            acks,
            vault: vault.clone(),
            rows: rows.clone(),
            trust,
            tell,
        })?);
        // It is set this once.
        let _ = link.follower.set(follower.clone());
        let mirroring = mirror.map(|options| {
            Mirroring::new(mirror::Parts {
                options,
                folder: folder.join("mirror"),
                policy: pinned,
                centre: centre.clone(),
                keys: keys.clone(),
                rows: rows.clone(),
                recorder: recorder.clone(),
                follower: follower.clone(),
                poll,
            })
        });
        let mirroring = mirroring.transpose()?.map(Arc::new);
        Ok(Self {
            callers: Arc::new(callers),
            shares: Arc::new(shares),
            freshness: Freshness::default(),
            mirroring,
            online,
            spooling,
            pieces,
            trouble: Mutex::default(),
            vault,
            alarms,
            keys,
            centre,
            recorder,
            follower,
            rows,
            poll,
        })
    }

    /// The vault, for the S3 front.
    #[must_use]
    pub fn vault(&self) -> &Arc<Vault> {
        &self.vault
    }

    /// The access keys of the institution's programs.
    #[must_use]
    pub fn callers(&self) -> &Arc<Callers> {
        &self.callers
    }

    /// What people share by links.
    #[must_use]
    pub fn shares(&self) -> &Arc<Shares> {
        &self.shares
    }

    /// Every alarm.
    #[must_use]
    pub fn alarms(&self) -> &Arc<Alarms> {
        &self.alarms
    }

    /// The data centre, for whoever speaks to it with this gateway's signature.
    #[must_use]
    pub fn centre(&self) -> &Arc<Centre> {
        &self.centre
    }

    /// Whether the head that is served here can be vouched for. While an alarm stands it can't.
    #[must_use]
    pub fn vouched(&self) -> Vouched {
        let vouched = self.freshness.vouched(clock::system_ms().div_euclid(1000));
        match vouched {
            Vouched::Yes { age_s } if self.alarms.stopping().is_some() => Vouched::No {
                last_s: Some(clock::system_ms().div_euclid(1000) - age_s),
            },
            vouched => vouched,
        }
    }

    /// Follows the ledger to its newest entry: the first time, from its beginning.
    ///
    /// # Errors
    /// Those of the line; [`Error::Alarm`].
    pub async fn sync(&self) -> Result<()> {
        let synced = self.advance().await;
        self.online.store(
            !synced.as_ref().is_err_and(Error::is_offline),
            Ordering::Relaxed,
        );
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) =
            synced.as_ref().err().map(Error::to_string);
        self.freshness.followed(&self.follower.head());
        synced
    }

    async fn advance(&self) -> Result<()> {
        match self.follower.advance().await {
            // An epoch that began since: its secret is in the newest keyring.
            Err(Error::NoEpoch { .. }) => {
                self.learn_newest().await?;
                self.follower.advance().await
            }
            advanced => advanced,
        }
    }

    /// Keeps the gateway going until `shutdown`: sends what is recorded, follows the ledger, weighs cosignatures.
    ///
    /// # Errors
    /// A failure of the replica, after which the gateway is opened again.
    pub async fn run(&self, shutdown: impl Future<Output = ()> + Send) -> Result<()> {
        let sending = tokio::spawn(self.recorder.clone().run());
        let delivering = self.spooling.as_ref().map(|spooling| {
            let delivery = Delivery {
                spool: spooling.spool.clone(),
                vault: self.vault.clone(),
                pieces: self.pieces.clone(),
            };
            tokio::spawn(delivery.run())
        });
        let copying = self.mirroring.clone();
        let copying = copying.map(|mirroring| tokio::spawn(mirroring.run()));
        let ended = tokio::select! {
            () = shutdown => Ok(()),
            ended = self.keep_following() => ended,
        };
        sending.abort();
        if let (Some(mirroring), Some(copying)) = (&self.mirroring, copying) {
            mirroring.stop();
            copying.abort();
        }
        if let Some(delivering) = delivering {
            delivering.abort();
        }
        let rows = self.rows.clone();
        let flushed = tokio::task::spawn_blocking(move || rows.flush()).await;
        ended.and(flushed.map_err(|_| Error::Stopping)?)
    }

    async fn keep_following(&self) -> Result<()> {
        let mut weighed: Option<tokio::time::Instant> = None;
        let mut told = String::new();
        loop {
            match self.sync().await {
                Ok(()) => told.clear(),
                Err(Error::Store(error @ amana_store::Error::Stopped { .. })) => {
                    return Err(error.into());
                }
                Err(Error::Alarm(_)) => {}
                // Each trouble is told once, and another one after it as well.
                Err(error) if told == error.to_string() => {
                    tracing::debug!(%error, "the ledger can't be followed");
                }
                Err(error) => {
                    tracing::warn!(%error, "the ledger can't be followed; trying again");
                    told = error.to_string();
                }
            }
            let now = tokio::time::Instant::now();
            if weighed.is_none_or(|last| now - last >= WEIGH_EVERY) {
                weighed = Some(now);
                if let Err(error) = self.weigh().await {
                    tracing::debug!(%error, "cosignatures can't be weighed");
                }
                self.purge().await?;
            }
            let rows = self.rows.clone();
            let flushed = tokio::task::spawn_blocking(move || rows.flush()).await;
            flushed.map_err(|_| Error::Stopping)??;
            tokio::time::sleep(self.poll).await;
        }
    }

    /// Removes what was delivered and is witnessed from the spool; under a policy without a quorum, what was followed.
    async fn purge(&self) -> Result<()> {
        let Some(spooling) = &self.spooling else {
            return Ok(());
        };
        let size = if self.follower.trust.policy.has_quorum() {
            self.freshness.witnessed().unwrap_or(0)
        } else {
            self.follower.head().size
        };
        let purge = move |spool: &Spool| {
            spool.purge(size);
            Ok(())
        };
        apart(&spooling.spool, purge).await
    }

    /// Weighs what witnesses said of the followed heads.
    async fn weigh(&self) -> Result<()> {
        let trust = &self.follower.trust;
        let path = format!("/ledgers/{}/cosignatures", trust.row.name);
        let lines = self.centre.get(&path, wire::MAX_COSIGNATURES_BYTES).await?;
        let lines: Vec<CosignedLine> = wire::json(&path, &lines)?;
        self.freshness.weigh(&lines, &trust.row, &trust.policy);
        if let Some(mirroring) = &self.mirroring {
            mirroring.cosigned(lines, self.freshness.witnessed());
        }
        // In a ledger that stands still, cosignatures grow old while the national log goes on committing its head. It is
        // asked for early, so that nobody is told in between that there is no vouching.
        let size = self.follower.head().size;
        let young = matches!(self.vouched(), Vouched::Yes { age_s } if age_s < MAX_AGE_S / 2);
        if !young && size > 0 {
            let path = format!("/receipts/{}/{}?newest", trust.row.name, size - 1);
            let receipt = self.centre.get(&path, MAX_RECEIPT_BYTES).await?;
            self.freshness
                .take_receipt(&receipt, &trust.row, &trust.policy)?;
        }
        Ok(())
    }

    /// Has the body of a sealed act erased, of which nothing stands any more, under this gateway's signature; gives the
    /// name of the receipt. `reason`, ready for a query, is written in the ledger.
    ///
    /// # Errors
    /// [`Error::Setting`] for an act that is in force, what the data centre refuses, those of the line.
    pub async fn erase(&self, index: u64, reason: &str) -> Result<String> {
        let receipt = self.follower.erase(index, reason).await?;
        self.sync().await?;
        Ok(receipt)
    }

    /// Has what the data centre lost looked for and given back from the mirror, whether it says so or not.
    ///
    /// # Errors
    /// [`Error::Setting`] without a mirror, [`Error::File`].
    pub fn give_back(&self) -> Result<()> {
        let Some(mirroring) = &self.mirroring else {
            return Err(Error::Setting {
                what: "mirror".into(),
                why: "this gateway keeps none: name a folder in gateway.toml".into(),
            });
        };
        mirroring.ask_to_give_back()
    }

    /// Opens this gateway's file of the newest keyring, whose secrets serve as soon as the ledger names them.
    async fn learn_newest(&self) -> Result<()> {
        let path = format!("/api/v1/institutions/{}/keyring", self.centre.institution());
        let bundle = self.centre.get(&path, wire::MAX_BUNDLE_BYTES).await?;
        self.keys.learn(&Bundle::parse(&bundle)?)
    }
}
