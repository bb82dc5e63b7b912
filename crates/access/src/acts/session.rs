//! Signing in and out: that it was tried with a password, that somebody is in, that somebody is out.

use amana_store::{Act, At, Denied, LedgerId, Reader, Target, Writer};
use serde::{Deserialize, Serialize};

use super::credential::{Answered, replayed};
use super::{Applied, Checked, refuse};
use crate::people::in_office;
use crate::views::{credentials, sessions};
use crate::webauthn::PasskeyFault;
use crate::{Error, Result};

/// Wrong passwords that cost no wait.
const FREE_TRIES: i64 = 5;
const FIRST_WAIT_MS: i64 = 30_000;
/// The longest wait: who guesses gets four tries an hour, and who was guessed at waits no longer than that.
const LONGEST_WAIT_MS: i64 = 15 * 60_000;

/// How long after the last try the next one is let through.
fn wait_ms(tries: i64) -> i64 {
    match u32::try_from(tries - FREE_TRIES) {
        Ok(beyond) => (FIRST_WAIT_MS << beyond.min(10)).min(LONGEST_WAIT_MS),
        Err(_) => 0,
    }
}

/// `sign-in.try`: a password is about to be looked at. It is counted before, so that many tries at once, on many nodes, are
/// still counted one by one; and it stands in the institution's ledger, so that it sees who knocks.
pub(crate) struct TryPassword {
    pub(crate) by: String,
    pub(crate) ledger: LedgerId,
    pub(crate) links: TryLinks,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct TryLinks {
    pub(crate) official: u64,
    /// The browser, if it signed in to this account before. It is counted apart, so that strangers who knock don't lock
    /// out whoever is at home.
    pub(crate) device: String,
}

impl Act for TryPassword {
    const KIND: &'static str = "sign-in.try";
    type Links = TryLinks;
    type Body = ();
    type Output = ();
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(&mut self, views: &Reader<'_>, now_ms: i64) -> Checked {
        let TryLinks { official, device } = &self.links;
        let (tries, last_ms) = sessions::tries(views, self.ledger, *official, device)?;
        let until_ms = last_ms + wait_ms(tries);
        if now_ms < until_ms {
            return Err(Denied::Refused(Error::Wait { until_ms }));
        }
        Ok(())
    }

    fn links(&self) -> &TryLinks {
        &self.links
    }

    fn body(&self) -> Option<&()> {
        None
    }

    fn apply(links: &TryLinks, _: Option<&()>, rows: &Writer<'_>, at: &At) -> Applied {
        sessions::tried(rows, at, links.official, &links.device)
    }
}

/// `session.open`: somebody is in.
pub(crate) struct OpenSession {
    pub(crate) by: String,
    pub(crate) ledger: LedgerId,
    pub(crate) links: SessionLinks,
    pub(crate) body: SessionBody,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct SessionLinks {
    pub(crate) official: u64,
    pub(crate) credential: u64,
    /// How; acts before this was told have nothing here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) method: Option<Method>,
    /// The passkey's counter, or the step of the code; nothing right after it was added, which told it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) counter: Option<i64>,
    #[serde(flatten)]
    pub(crate) answered: Option<Answered>,
    /// The browser's count of tries that begins anew, if a password let it in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) device: Option<String>,
    pub(crate) expires_ms: i64,
}

/// How somebody came in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Method {
    /// A passkey signed.
    Passkey,
    /// A password and a code were typed.
    Password,
    /// A provider of the State said who it is.
    Identity,
    /// A link was followed, and a credential added by it.
    Link,
}

/// What may be erased once the session is over.
#[derive(Serialize, Deserialize)]
pub(crate) struct SessionBody {
    /// SHA-256 of the token, hexadecimal: of 256 random bits it tells nothing, so that it needs no sealing.
    pub(crate) token_sha256: String,
    /// The browser's name, as it told it.
    pub(crate) browser: String,
}

impl OpenSession {
    fn judge(&self, views: &Reader<'_>) -> Result<()> {
        in_office(views, self.ledger, self.links.official)?;
        let held = credentials::find(views, self.ledger, self.links.credential)?;
        let held = held.filter(|held| held.official == self.links.official);
        let held = held.ok_or(Error::SignInRefused)?;
        if let Some(answered) = &self.links.answered
            && credentials::was_answered(views, self.ledger, &answered.challenge)?
        {
            return Err(replayed(&held.kind));
        }
        let Some(counter) = self.links.counter else {
            return Ok(());
        };
        match held.kind.as_str() {
            // Many authenticators count nothing and say 0 each time; one that ever counted goes up (§7.2, step 22).
            credentials::PASSKEY if counter > held.counter || (counter, held.counter) == (0, 0) => {
                Ok(())
            }
            credentials::PASSKEY => Err(Error::Passkey(PasskeyFault::Counter)),
            _ if counter > held.counter => Ok(()),
            _ => Err(Error::CodeUsed),
        }
    }
}

impl Act for OpenSession {
    const KIND: &'static str = "session.open";
    type Links = SessionLinks;
    type Body = SessionBody;
    type Output = u64;
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(&mut self, views: &Reader<'_>, _: i64) -> Checked {
        self.judge(views).map_err(refuse)
    }

    fn links(&self) -> &SessionLinks {
        &self.links
    }

    fn body(&self) -> Option<&SessionBody> {
        Some(&self.body)
    }

    fn apply(
        links: &SessionLinks,
        body: Option<&SessionBody>,
        rows: &Writer<'_>,
        at: &At,
    ) -> Applied<u64> {
        let ledger = at.entry.ledger();
        if let Some(answered) = &links.answered {
            credentials::answered(rows, at, &answered.challenge, answered.until_ms)?;
        }
        if let Some(counter) = links.counter {
            credentials::count(rows, ledger, links.credential, counter)?;
        }
        if let Some(device) = &links.device {
            sessions::let_in(rows, ledger, links.official, device)?;
        }
        let session = sessions::Session {
            number: at.entry.index(),
            official: links.official,
            credential: links.credential,
            by_identity: links.method == Some(Method::Identity),
            token: body.and_then(|body| hex::decode(&body.token_sha256).ok()),
            browser: body.map(|body| body.browser.clone()),
            opened_ms: at.time_ms,
            expires_ms: links.expires_ms,
        };
        sessions::open(rows, at, &session)?;
        Ok(session.number)
    }
}

/// `session.end`: somebody is out, by his own word.
pub(crate) struct EndSession {
    pub(crate) by: String,
    pub(crate) ledger: LedgerId,
    pub(crate) links: EndedSession,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct EndedSession {
    pub(crate) official: u64,
    pub(crate) session: u64,
}

impl Act for EndSession {
    const KIND: &'static str = "session.end";
    type Links = EndedSession;
    type Body = ();
    type Output = ();
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(&mut self, views: &Reader<'_>, _: i64) -> Checked {
        let found = sessions::find(views, self.ledger, self.links.session)?;
        match found.filter(|found| found.official == self.links.official) {
            Some(_) => Ok(()),
            None => Err(Denied::Refused(Error::UnknownSession {
                number: self.links.session,
            })),
        }
    }

    fn links(&self) -> &EndedSession {
        &self.links
    }

    fn body(&self) -> Option<&()> {
        None
    }

    fn apply(links: &EndedSession, _: Option<&()>, rows: &Writer<'_>, at: &At) -> Applied {
        sessions::end(rows, at.entry.ledger(), links.session, at.time_ms)
    }

    /// A full disk must not keep anybody in.
    fn frees(&self) -> bool {
        true
    }
}
