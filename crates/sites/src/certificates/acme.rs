//! Certificates from an authority that speaks ACME (RFC 8555), proven by HTTP (§8.3) or by TLS (RFC 8737).

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use amana_tls::{Certificates, Trust};
use instant_acme::{
    Account, AccountCredentials, AuthorizationStatus, ChallengeType, ExternalAccountKey,
    Identifier, NewAccount, NewOrder, OrderStatus, RetryPolicy,
};
use sha2::{Digest as _, Sha256};
use tokio::sync::{Mutex, OnceCell};

use super::calls::Calls;
use super::kept::Kept;
use crate::{Error, Host, Result};

/// For the authority to look, and to sign.
const PATIENCE: RetryPolicy = RetryPolicy::new().timeout(Duration::from_secs(90));
/// After a refusal; doubled at each further one. Authorities count refusals.
const FIRST_PAUSE_S: i64 = 5 * 60;
const LONGEST_PAUSE_S: i64 = 24 * 60 * 60;

/// How a name is shown to be ours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Proof {
    /// At port 80, by a file.
    Http,
    /// At port 443, by a certificate.
    Tls,
}

/// Which authority, and how it is spoken to.
#[derive(Clone, Debug)]
pub struct AcmeSettings {
    /// The URL of its directory.
    pub directory: String,
    /// Whom it writes to: `mailto:…`; may be empty.
    pub contacts: Vec<String>,
    /// Whom to believe at that URL.
    pub trust: Trust,
    /// Where it wants accounts bound to one of its own: that one's name, and its key (§7.3.4).
    pub external_account: Option<(String, Vec<u8>)>,
    /// How names are proven.
    pub proof: Proof,
}

/// An authority's client.
pub struct Acme {
    settings: AcmeSettings,
    kept: Kept,
    certificates: Arc<Certificates>,
    account: OnceCell<Account>,
    /// Of names that were refused: how often in a row, and when they are asked for again.
    refused: Mutex<HashMap<Host, (u32, i64)>>,
}

impl Acme {
    /// A client that keeps its account and what it fetches in `folder`, and shows it through `certificates`. It calls nobody yet.
    ///
    /// # Errors
    /// When the folder can't be made.
    pub fn open(
        settings: AcmeSettings,
        folder: &Path,
        certificates: Arc<Certificates>,
    ) -> Result<Self> {
        let kept = Kept::open(folder).map_err(|source| Error::Read {
            path: folder.to_owned(),
            source,
        })?;
        Ok(Self {
            settings,
            kept,
            certificates,
            account: OnceCell::new(),
            refused: Mutex::default(),
        })
    }

    /// Sees that the site has a certificate that lasts: takes the one that is kept, and fetches another where there is none, or where
    /// it is due. Gives whether one was fetched.
    ///
    /// # Errors
    /// [`Error::Certificate`]; until the pause after a refusal is over, nobody is asked.
    pub async fn keep_up(&self, host: &Host, now_s: i64) -> Result<bool> {
        if self.certificates.until_s(host.as_str()).is_none() {
            self.take_kept(host);
        }
        if let Some(until_s) = self.certificates.until_s(host.as_str())
            && now_s < due_s(host, until_s)
        {
            return Ok(false);
        }
        let mut refused = self.refused.lock().await;
        let (times, again_s) = refused.get(host).copied().unwrap_or((0, i64::MIN));
        if now_s < again_s {
            return Ok(false);
        }
        // The lock is held on: one order at a time is enough, and what authorities like.
        match self.fetch(host).await {
            Ok(()) => {
                refused.remove(host);
                Ok(true)
            }
            Err(why) => {
                let pause_s = (FIRST_PAUSE_S << times.min(12)).min(LONGEST_PAUSE_S);
                refused.insert(host.clone(), (times + 1, now_s + pause_s));
                let host = host.to_string();
                Err(Error::Certificate { host, why })
            }
        }
    }

    /// What can't be taken is fetched anew.
    fn take_kept(&self, host: &Host) {
        let kept = match self.kept.certificate(host) {
            Ok(kept) => kept,
            Err(error) => {
                tracing::warn!(%host, %error, "the certificate that was kept can't be read");
                None
            }
        };
        if let Some(kept) = kept
            && let Err(error) = self.certificates.take(&kept, &kept)
        {
            tracing::warn!(%host, %error, "the certificate that was kept can't be taken");
        }
    }

