//! Sessions: opened by a passkey, a password or a provider of the State, known by a cookie, listed, ended.
//!
//! The cookie is `ledger.session.token.seen.mac`. The token is 256 random bits, of which the ledger has the digest, made
//! when somebody is let in and never before. `seen` is when the browser was last answered, under a mac: so idle sessions
//! end on every node, and nothing is written for a page that is read.

use amana_ledger::Hash;
use amana_store::{EntryId, LedgerId, Reader, entries};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::acts::session::{EndSession, EndedSession, Method, SessionLinks};
use crate::flow::mac;
use crate::people::{Actor, Owner, in_office};
use crate::views::{self, sessions};
use crate::{Access, AccountName, Error, Operation, Result, Role, may};

/// A session lasts a working day.
pub const SESSION_MS: i64 = 12 * 60 * 60 * 1000;
/// A session that nobody uses ends.
pub const IDLE_MS: i64 = 30 * 60 * 1000;
/// A cookie is stamped anew when it is older than this.
const STAMP_MS: i64 = 60 * 1000;

/// Who is signed in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
    /// The account.
    pub account: AccountName,
    /// The role now.
    pub role: Role,
    /// The person's name; nothing once it was erased.
    pub name: Option<String>,
    /// Whether the institution is suspended, and so may only read.
    pub suspended: bool,
    /// Whether a provider of the State opened it, by its word alone: it then lets nobody in ([`Operation::admits`]), and
    /// changes nothing of what its owner signs in with.
    pub is_lent: bool,
    /// Its number: the index of the entry that opened it.
    pub number: u64,
    /// When it was opened, milliseconds since 1970.
    pub opened_ms: i64,
    /// When it ends at the latest, milliseconds since 1970.
    pub expires_ms: i64,
    /// The token of every form on its pages.
    pub form_token: String,
    /// The cookie to give back, if it is due for another stamp.
    pub next_cookie: Option<String>,
    pub(crate) ledger: LedgerId,
}

impl Session {
    /// Whether the role allows that in the account's own space.
    #[must_use]
    pub fn may(&self, operation: Operation) -> bool {
        let lent = self.is_lent && operation.admits();
        !lent && may(self.role, operation) && (!self.suspended || operation.rights().reads)
    }

    /// Why that isn't allowed: the role, or how its owner came in.
    #[must_use]
    pub fn refusal(&self, operation: Operation) -> Error {
        match self.is_lent && operation.admits() && may(self.role, operation) {
            true => Error::NeedsOwn,
            false => Error::Forbidden,
        }
    }

    /// The ledger of whom the account serves.
    #[must_use]
    pub fn ledger(&self) -> LedgerId {
        self.ledger
    }

    /// As it stands in acts of the account's own ledger.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor::Official(self.account.official)
    }

    /// As it stands in acts of an institution's ledger: for the operator's staff alone.
    #[must_use]
    pub fn staff(&self) -> Option<Actor> {
        (self.account.owner == Owner::Operator)
            .then(|| Actor::Operator(format!("operator:staff-{}", self.account.official)))
    }

    /// Whether a form brought its token; the comparison takes the same time either way.
    #[must_use]
    pub fn is_form(&self, token: &str) -> bool {
        self.form_token.as_bytes().ct_eq(token.as_bytes()).into()
    }
}

/// A session of an account, as its owner sees it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct OpenSession {
    /// Its number.
    pub number: u64,
    /// What it was opened with.
    pub credential: u64,
    /// The browser, by its own word.
    pub browser: Option<String>,
    /// When it was opened, milliseconds since 1970.
    pub opened_ms: i64,
    /// When it ends at the latest.
    pub expires_ms: i64,
}

impl Access {
    /// Who is signed in, by the cookie; nothing when nobody is. Blocking.
    ///
    /// # Errors
    /// [`crate::Error::Store`].
    pub fn session(&self, cookie: &str) -> Result<Option<Session>> {
        let key = self.store().keys().sign_in_key();
        let now_ms = self.store().now_ms();
        let Some(brought) = Cookie::parse(cookie, &key) else {
            return Ok(None);
        };
        if now_ms - brought.seen_ms > IDLE_MS {
            return Ok(None);
        }
        self.store().read(|rows| {
            let Some(row) = sessions::find(rows, brought.ledger, brought.number)? else {
                return Ok(None);
            };
            let digest = digest(&brought.token);
            let genuine = row
                .token
                .is_some_and(|known| known.ct_eq(digest.as_bytes()).into());
            if !genuine || row.expires_ms <= now_ms {
                return Ok(None);
            }
            let Ok(official) = in_office(rows, brought.ledger, row.official) else {
                return Ok(None);
            };
            let owner = Owner::of_ledger(rows, brought.ledger)?;
            let suspended = match &owner {
                Owner::Operator => false,
                Owner::Institution(_) => views::institution(rows, brought.ledger)?.suspended,
            };
            let is_lent = row.by_identity
                && opened_by(rows, brought.ledger, brought.number)? != Some(Method::Link);
            let stamped = brought.stamped(now_ms, &key);
            Ok(Some(Session {
                account: AccountName {
                    owner,
                    official: row.official,
                },
                role: official.role,
                name: official.name,
                suspended,
                is_lent,
                number: brought.number,
                opened_ms: row.opened_ms,
                expires_ms: row.expires_ms,
                form_token: URL_SAFE_NO_PAD.encode(mac(&key, "session-form", &[&*brought.token])),
                next_cookie: (now_ms - brought.seen_ms > STAMP_MS).then_some(stamped),
                ledger: brought.ledger,
            }))
        })
    }

