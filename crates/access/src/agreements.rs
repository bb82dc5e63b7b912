//! The hosting agreement between the operator and an institution.

use amana_store::Reader;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::acts::agreement::{
    AgreementBody, AgreementLinks, ProposeAgreement, SignAgreement, SignatureLinks,
};
use crate::said::{said, written};
use crate::views::{self, agreements};
use crate::{Access, Error, InstitutionName, Operation, Result, Role, Session};

/// The longest agreement, in characters.
pub const MAX_AGREEMENT_CHARS: usize = 100_000;
/// Agreements that are listed at most, the newest.
const MAX_LISTED: u32 = 20;
/// Officials who sign.
const SIGNERS: usize = 2;

/// A hosting agreement.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Agreement {
    /// The institution.
    pub institution: String,
    /// Its number: the index of the entry that proposed it.
    pub number: u64,
    /// SHA-256 of its text in UTF-8, hexadecimal.
    pub sha256: String,
    /// What is agreed; nothing once it was erased.
    pub text: Option<String>,
    /// Who of the operator's staff proposed it.
    pub staff: u64,
    /// When, milliseconds since 1970.
    pub proposed_ms: i64,
    /// `<ledger>/<index>` of the proposal, the operator's signature.
    pub receipt: String,
    /// Who signed for the institution.
    pub signatures: Vec<Signature>,
    /// `proposed`, `signed-once`, `in-force` or `replaced`.
    pub state: &'static str,
}

/// An official's signature.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Signature {
    /// The official's number.
    pub official: u64,
    /// The role in which he or she signed.
    pub role: Role,
    /// When, milliseconds since 1970.
    pub signed_ms: i64,
    /// `<ledger>/<index>` of the act.
    pub receipt: String,
}

impl Access {
    /// Proposes an agreement to an institution. Gives its number and the act's receipt name.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Invalid`], [`Error::UnknownInstitution`], [`Error::Busy`], [`Error::Store`].
    pub async fn propose_agreement(
        &self,
        session: &Session,
        institution: &InstitutionName,
        text: &str,
    ) -> Result<(u64, String)> {
        let staff = session.staff().ok_or(Error::Forbidden)?;
        if !session.may(Operation::ManageInstitutions) {
            return Err(Error::Forbidden);
        }
        let text = written("the agreement", text, MAX_AGREEMENT_CHARS)?;
        let act = ProposeAgreement {
            by: staff.to_string(),
            ledger: self.ledger(institution)?,
            links: AgreementLinks {
                sha256: hex::encode(Sha256::digest(&text)),
                staff: session.account.official,
            },
            body: AgreementBody { text },
        };
        let committed = self.commit(act).await?;
        Ok((committed.output, committed.receipt()))
    }

    /// Signs the newest agreement of the institution of who is signed in; `sha256` is of the text that was read. Gives the
    /// act's receipt name.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::UnknownAgreement`] also for another text, [`Error::AgreementSigned`],
    /// [`Error::NeedsDirector`], [`Error::Busy`], [`Error::Store`].
    pub async fn sign_agreement(
        &self,
        session: &Session,
        number: u64,
        sha256: &str,
    ) -> Result<String> {
        if !session.may(Operation::Approve) {
            return Err(Error::Forbidden);
        }
        let act = SignAgreement {
            by: session.actor().to_string(),
            ledger: session.ledger,
            links: SignatureLinks {
                agreement: number,
                official: session.account.official,
                sha256: sha256.to_owned(),
                role: session.role,
            },
        };
        Ok(self.commit(act).await?.receipt())
    }

    /// The agreements of an institution, the newest first. Blocking.
    ///
    /// # Errors
    /// [`Error::UnknownInstitution`], [`Error::Store`].
    pub fn agreements(&self, institution: &InstitutionName) -> Result<Vec<Agreement>> {
        self.store()
            .read(|rows| read_agreements(rows, institution.as_str()))
    }
}

fn read_agreements(rows: &Reader<'_>, institution: &str) -> Result<Vec<Agreement>> {
    let found = views::institution_named(rows, institution)?;
    let ledger = views::ledger_of(&found)?;
    let receipt = |number: u64| format!("{}/{number}", found.ledger);
    let mut shown: Vec<Agreement> = Vec::new();
    for row in agreements::newest(rows, ledger, MAX_LISTED)? {
        let body: Option<AgreementBody> = said(rows, ledger, row.number)?;
        let signed = agreements::signatures(rows, ledger, row.number)?;
        let in_force = signed.len() >= SIGNERS;
        // A newer text replaces an older one once it is in force itself, or at once if that was never in force.
        let replaced = shown
            .iter()
            .any(|newer| newer.state == "in-force" || !in_force);
        shown.push(Agreement {
            institution: found.name.clone(),
            number: row.number,
            sha256: row.sha256,
            text: body.map(|body| body.text),
            staff: row.staff,
            proposed_ms: row.proposed_ms,
            receipt: receipt(row.number),
            state: match (replaced, signed.len()) {
                (true, _) => "replaced",
                (false, SIGNERS..) => "in-force",
                (false, 1..) => "signed-once",
                (false, 0) => "proposed",
            },
            signatures: signed
                .into_iter()
                .map(|one| Signature {
                    official: one.official,
                    role: one.role,
                    signed_ms: one.signed_ms,
                    receipt: receipt(one.number),
                })
                .collect(),
        });
    }
    Ok(shown)
}
