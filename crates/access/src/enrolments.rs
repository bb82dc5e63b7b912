//! Enrolment, as the rows know it: a code handed out, then confirmed once or refused. What lies between, the exchange
//! that makes the six words, changes no state and isn't kept here.

use std::fmt;
use std::str::FromStr;

use amana_ledger::Hash;
use amana_ledger::VerifierKey;
use amana_seal::member::MemberId;
use amana_seal::root::RootKey;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::acts::Reason;
use crate::acts::enrolment::{
    ConfirmBody, ConfirmEnrolment, EnrolmentLinks, IssueBody, IssueEnrolment, RefuseEnrolment,
};
use crate::verbs::{checked_reason, random};
use crate::views::{self, enrolments};
use crate::{Access, Error, InstitutionName, Result};

/// How long a code may be used.
pub const ENROLMENT_MS: i64 = 7 * 24 * 60 * 60 * 1000;
/// Enrolments that are listed at most, the newest.
const MAX_LISTED: u32 = 1000;

/// A code of enrolment: 20 digits of 4.5 bits, in groups of four. Its alphabet has no two digits that look or sound alike
/// on paper: neither 0 and O, 1, I and L, 2 and Z, 5 and S, 8 and B, nor U and V.
pub struct EnrolmentCode(Zeroizing<String>);

const ALPHABET: &[u8; 23] = b"34679ACDEFGHJKMNPQRTWXY";
const CODE_DIGITS: usize = 20;
const GROUP_DIGITS: usize = 4;

impl EnrolmentCode {
    pub(crate) fn fresh() -> Result<Self> {
        let mut code = Zeroizing::new(String::with_capacity(CODE_DIGITS));
        while code.len() < CODE_DIGITS {
            let bytes = Zeroizing::new(random::<32>()?);
            // Bytes beyond the last multiple of the alphabet's length are left out, so that each digit is as likely.
            let even = bytes.iter().filter(|byte| **byte < 253);
            let digits = even.map(|byte| char::from(ALPHABET[usize::from(byte % 23)]));
            let room = CODE_DIGITS - code.len();
            code.extend(digits.take(room));
        }
        Ok(Self(code))
    }

    /// The code, to be shown once: `AC34-…`.
    #[must_use]
    pub fn reveal(&self) -> Zeroizing<String> {
        let mut shown = Zeroizing::new(String::with_capacity(CODE_DIGITS + 4));
        for (place, digit) in self.0.chars().enumerate() {
            if place > 0 && place % GROUP_DIGITS == 0 {
                shown.push('-');
            }
            shown.push(digit);
        }
        shown
    }

    pub(crate) fn sha256(&self) -> String {
        let hash = Hash::of(&[b"amana/enrolment-code/v1\0", self.0.as_bytes()]);
        hex::encode(hash.as_bytes())
    }
}

impl FromStr for EnrolmentCode {
    type Err = Error;

    /// As it was dictated: dashes, spaces and small letters are nothing.
    fn from_str(text: &str) -> Result<Self> {
        let invalid = Error::Invalid {
            what: "the enrolment code",
            why: "must be five groups of four digits and letters, as it was given",
        };
        if text.len() > 100 {
            return Err(invalid);
        }
        let digits = text.chars().filter(|c| !c.is_whitespace() && *c != '-');
        let code: Zeroizing<String> =
            Zeroizing::new(digits.map(|c| c.to_ascii_uppercase()).collect());
        let known = |byte: u8| ALPHABET.contains(&byte);
        if code.len() != CODE_DIGITS || !code.bytes().all(known) {
            return Err(invalid);
        }
        Ok(Self(code))
    }
}

/// A code that was just handed out.
pub struct NewEnrolment {
    /// Its number within the institution: the index of its entry.
    pub number: u64,
    /// The code, shown this once.
    pub code: EnrolmentCode,
    /// When it ends, milliseconds since 1970.
    pub expires_ms: i64,
    /// `<ledger>/<index>` of the act.
    pub receipt: String,
}

/// What an enrolment is at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EnrolmentState {
    /// Its code is out.
    Issued,
    /// Nobody confirmed it in time.
    Expired,
    /// The six words were right.
    Confirmed,
    /// It was refused.
    Refused,
}

impl fmt::Display for EnrolmentState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Issued => "issued",
            Self::Expired => "expired",
            Self::Confirmed => "confirmed",
            Self::Refused => "refused",
        })
    }
}

/// An enrolment.
#[derive(Clone, Debug, Serialize)]
pub struct Enrolment {
    /// The institution.
    pub institution: String,
    /// Its number within the institution.
    pub number: u64,
    /// What it is at.
    pub state: EnrolmentState,
    /// When the code was handed out, milliseconds since 1970.
    pub issued_ms: i64,
    /// When the code ends, milliseconds since 1970.
    pub expires_ms: i64,
}

