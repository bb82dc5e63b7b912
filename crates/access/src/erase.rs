//! Erasing: whose word it takes, and which of our own bodies may go.

use amana_ledger::{KeyType, Note, VerifierKey};
use amana_seal::keyring::{self as seal, Keyring, KeyringMember};
use amana_seal::member::MemberId;
use amana_store::{Act, Entry, Reader};
use serde::Deserialize;

use crate::acts::certificate::Certify;
use crate::acts::contact::PublishContact;
use crate::acts::credential::AddCredential;
use crate::acts::drill::RecordDrill;
use crate::acts::message::SendMessage;
use crate::acts::proposal::Propose;
use crate::acts::session::OpenSession;
use crate::acts::support::AllowSupport;
use crate::acts::{AddOfficial, Resume, Suspend};
use crate::views::{credentials, proposals, sessions};
use crate::{Access, InstitutionName, Official, Result, Role, views};

/// What the links of our erasable acts may name.
#[derive(Deserialize)]
struct Links {
    official: Option<u64>,
}

/// The admin of a keyring who signed the note, under its member id; nothing if none did.
#[must_use]
pub fn admin_of(keyring: &Keyring, note: &Note) -> Option<MemberId> {
    let signed = |(id, member): &(&MemberId, &KeyringMember)| {
        let key = VerifierKey::new(&id.to_string(), KeyType::Ed25519, member.key.as_bytes());
        member.role == seal::Role::Admin && key.is_ok_and(|key| note.verify(&key).is_ok())
    };
    keyring.members.iter().find(signed).map(|(id, _)| *id)
}

impl Access {
    /// The director in office, of that institution, who signed the note; nothing if none did. Blocking.
    ///
    /// # Errors
    /// [`crate::Error::UnknownInstitution`], [`crate::Error::Store`].
    pub fn director_who_signed(
        &self,
        institution: &InstitutionName,
        note: &Note,
    ) -> Result<Option<Official>> {
        let signed = |official: &Official| {
            let key = official.key.as_deref().map(str::parse::<VerifierKey>);
            matches!(key, Some(Ok(key)) if note.verify(&key).is_ok())
        };
        let officials = self.officials(institution)?;
        Ok(officials
            .into_iter()
            .find(|official| official.role == Role::Director && signed(official)))
    }

    /// The admin of the institution's newest keyring who signed the note, under its member id; nothing if none did. A
    /// director is an official on the operator's word, an admin stands in the keyring on the institution's. Blocking.
    ///
    /// # Errors
    /// [`crate::Error::UnknownInstitution`], [`crate::Error::Keyring`], [`crate::Error::Store`].
    pub fn admin_who_signed(
        &self,
        institution: &InstitutionName,
        note: &Note,
    ) -> Result<Option<MemberId>> {
        let Some(bundle) = self.keyring(institution)? else {
            return Ok(None);
        };
        Ok(admin_of(bundle.parse()?.keyring(), note))
    }

    /// Whether the body of an entry may be erased; for [`amana_store::Catalog::with_erasable`]. A person's name may go once
    /// the person has left, what is told of passkeys and browsers once they are over, who took part in a drill, whom a certificate names, and the reason for a suspension at
    /// any time; a grant may not, since it says what a key could do.
    ///
    /// # Errors
    /// A failure of the rows.
    pub fn erasable(rows: &Reader<'_>, entry: &Entry) -> amana_store::Result<bool> {
        let core = entry.core()?;
        match core.kind.as_ref() {
            // What was written in a message or in the directory is in no row.
            Suspend::KIND
            | Resume::KIND
            | AllowSupport::KIND
            | RecordDrill::KIND
            | SendMessage::KIND
            | PublishContact::KIND
            | Certify::KIND => Ok(true),
            AddCredential::KIND => {
                let (ledger, number) = (entry.id.ledger(), entry.id.index());
                Ok(credentials::find(rows, ledger, number)?.is_none())
            }
            OpenSession::KIND => {
                let (ledger, number) = (entry.id.ledger(), entry.id.index());
                Ok(sessions::find(rows, ledger, number)?.is_none())
            }
            Propose::KIND => is_over(rows, entry),
            AddOfficial::KIND => {
                let links: Option<Links> = serde_json::from_str(core.links.get()).ok();
                let Some(number) = links.and_then(|links| links.official) else {
                    return Ok(false);
                };
                let officials = views::officials(rows, entry.id.ledger())?;
                Ok(!officials.iter().any(|official| official.number == number))
            }
            _ => Ok(false),
        }
    }
}

/// Whether a proposal has ended, and whom it may have appointed has left: the row of one in office has the name.
fn is_over(rows: &Reader<'_>, entry: &Entry) -> amana_store::Result<bool> {
    let ledger = entry.id.ledger();
    let Some(found) = proposals::find(rows, ledger, entry.id.index())? else {
        return Ok(false);
    };
    let appointed = views::officials(rows, ledger)?
        .iter()
        .any(|official| Some(official.number) == found.official);
    let waits = [proposals::OPEN, proposals::APPROVED].contains(&found.state.as_str());
    Ok(!waits && !appointed)
}
