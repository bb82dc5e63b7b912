//! What officials sign in with: the link that leads to the first, each one added, each one taken away.

use amana_store::{Act, At, LedgerId, LedgerInfo, Reader, Target, Visibility, Writer};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Applied, Checked, NoLinks, refuse};
use crate::oidc::TokenFault;
use crate::people::{Actor, STAFF, in_office};
use crate::views::{credentials, sessions};
use crate::webauthn::PasskeyFault;
use crate::{Error, Operation, Result, Role, may};
use amana_store::Denied;

/// Passkeys and passwords of one official at a time.
const MAX_CREDENTIALS: usize = 10;

/// `staff.open`: opens the ledger of the operator's own staff.
pub(crate) struct OpenStaff {
    pub(crate) by: String,
}

impl Act for OpenStaff {
    const KIND: &'static str = "staff.open";
    type Links = NoLinks;
    type Body = ();
    type Output = LedgerId;
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Open {
            name: STAFF.to_owned(),
            visibility: Visibility::Private,
        }
    }

    fn check(&mut self, views: &Reader<'_>, _: i64) -> Checked {
        // Two first ones at once: the second asks again, and finds the ledger.
        match LedgerInfo::named(views, STAFF)? {
            Some(_) => Err(Denied::Refused(Error::Busy)),
            None => Ok(()),
        }
    }

    fn links(&self) -> &NoLinks {
        &NoLinks {}
    }

    fn body(&self) -> Option<&()> {
        None
    }

    fn apply(_: &NoLinks, _: Option<&()>, _: &Writer<'_>, at: &At) -> Applied<LedgerId> {
        Ok(at.entry.ledger())
    }
}