impl Access {
    /// Hands out a code, with which a gateway of the institution introduces itself.
    ///
    /// # Errors
    /// [`Error::UnknownInstitution`], [`Error::Busy`], [`Error::Store`].
    pub async fn issue_enrolment(
        &self,
        institution: &InstitutionName,
        by: &str,
    ) -> Result<NewEnrolment> {
        let code = EnrolmentCode::fresh()?;
        let expires_ms = self.store().now_ms() + ENROLMENT_MS;
        let act = IssueEnrolment {
            by: by.to_owned(),
            ledger: self.ledger(institution)?,
            body: IssueBody {
                code_sha256: code.sha256(),
                expires_ms,
            },
        };
        let committed = self.commit(act).await?;
        Ok(NewEnrolment {
            number: committed.output,
            code,
            expires_ms,
            receipt: committed.receipt(),
        })
    }

    /// The enrolment that a code is for. Blocking.
    ///
    /// # Errors
    /// [`Error::UnknownCode`] also for a code that is over: whoever guesses learns nothing.
    pub fn enrolment_of(&self, code: &EnrolmentCode) -> Result<Enrolment> {
        let found = self.store().read(|rows| {
            let Some(found) = enrolments::by_code(rows, &code.sha256())? else {
                return Ok(None);
            };
            let institution = views::institution(rows, found.entry.ledger())?;
            Ok::<_, Error>((!institution.suspended).then_some((institution.name, found)))
        })?;
        found
            .map(|(name, found)| self.shown(name, &found))
            .filter(|found| found.state == EnrolmentState::Issued)
            .ok_or(Error::UnknownCode)
    }

    /// The enrolments, the newest first. Blocking.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn enrolments(&self) -> Result<Vec<Enrolment>> {
        self.store().read(|rows| {
            let found = enrolments::all(rows, MAX_LISTED)?.into_iter();
            let shown = found.map(|found| {
                let institution = views::institution(rows, found.entry.ledger())?;
                Ok(self.shown(institution.name, &found))
            });
            shown.collect()
        })
    }

    /// One enrolment. Blocking.
    ///
    /// # Errors
    /// [`Error::UnknownInstitution`], [`Error::UnknownEnrolment`], [`Error::Store`].
    pub fn enrolment(&self, institution: &InstitutionName, number: u64) -> Result<Enrolment> {
        let unknown = Error::UnknownEnrolment { number };
        let Some(entry) = amana_store::EntryId::new(self.ledger(institution)?, number) else {
            return Err(unknown);
        };
        let found = self.store().read(|rows| enrolments::find(rows, entry))?;
        let found = found.ok_or(unknown)?;
        Ok(self.shown(institution.to_string(), &found))
    }

    fn shown(&self, institution: String, found: &enrolments::Enrolment) -> Enrolment {
        let state = match found.state.as_str() {
            enrolments::CONFIRMED => EnrolmentState::Confirmed,
            enrolments::REFUSED => EnrolmentState::Refused,
            _ if found.expires_ms <= self.store().now_ms() => EnrolmentState::Expired,
            _ => EnrolmentState::Issued,
        };
        Enrolment {
            institution,
            number: found.entry.index(),
            state,
            issued_ms: found.issued_ms,
            expires_ms: found.expires_ms,
        }
    }

    /// Ends an enrolment without a result. Gives the act's receipt name.
    ///
    /// # Errors
    /// [`Error::UnknownInstitution`], [`Error::UnknownEnrolment`], [`Error::EnrolmentOver`], [`Error::Invalid`] for a reason
    /// over 1,000 bytes, [`Error::Busy`], [`Error::Store`].
    pub async fn refuse_enrolment(
        &self,
        institution: &InstitutionName,
        number: u64,
        reason: Option<&str>,
        by: &str,
    ) -> Result<String> {
        let body: Option<Reason> = checked_reason(reason)?;
        let act = RefuseEnrolment {
            by: by.to_owned(),
            ledger: self.ledger(institution)?,
            links: EnrolmentLinks { enrolment: number },
            body,
        };
        Ok(self.commit(act).await?.receipt())
    }

    /// Pins the root's key of an institution, whose six words were heard. Gives the act's receipt name.
    ///
    /// # Errors
    /// [`Error::UnknownInstitution`], [`Error::UnknownEnrolment`], [`Error::EnrolmentOver`], [`Error::OtherRoot`],
    /// [`Error::Busy`], [`Error::Store`].
    pub async fn confirm_enrolment(
        &self,
        institution: &InstitutionName,
        number: u64,
        enrolled: Enrolled,
        by: &str,
    ) -> Result<String> {
        let act = ConfirmEnrolment {
            by: by.to_owned(),
            ledger: self.ledger(institution)?,
            links: EnrolmentLinks { enrolment: number },
            body: ConfirmBody {
                root: enrolled.root.to_string(),
                member: enrolled.member.to_string(),
                witness: enrolled.witness.map(|key| key.to_string()),
            },
        };
        Ok(self.commit(act).await?.receipt())
    }
}

/// What the six words vouch for.
pub struct Enrolled {
    /// The root's public key.
    pub root: RootKey,
    /// The gateway that enrols.
    pub member: MemberId,
    /// Its own witness.
    pub witness: Option<VerifierKey>,
}
