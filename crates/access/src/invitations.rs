//! Links by which officials get what they first sign in with.

use crate::acts::credential::{InviteBody, InviteLinks, InviteOfficial, OpenStaff};
use crate::acts::{AddOfficial, OfficialBody, OfficialLinks, OfficialNumber, RemoveOfficial};
use crate::people::{Actor, Owner, in_office};
use crate::views::{self, credentials};
use crate::{
    Access, AccountName, EnrolmentCode, Error, InstitutionName, OfficialName, Result, Role,
};

/// How long a link may be used.
pub const INVITATION_MS: i64 = 3 * 24 * 60 * 60 * 1000;

/// A link that was just made.
pub struct NewInvitation {
    /// Whose account it leads to.
    pub account: AccountName,
    /// Its code, shown this once: whoever has it becomes that official.
    pub code: EnrolmentCode,
    /// When it ends, milliseconds since 1970.
    pub expires_ms: i64,
    /// `<ledger>/<index>` of the act.
    pub receipt: String,
}

/// Whom a link is for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Invited {
    /// The account.
    pub account: AccountName,
    /// The person's name; nothing once it was erased.
    pub name: Option<String>,
    /// The role.
    pub role: Role,
    /// When the link ends, milliseconds since 1970.
    pub expires_ms: i64,
}

impl Access {
    /// Names an official by a colleague's, or the operator's, word alone: one who approves nothing, or any while the
    /// institution doesn't keep itself. Gives the number and the act's receipt name.
    ///
    /// # Errors
    /// [`Error::UnknownInstitution`], [`Error::Invalid`] for a role that isn't the owner's, [`Error::Forbidden`],
    /// [`Error::NeedsTwo`], [`Error::OwnMatter`], [`Error::Busy`], [`Error::Store`].
    pub async fn name_official(
        &self,
        owner: &Owner,
        name: &OfficialName,
        role: Role,
        actor: &Actor,
    ) -> Result<(u64, String)> {
        if (role == Role::Operator) != (*owner == Owner::Operator) {
            return Err(Error::Invalid {
                what: "the role",
                why: "must be operator for the operator's own staff, and one of the other four for an institution",
            });
        }
        if let Owner::Institution(name) = owner {
            name.must_be_real()?;
        }
        let ledger = match self.store().read(|rows| owner.ledger(rows)) {
            Err(Error::NoStaff) if actor.official().is_none() => self.open_staff(actor).await?,
            found => found?,
        };
        let act = AddOfficial {
            by: actor.to_string(),
            ledger,
            links: OfficialLinks { official: 0, role },
            body: OfficialBody {
                name: name.as_str().to_owned(),
                key: None,
            },
        };
        let committed = self.commit(act).await?;
        Ok((committed.output, committed.receipt()))
    }

    async fn open_staff(&self, actor: &Actor) -> Result<amana_store::LedgerId> {
        let by = actor.to_string();
        match self.commit(OpenStaff { by }).await {
            Ok(opened) => Ok(opened.output),
            // Another node opened it meanwhile.
            Err(Error::Busy) => self.store().read(|rows| Owner::Operator.ledger(rows)),
            Err(other) => Err(other),
        }
    }

    /// Gives an official a first link; a second one ends the first.
    ///
    /// # Errors
    /// [`Error::UnknownInstitution`], [`Error::NoStaff`], [`Error::Forbidden`] also for an official who isn't in office,
    /// [`Error::NeedsTwo`], [`Error::OwnMatter`], [`Error::Busy`], [`Error::Store`].
    pub async fn invite(&self, account: &AccountName, actor: &Actor) -> Result<NewInvitation> {
        let code = EnrolmentCode::fresh()?;
        let expires_ms = self.store().now_ms() + INVITATION_MS;
        let act = InviteOfficial {
            by: actor.to_string(),
            ledger: self.store().read(|rows| account.owner.ledger(rows))?,
            links: InviteLinks {
                official: account.official,
                expires_ms,
            },
            body: InviteBody {
                code_sha256: code.sha256(),
            },
        };
        let receipt = self.commit(act).await?.receipt();
        Ok(NewInvitation {
            account: account.clone(),
            code,
            expires_ms,
            receipt,
        })
    }