/// `official.invite`: a link by which an official gets the first credential.
pub(crate) struct InviteOfficial {
    pub(crate) by: String,
    pub(crate) ledger: LedgerId,
    pub(crate) links: InviteLinks,
    pub(crate) body: InviteBody,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct InviteLinks {
    pub(crate) official: u64,
    pub(crate) expires_ms: i64,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct InviteBody {
    /// SHA-256 of the code, hexadecimal.
    pub(crate) code_sha256: String,
}

impl Act for InviteOfficial {
    const KIND: &'static str = "official.invite";
    type Links = InviteLinks;
    type Body = InviteBody;
    type Output = u64;
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(&mut self, views: &Reader<'_>, _: i64) -> Checked {
        may_invite(views, self.ledger, &self.by, self.links.official).map_err(refuse)
    }

    fn links(&self) -> &InviteLinks {
        &self.links
    }

    fn body(&self) -> Option<&InviteBody> {
        Some(&self.body)
    }

    fn apply(
        links: &InviteLinks,
        body: Option<&InviteBody>,
        rows: &Writer<'_>,
        at: &At,
    ) -> Applied<u64> {
        let code = body.map_or("", |body| &body.code_sha256);
        credentials::invite(rows, at, links.official, code, links.expires_ms)?;
        Ok(at.entry.index())
    }
}

/// Who may give an official a first link, alone: one of the institution's own to somebody who approves nothing, and the
/// operator while fewer than two who approve can sign in, since until then nobody else could. Whoever has something to
/// sign in with gets another link from two officials, or adds what he likes himself.
fn may_invite(views: &Reader<'_>, ledger: LedgerId, by: &str, official: u64) -> Result<()> {
    let invited = in_office(views, ledger, official)?;
    let staff = invited.role == Role::Operator;
    match Actor::of_text(by) {
        Actor::Operator(_) if staff || !keeps_itself(views, ledger)? => Ok(()),
        Actor::Operator(_) => Err(Error::OwnMatter),
        Actor::Official(number) => {
            let asker = in_office(views, ledger, number)?;
            let needed = if staff {
                Operation::ManageStaff
            } else {
                Operation::InviteOfficials
            };
            let holds = !credentials::of(views, ledger, official)?.is_empty();
            match may(asker.role, needed) {
                true if !invited.role.approves() && !holds => Ok(()),
                true => Err(Error::NeedsTwo),
                false => Err(Error::Forbidden),
            }
        }
    }
}

/// Whether two who may approve can sign in: from then on the institution names its own officials.
pub(crate) fn keeps_itself(views: &Reader<'_>, ledger: LedgerId) -> Result<bool> {
    two_approve(views, ledger, &credentials::holders(views, ledger)?)
}

/// Whether two who may approve could sign in at some time. An official who is being recovered holds nothing until he enrols
/// anew: what needs two meanwhile waits for him, since one alone, with the operator, could otherwise lock the other out first.
pub(crate) fn kept_itself(views: &Reader<'_>, ledger: LedgerId) -> Result<bool> {
    two_approve(views, ledger, &credentials::holders_ever(views, ledger)?)
}

fn two_approve(views: &Reader<'_>, ledger: LedgerId, holders: &[u64]) -> Result<bool> {
    let officials = crate::views::officials(views, ledger)?;
    let able = officials
        .iter()
        .filter(|official| official.role.approves() && holders.contains(&official.number));
    Ok(able.count() >= 2)
}

/// `credential.add`: a passkey, a password, or an identity at a provider of the State.
pub(crate) struct AddCredential {
    pub(crate) by: String,
    pub(crate) ledger: LedgerId,
    pub(crate) links: CredentialLinks,
    pub(crate) body: CredentialBody,
    /// The code's digest, if a link led here.
    pub(crate) code_sha256: Option<String>,
    /// What is kept of a password, sealed.
    pub(crate) kept: Option<Zeroizing<Vec<u8>>>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct CredentialLinks {
    pub(crate) official: u64,
    /// `passkey`, `password` or `identity`.
    pub(crate) kind: String,
    /// The link that led here, by its entry. Given in the check.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) invitation: Option<u64>,
    /// Where a passkey's counter, or a code's step, stands.
    pub(crate) counter: i64,
    #[serde(flatten)]
    pub(crate) answered: Option<Answered>,
    /// Name of what is kept, among the secrets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) secret: Option<String>,
}

/// The challenge that was answered, by its digest, and until when it could have been.
#[derive(Serialize, Deserialize)]
pub(crate) struct Answered {
    pub(crate) challenge: String,
    pub(crate) until_ms: i64,
}

/// What may be erased once the credential is removed.
#[derive(Serialize, Deserialize)]
pub(crate) struct CredentialBody {
    /// The authenticator's name for it, hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) passkey: Option<String>,
    /// The digest of issuer and subject, hexadecimal. It stands here and not in the core since subjects can be guessed: a
    /// number of the civil register is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) identity: Option<String>,
    /// The `COSE_Key`, hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) public_key: Option<String>,
    /// What its owner calls it; for an identity, what the provider does.
    pub(crate) label: String,
}

impl AddCredential {
    fn judge(&mut self, views: &Reader<'_>, now_ms: i64) -> Result<()> {
        let official = self.links.official;
        in_office(views, self.ledger, official)?;
        if let Some(code) = &self.code_sha256 {
            let found = credentials::invitation(views, code)?.filter(|found| {
                found.ledger == i64::from(self.ledger.0)
                    && found.official == official
                    && !found.ended
                    && found.expires_ms > now_ms
            });
            self.links.invitation = Some(found.ok_or(Error::UnknownCode)?.number);
        }
        if let Some(answered) = &self.links.answered
            && credentials::was_answered(views, self.ledger, &answered.challenge)?
        {
            return Err(replayed(&self.links.kind));
        }
        if let Some(id) = bytes(self.body.passkey.as_ref())
            && credentials::by_passkey(views, &id)?.is_some()
        {
            return Err(Error::PasskeyExists);
        }
        if let Some(digest) = bytes(self.body.identity.as_ref())
            && credentials::by_identity(views, &digest)?.is_some()
        {
            return Err(Error::IdentityTaken);
        }
        let held = credentials::of(views, self.ledger, official)?;
        if held.len() >= MAX_CREDENTIALS {
            return Err(Error::TooMany {
                what: "passkeys, passwords and identities",
                max: MAX_CREDENTIALS,
            });
        }
        Ok(())
    }
}

fn bytes(text: Option<&String>) -> Option<Vec<u8>> {
    text.and_then(|text| hex::decode(text).ok())
}

/// What was answered twice, of a credential of that kind.
pub(super) fn replayed(kind: &str) -> Error {
    match kind {
        credentials::IDENTITY => Error::Identity(TokenFault::Replay),
        _ => Error::Passkey(PasskeyFault::Replay),
    }
}

impl Act for AddCredential {
    const KIND: &'static str = "credential.add";
    type Links = CredentialLinks;
    type Body = CredentialBody;
    type Output = u64;
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(&mut self, views: &Reader<'_>, now_ms: i64) -> Checked {
        self.judge(views, now_ms).map_err(refuse)
    }

    fn links(&self) -> &CredentialLinks {
        &self.links
    }

    fn body(&self) -> Option<&CredentialBody> {
        Some(&self.body)
    }

    /// A new password takes the place of the former one.
    fn apply(
        links: &CredentialLinks,
        body: Option<&CredentialBody>,
        rows: &Writer<'_>,
        at: &At,
    ) -> Applied<u64> {
        let ledger = at.entry.ledger();
        if links.invitation.is_some() {
            credentials::end_invitations(rows, ledger, links.official, at.time_ms)?;
        }
        if let Some(answered) = &links.answered {
            credentials::answered(rows, at, &answered.challenge, answered.until_ms)?;
        }
        if links.kind == credentials::PASSWORD {
            for former in credentials::of(rows, ledger, links.official)? {
                if former.kind == credentials::PASSWORD {
                    credentials::remove(rows, ledger, former.number, at.time_ms)?;
                    sessions::end_of_credential(rows, ledger, former.number, at.time_ms)?;
                }
            }
        }
        let new = credentials::Credential {
            ledger: ledger.0.into(),
            number: at.entry.index(),
            official: links.official,
            kind: links.kind.clone(),
            found_by: body.and_then(|body| bytes(body.passkey.as_ref().or(body.identity.as_ref()))),
            public_key: body.and_then(|body| bytes(body.public_key.as_ref())),
            label: body.map(|body| body.label.clone()),
            secret: links.secret.clone(),
            counter: links.counter,
            since_ms: at.time_ms,
        };
        credentials::insert(rows, ledger, &new)?;
        // Replayed without its body, it was removed since: the row ends as that removal leaves it.
        Ok(new.number)
    }

    fn secrets(&self) -> Vec<(String, Zeroizing<Vec<u8>>)> {
        let kept = self.links.secret.clone().zip(self.kept.clone());
        kept.into_iter().collect()
    }

    /// No two in force share an authenticator's name, or an identity, in whichever ledger.
    fn looks_beyond(&self) -> bool {
        self.body.passkey.is_some() || self.body.identity.is_some()
    }
}

/// `credential.remove`: whoever holds it takes it away, and what was opened with it ends.
pub(crate) struct RemoveCredential {
    pub(crate) by: String,
    pub(crate) ledger: LedgerId,
    pub(crate) links: RemovedCredential,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct RemovedCredential {
    pub(crate) official: u64,
    pub(crate) credential: u64,
}

impl Act for RemoveCredential {
    const KIND: &'static str = "credential.remove";
    type Links = RemovedCredential;
    type Body = ();
    type Output = ();
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    /// The last one stays: without it only two colleagues could let its owner in again. The last that is the owner's own stays
    /// as well: nobody adds another one through the provider.
    fn check(&mut self, views: &Reader<'_>, _: i64) -> Checked {
        let held = credentials::of(views, self.ledger, self.links.official)?;
        let number = self.links.credential;
        let is_own = |one: &credentials::Credential| one.kind != credentials::IDENTITY;
        let Some(goes) = held.iter().find(|one| one.number == number) else {
            return Err(Denied::Refused(Error::UnknownCredential { number }));
        };
        let enough = |one: &credentials::Credential| is_own(one) || !is_own(goes);
        match held.iter().any(|one| one.number != number && enough(one)) {
            true => Ok(()),
            false => Err(Denied::Refused(Error::LastCredential)),
        }
    }

    fn links(&self) -> &RemovedCredential {
        &self.links
    }

    fn body(&self) -> Option<&()> {
        None
    }

    fn apply(links: &RemovedCredential, _: Option<&()>, rows: &Writer<'_>, at: &At) -> Applied {
        let ledger = at.entry.ledger();
        credentials::remove(rows, ledger, links.credential, at.time_ms)?;
        sessions::end_of_credential(rows, ledger, links.credential, at.time_ms)
    }

    /// A full disk must not keep a lost key alive.
    fn frees(&self) -> bool {
        true
    }
}
