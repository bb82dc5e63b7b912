//! Passkeys, passwords and identities: added by a link or by who is signed in, listed, taken away.

use amana_store::LedgerId;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::acts::credential::{
    AddCredential, Answered, CredentialBody, CredentialLinks, RemoveCredential, RemovedCredential,
};
use crate::flow::{Flow, Purpose};
use crate::passwords::{Kept, Password, step_of};
use crate::people::Actor;
use crate::verbs::random;
use crate::views::{self, credentials};
use crate::webauthn::{Registration, RelyingParty};
use crate::{Access, AccountName, EnrolmentCode, Error, Result, Session};

/// The longest name that an owner gives a passkey, in bytes.
const MAX_LABEL_BYTES: usize = 100;

/// What an official signs in with.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Credential {
    /// Its number: the index of the entry that added it.
    pub number: u64,
    /// Which of the three it is.
    pub kind: CredentialKind,
    /// What its owner, or for an identity its provider, calls it; nothing once that was erased.
    pub label: Option<String>,
    /// Since when, milliseconds since 1970.
    pub since_ms: i64,
}

/// The kinds of credentials.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CredentialKind {
    /// A key that an authenticator holds.
    Passkey,
    /// A password, with codes beside it.
    Password,
    /// What a provider of the State says of who is there.
    Identity,
}