    /// Whether a session that was found some time ago stands still, and its owner's role still allows that. Blocking.
    ///
    /// # Errors
    /// [`crate::Error::Store`].
    pub fn still_may(&self, session: &Session, operation: Operation) -> Result<bool> {
        let now_ms = self.store().now_ms();
        let AccountName { owner, official } = &session.account;
        self.store().read(|rows| {
            let found = sessions::find(rows, session.ledger, session.number)?;
            let official = in_office(rows, session.ledger, *official);
            let (Some(row), Ok(official)) = (found, official) else {
                return Ok(false);
            };
            let suspended = match owner {
                Owner::Operator => false,
                Owner::Institution(_) => views::institution(rows, session.ledger)?.suspended,
            };
            let now = Session {
                role: official.role,
                suspended,
                ..session.clone()
            };
            Ok(row.expires_ms > now_ms && now.may(operation))
        })
    }

    /// The sessions of whoever is signed in, the newest first. Blocking.
    ///
    /// # Errors
    /// [`crate::Error::Store`].
    pub fn sessions(&self, session: &Session) -> Result<Vec<OpenSession>> {
        let now_ms = self.store().now_ms();
        let found = self
            .store()
            .read(|rows| sessions::of(rows, session.ledger, session.account.official))?;
        let open = found.into_iter().filter(|row| row.expires_ms > now_ms);
        Ok(open
            .map(|row| OpenSession {
                number: row.number,
                credential: row.credential,
                browser: row.browser,
                opened_ms: row.opened_ms,
                expires_ms: row.expires_ms,
            })
            .collect())
    }

    /// Ends a session of whoever is signed in: its own, to sign out, or another. Gives the act's receipt name.
    ///
    /// # Errors
    /// [`crate::Error::UnknownSession`], [`crate::Error::Busy`], [`crate::Error::Store`].
    pub async fn end_session(&self, session: &Session, number: u64) -> Result<String> {
        let act = EndSession {
            by: session.actor().to_string(),
            ledger: session.ledger,
            links: EndedSession {
                official: session.account.official,
                session: number,
            },
        };
        Ok(self.commit(act).await?.receipt())
    }
}

pub(crate) type Token = Zeroizing<[u8; 32]>;

pub(crate) fn digest(token: &[u8; 32]) -> Hash {
    Hash::of(&[b"amana/session-token/v1\0", token])
}

/// The cookie, taken apart.
pub(crate) struct Cookie {
    pub(crate) ledger: LedgerId,
    pub(crate) number: u64,
    pub(crate) token: Token,
    pub(crate) seen_ms: i64,
}

impl Cookie {
    fn parse(text: &str, key: &[u8; 32]) -> Option<Self> {
        let mut parts = text.split('.');
        let mut next = || parts.next();
        let (ledger, number) = (next()?.parse().ok()?, next()?.parse().ok()?);
        let token = Zeroizing::new(URL_SAFE_NO_PAD.decode(next()?).ok()?);
        let seen_ms: i64 = next()?.parse().ok()?;
        let given = URL_SAFE_NO_PAD.decode(next()?).ok()?;
        let cookie = Self {
            ledger: LedgerId(ledger),
            number,
            token: Zeroizing::new(token.as_slice().try_into().ok()?),
            seen_ms,
        };
        let whole = parts.next().is_none();
        let genuine: bool = cookie.mac(seen_ms, key).ct_eq(&given).into();
        (whole && genuine).then_some(cookie)
    }

    fn mac(&self, seen_ms: i64, key: &[u8; 32]) -> [u8; 32] {
        let (ledger, number) = (self.ledger.0.to_be_bytes(), self.number.to_be_bytes());
        let parts: [&[u8]; 4] = [&ledger, &number, &*self.token, &seen_ms.to_be_bytes()];
        mac(key, "session", &parts)
    }

    /// The cookie's text, as of now.
    pub(crate) fn stamped(&self, now_ms: i64, key: &[u8; 32]) -> String {
        let token = Zeroizing::new(URL_SAFE_NO_PAD.encode(*self.token));
        let mac = URL_SAFE_NO_PAD.encode(self.mac(now_ms, key));
        let Self { ledger, number, .. } = self;
        format!("{}.{number}.{}.{now_ms}.{mac}", ledger.0, *token)
    }
}

/// How a session was opened, by its own act.
fn opened_by(
    rows: &Reader<'_>,
    ledger: LedgerId,
    number: u64,
) -> amana_store::Result<Option<Method>> {
    let entry = match EntryId::new(ledger, number) {
        Some(id) => entries::entry(rows, id)?,
        None => None,
    };
    let Some(entry) = entry else {
        return Ok(None);
    };
    let links = serde_json::from_str::<SessionLinks>(entry.core()?.links.get());
    let links = links.map_err(|source| amana_store::Error::Decode {
        what: format!("entry {}", entry.id),
        source,
    })?;
    Ok(links.method)
}