    async fn fetch(&self, host: &Host) -> Result<(), String> {
        let account = self.account.get_or_try_init(|| self.open_account()).await?;
        let identifiers = [Identifier::Dns(host.to_string())];
        let ordered = account.new_order(&NewOrder::new(&identifiers)).await;
        let mut order = ordered.map_err(text)?;
        let mut token = String::new();
        let proven = self.prove(host, &mut order, &mut token).await;
        self.certificates.end_proofs(host.as_str(), &token);
        proven?;
        let key = order.finalize().await.map_err(text)?;
        let key = zeroize::Zeroizing::new(key);
        let chain = order.poll_certificate(&PATIENCE).await.map_err(text)?;
        let both = zeroize::Zeroizing::new(format!("{}{chain}", *key));
        let taken = self.certificates.take(both.as_bytes(), both.as_bytes());
        taken.map_err(|error| format!("what the authority signed can't be taken: {error}"))?;
        let kept = self.kept.keep_certificate(host, both.as_bytes());
        kept.map_err(|error| format!("the certificate can't be kept: {error}"))?;
        tracing::info!(%host, "a certificate was fetched");
        Ok(())
    }

    async fn prove(
        &self,
        host: &Host,
        order: &mut instant_acme::Order,
        token: &mut String,
    ) -> Result<(), String> {
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization.map_err(text)?;
            if authorization.status == AuthorizationStatus::Valid {
                continue;
            }
            let wanted = match self.settings.proof {
                Proof::Http => ChallengeType::Http01,
                Proof::Tls => ChallengeType::TlsAlpn01,
            };
            let offered = authorization.challenge(wanted);
            let mut challenge = offered.ok_or("the authority doesn't offer that proof")?;
            let proof = challenge.key_authorization();
            token.clone_from(&challenge.token);
            match self.settings.proof {
                Proof::Http => {
                    self.certificates
                        .prove_by_http(token, proof.as_str().to_owned());
                }
                Proof::Tls => {
                    let shown = self
                        .certificates
                        .prove_by_tls(host.as_str(), proof.digest().as_ref());
                    shown.map_err(|error| error.to_string())?;
                }
            }
            challenge.set_ready().await.map_err(text)?;
        }
        match order.poll_ready(&PATIENCE).await {
            Ok(OrderStatus::Ready | OrderStatus::Valid) => Ok(()),
            Ok(_) | Err(instant_acme::Error::Api(_)) => Err(why(order).await),
            Err(error) => Err(text(error)),
        }
    }

    /// The account that was kept, or a new one.
    async fn open_account(&self) -> Result<Account, String> {
        // One for each authority: what is kept of another stays.
        let name = hex::encode(&Sha256::digest(&self.settings.directory)[..8]);
        let name = format!("account-{name}.json");
        let unreadable =
            |error: &dyn std::fmt::Display| format!("the account can't be read: {error}");
        let builder = Account::builder_with_http(Box::new(Calls(self.settings.trust.clone())));
        if let Some(kept) = self
            .kept
            .account(&name)
            .map_err(|error| unreadable(&error))?
        {
            let credentials: AccountCredentials =
                serde_json::from_slice(&kept).map_err(|error| unreadable(&error))?;
            return builder.from_credentials(credentials).await.map_err(text);
        }
        let contacts: Vec<&str> = self.settings.contacts.iter().map(String::as_str).collect();
        let wanted = NewAccount {
            contact: &contacts,
            terms_of_service_agreed: true,
            only_return_existing: false,
        };
        let external = self.settings.external_account.as_ref();
        let external = external.map(|(name, key)| ExternalAccountKey::new(name.clone(), key));
        let created = builder.create(&wanted, self.settings.directory.clone(), external.as_ref());
        let (account, credentials) = created.await.map_err(text)?;
        let kept = serde_json::to_vec(&credentials).map_err(|error| error.to_string())?;
        let kept = self
            .kept
            .keep_account(&name, &zeroize::Zeroizing::new(kept));
        kept.map_err(|error| format!("the account can't be kept: {error}"))?;
        Ok(account)
    }
}

/// When a certificate that is good until then is due: about thirty days before, as authorities that give ninety days like it, but
/// not all names at once. Of short-lived ones, the caller's daily look is early enough.
#[must_use]
pub fn due_s(host: &Host, until_s: i64) -> i64 {
    const DAY_S: i64 = 24 * 60 * 60;
    let digest = Sha256::digest(format!("{host} {until_s}"));
    // The same after a restart, and different for each name.
    let jitter_s = i64::from(u16::from_be_bytes([digest[0], digest[1]])) * 5 * DAY_S / 65_536;
    until_s - 30 * DAY_S - jitter_s
}

/// What the authority saw.
async fn why(order: &mut instant_acme::Order) -> String {
    let mut authorizations = order.authorizations();
    while let Some(Ok(authorization)) = authorizations.next().await {
        let problems = authorization
            .challenges
            .iter()
            .filter_map(|one| one.error.as_ref());
        if let Some(problem) = problems.into_iter().next() {
            return format!("the authority could not see that the name is ours: {problem}");
        }
    }
    "the authority refused".to_owned()
}

fn text(error: instant_acme::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    text
}