/// By whose leave a credential is added.
pub enum Leave<'a> {
    /// A link's, for the first one.
    Code(&'a EnrolmentCode),
    /// Its owner's, who is signed in.
    Session(&'a Session),
}

/// A credential that was just added.
pub struct NewCredential {
    /// Whose it is.
    pub account: AccountName,
    /// Its number.
    pub number: u64,
    /// `<ledger>/<index>` of the act.
    pub receipt: String,
    pub(crate) ledger: LedgerId,
}

impl Access {
    /// Adds a passkey that answers the flow's challenge.
    ///
    /// # Errors
    /// [`Error::UnknownCode`], [`Error::NeedsOwn`], [`Error::Passkey`], [`Error::PasskeyExists`], [`Error::TooMany`], [`Error::Invalid`],
    /// [`Error::Busy`], [`Error::Store`].
    pub async fn add_passkey(
        &self,
        leave: &Leave<'_>,
        flow: &Flow,
        console: &RelyingParty,
        registration: &Registration,
        label: &str,
    ) -> Result<NewCredential> {
        let challenge = flow.challenge(Purpose::Register);
        let made = registration
            .verify(console, &challenge)
            .map_err(Error::Passkey)?;
        let links = |official| CredentialLinks {
            official,
            kind: credentials::PASSKEY.to_owned(),
            invitation: None,
            counter: made.counter.into(),
            answered: Some(answered(&challenge, flow)),
            secret: None,
        };
        let body = CredentialBody {
            passkey: Some(hex::encode(&made.id)),
            identity: None,
            public_key: Some(hex::encode(made.key.to_bytes())),
            label: checked_label(label)?,
        };
        self.add(leave, links, body, None).await
    }

    /// Sets a password, whose codes come from the flow's seed: one code shows that the telephone has it. It takes the place
    /// of a former one. Takes as long as Argon2 does.
    ///
    /// # Errors
    /// [`Error::UnknownCode`], [`Error::NeedsOwn`], [`Error::SignInRefused`] for a wrong code, [`Error::TooMany`], [`Error::Busy`],
    /// [`Error::Store`].
    pub async fn set_password(
        &self,
        leave: &Leave<'_>,
        flow: &Flow,
        password: Password,
        code: &str,
    ) -> Result<NewCredential> {
        let seed = flow.totp_seed();
        let step = step_of(&*seed, code, self.store().now_ms()).ok_or(Error::SignInRefused)?;
        let kept = self.slowly(move || Kept::of(&password, &seed)).await??;
        let links = |official| CredentialLinks {
            official,
            kind: credentials::PASSWORD.to_owned(),
            invitation: None,
            counter: step,
            answered: None,
            secret: None,
        };
        let body = CredentialBody {
            passkey: None,
            identity: None,
            public_key: None,
            label: String::new(),
        };
        self.add(leave, links, body, Some(kept.to_bytes())).await
    }

    /// Who signed in through the provider adds nothing: otherwise the provider could, and then approve as that official.
    pub(crate) async fn add(
        &self,
        leave: &Leave<'_>,
        links: impl Fn(u64) -> CredentialLinks,
        body: CredentialBody,
        kept: Option<Zeroizing<Vec<u8>>>,
    ) -> Result<NewCredential> {
        let (account, code_sha256) = match leave {
            Leave::Code(code) => (self.invited(code)?.account, Some(code.sha256())),
            Leave::Session(session) if session.is_lent => return Err(Error::NeedsOwn),
            Leave::Session(session) => (session.account.clone(), None),
        };
        let ledger = self.store().read(|rows| account.owner.ledger(rows))?;
        let mut links = links(account.official);
        if kept.is_some() {
            links.secret = Some(format!("password/{}", hex::encode(random::<16>()?)));
        }
        let act = AddCredential {
            by: Actor::Official(account.official).to_string(),
            ledger,
            links,
            body,
            code_sha256,
            kept,
        };
        let committed = self.commit(act).await?;
        Ok(NewCredential {
            account,
            number: committed.output,
            receipt: committed.receipt(),
            ledger,
        })
    }

    /// What whoever is signed in signs in with. Blocking.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn credentials(&self, session: &Session) -> Result<Vec<Credential>> {
        let held = self
            .store()
            .read(|rows| credentials::of(rows, session.ledger, session.account.official))?;
        Ok(held.into_iter().map(shown).collect())
    }

    /// The authenticators' names for the passkeys of an account, so that none is added twice. Blocking.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn passkey_ids(&self, account: &AccountName) -> Result<Vec<Vec<u8>>> {
        let held = self.store().read(|rows| {
            let ledger = account.owner.ledger(rows)?;
            Ok::<_, Error>(credentials::of(rows, ledger, account.official)?)
        })?;
        let passkeys = held
            .into_iter()
            .filter(|one| one.kind == credentials::PASSKEY);
        Ok(passkeys.filter_map(|one| one.found_by).collect())
    }

    /// Takes away a passkey, password or identity of whoever is signed in, and ends what was opened with it. Gives the act's
    /// receipt name.
    ///
    /// # Errors
    /// [`Error::NeedsOwn`], [`Error::UnknownCredential`], [`Error::LastCredential`], [`Error::Busy`], [`Error::Store`].
    pub async fn remove_credential(&self, session: &Session, number: u64) -> Result<String> {
        if session.is_lent {
            return Err(Error::NeedsOwn);
        }
        let act = RemoveCredential {
            by: session.actor().to_string(),
            ledger: session.ledger,
            links: RemovedCredential {
                official: session.account.official,
                credential: number,
            },
        };
        Ok(self.commit(act).await?.receipt())
    }

    /// What is kept of a password.
    pub(crate) fn kept(&self, secret: &str) -> Result<Kept> {
        let kept = self.store().secret(secret)?;
        kept.and_then(Kept::from_bytes).ok_or_else(|| {
            Error::Store(views::damaged(
                format!("the secret {secret}"),
                "it is gone, or isn't what is kept of a password",
            ))
        })
    }
}

fn shown(held: credentials::Credential) -> Credential {
    Credential {
        number: held.number,
        kind: match held.kind.as_str() {
            credentials::PASSWORD => CredentialKind::Password,
            credentials::IDENTITY => CredentialKind::Identity,
            _ => CredentialKind::Passkey,
        },
        label: held.label,
        since_ms: held.since_ms,
    }
}

/// The challenge's digest, for the views: it is answered once.
pub(crate) fn answered(challenge: &[u8; 32], flow: &Flow) -> Answered {
    answered_by(challenge, flow.until_ms())
}

/// The same, of a challenge that can be answered until then.
pub(crate) fn answered_by(challenge: &[u8; 32], until_ms: i64) -> Answered {
    let digest = amana_ledger::Hash::of(&[b"amana/challenge/v1\0", challenge]);
    Answered {
        challenge: hex::encode(digest.as_bytes()),
        until_ms,
    }
}

fn checked_label(label: &str) -> Result<String> {
    let label = label.trim();
    if label.is_empty() || label.len() > MAX_LABEL_BYTES || label.chars().any(char::is_control) {
        return Err(Error::Invalid {
            what: "the passkey's name",
            why: "must be 1 to 100 bytes without control characters",
        });
    }
    Ok(label.to_owned())
}
