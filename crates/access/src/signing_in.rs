//! Signing in.

use amana_ledger::Hash;
use amana_store::LedgerId;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::acts::session::{Method, OpenSession, SessionBody, SessionLinks, TryLinks, TryPassword};
use crate::credentials::{NewCredential, answered};
use crate::flow::{Flow, Purpose, mac};
use crate::oidc::Identity;
use crate::passwords::{Kept, Password};
use crate::people::Actor;
use crate::sessions::{Cookie, SESSION_MS, digest};
use crate::verbs::random;
use crate::views::{self, credentials};
use crate::webauthn::{Assertion, PublicKey, RelyingParty};
use crate::{Access, AccountName, Error, Result};

/// The longest name of a browser that is kept, in characters.
const MAX_BROWSER: usize = 100;
const DEVICE_BYTES: usize = 16;

/// Somebody who was just let in.
pub struct SignedIn {
    /// Value of the session's cookie.
    pub cookie: Zeroizing<String>,
    /// Value of the cookie by which this browser is known again when a password is typed; it lets nobody in.
    pub device_cookie: Option<String>,
    /// The account.
    pub account: AccountName,
    /// `<ledger>/<index>` of the act.
    pub receipt: String,
}

/// A password as it was brought, with what goes with it.
pub struct Typed<'a> {
    /// The account, as it was typed.
    pub account: AccountName,
    /// The password.
    pub password: Password,
    /// The code.
    pub code: String,
    /// The browser's cookie, if it was let in before.
    pub device_cookie: Option<&'a str>,
}

impl Access {
    /// Lets in who answers the flow's challenge with a passkey.
    ///
    /// # Errors
    /// [`Error::SignInRefused`] for a passkey that nobody holds, [`Error::Passkey`], [`Error::Busy`], [`Error::Store`].
    pub async fn sign_in_with_passkey(
        &self,
        flow: &Flow,
        console: &RelyingParty,
        assertion: &Assertion,
        browser: &str,
    ) -> Result<SignedIn> {
        let id = &assertion.credential_id;
        let found = self
            .store()
            .read(|rows| credentials::by_passkey(rows, id))?;
        let found = found.ok_or(Error::SignInRefused)?;
        let key = found.public_key.as_deref().ok_or(Error::SignInRefused)?;
        let key = PublicKey::from_bytes(key).map_err(Error::Passkey)?;
        let challenge = flow.challenge(Purpose::SignIn);
        let counter = assertion
            .verify(console, &challenge, &key)
            .map_err(Error::Passkey)?;
        let links = SessionLinks {
            official: found.official,
            credential: found.number,
            method: Some(Method::Passkey),
            counter: Some(counter.into()),
            answered: Some(answered(&challenge, flow)),
            device: None,
            expires_ms: self.store().now_ms() + SESSION_MS,
        };
        self.let_in(views::ledger_id(found.ledger)?, links, browser)
            .await
    }

    /// Lets in whoever just added a first credential by a link.
    ///
    /// # Errors
    /// [`Error::Busy`], [`Error::Store`].
    pub async fn sign_in_after(&self, added: &NewCredential, browser: &str) -> Result<SignedIn> {
        let links = SessionLinks {
            official: added.account.official,
            credential: added.number,
            method: Some(Method::Link),
            counter: None,
            answered: None,
            device: None,
            expires_ms: self.store().now_ms() + SESSION_MS,
        };
        self.let_in(added.ledger, links, browser).await
    }

    /// Lets in who has password and code. Takes as long as Argon2 does, for accounts that aren't there as well.
    ///
    /// # Errors
    /// [`Error::SignInRefused`], [`Error::CodeUsed`], [`Error::Wait`], [`Error::Busy`] also when too many passwords are
    /// looked at, [`Error::Store`].
    pub async fn sign_in_with_password(&self, typed: Typed<'_>, browser: &str) -> Result<SignedIn> {
        let Typed {
            account,
            password,
            code,
            device_cookie,
        } = typed;
        let device = device_cookie.and_then(|cookie| self.device(&account, cookie));
        let held = self.password_of(&account)?;
        if let Some((ledger, _)) = &held {
            let act = TryPassword {
                by: "anybody".to_owned(),
                ledger: *ledger,
                links: TryLinks {
                    official: account.official,
                    device: device.clone().unwrap_or_default(),
                },
            };
            self.commit(act).await?;
        }
        let kept = match &held {
            Some((_, (_, secret))) => self.kept(secret)?,
            None => Kept::nobody(),
        };
        let now_ms = self.store().now_ms();
        let step = self
            .slowly(move || kept.step(&password, &code, now_ms))
            .await?;
        let (Some(step), Some((ledger, (credential, _)))) = (step, held) else {
            return Err(Error::SignInRefused);
        };
        let links = SessionLinks {
            official: account.official,
            credential,
            method: Some(Method::Password),
            counter: Some(step),
            answered: None,
            device: Some(device.unwrap_or_default()),
            expires_ms: now_ms + SESSION_MS,
        };
        let mut signed_in = self.let_in(ledger, links, browser).await?;
        signed_in.device_cookie = Some(self.device_cookie(&account)?);
        Ok(signed_in)
    }