    /// Ends an official's role, and all by which he or she came in. Gives the act's receipt name.
    ///
    /// # Errors
    /// [`Error::UnknownInstitution`], [`Error::NoStaff`], [`Error::UnknownOfficial`], [`Error::Forbidden`],
    /// [`Error::NeedsTwo`], [`Error::OwnMatter`], [`Error::Busy`], [`Error::Store`].
    pub async fn end_role(&self, owner: &Owner, number: u64, by: &str) -> Result<String> {
        let act = RemoveOfficial {
            by: by.to_owned(),
            institution: owner.to_string(),
            ledger: self.store().read(|rows| owner.ledger(rows))?,
            links: OfficialNumber { official: number },
        };
        Ok(self.commit(act).await?.receipt())
    }

    /// As [`Access::end_role`], of an institution's official.
    ///
    /// # Errors
    /// As there.
    pub async fn remove_official(
        &self,
        institution: &InstitutionName,
        number: u64,
        by: &str,
    ) -> Result<String> {
        self.end_role(&Owner::Institution(institution.clone()), number, by)
            .await
    }

    /// Whom a code is for. Blocking.
    ///
    /// # Errors
    /// [`Error::UnknownCode`] also for one that was used or is over, [`Error::Store`].
    pub fn invited(&self, code: &EnrolmentCode) -> Result<Invited> {
        let now_ms = self.store().now_ms();
        self.store().read(|rows| {
            let found = credentials::invitation(rows, &code.sha256())?
                .filter(|found| !found.ended && found.expires_ms > now_ms)
                .ok_or(Error::UnknownCode)?;
            let ledger = views::ledger_id(found.ledger)?;
            let official = in_office(rows, ledger, found.official);
            let official = official.map_err(|_| Error::UnknownCode)?;
            Ok(Invited {
                account: AccountName {
                    owner: Owner::of_ledger(rows, ledger)?,
                    official: found.official,
                },
                name: official.name,
                role: official.role,
                expires_ms: found.expires_ms,
            })
        })
    }

    /// The officials of an owner, with what each has to sign in with. Blocking.
    ///
    /// # Errors
    /// [`Error::UnknownInstitution`], [`Error::NoStaff`], [`Error::Store`].
    pub fn people(&self, owner: &Owner) -> Result<Vec<Person>> {
        let now_ms = self.store().now_ms();
        self.store().read(|rows| {
            let ledger = owner.ledger(rows)?;
            let mut people = Vec::new();
            for official in views::officials(rows, ledger)? {
                let held = credentials::of(rows, ledger, official.number)?;
                let until = credentials::invited_until(rows, ledger, official.number)?;
                people.push(Person {
                    passkeys: held
                        .iter()
                        .filter(|one| one.kind == credentials::PASSKEY)
                        .count(),
                    identities: held
                        .iter()
                        .filter(|one| one.kind == credentials::IDENTITY)
                        .count(),
                    password: held.iter().any(|one| one.kind == credentials::PASSWORD),
                    invited_until_ms: until.filter(|until_ms| *until_ms > now_ms),
                    official,
                });
            }
            Ok(people)
        })
    }
}

/// An official, and what he or she signs in with.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Person {
    /// The official.
    #[serde(flatten)]
    pub official: crate::Official,
    /// How many passkeys.
    pub passkeys: usize,
    /// Whether there is a password, with codes.
    pub password: bool,
    /// How many identities at a provider of the State.
    pub identities: usize,
    /// Until when a link is open.
    pub invited_until_ms: Option<i64>,
}

impl Person {
    /// Whether there is nothing yet to sign in with.
    #[must_use]
    pub fn has_none(&self) -> bool {
        self.passkeys == 0 && !self.password && self.identities == 0
    }
}