    /// The account's ledger, and its password's number and secret; nothing when there is none, for whichever reason.
    fn password_of(&self, account: &AccountName) -> Result<Option<(LedgerId, (u64, String))>> {
        self.store().read(|rows| {
            let ledger = match account.owner.ledger(rows) {
                Ok(ledger) => ledger,
                Err(Error::Store(error)) => return Err(Error::Store(error)),
                Err(_) => return Ok(None),
            };
            let held = credentials::of(rows, ledger, account.official)?;
            let secret = held
                .into_iter()
                .find_map(|one| Some((one.number, one.secret?)));
            Ok(secret.map(|secret| (ledger, secret)))
        })
    }

    /// Lets in who a provider of the State says is there.
    ///
    /// # Errors
    /// [`Error::IdentityUnbound`], [`Error::Identity`] for one that was brought before, [`Error::Busy`], [`Error::Store`].
    pub async fn sign_in_with_identity(
        &self,
        identity: &Identity,
        browser: &str,
    ) -> Result<SignedIn> {
        let found = self
            .store()
            .read(|rows| credentials::by_identity(rows, identity.digest()))?;
        let found = found.ok_or(Error::IdentityUnbound)?;
        let links = SessionLinks {
            official: found.official,
            credential: found.number,
            method: Some(Method::Identity),
            counter: None,
            answered: Some(identity.answered()),
            device: None,
            expires_ms: self.store().now_ms() + SESSION_MS,
        };
        self.let_in(views::ledger_id(found.ledger)?, links, browser)
            .await
    }

    async fn let_in(
        &self,
        ledger: LedgerId,
        links: SessionLinks,
        browser: &str,
    ) -> Result<SignedIn> {
        let token = Zeroizing::new(random::<32>()?);
        let shown = browser
            .chars()
            .filter(|c| !c.is_control())
            .take(MAX_BROWSER);
        let official = links.official;
        let act = OpenSession {
            by: Actor::Official(official).to_string(),
            ledger,
            links,
            body: SessionBody {
                token_sha256: hex::encode(digest(&token).as_bytes()),
                browser: shown.collect(),
            },
        };
        let committed = self.commit(act).await?;
        let cookie = Cookie {
            ledger,
            number: committed.output,
            token,
            seen_ms: 0,
        };
        let owner = self
            .store()
            .read(|rows| crate::Owner::of_ledger(rows, ledger))?;
        let key = self.store().keys().sign_in_key();
        Ok(SignedIn {
            cookie: Zeroizing::new(cookie.stamped(committed.time_ms, &key)),
            device_cookie: None,
            account: AccountName { owner, official },
            receipt: committed.receipt(),
        })
    }

    /// `name (16) ‖ mac (32)` in base64url: random, and bound to the account.
    fn device_cookie(&self, account: &AccountName) -> Result<String> {
        let name = random::<DEVICE_BYTES>()?;
        Ok(URL_SAFE_NO_PAD.encode([&name[..], &self.device_mac(account, &name)].concat()))
    }

    /// The browser's name in the views: a digest, which says nothing of the cookie.
    fn device(&self, account: &AccountName, cookie: &str) -> Option<String> {
        let whole = URL_SAFE_NO_PAD.decode(cookie).ok()?;
        let (name, given) = whole.split_first_chunk::<DEVICE_BYTES>()?;
        let genuine: bool = self.device_mac(account, name).ct_eq(given).into();
        let digest = Hash::of(&[b"amana/device/v1\0", name]);
        genuine.then(|| hex::encode(&digest.as_bytes()[..8]))
    }

    fn device_mac(&self, account: &AccountName, name: &[u8]) -> [u8; 32] {
        let key = self.store().keys().sign_in_key();
        mac(&key, "device", &[account.to_string().as_bytes(), name])
    }

    /// Runs Argon2 where it holds nobody else up, a few at a time: its memory is the bound.
    pub(crate) async fn slowly<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let Ok(_turn) = self.hashing.try_acquire() else {
            return Err(Error::Busy);
        };
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|_| Error::Busy)
    }
}
